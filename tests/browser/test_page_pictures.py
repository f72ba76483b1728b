"The page of a PDF with the passage boxed, beside an answer and beside hits: drawn from a real file, in a real browser."

import pytest
import typst
from browser.plain import Plain, looks

from kbase.hits import Hit, Hits
from kbase.indexing.converted import ConversionError
from kbase.indexing.page_pictures import PageDrawer
from kbase.nodes import Node
from kbase.results import Answer, Citation
from kbase.strength import strength_of
from kbase.widgets.ask import AskExplorer
from kbase.widgets.pages import PageSource
from kbase.widgets.search import SearchExplorer

pytestmark = pytest.mark.browser
QUOTE = "The weir at Oberau was rebuilt in 1954, when the flood had carried away its wooden predecessor."
FIRST = "The turbine of the upper mill ran until the war."
TEXT = f"# The mills of Oberau\n\n{FIRST}\n\n{QUOTE}\n"
SOURCE = rb"""
#set page(width: 360pt, height: 500pt, margin: 40pt, numbering: "1")
#set text(size: 10pt)
#set par(justify: true)
= The mills of Oberau
The turbine of the upper mill ran until the war. #lorem(90)
#pagebreak()
== Weirs
#lorem(60)

The weir at Oberau was rebuilt in *1954*, when the flood had carried away its wooden predecessor. #lorem(80)
"""
SHEET = "canvas => { const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; return new Set(pixels).size }"


@pytest.fixture(scope="module")
def mills(tmp_path_factory):
    "A PDF of two pages."
    path = tmp_path_factory.mktemp("mills") / "mills <b>of Oberau.pdf"
    path.write_bytes(typst.compile(SOURCE))
    return path


@pytest.fixture(scope="module")
def pages(mills):
    "What draws its pages."
    drawer = PageDrawer()
    yield PageSource(lambda hit, number: drawer.draw(mills, number, hit.text), lambda hit: hit.uri.endswith(".pdf"))
    drawer.close()


def context_in(path):
    "The text around a hit, and its file."

    def context(hit, before=0, after=0):
        return {"text": TEXT, "start": hit.start, "end": hit.end, "before": 0, "after": 0, "path": path, "markup": "markdown"}

    return context


def asking(mills, pages, path=None):
    "An explorer of answers."
    start, first = TEXT.index(QUOTE), TEXT.index(FIRST)
    cited = (Citation("m", "mills.pdf", "The mills", start, start + len(QUOTE), QUOTE, 2, ("Weirs",)),
             Citation("m", "mills.pdf", "The mills", first, first + len(FIRST), FIRST, 1))
    found = Answer("When?", f"{QUOTE} [1]\n\n{FIRST} [2]", "fact", cited, strength=strength_of(0.95))
    return AskExplorer(lambda question: found, context_in(str(mills) if path is None else path), query="When?", pages=pages)


def hits_of():
    "Two passages."
    spans = [(TEXT.index(one), one, page) for one, page in ((QUOTE, 2), (FIRST, 1))]
    return Hits([Hit(Node("m", "chunk", at, at + len(one), one, "The mills", "mills.pdf", page=page), 1.0) for at, one, page in spans], "weir")


def boxed(plain):
    "How much of the page is boxed, and whether that can be seen."
    boxes = [box.bounding_box() for box in plain.root.locator(".kb-boxed").all()]
    body = plain.root.locator(".kb-document").bounding_box()
    return len(boxes), all(body["y"] <= box["y"] and box["y"] + box["height"] <= body["y"] + body["height"] for box in boxes)


def test_a_source_is_seen_on_its_page(browser, mills, pages):
    plain = Plain(browser.new_page(), asking(mills, pages))
    plain.root.locator(".kb-claim").first.click()
    sheet = plain.root.locator(".kb-sheet canvas")
    sheet.wait_for()
    assert boxed(plain) == (2, True)
    plain.page.wait_for_function(f"() => ({SHEET})(document.querySelector('canvas')) > 50")  # something is painted
    assert sheet.get_attribute("aria-label") == "Page 2 of 2, the passage is boxed"
    drawn = plain.explorer.show_page()
    assert (drawn.number, drawn.count, len(drawn.boxes)) == (2, 2, 2) and drawn._repr_jpeg_()[:2] == b"\xff\xd8"
    plain.root.locator(".kb-claim").nth(1).click()
    plain.until(lambda: plain.explorer.page.get("number") == 1)
    plain.root.locator(".kb-pagemoves", has_text="page 1 of 2").wait_for()
    plain.root.locator("button", has_text="Page picture").click()
    plain.root.locator(".kb-around .kb-span", has_text="turbine").wait_for()
    assert plain.root.locator("canvas").count() == 0
    plain.safe()


def test_pages_are_turned_by_keyboard(browser, mills, pages):
    plain = Plain(browser.new_page(), SearchExplorer(lambda query, **options: hits_of(), context_in(str(mills)), "weir", pages=pages))
    plain.root.locator(".kb-list").focus()
    plain.press("Enter")
    plain.root.locator(".kb-around").wait_for()  # as text at first
    assert plain.explorer.page == {}
    button = plain.root.locator("button", has_text="Page picture")
    button.focus()
    plain.press("Enter")
    plain.root.locator(".kb-pagemoves", has_text="page 2 of 2").wait_for()
    assert plain.page.evaluate("() => document.activeElement.textContent") == "Page picture"
    plain.root.locator("[aria-label='The page before']").focus()
    plain.press("Enter")
    plain.root.locator(".kb-pagemoves", has_text="page 1 of 2: the passage is not on it").wait_for()
    assert plain.root.locator("[aria-label='The page before']").is_disabled()
    plain.root.locator("button", has_text="Larger").click()
    assert plain.page.evaluate("() => { const body = document.querySelector('.kb-pagebody'); return body.scrollWidth > 1.8 * body.clientWidth }")
    plain.press("Escape")
    plain.until(lambda: plain.explorer.selected is None and plain.explorer.page == {})
    plain.safe()


def test_a_file_that_is_gone_is_said(browser, mills, pages):
    plain = Plain(browser.new_page(), asking(mills, pages, path=""))
    plain.root.locator(".kb-claim").first.click()
    plain.root.locator(".kb-nopage", has_text="not on this machine").wait_for()
    assert plain.root.locator("button", has_text="Page picture").count() == 0
    with pytest.raises(ValueError, match="not on this machine"):
        plain.explorer.show_page()
    plain.safe()


def test_what_cannot_be_drawn_is_said_once(browser, mills):
    asked = []

    def fail(hit, number):
        asked.append(number)
        raise ConversionError("mills.pdf: <b>is damaged</b>")

    plain = Plain(browser.new_page(), asking(mills, PageSource(fail, lambda hit: True)))
    plain.root.locator(".kb-claim").first.click()
    plain.root.locator(".kb-failed", has_text="mills.pdf: <b>is damaged</b>").wait_for()
    plain.root.locator(".kb-around .kb-span").wait_for()  # the text stays
    plain.page.wait_for_timeout(300)
    assert asked == [2]
    plain.safe()


def test_looks_of_a_page(browser, mills, pages):
    def prepare(plain):
        plain.explorer.open_citation(1)
        plain.push()
        plain.root.locator(".kb-sheet canvas").wait_for()

    looks(browser.new_page, asking(mills, pages), "ask_page", prepare)
