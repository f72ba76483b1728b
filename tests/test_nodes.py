"Documents, nodes, kinds and results: places, names that repeat, and the forms in which they travel."

import json
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import numpy as np
import pandas
import pytest
from haystack import Document as HaystackDocument
from hypothesis import given
from hypothesis import strategies as st

from kbase.nodes import (
    KINDS,
    Document,
    Kind,
    Node,
    add_kind,
    json_meta,
    kind_groups,
    node_fields,
    node_from_haystack,
    node_of_fields,
    node_to_haystack,
    readable_meta,
    searched_kinds,
)
from kbase.hits import Background, Hit, Hits, Part
from kbase.results import Answer, Citation, Report, ReportRow

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
NODES = st.builds(
    Node,
    document_id=st.text(min_size=1, max_size=5),
    kind=st.sampled_from(sorted(KINDS)),
    start=st.integers(0, 5),
    end=st.integers(5, 9),
    text=st.text(max_size=9),
    title=st.text(max_size=5),
    uri=st.text(max_size=5),
    headings=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    page=st.one_of(st.none(), st.integers(1, 9)),
    parent_id=st.one_of(st.none(), st.text(min_size=1, max_size=5)),
    language=st.sampled_from(["", "en"]),
    meta=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    payload=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
)


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (19, 2), (20, 4), (99, 4)])
def test_pages_are_counted_from_one_and_an_empty_page_is_passed_over(offset, page):
    assert Document("a.pdf", "x" * 100, pages=(0, 10, 20, 20)).page_at(offset) == page


def test_a_document_without_pages_has_none():
    assert Document("a.md", "x").page_at(0) is None


@given(NODES)
def test_a_node_by_name_comes_back(node):
    fields = json.loads(json.dumps(node_fields(node)))
    assert node_of_fields(fields, node.text, node.meta) == node


@given(NODES)
def test_a_node_comes_back_from_haystack(node):
    document = node_to_haystack(replace(node, vector=np.array([0.6, 0.8], np.float32)), score=0.5)
    assert json.loads(json.dumps(document.meta)) == document.meta and document.score == 0.5
    back = node_from_haystack(document)
    assert back == node and back.vector.tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("own", [None, "text", {}, {"document_id": "d"}, ["document_id", "kind"]])
def test_a_document_of_somebody_elses_holds_no_node(own):
    assert node_from_haystack(HaystackDocument(content="x", meta={"kbase": own})) is None


def test_numpys_numbers_become_jsons():
    node = Node("d", "chunk", np.int64(1), np.int64(3), "ab", page=np.int64(2), meta={"n": 1})
    assert json.loads(json.dumps(node_fields(node))) == {
        "document_id": "d",
        "kind": "chunk",
        "start": 1,
        "end": 3,
        "page": 2,
        "id": node.id,
    }


def test_what_a_kind_shares_is_in_the_table():
    assert searched_kinds() == ("chunk", "table") and kind_groups() == {"chunk": ("chunk", "table")}
    assert kind_groups("sentence") == {"sentence": ("sentence",)}
    assert all(kind.verbatim or kind.holds_text for kind in KINDS.values())  # something can be shown of every node


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("Chunk", Kind(True, True, True, True, "chunk"), "lower-case"),
        ("a-b", Kind(True, True, True, True, "x"), "lower-case"),
        ("note", Kind(True, True, True, True, "x'; --"), "lower-case"),
        ("chunk", Kind(False, True, True, True, "chunk"), "is a kind already"),
        ("ghost", Kind(False, False, False, True, "ghost"), "nothing could be shown"),
        ("", Kind(True, True, True, True, "x"), "lower-case"),
    ],
)
def test_a_kind_that_cannot_be_is_refused(name, kind, says):
    before = dict(KINDS)
    with pytest.raises(ValueError, match=says):
        add_kind(name, kind)
    assert before == KINDS


def test_the_same_kind_twice_is_once():
    add_kind("chunk", KINDS["chunk"])
    assert list(KINDS).count("chunk") == 1


@pytest.mark.parametrize(
    ("meta", "error"),
    [
        ({"a": float("nan")}, ValueError),
        ({"a": [float("inf")]}, ValueError),
        ({"a": {"b": object()}}, TypeError),
        ({"a": b"x"}, TypeError),
        ({"a": pandas.NaT}, ValueError),
        ({"a": [pandas.NA]}, ValueError),
        ({"a": np.datetime64("NaT")}, ValueError),
        ({"a": Decimal("NaN")}, ValueError),
        ({"a": 1j}, TypeError),
    ],
)
def test_metadata_that_is_no_json_is_refused_by_name(meta, error):
    with pytest.raises(error, match="meta 'a"):
        json_meta(meta)


class Colour(str, Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.bool_(True), True),
        (np.int64(3), 3),
        (np.longdouble(1.5), 1.5),
        (np.str_("a"), "a"),
        (np.datetime64("2024-01-05"), "2024-01-05T00:00:00"),
        (np.datetime64("2024-01-05T10:00", "ns"), "2024-01-05T10:00:00"),
        (pandas.Timestamp("2024-01-05"), "2024-01-05T00:00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=1), 3600.0),
        (Decimal("12"), 12),
        (Decimal("12.5"), 12.5),
        (Fraction(1, 2), 0.5),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("a/b"), "a/b"),
        (Colour.RED, "red"),
        ({3, 1, 2}, [1, 2, 3]),
        (range(2), [0, 1]),
        (np.arange(3), [0, 1, 2]),
        (pandas.Series(["x"]), ["x"]),
    ],
)
def test_a_value_of_another_type_becomes_the_json_value_that_it_stands_for(value, plain):
    kept = json_meta({"a": value, "deep": {"b": [value]}})
    assert kept == {"a": plain, "deep": {"b": [plain]}} and type(kept["a"]) is type(plain)
    assert json.loads(json.dumps(kept)) == kept


def test_what_does_not_fit_is_none_and_is_named():
    loop: dict = {}
    loop["again"] = loop
    odd = {"size": float("nan"), "file": b"x", "all": [1, {"end": float("inf")}], "loop": loop, "author": "Ada", 7: "n"}
    kept, notes = readable_meta(odd)
    assert json.loads(json.dumps(kept)) == kept
    assert {key: kept[key] for key in ("size", "file", "all", "author", "7")} == {
        "size": None,
        "file": None,
        "all": [1, {"end": None}],
        "author": "Ada",
        "7": "n",
    }
    for key, note in zip(("'size'", "'file'", "'all[1].end'", "loop"), notes, strict=True):
        assert key in note


def hit(**more):
    node = Node(
        "d",
        "chunk",
        3,
        8,
        "loops",
        "Loops",
        "loops.md",
        headings=("A", "B"),
        page=2,
        meta={"year": 2020},
        payload={"markup": "markdown"},
    )
    return Hit(
        node,
        1.2,
        {"bm25": Part(4.0, 1, 1.0, "100 % of the best BM25 score"), "dense": Part(0.4, None, 0.2)},
        ((0, 5),),
        0.5,
        **more,
    )


def test_results_travel_as_json():
    hits = Hits([hit()], "loop", "hybrid", ["a note"], Background(0.1, 0.05), {"loop": 2.0})
    form = json.loads(json.dumps(hits.to_dict()))
    assert (
        form["background"] == {"mean": 0.1, "std": 0.05}
        and form["idf"] == {"loop": 2.0}
        and form["notes"] == ["a note"]
    )
    (one,) = form["hits"]
    assert (
        one["text"] == "loops"
        and one["parts"]["bm25"]["score"] == 4.0
        and one["cover"] == 0.5
        and one["payload"] == {"markup": "markdown"}
    )
    assert (
        one["parent_id"] is None
        and one["headings"] == ["A", "B"]
        and one["matched"] == [[0, 5]]
        and one["why"] == hit().explain()
    )
    answer = Answer(
        "q",
        "a [1]",
        "fact",
        (Citation("d", "loops.md", "Loops", 3, 8, "loops", 2),),
        evidence=hits,
        unsupported=("no",),
    )
    form = json.loads(json.dumps(answer.to_dict()))
    assert (
        form["citations"][0]["quote"] == "loops"
        and form["evidence"][0]["id"] == hit().id
        and form["unsupported"] == ["no"]
    )
    report = json.loads(
        json.dumps(Report([ReportRow("a", "added", nodes=2), ReportRow("b", "failed", "broken")], 1.5).to_dict())
    )
    assert (report["found"], report["ok"], report["failed"]) == (2, 1, 1) and report["rows"][1]["reason"] == "broken"


def test_a_stage_keeps_what_is_known_of_the_search():
    hits = Hits([hit(), hit()], "loop", "bm25", ["a note"], Background(0.1, 0.05), {"loop": 2.0})
    fewer = hits.like(hits[:1])
    assert len(fewer) == 1 and (fewer.query, fewer.mode, fewer.notes, fewer.background, fewer.idf) == (
        "loop",
        "bm25",
        ("a note",),
        hits.background,
        hits.idf,
    )


def test_hits_go_through_a_pipeline_as_they_are():
    "Haystack copies what it hands to a component, and makes of a list's subclass a bare one."
    from haystack.core.pipeline.utils import _deepcopy_with_exceptions

    hits = Hits([hit(), hit()], "loop", "bm25", ["a note"], Background(0.1, 0.05), {"loop": 2.0})
    for copied in (_deepcopy_with_exceptions(hits), _deepcopy_with_exceptions({"found": [hits]})["found"][0], hits[:]):
        assert copied == hits and copied.data is not hits.data
        assert (copied.query, copied.mode, copied.notes, copied.background, copied.idf) == (
            "loop",
            "bm25",
            ("a note",),
            hits.background,
            hits.idf,
        )
    assert hits[0] == hit() and len(hits[:1]) == 1 and hits[:1].background == hits.background


def test_a_background_without_spread_says_nothing():
    assert Background(0.3, 0.0).sigmas(0.9) == 0.0
