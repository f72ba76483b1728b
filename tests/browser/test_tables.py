"The tables of a knowledge base, in a plain page and in JupyterLab."

import pandas as pd
import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.nodes import Node
from kbase.querying.table_answers import query_table
from kbase.tables import Table
from kbase.typed_table import type_table
from kbase.widgets.tables import TablesExplorer

pytestmark = pytest.mark.browser
CITIES = (("City", "People", "Founded"), ("Arvo", "1,200", "1204"), ("Brenn", "98,000", "1650"), ("Corum", "450,000", "1850"),
          ("Dale", "–", "1410"), ("Eastry", "7,800", "1066"), ("Fenn", "23,000", "1720"), ("Gorse", "310,000", "1911"))
RIVERS = (("River", "Length in km", "Mouth"), ("Alder", "1,233", "Lake Orm"), ("Birk", "866", "the sea"))


class Stored:
    "A table as a knowledge base gives it."

    def __init__(self, rows, title, number=0):
        self.typed = type_table(Table(rows, title=title, page=2 + number))
        self.title, self.columns, self.page = title, self.typed.columns, 2 + number
        self.uri, self.document_title, self.document_id = f"atlas/{number}.pdf", f"Atlas {number}", f"d{number}"
        self.node_id, self.sheet, self.range, self.place = f"t{number}", "", "", f"atlas/{number}.pdf, page {2 + number}"
        self.node = Node(self.document_id, "table", 0, 9, title, self.document_title, self.uri, id=self.node_id)

    def __len__(self):
        return len(self.typed.table.body)

    def to_frame(self):
        return pd.DataFrame(self.typed.table.body, columns=[column.name for column in self.columns])


def explorer_of(tables):
    def ask(question, table):
        return query_table(question, table if table is not None else tables[0])

    return TablesExplorer(lambda: tables, ask)


def atlas():
    return explorer_of([Stored(CITIES, "Cities of Orm"), Stored(RIVERS, "Rivers of Orm", 1)])


def first_column(plain):
    return plain.root.locator("tbody td:first-child").all_text_contents()


def test_a_table_is_found_sorted_filtered_and_asked(browser):
    plain = Plain(browser.new_page(), atlas())
    root, explorer = plain.root, plain.explorer
    assert root.locator("[role=option] .kb-name").all_text_contents() == ["Cities of Orm", "Rivers of Orm"]
    root.locator("input").first.fill("length")
    plain.until(lambda: explorer.find == "length")
    root.locator(".kb-status", has_text="1 of 2 tables").wait_for()
    root.locator("input").first.fill("")
    plain.until(lambda: explorer.find == "")
    root.locator("[role=option]", has_text="Cities").click()
    plain.until(lambda: explorer.selected is not None)
    root.locator("th button", has_text="People").click()
    plain.until(lambda: explorer.opened["sort"] == 1)
    assert first_column(plain) == ["Arvo", "Eastry", "Fenn", "Brenn", "Gorse", "Corum", "Dale"]
    assert root.locator("th[aria-sort=ascending]").text_content().startswith("People")
    root.locator("th button", has_text="People").click()
    plain.until(lambda: explorer.opened["descending"])
    assert first_column(plain)[0] == "Corum" and first_column(plain)[-1] == "Dale"
    root.locator("[aria-label='Rows that have']").fill("e")
    plain.until(lambda: explorer.opened["having"] == "e")
    assert list(explorer.selection["City"]) == first_column(plain) == ["Gorse", "Brenn", "Fenn", "Eastry", "Dale"]

    root.locator("[aria-label='Question about the tables']").fill("Which city has the most people?")
    root.locator("button", has_text="Ask").click()
    root.locator(".kb-answer b", has_text="Corum").wait_for()
    assert "Corum" in root.locator("tbody mark").all_text_contents()  # the filter that hid it is lifted
    assert root.locator("tbody mark").first.is_visible()
    root.locator("[aria-label='Question about the tables']").fill("Who sings?")
    root.locator("button", has_text="Ask").click()
    root.locator(".kb-answer b", has_text="Not answered").wait_for()
    plain.safe()
    plain.page.close()


def test_a_question_to_all_tables_opens_one_and_keys_alone(browser):
    plain = Plain(browser.new_page(), atlas())
    explorer, page = plain.explorer, plain.page
    plain.root.locator("input").first.focus()
    plain.press("ArrowDown", "?")
    page.keyboard.type("Which city has the most people?")
    plain.press("Enter")
    plain.until(lambda: explorer.selected is not None)
    assert explorer.selected.title == "Cities of Orm" and plain.root.locator("tbody mark").count()
    plain.press("Escape", "Escape")
    plain.until(lambda: explorer.selected is None)
    plain.press("j", "Enter")
    plain.until(lambda: explorer.selected is not None and explorer.selected.title == "Rivers of Orm")
    plain.press("Tab", "Tab", "Tab", "Tab")
    assert page.evaluate("() => document.activeElement.textContent").startswith("Length")
    plain.press("Enter")
    plain.until(lambda: explorer.opened["sort"] == 1)
    assert page.evaluate("() => document.activeElement.textContent").startswith("Length")  # focus stays
    plain.press("/")
    page.keyboard.type("cit")
    plain.until(lambda: explorer.find == "cit")
    plain.safe()
    page.close()


def test_hostile_cells_are_cells(browser):
    rows = (tuple(HOSTILE), *[tuple(HOSTILE[i:] + HOSTILE[:i]) for i in range(len(HOSTILE))])
    plain = Plain(browser.new_page(), explorer_of([Stored(rows, title, i) for i, title in enumerate(HOSTILE)]))
    for i, title in enumerate(HOSTILE[:4]):
        plain.root.locator("[role=option]").nth(i).click()
        plain.until(lambda i=i: plain.explorer.selected is plain.explorer.tables[i])
        assert plain.root.locator(".kb-open .kb-title").text_content() == title
    assert plain.root.locator("tbody td").first.text_content() == HOSTILE[0]
    plain.root.locator("[aria-label='Question about the tables']").fill(HOSTILE[1])
    plain.root.locator("button", has_text="Ask").click()
    plain.root.locator(".kb-answer b").wait_for()
    plain.safe()
    assert "<script" not in plain.explorer.to_html() and "<img" not in plain.explorer.to_html()
    plain.page.close()


def test_a_long_table_comes_in_parts(browser):
    rows = (("Number", "Word"), *[(str(i), f"word {i}") for i in range(5000)])
    plain = Plain(browser.new_page(), explorer_of([Stored(rows, "Words")]))
    plain.root.locator("[role=option]").click()
    plain.root.locator("button", has_text="Show more of 5,000 rows").click()
    plain.until(lambda: len(plain.explorer.opened["body"]) == 200)
    assert plain.root.locator("tbody tr").count() == 200
    plain.page.close()


def test_its_looks(browser):
    explorer = atlas()
    looks(browser.new_page, explorer, "tables")
    explorer.ask("Which city has the most people?")
    looks(browser.new_page, explorer, "tables_asked")


def test_in_jupyterlab(open_notebook, theme):
    make = "from browser.test_tables import atlas\ntables = atlas()\ntables"
    notebook = open_notebook("tables", f"import sys; sys.path.insert(0, {str(TESTS)!r})", make)
    notebook.command("apputils:change-theme", theme=theme)
    root = notebook.page.locator(".kb")
    root.locator("[role=option]", has_text="Cities").click()
    root.locator("th button", has_text="People").click()
    notebook.until("tables.opened.get('sort') == 1")
    root.locator("[aria-label='Question about the tables']").fill("Which city has the most people?")
    root.locator("button", has_text="Ask").click()
    root.locator("tbody mark", has_text="Corum").wait_for()
    assert notebook.python("tables.answered_by['text']") == "Corum"
    notebook.run("tables.open_table(1)")
    root.locator("td", has_text="Alder").wait_for()
    notebook.healthy()
