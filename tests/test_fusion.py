"How two lists become one: sums that add up, floors, documents that speak with all they have."

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbase.querying.fusion import fuse, fuse_documents, rank_alone, rank_documents
from kbase.hits import Background
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


@given(
    SCORES,
    SCORES,
    st.dictionaries(st.sampled_from(["one", "two", "three", "four", "five"]), st.floats(0.01, 0.99), max_size=5),
)
def test_documents_take_each_reading_where_it_is_best(words, near, summaries):
    bm25, dense = ranked_list(words, GROUPS), ranked_list(near, GROUPS)
    spoken = [
        Found(f"summary of {group}", score, group)
        for group, score in sorted(summaries.items(), key=lambda item: -item[1])
    ]
    ranked = fuse_documents(bm25, dense, spoken, BACKGROUND)
    assert sorted(one.group for one in ranked) == sorted(
        {GROUPS[key] for key in words.keys() | near.keys()} | (summaries.keys() if near else set())
    )
    chunks = fuse(bm25, dense, BACKGROUND)
    for one in ranked:
        assert one.score == pytest.approx(sum(part.contribution for part in one.parts.values()))
        own = [chunk for chunk in chunks if chunk.group == one.group]
        assert one.key == (own[0].key if own else None)
        if own and dense:  # a document never stands below its best chunk
            assert one.score >= own[0].score - 1e-9


def test_without_a_background_cosines_say_nothing():
    (one,) = fuse([], [Found("a", 0.9)], None)
    assert one.score == 0.0


def test_a_reading_says_where_it_comes_from():
    bm25 = [Found("a1", 9.0, "a"), Found("b1", 8.0, "b")]
    dense = [Found("a2", 0.8, "a"), Found("b1", 0.2, "b")]
    first, second = fuse_documents(bm25, dense, [Found("s", 0.7, "b")], BACKGROUND)
    assert (
        first.key == "a2"
        and first.parts["bm25"].reading.endswith("by another passage of it")
        and "another" not in first.parts["dense"].reading
    )
    assert (
        second.key == "b1"
        and second.parts["dense"].reading.endswith("by its summary")
        and second.parts["dense"].score == 0.7
    )


def test_a_document_that_only_its_summary_found():
    (one,) = rank_documents([], "dense", [Found("s", 0.7, "b")])
    assert one.key is None and one.group == "b" and one.score == 0.7


def test_one_retriever_keeps_its_scores():
    assert [one.score for one in rank_alone([Found("a", 3.0), Found("b", 1.0)], "bm25")] == [3.0, 1.0]
    assert [
        one.key for one in rank_documents([Found("a", 3.0, "x"), Found("b", 2.0, "x"), Found("c", 1.0, "y")], "bm25")
    ] == ["a", "c"]


def test_a_weight_below_nothing_is_refused():
    for rank in (lambda: fuse([], [], None, -1), lambda: fuse_documents([], [], [], None, -0.1)):
        with pytest.raises(ValueError, match="0 or more"):
            rank()
