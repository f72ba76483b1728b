"""Bad documents: what must never happen, each row of it by name. A file from anywhere may fail, with a reason; it may
not hang, crash, read what lies outside of it, ask a server, or vanish from the account."""

import ast
import http.server
import json
import multiprocessing
import os
import pickle
import random
import re
import subprocess
import sys
import threading
import time
from html import escape
from pathlib import Path

import fpdf
import numpy as np
import pytest
from hostile import HOSTILE_NAMES, TEXT, docx_with, hostile_files, page_objects, pdf_of, saved

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.indexing import converters
from kbase.indexing.converted import Attached, Converted, ConversionError, FileTooLarge, Limits
from kbase.indexing.converters import convert_bytes, convert_file, document_of, safe_names, within_limits
from kbase.indexing.reader_process import ReaderProcess, reader_processes, resident_bytes
from kbase.indexing.splitting import split_document

ROOT = Path(__file__).resolve().parent.parent
CANARY = "the-canary-sings-7f3a"
PROCESSES = reader_processes()  # held, so that they are started once


def teardown_module():
    PROCESSES.close()


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    "A file that no document may show."
    path = tmp_path_factory.mktemp("outside") / "canary.txt"
    path.write_text(CANARY)
    return path


@pytest.fixture(scope="module")
def server():
    "The address of a server, and the requests that it got."
    requests: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", requests
    running.shutdown()


@pytest.fixture(scope="module")
def hostile(canary, server):
    return hostile_files(str(canary), server[0])


@pytest.fixture
def kb(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as made:
        yield made


def everything(found: Converted) -> str:
    "All that a converted file says."
    tables = [cell for table in found.tables for row in table.rows for cell in row]
    files = [one.name + one.data.decode("utf-8", "replace") for one in found.attached]
    return "\n".join([found.text, found.title, json.dumps(found.meta), *found.warnings, *tables, *files])


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def words_of(texts: list[str]) -> list[int]:
    return [len(text) // 4 + 1 for text in texts]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_files_never_hang_crash_or_leak(name, hostile, server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files, began = open_files(), time.monotonic()
    try:
        found = convert_bytes(hostile[name], name, Limits(seconds=8, memory_bytes=2**30))
    except ConversionError as error:
        assert len(str(error)) < 1000 and CANARY not in str(error)
    else:
        assert CANARY not in everything(found) and found.text.strip() and found.title
        if len(found.text) < 500_000:
            nodes = split_document(document_of(found, name, b""), words_of)
            assert all(found.text[node.start : node.end] == node.text for node in nodes)
    assert time.monotonic() - began < 60
    assert not server[1] and not list(tmp_path.iterdir())
    assert open_files() <= files + 8  # those of a process that was started
    # the next file is read as ever
    assert convert_bytes(b"<p>next", "next.html").text == "next"


# -- D1: nothing lost among a thousand


def write_thousand(folder: Path) -> dict[str, set[str]]:  # states that a file may have, by name
    "Good files by real libraries, and every kind of trouble."
    draw = random.Random(7)
    words = "heron marsh tide reed otter willow ferry lantern harbour gull".split()
    says = [f"Report {n}. The {draw.choice(words)} met the {draw.choice(words)} at noon." for n in range(1000)]
    good = {
        ".md": lambda t: f"# Notes\n\n{t}".encode(),
        ".txt": str.encode,
        ".csv": lambda t: f"said\n{t}\n".encode(),
        ".html": lambda t: f"<p>{t}".encode(),
        ".json": lambda t: json.dumps({"said": t}).encode(),
        ".docx": docx_that_says,
        ".pdf": pdf_that_says,
        ".xlsx": xlsx_that_says,
        ".eml": lambda t: f"From: a@example.org\nSubject: news\n\n{t}\n".encode(),
    }
    bad = {
        "half.docx": lambda t: docx_that_says(t)[:3000],
        "half.pdf": lambda t: pdf_that_says(t)[:60],
        "half.xlsx": lambda t: xlsx_that_says(t)[:2000],
        "locked.pdf": lambda t: pdf_that_says(t, "secret"),
        "locked.docx": lambda t: locked_office(),
        "empty.txt": lambda t: b"",
        "blank.md": lambda t: b" \n\t\n",
        "noise.txt": lambda t: draw.randbytes(400),
        "picture.md": lambda t: b"\x89PNG\r\n\x1a\n" + draw.randbytes(99),
        "empty.html": lambda t: b"<html><body></body></html>",
        "old.doc": lambda t: locked_office("WordDocument"),
    }
    renamed = {
        "a.txt": pdf_that_says,
        "b.docx": str.encode,
        "c.pdf": docx_that_says,
        "d.csv": lambda t: f"<html><p>{t}".encode(),
    }
    expected = {}
    for n, text in enumerate(says):
        makers = bad if n % 5 == 4 else renamed if n % 25 == 3 else good
        kind = draw.choice(sorted(makers))
        name = f"f{n:03}{kind}" if makers is good else f"f{n:03}_{kind}"
        (folder / name).write_bytes(makers[kind](text))
        expected[name] = {"failed", "skipped"} if makers is bad else {"added"}
    return expected


def docx_that_says(text: str) -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph(text)
    return saved(document)


def xlsx_that_says(text: str) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["said"])
    book.active.append([text])
    return saved(book)


def pdf_that_says(text: str, password: str = "") -> bytes:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.cell(text=text)
    if password:
        document.set_encryption("owner", password)
    return bytes(document.output())


def locked_office(stream: str = "EncryptedPackage") -> bytes:
    name = stream.encode("utf-16-le")
    entry = name.ljust(64, b"\0") + (len(name) + 2).to_bytes(2, "little") + bytes(62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + entry


def test_d1_a_thousand_files_add_up(tmp_path):
    folder = tmp_path / "thousand"
    folder.mkdir()
    expected = write_thousand(folder)
    command = [sys.executable, "-m", "kbase.serving.cli", "add", "thousand", "--json"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 3, done.stderr[-2000:]  # some failed
    report = json.loads(done.stdout)
    rows = {row["uri"].partition("/")[2]: row for row in report["rows"]}
    wrong = {name: rows[name] for name, states in expected.items() if rows[name]["state"] not in states}
    assert not wrong and len(rows) == 1000
    assert all(row["reason"] for row in rows.values() if row["state"] != "added")
    assert report["found"] == report["ok"] + report["failed"] + report["skipped"] == 1000
    renamed = [row for name, row in rows.items() if name.endswith(("_a.txt", "_b.docx", "_c.pdf", "_d.csv"))]
    assert renamed and all("the name says" in row["reason"] for row in renamed)


# -- D2: PDF bombs


@pytest.mark.parametrize("name", ["bomb.pdf", "loop.pdf", "forms.pdf", "pages.pdf", "offsets.pdf"])
def test_d2_a_pdf_made_to_hurt_fails_alone(name, hostile):
    process = ReaderProcess()
    try:
        from kbase.indexing.pdf_reader import convert_pdf

        try:
            process.read(convert_pdf, hostile[name], name, Limits(seconds=8, memory_bytes=2**30))
        except ConversionError as error:
            assert name in str(error)
        child = process._child
        assert child is None or resident_bytes(child.process.pid) < 2**29
        good = pdf_of(page_objects(TEXT))
        assert process.read(convert_pdf, good, "good.pdf").text.strip() == "A line of words"
    finally:
        process.close()


# -- D3: small files that unpack to large ones


@pytest.mark.parametrize(
    "name, reason",
    [("bomb.docx", "unpacks to"), ("entries.docx", "parts"), ("names.docx", "outside"), ("locked.docx", "password")],
)
def test_d3_an_archive_is_looked_at_before_it_is_unpacked(name, reason, hostile):
    with pytest.raises(ConversionError, match=reason) as error:
        convert_bytes(hostile[name], name)
    assert isinstance(error.value, FileTooLarge) == (reason in ("unpacks to", "parts"))


def test_d3_four_hundred_megabytes_in_half_a_megabyte():
    bomb = docx_with({"word/media/blank.xml": bytes(400 * 2**20)})
    assert len(bomb) < 2**21
    began = time.monotonic()
    with pytest.raises(FileTooLarge, match="unpacks to"):
        convert_bytes(bomb, "bomb.docx")
    assert time.monotonic() - began < 5


def test_d3_archives_in_archives_are_not_opened(hostile):
    assert convert_bytes(hostile["nested.docx"], "nested.docx").text == "A plain paragraph."


# -- D4, D5: nothing outside is read, nobody is asked


@pytest.mark.parametrize(
    "name",
    [
        "outside.docx",
        "outside.xlsx",
        "outside.odt",
        "outside.svg",
        "outside.xml",
        "outside.html",
        "outside.epub",
        "include.xml",
        "linked.docx",
        "links.html",
        "actions.pdf",
    ],
)
def test_d4_d5_nothing_outside_the_file_is_read(name, hostile, server):
    try:
        found = everything(convert_bytes(hostile[name], name))
    except ConversionError as error:
        found = str(error)
    time.sleep(0.05)
    assert CANARY not in found and not server[1]


# -- D6: places


def test_d6_nothing_outside_the_folder(kb, tmp_path, canary, hostile):
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.md").write_text("A heron in the reeds.")
    (folder / "names.eml").write_bytes(hostile["names.eml"])
    (folder / "out.txt").symlink_to(canary)
    (folder / "outside").symlink_to(canary.parent)
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "memory.txt").symlink_to("/proc/self/mem")
    os.mkfifo(folder / "pipe.txt")
    report = kb.add(folder, progress=False)
    assert all(CANARY not in node.text for batch in kb.store.scan() for node in batch)
    states = {row.uri.partition("/")[2]: row.state for row in report.rows}
    assert states["good.md"] == "added"
    assert not {"added"} & {states[name] for name in ("out.txt", "self.txt", "zero.txt", "memory.txt", "pipe.txt")}
    assert all(row.reason for row in report.rows if row.state != "added")


def test_d6_names_of_attached_files_are_names():
    names = [
        "../../x.txt",
        "/etc/passwd",
        "..",
        "a\\..\\b.txt",
        "",
        "x\0y.txt",
        "x.txt",
        "../x.txt",
        "n" * 5000,
        ".",
        "a\u202eb",
    ]
    safe = safe_names(names)
    assert len(set(safe)) == len(names) and all(0 < len(name) <= 210 for name in safe)
    assert not any(set(name) & set("/\\\0\n\u202e") or name in (".", "..") for name in safe)
    kept, notes = within_limits([Attached("a", b"12"), Attached("b", b"345")] * 3, Limits(attached=4, attached_bytes=7))
    assert [one.name for one in kept] == ["a", "b", "a (2)"] and "3 of 6" in notes[0]


# -- D7: one long line


def _convert_and_cut(size: int, path: str, answer) -> None:
    Path(path).write_text(("the heron waits in the reeds by the ferry " * (size // 40))[:size])
    document = convert_file(path)
    nodes = split_document(document, words_of)
    longest = max(node.end - node.start for node in nodes)
    status = Path("/proc/self/status").read_text()  # not ru_maxrss, which a process has of the one that started it
    answer.put((len(document.text), len(nodes), longest, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_d7_a_long_line_is_cut_into_chunks(tmp_path):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    child = context.Process(target=_convert_and_cut, args=(10_000_000, str(tmp_path / "line.txt"), answer))
    child.start()
    size, chunks, longest, peak = answer.get(timeout=300)
    child.join()
    assert size == 10_000_000 and chunks > 10_000 and longest < 2000 and peak < 2**30


def test_d7_a_document_of_a_megabyte_is_read_again(tmp_path, monkeypatch):
    draw, dimension = np.random.default_rng(0), 384

    def embed_batches(self, texts, encode=None):  # no model: only what the store does is of interest
        rows = draw.standard_normal((len(texts), dimension), np.float32)
        yield list(range(len(texts))), rows / np.linalg.norm(rows, axis=1, keepdims=True)

    monkeypatch.setattr(Embedder, "embed_batches", embed_batches)
    path = tmp_path / "line.txt"
    words = [f"{word:x}" for word in draw.integers(2**20, size=5000)]
    path.write_text(" ".join(words[int(place)] for place in draw.integers(5000, size=250_000)))
    assert path.stat().st_size > 1_400_000
    with KnowledgeBase(tmp_path / "kb") as kb:
        rows = kb.add(path, progress=False).rows
        assert [row.state for row in rows] == ["added"] and rows[0].nodes > 2500
    with KnowledgeBase(tmp_path / "kb") as kb:
        assert sum(len(batch) for batch in kb.store.scan()) == rows[0].nodes
        assert kb.search(words[7], mode="bm25")


# -- D8, D9: names


NAMES_OF_FILES = [
    "line\nbreak.md",
    "gnp\u202e.exe.md",
    "caf\u00e9.md",
    "cafe\u0301.md",
    "\"quoted\" 'name'.md",
    "<img src=x onerror=alert(1)>.md",
    "{{7*7}}.md",
    "$(touch x).md",
    "; rm -rf .md",
    "%s%n.md",
]


def test_d8_hostile_names_are_distinct_and_escaped(kb, tmp_path):
    folder = tmp_path / "names"
    folder.mkdir()
    for n, name in enumerate(NAMES_OF_FILES):
        (folder / name).write_text(f"The heron number {n} waits in the reeds.")
    report = kb.add(folder, progress=False)
    assert {row.state for row in report.rows} == {"added"} and len(kb) == len(NAMES_OF_FILES)
    assert len({row.document_id for row in report.rows}) == len(NAMES_OF_FILES)
    shown = report._repr_html_() + kb._repr_html_() + kb.search("heron")._repr_html_()
    assert "<img" not in shown and escape("<img src=x onerror=alert(1)>") in shown and "\u202e" not in shown


def test_d9_two_files_of_one_name(kb, tmp_path):
    for folder, text in (("one", "The heron waits."), ("two", "The otter swims.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "README.md").write_text(text)
    rows = kb.add([tmp_path / "one", tmp_path / "two"], progress=False).rows
    assert [row.state for row in rows] == ["added", "added"] and len({row.uri for row in rows}) == 2
    assert {node.text for batch in kb.store.scan() for node in batch if node.kind == "chunk"} == {
        "The heron waits.",
        "The otter swims.",
    }


# -- D10: encodings

SAYINGS = {
    "ru": "Цапля ждёт в камышах у переправы. Когда вода уходит, она ловит рыбу на отмели, а выдра плывёт мимо и не "
    "замечает её. Вечером на пристани зажигают фонарь.",
    "uk": "Чапля чекає в очеретах біля переправи. Коли вода відходить, вона ловить рибу на мілині, а видра пливе повз "
    "неї. Увечері на пристані запалюють ліхтар.",
    "ja": "渡し場のそばの葦の中で鷺が待っている。水が引くと、浅瀬で魚を捕まえる。カワウソは気づかずに泳いでいく。"
    "夕方になると、桟橋に灯りがともる。",
    "zh": "苍鹭在渡口旁的芦苇丛中等待。潮水退去时，它在浅滩上捕鱼，"
    "水獭从旁边游过却没有注意到它。傍晚，码头上点亮了灯。",
    "ko": "왜가리가 나루터 옆 갈대밭에서 기다린다. 물이 빠지면 얕은 곳에서 물고기를 잡고, 수달은 모르고 지나간다. "
    "저녁에는 부두에 등불을 켠다.",
    "de": "Der Reiher wartet im Schilf nahe der Fähre. Wenn das Wasser fällt, fängt er Fische; müde Otter schwimmen "
    "vorüber und hören früh die Glocke. Abends zündet man größere Lichter an.",
    "fr": "Le héron attend dans les roseaux près du bac. Quand l'eau se retire, il pêche; la loutre passe à côté, sans "
    "le voir. Le soir, on allume une lumière sur la jetée où l'été s'achève.",
    "pl": "Czapla czeka w trzcinach obok przeprawy. Gdy woda opada, łowi ryby na mieliźnie, a wydra płynie obok i nie "
    "zauważa jej. Wieczorem na przystani zapala się światło.",
    "el": "Ο ερωδιός περιμένει στα καλάμια δίπλα στο πέραμα. Όταν τραβηχτεί το νερό, πιάνει ψάρια στα ρηχά, ενώ η "
    "ενυδρίδα περνά δίπλα του. Το βράδυ ανάβουν ένα φανάρι.",
    "tr": "Balıkçıl, iskelenin yanındaki sazlıkta bekliyor. Su çekilince sığlıkta balık tutuyor; su samuru onu "
    "görmeden "
    "geçip gidiyor. Akşamları iskelede ışık yakılır.",
    "ar": "ينتظر مالك الحزين بين القصب قرب المعبر. حين ينحسر الماء يصطاد السمك في المياه "
    "الضحلة، ويمر القضاعة دون أن يراه.",
    "he": "האנפה ממתינה בין קני הסוף ליד המעבורת. כשהמים נסוגים היא דגה דגים במים "
    "הרדודים, והלוטרה חולפת בלי לראות אותה.",
}
ENCODINGS = [
    *((language, "utf-8") for language in SAYINGS),
    *((language, "utf-16") for language in SAYINGS),
    *((language, "utf-8-sig") for language in ("de", "ja")),
    *((language, "utf-32") for language in ("de", "ja")),
    ("de", "utf-16-le"),
    ("ja", "utf-16-be"),
    ("ru", "utf-16-le"),
    ("ru", "koi8_r"),
    ("ru", "cp1251"),
    ("ru", "iso8859_5"),
    ("ru", "cp866"),
    ("uk", "koi8_u"),
    ("uk", "cp1251"),
    ("ja", "shift_jis"),
    ("ja", "euc_jp"),
    ("ja", "iso2022_jp"),
    ("zh", "gb18030"),
    ("zh", "gb2312"),
    ("ko", "euc_kr"),
    ("ko", "cp949"),
    ("de", "cp1252"),
    ("de", "iso8859_15"),
    ("de", "mac_roman"),
    ("de", "cp850"),
    ("fr", "cp1252"),
    ("fr", "mac_roman"),
    ("pl", "cp1250"),
    ("pl", "iso8859_2"),
    ("el", "cp1253"),
    ("el", "iso8859_7"),
    ("tr", "cp1254"),
    ("ar", "cp1256"),
    ("ar", "iso8859_6"),
    ("he", "cp1255"),
    ("he", "iso8859_8"),
]


@pytest.mark.parametrize("language, encoding", ENCODINGS)
def test_d10_read_rightly_or_reported(language, encoding):
    text = SAYINGS[language]
    data = (text * 4).encode(encoding, "ignore")
    expected = data.decode(encoding)
    try:
        found = convert_bytes(data, "saying.txt")
    except ConversionError as error:
        assert "encoding" in str(error) or "binary" in str(error)
        return
    assert found.text == expected or found.warnings


def test_d10_nearly_all_are_read_rightly():
    right = sum(_reads(language, encoding) for language, encoding in ENCODINGS)
    assert right >= 0.9 * len(ENCODINGS), f"{right} of {len(ENCODINGS)}"


def _reads(language: str, encoding: str) -> bool:
    data = (SAYINGS[language] * 4).encode(encoding, "ignore")
    try:
        return convert_bytes(data, "saying.txt").text == data.decode(encoding)
    except ConversionError:
        return False


@pytest.mark.parametrize(
    "language, declared, real",
    [
        ("ru", "utf-8", "cp1251"),
        ("ru", "iso-8859-1", "koi8_r"),
        ("ja", "utf-8", "shift_jis"),
        ("de", "ascii", "utf-8"),
        ("ja", "iso-8859-1", "euc_jp"),
        ("el", "utf-8", "cp1253"),
        ("de", "utf-16", "cp1252"),
        ("de", "nonsense", "cp1252"),
    ],
)
def test_d10_a_wrong_label_does_not_make_mojibake(language, declared, real):
    page = f'<html><head><meta charset="{declared}"></head><body><p>{SAYINGS[language]}</p></body></html>'
    found = convert_bytes(page.encode(real, "ignore"), "page.html")
    expected = SAYINGS[language].encode(real, "ignore").decode(real)
    assert found.text == expected or found.warnings


# -- S10: no pickles


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


def test_s10_a_pickle_is_not_opened(kb, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    mark = tmp_path / "opened"
    for name in ("a.pkl", "b.txt", "c.pt", "d.npy"):
        (folder / name).write_bytes(pickle.dumps(Bomb(str(mark)), protocol=4) + bytes(100))
    report = kb.add(folder, progress=False)
    assert not mark.exists() and {row.state for row in report.rows} == {"skipped"}


def test_s10_nothing_here_can_open_one():
    forbidden = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}
    for path in (ROOT / "kbase").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not forbidden & {name.partition(".")[0] for name in names}, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, path
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("torch.load", "eval", "exec"), f"{path}: {ast.unparse(node)}"


# -- R11: a file that changes while it is read


def changing(monkeypatch, change) -> None:
    "Have the file changed after it was looked at and before it is read."
    looked = converters.check_size

    def look(size, name, limits):
        looked(size, name, limits)
        change()

    monkeypatch.setattr(converters, "check_size", look)


def test_r11_a_file_that_settles_is_read_whole(tmp_path, monkeypatch):
    path, times = tmp_path / "log.txt", []
    path.write_text("one line")

    def grow():
        if len(times) < 2:
            times.append(path.write_text(path.read_text() + " and another"))

    changing(monkeypatch, grow)
    assert convert_file(path).text == "one line and another and another"


def test_r11_a_file_that_never_settles_is_never_deleted(kb, tmp_path, monkeypatch):
    path = tmp_path / "log.txt"
    path.write_text("The heron waits in the reeds. " * 3)
    kb.add(path, progress=False)
    before = {node.id for batch in kb.store.scan() for node in batch}
    path.write_text("The otter swims in the tide. " * 3)
    with monkeypatch.context() as patched:
        changing(patched, lambda: path.write_text(path.read_text()[:-1]))
        rows = kb.add(path, progress=False).rows
    assert [row.state for row in rows] == ["failed"] and "changed while it was read" in rows[0].reason
    assert {node.id for batch in kb.store.scan() for node in batch} == before
    kb.add(path, progress=False)
    texts = [node.text for batch in kb.store.scan() for node in batch if node.kind == "chunk"]
    assert texts and all("otter" in text and "heron" not in text for text in texts)


def test_r11_a_file_replaced_by_another_is_read_as_one_of_them(tmp_path, monkeypatch):
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("The heron waits.")
    other.write_text("The otter swims.")
    changing(monkeypatch, lambda: other.exists() and other.replace(path))
    assert convert_file(path).text in ("The heron waits.", "The otter swims.")


def test_r11_a_file_that_vanishes_has_a_reason(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with pytest.raises(ConversionError, match="cannot be opened"):
        convert_file(path)
