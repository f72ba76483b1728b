"The ask explorer in JupyterLab."

import re

import pytest
from browser.test_search import CONTRAST, RULES

from kbase.widgets.base import static_text

pytestmark = pytest.mark.browser

ASK = """
from kbase.hits import Hit, Hits, Part
from kbase.nodes import Node
from kbase.querying.plan import Plan, QueryPart
from kbase.results import Answer, Citation
from kbase.strength import strength_of
from kbase.widgets.ask import AskExplorer

TEXT = ("Counting finds most garbage. " * 40 + "Cycles keep each other alive 😀 and a second pass breaks them. " + "Weak references keep nothing alive. " * 40)
CYCLES = "Cycles keep each other alive 😀 and a second pass breaks them."
WEAK = "Weak references keep nothing alive."
asked = []

def cite(quote, start=None):
    start = TEXT.index(quote) if start is None else start
    return Citation("gc", "manual/gc.md", "Garbage collection", start, start + len(quote), quote, 4, ("Memory",), TEXT[max(0, start - 90):start + len(quote) + 90], max(0, start - 90))

def near(quote):
    start, part = TEXT.index(quote), Part(1.0, 1, 1.0, "words")
    return Hit(Node("gc", "chunk", start, start + len(quote), quote, "Garbage collection", "manual/gc.md"), 1.0, {"bm25": part}, ((0, 6),), 1.0)

def ask(question, route=None, filters=None, auto_filters=None, plan=None, top_k=None, history=(), stream=None):
    asked.append({"question": question, "route": route, "filters": filters, "plan": plan, "top_k": top_k, "history": len(history)})
    if question == "boom": raise RuntimeError("the store is closed: <b>open</b> it")
    year = {"field": "meta.year", "operator": "==", "value": 2024}
    read = year if "2024" in question and auto_filters is not False and plan is None else None
    parts = tuple(QueryPart(one["query"], one["filters"], label=one["label"]) for one in plan["parts"]) if plan else (QueryPart("cycles", read, label="cycles"), QueryPart("weak references", read, label="weak references")) if "compare" in question.lower() else (QueryPart(question, read),)
    trace = {"plan": Plan(question, route or ("comparison" if len(parts) > 1 else "fact"), parts, "rules", .9, ("worded so",)).to_dict()}
    if stream:
        for word in ("Cycles ", "are ", "<i>broken</i>"): stream(word)
    if "mongolia" in question.lower():
        return Answer(question, "", "fact", refused=True, reason="“mongolia” is in none of your 4 documents", evidence=Hits([near(CYCLES), near(WEAK)]), strength=strength_of(.2, numbers="support 0.20"), trace=trace)
    if len(parts) > 1:
        own = [Answer(part.query, quote, "fact", (cite(quote),), strength=strength_of(.95)) for part, quote in zip(parts, (CYCLES, WEAK))]
        return Answer(question, f"| | what |\\n|---|---|\\n| cycles | {CYCLES} [1] |\\n| weak | {WEAK} [2] |", "comparison", (cite(CYCLES), cite(WEAK)), strength=strength_of(.9), trace={**trace, "parts": []})
    return Answer(question, f"{CYCLES} [1]\\n\\nThey are **moved**. [2]", route or "fact", (cite(CYCLES), cite("Moved away.", 3)), strength=strength_of(.95, numbers="support 0.95"), trace=trace,
                  unsupported=("Nobody says this.",), notes=("only where year is 2024",) if read else ())

def context(hit, before=300, after=300):
    start, end = max(0, hit.start - before), min(len(TEXT), hit.end + after)
    return {"text": TEXT[start:end], "start": hit.start - start, "end": hit.end - start, "before": start, "after": len(TEXT) - end}
"""
ONE = "explorer = AskExplorer(ask, context, {'fact': 'a detail', 'list': 'documents', 'comparison': 'two things'})\nexplorer"


def widget(notebook, n=0):
    "One of the explorers in the notebook."
    found = notebook.page.locator(".kb-ask").nth(n)
    found.wait_for()
    return found


def test_a_conversation(open_notebook):
    notebook = open_notebook("talk", ASK, ONE)
    page, explorer = notebook.page, widget(notebook)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.locator(".kb-empty th", has_text="comparison").wait_for()
    explorer.locator(".kb-bar input").click()
    page.keyboard.type("What breaks cycles?")
    notebook.until("True")
    assert notebook.python("len(explorer.answers)") == 0  # nothing is asked while somebody types
    page.keyboard.press("Enter")
    explorer.locator(".kb-turn h3", has_text="What breaks cycles?").wait_for()
    assert explorer.locator(".kb-bar input").input_value() == ""
    assert explorer.locator(".kb-state b").text_content() == "Well supported"
    first, second = explorer.locator(".kb-claim").all()
    assert first.text_content() == notebook.python("CYCLES + ' '") and second.locator("strong").text_content() == "moved"
    assert "kb-unchecked" not in (first.get_attribute("class") or "") and "kb-unchecked" in second.get_attribute("class")
    explorer.locator(".kb-sources li", has_text="not found in the document word for word").wait_for()
    explorer.locator(".kb-unchecked", has_text="No source says this: Nobody says this.").wait_for()

    explorer.locator(".kb-cite").first.click()
    span = explorer.locator(".kb-document .kb-span")
    span.wait_for()
    assert span.text_content() == notebook.python("CYCLES")  # exactly the cited characters, behind an emoji
    assert notebook.python("explorer.selection['text'].tolist() == [CYCLES]")
    body = explorer.locator(".kb-document").bounding_box()
    box = span.bounding_box()
    assert body["y"] <= box["y"] and box["y"] + box["height"] <= body["y"] + body["height"]
    assert explorer.locator(".kb-sources li[data-on] .kb-number").text_content() == "1"
    explorer.locator(".kb-moves", has_text="1 of 2").wait_for()
    explorer.locator(".kb-claim").nth(1).click()
    notebook.until("explorer.opened['index'] == 1")
    explorer.locator(".kb-note", has_text="reads differently").wait_for()

    explorer.locator(".kb-bar input").fill("and Mongolia?")
    explorer.locator(".kb-go", has_text="Ask").first.click()
    explorer.locator(".kb-refusal", has_text="“mongolia” is in none of your 4 documents").wait_for()
    assert notebook.python("asked[-1]['history']") == 1
    explorer.locator(".kb-near .kb-source").nth(1).click()
    notebook.until("explorer.opened['near'] and explorer.selected.text == WEAK")
    explorer.locator(".kb-earlier summary", has_text="What breaks cycles?").click()
    explorer.locator(".kb-earlier .kb-cite").first.click()
    notebook.until("explorer.selected.text == CYCLES and explorer.opened['turn'] == 0")
    explorer.locator(".kb-actions button", has_text="Copy as Python").first.click()
    explorer.locator(".kb-status", has_text="Python copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == "kb.ask('and Mongolia?')"
    explorer.locator(".kb-earlier .kb-actions button", has_text="Copy with sources").click()
    explorer.locator(".kb-status", has_text="Answer copied").wait_for()
    assert "1. **Garbage collection** (Memory · page 4" in page.evaluate("() => navigator.clipboard.readText()")
    for name, ending in (("Markdown", "md"), ("HTML", "html"), ("BibTeX", "bib")):
        with page.expect_download() as download:
            explorer.locator(".kb-take button", has_text=name).click()
        assert download.value.suggested_filename == f"answers.{ending}"
    notebook.run("explorer.ask('asked in Python', route='list')")
    explorer.locator(".kb-turn h3", has_text="asked in Python").wait_for()
    explorer.locator("button", has_text="New conversation").click()
    explorer.locator(".kb-empty").wait_for()
    assert notebook.python("explorer.answers") == []
    notebook.healthy()


def test_the_plan_is_shown_and_changed(open_notebook):
    notebook = open_notebook("plans", ASK, ONE)
    explorer = widget(notebook)
    box = explorer.locator(".kb-bar input")
    box.fill("Compare cycles and weak references since 2024")
    box.press("Enter")
    explorer.locator(".kb-plan .kb-chip", has_text="weak references").wait_for()
    assert explorer.locator(".kb-answer td .kb-claim").count() == 2
    explorer.locator(".kb-plan button.kb-chip", has_text="year is 2024").click()
    notebook.until("len(explorer.answers) == 2")
    assert notebook.python("[part['filters'] for part in asked[-1]['plan']['parts']]") == [None, None]
    page = notebook.page
    page.wait_for_function("() => document.querySelectorAll('.kb-plan button.kb-chip').length === 0")
    explorer.locator(".kb-plan summary", has_text="edit").first.click()
    explorer.locator(".kb-edit input").nth(1).fill("soft references")
    explorer.locator(".kb-edit input").nth(1).press("Enter")
    notebook.until("len(explorer.answers) == 3 and asked[-1]['plan']['parts'][1]['query'] == 'soft references'")
    explorer.locator(".kb-plan .kb-chip", has_text="soft references").first.wait_for()
    explorer.locator(".kb-pick").first.select_option("list")
    notebook.until("asked[-1]['route'] == 'list' and asked[-1]['plan'] is None")
    explorer.locator(".kb-pick").nth(1).select_option("15")
    notebook.until("asked[-1]['top_k'] == 15")
    notebook.run("explorer.filters = {'field': 'language', 'operator': '==', 'value': 'en'}")
    explorer.locator(".kb-chips .kb-chip", has_text="language is en").click()
    notebook.until("explorer.filters is None")
    notebook.healthy()


def test_by_keyboard_alone(open_notebook):
    notebook = open_notebook("keyboard", ASK, ONE, "'a cell to lose'")
    page, explorer = notebook.page, widget(notebook)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    before = notebook.cells()
    explorer.locator(".kb-bar input").focus()
    page.keyboard.type("What breaks cycles?")
    page.keyboard.press("Enter")
    explorer.locator(".kb-turn").wait_for()
    for _ in range(12):  # to the first mark in the text
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.className === 'kb-cite'"):
            break
    page.keyboard.press("Enter")
    notebook.until("explorer.selected is not None")
    explorer.locator(".kb-document").wait_for()
    page.keyboard.press("n")
    notebook.until("explorer.opened['index'] == 1")
    page.keyboard.press("p")
    notebook.until("explorer.opened['index'] == 0")
    page.keyboard.press("c")
    explorer.locator(".kb-status", has_text="Citation copied").wait_for()
    page.keyboard.press("2")
    notebook.until("explorer.opened['index'] == 1")
    for key in "ddxabzvyAM0":  # each of them does something to a notebook in command mode
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    notebook.until("explorer.selected is None")
    page.keyboard.press("/")
    page.keyboard.press("ArrowUp")
    assert explorer.locator(".kb-bar input").input_value() == "What breaks cycles?"
    page.keyboard.press("End")
    page.keyboard.type(" again")
    page.keyboard.press("Enter")
    notebook.until("explorer.query == 'What breaks cycles? again'")
    assert notebook.cells() == before
    notebook.healthy()


def test_errors_and_words_that_are_being_written(open_notebook):
    notebook = open_notebook("written", ASK, ONE)
    page, explorer = notebook.page, widget(notebook)
    box = explorer.locator(".kb-bar input")
    box.fill("boom")
    box.press("Enter")
    explorer.locator(".kb-failed", has_text="RuntimeError: the store is closed: <b>open</b> it").wait_for()
    assert box.input_value() == "boom"  # to be asked again
    notebook.run("""
import pathlib, time
def slow(question, stream=None):
    answer = ask(question, stream=stream)
    while not pathlib.Path("go").exists(): time.sleep(.02)
    return answer
explorer._ask, explorer._takes = slow, ("stream",)
""")
    box.fill("What breaks cycles?")
    box.press("Enter")
    written = explorer.locator(".kb-written-now")
    written.locator(".kb-unchecked", has_text="Cycles are <i>broken</i>").wait_for()
    assert "not checked yet" in written.text_content()
    page.evaluate("async () => { await window.jupyterapp.serviceManager.contents.save('go', {type: 'file', format: 'text', content: ''}) }")
    explorer.locator(".kb-turn").wait_for()
    assert written.is_hidden()
    notebook.healthy()


EVIL = r"""
from kbase.hits import Hits
from kbase.querying.plan import Plan, QueryPart
from kbase.results import Answer, Citation
from kbase.strength import Strength
from kbase.widgets.answers import cited_hit
from kbase.widgets.ask import AskExplorer

EVIL = [
    "<script>alert('script'); fetch('/canary/script')</script>",
    "<img src='/canary/img' onerror=\"alert('img')\">",
    "<a href=\"javascript:alert('link')\">click</a> [md](javascript:alert(2)) ![pic](/canary/md)",
    "<style>* { display: none !important; background: url(/canary/style) }</style>",
    "<form action='/canary/form'><input name='attributes'><button>send</button></form>",
    "<button data-commandlinker-command='notebook:delete-cell' data-commandlinker-args='{}'>go on</button>",
    "<div id='jp-main-content-panel' name='jupyterapp'>clobbered</div>",
    "<svg onload=\"alert('svg')\"></svg><iframe src='/canary/frame'></iframe> ${alert(1)} {{7*7}} <http://example.org/canary>",
]

def ask(question, route=None, filters=None, plan=None, stream=None):
    if stream: stream(EVIL[0])
    evil = EVIL[len(explorer.answers) % 8] if "explorer" in globals() else EVIL[0]
    cited = tuple(Citation(one, one, one, 0, len(one), one, None, (one,), one) for one in EVIL)
    condition = {"field": evil, "operator": "==", "value": evil}
    trace = {"plan": Plan(question, evil[:30], (QueryPart(evil, condition, label=evil), QueryPart(evil, label=evil)), "rules", 1.0, (evil,)).to_dict()}
    if "refuse" in question:
        return Answer(question, "", evil, refused=True, reason=evil, evidence=Hits(map(cited_hit, cited)), strength=Strength("none", .1, evil, (evil,), evil), trace=trace, notes=(evil,))
    return Answer(question, "\n\n".join(f"{one} [{n}]" for n, one in enumerate(EVIL, 1)) + "\n\n```\n" + evil + "\n```", evil, cited, strength=Strength("strong", 1.0, evil, (), evil), trace=trace, notes=(evil,), unsupported=(evil,))

def context(hit, before=0, after=0): return {"text": hit.text * 3, "start": len(hit.text), "end": 2 * len(hit.text)}
explorer = AskExplorer(ask, context, {one: one for one in EVIL})
explorer
"""


def test_hostile_text_is_text(open_notebook):
    notebook = open_notebook("hostile_answers", EVIL)
    page, explorer = notebook.page, widget(notebook)
    evil = notebook.python("EVIL")
    for question in (evil[0], "refuse " + evil[1], evil[3]):
        box = explorer.locator(".kb-bar input")
        box.fill(question)
        box.press("Enter")
        explorer.locator(".kb-turn h3").first.filter(has_text=question).wait_for()
        if "refuse" in question:
            explorer.locator(".kb-near .kb-source").first.click()
            continue
        for number in range(1, 9):
            explorer.locator(".kb-turn .kb-source").nth(number - 1).click()
            notebook.until(f"explorer.opened.get('index') == {number - 1}")
            page.wait_for_function("text => document.querySelector('.kb-span')?.textContent === text", arg=evil[number - 1])
    explorer.locator(".kb-plan summary").first.click()
    for summary in explorer.locator(".kb-earlier > summary").all():
        summary.click()
    assert notebook.python("len(explorer.answers)") == 3
    found = page.evaluate("""() => { const root = document.querySelector('.kb-ask'); return {
        bad: root.querySelectorAll('script, img, a, style, form, iframe, svg, [onerror], [onload], [href], [src], [data-commandlinker-command]').length,
        ids: [...root.querySelectorAll('[id]')].map(e => e.id), names: root.querySelectorAll('[name]').length,
        attributes: [...root.querySelectorAll('*:not(option, .kb-plan)')].flatMap(e => [...e.attributes].map(a => a.value)).filter(v => /[<>]|canary|alert/.test(v)) }}""")
    assert found["bad"] == 0 and found["names"] == 0 and found["attributes"] == []
    assert all(name.startswith("kb-") for name in found["ids"])
    notebook.run("explorer.draw_picture()")
    page.wait_for_timeout(200)
    outputs = page.evaluate("() => window.jupyterapp.shell.currentWidget.model.toJSON().cells[0].outputs.map(o => o.data)")
    saved = "".join(outputs[0]["text/html"]).replace(RULES, "")
    for rules in re.findall(r"<style>(.*?)</style>", saved, re.S):  # of the package, which a document cannot change
        saved = saved.replace(f"<style>{rules}</style>", "") if rules.strip() == static_text("results.css").strip() else saved
    assert "&lt;script&gt;" in saved
    assert not [tag for tag in ("<script", "<img", "<form", "<button", "<svg", "<iframe", "<div id", "javascript:alert('link')\"") if tag in saved]
    assert len(notebook.cells()) == 1 and not [url for url in notebook.requests if "canary" in url]
    notebook.healthy()


def test_themes_widths_and_axe(open_notebook, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    notebook = open_notebook("ask_themes", ASK, ONE)
    page, explorer = notebook.page, widget(notebook)
    notebook.command("apputils:change-theme", theme=theme)
    page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))
    box = explorer.locator(".kb-bar input")
    for question in ("and Mongolia?", "Compare cycles and weak references since 2024", "What breaks cycles?"):
        box.fill(question)
        box.press("Enter")
        explorer.locator(".kb-turn h3", has_text=question).wait_for()
    explorer.locator(".kb-earlier > summary").nth(1).click()
    explorer.locator(".kb-cite").first.click()
    explorer.locator(".kb-document").wait_for()
    assert explorer.evaluate(CONTRAST) == []
    found = axe.Axe().run(page, context=".kb-ask").response["violations"]
    serious = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
    for width in (1200, 760, 400):
        page.set_viewport_size({"width": width, "height": 1000})
        explorer.evaluate("(e, width) => { e.style.width = `${Math.min(width, e.parentElement.clientWidth)}px` }", width - 60)
        page.wait_for_timeout(50)
        wider = explorer.evaluate("""e => [...e.querySelectorAll('*')].filter(n => !n.closest('.kb-hide') && n.getBoundingClientRect().right > e.getBoundingClientRect().right + 1)
                                     .map(n => n.className)""")
        assert wider == [], width
    assert explorer.locator(".kb-document").is_visible() and explorer.locator(".kb-talk").is_hidden()
    explorer.locator(".kb-pane button", has_text="Close").click()
    explorer.locator(".kb-talk").wait_for()
    notebook.healthy()
