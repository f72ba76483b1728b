"What the embedded store must stand: several processes, kills, full disks, hostile metadata. Each of the ten points that were measured has its test."

import json
import math
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import store_worker as worker
from haystack import Document as HaystackDocument
from haystack import Pipeline
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_worker import DIM, direction, item, versioned

from kbase.nodes import Document, Node, json_meta
from kbase.stores import embedded
from kbase.stores.base import (
    COLUMNS,
    EmbedderIdentity,
    EmbedderMismatch,
    FormatError,
    Indexed,
    Source,
    StoreError,
    StoreLocked,
    flatten_meta,
    matches,
    parse_filter,
)
from kbase.stores.embedded import EmbeddedStore, shared_store

PROCESSES = multiprocessing.get_context("forkserver")  # children begin with everything imported but LanceDB
PROCESSES.set_forkserver_preload(["store_worker", "kbase.stores.base", "kbase.language", "pyarrow", "filelock"])


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "store")


@pytest.fixture
def store(path):
    store = EmbeddedStore(path)
    yield store
    store.close()


def start(task, *args, **more):
    process = PROCESSES.Process(target=task, args=args, kwargs=more, daemon=True)
    process.start()
    return process


def finish(*processes):
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def ask(task, *args):
    "What a child answers."
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = start(task, *args, theirs)
    assert ours.poll(60)
    answer = ours.recv()
    finish(process)
    return answer


def all_nodes(store, **more):
    return [node for batch in store.scan(**more) for node in batch]


def eq(field, value, operator="=="):
    return {"field": field, "operator": operator, "value": value}


# -- 1: one writer at a time ---------------------------------------------------------------------------------------


def test_three_processes_upsert_the_same_ids(path, store):
    names = [f"n{i}" for i in range(1000)]
    shuffled = [random.Random(seed).sample(names, len(names)) for seed in range(3)]
    finish(*[start(worker.upsert, path, order, 100) for order in shuffled])
    ids = [node.id for node in all_nodes(store)]
    assert len(ids) == len(set(ids)) == store.count_documents() == 1000
    assert len(store.sources()) == 1000


def test_a_locked_store_names_the_owner_and_a_dead_owners_lock_is_taken_over(path):
    ready = PROCESSES.Event()
    owner = start(worker.hold_lock, path, ready)
    assert ready.wait(60)
    hasty = EmbeddedStore(path, lock_timeout=0.2)
    with pytest.raises(StoreLocked, match=f'"pid": {owner.pid}'):
        hasty.put([item("a")])
    assert hasty.count_documents() == 0  # readers go on
    owner.kill()
    owner.join(10)
    hasty.put([item("a")])
    assert hasty.count_documents() == 1


def test_threads_wait_for_each_other_as_processes_do(path):
    store, inside, leave = EmbeddedStore(path, lock_timeout=0.2), threading.Event(), threading.Event()

    def hold():
        with store._writing():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        store.put([item("a")])
    leave.set()
    thread.join()
    store.put([item("a")])


# -- 2, 3, 4: indices, commits, versions -----------------------------------------------------------------------------


def loose_rows(store):
    return max(index.num_unindexed_rows or 0 for index in store.snapshot().nodes.list_indices())


def test_many_small_writes_leave_few_fragments_and_few_rows_outside_the_indices(store, monkeypatch):
    monkeypatch.setattr(embedded, "OPTIMIZE_FRAGMENTS", 10)
    monkeypatch.setattr(embedded, "OPTIMIZE_ROWS", 40)
    for i in range(40):
        store.put([item(f"a{i}", chunks=3)])
        assert store.snapshot().nodes.stats()["fragment_stats"]["num_fragments"] <= 11
        assert loose_rows(store) < 40
    for i in range(12):
        store.put([Indexed(Source(f"bad/{i}", f"bad{i}", state="failed", reason="broken"), None, ())])
    assert store._probe("sources").stats()["fragment_stats"]["num_fragments"] <= 11
    store.optimize(force=True)
    assert loose_rows(store) == 0
    assert len(store.find(["titl"], depth=200).bm25) == 120


def test_optimize_without_need_does_nothing(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.optimize()
    assert store.snapshot().nodes.version == before


def test_a_commit_conflict_is_retried(monkeypatch):
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("lance error: Retryable commit conflict for version 7")

    embedded._retry(work)
    assert len(tries) == 3
    with pytest.raises(RuntimeError, match="something else"):
        embedded._retry(lambda: (_ for _ in ()).throw(RuntimeError("something else")))


def test_one_batch_is_one_commit_of_nodes(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.put([item(f"b{i}", chunks=5) for i in range(100)])
    assert store.snapshot().nodes.version == before + 1


def test_old_versions_go(store, monkeypatch):
    for i in range(10):
        store.put([item("same", f"text {i}")])
    assert len(store.snapshot().nodes.list_versions()) > 10
    monkeypatch.setattr(embedded, "KEEP_VERSIONS", timedelta(0))
    store.optimize(force=True)
    assert all(len(table.list_versions()) <= 2 for table in (store.snapshot().nodes, store._probe("sources")))
    assert [node.text for node in all_nodes(store)] == ["text 9"]


def check_search(store, documents):
    "Every document that is found is found in one version only, and whole."
    found = store.find([f"v{v}" for v in range(200)], direction(1), depth=50)
    nodes = found.fetch([hit.key for hit in found.bm25 + found.dense])
    versions = {}
    for node in nodes:
        versions.setdefault(node.document_id, set()).update(node.text[1:-1].split()[1:])  # the first and last word may be cut
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


def test_a_search_does_not_wait_for_a_writer_of_the_same_process(store):
    store.put([item("a")])
    inside, leave = threading.Event(), threading.Event()

    def write():
        with store._writing():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait(10)
    began = time.monotonic()
    assert len(store.find(["word"], direction(1)).bm25) == 1 and store.document_span(item("a").document.id, 0, 4) == "some"
    assert time.monotonic() - began < 10
    leave.set()
    thread.join()


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


# -- 5: recall ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    "12,500 nodes in clusters, of which the filter `share < n` lets n thousandths through."
    rng, store = np.random.default_rng(5), EmbeddedStore(str(tmp_path_factory.mktemp("many")))
    centres = rng.normal(size=(60, 64))
    vectors = centres[rng.integers(60, size=12_500)] + rng.normal(size=(12_500, 64)) * 0.7
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    share, items = rng.integers(1000, size=1250), []
    for number in range(1250):
        text = " ".join(f"w{number * 10 + i:05d}" for i in range(10))
        document = Document(f"many/{number}", text, language="en", meta={"share": int(share[number])})
        nodes = [Node(document.id, "chunk", i * 7, i * 7 + 6, text[i * 7:i * 7 + 6], uri=document.uri, language="en", meta=document.meta,
                      vector=vectors[number * 10 + i]) for i in range(10)]
        items.append(Indexed(Source(document.uri, document.id, nodes=10), document, nodes))
    patch = pytest.MonkeyPatch()
    patch.setattr(embedded, "EXACT_BELOW", 10_000)  # so that these are enough for an index
    for at in range(0, 1250, 417):
        store.put(items[at:at + 417])
    store.optimize()
    queries = centres[rng.integers(60, size=40)] + rng.normal(size=(40, 64)) * 0.7
    yield store, vectors, np.repeat(share, 10), (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32)
    store.close()
    patch.undo()


@pytest.mark.parametrize("thousandths", [1000, 50, 1])
def test_recall_holds_also_under_narrow_filters(many, thousandths):
    store, vectors, share, queries = many
    assert any("vector" in index.columns for index in store.snapshot().nodes.list_indices())
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
        assert abs(background.mean - cosines.mean()) < 0.1 * cosines.std() and abs(background.std / cosines.std() - 1) < 0.1


def test_cosines_are_true_and_in_order(many):
    store, vectors, _, queries = many
    found = store.find(vector=queries[0] * 7, depth=20)  # the query's length does not matter
    nodes = found.fetch([hit.key for hit in found.dense])
    true = [float(vectors[int(node.text[1:])] @ queries[0]) for node in nodes]
    assert np.allclose([hit.score for hit in found.dense], true, atol=1e-5)
    assert sorted(true, reverse=True) == pytest.approx(true, abs=1e-5)


# -- 6: BM25 ------------------------------------------------------------------------------------------------------


def lucene(term, texts, k1=1.2, b=0.75):
    "BM25 as Lucene computes it: no factor k1 + 1."
    words = [text.split() for text in texts]
    holding = sum(term in doc for doc in words)
    mean = sum(map(len, words)) / len(words)
    idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
    return {" ".join(doc): idf * doc.count(term) / (doc.count(term) + k1 * (1 - b + b * len(doc) / mean)) for doc in words if term in doc}


def plain(number, text):
    document = Document(f"plain/{number}", text, language="en")
    return Indexed(Source(document.uri, document.id), document, [Node(document.id, "chunk", 0, len(text), text, language="en")])


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
        got = {node.text: hit.score for node, hit in zip(found.fetch([hit.key for hit in found.bm25]), found.bm25, strict=True)}
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


# -- 7: metadata ----------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "b.c", "x' OR 1=1--", "%", "__proto__", "ключ", "two words", "nul\x00\n\x1f", "meta.a", "ID", '"q"', "`a`", "\\"])
DATES = st.sampled_from(["2021-05-01", "2021-05-01T00:00:00Z", "2021-05-01T02:00:00+02:00", "2020-12-31", "1970-01-01", "2021-13-01"])
STRINGS = st.one_of(st.sampled_from(["", "x' OR 1=1--", "%", "_", "null", "true", "1", "1.0", "five", "\x00", "\x1f", "\\", "né", "ne\u0301", "😀", "{}"]),
                    DATES, st.text(max_size=4))
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -0.0, 1.0, 2**53, 2**53 + 1, -(2**53) - 1, 1e300, 5e-324, 1 << 80, 10**400]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, STRINGS)
LISTS = st.lists(st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=3)
METADATA = st.dictionaries(KEYS, st.one_of(SCALARS, LISTS, st.dictionaries(KEYS, SCALARS, max_size=2)), max_size=4)
ORDERED = st.one_of(st.none(), st.integers(-3, 3), st.floats(-4, 4), DATES.filter(lambda text: "13-01" not in text))
OWN = {"id": STRINGS, "kind": st.sampled_from(["chunk", "summary"]), "title": st.sampled_from(["", "x' OR 1=1--", "é", "😀"]), "page": NUMBERS,
       "start": NUMBERS, "parent_id": STRINGS, "language": st.sampled_from(["en", "de", ""])}


@st.composite
def conditions(draw):
    if draw(st.booleans()) or draw(st.booleans()):
        field, values = f"meta.{draw(KEYS)}", st.one_of(SCALARS, LISTS)
    else:
        field = draw(st.sampled_from(sorted(OWN)))
        values = st.one_of(OWN[field], st.none(), st.booleans())
    operator = draw(st.sampled_from(["==", "!=", "in", "not in", ">", ">=", "<", "<="]))
    value = draw(st.lists(values, max_size=3) if "in" in operator else values if "=" in operator and operator[0] in "=!" else ORDERED)
    return eq(field, value, operator)


FILTERS = st.recursive(conditions(), lambda inner: st.builds(lambda operator, parts: {"operator": operator, "conditions": parts},
                                                             st.sampled_from(["AND", "OR", "NOT"]), st.lists(inner, max_size=3)), max_leaves=5)


def nodes_with(metadata):
    "A document a metadata; pages, titles and kinds vary."
    items = []
    for number, meta in enumerate(metadata):
        kind = ["chunk", "summary"][number % 2]
        document = Document(f"meta/{number}", "text" if kind == "chunk" else "", meta=json_meta(meta))
        node = Node(document.id, kind, 0, 4, "text", ["", "x' OR 1=1--", "😀"][number % 3], document.uri,
                    page=[None, 1, 2][number % 3], parent_id=[None, "five"][number % 2], language=["en", ""][number % 2], meta=document.meta)
        items.append(Indexed(Source(document.uri, document.id, meta=document.meta), document, [node]))
    return items


def expected(filters, items):
    tree = parse_filter(filters)
    flat = {item.nodes[0].id: flatten_meta(item.nodes[0].meta) for item in items}

    def value_of(node):
        return lambda c: flat[node.id].get(c.field) if c.is_meta else (None if getattr(node, c.field) == "" else getattr(node, c.field))

    return {item.nodes[0].id for item in items if matches(tree, value_of(item.nodes[0]))}


@pytest.mark.parametrize("columns", [400, 2, 0])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(metadata=st.lists(METADATA, min_size=1, max_size=6), filters=st.lists(FILTERS, min_size=1, max_size=8))
def test_a_pushed_down_filter_selects_what_the_definition_selects(tmp_path_factory, columns, metadata, filters):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "MAX_COLUMNS", columns)
        store, items = EmbeddedStore(str(tmp_path_factory.mktemp("meta"))), nodes_with(metadata)
        store.put(items)
        for one in filters:
            assert {node.id for node in all_nodes(store, filters=one)} == expected(one, items), one
        store.close()


def test_every_column_of_a_node_can_be_filtered():
    assert set(COLUMNS) - set(OWN) == {"document_id", "uri", "end"}  # alike: see `OWN`


def test_metadata_comes_back_as_it_was(store):
    meta = {"x' OR 1=1--": "%", "deep": {"er": {"est": [1, 1.0, True, None, {"a": []}]}}, "5": "5", "big": 10**30, "control\x00": "\x1f\x7f", "": ""}
    store.put(nodes_with([meta]))
    assert all_nodes(store)[0].meta == meta
    assert store.sources()[0].meta == meta


def test_5000_keys_a_40_kB_value_and_a_field_of_three_types(store):
    long = "ab'\"% " * 7000
    metadata = [{f"key {i}": i for i in range(at, at + 100)} | {"mixed": mixed, "long": long if at == 0 else None}
                for at, mixed in zip(range(0, 5000, 100), ["5", "five", 5, 5.5, True, ["5"]] * 9, strict=False)]
    store.put(nodes_with(metadata[:25]))
    store.put(nodes_with(metadata)[25:])
    assert store.count_documents() == 50
    assert len(store.snapshot().nodes.schema.names) <= embedded.MAX_COLUMNS + 25
    counts = {value: store.count_documents_by_filter(eq("meta.mixed", value)) for value in ("5", "five")}
    assert counts == {"5": 17, "five": 9} and store.count_documents_by_filter(eq("meta.mixed", 5)) == 8
    assert store.count_documents_by_filter(eq("meta.long", long)) == 1
    for number in (7, 2222, 4999):
        assert store.count_documents_by_filter(eq(f"meta.key {number}", number)) == 1
        assert store.count_documents_by_filter(eq(f"meta.key {number}", number, ">")) == 0
        assert store.count_documents_by_filter(eq(f"meta.key {number}", None)) == 49
        found = store.find(["text"], filters=eq(f"meta.key {number}", number, ">="))
        assert len(found.bm25) == 1
    assert len(store.get_metadata_fields_info()) == 5002


def test_a_type_that_came_after_the_table_was_full_is_filtered_too(store, monkeypatch):
    monkeypatch.setattr(embedded, "MAX_COLUMNS", 3)
    items = nodes_with([{"a": "5", "b": "x", "c": 1}, {"a": 5}, {"a": True}])
    for one in items:
        store.put([one])
    for filters in (eq("meta.a", 5), eq("meta.a", True), eq("meta.a", "5"), eq("meta.a", 5, "!="), eq("meta.a", [5, "5"], "in"), eq("meta.a", 4, ">")):
        assert {node.id for node in all_nodes(store, filters=filters)} == expected(filters, items), filters


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


# -- 8, 9: other processes, one state ---------------------------------------------------------------------------------


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
    assert store.embedder is None and store.count_documents() == 1
    assert len(store.find(["kiwi"], direction(1, 8)).dense) == 1
    store.put([item("plum", dim=8)])
    assert store.count_documents() == 2


# -- 10: kills and full disks ------------------------------------------------------------------------------------------


def test_kill_9_loses_nothing_and_shows_no_half_document(path, store):
    chance, documents, newest = random.Random(11), 3, 0
    for _ in range(6):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = start(worker.write_versions, path, theirs, documents, newest + 1, optimize_every=2)
        theirs.close()
        assert ours.poll(60)
        time.sleep(chance.uniform(0, 0.6))
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
        assert len(versions) <= 1 and (not acknowledged or min(versions) in (acknowledged, acknowledged + 1)), (versions, acknowledged)
        for document_id, version in seen.items():
            document = store.document(document_id)
            assert set(document.text.split()) == version and len(document.text.split()) == 3000
        newest = max([acknowledged, *versions])
    store.put([versioned(number, newest + 1) for number in range(documents)])  # and it goes on
    store.optimize(force=True)
    assert {word for node in all_nodes(store) for word in node.text[1:-1].split()[1:]} == {f"v{newest + 1}"}
    assert newest > 3


def test_a_full_disk_is_told_and_what_was_there_stays(path, store):
    store.put([item(f"a{i}") for i in range(20)])
    assert "no room left" in ask(worker.small_files, path, 20_000)
    assert store.count_documents() == 20 and len(store.find(["word"], direction(1)).bm25) == 20
    assert store.document(item("big").document.id) is None or store.count_documents() == 20
    finish(start(worker.put_one, path, "kiwi"))  # room again
    assert store.count_documents() == 21


# -- identity and format ---------------------------------------------------------------------------------------------


def test_another_format_is_refused(path, store):
    store.put([item("a")])
    about = store._file
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 99}))
    for use in (store.count_documents, lambda: store.put([item("b")]), lambda: EmbeddedStore(path).find(["word"]), lambda: store.embedder):
        with pytest.raises(FormatError, match="format 99, this kbase reads format 1"):
            use()


def test_vectors_of_two_models_never_mix(path, store):
    store.set_embedder(EmbedderIdentity("minilm", DIM))
    store.set_embedder(EmbedderIdentity("minilm", DIM))
    store.put([item("a")])
    for other in (EmbedderIdentity("mpnet", DIM), EmbedderIdentity("minilm", 8), EmbedderIdentity("minilm", DIM, normalised=False)):
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
        EmbeddedStore(path).set_embedder(EmbedderIdentity("mpnet", DIM))


def test_an_embedder_must_fit_the_vectors_that_are_there(path, store):
    store.put([item("a", dim=8)])
    with pytest.raises(EmbedderMismatch, match="holds 8-d vectors, the embedder is minilm"):
        store.set_embedder(EmbedderIdentity("minilm", DIM))
    later = EmbeddedStore(path + "2")
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
    store = EmbeddedStore(path, dimension=8)
    with pytest.raises(EmbedderMismatch, match="given are 16-d"):
        store.put([item("a")])
    with pytest.raises(ValueError, match="must be 1 or more"):
        EmbeddedStore(path, dimension=0)


# -- documents ------------------------------------------------------------------------------------------------------


def stored_characters(store):
    "Of the columns that hold documents' text."
    return sum(len(text) for batch in store.snapshot().nodes.search().select(["content", "before", "after"]).to_batches()
               for column in batch.columns[:3] for text in column.to_pylist())


def test_put_replaces_a_document_in_one_commit(store):
    store.put([item("a", "old words " * 50, 5), item("b", "other words", 2)])
    before = store.snapshot().nodes.version
    store.put([item("a", "new words", 2)])
    assert store.snapshot().nodes.version == before + 1
    assert sorted(node.text for node in all_nodes(store, filters=eq("uri", "docs/a"))) == [" word", "new w"][::-1] or store.count_documents() == 4
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
    for wrong, told in [(Node(document.id, "chunk", 0, 4, "text"), "not the document's text from 0 to 4"), (Node("other", "chunk", 0, 4, "some"), "put each with its own")]:
        with pytest.raises(ValueError, match=told):
            store.put([Indexed(Source("a", document.id), document, [wrong])])
    assert store.count_documents() == 0


def test_delete_by_document(store):
    store.put([item(name, f"{name} words", 3) for name in "abc"])
    gone = [item(name).document.id for name in "ab"]
    assert store.delete_by_document([*gone, "unknown"]) == 6
    assert store.count_documents() == 3 and store.document(gone[0]) is None and [source.uri for source in store.sources()] == ["docs/c"]
    assert store.document_span(gone[0], 0, 5) == "" and stored_characters(store) == len("c words")
    assert store.delete_by_document([]) == 0


@pytest.mark.parametrize("unit", ["x", "é", "😀", "a\u0301", "ก", "\r\n"])
def test_a_text_is_stored_once_and_comes_back_over_the_borders_of_its_chunks(store, unit):
    text = unit * (20_000 // len(unit))
    end = len(text)
    document = Document("long", text, language="en")
    cuts = [(5000, 7001), (7, 20), (20, 5000), (7003, 7004), (9000, end - 11)]  # not in order; long stretches are in no chunk
    nodes = [Node(document.id, "chunk", a, b, text[a:b]) for a, b in cuts]
    store.put([Indexed(Source("long", document.id), document, nodes)])
    assert stored_characters(store) == len(text)
    assert store.document(document.id).text == text
    assert {(node.start, node.end): node.text for node in all_nodes(store)} == {(a, b): text[a:b] for a, b in cuts}
    borders = [0, 1, 6, 7, 8, 19, 20, 21, 4999, 5000, 5001, 7001, 7002, 7003, 7004, 8000, 9000, end - 11, end - 10, end - 1, end]
    assert all(store.document_span(document.id, a, b) == text[a:b] for a in borders for b in borders if a <= b)
    assert store.document_span(document.id, end - 3, end + 50_000) == text[-3:] and store.document_span(document.id, -5, 3) == text[:3]
    assert store.document_span(document.id, end + 1, end + 5) == "" and store.document_span(document.id, 9, 8) == ""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(st.text(max_size=12), st.lists(st.integers(0, 12), min_size=2, max_size=8)), min_size=1, max_size=5))
def test_any_text_with_any_chunks_comes_back(store, texts):
    items = []
    for number, (text, cuts) in enumerate(texts):
        document, cuts = Document(f"any/{number}", text), sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
        spans = list(zip(cuts[::2], cuts[1::2], strict=False))
        items.append(Indexed(Source(document.uri, document.id), document, [Node(document.id, "chunk", a, b, text[a:b]) for a, b in spans]))
    store.put(items)
    for (text, _), one in zip(texts, items, strict=True):
        assert store.document(one.document.id).text == text
        assert all(store.document_span(one.document.id, a, a + 3) == text[a:a + 3] for a in range(len(text)))


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
        patch.setattr(EmbeddedStore, "_write_sources", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        store.put([item("a", "the new words", 2), item("b", "more", 1)])
    for name, text in (("a", "the new words"), ("b", "more")):
        document = store.document(item(name).document.id)
        assert (document.text, document.title, document.uri) == (text, f"Title {name}", f"docs/{name}")


def test_a_chunk_that_went_through_haystack_stays_a_part_of_its_document(store):
    document = Document("a", " one. Two. ", language="en")
    chunks = [Node(document.id, "chunk", a, b, document.text[a:b], uri="a", language="en") for a, b in ((1, 5), (6, 10))]
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
    assert {document.id: document.content for document in store.filter_documents()} == {name: document.content for name, document in documents.items()}
    assert store.update_by_filter(eq("meta.n", 1), {"n": 2}) == 1 and store.count_documents_by_filter(eq("meta.n", 2)) == 1
    assert store.document(item("a").document.id).text == "kiwi words"


# -- opening and closing ---------------------------------------------------------------------------------------------


def test_a_store_is_shared_by_path_and_a_pipeline_is_loaded_with_one(path):
    first = shared_store(path)
    assert EmbeddedStore.from_dict(json.loads(json.dumps(first.to_dict()))) is first
    pipeline = Pipeline()
    pipeline.add_component("one", DocumentWriter(first))
    pipeline.add_component("two", DocumentWriter(first))
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["kbase.*", "haystack.*"])
    assert loaded.get_component("one").document_store is loaded.get_component("two").document_store is first
    loaded.run({"one": {"documents": [HaystackDocument(content="kiwi")]}, "two": {"documents": [HaystackDocument(content="plum")]}})
    assert first.count_documents() == 2
    first.write_documents([HaystackDocument(content="fig", embedding=[1.0, 0.0])])


def test_threads_that_open_the_same_folder_get_the_same_store(path):
    found, gate = [], threading.Barrier(8)

    def opened():
        gate.wait()
        found.append(shared_store(path))

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


def test_reading_makes_no_folder(tmp_path):
    path = tmp_path / "not" / "there"
    store = EmbeddedStore(str(path))
    assert (store.count_documents(), store.sources(), store.filter_documents(), store.languages(), store.embedder, store.document("x")) == (0, [], [], [], None, None)
    assert store.find(["a"], direction(1)).bm25 == [] and store.delete_by_filter(eq("meta.a", 1)) == 0
    store.optimize(force=True)
    assert repr(store).endswith("0 nodes)")
    assert not path.exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        EmbeddedStore(str(tmp_path / "file"))
