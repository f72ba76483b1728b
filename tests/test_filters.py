"Filters: words become conditions, several are joined, fields that do not exist are refused."

import pytest
from haystack.errors import FilterError
from hypothesis import given
from hypothesis import strategies as st

from kbase.querying.filters import (all_of, check_fields, checked_filter, fields_of, parse_condition, parse_filters,
                                    typed_value)
from kbase.stores.conditions import parse_filter


class Counted:
    "As much of a store as a filter is held against; counts how often it is asked for its fields."

    def __init__(self, *fields: str) -> None: self.fields, self.asked = fields, 0

    def get_metadata_fields_info(self) -> dict[str, dict[str, str]]:
        self.asked += 1
        return {name: {"type": "keyword"} for name in self.fields}


def equals(field: str, value: object) -> dict[str, object]: return {"field": field, "operator": "==", "value": value}


@pytest.mark.parametrize("field", ["meta.year", "year", "author", "author.name", "author.name.first", "title",
                                   "document_id", "page"])
def test_fields_that_there_are(field: str) -> None:
    check_fields(equals(field, 1), ["year", "author.name.first"])


@pytest.mark.parametrize("field", ["meta.yaer", "auth", "author.name.firs", "author.", "name", "__proto__",
                                   "meta.title", "meta."])
def test_fields_that_there_are_not(field: str) -> None:
    with pytest.raises(FilterError, match="no node has a field|name a field"):
        check_fields(equals(field, 1), ["year", "author.name.first"])


def test_a_field_deep_inside_is_seen_and_a_near_name_is_told() -> None:
    deep: dict[str, object] = equals("meta.yaer", 2020)
    for operator in ("AND", "OR", "NOT", "AND"): deep = {"operator": operator, "conditions": [equals("uri", "a"), deep]}
    with pytest.raises(FilterError, match="did you mean 'year'.*Metadata fields are author, year"):
        check_fields(deep, ["year", "author"])
    assert [condition.field for condition in fields_of(parse_filter(deep))] == ["uri", "yaer"]


def test_a_store_is_asked_for_its_fields_only_by_a_filter_on_metadata() -> None:
    store, english = Counted("year"), equals("language", "en")
    assert checked_filter(store, None) is None  # type: ignore[arg-type]
    assert checked_filter(store, english) == english  # type: ignore[arg-type]
    assert store.asked == 0
    checked_filter(store, all_of(equals("year", 1), equals("meta.year", 2)))  # type: ignore[arg-type]
    assert store.asked == 1


def test_what_the_base_demands_holds_beside_whatever_the_caller_says() -> None:
    store, mine = Counted("owner"), equals("meta.owner", "me")
    assert checked_filter(store, None, mine) == mine  # type: ignore[arg-type]
    either = {"operator": "OR", "conditions": [equals("meta.owner", "you"), equals("meta.owner", "me")]}
    assert checked_filter(store, either, mine) == {"operator": "AND",
                                                   "conditions": [mine, either]}  # type: ignore[arg-type]


def test_filters_are_joined_and_not_changed() -> None:
    one, other = equals("a", 1), equals("b", 2)
    joined = all_of(one, None, {}, other)
    assert joined == {"operator": "AND", "conditions": [one, other]} and all_of() is None and all_of(None, one) == one
    assert all_of(one) is not one


@given(st.text(max_size=80))
def test_any_text_is_a_condition_or_a_ValueError(text: str) -> None:
    try: condition = parse_condition(text)
    except ValueError: return
    assert set(condition) == {"field", "operator", "value"} and condition["field"]


@pytest.mark.parametrize(("text", "expected"), [
    (["year>=2021"], {"field": "year", "operator": ">=", "value": 2021}),
    (["author = Ada Lovelace"], equals("author", "Ada Lovelace")),
    (["tags not in a, b"], {"field": "tags", "operator": "not in", "value": ["a", "b"]}),
    (["done=true", "note=none"], {"operator": "AND", "conditions": [equals("done", True), equals("note", None)]}),
    ([], None),
])
def test_conditions_in_words(text: list[str], expected: object) -> None:
    assert parse_filters(text) == expected


def test_a_value_is_what_its_field_holds() -> None:
    assert typed_value("3.10") == 3.1 and typed_value("3.10", "keyword") == "3.10" and typed_value("'7'") == "7"
