"How two lists become one: sums that add up, floors, documents that speak with all they have."

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbase.querying.fusion import fuse, fuse_documents, fuse_inside, rank_alone, rank_documents
from kbase.hits import Background, Part
from kbase.stores.contract import Found

BACKGROUND = Background(0.1, 0.1)


def ranked_list(scores, groups=None):
    rows = sorted(scores.items(), key=lambda item: -item[1])
    return [Found(key, score, (groups or {}).get(key, "")) for key, score in rows]


SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 0.99), max_size=8)
GROUPS = dict(zip("abcdefgh", ["one", "one", "one", "two", "two", "three", "four", "four"], strict=True))


@given(SCORES, SCORES)
def test_every_sum_adds_up_and_nothing_is_lost(words, near):
    ranked = fuse(ranked_list(words), ranked_list(near), BACKGROUND)
    assert {one.key for one in ranked} == words.keys() | near.keys()
    assert all(one.score == pytest.approx(sum(part.contribution for part in one.parts.values())) for one in ranked)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


NAMES = st.sampled_from(["one", "two", "three", "four", "five"])
OF_DOCUMENTS = st.dictionaries(NAMES, st.floats(0.01, 0.99), max_size=5)


def of_documents(scores, name):
    return [Found(f"{name} of {group}", score, group) for group, score in sorted(scores.items(), key=lambda i: -i[1])]


@given(SCORES, SCORES, OF_DOCUMENTS, OF_DOCUMENTS)
def test_documents_take_each_reading_where_it_is_best(words, near, whole, summaries):
    bm25, dense = ranked_list(words, GROUPS), ranked_list(near, GROUPS)
    documents, spoken = of_documents(whole, "words"), of_documents(summaries, "summary")
    ranked = fuse_documents(bm25, dense, BACKGROUND, documents=documents, summaries=spoken)
    assert sorted(one.group for one in ranked) == sorted(
        {GROUPS[key] for key in words.keys() | near.keys()} | whole.keys() | (summaries.keys() if near else set())
    )
    own = fuse(bm25, dense, BACKGROUND)
    beside = fuse(bm25, dense, BACKGROUND, documents=documents, summaries=spoken)
    assert {chunk.key for chunk in own} == {chunk.key for chunk in beside}
    for one in ranked:
        assert one.score == pytest.approx(sum(part.contribution for part in one.parts.values()))
        shown = [chunk.key for chunk in own if chunk.group == one.group]
        assert one.key == (shown[0] if shown else None)
        passages = [chunk for chunk in beside if chunk.group == one.group]
        # a document never stands below its best passage, and its passages keep their order among themselves
        assert all(one.score >= chunk.score - 1e-9 for chunk in passages)
        values = {chunk.key: chunk.score for chunk in own}
        assert [values[chunk.key] for chunk in passages] == pytest.approx(
            sorted((values[chunk.key] for chunk in passages), reverse=True)
        )


def test_half_of_a_score_is_the_documents():
    passages = [Found("a1", 10.0, "a"), Found("b1", 9.0, "b")]
    whole = [Found("all of b", 20.0, "b"), Found("all of a", 10.0, "a")]
    first, second = fuse(passages, [], None, documents=whole)
    assert first.key == "b1" and first.score == pytest.approx(0.5 * 0.9 + 0.5)
    assert second.parts["document"].contribution == pytest.approx(0.25)
    assert second.parts["document"].reading == "50 % of the best BM25 score × 0.5"
    assert second.parts["bm25"].reading == "100 % of the best BM25 score × 0.5"


def test_where_no_document_is_heard_passages_speak_alone():
    (one,) = fuse([Found("a1", 10.0, "a")], [Found("a1", 0.3, "a")], BACKGROUND)
    assert one.parts.keys() == {"bm25", "dense"} and one.score == pytest.approx(1 + 0.2 * 2)


def test_a_document_without_a_row_is_spoken_for_by_its_best_passage():
    passages = [Found("a1", 10.0, "a"), Found("b1", 5.0, "b")]
    first, second = fuse(passages, [], None, documents=[Found("all of b", 3.0, "b")])
    assert (first.key, first.score) == ("a1", pytest.approx(1.0)) and second.score == pytest.approx(0.75)
    many = [Found(f"all of {i}", 100.0 - i / 2, str(i)) for i in range(100)]  # more than are looked at: it lies below
    (one,) = fuse(passages[:1], [], None, documents=many)
    assert one.score == pytest.approx(0.5 + 0.5 * 0.505)


def test_without_a_background_cosines_say_nothing():
    (one,) = fuse([], [Found("a", 0.9)], None)
    assert one.score == 0.0


def test_a_reading_says_where_it_comes_from():
    bm25 = [Found("a1", 9.0, "a"), Found("b1", 8.0, "b")]
    dense = [Found("a2", 0.8, "a"), Found("b1", 0.2, "b")]
    first, second = fuse_documents(bm25, dense, BACKGROUND, summaries=[Found("s", 0.7, "b")])
    assert (
        first.key == "a2"
        and first.parts["bm25"].reading.endswith("by another passage of it")
        and "another" not in first.parts["dense"].reading
    )
    assert second.key == "b1" and second.parts["dense"].score == 0.7
    assert second.parts["dense"].reading == "6.0 σ above the corpus × 0.1, by its summary"
    assert second.parts["document"].reading == (
        "89 % by the only passage of it that was found × 0.5, 6.0 σ above the corpus × 0.1, by its summary"
    )


def test_the_only_passage_of_a_document_speaks_for_it():
    words = [Found("a1", 10.0, "a"), Found("b1", 9.0, "b"), Found("b2", 1.0, "b")]
    near = [Found("a1", 0.3, "a"), Found("b1", 0.3, "b")]
    whole = [Found("all of b", 20.0, "b"), Found("all of a", 10.0, "a")]
    first, second, _ = fuse(words, near, BACKGROUND, documents=whole)
    assert (first.key, second.key) == ("a1", "b1")  # more of b was found: its whole counts
    assert first.parts["document"].contribution == pytest.approx(0.5 * (1 + 0.2 * 2))
    other = fuse(words, [near[1]], BACKGROUND, documents=whole)[0]  # by one retriever only: a may hold more
    assert other.key == "b1"


def test_further_passages_that_are_near_add_to_their_document():
    near = [Found("a1", 0.5, "a"), Found("b1", 0.5, "b"), Found("b2", 0.4, "b"), Found("c1", 0.2, "c")]
    summaries = [Found("s", 0.1, "c")]
    for way in (fuse, fuse_documents):
        ranked = way([], near, BACKGROUND, summaries=summaries)
        scores = {one.key: one for one in ranked}
        assert ranked[0].key == "b1"
        assert scores["b1"].score - scores["a1"].score == pytest.approx(0.1 * 0.2 * 2)  # two sigmas above the last
        assert "0.04 for further passages" in scores["b1"].parts["document"].reading


def test_inside_chosen_documents_half_of_a_score_is_how_they_were_chosen():
    words = [Found("b1", 10.0, "b"), Found("a1", 9.0, "a")]
    near = [Found("a1", 0.3, "a"), Found("b1", 0.3, "b"), Found("a2", 0.1, "a")]
    ranked = fuse_inside(words, near, BACKGROUND, 0.2, {"a": 2.0, "b": 1.5})
    assert [one.key for one in ranked] == ["a1", "b1", "a2"] and fuse(words, near, BACKGROUND)[0].key == "b1"
    assert ranked[0].score == pytest.approx(0.5 * (0.9 + 0.2 * 2) + 0.5 * 2.0)
    assert all(one.score == pytest.approx(sum(part.contribution for part in one.parts.values())) for one in ranked)
    assert ranked[1].parts["document"] == Part(1.5, 2, 0.75, "as it was chosen × 0.5")
    assert len(fuse_inside(words, near, BACKGROUND, 0.2, {"a": 2.0, "b": 1.5}, top_k=1)) == 1


def test_a_document_that_only_its_summary_found():
    (one,) = rank_documents([], "dense", [Found("s", 0.7, "b")])
    assert one.key is None and one.group == "b" and one.score == 0.7


def test_one_retriever_keeps_its_scores():
    assert [one.score for one in rank_alone([Found("a", 3.0), Found("b", 1.0)], "bm25")] == [3.0, 1.0]
    assert [
        one.key for one in rank_documents([Found("a", 3.0, "x"), Found("b", 2.0, "x"), Found("c", 1.0, "y")], "bm25")
    ] == ["a", "c"]


def test_a_weight_below_nothing_is_refused():
    for rank in (lambda: fuse([], [], None, -1), lambda: fuse_documents([], [], None, -0.1)):
        with pytest.raises(ValueError, match="0 or more"):
            rank()
