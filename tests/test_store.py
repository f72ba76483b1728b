"""What both stores must stand: readers beside writers, kills, hostile metadata, vectors of two models. Haystack's
own suites are in test_store_contract.py."""

import json
import math
import os
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import store_worker as worker
from conftest import remove_indices
from haystack import Document as HaystackDocument
from haystack import Pipeline
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_cases import (
    FILTERS,
    METADATA,
    OWN,
    PROCESSES,
    all_nodes,
    ask,
    eq,
    expected,
    finish,
    nodes_with,
    plain,
    start,
)
from store_worker import DIM, direction, item, versioned
from store_worker import open_store as opened

from kbase.nodes import Document, Node
from kbase.stores import embedded, snapshot
from kbase.nodes import EmbedderIdentity
from kbase.stores.conditions import COLUMNS
from kbase.stores.contract import EmbedderMismatch, StoreError, open_store
from kbase.stores.rows import Indexed, Source


@pytest.fixture(params=["embedded", "elastic"])
def kind(request):
    return request.param


@pytest.fixture
def path(kind, tmp_path, request):
    "Where a knowledge base may be made."
    return str(tmp_path / "store") if kind == "embedded" else request.getfixturevalue("elastic_url")


@pytest.fixture
def store(path):
    store = opened(path)
    yield store
    store.close()


def soon(check):
    "What another process told the store is believed after a second at the latest."
    end = time.monotonic() + 3
    while not check() and time.monotonic() < end:
        time.sleep(0.1)
    return check()


def check_search(store, documents):
    "Every document that is found is found in one version only, and whole."
    found = store.find([f"v{v}" for v in range(200)], direction(1), depth=50)
    nodes = found.fetch([hit.key for hit in found.bm25 + found.dense])
    versions = {}
    for node in nodes:
        versions.setdefault(node.document_id, set()).update(
            node.text[1:-1].split()[1:]
        )  # the first and last word may be cut
    assert all(len(seen) == 1 for seen in versions.values()), versions
    return len(versions)


def test_readers_go_on_beside_a_writer_that_replaces_and_compacts(path, store):
    store.put([versioned(number, 0) for number in range(5)])
    ours, theirs = PROCESSES.Pipe(duplex=False)
    writer = start(worker.write_versions, path, theirs, 5, 1, 3.0)
    searches = 0
    while writer.is_alive():
        assert check_search(store, 5) == 5
        assert len(all_nodes(store)) == 20
        document = store.document(versioned(2, 0).document.id)
        assert len(set(document.text.split())) == 1
        searches += 1
    finish(writer)
    assert searches > 10
    assert max(int(node.text.split()[1][1:]) for node in all_nodes(store)) > 3


def test_candidates_fetch_from_the_state_they_were_found_in(store):
    store.put([versioned(number, 1) for number in range(5)])
    found = store.find(["v1"], direction(1))
    store.put([versioned(number, 2) for number in range(5)])
    store.optimize(force=True)
    store.delete_by_document([versioned(0, 1).document.id])
    nodes = found.fetch([hit.key for hit in found.bm25 + found.dense])
    assert len(nodes) == 40 and all("v1" in node.text for node in nodes)


def test_eight_threads_search_while_one_writes(store):
    store.put([versioned(number, 0) for number in range(3)])
    stop, errors, count = threading.Event(), [], Counter()

    def search(name):
        try:
            while not stop.is_set():
                check_search(store, 3)
                count[name] += 1
        except Exception as error:  # noqa: BLE001  told below
            errors.append(error)

    threads = [threading.Thread(target=search, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for version in range(1, 8):
        store.put([versioned(number, version) for number in range(3)])
    store.optimize(force=True)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors and len(count) == 8


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def many(request, tmp_path_factory):
    "12,500 nodes in clusters, of which the filter `share < n` lets n thousandths through."
    rng, server, name = np.random.default_rng(5), "", f"many-{uuid.uuid4().hex[:12]}"
    if request.param == "elastic":
        server = request.getfixturevalue("elastic_server")
    store = opened(f"{server}/{name}" if server else str(tmp_path_factory.mktemp("many")))
    centres = rng.normal(size=(60, 64))
    vectors = centres[rng.integers(60, size=12_500)] + rng.normal(size=(12_500, 64)) * 0.7
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    share, items = rng.integers(1000, size=1250), []
    for number in range(1250):
        text = " ".join(f"w{number * 10 + i:05d}" for i in range(10))
        document = Document(f"many/{number}", text, language="en", meta={"share": int(share[number])})
        nodes = [
            Node(
                document.id,
                "chunk",
                i * 7,
                i * 7 + 6,
                text[i * 7 : i * 7 + 6],
                uri=document.uri,
                language="en",
                meta=document.meta,
                vector=vectors[number * 10 + i],
            )
            for i in range(10)
        ]
        items.append(Indexed(Source(document.uri, document.id, nodes=10), document, nodes))
    patch = pytest.MonkeyPatch()
    patch.setattr(snapshot, "EXACT_BELOW", 10_000)  # so that these are enough for an index of the embedded store
    for at in range(0, 1250, 417):
        store.put(items[at : at + 417])
    store.optimize()
    queries = centres[rng.integers(60, size=40)] + rng.normal(size=(40, 64)) * 0.7
    yield (
        store,
        vectors,
        np.repeat(share, 10),
        (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32),
    )
    store.close()
    patch.undo()
    if server:
        remove_indices(server, name)


@pytest.mark.parametrize("thousandths", [1000, 50, 1])
def test_recall_holds_also_under_narrow_filters(many, thousandths):
    store, vectors, share, queries = many
    assert not isinstance(store, embedded.EmbeddedStore) or any(
        "vector" in index.columns for index in store.snapshot().nodes.list_indices()
    )
    allowed = np.flatnonzero(share < thousandths)
    where = None if thousandths == 1000 else eq("meta.share", thousandths, "<")
    right = wanted = 0
    for query in queries:
        best = allowed[np.argsort(-(vectors[allowed] @ query))[:10]]
        found = store.find(vector=query, depth=10, filters=where)
        texts = {node.text for node in found.fetch([hit.key for hit in found.dense])}
        right += len(texts & {f"w{number:05d}" for number in best})
        wanted += len(best)
    assert wanted >= 10 and right / wanted >= 0.99


def test_the_background_is_that_of_the_whole_store(many):
    store, vectors, _, queries = many
    for query in queries[:5]:
        cosines, background = vectors @ query, store.find(vector=query).background
        assert (
            abs(background.mean - cosines.mean()) < 0.1 * cosines.std()
            and abs(background.std / cosines.std() - 1) < 0.1
        )


def test_cosines_are_true_and_in_order(many):
    store, vectors, _, queries = many
    found = store.find(vector=queries[0] * 7, depth=20)  # the query's length does not matter
    nodes = found.fetch([hit.key for hit in found.dense])
    true = [float(vectors[int(node.text[1:])] @ queries[0]) for node in nodes]
    assert np.allclose([hit.score for hit in found.dense], true, atol=1e-5)
    assert sorted(true, reverse=True) == pytest.approx(true, abs=1e-5)


def lucene(term, texts, k1=1.2, b=0.75):
    "BM25 as Lucene computes it: no factor k1 + 1."
    words = [text.split() for text in texts]
    holding = sum(term in doc for doc in words)
    mean = sum(map(len, words)) / len(words)
    idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
    return {
        " ".join(doc): idf * doc.count(term) / (doc.count(term) + k1 * (1 - b + b * len(doc) / mean))
        for doc in words
        if term in doc
    }


def test_bm25_is_lucenes(store):
    texts = ["kiwi", "kiwi kiwi plum", "plum melon fig kiwi fig fig", "melon", "fig melon plum plum plum plum plum"]
    store.put([plain(i, text) for i, text in enumerate(texts[:3])])
    store.put([plain(i, text) for i, text in enumerate(texts[3:], 3)])
    store.optimize(force=True)
    for query in (["kiwi"], ["plum"], ["fig", "kiwi"]):
        expected = Counter()
        for term in query:
            expected.update(lucene(term, texts))
        found = store.find(query)
        got = {
            node.text: hit.score
            for node, hit in zip(found.fetch([hit.key for hit in found.bm25]), found.bm25, strict=True)
        }
        assert got == pytest.approx(dict(expected), rel=1e-5)
        assert [hit.score for hit in found.bm25] == sorted(got.values(), reverse=True)


def test_words_are_found_in_an_empty_index_and_outside_of_it(store):
    assert store.find(["kiwi"], direction(1)).bm25 == []  # no folder
    store.put([Indexed(Source("bad", "bad", state="failed", reason="broken"), None, ())])
    assert store.find(["kiwi"], direction(1)).dense == []  # no nodes
    store.put([plain(0, "kiwi")])
    assert len(store.find(["kiwi"]).bm25) == 1  # not in the index yet
    store.delete_all_documents()
    store.optimize(force=True)
    assert store.find(["kiwi"], direction(1)).bm25 == []
    store.put([plain(1, "kiwi")])
    assert len(store.find(["kiwi"]).bm25) == 1
    store.optimize(force=True)
    store.put([plain(2, "kiwi plum")])
    assert len(store.find(["kiwi"]).bm25) == 2


def test_many_terms_and_strange_ones(store):
    store.put([plain(0, "kiwi plum")])
    assert len(store.find(["kiwi", *(f"t{i}" for i in range(3000))]).bm25) == 1
    for term in ("", " ", "kiwi' OR 1=1 --", '"', "\x00", "*", "kiwi AND", "(" * 50):
        store.find([term])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(metadata=st.lists(METADATA, min_size=1, max_size=6), filters=st.lists(FILTERS, min_size=1, max_size=8))
def test_a_pushed_down_filter_selects_what_the_definition_selects(kind, store, metadata, filters):
    items = nodes_with(metadata)
    store.delete_all_documents(recreate_index=kind == "embedded")  # whose columns would pile up
    store.put(items)
    for one in filters:
        assert {node.id for node in all_nodes(store, filters=one)} == expected(one, items), one


def test_every_column_of_a_node_can_be_filtered():
    assert set(COLUMNS) - set(OWN) == {"document_id", "uri", "end"}  # alike: see `OWN`


def test_metadata_comes_back_as_it_was(store):
    meta = {
        "x' OR 1=1--": "%",
        "deep": {"er": {"est": [1, 1.0, True, None, {"a": []}]}},
        "5": "5",
        "big": 10**30,
        "control\x00": "\x1f\x7f",
        "": "",
    }
    store.put(nodes_with([meta]))
    assert all_nodes(store)[0].meta == meta
    assert store.sources()[0].meta == meta


def test_5000_keys_a_40_kB_value_and_a_field_of_three_types(store):
    long = "ab'\"% " * 7000
    metadata = [
        {f"key {i}": i for i in range(at, at + 100)} | {"mixed": mixed, "long": long if at == 0 else None}
        for at, mixed in zip(range(0, 5000, 100), ["5", "five", 5, 5.5, True, ["5"]] * 9, strict=False)
    ]
    store.put(nodes_with(metadata[:25]))
    store.put(nodes_with(metadata)[25:])
    assert store.count_documents() == 50
    counts = {value: store.count_documents_by_filter(eq("meta.mixed", value)) for value in ("5", "five")}
    assert counts == {"5": 17, "five": 9} and store.count_documents_by_filter(eq("meta.mixed", 5)) == 8
    assert store.count_documents_by_filter(eq("meta.long", long)) == 1
    for number in (7, 2222, 4999):
        assert store.count_documents_by_filter(eq(f"meta.key {number}", number)) == 1
        assert store.count_documents_by_filter(eq(f"meta.key {number}", number, ">")) == 0
        assert store.count_documents_by_filter(eq(f"meta.key {number}", None)) == 49
        kinds = [None, ("summary",)][number // 100 % 2]  # see `nodes_with`
        assert len(store.find(["text"], filters=eq(f"meta.key {number}", number, ">="), kinds=kinds).bm25) == 1
    assert len(store.get_metadata_fields_info()) == 5002


def test_hostile_filters_are_literal_or_refused(store):
    store.put(nodes_with([{"a": "x"}, {"a": "x' OR 1=1--"}, {"%": "_"}]))
    assert store.count_documents_by_filter(eq("meta.a", "x' OR 1=1--")) == 1
    assert store.count_documents_by_filter(eq("meta.a' OR 1=1--", "x")) == 0
    assert store.count_documents_by_filter(eq("meta.a", "%")) == 0
    assert store.count_documents_by_filter(eq("meta.__proto__", None)) == 3
    assert store.delete_by_filter(eq("meta.a", "' OR '1'='1")) == 0 and store.count_documents() == 3
    with pytest.raises(FilterError, match="compare a key inside"):
        store.count_documents_by_filter(eq("meta.a", {"b": 1}))


def test_values_that_are_no_text_are_refused(store):
    with pytest.raises(ValueError, match="lone surrogate"):
        store.put([plain(0, "broken \ud800")])
    assert store.count_documents() == 0


def test_an_open_reader_sees_another_processs_writes(path, store):
    assert store.count_documents() == 0 and store.embedder is None and store.sources() == []
    finish(start(worker.put_one, path, "kiwi"))
    assert store.count_documents() == 1 and len(store.find(["kiwi"]).bm25) == 1 and len(store.sources()) == 1
    finish(start(worker.put_one, path, "plum"))
    assert len(store.find(["plum"], direction(1)).dense) == 2
    assert ask(worker.embedder, path, "model", DIM) == "set"
    assert store.embedder == EmbedderIdentity("model", DIM)


def test_an_open_reader_sees_that_another_process_started_over(path, store):
    store.set_embedder(EmbedderIdentity("old", DIM))
    store.put([item(f"a{i}") for i in range(5)])
    store.find(["word"], direction(1))
    finish(start(worker.put_one, path, "kiwi", 8, True))
    assert soon(lambda: store.embedder is None) and store.count_documents() == 1
    assert len(store.find(["kiwi"], direction(1, 8)).dense) == 1
    store.put([item("plum", dim=8)])
    assert store.count_documents() == 2


def test_kill_9_loses_nothing_and_shows_no_half_document(path, store):
    chance, documents, newest = random.Random(11), 3, 0
    for _ in range(6):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = start(worker.write_versions, path, theirs, documents, newest + 1, optimize_every=2)
        theirs.close()
        assert ours.poll(60)
        time.sleep(chance.uniform(0, 0.6) + (1.0 if "://" in path else 0))  # a server takes longer to be met
        writer.kill()
        writer.join(10)
        told = b""
        while piece := os.read(ours.fileno(), 65536):
            told += piece
        acknowledged = max([newest, *map(int, told.split()[1:])])
        nodes = all_nodes(store)
        seen = {node.document_id: set() for node in nodes}
        for node in nodes:
            seen[node.document_id].update(node.text[1:-1].split()[1:])
        if acknowledged:
            assert len(nodes) == 4 * documents and len({node.id for node in nodes}) == len(nodes)
        versions = {int(version[1:]) for group in seen.values() for version in group}
        assert len(versions) <= 1 and (not acknowledged or min(versions) in (acknowledged, acknowledged + 1)), (
            versions,
            acknowledged,
        )
        for document_id, version in seen.items():
            said = store.document(document_id).text.split()
            # a server may have gone on with what was under way when its writer died: another version by now, but a
            # whole one
            assert len(said) == 3000 and len(set(said)) == 1 and (set(said) == version or "://" in path)
            versions.add(int(said[0][1:]))
        newest = max([acknowledged, *versions])
    store.put([versioned(number, newest + 1) for number in range(documents)])  # and it goes on
    store.optimize(force=True)
    assert {word for node in all_nodes(store) for word in node.text[1:-1].split()[1:]} == {f"v{newest + 1}"}
    assert newest > 3


def test_vectors_of_two_models_never_mix(path, store):
    store.set_embedder(EmbedderIdentity("minilm", DIM))
    store.set_embedder(EmbedderIdentity("minilm", DIM))
    store.put([item("a")])
    for other in (EmbedderIdentity("mpnet", DIM), EmbedderIdentity("minilm", 8)):
        with pytest.raises(EmbedderMismatch, match="holds vectors of minilm"):
            store.set_embedder(other)
    with pytest.raises(EmbedderMismatch, match="holds 16-d vectors, given are 8-d"):
        store.put([item("b", dim=8)])
    with pytest.raises(EmbedderMismatch, match="holds 16-d vectors, given are 8-d"):
        store.write_documents([HaystackDocument(content="b", embedding=[1.0] * 8)])
    with pytest.raises(EmbedderMismatch, match="the query's has 8"):
        store.find(vector=direction(1, 8))
    assert store.count_documents() == 1
    with pytest.raises(EmbedderMismatch, match="holds vectors of minilm"):
        opened(path).set_embedder(EmbedderIdentity("mpnet", DIM))


def test_an_embedder_must_fit_the_vectors_that_are_there(path, store):
    store.put([item("a", dim=8)])
    with pytest.raises(EmbedderMismatch, match="holds 8-d vectors, the embedder is minilm"):
        store.set_embedder(EmbedderIdentity("minilm", DIM))
    later = opened(path + "2")
    later.set_embedder(EmbedderIdentity("minilm", DIM))
    later.put([item("a", dim=None)])  # no vectors yet
    with pytest.raises(EmbedderMismatch, match="given are 8-d"):
        later.put([item("b", dim=8)])


def test_of_two_processes_with_two_models_one_wins(path):
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(2)]
    children = [start(worker.embedder, path, f"model {i}", DIM, theirs) for i, (_, theirs) in enumerate(pipes)]
    finish(*children)
    assert sorted(ours.recv() for ours, _ in pipes) == ["EmbedderMismatch", "set"]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_vectors_that_are_no_numbers_are_refused(store, bad):
    good = item("a")
    vector = direction(1).copy()
    vector[3] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        store.put([good._replace(nodes=[replace(good.nodes[0], vector=vector)])])
    store.put([good])
    with pytest.raises(ValueError, match="NaN or infinity"):
        store.find(vector=vector)
    with pytest.raises(EmbedderMismatch, match=r"the query's has \(1, 16\)"):
        store.find(vector=direction(1)[None])
    assert store.find(vector=np.zeros(DIM)).dense == []


def test_a_dimension_that_is_asked_for_is_kept(path):
    store = opened(path, dimension=8)
    with pytest.raises(EmbedderMismatch, match="given are 16-d"):
        store.put([item("a")])
    with pytest.raises(ValueError, match="must be 1 or more"):
        opened(path, dimension=0)


def stored_characters(store):
    "Of the fields that hold documents' text."
    if hasattr(store, "cluster"):
        rows = [row for batch in store.rows(None, ["content", "before", "after"]) for row in batch]
    else:
        rows = [
            row
            for batch in store.snapshot().nodes.search().select(["content", "before", "after"]).to_batches()
            for row in batch.to_pylist()
        ]
    return sum(len(row[name]) for row in rows for name in ("content", "before", "after"))


def test_put_replaces_a_document(store):
    store.put([item("a", "old words " * 50, 5), item("b", "other words", 2)])
    store.put([item("a", "new words", 2)])
    assert sorted(node.text for node in all_nodes(store, filters=eq("uri", "docs/a"))) == ["new ", "words"]
    assert store.count_documents() == 4 and store.find(["old"]).bm25 == []
    assert store.document(item("a").document.id).text == "new words"
    assert stored_characters(store) == len("new words" + "other words")
    store.put([item("a", "")._replace(nodes=())])
    assert store.count_documents() == 2 and store.document(item("a").document.id).text == ""


def test_putting_twice_is_putting_once(store):
    items = [item(f"a{i}", f"words {i} " * 10, 3) for i in range(20)]
    store.put(items)
    ids = sorted(node.id for node in all_nodes(store))
    store.put(items)
    store.put([*items, *items])
    assert sorted(node.id for node in all_nodes(store)) == ids
    assert stored_characters(store) == sum(len(one.document.text) for one in items)


def test_equal_chunks_of_one_document_are_two_and_equal_nodes_one(store):
    document = Document("a", "same same", language="en")
    nodes = [Node(document.id, "chunk", a, a + 4, "same", language="en") for a in (0, 5, 5)]
    store.put([Indexed(Source("a", document.id), document, nodes)])
    assert [(node.start, node.text) for node in all_nodes(store)] == [(0, "same"), (5, "same")]


def test_a_node_that_does_not_fit_its_document_is_refused(store):
    document = Document("a", "some text")
    for wrong, told in [
        (Node(document.id, "chunk", 0, 4, "text"), "not the document's text from 0 to 4"),
        (Node("other", "chunk", 0, 4, "some"), "put each with its own"),
    ]:
        with pytest.raises(ValueError, match=told):
            store.put([Indexed(Source("a", document.id), document, [wrong])])
    assert store.count_documents() == 0


def test_delete_by_document(store):
    store.put([item(name, f"{name} words", 3) for name in "abc"])
    gone = [item(name).document.id for name in "ab"]
    assert store.delete_by_document([*gone, "unknown"]) == 6
    assert (
        store.count_documents() == 3
        and store.document(gone[0]) is None
        and [source.uri for source in store.sources()] == ["docs/c"]
    )
    assert store.document_span(gone[0], 0, 5) == "" and stored_characters(store) == len("c words")
    assert store.delete_by_document([]) == 0


@pytest.mark.parametrize("unit", ["x", "é", "😀", "a\u0301", "ก", "\r\n"])
def test_a_text_is_stored_once_and_comes_back_over_the_borders_of_its_chunks(store, unit):
    text = unit * (20_000 // len(unit))
    end = len(text)
    document = Document("long", text, language="en")
    cuts = [
        (5000, 7001),
        (7, 20),
        (20, 5000),
        (7003, 7004),
        (9000, end - 11),
    ]  # not in order; long stretches are in no chunk
    nodes = [Node(document.id, "chunk", a, b, text[a:b]) for a, b in cuts]
    store.put([Indexed(Source("long", document.id), document, nodes)])
    assert stored_characters(store) == len(text)
    assert store.document(document.id).text == text
    assert {(node.start, node.end): node.text for node in all_nodes(store)} == {(a, b): text[a:b] for a, b in cuts}
    borders = [
        0,
        1,
        6,
        7,
        8,
        19,
        20,
        21,
        4999,
        5000,
        5001,
        7001,
        7002,
        7003,
        7004,
        8000,
        9000,
        end - 11,
        end - 10,
        end - 1,
        end,
    ]
    assert all(store.document_span(document.id, a, b) == text[a:b] for a in borders for b in borders if a <= b)
    assert (
        store.document_span(document.id, end - 3, end + 50_000) == text[-3:]
        and store.document_span(document.id, -5, 3) == text[:3]
    )
    assert store.document_span(document.id, end + 1, end + 5) == "" and store.document_span(document.id, 9, 8) == ""
    spans = [(document.id, a, b) for a in borders for b in borders if a <= b]
    spans += [(document.id, -5, 3), (document.id, end - 3, end + 50_000), ("nobody", 0, 5), (document.id, 9, 8)]
    assert store.document_spans(spans) == [store.document_span(*span) for span in spans]
    assert store.document_spans([]) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.tuples(st.text(max_size=12), st.lists(st.integers(0, 12), min_size=2, max_size=8)), min_size=1, max_size=5
    )
)
def test_any_text_with_any_chunks_comes_back(store, texts):
    items = []
    for number, (text, cuts) in enumerate(texts):
        document, cuts = Document(f"any/{number}", text), sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
        spans = list(zip(cuts[::2], cuts[1::2], strict=False))
        items.append(
            Indexed(
                Source(document.uri, document.id),
                document,
                [Node(document.id, "chunk", a, b, text[a:b]) for a, b in spans],
            )
        )
    store.put(items)
    for (text, _), one in zip(texts, items, strict=True):
        assert store.document(one.document.id).text == text
        assert all(store.document_span(one.document.id, a, a + 3) == text[a : a + 3] for a in range(len(text)))


def test_chunks_that_overlap_and_a_text_without_chunks_are_refused(store):
    document = Document("a", "some more text")
    chunks = [Node(document.id, "chunk", a, b, document.text[a:b]) for a, b in ((5, 14), (0, 6))]
    with pytest.raises(ValueError, match="of a overlap, from 5 to 6: cut the document"):
        store.put([Indexed(Source("a", document.id), document, chunks)])
    for nodes in ([], [Node(document.id, "summary", 0, 14, "text")]):
        with pytest.raises(ValueError, match="a has a text of 14 characters and no chunk to keep it"):
            store.put([Indexed(Source("a", document.id), document, nodes)])
    assert store.count_documents() == 0 and store.sources() == []


def test_a_failed_source_keeps_what_was_known_of_it(store):
    store.put([item("a", "good words")])
    name = item("a").document.id
    store.put([Indexed(Source("docs/a", name, state="failed", reason="cannot be read now"), None, ())])
    assert [source.state for source in store.sources()] == ["failed"] and store.document(name).text == "good words"
    store.put([Indexed(Source("docs/z", "z", state="failed", reason="never could"), None, ())])
    assert store.document("z") is None and len(store.sources()) == 2


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_text_of_which_a_chunk_was_deleted_is_an_error_not_another_text(store, lost):
    one = item("a", "the first words and the last", 3)
    store.put([one])
    store.delete_documents([one.nodes[lost].id])
    with pytest.raises(StoreError, match="the text of docs/a has lost a part"):
        store.document(one.document.id)
    kept = [node for node in one.nodes if node is not one.nodes[lost]]
    assert all(store.document_span(one.document.id, node.start, node.end) == node.text for node in kept)
    if lost < 2:
        with pytest.raises(StoreError, match="add that source again"):
            store.document_span(one.document.id, 0, 28)
    store.put([one])
    assert store.document(one.document.id).text == one.document.text
    store.delete_documents([node.id for node in one.nodes])
    assert store.document(one.document.id) is None


def test_a_writer_killed_before_the_account_leaves_the_new_document(store, monkeypatch):
    store.put([item("a", "old words", 2)])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(store), "_write_sources", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        store.put([item("a", "the new words", 2), item("b", "more", 1)])
    for name, text in (("a", "the new words"), ("b", "more")):
        document = store.document(item(name).document.id)
        assert (document.text, document.title, document.uri) == (text, f"Title {name}", f"docs/{name}")


def test_a_chunk_that_went_through_haystack_stays_a_part_of_its_document(store):
    document = Document("a", " one. Two. ", language="en")
    chunks = [
        Node(document.id, "chunk", a, b, document.text[a:b], uri="a", language="en") for a, b in ((1, 5), (6, 10))
    ]
    store.put([Indexed(Source("a", document.id), document, chunks)])
    assert store.update_by_filter(eq("uri", "a"), {"seen": True}) == 2
    assert store.document(document.id).text == document.text
    first = store.filter_documents(eq("start", 1))[0]
    store.write_documents([replace(first, content="ONE.")], DuplicatePolicy.OVERWRITE)
    with pytest.raises(StoreError, match="has lost a part"):  # its text is no longer the document's
        store.document(document.id)


def test_haystack_documents_and_nodes_live_together(store):
    store.put([item("a", "kiwi words", 2, dim=2)])
    store.write_documents([HaystackDocument(id="own", content="plum words", embedding=[0.0, 1.0], meta={"n": 1})])
    documents = {document.id: document for document in store.filter_documents()}
    assert len(documents) == 3 and documents["own"].content == "plum words"
    store.write_documents(list(documents.values()), DuplicatePolicy.OVERWRITE)
    assert {document.id: document.content for document in store.filter_documents()} == {
        name: document.content for name, document in documents.items()
    }
    assert (
        store.update_by_filter(eq("meta.n", 1), {"n": 2}) == 1 and store.count_documents_by_filter(eq("meta.n", 2)) == 1
    )
    assert store.document(item("a").document.id).text == "kiwi words"


def test_a_store_is_shared_by_path_and_a_pipeline_is_loaded_with_one(path):
    first = open_store(path)
    assert type(first).from_dict(json.loads(json.dumps(first.to_dict()))) is first
    pipeline = Pipeline()
    pipeline.add_component("one", DocumentWriter(first))
    pipeline.add_component("two", DocumentWriter(first))
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["kbase.*", "haystack.*"])
    assert loaded.get_component("one").document_store is loaded.get_component("two").document_store is first
    loaded.run(
        {
            "one": {"documents": [HaystackDocument(content="kiwi")]},
            "two": {"documents": [HaystackDocument(content="plum")]},
        }
    )
    assert first.count_documents() == 2
    first.write_documents([HaystackDocument(content="fig", embedding=[1.0, 0.0])])


def test_threads_that_open_the_same_folder_get_the_same_store(path):
    found, gate = [], threading.Barrier(8)

    def opened():
        gate.wait()
        found.append(open_store(path))

    threads = [threading.Thread(target=opened) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(store) for store in found}) == 1


def test_close_and_use_again(store):
    store.put([item("a")])
    store.close()
    store.close()
    assert store.count_documents() == 1
    store.close()
    store.put([item("b")])
    store.close()
    assert len(store.find(["word"], direction(1)).bm25) == 2
