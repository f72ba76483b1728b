"The map: its panel in a plain page, and all of it in JupyterLab, lasso included."

import os

import numpy as np
import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.widgets.map import MapExplorer, MapPanel, points_of

pytestmark = pytest.mark.browser
THINGS = ("Weirs hold the water of a lake.", "Mills grind corn by a wheel.", "Boats pass through a lock.")


def corpus(titles=None, count=60):
    "Passages of three kinds, and the vector of a question."
    rng = np.random.default_rng(0)
    centres, nodes = rng.normal(size=(3, 16)), []
    for i in range(count):
        vector = centres[i % 3] + 0.3 * rng.normal(size=16)
        title = titles[i % len(titles)] if titles else f"Note {i}"
        text = f"{title if titles else THINGS[i % 3]} Number {i}."
        nodes.append(Node(f"d{i}", "chunk", 0, len(text), text, title, f"{'ab'[i % 2]}/{i}.txt", language="en", meta={"kind": title[:20] if titles else str(i % 3)},
                          vector=(vector / np.linalg.norm(vector)).astype(np.float32)))

    def search(query, top_k=10, group_by=None):
        found = [node for node in nodes if query.casefold() in node.text.casefold()]
        return Hits([Hit(node, 1.0) for node in found[:top_k]], query)

    return points_of(nodes), search, lambda query: nodes[0].vector


class Said:
    "What keeps judgements, in memory."

    def __init__(self):
        self.right = {}

    def judged(self, question):
        return {node: right for (asked, node), right in self.right.items() if asked == question}

    def judge_hit(self, question, hit, right):
        self.right[question, hit.id] = right


def test_what_is_encircled_is_kept_as_right_and_stands_out_when_it_is_missed(browser):
    points, search, embed = corpus()
    said = Said()
    plain = Plain(browser.new_page(), MapPanel(points, search, embed, keeper=said))
    root, panel = plain.root, plain.explorer
    keep = root.locator("button", has_text="They answer it")
    assert not keep.is_visible()
    root.locator("input").fill("mills")
    plain.until(lambda: panel.query == "mills")
    panel.choose([0, 1])  # the first is about weirs, the second is found
    plain.push()
    keep.focus()
    plain.press("Enter")
    plain.until(lambda: len(said.right) == 2)
    root.locator(".kb-status", has_text="2 kept as right, 1 of them not found").wait_for()
    root.locator(".kb-legend li", has_text="right, not found").wait_for()
    assert (panel.states == 3).nonzero()[0].tolist() == [0]
    first = root.locator("[role=option]").first
    assert "right, not found" in first.text_content() and "Note 0" in first.text_content()
    plain.accessible()
    plain.safe()
    plain.picture("map_missed")
    plain.page.close()
    alone = MapPanel(points, search, embed, "mills")
    alone.choose([0])
    alone.receive({"do": "keep"})
    assert "nobody keeps judgements" in alone.error and not alone.results["can_keep"]


def test_the_panel(browser):
    looked = []
    points, search, embed = corpus()
    plain = Plain(browser.new_page(), MapPanel(points, search, embed, on_look=looked.append))
    root, panel = plain.root, plain.explorer
    assert root.locator(".kb-legend li").count() == len(set(points.fields["region"]))
    root.locator("select").select_option(label="folder")
    plain.until(lambda: panel.color == "folder")
    assert root.locator(".kb-legend li").all_text_contents() == ["a (30)", "b (30)"]
    root.locator("input").fill("mills")
    plain.until(lambda: panel.query == "mills")
    root.locator("[role=option]").nth(19).wait_for()
    assert (panel.states == 2).sum() == 20 and panel.place is not None
    root.locator("[role=option]").nth(3).click()
    plain.until(lambda: looked == [10])
    panel.choose([0, 2])
    panel.hover(5)
    plain.push()
    root.locator(".kb-hover b", has_text="Note 5").wait_for()
    assert root.locator("[role=option] .kb-name").all_text_contents() == ["Note 0", "Note 2"]
    assert list(panel.selection["title"]) == ["Note 0", "Note 2"] and len(panel.judged()["mills"]) == 2
    panel.receive({"do": "choose", "rows": [99]})
    assert "no point 99" in panel.error
    plain.safe()
    plain.page.close()


def test_the_panel_by_keyboard_alone(browser):
    looked = []
    points, search, embed = corpus()
    plain = Plain(browser.new_page(), MapPanel(points, search, embed, on_look=looked.append))
    plain.press("Tab")
    plain.page.keyboard.type("boats")
    plain.until(lambda: plain.explorer.query == "boats")
    plain.root.locator("[role=option]").first.wait_for()
    plain.press("ArrowDown", "j", "j", "Enter")
    plain.until(lambda: looked == [8])
    plain.press("/")
    assert plain.page.evaluate("() => document.activeElement.tagName") == "INPUT"
    plain.safe()
    plain.page.close()


def test_hostile_passages(browser):
    points, search, embed = corpus([text for text in HOSTILE if "\ud83d" not in text])
    panel = MapPanel(points, search, embed, color="meta.kind")
    panel.choose(range(20))
    plain = Plain(browser.new_page(), panel)
    panel.hover(0)
    plain.push()
    plain.root.locator("button", has_text="Encircled").click()
    assert plain.root.locator("[role=option] .kb-name").first.text_content() == HOSTILE[0]
    plain.safe()
    assert "<script" not in panel.to_html() and "<img" not in panel.to_html()
    plain.page.close()


def test_its_looks(browser):
    points, search, embed = corpus()
    panel = MapPanel(points, search, embed)
    looks(browser.new_page, panel, "map")
    panel.query = "mills"
    looks(browser.new_page, panel, "map_asked")


def test_in_jupyterlab(open_notebook):
    pytest.importorskip("jscatter")
    make = "from browser.test_map import corpus, MapExplorer\nmap = MapExplorer(*corpus(count=600))\nmap"
    assert MapExplorer
    notebook = open_notebook("map", f"import sys; sys.path.insert(0, {str(TESTS)!r})", make)
    page, root = notebook.page, notebook.page.locator(".kb-map")
    root.locator(".kb-legend li").first.wait_for()
    canvas = page.locator("canvas").first
    canvas.wait_for()
    root.locator("input").fill("mills")
    notebook.until("map.panel.query == 'mills'")
    notebook.until("len(map.scatter.widget.points) == 601")
    page.wait_for_timeout(500)
    if folder := os.environ.get("KBASE_PICTURES"):
        page.screenshot(path=f"{folder}/map_lab.png")
    box = canvas.bounding_box()
    middle, size = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), min(box["width"], box["height"]) * 0.47
    page.locator("button[title*='asso']").first.click()
    page.mouse.move(middle[0] + size, middle[1])
    page.mouse.down()
    for step in range(1, 25):  # once around the middle
        angle = 2 * np.pi * step / 24
        page.mouse.move(middle[0] + size * np.cos(angle), middle[1] + size * np.sin(angle), steps=3)
        page.wait_for_timeout(20)
    page.mouse.up()
    notebook.until("len(map.selection) > 50")
    root.locator("[role=option]").first.wait_for()
    assert notebook.python("len(map.panel.judged()['mills']) == len(map.selection)")
    if folder := os.environ.get("KBASE_PICTURES"):
        page.screenshot(path=f"{folder}/map_lasso.png")
    notebook.healthy()
