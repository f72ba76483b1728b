"The ingest board, over files of its own."

import base64
import threading
from pathlib import Path

import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.results import Report, ReportRow
from kbase.widgets.ingest import IngestBoard

pytestmark = pytest.mark.browser
ACTIONS = ("add", "change", "move", "keep", "skip", "fail", "remove", "stay")


class Shop:
    "A folder of files that are taken in one by one, as fast as a test lets them."

    def __init__(self, names=("a.md", "b.pdf", "c.docx", "scan.pdf"), broken=("scan.pdf",)):
        self.names, self.broken, self.inside = list(names), set(broken), []
        self.gate = threading.Semaphore(0)
        self.watched, self.asked = [], []

    def plan(self, source, allow_deletions):
        self.asked.append((source, allow_deletions))
        if source == "nowhere":
            raise FileNotFoundError("there is no file or folder 'nowhere': see whether the name is right")
        names = [Path(path).name for path in source] if isinstance(source, list) else self.names
        rows = [{"uri": f"papers/{name}", "action": "keep" if name in self.inside else "add", "reason": "", "size": 52_000, "nodes": 40}
                for name in names]
        rows += [{"uri": "papers/old.txt", "action": "remove" if allow_deletions else "stay", "reason": "the file is gone", "size": 0, "nodes": 3}]
        counts = {action: sum(row["action"] == action for row in rows) for action in ACTIONS}
        read = [row for row in rows if row["action"] == "add"]
        return type("Plan", (), {"to_dict": lambda self: {
            **counts, "bytes": 52_000 * len(read), "nodes": 40 * len(read), "seconds": 3.0 * len(read), "rows": rows}})()

    def take(self, source, allow_deletions, on_row, names=None):
        rows = []
        chosen = [Path(path).name for path in source] if isinstance(source, list) else self.names
        for name in chosen if names is None else names:
            if name in self.inside:
                state, reason = "unchanged", ""
            else:
                assert self.gate.acquire(timeout=20)
                state, reason = ("failed", "3 pages are pictures: install kbase-jupyter[ocr]") if name in self.broken else ("added", "")
            if state == "added":
                self.inside.append(name)
            rows.append(ReportRow(f"papers/{name}", state, reason, 0 if reason else 41))
            on_row(rows[-1])
        return Report(rows, 1.0)

    def retry(self, on_row):
        return self.take("", False, on_row, [name for name in self.names if name not in self.inside])

    def watch(self, folder, on_event):
        self.watched.append(folder)
        return type("Watcher", (), {"stop": lambda watcher: self.watched.append("stopped")})()

    def board(self, **options):
        return IngestBoard(self.plan, self.take, self.retry, self.watch, **options)


def shown(plain, words, what=".kb-totals"):
    "Wait until the page says something that Python has written meanwhile."
    for _ in range(100):
        plain.push()
        if words in plain.root.locator(what).text_content():
            return
        plain.page.wait_for_timeout(50)
    raise AssertionError(f"{words!r} is not in {plain.root.locator(what).text_content()!r}")


def test_a_folder_is_planned_taken_in_stopped_and_finished(browser):
    shop = Shop()
    plain = Plain(browser.new_page(), shop.board())
    board, root = plain.explorer, plain.root
    assert root.locator(".kb-go").is_disabled()
    root.locator("input[type=search]").fill("papers")
    plain.until(lambda: board.folder == "papers")
    root.locator(".kb-plan", has_text="4 to add · 1 gone, kept — to read: 208 kB, about 160 passages and 12 seconds").wait_for()
    assert root.locator("tbody tr").count() == 5 and not shop.inside  # nothing was done yet
    root.locator("label", has_text="also remove").locator("input").check()
    plain.until(lambda: board.allow_deletions)
    root.locator("tbody td", has_text="to remove").wait_for()

    root.locator("button", has_text="Start").click()
    plain.until(lambda: board.run is not None)
    shop.gate.release()
    shown(plain, "1 found = 1 added")
    assert root.locator("[role=progressbar]").get_attribute("aria-valuenow") == "1"
    root.locator("button", has_text="Pause").click()
    plain.until(lambda: board.run.state == "stopping")
    shop.gate.release()
    plain.until(lambda: board.run.state == "stopped")
    shown(plain, "Go on", ".kb-go")
    assert shop.inside == ["a.md", "b.pdf"]
    root.locator("button", has_text="Go on").click()
    for _ in range(4):
        shop.gate.release()
    plain.until(lambda: board.run.state == "done")
    shown(plain, "4 found = 1 added + 2 unchanged + 1 failed")
    assert root.locator("tbody tr").first.text_content().startswith("papers/scan.pdf3 pages are pictures")
    shop.broken.clear()
    root.locator("button", has_text="Try failed again").click()
    plain.until(lambda: board.run.state == "done" and "scan.pdf" in shop.inside)
    shown(plain, "1 found = 1 added")

    root.locator("button", has_text="Watch this folder").click()
    plain.until(lambda: shop.watched == ["papers"])
    root.locator("button", has_text="Stop watching").click()
    plain.until(lambda: shop.watched == ["papers", "stopped"])
    root.locator("input[type=search]").fill("nowhere")
    root.locator(".kb-failed", has_text="there is no file or folder").wait_for()
    plain.safe()
    plain.page.close()


def test_a_new_board_goes_on_where_a_lost_kernel_was():
    shop, folders = Shop(), []
    board = shop.board(folder="papers", remember=folders.append)
    shop.gate.release()
    board.start()
    while not shop.inside:
        board.wait(0.05)
    other = shop.board(folder=folders[-1])  # after a restart
    assert [row["action"] for row in other.results["plan"]["rows"]].count("keep") == 1
    board.stop()
    for _ in range(3):
        shop.gate.release()
    board.wait(5)
    assert board.run.state == "stopped" and other.results["plan"]["add"] == 3


def test_files_are_dropped_and_the_board_by_keyboard(browser, tmp_path):
    shop = Shop()
    plain = Plain(browser.new_page(), shop.board(drops=tmp_path / "dropped"))
    board, root = plain.explorer, plain.root
    body = bytes(range(256)) * 6000  # three slices
    root.locator("input[type=file]").set_input_files({"name": "new.md", "mimeType": "text/plain", "buffer": body})
    plain.until(lambda: board.files == [str(tmp_path / "dropped" / "new.md")])
    assert Path(board.files[0]).read_bytes() == body and len(list((tmp_path / "dropped").iterdir())) == 1
    root.locator(".kb-drops", has_text="new.md").wait_for()
    root.locator("button", has_text="leave them out").click()
    plain.until(lambda: not board.files)
    transfer = plain.page.evaluate_handle("() => { const data = new DataTransfer(); data.items.add(new File(['# Dropped'], 'dropped.md')); return data }")
    root.dispatch_event("dragover", {"dataTransfer": transfer})
    assert "kb-over" in root.get_attribute("class")
    root.dispatch_event("drop", {"dataTransfer": transfer})
    plain.until(lambda: board.files and board.files[0].endswith("dropped.md"))
    root.locator(".kb-plan", has_text="1 to add").wait_for()
    board.forget_drops()
    plain.push()

    root.locator("input[type=search]").focus()
    plain.page.keyboard.type("papers")
    plain.until(lambda: board.folder == "papers")
    root.locator(".kb-plan", has_text="4 to add").wait_for()
    plain.press("Enter")
    plain.until(lambda: board.run is not None)
    plain.push()
    plain.press("Escape")
    plain.until(lambda: board.run.state == "stopping")
    shop.gate.release()
    plain.until(lambda: board.run.state == "stopped")
    assert shop.inside == ["a.md"]
    plain.safe()
    plain.page.close()


@pytest.mark.parametrize("name", ["../../x.md", "..", "", "/etc/passwd", "a\0b.md", "C:\\x\\y.md"])
def test_a_dropped_name_is_a_name(name, tmp_path):
    board = Shop().board(drops=tmp_path / "in" / "dropped")
    board.receive({"do": "drop", "name": name, "data": base64.b64encode(b"x").decode()})
    kept = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.startswith("in/dropped/") and path.count("/") == 2 for path in kept)
    assert bool(kept) != bool(board.error)


def test_hostile_names_and_reasons(browser):
    shop = Shop(HOSTILE, HOSTILE)
    shop.board()
    plain = Plain(browser.new_page(), shop.board(folder=HOSTILE[0]))
    assert plain.root.locator("tbody tr").count() == len(HOSTILE) + 1
    for _ in HOSTILE:
        shop.gate.release()
    plain.root.locator("button", has_text="Start").click()
    plain.until(lambda: plain.explorer.run and plain.explorer.run.state == "done")
    plain.push()
    assert plain.root.locator(".kb-was-wrong").count() == len(HOSTILE)
    plain.safe()
    assert "<script" not in plain.explorer.to_html()
    plain.page.close()


def test_its_looks(browser, tmp_path):
    shop = Shop()
    looks(browser.new_page, shop.board(folder="papers", drops=tmp_path), "ingest_plan")
    board = shop.board(folder="papers", drops=tmp_path)
    for _ in range(4):
        shop.gate.release()
    board.start()
    board.wait(10)
    looks(browser.new_page, board, "ingest_done")


def test_in_jupyterlab(open_notebook, tmp_path):
    make = ("from browser.test_ingest import Shop\n"
            f"shop = Shop()\nboard = shop.board(folder='papers', drops={str(tmp_path)!r})\nboard")
    notebook = open_notebook("ingest", f"import sys; sys.path.insert(0, {str(TESTS)!r})", make)
    root = notebook.page.locator(".kb")
    root.locator(".kb-plan", has_text="4 to add").wait_for()
    root.locator("button", has_text="Start").click()
    notebook.until("board.run is not None")
    assert notebook.python("1 + 1") == 2  # the kernel is free
    notebook.run("shop.gate.release()")
    root.locator(".kb-totals", has_text="1 found = 1 added").wait_for()
    root.locator("button", has_text="Pause").click()
    notebook.until("board.run.state == 'stopping'")
    notebook.run("shop.gate.release()")
    root.locator("button", has_text="Go on").wait_for()
    root.locator("input[type=file]").set_input_files({"name": "new.md", "mimeType": "text/plain", "buffer": b"# New" * 300_000})
    notebook.until("board.files and board.files[0].endswith('new.md')")
    assert (tmp_path / "new.md").stat().st_size == 1_500_000
    notebook.healthy()
