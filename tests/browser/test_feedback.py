"Useful, or not: said of hits and answers with the mouse and by keyboard, kept in a file."

import pytest
from browser.plain import HOSTILE, Plain, looks

from kbase.feedback import Feedback
from kbase.hits import Hit, Hits, Part
from kbase.nodes import Node
from kbase.results import Answer, Citation
from kbase.strength import strength_of
from kbase.widgets.ask import AskExplorer
from kbase.widgets.search import SearchExplorer

pytestmark = pytest.mark.browser
TEXTS = ["The weir was rebuilt in 1954.", "The mill has three wheels of oak.", "A lock lets boats pass."]


def found(query, **options):
    parts = [Part(2.0 - i, i + 1, 1 - i / 4, "words") for i in range(len(TEXTS))]
    return Hits([Hit(Node(f"d{i}", "chunk", 0, len(text), text, f"Document {i}", f"d{i}.md"), part.contribution, {"bm25": part}, ((0, 3),), 1.0)
                 for i, (text, part) in enumerate(zip(TEXTS, parts, strict=True))], query)


def context(hit, before=0, after=0):
    return {"text": hit.text, "start": 0, "end": len(hit.text), "before": 0, "after": 0}


def answering(question):
    cited = tuple(Citation(f"d{i}", f"d{i}.md", f"Document {i}", 0, len(text), text) for i, text in enumerate(TEXTS[:2]))
    return Answer(question, f"{TEXTS[0]} [1]\n\n{TEXTS[1]} [2]", "fact", cited, strength=strength_of(0.9))


def rights(kept):
    return [(row["question"], row["what"], row.get("document", ""), row["right"]) for row in kept.judgements()]


def test_hits_are_judged(browser, tmp_path):
    kept = Feedback(tmp_path)
    plain = Plain(browser.new_page(), SearchExplorer(found, context, "mill", keeper=kept))
    option = plain.root.locator(".kb-list > li").nth(1)
    option.hover()
    option.locator(".kb-judge", has_text="Not useful").click()
    plain.until(lambda: rights(kept) == [("mill", "hit", "d1", -1)])
    assert plain.explorer.selected is None  # the click judged, and did not open
    plain.page.wait_for_function("() => document.querySelectorAll('.kb-judge[data-said]').length === 1")
    plain.root.locator(".kb-list").focus()
    plain.press("+")
    plain.until(lambda: rights(kept)[-1] == ("mill", "hit", "d0", 1))
    plain.press("j", "Enter")
    plain.root.locator(".kb-pane .kb-judge", has_text="Not useful").wait_for()
    plain.press("-")  # the same again takes it back
    plain.until(lambda: rights(kept) == [("mill", "hit", "d0", 1)])
    useful = plain.root.locator(".kb-pane .kb-judge", has_text="Useful").first
    useful.focus()
    plain.press("Enter")
    plain.until(lambda: rights(kept)[-1] == ("mill", "hit", "d1", 1))
    plain.page.wait_for_function("() => document.activeElement.matches('.kb-pane .kb-judge[aria-pressed=true]')")
    assert kept.gold()["qrels"] == {next(iter(kept.gold()["queries"])): {"d0": 1, "d1": 1}}
    assert [row["question"] for row in kept.questions()] == ["mill"]
    plain.safe()


def test_answers_and_their_sources_are_judged(browser, tmp_path):
    kept = Feedback(tmp_path)
    plain = Plain(browser.new_page(), AskExplorer(answering, context, query="When?", keeper=kept))
    plain.root.locator(".kb-actions .kb-judge", has_text="Useful").first.focus()
    plain.press("Enter")
    plain.until(lambda: rights(kept) == [("When?", "answer", "", 1)])
    plain.page.wait_for_function("() => document.activeElement.matches('.kb-actions [aria-pressed=true]')")
    plain.root.locator(".kb-source").nth(1).click()
    plain.root.locator(".kb-pane .kb-judge", has_text="Not useful").click()
    plain.until(lambda: rights(kept)[-1] == ("When?", "hit", "d1", -1))
    plain.root.locator(".kb-source").first.click()
    plain.page.wait_for_function("() => document.querySelectorAll('.kb-pane .kb-judge[aria-pressed=true]').length === 0")
    plain.safe()


def test_without_a_keeper_there_are_no_buttons(browser):
    plain = Plain(browser.new_page(), SearchExplorer(found, context, "mill"))
    plain.root.locator(".kb-list").focus()
    plain.press("+", "Enter")
    plain.root.locator(".kb-document").wait_for()
    assert plain.root.locator(".kb-judge").count() == 0 and not plain.explorer.error
    plain.safe()


def test_a_judgement_that_cannot_be_kept_is_said(browser, tmp_path):
    (tmp_path / "file").write_text("")
    plain = Plain(browser.new_page(), SearchExplorer(found, context, HOSTILE[0], keeper=Feedback(tmp_path / "file" / "below")))
    plain.root.locator(".kb-list").focus()
    plain.press("+")
    plain.root.locator(".kb-failed").wait_for()
    assert plain.root.locator(".kb-judge[data-said]").count() == 0
    plain.safe()


def test_looks_of_judging(browser, tmp_path):
    kept = Feedback(tmp_path)
    explorer = SearchExplorer(found, context, "mill", keeper=kept)
    explorer.judge_hit(1, 1)
    looks(browser.new_page, explorer, "judged_hits")
    asking = AskExplorer(answering, context, query="When?", keeper=kept)
    asking.judge_answer(1)
    looks(browser.new_page, asking, "judged_answers")
