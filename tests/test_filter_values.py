"What a filter is compared with: values of other types, names in another Unicode form. On both stores."

import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import numpy as np
import pandas
import pytest
from haystack import Document as HaystackDocument
from haystack.errors import FilterError

from kbase import KnowledgeBase
from kbase.nodes import Node
from kbase.stores.conditions import as_filter, parse_filter
from kbase.stores.contract import open_store


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


SHIPS = {
    "Aurora": {
        "day": date(2024, 1, 5), "masts": 3, "price": 12.5, "afloat": True, "colour": "red", "logs": ["a", "b"],
        "number": UUID(int=7), "berth": Path("north/2"), "visits": [date(2023, 5, 1), date(2023, 6, 1)],
        "captain": unicodedata.normalize("NFD", "Zoë"),
    },
    "Borea": {
        "day": datetime(2024, 3, 5, 8, tzinfo=timezone.utc), "masts": 2, "price": 3, "afloat": False,
        "colour": "blue", "logs": ["c"], "captain": unicodedata.normalize("NFC", "Zoë"),
    },
    "Ceres": {"price": None, "colour": "green"},
}  # fmt: skip


@pytest.fixture(scope="module", params=["folder", "cluster"])
def store(request, tmp_path_factory):
    if request.param == "folder":
        place = str(tmp_path_factory.mktemp("ships") / "kb")
    else:
        from conftest import remove_indices

        server = request.getfixturevalue("elastic_server")
        place = f"{server}/test-ships"
        remove_indices(server, "test-ships")
    made = open_store(place)
    made.write_documents([HaystackDocument(content=name, meta=meta) for name, meta in SHIPS.items()])
    yield made
    made.close()
    if request.param == "cluster":
        remove_indices(server, "test-ships")


def found(store, field, operator, value):
    filters = {"field": field, "operator": operator, "value": value}
    names = sorted(document.content for document in store.filter_documents(filters))
    again = sorted(document.content for document in store.filter_documents(as_filter(parse_filter(filters))))
    assert names == again  # as it travels in a plan
    return [name[0] for name in names]


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("meta.day", ">=", date(2024, 2, 1), "B"),
        ("meta.day", "==", date(2024, 1, 5), "A"),
        ("meta.day", "==", datetime(2024, 1, 5), "A"),
        ("meta.day", "==", pandas.Timestamp("2024-01-05"), "A"),
        ("meta.day", "==", np.datetime64("2024-01-05"), "A"),
        ("meta.day", "<", np.datetime64("2024-02-01", "ns"), "A"),
        ("meta.day", "==", datetime(2024, 3, 5, 9, tzinfo=timezone(timedelta(hours=1))), "B"),
        ("meta.day", "in", [date(2024, 1, 5), datetime(2024, 3, 5, 8)], "AB"),
        ("meta.day", "not in", [pandas.Timestamp("2024-01-05")], "BC"),
        ("meta.visits", "==", date(2023, 6, 1), "A"),
        ("meta.visits", "==", [date(2023, 5, 1), date(2023, 6, 1)], "A"),
        ("meta.masts", "==", np.int64(3), "A"),
        ("meta.masts", "==", np.uint8(2), "B"),
        ("meta.masts", ">", Decimal("2"), "A"),
        ("meta.masts", "in", list(np.array([2, 3])), "AB"),
        ("meta.price", "==", Decimal("12.50"), "A"),
        ("meta.price", "==", np.float32(12.5), "A"),
        ("meta.price", "<", Fraction(7, 2), "B"),
        ("meta.price", "<", float("inf"), "AB"),
        ("meta.price", "==", None, "C"),
        ("meta.price", "==", float("nan"), "C"),
        ("meta.price", "!=", np.float64("nan"), "AB"),
        ("meta.day", "==", pandas.NaT, "C"),
        ("meta.day", "in", [pandas.NA, date(2024, 1, 5)], "AC"),
        ("meta.masts", ">", None, ""),
        ("meta.masts", ">", float("nan"), ""),
        ("meta.afloat", "==", np.True_, "A"),
        ("meta.afloat", "==", np.False_, "B"),
        ("meta.afloat", "!=", np.True_, "BC"),
        ("meta.afloat", "in", [np.True_], "A"),
        ("meta.masts", "==", np.True_, ""),
        ("meta.colour", "==", Colour.RED, "A"),
        ("meta.colour", "in", [np.str_("blue"), Colour.RED], "AB"),
        ("meta.number", "==", UUID(int=7), "A"),
        ("meta.berth", "==", Path("north/2"), "A"),
        ("meta.logs", "==", ("a", "b"), "A"),
        ("meta.logs", "==", np.array(["a", "b"]), "A"),
        ("meta.captain", "==", unicodedata.normalize("NFC", "Zoë"), "AB"),
        ("meta.captain", "in", [unicodedata.normalize("NFD", "Zoë")], "AB"),
    ],
)
def test_a_value_of_another_type_is_read(store, field, operator, value, names):
    assert "".join(found(store, field, operator, value)) == names


@pytest.mark.parametrize(
    ("operator", "value", "message"),
    [
        ("==", b"red", "of type bytes"),
        ("==", object(), "of type object"),
        ("==", 1j, "of type complex"),
        ("in", [b"red"], "of type bytes"),
        ("==", pandas.Period("2024"), "of type Period"),
        ("in", (1, 2), "wants a list"),
        ("in", np.array([1, 2]), "wants a list"),
        (">", np.True_, "only numbers and ISO dates"),
        (">", [date(2024, 1, 1)], "only numbers and ISO dates"),
        (">", Colour.RED, "only numbers and ISO dates"),
    ],
)
def test_a_value_that_no_metadata_has_is_refused_in_words(store, operator, value, message):
    with pytest.raises(FilterError, match=message):
        found(store, "meta.price", operator, value)


def test_ids_are_compared_as_they_are(tmp_path):
    store = open_store(str(tmp_path / "kb"))
    ids = [unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD")]
    store.write_documents([HaystackDocument(id=name, content=form) for name, form in zip(ids, "CD", strict=True)])
    assert [found(store, "id", "==", name) for name in ids] == [["C"], ["D"]]


def test_titles_and_uris_are_found_in_any_form(store):
    title = unicodedata.normalize("NFD", "Übersicht")
    node = Node("d", "chunk", 0, 5, "Depth", title=title, uri=f"{title}.md", id="n1")
    from kbase.nodes import node_to_haystack

    store.write_documents([node_to_haystack(node)])
    try:
        for field, value in (("title", "Übersicht"), ("uri", "Übersicht.md")):
            for form in ("NFC", "NFD"):
                assert found(store, field, "==", unicodedata.normalize(form, value)) == ["D"]
    finally:
        store.delete_documents(["n1"])


@pytest.mark.parametrize("value", [Decimal("2.5"), np.float64(2.5)])
def test_a_question_takes_such_a_filter_too(tmp_path, value):
    kb = KnowledgeBase(tmp_path / "kb")
    weights = {2: "The crane weighs forty tons.", 3: "The crane weighs ninety tons."}
    kb.add([HaystackDocument(content=text, meta={"part": part}) for part, text in weights.items()], progress=False)
    later = {"field": "meta.part", "operator": ">=", "value": value}
    assert "ninety" in kb.ask("What does the crane weigh?", filters=later).text
    assert "forty" not in kb.ask("What does the crane weigh?", filters=later).text
