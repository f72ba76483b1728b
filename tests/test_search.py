"Searching: arguments, filters, edges, what a hit says of itself."

import pytest
from haystack import Document, Pipeline
from haystack.errors import FilterError

from kbase import KnowledgeBase
from kbase.querying.components import NodeRetriever

TEXTS = {
    "loops": (
        "Event loops",
        "An event loop runs coroutines. It finalises async generators by awaiting aclose.",
        {"year": 2016, "tags": ["async", "core"]},
    ),
    "threads": (
        "Threads",
        "Threads run in parallel while they wait. A lock guards the interpreter.",
        {"year": 2003, "tags": ["core"]},
    ),
    "pears": (
        "Pears",
        "Pears ripen in autumn. They are picked green.",
        {"year": 2020, "tags": ["fruit"], "price": 2.5},
    ),
    "birnen": (
        "Birnen",
        "Birnen reifen im Herbst. Die Häuser der Bauern stehen auf den Feldern.",
        {"year": 2021, "tags": ["fruit"]},
    ),
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    with KnowledgeBase(tmp_path_factory.mktemp("kb") / "kb") as made:
        made.add(
            [
                Document(id=key, content=text, meta={"title": title, **meta})
                for key, (title, text, meta) in TEXTS.items()
            ],
            progress=False,
        )
        yield made


def test_hybrid_says_its_sum(kb):
    hits = kb.search("how are async generators finalised?")
    assert hits[0].document_id == "loops" and hits[0].title == "Event loops"
    for hit in hits:
        assert (
            hit.score == pytest.approx(sum(part.contribution for part in hit.parts.values())) and "=" in hit.explain()
        )
    assert list(hits) == sorted(hits, key=lambda hit: -hit.score)
    assert set(hits.to_frame().columns) >= {
        "id",
        "document_id",
        "uri",
        "title",
        "kind",
        "text",
        "start",
        "end",
        "score",
        "bm25_rank",
        "dense_score",
    }


def test_matched_words_are_marked(kb):
    hit = kb.search("finalising generator", mode="bm25")[0]
    assert {hit.text[a:b] for a, b in hit.matched} == {"finalises", "generators"}


def test_each_document_in_its_own_language(kb):
    assert set(kb.store.languages()) == {"en", "de"}
    assert kb.search("das Haus auf dem Feld", mode="bm25")[0].document_id == "birnen"
    assert kb.search("picking pears", mode="bm25")[0].document_id == "pears"


LONG = "# Orchard\n\n" + "\n\n".join(
    f"## Part {i}\n\n" + f"The {word} of the orchard is looked after in spring. " * 40
    for i, word in enumerate(("fence", "ladder", "cellar", "press"))
)


@pytest.fixture(scope="module")
def orchard(tmp_path_factory):
    "A document of many chunks beside short ones."
    folder = tmp_path_factory.mktemp("orchard")
    (folder / "notes").mkdir()
    (folder / "notes" / "orchard.md").write_text(LONG)
    for key, (_, text, _) in TEXTS.items():
        (folder / "notes" / f"{key}.md").write_text(text)
    with KnowledgeBase(folder / "kb") as made:
        made.add(folder / "notes", progress=False)
        yield made


@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_one_hit_a_document_unless_asked(orchard, mode):
    hits = orchard.search("the ladder of the orchard in spring", mode=mode, top_k=10)
    ids = [hit.document_id for hit in hits]
    assert len(ids) == len(set(ids)) and hits[0].uri == "notes/orchard.md"
    every = orchard.search("the ladder of the orchard in spring", mode=mode, top_k=50, group_by=None)
    assert len([hit for hit in every if hit.uri == "notes/orchard.md"]) > 3
    assert all(hit.verbatim for hit in (*hits, *every))  # a summary is never shown unasked
    assert len({hit.id for hit in every}) == len(every)


def test_a_document_is_shown_by_its_best_chunk_and_its_readings_add_up(orchard):
    hit, *rest = orchard.search("where is the cellar of the orchard?")
    assert "cellar" in hit.text
    for one in (hit, *rest):
        assert one.score == pytest.approx(sum(part.contribution for part in one.parts.values()))


def test_kinds_are_searched_when_they_are_named(orchard):
    documents = orchard.search("orchard ladder", kinds=("document",))
    assert documents[0].uri == "notes/orchard.md" and documents[0].kind == "document" and not documents[0].verbatim
    both = orchard.search("orchard ladder", kinds=("chunk", "document"), group_by=None, top_k=50)
    assert {hit.kind for hit in both} == {"chunk", "document"} and list(both) == sorted(
        both, key=lambda hit: -hit.score
    )
    with pytest.raises(ValueError, match="'paragraph' is no kind of node"):
        orchard.search("orchard", kinds=("paragraph",))


def test_a_hit_says_how_much_of_the_query_it_covers(kb):
    hits = kb.search("pears ripen in the moonlight")
    assert hits[0].document_id == "pears" and 0 < hits[0].cover < 1  # the moonlight is nowhere
    assert hits.idf["moonlight"] > hits.idf["pear"] > 0
    assert kb.search("pears ripen")[0].cover == pytest.approx(1.0)
    assert kb.search("pears ripen", mode="dense")[0].cover == pytest.approx(1.0)


def test_hits_know_their_background(kb):
    hits = kb.search("autumn fruit")
    assert hits.background is not None and -1 < hits.background.mean < 1
    dense = hits[0].parts["dense"]
    assert dense.contribution == pytest.approx(0.1 * hits.background.sigmas(dense.score))  # half of it
    assert kb.search("autumn", mode="bm25").background is None


def test_a_word_that_is_asked_for_twice_counts_twice(kb):
    once, twice = (kb.search(query, mode="bm25")[0].score for query in ("pears", "pears pears"))
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"field": "meta.year", "operator": ">", "value": 2015}, {"loops", "pears", "birnen"}),
        ({"field": "tags", "operator": "==", "value": "core"}, {"loops", "threads"}),
        ({"field": "tags", "operator": "in", "value": ["fruit", "async"]}, {"loops", "pears", "birnen"}),
        ({"field": "meta.price", "operator": "==", "value": None}, {"loops", "threads", "birnen"}),
        ({"field": "language", "operator": "!=", "value": "en"}, {"birnen"}),
        (
            {"operator": "NOT", "conditions": [{"field": "meta.year", "operator": ">=", "value": 2020}]},
            {"loops", "threads"},
        ),
    ],
)
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
    assert len(kb.search("pears", top_k=10_000)) == 4
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
        assert kb.ask("Who painted the gate?").refused and "Nothing is in it yet" in kb.ask("What is there?").text
        assert repr(kb) == "KnowledgeBase('none': 0 documents, 0 nodes)"
    assert not (tmp_path / "none").exists()


def test_the_retriever_in_a_pipeline_of_ones_own(kb):
    own = Pipeline()
    own.add_component("retriever", NodeRetriever(kb.store, kb.embedder, top_k=2))
    loaded = Pipeline.loads(own.dumps(), allowed_modules=["kbase.*"])
    for pipeline in (own, loaded):
        documents = pipeline.run({"retriever": {"query": "autumn fruit"}})["retriever"]["documents"]
        assert (
            len(documents) == 2
            and documents[0].meta["kbase"]["document_id"] == "pears"
            and documents[0].score > documents[1].score
        )


def test_another_embedder_is_refused(kb, tmp_path):
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
    monkeypatch.setattr(
        type(kb.store), "embedder", EmbedderIdentity("another", 384)
    )  # embedded anew since, with as many dimensions
    with pytest.raises(EmbedderMismatch, match="the embedder is all-MiniLM"):
        retriever.run("pears")
    assert NodeRetriever(kb.store, kb.embedder, mode="bm25").run("pears")["hits"]
