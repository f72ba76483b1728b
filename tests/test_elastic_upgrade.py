"""Indices that an older kbase wrote open, are upgraded and answer the same. tests/formats/elastic_1.json has the
requests that format 1 was written with."""

import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from elastic_proxy import error, proxied
from store_cases import all_nodes, eq
from store_worker import item

from kbase.nodes import EmbedderIdentity
from kbase.stores.contract import FormatError, StoreLocked
from kbase.stores.elastic import ElasticStore
from kbase.stores.elastic_connection import Clock
from kbase.stores.elastic_rebuild import Rebuild
from kbase.stores.rows import mean_vector

OLD = json.loads((Path(__file__).parent / "formats" / "elastic_1.json").read_text(encoding="utf-8"))
ANSWERS = OLD["answers"]


@pytest.fixture
def format_1(elastic_url):
    "The place of a knowledge base of format 1."
    server, _, name = elastic_url.rpartition("/")
    for method, path, body in OLD["requests"]:
        kind = "application/x-ndjson" if "_bulk" in path else "application/json"
        request = urllib.request.Request(
            server + path.replace("format1-", f"{name}-", 1),
            body.replace("format1-", f"{name}-").encode(),
            {"content-type": kind},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            assert not json.load(reply).get("errors")
    urllib.request.urlopen(urllib.request.Request(f"{server}/{name}-*/_refresh", method="POST"), timeout=60).close()
    return elastic_url


def check_answers(store):
    "What format 1 answered, but for summaries."
    assert store.embedder == EmbedderIdentity("four numbers", 4)
    nodes = {node.id: node for node in all_nodes(store, vectors=True)}
    for node_id, kind, text, uri, headings, meta, vector in ANSWERS["nodes"]:
        if kind == "summary":
            continue
        node = nodes[node_id]
        assert (node.kind, node.text, node.uri, list(node.headings), node.meta) == (kind, text, uri, headings, meta)
        assert (node.vector is None) == (vector is None) and (
            vector is None or node.vector == pytest.approx(vector, abs=1e-6)
        )
    fresh = {"root": None, "parent": "", "web": {}}  # what the format did not have
    assert [source.__dict__ | {"pages": list(source.pages)} for source in store.sources()] == [
        fresh | row for row in ANSWERS["sources"]
    ]
    assert {name: store.document(name).text for name in ANSWERS["documents"]} == ANSWERS["documents"]
    assert [document.to_dict() for document in store.filter_documents(eq("meta.by", "Ada"))] == ANSWERS["haystack"]
    for words, wanted in ANSWERS["bm25"].items():
        found = store.find(words.split())
        assert {node.id for node in found.fetch([hit.key for hit in found.bm25])} == {
            node_id for node_id, kind, _ in wanted if kind == "chunk"
        }
    found = store.find(vector=np.array([1.0, 0, 0, 0]))
    assert [[hit.key, pytest.approx(hit.score, abs=1e-4)] for hit in found.dense] == [
        [name, score] for name, kind, score in ANSWERS["dense"]["1 0 0 0"] if kind == "chunk"
    ]
    check_summaries(store, nodes)


def check_summaries(store, nodes):
    """Each is a `document` node now, with its chunks' terms and the mean of their vectors, and still a node of its
    own where it says more than they do."""
    old = {node_id: text for node_id, kind, text, *_ in ANSWERS["nodes"] if kind == "summary"}
    assert {node.id: node.text for node in nodes.values() if node.kind == "summary"} == old
    whole = {node.document_id: node for node in nodes.values() if node.kind == "document"}
    assert sorted(node.text for node in whole.values()) == sorted(old.values())
    for node in whole.values():
        assert node.vector == pytest.approx(
            mean_vector(n.vector for n in nodes.values() if n.document_id == node.document_id and n.kind == "chunk"),
            abs=1e-6,
        )
    found = store.find(["coroutin"], kinds=("document",))  # a word of a chunk
    assert [node.text for node in found.fetch([hit.key for hit in found.bm25])] == [
        "Event loops run coroutines and finalise generators."
    ]


def test_format_1_opens_upgrades_and_answers_the_same(format_1):
    store = ElasticStore(format_1)
    check_answers(store)
    about = store.about.get(fresh=True)
    assert about["format"] == 2 and about["generation"] == 2 and "rebuilding" not in about
    assert list(store.cluster.request("GET", f"/{store.cluster.nodes}-*/_settings")) == [
        f"{store.cluster.nodes}-000002"
    ]
    assert (
        store.count_sources("ok") == 3
        and store.count_sources("failed") == 1
        and store.find_source("Loops").uri == "peps/loops.md"
    )
    store.put([item("a", "kiwi words", 2, dim=4)])  # and it goes on
    assert (
        store.rebuild(EmbedderIdentity("new", 3), lambda texts: np.ones((len(texts), 3))) == store.count_documents() - 3
    )  # two documents, one bare note
    check = ElasticStore(format_1)
    assert check.count_documents() == store.count_documents() and check.embedder.name == "new"


@pytest.mark.parametrize("step", ["replace", "swap", "finish_upgrade"])
def test_an_upgrade_that_was_killed_is_gone_on_with(format_1, monkeypatch, step):
    from kbase.stores import elastic_upgrade

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(elastic_upgrade if step == "finish_upgrade" else Rebuild, step, die)
        dying.setattr(elastic_upgrade, "_unmark_upgrade", lambda *_: None)  # a process that is killed tidies nothing up
        with pytest.raises(Killed):
            ElasticStore(format_1).count_documents()
    with pytest.raises(StoreLocked, match="being upgraded or embedded anew by another process"):
        ElasticStore(format_1).count_documents()
    ahead = Clock(wall=lambda: __import__("time").time() + 700)
    check_answers(ElasticStore(format_1, clock=ahead))


def test_an_upgrade_that_fails_leaves_format_1_as_it_was(format_1, monkeypatch):
    with monkeypatch.context() as failing, pytest.raises(RuntimeError, match="no room"):
        failing.setattr(Rebuild, "swap", lambda *_: (_ for _ in ()).throw(RuntimeError("no room")))
        ElasticStore(format_1).count_documents()
    check_answers(ElasticStore(format_1))


def test_whoever_may_only_read_is_told_that_a_writer_must_upgrade(format_1):
    def fault(proxy, handler, body):
        if handler.command == "PUT":
            return error(
                403, "security_exception", "action [indices:data/write/index] is unauthorized for API key id [x]"
            )

    server, _, name = format_1.rpartition("/")
    with (
        proxied(server, fault) as proxy,
        pytest.raises(
            FormatError, match="has format 1, this kbase reads format 2: open it once with a user or key that may write"
        ),
    ):
        ElasticStore(f"{proxy.url}/{name}").count_documents()
