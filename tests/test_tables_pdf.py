"""Tables in PDF, set by a real typesetter: with lines around their cells, with three lines, with none, over pages."""

import pytest

from kbase.indexing.converters import convert_bytes, document_of
from kbase.indexing.pdf_tables import tables_on_page
from kbase.indexing.table_finding import find_tables
from kbase.nodes import Document
from kbase.typed_table import type_table

typst = pytest.importorskip("typst")

PROSE = (
    "The harbour was built in the years after the great flood, when the old quay could not be mended any more and "
    "the ships had to wait outside for the tide. Since then it has been made deeper twice, and the lock is older "
    "than most of the houses around it. "
)


def tables_of_pdf(tmp_path, source):
    path = tmp_path / "a.typ"
    path.write_text(source, encoding="utf-8")
    data = typst.compile(str(path))
    document = document_of(convert_bytes(data, "a.pdf"), "a.pdf", data)
    return document, find_tables(document)


def test_lines_around_cells_and_a_header_of_two_levels(tmp_path):
    source = f"""
= Calls
{PROSE}
#table(columns: 4,
  table.cell(rowspan: 2)[Harbour], table.cell(colspan: 2)[2024], table.cell(rowspan: 2)[Depth],
  [First half], [Second half],
  [Emden], [1,204], [1,310], [12.8 m],
  [Husum], [88], [91], [4 m],
)
{PROSE}"""
    document, (found,) = tables_of_pdf(tmp_path, source)
    assert found.table.columns == ("Harbour", "2024 > First half", "2024 > Second half", "Depth")
    assert found.table.body == (("Emden", "1,204", "1,310", "12.8 m"), ("Husum", "88", "91", "4 m"))
    assert found.headings == ("Calls",) and found.table.page == 1
    assert "Emden" in document.text[found.table.start : found.table.end]
    assert document.text.count("1,310") == 1  # in its place, and not beside it as well


def test_a_cell_merged_over_rows_is_filled(tmp_path):
    source = """#table(columns: 2, [Coast], [Harbour],
      table.cell(rowspan: 2)[North Sea], [Emden], [Husum], [Baltic], [Kiel])"""
    _, (found,) = tables_of_pdf(tmp_path, source)
    assert found.table.body == (("North Sea", "Emden"), ("North Sea", "Husum"), ("Baltic", "Kiel"))


def test_three_lines_and_words_only(tmp_path):
    source = f"""{PROSE}
#table(columns: (1fr, 1fr, 1fr), stroke: none, table.hline(), [Ship], [Home], [Master], table.hline(),
  [Aurora], [Emden], [Iken], [Beluga], [Husum], [Poppinga], [Cormoran], [Leer], [Ulferts], table.hline())
{PROSE}"""
    _, (found,) = tables_of_pdf(tmp_path, source)
    assert found.table.columns == ("Ship", "Home", "Master")
    assert found.table.body[1] == ("Beluga", "Husum", "Poppinga") and len(found.table.body) == 3


INCOME = [
    ("Revenue", "$", "3,208,323", "$", "2,364,681"),
    ("Cost of revenue", "", "1,649,532", "", "1,447,516"),
    ("Loss from operations", "", "(1,082,432)", "", "(1,808,382)"),
    ("Interest", "", "—", "", "(32,678)"),
    ("Net loss per share", "$", "(3.02)", "$", "(5.61)"),
]


def test_no_lines_at_all_as_in_a_yearly_report(tmp_path):
    cells = ", ".join(f"[{cell}]".replace("$", r"\$") for row in INCOME for cell in row)
    source = f"""= Statement of operations
{PROSE}

(in thousands, except for per share data)

#table(columns: (3fr, .3fr, 1fr, .3fr, 1fr), stroke: none, align: (left, right, right, right, right),
  [], table.cell(colspan: 4, align: center)[Year ended December 31,], [], [], [2024], [], [2023], {cells})

{PROSE}"""
    _, (found,) = tables_of_pdf(tmp_path, source)
    typed = type_table(found.table, "en", found.around)
    assert [column.name for column in typed.columns][1:] == [
        "Year ended December 31, > 2024",
        "Year ended December 31, > 2023",
    ]
    assert [row[0] for row in typed.table.body] == [row[0] for row in INCOME]
    assert typed.at(0, 1) == (3208323, "", "$", 1000) and typed.at(2, 2).value == -1808382
    assert typed.at(3, 1) is None and typed.at(4, 2) == (-5.61, "", "$", 1)


@pytest.mark.parametrize("repeat", ["true", "false"])
def test_a_table_over_four_pages_is_one_ragflow_5888(tmp_path, repeat):
    rows = "".join(f"[Ship {i}], [{1800 + i}], [{i * 7}],\n" for i in range(1, 121))
    source = f"""= Ships
#table(columns: 3, table.header(repeat: {repeat}, [Ship], [Built], [Load (t)]), {rows})"""
    _, (found,) = tables_of_pdf(tmp_path, source)
    assert found.table.columns == ("Ship", "Built", "Load (t)") and len(found.table.body) == 120
    assert found.table.body[-1] == ("Ship 120", "1920", "840")
    assert [page for _, page in found.pages] == [1, 2, 3, 4]


def test_two_columns_of_prose_and_a_list_of_contents_are_no_tables(tmp_path):
    source = f"""#set page(columns: 2)
#outline()
= One
{PROSE * 12}
= Two
{PROSE * 12}"""
    _, tables = tables_of_pdf(tmp_path, source)
    assert tables == []


def test_two_tables_of_a_page_stay_two(tmp_path):
    source = f"""#table(columns: 2, [Ship], [Built], [Aurora], [1852], [Beluga], [1911])
{PROSE}
#table(columns: 2, [Harbour], [Berths], [Emden], [14], [Husum], [3])"""
    _, tables = tables_of_pdf(tmp_path, source)
    assert [found.table.columns for found in tables] == [("Ship", "Built"), ("Harbour", "Berths")]


def ruled(top, rows, words):  # three columns of 100 points, rows of 20
    xs, ys = (40, 140, 240, 340), [top + 20 * at for at in range(len(rows) + 1)]
    rules = [(40, y, 340, y) for y in ys] + [(x, ys[0], x, ys[-1]) for x in xs]
    for y, row in zip(ys, rows, strict=False):
        words += [(cell, x + 4, y + 5, x + 4 + 6 * len(cell), y + 15) for x, cell in zip(xs, row, strict=False)]
    return rules


def test_lines_above_and_below_other_tables_are_no_table():
    header, words = ("Place", "Name", "Length"), []
    rules = ruled(10, [header], words)  # printed again where the page turned; its rows were on the page before
    words.append(("1991", 40, 55, 70, 65))
    rules += ruled(80, [header, ("1", "Aurora", "12 m"), ("2", "Beluga", "14 m")], words)
    words.append(("1990", 40, 155, 70, 165))
    rules += ruled(180, [header, ("1", "Cormoran", "11 m"), ("2", "Dohle", "9 m")], words)
    tables = [one.table for one in tables_on_page(words, rules, 1, 612, 792)]
    assert [table.body for table in tables if len(table.rows) > 1] == [
        (("1", "Aurora", "12 m"), ("2", "Beluga", "14 m")),
        (("1", "Cormoran", "11 m"), ("2", "Dohle", "9 m")),
    ]


def test_a_header_printed_again_is_no_title():
    text = "# Boats\n\n## 1991\n\nName Length\n\n| Name | Length |\n| --- | --- |\n| Aurora | 12 |\n| Beluga | 14 |\n"
    (found,) = find_tables(Document("boats.md", text, "Boats", markup="markdown"))
    assert found.table.title == "1991", found.table.title
