"What the Elasticsearch store must stand: faults between it and the server, mappings, many writers, wrong ways in."

import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import remove_indices
from elastic_proxy import answer, error, proxied, refuse_items, strange_items
from haystack import Document as HaystackDocument
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils import Secret
from store_cases import all_nodes, eq, plain
from store_worker import DIM, direction, item

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.language import query_terms
from kbase.querying.pipeline import build_pipeline
from kbase.stores import elastic_about, elastic_bulk, elastic_connection
from kbase.nodes import EmbedderIdentity
from kbase.stores.contract import (
    EmbedderMismatch,
    FormatError,
    StoreError,
    StoreLocked,
    WriteError,
    open_store,
    public_place,
)
from kbase.stores.rows import Indexed, Source
from kbase.stores.elastic import ElasticStore
from kbase.stores.elastic_connection import Clock, parse_url
from kbase.stores.elastic_rebuild import Rebuild


@pytest.fixture
def store(elastic_url):
    store = ElasticStore(elastic_url, replicas=0)
    yield store
    store.close()


SHORT = Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.02)))


class Hands:
    "A wall clock that a test sets forward."

    def __init__(self):
        self.ahead = 0.0
        self.clock = Clock(
            wall=lambda: time.time() + self.ahead, now=lambda: time.monotonic() + self.ahead, sleep=SHORT.sleep
        )


@pytest.fixture
def behind(elastic_url):
    "A store behind a proxy with a fault of the test's choosing."
    opened = []

    def make(fault, **more):
        server, _, name = elastic_url.rpartition("/")
        context = proxied(server, fault)
        proxy = context.__enter__()
        opened.append(context)
        return ElasticStore(f"{proxy.url}/{name}", **{"replicas": 0, "clock": SHORT, **more}), proxy

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def documents(count, start=0):
    return [
        HaystackDocument(id=f"d{i}", content=f"text number {i}", meta={"n": i}, embedding=direction(i).tolist())
        for i in range(start, start + count)
    ]


def same_as_undisturbed(store, elastic_url, items):
    "Ids and contents are those of a run without faults."
    server, _, name = elastic_url.rpartition("/")
    other = ElasticStore(f"{server}/{name}-plain", replicas=0)
    try:
        other.put(items)
        want = {node.id: (node.text, node.start, node.uri) for node in all_nodes(other)}
        have = [node for node in all_nodes(store)]
        assert len(have) == len(want) and {node.id: (node.text, node.start, node.uri) for node in have} == want
        assert {s.uri for s in store.sources()} == {s.uri for s in other.sources()}
    finally:
        other.close()
        remove_indices(server, f"{name}-plain")


# -- faults -----------------------------------------------------------------------------------------------------------


def test_429_cut_connections_and_refused_items_lose_and_double_nothing(behind, elastic_url, monkeypatch):
    monkeypatch.setattr(elastic_bulk, "BULK_ITEMS", 20)

    def fault(proxy, handler, body):
        if "/_bulk" not in handler.path:
            return None
        if proxy.bulks % 3 == 0:
            return error(429)
        if proxy.bulks % 5 == 0:
            return "cut"
        return refuse_items(handler, body, lambda number, head: number % 2) if proxy.bulks % 4 == 0 else None

    store, proxy = behind(fault)
    items = [item(f"a{i}", f"words of document {i} " * 5, 5) for i in range(60)]
    for at in range(0, 60, 20):
        store.put(items[at : at + 20])
    assert proxy.bulks > 20 and proxy.cut > 1
    same_as_undisturbed(store, elastic_url, items)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reads_and_other_writes_are_tried_again_too(behind, status):
    passed = []

    def fault(proxy, handler, body):
        passed.append(handler.path)
        return error(status) if len(passed) % 2 else None

    store, proxy = behind(fault)
    store.put([item("a", "kiwi words", 2)])
    assert store.count_documents() == 2 and len(store.find(["kiwi"], direction(1)).dense) == 2
    assert store.delete_by_document([item("a").document.id]) in (0, 2) and store.count_documents() == 0


@pytest.mark.parametrize(
    "policy", [DuplicatePolicy.NONE, DuplicatePolicy.FAIL, DuplicatePolicy.SKIP, DuplicatePolicy.OVERWRITE]
)
def test_a_lost_reply_is_no_duplicate(behind, policy):
    def fault(proxy, handler, body):
        return "cut" if "/_bulk" in handler.path and "-nodes" in handler.path and not proxy.cut else None

    store, proxy = behind(fault)
    assert store.write_documents(documents(50), policy) == 50
    assert proxy.cut == 1 and store.count_documents() == 50
    with pytest.raises(DuplicateDocumentError):
        store.write_documents(documents(50), DuplicatePolicy.FAIL)
    assert store.write_documents(documents(60), DuplicatePolicy.SKIP) == 10


def test_whoever_comes_second_is_told_of_the_duplicate(behind, elastic_url):
    other, late = ElasticStore(elastic_url), []

    def fault(proxy, handler, body):  # between the look and the write another process writes some of them
        if "-entrance/_bulk" in handler.path and late:
            other.write_documents(late.pop(), DuplicatePolicy.OVERWRITE)

    store, _ = behind(fault)
    store.count_documents()
    other.write_documents(documents(1, 20))
    late.append(documents(1, 3))
    with pytest.raises(DuplicateDocumentError, match="'d3' was written by another process meanwhile, 9 of 10"):
        store.write_documents(documents(10))
    late.append(documents(2, 10))
    assert store.write_documents(documents(13), DuplicatePolicy.SKIP) == 1
    assert store.count_documents() == 14


@pytest.mark.parametrize("policy", [DuplicatePolicy.FAIL, DuplicatePolicy.SKIP, DuplicatePolicy.OVERWRITE])
@pytest.mark.parametrize("where", ["by the server", "by the store"])
def test_3_bad_of_500(behind, policy, where):
    strange = {"d7", "d8", "d9"} if where == "by the server" else set()
    store, _ = behind(lambda proxy, handler, body: strange_items(handler, body, strange))
    given = documents(500)
    if where == "by the store":
        given[7:10] = [
            replace(given[7], embedding=[1.0, 2.0]),
            replace(given[8], embedding=[float("nan")] * DIM),
            replace(given[9], content="half a \ud800"),
        ]
    with pytest.raises(WriteError, match="3 nodes could not be stored, 497 were") as caught:
        store.write_documents(given, policy)
    assert (
        set(caught.value.failed) == {"d7", "d8", "d9"}
        and caught.value.written == 497
        and store.count_documents() == 497
    )
    told = " ".join(caught.value.failed.values())
    assert "strict" in told if where == "by the server" else all(word in told for word in ("2-d", "NaN", "surrogate"))
    strange.clear()
    assert store.write_documents(documents(500), DuplicatePolicy.SKIP) == 3 and store.count_documents() == 500


def test_a_document_with_a_bad_node_keeps_its_old_version(behind):
    strange = set()
    store, _ = behind(lambda proxy, handler, body: strange_items(handler, body, strange))
    store.put([item("a", "old words", 2)])
    strange |= {node.id for node in item("a", "new words", 2).nodes}
    with pytest.raises(WriteError, match="not in the account"):
        store.put([item("a", "new words", 2), item("b", "good words", 3)])
    strange.clear()
    assert (
        store.document(item("a").document.id).text == "old words"
        and store.document(item("b").document.id).text == "good words"
    )
    store.put([item("a", "new words", 2)])
    assert store.document(item("a").document.id).text == "new words" and store.count_documents() == 5


@pytest.fixture
def killed_put(store, elastic_url, monkeypatch):
    "A writer that was killed when its nodes were sent, and neither the old ones deleted nor anything refreshed."

    def kill(what):
        writer = ElasticStore(elastic_url)
        monkeypatch.setattr(writer.writer, "replace_old", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            writer.put([what])

    store.put([item("a", "old words", 2)])
    kill(item("a", "half words", 3))
    kill(item("b", "half words", 3))
    return store


def test_what_a_killed_writer_left_goes_when_its_document_comes_again(killed_put):
    killed_put.put([item("a", "new words", 2)])
    killed_put.put([item("b", "new words", 2)])
    assert killed_put.count_documents() == 4 and all(
        killed_put.document(item(name).document.id).text == "new words" for name in "ab"
    )


@pytest.mark.parametrize(
    "delete",
    [
        lambda store: store.delete_by_document([item("a").document.id, item("b").document.id]),
        lambda store: store.delete_all_documents(),
        lambda store: store.delete_by_filter(eq("kind", "chunk")),
    ],
    ids=["by document", "all", "by filter"],
)
def test_what_a_killed_writer_left_goes_when_it_is_deleted(killed_put, elastic_url, delete):
    delete(killed_put)
    killed_put.put([item("c", "other words", 2)])
    assert ElasticStore(elastic_url).count_documents() == 2


def test_what_is_too_large_for_the_server_fails_alone(store):
    large = HaystackDocument(id="large", content="b", blob=ByteStream(np.random.default_rng(1).bytes(80_000_000)))
    with pytest.raises(WriteError, match="larger than the server takes") as told:
        store.write_documents([*documents(3), large, *documents(3, 3)])
    assert list(told.value.failed) == ["large"] and store.count_documents() == 6


def test_what_the_store_refuses_is_a_failed_row_and_stops_nothing(behind):
    given = [HaystackDocument(id=name, content=f"Pears of {name} ripen.") for name in "abc"]
    refused = set()

    def fault(proxy, handler, body):
        if "-entrance/_bulk" not in handler.path:
            return None
        return refuse_items(
            handler,
            body,
            lambda number, head: head["routing"] in refused,
            400,
            "strict_dynamic_mapping_exception",
            "no field [strange]",
        )

    store, proxy = behind(fault)
    with KnowledgeBase(store.place) as kb:
        kb.add(given[:1], progress=False)
        for wanted in ("added", "unchanged"):
            refused |= {"a", "b"}
            report = kb.add([replace(given[0], content="Plums of a ripen."), *given[1:]], progress=False)
            refused.clear()
            assert [(row.document_id, row.state, row.nodes) for row in report.rows] == [
                ("a", "failed", 2),
                ("b", "failed", 0),
                ("c", wanted, 2),
            ]
            assert "strict" in report.rows[1].reason and "indexed earlier stays" in report.rows[0].reason
        assert kb.store.document("a").text == given[0].content and kb.store.document("b") is None
        assert [row.state for row in kb.add(given, progress=False).rows] == [
            "added",
            "added",
            "unchanged",
        ] and kb.store.count_documents() == 6


def test_two_folders_of_one_name_in_one_add(elastic_url, tmp_path):
    for place in ("one", "two"):
        (tmp_path / place / "docs").mkdir(parents=True)
        (tmp_path / place / "docs" / "readme.md").write_text(f"# Read me\n\nThis is about {place}.")
    with KnowledgeBase(elastic_url) as kb:
        report = kb.add([tmp_path / "one" / "docs", tmp_path / "two" / "docs"], progress=False)
        assert [(row.uri, row.state) for row in report.rows] == [
            ("docs/readme.md", "added"),
            ("two/docs/readme.md", "added"),
        ]


def test_what_is_being_added_is_not_deleted_under_the_adder(elastic_url):
    with KnowledgeBase(elastic_url) as kb:
        kb.add([HaystackDocument(id="a", content="Pears ripen.")], progress=False)
        other = ElasticStore(elastic_url)
        assert other.claim(["a"], "somebody") == {"a"}
        with pytest.raises(StoreLocked, match="being added by another process"):
            kb.delete("a")
        other.release("somebody")
        assert kb.delete("a") == 2 and len(kb) == 0


def test_429_that_does_not_end_is_an_error_from_which_the_next_run_goes_on(behind):
    refusing = [True]

    def fault(proxy, handler, body):
        return (
            refuse_items(handler, body, lambda number, head: int(head["_id"][-1], 16) % 2)
            if refusing[0] and "-entrance/_bulk" in handler.path
            else None
        )

    store, _ = behind(fault, patience=0.5)
    items = [item(f"a{i}", "some words", 2) for i in range(10)]
    with pytest.raises(WriteError, match="the queue is full"):
        store.put(items)
    refusing[0] = False
    store.put(items)
    assert store.count_documents() == 20 and len(store.sources()) == 10


def test_a_scan_goes_on_when_its_point_in_time_is_lost(behind, monkeypatch):
    lost = []

    def fault(proxy, handler, body):
        if handler.path.startswith("/_search") and b"search_after" in body and len(lost) < 3:
            lost.append(1)
            return error(404, "search_context_missing_exception", "No search context found")
        return None

    store, _ = behind(fault)
    store.write_documents(documents(95))
    assert [node.id for batch in store.scan(batch_size=10) for node in batch] == [f"d{i}" for i in range(95)] and len(
        lost
    ) == 3


def test_a_search_whose_point_in_time_is_lost_is_repeated(behind):
    lost = []

    def fault(proxy, handler, body):
        if "_msearch" in handler.path and len(lost) < 2:
            lost.append(1)
            missing = {
                "error": {
                    "root_cause": [{"type": "search_context_missing_exception", "reason": "gone"}],
                    "type": "search_phase_execution_exception",
                    "reason": "all",
                },
                "status": 404,
            }
            return answer(200, {"responses": [missing] * (body.count(b"\n") // 2)})
        return None

    store, _ = behind(fault)
    store.put([item("a", "kiwi words", 2)])
    found = store.find(["kiwi"], direction(1))
    assert len(found.dense) == 2 and len(lost) == 2 and len(found.fetch([hit.key for hit in found.dense])) == 2


def test_one_msearch_and_one_fetch(behind):
    store, proxy = behind(lambda *_: None)
    store.put([item(f"a{i}", "kiwi words", 2) for i in range(20)])
    store.find(["kiwi"], direction(1))
    proxy.seen.clear()
    found = store.find(["kiwi"], direction(1), depth=10)
    found.fetch([hit.key for hit in found.bm25])
    assert [line.split("?")[0] for line in proxy.seen] == ["POST /_msearch", "POST /_search"]


# -- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_25000_are_scanned_and_more_than_10000_are_found(store):
    with store.loading():
        for at in range(0, 25_000, 5000):
            store.write_documents(
                [
                    HaystackDocument(id=f"d{i}", content="kiwi", embedding=direction(i, 4).tolist())
                    for i in range(at, at + 5000)
                ],
                DuplicatePolicy.OVERWRITE,
            )
    ids = [document.id for document in store.filter_documents()]
    assert ids == [f"d{i}" for i in range(25_000)]
    found = store.find(["kiwi"], direction(3, 4), depth=12_000)
    assert len(found.bm25) == len(found.dense) == len({hit.key for hit in found.bm25}) == 12_000
    assert [hit.score for hit in found.dense] == sorted(
        [hit.score for hit in found.dense], reverse=True
    ) and found.dense[0].key == "d3"
    assert len(found.fetch([hit.key for hit in found.bm25])) == 12_000
    assert store.delete_by_filter(eq("meta.none", None)) == 25_000 and store.count_documents() == 0


def test_metadata_makes_no_field(store):
    from elasticsearch import Elasticsearch

    store.write_documents(
        [
            HaystackDocument(content="x", meta={f"key {i}": i for i in range(5000)}),
            HaystackDocument(content="y", meta={"long": "a" * 40_000, "n": "5"}),
            HaystackDocument(content="z", meta={"n": "five", "k" * 40_000: "é" * 40_000}),
        ]
    )
    with Elasticsearch(parse_url(store.place).hosts[0]) as client:
        mapping = next(iter(client.indices.get_mapping(index=store.cluster.nodes).values()))["mappings"]
    assert mapping["dynamic"] == "strict" and len(mapping["properties"]) < 40
    assert store.count_documents_by_filter(eq(f"meta.{'k' * 40_000}", "é" * 40_000)) == 1
    assert store.get_metadata_field_unique_values("long") == (["a" * 40_000], 1)
    assert store.get_metadata_field_min_max("long") == {"min": "a" * 40_000, "max": "a" * 40_000}
    assert len(store.get_metadata_fields_info()) == 5003


def test_long_ids_words_and_names_are_kept(store):
    document = HaystackDocument(id="i" * 2000, content="x" * 50_000, meta={"a": 1})
    store.write_documents([document, HaystackDocument(id="long:x", content="short")])
    assert (
        store.filter_documents(eq("id", "i" * 2000)) == [document]
        and len(store.find(query_terms("x" * 50_000, ["en"])).bm25) == 1
    )
    with pytest.raises(DuplicateDocumentError):
        store.write_documents([document])
    store.delete_documents(["i" * 2000, "long:x"])
    assert store.count_documents() == 0


def test_vectors_come_back_as_they_came(store):
    given = [
        HaystackDocument(id="zero", content="a", embedding=[0.0] * 4),
        HaystackDocument(id="raw", content="b", embedding=[0.1, -7.0, 1e-30, 1e30]),
        HaystackDocument(id="none", content="c"),
    ]
    store.write_documents(given)
    assert store.filter_documents() == given
    assert [hit.key for hit in store.find(vector=np.array([0, 0, 0, 1.0])).dense] == ["raw"]


def test_several_shards_score_as_one(elastic_url):
    store = ElasticStore(elastic_url, shards=3, replicas=0)
    store.put([plain(i, "kiwi " * (i % 3 + 1) + "plum " * (i % 5)) for i in range(40)])
    scores = {}
    for hit, node in zip(
        (found := store.find(["kiwi"])).bm25, found.fetch([hit.key for hit in found.bm25]), strict=True
    ):
        scores.setdefault(node.text, set()).add(round(hit.score, 6))
    assert all(len(same) == 1 for same in scores.values())
    note = HaystackDocument(
        id=all_nodes(store)[0].id, content="taken over"
    )  # the id of a node, in another document now
    store.write_documents([note], DuplicatePolicy.OVERWRITE)
    assert store.count_documents() == 40 and store.filter_documents(eq("id", note.id))[0].content == "taken over"
    store.put([plain(i, "fig") for i in range(40)])
    assert len([node for node in all_nodes(store) if node.text == "fig"]) == 40


# -- many writers -----------------------------------------------------------------------------------------------------


def test_a_claim_is_one_owners_until_it_lapses(store, elastic_url):
    other = ElasticStore(elastic_url)
    assert store.claim(["a", "b", "c"], "first") == {"a", "b", "c"}
    assert other.claim(["b", "c", "d"], "second") == {"d"}
    assert store.claim(["a"], "first") == {"a"}
    other.release("second")
    assert store.claim(["d"], "first", seconds=2) == {"d"} and other.claim(["d"], "second") == set()
    time.sleep(2.1)
    assert other.claim(["d"], "second") == {"d"}
    assert store.sources() == []


def test_of_many_claimants_each_source_has_one(elastic_url):
    stores = [ElasticStore(elastic_url, replicas=0) for _ in range(6)]
    names, got = [f"s{i}" for i in range(200)], {}
    gate = threading.Barrier(6)

    def work(number):
        gate.wait()
        got[number] = stores[number].claim(names, f"worker {number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [name for mine in got.values() for name in mine]
    assert len(held) == len(set(held)) == 200


def test_two_that_make_the_same_knowledge_base_at_once_make_one(elastic_url):
    stores, errors = [ElasticStore(elastic_url, replicas=0) for _ in range(4)], []
    gate = threading.Barrier(4)

    def work(number):
        try:
            gate.wait()
            stores[number].put([item(f"a{number}", "some words", 2)])
        except Exception as e:  # noqa: BLE001  told below
            errors.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and stores[0].count_documents() == 8


# -- a first load, another embedder -----------------------------------------------------------------------------------


def replicas(store):
    return next(iter(store.cluster.request("GET", f"/{store.cluster.nodes}/_settings").values()))["settings"]["index"][
        "number_of_replicas"
    ]


def test_a_first_load_is_put_right_whatever_happens(elastic_url):
    store = ElasticStore(elastic_url, replicas=1)
    with pytest.raises(KeyboardInterrupt), store.loading():
        store.put([item("a", "old words", 3)])
        assert replicas(store) == "0" and store.count_documents() == 0
        other = ElasticStore(elastic_url)  # who adds beside this one sees what is done, or does it again
        assert other.sources() == [] and [source.uri for source in other.sources([item("a").document.id, "none"])] == [
            "docs/a"
        ]
        store.put([item("a", "new words", 2)])  # the same document twice in a load
        raise KeyboardInterrupt
    assert (
        replicas(store) == "1"
        and store.count_documents() == 2
        and store.document(item("a").document.id).text == "new words"
    )


def test_a_first_load_that_was_killed_is_put_right_by_the_next_opening(elastic_url):
    store, hands = ElasticStore(elastic_url, replicas=1), Hands()
    loading = store.loading()
    loading.__enter__()
    store.put([item("a", "some words", 3)])
    other = ElasticStore(elastic_url, clock=hands.clock)
    assert other.count_documents() == 0 and replicas(other) == "0"
    hands.ahead = elastic_about.BUSY_SECONDS + 1
    assert other.count_documents() == 3 and replicas(other) == "1" and "loading" not in other.about.get(fresh=True)


def test_another_embedder_is_brought_in_without_a_moment_without_answers(store, elastic_url):
    store.set_embedder(EmbedderIdentity("old", DIM))
    store.put([item(f"a{i}", f"kiwi words {i}", 2) for i in range(50)])
    store.write_documents(
        [HaystackDocument(id="own", content="plum", embedding=[0.5] * DIM), HaystackDocument(id="bare", content="fig")]
    )
    reader, stop, seen, errors = ElasticStore(elastic_url), threading.Event(), [], []

    def read():
        while not stop.is_set():
            try:
                found = reader.find(["kiwi"], depth=200)
                seen.append(len(found.fetch([hit.key for hit in found.bm25])))
            except Exception as e:  # noqa: BLE001  told below
                errors.append(e)

    def embed(texts):
        with pytest.raises(StoreLocked, match="being embedded anew"):
            ElasticStore(elastic_url).put([item("late")])
        return np.stack([direction(len(text), 8) for text in texts])

    thread = threading.Thread(target=read)
    thread.start()
    order = [node.id for node in all_nodes(store)]
    assert store.rebuild(EmbedderIdentity("new", 8), embed, batch_size=40) == 101
    stop.set()
    thread.join()
    assert not errors and set(seen) == {50}, errors[:1]
    assert store.embedder == EmbedderIdentity("new", 8) and [node.id for node in all_nodes(store)] == order
    assert (
        store.document(item("a3").document.id).text == "kiwi words 3"
        and len(store.find(vector=direction(3, 8)).dense) == 100
    )
    with pytest.raises(EmbedderMismatch):
        reader.set_embedder(EmbedderIdentity("old", DIM))
    store.put([item("late", dim=8)])
    assert reader.count_documents() == 103
    with pytest.raises(RuntimeError, match="no model"):
        store.rebuild(EmbedderIdentity("third", 4), lambda texts: (_ for _ in ()).throw(RuntimeError("no model")))
    assert store.embedder == EmbedderIdentity("new", 8) and len(store.find(vector=direction(3, 8)).dense) == 100
    store.put([item("later", dim=8)])


def test_a_put_that_a_rebuild_overtakes_is_told_and_mixes_no_models(behind, elastic_url):
    old, new = EmbedderIdentity("old", DIM), EmbedderIdentity("new", DIM)
    other, overtaking = ElasticStore(elastic_url), []

    def fault(proxy, handler, body):
        if "-entrance/_bulk" in handler.path and overtaking:
            assert overtaking.pop()() == 3

    writer, _ = behind(fault)
    writer.set_embedder(old)
    writer.put([item("a", "kiwi words", 3)])
    overtaking.append(lambda: other.rebuild(new, lambda texts: np.tile(direction(5), (len(texts), 1))))
    with pytest.raises(StoreLocked, match="2 of them are not in: write them again"):
        writer.put([item("b", "plum words", 2)])
    with pytest.raises(EmbedderMismatch, match="embedded anew, with new"):
        writer.put([item("b", "plum words", 2)])
    assert other.count_documents() == 3 and all(
        np.array_equal(node.vector, direction(5)) for node in all_nodes(other, vectors=True)
    )
    other.put([item("b", "plum words", 2)])
    assert other.count_documents() == 5 and [source.uri for source in other.sources()] == ["docs/a", "docs/b"]


def test_after_a_rebuild_the_background_is_that_of_the_new_vectors(elastic_url, monkeypatch):
    monkeypatch.setattr(elastic_about, "BELIEVED", 0.0)
    store, reader = ElasticStore(elastic_url), ElasticStore(elastic_url)
    store.set_embedder(EmbedderIdentity("old", DIM))
    store.put([item("a", "kiwi words", 5)])
    reader.find(vector=direction(5))
    store.rebuild(EmbedderIdentity("new", DIM), lambda texts: np.tile(direction(5), (len(texts), 1)))
    assert reader.find(vector=direction(5)).background == pytest.approx((1.0, 0.0), abs=1e-3)


def test_what_was_being_written_when_a_rebuild_began_is_embedded_anew_too(behind, elastic_url):
    store, arrived, gate = ElasticStore(elastic_url), threading.Event(), threading.Event()
    store.set_embedder(EmbedderIdentity("old", DIM))
    store.put([item("a", "kiwi words", 3)])

    def fault(proxy, handler, body):  # its nodes are on their way while the rebuild begins
        if "-entrance/_bulk" in handler.path:
            arrived.set()
            assert gate.wait(30)

    late, _ = behind(fault)
    thread = threading.Thread(target=late.put, args=([item("b", "plum words", 2)],))
    thread.start()
    assert arrived.wait(30)
    asked = []

    def embed(texts):
        if not asked:
            gate.set()
            thread.join()
        asked.append(len(texts))
        return np.tile(direction(5), (len(texts), 1))

    assert store.rebuild(EmbedderIdentity("new", DIM), embed) == 5 and asked == [3, 5]
    assert (
        all(np.array_equal(node.vector, direction(5)) for node in all_nodes(store, vectors=True))
        and store.document(item("b").document.id).text == "plum words"
    )


@pytest.mark.parametrize("when", ["before the swap", "after the swap"])
def test_a_killed_rebuild_is_cleared_away_by_the_next_writer(elastic_url, monkeypatch, when):
    store, old, new = ElasticStore(elastic_url), EmbedderIdentity("old", DIM), EmbedderIdentity("new", 4)
    store.set_embedder(old)
    store.put([item("a", "kiwi words", 3)])

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        if when == "before the swap":
            dying.setattr(Rebuild, "swap", die)
        dying.setattr(Rebuild, "settle", die)
        store.rebuild(new, lambda texts: np.ones((len(texts), 4)))
    writer = ElasticStore(elastic_url)
    with pytest.raises(StoreLocked, match="being embedded anew since"):
        writer.put([item("b")])
    writer.about.change(lambda about: {**about, "rebuilding": {**about["rebuilding"], "until": 0}})  # ten minutes later
    chosen = old if when == "before the swap" else new
    writer.put([item("b", "plum words", 2, dim=chosen.dimension)])
    assert (
        writer.embedder == chosen
        and writer.count_documents() == 5
        and len(writer.find(vector=direction(1, chosen.dimension)).dense) == 5
    )
    indices = set(writer.cluster.request("GET", f"/{writer.cluster.nodes}-*/_settings"))
    assert (
        writer.rebuild(EmbedderIdentity("third", 8), lambda texts: np.ones((len(texts), 8))) == 5
        and len(all_nodes(writer)) == 5
    )
    assert len(indices) <= 2 and len(writer.cluster.request("GET", f"/{writer.cluster.nodes}-*/_settings")) == 1


# -- ways in ----------------------------------------------------------------------------------------------------------


def test_a_url_is_read():
    assert parse_url("http://host/docs").hosts == ("http://host:9200",) and parse_url("https://host").name == "kbase"
    place = parse_url("https://ada:p%40ss@es1:1,es2:2/prefix/docs")
    assert place.hosts == ("https://es1:1/prefix", "https://es2:2/prefix") and (
        place.user,
        place.password,
        place.url,
    ) == ("ada", "p@ss", "https://es1:1,es2:2/prefix/docs")
    import base64

    cloud = {"ELASTIC_CLOUD_ID": "mine:" + base64.b64encode(b"eu.example.com:9243$abc$def").decode()}
    assert parse_url("cloud://docs", cloud).hosts == ("https://abc.eu.example.com:9243",)
    for wrong, told in (
        ("http://", "is no place"),
        ("ftp://x/y", "is no place"),
        ("http://h:port/x", "host or the port"),
        ("http://h/UPPER", "cannot be called"),
        ("cloud://x", "ELASTIC_CLOUD_ID"),
    ):
        with pytest.raises(StoreError, match=told):
            parse_url(wrong, {})


CANARY = "canary-4711"


def test_no_secret_shows(caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    url = f"http://ada:{CANARY}@127.0.0.1:1/docs"
    monkeypatch.setenv("ELASTIC_API_KEY", CANARY)
    monkeypatch.setattr(elastic_connection, "FIRST", 0.1)
    kb = KnowledgeBase(url)
    shown = [
        str(kb.settings),
        kb.name,
        repr(parse_url(url)),
        str(kb.store.to_dict()),
        build_pipeline(kb.store, Embedder.load(), kb.settings).dumps(),
        repr(kb.store._place),
        public_place(url),
        str(parse_url(url)),
    ]
    for use in (kb.store.count_documents, lambda: repr(kb), lambda: kb.search("x"), lambda: repr(kb.store)):
        with pytest.raises(StoreError, match="nobody answers") as caught:
            use()
        shown.append("".join(traceback.format_exception(caught.value)))
    for wrong in (f"http://ada:{CANARY}@h:port/x", f"ftp://ada:{CANARY}@h/x", f"http://ada:{CANARY}@h/X X"):
        with pytest.raises(StoreError) as caught:
            open_store(wrong)
        shown.append(str(caught.value))
    assert not [text for text in [*shown, caplog.text] if CANARY in text]


def serve(reply):
    return proxied("http://127.0.0.1:1", lambda *_: reply)


OPENSEARCH = {
    "name": "x",
    "version": {"distribution": "opensearch", "number": "2.11.0"},
    "tagline": "The OpenSearch Project",
}
OLD = {"name": "x", "version": {"number": "7.17.9", "build_flavor": "default"}, "tagline": "You Know, for Search"}


@pytest.mark.parametrize(
    "reply, told",
    [
        (
            (200, {"content-type": "application/json"}, json.dumps(OPENSEARCH).encode()),
            "is OpenSearch 2.11.0.*needs Elasticsearch 8.18",
        ),
        (answer(200, OLD, "application/json"), "is Elasticsearch 7.17.9: kbase needs 8.18"),
        ((200, {"content-type": "text/html"}, b"<html>hello</html>"), "not Elasticsearch"),
        ((200, {"content-type": "application/json"}, b'{"hello": 1}'), "not Elasticsearch"),
        (
            error(401, "security_exception", "unable to authenticate user"),
            "does not know this user or key.*ELASTIC_API_KEY",
        ),
    ],
)
def test_who_answers_is_looked_at(reply, told):
    with serve(reply) as proxy:
        with pytest.raises(StoreError, match=told):
            open_store(f"{proxy.url}/docs").count_documents()


def test_missing_rights_are_named(behind):
    def fault(proxy, handler, body):
        if handler.path == "/":
            return error(403, "security_exception", "action [cluster:monitor/main] is unauthorized for API key")
        return (
            error(403, "security_exception", "action [indices:admin/create] is unauthorized for API key id [x]")
            if handler.command == "PUT"
            else None
        )

    store, _ = behind(fault)
    assert store.count_documents() == 0  # who may not ask for the version may read
    with pytest.raises(StoreError, match="may not do that.*indices:admin/create.*create_index"):
        store.put([item("a")])


def test_indices_of_others_are_left_alone(elastic_url):
    from elasticsearch import Elasticsearch

    server, _, name = elastic_url.rpartition("/")
    with Elasticsearch(server) as client:
        client.indices.create(index=f"{name}-nodes", mappings={"properties": {"x": {"type": "keyword"}}})
        with pytest.raises(StoreError, match=f"the index {name}-nodes belongs to another program"):
            ElasticStore(elastic_url, replicas=0).put([item("a")])


def test_another_format_is_refused(store, elastic_url):
    store.put([item("a")])
    store.about.change(lambda about: {**about, "format": 99})
    for use in (ElasticStore(elastic_url).count_documents, lambda: store.put([item("b")])):
        with pytest.raises(FormatError, match="format 99, this kbase reads format 2"):
            use()


def test_reading_makes_no_index(store):
    assert (
        store.count_documents(),
        store.sources(),
        store.filter_documents(),
        store.languages(),
        store.embedder,
        store.document("x"),
    ) == (0, [], [], [], None, None)
    assert (
        store.find(["a"], direction(1)).bm25 == []
        and store.delete_by_filter(eq("meta.a", 1)) == 0
        and store.delete_by_document(["x"]) == 0
    )
    store.optimize(force=True)
    store.release("nobody")
    store.delete_all_documents()
    assert repr(store).endswith("0 nodes)") and store.cluster.request("GET", f"/{store.name}-*/_mapping") == {}


def test_arguments_that_make_no_sense_are_refused(elastic_url):
    for wrong in ({"shards": 0}, {"replicas": -1}, {"dimension": 0}):
        with pytest.raises(ValueError, match="it must be"):
            ElasticStore(elastic_url, **wrong)


def test_a_failed_source_alone_makes_the_indices(store):
    store.put([Indexed(Source("bad", "bad", state="failed", reason="broken"), None, ())])
    assert [source.uri for source in store.sources()] == ["bad"] and store.find(["kiwi"], direction(1)).dense == []


# -- TLS and users ----------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(elastic_secure):
    "A place on a server with TLS and users, and a client of its administrator."
    from elasticsearch import Elasticsearch

    url, authority = elastic_secure
    name = f"test-{uuid.uuid4().hex[:12]}"
    with Elasticsearch(url, ca_certs=authority, basic_auth=("kbase", "kbase-test"), request_timeout=60) as client:
        yield f"{url}/{name}", authority, client
        found = list(client.indices.get(index=f"{name}-*", features="settings"))
        if found:
            client.indices.delete(index=found)


def key_for(client, *privileges, name="*"):
    made = client.security.create_api_key(
        name="kbase-test",
        role_descriptors={"some": {"cluster": [], "indices": [{"names": [name], "privileges": list(privileges)}]}},
    )
    return made["encoded"]


FILLING = ("read", "write", "view_index_metadata", "create_index", "manage", "maintenance")


def test_tls_and_an_api_key_end_to_end(secure, monkeypatch):
    url, authority, client = secure
    monkeypatch.setenv("ELASTIC_CA_CERTS", authority)
    monkeypatch.setenv("ELASTIC_API_KEY", key_for(client, *FILLING, name=f"{url.rpartition('/')[2]}-*"))
    store = ElasticStore(url, replicas=0)
    with store.loading():
        store.put([item("a", "kiwi words", 2)])
    store.write_documents(documents(3))
    assert (
        len(store.find(["kiwi"], direction(1)).dense) == 5
        and len(all_nodes(store)) == 5
        and store.claim(["x"], "me") == {"x"}
    )
    store.release("me")
    assert store.rebuild(EmbedderIdentity("new", 4), lambda texts: np.ones((len(texts), 4))) == 5
    store.optimize(force=True)
    store.delete_all_documents(recreate_index=True)
    monkeypatch.setenv("ELASTIC_API_KEY", key_for(client, "read", "view_index_metadata"))
    hands = Hands()
    reader = ElasticStore(url, clock=hands.clock)
    assert reader.count_documents() == 0 and reader.find(["kiwi"]).bm25 == []
    store.about.change(
        lambda about: {**about, "loading": {"until": 0}}
    )  # a load that was killed is not for a reader to mend
    hands.ahead = 2.0
    assert (
        reader.count_documents() == 0
        and "loading" in reader.about.get(fresh=True)
        and store.count_documents() == 0
        and "loading" not in store.about.get(fresh=True)
    )
    with pytest.raises(StoreError, match="may not do that"):
        reader.put([item("a")])


def test_a_user_and_a_fingerprint(secure, monkeypatch):
    import hashlib
    import ssl

    url, authority, _ = secure
    with open(authority) as f:
        monkeypatch.setenv("ELASTIC_FINGERPRINT", hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest())
    ElasticStore(url.replace("://", "://kbase:kbase-test@"), replicas=0).put([item("a")])
    monkeypatch.setenv("ELASTIC_USER", "kbase")
    monkeypatch.setenv("ELASTIC_PASSWORD", "kbase-test")
    assert ElasticStore(url).count_documents() == 1
    saved = ElasticStore(url).to_dict()
    assert "kbase-test" not in str(saved) and ElasticStore.from_dict(saved).count_documents() == 1
    monkeypatch.setenv("ELASTIC_FINGERPRINT", "00" * 32)
    with pytest.raises(StoreError, match="certificate is not trusted.*ELASTIC_CA_CERTS"):
        ElasticStore(url).count_documents()


def test_each_wrong_way_in_has_its_own_message(secure, monkeypatch):
    url, authority, client = secure
    monkeypatch.setattr(elastic_connection, "FIRST", 0.3)
    with pytest.raises(StoreError, match="certificate is not trusted.*ELASTIC_CA_CERTS"):
        ElasticStore(url).count_documents()
    with pytest.raises(StoreError, match="is not there: set ELASTIC_CA_CERTS"):
        ElasticStore(url, ca_certs="/no/such/file").count_documents()
    for more in (
        {},
        {"user": Secret.from_token("kbase"), "password": Secret.from_token(CANARY)},
        {"api_key": Secret.from_token(CANARY)},
    ):
        with pytest.raises(StoreError, match="does not know this user or key.*ELASTIC_API_KEY") as caught:
            ElasticStore(url, ca_certs=authority, **more).count_documents()
        assert CANARY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(StoreError, match="may not do that.*indices:data/read"):
        ElasticStore(
            url, ca_certs=authority, api_key=Secret.from_token(key_for(client, "read", name="other-*"))
        ).count_documents()
    with pytest.raises(StoreError, match="nobody answers"):
        ElasticStore(url.replace("https", "http")).count_documents()


# -- the page
# -------------------------------------------------------------------------------------------------------------


def test_the_cells_of_the_page_that_want_a_server(elastic_url):
    code = (
        "import sys; from nbdev.test import nbdev_test; "
        "nbdev_test.__wrapped__(sys.argv[1], flags='elastic', n_workers=0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "nbs/stores/24_elastic.ipynb"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        env={**os.environ, "KBASE_TEST_ELASTICSEARCH": elastic_url.rpartition("/")[0]},
        timeout=300,
    )
    assert done.returncode == 0 and "Success" in done.stdout, done.stdout + done.stderr
