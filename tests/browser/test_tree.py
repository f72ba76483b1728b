"The tree of a knowledge base, in a plain page and in JupyterLab."

import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.hits import Hit, Hits, Part
from kbase.nodes import Node
from kbase.stores.rows import Source
from kbase.widgets.tree import TreeExplorer

pytestmark = pytest.mark.browser
CHAPTERS = {"Counting": ["Every object counts its references.", "At nought it is freed at once."],
            "Cycles": ["A cycle keeps itself alive.", "A second pass breaks cycles; **weak references** keep none."]}


def nodes_of(name, title, uri, texts=CHAPTERS):
    "A document of two chapters, four passages and a summary."
    nodes, at = [], 0
    for chapter, passages in texts.items():
        for text in passages:
            nodes.append(Node(name, "chunk", at, at + len(text), text, title, uri, (title, chapter), page=1 + at // 70))
            at += len(text) + 2
    return [*nodes, Node(name, "document", 0, at, f"{title} in four passages.", title, uri)]


class Shelf:
    "Documents, and what a search finds in them."

    def __init__(self, titles, texts=CHAPTERS, suffix="md"):
        self.sources = [Source(f"manual/part {i % 2}/{i}.{suffix}", f"d{i}", title=title, state="gone" if i == 1 else "ok")
                        for i, title in enumerate(titles)]
        self.nodes = {one.document_id: nodes_of(one.document_id, one.title, one.uri, texts) for one in self.sources}

    def text(self, name):
        return "\n\n".join(node.text for node in self.nodes[name][:-1])

    def search(self, query, top_k=10, group_by=None):
        found = []
        for node in (node for nodes in self.nodes.values() for node in nodes[:-1]):
            at = node.text.lower().find(query.lower())
            if at >= 0:
                part = Part(2.0, len(found) + 1, 1.0, "100 % of the best BM25 score")
                found.append(Hit(node, 1.0, {"bm25": part}, ((at, at + len(query)),), 1.0))
        if group_by:
            found = list({hit.document_id: hit for hit in reversed(found)}.values())
        return Hits(found[:top_k], query)

    def context(self, hit, before=0, after=0):
        text = self.text(hit.document_id)
        return {"text": text, "start": hit.start, "end": hit.end, "before": 0, "after": 0}

    def explorer(self, **options):
        return TreeExplorer(lambda: self.sources, self.nodes.__getitem__, self.search, self.context, **options)


def names(plain):
    return plain.root.locator("[role=treeitem] .kb-name").all_text_contents()


def active(plain):
    return plain.page.evaluate("""() => { const tree = document.querySelector('[role=tree]');
        return document.getElementById(tree.getAttribute('aria-activedescendant'))?.querySelector('.kb-name').textContent }""")


def test_a_person_walks_through_the_tree(browser):
    shelf = Shelf(["Memory", "Weak references", "Threads"])
    plain = Plain(browser.new_page(), shelf.explorer())
    page, explorer = plain.page, plain.explorer
    assert names(plain) == ["part 0", "Memory", "Threads", "part 1", "Weak references"]
    assert plain.root.locator(".kb-badge").all_text_contents() == ["the file is gone"]
    plain.root.locator("[role=treeitem]", has_text="Memory").click()
    plain.root.locator(".kb-words", has_text="Memory in four passages.").wait_for()
    assert names(plain)[2:4] == ["Counting", "Cycles"]
    plain.root.locator("[role=treeitem]", has_text="Cycles").click()
    plain.root.locator("[role=treeitem]", has_text="weak references keep none").click()  # without its markup
    plain.root.locator(".kb-span", has_text="A second pass").wait_for()
    assert explorer.selected.text.startswith("A second pass")
    assert plain.root.locator(".kb-document").text_content().startswith("Every object")

    page.keyboard.press("Escape")
    plain.until(lambda: explorer.selected is None)
    plain.root.locator("input").fill("cycle")
    plain.until(lambda: explorer.query == "cycle")
    plain.root.locator(".kb-status", has_text="6 hits in 3 documents").wait_for()
    assert plain.root.locator(".kb-hitcount").all_text_contents()[:2] == ["4 hits", "2 hits"]
    plain.root.locator("button", has_text="Only hits").click()
    plain.until(lambda: explorer.only_hits)
    plain.root.locator(".kb-is-leaf").nth(5).wait_for()
    assert plain.root.locator(".kb-is-leaf mark").all_text_contents() == ["cycle"] * 6
    assert "Counting" not in names(plain)
    explorer.only_hits = False
    plain.push()
    assert plain.root.locator("button", has_text="Everything").get_attribute("aria-pressed") == "true"
    plain.safe()
    page.close()


def test_the_tree_by_keyboard_alone(browser):
    plain = Plain(browser.new_page(), Shelf(["Memory", "Weak references", "Threads"]).explorer())
    page, explorer = plain.page, plain.explorer
    plain.press("Tab")
    page.keyboard.type("second")
    plain.until(lambda: explorer.query == "second")
    plain.press("ArrowDown", "Home")
    assert active(plain) == "part 0"
    plain.press("ArrowDown", "ArrowRight")
    plain.until(lambda: len(names(plain)) == 7)
    plain.press("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown")
    plain.press("Enter")
    plain.until(lambda: explorer.selected is not None)
    assert explorer.selected.text.startswith("A second pass")
    plain.press("ArrowLeft")
    assert active(plain) == "Cycles"
    plain.press("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    plain.until(lambda: names(plain) == ["part 0", "part 1", "Weak references"])
    plain.press("End", "Escape")
    plain.until(lambda: explorer.selected is None)
    assert plain.root.locator("[role=treeitem][aria-selected=true]").get_attribute("aria-level") == "2"
    plain.safe()
    page.close()


def test_hostile_names_are_names(browser):
    shelf = Shelf(HOSTILE, {text: [text, f"{text} again"] for text in HOSTILE}, "txt")
    for i, source in enumerate(shelf.sources):
        shelf.sources[i] = Source(f"{HOSTILE[i].replace('/', '_')}/x.txt", source.document_id, title=HOSTILE[i], state="ok")
    plain = Plain(browser.new_page(), shelf.explorer(query="again", only_hits=True))
    shown = plain.root.locator(".kb-is-leaf").count()
    assert shown == len(plain.explorer.hits) and plain.root.locator(".kb-status").text_content().startswith(f"{shown} hits")
    for text in HOSTILE[:3]:
        plain.root.locator(".kb-is-leaf", has_text=text).first.click()
        plain.until(lambda text=text: plain.explorer.selected and text in plain.explorer.selected.text)
        plain.root.locator(".kb-span", has_text=text).wait_for()
    plain.root.locator("input").fill(HOSTILE[1])
    plain.until(lambda: plain.explorer.query == HOSTILE[1])
    plain.safe()
    assert "<script" not in plain.explorer.to_html().replace("&lt;script", "")
    plain.page.close()


def test_its_looks(browser):
    shelf = Shelf(["Memory", "Weak references", "Threads"])
    explorer = shelf.explorer(query="cycle")
    for key in ("document:d0", "document:d2"):
        explorer.unfold(key)
    explorer.unfold(next(row["key"] for row in explorer.branches["rows"] if row["name"] == "Cycles"))
    looks(browser.new_page, explorer, "tree")
    explorer.open_node(next(row["key"] for row in explorer.branches["rows"] if row["hits"] and row["open"] is None))
    looks(browser.new_page, explorer, "tree_opened")


def test_in_jupyterlab(open_notebook, theme):
    make = ("from browser.test_tree import Shelf\n"
            "tree = Shelf(['Memory', 'Weak references']).explorer()\ntree")
    notebook = open_notebook("tree", "import sys; sys.path.insert(0, 'TESTS')".replace("TESTS", str(TESTS)), make, "'a cell to lose'")
    notebook.command("apputils:change-theme", theme=theme)
    root, cells = notebook.page.locator(".kb"), notebook.cells()
    root.locator("[role=treeitem]", has_text="Memory").click()
    root.locator("[role=treeitem]", has_text="Cycles").click()
    root.locator(".kb-is-leaf").last.click()
    notebook.until("tree.selected is not None")
    root.locator(".kb-span").first.wait_for()
    root.locator("input").fill("cycle")
    notebook.until("tree.query == 'cycle' and len(tree.hits) == 4")
    root.locator("[role=tree]").focus()
    for key in "ddxab":  # each does something to a notebook in command mode
        notebook.page.keyboard.press(key)
    assert notebook.cells() == cells
    notebook.run("tree.only_hits = True")
    root.locator(".kb-is-leaf").nth(3).wait_for()
    notebook.healthy()
