"Searching: arguments, filters, edges, what a hit says of itself."

import pytest
from haystack import Document, Pipeline
from haystack.errors import FilterError

from kbase import KnowledgeBase
from kbase.querying.components import NodeRetriever

TEXTS = {
    "loops": ("Event loops", "An event loop runs coroutines. It finalises async generators by awaiting aclose.", {"year": 2016, "tags": ["async", "core"]}),
    "threads": ("Threads", "Threads run in parallel while they wait. A lock guards the interpreter.", {"year": 2003, "tags": ["core"]}),
    "pears": ("Pears", "Pears ripen in autumn. They are picked green.", {"year": 2020, "tags": ["fruit"], "price": 2.5}),
    "birnen": ("Birnen", "Birnen reifen im Herbst. Die Häuser der Bauern stehen auf den Feldern.", {"year": 2021, "tags": ["fruit"]}),
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    with KnowledgeBase(tmp_path_factory.mktemp("kb") / "kb") as made:
        made.add([Document(id=key, content=text, meta={"title": title, **meta}) for key, (title, text, meta) in TEXTS.items()], progress=False)
        yield made


def test_hybrid_says_its_sum(kb):
    hits = kb.search("how are async generators finalised?")
    assert hits[0].document_id == "loops" and hits[0].title == "Event loops"
    for hit in hits:
        assert hit.score == pytest.approx(sum(part.contribution for part in hit.parts.values())) and "=" in hit.explain()
    assert list(hits) == sorted(hits, key=lambda hit: -hit.score)
    assert set(hits.to_frame().columns) >= {"id", "document_id", "uri", "title", "kind", "text", "start", "end", "score", "bm25_rank", "dense_score"}


def test_matched_words_are_marked(kb):
    hit = kb.search("finalising generator", mode="bm25", kind="chunk")[0]
    assert {hit.text[a:b] for a, b in hit.matched} == {"finalises", "generators"}


def test_each_document_in_its_own_language(kb):
    assert set(kb.store.languages()) == {"en", "de"}
    assert kb.search("das Haus auf dem Feld", mode="bm25")[0].document_id == "birnen"
    assert kb.search("picking pears", mode="bm25")[0].document_id == "pears"


def test_one_hit_a_document(kb):
    hits = kb.search("pears autumn loop lock", group_by="document", top_k=10)
    assert sorted(hit.document_id for hit in hits) == sorted(TEXTS)


@pytest.mark.parametrize(("filters", "expected"), [
    ({"field": "meta.year", "operator": ">", "value": 2015}, {"loops", "pears", "birnen"}),
    ({"field": "tags", "operator": "==", "value": "core"}, {"loops", "threads"}),
    ({"field": "tags", "operator": "in", "value": ["fruit", "async"]}, {"loops", "pears", "birnen"}),
    ({"field": "meta.price", "operator": "==", "value": None}, {"loops", "threads", "birnen"}),
    ({"field": "language", "operator": "!=", "value": "en"}, {"birnen"}),
    ({"operator": "NOT", "conditions": [{"field": "meta.year", "operator": ">=", "value": 2020}]}, {"loops", "threads"}),
])
@pytest.mark.parametrize("mode", ["dense", "hybrid"])
def test_filters_reach_every_retriever(kb, filters, expected, mode):
    assert {hit.document_id for hit in kb.search("pears loop lock", mode=mode, filters=filters, top_k=50)} == expected


def test_an_unknown_field_is_refused_with_the_known_ones(kb):
    with pytest.raises(FilterError, match="did you mean 'year'.*price, tags, title, year"):
        kb.search("pears", filters={"field": "meta.yaer", "operator": "==", "value": 2020})


@pytest.mark.parametrize("attack", ["x' OR 1=1 --", '"; DROP TABLE nodes; --', "%", "{{7*7}}", "__proto__"])
def test_hostile_filters_are_literal(kb, attack):
    assert kb.search("pears", filters={"field": "title", "operator": "==", "value": attack}) == []
    with pytest.raises(FilterError, match="no node has a field"):
        kb.search("pears", filters={"field": attack, "operator": "==", "value": 1})
    assert kb.search(attack) is not None and len(kb) == 4


def test_edges(kb):
    assert list(kb.search("")) == [] and kb.search("  \n").notes == ("the query is empty",)
    assert len(kb.search("pears", top_k=10_000, kind="chunk")) == 4
    long = kb.search("pears " + " ".join(f"word{i}" for i in range(12_000)))  # 100 kB and more
    assert long[0].document_id == "pears" and "the first 1024 were looked up" in long.notes[0]
    assert kb.search("pears \ud800")[0].document_id == "pears"
    assert kb.search("?!", mode="bm25").notes == ("the query has no word to look up",)
    for bad in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="top_k"):
            kb.search("pears", top_k=bad)
    with pytest.raises(ValueError, match="mode is 'fast'"):
        kb.search("pears", mode="fast")
    with pytest.raises(TypeError, match="give text"):
        kb.search(None)


def test_nothing_in_it(tmp_path):
    with KnowledgeBase(tmp_path / "none") as kb:
        assert list(kb.search("anything")) == [] and len(kb) == 0 and kb.documents().empty
        assert kb.ask("What is there?").refused
        assert repr(kb) == "KnowledgeBase('none': 0 documents, 0 nodes)"
    assert not (tmp_path / "none").exists()


def test_the_retriever_in_a_pipeline_of_ones_own(kb):
    own = Pipeline()
    own.add_component("retriever", NodeRetriever(kb.store, kb.embedder, top_k=2))
    loaded = Pipeline.loads(own.dumps(), allowed_modules=["kbase.*"])
    for pipeline in (own, loaded):
        documents = pipeline.run({"retriever": {"query": "autumn fruit"}})["retriever"]["documents"]
        assert {document.meta["kbase"]["document_id"] for document in documents} <= {"pears", "birnen"} and documents[0].score > 0


def test_another_embedder_is_refused(kb, tmp_path):
    from haystack.components.embedders.types import TextEmbedder  # noqa: F401  the protocol exists
    from kbase.nodes import EmbedderIdentity
    from kbase.stores.contract import EmbedderMismatch

    with pytest.raises(EmbedderMismatch, match="holds vectors of all-MiniLM-L6-v2"):
        kb.store.set_embedder(EmbedderIdentity("another", 768))


def test_delete(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add([Document(id="a", content="Pears ripen."), Document(id="b", content="Plums ripen.")], progress=False)
        assert kb.delete("a") > 0 and len(kb) == 1
        assert {hit.document_id for hit in kb.search("ripen")} == {"b"}
        with pytest.raises(KeyError, match="no document 'a'"):
            kb.delete("a")


def test_a_top_k_of_nothing_is_refused_in_a_pipeline_too(kb):
    with pytest.raises(ValueError, match="top_k"):
        NodeRetriever(kb.store, kb.embedder).run("pears", top_k=0)


def test_a_retriever_with_another_embedder_is_refused(kb, monkeypatch):
    from kbase.nodes import EmbedderIdentity
    from kbase.stores.contract import EmbedderMismatch

    retriever = NodeRetriever(kb.store, kb.embedder)
    assert retriever.run("pears")["hits"]
    monkeypatch.setattr(type(kb.store), "embedder", EmbedderIdentity("another", 384))  # embedded anew since, with as many dimensions
    with pytest.raises(EmbedderMismatch, match="the embedder is all-MiniLM"):
        retriever.run("pears")
    assert NodeRetriever(kb.store, kb.embedder, mode="bm25").run("pears")["hits"]
