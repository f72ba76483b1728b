"""PDFs as they come: columns, headings, notes, tables, running heads, scans, garbled fonts, damaged and huge files.

They are set by a real typesetter (typst) or written by fpdf2."""

import io
import os
import re

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from kbase.blocks import read_blocks
from kbase.indexing.converted import ConversionError, EmptyDocument, Limits
from kbase.indexing.converters import convert_bytes, document_of
from kbase.indexing.hyphens import join_hyphens
from kbase.indexing.pdf_headings import title_key
from kbase.indexing.pdf_lines import Line
from kbase.indexing.pdf_paragraphs import paragraphs_of
from kbase.indexing.pdf_reader import convert_pdf, is_garbled, page_ranges
from kbase.indexing.pdf_running import RunningHeads
from kbase.indexing.pdf_text import as_markdown
from kbase.indexing.picture_text import PageReading, ocr_installed, picture_lines

typst = pytest.importorskip("typst")
fpdf = pytest.importorskip("fpdf")
DATA = Path(os.environ.get("KBASE_DATA", "/nonexistent"))
AWKWARD = DATA / "awkward_docs"
needs_ocr = pytest.mark.skipif(not ocr_installed(), reason="wants the extra ocr")


def typeset(source: str) -> bytes:
    return typst.compile(source.encode())


def read(source: str, name: str = "a.pdf"):
    return convert_pdf(typeset(source), name)


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def paths(found) -> set[tuple[str, ...]]:
    return {block.headings for block in read_blocks(document_of(found, "a.pdf", b"")) if block.headings}


WORDS = (
    "The keeper of the lock writes down every boat that passes, the hour, the load and the level of the water above "
    "and below the gates, and once a month he sends the book to the office in the town, where nobody reads it. "
)
PAPER = f"""
#set document(title: "On weirs", author: ("Ada Weir", "Bo Lock"))
#set page(paper: "a4", columns: 2, header: [Annals of Rivers #h(1fr) 1890], numbering: "1")
#set text(size: 9.5pt, hyphenate: true, lang: "en")
#set par(justify: true, first-line-indent: 1em)
#set heading(numbering: "1.1")
#place(top + center, scope: "parent", float: true)[#text(17pt)[*On weirs of the upper river*] \\ Ada, Bo]
= Introduction
Alpha opens the paper.#footnote[The oldest weir is from 1274.] {WORDS * 5}

Beta is its second paragraph, with 12 m#super[3] of water. {WORDS * 4}
== Method
Gamma tells the method. {WORDS * 3}
#figure(rect(width: 100%, height: 50pt), caption: [The gauge at Molesey weir.])
Delta comes after the figure. {WORDS * 6}
== Results
Epsilon gives results. {WORDS * 2}
#figure(table(columns: 3, [weir], [level], [year], [Molesey], [2.10], [1815], [Sunbury], [1.84], [1812]),
  caption: [Levels of two weirs.])
Zeta follows the table. {WORDS * 8}
= Conclusion
Eta concludes. {WORDS * 9}
"""


# -- columns, paragraphs


def test_a_paper_in_two_columns_is_read_column_by_column():
    found = read(PAPER)
    names = "Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta"
    assert in_order(found.text, *names)
    paragraph = next(part for part in found.text.split("\n\n") if part.startswith("Beta"))
    assert paragraph.count("nobody reads it.") == 4 and "m³" in paragraph  # whole, over lines, columns and pages
    assert found.title == "On weirs" and found.markup == "markdown" and len(found.pages) == found.meta["page_count"]


def test_a_paper_has_the_paths_of_its_headings():
    found = paths(read(PAPER))
    assert ("1 Introduction", "1.1 Method") in found and ("2 Conclusion",) in found
    assert ("1 Introduction", "1.2 Results") in found


def test_running_heads_and_page_numbers_are_gone_and_named():
    found = read(PAPER)
    assert "1890" not in found.text and "Annals of Rivers" in found.meta["running_heads"]
    assert not re.search(r"\n\d\n", found.text)


def test_a_note_follows_its_paragraph_and_a_caption_stays_whole():
    found = read(PAPER)
    parts = found.text.split("\n\n")
    at = next(i for i, part in enumerate(parts) if part.startswith("Alpha"))
    assert parts[at + 1] == "¹ The oldest weir is from 1274." and "paper.¹" in parts[at]
    assert "Figure 1: The gauge at Molesey weir." in parts


def test_a_table_stands_in_the_text_with_its_page_and_caption():
    found = read(PAPER)
    (table,) = found.tables
    assert table.rows[0] == ("weir", "level", "year") and table.rows[2] == ("Sunbury", "1.84", "1812")
    assert found.text[table.start : table.end] == table.markdown() and table.title == "Table 1: Levels of two weirs."
    assert table.page == 1 + sum(start <= table.start for start in found.pages[1:])
    assert "Molesey 2.10" not in found.text  # its words are not in the text a second time


def test_pages_begin_where_they_say():
    pages = [f"= Part {n}\nThis is what page {n} says, and only that page. #pagebreak(weak: true)" for n in range(1, 6)]
    found = read("\n".join(pages))
    document = document_of(found, "a.pdf", b"")
    assert [document.page_at(found.text.index(f"page {n} says")) for n in range(1, 6)] == [1, 2, 3, 4, 5]


def test_a_word_over_two_pages_is_whole():
    page = '#set page(width: 150pt, height: 60pt, margin: 10pt)\n#set text(size: 9pt, hyphenate: true, lang: "en")\n'
    found = read(page + "#set par(justify: true)\n" + "internationalisation of waterways and administrations " * 12)
    assert Counter(re.findall(r"\w+", found.text)) == Counter(
        {"internationalisation": 12, "of": 12, "waterways": 12, "and": 12, "administrations": 12}
    )
    assert len(found.pages) > 3 and "\x02" not in found.text and "\f" not in found.text


def test_three_columns_and_a_sidebar():
    column = "A column of the journal tells about the river in its own words and in short lines. " * 6
    source = (
        f"#set page(columns: 3)\n#set text(size: 9pt)\nOne {column}#colbreak()Two {column}#colbreak()Three {column}"
    )
    assert in_order(read(source).text, "One A column", "Two A column", "Three A column")
    side = f"#grid(columns: (3fr, 1fr), gutter: 20pt, [Main {column * 2}], text(8pt)[Side {column}])"
    text = read(side).text
    main = text.index("Main A"), text.index("Side A")
    assert column.strip() in text and main[0] != -1 and main[1] != -1
    assert not re.search(r"Main.*Side.*\n.*own words", text[: min(main)])


def test_label_and_value_stay_on_a_line():
    rows = "".join(f"[Lock {n}], [{n * 111}], [{n * 7}]," for n in range(1, 6))
    found = read(f"Levels were as follows.\n#grid(columns: 3, column-gutter: 40pt, row-gutter: 6pt, {rows})")
    assert re.search(r"Lock 2\W+222\W+14", found.text)


def lines_of(*texts: str, size: float = 10.0, right: float = 160.0) -> list[Line]:
    return [Line(text, 20, right, 30 + 12 * at, size, column=(20, 160)) for at, text in enumerate(texts)]


def test_hyphens_at_the_end_of_a_line():
    text = "the mill and the weir and the lock "
    (joined,) = paragraphs_of(lines_of(text + "exploi\x02", "tation"), 10)
    assert join_hyphens(joined.text).endswith("exploitation")
    assert join_hyphens(text + "pre\x02and post-war").endswith("pre- and post-war")
    assert join_hyphens("der Fluss und die Mühle und das Wehr, Ein\x02und Ausgabe").endswith("Ein- und Ausgabe")
    assert join_hyphens(text + "thous\x02and").endswith("thousand")
    assert join_hyphens("le bief et la vanne et les eaux, peut\x02être").endswith("peut-être")
    (years,) = paragraphs_of(lines_of("the years 1914-", "1918"), 10)
    assert years.text == "the years 1914-1918"


def test_a_list_is_a_list():
    found = read(
        "Take along:\n- a rope that is long enough for a lock\n- a boat hook\n- the key of the lock\n\nThen go."
    )
    assert "- a boat hook\n- the key of the lock" in found.text and found.text.rstrip().endswith("Then go.")


def test_powers_and_indices_are_not_digits_of_their_number():
    found = read("The flow is 10#super[6] m#super[3] in a day; CO#sub[2] is not measured. See Weir.#super[2]")
    assert "10⁶ m³" in found.text and "106" not in found.text and "Weir.²" in found.text


def test_what_looks_like_markdown_is_text():
    for text in ("* a star", "# not a heading", "a_b_c and _x_", "<b>bold</b>", "[1](http://a)", "1 * 2 * 3", "`code`"):
        from markdown_it import MarkdownIt

        tokens = MarkdownIt("commonmark").parse(as_markdown(text))
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        assert "".join(child.content for child in tokens[1].children) == text


# -- headings

REPORT = """
#set page(width: 400pt, height: 300pt, margin: 40pt)
#set text(size: 10pt)
#align(center)[*Table of Contents*]
#let entry(title, page) = [#title #h(1fr) #page \\ ]
#entry("Item 1. Boats and their owners", "2")
#entry("Item 2. Locks", "2")
#entry("Item 2A. Gates and other parts of a lock which need to be looked after", "3")
#entry("Item 3. Mills", "3")
#entry("Signatures", "4")
#pagebreak()
*PART I*

*Item 1. Boats and their owners.*

*Owners*

There are three hundred owners of boats on the river, and all of them have a key.

*Item 2. Locks.*

A lock lifts a boat. *Bold words* within a line are no heading.
#pagebreak()
*Item 2A. Gates and other parts of a lock which need to be looked after.*

Gates are painted every third year, as the office in the town has decided.

*Item 3. Mills.*

A mill stands still at low water, which is when the miller drinks.
#pagebreak()
Signatures

The report was signed in the office by both of us, Ada and Bo.
"""


def test_the_contents_tell_headings_from_bold_words():
    found = read(REPORT)
    assert ("PART I", "Item 1. Boats and their owners.", "Owners") in paths(found)
    assert ("PART I", "Item 2. Locks.") in paths(found)
    assert any(path[-1] == "Signatures" for path in paths(found))  # of the text's size and weight; the contents name it
    assert not any("Bold words" in path[-1] for path in paths(found))


def test_bookmarks_count_only_where_the_text_has_them():
    source = '#set text(size: 10pt)\n#show heading: it => block(text(10pt, weight: "regular", it.body))\n'
    fits = read(f"{source}= Of weirs\n\n{WORDS}\n== Of crests\n\n{WORDS}\n= Of locks\n\n{WORDS}")
    assert {("Of weirs", "Of crests"), ("Of locks",)} <= paths(fits)
    pdf = fpdf.FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    for stale in ("Old chapter", "Another chapter", "Third chapter"):
        pdf.start_section(stale)
    pdf.multi_cell(0, 5, WORDS * 4)
    assert not paths(convert_pdf(bytes(pdf.output()), "a.pdf"))


def test_sizes_make_levels():
    found = read(f"= Weirs\n{WORDS}\n== Crests\n{WORDS}\n=== Broad ones\n{WORDS}\n= Locks\n{WORDS}")
    assert {("Weirs",), ("Weirs", "Crests"), ("Weirs", "Crests", "Broad ones"), ("Locks",)} == paths(found)


def test_years_are_the_sections_of_a_chronicle():
    years = "".join(f"== {name}\n#lorem(60)\n\n" for name in ("2021", "2019–2020", "1987"))
    table = "#table(columns: 2, [*2021*], [*2020*], [1], [2])"
    found = read(f"#set page(height: 16cm)\n= The mill\n#lorem(80)\n\n{years}{table}")
    inner = {path[-1] for path in paths(found) if path}
    assert {"2021", "2019–2020", "1987"} <= inner and "2020" not in inner


def test_a_sentence_in_bold_is_no_heading():
    found = read(f"*The gate must never be opened while a boat is in the chamber. Call the keeper first.*\n\n{WORDS}")
    assert not paths(found)


# -- what is said about pages


def test_empty_pages_and_pictures_without_text(monkeypatch):
    monkeypatch.setattr("kbase.indexing.pdf_reader.ocr_installed", lambda: False)
    drawn = "#rect(width: 80%, height: 80%)"
    found = read(f"A page with text.\n#pagebreak()\n{drawn}\n#pagebreak()\n{drawn}")
    assert found.warnings == ("pages 2–3: pictures without text: pip install 'kbase-jupyter[ocr]' reads them",)
    with pytest.raises(
        EmptyDocument, match=re.escape("no text (1 page is a picture; pip install 'kbase-jupyter[ocr]')")
    ):
        read(drawn)
    with pytest.raises(EmptyDocument, match="1 empty page"):
        read("#v(1pt)")
    assert page_ranges([2, 3, 4, 9]) == "2–4, 9"


def garbled_pdf() -> bytes:
    shifted = "".join(chr(ord(letter) + 3) if letter.isalpha() else letter for letter in WORDS * 3)
    pdf = fpdf.FPDF()
    pdf.set_font("Helvetica", size=10)
    pdf.add_page()
    pdf.multi_cell(0, 5, WORDS)
    pdf.add_page()
    pdf.multi_cell(0, 5, shifted)
    return bytes(pdf.output())


def test_a_garbled_page_is_named(monkeypatch):
    monkeypatch.setattr("kbase.indexing.pdf_reader.ocr_installed", lambda: False)
    found = convert_pdf(garbled_pdf(), "a.pdf")
    assert found.warnings[0].startswith("page 2: the PDF's fonts do not say which letters they draw")
    assert is_garbled("\ufffd" * 10 + "abc") and not is_garbled("Ærøskøbing og Ribe ligger på hver sin side. " * 20)
    assert not is_garbled("2.10 3.14 1890 | SKU-88 | kWh/m3 " * 30)


def test_labels_of_pages_and_properties():
    source = '#set page(numbering: "i")\nA preface.\n#pagebreak()\n#set page(numbering: "1")\n'
    source += "#counter(page).update(1)\nText."
    found = read('#set document(title: [The river], keywords: ("weir", "lock"))\n' + source)
    assert found.meta["page_labels"] == ["i", "1"] and found.meta["keywords"] and found.title == "The river"
    assert "page_labels" not in read("One page.").meta


def test_a_file_inside_a_pdf_is_attached():
    found = read('A page.\n#pdf.attach("levels.csv", bytes("day,level"))')
    assert [(one.name, one.data) for one in found.attached] == [("levels.csv", b"day,level")]
    few = convert_pdf(typeset('A page.\n#pdf.attach("a.csv", bytes("day"))'), "a.pdf", Limits(attached_bytes=2))
    assert not few.attached and "over the limit" in few.warnings[0]


def test_encrypted_and_damaged_files_say_why():
    pdf = fpdf.FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    pdf.cell(text="secret words")
    pdf.set_encryption(owner_password="o", user_password="u")
    with pytest.raises(ConversionError, match="encrypted with a password"):
        convert_pdf(bytes(pdf.output()), "a.pdf")
    with pytest.raises(ConversionError, match="damaged"):
        convert_pdf(b"%PDF-1.7\nnothing", "a.pdf")
    whole = typeset(PAPER)
    for cut in (len(whole) // 3, len(whole) // 2, len(whole) - 300):
        try:
            assert convert_pdf(whole[:cut], "a.pdf").text
        except ConversionError as error:
            assert "a.pdf" in str(error)


def test_turned_pages_and_turned_words_are_read():
    pdf = pypdfium2.PdfDocument(typeset(f"{WORDS}\n\n#rotate(-90deg, reflow: true)[Written up the page]"))
    for turn in (0, 90, 180, 270):
        pdf[0].set_rotation(turn)
        out = io.BytesIO()
        pdf.save(out)
        text = convert_pdf(out.getvalue(), "a.pdf").text
        assert WORDS.strip() in text and "Written up the page" in text
    pdf.close()


def test_ligatures_soft_hyphens_and_right_to_left():
    found = read('#set text(lang: "en")\nThe office is efficient, the shuf\u00adfle is affluent.')
    assert "office is efficient, the shuffle is affluent" in found.text
    upright = [Line(text, 20, 150, 30 + 12 * at, 10, turn=3, column=(20, 160)) for at, text in enumerate("春秋")]
    assert paragraphs_of(upright, 10)[0].text == "春秋"


def test_two_pages_that_are_the_same_lose_nothing():
    page = "May 5, 1890\n\nTo whom it may concern:\n\nThere were 200 barrels.\n"
    found = read(f"{page}#pagebreak()\n{page}")
    assert found.text.count("May 5, 1890") == 2 and "running_heads" not in found.meta


def test_a_bold_or_unique_head_stays_on_its_first_page():
    source = "#set page(header: [Zymurgy quarterly], height: 300pt, margin: 60pt)\n" + "#pagebreak()\n".join(
        [WORDS + "\n"] * 6
    )
    assert read(source).text.count("Zymurgy quarterly") == 1


# -- OCR


def scan(texts: list[str], size: int = 30) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1240, 900), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    for at, text in enumerate(texts):
        draw.text((80, 80 + 60 * at), text, "black", font=font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


SCANNED = ["The lock keeper of Molesey wrote", "that the weir had to be mended", "before the winter of 1890."]


@needs_ocr
def test_a_scan_is_read_and_said_to_be():
    pdf = fpdf.FPDF()
    pdf.set_font("Helvetica", size=10)
    pdf.add_page()
    pdf.multi_cell(0, 5, WORDS)
    pdf.add_page()
    pdf.image(io.BytesIO(scan(SCANNED)), 0, 0, 200)
    found = convert_bytes(bytes(pdf.output()), "a.pdf")  # in the reading process, under its limits
    assert found.meta["ocr_pages"] == [2] and "page 2: read by OCR" in found.warnings
    second = found.text[found.pages[1] :]
    assert "weir had to be mended" in second and "winter of 1890" in second


@needs_ocr
def test_a_garbled_page_is_read_from_its_picture():
    pdf = fpdf.FPDF()
    pdf.set_font("Helvetica", size=11)
    pdf.add_page()
    pdf.image(io.BytesIO(scan(SCANNED)), 0, 0, 200)
    with pdf.local_context(text_mode="INVISIBLE"):
        pdf.multi_cell(0, 5, "xkzq wrtp bcdf " * 60)
    found = convert_pdf(bytes(pdf.output()), "a.pdf")
    assert found.meta["ocr_pages"] == [1] and "winter of 1890" in found.text and "xkzq" not in found.text


@needs_ocr
def test_a_picture_is_a_document():
    from kbase.indexing.pdf_reader import convert_picture

    found = convert_picture(scan(SCANNED), "a.png")
    assert "The lock keeper of Molesey wrote" in found.text and found.meta["ocr_pages"] == [1]
    with pytest.raises(EmptyDocument, match="1 page is a picture"):
        convert_picture(scan([]), "a.png")
    with pytest.raises(ConversionError, match="no picture"):
        convert_picture(b"\x89PNG nothing", "a.png")


def test_scores_decide():
    line = Line("A weir is a low dam", 20, 120, 30, 10)
    assert PageReading((line,) * 3, (0.99, 0.97, 0.9)).reliable
    assert not PageReading((line,) * 3, (0.99, 0.6, 0.6)).reliable and not PageReading((), ()).reliable
    sizes = [line.size for line in picture_lines([[(0, 0), (9, 0), (9, h), (0, h)] for h in (20, 22, 19, 60)], "abcd")]
    assert sizes[0] == sizes[1] == sizes[2] and sizes[3] == 45


# -- size


def many_pages(count: int) -> bytes:
    "A PDF by hand: forty lines a page."
    lines = [WORDS[at : at + 90] for at in range(0, len(WORDS), 90)] * 20
    parts = [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    for number in range(count):
        shown = "".join(f"0 -14 Td ({line}) Tj " for line in [f"Entry {number}.", *lines[: 37 + number % 3]])
        stream = f"BT /F1 10 Tf 60 760 Td {shown}ET"
        parts.append(
            f"{10 + 2 * number} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {11 + 2 * number} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>endobj"
        )
        parts.append(f"{11 + 2 * number} 0 obj<</Length {len(stream)}>>stream\n{stream}\nendstream endobj")
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(count))
    parts.append(f"2 0 obj<</Type/Pages/Kids[{kids}]/Count {count}>>endobj\ntrailer<</Root 1 0 R>>")
    return ("%PDF-1.4\n" + "\n".join(parts)).encode()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_three_thousand_pages_stay_under_a_gigabyte(tmp_path):
    (tmp_path / "big.pdf").write_bytes(many_pages(3000))
    code = (
        "import sys; from kbase.indexing.pdf_reader import convert_pdf; "
        "found = convert_pdf(open(sys.argv[1], 'rb').read(), 'big.pdf'); "
        "assert len(found.pages) == 3000 and 'Entry 2999.' in found.text, found.meta; "
        # not ru_maxrss, which a process has of the one that started it
        "print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "big.pdf"], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 1000


# -- real files


def word_counts(text: str) -> Counter[str]:
    text = re.sub("[\x00\x01\x03-\x08\x0e-\x1f\xad]", "", text.replace("\r\n", "\n"))
    return Counter(re.findall(r"\w+", join_hyphens(text).lower()))


@pytest.mark.skipif(not AWKWARD.is_dir(), reason="wants awkward_docs")
def test_awkward_pdfs_keep_their_words():
    for path in sorted((AWKWARD / "files").glob("*.pdf")):
        try:
            found = convert_pdf(path.read_bytes(), path.name, Limits(seconds=0))
        except ConversionError as error:
            assert re.search("password|no text", str(error)), path.name
            continue
        pdf = pypdfium2.PdfDocument(path)
        plain = word_counts("\n".join(page.get_textpage().get_text_range() for page in pdf))
        pdf.close()
        lost = plain - word_counts(found.text + " ".join(found.meta.get("running_heads", [])))
        assert sum(lost.values()) <= 0.05 * sum(plain.values()), (path.name, lost.most_common(9))


@pytest.mark.skipif(not (DATA / "llamaindex_guides").is_dir(), reason="wants llamaindex_guides")
@pytest.mark.parametrize("name", ["lyft_2021.pdf", "uber_2021.pdf"])
def test_the_contents_of_a_10k_are_heading_paths(name):
    data = (DATA / "llamaindex_guides" / name).read_bytes()
    found = convert_pdf(data, name)
    headings = {title_key(path[-1]) for path in paths(found)}
    contents = found.text[: found.pages[4]]
    entries = {title_key(row[1]) for row in re.finditer(r"(?m)^(Item .*?)  \d{1,3}$", contents)}
    assert len(entries) > 20 and not entries - headings
    assert {"parti", "partii", "partiii"} <= headings


# -- code, glossaries


def test_code_keeps_its_lines_and_indentation():
    code = "def level(day):\n    # metres above datum\n    return LEVELS[day] * 2\n\nprint(level(3))"
    found = read(f"The level is a function of the day.\n```python\n{code}\n```\nIt was tested in March.")
    assert f"```\n{code}\n```" in found.text
    assert [block.kind for block in read_blocks(document_of(found, "a.pdf", b""))] == ["paragraph", "code", "paragraph"]
    typed = read(f'#set text(font: "DejaVu Sans Mono", size: 9pt)\n{WORDS * 3}')
    assert "```" not in typed.text and typed.text.count("nobody reads it.") == 3


def test_entries_of_a_glossary_are_apart():
    found = read("/ Weir: a low dam over which the water falls.\n/ Lock: a chamber with two gates for boats.")
    assert "falls.\n\nLock" in found.text


def test_headings_in_capitals_stand_above_their_lists():
    found = read(
        "#set text(size: 10pt)\n#set par(spacing: 16pt)\nTOOLS TO TAKE\n\n- a rope\n- a hook\n\nBOATS TO BUY\n\nTwo."
    )
    assert ("TOOLS TO TAKE",) in paths(found)


def test_numbered_headings_of_one_depth_stand_equally_high():
    odd = "#show heading.where(body: [Locks]): it => block(text(12pt)[#counter(heading).display() Locks])\n"
    source = (
        f'#set heading(numbering: "1.1")\n{odd}= Weirs\n{WORDS}\n= Locks\n{WORDS}\n= Mills\n{WORDS}\n== Corn\n{WORDS}'
    )
    data = typeset(source)
    pdf = pypdfium2.PdfDocument(data)
    pdf.close()
    assert ("2 Locks",) in paths(convert_pdf(data, "a.pdf")) and ("3 Mills", "3.1 Corn") in paths(
        convert_pdf(data, "a.pdf")
    )


def test_pictures_are_read_in_the_reading_process_or_name_the_extra(monkeypatch):
    from kbase.indexing.converted import UnsupportedFormat
    from kbase.indexing.formats import FORMATS, sniff
    from kbase.indexing.pdf_reader import convert_picture

    data = scan(SCANNED)
    assert sniff(data, "photo") == sniff(data, "a.png") == "image" and FORMATS["image"].apart
    monkeypatch.setattr("kbase.indexing.pdf_reader.ocr_installed", lambda: False)
    with pytest.raises(UnsupportedFormat, match=re.escape("pip install 'kbase-jupyter[ocr]'")):
        convert_picture(data, "a.png")


def pages_with(heads: list[Line], first: Callable[[int], float]) -> list[list[Line]]:  # where each page's text begins
    def text(page: int) -> list[Line]:
        names = "Aurora Beluga Cormoran Dohle Emma Falke Gans Hecht Iltis".split()
        return [Line(f"{names[page]} with {name}", 40, 300, first(page) + 12 * at, 10) for at, name in enumerate(names)]

    return [[*heads, *text(page)] for page in range(9)]


def test_a_head_close_to_the_text_is_one_where_it_stands_apart_on_other_pages() -> None:
    printed, table = Line("Harbour news, as printed", 40, 200, 22, 8), Line("Boat and crates", 40, 200, 30, 10)
    near: Callable[[int], float] = lambda page: 31 if page in (3, 5) else 60  # noqa: E731
    for head, first, taken in ((printed, near, True), (table, lambda _: 42, False)):
        pages, heads = pages_with([head], first), RunningHeads(9)
        for page, lines in enumerate(pages):
            heads.add(page, lines, 792)
        assert all((head in heads.of(page, lines)) == taken for page, lines in enumerate(pages)), head
