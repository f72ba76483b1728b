"Two evaluations of the same questions, in a plain page and in JupyterLab."

from types import SimpleNamespace

import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.feedback import feedback_of
from kbase.hits import Hit, Part
from kbase.nodes import Node
from kbase.quality.comparison import compare
from kbase.quality.scores import Scored, Scores
from kbase.widgets.evaluation import EvaluationExplorer, explore_evaluation

pytestmark = pytest.mark.browser


def evaluated(title, gains, texts=None):
    "Questions of which every so-many-th is answered."
    rows = []
    for i in range(60):
        text = texts[i % len(texts)] if texts else f"Which passage tells of number {i}?"
        good = i % gains != 0
        found = (f"{text} right", f"{text} other") if good else (f"{text} other", f"{text} third")
        rows.append(Scored(str(i), text, {"nDCG@10": 1.0 if good else 0.3, "hit@1": float(good)}, found, () if good else (f"{text} right",)))
    return Scores(rows, title)


def explorer_of(texts=None, asked=None):
    def way(name, gains):
        def run():
            if asked is not None:
                asked.append(name)
            return evaluated(name, gains, texts)

        return run

    return EvaluationExplorer({"words": way("words", 3), "meaning": way("meaning", 2), "both": way("both", 7)}, compare)


def test_a_question_shows_why_each_way_ranked_so(browser):
    def trace(way, question):
        texts = [question, HOSTILE[0]] if way == "both" else []
        return [Hit(Node(f"d{i}", "chunk", 0, len(text), text, text, f"{i}.md"), 1.2, {"bm25": Part(5.0, 1, 0.8, "80 %")}) for i, text in enumerate(texts)]

    explorer = EvaluationExplorer({"words": lambda: evaluated("words", 3), "both": lambda: evaluated("both", 7)}, compare, trace=trace, gold="**kb.feedback().gold()")
    plain = Plain(browser.new_page(), explorer)
    assert explorer.results["code"].startswith("sys.exit(kb.evaluate(**kb.feedback().gold()).exit_code(")
    plain.root.locator(".kb-list").focus()
    plain.press("Enter")
    plain.root.locator("summary", has_text="Why both ranked so").click()
    plain.root.locator(".kb-trace li", has_text=HOSTILE[0]).wait_for()
    plain.root.locator("summary", has_text="Why words ranked so").click()
    plain.root.locator(".kb-fold", has_text="It found nothing.").wait_for()
    plain.accessible()
    plain.picture("evaluation_traces")
    plain.safe()


def test_own_judgements_are_the_questions(tmp_path):
    class Base:
        def __init__(self):
            self.store, self.asked = SimpleNamespace(place=str(tmp_path)), []

        def evaluate(self, queries, qrels, title, **options):
            self.asked.append((queries, qrels, options))
            return evaluated(title, 3)

        def search(self, text, **options):
            return []

        def feedback(self):
            return feedback_of(self.store)

    kb = Base()
    with pytest.raises(ValueError, match=r"nothing was judged useful yet.*give your own"):
        explore_evaluation(kb)
    node = Node("d", "chunk", 0, 5, "weirs", "Weirs", "a.md")
    feedback_of(kb.store).judge_hit("What holds the water?", Hit(node, 1.0), 1)
    explorer = explore_evaluation(kb)
    explorer.open_question(0)
    assert list(kb.asked[0][0].values()) == ["What holds the water?"] and list(kb.asked[0][1].values()) == [{"d": 1}]
    assert "kb.feedback().gold()" in explorer.results["code"] and explorer.opened["traces"] == [[], []]


def texts(plain):
    return plain.root.locator("[role=option] .kb-name").all_text_contents()


def test_ways_are_compared_and_questions_opened(browser):
    asked = []
    plain = Plain(browser.new_page(), explorer_of(asked=asked))
    root, explorer = plain.root, plain.explorer
    assert asked == ["words", "both"] and root.locator(".kb-verdict").first.text_content() == "better"
    assert root.locator(".kb-balance").text_content() == "6 worse · 37 the same · 17 better"
    assert root.locator(".kb-change").first.text_content() == "−0.70"  # the greatest damage first
    root.locator("[aria-label=After]").select_option("meaning")
    plain.until(lambda: explorer.after == "meaning")
    assert asked == ["words", "both", "meaning"] and root.locator(".kb-verdict").first.text_content() != "better"
    root.locator("[aria-label=After]").select_option("both")
    plain.until(lambda: explorer.after == "both")
    assert len(asked) == 3  # nothing is evaluated twice
    root.locator("button", has_text="hit@1").click()
    plain.until(lambda: explorer.measure == "hit@1")
    root.locator(".kb-change", has_text="−1.00").first.wait_for()
    root.locator("button", has_text="Worse").click()
    plain.until(lambda: explorer.show == "worse")
    root.locator(".kb-status", has_text="6 of 60 questions").wait_for()
    assert len(explorer.selection) == 6 == len(texts(plain))
    root.locator("input").fill("number 7")
    plain.until(lambda: explorer.find == "number 7")
    root.locator("[role=option]").first.click()
    plain.until(lambda: explorer.opened.get("at") == 7)
    changes = root.locator(".kb-lists tbody tr").all_text_contents()
    assert changes[0].endswith("otherwas 2") and changes[-1].startswith("–") and changes[-1].endswith("gone, was 1")
    assert root.locator(".kb-missed").text_content().startswith("Missed with both:")
    plain.safe()
    plain.page.close()


def test_questions_by_keyboard_alone(browser):
    plain = Plain(browser.new_page(), explorer_of())
    explorer, page = plain.explorer, plain.page
    plain.press("Tab", "Tab", "Tab", "Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "nDCG@10"
    plain.press("Tab", "Enter")
    plain.until(lambda: explorer.measure == "hit@1")
    assert page.evaluate("() => document.activeElement.textContent") == "hit@1"
    plain.press("/")
    page.keyboard.type("number 1")
    plain.until(lambda: explorer.find == "number 1")
    plain.press("ArrowDown", "j", "Enter")
    plain.until(lambda: explorer.opened)
    plain.press("j")
    plain.until(lambda: explorer.opened["at"] == explorer.results["rows"][2]["at"])
    plain.press("Escape")
    plain.until(lambda: not explorer.opened)
    plain.safe()
    page.close()


def test_hostile_questions(browser):
    plain = Plain(browser.new_page(), explorer_of(list(HOSTILE)))
    assert sorted(set(texts(plain))) == sorted({text.replace("\ud83d", "\ufffd") for text in HOSTILE})
    plain.root.locator("[role=option]").first.click()
    plain.until(lambda: plain.explorer.opened)
    plain.safe()
    html = plain.explorer.to_html()
    assert "<script" not in html and "<img" not in html
    plain.page.close()


def test_its_looks(browser):
    explorer = explorer_of()
    explorer.open_question(explorer.results["rows"][0]["at"])
    looks(browser.new_page, explorer, "evaluation")


def test_in_jupyterlab(open_notebook, theme):
    make = "from browser.test_evaluation import explorer_of\nevaluation = explorer_of()\nevaluation"
    notebook = open_notebook("evaluation", f"import sys; sys.path.insert(0, {str(TESTS)!r})", make)
    notebook.command("apputils:change-theme", theme=theme)
    root = notebook.page.locator(".kb")
    root.locator("button", has_text="Worse").click()
    notebook.until("evaluation.show == 'worse'")
    root.locator("[role=option]").first.click()
    notebook.until("bool(evaluation.opened)")
    root.locator(".kb-lists").wait_for()
    notebook.run("evaluation.measure = 'hit@1'")
    root.locator("button[aria-pressed=true]", has_text="hit@1").wait_for()
    notebook.healthy()
