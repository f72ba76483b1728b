"The search explorer in JupyterLab."

import re

import pytest

from kbase.widgets.base import picture, static_text

pytestmark = pytest.mark.browser

SEARCH = """
from kbase.nodes import Node
from kbase.hits import Hit, Hits, Part
from kbase.stores.conditions import matches, parse_filter
from kbase.widgets.search import SearchExplorer

TEXT = ("Counting finds most garbage. " * 30 + "Cycles keep each other alive and a second pass breaks them. " + "Weak references keep nothing alive. " * 30)
CYCLES = TEXT.index("Cycles")
ROWS = [
    ("gc.md", "Garbage 🗑 collection", "chunk", "en", TEXT[CYCLES:CYCLES + 60], CYCLES, 2024),
    ("gc.md", "Garbage 🗑 collection", "summary", "en", "😀 How garbage is found: counts, then cycles.", 0, 2024),
    ("weak.md", "Weak references", "chunk", "en", "An object that is weakly referred to may go. " * 12 + "Cycles too.", 0, 2023),
    ("notizen/speicher.md", "Speicher", "chunk", "de", "Zyklen (cycles) räumt ein zweiter Durchgang auf.", 0, 2023),
]
asked = []

def search(query, top_k=10, mode="hybrid", filters=None, group_by=None):
    asked.append((query, top_k))
    if query == "boom": raise RuntimeError("the store is closed: <b>open</b> it")
    tree = parse_filter(filters)
    found = []
    for i, (uri, title, kind, language, text, start, year) in enumerate(ROWS):
        have = {"kind": kind, "language": language, "uri": "docs/" + uri, "year": year, "document_id": uri}
        if not matches(tree, lambda c: have[c.field]): continue
        at = text.lower().find(query.lower())
        parts = {"bm25": Part(3.0 - i, i + 1, 1 - i / 4, f"{100 - 25 * i} % of the best BM25 score"), "dense": Part(.5, 4 - i, .1 * i - .05, f"{abs(i - .5):.1f} σ {'above' if i else 'below'} the corpus × 0.1")}
        parts = parts if mode == "hybrid" else {mode: parts[mode]}
        node = Node(uri, kind, start, start + len(text), text, title, "docs/" + uri, ("Memory", title), 3, language=language, meta={"year": year}, id=str(i))
        found.append(Hit(node, sum(p.contribution for p in parts.values()), parts, ((at, at + len(query)),) if at >= 0 else (), .75))
    if group_by: found = list({h.document_id: h for h in reversed(found)}.values())
    return Hits(sorted(found, key=lambda h: -h.score)[:top_k], query, mode)

def context(hit, before=300, after=300):
    if hit.uri != "docs/gc.md": return {"text": hit.text, "start": 0, "end": len(hit.text)}
    start, end = max(0, hit.start - before), min(len(TEXT), hit.end + after)
    place = (hit.start - start, hit.end - start) if hit.verbatim else (0, 0)
    return {"text": TEXT[start:end], "start": place[0], "end": place[1], "before": start, "after": len(TEXT) - end}
"""
ONE = "explorer = SearchExplorer(search, context, 'cycles', group_by=None)\nexplorer"
TWO = "other = SearchExplorer(search, context)\nother"


def widget(notebook, n=0):
    "One of the explorers in the notebook."
    found = notebook.page.locator(".kb-search").nth(n)
    found.wait_for()
    return found


def hits(explorer, n):
    "Wait for so many hits."
    explorer.locator(f".kb-list > li:nth-child({n}):last-child").wait_for()
    return explorer.locator(".kb-list > li")


def test_typing_filtering_opening(open_notebook):
    notebook = open_notebook("typing", SEARCH, ONE, TWO)
    page, first, second = notebook.page, widget(notebook), widget(notebook, 1)
    assert (
        hits(first, 4).count() == 4 and second.locator(".kb-list > li").count() == 0
    )  # the first answer came with the widget
    marks = first.locator(".kb-list > li:first-child .kb-text mark").all_text_contents()
    assert marks == ["Cycles"]
    emoji = first.locator(".kb-list > li", has_text="😀")
    assert emoji.locator("mark").text_content() == "cycles"  # offsets behind an emoji

    first.locator("input").click()
    first.locator("input").press("ControlOrMeta+a")
    page.keyboard.type("weakly", delay=15)
    notebook.until("explorer.query == 'weakly'")
    first.locator(".kb-list mark", has_text="weakly").wait_for()
    assert notebook.python("[q for q, _ in asked if q.startswith('we')]")[-1] == "weakly"
    assert notebook.python("len([q for q, _ in asked if q.startswith('we')])") < 6  # not one search a key
    assert first.locator(".kb-status").text_content().startswith("4 passages · ")

    first.locator(".kb-choice button", has_text="BM25").click()
    notebook.until("explorer.mode == 'bm25' and all(list(h.parts) == ['bm25'] for h in explorer.hits)")
    first.locator(".kb-choice button", has_text="Hybrid").click()
    notebook.until("explorer.mode == 'hybrid'")

    first.locator(".kb-choice button", has_text="Documents").click()
    notebook.until("explorer.group_by == 'document'")
    hits(first, 3)
    assert first.locator(".kb-brief").first.text_content() == "words 100 % · meaning −0.5 σ"
    first.locator(".kb-choice button", has_text="All passages").click()
    notebook.until("explorer.group_by is None")
    hits(first, 4)

    first.locator(".kb-facet button", has_text="summary").click()
    notebook.until("[h.kind for h in explorer.hits] == ['summary']")
    assert notebook.python("explorer.filters") == {"field": "kind", "operator": "==", "value": "summary"}
    first.locator(".kb-chip", has_text="kind is summary").wait_for()
    first.locator(".kb-facet button[aria-pressed=true]", has_text="summary").wait_for()
    first.locator(".kb-facet button", has_text="chunk").click()  # either of them
    notebook.until("len(explorer.hits) == 4")
    hits(first, 4)
    first.locator(".kb-chip", has_text="kind is summary").click()  # a chip for each value
    notebook.until("[h.kind for h in explorer.hits] == ['chunk'] * 3")
    first.locator(".kb-facet button", has_text="summary").click()
    notebook.until("len(explorer.hits) == 4")
    first.locator(".kb-chips button", has_text="Clear all").click()
    notebook.until("explorer.filters is None")

    hits(first, 4).nth(1).click()
    first.locator(".kb-pane .kb-document").wait_for()
    notebook.until("explorer.selected is not None")
    assert notebook.python("explorer.selection['id'].tolist()") == notebook.python("[explorer.hits[1].id]")
    assert notebook.python("(other.query, len(other.hits), other.selected)") == (
        "",
        0,
        None,
    )  # the neighbour heard nothing
    assert second.locator("input").input_value() == "" and second.locator(".kb-pane").is_hidden()

    notebook.run("explorer.ask('cycles')")  # the hit is shown where it stands
    first.locator(".kb-list > li:first-child mark", has_text="Cycles").wait_for()
    hits(first, 4).first.click()
    body = first.locator(".kb-document")
    body.wait_for()
    span = body.locator(".kb-span")
    assert span.text_content() == notebook.python("explorer.hits[0].text.strip()")
    begin, end = notebook.python("(explorer.hits[0].start - 300, explorer.hits[0].end + 300)")
    assert body.locator(".kb-around").text_content() == notebook.python(f"TEXT[{begin}:{end}].strip()")
    inside = page.evaluate(
        "([a, b]) => { const p = a.getBoundingClientRect(), q = b.getBoundingClientRect(); return p.top <= q.top && q.bottom <= p.bottom }",
        [body.element_handle(), span.element_handle()],
    )
    assert inside
    body.locator(".kb-end-before", has_text=f"Show what stands before ({begin} characters)").wait_for()
    notebook.run("explorer.open_hit([h.kind for h in explorer.hits].index('summary'))")  # the same action from Python
    first.locator(".kb-apart", has_text="How garbage is found").wait_for()
    notebook.run("explorer.ask('weakly')")
    first.locator(".kb-list mark", has_text="weakly").wait_for()
    assert first.locator("input").input_value() == "weakly" and first.locator(".kb-pane").is_hidden()
    notebook.healthy()


def test_keys_are_the_widgets_own(open_notebook):
    notebook = open_notebook("keys", SEARCH, ONE, "'a cell to lose'")
    page, explorer = notebook.page, widget(notebook)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    before = notebook.cells()
    hits(explorer, 4)
    explorer.locator(".kb-list").focus()

    def active():
        return explorer.locator(".kb-list").evaluate(
            "l => [...l.children].findIndex(o => o.id === l.getAttribute('aria-activedescendant'))"
        )

    for key, place in [
        ("j", 1),
        ("j", 2),
        ("k", 1),
        ("ArrowDown", 2),
        ("ArrowUp", 1),
        ("End", 3),
        ("j", 3),
        ("Home", 0),
        ("k", 0),
        ("j", 1),
    ]:
        page.keyboard.press(key)
        assert active() == place, key
    assert explorer.locator("[role=option][aria-selected=true]").count() == 1
    page.keyboard.press("o")
    notebook.until("explorer.selected is explorer.hits[1]")
    explorer.locator(".kb-document").wait_for()
    page.keyboard.press("j")  # what is open moves along
    notebook.until("explorer.selected is explorer.hits[2]")
    page.keyboard.press("c")
    explorer.locator(".kb-status", has_text="Citation copied").wait_for()
    hit = notebook.python(
        "(explorer.hits[2].title, explorer.hits[2].place, explorer.hits[2].start, explorer.hits[2].end, explorer.hits[2].text)"
    )
    assert (
        page.evaluate("() => navigator.clipboard.readText()") == f"{hit[0]}, {hit[1]} [{hit[2]}:{hit[3]}]: “{hit[4]}”"
    )
    page.keyboard.press("Escape")
    notebook.until("explorer.selected is None")
    for key in "ddxabzcvyAMh0":  # each of them does something to a notebook in command mode
        page.keyboard.press(key)
    page.keyboard.press("Shift+Enter")
    assert notebook.cells() == before and explorer.locator(".kb-list").evaluate("l => l === document.activeElement")
    page.keyboard.press("/")
    assert explorer.locator("input").evaluate("i => i === document.activeElement")
    page.keyboard.type("weakly")
    notebook.until("explorer.query == 'weakly'")
    explorer.locator(".kb-list mark", has_text="weakly").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    notebook.until("explorer.selected is explorer.hits[1]")
    assert notebook.cells() == before
    notebook.healthy()


def test_errors_bursts_and_running_again(open_notebook, lab):
    notebook = open_notebook("errors", SEARCH, ONE)
    page, explorer = notebook.page, widget(notebook)
    hits(explorer, 4)
    explorer.locator("input").fill("boom")
    explorer.locator(".kb-failed").wait_for()
    assert explorer.locator(".kb-status").text_content() == "RuntimeError: the store is closed: <b>open</b> it"
    assert notebook.python("explorer.error") == "RuntimeError: the store is closed: <b>open</b> it"
    assert (
        explorer.locator(".kb-list > li").count() == 0 and explorer.locator(".kb-facets").is_hidden()
    )  # nothing old under a new query
    explorer.locator("input").fill("cycles")
    explorer.locator(".kb-facet button", has_text="summary").click()
    explorer.locator(".kb-chip", has_text="kind is summary").wait_for()
    explorer.locator(".kb-facet button", has_text="2023").click()  # no summary is of that year
    explorer.locator(".kb-empty", has_text="Nothing found under these filters").wait_for()
    explorer.locator(".kb-facet button[aria-pressed=true]", has_text="2023").click()  # the way out is still there
    notebook.until("[h.kind for h in explorer.hits] == ['summary']")
    explorer.locator(".kb-chip").click()
    hits(explorer, 4)
    notebook.run("""
import pathlib, time
def slow(query, **options):  # the first search lasts until the typing is over
    while not pathlib.Path("typed").exists(): time.sleep(.02)
    return search(query, **options)
explorer._search = slow
asked.clear()
""")
    for end in range(3, 15):
        explorer.locator("input").fill("cycles keep each"[:end])
        page.wait_for_timeout(130)
    (lab.root / "typed").touch()
    notebook.until("explorer.query == 'cycles keep ea'")
    explorer.locator(".kb-list mark", has_text="Cycles keep ea").wait_for()
    assert (
        notebook.python("len([query for query, top_k in asked if top_k == 10])") < 4
    )  # what was typed over meanwhile is skipped
    assert explorer.locator("input").input_value() == "cycles keep ea"

    notebook.command("notebook:run-all-cells")  # the cell again: a new widget in the place of the old one
    page.wait_for_function("() => document.querySelectorAll('.kb-search').length === 1")
    again = widget(notebook)
    hits(again, 4)
    again.locator("input").fill("weakly")
    notebook.until("explorer.query == 'weakly' and not explorer.error")
    notebook.run("second = SearchExplorer(search); second.ask('cycles')")
    assert again.locator("input").input_value() == "weakly"
    notebook.healthy()


RULES = picture("", "").partition("<div")[0]  # that hide the picture beside a live view
HOSTILE = r"""
from kbase.nodes import Node
from kbase.hits import Hit, Hits, Part
from kbase.widgets.search import SearchExplorer

EVIL = [
    "<script>alert('script'); fetch('/canary/script')</script>",
    "<img src='/canary/img' onerror=\"alert('img')\">",
    "<a href=\"javascript:alert('link')\">click</a> javascript:alert(1)",
    "<style>* { display: none !important; background: url(/canary/style) }</style>",
    "<form action='/canary/form'><input name='attributes'><button>send</button></form>",
    "<button data-commandlinker-command='notebook:delete-cell' data-commandlinker-args='{}'>go on</button>",
    "<div id='jp-main-content-panel' name='jupyterapp'>clobbered</div>",
    "<svg onload=\"alert('svg')\"></svg><iframe src='/canary/frame'></iframe> ${alert(1)} {{7*7}}",
]

def search(query, top_k=10, mode="hybrid", filters=None, group_by="document"):
    parts = {"bm25": Part(1.0, 1, 1.0, EVIL[1]), EVIL[0]: Part(1.0, 1, .5, EVIL[1])}
    meta = [{evil[:40]: f"{i % 2}{evil[:50]}", "constructor": ["__proto__", "x"][i % 2]} for i, evil in enumerate(EVIL)]
    nodes = [Node(evil, "chunk", 0, len(evil), evil, evil, evil, (evil,), language=evil[:60], meta=meta[i], id=f"{i}") for i, evil in enumerate(EVIL)]
    return Hits([Hit(node, 1.0, parts, ((0, 5),)) for node in nodes], query, mode, [EVIL[1]])

def context(hit): return {"text": hit.text * 3, "start": len(hit.text), "end": 2 * len(hit.text)}
explorer = SearchExplorer(search, context, EVIL[0])
explorer
"""


def test_hostile_text_is_text(open_notebook):
    notebook = open_notebook("hostile", HOSTILE)
    page, explorer = notebook.page, widget(notebook)
    evil = notebook.python("EVIL")
    hits(explorer, 8)
    for i, option in enumerate(explorer.locator(".kb-list > li").all()):
        assert option.locator(".kb-text").text_content() == evil[i]
        assert option.locator(".kb-title").text_content() == evil[i]
    explorer.locator(".kb-facet button", has_text="__proto__").first.click()
    explorer.locator(".kb-chip", has_text="constructor is __proto__").wait_for()
    for i, text in enumerate(evil):
        hits(explorer, 8).nth(i).click()
        notebook.until(f"explorer.opened.get('index') == {i}")
        page.wait_for_function("text => document.querySelector('.kb-span')?.textContent === text", arg=text)
        assert explorer.locator(".kb-around").text_content() == text * 3
    notebook.run("explorer.ask(EVIL[3] + EVIL[1])")
    page.wait_for_function("text => document.querySelector('.kb-input').value === text", arg=evil[3] + evil[1])
    explorer.locator(".kb-list > li").first.wait_for()
    found = page.evaluate("""() => { const root = document.querySelector('.kb-search'); return {
        bad: root.querySelectorAll('script, img, a, style, form, iframe, svg, [onerror], [onload], [href], [src], [data-commandlinker-command]').length,
        ids: [...root.querySelectorAll('[id]')].map(e => e.id), names: root.querySelectorAll('[name]').length,
        attributes: [...root.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.value)).filter(v => /[<>]|canary|alert/.test(v)) }}""")
    assert found["bad"] == 0 and found["names"] == 0 and found["attributes"] == []
    assert all(name.startswith("kb-") for name in found["ids"])
    # what the notebook keeps for readers without a kernel
    outputs = page.evaluate("() => window.jupyterapp.shell.currentWidget.model.toJSON().cells[0].outputs.map(o => o.data)")
    saved = "".join(outputs[0]["text/html"]).replace(RULES, "")
    for rules in re.findall(r"<style>(.*?)</style>", saved, re.S):  # of the package, which a document cannot change
        saved = saved.replace(f"<style>{rules}</style>", "") if rules.strip() == static_text("results.css").strip() else saved
    assert list(outputs[1]) == ["application/vnd.jupyter.widget-view+json"] and "&lt;script&gt;" in saved
    assert not [
        tag
        for tag in ("<script", "<img", "<a ", "<style", "<form", "<button", "<svg", "<iframe", "<div id")
        if tag in saved
    ]
    assert len(notebook.cells()) == 1 and not [url for url in notebook.requests if "canary" in url]
    notebook.healthy()


CONTRAST = """root => {
  const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = color => { context.clearRect(0, 0, 1, 1); context.fillStyle = color; context.fillRect(0, 0, 1, 1); return [...context.getImageData(0, 0, 1, 1).data]; };
  const over = (top, under) => { const a = top[3] / 255; return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a)).concat(255); };
  const light = color => color.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ground = node => { const layers = []; for (let n = node; n; n = n.parentElement) layers.unshift(rgba(getComputedStyle(n).backgroundColor));
    return layers.reduce((under, top) => over(top, under), [255, 255, 255, 255]); };
  const poor = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest('.kb-hide')) continue;
    const back = ground(node), front = over(rgba(getComputedStyle(node).color), back), [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""


def test_themes_and_widths(open_notebook, theme):
    notebook = open_notebook("themes", SEARCH, ONE)
    page, explorer = notebook.page, widget(notebook)
    notebook.command("apputils:change-theme", theme=theme)
    page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))
    explorer.locator(".kb-facet button", has_text="de").click()
    explorer.locator(".kb-chip").wait_for()
    hits(explorer, 1).first.click()
    explorer.locator(".kb-document").wait_for()
    assert explorer.evaluate(CONTRAST) == []
    for width in (1200, 760, 400):
        page.set_viewport_size({"width": width, "height": 1000})
        explorer.evaluate(
            "(e, width) => { e.style.width = `${Math.min(width, e.parentElement.clientWidth)}px` }", width - 60
        )
        page.wait_for_timeout(50)
        wider = explorer.evaluate("""e => [...e.querySelectorAll('*')].filter(n => !n.closest('.kb-hide') && n.getBoundingClientRect().right > e.getBoundingClientRect().right + 1)
                                     .map(n => n.className)""")
        assert wider == [], width
    assert (
        explorer.locator(".kb-document").is_visible() and explorer.locator(".kb-list").is_hidden()
    )  # narrow: one at a time
    explorer.locator(".kb-pane button", has_text="Close").click()
    explorer.locator(".kb-list").wait_for()
    notebook.healthy()
