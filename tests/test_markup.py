"XML, drawings, pictures and tables of pages: each test is one kind of trouble, with several of its siblings."

import json

import pytest

from kbase.blocks import read_blocks
from kbase.indexing.converted import ConversionError, EmptyDocument
from kbase.indexing.converters import convert_bytes, document_of
from kbase.indexing.html_reader import convert_html, convert_svg, markdown_and_tables
from kbase.indexing.html_tree import read_tree
from kbase.indexing.notebook_reader import convert_ipynb
from kbase.indexing.xml_reader import convert_xml

# -- XML


def test_values_have_names_and_records_stay_together():
    xml = "<ships>" + "".join(
        f"<ship id='{number}'><name>Ada {number}</name><size><tons>1{number}</tons></size></ship>"
        for number in range(3)
    )
    lines = convert_xml(f"{xml}</ships>".encode()).text.split("\n")
    assert lines == [f"ship id: {number}; name: Ada {number}; size tons: 1{number}" for number in range(3)]


def test_large_records_stand_apart():
    about = "<about>" + "word " * 90 + "</about>"
    xml = "<ships>" + f"<ship><name>Ada</name><tons>1</tons>{about}</ship>" * 2 + "</ships>"
    parts = convert_xml(xml.encode()).text.split("\n\n")
    assert parts[0] == parts[2] == "name: Ada\ntons: 1" and parts[1].startswith("word word")


def test_prose_is_paragraphs_under_their_titles():
    xml = b"""<book><title>Ships</title><chapter><title>Tonnage</title><para>A <em>ton</em> is
    a volume.</para><para>Short.</para></chapter><chapter><title>Names</title><para>Ada.</para></chapter></book>"""
    data = convert_bytes(xml, "ships.xml")
    headings = {data.text[b.start : b.end]: b.headings for b in read_blocks(document_of(data, "a", xml))}
    assert headings["A ton is a volume."] == ("Ships", "Tonnage") and headings["Ada."] == ("Ships", "Names")
    assert headings["Short."] == ("Ships", "Tonnage") and data.title == "Ships"


def test_attributes_alone_are_values():
    assert convert_xml(b"<a><land name='France' code='FR'/></a>").text == "land name: France\nland code: FR"


def test_html_in_a_feed_is_text():
    xml = b"<rss><item><title>A</title><about>&lt;p&gt;Forty &lt;b&gt;tons&lt;/b&gt;&lt;/p&gt;</about></item></rss>"
    assert "about: Forty tons" in convert_xml(xml).text


BOMBS = [
    "<!DOCTYPE a [<!ENTITY b '0123456789'>"
    + "".join(f"<!ENTITY {n} '{f'&{i};' * 100}'>" for i, n in zip("bcdef", "cdefg", strict=True))
    + "]><a>&g;</a>",
    "<!DOCTYPE a [<!ENTITY b '" + "x" * 100_000 + "'>]><a>" + "&b;" * 5000 + "</a>",
    "<!DOCTYPE a [<!ENTITY b '&c;'><!ENTITY c '&b;'>]><a>&b;</a>",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_swell_is_refused_at_once(bomb):
    with pytest.raises(ConversionError, match="swell"):
        convert_xml(bomb.encode(), "bomb.xml")


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE a [<!ENTITY x SYSTEM '{file}'>]>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM '{file}'> %x;]>",
        "<!DOCTYPE a SYSTEM '{file}'>",
        "<!DOCTYPE a PUBLIC 'p' '{file}' [<!ENTITY x SYSTEM '{file}'>]>",
    ],
)
@pytest.mark.parametrize("name", ["a.xml", "a.svg", "a.html"])
def test_no_other_file_is_read(tmp_path, declaration, name):
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    whole = declaration.format(file=secret.as_uri()) + "<a><p>Hello &x; there</p><svg><text>Hello</text></svg></a>"
    found = convert_bytes(whole.encode(), name)
    assert "Hello" in found.text and "canary" not in found.text


def test_own_entities_are_letters():
    xml = b"<!DOCTYPE a [<!ENTITY v '1.2'>]><a>Version &v; &amp; &#233;</a>"
    assert convert_xml(xml).text == "a: Version 1.2 & é"


@pytest.mark.parametrize(
    "data, note",
    [
        (b"<a><b>one</b><c>two", "damaged"),
        (b"<a><b>one & two</b></a>", "damaged"),
        ("<?xml version='1.0' encoding='utf-8'?><a>Größe über alles</a>".encode("latin-1"), "encoding"),
    ],
)
def test_damaged_xml_is_read_with_a_note(data, note):
    found = convert_xml(data)
    assert note in found.warnings[0] and any(word in found.text for word in ("one", "Größe"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-2", "koi8-r"])
def test_the_encoding_that_xml_declares_is_used(encoding):
    word = "Москва" if encoding == "koi8-r" else "Łódź"
    data = f"<?xml version='1.0' encoding='{encoding}'?><a>{word}</a>".encode(encoding)
    assert word in convert_bytes(data, "a.xml").text


@pytest.mark.parametrize("data", [b"<a/>", b"<a><b> </b></a>", b"<?xml version='1.0'?><a><!-- no --></a>"])
def test_xml_without_text_has_failed(data):
    with pytest.raises(EmptyDocument):
        convert_bytes(data, "a.xml")


def test_deep_xml_ends():
    with pytest.raises(ConversionError):
        convert_xml(b"<a>" * 100_000 + b"x" + b"</a>" * 100_000)
    assert "x" in convert_xml(b"<a>" * 200 + b"x" + b"</a>" * 200).text


# -- pictures


def test_a_caption_stands_with_its_picture():
    html = "<p>See:</p><figure><img alt='A ship'><figcaption>Figure 1. The <i>Ada</i></figcaption></figure><p>End.</p>"
    assert convert_html(html).text == "See:\n\nA ship\nFigure 1. The *Ada*\n\nEnd."


def test_what_caption_and_picture_both_say_stands_once():
    html = "<figure><img alt='The Ada'><figcaption>Figure 1. The Ada at sea.</figcaption></figure>"
    assert convert_html(html).text == "Figure 1. The Ada at sea."


@pytest.mark.parametrize(
    "inner", ["<pre>x = 1</pre>", "<table><tr><th>a<th>b<tr><td>1<td>2</table>", "<p>A long text.</p>"]
)
def test_a_figure_of_something_else_keeps_it(inner):
    text = convert_html(f"<figure>{inner}<figcaption>Listing 1</figcaption></figure>").text
    assert "Listing 1" in text and any(word in text for word in ("x = 1", "| 1 | 2 |", "A long text."))


CHART = "<svg {}><title>Sales</title><desc>They rise.</desc><text>2023</text><text><tspan>2024</tspan></text></svg>"


def test_the_words_of_a_drawing_are_text_and_an_icon_is_none():
    page = f"<title>Report</title><p>Before</p>{CHART.format('role=img')}<p>x <svg><title>Close</title></svg>y</p>"
    found = convert_html(page)
    assert "Sales They rise. 2023 2024" in found.text and "Close" not in found.text and found.title == "Report"
    assert not convert_html("<p>a</p>" + CHART.format("aria-hidden='true'")).text.count("Sales")
    assert convert_html(CHART.format("") + "<p>a</p>").title == ""


def test_a_drawing_is_a_document():
    data = "<?xml version='1.0'?><!-- made by x --><!DOCTYPE svg PUBLIC 'a' 'b'>" + CHART.format(
        "xmlns='http://www.w3.org/2000/svg'"
    )
    found = convert_bytes(data.encode(), "sales.svg")
    assert found.title == "Sales" and "2023 2024" in found.text
    with pytest.raises(EmptyDocument, match="without words"):
        convert_svg("<svg><path d='M0 0'/></svg>")


def test_the_drawing_of_a_cell_is_read():
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": CHART.format("")}}
    cell = {"cell_type": "code", "source": "plot()", "outputs": [output], "metadata": {}}
    assert "Sales" in convert_ipynb(json.dumps({"cells": [cell], "nbformat": 4}), "a.ipynb").text


@pytest.mark.parametrize(
    "html",
    [
        "<details><summary>a\x01b</summary>word</details>",
        "<figure><img alt='a\x02'><figcaption>word\x03</figcaption></figure>",
        "<p>word<sup>\x01</sup><sub></sub><sup> </sup>",
        "<p>word<img alt='&#1;'>&#x1F;&#xFFFE;",
        "<table><caption>\x01word</caption><tr><th>a\x0b<th>b<tr><td>&#2;1<td>2</table>",
        "<svg role=img><title>wo\x08rd</title></svg>",
    ],
)
def test_characters_that_no_tree_may_hold_cost_nothing(html):
    text = convert_html(html).text
    assert "word" in text and not any(sign in text for sign in "\x01\x02\x03\x08\x1f\ufffe")


@pytest.mark.parametrize(
    "html",
    [
        "<p>word<sup></sup><sub> </sub>",
        "<p>word<math><msup><mi>c</mi><mn></mn></msup></math>",
        "<button class=accordion>word<button role=tab>b</button></button>",
        "<a role=tab href=#p>word<a role=tab href=#p>b</a></a><div id=p role=tabpanel>c</div>",
        "<table><tr></tr></table><table></table><p>word",
        "<table><tr><th>word</table>",
        "<figure><figcaption>word<figcaption></figcaption></figcaption></figure>",
    ],
)
def test_empty_and_nested_elements_cost_nothing(html):
    assert "word" in convert_html(html).text


def test_references_to_letters_are_letters():
    assert convert_html("<p>a&#10;b&#9;c&#65;&#x41;&#12345;&#x1F600;&#127;").text.startswith("a\nb cAA〹😀")


# -- tabs and definitions


@pytest.mark.parametrize(
    "tabs",
    [
        "<div role=tablist><button role=tab id=t1>macOS</button><button role=tab id=t2>Linux</button></div>"
        "<div role=tabpanel aria-labelledby=t1>brew</div><div role=tabpanel aria-labelledby=t2 hidden>apt</div>",
        "<div><div role=tablist><button role=tab>macOS</button><button role=tab>Linux</button></div>"
        "<div role=tabpanel>brew</div><div role=tabpanel hidden>apt</div></div>",
        "<div role=tablist><a role=tab aria-controls=a>macOS</a><a role=tab aria-controls=b>Linux</a></div>"
        "<div id=a role=tabpanel>brew</div><div id=b role=tabpanel hidden>apt</div>",
    ],
)
def test_a_tab_names_its_panel(tabs):
    assert convert_html(tabs).text == "**macOS**\n\nbrew\n\n**Linux**\n\napt"


def test_a_term_stays_with_its_definition():
    html = "<p>Options:<dl><dt>-v<dd>Be verbose.<dt>--quiet<dt>-q<dd>Say nothing.</dl>"
    found = convert_html(html)
    assert found.text == "Options:\n\n**-v**\n\nBe verbose.\n\n**--quiet**\n\n**-q**\n\nSay nothing."
    blocks = {found.text[b.start : b.end]: b.headings for b in read_blocks(document_of(found, "a", b""))}
    assert blocks["Be verbose."] == ("-v",) and blocks["Say nothing."][-1] == "-q"


# -- tables of pages


def only_table(html: str):
    found = convert_html(html)
    (table,) = found.tables
    assert found.text[table.start : table.end].startswith("|")
    return table, found.text


def test_merged_cells_are_filled_and_levels_joined():
    table, text = only_table(
        "<table><caption>Harbours</caption><thead><tr><th rowspan=2>Ship<th colspan=2>Tonnage"
        "<tr><th>2023<th>2024</thead>"
        "<tr><td rowspan=2>Ada<td>12<td>14<tr><td colspan=2>in dock<tfoot>"
        "<tr><td colspan=3>Source: port</tfoot></table>"
    )
    assert table.columns == ("Ship", "Tonnage > 2023", "Tonnage > 2024") and table.title == "Harbours"
    assert table.body == (("Ada", "12", "14"), ("Ada", "in dock", "in dock")) and table.notes == "Source: port"
    assert text[table.start : table.end] == table.markdown() and text.index("Harbours") < table.start
    assert text.index("Source: port") > table.end


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999999", "1e3", " 2 "])
def test_spans_that_are_no_numbers_hurt_nothing(span):
    table, _ = only_table(
        f"<table><tr><th>a<th>b<tr><td colspan='{span}' rowspan='{span}'>1<td>2<tr><td>3<td>4</table>"
    )
    assert {"1", "2", "3", "4"} <= {cell for row in table.rows for cell in row}


def test_a_table_in_a_list_and_in_a_quotation_is_found():
    inner = "<table><tr><th>a<th>b<tr><td>1<td>2</table>"
    for html in (f"<ul><li>See:{inner}</ul><p>End", f"<blockquote><p>See:</p>{inner}</blockquote><p>End"):
        found = convert_html(html)
        (table,) = found.tables
        place = found.text[table.start : table.end]
        assert "| 1 | 2 |" in place and "End" not in place and "See" not in place
        assert "\ue000" not in found.text and "\ue001" not in found.text


def test_a_table_in_a_cell_is_text_of_the_cell():
    page = "<table><tr><th>a<th>b<tr><td>Left<td><table><tr><td>in<td>side</table></table>"
    text, tables = markdown_and_tables(read_tree(page), "a.html")
    assert len(tables) == 1 and not any(mark in text for mark in "\ue000\ue001")
    assert "in" in tables[0].rows[1][1] and "side" in text


def test_several_tables_keep_their_places():
    one = "<table><tr><th>a<th>b<tr><td>{}<td>2</table>"
    found = convert_html("<p>x".join(one.format(number) for number in range(5)))
    assert len(found.tables) == 5
    for number, table in enumerate(found.tables):
        assert f"| {number} | 2 |" in found.text[table.start : table.end]


def test_a_table_that_only_arranges_is_none():
    assert not convert_html("<table><tr><td>Left<td></tr><tr><td>Right</table>").tables


def test_marks_in_a_page_are_only_letters():
    found = convert_html("<p>\ue0000</p><p>a</p><p>\ue0017</p><table><tr><th>a<th>b<tr><td>1<td>2</table>")
    (table,) = found.tables
    assert "| 1 | 2 |" in found.text[table.start : table.end] and "a" in found.text
