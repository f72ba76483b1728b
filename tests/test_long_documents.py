"Documents of many nodes: they go through memory a part at a time, and are stored in one step all the same."

import logging
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from kbase.embedding import Embedder
from kbase.indexing import batches, recipe
from kbase.indexing.batches import Batches, embed_batch
from kbase.indexing.jobs import keep_ids
from kbase.indexing.waiting_nodes import WaitingNodes
from kbase.nodes import Document, Node
from kbase.stores import rows
from kbase.stores.contract import open_store
from kbase.stores.folder import streamed
from kbase.stores.rows import Indexed, Source, Together, fewer_terms, indexed_rows, item_heads, mean_vector
from kbase.stores.tables import NODE_SCHEMA, SLICE_ROWS, arrow_slices
from store_cases import all_nodes


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "kb") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = open_store(place)
    yield store
    store.close()


def long_item(count, word="rope", vectors=True):
    parts = [f"{word} {number} is tarred." for number in range(count)]
    document = Document("ropes/long.txt", " ".join(parts), "Ropes", {"year": 1870}, language="en")
    draw, nodes, at = np.random.default_rng(1), [], 0
    for part in parts:
        vector = draw.standard_normal(4).astype(np.float32) if vectors else None
        nodes.append(
            Node(
                document.id,
                "chunk",
                at,
                at + len(part),
                part,
                uri=document.uri,
                language="en",
                meta=document.meta,
                vector=vector,
            )
        )
        at += len(part) + 1
    whole = Node(
        document.id, "document", 0, len(document.text), "Of ropes.", uri=document.uri, language="en", meta=document.meta
    )
    return Indexed(Source(document.uri, document.id, nodes=count + 1), document, [whole, *nodes])


def test_a_document_of_several_slices_is_stored_whole_and_replaced_whole(store):
    item = long_item(SLICE_ROWS + 1)
    store.put([item])
    assert store.document(item.document.id).text == item.document.text
    assert store.count_documents() == SLICE_ROWS + 2
    (whole,) = [node for node in all_nodes(store, vectors=True) if node.kind == "document"]
    assert whole.vector == pytest.approx(mean_vector(node.vector for node in item.nodes), abs=1e-5)
    other = long_item(SLICE_ROWS + 5, "hawser")
    store.put([other])
    assert store.document(item.document.id).text == other.document.text
    assert {node.text.split()[0] for node in all_nodes(store) if node.kind == "chunk"} == {"hawser"}


def test_rows_that_cannot_be_made_leave_the_folder_as_it_was(tmp_path):
    store, item = open_store(str(tmp_path / "kb")), long_item(SLICE_ROWS + 1)
    store.put([long_item(3)])
    odd = replace(item.nodes[-1], payload={"when": object()}, id="")
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.put([item._replace(nodes=[*item.nodes[:-1], odd])])
    assert store.document(item.document.id).text == long_item(3).document.text
    assert store.count_documents() == 4


def test_what_goes_wrong_in_a_stream_is_raised_as_it_was():
    def tables():
        raise KeyError("rope")
        yield

    with pytest.raises(KeyError, match="rope"), streamed(pa.schema([]), tables()) as reader:
        reader.read_all()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7])
def test_no_row_goes_alone(count):
    "A long text alone among nulls is what Lance keeps as a value for every row."
    pairs = [(row, meta) for row, meta in indexed_rows(long_item(count, vectors=False))][:count]
    sizes = [part.num_rows for part in arrow_slices(pa.schema([*NODE_SCHEMA]), pairs, 3)]
    assert sum(sizes) == count and (1 not in sizes or count == 1)


def test_a_long_documents_terms_keep_their_proportions():
    together = Together(most=100)
    for _ in range(50):
        together.add("rope rope rope tar", None)
    together.add("hawser", None)
    counts = Counter(together.tokens("long.txt").split())
    assert counts == {"rope": 75, "tar": 25, "hawser": 1}


def test_a_short_documents_terms_are_all_there_in_order():
    together = Together(most=100)
    for tokens in ("tar rope", "", "rope hawser"):
        together.add(tokens, None)
    assert together.tokens("short.txt") == "tar rope rope hawser"


def test_terms_that_are_left_out_are_said(caplog):
    together = Together(most=3)
    for tokens in ("rope rope rope tar tar", "hawser hawser oakum"):
        together.add(tokens, None)
    with caplog.at_level(logging.WARNING):
        assert set(together.tokens("long.txt").split()) == {"rope", "tar", "hawser"}
    assert "long.txt has 4 different words" in caplog.text
    assert list(fewer_terms(Counter(), 3)) == []


def test_rare_words_of_a_huge_document_are_not_all_counted(caplog, monkeypatch):
    monkeypatch.setattr(rows, "ROW_WORDS", 10)
    together = Together(most=20)
    for number in range(200):
        together.add(f"rope rope tar word{number}", None)
    assert len(together.counts) <= 20
    with caplog.at_level(logging.WARNING):
        assert Counter(together.tokens("long.txt").split()).most_common(2) == [("rope", 13), ("tar", 7)]
    assert "long.txt has more than" in caplog.text


def test_a_huge_documents_nodes_wait_on_the_disk_from_the_start(monkeypatch):
    monkeypatch.setattr(recipe, "LONG_TEXT", 1000)
    plain = Document(
        "long.md", "# Ropes\n\n" + "A rope of the ship is tarred in spring. " * 100, "Ropes", markup="markdown"
    )
    made = recipe.Recipe(Embedder.load()).nodes(plain)
    monkeypatch.setattr(recipe, "LONG_TEXT", 10**6)
    assert isinstance(made, WaitingNodes) and list(made) == recipe.Recipe(Embedder.load()).nodes(plain)
    kept = keep_ids(made, [replace(node, id=f"old{number}") for number, node in enumerate(made)])
    assert isinstance(kept, WaitingNodes) and {node.id[:3] for node in kept} == {"old"}


def test_what_is_known_of_rows_before_they_are_made():
    heads = item_heads([long_item(3), long_item(2)])
    assert [(one["kind"], one["vector"] is None) for one in heads.samples] == [("document", True), ("chunk", False)]
    assert heads.metas == [{"year": 1870}] and len(heads.owners) == 5


def test_waiting_nodes_are_what_was_put_there():
    nodes = long_item(7).nodes
    waiting = WaitingNodes(nodes, 3)
    assert list(waiting) == nodes and len(waiting) == len(nodes)
    assert waiting[0] == nodes[0] and waiting[-1] == nodes[-1] and waiting[2:5] == nodes[2:5]
    assert [node.vector is None for node in waiting] == [node.vector is None for node in nodes]
    with pytest.raises(IndexError):
        waiting[8]


def test_a_large_batch_is_embedded_a_part_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "PART_NODES", 4)
    asked = []

    def embed_texts(texts, progress):
        asked.append(len(texts))
        progress(len(texts))
        return np.eye(4, dtype=np.float32)[[len(text) % 4 for text in texts]]

    store, counted, item = open_store(str(tmp_path / "kb")), [], long_item(9, vectors=False)
    outcome = batches.Prepared((0,), SimpleNamespace(), item)
    (made,) = embed_batch(store, SimpleNamespace(embed_texts=embed_texts), [outcome], counted.append)
    assert asked == [3, 4, 2] and sum(counted) == 9  # the document's own node is not embedded
    assert [node.id for node in made.indexed.nodes] == [node.id for node in item.nodes]
    assert all(node.vector is not None for node in made.indexed.nodes if node.kind == "chunk")
    store.put([made.indexed])
    assert store.document(item.document.id).text == item.document.text


def test_what_was_embedded_is_not_kept_a_second_time():
    seen = []
    run = Batches(lambda batch, go_on: batch, lambda batch: seen.append(len(batch)) or list(batch), lambda one: None)
    outcome = SimpleNamespace(indexed=SimpleNamespace(nodes=[1]), place=(0,))
    run.add(outcome)
    run.finish()
    run.stop(None)
    assert seen == [1]
