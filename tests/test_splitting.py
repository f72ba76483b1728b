"Splitting keeps its promises whatever it is given."

import json
import random
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from haystack import Document as HaystackDocument
from haystack import Pipeline
from haystack.core.serialization_security import allow_deserialization_module

from kbase.blocks import MARKUPS as READERS
from kbase.blocks import read_blocks
from kbase.indexing.pieces import count_in_batches
from kbase.indexing.splitting import ChunkSplitter, block_parts, cut_title, split_document, split_in_parts
from kbase.nodes import Document, Node, node_from_haystack

MARKUPS = list(READERS)


def count_words(texts: list[str]) -> list[int]:
    "Words and signs, and two special tokens, as WordPiece begins."
    return [2 + len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def count_letters(texts: list[str]) -> list[int]:
    "A token for every four characters: white space counts."
    return [1 + (len(text) + 3) // 4 for text in texts]


def count_bytes(texts: list[str]) -> list[int]:
    return [len(text.encode()) for text in texts]


def blocks(document: Document) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(b.kind, document.text[b.start : b.end], b.headings) for b in read_blocks(document)]


def check(document: Document, nodes: list[Node], count=count_words, limit: int = 256) -> None:
    text = document.text
    for node in nodes:
        assert node.text == text[node.start : node.end] and node.text.strip()
        assert (node.document_id, node.uri, node.language, node.meta) == (
            document.id,
            document.uri,
            document.language,
            document.meta,
        )
        assert node.kind == "chunk" and node.page == document.page_at(node.start)
    assert all(a.end <= b.start for a, b in pairwise(nodes))
    gaps = [0, *(at for node in nodes for at in (node.start, node.end)), len(text)]
    assert not any(text[a:b].strip() for a, b in zip(gaps[::2], gaps[1::2], strict=True))
    assert max(count([node.embedded_text for node in nodes]), default=0) <= limit


# ── what must hold for any text ─────────────────────────────────────────────────────────────────────────────────────

SNIPPETS = [
    "# One",
    "## Two *stars*",
    "Title\n=====",
    "Sub\n---",
    "====\nOver\n====",
    "```python\nx = 1\n\n# no heading\n```",
    "```",
    "~~~",
    "> quote\n> more",
    "- item",
    "  - deeper\n\n    with text",
    "1. first",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "+---+---+\n| a | b |\n+---+---+",
    "=== ===\na   b\n=== ===",
    "A sentence. Another one! Dr. No said so?",
    "word " * 60,
    "x" * 300,
    "日本語の文。もう一つ。",
    "😀👩‍👩‍👧 e\u0301\u0301",
    'a,b,c\n1,"2\n3",4',
    '"unclosed',
    '{"a": [1, {"b": "c"}]}',
    "[1, 2",
    '{"k": "v"}\n{"k": 2}',
    "def f(x):\n    return x",
    "class A:\n    def m(self):\n        pass",
    "@dec\ndef g(): ...",
    "text::\n\n    literal\n\n    more",
    ".. code-block:: python\n\n   pass",
    "[ref]: http://example.org",
    "<div>\n<p>html</p>\n</div>",
    "---",
    "***",
    "---\ntitle: t\n---",
    "\t\ttabs",
    " " * 90 + "far",
    "\u3000wide\u2028line\x1cseparators\x85",
    "\f",
    "\\",
    "\0",
    "a\rb\r\nc",
    "&amp; <!-- ",
    "\ufeff",
]


def random_text(rng: random.Random) -> str:
    return "".join(
        rng.choice(SNIPPETS) + rng.choice(["\n", "\n\n", " ", "", "\r\n", "\n    "])
        for _ in range(rng.randrange(1, 25))
    )


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("count", [count_words, count_letters])
def test_nothing_is_lost_or_doubled(markup: str, count) -> None:
    rng = random.Random(f"{markup}{count.__name__}")
    for number in range(150):
        text = random_text(rng)
        pages = (
            tuple(sorted({0, *(rng.randrange(len(text) + 1) for _ in range(rng.randrange(3)))}))
            if rng.random() < 0.5
            else ()
        )
        document = Document(
            f"d{number}",
            text,
            title=rng.choice(["", "A title", "A very long title " * 30]),
            markup=markup,
            pages=pages,
            language=rng.choice(["", "en", "ja"]),
            meta={"n": number},
        )
        max_tokens, limit = rng.choice([(1, 16), (8, 20), (40, 64), (200, 256), (500, 256)])
        nodes = split_document(document, count, max_tokens, limit)
        check(document, nodes, count, limit)
        assert [n.id for n in nodes] == [n.id for n in split_document(document, count, max_tokens, limit)]


def test_a_random_alphabet() -> None:
    rng = random.Random(3)
    for number in range(400):
        text = "".join(rng.choices('ab. \n#-=*`|>:"{}[],\t0\r\\_é日', k=rng.randrange(400)))
        document = Document(f"a{number}", text, markup=rng.choice(MARKUPS), language="en")
        check(document, split_document(document, count_letters, 12, 24), count_letters, 24)


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000\r\n", "\f"])
def test_white_space_has_no_chunks(markup: str, text: str) -> None:
    assert split_document(Document("blank", text, markup=markup, title="Blank"), count_words) == []


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    "text",
    [
        "x" * 3_000_000,
        "word " * 600_000,
        "It is so. " * 300_000,
        "a\n" * 200_000,
        "# a\n" * 10_000,
        "#" * 100_000,
        "[" * 100_000,
        "-\n" * 100_000,
        ">" * 100_000,
        "a" + " " * 2_000_000 + "b",
        "(" * 50_000,
        '"' * 100_000,
        "* " * 100_000,
        "::\n" * 50_000,
    ],
    ids=lambda text: text[:10].strip(),
)
def test_huge_and_hostile(markup: str, text: str) -> None:
    longest = 0

    def count(texts: list[str]) -> list[int]:
        nonlocal longest
        longest = max(longest, *map(len, texts))
        return [2 + len(text.split()) for text in texts]

    document = Document("huge", text, markup=markup, language="en")
    nodes = split_document(
        document, count
    )  # a reader or a packer that is not linear takes hours: the suite's timeout stops it
    check(document, nodes, count)
    assert longest < 5000 and max(len(node.text) for node in nodes) <= 2000


def test_letters_keep_their_accents() -> None:
    document = Document("accents", "e\u0301" * 999)
    assert not any(node.text[0] == "\u0301" for node in split_document(document, count_letters, 15, 32))


# ── title and headings ──────────────────────────────────────────────────────────────────────────────────────────────


def test_long_headers_are_shortened_never_the_text() -> None:
    text = "".join(f"{'#' * depth} {'deep words ' * 8}{depth}\n\n" for depth in range(1, 7)) + "The text. " * 30
    document = Document("deep.md", text, title="A title that goes on " * 20, markup="markdown", language="en")
    nodes = split_document(document, count_words, 40, 60)
    check(document, nodes, limit=60)
    assert nodes[0].title.startswith("A title that") and nodes[0].title.endswith("…")
    document = Document("deep.md", text, title="Short", markup="markdown", language="en")
    nodes = split_document(document, count_words, 40, 90)
    check(document, nodes, limit=90)
    assert (
        nodes[-1].title == "Short"
        and nodes[-1].headings
        and nodes[-1].headings[-1].endswith("6")
        and len(nodes[-1].headings) < 6
    )


def test_cut_title() -> None:
    assert cut_title("two words", count_words, 5) == "two words"
    assert cut_title("one two three four", count_words, 3) in ("one two…", "one two thre…", "one two th…", "one two t…")
    assert len(cut_title("x" * 1_000_000, count_words, 20)) == 200
    assert cut_title("", count_words, 5) == ""


def test_no_chunk_is_only_a_heading() -> None:
    text = (
        "# A\n\n" + "Some words here. " * 40 + "\n\n## B\n\n### C\n\n" + "x y z " * 13 + ".\n\n## D\n\ntext\n\n## Last"
    )
    for size in (15, 20, 30, 50, 80, 200):
        nodes = split_document(Document("h.md", text, markup="markdown", language="en"), count_words, size)
        assert not any(re.fullmatch(r"(#+ .*\s*)+", node.text) for node in nodes), size
    assert [n.text for n in split_document(Document("h.md", "# Alone", markup="markdown"), count_words)] == ["# Alone"]


def test_headings_of_merged_sections_are_those_they_share() -> None:
    text = "# Top\n\n## A\n\nfew words\n\n## B\n\nfew words\n"
    (node,) = split_document(Document("m.md", text, markup="markdown"), count_words)
    assert node.headings == ("Top",)


# ── balance ──────────────────────────────────────────────────────────────────────────────────────────────


def test_no_stub_is_left() -> None:
    sentence = "This sentence has exactly nine words and a dot. "
    for n in range(19, 60):
        nodes = split_document(Document("b", sentence * n, language="en"), count_words)
        sizes = [c - 2 for c in count_words([node.text for node in nodes])]
        assert max(sizes) <= 200 and len(nodes) <= -(-n // 19) and max(sizes) - min(sizes) <= 20, (n, sizes)


def test_paragraphs_and_sentences_stay_whole() -> None:
    paragraph = "One sentence about the loop. " * 10
    document = Document("p", "\n\n".join([paragraph.strip()] * 7), language="en")
    nodes = split_document(document, count_words, 130)
    assert all(node.text.endswith(".") and node.text.startswith("One") for node in nodes)
    assert {node.text.count("\n\n") for node in nodes} <= {0, 1}
    long = Document("s", "Dr. Miller saw Fig. 2 at 3.15 p.m. on a day of spring. " * 40, language="en")
    assert all(node.text.startswith("Dr. Miller") for node in split_document(long, count_words, 60))


def test_an_unpunctuated_sentence_is_cut_at_white_space() -> None:
    document = Document("u", "alpha beta gamma delta " * 200, language="en")
    assert all(re.fullmatch(r"(alpha|beta|gamma|delta|\s)+", n.text) for n in split_document(document, count_words, 50))


def test_page_borders_are_soft() -> None:
    page = "A page with a handful of short sentences. It ends here. "
    one, two = page * 10, page * 10
    document = Document("p.pdf", f"{one}\n\n{two}", pages=(0, len(one) + 2), language="en")
    assert [(n.page, n.start) for n in split_document(document, count_words)] == [(1, 0), (2, len(one) + 2)]
    short = Document("s.pdf", "One.\n\nTwo.\n\nThree.", pages=(0, 6, 12), language="en")
    assert [n.page for n in split_document(short, count_words)] == [1]


# ── markups ──────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_blocks() -> None:
    text = (
        "---\ntitle: x\n---\n# A `b` [c](d)\npara\n\nSetext\nover two\n---\n```\n# not\n```\n> # quoted\n\n    "
        "indented\n\n1. one\n   - in\n\n     deeper\n"
        "2. two\n\n| a |\n|---|\n| 1 |\n\n[l]: http://x\n\n<!-- # no -->\n###### six ######\nend"
    )
    found = blocks(Document("m.md", text, markup="markdown"))
    assert [(kind, shown.split("\n")[0], path) for kind, shown, path in found] == [
        ("front", "---", ()),
        ("heading", "# A `b` [c](d)", ("A b c",)),
        ("paragraph", "para", ("A b c",)),
        ("heading", "Setext", ("A b c", "Setext over two")),
        ("code", "```", ("A b c", "Setext over two")),
        ("paragraph", "> # quoted", ("A b c", "Setext over two")),
        ("code", "    indented", ("A b c", "Setext over two")),
        ("item", "1. one", ("A b c", "Setext over two")),
        ("item", "   - in", ("A b c", "Setext over two")),
        ("paragraph", "     deeper", ("A b c", "Setext over two")),
        ("item", "2. two", ("A b c", "Setext over two")),
        ("table", "| a |", ("A b c", "Setext over two")),
        ("links", "[l]: http://x", ("A b c", "Setext over two")),
        ("paragraph", "<!-- # no -->", ("A b c", "Setext over two")),
        ("heading", "###### six ######", ("A b c", "Setext over two", "six")),
        ("paragraph", "end", ("A b c", "Setext over two", "six")),
    ]


def test_code_and_tables_stay_whole_where_they_fit() -> None:
    code = "```python\n" + "\n".join(f"line_{i} = {i}" for i in range(12)) + "\n```"
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {i} | x |" for i in range(6))
    text = f"# T\n\n{'Words come first. ' * 9}\n\n{code}\n\n{'Words in between. ' * 9}\n\n{table}\n"
    nodes = split_document(Document("c.md", text, markup="markdown", language="en"), count_words, 60)
    assert any(code in node.text for node in nodes) and any(table in node.text for node in nodes)
    small = split_document(Document("c.md", text, markup="markdown", language="en"), count_words, 25)
    assert not any(node.text.endswith("```python") or node.text == "```" for node in small)


def test_rst_sections_tables_and_literal_blocks() -> None:
    text = (
        "=====\nTitle\n=====\n\nIntro::\n\n   code\n\n   more code\n\nSection\n-------\nText right below.\n\n* "
        "item\n* other\n\n"
        "+---+\n| a |\n+---+\n\n=== ===\na   b\n=== ===\n1   2\n\n3   4\n=== ===\n\n"
        "Second\n------\n\n.. note:: Look.\n\nDeep\n~~~~\nEnd ----\n"
    )
    found = blocks(Document("r.rst", text, markup="rst"))
    assert [(kind, shown.strip().split("\n")[0], path) for kind, shown, path in found] == [
        ("heading", "=====", ("Title",)),
        ("paragraph", "Intro::", ("Title",)),
        ("code", "code", ("Title",)),
        ("heading", "Section", ("Title", "Section")),
        ("paragraph", "Text right below.", ("Title", "Section")),
        ("item", "* item", ("Title", "Section")),
        ("item", "* other", ("Title", "Section")),
        ("table", "+---+", ("Title", "Section")),
        ("table", "=== ===", ("Title", "Section")),
        ("heading", "Second", ("Title", "Second")),
        ("paragraph", ".. note:: Look.", ("Title", "Second")),
        ("heading", "Deep", ("Title", "Second", "Deep")),
        ("paragraph", "End ----", ("Title", "Second", "Deep")),
    ]


def test_text_of_one_line_a_paragraph() -> None:
    text = "\n".join(f"Paragraph {i} " + "has many words " * 20 for i in range(5))
    assert len(blocks(Document("l.txt", text))) == 5
    wrapped = "A paragraph that was wrapped\nat some width and goes on\nfor three lines.\n"
    assert len(blocks(Document("w.txt", wrapped))) == 1


def test_python_definitions() -> None:
    text = (
        '"Module."\nimport os\n\n# about A\n@dec\nclass A:\n    x = 1\n\n    def m(self):\n        def inner(): '
        "pass\n        return inner\n\n"
        '    async def n(self): ...\n\ny = "\\d"\n\ndef f(): pass\n'
    )
    found = [(shown.strip().split("\n")[0], path) for _, shown, path in blocks(Document("p.py", text, markup="python"))]
    assert found == [
        ('"Module."', ()),
        ("# about A", ("A",)),
        ("def m(self):", ("A", "m")),
        ("async def n(self): ...", ("A", "n")),
        ('y = "\\d"', ()),
        ("def f(): pass", ("f",)),
    ]
    assert [kind for kind, *_ in blocks(Document("p2.py", "print 'two'\n", markup="python"))] == ["code"]
    assert [kind for kind, *_ in blocks(Document("deep.py", "(" * 10_000, markup="python"))] == ["code"]


def test_long_code_is_cut_at_lines() -> None:
    text = "def f():\n" + "".join(f"    value_{i} = compute({i})\n" for i in range(200))
    nodes = split_document(Document("f.py", text, markup="python"), count_words, 60)
    assert len(nodes) > 10 and all(
        re.fullmatch(r"(def f\(\):|    value_\d+ = compute\(\d+\)|\n)+", n.text) for n in nodes
    )
    assert {n.headings for n in nodes} == {("f",)}


def test_csv_rows_stay_whole_under_their_columns() -> None:
    rows = [f'{i},"name {i}, with\na break",{i * 7}' for i in range(60)]
    document = Document("t.csv", "id,name,value\n" + "\n".join(rows), markup="csv")
    nodes = split_document(document, count_words, 60)
    check(document, nodes)
    assert 3 < len(nodes) < 20 and nodes[1].headings == ("id, name, value",)
    assert all(node.text.count('"') % 2 == 0 for node in nodes)
    semicolons = Document("s.csv", 'a;b\n1;"x\ny"\n2;z\n', markup="csv", meta={"delimiter": ";"})
    assert [shown for _, shown, _ in blocks(semicolons)] == ["a;b", '1;"x\ny"', "2;z"]
    assert [path for *_, path in blocks(Document("n.csv", "1,2\n3,4\n", markup="csv"))] == [(), ()]


def test_csv_over_the_limits_of_its_reader() -> None:
    document = Document("c.csv", "a,b\n1," + "x" * 200_000 + "\n2,y\n", markup="csv")
    check(document, split_document(document, count_words))


def test_json_records() -> None:
    records = [{"id": i, "text": "some words " * 5} for i in range(40)]
    lines = Document("r.jsonl", "\n".join(map(json.dumps, records)), markup="json")
    array = Document("r.json", json.dumps(records), markup="json")
    for document in (lines, array):
        nodes = split_document(document, count_words, 80)
        check(document, nodes)
        assert all(
            node.text.lstrip("[").startswith("{") and node.text.count("{") == node.text.count("}") for node in nodes
        )
        assert any(node.text.count("{") > 1 for node in nodes)
    nested = Document("n.json", json.dumps({"name": "n", "data": {"rows": records}}, indent=1), markup="json")
    assert ("data", "rows") in {path for *_, path in blocks(nested)}


# ── refusals, batches, the component ────────────────────────────────────────────────────────────────────────────────


def test_bad_settings_are_refused() -> None:
    document = Document("d", "text")
    with pytest.raises(ValueError, match="max_tokens is 0"):
        split_document(document, count_words, 0)
    with pytest.raises(ValueError, match="limit is 8"):
        split_document(document, count_words, 5, 8)
    with pytest.raises(ValueError, match="markup of d is 'tex'"):
        split_document(Document("d", "x", markup="tex"), count_words)
    with pytest.raises(ValueError, match="alone counts 999"):
        split_document(document, lambda texts: [999 * bool(t) for t in texts])
    with pytest.raises(ValueError, match="1 counts for 2"):
        split_document(Document("d", "# a", markup="markdown"), lambda texts: [1])


def test_a_character_of_many_tokens_still_fits() -> None:
    document = Document("e", "👩‍👩‍👧" * 20, title="a title")
    check(document, split_document(document, count_bytes, 4, 16), count_bytes, 16)


def test_counts_come_in_batches() -> None:
    sizes = []

    def count(texts: list[str]) -> list[int]:
        sizes.append(sum(map(len, texts)))
        return [len(text) for text in texts]

    assert count_in_batches(count, ["a" * 40] * 10 + ["b" * 300], 100) == [40] * 10 + [300]
    assert max(sizes) == 300 and len(sizes) == 6


@pytest.mark.parametrize(
    "markup, text",
    [
        ("text", "word " * 3000),
        ("text", "x" * 9000),
        ("markdown", "".join(f"# Head {n}\n\nSome words of part {n}.\n\n" for n in range(200))),
        ("markdown", "| Ship | Tons |\n| --- | --- |\n" + "| Ellida | 5 |\n" * 500),
        ("csv", "ship,tons\n" + "Ellida,5\n" * 500),
    ],
)
def test_a_long_document_is_cut_part_by_part(markup: str, text: str) -> None:
    document = Document("long", text, markup=markup)
    parts = list(block_parts(text, read_blocks(document), 1000))
    assert len(parts) > 2 and all(part.blocks[-1].kind != "heading" for part in parts)
    chunks = list(split_in_parts(document, count_words, 40, 60, size=1000))
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(text.split())
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    later = [chunk for chunk in chunks if chunk.text.startswith("| Ellida")]
    assert all(chunk.headings[-1:] == ("Ship, Tons",) and chunk.payload["inside"] == "table" for chunk in later)


def test_a_document_of_one_part_is_cut_as_ever() -> None:
    text = "".join(f"# Head {n}\n\nSome words of part {n}.\n\n" for n in range(20))
    blocks = read_blocks(Document("short", text, markup="markdown"))
    assert [part.blocks for part in block_parts(text, blocks)] == [blocks]


def test_component_in_a_pipeline(tmp_path) -> None:
    allow_deserialization_module("test_splitting")
    allow_deserialization_module("tests.*")
    allow_deserialization_module("kbase.*")
    pipeline = Pipeline()
    pipeline.add_component("split", ChunkSplitter(count_words, max_tokens=50, limit=100))
    pipeline = Pipeline.loads(pipeline.dumps())
    text = "# A\n\n" + "Words are here. " * 40
    source = HaystackDocument(
        content=text, meta={"file_path": "a.md", "markup": "markdown", "title": "T", "pages": [0], "shelf": "x"}
    )
    out = pipeline.run(
        {"split": {"documents": [source, HaystackDocument(content=None), HaystackDocument(content="  ")]}}
    )["split"]["documents"]
    nodes = [node_from_haystack(document) for document in out]
    assert len(nodes) > 2
    for node in nodes:
        assert node and node.text == text[node.start : node.end] and node.document_id == source.id
        assert (node.uri, node.title, node.page, node.headings, node.meta) == ("a.md", "T", 1, ("A",), {"shelf": "x"})


def chunks_of(texts: Iterator[str], markup: str) -> Iterator[tuple[Document, list[Node]]]:
    for i, text in enumerate(texts):
        document = Document(f"{markup}{i}", text, title=f"Document {i}", markup=markup, language="en")
        yield document, split_document(document, count_words)


def test_python_language_reference() -> None:
    from pydoc_data.topics import topics

    for document, nodes in chunks_of(iter(topics.values()), "text"):
        check(document, nodes)
        first = read_blocks(document)[0]
        assert nodes[0].headings == (first.headings if first.kind == "heading" else ())


def test_standard_modules() -> None:
    import argparse
    import asyncio.base_events
    import inspect
    import typing

    for document, nodes in chunks_of((inspect.getsource(m) for m in (argparse, asyncio.base_events, typing)), "python"):
        check(document, nodes)
        assert any(len(node.headings) == 2 for node in nodes)
