"The explorers outside JupyterLab: in Notebook 7, in VS Code's colours, as a saved page without a kernel, and nothing in them that only one place has."

import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from importlib.util import find_spec

import pytest
from browser.conftest import ROOT, Notebook, free_port
from browser.plain import Plain
from browser.test_ask import ASK, ONE
from browser.test_feedback import answering, context, found
from fastcore.nbio import mk_cell, new_nb, write_nb

from kbase.widgets.ask import AskExplorer
from kbase.widgets.search import SearchExplorer

pytestmark = pytest.mark.browser
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
STATIC = sorted((ROOT / "kbase" / "static").glob("*.js"))
RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  while (!app.shell.currentWidget?.sessionContext?.session?.kernel) await new Promise(done => setTimeout(done, 100));
  await app.shell.currentWidget.sessionContext.ready;
  await app.commands.execute('notebook:run-all-cells');
  return app.shell.currentWidget.model.toJSON().cells.flatMap(cell => cell.outputs ?? []).filter(one => one.output_type === 'error').map(one => one.evalue);
}"""


@pytest.fixture
def notebook7(browser, tmp_path):
    "Jupyter Notebook 7 on a folder of its own, with a notebook of two cells open and run."
    if not find_spec("notebook"):
        pytest.skip("Notebook 7 is not installed")
    write_nb(new_nb([mk_cell(ASK, "code"), mk_cell(ONE, "code")], KERNEL), tmp_path / "talk.ipynb")
    port, token, log = free_port(), secrets.token_hex(16), tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    environment |= {name: str(tmp_path / name.lower()) for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    environment.pop("IN_TEST", None)
    command = [sys.executable, "-m", "notebook", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={tmp_path}", "--JupyterNotebookApp.expose_app_in_browser=True"]
    with log.open("w") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as server:
        try:
            for _ in range(300):
                with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=2):
                    break
                time.sleep(0.1)
            opened = Notebook(browser.new_page())
            opened.page.goto(f"http://127.0.0.1:{port}/notebooks/talk.ipynb?token={token}")
            opened.page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
            assert opened.page.evaluate(RUN_ALL) == [], log.read_text()[-2000:]
            opened.errors.clear()  # of Notebook's own start: a menu of an extension that it does not bring
            yield opened
            with suppress(Exception):
                opened.page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll() }")
            opened.page.close()
        finally:
            server.terminate()


def test_in_notebook_7(notebook7):
    page, explorer = notebook7.page, notebook7.page.locator(".kb-ask")
    explorer.locator(".kb-bar input").fill("What breaks cycles?")
    page.keyboard.press("Enter")
    explorer.locator(".kb-turn h3", has_text="What breaks cycles?").wait_for()
    explorer.locator(".kb-cite").first.click()
    explorer.locator(".kb-document .kb-span").wait_for()
    before = notebook7.cells()
    explorer.locator(".kb-document").focus()
    for key in "ddxab":  # each of them does something to a notebook in command mode
        page.keyboard.press(key)
    page.keyboard.press("n")
    notebook7.until("explorer.opened['index'] == 1")
    assert notebook7.cells() == before and notebook7.python("len(explorer.answers)") == 1
    assert page.locator(".kb-picture:visible").count() == 0  # the live view stands alone
    outside = [url for url in notebook7.requests if not re.match(r"(https?|wss?)://127\.0\.0\.1|blob:|data:", url)]
    assert outside == []
    notebook7.healthy()


EXPORTED = """
from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.widgets.search import SearchExplorer
evil = "<script>alert(1)</script> <img src=x onerror=alert(2)> weirs"
hits = Hits([Hit(Node("d", "chunk", 0, len(evil), evil, evil, "a.md"), 1.0)], "weirs")
explorer = SearchExplorer(lambda query, **options: hits, query="weirs")
explorer.open_hit(0)
explorer
"""


def test_a_saved_notebook_is_read_without_a_kernel(browser, tmp_path):
    write_nb(new_nb([mk_cell(ASK, "code"), mk_cell(ONE + "\nexplorer.ask('What breaks cycles?')\nexplorer", "code"), mk_cell(EXPORTED, "code")], KERNEL), tmp_path / "saved.ipynb")
    environment = {name: value for name, value in os.environ.items() if name != "IN_TEST"} | {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython")}
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", str(tmp_path / "saved.ipynb")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    opened = Notebook(browser.new_page())
    opened.page.route(re.compile(r"^https?://"), lambda route: route.abort())  # nbconvert's page asks a CDN for MathJax and require.js
    opened.page.goto((tmp_path / "saved.html").as_uri())
    for text in ("What breaks cycles?", "Cycles keep each other alive", "Well supported", "<script>alert(1)</script>"):
        opened.page.locator(".kb-picture:visible", has_text=text).first.wait_for()
    bad = opened.page.evaluate("() => document.querySelectorAll('.kb-picture :is(script, img, form, button, iframe, [onerror], [onclick])').length")
    assert bad == 0 and opened.dialogs == []
    marked = opened.page.locator(".kb-picture mark:visible")
    assert marked.count() >= 1
    opened.page.close()


DARK = {"--vscode-editor-background": "#1f1f1f", "--vscode-editor-foreground": "#cccccc", "--vscode-focusBorder": "#0078d4", "--vscode-font-family": "monospace",
        "--vscode-descriptionForeground": "#9d9d9d", "--vscode-textLink-foreground": "#4daafc"}  # of its theme Dark Modern
LIGHT = {"--vscode-editor-background": "#ffffff", "--vscode-editor-foreground": "#3b3b3b", "--vscode-focusBorder": "#005fb8", "--vscode-font-family": "monospace",
         "--vscode-descriptionForeground": "#3b3b3b", "--vscode-textLink-foreground": "#005fb8"}  # Light Modern


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", ["search", "ask"])
def test_in_the_colours_of_vs_code(browser, colours, kind):
    explorer = SearchExplorer(found, context, "mill") if kind == "search" else AskExplorer(answering, context, query="When?")
    plain = Plain(browser.new_page(), explorer, dark=colours is LIGHT)  # the system's colours are the other ones
    plain.page.evaluate("colours => { for (const [name, value] of Object.entries(colours)) document.documentElement.style.setProperty(name, value) }", colours)
    seen = plain.root.evaluate("node => { const style = getComputedStyle(node); return [style.backgroundColor, style.color, style.fontFamily] }")

    def rgb(name):
        return "rgb(" + ", ".join(str(int(colours[name][i : i + 2], 16)) for i in (1, 3, 5)) + ")"

    assert seen == [rgb("--vscode-editor-background"), rgb("--vscode-editor-foreground"), "monospace"]
    plain.accessible()
    plain.picture(f"vscode_{kind}_{'light' if colours is LIGHT else 'dark'}")


ELSEWHERE = r"""fetch\(|XMLHttpRequest|WebSocket|importScripts|import\(|require\(|\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write
|https?://(?!www\.w3\.org/)|\blocalStorage|sessionStorage|document\.cookie|jupyterapp|window\.(?:jupyter|Jupyter|IPython|google|marimo|vscode|acquireVsCodeApi)|widget_manager"""
OF_JUPYTER = {"jupyter-config-data", "jupyter-widgets-disconnected", "jp-OutputArea-child"}  # looked for, and done without where they are not


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_nothing_that_only_one_place_has(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(ELSEWHERE, text, re.X) == []
    assert set(re.findall(r"jupyter-[\w-]+|jp-[A-Z]\w+(?:-\w+)*", text)) <= OF_JUPYTER
    assert all(name.startswith("./") for name in re.findall(r'^import .* from "([^"]+)"', text, re.M))
    used = set(re.findall(r"\bmodel\.(\w+)", text))
    assert used <= {"get", "set", "on", "off", "send", "save_changes"}, used  # what anywidget promises everywhere
