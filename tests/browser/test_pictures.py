"""The pictures of the search explorer in README and docs, light and dark, over pages that every Python brings along.

`KBASE_PICTURES=nbs/images python -m pytest tests/browser/test_pictures.py` makes them anew."""

import os
from pathlib import Path

import pytest
from browser.test_search import hits, widget

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST = 200_000  # bytes of a picture
PREPARE = """
from pathlib import Path
from kbase.serving.demo_sources import library_pages, reference_pages, write_pages
write_pages(Path("python-docs/library"), library_pages(["weakref", "gc", "copy", "pickle", "json", "heapq", "queue", "shelve", "types"]))
write_pages(Path("python-docs/reference"), reference_pages())
"""
SHOWN = """from kbase import KnowledgeBase

kb = KnowledgeBase("python-docs.kb")
kb.add("python-docs", progress=False)
kb.explore("garbage collection")"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    "Where they are written."
    return Path(os.environ.get("KBASE_PICTURES") or tmp_path_factory.mktemp("pictures")).resolve()


def test_a_picture_of_the_search_explorer(open_notebook, theme, pictures):
    name = "dark" if theme.endswith("Dark") else "light"
    open_notebook("prepare", PREPARE)
    notebook = open_notebook("python-docs", SHOWN, width=1280, height=1000)
    page, explorer = notebook.page, widget(notebook)
    notebook.command("apputils:change-theme", theme=theme)
    notebook.command("application:toggle-left-area")
    page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))
    hits(explorer, 10)
    explorer.locator(".kb-list > li", has_text="objects.rst").click()
    explorer.locator(".kb-document .kb-span").first.wait_for()
    explorer.locator(".kb-among").wait_for()
    explorer.locator(".kb-moves button").first.wait_for()
    assert explorer.locator(".kb-strength").is_visible() and explorer.locator("button", has_text="Open file").is_visible()
    page.wait_for_timeout(500)
    keep(page, pictures / f"search_{name}.png")
    notebook.healthy()


ASKED = SHOWN.replace('kb.explore("garbage collection")', 'from kbase.exploring import explore_answers, explore_route\nexplore_answers(kb)')
ROUTED = ASKED.replace("explore_answers(kb)", "explore_route(kb)")


def keep(page, path):
    "A picture of the notebook's first cell."
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = page.locator(".jp-Notebook .jp-Cell").first.bounding_box()
    clip = {"x": cell["x"], "y": cell["y"], "width": cell["width"], "height": min(cell["height"], 980 - cell["y"])}
    page.screenshot(path=path, clip=clip)
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    with image.open(path) as picture:  # text on plain grounds: 256 colours are plenty, and half of the size
        picture.convert("RGB").quantize(256, image.Quantize.MAXCOVERAGE, dither=image.Dither.NONE).save(path, optimize=True)
    assert 20_000 < path.stat().st_size <= MOST


def shown_in(notebook, theme):
    "The notebook in a theme, without its side bar."
    notebook.command("apputils:change-theme", theme=theme)
    notebook.command("application:toggle-left-area")
    notebook.page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))


@pytest.mark.parametrize(("name", "code", "question"), [
    ("ask", ASKED, "How do I find the n largest elements of an iterable?"),
    ("route", ROUTED, "What is the difference between pickle and json?"),
])  # fmt: skip
def test_pictures_of_the_other_explorers(open_notebook, theme, pictures, name, code, question):
    open_notebook("prepare", PREPARE)
    notebook = open_notebook("python-docs", code, width=1280, height=1000)
    page, explorer = notebook.page, notebook.page.locator(".kb")
    shown_in(notebook, theme)
    explorer.locator("input").first.fill(question)
    explorer.locator("input").first.press("Enter")
    explorer.locator(".kb-turn, .kb-ran-now").first.wait_for(timeout=60_000)
    if name == "ask":
        explorer.locator(".kb-document").wait_for()
    else:
        explorer.locator(".kb-box", has_text="router").click()
        explorer.locator(".kb-conditions").wait_for()
    page.wait_for_timeout(500)
    keep(page, pictures / f"{name}_{'dark' if theme.endswith('Dark') else 'light'}.png")
    notebook.healthy()
