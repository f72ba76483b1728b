"The app with tabs in JupyterLab."

import pytest
from browser.test_ask import ASK
from browser.test_search import CONTRAST, SEARCH

pytestmark = pytest.mark.browser

APP = r"""
from kbase.widgets.app import App
EVIL = "<img src='/canary/img' onerror=\"alert('img')\">"
def broken(): raise ImportError("the map needs jupyter-scatter: pip install kbase-jupyter[map]")
app = App({"search": ("Search", lambda: SearchExplorer(search, search_context, "cycles")), "ask": ("Ask", lambda: AskExplorer(ask, context)),
           "map": ("Map", broken), EVIL: (EVIL, lambda: SearchExplorer(search, search_context))}, EVIL, lambda: "4 documents " + EVIL)
app
"""


def test_tabs_share_what_was_narrowed_down(open_notebook):
    notebook = open_notebook("app", SEARCH + "search_context = context\n", ASK, APP, "'a cell to lose'")
    page, bar = notebook.page, notebook.page.locator(".kb-app")
    before = notebook.cells()
    page.locator(".kb-search .kb-list > li").first.wait_for()
    assert bar.locator(".kb-name").text_content() == notebook.python("EVIL")
    notebook.run("app.explorer.filters = {'field': 'kind', 'operator': '==', 'value': 'summary'}")
    page.locator(".kb-search .kb-chip", has_text="kind is summary").wait_for()
    bar.locator("[role=tab]", has_text="Ask").click()
    page.locator(".kb-ask .kb-chip", has_text="kind is summary").wait_for()
    assert page.locator(".kb-search").count() == 0  # one at a time
    assert notebook.python("app.filters['value'], len(app.explorer.answers)") == ("summary", 0)
    page.locator(".kb-ask .kb-bar input").fill("What breaks cycles?")
    page.locator(".kb-ask .kb-bar input").press("Enter")
    page.locator(".kb-turn").wait_for()
    bar.locator("[role=tab][aria-selected=true]").focus()
    page.keyboard.press("ArrowLeft")  # by keyboard: back to the search, which is as it was
    page.locator(".kb-search .kb-list > li").first.wait_for()
    assert page.locator(".kb-search .kb-bar input").input_value() == "cycles"
    page.wait_for_function("() => document.activeElement.getAttribute('role') === 'tab'")
    for key in "ddxabzcv":  # each of them does something to a notebook in command mode
        page.keyboard.press(key)
    bar.locator("[role=tab]", has_text="Map").click()
    bar.locator(".kb-failed", has_text="pip install kbase-jupyter[map]").wait_for()
    assert page.locator(".kb-search").count() == 1
    assert bar.locator("[role=tab][aria-selected=true]").text_content() == "Search"  # what is shown
    notebook.run("app.show('ask')")
    page.locator(".kb-turn").wait_for()  # the conversation is still there
    assert notebook.cells() == before and not [url for url in notebook.requests if "canary" in url]
    assert page.locator(".kb-app img").count() == 0
    notebook.healthy()


def test_themes_widths_and_axe(open_notebook, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    notebook = open_notebook("app_themes", SEARCH + "search_context = context\n", ASK, APP)
    page, bar = notebook.page, notebook.page.locator(".kb-app")
    notebook.command("apputils:change-theme", theme=theme)
    page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))
    page.locator(".kb-search .kb-list > li").first.wait_for()
    assert bar.evaluate(CONTRAST) == []
    found = axe.Axe().run(page, context=".kb-app").response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in ("serious", "critical")] == []
    for width in (1200, 500):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        wide = page.evaluate("() => [...document.querySelectorAll('.kb')].filter(e => e.scrollWidth > e.clientWidth + 1).length")
        assert wide == 0, width
    notebook.healthy()
