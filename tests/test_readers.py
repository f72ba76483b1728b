"What readers must not lose, mix up or make up: each test is one kind of trouble, with several of its siblings."

import base64
import io
import json
import textwrap

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kbase.blocks import read_blocks
from kbase.delimited import csv_dialect
from kbase.front_matter import front_matter, front_matter_end
from kbase.indexing.converters import convert_bytes
from kbase.indexing.data_uris import without_data_uris
from kbase.indexing.decoding import decode
from kbase.extracts import extract_summary
from kbase.indexing.html_reader import convert_html
from kbase.indexing.hyphens import join_hyphens
from kbase.indexing.notebook_reader import closed_markdown, convert_ipynb
from kbase.indexing.splitting import split_document
from kbase.indexing.terminal_text import terminal_text
from kbase.nodes import Document

# -- notebooks


def notebook(*cells: dict) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def written(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def run(code: str, *outputs: dict) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": code, "outputs": list(outputs)}


def shown(**data: object) -> dict:
    forms = {key.replace("__", "/").replace("_", "-"): value for key, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": forms}


@pytest.mark.parametrize(
    "raw, screen",
    [
        ("plain\ntext\n", "plain\ntext\n"),
        ("10%\r50%\r100%\ndone\n", "100%\ndone\n"),
        ("a long first line\rshort\n", "shortg first line\n"),
        ("wait |\b/\b-\b ok\n", "wait  ok\n"),
        ("\x1b[31mred\x1b[0m \x1b[1;4mbold\x1b[m", "red bold"),
        ("\x1b]8;;https://example.org\x07page\x1b]8;;\x07 and \x1b]0;title\x07text", "page and text"),
        ("old text\r\x1b[Knew", "new"),
        ("\x1b[?25lhidden cursor\x1b[?25h\x1b(B", "hidden cursor"),
        ("one: 0%\ntwo: 0%\x1b[1A\rone: 9%\n\rtwo: 8%", "one: 9%\ntwo: 8%"),
        ("\x1b[999999999Cfar", "far"),
        ("\x1b_Gf=100;AAAA\x1b\\picture", "picture"),
        ("bell\x07 and null\0", "bell and null"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("gone\x1b[2Jkept", "kept"),
    ],
)
def test_outputs_are_read_as_a_terminal_shows_them(raw: str, screen: str) -> None:
    assert terminal_text(raw).strip() == screen.strip() and not set(terminal_text(raw)) & set("\x1b\b\r\x07")


@pytest.mark.parametrize(
    "output, words, absent",
    [
        (
            shown(text__markdown="The *dam* is 9 m.", text__plain="<IPython.core.display.Markdown object>"),
            "9 m",
            "object",
        ),
        (shown(text__html="<b>9 m</b> high", text__plain="<IPython.core.display.HTML object>"), "9 m", "object"),
        (shown(text__latex="$h = 9$", text__plain="<IPython.core.display.Latex object>"), "$h = 9$", "object"),
        (shown(application__json={"h": 9}, text__plain="<IPython.core.display.JSON object>"), '"h": 9', "object"),
        (shown(text__html="<table><tr><th>h<tr><td>9</table>", text__plain="   h\n0  9"), "| h |", "0  9"),
        (shown(text__html="<script>draw()</script>", text__plain="Chart(9)"), "Chart(9)", "draw"),
        (shown(image__png="AAAA", text__plain="<Figure size 640x480 with 1 Axes>"), "show()", "Figure"),
        (shown(text__plain="[<matplotlib.lines.Line2D at 0x7f1c>]"), "show()", "Line2D"),
        (
            {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31mno dam\x1b[0m"},
            "ValueError: no dam",
            "\x1b",
        ),
        ({"output_type": "pyout", "text": "9 m", "metadata": {}}, "9 m", "object"),
    ],
)
def test_what_an_output_shows_is_kept(output: dict, words: str, absent: str) -> None:
    text = convert_ipynb(notebook(run("show()", output)), "a.ipynb").text
    assert words in text and absent not in text


def test_a_long_output_keeps_both_ends_and_says_so() -> None:
    lines = "".join(f"step {i}\n" for i in range(400)) + "accuracy 0.913\n"
    found = convert_ipynb(notebook(run("fit()", {"output_type": "stream", "name": "stdout", "text": lines})), "a.ipynb")
    assert "step 0\n" in found.text and "accuracy 0.913" in found.text and "step 200" not in found.text
    assert "381 lines left out" in found.text and "1 long output" in found.warnings[0]
    parts = [{"output_type": "stream", "name": "stderr", "text": f"{i}%\r"} for i in range(100)]
    assert "99%" in (text := convert_ipynb(notebook(run("fit()", *parts)), "a.ipynb").text) and "42%" not in text


@pytest.mark.parametrize(
    "opened",
    ["~~~\ncode", "```\ncode", "````python\n```", "- item\n\n  ```\n  code", "<!-- later", "<pre>\nraw",
     "<script>\nrun()", "<style>", "<?php", "<![CDATA[ x", "> ~~~\n> quoted", "<div>\nopen"],
)  # fmt: skip
def test_a_cell_leaves_nothing_open_for_the_next(opened: str) -> None:
    book = notebook(written(f"# Intro\n\n{opened}"), written("## Soil\n\nThe soil is sandy."))
    found = convert_ipynb(book, "a.ipynb")
    blocks = read_blocks(Document("a.ipynb", found.text, markup="markdown"))
    kinds = [(block.kind, block.headings) for block in blocks if "sandy" in found.text[block.start : block.end]]
    assert kinds == [("paragraph", ("Intro", "Soil"))]
    assert closed_markdown("All *closed*.\n\n```\nx\n```") == "All *closed*.\n\n```\nx\n```"


def words_of(texts: list[str]) -> list[int]:
    return [2 + len(text.split()) for text in texts]


# -- front matter


@pytest.mark.parametrize(
    "text, values",
    [
        ("---\ntitle: Heat # draft\n---\nx", {"title": "Heat"}),
        ("\ufeff\n\n---\ntitle: Heat\n---\nx", {"title": "Heat"}),
        ("---\ntitle: 'No # comment'\ntags:\n  - a\n  - b\n---\n", {"title": "No # comment", "tags": ["a", "b"]}),
        ("---\ntitle: Heat: a history\nyear: 1984\n---\n", {"title": "Heat: a history", "year": 1984}),
        ("---\nversion: 1.10\nok: No\nn: 007\ndraft: true\nscore: 4.5\n---\n",
         {"version": "1.10", "ok": "No", "n": "007", "draft": True, "score": 4.5}),
        ("---\ndescription: >\n  two\n  lines\nnested:\n  a: 1\n---\n", {"description": "two lines\n"}),
        ('+++\ntitle = "Heat"\ndate = 2024-05-06\n+++\nx', {"title": "Heat", "date": "2024-05-06"}),
        ("---\r\ntitle: Heat\r\n---\r\nx", {"title": "Heat"}),
    ],
)  # fmt: skip
def test_front_matter_is_read(text: str, values: dict) -> None:
    assert front_matter(text).values == values and front_matter_end(text) > 0


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n# Lighthouse\n\nIt is white.\n\n---\n\n# Harbour\n",
        "---\nIt is white.\nIt is old.\n---\n",
        "---\n# Lighthouse\n---\n",
        "---\n- one\n- two\n---\n",
        "---\n**Note:** closed.\n---\n",
        "---\nDear all: we meet.\nBring cake.\n---\n",
        "---\nAs we all know from the last meeting: it rains.\n---\n",
        "---\ntitle: x\n",
        "+++\nno toml\n+++\n",
        "Text\n\n---\ntitle: x\n---\n",
    ],
)
def test_text_between_two_rules_is_text(text: str) -> None:
    assert front_matter_end(text) == 0


def test_hostile_front_matter_costs_nothing() -> None:
    swell = "---\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a,*a]\n" for i in range(99)) + "---\nText."
    for text in (
        swell,
        "---\n" + "[" * 15_000 + "\n---\n",
        "---\na: " + "{" * 9_000 + "\n---\n",
        "---\n" + "a: b\n" * 9_999,
    ):
        front_matter(text)
    assert "kbase" not in convert_bytes(b"---\nformat: html\nkbase: {}\nwarnings: 3\n---\nText.", "a.md").meta
    assert convert_bytes(b"---\nformat: html\nauthor: Ada\n---\nText.", "a.md").meta == {
        "format": "markdown",
        "author": "Ada",
    }


# -- tables


@pytest.mark.parametrize(
    "text, columns",
    [
        ("id,city,2019\n1,Bremen,567\n2,Bonn,330\n", ("id", "city", "2019")),
        ("city,2019,2020\nBremen,567,566\nBonn,330,331\n", ("city", "2019", "2020")),
        (",city\n0,Bremen\n1,Bonn\n", ("", "city")),
        ("name,,score\nAda,x,5\nBob,y,6\n", ("name", "", "score")),
        ("4017,Bolt,87\n4018,Nut,90\n", ()),
        ("Bremen,5\nBonn,6\n", ()),
        ("2019,2020\n1,2\n", ()),
        ("n/a,5\n3,4\n", ()),
    ],
)
def test_a_header_may_hold_numbers_and_empty_cells(text: str, columns: tuple) -> None:
    assert csv_dialect(text).columns == columns


ROWS = [(f"ship {i}", 1000 + 7 * i, f"{i % 28 + 1} May") for i in range(90)]
TABLES = {
    "markdown": "| Ship | *Tonnage* | Arrival |\n|---|---|---|\n"
    + "".join(f"| {a} | {b} | {c} |\n" for a, b, c in ROWS),
    "quoted": "> | Ship | Tonnage | Arrival |\n> |---|---|---|\n"
    + "".join(f"> | {a} | {b} | {c} |\n" for a, b, c in ROWS),
    "simple": "=======  =======  =======\nShip     Tonnage  Arrival\n=======  =======  =======\n"
    + "".join(f"{a:8} {b:<8} {c}\n" for a, b, c in ROWS) + "=======  =======  =======\n",
    "grid": "+---------+---------+---------+\n| Ship    | Tonnage | Arrival |\n+=========+=========+=========+\n"
    + "".join(f"| {a:7} | {b:<7} | {c:7} |\n+---------+---------+---------+\n" for a, b, c in ROWS),
    "csv": "Ship,Tonnage,Arrival,2024\n" + "".join(f"{a},{b},{c},{b}\n" for a, b, c in ROWS),
}  # fmt: skip


@pytest.mark.parametrize("form", TABLES)
def test_the_later_rows_of_a_table_have_its_columns(form: str) -> None:
    markup = {"markdown": "markdown", "quoted": "markdown", "csv": "csv"}.get(form, "rst")
    text = TABLES[form] if markup == "csv" else f"Port log\n========\n\n{TABLES[form]}\nIt was quiet.\n"
    document = Document(f"t.{markup}", text, markup=markup, language="en")
    chunks = split_document(document, words_of, 60, 90)
    assert len(chunks) > 4 and all("Tonnage" in chunk.embedded_text for chunk in chunks)
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    assert max(words_of([chunk.embedded_text for chunk in chunks])) <= 90


def test_the_tables_of_web_pages_and_word_too() -> None:
    rows = "".join(f"<tr><td>{a}<td>{b}<td>{c}" for a, b, c in ROWS)
    found = convert_html(f"<h1>Port</h1><table><tr><th>Ship<th>Tonnage<th>Arrival{rows}</table>")
    chunks = split_document(Document("t.html", found.text, markup="markdown"), words_of, 60, 90)
    assert len(chunks) > 4 and all("Tonnage" in chunk.embedded_text for chunk in chunks)


def test_many_columns_are_cut_not_dropped() -> None:
    names = [f"column {i}" for i in range(200)]
    text = ",".join(names) + "\n" + "".join(",".join(str(i) for i in range(200)) + "\n" for _ in range(5))
    chunks = split_document(Document("w.csv", text, markup="csv"), words_of, 40, 60)
    assert all(
        chunk.headings and chunk.headings[0].startswith("column 0, column 1")
        for chunk in chunks[1:]
        if chunk.start > text.index("\n")
    )


# -- powers and indices


@pytest.mark.parametrize(
    "html, text",
    [
        ("10<sup>6</sup> cells", "10⁶ cells"),
        ("10<sup>&minus;3</sup>", "10⁻³"),
        ("10<b><sup>6</sup></b>", "10**⁶**"),
        ('10<span style="font-size:8pt; vertical-align: super">6</span> cells', "10⁶ cells"),
        ('CO<span style="VERTICAL-ALIGN:sub">2</span>', "CO₂"),
        ("500<sup>1</sup> people", "500¹ people"),
        ("town<sup><a href='#n1'>1</a></sup>", "town¹"),
        ("town<sup>1, 4</sup>", "town¹,⁴"),
        ("2<sup>n+1</sup>, e<sup>x</sup>, 2<sup>n</sup>", "2^(n+1), e^x, 2ⁿ"),
        ("x<sub>1</sub>, x<sub>i</sub>, CO<sub>2</sub>, V<sub>max</sub>", "x₁, x_i, CO₂, Vmax"),
        ("1<sup>1</sup>/<sub>2</sub> cups, <sup>3</sup>&frasl;<sub>4</sub> l", "1 1/2 cups, 3/4 l"),
        ("the 19<sup>th</sup>, 2<sup>e</sup>, M<sup>me</sup>", "the 19th, 2e, Mme"),
        ("Acme<sup>TM</sup>", "Acme™"),
        ("4<sup>99</sup> euro", "4⁹⁹ euro"),
        ("<math><msup><mn>10</mn><mn>6</mn></msup></math> cells", "10⁶ cells"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
        ("<ruby>漢字<rt>かんじ</rt></ruby>", "漢字(かんじ)"),
    ],
)
def test_powers_keep_their_meaning(html: str, text: str) -> None:
    assert convert_html(f"<p>{html}</p>").text == text


@pytest.mark.parametrize(
    "name, source, text",
    [
        ("a.md", "It held 10<sup>6</sup> cells.", "It held 10⁶ cells."),
        ("a.md", "Write `10<sup>6</sup>`.", "Write `10<sup>6</sup>`."),
        ("a.md", "```\n10<sup>6</sup>\n```", "```\n10<sup>6</sup>\n```"),
        ("a.md", "H~2~O and 10^6^, but ~~no~~ and a^b^c.", "H₂O and 10⁶, but ~~no~~ and a^b^c."),
        ("a.rst", "10\\ :sup:`6` cells", "10⁶ cells"),
        ("a.txt", "10<sup>6</sup>", "10<sup>6</sup>"),
    ],
)
def test_powers_in_texts(name: str, source: str, text: str) -> None:
    assert convert_bytes(source.encode(), name).text == text


# -- Word


def word(inside: str) -> bytes:
    "A Word file with one paragraph."
    spaces = nsdecls("w") + ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    spaces += ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {spaces}>{inside}</w:p>"))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def w(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def m(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    "inside, text",
    [
        (w("No. ") + f'<w:fldSimple w:instr="MERGEFIELD No">{w("K-4711")}</w:fldSimple>', "No. K-4711"),
        (w("a ") + f'<w:fldSimple w:instr="REF a"><w:fldSimple w:instr="REF b">{w("b")}</w:fldSimple></w:fldSimple>',
         "a b"),
        (f"<m:oMath><m:sSup><m:e>{m('c')}</m:e><m:sup>{m('2')}</m:sup></m:sSup></m:oMath>", "c²"),
        (f"<m:oMathPara><m:oMath><m:f><m:num>{m('a+b')}</m:num><m:den>{m('2')}</m:den></m:f></m:oMath></m:oMathPara>",
         "(a+b)/2"),
        (w("one ") + f'<w:bdo w:val="rtl">{w("two")}</w:bdo><w:dir w:val="rtl">{w(" three")}</w:dir>', "one two three"),
        (f"<w:r><w:ruby><w:rt>{w('かんじ')}</w:rt><w:rubyBase>{w('漢字')}</w:rubyBase></w:ruby></w:r>", "漢字(かんじ)"),
        ("<w:r><w:t>one</w:t><w:cr/><w:t>two</w:t></w:r>", "one\ntwo"),
        (w("10") + w("6", '<w:vertAlign w:val="superscript"/>') + w(" cells"), "10⁶ cells"),
        (w("x") + w("1", '<w:vertAlign w:val="subscript"/>'), "x₁"),
        (w("10") + w("5", '<w:position w:val="6"/>') + w(" cells"), "10⁵ cells"),
        (w("H") + w("2", '<w:position w:val="-4"/>') + w("O"), "H₂O"),
        (w("a long run of words that a designer set higher", '<w:position w:val="6"/>'),
         "a long run of words that a designer set higher"),
        ('<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>'
         + w("☒") + "</w:sdtContent></w:sdt>" + w("paid"), "☑ paid"),
        ('<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="north"/>'
         '<w:listEntry w:val="south"/></w:ddList></w:ffData></w:fldChar></w:r>'
         "<w:r><w:instrText>FORMDROPDOWN</w:instrText></w:r>"
         '<w:r><w:fldChar w:fldCharType="end"/></w:r>', "south"),
    ],
)  # fmt: skip
def test_words_elements_are_read(inside: str, text: str) -> None:
    found = convert_bytes(word(inside), "a.docx")
    assert " ".join(found.text.replace("\\\n", "\n").replace("  \n", "\n").split()) == " ".join(text.split())
    assert "left out" not in str(found.warnings)


@pytest.mark.parametrize("properties, hidden", [("<w:vanish/>", True), ('<w:vanish w:val="0"/>', False), ("", False)])
def test_hidden_text_is_left_out_and_said(properties: str, hidden: bool) -> None:
    found = convert_bytes(word(w("The fee is 900. ") + w("We would take 700.", properties)), "a.docx")
    assert ("700" in found.text) != hidden and any("hidden text" in note for note in found.warnings) == hidden


def test_text_hidden_by_its_style_and_what_stands_beside_the_text() -> None:
    document = docx.Document()
    style = document.styles.add_style("Secret", 2)
    style.font.hidden = True
    document.add_paragraph("The fee is 900. ").add_run("We would take 700.", style="Secret")
    raised = document.styles.add_style("Raised", 2)
    raised.font.superscript = True
    document.add_paragraph("10").add_run("6", style="Raised")
    document.sections[0].footer.paragraphs[0].text = "Oberau mill, confidential"
    out = io.BytesIO()
    document.save(out)
    found = convert_bytes(out.getvalue(), "a.docx")
    assert "700" not in found.text and "10⁶" in found.text
    assert any("hidden" in note for note in found.warnings) and any("footers" in note for note in found.warnings)


def test_what_mammoth_drops_is_said() -> None:
    found = convert_bytes(word(w("Text. ") + f"<w:unheardOf>{w('lost')}</w:unheardOf>"), "a.docx")
    assert any("unheardOf" in note for note in found.warnings)


# -- encodings

WESTERN = [
    "The mayor’s office isn’t open.", "Entrance fee: 5 €.", "Price: £45.", "Straße 5, München", "© 2024 Acme",
    "1½ cups",
    "naïve café", "“Quoted” text", "5 °C – 10 °C", "Ærø", "Año 2024", "São Paulo", "§ 5 Abs. 2", "• first\n• second",
    "Prices in € are net. " * 200, "C’est où ?", "Señor", "…and so on", "name,city\nJosé,Málaga\n", "Fjällräven",
]  # fmt: skip


@pytest.mark.parametrize("text", WESTERN, ids=lambda text: text[:12])
def test_short_western_texts(text: str) -> None:
    found = decode(text.encode("cp1252"), "a.txt")
    assert found.text == text and found.warnings


@pytest.mark.parametrize(
    "text, codec",
    [
        ("Москва, улица Ленина 5", "cp1251"), ("Привет, мир", "koi8-r"), ("Καλημέρα κόσμε", "cp1253"),
        ("שלום עולם", "cp1255"), ("مرحبا بالعالم", "cp1256"), ("日本語の文章", "shift_jis"),
        ("垃圾回收器会检测", "gb18030"),
        ("Zażółć gęślą jaźń", "cp1250"), ("Gdańsk, ul. Długa 5", "cp1250"), ("Příliš žluťoučký kůň", "cp1250"),
        ("erős tűz, őszi szél", "cp1250"), ("Ağrı Dağı ve güneş ışığı", "cp1254"), ("Žąsų ąžuolas", "cp1257"),
        ("สวัสดีชาวโลก", "cp874"), ("Größe und Höhe der Brücke", "cp850"), ("L’été à Paris", "mac_roman"),
    ],
)  # fmt: skip
def test_other_alphabets_are_still_found(text: str, codec: str) -> None:
    assert decode(text.encode(codec), "a.txt").text == text


# -- hyphens


@pytest.mark.parametrize(
    "broken, whole",
    [
        ("the long\x02term plan of", "the long-term plan of"),
        ("the self\x02test and the x\x02ray of", "the self-test and the x-ray of"),
        ("Jean\x02Luc of the Meyer\x02Werft", "Jean-Luc of the Meyer-Werft"),
        ("the inspec\x02tion of the exploi\x02tation", "the inspection of the exploitation"),
        ("the read\x02ability of the", "the readability of the"),
        ("the state-of-the\x02art and year\x02to-date of", "the state-of-the-art and year-to-date of"),
        ("Die Wasser\x02kraft und das Haus", "Die Wasserkraft und das Haus"),
        ("peut\x02être que les gens de la ville", "peut-être que les gens de la ville"),
        ("a micro\x02gauge of the mill; a micro-gauge", "a micro-gauge of the mill; a micro-gauge"),
        ("INSPEC\x02TION of the WEIR", "INSPECTION of the WEIR"),
        ("pages 3\x024", "pages 3-4"),
    ],
)
def test_whose_hyphen_it_is(broken: str, whole: str) -> None:
    assert join_hyphens(broken) == whole


# -- pictures inside texts

PICTURE = "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 12).decode()
FOLDED = PICTURE[:22] + "\n".join(textwrap.wrap(PICTURE[22:], 76))


@pytest.mark.parametrize(
    "name, source",
    [
        ("a.md", f"# Pic\n\n![the lake]({PICTURE})\n\nheron"),
        ("a.md", f"# Pic\n\n![the lake]({PICTURE} 'Lake')\n\nheron"),
        ("a.md", f"# Pic\n\n![the lake][l]\n\nheron\n\n[l]: {PICTURE}"),
        ("a.md", f'# Pic\n\n<img src="{PICTURE}" alt="the lake"> heron'),
        ("a.md", f'# Pic\n\n<img src="{FOLDED}" alt="the lake"> heron'),
        ("a.ipynb", notebook(written(f"![the lake]({PICTURE})\n\nheron"))),
        ("a.ipynb", notebook(run("x", shown(text__html=f'<img src="{PICTURE}" alt="the lake"> heron')))),
        ("a.json", json.dumps({"logo": PICTURE, "name": "the lake", "bird": "heron"})),
        ("a.jsonl", json.dumps({"logo": PICTURE, "name": "the lake heron"}) + "\n"),
        ("a.csv", f"name,logo,bird\nthe lake,{PICTURE},heron\n"),
        ("a.rst", f".. image:: {PICTURE}\n   :alt: the lake\n\nheron"),
        ("a.py", f"LOGO = '{PICTURE}'  # the lake, heron"),
        ("a.txt", f"the lake {PICTURE} heron"),
        ("a.html", f'<p><img src="{PICTURE}" alt="the lake"> heron'),
    ],
)
def test_pictures_inside_texts_are_left_out(name: str, source: str) -> None:
    found = convert_bytes(source.encode(), name)
    assert len(found.text) < 250 and "the lake" in found.text and "heron" in found.text
    assert any("1 picture" in note for note in found.warnings)


def test_short_data_addresses_stay() -> None:
    for text in ("`data:,Hello`", "data:text/plain;base64,SGVsbG8=", "the data: 5, 6 and 7"):
        assert without_data_uris(text) == (text, 0)


# -- what opens on a click


@pytest.mark.parametrize(
    "html, text",
    [
        ("<h2><button>Deep?</button></h2><div hidden='until-found'>31 m.</div>", "## Deep?\n\n31 m."),
        ("<button><h3>Deep?</h3></button><p>31 m.</p>", "### Deep?\n\n31 m."),
        ("<button class='accordion'>Deep?</button><div class='panel'>31 m.</div>", "**Deep?**\n\n31 m."),
        ("<button aria-expanded='false' aria-controls='a'>Deep?</button><div id='a' hidden>31 m.</div>",
         "**Deep?**\n\n31 m."),
        ("<details><summary>Deep?</summary><p>31 m.</p></details>", "**Deep?**\n\n31 m."),
        ("<div role='tablist'><button role='tab' aria-controls='a'>Lake</button></div>"
         "<div id='a' role='tabpanel' style='display: none'>31 m.</div>", "**Lake**\n\n31 m."),
        ("<ul><li><a href='#a' data-toggle='tab'>Lake</a></li></ul><div id='a' hidden>31 m.</div>",
         "**Lake**\n\n31 m."),
        ("<div role='banner'><h1>The lake</h1></div><p>31 m.</p>", "# The lake\n\n31 m."),
        ("<div role='banner'>Site</div><p>31 m.</p><button>Copy</button>", "31 m."),
        ("<button aria-controls='m'>Menu</button><ul id='m' class='menu' hidden><li>Home</ul><p>31 m.</p>", "31 m."),
        ("<h2>Depth <button>Copy link</button></h2><p hidden>no</p><p>31 m.</p>", "## Depth\n\n31 m."),
        ("<dl><dt>Deep?<dd>31 m.</dl>", "**Deep?**\n\n31 m."),
        ("<dl><dt>depth(x)<dd>31 m.</dl>", "depth(x)\n\n31 m."),
        ("<p>Press <button>Save</button> to keep it.</p>", "Press Save to keep it."),
        ("<ul><li><input type='checkbox' checked disabled> fed</ul>", "- ☑ fed"),
    ],
)  # fmt: skip
def test_what_opens_on_a_click_is_read(html: str, text: str) -> None:
    assert convert_html(html).text == text


# -- pages


def test_a_chunk_says_which_pages_begin_in_it() -> None:
    texts = ["The boat", "She is of oak.", "", "Her keel is of 1911."]
    pages = tuple(len("\n\n".join([*texts[:i], ""])) for i in range(len(texts)))
    document = Document("boat.pdf", "\n\n".join(texts), pages=pages, language="en")
    (chunk,) = split_document(document, words_of)
    assert chunk.page == 1 and chunk.payload["pages"][0] == [pages[1], 2]
    at = document.text.index("keel")
    assert [page for start, page in chunk.payload["pages"] if start <= at][-1] == 4 == document.page_at(at)
    assert "pages" not in split_document(Document("a.pdf", "One page.", pages=(0,)), words_of)[0].payload


# -- summaries


@pytest.mark.parametrize(
    "bad",
    [
        "Return divmod(self, value).",
        "Return getattr(self, name) of the given object.",
        "get_close_matches(word, possibilities, n=3): Use SequenceMatcher to find good matches.",
        "These equivalences assume that the built-in names were not changed.",
        "However, it may also be read at night by the wardens of the office.",
        "Main API ======== is what the wardens of the office use.",
        "int, int, int -> Construct a date from the year of the dam.",
    ],
)
def test_a_summary_stands_by_itself(bad: str) -> None:
    good = [
        "The weir at Lower Mill is a stone dam of 1842 above the village.",
        "The river office reads the gauge of the weir twice a day.",
        "Trout use the fish ladder of the weir in spring.",
        "The turbine of the mill has been fed by the weir since 1921.",
    ]
    text = (
        f"{bad}\n\n"
        + "\n\n".join(sentence for sentence in good for _ in (0,))
        + "\n\nMany trout were counted at the ladder."
    )
    summary = extract_summary(Document("weir.md", text, markup="markdown", language="en"), max_sentences=3)
    assert bad not in summary.text and "weir" in summary.text


def test_this_module_is_the_document_itself_and_they_follow_whom_they_mean() -> None:
    text = (
        """This module reads the gauges of the weir every hour of the day.

The gauges of the weir are read by radio. They are read every hour by the module of the office.

"""
        + "Trout and pike pass the ladder in spring and in autumn. " * 3
    )
    summary = extract_summary(Document("g.md", text, markup="markdown", language="en"), max_sentences=4)
    assert "This module" in summary.text
    assert "They are" not in summary.text or "The gauges of the weir are read by radio. They are" in summary.text


def test_a_title_is_no_part_of_a_sentence() -> None:
    text = """2 The dam
The weir at Lower Mill is a stone dam of 1842 that turns the river
into the mill race of the village. It was built by two brothers.

The gauge
The river office reads the gauge of the weir twice a day and writes it
down. Nobody knows why.

The fish
Trout use the ladder of the weir in spring, and the office counts them
at night. So it goes."""
    summary = extract_summary(Document("w.pdf", text, language="en"), max_sentences=3)
    assert (
        "The dam The weir" not in summary.text and "The gauge The" not in summary.text and "Lower Mill" in summary.text
    )
    assert all(text[a:b].strip() for a, b in summary.spans)
