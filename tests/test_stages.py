"""Stages between a search and its reader, on both stores: windows and sections to the character, merging, following
without circles, near copies, reranking; sections and sentences as nodes."""

import random
from dataclasses import replace

import pytest
from store_cases import all_nodes
from store_worker import open_store as opened

from kbase.hits import Background, Hit, Hits, Part
from kbase.nodes import Document, Node
from kbase.querying.expansion import DOCUMENT_CHARACTERS, expand_hits
from kbase.querying.following import follow_links
from kbase.querying.merging import merge_adjacent, merge_into_parents
from kbase.querying.reranking import rerank_hits
from kbase.querying.retrieval import search_store
from kbase.querying.stages import diversify, without_near_duplicates
from kbase.querying.windows import expand_windows, floor_share, on_passages, read_sentences, window_places, worths
from kbase.stores.rows import Indexed, Source

PARTS = [
    "The observatory stands on a hill. Its dome turns on forty wheels. The wheels were cast in 1902.",
    "They are greased each spring. The dome is opened with a crank. Nobody may stand below it then.",
    "The telescope has a mirror of two metres. The mirror is silvered every third year.",
    "Visitors come on Fridays. The tour takes an hour. Children like the crank best.",
]


def chunked(name, parts, gap="\n\n", headings=(), page_at=None, **fields):
    text = gap.join(parts)
    document = Document(f"{name}.md", text, title=name.title(), language="en", id=name, pages=page_at or ())
    nodes, at = [], 0
    for number, part in enumerate(parts):
        start = text.index(part, at)
        at = start + len(part)
        pages = [[p, n + 1] for n, p in enumerate(document.pages) if start < p < at]
        nodes.append(
            Node(
                name, "chunk", start, at, part, document.title, document.uri,
                headings[number] if headings else (), document.page_at(start), language="en",
                payload={"pages": pages} if pages else {}, **fields,
            )
        )  # fmt: skip
    return document, nodes


def put(store, *made):
    store.put(
        [
            Indexed(Source(doc.uri, doc.id, characters=len(doc.text), nodes=len(nodes), language="en"), doc, nodes)
            for doc, nodes in made
        ]
    )


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "store") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = opened(place)
    yield store
    store.close()


def test_windows_are_the_documents_text_across_chunks_and_pages(store):
    text = "\n\n".join(PARTS)
    document, nodes = chunked("dome", PARTS, page_at=(0, text.index("They are"), text.index("Nobody")))
    put(store, (document, nodes))
    hits = search_store(store, "When were the wheels of the dome cast and greased?", mode="bm25", group_by=None)
    for share in (0.9, 0.6, 0.3, 0.01):
        windows = expand_windows(store, hits, share)
        assert windows
        for window in windows:
            assert text[window.start : window.end] == window.text
            assert window.page == document.page_at(window.start)
        spans = sorted((window.start, window.end) for window in windows)
        assert all(b <= c for (_, b), (c, _) in zip(spans, spans[1:], strict=False))  # nothing is read twice
    assert "window" in windows[0].explain() and windows[0].score == max(hit.score for hit in hits)
    whole = expand_windows(store, hits, 0.01)
    assert len(whole) == 1 and "out of" in whole[0].parts["window"].reading


def test_a_window_goes_on_in_the_passage_beside_its_hit(store):
    put(store, chunked("dome", PARTS))
    hits = search_store(store, "cast wheels 1902", mode="bm25", group_by=None)[:1]
    assert hits[0].start == 0
    window = expand_windows(store, hits, 0.4)[0]
    assert window.end > hits[0].end


def test_hits_of_no_interest_are_left_out_with_a_word(store):
    put(store, chunked("dome", PARTS))
    hits = search_store(store, "mirror telescope crank", mode="bm25", group_by=None)
    narrow = expand_windows(store, hits, 0.95)
    assert len(narrow) < len(hits) and any("had no sentence near enough" in note for note in narrow.notes)


def test_a_sentence_that_was_found_leads_to_a_window_of_its_passage(store):
    from kbase.indexing.sentence_nodes import nodes_of_sentences

    document, chunks = chunked("dome", PARTS)
    put(store, (document, [*chunks, *nodes_of_sentences(chunks)]))
    hits = search_store(store, "mirror silvered", mode="bm25", group_by=None, kinds=("sentence",))
    assert hits[0].text == "The mirror is silvered every third year."
    lifted = on_passages(store, hits)
    assert lifted[0].kind == "chunk" and len({hit.id for hit in lifted}) == len(lifted)
    window = expand_windows(store, hits)[0]
    assert "silvered" in window.text and document.text[window.start : window.end] == window.text


def test_sentence_nodes_hold_no_text_and_are_cut_to_the_character(store):
    from kbase.indexing.sentence_nodes import nodes_of_sentences

    document, chunks = chunked("dome", PARTS)
    put(store, (document, [*chunks, *nodes_of_sentences(chunks)]))
    sentences = [node for node in all_nodes(store) if node.kind == "sentence"]
    assert len(sentences) == 11
    assert all(document.text[node.start : node.end] == node.text for node in sentences)
    assert {node.parent_id for node in sentences} == {chunk.id for chunk in chunks}


def test_how_wide_windows_are_is_read_off_the_hits():
    assert floor_share([1, 0.3, 0.2, 0.2, 0.1]) > floor_share([1, 0.95, 0.9, 0.8, 0.7]) > floor_share([1] * 5)
    assert floor_share([]) == floor_share([1.0])
    near = Hits([Hit(chunked("a", PARTS)[1][0], 0.6), Hit(chunked("b", PARTS)[1][0], 0.5)], mode="dense",
                background=Background(0.4, 0.1))  # fmt: skip
    assert worths(near) == pytest.approx([1, 0.5])  # above what any passage has


def test_windows_do_not_overlap_and_keep_to_their_document():
    draw = random.Random(7)
    for _ in range(40):
        made = [chunked(f"d{n}", draw.sample(PARTS, 3))[1] for n in range(2)]
        passages = [(node, draw.random()) for nodes in made for node in draw.sample(nodes, 2)]
        sentences = read_sentences(passages, {"dome": 1.0, "mirror": 2.0, "crank": 1.5}, "dome mirror crank")
        places = window_places(sentences, draw.choice([0.2, 0.5, 0.8]))
        read = [at for first, last in places for at in range(first, last + 1)]
        assert len(read) == len(set(read))
        for first, last in places:
            assert len({one.document_id for one in sentences[first : last + 1]}) == 1


def test_sections_without_nodes_of_sections(store):
    headings = [("Dome",), ("Dome", "Crank"), ("Mirror",), ("Visits",)]
    document, nodes = chunked("dome", PARTS, headings=headings)
    put(store, (document, nodes))
    hits = search_store(store, "wheels dome greased", mode="bm25", group_by=None)[:2]
    sections = expand_hits(store, hits, "section")
    assert sections[0].text == document.text[sections[0].start : sections[0].end]
    assert PARTS[2] not in sections[0].text
    assert expand_hits(store, hits, None) is hits
    with pytest.raises(ValueError, match="'chapter' is no way to expand"):
        expand_hits(store, hits, "chapter")
    with pytest.raises(ValueError, match="'chapter' is no way to expand"):
        expand_hits(store, hits.like([]), "chapter")


def test_short_documents_are_read_whole_and_long_ones_say_that_they_are_not(store):
    long = [f"Line {n} tells of the dome and the crank." for n in range(DOCUMENT_CHARACTERS // 30)]
    put(store, chunked("dome", PARTS), chunked("log", ["\n".join(long)]))
    hits = search_store(store, "the crank of the dome", mode="bm25", group_by=None)
    whole = expand_hits(store, hits, "document")
    texts = {hit.document_id: hit for hit in whole}
    assert texts["dome"].text == "\n\n".join(PARTS) and sum(hit.document_id == "dome" for hit in whole) == 1
    assert "too long to be read whole" in texts["log"].why
    assert {hit.document_id for hit in expand_hits(store, hits, "auto")} == {"dome", "log"}


def test_adjacent_hits_become_one_and_distant_ones_stay(store):
    document, nodes = chunked("dome", [*PARTS[:2], PARTS[2] + " It weighs four tonnes.", PARTS[3]])
    put(store, (document, nodes))
    hits = Hits([Hit(nodes[3], 3.0), Hit(nodes[1], 2.0), Hit(nodes[0], 1.0)], "dome", idf={"dome": 1.0})
    merged = merge_adjacent(store, hits)
    assert [hit.score for hit in merged] == [3.0, 2.0]
    assert merged[1].text == document.text[: nodes[1].end]


def tree(store, ratio_of=3):
    "A section of three passages inside a section that has one more."
    document, nodes = chunked("dome", PARTS)
    end = nodes[2].end
    outer = Node("dome", "section", 0, len(document.text), document.text, "Dome", "dome.md", ("All",))
    inner = Node("dome", "section", 0, end, document.text[:end], "Dome", "dome.md", ("All", "Dome"), parent_id=outer.id)
    nodes = [replace(node, parent_id=inner.id if node.end <= end else outer.id) for node in nodes]
    put(store, (document, [*nodes, outer, inner]))
    return document, nodes, inner, outer


def test_a_parent_takes_its_childrens_place_past_the_ratio(store):
    document, nodes, inner, outer = tree(store)
    two = Hits([Hit(nodes[1], 2.0), Hit(nodes[0], 1.5)], "dome")
    merged = merge_into_parents(store, two, ratio=0.6)
    assert [(hit.id, hit.score) for hit in merged] == [(inner.id, 2.0)]
    assert merged[0].text == inner.text and "2 of the 3 parts" in merged[0].explain()
    assert [hit.id for hit in merge_into_parents(store, two, ratio=0.7)] == [nodes[1].id, nodes[0].id]
    all_of_them = Hits([Hit(node, 1.0) for node in nodes], "dome")
    assert [hit.id for hit in merge_into_parents(store, all_of_them)] == [outer.id]


def test_parents_in_a_circle_and_parents_that_are_gone_end_and_are_said(store):
    document, nodes = chunked("dome", PARTS)
    one = Node("dome", "section", 0, nodes[1].end, document.text[: nodes[1].end], parent_id="two", id="one")
    two = Node("dome", "section", 0, nodes[2].end, document.text[: nodes[2].end], parent_id="one", id="two")
    nodes = [replace(node, parent_id="one" if at < 2 else "gone") for at, node in enumerate(nodes)]
    put(store, (document, [*nodes, one, two]))
    merged = merge_into_parents(store, Hits([Hit(node, 1.0) for node in nodes], "dome"), ratio=0.1)
    assert merged[0].id in ("one", "two") and len(merged) == 3
    assert any("1 link to parents that are not in the store" in note for note in merged.notes)


def test_links_are_followed_down_to_passages(store):
    document, nodes, inner, outer = tree(store)
    hits = Hits([Hit(outer, 2.0)], "Who greases the wheels?", idf={"greas": 2.0, "wheel": 1.0})
    followed = follow_links(store, hits)
    assert {hit.id for hit in followed} == {node.id for node in nodes}
    assert {hit.score for hit in followed} == {2.0}
    assert "from its section" in followed[0].explain() and not followed.notes
    shallow = follow_links(store, hits, depth=1)
    assert inner.id in {hit.id for hit in shallow}


def test_a_circle_of_links_is_skipped_counted_and_said(store):
    document, nodes = chunked("dome", PARTS)
    links = {"a": ["b", nodes[0].id], "b": ["c"], "c": ["a", "nowhere", nodes[1].id]}
    summaries = [
        Node("dome", "summary", at, at + 1, f"Gist {name}.", id=name, payload={"links": to})
        for at, (name, to) in enumerate(links.items())
    ]
    put(store, (document, [*nodes, *summaries]))
    followed = follow_links(store, Hits([Hit(summaries[0], 1.0)], "dome"))
    assert {hit.id for hit in followed} == {nodes[0].id, nodes[1].id}
    assert followed.notes == (
        "skipped: 1 link to nodes that are not in the store",
        "skipped: 1 link back to where it came from",
    )
    itself = replace(summaries[0], payload={"links": ["a"]})
    put(store, (document, [*nodes, itself]))
    assert "back to where it came from" in follow_links(store, Hits([Hit(itself, 1.0)], "dome")).notes[0]


def test_a_summary_without_links_leads_to_the_passages_one_asks_for(store):
    document, nodes = chunked("dome", PARTS)
    gist = Node("dome", "summary", 0, len(document.text), "About a dome.")
    put(store, (document, [*nodes, gist]))
    hits = Hits([Hit(gist, 1.7)], "Who may stand below when it is opened?", mode="bm25")
    assert [hit.id for hit in follow_links(store, hits)] == [gist.id]

    def passages(document_id):
        within = {"field": "document_id", "operator": "==", "value": document_id}
        return search_store(store, hits.query, top_k=2, mode="bm25", filters=within, group_by=None)

    followed = follow_links(store, hits, passages=passages)
    assert followed[0].text == PARTS[1] and followed[0].score == 1.7


def hit(name, text, score, **fields):
    return Hit(Node(name, "chunk", 0, len(text), text, uri=f"{name}.md", language="en", **fields), score)


def test_near_copies_go_and_different_texts_stay():
    one = " ".join(PARTS)
    hits = Hits([hit("a", one, 3.0), hit("b", one.replace("1902", "1903"), 2.0), hit("c", PARTS[3], 1.0),
                 hit("d", "Oaks grow slowly. Their wood is hard.", 0.5), hit("e", "", 0.4)], "dome")  # fmt: skip
    kept = without_near_duplicates(hits)
    assert [one.document_id for one in kept] == ["a", "d", "e"]
    assert "also in b.md, c.md, left out" in kept[0].explain()


def test_variety_moves_what_is_new_ahead_and_loses_nothing():
    hits = Hits([hit("a", PARTS[0], 2.0), hit("b", PARTS[0] + " Yes.", 1.9), hit("c", PARTS[2], 1.2)], "dome")
    assert [one.document_id for one in diversify(hits, 0.5)] == ["a", "c", "b"]
    assert [one.document_id for one in diversify(hits, 0)] == ["a", "b", "c"]
    assert list(diversify(Hits())) == []
    with pytest.raises(ValueError, match="between 0 and 1"):
        diversify(hits, 2)


@pytest.fixture(scope="module")
def tiny_cross_encoder(tmp_path_factory):
    "A real cross-encoder, of some thousand weights that nobody trained."
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross-encoder")
    words = sorted({word for part in PARTS for word in part.lower().replace(".", " .").split()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    torch.manual_seed(3)
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=32, num_labels=1)  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    assert CrossEncoder(str(folder)).predict([("dome", "crank")]).shape == (1,)
    return str(folder)


def test_a_cross_encoder_orders_hits_by_its_own_scores(tiny_cross_encoder):
    hits = Hits([replace(hit(str(n), part, 2.0 - n / 4), parts={"bm25": Part(9.0, n + 1, 2.0 - n / 4)})
                 for n, part in enumerate(PARTS)], "Who greases the wheels?")  # fmt: skip
    ranked = rerank_hits(hits, tiny_cross_encoder)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert {one.id for one in ranked} == {one.id for one in hits}
    for one in ranked:
        assert sum(part.contribution for part in one.parts.values()) == pytest.approx(one.score)
        assert "before, the ranker says" in one.explain()
    assert [one.score for one in rerank_hits(hits, tiny_cross_encoder)] == [one.score for one in ranked]
    assert rerank_hits(hits) is hits


def test_a_ranker_that_is_none_is_refused_with_a_remedy(tmp_path):
    hits = Hits([hit("a", PARTS[0], 1.0)], "dome")
    with pytest.raises(ValueError, match="no cross-encoder that can be loaded here"):
        rerank_hits(hits, str(tmp_path / "nothing"))
    with pytest.raises(TypeError, match="a function, a Haystack ranker or a name"):
        rerank_hits(hits, 7)
    with pytest.raises(ValueError):
        rerank_hits(hits, lambda query, texts: [])


def test_any_ranker_of_haystacks_will_do():
    from haystack.components.rankers import MetaFieldRanker

    years = (1990, 2020, 2005)
    hits = Hits([hit(str(year), PARTS[n], 1.0 - n / 9, meta={"year": year}) for n, year in enumerate(years)], "dome")
    ranked = rerank_hits(hits, MetaFieldRanker("year", weight=1.0))
    assert [one.document_id for one in ranked] == ["2020", "2005", "1990"]


def test_stages_are_components_of_a_pipeline(store):
    from haystack import Pipeline

    from kbase.querying.components import NodeRetriever
    from kbase.querying.stage_components import HitExpander, HitFilter, HitMerger, HitReranker, LinkFollower

    put(store, chunked("dome", PARTS), chunked("copy", PARTS))
    pipeline = Pipeline()
    steps = {
        "search": NodeRetriever(store, mode="bm25"), "follow": LinkFollower(store), "filter": HitFilter(variety=0.2),
        "rerank": HitReranker(lambda query, texts: [len(text) for text in texts], top_k=3),
        "merge": HitMerger(store), "expand": HitExpander(store, "window"),
    }  # fmt: skip
    for name, step in steps.items():
        pipeline.add_component(name, step)
    for before, after in zip(steps, list(steps)[1:], strict=False):
        pipeline.connect(f"{before}.hits", f"{after}.hits")
    hits = pipeline.run({"search": {"query": "Who greases the wheels of the dome?"}})["expand"]["hits"]
    assert hits and {"rerank", "window"} <= hits[0].parts.keys()
    with pytest.raises(ValueError, match="is no way to expand"):
        HitExpander(store, "chapter")
