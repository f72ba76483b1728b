"""A real JupyterLab in a real browser. Notebooks are run by JupyterLab's own commands and Python is asked through the
open kernel, so
no test clicks through menus or waits for a prompt to change.

Needs playwright, jupyterlab and a chromium: the one that KBASE_CHROMIUM names, or chromium, chromium-browser or google-
chrome on PATH.
Tests skip where one of them is missing."""

import ast
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastcore.nbio import mk_cell, new_nb, write_nb

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {  # no question about news; every cell in the page, on the screen or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
RUN_ALL = """async path => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {path, factory: 'Notebook', kernel: {name: 'python3'}});
  await panel.context.ready;
  await panel.sessionContext.ready;
  await app.commands.execute('application:set-mode', {mode: 'single-document'}).catch(() => null);
  await app.commands.execute('notebook:run-all-cells');
  const outputs = panel.model.toJSON().cells.flatMap(cell => cell.outputs ?? []);
  return outputs.filter(output => output.output_type === 'error').map(output => `${output.ename}: ${output.evalue}`);
}"""
EVALUATE = """async expression => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const reply = (await kernel.requestExecute({code: '', user_expressions: {value: expression}}).done).content;
  const value = reply.user_expressions?.value;
  return value?.status === 'ok' ? [value.data['text/plain'], null] : [null, `${value?.ename}: ${value?.evalue}`];
}"""
EXECUTE = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const reply = (await kernel.requestExecute({code}).done).content;
  return reply.status === 'ok' ? null : `${reply.ename}: ${reply.evalue}`;
}"""


class Lab(NamedTuple):
    "A running JupyterLab."

    url: str
    token: str
    root: Path  # the folder that it serves


class Notebook:
    "A notebook, open in a browser."

    def __init__(self, page: Any):
        self.page = page
        self.errors: list[str] = []  # uncaught exceptions of the page
        self.failed: list[str] = []  # requests that came to nothing
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.failed.append(f"{request.url}: {request.failure}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def python(self, expression: str) -> Any:
        "The value of a Python expression in the kernel: a literal."
        value, error = self.page.evaluate(EVALUATE, expression)
        assert error is None, f"{expression}: {error}"
        return ast.literal_eval(value)

    def until(self, expression: str, seconds: float = 10) -> None:
        "Wait until a Python expression is true."
        end = time.monotonic() + seconds
        while not self.python(f"bool({expression})"):
            assert time.monotonic() < end, f"still false after {seconds} s: {expression}"
            self.page.wait_for_timeout(50)

    def run(self, code: str) -> None:
        "Run Python in the kernel, outside of any cell."
        error = self.page.evaluate(EXECUTE, code)
        assert error is None, error

    def command(self, name: str, **arguments: Any) -> None:
        "Run a command of JupyterLab."
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args) }", [name, arguments]
        )

    def cells(self) -> list[str]:
        "The notebook's sources, as JupyterLab has them now."
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.model.toJSON().cells.map(c => [c.source].flat().join(''))"
        )

    def healthy(self) -> None:
        "Nothing went wrong in the page so far."
        assert not self.errors and not self.failed and not self.dialogs, (self.errors, self.failed, self.dialogs)


def find_chromium() -> str | None:
    "The browser to drive."
    named = os.environ.get("KBASE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def free_port() -> int:
    "A port that was free a moment ago."
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    "One browser for the tests here, which keeps JupyterLab's files in its cache."
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    binary = find_chromium()
    if not binary:
        pytest.skip("no chromium: set KBASE_CHROMIUM or put chromium on PATH")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=binary, headless=True, args=FLAGS)
        yield running.new_context()
        running.close()


@pytest.fixture(scope="package")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    "A JupyterLab on a folder and settings of its own."
    if not find_spec("jupyterlab"):
        pytest.skip("jupyterlab is not installed")
    root, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    places = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = {
        **os.environ,
        **{name: str(home / folder) for name, folder in places.items()},
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "HF_HUB_OFFLINE": "1",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
    }
    environment.pop("IN_TEST", None)  # a widget would show its HTML instead of itself
    port, token = free_port(), secrets.token_hex(16)
    url, log = f"http://127.0.0.1:{port}", home / "log"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={root}",
        "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
    ]
    with log.open("w") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as server:
        try:
            for _ in range(600):
                if server.poll() is not None:
                    break
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/login", timeout=2):
                    break
                time.sleep(0.1)
            else:
                server.terminate()
            if server.poll() is not None:
                pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
            yield Lab(url, token, root)
        finally:
            server.terminate()


@pytest.fixture
def open_notebook(lab: Lab, browser: Any) -> Iterator[Callable[..., Notebook]]:
    "Write a notebook of some cells, open it in a page of its own, run it; an exception in a cell fails the test."
    opened: list[Notebook] = []

    def open_cells(name: str, *cells: str, width: int = 1200, height: int = 1100) -> Notebook:
        kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        write_nb(new_nb([mk_cell(source, "code") for source in cells], kernel), lab.root / f"{name}.ipynb")
        notebook = Notebook(browser.new_page())
        opened.append(notebook)
        notebook.page.set_viewport_size({"width": width, "height": height})
        notebook.page.goto(f"{lab.url}/lab/workspaces/{name}?reset&token={lab.token}")
        notebook.page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
        assert notebook.page.evaluate(RUN_ALL, f"{name}.ipynb") == []
        return notebook

    yield open_cells
    for notebook in opened:
        with contextlib.suppress(Exception):  # a test that failed may have lost the page
            notebook.page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll() }")
        notebook.page.close()


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"], ids=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    "Each of JupyterLab's two themes."
    return request.param
