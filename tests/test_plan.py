"Plans and routes: plain data that components read, change and hand on; a route is one entry of a table."

import json
from datetime import date

import pytest
from haystack import component

from kbase.querying.fact_writer import FactWriter
from kbase.querying.plan import Plan, QueryPart, narrow
from kbase.querying.planner import plan_question
from kbase.querying.routes import ROUTES, Routes, RouteSpec, add_route, comparison_parts
from kbase.querying.rules import make_rule
from kbase.results import Answer, Hits

YEAR = {"field": "meta.year", "operator": ">=", "value": 2020}
ENGLISH = {"field": "language", "operator": "==", "value": "en"}


def test_filters_of_the_caller_hold_for_every_part() -> None:
    plan = plan_question("Compare oak and beech", YEAR)
    assert [part.filters for part in plan.parts] == [YEAR, YEAR] and plan.labels == ("oak", "beech")
    again = narrow(plan, ENGLISH)
    assert all(part.filters == {"operator": "AND", "conditions": [YEAR, ENGLISH]} for part in again.parts)
    assert [part.filters for part in plan.parts] == [YEAR, YEAR]  # the first is as it was
    assert narrow(plan, None) is plan


def test_a_plan_is_json() -> None:
    filters = {"field": "meta.day", "operator": ">", "value": date(2024, 5, 1)}
    parts = (QueryPart("a", filters, ("chunk",), label="a"), QueryPart("b"))
    data = json.loads(json.dumps(Plan("a?", "fact", parts, values={"rules": {"rule": None}}).to_dict()))
    assert data["parts"][0]["filters"]["value"] == "2024-05-01" and data["parts"][1]["filters"] is None
    named = {"question", "route", "parts", "method", "confidence", "reasons", "values", "original", "notes", "whole"}
    assert set(data) == named


def test_a_plan_draws_itself_escaped() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    parts = (QueryPart(hostile, {"field": hostile, "operator": "==", "value": hostile}, (hostile,), label=hostile),)
    drawn = Plan(hostile, hostile, parts, hostile, 1.0, (hostile,))._repr_html_()
    assert "<img" not in drawn and "&lt;img" in drawn


def test_a_comparison_without_things_is_the_question_itself() -> None:
    assert comparison_parts("Compare these", ()) == ()
    assert [part.query for part in ROUTES["comparison"].parts_of("Compare these")] == ["Compare these"]


@pytest.mark.parametrize("name", ["", "Poem", "a b", "x' }}{{ 7*7", "1st", "a" * 33])
def test_a_name_that_a_condition_could_not_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"): RouteSpec(name, "", FactWriter)


def test_the_table_draws_itself_and_a_route_may_be_put_in_anothers_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kbase.querying.routes.ROUTES", table := Routes(ROUTES))
    add_route(RouteSpec("fact", "<b>mine</b>", FactWriter, None))
    assert list(table) == list(ROUTES) and table["fact"].find is None and ROUTES["fact"].find is not None
    assert "&lt;b&gt;mine" in table._repr_html_()


def test_a_route_of_ones_own_is_chosen_by_its_rules() -> None:
    @component
    class Poet:
        @component.output_types(answer=Answer)
        def run(self, plan: Plan, found: list[Hits]) -> dict[str,
                                                             Answer]: return {"answer": Answer(plan.question, "",
                                                                                               plan.route)}

    poem = RouteSpec("poem", "verses", Poet, None, (make_rule("verses", r"{start}rhyme\b"),))
    routes = Routes({**ROUTES, "poem": poem})
    assert plan_question("Please rhyme on rain", routes=routes).route == "poem"
    assert plan_question("Please rhyme on rain").route == "fact"
    with pytest.raises(ValueError, match="poem"): plan_question("rain", route="poem")
