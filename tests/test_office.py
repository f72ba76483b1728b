"""Office formats: every part of a file is in its text, tables know where they stand, and what is not read is said."""

import datetime
import io
import re
import zipfile
from pathlib import Path

import docx
import odfdo
import openpyxl
import pptx
import pytest
import xlsxwriter
import xlwt
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

from kbase.indexing import sheet_reader
from kbase.indexing.converted import Converted, ConversionError, EmptyDocument, UnsupportedFormat
from kbase.indexing.converters import convert_bytes
from kbase.indexing.open_reader import convert_open_slides, convert_open_text
from kbase.indexing.rtf_reader import convert_rtf
from kbase.indexing.sheet_reader import convert_sheets
from kbase.indexing.slide_reader import convert_slides
from kbase.indexing.subtitle_reader import convert_subtitles
from kbase.indexing.tex_reader import convert_tex
from kbase.indexing.word_reader import convert_docx


def saved(document) -> bytes:
    "The bytes of what a library has made."
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def changed(data: bytes, changes: dict[str, object]) -> bytes:
    "An archive with some parts replaced: by text, by bytes, or by what a function makes of them; None leaves one out."
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as copy:
        for name in dict.fromkeys([*archive.namelist(), *changes]):
            change = changes.get(name, changes.get("*"))
            if name in changes and change is None:
                continue
            before = archive.read(name) if name in archive.namelist() else b""
            copy.writestr(name, change(before) if callable(change) else before if change is None else change)
    return out.getvalue()


def in_place(found: Converted) -> Converted:
    "Every table stands in the text where it says."
    for table in found.tables:
        written = found.text[table.start : table.end]
        assert written.startswith("|") and written.count("\n") == len(table.body) + 1, written
        for cell in filter(None, table.body[-1] if table.body else ()):
            assert cell.replace("|", "\\|") in written
    return found


def sheets(book) -> Converted:
    return in_place(convert_sheets(saved(book) if hasattr(book, "save") else book, "book.xlsx"))


def workbook(*rows: list) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


# -- sheets


def test_dates_are_dates_and_numbers_have_no_tail() -> None:
    day, moment = datetime.date(2024, 1, 31), datetime.datetime(2024, 1, 31, 8, 30)
    book = workbook(["Name", "Day", "Moment", "Time", "Number", "Sum"],
                    ["Emden", day, moment, datetime.time(7, 5), 1204.0, 0.1 + 0.2])  # fmt: skip
    (table,) = sheets(book).tables
    assert table.body == (("Emden", "2024-01-31", "2024-01-31 08:30", "07:05:00", "1204", "0.3"),)
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert sheets(book).tables[0].body[0][1] == "2024-01-31"


@pytest.mark.parametrize(
    "format, value, text",
    [
        ("0%", 0.31, "31%"), ("0.00%", 0.0525, "5.25%"), ("#,##0.00 [$€-407]", 1204.5, "€1204.5"),
        ('"$"#,##0.00_);[Red]("$"#,##0.00)', -88, "-$88"), ("#,##0 [$CHF]", 12, "CHF 12"), ("#,##0", 12, "12"),
    ],
)  # fmt: skip
def test_a_number_has_the_sign_that_the_sheet_shows(format: str, value: float, text: str) -> None:
    book = workbook(["Name", "Value"], ["Emden", value], ["Husum", value])
    book.active["B2"].number_format = format
    assert sheets(book).tables[0].body[0] == ("Emden", text)


def test_merged_cells_are_filled() -> None:
    book = workbook(["Harbour", 2023, None, 2024, None], [None, "Calls", "Cargo", "Calls", "Cargo"],
                    ["Emden", 1180, 9, 1204, 8], ["Emden", 3, 4, 5, 6])  # fmt: skip
    for cells in ("B1:C1", "D1:E1", "A1:A2", "A3:A4"):
        book.active.merge_cells(cells)
    (table,) = sheets(book).tables
    assert table.columns == ("Harbour", "2023 > Calls", "2023 > Cargo", "2024 > Calls", "2024 > Cargo")
    assert [row[0] for row in table.body] == ["Emden", "Emden"]


def test_values_are_read_and_not_formulas() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Fees")
    sheet.write_row(0, 0, ["Harbour", "Fee", "Twice"])
    sheet.write_row(1, 0, ["Emden", 21])
    sheet.write_formula(1, 2, "=B2*2", None, 42)
    book.close()
    found = sheets(out.getvalue())
    assert found.tables[0].body == (("Emden", "21", "42"),) and not found.warnings
    found = sheets(workbook(["Harbour", "Fee", "Twice"], ["Emden", 21, "=B2*2"]))
    assert "B2" not in found.text and any("1 formula(s) without a value" in note for note in found.warnings)


def test_tables_on_one_sheet_are_told_apart() -> None:
    book = workbook([], [], [None, None, "Calls in 2024"], [None, None, "Harbour", "Calls", None, "Cargo", "Share"],
                    [None, None, "Emden", 1204, None, "Ore", 0.31], [None, None, "Husum", 88, None, "Grain", 0.69], [],
                    [None, None, "Fee", "Since"], [None, None, 21, datetime.date(2011, 3, 5)],
                    [None, None, 25, datetime.date(2019, 1, 1)])  # fmt: skip
    found = sheets(book)
    assert [table.range for table in found.tables] == ["C4:D6", "F4:G6", "C8:D10"]
    assert found.tables[0].title == "Calls in 2024" and "**Calls in 2024**" in found.text
    assert [table.sheet for table in found.tables] == ["Sheet"] * 3


def test_all_lines_above_a_table_are_its_title() -> None:
    book = workbook(
        ["Museum – budget 2025"],
        ["in thousands of euros"],
        [],
        ["Department", "Plan"],
        ["Exhibitions", 450],
        ["Shop", 9],
    )
    book.active.merge_cells("A1:B1")
    found = sheets(book)
    assert found.tables[0].title == "Museum – budget 2025 – in thousands of euros"
    assert found.text.startswith("## Sheet\n\n**Museum – budget 2025**\n\nin thousands of euros\n\n| Department")


def test_a_total_below_an_empty_row_is_of_the_table() -> None:
    book = workbook(["Harbour", "Calls"], ["Emden", 1204], ["Husum", 88], [], ["Total", 1292])
    (table,) = sheets(book).tables
    assert table.body[-1] == ("Total", "1292") and table.range == "A1:B5"


def test_hidden_sheets_charts_and_macros_are_said() -> None:
    book = workbook(["Name", "Value"], ["Emden", 1])
    for state in ("hidden", "veryHidden"):
        book.create_sheet(state)["A1"] = f"a sheet that is {state}"
        book[state].sheet_state = state
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(book["Sheet"], min_col=2, min_row=1, max_row=2), titles_from_data=True)
    book["Sheet"].add_chart(chart, "E2")
    found = sheets(book)
    assert "a sheet that is veryHidden" in found.text
    assert sum("is hidden" in note for note in found.warnings) == 2 and "1 chart(s) are not read" in found.warnings


@pytest.mark.parametrize(
    "text", ["عدد السفن", "港の船", "🚢 ships", "a | b", "# no heading", "two\nlines", "=1+1", "`x`"]
)
def test_texts_of_all_kinds_stand_in_cells(text: str) -> None:
    book = workbook(["Name", "What"], ["Emden", "x"])
    book.active["B2"] = text
    book.active["B2"].data_type = "s"
    book.active.sheet_view.rightToLeft = True
    found = sheets(book)
    assert found.tables[0].body == (("Emden", " ".join(text.split())),)


def test_long_and_wide_sheets_are_bounded_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_reader, "MOST_SHEET_CELLS", 100)
    book = workbook(["Row", "Value"], *([f"row {n}", n] for n in range(200)))
    book.create_sheet("More")["A1"] = "not reached"
    found = sheets(book)
    assert "row 40" in found.text and "row 150" not in found.text and "not reached" not in found.text
    assert any("'Sheet' is read up to row" in note for note in found.warnings)
    assert any("'More' is read up to row 0" in note for note in found.warnings)


@pytest.mark.parametrize("value", ["slip", " "])
def test_a_cell_far_away_keeps_nothing_from_being_read(value: str) -> None:
    book = workbook(["Harbour", "Calls"], ["Emden", 1204])
    book.active["XFD1048576"] = value
    found = convert_bytes(saved(book), "book.xlsx")
    assert found.tables[0].body == (("Emden", "1204"),) and any("far away" in note for note in found.warnings)


def test_a_strict_workbook_and_one_with_absolute_targets() -> None:
    data = saved(workbook(["Harbour", "Share"], ["Emden", 0.31]))
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.active["B2"].number_format = "0%"
    strict = changed(saved(book), {"*": lambda part: part.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    ).replace(b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
              b"http://purl.oclc.org/ooxml/officeDocument/relationships")})  # fmt: skip
    assert sheets(strict).tables[0].body == (("Emden", "31%"),)


def test_workbooks_of_before_2007() -> None:
    book = xlwt.Workbook(encoding="cp1251")
    sheet = book.add_sheet("Порты")
    sheet.write_merge(0, 0, 1, 2, "Заходы")
    for column, text in enumerate(("Порт", "2023", "2024")):
        sheet.write(1, column, text)
    sheet.write(2, 0, "Мурманск")
    sheet.write(2, 1, datetime.date(2024, 1, 31), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    sheet.write(2, 2, 5)
    hidden = book.add_sheet("Ставки")
    hidden.visibility = 1
    hidden.write(0, 0, "скрытый лист")
    found = in_place(convert_bytes(saved(book), "порты.xls"))
    assert found.meta["format"] == "Excel" and "скрытый лист" in found.text
    assert found.tables[0].body[-1] == ("Мурманск", "2024-01-31", "5")
    assert any("'Ставки' is hidden" in note for note in found.warnings)


def test_sheets_of_open_document() -> None:
    book = odfdo.Document("spreadsheet")
    book.body.clear()
    table = odfdo.Table("Calls", width=3, height=4)
    for cell, value in (("A1", "Harbour"), ("B1", "Since"), ("C1", "Share"), ("A2", "Emden"),
                        ("B2", datetime.date(2011, 3, 5)), ("A3", "closed"), ("B4", 7)):  # fmt: skip
        table.set_value(cell, value)
    table.set_cell("C2", odfdo.Cell(0.31, cell_type="percentage"))
    table.set_span("A3:A4")
    book.body.append(table)
    found = in_place(convert_bytes(saved(book), "calls.ods"))
    (table,) = found.tables
    assert table.body[0] == ("Emden", "2011-03-05", "31%")
    assert [row[0] for row in table.body] == ["Emden", "closed", "closed"] and table.sheet == "Calls"


def test_an_empty_workbook_has_failed() -> None:
    with pytest.raises(EmptyDocument, match="no text") as error:
        sheets(openpyxl.Workbook())
    assert error.value.state == "failed"


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.pptx", "a.xls"])
def test_a_password_is_named_as_the_reason(name: str) -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1528)
    entry = "EncryptedPackage".encode("utf-16-le").ljust(64, b"\0") + bytes([34, 0, 2, 0]) + bytes(60)
    with pytest.raises(ConversionError, match="password"):
        convert_bytes(locked[:512] + entry + bytes(1024), name)


# -- slides


def deck_of(*layouts: int) -> tuple:
    deck = pptx.Presentation()
    return deck, [deck.slides.add_slide(deck.slide_layouts[layout]) for layout in layouts]


def box(shapes, left: float, top: float, text: str) -> None:
    shapes.add_textbox(Cm(left), Cm(top), Cm(6), Cm(2)).text_frame.text = text


def slides(deck) -> Converted:
    return in_place(convert_slides(saved(deck) if hasattr(deck, "save") else deck, "deck.pptx"))


def test_slides_are_pages_with_their_titles() -> None:
    deck, (first, second, third) = deck_of(0, 1, 6)
    first.shapes.title.text, first.placeholders[1].text = "The harbour", "Report of 2024"
    second.shapes.title.text, second.placeholders[1].text = "Calls", "More ships\nLess cargo"
    box(third.shapes, 1, 1, "Thank you")
    found = slides(deck)
    assert [found.text[start:].split("\n")[0] for start in found.pages] == ["## The harbour", "## Calls", "## Slide 3"]
    assert "- More ships\n- Less cargo" in found.text and found.meta["page_count"] == 3 and found.title == "The harbour"


def test_shapes_are_read_in_order_and_groups_are_opened() -> None:
    deck, (slide,) = deck_of(6)
    box(slide.shapes, 14, 2, "second")
    box(slide.shapes, 1, 2, "first")
    box(slide.shapes, 1, 15, "last")
    outer = slide.shapes.add_group_shape()
    inner = outer.shapes.add_group_shape()
    box(inner.shapes, 1, 8, "in a group in a group")
    box(outer.shapes, 12, 8, "in a group")
    text = slides(deck).text
    places = [text.index(words) for words in ("first", "second", "in a group in a group", "last")]
    assert places == sorted(places) and "in a group\n" in text


def test_tables_of_slides() -> None:
    deck, (slide,) = deck_of(5)
    slide.shapes.title.text = "Calls"
    cells = slide.shapes.add_table(3, 3, Cm(1), Cm(5), Cm(20), Cm(4)).table
    for row, texts in enumerate((("Harbour", "2024", ""), ("", "Calls", "Cargo"), ("Emden", "1,204", "9 | 10"))):
        for column, text in enumerate(texts):
            cells.cell(row, column).text = text
    cells.cell(0, 1).merge(cells.cell(0, 2))
    cells.cell(0, 0).merge(cells.cell(1, 0))
    (table,) = slides(deck).tables
    assert table.columns == ("Harbour", "2024 > Calls", "2024 > Cargo") and table.page == 1 and table.title == "Calls"


@pytest.mark.parametrize("kind", [XL_CHART_TYPE.COLUMN_CLUSTERED, XL_CHART_TYPE.PIE, XL_CHART_TYPE.LINE])
def test_charts_are_tables(kind) -> None:
    deck, (slide,) = deck_of(5)
    slide.shapes.title.text = "Cargo"
    data = CategoryChartData(number_format="0%")
    data.categories = ["Ore", "Grain"]
    data.add_series("2023", (0.25, 0.75))
    if kind != XL_CHART_TYPE.PIE:
        data.add_series("2024", (0.31, None))
    chart = slide.shapes.add_chart(kind, Cm(1), Cm(5), Cm(9), Cm(9), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Shares of cargo"
    (table,) = slides(deck).tables
    assert table.title == "Shares of cargo" and table.body[0][:2] == ("Ore", "25%") and table.body[1][0] == "Grain"
    assert kind == XL_CHART_TYPE.PIE or table.columns == ("", "2023", "2024") and table.body[1][2] == ""


def test_a_scatter_chart_and_one_with_groups_of_categories() -> None:
    deck, (first, second) = deck_of(6, 6)
    points = XyChartData()
    series = points.add_series("Depth")
    for x, y in ((1, 9.5), (2, 12.8)):
        series.add_data_point(x, y)
    first.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, Cm(1), Cm(1), Cm(9), Cm(9), points)
    data = CategoryChartData()
    year = data.add_category("2024")
    for quarter in ("Q1", "Q2"):
        year.add_sub_category(quarter)
    data.add_series("Calls", (31, 28))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(1), Cm(9), Cm(9), data)
    found = slides(deck)
    assert found.tables[0].body == (("1", "9.5"), ("2", "12.8"))
    assert found.tables[1].body == (("2024 Q1", "31"), ("2024 Q2", "28")) and found.tables[1].page == 2


def test_notes_hidden_slides_alt_text_and_pictures() -> None:
    deck, (first, second) = deck_of(5, 6)
    first.shapes.title.text = "Emden"
    first.notes_slide.notes_text_frame.text = "Thank the pilots."
    picture = first.shapes.add_picture(io.BytesIO(png()), Cm(1), Cm(5))
    picture._element.nvPicPr.cNvPr.set("descr", "Cranes at the quay")
    second.shapes.add_picture(io.BytesIO(png()), Cm(1), Cm(5))._element.nvPicPr.cNvPr.set("descr", "IMG_1.png")
    second._element.set("show", "0")
    found = slides(deck)
    assert "### Notes\n\nThank the pilots." in found.text and "Cranes at the quay" in found.text
    assert "IMG_1" not in found.text and "2 picture(s) are not read" in found.warnings
    assert any("1 slide(s) are hidden in the show (2)" in note for note in found.warnings)


def png() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(out, "PNG")
    return out.getvalue()


def test_decks_of_other_kinds_are_read() -> None:
    deck, (slide,) = deck_of(1)
    slide.shapes.title.text, slide.placeholders[1].text = "Порт", "船と港\nسفن"
    data = saved(deck)
    strict = changed(data, {"*": lambda part: re.sub(
        rb"http://schemas\.openxmlformats\.org/(presentationml|drawingml|officeDocument)/2006/",
        rb"http://purl.oclc.org/ooxml/\1/",
        part) if b"<?xml" in part[:10] else part})  # fmt: skip
    show = changed(data, {"[Content_Types].xml": lambda part: part.replace(b"presentation.main", b"slideshow.main")})
    lost = changed(data, {"ppt/slides/_rels/slide1.xml.rels": lambda part: part.replace(
        b"</Relationships>", b'<Relationship Id="r9" Type="x/image" Target="../NULL"/></Relationships>')})  # fmt: skip
    for variant in (strict, show, lost):
        found = slides(variant)
        assert "## Порт" in found.text and "- 船と港\n- سفن" in found.text


def test_a_diagram_gives_its_words() -> None:
    deck, (slide,) = deck_of(6)
    box(slide.shapes, 1, 1, "Plan")
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    d = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    r = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    frame = (f'<p:graphicFrame xmlns:a="{a}"><p:nvGraphicFramePr><p:cNvPr id="9" name="d"/></p:nvGraphicFramePr>'
             f'<a:graphic><a:graphicData uri="{d}"><dgm:relIds xmlns:dgm="{d}" xmlns:r="{r}" r:dm="rId77"/>'
             "</a:graphicData></a:graphic></p:graphicFrame></p:spTree>")  # fmt: skip
    points = "".join(f"<d:pt><d:t><a:p><a:r><a:t>{t}</a:t></a:r></a:p></d:t></d:pt>" for t in ("Survey", "Dredge"))
    data = changed(saved(deck), {
        "ppt/slides/slide1.xml": lambda part: part.replace(b"</p:spTree>", frame.encode()),
        "ppt/slides/_rels/slide1.xml.rels": lambda part: part.replace(b"</Relationships>", (
            f'<Relationship Id="rId77" Type="{r}/diagramData" Target="../diagrams/data1.xml"/>'
            "</Relationships>").encode()),
        "ppt/diagrams/data1.xml": f'<d:dataModel xmlns:a="{a}" xmlns:d="{d}"><d:ptLst>{points}</d:ptLst></d:dataModel>',
    })  # fmt: skip
    found = slides(data)
    assert "- Survey\n- Dredge" in found.text and not found.warnings


def test_a_deck_without_text_has_failed_and_an_old_one_is_named() -> None:
    deck, (slide,) = deck_of(6)
    slide.shapes.add_picture(io.BytesIO(png()), Cm(1), Cm(5))
    with pytest.raises(EmptyDocument, match="no text; 1 picture"):
        slides(deck)
    with pytest.raises(UnsupportedFormat, match="PPTX"):
        convert_slides(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.ppt")


# -- Word


def test_tables_of_word_with_merged_cells_and_their_places() -> None:
    document = docx.Document()
    document.add_paragraph("Table 1: Calls at Emden", style="Caption")
    table = document.add_table(3, 3)
    for row, texts in enumerate((("Harbour", "2024", ""), ("", "Calls", "Cargo"), ("Emden", "1,204", "9"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    found = in_place(convert_docx(saved(document), "a.docx"))
    (table,) = found.tables
    assert table.columns == ("Harbour", "2024 > Calls", "2024 > Cargo") and table.body == (("Emden", "1,204", "9"),)
    assert "Table 1: Calls at Emden" in found.text[: table.start]


def with_part(document, target: str, kind: str, content: bytes, mark: str) -> bytes:
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return changed(saved(document), {
        "word/_rels/document.xml.rels": lambda part: part.replace(b"</Relationships>", (
            f'<Relationship Id="rId77" Type="{relation}/{kind}" Target="{target}"/></Relationships>').encode()),
        "word/document.xml": lambda part: part.replace(b"MARK",
                                                       mark.encode()) if b"MARK" in part and "<w:p>" not in mark
        else re.sub(rb"<w:p>(?:(?!</w:p>).)*MARK.*?</w:p>", mark.encode(), part, flags=re.DOTALL),
        f"word/{target}": content})  # fmt: skip


@pytest.mark.parametrize(
    "target, content",
    [
        ("chunk.html", "<html><body><h2>Annex</h2><p>Fees of the harbour: 21 €</p></body></html>".encode()),
        ("chunk.rtf", rb"{\rtf1\ansi\ansicpg1252 Annex\par Fees of the harbour: 21 \u8364?\par}"),
        ("chunk.txt", "Annex\nFees of the harbour: 21 €".encode()),
        ("chunk.docx", b""),
    ],
)
def test_files_within_a_word_file_are_read(target: str, content: bytes) -> None:
    document, inner = docx.Document(), docx.Document()
    for text in ("Before.", "MARK", "After."):
        document.add_paragraph(text)
    inner.add_heading("Annex", 2)
    inner.add_paragraph("Fees of the harbour: 21 €")
    mark = ('<w:p></w:p><w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
            'r:id="rId77"/><w:p></w:p>').replace("<w:p></w:p>", "<w:p/>")  # fmt: skip
    data = with_part(document, target, "aFChunk", content or saved(inner), mark + "<!--<w:p>-->")
    text = convert_docx(data, "a.docx").text
    assert text.index("Before.") < text.index("Annex") < text.index("Fees of the harbour: 21 €") < text.index("After.")


def test_comments_tracked_changes_and_footnotes_of_word() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is ")
    run = paragraph.add_run("21 euro")
    document.add_comment(run, text="Since May?", author="K. Ode")
    inserted = f'<w:ins {nsdecls("w")} w:id="1"><w:r><w:t> a ton</w:t></w:r></w:ins>'
    deleted = f'<w:del {nsdecls("w")} w:id="2"><w:r><w:delText> a ship</w:delText></w:r></w:del>'
    moved = f'<w:moveFrom {nsdecls("w")} w:id="3"><w:r><w:t> moved away</w:t></w:r></w:moveFrom>'
    here = f'<w:moveTo {nsdecls("w")} w:id="4"><w:r><w:t> moved here</w:t></w:r></w:moveTo>'
    for xml in (inserted, deleted, moved, here):
        paragraph._p.append(parse_xml(xml))
    text = convert_docx(saved(document), "a.docx").text
    assert "21 euro a ton" in text and "a ship" not in text and "moved away" not in text and "moved here" in text
    assert "## Comments\n\n- K. Ode: Since May?" in text


# -- OpenDocument


def open_text(*elements) -> odfdo.Document:
    document = odfdo.Document("text")
    document.body.clear()
    for element in elements:
        document.body.append(element)
    return document


def test_texts_of_open_document() -> None:
    line = odfdo.Paragraph("Emden had 1,204 calls.")
    line.insert_note(after="calls", note_id="n1", citation="1", body="Ferries are not counted.")
    inner = odfdo.ListItem("Iron ore")
    points = odfdo.List(["Grain"])
    outer = odfdo.ListItem("Ore")
    outer.append(odfdo.List([inner]))
    points.append(outer)
    table = odfdo.Table("Calls", width=3, height=3)
    for cell, text in (("A1", "Harbour"), ("B1", "2024"), ("B2", "Calls"), ("C2", "Cargo"), ("A3", "Emden"),
                       ("B3", "1,204"), ("C3", "9")):  # fmt: skip
        table.set_value(cell, text)
    table.set_span("B1:C1")
    table.set_span("A1:A2")
    frame = odfdo.Frame.text_frame("A text in a frame.", size=("5cm", "2cm"))
    holder = odfdo.Paragraph("")
    holder.append(frame)
    document = open_text(odfdo.Header(1, "Calls"), line, odfdo.Header(2, "Cargo"), points, table, holder)
    document.meta.title, document.meta.creator = "The harbour", "K. Ode"
    found = in_place(convert_bytes(saved(document), "a.odt"))
    assert found.text.startswith("# Calls\n\nEmden had 1,204 calls¹.\n\n¹ Ferries are not counted.\n\n## Cargo")
    assert "- Grain\n- Ore\n  " in found.text and "A text in a frame." in found.text and found.title == "The harbour"
    assert found.tables[0].columns == ("Harbour", "2024 > Calls", "2024 > Cargo")


def test_what_open_document_hides_or_cannot_say() -> None:
    document = open_text(odfdo.Paragraph("The fee is 21 euro."))
    content = (
        '<text:tracked-changes><text:changed-region><text:deletion><text:p>was 19</text:p></text:deletion>'
        '</text:changed-region></text:tracked-changes><text:p><text:span text:style-name="H">secret</text:span>'
        'a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p>'
        '<text:p>x<text:span text:style-name="S">2</text:span></text:p>'
        '<text:p>noted<office:annotation><text:p>why?</text:p></office:annotation></text:p>'
        '<text:table-of-content><text:index-body><text:p>Fees 1</text:p></text:index-body></text:table-of-content>'
        '<text:p><draw:frame><draw:image xlink:href="Pictures/1.png"/>'
        '<svg:desc>Cranes at the quay</svg:desc></draw:frame></text:p>'
        "</office:text>")  # fmt: skip
    styles = (
        '<office:automatic-styles><style:style style:name="H" style:family="text">'
        '<style:text-properties text:display="none"/>'
        '</style:style><style:style style:name="S" style:family="text">'
        '<style:text-properties style:text-position="super 58%"/>'
        "</style:style>")  # fmt: skip

    def mend(part: bytes) -> bytes:
        text = part.decode().replace("</office:text>", content)
        return re.sub(r"<office:automatic-styles\s*/>", f"{styles}</office:automatic-styles>",
                      text.replace("<office:automatic-styles>", styles)).encode()  # fmt: skip

    found = convert_open_text(changed(saved(document), {"content.xml": mend}), "a.odt")
    assert "secret" not in found.text and "was 19" not in found.text and "a b c" in found.text and "x²" in found.text
    assert "Cranes at the quay" in found.text and "Fees 1" not in found.text
    notes = "\n".join(found.warnings)
    assert "hidden text in 1" in notes and "1 comment(s)" in notes and "1 picture(s)" in notes and "contents" in notes


def test_open_document_behind_a_password_and_without_text() -> None:
    data = saved(open_text(odfdo.Paragraph("The fee is 21 euro.")))
    locked = changed(data, {"META-INF/manifest.xml": lambda part: part.replace(
        b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")})  # fmt: skip
    with pytest.raises(ConversionError, match="password"):
        convert_bytes(locked, "a.odt")
    with pytest.raises(EmptyDocument, match="no text"):
        convert_bytes(saved(open_text()), "a.odt")


def test_slides_of_open_document() -> None:
    deck = odfdo.Document("presentation")
    deck.body.clear()
    for number, title in enumerate(("Calls", "Cargo"), 1):
        page = odfdo.DrawPage(f"page{number}", name=title)
        for text, left, top, kind in (("second", "12cm", "5cm", None), ("first", "1cm", "5cm", None),
                                      (title, "1cm", "1cm", "title")):  # fmt: skip
            extra = {"presentation_class": kind} if kind else {}
            page.append(odfdo.Frame.text_frame(text, size=("5cm", "2cm"), position=(left, top), **extra))
        deck.body.append(page)
    found = convert_bytes(saved(deck), "a.odp")
    assert found.text == "## Calls\n\nfirst\n\nsecond\n\n## Cargo\n\nfirst\n\nsecond" and len(found.pages) == 2
    assert convert_open_slides(saved(deck), "a.odp").meta["page_count"] == 2


# -- e-books


def page(body: str) -> str:
    return f"<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{body}</body></html>"


def book(**changes) -> bytes:
    ncx = ("<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap><navPoint><navLabel><text>Quays</text></navLabel>"
           "<content src='text/two%20b.xhtml#x'/></navPoint></navMap></ncx>")  # fmt: skip
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
                                  "<rootfile full-path='OPS/p.opf'/></rootfiles></container>",
        "OPS/p.opf": "<package xmlns='http://www.idpf.org/2007/opf'><metadata "
                     "xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>The harbour</dc:title>"
                     "<dc:creator>K. Ode</dc:creator>"
                     "<dc:creator>J. Mills</dc:creator><dc:date>2011</dc:date></metadata><manifest>"
                     "<item id='b' href='text/two%20b.xhtml'/><item id='a' href='text/one.xhtml'/>"
                     "<item id='n' href='toc.ncx' media-type='application/x-dtbncx+xml'/></manifest>"
                     "<spine toc='n'><itemref idref='a'/><itemref idref='b'/></spine></package>",
        "OPS/toc.ncx": ncx,
        "OPS/text/two b.xhtml": page("<p>Emden has 14 berths.</p><table><tr><th>Quay</th><th>Depth</th></tr>"
                                     "<tr><td>North</td><td>9 m</td></tr></table>"),
        "OPS/text/one.xhtml": page("<h1>Ships</h1><p>1,204 ships called.</p>"),
    } | changes  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            if text is not None:
                archive.writestr(name, text)
    return out.getvalue()


def test_books_are_read_in_order_with_names_for_chapters() -> None:
    found = in_place(convert_bytes(book(), "a.epub"))
    assert found.text.startswith("# Ships\n\n1,204 ships called.\n\n## Quays\n\nEmden has 14 berths.")
    assert found.meta["author"] == "K. Ode; J. Mills" and found.tables[0].body == (("North", "9 m"),)


def test_books_with_missing_chapters_or_lists_are_read() -> None:
    found = convert_bytes(book(**{"OPS/text/one.xhtml": None, "OPS/toc.ncx": "<ncx"}), "a.epub")
    assert "14 berths" in found.text and any("one.xhtml" in note for note in found.warnings)
    assert "14 berths" in convert_bytes(book(**{"META-INF/container.xml": None}), "a.epub").text


@pytest.mark.parametrize("method, reads", [("http://www.idpf.org/2008/embedding", True),
                                           ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", False)])  # fmt: skip
def test_protected_books_are_named_and_garbled_fonts_are_not_meant(method: str, reads: bool) -> None:
    lock = f"<encryption><EncryptedData><EncryptionMethod Algorithm='{method}'/></EncryptedData></encryption>"
    data = book(**{"META-INF/encryption.xml": lock})
    if reads:
        assert "14 berths" in convert_bytes(data, "a.epub").text
    else:
        with pytest.raises(ConversionError, match="DRM"):
            convert_bytes(data, "a.epub")


def test_a_chapter_points_to_no_file(tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY")
    dtd = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{canary.as_uri()}">]>'
    chapter = dtd + page(f"<p>Dear &x; all</p><iframe src='{canary.as_uri()}'/>")
    package = {"OPS/text/one.xhtml": chapter,
               "OPS/toc.ncx": f"{dtd}<ncx><navMap><navPoint><navLabel><text>&x;</text></navLabel>"
               "<content src='text/one.xhtml'/></navPoint></navMap></ncx>"}  # fmt: skip
    found = convert_bytes(book(**package), "a.epub")
    assert "CANARY" not in found.text and "Dear" in found.text


# -- RTF


def rtf(body: bytes, head: bytes = b"") -> Converted:
    fonts = rb"{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 A;}{\f2\fcharset128 A;}"
    fonts += rb"{\f3\fcharset238 A;}{\f4\fcharset161 A;}}"
    return in_place(convert_rtf(rb"{\rtf1\ansi\ansicpg1252\deff0" + fonts + head + body + b"}", "a.rtf"))


@pytest.mark.parametrize(
    "body, text",
    [
        (rb"Caf\'e9 \'80", "Café €"), (rb"{\f1\'cf\'ee\'f0\'f2} here", "Порт here"), (rb"{\f2\'8d\'60}", "港"),
        (rb"{\f2\'83A}", "ア"), (rb"{\f3\'e8}\'e8", "čè"), (rb"{\f4\'e1\'e2}",
                                                           "αβ"), (rb"\u8364?\uc0\u8364 \uc2\u8364xy", "€€€"),
        (rb"\u-10179?\u-8508?", "🛄"), (rb"a\emdash b\~c\_d\-e", "a—b c-de"), (rb"\{x\}\\", "{x}\\"), (rb"x{\super 2}",
                                                                                                      "x²"),
        (rb"one{\v hidden}\line two", "one\ntwo"), (rb"a{\*\unheard b}c", "ac"), (rb"a{\pict\bin4 }}}}}b", "ab"),
        (rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}", "a link"),
    ],
)  # fmt: skip
def test_words_of_rtf(body: bytes, text: str) -> None:
    assert rtf(body).text == text


def test_structure_of_rtf() -> None:
    head = rb"{\stylesheet{\s1\outlinelevel1 heading 2;}}{\info{\title The harbour}{\author K. Ode}"
    head += rb"{\creatim\yr2021\mo3\dy5\hr1}}"
    found = rtf(
        rb"\pard\s1 Calls\par\pard Emden{\footnote\pard Ferries {\i not} counted.} grew.\par"
        rb"{\pntext 1.\tab}Ore\par{\pntext 2.\tab}Grain\par"
        rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard In a box.\par}}{\shprslt{\pict 00}}}\par"
        rb"\trowd\clvmgf\cellx1\clmgf\cellx2\clmrg\cellx3\intbl Harbour\cell 2024\cell\cell\row"
        rb"\trowd\clvmrg\cellx1\cellx2\cellx3\intbl\cell Calls\cell Cargo\cell\row"
        rb"\trowd\cellx1\cellx2\cellx3\intbl Emden\cell 1,204\par\line a\cell 9\cell\row\pard End.\par",
        head)  # fmt: skip
    assert found.text.startswith("## Calls\n\nEmden¹ grew.\n\n¹ Ferries not counted.\n\n1. Ore\n2. Grain\n\nIn a box.")
    (table,) = found.tables
    assert table.columns == ("Harbour", "2024 > Calls", "2024 > Cargo") and table.body == (("Emden", "1,204 a", "9"),)
    assert found.title == "The harbour" and found.meta["author"] == "K. Ode" and found.text.endswith("End.")


@pytest.mark.parametrize(
    "body", [b"{" * 100_000, b"}" * 1000 + b"x", rb"\u", rb"\'", b"\\", rb"\bin99999999999", rb"\footnote x"]
)
def test_broken_rtf_is_read_as_far_as_it_goes(body: bytes) -> None:
    assert "Text." in rtf(rb"Text.\par" + body).text


# -- LaTeX


@pytest.mark.parametrize(
    "source, text",
    [
        (r"Rates rose 5\% % note", "Rates rose 5%"), (r"\$5 and $a_1$ ``so'' --- x", "$5 and $a_1$ “so” — x"),
        (r"M\"uller \'{e}t\'e \ss{} {\o}re", "Müller été ß øre"), (r"\textbf{a \emph{b}} c", "a b c"),
        (r"See~\ref{fig:x} \cite[p.~2]{ode21}", "See [fig:x] [ode21]"), (r"\href{http://a.b}{there}\label{x}", "there"),
        (r"10\textsuperscript{6}", "10⁶"), ("a\n%\nb", "a\nb"), (r"\verb|50% {|", "50% {"), (r"\unknown{word} \today",
                                                                                             "word"),
        (r"{\large big} \hspace{2cm}word", "big word"), (r"a\\b", "a\nb"), (r"\newcommand{\x}{Emden}\x{} and \x.",
                                                                            "Emden and Emden."),
        ("\\begin{comment}no\\end{comment}yes \\iffalse no\\fi", "yes"),
    ],
)  # fmt: skip
def test_words_of_latex(source: str, text: str) -> None:
    assert convert_tex(source, "a.tex").text == text


def test_structure_of_latex() -> None:
    source = r"""\documentclass{report}\title{The harbour\thanks{paid}}\author{K. Ode\and J. Mills}\date{2021-03-05}
    \begin{document}\maketitle\begin{abstract}Short.\end{abstract}\chapter{Ships}\section[short]{Calls \emph{now}}
    Grew\footnote{Not \emph{ferries}.} much. \include{parts/one}\[ E = mc^2 \label{e} \]
    \begin{enumerate}\item Ore \begin{itemize}\item[Iron] ore\end{itemize}\item Grain\end{enumerate}
    \begin{table}\centering\begin{tabular}{|l|r|r|}\hline & \multicolumn{2}{c|}{2024} \\ \cline{2-3}
    Harbour & Calls & Cargo \\ \hline
    \multirow{2}{*}{Emden} & 1,204 & 9\,t \\ & 3 & a \& b \\ \hline\end{tabular}\caption{Calls at Emden}\end{table}
    \begin{figure}\includegraphics{x.png}\caption{Cranes}\end{figure}
    \begin{lstlisting}[language=C]
x = {1}; % kept
    \end{lstlisting}
    \begin{thebibliography}{1}\bibitem{ode21} K. Ode, 2021.\end{thebibliography}\end{document} ignored"""
    found = in_place(convert_tex(source, "a.tex"))
    assert found.title == "The harbour" and found.meta["author"] == "K. Ode; J. Mills"
    assert found.meta["date"] == "2021-03-05"
    for part in ("## Abstract\n\nShort.", "# Ships", "## Calls now", "Grew¹ much.", "¹ Not ferries.", "$$E = mc^2$$",
                 "1. Ore\n   - Iron: ore\n1. Grain",
                 "Cranes", "x = {1}; % kept", "## References", "[ode21] K. Ode, 2021."):  # fmt: skip
        assert part in found.text, (part, found.text)
    (table,) = found.tables
    assert table.title == "Calls at Emden" and table.columns[1:] == ("2024 > Calls", "2024 > Cargo")
    assert table.body == (("Emden", "1,204", "9 t"), ("Emden", "3", "a & b"))
    assert "ignored" not in found.text and any("parts/one" in note for note in found.warnings)
    assert "1 picture(s) are not read" in found.warnings


@pytest.mark.parametrize("source", ["{" * 50_000, "}" * 50_000, r"\begin{itemize}" * 5_000, r"\textbf{" * 5_000 + "x",
                                    "$" * 9_999,
                                    r"\begin{tabular}{l} a & b", r"\section{", "\\", r"\item x & y \\ z"])  # fmt: skip
def test_broken_latex_is_read_as_far_as_it_goes(source: str) -> None:
    assert "Text." in convert_tex("Text.\n\n" + source, "a.tex").text


# -- subtitles


def test_subtitles_become_passages_with_times() -> None:
    lines = [(n * 10, f"Sentence number {n} of the talk.") for n in range(12)]
    cues = "".join(f"{n + 1}\n00:{s // 60:02}:{s % 60:02},000 --> 00:{s // 60:02}:{s % 60 + 5:02},500\n{text}\n\n"
                   for n, (s, text) in enumerate(lines))  # fmt: skip
    found = convert_bytes(cues.replace("\n", "\r\n").encode("utf-8-sig"), "talk.srt")
    headings = re.findall(r"## (\d\d:\d\d:\d\d) – (\d\d:\d\d:\d\d)", found.text)
    assert 2 <= len(headings) <= 4 and headings[0][0] == "00:00:00" and headings[-1][1] == "00:01:55"
    assert all(text in found.text for _, text in lines) and found.meta["format"] == "subtitles"


def test_speakers_tags_and_rolling_lines_of_subtitles() -> None:
    source = ("WEBVTT - The talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE not said\n\n00:01.000 --> "
              "00:02.000 align:start\n"
              "<v Ann>Good <i>morning</i> &amp; welcome\n\n00:02.000 --> 00:03.000\n<v Ann>Good morning & welcome\n"
        "<v Ann>to Emden.\n\n"
              "00:03.000 --> 00:04.000\nBEN: {\\an8}Thank you.\n")  # fmt: skip
    found = convert_subtitles(source, "talk.vtt")
    assert found.title == "The talk"
    assert found.text == "## 00:00:01 – 00:00:04\n\nAnn: Good morning & welcome to Emden.\n\nBEN: Thank you."


@pytest.mark.parametrize(
    "source, error", [("Just a text.", ConversionError), ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", EmptyDocument)]
)
def test_files_that_hold_no_subtitles(source: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        convert_subtitles(source, "a.srt")


def test_cells_are_found_however_they_are_written() -> None:
    from kbase.indexing.sheet_facts import excel_sheet

    written = b'<row r="1"><c r="A1" s="1"><v>1</v></c><c s="1" r="C1" t="n"><f>A1</f><v>2</v></c></row>'
    prefixed = written.replace(b"<", b"<x:").replace(b"<x:/", b"</x:")
    without_places = b'<row><c s="1"><v>1</v></c><c/><c s="1"><f>A1</f><v>2</v></c></row>'
    for data in (written, prefixed, without_places.replace(b"<c/>", b'<c s="0"/>')):
        facts = excel_sheet(data, ["", "%"])
        assert (facts.rows, facts.columns, facts.cells, facts.signs) == (1, 3, 2, {(0, 0): "%", (0, 2): "%"})
