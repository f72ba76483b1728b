"What an explorer says when its kernel is gone, and what a notebook shows that is opened again."

import pytest
from browser.test_search import ONE, SEARCH, hits, widget

pytestmark = pytest.mark.browser
GONE = "The kernel was restarted: run the cell again."
OPEN_AGAIN = """async path => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {path, factory: 'Notebook'});
  await panel.context.ready;
  await panel.sessionContext.ready;
}"""
RESTART = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }"
SHUT_DOWN = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown() }"


@pytest.mark.parametrize("end", [RESTART, SHUT_DOWN], ids=["restarted", "shut down"])
def test_a_kernel_that_is_gone_is_said_at_once(open_notebook, end):
    notebook = open_notebook("gone", SEARCH, ONE)
    page, explorer = notebook.page, widget(notebook)
    hits(explorer, 4)
    page.evaluate(end)
    explorer.locator("input").fill("weak")
    explorer.locator(".kb-failed", has_text=GONE).wait_for(timeout=2000)
    assert float(explorer.locator(".kb-body").evaluate("e => getComputedStyle(e).opacity")) < 0.6
    assert "kb-busy" not in explorer.get_attribute("class")
    for act in (
        lambda: hits(explorer, 4).nth(1).click(),
        lambda: explorer.locator(".kb-choice button", has_text="BM25").click(),
        lambda: explorer.locator(".kb-list").press("Enter"),
    ):
        act()
        page.wait_for_timeout(150)
        assert explorer.locator(".kb-status").text_content() == GONE
    assert not notebook.errors
    if end == SHUT_DOWN:
        return
    notebook.command("notebook:run-all-cells")
    page.wait_for_function("() => document.querySelectorAll('.kb-gone').length === 0")
    again = widget(notebook)
    again.locator("input").fill("weakly")
    again.locator(".kb-list mark", has_text="weakly").wait_for()


def shows_a_picture(page, name):
    "Open a saved notebook without its kernel; give what stands there instead of the widget."
    page.reload()
    page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
    page.evaluate(OPEN_AGAIN, name)
    picture = page.locator(".kb-picture:visible")
    picture.wait_for()
    page.wait_for_timeout(1500)
    assert picture.is_visible() and "Garbage" in picture.text_content()
    shown = page.locator(".jp-OutputArea-child:visible").all_text_contents()
    assert not [text for text in shown if "rror displaying" in text or "Loading widget" in text or "SearchExplorer" in text]


def test_a_notebook_that_is_opened_again_shows_a_picture(open_notebook, lab):
    notebook = open_notebook("reopened", SEARCH, ONE)
    page, explorer = notebook.page, widget(notebook)
    hits(explorer, 4)
    assert not page.locator(".kb-picture").is_visible()  # one of the two at a time
    notebook.command("docmanager:save")
    page.evaluate(SHUT_DOWN)
    shows_a_picture(page, "reopened.ipynb")
    notebook.command("notebook:run-all-cells")
    hits(widget(notebook), 4)
    page.wait_for_timeout(200)
    assert not page.locator(".kb-picture:visible").count()

    notebook.command("docmanager:save")  # else the page asks whether to leave
    saved = (lab.root / "reopened.ipynb").read_text(encoding="utf-8")  # as a colleague gets it: not trusted here
    (lab.root / "sent.ipynb").write_text(saved.replace("Memory", "Memories"), encoding="utf-8")
    page.evaluate(SHUT_DOWN)
    shows_a_picture(page, "sent.ipynb")


def test_a_page_that_is_loaded_anew_goes_on_with_its_kernel(open_notebook):
    notebook = open_notebook("reloaded", SEARCH, ONE)
    page = notebook.page
    hits(widget(notebook), 4)
    notebook.run("explorer.ask('weakly')")
    notebook.command("docmanager:save")
    page.reload()
    page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
    page.evaluate(OPEN_AGAIN, "reloaded.ipynb")
    again = widget(notebook)
    again.locator(".kb-list mark", has_text="weakly").wait_for()
    assert not page.locator(".kb-picture").is_visible()
    again.locator("input").fill("cycles")
    notebook.until("explorer.query == 'cycles'")
