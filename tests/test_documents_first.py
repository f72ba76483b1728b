"""Documents chosen first and passages read inside them, on both stores: what document-summary indices elsewhere get
wrong."""

import numpy as np
import pytest
from store_cases import eq
from store_worker import open_store as opened

from kbase.nodes import Document, EmbedderIdentity, Node
from kbase.querying.reranking import rerank_hits
from kbase.querying.retrieval import search_store
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source

BOOKS = {  # paragraphs, and the direction in which each points
    "weirs": (["A weir holds the river back.", "The miller opens the weir in spring.", "Eels climb the weir."], 0),
    "mills": (["The mill grinds corn.", "The miller sharpens the stones.", "A weir feeds the mill."], 1),
    "boats": (["A boat needs a crew.", "The river carries boats.", "Locks lift a boat past the weir."], 2),
}


def unit(*places):
    vector = np.zeros(4, np.float32)
    vector[list(places)] = 1
    return vector / np.linalg.norm(vector)


def book(name, paragraphs=None, summary=""):
    own, direction = BOOKS[name]
    paragraphs = paragraphs or own
    text = "\n\n".join(paragraphs)
    meta = {"shelf": "water" if name != "mills" else "trade"}
    document = Document(f"books/{name}.md", text, title=name.title(), language="en", meta=meta)
    shared = {"title": document.title, "uri": document.uri, "language": "en", "meta": meta}
    nodes, at = [], 0
    for number, paragraph in enumerate(paragraphs):
        start = text.index(paragraph, at)
        at = start + len(paragraph)
        vector = unit(direction, 3) if number else unit(direction)
        nodes.append(Node(document.id, "chunk", start, at, paragraph, vector=vector, **shared))
    about = summary or f"All about {name}."
    nodes.append(Node(document.id, "document", 0, len(text), about, **shared))
    nodes.append(Node(document.id, "summary", 0, len(text), about, vector=unit(direction), **shared))
    return Indexed(Source(document.uri, document.id, title=document.title, nodes=len(nodes)), document, nodes)


@pytest.fixture(params=["embedded", "elastic"])
def path(request, tmp_path):
    return str(tmp_path / "library") if request.param == "embedded" else request.getfixturevalue("elastic_url")


@pytest.fixture
def store(path):
    store = opened(path)
    store.set_embedder(EmbedderIdentity("four directions", 4))
    store.put([book(name) for name in BOOKS])
    yield store
    store.close()


def weirs(store, query="who opens the weir", **more):
    return search_store(store, query, lambda text: unit(0), **more)


def test_passages_come_from_the_chosen_documents_alone(store):
    hits = weirs(store, documents=1, top_k=10)
    assert {hit.title for hit in hits} == {"Weirs"} and len(hits) == 3
    assert hits.notes[-1] == "looked into one document"
    assert {hit.title for hit in weirs(store, documents=2, top_k=10)} == {"Weirs", "Mills"}
    assert {hit.title for hit in weirs(store, documents=50, top_k=10)} == {"Weirs", "Mills", "Boats"}


def test_llama_index_7633_every_hit_has_a_score_with_its_parts(store):
    hits = weirs(store, documents=2, top_k=10)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.parts.keys() == {"bm25", "dense", "document"}
        assert hit.score == pytest.approx(sum(part.contribution for part in hit.parts.values()))


def test_llama_index_18379_and_17304_nothing_is_lost_when_it_is_opened_again(store, path):
    before = weirs(store, documents=2, top_k=10)
    store.close()
    again = open_store(path)
    after = weirs(again, documents=2, top_k=10)
    assert [(hit.id, round(hit.score, 4)) for hit in after] == [(hit.id, round(hit.score, 4)) for hit in before]
    again.close()


def test_llama_index_19605_the_store_alone_has_all_summaries(store, path):
    store.close()
    again = open_store(path)
    nodes = [node for batch in again.scan(eq("kind", "document")) for node in batch]
    assert sorted(node.text for node in nodes) == [f"All about {name}." for name in sorted(BOOKS)]
    again.close()


def test_llama_index_19605_a_filter_reaches_both_looks(store):
    trade = weirs(store, documents=1, top_k=10, filters=eq("meta.shelf", "trade"))
    assert {hit.title for hit in trade} == {"Mills"}
    assert not weirs(store, documents=1, filters=eq("meta.shelf", "attic"))


def test_llama_index_9960_hits_can_be_ranked_anew(store):
    hits = weirs(store, documents=2, top_k=10)
    ranked = rerank_hits(hits, lambda query, texts: [len(text) for text in texts])
    assert len(ranked) == len(hits) and ranked[0].text == max((hit.text for hit in hits), key=len)


def test_llama_index_11670_summaries_have_their_documents_metadata(store):
    for kind in ("document", "summary", "chunk"):
        nodes = [node for batch in store.scan(eq("kind", kind)) for node in batch]
        assert {(node.title, node.meta["shelf"]) for node in nodes} == {
            ("Weirs", "water"),
            ("Mills", "trade"),
            ("Boats", "water"),
        }


def test_a_document_that_changes_has_one_summary_and_its_own_words(store):
    store.put([book("weirs", ["A dam is not a dyke.", "Beavers build dams."], "Dams by beavers.")])
    about = [node for batch in store.scan(eq("title", "Weirs")) for node in batch if node.kind == "document"]
    assert [node.text for node in about] == ["Dams by beavers."]
    (found,) = store.find(["beaver"], group="document_id", documents=True).documents
    assert found.score > 0
    old = store.find(["eel"], group="document_id", documents=True)
    assert (list(old.documents), old.bm25) == ([], [])
    store.delete_by_document([about[0].document_id])
    assert not store.find(["beaver"], group="document_id", documents=True).documents


@pytest.mark.parametrize("documents", [0, -1, True, "3", 1.5])
def test_a_number_of_documents_that_is_none_is_refused(store, documents):
    with pytest.raises(ValueError, match="documents is .* 1 or more"):
        weirs(store, documents=documents)


@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_every_mode_looks_into_documents(store, mode):
    hits = weirs(store, documents=1, top_k=10, mode=mode)
    assert {hit.title for hit in hits} == {"Weirs"}
