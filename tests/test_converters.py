"Converters: every format, every way to fail, and files made to hurt."

import gc
import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import docx
import pytest
from haystack import Pipeline
from haystack.dataclasses import ByteStream

from kbase.blocks import first_heading
from kbase.indexing.converted import (
    ConversionError,
    EmptyDocument,
    FileTooLarge,
    Limits,
    UnsupportedFormat,
    normalize_text,
)
from kbase.indexing.converters import convert_bytes, convert_file
from kbase.indexing.decoding import decode
from kbase.indexing.formats import FORMATS, Format, add_format, sniff
from kbase.indexing.haystack import FileConverter
from kbase.indexing.html_reader import convert_html
from kbase.indexing.json_reader import indent_json
from kbase.indexing.reader_process import ReaderProcess, reader_name, reader_processes
from kbase.indexing.text_reader import convert_text

PROCESSES = reader_processes()  # held, so that they are started once

AWKWARD = Path(os.environ.get("KBASE_DATA", "/nowhere"), "awkward_docs")
awkward = pytest.mark.skipif(not AWKWARD.is_dir(), reason="KBASE_DATA is not set or has no awkward_docs")


def pdf_of(*pages: str, extra: str = "", info: str = "") -> bytes:
    "A PDF by hand, without a table of offsets: readers rebuild it."
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Type/Pages/Kids[{' '.join(f'{10 + i} 0 R' for i in range(len(pages)))}]/Count {len(pages)}>>",
        3: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: f"<<{info}>>",
    }
    for i, text in enumerate(pages):
        draw = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        objects[10 + i] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {1000 + i} 0 R"
            f"/Resources<</Font<</F1 3 0 R>>>>{extra}>>"
        )
        objects[1000 + i] = f"<</Length {len(draw)}>>stream\n{draw}\nendstream"
    body = "".join(f"{number} 0 obj\n{value}\nendobj\n" for number, value in objects.items())
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Info 4 0 R>>\n".encode("latin-1")


def docx_of(*paragraphs: str, title: str = "") -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    "The same archive with one part replaced or added."
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


# -- which format


@pytest.mark.parametrize(
    "head, name, format",
    [
        (b"%PDF-1.7", "a.txt", "pdf"),
        (b"\n\n%PDF-1.7", "a", "pdf"),
        (b"plain", "a.pdf", "text"),
        (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7", "a.pdf", "pdf"),
        (b"\0\1\2\3", "a.pdf", "pdf"),
        (b"plain", "a.toml", "code"),
        (b"plain", "README", "text"),
        (b"# x", "A.MD", "markdown"),
        (b"<!doctype html>", "a.txt", "html"),
        (b"<?xml version='1.0'?>\n<html xmlns='x'>", "a.xml", "html"),
        (b"<h1 align=center>kbase</h1>", "README.md", "markdown"),
        (b"<svg>", "a.svg", "drawing in SVG"),
        (b"From: a friend", "my.key", "text"),
        (b"\x80\x04\x95\x0b\0\0\0", "a", "pickle"),
        (b"a.txt" + bytes(252) + b"ustar", "a.txt", "tar archive"),
        (b"MZ is a duo", "a.txt", "text"),
        (b"MZ\x90\0\3\0", "a.txt", "program"),
        (b"ID3 is a decision tree", "id3.txt", "text"),
        (b"x\0", "a.pptx", "PowerPoint"),
        (b"x", "a.eml", "e-mail"),
        ("<!DOCTYPE html>".encode("utf-16-le"), "a.txt", "html"),
        (b"\0\0\0\x18ftypmp42", "a", "image, sound or film"),
    ],
)
def test_sniff(head, name, format):
    assert sniff(head, name) == format


def test_archives_are_told_by_their_parts():
    assert sniff(docx_of("x"), "a.zip") == "docx"
    assert sniff(with_part(docx_of("x"), "xl/workbook.xml", b"")[:0] + b"PK\x03\x04 cut", "a.xlsx") == "Excel"
    with pytest.raises(UnsupportedFormat, match="zip archive"):
        convert_bytes(b"PK\x05\x06" + b"\0" * 18, "a.zip")


def test_content_beats_name_and_says_so():
    found = convert_bytes(pdf_of("Hello"), "notes.txt")
    assert found.meta["format"] == "pdf" and "the name says text" in found.warnings[0]


def test_text_called_pdf_is_read_with_a_note():
    found = convert_bytes(b"only words", "a.pdf")
    assert found.text == "only words" and found.warnings == (
        "the name says pdf, the content is text: read as text",
    )
    with pytest.raises(ConversionError, match="a.pdf: is damaged"):
        convert_bytes(b"%PDF-1.4 and then only words", "a.pdf")


@pytest.mark.parametrize("name", ["a.log", "a.notes", "a.unknown", "a.0", "Makefile"])
def test_unknown_suffixes_are_text_when_they_look_like_it(name):
    assert convert_bytes(b"[a]\nb = 1\n", name).markup == "text"


@pytest.mark.parametrize("data", [bytes(range(256)) * 8, os.urandom(4096), b"word " * 10 + b"\0\1\2\3" * 10])
def test_binary_called_txt_is_refused(data):
    with pytest.raises(UnsupportedFormat, match="a.txt"):
        convert_bytes(data, "a.txt")


@pytest.mark.parametrize(
    "data, name",
    [
        (b"", "a.txt"),
        (b" \n\t", "a.md"),
        (b"<html><body></body></html>", "a.html"),
        (docx_of(), "a.docx"),
        (b'{"cells": []}', "a.ipynb"),
    ],
)
def test_nothing_to_read_has_failed(data, name):
    with pytest.raises(EmptyDocument) as error:
        convert_bytes(data, name)
    assert error.value.state == "failed" and name in str(error.value)


# -- encodings

TEXTS = {
    "ru": "Сборщик мусора находит циклические ссылки и освобождает память. "
    "Это происходит автоматически, когда объект больше не нужен.",
    "ja": "ガベージコレクタは循環参照を検出し、不要になったオブジェクトの"
    "メモリを解放します。これは自動的に行われます。",
    "zh": "垃圾回收器会检测循环引用，并释放不再需要的对象所占用的内存。这个过程是自动进行的。",
    "he": "מנגנון איסוף האשפה מזהה הפניות מעגליות ומשחרר את הזיכרון של אובייקטים שאינם נחוצים עוד.",
    "de": "Über die Brücke führt der Weg zum großen Fluß; die Bürger müssen täglich früh aufstehen und Äpfel kaufen.",
    "pl": "Odśmiecacz pamięci znajduje cykle odwołań i zwalnia pamięć obiektów, które nie są już potrzebne. "
    "Zażółć gęślą jaźń.",
    "en": "The garbage collector finds reference cycles: objects that point at one another. "
    "“Quoted” text, café, naïve.",
}


@pytest.mark.parametrize(
    "language, encoding",
    [
        ("ru", "koi8-r"),
        ("ru", "cp1251"),
        ("ru", "utf-16-be"),
        ("ru", "utf-16-le"),
        ("ja", "shift_jis"),
        ("ja", "euc_jp"),
        ("ja", "iso2022_jp"),
        ("ja", "utf-16-le"),
        ("zh", "gb18030"),
        ("zh", "utf-16-be"),
        ("he", "iso-8859-8"),
        ("he", "cp1255"),
        ("de", "latin-1"),
        ("de", "utf-16-le"),
        ("pl", "iso-8859-2"),
        ("pl", "cp1250"),
        ("en", "cp1252"),
        ("en", "utf-16"),
        ("ru", "utf-32"),
        ("ja", "utf-8-sig"),
    ],
)
def test_encodings_are_found_and_guesses_are_told(language, encoding):
    text = TEXTS[language]
    found = decode(text.encode(encoding), "a.txt")
    assert found.text == text
    sure = encoding in ("utf-16", "utf-32", "utf-8-sig", "iso2022_jp")  # marked as such
    assert bool(found.warnings) != sure


def test_plain_utf8_is_no_guess():
    assert convert_bytes("naïve".encode(), "a.txt").warnings == ()


def test_html_charset_is_taken_at_its_word_unless_it_lies():
    page = '<meta charset="{}"><title>т</title><p>' + TEXTS["ru"]
    honest = convert_bytes(page.format("windows-1251").encode("cp1251"), "a.html")
    assert TEXTS["ru"] in honest.text and honest.meta["encoding"] == "cp1251" and not honest.warnings
    liar = convert_bytes(page.format("utf-8").encode("cp1251"), "a.html")
    assert TEXTS["ru"] in liar.text and "the file says utf-8" in liar.warnings[0]


def test_python_coding_cookie():
    assert "жук" in convert_bytes("# -*- coding: koi8-r -*-\n'жук'\n".encode("koi8-r"), "a.py").text


def test_a_few_broken_bytes_do_not_turn_utf8_into_mojibake():
    found = convert_bytes((TEXTS["de"] * 9).encode() + b"\xff!", "a.txt")
    assert found.text.startswith("Über die Brücke") and "\ufffd" in found.text and "replaced" in found.warnings[0]


def test_normalisation_touches_nothing_else():
    assert normalize_text("a\r\nb\rc\0d\ud800e\t ﬁ e\u0301 \xa0\u200b") == "a\nb\ncde\t ﬁ e\u0301 \xa0\u200b"


# -- titles and structure


@pytest.mark.parametrize(
    "name, data, title",
    [
        ("a_b.txt", "x", "a b"),
        ("x.md", "```\n# no\n```\n# *Yes* [it](u) is #\n", "Yes it is"),
        ("x.md", "Top\n===\n", "Top"),
        ("x.md", "---\ntitle: 'T'\nauthor: me\n---\n# H\n", "T"),
        ("x.md", "no heading", "x"),
        ("x.rst", ".. c\n\nTop `x`\n------\n", "Top x"),
        ("x.py", "# c\nr'''One.\n\nmore'''", "One"),
        ("x.py", "a = 'b'", "x"),
        ("x.html", "<title>Sets — Manual</title><h1>Sets</h1>t", "Sets"),
        ("x.html", "<h1>Only<br>one</h1>t", "Onlyone"),
        ("x.json", '{"title": "J"}', "J"),
        ("x\u202e\n.txt", "x", "x"),
        (".env", "A=1", ".env"),
    ],
)
def test_titles(name, data, title):
    assert convert_bytes(data.encode(), name).title == title


def test_docx_keeps_structure():
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = "Word Document", "Ada"
    document.add_heading("Minutes", 0)
    document.add_heading("Present", 1)
    for name in ("Ada", "Bob"):
        document.add_paragraph(name, style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("name", "age", "Ada|x", "36"), strict=True):
        cell.text = text
    out = io.BytesIO()
    document.save(out)
    found = convert_bytes(out.getvalue(), "m.docx")
    assert found.text == "# Minutes\n\n# Present\n\n- Ada\n- Bob\n\n| name | age |\n| --- | --- |\n| Ada\\|x | 36 |"
    assert found.title == "Minutes" and found.meta["author"] == "Ada" and found.markup == "markdown"


def test_pdf_pages_start_where_they_say():
    found = convert_bytes(
        pdf_of("One page", "", "Third page", info="/Title(Pages)/Author(Ada)/CreationDate(D:20240203)"), "a.pdf"
    )
    ends = [*found.pages[1:], len(found.text)]
    texts = [found.text[start:end].strip() for start, end in zip(found.pages, ends, strict=True)]
    assert texts == ["One page", "", "Third page"]
    assert found.title == "Pages" and found.meta["author"] == "Ada" and found.meta["page_count"] == 3
    assert found.meta["date"].startswith("2024-02-03") and found.warnings == ()  # an empty page is no picture


def test_pdf_without_text_has_failed():
    with pytest.raises(EmptyDocument, match=r"no text \(2 empty pages\)"):
        convert_bytes(pdf_of("", ""), "scan.pdf")


def test_html_keeps_code_lists_tables_and_drops_the_rest():
    page = """<title>t</title><nav>menu</nav><script>bad()</script><style>p{}</style><p hidden>no</p>
      <div style="display: none">no</div>
      <h2>H<a class=headerlink href="#h">¶</a></h2>
      <pre><code class="language-python">if x:\n    y = "&lt;"\n\n\n    z</code></pre>
      <table><tr><th>a<th>b<tr><td>1<td>2</table>
      <table role=presentation><tr><td><p>left<td><p>right</table>&nbsp;soft&shy;ware"""
    found = convert_html(page)
    assert found.text == (
        '## H\n\n```python\nif x:\n    y = "<"\n\n\n    z\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 '
        "|\n\nleft\n\nright\n\nsoftware"
    )


def test_json_is_readable_and_exact():
    source = '{"a":1.50,"a":12345678901234567890.10,"s":"\\u0416, [x] \\"q\\": {}","e":[],"o":{}}' + " " * 50
    text = convert_bytes(source.encode(), "a.json").text
    assert '"a": 1.50' in text and "12345678901234567890.10" in text and '"Ж, [x] \\"q\\": {}"' in text and "[]" in text
    assert json.loads(text) == json.loads(source) and json.loads(indent_json("[[],[1,{}]]")) == [[], [1, {}]]
    assert "no valid JSON" in convert_bytes(b"{oops", "a.json").warnings[0]
    assert "line(s)" in convert_bytes(b'{"a":1}\n{oops\n', "a.jsonl").warnings[0]
    assert "no valid JSON" in convert_bytes(b"[" * 100_000, "deep.json").warnings[0]


def test_notebook_with_fences_inside_and_long_output():
    cells = [
        {"cell_type": "markdown", "source": ["# N\n", "text"]},
        {
            "cell_type": "code",
            "source": "print('```')",
            "outputs": [
                {"output_type": "stream", "text": [f"{i}\n" for i in range(99)]},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
            ],
        },
    ]
    found = convert_bytes(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode(), "n.ipynb")
    assert (
        found.title == "N"
        and "````python\nprint('```')\n````" in found.text
        and "\n9\n… 79 lines left out …\n89\n" in found.text
        and "AAAA" not in found.text
    )
    for bad in (b"[]", b"{", b'{"cells": 3}'):
        with pytest.raises(ConversionError, match="n.ipynb"):
            convert_bytes(bad, "n.ipynb")


def test_csv_delimiters_and_headers():
    assert convert_bytes(b"a;b\n1,5;2\n", "x.csv").meta["delimiter"] == ";"
    assert convert_bytes(b"1,2\n3,4\n", "x.csv").meta == {"format": "csv", "delimiter": ","}
    assert convert_bytes(b"a\tb\n1\t2\n", "x.tsv").meta["columns"] == ["a", "b"]
    assert convert_bytes(b'"' + b"x" * 200_000, "x.csv").text.count("x") == 200_000


def test_headings_of_hostile_texts():
    assert first_heading("```\n" * 20_000 + "a" * 100_000, "markdown") == ""
    assert first_heading("x\n\n" * 20_000 + "# Late\n", "markdown") == "Late"
    assert first_heading("> # Quoted\n\n# Own\n", "markdown") == "Own"


# -- files made to hurt


def test_docx_bomb_is_refused_before_unpacking():
    bomb = with_part(docx_of("x"), "word/media/a.xml", b" " * 100 * 2**20)
    assert len(bomb) < 2**18
    with pytest.raises(FileTooLarge, match="b.docx"):
        convert_bytes(bomb, "b.docx")
    with pytest.raises(FileTooLarge, match="parts"):
        convert_bytes(docx_of("x"), "b.docx", Limits(entries=3))


@pytest.mark.parametrize(
    "doctype", ['<!DOCTYPE d [<!ENTITY x SYSTEM "file://{}">]>', '<!DOCTYPE d SYSTEM "file://{}">']
)
def test_xxe_reads_nothing(tmp_path, doctype):
    canary = tmp_path / "canary"
    canary.write_text("CANARY")
    head = '<?xml version="1.0"?>' + doctype.format(canary)
    part = (
        head
        + '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>'
    )
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(ConversionError, match="document type"):
            convert_bytes(with_part(docx_of("x"), "word/document.xml", part.encode(encoding)), "x.docx")
    for name in ("x.html", "x.xml", "x.xhtml"):
        found = convert_bytes((head + "<html><body><p>hello &x;</p></body></html>").encode(), name)
        assert "CANARY" not in found.text


def test_links_are_not_followed(tmp_path):
    (tmp_path / "canary.html").write_text("CANARY")
    page = f'<base href="file://{tmp_path}/"><p>x<img src="canary.html" alt="pic"><iframe src="canary.html"></iframe>'
    page += '<object data="canary.html"></object>'
    assert convert_bytes(page.encode(), "x.html").text == "x pic"


def test_pdf_loops_and_truncations_fail_alone():
    loop = pdf_of("x").replace(b"/Kids[10 0 R]", b"/Kids[2 0 R]")
    for data in (loop, b"%PDF-1.4\n", pdf_of("Hello")[:200], pdf_of("x", extra="/Parent 10 0 R")):
        try:
            convert_bytes(data, "a.pdf")
        except ConversionError as error:
            assert "a.pdf" in str(error)
    assert convert_bytes(pdf_of("Hello"), "a.pdf").text == "Hello"


@pytest.mark.parametrize("depth", [3_000, 200_000])
def test_deep_html_is_refused_not_cut(depth):
    with pytest.raises(ConversionError, match="deep.html: is nested too deeply"):
        convert_bytes(b"<div>" * depth + b"the end", "deep.html")
    assert "the end" in convert_bytes(b"<div>" * 200 + b"the end", "fine.html").text


def test_a_hanging_or_dying_reader_costs_one_file():
    process = ReaderProcess()
    try:
        with pytest.raises(ConversionError, match="h.html: reading it took more than 0.001 s"):
            process.read(convert_html, "<p>x" * 500_000, "h.html", Limits(seconds=0.001))
        assert process.read(convert_html, "<p>next", "n.html").text == "next"
        pid = process._child.process.pid
        os.kill(pid, 9)
        assert process.read(convert_html, "<p>again", "n.html").text == "again" and process._child.process.pid != pid
    finally:
        process.close()


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS holds on Linux")
def test_memory_is_limited():
    process = ReaderProcess()
    try:
        with pytest.raises(ConversionError, match="memory"):
            process.read(convert_html, "<b>x</b>" * 4_000_000, "big.html", Limits(memory_bytes=400 * 2**20))
        assert process.read(convert_html, "<p>next", "n.html").text == "next"
    finally:
        process.close()


def test_threads_share_the_reader():
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: convert_bytes(f"<p>page {i}".encode(), "a.html").text}))
        for i in range(16)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == {i: f"page {i}" for i in range(16)}


def _in_child(queue):
    queue.put(convert_bytes(b"<p>from a fork", "a.html").text)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_starts_its_own_reader():
    assert convert_bytes(b"<p>parent", "a.html").text == "parent"
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == "from a fork"
    child.join()
    assert convert_bytes(b"<p>parent again", "a.html").text == "parent again"


def test_the_reading_process_starts_without_the_rest_of_kbase():
    readers = "kbase.indexing.reader_process, kbase.indexing.word_reader"
    code = f"import sys, {readers}; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"numpy", "haystack", "torch", "lancedb", "kbase.nodes"}


def test_the_reading_process_ends_with_its_holder():
    process = ReaderProcess()
    process.read(convert_html, "<p>x", "a.html")
    child = process._child.process
    del process
    gc.collect()
    assert child.wait(timeout=60) is not None


def test_a_reader_of_a_notebook_cannot_be_read_apart():
    def convert_odd(text, name):
        return convert_text(text, name)

    with pytest.raises(ValueError, match="put it into a module"):
        reader_name(convert_odd)


def test_a_format_is_one_entry(tmp_path):
    (tmp_path / "talk.lrc").write_text("Hello.\n")
    assert convert_file(tmp_path / "talk.lrc").meta["format"] == "text"
    add_format(Format("lyrics", (".lrc",), convert_text))
    try:
        assert convert_file(tmp_path / "talk.lrc").meta["format"] == "lyrics"
        with pytest.raises(ValueError, match="is a format already"):
            add_format(Format("lyrics"))
        with pytest.raises(ValueError, match=".lrc is a suffix of lyrics"):
            add_format(Format("other", (".lrc",)))
        with pytest.raises(ValueError, match="takes is 'pages'"):
            add_format(Format("other", takes="pages"))
    finally:
        del FORMATS["lyrics"]


# -- paths


def test_convert_file(tmp_path):
    path = tmp_path / "a_b.md"
    path.write_bytes(b"# T\r\n\r\ntext")
    found = convert_file(path, uri="dir/a_b.md")
    assert (found.uri, found.title, found.text, found.markup) == ("dir/a_b.md", "T", "# T\n\ntext", "markdown")
    assert (
        convert_file(str(path)).uri == "a_b.md"
        and convert_file(path).fingerprint == found.fingerprint
        and len(found.fingerprint) == 64
    )


def test_only_regular_files_within_the_limit(tmp_path):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(ConversionError, match="fifo: is no regular file"):
            convert_file(tmp_path / "fifo")
        with pytest.raises(ConversionError, match="zero: is no regular file"):
            convert_file("/dev/zero")
    with pytest.raises(ConversionError, match="is no regular file"):
        convert_file(tmp_path)
    with pytest.raises(ConversionError, match="gone.txt: cannot be opened"):
        convert_file(tmp_path / "gone.txt")
    (tmp_path / "big.txt").write_bytes(b"x" * 100)
    with pytest.raises(FileTooLarge, match="100 bytes, the limit is 10"):
        convert_file(tmp_path / "big.txt", limits=Limits(file_bytes=10))


def test_meta_is_json(tmp_path):
    for name, data in (("a.pdf", pdf_of("x")), ("a.docx", docx_of("x", title="T")), ("a.csv", b"a,b\n1,2\n")):
        found = convert_bytes(data, name)
        assert json.loads(json.dumps(found.meta)) == found.meta


# -- the component


def test_component_accounts_for_every_source(tmp_path):
    (tmp_path / "one").mkdir()
    for folder in (tmp_path, tmp_path / "one"):
        (folder / "README.md").write_text("# same")
    result = FileConverter().run(
        [
            tmp_path / "README.md",
            str(tmp_path / "one" / "README.md"),
            tmp_path / "none.txt",
            ByteStream(b"", meta={"file_name": "e.txt"}),
        ]
    )
    assert len(result["documents"]) == 2 and len({d.id for d in result["documents"]}) == 2
    assert [(Path(f["source"]).name, f["state"]) for f in result["failed"]] == [
        ("none.txt", "failed"),
        ("e.txt", "failed"),
    ]


def test_component_in_a_pipeline_that_is_saved():
    pipeline = Pipeline()
    pipeline.add_component("files", FileConverter(seconds=5))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["kbase.*"])
    assert again.get_component("files").seconds == 5
    result = again.run({"files": {"sources": [ByteStream(b"# T", mime_type="text/markdown")], "meta": {"lang": "en"}}})
    assert result["files"]["documents"][0].meta["title"] == "T" and result["files"]["documents"][0].meta["lang"] == "en"
    with pytest.raises(ValueError, match="1 metas for 0 sources"):
        FileConverter().run([], meta=[{}])
    with pytest.raises(ValueError, match="above 0"):
        FileConverter(seconds=0)


# -- awkward documents

REFUSED = {
    "markitdown__random.bin": "binary",
    "pypdf__imagemagick-CCITTFaxDecode.pdf": "no text",
    "pypdf__r6-user-password.pdf": "password",
    "tika__testWORD_protected_passtika.docx": "password",
    "unstructured__password.pdf": "password",
    "unstructured__empty.txt": "0 bytes",
}


@awkward
def test_every_awkward_document_is_read_or_refused_with_a_reason():
    for path in sorted((AWKWARD / "files").iterdir()):
        unread = FORMATS[sniff(path.read_bytes(), path.name)].read is None
        expected = REFUSED.get(path.name, "not read yet" if unread else "")
        if expected:
            with pytest.raises(ConversionError, match=expected):
                convert_file(path)
        else:
            found = convert_file(path)
            assert found.text.strip() and found.title and list(found.pages) == sorted(found.pages), path.name


@awkward
@pytest.mark.parametrize(
    "name, words",
    [
        ("docling__Strict.docx", "Some text"),
        ("docling__textbox.docx", "Upon receiving a report"),
        ("pdf_js__helloworld-bad.pdf", "Hello, world!"),
        ("pdfminer_six__zen_of_python_corrupted.pdf", "Errors should never pass silently."),
        ("pypdf__r2-owner-password.pdf", "encryption test"),
        ("tika__testOptionalHyphen.pdf", "optionalhyphen"),
        ("tika__testPDF_incrementalUpdates.pdf", "Testing Incremental"),
        ("pdf_js__copy_paste_ligatures.pdf", "ffiffl"),
        ("markitdown__test_mskanji.csv", "佐藤太郎"),
        ("tika__testArabicMisleadingCharset.html", "اللغة العربية"),
        ("unstructured__fr_olap.pdf", "L’idée de base"),
        ("unstructured__stanley-cups-utf-16.csv", "Maple Leafs,TOR,13"),
        ("unstructured__example-steelJIS-datasheet-utf-16.html", "| Bars | **890** |"),
    ],
)
def test_awkward_texts(name, words):
    assert words in convert_file(AWKWARD / "files" / name).text


@awkward
def test_pdfs_have_what_pdftotext_finds():
    for row in map(json.loads, (AWKWARD / "reference_extraction.jsonl").read_text().splitlines()):
        if row["file"] in REFUSED or row.get("pdftotext_pw"):
            continue
        found = convert_file(AWKWARD / "files" / row["file"])
        assert len(found.pages) == row["pdftotext_pages"] and len(found.text) > 0.85 * row["pdftotext_chars"], row[
            "file"
        ]


def teardown_module():
    PROCESSES.close()
