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
    path = pictures / f"search_{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = page.locator(".jp-Notebook .jp-Cell").first.bounding_box()
    clip = {"x": cell["x"], "y": cell["y"], "width": cell["width"], "height": min(cell["height"], 980 - cell["y"])}
    page.screenshot(path=path, clip=clip)
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    with image.open(path) as picture:  # text on plain grounds: 256 colours are plenty, and half of the size
        picture.convert("RGB").quantize(256, dither=image.Dither.NONE).save(path, optimize=True)
    assert 20_000 < path.stat().st_size <= MOST
    notebook.healthy()
