"Pages of PDFs as pictures: passages in columns, turned and broken over lines and pages; files that are no good."

import json
import os
from types import SimpleNamespace

import pypdfium2
import pytest
import typst

from kbase.hits import Hit
from kbase.indexing.converted import ConversionError
from kbase.indexing.page_pictures import PageDrawer, draw_pdf_page, words_of_passage
from kbase.nodes import Node
from kbase.widgets.pages import PagedExplorer, PageSource, link_of, text_fragment


def boxes_on(path, passage, page=1):
    wanted = json.dumps({"path": str(path), "page": page, "passage": passage})
    return json.loads(draw_pdf_page(wanted, "x.pdf").text)["boxes"]


@pytest.mark.parametrize(("words", "passage", "found"), [
    ("a b c", "", []),
    ("a b c", "x", []),
    ("Total 12 Total 13", "Total 13", [2, 3]),  # a short one as a whole
    ("the exam- ple of a weir stands", "example of a **weir**", [1, 2, 3, 4, 5]),
    ("ﬁrst the ﬂood came slowly", "the flood came slowly", [1, 2, 3, 4]),
    ("| ends of a passage", "A long beginning on the page before it ends of a passage", [1, 2, 3, 4]),
    ("水 车 停 了", "水车停了", [0, 1, 2, 3]),
])  # fmt: skip
def test_words_of_a_passage(words, passage, found):
    assert words_of_passage(words.split(), passage) == found


def test_the_nearer_of_two_is_taken():
    words = ["in the year of the flood", *["something else entirely"] * 40, "the mill stood in the year of the flood"]
    words = " ".join(words).split()
    assert min(words_of_passage(words, "Long ago here. The mill stood in the year of the flood")) > 100


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_lie_on_turned_pages_as_they_are_shown(tmp_path, turn):
    path = tmp_path / "a.pdf"
    head = b"#set page(width: 200pt, height: 100pt, margin: 10pt)\n#set text(size: 10pt)\n"
    path.write_bytes(typst.compile(head + b"Upper left corner"))
    document = pypdfium2.PdfDocument(path)
    document[0].set_rotation(turn)
    document.save(tmp_path / "b.pdf")
    document.close()
    ((left, top, right, bottom),) = boxes_on(tmp_path / "b.pdf", "Upper left corner")
    corners = {0: (left < 0.1, top < 0.2), 90: (right > 0.8, top < 0.1)}
    corners |= {180: (right > 0.9, bottom > 0.8), 270: (left < 0.2, bottom > 0.9)}
    seen = corners[turn]
    assert seen == (True, True), (left, top, right, bottom)


def test_text_that_is_written_upwards_is_boxed(tmp_path):
    path = tmp_path / "a.pdf"
    head = b"#set page(width: 200pt, height: 200pt, margin: 10pt)\n"
    path.write_bytes(typst.compile(head + b"#rotate(-90deg, reflow: true)[written upwards here]"))
    ((left, top, right, bottom),) = boxes_on(path, "written upwards here")
    assert bottom - top > 3 * (right - left) and left < 0.2


def test_what_cannot_be_drawn_says_why(tmp_path):
    drawer = PageDrawer()
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(ConversionError, match="cannot be opened"):
        drawer.draw(broken, 1)
    if hasattr(os, "mkfifo"):  # opening it would wait for ever
        os.mkfifo(tmp_path / "pipe.pdf")
        with pytest.raises(ConversionError, match="is gone"):
            drawer.draw(tmp_path / "pipe.pdf", 1)
    good = tmp_path / "good.pdf"
    good.write_bytes(typst.compile(b"One page"))
    for number in (0, 2, -1):
        with pytest.raises(ConversionError, match="has 1 pages"):
            drawer.draw(good, number)
    assert drawer.draw(good, 1, "One page").boxes  # the process goes on
    drawer.close()


def test_a_giant_page_is_a_small_picture(tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(typst.compile(b"#set page(width: 100pt, height: 9000pt)\nlong"))
    drawer = PageDrawer()
    drawn = drawer.draw(path, 1)
    assert drawn.height <= 4401 and len(drawn.jpeg) < 500_000
    drawer.close()


@pytest.mark.parametrize(("uri", "path", "page", "link"), [
    ("https://example.org/a", "", None, "https://example.org/a#:~:text=The%20weir%20was%20rebuilt"),
    ("HTTP://example.org/a#b", "/x", 3, "HTTP://example.org/a#b:~:text=The%20weir%20was%20rebuilt"),
    ("javascript:alert(1)", "", None, ""),
    ("a b.pdf", "/home/ada/a b#c.pdf", 3, "file:///home/ada/a%20b%23c.pdf#page=3"),
    ("a.md", "/home/ada/a.md", None, "file:///home/ada/a.md"),
])  # fmt: skip
def test_links(uri, path, page, link):
    text = "The weir was rebuilt"
    assert link_of(Hit(Node("d", "chunk", 0, len(text), text, "t", uri, page=page), 1.0), path) == link


def test_a_fragment_names_both_ends():
    fragment = text_fragment("One, two-three four five six seven eight, nine!")
    assert fragment == ":~:text=One%20two%20three%20four,six%20seven%20eight%20nine"
    assert text_fragment(" … ") == ""


def test_strange_messages_are_errors():
    hit = Hit(Node("d", "chunk", 0, 1, "a", uri="a.pdf", page=1), 1.0)
    explorer = PagedExplorer(pages=PageSource(lambda hit, number: SimpleNamespace(number=[][number]), lambda hit: True))
    explorer.receive({"do": "page"})
    assert "no hit is open" in explorer.error
    explorer.selected, explorer.opened = hit, {"id": hit.id, "page": 1}
    for number in ("x", 7, {}):
        explorer.receive({"do": "page", "number": number})
        assert explorer.error and explorer.page == {}
