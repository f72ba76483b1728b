"`kbase explore`: the app in a browser, without a notebook."

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from browser.conftest import ROOT, free_port

from kbase import KnowledgeBase
from kbase.serving.explore import app_notebook, server_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COMMAND = "import kbase.serving.explore; from kbase.serving.cli import main; main()"


@pytest.fixture
def served(tmp_path):
    "A knowledge base of two files, served; its address, and the token."
    pytest.importorskip("voila", reason="voila is not installed")
    (tmp_path / "mill").mkdir()
    (tmp_path / "mill" / "history.md").write_text("# The mill\n\nThe wheel was replaced by a turbine in 1891.\n")
    (tmp_path / "mill" / "museum.md").write_text("# The museum <img src=x onerror=alert(1)>\n\nIt is open from May to October.\n")
    KnowledgeBase(tmp_path / "knowledge").add(tmp_path / "mill", progress=False)
    port, token = free_port(), "a-token-of-this-test"
    environment = {**os.environ, "KBASE_EXPLORE_TOKEN": token, "PYTHONPATH": str(ROOT)}
    arguments = ["explore", "--kb", "knowledge", "--port", str(port), "--no-browser"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/static/none", timeout=2)
                except urllib.error.HTTPError:
                    break
                except OSError:
                    assert server.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}", token
        finally:
            server.send_signal(2)  # Ctrl-C
            server.wait(30)


def test_a_colleague_looks_without_a_notebook(browser, served):
    url, token = served
    page, outside, failed, dialogs = browser.new_page(), [], [], []
    page.on("request", lambda request: request.url.startswith(("blob:", "data:", url)) or outside.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{url}/")
    assert "login" in page.url and page.locator(".kb").count() == 0  # a token is wanted
    page.goto(f"{url}/?token={token}", timeout=120_000)
    page.locator(".kb-app", has_text="2 documents").wait_for(timeout=120_000)
    page.locator(".kb-search input").first.fill("turbine")
    page.locator(".kb-search .kb-list mark", has_text="turbine").first.wait_for(timeout=60_000)
    page.locator("[role=tab]", has_text="Ask").click()
    page.locator(".kb-ask .kb-bar input").fill("What was the wheel replaced by?")
    page.locator(".kb-ask .kb-bar input").press("Enter")
    page.locator(".kb-answer", has_text="turbine").wait_for(timeout=60_000)
    assert [address for address in outside if not address.startswith(url.replace("http", "ws")) and address not in failed] == []
    assert not dialogs
    page.close()


def test_what_voila_is_told():
    settings = server_settings(8866)
    assert settings["Voila"]["ip"] == "127.0.0.1" and settings["Voila"]["auto_token"]
    assert "default-src 'self'" in settings["Voila"]["tornado_settings"]["headers"]["Content-Security-Policy"]
    source = app_notebook("it's '''odd''' \\ here", "ask", "/x\n")["cells"][0]["source"]
    compile(source, "cell", "exec")
