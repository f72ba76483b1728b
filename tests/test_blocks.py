"Blocks of whole documents and of parts of them: nothing is lost, and each is what it was written as."

import random
from itertools import pairwise

import pytest

from kbase.blocks import (
    MARKUPS,
    MIXED,
    Block,
    blocks_of,
    first_heading,
    read_blocks,
)
from kbase.delimited import column_names, csv_dialect
from kbase.front_matter import front_matter_end
from kbase.nodes import Document

SIGNS = 'ab. \n#-=*`|>:"{}[],;\t0\r\\_é日'


def check(text: str, blocks: list[Block]) -> None:
    "In order, apart, and every character that is not white space is in one."
    assert all(text[b.start : b.end].strip() and not text[b.end - 1].isspace() for b in blocks)
    assert all(a.end <= b.start for a, b in pairwise(blocks))
    borders = [0, *(at for b in blocks for at in (b.start, b.end)), len(text)]
    assert not any(text[a:b].strip() for a, b in zip(borders[::2], borders[1::2], strict=True))


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("inside", ["", "code", "table"])
def test_a_part_loses_nothing(markup: str, inside: str) -> None:
    rng = random.Random(f"{markup}{inside}")
    for _ in range(300):
        text = "".join(rng.choices(SIGNS, k=rng.randrange(200)))
        check(text, blocks_of(text, markup, inside))


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_part_that_is_the_whole_is_read_alike(markup: str) -> None:
    rng = random.Random(markup)
    for number in range(200):
        text = "".join(rng.choices("ab. \n#-=*`>:", k=rng.randrange(200)))
        document = Document(f"d{number}", text, markup=markup)
        assert blocks_of(text, markup) == read_blocks(document)


def kinds(text: str, markup: str, inside: str = "") -> list[tuple[str, str]]:
    return [(b.kind, text[b.start : b.end]) for b in blocks_of(text, markup, inside)]


def test_code_goes_on_to_its_fence() -> None:
    text = "x = 1\n\n# no heading\n```\n\n# A heading\n"
    assert kinds(text, "markdown", "code") == [("code", "x = 1\n\n# no heading\n```"), ("heading", "# A heading")]
    assert kinds("x = 1\ny = 2", "markdown", "code") == [("code", "x = 1\ny = 2")]  # the fence is in a later chunk
    opened = "    x = 1\n\nProse.\n\n```python\ny\n```"  # the fence opens another block: this one is indented
    assert kinds(opened, "markdown", "code") == [
        ("code", "    x = 1"),
        ("paragraph", "Prose."),
        ("code", "```python\ny\n```"),
    ]


def test_a_table_goes_on_to_the_blank_line() -> None:
    text = "| 1 | 2 |\n| 3 | 4 |\n\nBelow."
    assert kinds(text, "markdown", "table") == [("table", "| 1 | 2 |\n| 3 | 4 |"), ("paragraph", "Below.")]
    assert kinds(text, "markdown") == kinds(text, "markdown", "table")
    assert kinds("1   2\n3   4\n=== ===\n\nBelow.", "rst", "table")[0] == ("table", "1   2\n3   4\n=== ===")
    assert kinds("a\tb\tc\n1\t2\t3", "text") == [("record", "a\tb\tc"), ("record", "1\t2\t3")]
    assert kinds("Either a | b.", "text") == [("paragraph", "Either a | b.")]


def test_unknown_markups_are_refused() -> None:
    with pytest.raises(ValueError, match="markup is 'tex': use one of text"):
        blocks_of("x", "tex")
    with pytest.raises(ValueError, match="markup of a.tex is 'tex'"):
        read_blocks(Document("a.tex", "x", markup="tex"))
    assert set(MIXED) <= set(MARKUPS)


@pytest.mark.parametrize(
    "text, delimiter, columns",
    [
        ("a;b\n1,5;2\n", ";", ("a", "b")),
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a\tb\n1\t2\n", "\t", ("a", "b")),
        ("a|b\n1|2\n", "|", ("a", "b")),
        ("1,2\n3,4\n", ",", ()),
        ("a,a\n1,2\n", ",", ()),
        ("a,b\n", ",", ()),
        ("just words\nand more\n", ",", ("just words",)),
        ("", ",", ()),
    ],
)
def test_one_rule_for_delimiters_and_columns(text: str, delimiter: str, columns: tuple[str, ...]) -> None:
    assert csv_dialect(text) == (delimiter, columns)


def test_a_known_delimiter_is_not_guessed() -> None:
    assert csv_dialect("a,b;c\n1,2;3\n", ";") == (";", ("a,b", "c"))
    assert column_names(["x" * 100, "y"]) == () and column_names([" a ", "b"]) == ("a", "b")


@pytest.mark.parametrize(
    "text, end",
    [
        ("---\ntitle: x\n---\n# A", 17),
        ("---\r\ntitle: x\r\n...\r\nA", 20),
        ("---\n# no end", 0),
        ("text\n---\n---\n", 0),
        ("---\n---\n", 8),
    ],
)
def test_front_matter(text: str, end: int) -> None:
    assert front_matter_end(text) == end


@pytest.mark.parametrize(
    "text, markup, title",
    [
        ("```\n# no\n```\n# *Yes* [it](u) is #\n", "markdown", "Yes it is"),
        ("Top\n===\n", "markdown", "Top"),
        ('<h1 align="center">kbase</h1>\n\n# Later', "markdown", "kbase"),
        ("no heading", "markdown", ""),
        ("Top\n---\n\ntext", "rst", "Top"),
        ("def f(): pass", "python", ""),
    ],
)
def test_first_heading(text: str, markup: str, title: str) -> None:
    assert first_heading(text, markup) == title
