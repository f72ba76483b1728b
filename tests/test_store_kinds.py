"""Kinds of nodes on both stores: what is searched with what, texts that are cut at fetch, documents beside their
chunks, look-ups, new vectors."""

import math

import numpy as np
import pytest
from store_cases import all_nodes, eq
from store_worker import open_store as opened

from kbase.nodes import KINDS, Document, EmbedderIdentity, Kind, Node, add_kind
from kbase.stores.contract import StoreError, open_store
from kbase.stores.rows import Indexed, Source, mean_vector

TEXTS = {
    "pears": "Pears ripen off the tree. They are picked green.\n\nA pear keeps for months in the cold.",
    "loops": "An event loop runs coroutines.\n\nIt finalises async generators.",
    "birnen": "Birnen reifen im Herbst.",
}
LANGUAGES = {"pears": "en", "loops": "en", "birnen": "de"}


@pytest.fixture(params=["embedded", "elastic"])
def path(request, tmp_path):
    return str(tmp_path / "store") if request.param == "embedded" else request.getfixturevalue("elastic_url")


@pytest.fixture
def store(path):
    store = opened(path)
    yield store
    store.close()


def unit(*values):
    vector = np.zeros(4, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


VECTORS = {
    ("pears", 0): unit(1, 0),
    ("pears", 1): unit(0, 1),
    ("loops", 0): unit(0, 0, 1),
    ("loops", 1): unit(0, 0, 1, 1),
    ("birnen", 0): unit(1, 1),
}


def made(name, *more):
    "A document of a paragraph a chunk, its document node, and what else a test makes of it."
    text, language = TEXTS[name], LANGUAGES[name]
    document, nodes, at = Document(f"notes/{name}.md", text, title=name.title(), language=language), [], 0
    for i, part in enumerate(text.split("\n\n")):
        start = text.index(part, at)
        at = start + len(part)
        nodes.append(
            Node(
                document.id,
                "chunk",
                start,
                at,
                part,
                document.title,
                document.uri,
                language=language,
                vector=VECTORS[name, i],
            )
        )
    nodes.append(
        Node(document.id, "document", 0, len(text), f"About {name}.", document.title, document.uri, language=language)
    )
    nodes += [one for make in more for one in make(document)]
    return Indexed(Source(document.uri, document.id, title=document.title, nodes=len(nodes)), document, nodes)


def sentences(document):
    "Its sentences, below their paragraph, crossing no border of a chunk."
    at = 0
    for number, part in enumerate(document.text.split("\n\n")):
        for said in part.split(". "):
            start = document.text.index(said, at)
            at = start + len(said)
            yield Node(
                document.id,
                "sentence",
                start,
                at,
                said,
                document.title,
                document.uri,
                parent_id=f"{document.uri}#{number}",
                language=document.language,
                vector=unit(1, number),
                payload={"number": number},
            )


def section(document):
    yield Node(
        document.id,
        "section",
        0,
        len(document.text),
        document.text,
        document.title,
        document.uri,
        language=document.language,
        vector=unit(1),
    )


def found(store, terms=(), vector=None, **more):
    candidates = store.find(terms, vector, **more)
    keys = list(dict.fromkeys(hit.key for hit in (*candidates.bm25, *candidates.dense)))
    return candidates.fetch(keys)


def test_a_search_looks_at_the_kinds_that_are_asked_for(store):
    store.put([made(name, sentences, section) for name in TEXTS])
    assert {node.kind for node in found(store, ["pear"], unit(1))} == {"chunk"}
    assert {node.kind for node in found(store, ["pear"], unit(1), kinds=("document",))} == {"document"}
    assert {node.kind for node in found(store, ["pear"], unit(1), kinds=("sentence",))} == {"sentence"}
    assert {node.kind for node in found(store, ["pear"], unit(1), kinds=("section",))} == {"section"}
    assert found(store, ["pear"], unit(1), kinds=("summary",)) == []
    with pytest.raises(ValueError, match="group"):
        store.find(["pear"], kinds=("chunk", "sentence"))
    with pytest.raises(ValueError, match="'paragraph' is no kind"):
        store.find(["pear"], kinds=("paragraph",))


def test_idf_and_background_are_those_of_the_kinds_that_are_searched(store):
    plain, full = [made(name) for name in TEXTS], [made(name, sentences, section) for name in TEXTS]
    store.put(plain)
    before = store.find(["pear", "loop"], unit(1, 1))
    scores = {hit.key: hit.score for hit in before.bm25}
    ids = dict(zip([hit.key for hit in before.bm25], (node.id for node in before.fetch(list(scores))), strict=True))
    store.delete_all_documents(recreate_index=True)  # Lucene counts a replaced row until it is merged away
    store.put(full)
    after = store.find(["pear", "loop"], unit(1, 1))
    now = dict(
        zip(
            (node.id for node in after.fetch([hit.key for hit in after.bm25])),
            (hit.score for hit in after.bm25),
            strict=True,
        )
    )
    assert now == pytest.approx({ids[key]: score for key, score in scores.items()}, rel=1e-3)
    assert after.background == pytest.approx(before.background, abs=1e-5)
    assert len(after.dense) == 5


def test_idf_is_bm25s_and_of_one_group(store):
    store.put([made(name, sentences) for name in TEXTS])
    assert store.idf(["pear", "coroutin", "zebra"]) == pytest.approx(
        {
            "pear": math.log(1 + (5 - 2 + 0.5) / (2 + 0.5)),
            "coroutin": math.log(1 + (5 - 1 + 0.5) / (1 + 0.5)),
            "zebra": math.log(1 + (5 + 0.5) / 0.5),
        },
        rel=0.02,
    )
    assert store.idf(["pear"], ("document",)) == pytest.approx(
        {"pear": math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))}, rel=0.02
    )
    assert store.idf([]) == {}


def test_a_hundred_terms_have_the_idf_that_each_has_alone(store):
    store.put([made(name) for name in TEXTS])
    asked = ["pear", *(f"nowhere{number}" for number in range(100)), "loop", "pear"]
    together = store.idf(asked)
    assert list(together) == list(dict.fromkeys(asked))
    for term in ("pear", "loop", "nowhere0", "nowhere99"):
        assert store.idf([term])[term] == pytest.approx(together[term], rel=1e-6)
    assert together["nowhere0"] == together["nowhere99"] > together["pear"] > 0


def test_a_document_has_its_chunks_terms_and_the_mean_of_their_vectors(store):
    items = [made(name) for name in TEXTS]
    store.put(items)
    (hit,) = found(store, ["cold"], kinds=("document",))  # a word of the second chunk, not of the summary
    assert hit.text == "About pears." and not hit.verbatim
    dense = store.find(vector=unit(1, 1), kinds=("document",), depth=2).dense
    assert [round(one.score, 3) for one in dense] == [1.0, 1.0]  # pears: the mean of (1, 0) and (0, 1); birnen: (1, 1)
    stored = {node.document_id: node.vector for node in all_nodes(store, filters=eq("kind", "document"), vectors=True)}
    for item in items:
        assert stored[item.document.id] == pytest.approx(
            mean_vector(node.vector for node in item.nodes if node.kind == "chunk"), abs=1e-6
        )


def test_a_mean_is_no_texts_vector(store):
    "A summary may say what a chunk says: its node's vector is still not that text's."
    item = made("pears")
    first, summary = item.nodes[0], next(node for node in item.nodes if not KINDS[node.kind].embedded)
    store.put(
        [
            item._replace(
                nodes=[
                    *item.nodes[:2],
                    Node(
                        first.document_id,
                        summary.kind,
                        0,
                        summary.end,
                        first.text,
                        first.title,
                        first.uri,
                        language="en",
                    ),
                ]
            )
        ]
    )
    assert store.vectors_by_hash([first.content_hash])[first.content_hash] == pytest.approx(first.vector, abs=1e-6)


def test_a_document_node_that_went_through_haystack_keeps_its_terms(store):
    store.put([made(name) for name in TEXTS])
    changed = store.update_by_filter(eq("language", "en"), {"shelf": 3})
    assert changed == 6
    (hit,) = found(store, ["cold"], kinds=("document",))
    assert hit.meta["shelf"] == 3 and store.document(hit.document_id).text == TEXTS["pears"]


def test_texts_that_are_not_held_are_cut_when_they_are_fetched(store):
    items = [made(name, sentences, section) for name in TEXTS]
    store.put(items)
    for kind in ("sentence", "section"):
        wanted = {node.id: node.text for item in items for node in item.nodes if node.kind == kind}
        nodes = found(store, vector=unit(1, 1), kinds=(kind,))
        assert {node.id: node.text for node in nodes} == wanted
        assert {node.id: node.text for node in store.nodes_by_id(list(wanted))} == wanted
        assert {node.id: node.text for node in all_nodes(store, filters=eq("kind", kind))} == wanted
    for item in items:
        assert store.document(item.document.id).text == item.document.text


def test_payload_and_parent_come_back(store):
    items = [made(name, sentences) for name in TEXTS]
    store.put(items)
    for item in items:
        for node in item.nodes:
            (back,) = store.nodes_by_id([node.id])
            assert back == node and back.payload == node.payload and back.parent_id == node.parent_id


def test_nodes_by_id_keep_the_order_that_is_asked_for(store):
    item = made("pears", sentences)
    store.put([item])
    ids = [node.id for node in item.nodes]
    wanted = [ids[2], "gone", ids[0], ids[1]]
    assert [node.id for node in store.nodes_by_id(wanted)] == [ids[2], ids[0], ids[1]]
    assert store.nodes_by_id([]) == []


def test_children_in_document_order(store):
    item = made("pears", sentences)
    store.put([item, made("loops", sentences)])
    first, second = f"{item.document.uri}#0", f"{item.document.uri}#1"
    assert [node.text for node in store.children([second, first])] == [
        "Pears ripen off the tree",
        "They are picked green.",
        "A pear keeps for months in the cold.",
    ]
    assert [node.text for node in store.children([second], ("sentence",))] == ["A pear keeps for months in the cold."]
    assert store.children([first], ("chunk",)) == [] and store.children([]) == [] and store.children(["gone"]) == []


def test_hits_are_grouped_by_document_or_parent(store):
    store.put([made(name, sentences) for name in TEXTS])
    candidates = store.find(["pear"], unit(1), kinds=("sentence",), group="parent_id")
    assert {hit.group for hit in candidates.bm25} == {"notes/pears.md#0", "notes/pears.md#1"}
    candidates = store.find(["pear"], unit(1), group="document_id")
    assert {hit.group for hit in candidates.bm25} == {Document("notes/pears.md", "").id}
    assert {hit.group for hit in store.find(["pear"]).bm25} == {""}


def test_sources_are_counted_and_found_by_name(store):
    assert store.count_sources() == store.count_sources("ok") == 0
    store.put([made(name) for name in TEXTS])
    store.put(
        [Indexed(Source("notes/broken.pdf", "broken", state="failed", reason="encrypted", title="Loops"), None, [])]
    )
    assert store.count_sources() == 4 and store.count_sources("ok") == 3 and store.count_sources("failed") == 1
    assert store.find_source("notes/pears.md").title == store.find_source("Pears").title == "Pears"
    assert store.find_source("broken").reason == "encrypted"
    with pytest.raises(ValueError, match="2 or more documents have the title 'Loops'"):
        store.find_source("Loops")
    with pytest.raises(KeyError, match="no document 'Paers'; near are .*'Pears'"):
        store.find_source("Paers")


def test_a_source_that_fails_now_but_was_indexed_counts_as_ok(store):
    store.put([made("pears")])
    before = store.find_source("Pears")
    store.put(
        [
            Indexed(
                Source(before.uri, before.document_id, state="failed", reason="cannot be read", title="Pears", nodes=3),
                None,
                [],
            )
        ]
    )
    assert store.count_sources("ok") == 1 and store.count_sources("failed") == 1 and store.count_sources() == 1


def embed(texts):
    "Another model: (n, 3), unit length, from the letters."
    rows = np.array([[text.count("e") + 1, text.count("o") + 1, len(text) % 7 + 1] for text in texts], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_rebuild_makes_all_vectors_anew_from_the_stored_texts(store):
    store.set_embedder(EmbedderIdentity("first", 4))
    items = [made(name, sentences) for name in TEXTS]
    store.put(items)
    store.put([Indexed(Source("notes/empty.md", "empty", state="skipped", reason="no text"), None, [])])
    texts = {node.id: (node.text, node.meta, node.payload) for node in all_nodes(store)}
    second = EmbedderIdentity("second", 3)
    count = store.rebuild(second, embed, batch_size=2)
    assert count == sum(KINDS[node.kind].embedded for item in items for node in item.nodes)
    assert store.embedder == second
    assert {node.id: (node.text, node.meta, node.payload) for node in all_nodes(store)} == texts
    for node in all_nodes(store, vectors=True):
        if KINDS[node.kind].embedded:
            assert node.vector == pytest.approx(embed([node.embedded_text])[0], abs=1e-5)
    stored = {node.document_id: node.vector for node in all_nodes(store, filters=eq("kind", "document"), vectors=True)}
    for item in items:
        assert stored[item.document.id] == pytest.approx(
            mean_vector(embed([n.embedded_text])[0] for n in item.nodes if n.kind == "chunk"), abs=1e-5
        )
    best = found(store, vector=embed([items[0].nodes[0].embedded_text])[0])[0]
    assert best.id == items[0].nodes[0].id
    assert {source.uri for source in store.sources()} == {*(f"notes/{name}.md" for name in TEXTS), "notes/empty.md"}
    with pytest.raises(StoreError):
        store.set_embedder(EmbedderIdentity("first", 4))


def test_a_rebuild_that_fails_leaves_the_old_vectors(store):
    store.set_embedder(EmbedderIdentity("first", 4))
    store.put([made(name) for name in TEXTS])
    calls = []

    def broken(texts):
        calls.append(len(texts))
        if len(calls) == 2:
            raise RuntimeError("the model is gone")
        return embed(texts)

    with pytest.raises(RuntimeError, match="the model is gone"):
        store.rebuild(EmbedderIdentity("second", 3), broken, batch_size=2)
    assert store.embedder == EmbedderIdentity("first", 4)
    assert len(store.find(vector=unit(1)).dense) == 5
    store.put([made("pears")])
    assert store.rebuild(EmbedderIdentity("second", 3), embed) == 5 and store.embedder.name == "second"


def test_a_kind_of_ones_own_is_stored_and_searched_by_itself(store):
    add_kind("toy_note", Kind(verbatim=False, holds_text=True, searched=False, embedded=True, group="toy_note"))
    try:
        document = Document("notes/own.md", "A note about weirs.", title="Own", language="en")
        nodes = [
            Node(document.id, "chunk", 0, 19, document.text, "Own", document.uri, language="en", vector=unit(1)),
            Node(
                document.id,
                "toy_note",
                0,
                19,
                "Somebody liked the weir.",
                "Own",
                document.uri,
                language="en",
                vector=unit(0, 1),
                payload={"stars": 5},
            ),
        ]
        store.put([made("pears"), Indexed(Source(document.uri, document.id, title="Own"), document, nodes)])
        (hit,) = found(store, ["weir"], kinds=("toy_note",))
        assert hit.payload == {"stars": 5} and hit.text == "Somebody liked the weir."
        assert {node.kind for node in found(store, ["weir"], unit(0, 1))} == {"chunk"}
    finally:
        del KINDS["toy_note"]


def test_a_name_and_a_place_for_people(path, store):
    assert store.name == path.rpartition("/")[2] and store.place == path


def test_rows_without_vectors_in_a_store_that_was_told_a_dimension(path):
    "An upsert of rows without vectors, where the column of vectors is there already."
    store = open_store(path, dimension=768)
    for _ in range(2):
        item = made("pears")
        nodes = [
            Node(n.document_id, n.kind, n.start, n.end, n.text, n.title, n.uri, language=n.language) for n in item.nodes
        ]
        store.put([Indexed(item.source, item.document, nodes)])
    assert len(all_nodes(store)) == 3 and store.find(["pear"]).bm25
    store.close()


def test_a_search_hears_whole_documents_beside_their_chunks(store):
    def about(document):
        yield Node(
            document.id,
            "summary",
            0,
            len(document.text),
            f"All about {document.title}.",
            document.title,
            document.uri,
            language=document.language,
            vector=unit(1, 1, 1),
        )

    store.put([made(name, about) for name in TEXTS])
    heard = store.find(["pear", "loop"], unit(1, 1, 1), group="document_id", documents=True)
    assert {hit.group for hit in heard.documents} == {hit.group for hit in heard.bm25}
    assert len(heard.summaries) == 3 and all(hit.score == pytest.approx(1, abs=1e-3) for hit in heard.summaries)
    alone = store.find(["pear", "loop"], kinds=("document",), group="document_id").bm25
    assert [(hit.group, round(hit.score, 4)) for hit in heard.documents] == [
        (hit.group, round(hit.score, 4)) for hit in alone
    ]
    silent = store.find(["pear", "loop"], unit(1, 1, 1))
    assert (list(silent.documents), list(silent.summaries)) == ([], [])
    assert [(hit.key, hit.score) for hit in silent.bm25] == [(hit.key, hit.score) for hit in heard.bm25]


def test_a_filter_counts_for_whole_documents_too(store):
    store.put([made(name) for name in TEXTS])
    pears = made("pears")[1]
    named = store.find(["pear", "loop"], filters=eq("document_id", pears.id), group="document_id", documents=True)
    assert len(named.documents) == 1 and {hit.group for hit in named.bm25} == {hit.group for hit in named.documents}
    # of a place inside documents no whole document can speak: the chunks speak alone
    assert not store.find(["pear"], filters=eq("kind", "chunk"), group="document_id", documents=True).documents
