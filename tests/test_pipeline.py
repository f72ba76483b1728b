"Pipelines: any with a question in and an Answer out is asked; traced under threads; saved, and loaded with care."

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from haystack import Document as HaystackDocument
from haystack import Pipeline, component, tracing
from haystack.components.generators.chat import MockChatGenerator
from haystack.components.joiners import BranchJoiner, StringJoiner
from haystack.core.errors import PipelineRuntimeError
from haystack.errors import FilterError
from haystack.tracing.tracer import NullSpan

from kbase.nodes import Document, Node
from kbase.querying.components import NodeRetriever, PartsRetriever
from kbase.querying.drawing import draw_pipeline
from kbase.querying.expansion import WAYS
from kbase.querying.pipeline import answer_question, build_pipeline, question_inputs, route_conditions
from kbase.querying.plan import Plan, QueryPart, narrow
from kbase.querying.routes import ROUTES, Routes, RouteSpec
from kbase.querying.saving import MAX_YAML, dump_pipeline, load_pipeline, read_yaml
from kbase.querying.tracing import StepTracer, traced_steps
from kbase.results import Answer, Hits
from kbase.settings import Settings
from kbase.stores.contract import NodeStore, open_store
from kbase.stores.rows import Indexed, Source

TEXTS = {
    "Loops": "An event loop runs coroutines. It finalises async generators by awaiting their aclose method.",
    "Threads": "Threads run in parallel while they wait for input. A lock guards the interpreter.",
    "Pears": "Pears ripen in autumn. They are picked green and ripen off the tree.",
}
HOSTILE = ["[1,2]", "None", "{{7*7}}", "{% for x in range(10**9) %}x{% endfor %}", "'", "\x00\ud800", "x" * 100_000]


def equals(field: str, value: object) -> dict[str, Any]: return {"field": field, "operator": "==", "value": value}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeStore]:
    made = open_store(str(tmp_path_factory.mktemp("kb") / "notes"))
    items = []
    for title, text in TEXTS.items():
        document = Document(f"{title.lower()}.txt", text, title, {"year": 2020 + len(title)}, language="en")
        more = {"title": title, "uri": document.uri, "language": "en", "meta": document.meta}
        nodes = [Node(document.id, kind, 0, len(text), text, **more) for kind in ("chunk", "document")]
        source = Source(document.uri, document.id, title=title, nodes=2, language="en", characters=len(text))
        items.append(Indexed(source, document, nodes))
    made.put(items)
    yield made
    made.close()


@pytest.fixture
def pipeline(store: NodeStore) -> Pipeline: return build_pipeline(store, None, Settings())


@component
class Narrower:
    "Adds a filter to a plan."
    def __init__(self, year: int): self.year = year

    @component.output_types(plan=Plan)
    def run(self, plan: Plan) -> dict[str, Plan]: return {"plan": narrow(plan, equals("meta.year", self.year))}


@component
class Poet:
    @component.output_types(answer=Answer)
    def run(self, plan: Plan, found: list[Hits]) -> dict[str, Answer]:
        return {"answer": Answer(plan.question, f"{sum(map(len, found))} lines", plan.route)}


@component
class Writer:
    "A writer that knows nothing of plans."
    @component.output_types(answer=Answer)
    def run(self, query: str, documents: list[HaystackDocument]) -> dict[str, Answer]:
        return {"answer": Answer(query, " ".join(document.content or "" for document in documents), "mine")}


@pytest.mark.parametrize(("question", "route", "expected"), [
    ("When do pears ripen?", "fact", "Pears ripen in autumn"), ("Compare event loops and threads", "comparison",
                                                                "**threads**: Threads run"),
    ("Which documents mention pears?", "list", "1 document mentions"),
    ("What is the document on pears about?", "summary", "**Pears**"),
])
def test_each_route_has_its_writer(pipeline: Pipeline, question: str, route: str, expected: str) -> None:
    answer = answer_question(pipeline, question)
    assert answer.route == route and expected in answer.text and not answer.refused
    ran = [step["component"] for step in answer.trace["steps"]]
    assert ran == ["planner", "find", "router", f"write_{route}", "answer"]
    assert answer.trace["branch"] == {"route": route, "taken": route,
                                      "reason": ""} and answer.trace["plan"]["route"] == route
    assert len(answer.trace["retrieved"]) == len(answer.trace["plan"]["parts"])
    assert all(len(part["hits"]) == part["count"] for part in answer.trace["retrieved"])
    json.dumps(answer.to_dict())


def test_hits_arrive_at_the_writers_with_what_they_know(store: NodeStore) -> None:
    seen: list[Hits] = []

    @component
    class Reader:
        @component.output_types(answer=Answer)
        def run(self, plan: Plan, found: list[Hits]) -> dict[str, Answer]:
            seen.extend(found)
            return {"answer": Answer(plan.question, "", plan.route)}

    routes = Routes({"fact": RouteSpec("fact", "", Reader)})
    answer_question(build_pipeline(store, None, Settings(), routes=routes), "When do pears ripen?")
    assert seen[0].query == "When do pears ripen?" and seen[0].idf and seen[0][0].cover


@pytest.mark.parametrize("question", HOSTILE, ids=lambda q: repr(q[:20]))
def test_questions_stay_text(pipeline: Pipeline, question: str) -> None:
    answer = answer_question(pipeline, question)
    assert answer.question == question and answer.trace["branch"]["taken"] == "fact"


def test_filters_of_the_caller_and_of_a_component_meet_in_the_plan(store: NodeStore) -> None:
    pipeline = build_pipeline(store, None, Settings())
    planner = pipeline.remove_component("planner")
    for name, box in (("planner", planner), ("narrower", Narrower(2025))): pipeline.add_component(name, box)
    for receiver in ("find", "router"): pipeline.connect("narrower.plan", f"{receiver}.plan")
    pipeline.connect("planner.plan", "narrower.plan")
    answer = answer_question(pipeline, "What ripens, waits or runs?", filters=equals("language", "en"))
    assert {hit.title for hit in answer.evidence} == {"Loops", "Pears"}  # each of five letters, and so of 2025
    assert answer.trace["plan"]["parts"][0]["filters"]["operator"] == "AND"  # the plan as it was looked up
    assert answer.trace["filters"] == equals("language", "en")


def test_a_bad_filter_or_route_comes_out_as_it_is(pipeline: Pipeline) -> None:
    with pytest.raises(FilterError, match="did you mean 'year'"):
        answer_question(pipeline, "pears", filters=equals("meta.yaer", 1))
    with pytest.raises(ValueError, match="route is 'poem'"): answer_question(pipeline, "pears", "poem")
    with pytest.raises(TypeError, match="NoneType"): answer_question(pipeline, None)  # type: ignore[arg-type]


def test_a_plan_without_a_branch_goes_to_the_default_and_the_trace_says_so(
        pipeline: Pipeline, store: NodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROUTES, "poem", RouteSpec("poem", "verses", Poet))
    before = answer_question(pipeline, "pears", "poem")
    after = answer_question(build_pipeline(store, None, Settings()), "pears", "poem")
    assert (before.trace["branch"]["taken"], "no branch 'poem'" in before.trace["branch"]["reason"]) == ("fact", True)
    assert after.text == "1 lines" and after.trace["branch"] == {"route": "poem", "taken": "poem", "reason": ""}


def test_conditions_are_compiled_once_and_read_anew_for_each_question(store: NodeStore) -> None:
    made = build_pipeline(store, None, Settings())
    asked = {"When do pears ripen?": "fact", "Compare event loops and threads": "comparison"}
    for _ in range(2):
        for question, route in asked.items(): assert answer_question(made, question).route == route
    kept = made.get_component("router")._env.from_string.cache_info()
    assert kept.misses <= len(ROUTES) and kept.hits >= kept.misses
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda at: answer_question(made, list(asked)[at % 2]).route, range(12)))
    assert found == list(asked.values()) * 6


def test_a_branch_may_be_taken_out_or_exchanged(store: NodeStore) -> None:
    pipeline = build_pipeline(store, None, Settings())
    pipeline.remove_component("write_summary")
    assert answer_question(pipeline, "When do pears ripen?").citations
    pipeline.remove_component("write_list")
    pipeline.add_component("poet", Poet())
    for sender, receiver in (("router.list", "poet.plan"), ("find.found", "poet.found"),
                             ("poet.answer", "answer.value")):
        pipeline.connect(sender, receiver)
    assert answer_question(pipeline, "Which documents mention pears?").text == "1 lines"
    with pytest.raises(ValueError, match="0 answers"): answer_question(pipeline, "Summarise the document on pears")


def test_a_pipeline_of_other_boxes_is_asked_too(store: NodeStore) -> None:
    own = Pipeline()
    own.add_component("retriever", NodeRetriever(store, top_k=1, mode="bm25"))
    own.add_component("writer", Writer())
    own.connect("retriever.documents", "writer.documents")
    answer = answer_question(own, "pears", filters=equals("meta.year", 2025))
    assert answer.text == TEXTS["Pears"] and answer.trace["plan"] is None and answer.trace["branch"] is None
    assert answer.trace["retrieved"][0]["query"] == "pears"
    with pytest.raises(ValueError, match="no open input for route"): answer_question(own, "pears", "fact")


def test_a_filter_that_nobody_takes_is_an_error() -> None:
    echo = Pipeline()
    echo.add_component("writer", Writer())
    assert question_inputs(echo, "Who?") == {"writer": {"query": "Who?"}}
    with pytest.raises(ValueError, match="no open input for filters"):
        question_inputs(echo, "Who?", None, equals("uri", "x"))
    with pytest.raises(ValueError, match="called question or query or text"): question_inputs(Pipeline(), "Who?")


def test_two_answers_are_one_too_many(store: NodeStore) -> None:
    own = Pipeline()
    for name in ("one", "two"):
        own.add_component(f"find_{name}", NodeRetriever(store, mode="bm25"))
        own.add_component(name, Writer())
        own.connect(f"find_{name}.documents", f"{name}.documents")
    with pytest.raises(ValueError, match="gave 2 answers"): answer_question(own, "pears")


# -- the retriever of parts ----------------------------------------------------------------------------------


def test_a_part_names_its_own_kinds_and_grows_by_name(store: NodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    retriever = PartsRetriever(store, mode="bm25", find={"fact": {"top_k": 2}})
    parts = (QueryPart("pears"), QueryPart("pears", kinds=("document",)), QueryPart("pears threads", expand="first"))
    with pytest.raises(ValueError, match="no way to expand"): retriever.run(Plan("?", "fact", parts))
    monkeypatch.setitem(WAYS, "first", lambda _, hits: hits[:1])
    found = retriever.run(Plan("?", "fact", parts))["found"]
    assert [[hit.kind for hit in hits] for hits in found] == [["chunk"], ["document"], ["chunk"]]
    with pytest.raises(ValueError, match="cannot take filters"): PartsRetriever(store, find={"fact": {"filters": {}}})


def test_parts_and_routes_grow_their_hits_by_the_ways_to_expand(store: NodeStore) -> None:
    whole, plain = QueryPart("aclose", expand="document"), QueryPart("aclose")
    by_part = PartsRetriever(store, mode="bm25").run(Plan("?", "fact", (whole,)))["found"][0]
    by_route = PartsRetriever(store, mode="bm25", find={"fact": {"expand": "document"}})
    assert [hit.done for hit in by_part] == [["text: read whole"]]
    assert [hit.done for hit in by_route.run(Plan("?", "fact", (plain,)))["found"][0]] == [["text: read whole"]]
    own = by_route.run(Plan("?", "fact", (QueryPart("aclose", expand="window"),)))["found"][0]
    assert all("text" not in hit.parts for hit in own)  # a part's own way comes first
    with pytest.raises(ValueError, match="use window, section"): PartsRetriever(store, find={"fact": {"expand": "all"}})


def test_an_answer_is_written_from_what_a_route_expands(store: NodeStore) -> None:
    grown = RouteSpec("fact", "a detail", ROUTES["fact"].write, {"top_k": 2, "expand": "document"})
    made = build_pipeline(store, None, Settings(), routes=Routes(fact=grown))
    answer = answer_question(made, "How does an event loop finalise async generators?", "fact")
    assert "aclose" in answer.text and answer.evidence[0].done == ["text: read whole"]
    assert answer.citations and all(cited.quote in TEXTS["Loops"] for cited in answer.citations)


# -- tracing -------------------------------------------------------------------------------------------------


def joiners(*names: str) -> Pipeline:
    made = Pipeline()
    for name in names: made.add_component(name, StringJoiner())
    for one, other in zip(names, names[1:], strict=False): made.connect(f"{one}.strings", f"{other}.strings")
    return made


def test_steps_of_threads_do_not_mix() -> None:
    meeting, before = threading.Barrier(8), tracing.tracer.actual_tracer
    pipelines = {f"box{i}": joiners(f"box{i}", f"end{i}") for i in range(8)}

    def ask(name: str) -> list[str]:
        with traced_steps() as steps:
            meeting.wait(30)  # all of them are inside
            for _ in range(20): pipelines[name].run({name: {"strings": ["x"]}})
        return [step["component"] for step in steps]

    with ThreadPoolExecutor(8) as pool: seen = dict(zip(pipelines, pool.map(ask, pipelines), strict=True))
    assert seen == {name: [name, name.replace("box", "end")] * 20 for name in pipelines}
    assert tracing.tracer.actual_tracer is before


class Noting(tracing.Tracer):
    "A user's tracer."
    def __init__(self) -> None: self.names: list[str] = []

    @contextmanager
    def trace(self, operation_name: str, tags: dict[str, Any] | None = None, parent_span: Any = None) -> Iterator[Any]:
        self.names.append((tags or {}).get("haystack.component.name", operation_name))
        yield NullSpan()

    def current_span(self) -> None: return None


@pytest.fixture
def noting() -> Iterator[Noting]:
    before = tracing.tracer.actual_tracer
    yield Noting()
    tracing.enable_tracing(before)


def test_a_tracer_of_the_user_sees_everything_and_stays(noting: Noting) -> None:
    tracing.enable_tracing(noting)
    with traced_steps() as outer, traced_steps() as inner: joiners("a").run({"a": {"strings": []}})
    assert tracing.tracer.actual_tracer is noting and "a" in noting.names
    assert [step["component"] for step in inner] == ["a"] and outer == []  # the innermost question has the step


def test_a_tracer_that_is_set_meanwhile_is_not_taken_out(noting: Noting) -> None:
    with traced_steps():
        tracing.enable_tracing(noting)
        with traced_steps() as steps: joiners("a").run({"a": {"strings": []}})
        assert steps and isinstance(tracing.tracer.actual_tracer, StepTracer)
    assert tracing.tracer.actual_tracer is noting


def test_a_step_that_fails_is_noted_and_the_tracer_goes(store: NodeStore) -> None:
    before, own = tracing.tracer.actual_tracer, Pipeline()
    own.add_component("find", NodeRetriever(store, mode="bm25"))
    with pytest.raises(PipelineRuntimeError, match="top_k"), traced_steps() as steps:
        own.run({"find": {"query": "a", "top_k": 0}})
    assert [step["component"] for step in steps] == ["find"] and tracing.tracer.actual_tracer is before


# -- saved, loaded, drawn ------------------------------------------------------------------------------------


def test_a_saved_pipeline_answers_the_same(pipeline: Pipeline, store: NodeStore) -> None:
    loaded = load_pipeline(dump_pipeline(pipeline))
    assert loaded.get_component("find").store is store
    for question in ("When do pears ripen?", "Compare event loops and threads", "Which documents mention pears?",
                     *HOSTILE[:4]):
        one, other = answer_question(pipeline, question), answer_question(loaded, question)
        assert (one.text, one.citations, one.trace["branch"]) == (other.text, other.citations, other.trace["branch"])
    again = load_pipeline(dump_pipeline(loaded))
    assert set(again.graph.edges) == set(pipeline.graph.edges) and set(again.graph.nodes) == set(pipeline.graph.nodes)


@pytest.mark.parametrize(("text", "reason"), [
    ("a: &a [x]\nb: [*a, *a]", "line 1 has an anchor"),
    ("a: 1\nb: !!python/object/apply:os.system ['true']", "line 2 has an anchor, an alias or a tag"),
    ("&" + "a" * 10 + " x", "anchor"),
    ("x" * (MAX_YAML + 1), "at most"),
    ("a: [", "no saved pipeline"),
    ("\x00", "no saved pipeline"),
    ("[" * 5000, "no saved pipeline"),
    ("just words", "no components"),
], ids=["alias", "tag", "anchor", "size", "unclosed", "binary", "deep", "words"])
def test_hostile_yaml_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason): load_pipeline(text)


def test_a_bomb_of_aliases_is_not_read() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(ValueError, match="anchor"): read_yaml("\n".join(lines))


@pytest.mark.parametrize("name", ["subprocess.Popen", "os.system", "builtins.eval", "kbase_evil.Box",
                                  "haystack.components.generators.chat.openai.OpenAIChatGenerator"])
def test_a_class_that_is_not_trusted_is_not_made(name: str) -> None:
    text = dump_pipeline(joiners("a")).replace("haystack.components.joiners.string_joiner.StringJoiner", name)
    with pytest.raises(ValueError, match="would make a"): load_pipeline(text)


def test_a_class_hidden_in_an_argument_is_not_made(pipeline: Pipeline, tmp_path: Path) -> None:
    witness = tmp_path / "made"
    for slot in ("embedder: null", "llm: null"):
        evil = f"{slot.split(':')[0]}: {{type: subprocess.Popen, init_parameters: {{args: [touch, {witness}]}}}}"
        text = dump_pipeline(pipeline).replace(slot, evil)
        assert evil in text
        with pytest.raises(ValueError, match="would make a subprocess.Popen"): load_pipeline(text)
    assert not witness.exists()


def test_a_model_is_made_when_its_class_is_trusted(store: NodeStore) -> None:
    text = dump_pipeline(build_pipeline(store, None, Settings(), MockChatGenerator("x")))
    with pytest.raises(ValueError, match="would make a haystack.components.generators.chat.mock.*also="):
        load_pipeline(text)
    loaded = load_pipeline(text, ["haystack.components.generators.chat.*"])
    assert isinstance(loaded.get_component("planner").llm, MockChatGenerator)


def test_the_environment_may_not_open_the_door(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAYSTACK_UNSAFE_DESERIALIZATION", "true")
    with pytest.raises(ValueError, match="unset it"): load_pipeline(dump_pipeline(pipeline))


def test_a_picture_marks_what_ran_and_runs_nothing(pipeline: Pipeline) -> None:
    drawn = draw_pipeline(pipeline, taken=["planner", "find"])
    assert drawn.count('stroke-width="3"') == 2 and drawn.count("<rect") == len(pipeline.graph.nodes)
    hostile = Pipeline()
    hostile.add_component("<script>alert(1)</script>", BranchJoiner(str))
    assert "<script>" not in draw_pipeline(hostile) and draw_pipeline(Pipeline()).startswith("<svg")


def test_the_conditions_hold_names_only() -> None:
    rows = route_conditions(list(ROUTES))
    assert [row["output_name"] for row in rows][-1] == "fact" and rows[-1]["condition"] == "{{ True }}"
    assert all(row["output"] == "plan" and row["output_passthrough"] for row in rows)
