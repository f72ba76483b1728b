"Adding sources: the account of every file, names, resuming, kills. The real embedder, the real store on disk."

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from haystack import Document as HaystackDocument
from kill_cases import kill_again_and_again, program

from kbase import Document, KnowledgeBase
from kbase.indexing.converters import convert_file
from kbase.indexing.recipe import Maker
from kbase.indexing.account import Account
from kbase.indexing.batches import Batches, not_stored, store_batch
from kbase.indexing.jobs import SETTINGS_CHANGED, Prepared
from kbase.indexing.sync import Taking, add_sources
from kbase.nodes import KINDS, Kind, Node, digest
from kbase.results import ReportRow
from kbase.stores.contract import StoreError, WriteError
from kbase.stores.rows import Indexed, Source

AWKWARD = Path(os.environ.get("KBASE_DATA", "/nowhere"), "awkward_docs", "files")

WORDS = Path(__file__).read_text(encoding="utf-8").split()


def contents(kb: KnowledgeBase) -> dict[str, tuple]:
    "Everything that a reader sees, by node id."
    return {
        node.id: (node.document_id, node.kind, node.start, node.end, node.text, node.uri, node.content_hash)
        for batch in kb.store.scan()
        for node in batch
    }


def write_notes(folder: Path, count: int, seed: int = 0) -> Path:
    draw = random.Random(seed)
    for i in range(count):
        path = folder / f"part{i % 3}" / f"note{i:03}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"# Note {i}\n\n" + "\n\n".join(" ".join(draw.choices(WORDS, k=40)) + "." for _ in range(3)),
            encoding="utf-8",
        )
    return folder


@pytest.fixture
def kb(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as made:
        yield made


def test_the_account_adds_up(kb, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "good.md").write_text("# Good\n\nA note about pears.")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that a reader could use")
    (folder / "random.bin").write_bytes(random.Random(0).randbytes(500))
    (folder / ".hidden").write_text("secret")
    os.mkfifo(folder / "pipe")
    (folder / "out.txt").symlink_to(__file__)
    report = kb.add(folder, progress=False)
    states = {row.uri: row.state for row in report.rows}
    assert states == {
        "mixed/good.md": "added",
        "mixed/empty.txt": "failed",
        "mixed/broken.pdf": "failed",
        "mixed/random.bin": "skipped",
        "mixed/.hidden": "skipped",
        "mixed/pipe": "skipped",
        "mixed/out.txt": "skipped",
    }
    assert report.found == report.ok + report.failed + report.skipped == 7
    assert all(row.reason for row in report.rows if row.state in ("failed", "skipped"))
    assert len(kb) == 1 and set(kb.documents()["state"]) == {"ok", "failed", "skipped"}


def test_twice_is_once(kb, tmp_path):
    folder = write_notes(tmp_path / "notes", 12)
    kb.add(folder, progress=False)
    before = contents(kb)
    report = kb.add(folder, progress=False)
    assert {row.state for row in report.rows} == {"unchanged"} and contents(kb) == before


def test_a_touched_file_is_not_converted_again(kb, tmp_path):
    folder = write_notes(tmp_path / "notes", 2)
    kb.add(folder, progress=False)
    for path in folder.rglob("*.md"):
        os.utime(path, (1, 1))
    assert {row.state for row in kb.add(folder, progress=False).rows} == {"unchanged"}


def test_a_changed_file_is_replaced_and_only_it(kb, tmp_path):
    folder = write_notes(tmp_path / "notes", 4)
    kb.add(folder, progress=False)
    before = contents(kb)
    changed = folder / "part0" / "note000.md"
    changed.write_text("# Plums\n\nPlums are stone fruit.")
    states = [row.state for row in kb.add(folder, progress=False).rows]
    assert sorted(states) == ["unchanged"] * 3 + ["updated"]
    after = contents(kb)
    mine = digest("notes/part0/note000.md")
    assert {k: v for k, v in after.items() if v[0] != mine} == {k: v for k, v in before.items() if v[0] != mine}
    assert "Plums are stone fruit." in " ".join(v[4] for v in after.values() if v[0] == mine)
    assert not any("Note 0\n" in v[4] for v in after.values())


def test_equal_names_stay_two_documents(kb, tmp_path):
    for place in ("a", "b", "x/docs", "y/docs"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "README.md").write_text(f"# Read me\n\nThis one stands in {place}.")
    kb.add(
        [tmp_path / "a" / "README.md", tmp_path / "b" / "README.md", tmp_path / "x/docs", tmp_path / "y/docs"],
        progress=False,
    )
    assert len(kb) == 4 and sorted(kb.documents()["uri"]) == [
        "README.md",
        "b/README.md",
        "docs/README.md",
        "y/docs/README.md",
    ]
    assert {row.state for row in kb.add([tmp_path / "y/docs", tmp_path / "b" / "README.md"], progress=False).rows} == {
        "unchanged"
    }


def test_a_file_that_breaks_keeps_its_last_good_version(kb, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"finding": "pears ripen in autumn"}))
    kb.add(path, progress=False)
    path.write_bytes(b"%PDF-1.7\nhalf a file")
    row = kb.add(path, progress=False).rows[0]
    assert row.state == "failed" and "the version indexed earlier stays" in row.reason
    assert "autumn" in kb.search("pears", mode="bm25")[0].text
    path.write_text(json.dumps({"finding": "pears ripen in spring"}))
    kb.add(path, progress=False)
    assert "spring" in kb.search("pears", mode="bm25")[0].text and kb.documents()["state"].tolist() == ["ok"]


def test_documents_keep_their_ids_and_meta(kb):
    given = [
        HaystackDocument(
            id="first",
            content="Pears ripen in autumn.",
            meta={"title": "Pears", "year": 2020, "kind": "fruit", "start": "x"},
        ),
        Document("mine.txt", "Plums are stone fruit.", meta={"year": 2021}),
    ]
    report = kb.add((document for document in given), progress=False)
    assert [row.state for row in report.rows] == ["added", "added"]
    hit = kb.search("autumn")[0]
    assert hit.document_id == "first" and hit.title == "Pears" and hit.meta == given[0].meta
    assert {row.state for row in kb.add(given, progress=False).rows} == {"unchanged"}


def test_a_text_that_is_none_fails_alone(kb):
    report = kb.add(
        [
            HaystackDocument(id="bad", content="half a \ud800 character"),
            HaystackDocument(id="good", content="Pears ripen."),
        ],
        progress=False,
    )
    assert [row.state for row in report.rows] == ["failed", "added"] and "lone surrogate" in report.rows[0].reason


def test_offsets_hold(kb, tmp_path):
    kb.add(write_notes(tmp_path / "notes", 5), progress=False)
    for batch in kb.store.scan({"field": "kind", "operator": "==", "value": "chunk"}):
        for node in batch:
            assert node.text == kb.store.document(node.document_id).text[node.start : node.end]


@pytest.mark.skipif(not AWKWARD.is_dir(), reason="KBASE_DATA is not set or has no awkward_docs")
def test_offsets_hold_in_awkward_files(kb):
    report = kb.add(AWKWARD, progress=False)
    assert report.found == report.ok + report.failed + report.skipped and report.failed and report.skipped
    fresh = {
        source.document_id: convert_file(source.path).text
        for source in kb.store.sources()
        if source.state == "ok" and source.path
    }
    where = {"field": "kind", "operator": "==", "value": "chunk"}
    chunks = [node for batch in kb.store.scan(where) for node in batch if node.document_id in fresh]
    assert len(chunks) > 100 and {node.document_id for node in chunks} == set(fresh)
    assert [node.uri for node in chunks if node.text != fresh[node.document_id][node.start : node.end]] == []


def test_a_write_that_fails_stops_the_run_and_what_was_stored_counts(tmp_path, monkeypatch):
    folder = write_notes(tmp_path / "notes", 150)
    with KnowledgeBase(tmp_path / "kb") as kb:
        put, calls = kb.store.put, []

        def failing(items):
            calls.append(len(items))
            if len(calls) == 2:
                raise StoreError("no room left")
            put(items)

        monkeypatch.setattr(kb.store, "put", failing)
        with pytest.raises(StoreError, match="no room left"):
            kb.add(folder, progress=False)
        assert len(calls) == 2 and len(kb) == calls[0], "nothing is stored after a failure"
        monkeypatch.undo()
        report = kb.add(folder, progress=False)
        assert report.ok == 150 and report.count("unchanged") == calls[0]


def test_what_cannot_be_added_is_told(kb, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file and no folder"):
        kb.add(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no file matches"):
        kb.add(str(tmp_path / "*.pdf"))
    with pytest.raises(TypeError, match="cannot add an object of type int"):
        kb.add(5)
    assert not (tmp_path / "kb").exists(), "a mistake leaves nothing behind"


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names of files are text there")
def test_a_name_that_is_no_text_stops_nothing(kb, tmp_path):
    folder = write_notes(tmp_path / "notes", 2)
    for name in (b"caf\xe9.md", b"caf\xe8.md"):
        with open(os.path.join(os.fsencode(folder), name), "w") as f:
            f.write("# Coffee\n\nBeans are roasted.")
    report = kb.add(folder, progress=False)
    assert report.ok == 4 and {row.uri for row in report.rows} >= {"notes/caf\\udce9.md", "notes/caf\\udce8.md"}
    assert kb.add(folder, progress=False).count("unchanged") == 4 and "udce" in kb.search("roasted beans")[0].uri
    os.remove(os.path.join(os.fsencode(folder), b"caf\xe9.md"))
    with open(os.path.join(os.fsencode(folder), b"caf\xe9.pdf"), "w") as f:
        f.write("%PDF-1.4 and no more")
    assert [(row.state, row.uri) for row in kb.add(folder, progress=False).rows if row.state != "unchanged"] == [
        ("failed", "notes/caf\\udce9.pdf"),
        ("gone", "notes/caf\\udce9.md"),
    ]


def test_the_knowledge_base_does_not_index_itself(tmp_path):
    (tmp_path / "note.md").write_text("# A note\n\nabout pears")
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(tmp_path, progress=False)
        report = kb.add(tmp_path, progress=False)
        assert [row.reason for row in report.rows if row.state == "skipped"] == [
            "the knowledge base's own folder"
        ] and len(kb) == 1


def test_ctrl_c_leaves_a_store_that_goes_on(tmp_path):
    folder = write_notes(tmp_path / "notes", 300)
    child = subprocess.Popen(
        [sys.executable, "-c", program("add"), str(tmp_path / "kb"), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with KnowledgeBase(tmp_path / "kb") as kb:
        while not kb.store.count_documents() and child.poll() is None:
            time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode != 0 and "the same again goes on" in errors
    with KnowledgeBase(tmp_path / "kb") as kb:
        report = kb.add(folder, progress=False)
        assert (
            report.ok == 300
            and 0 < report.count("unchanged") < 300
            and report.count("unchanged") + report.count("added") == 300
        )


@pytest.mark.slow
def test_kill_9_at_random_points(tmp_path):
    """Whatever is cut short, adding again gives the ids and contents of an undisturbed run. KBASE_TEST_KILLS says how
    often; a child is killed after it has begun to write, wherever that is."""
    folder = write_notes(tmp_path / "notes", 300)
    with KnowledgeBase(tmp_path / "whole") as kb:
        kb.add(folder, progress=False)
        whole = contents(kb)

    def look(kb, ended):
        seen = contents(kb)
        assert seen.items() <= whole.items(), "a half document or a foreign node is visible"
        assert seen == whole or not ended
        acknowledged = {source.document_id for source in kb.store.sources() if source.state == "ok"}
        assert acknowledged <= {value[0] for value in seen.values()}

    place = tmp_path / "kb"
    kill_again_and_again("add", place, folder, int(os.environ.get("KBASE_TEST_KILLS", 5)), 3, look)
    with KnowledgeBase(place) as kb:
        kb.add(folder, progress=False)
        assert contents(kb) == whole


def test_a_kind_of_ones_own_is_made_stored_and_found(tmp_path, monkeypatch):
    folder = write_notes(tmp_path / "notes", 2)
    (folder / "ask.md").write_text("# Pears\n\nPears ripen in autumn.\n\nWhen do plums ripen? In August.")
    monkeypatch.setitem(
        KINDS,
        "toy_question",
        Kind(verbatim=True, holds_text=False, searched=False, embedded=True, group="toy_question"),
    )

    def make(document, nodes, recipe):
        for match in re.finditer(r"(?m)^When [^?\n]*\?", document.text):
            yield Node(
                document.id,
                "toy_question",
                *match.span(),
                match[0],
                document.title,
                document.uri,
                language=document.language,
            )

    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(folder, progress=False)
        asking = replace(kb.recipe, makers=(*kb.recipe.makers, Maker("questions", "1", make)))
        report = add_sources(kb.store, folder, asking, Taking(progress=False))
        assert {(row.state, row.reason) for row in report.rows} == {("updated", SETTINGS_CHANGED)}
        hits = kb.search("when are plums ripe?", kinds=("toy_question",))
        assert [hit.text for hit in hits] == ["When do plums ripen?"]
        assert {row.state for row in add_sources(kb.store, folder, asking,
                                                 Taking(progress=False)).rows} == {"unchanged"}
        assert all(hit.kind == "chunk" for hit in kb.search("when are plums ripe?"))


def test_ids_and_texts_of_chunks_are_those_of_the_first_format(tmp_path):
    note = tmp_path / "weir.md"
    note.write_text("# The weir\n\nThe weir was rebuilt in 1957.\n\n## Fish ladder\n\nA ladder was added.")
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(note, progress=False)
        nodes = [node for batch in kb.store.scan() for node in batch]
    assert sorted(node.kind for node in nodes) == ["chunk", "document"]
    chunk = next(node for node in nodes if node.kind == "chunk")
    assert chunk.id == digest(
        digest("weir.md"), "chunk", f"0-{len(note.read_text())}", digest(f"The weir\n{note.read_text()}")
    )


def outcome(place, state="added"):
    return Prepared(place, ReportRow(str(place), state), Indexed(Source(str(place), str(place)), None, []))


def test_batches_are_stored_in_order_and_nothing_after_a_failure():
    stored, put = [], []

    def failing(batch):
        put.append([one.place for one in batch])
        if len(put) == 2:
            raise StoreError("no room left")
        return list(batch)

    batches = Batches(lambda batch, go_on: list(batch), failing, stored.append)
    error = None
    try:
        for place in range(4):
            batches.add(outcome(place))
            batches.send()
        batches.finish()
    except StoreError as e:
        error = e
    batches.stop(error)
    assert str(error) == "no room left" and put == [[0], [1]] and [one.place for one in stored] == [0]


def test_a_store_that_refuses_a_node_fails_that_source_alone():
    class Refusing:
        def __init__(self):
            self.put_rows = []

        def put(self, items):
            self.put_rows.append([(item.source.document_id, item.source.state) for item in items])
            if len(self.put_rows) == 1:
                raise WriteError("one refused", {node.id: "too large"})

    node = Node("b", "chunk", 0, 4, "text")
    good, bad = (
        outcome("a"),
        Prepared(
            "b",
            ReportRow("b", "added", "", 1),
            Indexed(Source("b", "b", nodes=1), Document("b", "text", id="b"), [node]),
        ),
    )
    store = Refusing()
    settled = store_batch(store, [good, bad], Account([]))
    assert [(one.row.state, one.row.nodes) for one in settled] == [("added", 0), ("failed", 0)]
    assert settled[1].row.reason == "the store refuses it: too large" and settled[1].indexed.nodes == []
    assert store.put_rows[1] == [("b", "failed")]
    before = Source("b", "b", nodes=3, fingerprint="f")
    kept = not_stored(bad, before, "too large")
    assert kept.row.nodes == 3 and kept.row.reason.endswith("stays)") and kept.indexed.source.fingerprint == ""
