"""Tables as data: found in every format, typed, indexed, read back, on both stores. What users of other programs have
reported (tables split over pages, merged cells, formulas for values, tables of numbers that are never found) each has a
test of its name."""

import csv
import json
from datetime import date

import pytest

from kbase import KnowledgeBase
from kbase.cell_values import decimal_sign, is_missing_cell, read_date, read_number, without_marks
from kbase.indexing.table_finding import find_tables, join_pages
from kbase.indexing.table_nodes import INLINE, nodes_of_tables
from kbase.indexing.written_tables import written_tables
from kbase.nodes import Document
from kbase.stored_tables import tables_of, tables_of_hits
from kbase.table_headers import guess_header_rows, table_of_grid
from kbase.tables import Table, even_rows, fill_merged, lay_out, table_fields, table_of_fields
from kbase.typed_table import join_sign_columns, measure_in, type_table


@pytest.fixture(params=["folder", "cluster"])
def kb(request, tmp_path):
    made = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "cell, language, value",
    [
        ("1,234.5", "en", 1234.5),
        ("1.234,5", "de", 1234.5),
        ("1\u202f234,5", "fr", 1234.5),
        ("1'234.50", "de", 1234.5),
        ("12,34,567", "en", 1234567),
        ("(914)", "en", -914),
        ("$ (0.31)", "en", -0.31),
        ("($1.20)", "en", -1.2),
        ("(38)%", "en", -38),
        ("−7", "en", -7),
        ("12-", "en", -12),
        ("5,686(1)", "en", 5686),
        ("12 *", "en", 12),
        ("14[a]", "en", 14),
        (".5", "en", 0.5),
        ("3rd", "en", 3),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(cell, language, value):
    assert read_number(cell, decimal_sign([cell], language), language).value == pytest.approx(value)


@pytest.mark.parametrize("cell", ["1.2.2020", "12 of 40", "10:20", "3-1", "A4", "v2", "1,2,3", "", "–", "+", "1)2"])
def test_what_is_no_number_is_none(cell):
    assert read_number(cell) is None


@pytest.mark.parametrize(
    "text, unit, currency, scale",
    [
        ("(in thousands, except per share data)", "", "", 1e3),
        ("(in millions)", "", "", 1e6),
        ("Umsatz in Mio. €", "", "EUR", 1e6),
        ("US$'000", "", "USD", 1e3),
        ("£m", "", "GBP", 1e6),
        ("en milliers d’euros", "", "", 1e3),
        ("Depth (m)", "m", "", 1),
        ("Area, km²", "km²", "", 1),
        ("$ in millions", "", "$", 1e6),
        ("Name (short)", "", "", 1),
        ("Born in May", "", "", 1),
    ],
)
def test_a_header_says_unit_currency_and_scale(text, unit, currency, scale):
    found = measure_in(text, "fr" if "milliers" in text else "de")
    assert (found.unit, found.scale) == (unit, scale)
    assert found.currency == currency or text.startswith("en milliers")


@pytest.mark.parametrize(
    "cell, first, day",
    [
        ("2024-03-05", False, date(2024, 3, 5)),
        ("5. März 2024", False, date(2024, 3, 5)),
        ("1er mars 2024", False, date(2024, 3, 1)),
        ("March 5, 2024", False, date(2024, 3, 5)),
        ("5 Mar 2024", False, date(2024, 3, 5)),
        ("3/4/2024", True, date(2024, 4, 3)),
        ("3/4/2024", False, date(2024, 3, 4)),
        ("3.4.24", True, date(2024, 4, 3)),
        ("1998", False, date(1998, 1, 1)),
    ],
)
def test_a_date_is_read(cell, first, day):
    assert read_date(cell, first, "de").day == day


def test_a_column_decides_what_is_day_and_what_is_month():
    cells = [["Ship", "Seen"], ["Aurora", "3/4/2024"], ["Beluga", "14/4/2024"], ["Cormoran", "n/a"]]
    column = type_table(table_of_grid(cells)[0], "en").columns[1]
    assert (column.kind, column.days_first, column.remark) == ("date", True, "")
    unsure = type_table(table_of_grid([row for row in cells if "14/" not in row[1]])[0], "en").columns[1]
    assert unsure.remark.startswith("nothing says whether 3/4")


def test_missing_values_and_marks():
    assert all(map(is_missing_cell, ["", "-", "–", "—", "n/a", "N/A", "…", "None"]))
    assert is_missing_cell("k. A.", "de") and not is_missing_cell("0") and not is_missing_cell("Nanna")
    marked = ["Emden*", "12¹", "Husum [note 1]", "(12)"]
    assert list(map(without_marks, marked)) == ["Emden", "12", "Husum", "(12)"]


def test_brackets_dashes_and_signs_of_a_yearly_report():
    rows = [
        ["(in millions, except per share amounts)", "", "2024", "", "", "2023", ""],
        ["Revenue", "$", "5,686", "", "$", "6,092.5", ""],
        ["Cost", "", "(914", ")", "", "918", ""],
        ["Impairment", "", "—", "", "", "12", ""],
        ["Margin", "", "83.9", "%", "", "84.9", "%"],
        ["Loss per share", "$", "(0.31", ")", "$", "(1.20", ")"],
    ]
    typed = type_table(table_of_grid(rows)[0], "en")
    assert [column.name for column in typed.columns][1:] == ["2024", "2023"]
    assert typed.at(0, 1) == (5686, "", "$", 1e6) and typed.at(1, 1).value == -914 and typed.at(2, 1) is None
    assert typed.at(3, 1) == (83.9, "%", "", 1) and typed.at(4, 2) == (-1.2, "", "$", 1)
    assert typed.table.body[1] == ("Cost", "(914)", "918")  # as it was written


def test_numbers_of_different_units_stay_text():
    table = table_of_grid([["Load", "Price"], ["3 t", "5 €"], ["40 kg", "7 €"]])[0]
    assert [column.kind for column in type_table(table).columns] == ["text", "number"]


def test_ragged_rows_are_made_equal_and_it_is_said():
    rows, remark = even_rows([["a", "b", "c"], ["1"], ["2", "3\n4"]])
    assert rows == (("a", "b", "c"), ("1", "", ""), ("2", "3 4", "")) and "row 2, 3" in remark
    with pytest.raises(ValueError, match="even_rows"):
        Table((("a",), ("b", "c")))


def test_merged_cells_are_filled_ragflow_6510():
    page = [[("Harbour", 2, 1), ("2024", 1, 2)], [("Q1", 1, 1), ("Q2", 1, 1)]]
    page += [[("Emden", 2, 1), ("31", 1, 1), ("28", 1, 1)], [("30", 1, 1), ("27", 1, 1)]]
    table = Table(even_rows(fill_merged(*lay_out(page), header_rows=2))[0], 2)
    assert table.columns == ("Harbour", "2024 > Q1", "2024 > Q2")
    assert table.body == (("Emden", "31", "28"), ("Emden", "30", "27"))
    assert lay_out([[("x", 10**9, 10**9)]])[0] == [["x", *[None] * 199]]  # a claim, not memory


@pytest.mark.parametrize(
    "rows, count",
    [
        ([["Ship", "Port"], ["Aurora", "Emden"]], 1),
        ([["1", "2"], ["3", "4"]], 0),
        ([["Ship", "2023", "2024"], ["Aurora", "31", "28"]], 1),
        ([["", "2024", "", "2023", ""], ["Harbour", "In", "Out", "In", "Out"], ["Emden", "1", "2", "3", "4"]], 2),
        ([["Born", "1902"], ["Died", "1967"]], 0),
        ([["Federal", "$ —", "$ —"], ["State", "1,272", "1,201"]], 0),
        ([["Year", "Score", "Score"], ["2003", "14.11 (95)", "6.7 (43)"]], 1),
    ],
)
def test_header_rows_are_counted(rows, count):
    assert guess_header_rows(rows) == count


def test_a_table_crosses_a_process_as_json():
    table = Table((("a|b", "c\\"), ("1", "")), title="T", page=3, sheet="S", range="A1:B2", start=4, end=9, notes="n")
    assert table_of_fields(json.loads(json.dumps(table_fields(table)))) == table
    text = table.markdown()
    again = written_tables(Document("a.md", text + "\n", markup="markdown"))[0]
    assert again.rows == table.rows


def test_tables_of_markdown_rst_json_and_tabs():
    rule, double = "+---------+-----+\n", "+=========+=====+\n"
    rst = f"Calls\n=====\n\n{rule}| Harbour | No. |\n{double}| Emden   | 31  |\n|  Nord   |     |\n{rule}"
    assert written_tables(Document("a.rst", rst, markup="rst"))[0].rows == (("Harbour", "No."), ("Emden Nord", "31"))
    lines = '{"ship": "Aurora", "built": 1852}\n{"ship": "Beluga", "crew": null}\n'
    assert written_tables(Document("a.jsonl", lines, markup="json"))[0].columns == ("ship", "built", "crew")
    assert not written_tables(Document("a.json", '[{"a": {"b": 1}, "c": 2}, {"a": {}, "c": 3}]', markup="json"))
    tabs = "The calls of a year.\n\nHarbour\t2023\t2024\nEmden\t31\t28\nHusum\t3\t–\n\nMore follows."
    assert written_tables(Document("a.txt", tabs))[0].columns == ("Harbour", "2023", "2024")


def test_two_tables_in_one_csv():
    text = "Harbour;Berths\nEmden;14\n\nShip;Master;Crew\nAurora;Iken;12\n"
    tables = written_tables(Document("a.csv", text, markup="csv", meta={"delimiter": ";"}))
    assert [table.columns for table in tables] == [("Harbour", "Berths"), ("Ship", "Master", "Crew")]
    gap = "Harbour;Berths\nEmden;14\n\nHusum;3\n"  # an empty line is no new table
    assert len(written_tables(Document("a.csv", gap, markup="csv"))) == 1


def test_a_table_goes_on_over_pages_ragflow_5888():
    head, text = ("Harbour", "Calls"), " " * 10
    again = [Table((head, ("Emden", "31")), page=1, end=3), Table((head, ("Husum", "3")), page=2, start=4, end=9)]
    without = [again[0], Table((("Husum", "3"),), 0, page=2, start=4, end=9)]
    for parts in (again, without):
        (found,) = join_pages(parts, text)
        assert found.table.columns == head and found.table.body == (("Emden", "31"), ("Husum", "3"))
        assert found.pages == ((0, 1), (1, 2))
    other = [again[0], Table((("Ship", "Calls"), ("Aurora", "3")), page=2, start=4, end=9)]
    assert len(join_pages(other, text)) == 2
    cases = {"(continued)": 1, "Seite 7, Fortsetzung": 1, "- 12 -": 1, "2004": 2, "Ships of Emden": 2}
    for between, count in cases.items():
        parts = [again[0], Table((head, ("Husum", "3")), page=2, start=4 + len(between), end=40)]
        assert len(join_pages(parts, f"abc{between} the second")) == count, between
    apart = [again[0], Table((head, ("Husum", "3")), page=2, start=200, end=210)]
    assert len(join_pages(apart, "A whole paragraph stands between the two tables here. " * 4)) == 2


def test_a_table_of_numbers_is_found_through_its_surroundings_ragflow_10844(kb):
    numbers = "\n".join(f"| {a} | {a * 7} | {a * 11} |" for a in range(1, 20))
    above = "# Tide gauge\n\nWater levels at the lighthouse, measured in centimetres.\n\n"
    text = f"{above}| | | |\n|---|---|---|\n{numbers}\n"
    kb.add([Document("gauge.md", text, markup="markdown", language="en"),
            Document("other.md", "# Bread\n\nRye needs water and time.\n", markup="markdown", language="en")])
    hits = kb.search("lighthouse water levels in centimetres", kinds=["table"])
    assert hits and hits[0].uri == "gauge.md"
    (table,) = tables_of_hits(kb.store, hits)
    assert len(table) == 19 and [column.kind for column in table.columns] == ["number"] * 3


HARBOURS = (
    "# Harbours of the coast\n\nThe port authorities count the ships that call.\n\nCalls, in thousands\n\n"
    "| Harbour | 2023 | 2024 | Depth (m) | Opened |\n|---|---|---|---|---|\n| Emden | 1.2 | 1.3 | 12 | 3 May 1852 |\n"
    "| Husum | .1 | – | 4 | 1 June 1911 |\n\nHusum is open in summer only.\n"
)


def test_a_stored_table_is_read_back_with_its_types(kb):
    kb.add([Document("harbours.md", HARBOURS, title="Harbours", markup="markdown", language="en")])
    (table,) = tables_of(kb.store)
    assert (table.title, table.uri, table.document_title) == ("Calls, in thousands", "harbours.md", "Harbours")
    frame = table.to_frame()
    assert list(frame.columns) == ["Harbour", "2023", "2024", "Depth (m)", "Opened"]
    assert frame["2024"].isna().tolist() == [False, True] and str(frame["Depth (m)"].dtype) == "Int64"
    assert frame["Opened"].dt.year.tolist() == [1852, 1911]
    assert frame.attrs["units"] == {"2023": "in thousands", "2024": "in thousands", "Depth (m)": "m"}
    assert table.typed.table.body[1] == ("Husum", ".1", "–", "4", "1 June 1911")
    assert table.arrow().schema.field("2023").metadata[b"scale"] == b"1000.0"
    assert tables_of(kb.store, {"field": "uri", "operator": "==", "value": "none.md"}).tables == ()
    hits = kb.search("when was the harbour of Husum opened", kinds=["chunk"])
    assert [found.node_id for found in tables_of_hits(kb.store, hits)] == [table.node_id]
    assert "<b>" not in repr(tables_of(kb.store)) and "Calls" in tables_of(kb.store)._repr_html_()


def test_a_document_is_one_hit_although_its_table_is_found_as_well(kb):
    kb.add([Document("harbours.md", HARBOURS, markup="markdown", language="en")])
    assert [hit.uri for hit in kb.search("depth of the harbour of Emden")] == ["harbours.md"]


def test_a_large_table_is_cut_and_no_hit_is_heavy(kb):
    rows = "".join(f"{i},name {i * 7919 % 100_003},{i * 31 % 977}.{i % 10}\n" for i in range(12_000))
    kb.add([Document("large.csv", "number,name,value\n" + rows, markup="csv", language="en")])
    (table,) = tables_of(kb.store)
    assert len(json.dumps(table.node.payload)) < INLINE and table.node.payload["pieces"] > 1
    frame = table.to_frame()
    assert len(frame) == 12_000 and frame["number"].tolist() == list(range(12_000))
    parts = kb.store.children([table.node_id], kinds=["cells"])
    assert max(len(json.dumps(part.payload)) for part in parts) < 1_000_000
    assert not kb.store.children([table.node_id], kinds=["row"])


def test_the_rows_of_a_long_table_are_nodes(kb):
    rows = "".join(f"| Ship {i} | {1800 + i} |\n" for i in range(60))
    kb.add([Document("ships.md", f"# Ships\n\n| Ship | Built |\n|---|---|\n{rows}", markup="markdown", language="en")])
    hits = kb.search("Ship 17 built", kinds=["row"])
    assert "Ship: Ship 17\nBuilt: 1817" in hits[0].text
    assert [table.title for table in tables_of_hits(kb.store, hits)] == ["Ships"]


def test_a_removed_document_takes_its_tables_along(kb, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "ships.csv").write_text("Ship,Built\nAurora,1852\nBeluga,1911\n")
    (folder / "notes.md").write_text("# Notes\n\nNothing of tables is in here.\n")
    kb.add(folder)
    assert len(tables_of(kb.store)) == 1
    kb.delete("files/ships.csv")
    assert len(tables_of(kb.store)) == 0


def test_hostile_cells_stay_text(kb):
    cells = ["<script>alert(1)</script>", "=HYPERLINK(\"http://x\")", "'; DROP TABLE a; --"]
    text = "| a | b |\n|---|---|\n" + "".join(f"| {cell} | 1 |\n" for cell in cells)
    kb.add([Document("bad.md", text, title="<i>bad</i>", markup="markdown", language="en")])
    (table,) = tables_of(kb.store)
    assert [row[0] for row in table.typed.table.body] == cells
    assert "<script>" not in table._repr_html_() and "<script>" not in tables_of(kb.store)._repr_html_()


def test_title_notes_and_sheet_of_a_grid():
    cells = [["Calls by harbour", "", ""], ["Harbour", "2023", "2024"], ["Emden", "31", "28"]]
    cells.append(["Source: a port", "", ""])
    table, remark = table_of_grid(cells, sheet="Calls", range="A1:C4")
    assert (table.title, table.notes, table.sheet, remark) == ("Calls by harbour", "Source: a port", "Calls", "")
    assert table.columns == ("Harbour", "2023", "2024") and len(table.body) == 1


def test_a_csv_with_quotes_and_line_breaks_keeps_its_cells(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["Ship", "Note"], ["Aurora", 'said "ho",\nand left'], ["Beluga", "a;b"]])
    table = written_tables(Document("a.csv", path.read_text(), markup="csv"))[0]
    assert table.body == (("Aurora", 'said "ho", and left'), ("Beluga", "a;b"))


def test_a_text_without_tables_has_none():
    text = "# A\n\nNo table, but a | pipe and 12 numbers 1, 2, 3.\n\n- one | two\n"
    prose = Document("a.md", text, markup="markdown")
    assert not find_tables(prose) and not nodes_of_tables(prose)


def test_sign_columns_leave_other_columns_alone():
    table = table_of_grid([["Ship", "Class", "Built"], ["Aurora", "A", "1852"], ["Beluga", "", "1911"]])[0]
    assert join_sign_columns(table) == table


def test_values_of_formulas_are_asked_ragflow_2406(tmp_path, kb):
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "fees.xlsx")
    sheet = book.add_worksheet("Fees")
    sheet.write_row(0, 0, ["Harbour", "Berths", "Fee (EUR)"])
    for row, (name, berths) in enumerate((("Emden", 20), ("Husum", 40)), 1):
        sheet.write_row(row, 0, [name, berths])
        sheet.write_formula(row, 2, f"=B{row + 1}*2.5", None, berths * 2.5)
    book.close()
    kb.add(tmp_path / "fees.xlsx", progress=False)
    (table,) = kb.tables()
    assert list(table.to_frame()["Fee (EUR)"]) == [50, 100]
    answer = kb.query_table("What is the fee of Husum?")
    assert answer.values == ("100",) and "=" not in answer.table.grid.table.body[1][2]
