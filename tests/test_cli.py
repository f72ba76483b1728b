"The command line as a newcomer and a script meet it: empty folders, wrong words, pipes, Ctrl-C, hostile text."

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.messages import error_dict, message_of
from kbase.querying.filters import parse_condition, parse_filters, typed_value
from kbase.serving.terminal import printable, wrapped

KBASE = [sys.executable, "-m", "kbase.serving.cli"]


def environment(**more: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("KBASE_")}
    return {**env, "HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", **more}


def kbase(folder: Path, *words: str | Path, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    "Run the command line in a folder."
    done = subprocess.run(
        [*KBASE, *map(str, words)],
        cwd=folder,
        env=environment(**env),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    "A folder with a knowledge base `knowledge` of three files and a broken one."
    folder = tmp_path_factory.mktemp("shelf")
    notes = folder / "notes"
    notes.mkdir()
    (notes / "loops.md").write_text(
        "---\ntitle: Event loops\nauthor: Ada\ndate: 2024-05-01\n---\n"
        "# Event loops\n\nAn event loop runs coroutines one at a time.\n"
    )
    (notes / "bread.txt").write_text("Sourdough bread rises because wild yeast makes carbon dioxide.\n")
    cage = "\n\nIts cage stands by the window, and every visitor who passes by it is greeted in the same loud way." * 9
    (notes / "evil.txt").write_text(f"The parrot\x1b[2J\x1b]0;owned\x07 \u202esays\u202c squawk.{cage}\n")
    (notes / "broken.pdf").write_bytes(b"%PDF-1.4 cut off")
    done = kbase(folder, "add", "notes", code=3)
    assert "failed: notes/broken.pdf" in done.stderr and "4 found: 3 added, 1 failed" in done.stdout
    return folder


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    "text, value",
    [
        ("2021", 2021),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("007", "007"),
        ("+1", "+1"),
        ("nan", "nan"),
        ("TRUE", True),
        ("null", None),
        ("", ""),
        ('"2021"', "2021"),
        ("'true'", "true"),
        ("'", "'"),
        ("x' OR 1=1--", "x' OR 1=1--"),
        ("2024-05-01", "2024-05-01"),
    ],
)
def test_a_value_has_the_type_that_it_looks_like(text, value):
    assert typed_value(text) == value and type(typed_value(text)) is type(value)


@pytest.mark.parametrize(
    "text, field, operator, value",
    [
        ("year>=2021", "year", ">=", 2021),
        ("year = 2021", "year", "==", 2021),
        ("a!=b", "a", "!=", "b"),
        ("meta.a.b<1", "meta.a.b", "<", 1),
        ("url=https://x/?a=b", "url", "==", "https://x/?a=b"),
        ("language in de, en", "language", "in", ["de", "en"]),
        ("year not in 1,2", "year", "not in", [1, 2]),
        ("title=in the house", "title", "==", "in the house"),
        ("a=", "a", "==", ""),
    ],
)
def test_a_condition_is_read(text, field, operator, value):
    assert parse_condition(text) == {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize("text", ["", "year", "=2021", ">=3", "   "])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="is no condition"):
        parse_condition(text)


def test_a_field_of_texts_keeps_its_value_a_text():
    assert parse_filters(["version=3.10"], {"version": "keyword"}) == {
        "field": "version",
        "operator": "==",
        "value": "3.10",
    }
    assert parse_filters([]) is None


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x9b31m", "\x07", "\u202e", "\u2066", "\u2028", "\ud800", "\x7f", "\x08", "\r", "\ufeff"]
)
def test_nothing_that_a_terminal_obeys_is_printed(hostile):
    for shown in (printable(f"a{hostile}b"), printable(f"a{hostile}b", lines=False), wrapped(f"a{hostile}b")):
        shown.encode("utf-8")
        assert all(char.isprintable() or char == "\n" for char in shown)
    assert printable("ज\u200dञ 文書\n\tnext") == "ज\u200dञ 文書\n    next"


# ------------------------------------------------------------------ what errors say


@pytest.mark.parametrize(
    "text, public",
    [
        ("https://ada:secret@host:9200/x answers nothing", "https://host:9200/x answers nothing"),
        ("https://ada:se@cret@host/x and http://b:c@d", "https://host/x and http://d"),
        ("write to ada@example.org", "write to ada@example.org"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host?mail=a@b", "https://host?mail=a@b"),
    ],
)
def test_a_message_holds_no_password(text, public):
    assert message_of(ValueError(text)) == public == error_dict(ValueError(text))["error"]["message"]


def test_a_message_is_never_empty_and_names_what_was_not_meant_for_people():
    assert message_of(KeyError("there is no document 'x'")) == "there is no document 'x'"
    assert message_of(ValueError()) == "ValueError" and message_of(KeyError()) == "KeyError"
    assert message_of(RuntimeError("lance: 0x12")) == "RuntimeError: lance: 0x12"
    assert message_of(MemoryError()) == "MemoryError"


# ------------------------------------------------------------------ a newcomer


def test_help_is_quick_and_imports_nothing_heavy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kbase.serving.cli", "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "Exit codes" in done.stdout
    heavy = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()} & {
        "torch",
        "haystack",
        "lancedb",
        "numpy",
        "pandas",
        "pyarrow",
    }
    assert not heavy
    for command in ("add", "search", "ask", "status", "summary", "delete"):
        assert command in done.stdout


def test_version(tmp_path):
    import kbase as package

    assert kbase(tmp_path, "--version").stdout == f"kbase {package.__version__}\n"


@pytest.mark.parametrize(
    "words", [("search", "x"), ("ask", "x"), ("status",), ("summary", "x"), ("status", "--kb", "nowhere")]
)
def test_in_an_empty_folder_it_says_what_to_do_and_makes_nothing(tmp_path, words):
    done = kbase(tmp_path, *words, code=1)
    assert (
        "there is no knowledge base" in done.stderr and "kbase add PATH" in done.stderr and done.stderr.count("\n") == 1
    )
    assert not done.stdout and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("serch", "x"),
        ("search",),
        ("add",),
        ("search", "x", "--top-k", "0"),
        ("search", "x", "--mode", "fast"),
        ("ask", "x", "--route", "poem"),
        ("search", "x", "--filter", "year"),
        ("search", "x", "--no-such"),
    ],
)
def test_wrong_words_are_usage(tmp_path, words):
    done = kbase(tmp_path, *words, code=2)
    assert "Traceback" not in done.stderr and not done.stdout and done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = kbase(tmp_path, "add", "papers", code=1)
    assert "'papers' is no file and no folder" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "knowledge").exists()


def test_a_bad_setting_is_one_line_and_debug_shows_the_traceback(tmp_path):
    (tmp_path / "settings.ini").write_text("[kbase]\nmode = fast\n")
    done = kbase(tmp_path, "status", code=1)
    assert "mode is 'fast'; allowed are hybrid, bm25, dense" in done.stderr and done.stderr.count("\n") == 1
    assert "Traceback" in kbase(tmp_path, "status", code=1, KBASE_DEBUG="1").stderr


def test_the_index_does_not_go_among_the_documents(shelf):
    done = kbase(shelf, "add", "notes", "--kb", "notes", code=1)
    assert "with other files in it" in done.stderr and not (shelf / "notes" / "lance").exists()


# ------------------------------------------------------------------ results


def test_adding_again_changes_nothing(shelf):
    report = json.loads(kbase(shelf, "add", "notes", "--json", code=3).stdout)
    assert [report[name] for name in ("found", "ok", "failed", "skipped")] == [4, 3, 1, 0]
    assert {row["state"] for row in report["rows"]} == {"unchanged", "failed"}


def test_search(shelf):
    found = json.loads(kbase(shelf, "search", "why", "does", "bread", "rise", "--top-k", "2", "--json").stdout)
    assert (
        len(found["hits"]) == 2
        and found["hits"][0]["uri"] == "notes/bread.txt"
        and found["hits"][0]["parts"]["bm25"]["rank"] == 1
    )
    assert "notes/bread.txt" in kbase(shelf, "search", "bread", "--mode", "bm25").stdout
    assert kbase(shelf, "search", "zzzz", "--mode", "bm25").stdout.startswith("Nothing found")


def test_one_hit_a_document_unless_passages_are_wanted(tmp_path):
    letters = "\n\n".join(
        f"Letter {n} of the miller is about bread and about the mill in the valley. " * 9 for n in range(6)
    )
    (tmp_path / "letters.txt").write_text(letters)
    kbase(tmp_path, "add", "letters.txt")
    assert len(json.loads(kbase(tmp_path, "search", "bread", "--json").stdout)["hits"]) == 1
    assert len(json.loads(kbase(tmp_path, "search", "bread", "--passages", "--json").stdout)["hits"]) > 1


def test_filters(shelf):
    def uris(*conditions: str) -> set[str]:
        words = [word for condition in conditions for word in ("--filter", condition)]
        return {
            hit["uri"] for hit in json.loads(kbase(shelf, "search", "bread or loops", "--json", *words).stdout)["hits"]
        }

    assert uris("author=Ada") == {"notes/loops.md"} == uris("meta.author=Ada", "kind=chunk") == uris("date>=2024-01-01")
    assert uris("author=Ada", "kind=document") == set()  # a search is over passages
    done = kbase(shelf, "search", "bread", "--filter", "autor=Ada", code=1)
    assert "did you mean 'author'" in done.stderr and not done.stdout


def test_ask_cites_or_refuses(shelf):
    answer = json.loads(kbase(shelf, "ask", "Why does sourdough bread rise?", "--json").stdout)
    assert (
        not answer["refused"]
        and "yeast" in answer["text"]
        and answer["citations"][0]["uri"] == "notes/bread.txt"
        and answer["trace"]
    )
    refused = kbase(shelf, "ask", "Who painted the Mona Lisa?", code=4)
    assert refused.stdout.startswith("○ Your documents do not seem to answer this.")
    assert json.loads(kbase(shelf, "ask", "Who painted the Mona Lisa?", "--json", code=4).stdout)["refused"]
    assert json.loads(kbase(shelf, "ask", "bread", "--route", "list", "--json").stdout)["route"] == "list"


def test_status_and_summary(shelf):
    about = json.loads(kbase(shelf, "status", "--json").stdout)
    assert (
        about["documents"] == 3
        and about["states"] == {"ok": 3, "failed": 1, "skipped": 0, "gone": 0}
        and len(about["sources"]) == 4
    )
    text = kbase(shelf, "status").stdout
    assert "broken.pdf" in text and "bread.txt" not in text and "bread.txt" in kbase(shelf, "status", "--all").stdout
    assert "coroutines" in kbase(shelf, "summary", "Event loops").stdout
    assert (
        "there is no document 'Event lops'; near are 'Event loops'"
        in kbase(shelf, "summary", "Event lops", code=1).stderr
    )


def test_errors_are_json_too_when_that_was_asked_for(shelf):
    done = kbase(shelf, "summary", "nothing", "--json", code=1)
    assert json.loads(done.stdout)["error"]["type"] == "KeyError"


def test_hostile_text_reaches_no_terminal(shelf):
    for words in (
        ("search", "parrot squawk"),
        ("ask", "What does the parrot say?"),
        ("status", "--all"),
        ("summary", "notes/evil.txt"),
    ):
        done = subprocess.run([*KBASE, *words], cwd=shelf, env=environment(), capture_output=True, text=True)
        assert done.returncode in (0, 4) and not {"\x1b", "\x07", "\u202e", "\u202c"} & set(done.stdout + done.stderr)
    assert "\\x1b[2J" in kbase(shelf, "search", "parrot squawk").stdout
    raw = kbase(shelf, "search", "parrot squawk", "--json").stdout
    assert raw.isascii() and any("\x1b" in hit["text"] for hit in json.loads(raw)["hits"])


def test_a_plain_locale_and_a_closed_pipe_break_nothing(shelf):
    kbase(shelf, "search", "bread", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    line = " ".join(f"'{word}'" for word in KBASE)
    done = subprocess.run(
        f"{line} search bread loops parrot --json | head -c 1",
        shell=True,
        cwd=shelf,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "{" and "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_no_help_names_types_of_python(tmp_path):
    for command in ("add", "search", "ask", "status", "summary", "delete"):
        shown = " ".join(kbase(tmp_path, command, "--help").stdout.split())
        assert "<" not in shown and "list[" not in shown and "URL of a cluster" in shown


def test_an_empty_folder_says_so_and_makes_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    done = kbase(tmp_path, "add", "empty", code=1)
    assert "there is nothing to add: 'empty' has no file in it" in done.stderr and not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert "the path is empty" in kbase(tmp_path, "add", "", code=1).stderr


def test_the_place_of_a_hit_and_the_strength_of_an_answer_are_shown(shelf):
    assert "notes/loops.md:1" in kbase(shelf, "search", "coroutines one at a time").stdout
    answer = kbase(shelf, "ask", "Why does sourdough bread rise?").stdout
    assert "Well supported" in answer and "notes/bread.txt:1" in answer
    assert "zxqwv" in kbase(shelf, "search", "zxqwv").stdout
    inside = json.loads(kbase(shelf, "search", "bread", "--filter", "folder=notes", "--json").stdout)["hits"]
    assert "notes/bread.txt" in {hit["uri"] for hit in inside}


# ------------------------------------------------------------------ what goes


@pytest.fixture
def birds(tmp_path) -> Path:
    "A folder with a knowledge base of three birds, one of which is gone."
    (tmp_path / "birds").mkdir()
    for bird in ("heron", "stork", "swift"):
        (tmp_path / "birds" / f"{bird}.md").write_text(f"# {bird.title()}\n\nThe {bird} nests in May.\n")
    kbase(tmp_path, "add", "birds")
    (tmp_path / "birds" / "swift.md").unlink()
    return tmp_path


def test_what_is_gone_is_said_planned_and_removed_by_a_sync(birds):
    done = kbase(birds, "add", "birds")
    assert "1 file is gone: `kbase sync FOLDER` removes it" in done.stdout and "gone: birds/swift.md" in done.stderr
    assert "note            1 of its files is gone: `kbase sync FOLDER`" in kbase(birds, "status").stdout
    assert "the file is gone" in kbase(birds, "search", "swift").stdout
    planned = kbase(birds, "plan", "birds").stdout
    assert "2 unchanged, 1 to remove" in planned and "remove  birds/swift.md: the file is gone" in planned
    assert json.loads(kbase(birds, "status", "--json").stdout)["documents"] == 3
    done = json.loads(kbase(birds, "sync", "birds", "--json").stdout)
    assert (done["removed"], done["gone"], done["ok"]) == (1, 0, 2)
    assert json.loads(kbase(birds, "status", "--json").stdout)["notes"] == []
    for bird in ("heron", "stork"):
        (birds / "birds" / f"{bird}.md").unlink()
    held = kbase(birds, "sync", "birds")
    assert "2 of 2 files" in held.stderr and "`--allow-deletions` removes" in held.stderr
    assert json.loads(kbase(birds, "sync", "birds", "--allow-deletions", "--json").stdout)["removed"] == 2


def test_documents_are_deleted_by_name(birds):
    done = kbase(birds, "delete", "birds/swift.md", "Heron")
    assert "removed: birds/swift.md\nremoved: birds/heron.md" in done.stdout and "1 document" in done.stdout
    assert "near are 'birds/stork.md'" in kbase(birds, "delete", "Stork", "birds/storks.md", code=1).stderr
    assert json.loads(kbase(birds, "status", "--json").stdout)["documents"] == 1  # all of them or none
    assert kbase(birds, "delete", "birds/", code=1)
    assert json.loads(kbase(birds, "delete", "birds/", "--all", "--json").stdout)["documents"] == ["birds/stork.md"]
    assert (birds / "birds" / "stork.md").exists()


# ------------------------------------------------------------------ a terminal


def at_terminal(folder: Path, *words: str, stop_when: bytes = b"", **env: str) -> tuple[int, list[tuple[float, bytes]]]:
    "Run the command line at a terminal: how it ended, and what it wrote, when. Ctrl-C once something was written."
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    began, written, stopped = time.monotonic(), [], 0.0
    running = subprocess.Popen(
        [*KBASE, *words], cwd=folder, env=environment(TERM="xterm", **env), stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True)  # fmt: skip
    os.close(theirs)
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        written.append((time.monotonic() - began, part))
        if stop_when and not stopped and stop_when in b"".join(part for _, part in written):
            running.send_signal(signal.SIGINT)
            stopped = time.monotonic()
    code = running.wait(60)
    os.close(ours)
    return code, written


@pytest.mark.skipif(os.name == "nt", reason="terminals of another kind")
def test_a_terminal_sees_a_word_before_anything_heavy_is_loaded(birds):
    code, written = at_terminal(birds, "add", "birds")
    assert code == 0 and b"loading what reads files" in written[0][1]
    shown = b"".join(part for _, part in written)
    assert b"loading the model" in shown and b"adding" in shown and b"2 unchanged" in shown
    code, written = at_terminal(birds, "search", "heron")
    assert code == 0 and b"opening the knowledge base" in written[0][1] and b"birds/heron.md:1" in b"".join(
        part for _, part in written)  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="terminals of another kind")
def test_ctrl_c_keeps_what_is_done_and_waits_for_nothing_else(tmp_path):
    (tmp_path / "books").mkdir()
    for i in range(120):
        text = "\n\n".join(f"Chapter {n} of book {i} tells of place {n * i} and its people." for n in range(60))
        (tmp_path / "books" / f"{i:03}.txt").write_text(text)
    code, written = at_terminal(tmp_path, "add", "books", stop_when=b" in, ")  # the first batch is stored
    shown = b"".join(part for _, part in written)
    assert code == 130 and b"the same again goes on" in shown
    with KnowledgeBase(tmp_path / "knowledge") as kb:
        assert 0 < len(kb) < 120


# ------------------------------------------------------------------ Ctrl-C


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_ctrl_c_in_the_middle_of_add_and_again(tmp_path):
    books = tmp_path / "books"
    books.mkdir()
    for i in range(150):
        (books / f"{i:03}.txt").write_text(
            "\n\n".join(
                f"Chapter {n} of book {i} tells of place {n * i} and of the people who live there." for n in range(30)
            )
        )
    running = subprocess.Popen(
        [*KBASE, "add", "books"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with KnowledgeBase(tmp_path / "knowledge") as kb:
        until = time.monotonic() + 120
        while not kb.store.count_documents() and running.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
        assert running.returncode == 130, (out, err)
        assert not out and "Traceback" not in err and "the same again goes on" in err and err.count("\n") == 1
        held = len(kb)
    assert 0 < held < 150
    report = json.loads(kbase(tmp_path, "add", "books", "--json").stdout)
    states = [row["state"] for row in report["rows"]]
    assert states.count("unchanged") == held and states.count("added") == 150 - held


def test_documents_of_other_makings_have_a_summary_by_uri(tmp_path):
    with KnowledgeBase(tmp_path / "knowledge") as kb:
        kb.add(
            [
                HaystackDocument(
                    content="Pears ripen off the tree.", meta={"uri": "https://pears.example/", "rating": 5}
                )
            ],
            progress=False,
        )
    assert "Pears" in kbase(tmp_path, "summary", "https://pears.example/").stdout
    assert len(json.loads(kbase(tmp_path, "search", "pears", "--filter", "rating>4", "--json").stdout)["hits"])
