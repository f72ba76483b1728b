"Folders, more hits, what is there without a query, and the document of a hit, in JupyterLab."

import pytest
from browser.test_search import hits, widget

pytestmark = pytest.mark.browser

LIBRARY = """
from pathlib import Path
from kbase.looking import documents_under
from kbase.nodes import Node
from kbase.hits import Background, Hit, Hits, Part
from kbase.stores.conditions import matches, parse_filter
from kbase.stores.rows import Source
from kbase.strength import strength_of
from kbase.widgets.overview import overview_of
from kbase.widgets.search import SearchExplorer

WORDS = ["garbage", "queue", "cycle"]
FOLDERS = ["library", "library/data", "reference", "notes"]
nodes, texts = [], {}
for i in range(60):
    word, uri = WORDS[i % 3], f"{FOLDERS[i // 3 % 4]}/{i}.md"
    lines = [f"Line {n} of {i} says **{word}**." if n % 40 == 20 else f"Line {n} of {i} is long and says nothing at all." for n in range(200)]
    text = texts[str(i)] = "# Page\\n\\n" + "\\n\\n".join(lines)
    for n in (20, 100, 180):
        start = text.index(f"Line {n} of {i} says")
        nodes.append(Node(str(i), "chunk", start, start + len(lines[n]), lines[n], f"Page {i}", uri, ("Page",), id=f"{i}-{n}"))
account = [Source(f"{FOLDERS[i // 3 % 4]}/{i}.md", str(i), title=f"Page {i}", indexed_at=f"2026-01-01T10:00:{i:02}Z") for i in range(60)]

def search(query, top_k=10, mode="hybrid", filters=None, group_by="document"):
    tree = parse_filter(filters)
    found, seen = [], set()
    for place, node in enumerate(nodes):
        at = node.text.find(query.split()[0])
        weak = query.startswith("zx") and node.id.endswith("-20")
        if (at < 0 and not weak) or not matches(tree, lambda c: getattr(node, c.field)) or (group_by and node.document_id in seen): continue
        seen.add(node.document_id)
        share = .1 if weak else 1 - place / 400
        part = Part(share, place, share, f"{100 * share:.0f} % of the best BM25 score")
        found.append(Hit(node, share, {"bm25": part}, () if weak else ((at, at + len(query)),), weak=weak))
    strength = strength_of(.1, missing=(query,), numbers="reads .10") if query.startswith("zx") else None
    return Hits(found[:top_k], query, mode, strength=strength)

def context(hit, before=400, after=400):
    text = texts[hit.document_id]
    start, end = max(0, hit.start - before), min(len(text), hit.end + after)
    place = (hit.start - start, hit.end - start) if hit.verbatim else (0, 0)
    path = Path("library/0.md").resolve()
    return {"text": text[start:end], "start": place[0], "end": place[1], "before": start, "after": len(text) - end, "markup": "markdown",
            "path": str(path) if hit.uri == "library/0.md" else "/elsewhere/x.md"}

def holding(query, filters=None):
    tree = parse_filter(filters)
    return len({node.document_id for node in nodes if query in node.text and matches(tree, lambda c: getattr(node, c.field))})

explorer = SearchExplorer(search, context, overview=lambda filters: overview_of(account, filters, documents_under), holding=holding)
explorer
"""


def within(explorer, selector):
    "Whether an element of the list lies in the list's own window."
    return explorer.evaluate(
        """(e, selector) => { const list = e.querySelector('.kb-list').getBoundingClientRect(), own = e.querySelector(selector).getBoundingClientRect();
        return own.height > 0 && own.top >= list.top - 1 && own.bottom <= list.bottom + 1 }""",
        selector,
    )


def test_a_folder_is_kept_over_the_next_query(open_notebook):
    notebook = open_notebook("folders", LIBRARY)
    explorer = widget(notebook)
    explorer.locator("input").fill("garbage")
    hits(explorer, 10)
    folders = explorer.locator(".kb-facet").first
    folders.locator("button", has_text="reference").wait_for()
    assert [text.strip("0123456789") for text in folders.locator("button").all_text_contents()] == [
        "library", "data", "notes", "reference",
    ]  # a tree: data lies in library
    folders.locator("button", has_text="library").click()
    explorer.locator(".kb-chip", has_text="folder is library").wait_for()
    explorer.locator("input").fill("queue")  # none of these documents was found when the folder was clicked
    notebook.until("explorer.query == 'queue' and len(explorer.hits) == 10")
    assert notebook.python("sorted({h.uri.split('/')[0] for h in explorer.hits})") == ["library"]
    assert notebook.python("all('queue' in h.text for h in explorer.hits)")
    explorer.locator(".kb-status", has_text="10 documents hold these words").wait_for()
    pressed = folders.locator("button[aria-pressed=true]")
    assert pressed.text_content() == "library10"  # as many as there are
    folders.locator("button", has_text="data").click()  # the inner one takes its place
    notebook.until("{h.uri.split('/')[1] for h in explorer.hits} == {'data'}")
    assert notebook.python("explorer.filters") == {"field": "folder", "operator": "==", "value": "library/data"}
    assert explorer.locator(".kb-chip").count() == 1
    notebook.healthy()


def test_there_are_more_hits(open_notebook):
    notebook = open_notebook("more", LIBRARY)
    page, explorer = notebook.page, widget(notebook)
    explorer.locator("input").fill("garbage")
    hits(explorer, 10)
    explorer.locator(".kb-status", has_text="20 documents hold these words · first 10 documents shown").wait_for()
    more = explorer.locator(".kb-longer")
    assert more.text_content() == "Show 10 more of 20"
    hits(explorer, 10).nth(4).click()
    explorer.locator(".kb-document").wait_for()
    more.click()
    hits(explorer, 20)
    assert explorer.locator(".kb-document").is_visible() and within(explorer, "li[data-open]")  # open, and in sight
    assert explorer.locator("li[data-open] .kb-title").text_content() == notebook.python("explorer.selected.title")
    explorer.locator("input").fill("queue")  # another question begins with ten
    explorer.locator(".kb-list mark", has_text="queue").first.wait_for()
    hits(explorer, 10)
    explorer.locator(".kb-list").focus()
    page.keyboard.press("End")
    hits(explorer, 20)
    active = explorer.locator("[aria-selected=true] .kb-title").text_content()
    assert active == notebook.python("explorer.hits[9].title")  # where it was
    notebook.healthy()


def test_an_opened_hit_stays_in_sight(open_notebook):
    notebook = open_notebook("sight", LIBRARY, width=1300)
    page, explorer = notebook.page, widget(notebook)
    explorer.locator("input").fill("garbage")
    hits(explorer, 10)
    explorer.locator(".kb-list").focus()
    for _ in range(6):
        page.keyboard.press("j")
    page.keyboard.press("w")  # taller than it was
    page.keyboard.press("Enter")
    explorer.locator(".kb-document").wait_for()
    page.wait_for_timeout(200)
    assert within(explorer, "li[data-open]")
    for width in (900, 760):
        explorer.evaluate("(e, width) => { e.style.width = `${width}px` }", width)
        page.wait_for_timeout(200)
        assert within(explorer, "li[data-open]"), width
    notebook.healthy()


def test_a_document_goes_on_and_leads_to_its_file(open_notebook, lab):
    (lab.root / "library").mkdir(exist_ok=True)
    (lab.root / "library" / "0.md").write_text("# Page\n", encoding="utf-8")
    notebook = open_notebook("pane", LIBRARY)
    page, explorer = notebook.page, widget(notebook)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.locator("input").fill("garbage")
    hits(explorer, 10).nth(0).click()
    body, moves = explorer.locator(".kb-document"), explorer.locator(".kb-moves")
    body.wait_for()
    assert "**" not in body.text_content() and body.locator(".kb-span mark").text_content() == "garbage"
    page.wait_for_function("() => document.querySelector('.kb-moves').textContent === '‹1 of 3›'")
    body.evaluate("e => { e.scrollTop = 0 }")
    before = body.locator(".kb-span").bounding_box()["y"]
    body.locator(".kb-end-before").click()
    body.locator(".kb-heading", has_text="Page").wait_for()  # the document's beginning
    assert body.locator(".kb-end-before").count() == 0
    assert abs(body.locator(".kb-span").bounding_box()["y"] - before) < 4  # what was read stays where it was
    first = body.text_content()
    body.locator(".kb-end-after").click()
    page.wait_for_function("length => document.querySelector('.kb-document').textContent.length > length + 3000", arg=len(first))
    moves.locator("button", has_text="›").click()
    notebook.until("explorer.selected.id == '0-100'")
    page.wait_for_function("() => document.querySelector('.kb-moves').textContent === '‹2 of 3›'")
    page.wait_for_function("() => document.querySelector('.kb-span').textContent.startsWith('Line 100')")
    box, span = body.bounding_box(), body.locator(".kb-span").bounding_box()
    assert box["y"] <= span["y"] and span["y"] + span["height"] <= box["y"] + box["height"]
    body.focus()
    page.keyboard.press("c")
    explorer.locator(".kb-status", has_text="Citation copied").wait_for()
    assert "says **garbage**" in page.evaluate("() => navigator.clipboard.readText()")  # as it is written
    page.keyboard.press("p")
    notebook.until("explorer.selected.id == '0-20'")
    explorer.locator(".kb-panefoot button", has_text="As written").click()
    explorer.locator(".kb-written", has_text="**garbage**").wait_for()
    explorer.locator(".kb-panefoot button", has_text="Open file").click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.path === 'library/0.md'")
    notebook.command("docmanager:open", path="pane.ipynb")
    explorer.locator(".kb-pane button", has_text="Close").click()
    hits(explorer, 10).nth(1).click()
    explorer.locator(".kb-panefoot button", has_text="Copy path").click()  # JupyterLab does not serve it
    assert page.evaluate("() => navigator.clipboard.readText()") == "/elsewhere/x.md"
    notebook.healthy()


def test_without_a_query_there_is_what_is_there(open_notebook):
    notebook = open_notebook("empty", LIBRARY, "SearchExplorer(search, overview=lambda filters: overview_of([], filters))")
    explorer, nothing = widget(notebook), widget(notebook, 1)
    explorer.locator(".kb-status", has_text="60 documents in 3 folders").wait_for()
    assert explorer.locator(".kb-newest .kb-title").all_text_contents() == [f"Page {i}" for i in range(59, 51, -1)]
    nothing.locator(".kb-empty", has_text="Nothing is in it yet: kb.add(folder)").wait_for()
    explorer.locator(".kb-facet button", has_text="notes").click()
    explorer.locator(".kb-status", has_text="15 documents").wait_for()
    explorer.locator(".kb-newest button").first.click()
    explorer.locator(".kb-document", has_text="Line 0 of 59").wait_for()
    assert notebook.python("explorer.selected.uri") == "notes/59.md"
    explorer.locator("input").fill("cycle")
    hits(explorer, 5)
    assert notebook.python("{h.uri.split('/')[0] for h in explorer.hits}") == {"notes"}
    assert explorer.locator(".kb-pane").is_hidden()
    notebook.healthy()


def test_strength_is_shown(open_notebook, theme):
    notebook = open_notebook("strength", LIBRARY)
    explorer = widget(notebook)
    notebook.command("apputils:change-theme", theme=theme)
    explorer.locator("input").fill("garbage")
    hits(explorer, 10)
    assert explorer.locator(".kb-strength").is_hidden() and explorer.locator(".kb-weak").count() == 0
    best = explorer.locator(".kb-strip span").first.evaluate("e => e.offsetWidth / e.parentElement.offsetWidth")
    explorer.locator("input").fill("zxqwv")
    explorer.locator(".kb-strength", has_text="No document has “zxqwv”").wait_for()
    assert explorer.locator(".kb-dot-none").is_visible()
    explorer.locator(".kb-status", has_text="first 10 documents · ").wait_for()
    assert explorer.locator(".kb-list > li.kb-weak").count() == explorer.locator(".kb-list > li").count() > 0
    assert explorer.locator(".kb-brief").first.text_content().startswith("a weak match")
    weak = explorer.locator(".kb-strip span").first.evaluate("e => e.offsetWidth / e.parentElement.offsetWidth")
    assert weak < best / 5  # on one scale, whatever the best of the list is
    notebook.healthy()


def test_enter_straight_after_typing_opens_the_first_new_hit(open_notebook):
    notebook = open_notebook("enter", LIBRARY)
    page, explorer = notebook.page, widget(notebook)
    box = explorer.locator("input")
    box.fill("garbage")
    hits(explorer, 10)
    box.fill("queue")
    box.press("Enter")
    notebook.until("explorer.selected is not None")
    assert notebook.python("explorer.query, explorer.selected is explorer.hits[0]") == ("queue", True)
    explorer.locator(".kb-document").wait_for()
    box.press("Escape")
    notebook.until("explorer.selected is None")
    explorer.locator(".kb-pane").wait_for(state="hidden")
    box.press("Escape")  # to the list; the query stays
    assert box.input_value() == "queue" and explorer.locator(".kb-list").evaluate("l => l === document.activeElement")
    page.keyboard.press("/")
    page.keyboard.type("cycle")
    page.keyboard.press("Enter")
    page.keyboard.type("s")  # went on typing: the Enter was for what stood there
    notebook.until("explorer.query == 'cycles'")
    page.wait_for_timeout(300)
    assert notebook.python("explorer.selected") is None
    notebook.healthy()
