"A document cut in two ways, in a plain page and in JupyterLab."

import pytest
from browser.plain import HOSTILE, TESTS, Plain, looks

from kbase.indexing.splitting import split_document
from kbase.nodes import Document
from kbase.quality.chunks import chunk_remarks
from kbase.quality.scores import Scored, Scores
from kbase.stores.rows import Source
from kbase.widgets.chunks import ChunkLab

pytestmark = pytest.mark.browser
PARAGRAPH = "The weir holds the water of lake {0}. Below it stands a mill, which was built in 18{0} and ground until the war. Boats pass by a lock. "
TEXT = "\n\n".join(f"# Lake {i}\n\n{PARAGRAPH.format(i) * 3}" for i in range(40, 60))


def count_tokens(texts):
    return [len(text.split()) + 2 for text in texts]


def lab(texts=None, asked=None):
    documents = texts or {"Lakes": TEXT, "Mills": TEXT[:900]}
    listed = [Source(f"docs/{i}.md", f"d{i}", title=title) for i, title in enumerate(documents)]
    bodies = dict(zip((one.document_id for one in listed), documents.values(), strict=True))

    def cut(document_id, tokens):
        return split_document(Document("a.md", bodies[document_id], markup="text" if texts else "markdown"), count_tokens, tokens)

    def look(chunks):
        sizes = count_tokens([node.text for node in chunks])
        return sizes, list(chunk_remarks(chunks, sizes, 60))

    def measure(tokens):
        if asked is not None:
            asked.append(tokens)
        return Scores([Scored(str(i), f"Which lake is {i}?", {"recall@5": float(i % 3 > 0 or tokens < 100)}) for i in range(30)])

    return ChunkLab(lambda: listed, cut, look, measure, "indexes 2 documents anew", first=120, second=40)


def test_two_ways_to_cut(browser):
    asked = []
    plain = Plain(browser.new_page(), lab(asked=asked))
    root, explorer = plain.root, plain.explorer
    ways = root.locator(".kb-way")
    assert ways.nth(0).locator(".kb-chunk").count() < ways.nth(1).locator(".kb-chunk").count()
    whole = "".join("".join(ways.nth(1).locator(".kb-written").all_text_contents()).split())
    assert whole == "".join(TEXT.split())[:len(whole)]  # nothing is left out
    assert ways.nth(0).locator(".kb-remark", has_text="longer than the embedder reads").count()
    ways.nth(0).locator("input").fill("50")
    plain.until(lambda: explorer.first == 50)
    ways.nth(0).locator("input").fill("7")  # too few: not asked for
    plain.page.wait_for_timeout(600)
    assert explorer.first == 50 and not explorer.error
    ways.nth(1).locator(".kb-text").evaluate("node => { node.scrollTop = 900 }")
    plain.page.wait_for_function("() => document.querySelectorAll('.kb-way .kb-text')[0].scrollTop > 300")
    root.locator("button", has_text="Measure both").click()
    plain.until(lambda: sorted(asked) == [40, 50])
    ways.nth(1).locator(".kb-figures b", has_text="recall@5 1.00").wait_for()
    root.locator("input[type=search]").fill("mill")
    plain.until(lambda: explorer.find == "mill")
    root.locator("select").select_option("Mills")
    root.locator(".kb-status", has_text="Mills · 1 document to choose from").wait_for()
    plain.safe()
    plain.page.close()


def test_the_lab_by_keyboard_alone(browser):
    plain = Plain(browser.new_page(), lab())
    page, explorer = plain.page, plain.explorer
    plain.press("Tab")
    page.keyboard.type("mill")
    plain.until(lambda: explorer.find == "mill")
    plain.press("Enter", "n")
    plain.root.locator(".kb-status", has_text="Chunk ").wait_for()
    plain.press("/")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("lakes")
    plain.until(lambda: explorer.find == "lakes")
    plain.press("Tab", "Tab")
    page.keyboard.press("ArrowUp")
    plain.until(lambda: explorer.first == 121)
    plain.safe()
    page.close()


def test_hostile_documents(browser):
    plain = Plain(browser.new_page(), lab({text: f"{text}\n\n" * 30 for text in HOSTILE if "\ud83d" not in text}))
    assert HOSTILE[0] in plain.root.locator(".kb-written").first.text_content()
    plain.root.locator("select").select_option(index=1)
    plain.until(lambda: plain.explorer.document == "d1")
    plain.root.locator(".kb-written", has_text=HOSTILE[1]).first.wait_for()
    plain.safe()
    html = plain.explorer.to_html()
    assert "<script" not in html and "<img" not in html
    plain.page.close()


def test_its_looks(browser):
    explorer = lab()
    explorer.measure()
    looks(browser.new_page, explorer, "chunk_lab")


def test_in_jupyterlab(open_notebook, theme):
    make = "from browser.test_chunks import lab\nchunks = lab()\nchunks"
    notebook = open_notebook("chunk_lab", f"import sys; sys.path.insert(0, {str(TESTS)!r})", make)
    notebook.command("apputils:change-theme", theme=theme)
    root = notebook.page.locator(".kb")
    root.locator(".kb-way input").first.fill("60")
    notebook.until("chunks.first == 60")
    root.locator("button", has_text="Measure both").click()
    root.locator(".kb-figures b", has_text="recall@5").first.wait_for()
    notebook.run("chunks.change(document='d1')")
    root.locator(".kb-status", has_text="Mills").wait_for()
    notebook.healthy()
