"Explorers of one cell, in JupyterLab: those of the pages that show how to write one."

import ast
from pathlib import Path

import pytest
from fastcore.nbio import read_nb

pytestmark = pytest.mark.browser
NOTEBOOKS = Path(__file__).resolve().parents[2] / "nbs"


def cell_with(page: str, words: str) -> str:
    "Imports and class of the cell that has some words in it."
    path = NOTEBOOKS / page
    sources = [cell.source for cell in read_nb(path).cells if cell.cell_type == "code"] if path.exists() else []
    found = next((source for source in sources if words in source), None)
    if found is None:
        pytest.skip(f"{page} has no cell with {words!r}")
    kept = [node for node in ast.parse(found).body if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef)]
    return "\n".join(ast.get_source_segment(found, node) for node in kept)  # without the line that shows one


IMPORTS = "from traitlets import Unicode\nfrom kbase.widgets.base import Explorer, module, stylesheet\n"


def test_an_explorer_of_one_cell(open_notebook, theme):
    show = 'lengths = WordLengths(text="a <b>bold</b> word")\nlengths'
    notebook = open_notebook(
        "toy", IMPORTS + cell_with("widgets/71_base.ipynb", "class WordLengths"), show, "'a cell to lose'"
    )
    page, root = notebook.page, notebook.page.locator(".kb")
    notebook.command("apputils:change-theme", theme=theme)
    root.locator("li", has_text="<b>bold</b>: 11").wait_for()  # text, not markup
    before = notebook.cells()
    root.locator("input").fill("two words")
    notebook.until("lengths.text == 'two words'")
    root.locator("li", has_text="words: 5").wait_for()
    assert root.locator("li").count() == 2
    root.locator("input").press("End")
    page.keyboard.type("dd")  # in command mode they would delete the cell
    notebook.until("lengths.text == 'two wordsdd'")
    assert notebook.cells() == before
    notebook.run("lengths.text = 'from Python'")
    root.locator("li", has_text="Python: 6").wait_for()
    assert root.locator("input").input_value() == "from Python"
    notebook.run("lengths.receive({'do': 'ask', 'text': 'a\\ttab', 'view': 'another', 'seq': 1})")
    root.locator(".kb-failed", has_text="has a tab in it").wait_for()
    assert root.locator("li").count() == 0
    notebook.run("lengths.close()")
    page.wait_for_function("() => !document.querySelector('.kb')")
    notebook.healthy()


def test_the_explorer_of_the_tutorial(open_notebook):
    search = (
        "from kbase.nodes import Node\nfrom kbase.results import Hit, Hits\n"
        "def search(query): return Hits([Hit(Node(word, 'chunk', 0, 4, 'text', word), 1.0) for word in query.split()])\n"
    )
    notebook = open_notebook(
        "tutorial",
        search + cell_with("tutorials/make_it_yours.ipynb", "class TitleExplorer") + "\n",
        "titles = TitleExplorer(search, 'weak <i>')\ntitles",
    )
    root = notebook.page.locator(".kb")
    root.locator("li", has_text="<i>").wait_for()
    root.locator("input").fill("one two three")
    root.locator(".kb-status", has_text="3 documents").wait_for()
    assert notebook.python("titles.results['titles']") == ["one", "two", "three"]
    notebook.healthy()
