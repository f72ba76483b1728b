"The ways of ranking in the search explorer: side by side, weighed, more of a kind; and what is copied of a hit."

import pytest
from browser.plain import Plain
from browser.test_search import SEARCH

pytestmark = pytest.mark.browser


@pytest.fixture
def explorer():
    "The toy of the other tests, in this process; its search takes a weight."
    space: dict = {}
    exec(SEARCH, space)  # noqa: S102  the tests' own source
    search, weights = space["search"], []

    def weighed(query, top_k=10, mode="hybrid", filters=None, group_by=None, dense_weight=0.2):
        weights.append(dense_weight)
        return search(query, top_k, mode, filters, group_by)

    made = space["SearchExplorer"](weighed, space["context"], "cycles", dense_weight=0.2)
    made.weights = weights
    return made


def test_words_and_meaning_side_by_side(browser, explorer):
    shown = Plain(browser.new_page(), explorer, 1200)
    root = shown.root
    root.locator("button", has_text="Side by side").click()
    root.locator(".kb-column").nth(2).wait_for()
    assert root.locator(".kb-column h4").all_text_contents() == ["Both", "Words (BM25)", "Meaning (vectors)"]
    first = root.locator(".kb-column").nth(1).locator("button").first
    assert "Both #1" in first.locator(".kb-elsewhere").text_content() and root.locator(".kb-list").is_hidden()
    first.focus()
    assert root.locator("[data-lit]").count() == 3  # the same document in each column
    shown.press("Enter")
    shown.until(lambda: explorer.selected is not None)
    root.locator(".kb-document").wait_for()
    shown.accessible()
    root.locator("input[type=search]").fill("weakly")
    shown.until(lambda: explorer.columns.get("of") == explorer.number and explorer.query == "weakly")
    root.locator("button", has_text="Side by side").click()
    root.locator(".kb-list > li").first.wait_for()
    shown.safe()


def test_the_weight_more_of_a_kind_and_more_here(browser, explorer):
    page = browser.new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = Plain(page, explorer, 1200)
    root = shown.root
    root.locator(".kb-weight input").focus()
    shown.press("ArrowRight", "ArrowRight")
    shown.until(lambda: abs(explorer.dense_weight - 0.3) < 1e-9 and explorer.weights[-1] == explorer.dense_weight)
    assert root.locator(".kb-weight output").text_content() == "× 0.30"
    assert "dense_weight=0.3" in explorer.code
    here = root.locator(".kb-here:visible", has_text="+ 1 more here")
    here.wait_for()
    here.click()
    shown.until(lambda: explorer.selected is not None)
    root.locator(".kb-panefoot button", has_text="Copy BibTeX").click()
    root.locator(".kb-status", has_text="BibTeX copied").wait_for()
    root.locator(".kb-like").nth(1).click()
    shown.until(lambda: explorer.query != "cycles")
    assert len(explorer.query) > 20 and root.locator("input[type=search]").input_value() == explorer.query
    shown.safe()
