"The pairs of a tuning reviewed by keyboard, its curve, and what it changed; hostile texts; how it looks."

import pytest
from browser.plain import HOSTILE, Plain, looks

from kbase.widgets.tuning import TuningExplorer, explore_tuning

pytestmark = pytest.mark.browser


def tuning(texts=None, gained=True, pairs=40):
    def text(i, usual):
        return texts[i % len(texts)] if texts else usual

    rows = [{"id": str(i), "question": text(i, f"How was weir {i} built?"), "passage": text(i + 1, f"Weir {i} was built of oak, which lasts long under water. " * 3),
             "source": text(i + 2, ["title", "heading", "sentence"][i % 3]), "document": text(i + 3, f"Weirs of Oberau, part {i % 4}"),
             "negatives": [text(i + k, f"Mill {k} has a wheel of iron.") for k in range(3)], "kept": i % 10 != 9, "reason": "" if i % 10 != 9 else text(i, "no arm finds it again")}
            for i in range(pairs)]
    questions = [{"text": text(i, f"Which weir is number {i}?"), "before": 1.0, "after": [1.0, 0.63, 1.0, 0.5][i % 4] if i else 0.0, "right": [text(i, f"Weir {i}")],
                  "found_before": [text(i, f"Weir {i}"), "Mill"], "found_after": ["Mill", text(i, f"Weir {i}")]} for i in range(20)]
    changes = [{"measure": "nDCG@10", "before": 0.8, "after": 0.84, "mean": 0.04, "low": 0.01, "high": 0.07, "better": 12, "worse": 4, "same": 4, "words": "better"}]
    curve = [{"step": 25 * i, "loss": 0.9 / (i + 1) if i else None, "score": 0.8 + 0.02 * i - 0.003 * i * i} for i in range(7)]
    return {"name": text(0, "v3"), "base": text(1, "all-MiniLM-L6-v2"), "measure": "nDCG@10", "pairs": rows, "questions": questions, "changes": changes, "curve": curve,
            "gained": gained, "promoted": False, "verdict": text(2, "Better on held-out documents" if gained else "Nothing gained: not promoted"), "notes": []}


def test_pairs_are_reviewed_by_keyboard(browser):
    trained, done = [], []

    def again(review):
        trained.append(review.pairs)
        assert len(review.left_out) == 40 - len(review.pairs) and review.struck == {"3": ["Mill 0 has a wheel of iron."]}
        return {**tuning(pairs=len(review.pairs)), "name": "v4"}

    plain = Plain(browser.new_page(), TuningExplorer(tuning(), again, lambda: done.append("promoted"), lambda: done.append("back")))
    explorer, root = plain.explorer, plain.root
    root.locator(".kb-list").focus()
    plain.press("x", "y", "x")  # each goes on to the next
    plain.until(lambda: [explorer.kept(i) for i in range(4)] == [False, True, False, True])
    root.locator(".kb-status", has_text="3 reviewed").wait_for()
    assert root.locator(".kb-out").count() == 6
    plain.press("Enter")
    root.locator(".kb-negatives li").nth(2).wait_for()
    plain.press("2")
    plain.until(lambda: explorer.marks["3"] == {"struck": [1]})
    root.locator(".kb-struck").wait_for()
    plain.press("2")
    root.locator(".kb-struck").wait_for(state="detached")
    root.locator(".kb-negatives button").first.focus()
    plain.press("Enter")
    plain.until(lambda: explorer.marks["3"] == {"struck": [0]})
    plain.page.wait_for_function("() => document.activeElement.textContent === 'Take it back'")
    plain.press("Escape", "/")
    plain.page.keyboard.type("weir 17")
    plain.until(lambda: explorer.results["found"] == 1)
    root.locator("button", has_text="Train on what is kept").click()
    plain.until(lambda: len(trained) == 1)
    assert len(trained[0]) == 34 and trained[0][1]["negatives"] == ["Mill 1 has a wheel of iron.", "Mill 2 has a wheel of iron."]
    root.locator(".kb-verdict-line", has_text="v4").wait_for()
    root.locator("button", has_text="Promote").click()
    root.locator("button", has_text="Go back to the version before").click()
    plain.until(lambda: done == ["promoted", "back"])
    plain.safe()


def test_what_gained_nothing_is_not_promoted(browser):
    plain = Plain(browser.new_page(), TuningExplorer(tuning(gained=False), promote=lambda: 1 / 0))
    plain.root.locator(".kb-verdict-line", has_text="Nothing gained").wait_for()
    assert plain.root.locator("button", has_text="Promote").count() == 0
    plain.explorer.receive({"do": "promote"})
    assert "Nothing gained" in plain.explorer.error


def test_before_and_after_with_the_greatest_damage_first(browser):
    plain = Plain(browser.new_page(), TuningExplorer(tuning()))
    plain.root.locator("button", has_text="Before and after").click()
    plain.root.locator(".kb-verdict", has_text="better").wait_for()
    assert plain.root.locator(".kb-list .kb-change").first.text_content() == "−1.00"
    plain.root.locator(".kb-list").focus()
    plain.press("j", "Enter")
    plain.root.locator(".kb-lists", has_text="was 1").wait_for()
    plain.root.locator("button", has_text="Worse").click()
    plain.until(lambda: plain.explorer.results["found"] == 11)
    plain.root.locator("button", has_text="Training").click()
    plain.root.locator("polyline.kb-curve-score").wait_for()
    assert plain.root.locator(".kb-training tbody tr").count() == 7
    plain.safe()


def test_hostile_texts_stay_texts(browser):
    explorer = TuningExplorer(tuning(HOSTILE))
    plain = Plain(browser.new_page(), explorer)
    plain.root.locator(".kb-list").focus()
    plain.press("Enter")
    plain.root.locator(".kb-negatives").wait_for()
    plain.safe()
    for part in ("Before and after", "Training"):
        plain.root.locator("button", has_text=part).click()
        plain.page.wait_for_timeout(150)
        plain.safe()
    html = explorer.to_html()
    assert "<script" not in html and "<img" not in html


@pytest.mark.parametrize("message", [None, {"do": "keep", "at": 99}, {"do": "keep", "at": -1, "kept": True}, {"do": "strike", "at": 0, "index": 9}, {"do": "open", "at": "x"}, {"do": "train"}, {"do": "rollback"}])
def test_strange_messages_are_errors(message):
    explorer = TuningExplorer(tuning())
    explorer.receive(message)
    assert explorer.error and explorer.marks == {}


def test_odd_data_is_shown():
    for data in ({}, {"pairs": [{"question": "a", "passage": "b"}]}, {"questions": [{"text": "q", "before": None, "after": None, "right": [], "found_before": [], "found_after": []}]}):
        for part in ("pairs", "training", "questions"):
            explorer = TuningExplorer(data, part=part)
            assert not explorer.error
            if explorer.results["rows"]:
                explorer.open_row(0)
            explorer.to_html()


@pytest.mark.parametrize("part", ["pairs", "training", "questions"])
def test_looks(browser, part):
    explorer = TuningExplorer(tuning(), again=lambda review: review.pairs, promote=lambda: None, part=part)
    explorer.keep(1, False)
    if part != "training":
        explorer.open_row(2)
    looks(browser.new_page, explorer, f"tuning_{part}")


def test_the_front_door():
    asked = []

    class Base:
        def tune(self, **options):
            asked.append(options)
            return {**tuning(pairs=30), "name": f"v{len(asked)}", "kind": "weights"}

        def promote(self, name):
            asked.append(name)

        def rollback(self):
            asked.append("back")

    explorer = explore_tuning(Base(), {**tuning(pairs=20), "kind": "weights"})
    explorer.keep(3, False)
    explorer.strike(4, 1)
    explorer.train()
    struck = {"4": ["Mill 1 has a wheel of iron."]}
    assert asked == [{"left_out": ["19", "3", "9"], "struck": struck, "kind": "weights", "progress": False}]
    explorer.keep(0, False)
    explorer.train()
    assert asked[1]["struck"] == struck  # so does what was struck
    assert asked[1]["left_out"] == ["0", "19", "29", "3", "9"]  # what was rejected before stays rejected
    explorer.promote()
    explorer.rollback()
    assert asked[2:] == ["v2", "back"] and explorer.results["can"] == ["train", "promote"]


def test_what_was_tuned_before_is_shown_again(browser, tmp_path):
    from kbase.quality.versions import NEWEST_TUNING, TUNED, write_tuning
    from kbase.stores.contract import open_store

    class Base:
        store = open_store(str(tmp_path / "kb"))
        tuned: list = []

        def tune(self, **options):
            self.tuned.append(options)
            write_tuning(tmp_path / "kb" / TUNED / NEWEST_TUNING, tuning(gained=False, pairs=20))
            return tuning(gained=False, pairs=20)

        rollback = promote = None

    kb = Base()
    plain = Plain(browser.new_page(), explore_tuning(kb))
    plain.root.locator(".kb-verdict-line", has_text="Nothing is tuned yet").wait_for()
    plain.accessible()
    plain.picture("tuning_empty")
    plain.root.locator("button", has_text="Tune now").click()
    plain.until(lambda: kb.tuned == [{"progress": False}])
    plain.root.locator(".kb-verdict-line", has_text="Nothing gained").wait_for()
    assert plain.root.locator(".kb-list > li").count() == 20
    plain.safe()
    again = explore_tuning(kb)  # another process would
    assert again.results["verdict"] == "Nothing gained: not promoted" and len(again.pairs) == 18
    with pytest.raises(KeyError, match="no version 'v7'"):
        explore_tuning(kb, version="v7")
    kb.store.close()
