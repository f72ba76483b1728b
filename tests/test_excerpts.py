"What people read: excerpts without markup, marks on the right words, rendered answers, hostile text in every place."

import io
import json
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kbase.blocks import MARKUPS
from kbase.excerpts import excerpt, markup_of, plain_blocks, plain_of, quote_markdown
from kbase.hits import Hit, Hits, Part
from kbase.nodes import Node
from kbase.rendering import html_table, mark_spans, rendered, strength_html
from kbase.results import Answer, Citation, Report, ReportRow, with_context
from kbase.serving.terminal import PLAIN, Terminal, answer_text, file_line, hits_text, markdown_text, terminal_of
from kbase.strength import Strength, strength_of

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'></table>"


def spans_in(text: str, *words: str) -> list[tuple[int, int]]:
    return sorted((found.start(), found.end()) for word in words for found in re.finditer(re.escape(word), text))


def read(source: str, markup: str, *words: str, **options) -> tuple[str, list[str]]:
    shown = excerpt(source, spans_in(source, *words), markup, **options)
    return shown.text, [shown.text[a:b] for a, b in shown.spans]


# ------------------------------------------------------------------ no markup

READ = [
    # markup, source, what is read, words to mark, marked
    (
        "markdown",
        "## The *old* mill\n\nIt ground **rye\nand wheat** until `1954`.",
        "It ground rye and wheat until 1954.",
        ["rye"],
        ["rye"],
    ),
    (
        "markdown",
        'See [the *long* report](https://example.org/a_(b).pdf "Report") now.',
        "See the long report now.",
        ["long", "report]"],
        ["long", "report"],
    ),
    ("markdown", "- [x] wash\n- [ ] dry\n* iron", "• wash • dry • iron", ["dry"], ["dry"]),
    (
        "markdown",
        "| city | rain |\n|:-----|-----:|\n| Oslo | **763** mm |\n| Rome | 799 mm |",
        "city · rain; Oslo · 763 mm; Rome · 799 mm",
        ["763"],
        ["763"],
    ),
    (
        "markdown",
        "```python\nfor n in names:\n    print(n)\n```\nDone.",
        "for n in names: print(n) Done.",
        ["names"],
        ["names"],
    ),
    ("markdown", "---\ntitle: Rain\n---\n\nRain falls.", "Rain falls.", ["falls"], ["falls"]),
    (
        "markdown",
        "[![Build](https://ci/x.svg)](https://ci) ![Logo](logo.png)\n\nA library.",
        "Logo A library.",
        ["library"],
        ["library"],
    ),
    (
        "markdown",
        "Use `**kwargs`, *args* and __init__; a[2*k+1] stays, f(**kw) too.",
        "Use **kwargs, args and __init__; a[2*k+1] stays, f(**kw) too.",
        ["args*"],
        ["args"],
    ),
    (
        "markdown",
        "> quoted\n> twice &amp; &lt;b&gt;\n\n<br/><b>Bold</b> List<int>",
        "quoted twice & <b> Bold List<int>",
        ["twice"],
        ["twice"],
    ),
    (
        "markdown",
        "Fact.[^1] See [docs][d].\n\n[d]: https://example.org\n[^1]: A note.",
        "Fact. See docs.",
        ["docs"],
        ["docs"],
    ),
    ("markdown", "Setext\n======\n\nText\\*s \\_here\\_.", "Setext: Text*s _here_.", ["here"], ["here"]),
    ("markdown", "这是**重点\n内容**。", "这是重点内容。", ["重点\n内容"], ["重点内容"]),
    (
        "rst",
        "Mills\n=====\n\nSee :func:`~mill.grind` and ``mill[0]``, `the docs <https://x.org>`_, |now|.",
        "Mills: See mill.grind and mill[0], the docs, now.",
        ["grind"],
        ["grind"],
    ),
    (
        "rst",
        ".. note:: It is **old**.\n\n.. _label:\n\n.. code-block:: python\n\n   grind(2)\n",
        "It is old. grind(2)",
        ["old"],
        ["old"],
    ),
    (
        "rst",
        "+------+------+\n| a    | b    |\n+======+======+\n| 1    | 2    |\n+------+------+",
        "a · b; 1 · 2",
        ["2"],
        ["2"],
    ),
    ("rst", "====  ====\na     b\n====  ====\none   two\n====  ====", "a · b; one · two", ["two"], ["two"]),
    ("rst", ":param rye: a grain\n:returns: flour", "param rye: a grain returns: flour", ["grain"], ["grain"]),
    (
        "text",
        "THE MILL\n--------\nIt ground rye\nuntil the flood.",
        "THE MILL: It ground rye until the flood.",
        ["flood"],
        ["flood"],
    ),
    ("text", "A soft\u00adhyphen, and 2 * 3 * 4 = 24.", "A softhyphen, and 2 * 3 * 4 = 24.", ["24"], ["24"]),
    (
        "csv",
        'name,born\n"Lovelace, Ada",1815\nGrace,1906',
        "name · born; Lovelace, Ada · 1815; Grace · 1906",
        ["Ada"],
        ["Ada"],
    ),
    ("csv", "name;price\nrye;3,50", "name · price; rye · 3,50", ["3,50"], ["3,50"]),
    ("json", '{"name": "Ada \\"L\\"", "born": 1815}', 'name: Ada "L", born: 1815', ["born"], ["born"]),
    (
        "python",
        'def grind(rye):\n    """Make flour."""\n    return rye  # slowly\n',
        "def grind(rye): Make flour. return rye # slowly",
        ["flour"],
        ["flour"],
    ),
]


@pytest.mark.parametrize("markup, source, expected, words, marked", READ)
def test_markup_is_not_read_and_marks_stay_on_their_words(markup, source, expected, words, marked):
    shown, found = read(source, markup, *words)
    assert shown.endswith(expected) and found == marked, (shown, found)


def test_a_text_in_the_middle_of_code_or_a_table_is_read_as_such():
    assert read("    return rye\n```\n\nIt *is*.", "markdown", "rye", inside="code") == ("return rye It is.", ["rye"])
    assert read("| 763 | mm |\n| 2 | cm |", "markdown", "763", inside="table")[0] == "763 · mm; 2 · cm"


def test_a_text_of_badges_or_front_matter_alone_shows_what_it_has():
    badge = "[![Build](https://ci/x.svg)](https://ci)\n[![License](https://ci/y.svg)](https://ci)"
    assert plain_of(badge, "markdown").text == "Build License"
    assert "title: Rain" in plain_of("---\ntitle: Rain\n---\n", "markdown").text


def test_blocks_keep_the_lines_of_code_and_tables():
    source = "# Head\n\nA *b*\nc.\n\n```\nx = 1\nif x:\n    y()\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    blocks = plain_blocks(source, spans_in(source, "y()"), "markdown")
    assert [(block.kind, block.text) for block in blocks] == [
        ("heading", "Head"),
        ("paragraph", "A b c."),
        ("code", "x = 1\nif x:\n    y()"),
        ("table", "a · b\n1 · 2"),
    ]
    assert [block.text[a:b] for block in blocks for a, b in block.spans] == ["y()"]


def test_empty_cells_leave_no_signs():
    table = "|   | a |   |\n|---|---|---|\n| b |   | c |\n|   |   |   |\n| d |   |   |"
    assert plain_of(table, "markdown").text == "a; b · c; d"


def test_texts_from_right_to_left_are_set_so():
    assert hit("اللغة العربية هي واحدة")._repr_html_().count('dir="auto"') == 2


def test_code_is_known_as_code():
    source = "Call `grind(2)` then\n\n```\nx = 1\n```\n\nand *stop*."
    shown = excerpt(source, spans_in(source, "grind", "stop"), "markdown")
    assert [shown.text[a:b] for a, b in shown.code] == ["grind(2)", "x = 1"]
    assert [piece for piece in shown.styled if piece[1]] == [("grind", True, True), ("stop", True, False)]
    assert "".join(text for text, _, _ in shown.styled) == shown.text
    assert "<mark><code>grind</code></mark><code>(2)</code>" in hit(source, matched=(6, 11))._repr_html_()
    cut = excerpt("word " * 200 + "`code` needle " + "word " * 200, [(1007, 1013)], "markdown")
    assert cut.before and [cut.text[a:b] for a, b in cut.code] == ["code"]
    assert "".join(text for text, _, _ in cut.styled) == f"… {cut.text} …"


# ------------------------------------------------------------------ the lines around the words


def test_a_long_text_is_cut_at_words_around_most_of_what_was_found():
    far = "Nothing is said here of it. " * 40
    source = far + "The mill ground rye. " + far + "The mill at the weir ground rye and wheat for bread. " + far
    shown = excerpt(source, spans_in(source, "mill", "weir", "wheat"))
    assert {shown.text[a:b] for a, b in shown.spans} == {"mill", "weir", "wheat"}
    assert shown.before and shown.after and len(shown.text) <= 400
    assert f" {shown.text} " in f" {source} ", "it begins and ends with a whole word"


def test_a_short_text_is_whole_and_a_long_match_is_cut():
    assert excerpt("A mill.")[2:4] == (False, False)
    source = "word " * 500
    shown = excerpt(source, [(0, len(source))])
    assert shown.after and shown.spans == ((0, len(shown.text)),)


def test_a_huge_text_is_read_around_the_match_alone():
    source = "filler words here. " * 100_000 + "the needle stands here" + " and more of it" * 1000
    shown = excerpt(source, spans_in(source, "needle"), "markdown")
    assert [shown.text[a:b] for a, b in shown.spans] == ["needle"] and shown.before and shown.after


PIECES = [
    "**",
    "*",
    "_",
    "__",
    "`",
    "``",
    "```\n",
    "\n",
    "\n\n",
    " ",
    "[",
    "](http://x)",
    "![",
    "](",
    "|",
    "|---|\n",
    "a",
    "word",
    "中文",
    "。",
    "#",
    " # ",
    "> ",
    "- ",
    "1. ",
    "<b>",
    "</b>",
    "<!--",
    "-->",
    "&amp;",
    "\\",
    "=====",
    "\n-----\n",
    ":: ",
    ".. note:: ",
    ":func:`x`",
    '"',
    ",",
    "{",
    "}",
    "\t",
    "é",
    "\u202e",
    "\x1b",
    "---\n",
    "\r\n",
]


@pytest.mark.parametrize("markup", [*MARKUPS, "no such markup"])
def test_spans_lie_within_whatever_the_text(markup):
    draw = random.Random(markup)
    for _ in range(400):
        source = "".join(draw.choices(PIECES, k=draw.randint(0, 60)))
        starts = [draw.randint(0, len(source)) for _ in range(draw.randint(0, 5))]
        spans = [(start, start + draw.randint(0, 12)) for start in starts]
        for characters in (320, 30):
            shown, at = excerpt(source, spans, markup, draw.choice(["", "code", "table"]), characters), 0
            for start, end in shown.spans:
                assert at <= start < end <= len(shown.text), (source, spans, shown)
                at = end
            assert shown.text == shown.text.strip() and not set("\n\r\t") & set(shown.text), (source, shown)
            assert "".join(text for text, _ in shown.segments).strip("… ") == shown.text.strip("… ")
        plain_blocks(source, spans, markup)
        quote_markdown(source, markup)


@pytest.mark.parametrize("piece", ["*", "[", "`", "|-", "- ", "<a ", "&", "[a", "**a ", "![a](", "_a", "<!--", '"\\'])
def test_no_text_takes_long_to_read(piece):
    import time

    began = time.perf_counter()
    for markup in MARKUPS:
        excerpt(piece * (20_000 // len(piece)), [(5, 9)], markup)
    assert time.perf_counter() - began < 20, "a quadratic pattern takes minutes"


@pytest.mark.parametrize(
    "uri, payload, markup",
    [
        ("a/mill.md", {}, "markdown"),
        ("mill.HTML", None, "markdown"),
        ("mill.rst", {"markup": "text"}, "text"),
        ("mill", {"markup": ["no"]}, "text"),
        ("mill.py", {"markup": "evil"}, "python"),
    ],
)
def test_how_a_text_is_written(uri, payload, markup):
    assert markup_of(uri, payload) == markup


# ------------------------------------------------------------------ answers


class Reader(HTMLParser):
    "The tags, attributes and text of a piece of HTML."

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    @property
    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}


def test_answers_are_rendered():
    page = rendered("**a** `b` [1]\n\n- c\n- d\n\n| e | f |\n|---|---|\n| g | h |\n\n    code\n", 1, "kb-x")
    assert {"strong", "code", "ul", "li", "table", "pre", "sup"} <= Reader(page).names
    assert '<a href="#kb-x-1">1</a>' in page


@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        "[x](javascript:alert(1))",
        "[x](data:text/html,y)",
        "[x](//evil.example)",
        "[x](file:///etc/passwd)",
        "![x](https://evil.example/pixel.png)",
        "<javascript:alert(1)>",
        "[1]: https://evil.example\n\n[1]",
        "<b onclick=x>",
        "[x](vbscript:y)",
        "[x][y]\n\n[y]: https://evil.example",
        "<!-- --> <style>*{}</style>",
    ],
)
def test_nothing_in_an_answer_runs_or_leads_away(text):
    page = Reader(rendered(text, 1, "kb-x"))
    assert not page.names & {"script", "img", "style", "iframe", "form", "b"}
    assert all(attrs.get("href", "#").startswith("#") for _, attrs in page.tags)
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def test_a_citation_is_a_mark_only_where_it_has_a_quote():
    assert rendered("[1] [2] [3]", 2).count("<sup>") == 2 and "[3]" in rendered("[3]", 2)
    assert "<sup>" in rendered("so it is [1](see there)", 1), "a bracket behind it makes no link of it"
    assert "<code>x[1]</code>" in rendered("`x[1]`", 1)


def test_a_quoted_formula_and_a_session_are_not_read_as_markdown():
    assert "a[2*k+1] and a[2*k]" in rendered("a[2*k+1] and a[2*k]") and "__init__" in rendered("calls __init__ first")
    page = rendered("So:\n\n>>> f()\n42\n[1]", 1)
    assert "<pre>" in page and "blockquote" not in page and "<sup>" in page


def test_a_quote_of_any_markup_becomes_markdown():
    rest = "Call it::\n\n    >>> grind(2)\n    'flour'\n\nIt is\n:class:`~mill.Mill`."
    assert quote_markdown(rest, "rst") == "Call it:\n\n```\n>>> grind(2)\n'flour'\n```\n\nIt is mill.Mill."
    assert quote_markdown("One\nline *more*.", "markdown") == "One line *more*."
    assert quote_markdown("- a\n- b", "markdown") == "- a\n- b"
    assert quote_markdown("```\na ```` b\n```", "markdown").startswith("`````\n")


# ------------------------------------------------------------------ results

TEXT = "# The mill\n\nIt ground **rye** until 1954. Then came the *flood*.\n"


def hit(text: str = TEXT, title: str = "Mill", uri: str = "notes/mill.md", **more) -> Hit:
    node = Node("d", "chunk", 0, len(text), text, title, uri, ("Mill", "History"), page=2)
    parts = {
        "bm25": Part(9.1, 1, 0.99, "99 % of the best BM25 score"),
        "dense": Part(0.6, 2, 1.21, "6.1 σ above the corpus × 0.2"),
    }
    matched = (more.pop("matched"),) if "matched" in more else tuple(spans_in(text, "rye"))
    return Hit(node, 2.2, parts, matched, **more)


def test_a_hit_is_read_in_lines_with_its_reason_in_a_few_words():
    shown = hit()
    assert shown.why == "words 99 % · meaning 6.1 σ" and shown.excerpt.text.endswith(
        "It ground rye until 1954. Then came the flood."
    )
    page = Reader(shown._repr_html_())
    assert "**" not in page.text and "History · page 2" in page.text and "Mill › " not in page.text, "no heading twice"
    assert "2.20 = bm25 +0.99" in page.text and "details" in page.names
    assert (
        hit(gone=True, weak=True).why.startswith("a weak match") and "the file is gone" in hit(gone=True)._repr_html_()
    )


def test_a_part_that_did_not_return_the_hit_is_not_named():
    parts = {
        "bm25": Part(0, None, 0, "no word of the query is there"),
        "dense": Part(0.1, 3, -0.1, "0.5 σ below the corpus × 0.2"),
    }
    assert Hit(hit().node, 0.1, parts).why == "meaning −0.5 σ"
    assert Hit(hit().node, 6.17, {"bm25": Part(6.17, 1, 6.17, "BM25")}).why == "BM25 6.17"
    assert Hit(hit().node, 0.5).why == "score 0.50"


def test_hits_say_how_well_they_answer_and_put_ids_last():
    hits = Hits([hit(), hit(weak=True)], "rye?", notes=["the query was cut"], strength=strength_of(0.93))
    page = hits._repr_html_()
    assert "Well supported" in page and "the query was cut" in page and page.count("kb-hit weak") == 1
    assert hits[:1].strength is hits.strength and "Nothing found" in Hits((), "zxqwv")._repr_html_()
    columns = list(hits.to_frame())
    assert columns[:2] == ["title", "text"] and columns[-2:] == ["document_id", "id"] and "bm25_score" in columns
    assert list(Hits().to_frame())[-1] == "id"
    as_json = hits.to_dict()
    assert (
        json.loads(json.dumps(as_json)) == as_json
        and as_json["hits"][1]["weak"]
        and as_json["strength"]["level"] == "strong"
    )


def cited(quote: str, text: str = TEXT, **more) -> Citation:
    at = text.index(quote)
    return Citation("d", "notes/mill.md", "Mill", at, at + len(quote), quote, **more)


def test_a_quote_stands_in_its_paragraph():
    plain = cited("Then came the *flood*.")
    assert plain.excerpt.text == "Then came the flood."
    placed = with_context(plain, [hit()])
    assert placed.headings == ("Mill", "History") and placed.excerpt.text.startswith("The mill: It ground rye")
    assert [placed.excerpt.text[a:b] for a, b in placed.excerpt.spans] == ["Then came the flood."]
    own = cited("Then came the *flood*.", context="Then came the *flood*. And more.", context_start=TEXT.index("Then"))
    assert with_context(own, [hit()]) is own and own.excerpt.text == "Then came the flood. And more."
    wrong = cited("Then came the *flood*.", context="something else", context_start=900)
    assert wrong.excerpt.text == "Then came the flood.", "a context that does not hold the quote is not shown"


def test_an_answer_leads_from_its_marks_to_its_quotes():
    answer = Answer(
        "Until when?",
        "**Until 1954.** [1] [2]",
        "fact",
        (cited("It ground **rye** until 1954."), cited("Then came the *flood*.")),
        evidence=Hits([hit()]),
        strength=strength_of(0.7),
    )
    page = Reader(answer._repr_html_())
    ids = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    marks = {attrs["href"] for _, attrs in page.tags if attrs.get("href")}
    assert marks == {f"#{name}" for name in ids} and len(ids) == 2
    assert "What the documents say" in page.text and "Weak" in page.text and "**" not in page.text
    assert "What the documents say" not in Answer("q", "a", "fact", trace={"llm": {"used": True}})._repr_html_()
    many = Answer("q", "a", "list", tuple(cited("rye") for _ in range(14)))
    assert "4 more" in many._repr_html_()
    as_json = answer.to_dict()
    assert json.loads(json.dumps(as_json)) == as_json and as_json["citations"][0]["headings"] == []


def test_a_refusal_says_it_in_words_and_keeps_the_numbers_behind_a_fold():
    strength = strength_of(0.12, ["mongolia"], "support .12; .50 is needed", documents=219)
    answer = Answer(
        "Capital of Mongolia?",
        "",
        "fact",
        refused=True,
        reason=strength.words,
        evidence=Hits([hit()]),
        strength=strength,
    )
    html = answer._repr_html_()
    words, _, folded = html[html.index("</style>") :].partition("<details")
    assert "do not seem to answer this" in words and "mongolia" in words and ".12" not in words and ".12" in folded
    assert html.count("is in none of your 219 documents") == 1 and "What came nearest" in folded


def test_hostile_text_is_escaped_in_every_place():
    bad = Node("d", "chunk", 0, len(EVIL), EVIL, EVIL, EVIL, (EVIL,), language=EVIL, meta={EVIL: EVIL})
    found = Hit(bad, 1.0, {EVIL: Part(1, 1, 1, EVIL)}, ((0, 8), (9, 14)))
    strength = Strength("none", 0.1, EVIL, (EVIL,), EVIL)
    citation = Citation("d", EVIL, EVIL, 0, len(EVIL), EVIL, headings=(EVIL,), context=EVIL, markup=EVIL)
    answer = Answer(
        EVIL, f"{EVIL} [1]", EVIL, (citation,), evidence=Hits([found]), unsupported=(EVIL,), strength=strength
    )
    refused = Answer(EVIL, "", EVIL, refused=True, reason=EVIL, evidence=Hits([found]), strength=strength)
    report = Report([ReportRow(EVIL, "failed", EVIL)])
    pages = [found, Hits([found], EVIL, EVIL, [EVIL], strength=strength), citation, answer, refused, report]
    pieces = [page._repr_html_() for page in pages]
    pieces += [strength_html(strength), mark_spans(EVIL, [(0, 3)]), html_table([EVIL], [], EVIL)]
    for piece in pieces:
        page = Reader(piece)
        assert not page.names & {"script", "img", "iframe", "object", "form", "link", "base"}, piece
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "src"], piece
        assert all(attrs.get("href", "#").startswith("#") for _, attrs in page.tags)


def test_an_account_names_what_is_gone():
    report = Report(
        [
            ReportRow("a", "added", nodes=3),
            ReportRow("b", "gone"),
            ReportRow("c", "removed"),
            ReportRow("d", "failed", "broken"),
        ]
    )
    assert report.found == report.ok + report.failed + report.skipped == 2 and (report.gone, report.removed) == (1, 1)
    assert str(report).startswith("2 found: 1 added, 1 failed, 1 removed; 3 nodes")
    assert str(report).endswith("1 file is gone: kb.sync(folder) removes it")
    assert "2 files are gone" in str(
        Report([ReportRow("a", "gone"), ReportRow("b", "gone")])
    ) and "removes them" in str(Report([ReportRow("a", "gone")] * 2))
    assert report._repr_html_().index(">d<") < report._repr_html_().index(">b<") and report.to_dict()["gone"] == 1


# ------------------------------------------------------------------ terminal

ANSWER = Answer(
    "q",
    "**Until 1954** `x` [1]\n\n- a\n- b\n\n| c | d |\n|---|---|\n| e | f |",
    "fact",
    (cited("Then came the *flood*."),),
    evidence=Hits([hit()]),
    strength=strength_of(0.9),
)


def test_a_pipe_gets_plain_text_and_a_terminal_colour():
    hits = Hits([hit()], strength=strength_of(0.93))
    for text in (hits_text(hits), answer_text(ANSWER), markdown_text("**a** `b`")):
        assert "\x1b" not in text and "**" not in text and "`" not in text
    assert "\x1b[1;33mrye\x1b[0m" in hits_text(hits, Terminal(100, True)) and "\x1b[1m" in answer_text(
        ANSWER, Terminal(100, True)
    )
    assert terminal_of(io.StringIO(), {}).color is False

    class Tty(io.StringIO):
        def isatty(self):
            return True

    assert terminal_of(Tty(), {"TERM": "xterm"}).color and not terminal_of(Tty(), {"NO_COLOR": "1"}).color
    assert not terminal_of(Tty(), {"TERM": "dumb"}).color
    assert terminal_of(Tty(), {"VTE_VERSION": "7000"}).links and not terminal_of(Tty(), {"TERM": "xterm"}).links


@pytest.mark.parametrize("width", [30, 60, 100])
def test_no_line_is_wider_than_the_terminal(width):
    long = hit(
        TEXT + "a-very-long-word" * 20 + " und noch mehr",
        title="A title that is longer than a narrow terminal " * 3,
        uri="folder/" * 12 + "x.md",
    )
    shown = Answer(
        "q", ANSWER.text + " word" * 80, "fact", (cited("rye"),), evidence=Hits([long]), strength=ANSWER.strength
    )
    refused = Answer("q", "", "fact", refused=True, reason="no " * 60, evidence=Hits([long]))
    for text in (
        hits_text(Hits([long]), Terminal(width)),
        answer_text(shown, Terminal(width)),
        answer_text(refused, Terminal(width)),
    ):
        assert max(map(len, text.splitlines())) <= width


def test_a_terminal_obeys_nothing_of_a_document():
    evil = "\x1b[2Jgone \x1b]0;owned\x07 \u202etxt\u202c [red]x[/red] [link=file:///etc]y[/link] :smile:"
    bad = hit(evil, title=evil, uri=evil)
    answer = Answer(
        "q",
        evil,
        "fact",
        (Citation("d", evil, evil, 0, 5, evil, headings=(evil,)),),
        unsupported=(evil,),
        strength=Strength("weak", 0.6, evil),
    )
    refused = Answer(
        "q", "", "fact", refused=True, reason=evil, evidence=Hits([bad]), strength=Strength("none", 0.1, evil, (), evil)
    )
    for text in (hits_text(Hits([bad], notes=[evil])), answer_text(answer), answer_text(refused)):
        assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text and "\\x1b" in text
        assert "red" not in re.findall(r"\[(\w+)\]", text) or "[red]x[/red]" in text.replace("\n", " ")
    coloured = hits_text(Hits([bad]), Terminal(200, True))
    assert not re.search(r"\x1b\[2J|\x1b\]0", coloured) and "[red]x[/red]" in re.sub(r"\x1b\[[\d;]*m", "", coloured)
    linked = markdown_text("[a](file:///etc/passwd) [b](https://example.org)", Terminal(80, True, True))
    assert ";file:" not in linked and ";https://example.org" in linked


def test_the_line_of_a_file_is_named_where_the_file_has_it(tmp_path):
    page = tmp_path / "mill.md"
    page.write_bytes(b"# Mill\r\n\r\nIt ground rye.\r\n")
    assert file_line(page, "# Mill\r\n\r\n", "It ground rye.") == 3
    assert file_line(page, "", "It ground rye.") == 0, "another line of the file has it"
    assert file_line(tmp_path / "none.md", "", "x") == 0 and file_line(page, "", "") == 0


def test_help_does_not_wait_for_what_only_a_terminal_needs():
    loaded = (
        "import sys; import kbase.serving.terminal; print(sorted({'rich', 'numpy', 'markdown_it'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
    assert PLAIN == Terminal()


def test_a_prompt_shows_results_as_people_read_them_and_obeys_nothing():
    evil = "\x1b[2Jgone\nmore \u202etxt"
    bad = hit(evil, title=evil, uri=evil)
    citation = Citation("d", evil, evil, 0, 5, evil, headings=(evil,))
    weak = Answer("q", evil, "fact", (citation,), strength=Strength("weak", 0.6, evil))
    for shown in (bad, Hits([bad], evil), citation, weak, Answer("q", "", "fact", refused=True, reason=evil)):
        assert "\x1b" not in repr(shown) and "\u202e" not in repr(shown) and "object at" not in repr(shown)
    assert (
        repr(Hits([hit()], "rye")).splitlines()[0] == "1 hit for “rye” (hybrid)"
        and "words 99 %" in repr(Hits([hit()])).splitlines()[1]
    )
    assert repr(ANSWER) == str(ANSWER) and repr(ANSWER).startswith("Until 1954")
    assert repr(Report([ReportRow("a", "added", nodes=3)])) == "1 found: 1 added; 3 nodes in 0.0 s"
