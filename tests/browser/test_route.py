"The route explorer in JupyterLab, over a Haystack pipeline of a user's own."

import pytest
from browser.test_search import CONTRAST

pytestmark = pytest.mark.browser

PIPE = """
from haystack import Pipeline, component
from haystack.components.builders import PromptBuilder
from haystack.components.routers import ConditionalRouter
from kbase.exploring import explore_pipeline

@component
class Count:
    @component.output_types(words=int)
    def run(self, question: str):
        if question == "boom": raise RuntimeError("no words: <b>none</b>")
        return {"words": len(question.split())}

EVIL = ["<script>alert('script'); fetch('/canary/script')</script>", "<img src='/canary/img' onerror=\\"alert('img')\\">", "x' onload=alert(1) <svg onload=alert(2)>"]
rows = [{"condition": "{{ words > 3 }}", "output": "{{ words }}", "output_name": "long", "output_type": int},
        {"condition": "{{ True }}", "output": "{{ words }}", "output_name": "short", "output_type": int}]
pipe = Pipeline()
pipe.add_component("count", Count())
pipe.add_component("router", ConditionalRouter(rows))
pipe.connect("count.words", "router.words")
for name in ("long", "short"):
    pipe.add_component(f"tell_{name}", PromptBuilder(f"A {name} question of {{{{ words }}}} words", required_variables="*"))
    pipe.connect(f"router.{name}", f"tell_{name}.words")
"""
ONE = "explorer = explore_pipeline(pipe, {'count': {'question': 'Why?'}})\nexplorer"


def widget(notebook):
    found = notebook.page.locator(".kb-route-explorer")
    found.wait_for()
    return found


def test_a_pipeline_is_run_and_looked_into(open_notebook):
    notebook = open_notebook("route", PIPE, ONE, "'a cell to lose'")
    page, explorer = notebook.page, widget(notebook)
    before = notebook.cells()
    explorer.locator(".kb-ran-now").nth(2).wait_for()
    ran = [box.get_attribute("aria-label") for box in explorer.locator(".kb-ran-now").all()]
    assert ran == ["count, ran", "router, ran", "tell_short, ran"]
    assert explorer.locator(".kb-wire.kb-now").count() == 2
    explorer.locator(".kb-box", has_text="router").click()
    notebook.until("explorer.chosen == 'router'")
    explorer.locator(".kb-taken", has_text="short if True").wait_for()
    assert explorer.locator(".kb-conditions li").first.text_content() == "– long if words > 3words was 1"
    explorer.locator("input").fill("Why does a pipeline branch?")
    explorer.locator("input").press("Enter")
    explorer.locator(".kb-differences", has_text="differences from the run before").wait_for()
    assert explorer.locator(".kb-ran-before").get_attribute("aria-label") == "tell_short, ran before, not now"
    explorer.locator(".kb-differences summary").click()
    explorer.locator(".kb-differences tr", has_text="tell_long").locator("td", has_text="did not run").wait_for()
    explorer.locator(".kb-steps .kb-link", has_text="tell_long").focus()
    page.keyboard.press("Enter")
    notebook.until("explorer.chosen == 'tell_long'")
    page.keyboard.press("k")
    notebook.until("explorer.chosen == 'router'")
    explorer.locator(".kb-box").first.focus()
    page.keyboard.press("Enter")
    notebook.until("explorer.chosen == 'count'")
    for key in "ddxabzcvyAM0":  # each of them does something to a notebook in command mode
        page.keyboard.press(key)
    explorer.locator(".kb-detail summary", has_text="question").click()
    assert explorer.locator(".kb-detail pre").first.text_content() == "Why does a pipeline branch?"
    with page.expect_download() as download:
        explorer.locator("button", has_text="Save as JSON").click()
    assert download.value.suggested_filename == "run.json"
    explorer.locator("input").fill("boom")
    explorer.locator("input").press("Enter")
    explorer.locator(".kb-status", has_text="no words: <b>none</b>").wait_for()
    explorer.locator(".kb-ran-failed").wait_for()
    notebook.run("explorer.run(**{'count.question': 'from Python'})")
    page.wait_for_function("() => document.querySelector('.kb-route-explorer input').value === 'from Python'")
    assert notebook.cells() == before
    notebook.healthy()


HOSTILE = """
from haystack.components.joiners import BranchJoiner
pipe = Pipeline()
for evil in EVIL: pipe.add_component(evil, PromptBuilder(EVIL[1] + "{{ text }}", required_variables="*"))
pipe.connect(f"{EVIL[0]}.prompt", f"{EVIL[1]}.text")
pipe.connect(f"{EVIL[1]}.prompt", f"{EVIL[2]}.text")
explorer = explore_pipeline(pipe, {EVIL[0]: {"text": EVIL[0]}})
explorer
"""


def test_hostile_names_and_values_are_text(open_notebook):
    notebook = open_notebook("hostile_route", PIPE, HOSTILE)
    page, explorer = notebook.page, widget(notebook)
    explorer.locator(".kb-ran-now").nth(2).wait_for()
    for i in range(3):
        explorer.locator(".kb-box").nth(i).click()
        notebook.until(f"explorer.chosen == explorer.results['graph']['boxes'][{i}]['name']")
    explorer.locator(".kb-detail summary").first.click()
    assert "<script>" in explorer.locator(".kb-detail pre").first.text_content()
    found = explorer.evaluate("""root => ({
        bad: root.querySelectorAll('script, img, a, style, form, iframe, [onerror], [onload], [href], [src], [data-commandlinker-command]').length,
        graphs: root.querySelectorAll('svg').length, names: root.querySelectorAll('[name]').length, ids: [...root.querySelectorAll('[id]')].length })""")
    assert found == {"bad": 0, "graphs": 1, "names": 0, "ids": 0}
    page.wait_for_timeout(200)
    assert not [url for url in notebook.requests if "canary" in url]
    notebook.healthy()


def test_themes_widths_and_axe(open_notebook, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    notebook = open_notebook("route_themes", PIPE, ONE + ".what_if(**{'count.question': 'Why does a pipeline branch?'})\nexplorer")
    page, explorer = notebook.page, widget(notebook)
    notebook.command("apputils:change-theme", theme=theme)
    page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=theme.endswith("Dark"))
    explorer.locator(".kb-box", has_text="router").click()
    explorer.locator(".kb-conditions").wait_for()
    explorer.locator(".kb-differences summary").click()
    assert explorer.evaluate(CONTRAST) == []
    found = axe.Axe().run(page, context=".kb-route-explorer").response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in ("serious", "critical")] == []
    for width in (1200, 760, 400):
        page.set_viewport_size({"width": width, "height": 1000})
        explorer.evaluate("(e, width) => { e.style.width = `${Math.min(width, e.parentElement.clientWidth)}px` }", width - 60)
        page.wait_for_timeout(50)
        wider = explorer.evaluate("""e => [...e.querySelectorAll('*')].filter(n => !n.closest('.kb-hide, .kb-graph, .kb-wide') && n.getBoundingClientRect().right > e.getBoundingClientRect().right + 1)
                                     .map(n => n.className)""")
        assert wider == [], width
    notebook.healthy()
