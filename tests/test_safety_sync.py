"""What must never happen to what is in, by the rows of the safety table (R1, R2, R3, R8, R9, R11, R12), and the account
that adds up. On both stores where a store is in it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kill_cases import kill_again_and_again, program

from kbase import KnowledgeBase
from kbase.indexing.converters import ConversionError
from kbase.indexing.jobs import CHANGING, VERSION_STAYS
from kbase.nodes import digest

WORDS = Path(__file__).read_text(encoding="utf-8").split()
FOUND = ("added", "updated", "moved", "unchanged", "failed", "skipped")


@pytest.fixture(params=["folder", "cluster"])
def kb(request, tmp_path):
    made = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    yield made
    made.close()


def contents(kb):
    return {
        node.id: (node.document_id, node.kind, node.start, node.end, node.text, node.uri, node.content_hash)
        for batch in kb.store.scan()
        for node in batch
    }


def vectors(kb):
    return {node.id: node.vector.tolist() for batch in kb.store.scan(vectors=True) for node in batch}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def notes(folder: Path, count: int, seed: int = 0) -> Path:
    draw = random.Random(seed)
    for i in range(count):
        parts = [f"## Part {j}\n\n" + " ".join(draw.choices(WORDS, k=90)) + "." for j in range(4)]
        write(folder, f"part{i % 3}/note{i:03}.md", f"# Note {i}\n\n" + "\n\n".join(parts))
    return folder


def rows(report, *states):
    return {row.uri: row.reason for row in report.rows if row.state in states}


def adds_up(report) -> bool:
    counts = {state: report.count(state) for state in FOUND}
    assert report.found == sum(counts.values()), counts
    return all(row.reason for row in report.rows if row.state in ("failed", "skipped"))


# ------------------------------------------------------------------ a folder is followed


def test_a_changed_file_embeds_its_changed_passages_alone(kb, tmp_path):
    folder = notes(tmp_path / "notes", 6)
    first = kb.sync(folder, progress=False)
    before, old = contents(kb), vectors(kb)
    assert first.embedded == len({value[6] for value in before.values() if value[1] != "document"})
    path = folder / "part0" / "note000.md"
    path.write_text(path.read_text().replace("## Part 1", "A new beginning of the first part.\n\n## Part 1"))
    report = kb.sync(folder, progress=False)
    assert rows(report, "updated") == {"notes/part0/note000.md": ""} and report.count("unchanged") == 5
    after, new = contents(kb), vectors(kb)
    mine = digest("notes/part0/note000.md")
    assert {k: v for k, v in after.items() if v[0] != mine} == {k: v for k, v in before.items() if v[0] != mine}
    kept = {k: v for k, v in after.items() if v[0] == mine and k in before}
    fresh = [v for k, v in after.items() if v[0] == mine and k not in before]
    assert {v[4] for v in kept.values()} >= {v[4] for v in before.values() if v[0] == mine and "Part 3" in v[4][:12]}
    assert any(v[2] != before[k][2] for k, v in kept.items()), "a passage keeps its id where it stands lower now"
    assert all(new[k] == old[k] for k in kept if kept[k][1] != "document")
    assert report.embedded <= len(fresh) and len(fresh) < len([v for v in before.values() if v[0] == mine])


def test_a_renamed_file_moves_and_nothing_is_embedded(kb, tmp_path):
    folder = notes(tmp_path / "notes", 6)
    write(folder, "plain_words.txt", "A text without a title of its own. " * 20)
    kb.sync(folder, progress=False)
    old = {value[4]: vectors(kb)[key] for key, value in contents(kb).items()}
    (folder / "part0" / "note000.md").rename(folder / "first.md")
    (folder / "plain_words.txt").rename(folder / "other_words.txt")
    plan = kb.plan(folder)
    assert {row.uri: row.reason for row in plan.rows if row.action == "move"} == {
        "notes/first.md": "was notes/part0/note000.md",
        "notes/other_words.txt": "was notes/plain_words.txt",
    }
    report = kb.sync(folder, progress=False)
    assert (
        report.count("moved") == 2 and report.embedded == 0 and adds_up(report) and not rows(report, "removed", "gone")
    )
    assert not [v for v in contents(kb).values() if v[5] in ("notes/part0/note000.md", "notes/plain_words.txt")]
    assert {value[4]: vectors(kb)[key] for key, value in contents(kb).items()} == old
    assert kb.find_source("notes/other_words.txt").title == "other words"
    with KnowledgeBase(tmp_path / "fresh") as fresh:  # and its ids are those of a new base
        fresh.add(folder, progress=False)
        assert {key: value[:6] for key, value in contents(kb).items()} == {
            key: value[:6] for key, value in contents(fresh).items()
        }
    assert kb.sync(folder, progress=False).count("unchanged") == 7


def test_two_files_that_change_names(kb, tmp_path):
    folder = notes(tmp_path / "notes", 3)
    kb.sync(folder, progress=False)
    one, two = folder / "part0" / "note000.md", folder / "part1" / "note001.md"
    one.rename(folder / "x"), two.rename(one), (folder / "x").rename(two)
    report = kb.sync(folder, progress=False)
    assert report.count("updated") == 2 and report.embedded == 0 and len(kb) == 3


def test_what_a_sync_does_not_touch(kb, tmp_path):
    folder, other = notes(tmp_path / "notes", 4), notes(tmp_path / "other", 3, seed=1)
    by_hand = write(folder, "hand.md", "# By hand\n\nNamed by itself.")
    from haystack import Document

    kb.add(
        [Document(id="d", content="A document of a program.", meta={"file_path": str(folder / "x.txt")}), by_hand],
        progress=False,
    )
    kb.sync(other, progress=False)
    kb.sync(folder, progress=False)
    by_hand.unlink()
    shutil.rmtree(other)
    (folder / "part0" / "note000.md").unlink()
    report = kb.sync(folder, progress=False)
    assert set(rows(report, "removed")) == {"notes/part0/note000.md"}
    assert "kb.delete" in rows(report, "gone")["hand.md"] and len(kb) == 3 + 3 + 2


def test_an_ignore_file_takes_out_what_was_in(kb, tmp_path):
    folder = notes(tmp_path / "notes", 12)
    write(folder, "part1/draft.md", "# Draft\n\nNot yet.")
    kb.sync(folder, progress=False)
    write(folder, "part1/.kbaseignore", "draft.*\n")
    assert [row.uri for row in kb.plan(folder).rows if row.action == "remove"] == ["notes/part1/draft.md"]
    report = kb.sync(folder, progress=False)
    assert set(rows(report, "removed")) == {"notes/part1/draft.md"} and len(kb) == 12
    assert rows(report, "skipped")["notes/part1/draft.*"] and adds_up(report)


def test_the_plan_is_what_the_sync_does(kb, tmp_path):
    folder = notes(tmp_path / "notes", 12)
    kb.sync(folder, progress=False)
    (folder / "part0" / "note000.md").rename(folder / "first.md")
    (folder / "part1" / "note001.md").write_text("# Another\n\ntext")
    (folder / "part2" / "note002.md").unlink()
    write(folder, "new.md", "# New\n\nfile")
    write(folder, ".hidden", "x")
    before = contents(kb)
    plan = kb.plan(folder)
    assert contents(kb) == before and "1 to add, 1 changed, 1 moved, 9 unchanged, 1 skipped, 1 to remove" in str(plan)
    report = kb.sync(folder, progress=False)
    done = {
        "add": "added",
        "change": "updated",
        "move": "moved",
        "keep": "unchanged",
        "skip": "skipped",
        "remove": "removed",
    }
    assert {row.uri: done[row.action] for row in plan.rows} == {row.uri: row.state for row in report.rows}
    assert kb.plan(folder).nothing


# ------------------------------------------------------------------ the account


def trouble(folder: Path, good: int) -> Path:
    notes(folder, good)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that a reader could use")
    (folder / "cut.docx").write_bytes(b"PK\x03\x04 and then nothing")
    (folder / "random.bin").write_bytes(random.Random(0).randbytes(500))
    (folder / "wrong.json").write_text('{"a": ')
    (folder / "~$lock.docx").write_bytes(b"x")
    (folder / ".hidden").write_text("secret")
    (folder / ".kbaseignore").write_text("*.log\nbuild/\n")
    for i in range(20):
        write(folder, f"logs/{i}.log", "x")
        write(folder, f"build/{i}.md", "x")
    os.mkfifo(folder / "pipe")
    (folder / "out.txt").symlink_to(__file__)
    (folder / "loop").symlink_to(folder)
    locked = write(folder, "locked.md", "x")
    locked.chmod(0)
    return folder


def test_the_account_adds_up_with_every_kind_of_trouble(kb, tmp_path):
    folder = trouble(tmp_path / "mixed", 10)
    report = kb.sync(folder, progress=False)
    assert adds_up(report) and report.count("added") >= 10 and report.failed >= 3 and report.skipped >= 6
    assert len([row for row in report.rows if "logs" in row.uri or "build" in row.uri or "log" in row.uri]) <= 3
    (folder / "part0" / "note000.md").rename(folder / "moved.md")
    (folder / "part1" / "note001.md").write_text("# Changed\n\nnow")
    again = kb.sync(folder, progress=False)
    assert adds_up(again) and again.found == report.found and again.count("moved") == again.count("updated") == 1
    states = {source.state for source in kb.store.sources()}
    assert states <= {"ok", "failed", "skipped"} and kb.store.count_sources("failed") == again.failed


def test_failed_files_are_tried_again(kb, tmp_path):
    folder = tmp_path / "notes"
    path, other = write(folder, "pears.md", ""), write(tmp_path, "gone.md", "")
    kb.add([folder, other], progress=False)
    other.unlink()
    assert {row.state for row in kb.retry_failed(progress=False).rows} == {"failed"}
    path.write_text("Pears ripen in autumn.")
    report = kb.retry_failed(progress=False)
    assert rows(report, "added") == {"notes/pears.md": ""}
    assert "its file is gone" in rows(report, "failed")["gone.md"]
    assert kb.sync(folder, progress=False).count("unchanged") == 1, "it is of its folder as before"


# ------------------------------------------------------------------ R1: killed

@pytest.mark.slow
def test_r1_killed_at_random_points_and_resumed(tmp_path):
    folder = trouble(tmp_path / "notes", int(os.environ.get("KBASE_TEST_FILES", 60)))
    with KnowledgeBase(tmp_path / "whole") as kb:
        report = kb.sync(folder, progress=False)
        whole, account = contents(kb), {source.uri: source.state for source in kb.store.sources()}

    def look(kb, ended):
        seen = contents(kb)
        assert seen.items() <= whole.items(), "a half document or a foreign node is visible"
        named = {source.document_id for source in kb.store.sources() if source.nodes}
        assert named <= {value[0] for value in seen.values()}, "what the account has is there"

    place = tmp_path / "kb"
    kill_again_and_again("sync", place, folder, int(os.environ.get("KBASE_TEST_KILLS", 4)), 4, look)
    with KnowledgeBase(place) as kb:
        again = kb.sync(folder, progress=False)
        assert contents(kb) == whole and adds_up(again) and again.found == report.found
        assert {source.uri: source.state for source in kb.store.sources()} == account


# ------------------------------------------------------------------ R2: two at once


def test_r2_two_processes_and_no_document_twice(kb, tmp_path):
    folder = notes(tmp_path / "notes", 20)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program("sync"), kb.store.place, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [child.communicate(timeout=120) for child in children]
    assert all("done" in out or "StoreLocked" in errors for out, errors in ends), ends
    assert len(kb) == 20 and len(contents(kb)) == kb.store.count_documents()
    assert kb.sync(folder, progress=False).count("unchanged") == 20


# ------------------------------------------------------------------ R3: no room

FULL = """
import resource, signal, sys
from kbase import KnowledgeBase
from kbase.stores.contract import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with KnowledgeBase(sys.argv[1]) as kb:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try: kb.sync(sys.argv[2], progress=False)
    except StoreError as error: print("told:", error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE and SIGXFSZ as Linux has them")
def test_r3_a_full_disk_is_said_and_the_next_sync_goes_on(tmp_path):
    folder, place = notes(tmp_path / "notes", 40), tmp_path / "kb"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(place), str(folder), "60000"], capture_output=True, text=True, timeout=120
    )
    assert "told:" in done.stdout and "make room" in done.stdout, done.stderr[-2000:]
    with KnowledgeBase(place) as kb:
        assert kb.search("note", mode="bm25") is not None  # it can be read
        assert kb.sync(folder, progress=False).ok == 40 and len(kb) == 40


# ------------------------------------------------------------------ R11: changed while it is read


def test_r11_a_file_that_changes_while_it_is_read_is_tried_again(kb, tmp_path, monkeypatch):
    folder = notes(tmp_path / "notes", 2)
    path, text = folder / "part0" / "note000.md", "# Whole\n\nThe whole text."
    from kbase.indexing import jobs

    real, reads = jobs.read_bytes, []

    def while_written(name, limits):
        if name == path:
            reads.append(name)
            if len(reads) == 1:
                data = real(name, limits)[:20]
                path.write_text(text)  # somebody saves it just now
                return data
        return real(name, limits)

    monkeypatch.setattr(jobs, "read_bytes", while_written)
    report = kb.sync(folder, progress=False)
    assert report.count("added") == 2 and len(reads) == 2
    assert kb.store.document(digest("notes/part0/note000.md")).text == text
    assert kb.sync(folder, progress=False).count("unchanged") == 2


def test_r11_a_file_that_goes_on_changing_is_in_and_looked_at_again(kb, tmp_path, monkeypatch):
    path = write(tmp_path / "notes", "log.md", "# Log\n\nline 0")
    from kbase.indexing import jobs

    real = jobs.read_bytes

    def growing(name, limits):
        data = real(name, limits)
        path.write_text(path.read_text() + "\n\nanother line")
        return data

    monkeypatch.setattr(jobs, "read_bytes", growing)
    assert CHANGING in kb.sync(path.parent, progress=False).rows[0].reason
    monkeypatch.undo()
    assert kb.sync(path.parent, progress=False).count("updated") == 1
    assert kb.store.document(digest("notes/log.md")).text == path.read_text()


@pytest.mark.parametrize("what", ["emptied", "cut", "gone", "binary"])
def test_r11_a_file_that_cannot_be_read_now_is_never_deleted(kb, tmp_path, monkeypatch, what):
    folder = notes(tmp_path / "notes", 2)
    kb.sync(folder, progress=False)
    before, path = contents(kb), folder / "part0" / "note000.md"
    from kbase.indexing import jobs

    if what == "emptied":
        path.write_bytes(b"")
    elif what == "cut":
        path.write_bytes(b"%PDF-1.7\nhalf a file")
    elif what == "binary":
        path.write_bytes(random.Random(0).randbytes(4000))
    else:
        path.write_text("# Changed\n\nand then taken away")
        real = jobs.read_bytes

        def vanishing(name, limits):
            path.unlink(missing_ok=True)
            return real(name, limits)

        monkeypatch.setattr(jobs, "read_bytes", vanishing)
    report = kb.sync(folder, progress=False)
    assert [row.reason.endswith(VERSION_STAYS) for row in report.rows if row.state == "failed"] == [True]
    assert contents(kb) == before and len(kb) == 2


# ------------------------------------------------------------------ R12: much is gone


@pytest.mark.parametrize(("count", "lost", "asked"), [(10, 2, False), (10, 3, True), (4, 1, False), (1, 1, True)])
def test_r12_much_that_is_gone_wants_a_word(kb, tmp_path, count, lost, asked):
    folder = notes(tmp_path / "notes", count)
    kb.sync(folder, progress=False)
    for path in sorted(folder.rglob("*.md"))[:lost]:
        path.unlink()
    write(folder, "new.md", "# New\n\nIt is added all the same.")
    assert kb.plan(folder).count("stay") == (lost if asked else 0)
    report = kb.sync(folder, progress=False)
    assert report.count("gone") == (lost if asked else 0) and report.count("added") == 1
    if not asked:
        assert report.removed == lost and len(kb) == count - lost + 1
        return
    assert all("allow_deletions=True" in reason for reason in rows(report, "gone").values()) and len(kb) == count + 1
    assert kb.sync(folder, progress=False, allow_deletions=True).removed == lost and len(kb) == count - lost + 1


def test_r12_a_disk_that_is_not_there_empties_nothing(kb, tmp_path):
    folder, other = notes(tmp_path / "notes", 3), notes(tmp_path / "other", 40)
    kb.sync([folder, other], progress=False)
    shutil.rmtree(folder)
    folder.mkdir()  # an empty place where something was mounted
    report = kb.sync([folder, other], progress=False)
    assert report.gone == 3 and not report.removed and len(kb) == 43
    folder.rmdir()
    with pytest.raises(FileNotFoundError):
        kb.sync(folder, progress=False)


def test_r12_what_was_renamed_before_a_kill_counts_as_moved(kb, tmp_path, monkeypatch):
    folder = notes(tmp_path / "notes", 5)
    kb.sync(folder, progress=False)
    for path in sorted(folder.rglob("*.md")):
        path.rename(folder / path.name)
    monkeypatch.setattr(kb.store, "delete_by_document", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        kb.sync(folder, progress=False)
    monkeypatch.undo()
    report = kb.sync(folder, progress=False)
    assert report.count("unchanged") == 5 and report.removed == 5 and len(kb) == 5


# ------------------------------------------------------------------ what is attached, what is on the web


def mail(path: Path, **files: str) -> Path:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.org", "ben@example.org", "The weir"
    message.set_content("The drawings of the weir are attached.")
    for name, text in files.items():
        message.add_attachment(text.encode(), maintype="text", subtype="markdown", filename=f"{name}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.as_bytes())
    return path


def test_attached_files_come_go_and_move_with_their_mail(kb, tmp_path):
    folder = tmp_path / "mails"
    path = mail(folder / "weir.eml", drawing="# Drawing\n\nThe fish ladder has 12 steps.", costs="# Costs\n\nNone.")
    report = kb.sync(folder, progress=False)
    names = {"mails/weir.eml", "mails/weir.eml/drawing.md", "mails/weir.eml/costs.md"}
    assert set(rows(report, "added")) == names and adds_up(report) and report.found == 3
    hit = kb.search("How many steps has the fish ladder?", top_k=1)[0]
    assert hit.uri == "mails/weir.eml/drawing.md" and hit.meta["attached_to"] == "mails/weir.eml"
    again = kb.sync(folder, progress=False)
    assert set(rows(again, "unchanged")) == names and again.found == 3 and not again.embedded
    path.rename(folder / "dam.eml")
    moved = kb.sync(folder, progress=False)
    assert set(rows(moved, "moved")) == {name.replace("weir.eml", "dam.eml") for name in names} and not moved.embedded
    assert kb.search("fish ladder", top_k=1)[0].meta["attached_to"] == "mails/dam.eml" and len(kb) == 3
    mail(folder / "dam.eml", drawing="# Drawing\n\nThe fish ladder has 14 steps.")
    changed = kb.sync(folder, progress=False)
    assert set(rows(changed, "updated")) >= {"mails/dam.eml/drawing.md"}
    assert set(rows(changed, "removed")) == {"mails/dam.eml/costs.md"} and len(kb) == 2 and adds_up(changed)
    (folder / "dam.eml").unlink()
    assert kb.sync(folder, progress=False, allow_deletions=True).removed == 1
    assert len(kb) == 0 and not contents(kb) and not kb.store.sources()


def test_an_attached_file_that_cannot_be_read_has_its_row(kb, tmp_path):
    path = mail(tmp_path / "mails" / "weir.eml", nothing="%PDF-1.7\nnothing that could be read")
    report = kb.add(path, progress=False)
    assert rows(report, "added") and set(rows(report, "failed")) == {"weir.eml/nothing.md"} and adds_up(report)
    again = kb.add(path, progress=False)
    assert set(rows(again, "failed")) == {"weir.eml/nothing.md"} and again.found == 2
    assert kb.retry_failed(progress=False).failed == 1
    assert kb.delete("weir.eml") and not kb.store.sources()


def test_a_page_of_the_web_is_asked_by_its_version(kb, monkeypatch):
    from kbase.indexing import jobs
    from kbase.indexing.fetching import Fetched

    asked, page = [], {"etag": "v1", "text": "<h1>The weir</h1><p>It was rebuilt in 1957.</p>"}

    def fetch(address, etag="", modified="", **options):
        asked.append(etag)
        if page["etag"] == "":
            raise ConversionError(f"{address}: the server answers 404")
        if etag == page["etag"]:
            return Fetched(address, b"", "weir.html", etag=etag, unchanged=True)
        return Fetched(address, page["text"].encode(), "weir.html", "text/html", page["etag"])

    monkeypatch.setattr(jobs.visit_page, "__defaults__", (*jobs.visit_page.__defaults__[:-1], fetch))
    where = "https://example.org/weir.html#ladder"
    assert rows(kb.add(where, progress=False), "added") == {"https://example.org/weir.html": ""}
    assert kb.sync(where, progress=False).count("unchanged") == 1 and asked == ["", "v1"]
    page |= {"etag": "v2", "text": "<h1>The weir</h1><p>It was rebuilt in 1958.</p>"}
    assert kb.sync([where], progress=False).count("updated") == 1
    assert "1958" in kb.search("weir")[0].text and len(kb) == 1
    page["etag"] = ""
    report = kb.sync(where, progress=False)
    assert VERSION_STAYS in rows(report, "failed")["https://example.org/weir.html"] and len(kb) == 1
    page["etag"] = "v2"
    assert kb.retry_failed(progress=False).count("updated", "added") == 1


def test_a_list_is_deleted_or_nothing_is(kb, tmp_path):
    kb.add(notes(tmp_path / "notes", 3), progress=False)
    with pytest.raises(KeyError):
        kb.delete(["notes/part0/note000.md", "nowhere"])
    assert len(kb) == 3
    assert kb.delete(["notes/part0/note000.md", "notes/part1/note001.md"]) > 0 and len(kb) == 1


def test_a_folder_is_watched_until_it_is_stopped(kb, tmp_path):
    folder = notes(tmp_path / "notes", 2)
    with kb.watch(folder) as watching:
        wait_for(lambda: len(kb) == 2)
        write(folder, "new.md", "# New\n\nA note about herons.")
        wait_for(lambda: len(kb) == 3)
        (folder / "new.md").rename(folder / "newer.md")
        wait_for(lambda: any("moved" in event.what for event in watching.events))
        assert watching.running and "watching" in repr(watching) and "stop()" in watching._repr_html_()
    assert not watching.running
    write(folder, "late.md", "# Late\n\nNobody looks.")
    time.sleep(2.5)
    assert len(kb) == 3
    with pytest.raises(NotADirectoryError):
        kb.watch(folder / "nowhere")


def wait_for(what, seconds=20.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def test_ctrl_c_while_files_are_read_ends_at_once_and_goes_on_later(tmp_path):
    folder = tmp_path / "pages"
    for i in range(120):
        write(folder, f"{i:03}.html", f"<h1>Page {i}</h1>" + "<p>word of the page</p>" * 400)
    code = ("import sys, time; from kbase import KnowledgeBase\n"
            "try: KnowledgeBase(sys.argv[1]).sync(sys.argv[2], progress=False)\n"
            "except KeyboardInterrupt as stop: print(time.time(), 'stopped', stop.__notes__, flush=True)")  # fmt: skip
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "kb"), str(folder)], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)  # fmt: skip
    with KnowledgeBase(tmp_path / "kb") as kb:
        wait_for(kb.store.count_documents, 120)
        began = time.time()
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate(timeout=120)
        assert "which are in and safe" in out, (out, errors)
        # a notebook goes on from here, after less than a second; a script ends when the texts being embedded are
        assert float(out.split()[0]) - began < 5
        report = kb.sync(folder, progress=False)
        assert report.ok == 120 and report.count("unchanged") > 0 and adds_up(report)
