"Sections, topics and sentences of made documents: trees that hold, spans to the character, nothing by default."

import random

import pytest
from test_stages import PARTS, chunked

from kbase.blocks import read_blocks
from kbase.indexing.sections import (
    LEAST_CHUNKS,
    MOST_CHUNKS,
    document_sections,
    heading_sections,
    nodes_of_sections,
    topic_cuts,
    with_parents,
)
from kbase.indexing.sentence_nodes import nodes_of_sentences
from kbase.nodes import Document, Node
from kbase.sentences import sentence_spans


def markdown(text):
    return Document("book.md", text, title="Book", markup="markdown", language="en", id="book")


def passages(document):
    "A chunk a paragraph that is no heading."
    blocks = [block for block in read_blocks(document) if block.kind != "heading"]
    return [
        Node(document.id, "chunk", b.start, b.end, document.text[b.start : b.end], headings=b.headings, language="en")
        for b in blocks
    ]


def test_sections_nest_and_hold_what_stands_below_their_heading():
    draw = random.Random(5)
    for _ in range(30):
        lines, depth = [], 0
        for number in range(draw.randint(2, 14)):
            if draw.random() < 0.6:
                depth = draw.randint(1, min(depth + 1, 5))
                lines.append("#" * depth + f" Part {draw.randint(1, 3)}")
            lines.append(f"The lamp number {number} burns at night.")
        document = markdown("\n\n".join(lines))
        sections = heading_sections(read_blocks(document))
        for one in sections:
            for other in sections:
                apart = one.end <= other.start or other.end <= one.start
                inside = one.start <= other.start and other.end <= one.end
                around = other.start <= one.start and one.end <= other.end
                assert apart or inside or around
        for chunk in passages(document):
            holding = [one for one in sections if one.start <= chunk.start and chunk.end <= one.end]
            assert [one.headings for one in holding] == [chunk.headings[: n + 1] for n in range(len(chunk.headings))]


def test_two_sections_of_one_name_are_two():
    document = markdown("# Notes\n\nOne.\n\n# Notes\n\nTwo.")
    assert [one.headings for one in heading_sections(read_blocks(document))] == [("Notes",), ("Notes",)]


def test_every_passage_stands_below_the_smallest_section_around_it():
    text = "# Lamps\n\nOil.\n\nGas.\n\n## Wicks\n\nCotton.\n\nWool.\n\n# Keepers\n\nAda.\n\nBen."
    document = markdown(text)
    chunks = passages(document)
    root = Node(document.id, "document", 0, len(text), "About lamps.")
    nodes = with_parents([*chunks, *nodes_of_sections(document, chunks), root])
    by_id = {node.id: node for node in nodes}
    parents = {node.text: by_id[node.parent_id] for node in nodes if node.kind == "chunk"}
    assert {text: parent.headings for text, parent in parents.items()} == {
        "Oil.": ("Lamps",), "Gas.": ("Lamps",), "Cotton.": ("Lamps", "Wicks"), "Wool.": ("Lamps", "Wicks"),
        "Ada.": ("Keepers",), "Ben.": ("Keepers",),
    }  # fmt: skip
    assert by_id[parents["Cotton."].parent_id].headings == ("Lamps",)
    assert by_id[parents["Ada."].parent_id] == root and root.parent_id is None
    assert all(text[node.start : node.end] == node.text for node in nodes if node.verbatim)


def test_without_sections_nothing_changes():
    document, chunks = chunked("dome", PARTS)
    nodes = [*chunks, Node("dome", "document", 0, len(document.text), "About.")]
    assert with_parents(nodes) == nodes
    assert nodes_of_sections(document, chunks) == []


def test_a_talk_without_headings_is_cut_where_its_words_change():
    talks = ["The {} of the orchard bears apples and pears.", "A {} of the council votes on roads and bridges.",
             "Our {} of nurses counts beds and syringes."]  # fmt: skip
    parts = [talk.format(f"word{n}") for talk in talks for n in range(7)]
    document, chunks = chunked("talk", parts)
    sections = document_sections(document, chunks)
    assert {len([c for c in chunks if one.start <= c.start and c.end <= one.end]) for one in sections} == {7}
    assert "".join(document.text[one.start : one.end] for one in sections).replace("\n", "") == "".join(parts)


def test_cuts_by_topic_leave_parts_of_a_readable_size():
    from collections import Counter

    draw = random.Random(9)
    bags = [Counter(draw.choices("abcdefgh", k=9)) for _ in range(200)]
    edges = [0, *topic_cuts(bags), 200]
    sizes = [b - a for a, b in zip(edges, edges[1:], strict=False)]
    assert max(sizes) <= MOST_CHUNKS and min(sizes) >= LEAST_CHUNKS
    assert topic_cuts([]) == [] == topic_cuts(bags[:MOST_CHUNKS])


def test_sentences_of_any_text_cover_it_once():
    texts = ["", "One.", "Yes.", "# Only a heading", "Yes. No. Perhaps. It rained all day long.", "x = 1\n\ny = 2\n",
             "```python\nx = 1\n\ny = 2\n```\n\nDone with that now.", "| a | b |\n|---|---|\n| 1 | 2 |\n",
             "一。二三四五。六七八九十。", "a\u200db " * 50]  # fmt: skip
    for markup in ("text", "markdown", "rst", "code"):
        for text in texts:
            spans = sentence_spans(text, "zh" if "一" in text else "en", markup)
            assert all(a < b for a, b in spans)
            assert all(b <= c for (_, b), (c, _) in zip(spans, spans[1:], strict=False))
            covered = "".join(text[a:b] for a, b in spans)
            assert "".join(covered.split()) == "".join(text.split())


def test_sentence_nodes_know_their_page():
    text = "The first page ends in the middle of a thought. The second page begins here with another one."
    chunk = Node("d", "chunk", 10, 10 + len(text), text, page=3, language="en",
                 payload={"pages": [[10 + text.index("The second"), 4]]})  # fmt: skip
    assert [node.page for node in nodes_of_sentences([chunk])] == [3, 4]


@pytest.mark.parametrize("chosen", [(), ("section",), ("sentence",), ("section", "sentence")])
def test_a_recipe_makes_them_only_when_asked(chosen):
    from kbase.embedding import Embedder
    from kbase.indexing.recipe import MAKERS, SECTION_MAKER, SENTENCE_MAKER, Recipe

    makers = {"section": SECTION_MAKER, "sentence": SENTENCE_MAKER}
    recipe = Recipe(Embedder.load(), chunk_tokens=16, makers=(*MAKERS, *(makers[name] for name in chosen)))
    text = "\n\n".join(f"# Part {n}\n\n" + "\n\n".join(parts) for n, parts in enumerate((PARTS[:2], PARTS[2:])))
    nodes = recipe.nodes(markdown(text))
    assert {node.kind for node in nodes} >= set(chosen)
    assert {"section", "sentence"} & {node.kind for node in nodes} == set(chosen)
    assert bool({node.parent_id for node in nodes if node.kind == "chunk"} - {None}) == ("section" in chosen)
    assert len({node.id for node in nodes}) == len(nodes)
