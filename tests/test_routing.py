"Routing: any text gets a decision, comparisons name their things, a model's word counts only when it fits."

import json
import time

import numpy as np
import pytest
from haystack import Pipeline
from haystack.components.generators.chat import MockChatGenerator
from haystack.components.routers import ConditionalRouter

from kbase.models import ask_llm, read_json
from kbase.querying.routing import (EXAMPLES, ROUTES, Decision, RouteDecider, Router, match_rules, near_enough, parse_things, read_route,
                                    readable, route_prompt, route_scores, side_query)

HOSTILE = ["", " \n\t", "[1,2]", "None", "True", "{}", "'", "{{7*7}}", "{% for x in range(10**9) %}x{% endfor %}", "__import__('os').system('true')", "\x00\ud800",
           "x" * 1_000_000, "compare " * 120_000, "a and " * 150_000, "vs " * 300_000, "is " * 300 + "better than", "difference between " * 5_000,
           "fasse " * 20_000 + "zusammen", "what is " * 10_000 + "about", "list\n" * 100_000, "，。？" * 1000, "’" * 10_000, "(" * 100_000, "\\" * 1000]


def unit(texts: list[str]) -> np.ndarray:
    "Hashed letters: a stand-in that knows wording and no meaning."
    rows = np.zeros((len(texts), 128), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for char in text: row[ord(char) % 128] += 1
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.mark.parametrize("question", HOSTILE, ids=lambda q: repr(q[:20]))
@pytest.mark.parametrize("model", [None, "[1,2]", '{"route": ["fact"], "things": 3}'])
def test_any_text_gets_a_decision(question: str, model: str | None) -> None:
    router = Router(lambda text: unit([text])[0], unit, MockChatGenerator(model) if model else None)
    began = time.monotonic()
    decision = router.decide(question)
    assert decision.route in ROUTES and 0 <= decision.confidence <= 1 and decision.reasons
    assert time.monotonic() - began < 5
    json.dumps(decision.values)
    decision._repr_html_()


@pytest.mark.parametrize(("question", "things"), [
    ("Compare asyncio and trio", ("asyncio", "trio")),
    ("Please compare asyncio with trio in terms of cancellation.", ("asyncio", "trio")),
    ("Could you compare and contrast oak, beech and ash?", ("oak", "beech", "ash")),
    ("What is the difference between a list and a tuple in Python?", ("list", "tuple")),
    ("What's the difference in revenue between 2018 and 2019?", ("2018", "2019")),
    ("asyncio vs. trio", ("asyncio", "trio")),
    ("How does BM25 differ from TF-IDF?", ("BM25", "TF-IDF")),
    ("How do BM25 and TF-IDF differ?", ("BM25", "TF-IDF")),
    ("which is better, vim or emacs?", ("vim", "emacs")),
    ("Which is faster: the ferry or the tunnel?", ("ferry", "tunnel")),
    ("Is Rust faster than Go?", ("Rust", "Go")),
    ("What do cellos and violas have in common?", ("cellos", "violas")),
    ("What are the advantages of slate over tiles?", ("slate", "tiles")),
    ("Vergleiche Miete und Pacht", ("Miete", "Pacht")),
    ("Was ist der Unterschied zwischen einem Tupel und einer Liste?", ("Tupel", "Liste")),
    ("Worin unterscheidet sich die Miete von der Pacht?", ("Miete", "Pacht")),
    ("Was ist besser, Vim oder Emacs?", ("Vim", "Emacs")),
    ("Quelle est la différence entre Python et Ruby ?", ("Python", "Ruby")),
    ("比较 Python 和 Java", ("Python", "Java")),
])
def test_comparisons_name_their_things(question: str, things: tuple[str, ...]) -> None:
    decision = Router().decide(question)
    assert (decision.route, decision.method, decision.things) == ("comparison", "rules", things)


@pytest.mark.parametrize(("route", "question"), [
    ("list", "Which documents describe the difference between leases and loans?"), ("list", "How many files mention the flood?"),
    ("list", "show me all reports on coral"), ("list", "Welche Dokumente erwähnen das Hochwasser?"), ("list", "Liste alle Dateien über Mühlen auf"),
    ("summary", "Summarise the report"), ("summary", "What is this paper about?"), ("summary", "tl;dr"), ("summary", "Give me an overview of the garbage collector"),
    ("summary", "Worum geht es in diesem Dokument?"), ("summary", "Fasse das Kapitel über Bienen zusammen"),
    ("fact", "Who wrote the report?"), ("fact", "When was Roe vs. Wade decided?"), ("fact", "What are you worried about?"),
    ("fact", "Summarise what the chairman said about the roof"), ("fact", "Explain list comprehensions"), ("fact", "What documents do I need to open an account?"),
    ("fact", "Wann wurde die Brücke gebaut?"), ("fact", "How do I compare strings?"), ("fact", "Is the limit higher than 10?"),
])
def test_wordings(route: str, question: str) -> None:
    assert Router().decide(question).route == route


def test_what_is_compared_is_never_a_pronoun_or_endless() -> None:
    assert parse_things("them and the others") == () and parse_things("a and " + "b" * 200) == () and parse_things("one") == ()
    assert parse_things(" and ".join("abcdefgh")) == ()  # more things than anyone compares
    decision = Router().decide("What is the difference between these two?")
    assert (decision.route, decision.things) == ("comparison", ())


def test_sides_keep_the_rest_of_the_question() -> None:
    assert side_query("Compare asyncio and trio in terms of cancellation", "trio", ("asyncio", "trio")) == "trio cancellation"
    assert side_query("x" * 100_000, "a", ("a", "b"))


def test_a_given_route_is_taken() -> None:
    decision = Router().decide("Compare oak and beech", "comparison")
    assert (decision.method, decision.confidence, decision.things) == ("given", 1.0, ("oak", "beech"))
    assert Router().decide("Compare oak and beech", "list").things == ()
    with pytest.raises(ValueError, match="poem"): Router().decide("x", "poem")
    with pytest.raises(TypeError, match="NoneType"): Router().decide(None)  # type: ignore[arg-type]


def test_examples_are_embedded_once_and_a_near_one_decides() -> None:
    calls: list[int] = []
    places = {text: i for i, text in enumerate(t for texts in EXAMPLES.values() for t in texts)}
    route_of = {text: route for route, texts in EXAMPLES.items() for text in texts}

    def embed(texts: list[str]) -> np.ndarray:  # a route has a direction of its own
        calls.append(len(texts))
        rows = np.full((len(texts), 5), 0.1, np.float32)
        for row, text in zip(rows, texts, strict=True): row[ROUTES.index(route_of.get(text, "list"))] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    router = Router(lambda text: embed([text])[0], embed)
    decisions = [router.decide(q) for q in ("Gibberish one", "Gibberish two")]
    assert calls == [1, len(places), 1]
    assert [(d.route, d.method) for d in decisions] == [("list", "examples")] * 2


def test_scores_of_equal_vectors_leave_the_route_open() -> None:
    examples = {route: np.ones((4, 2), np.float32) / np.sqrt(2) for route in ROUTES}
    assert route_scores(np.array([1, 0], np.float32), examples)[1] == 0.0
    assert near_enough(examples["fact"]) == pytest.approx(1.0)
    assert Router(lambda _: np.array([1, 0], np.float32), lambda texts: np.ones((len(texts), 2), np.float32)).decide("Gibberish").route == "fact"


def say(*texts: str) -> MockChatGenerator:
    return MockChatGenerator(list(texts))


@pytest.mark.parametrize(("replies", "reason"), [
    (["list"], "no decision"), (['{"route": "drop"}'], "no decision"), (['{"route": "list", "things": []}', '{"route": "fact", "things": []}'], "another order"),
    (['{"route": "comparison", "things": ["gold"]}'], "does not say of what"), (["{" * 10_000], "no decision"), (["{}"] * 2, "no decision"),
])
def test_a_model_that_does_not_fit_is_ignored_and_told(replies: list[str], reason: str) -> None:
    decision = Router(llm=say(*replies)).decide("Gibberish of some kind")
    assert (decision.route, decision.method) == ("fact", "default") and any(reason in told for told in decision.reasons), decision.reasons
    assert decision.values["llm"][0]["prompt"]


def test_a_model_that_fits_is_heard() -> None:
    decision = Router(llm=say('```json\n{"route": "comparison", "things": ["rye", "wheat", "gold"]}\n```')).decide("Bread of rye, bread of wheat, hm")
    assert (decision.route, decision.method, decision.things) == ("comparison", "llm", ("rye", "wheat"))


def test_a_model_may_fail_or_hang() -> None:
    def broken(_: object) -> str: raise RuntimeError("out of memory")
    def slow(_: object) -> str: time.sleep(3); return "{}"

    assert any("out of memory" in told for told in Router(llm=MockChatGenerator(response_fn=broken)).decide("Gibberish").reasons)
    began = time.monotonic()
    decision = Router(llm=MockChatGenerator(response_fn=slow), timeout=0.2).decide("Gibberish")
    assert decision.route == "fact" and time.monotonic() - began < 2 and any("0.2 s" in told for told in decision.reasons)
    assert ask_llm(say(""), "x", 1).error == "an empty answer"


def test_the_question_cannot_leave_its_fence() -> None:
    first, second = route_prompt("</question>"), route_prompt("</question>")
    assert first != second
    tag = first.split("<question-")[1].split(">")[0]
    assert first.count(f"</question-{tag}>") == 1


def test_only_the_schema_is_read() -> None:
    assert read_json('text {"a": 1} text {"b": 2}') == {"a": 1} and read_json("[1,2]") is None and read_json("{" * 5000) is None
    assert read_route('{"route": "comparison", "things": ["a", 3, null, "zz"]}', "a and b") == ("comparison", ())
    assert read_route('{"route": 1}', "") is None


def test_long_questions_are_read_at_both_ends() -> None:
    assert Router().decide("Some pasted text. " * 5000 + "\nWhich documents mention floods?").route == "list"
    assert len(readable("x" * 10**6)) <= 2001


def test_templates_stay_text_through_the_pipeline() -> None:
    pipeline = Pipeline()
    pipeline.add_component("decide", RouteDecider())
    rows = [{"condition": "{{ route == '%s' }}" % route, "output": "question", "output_name": route, "output_type": str, "output_passthrough": True}
            for route in ROUTES[1:]]
    rows.append({**rows[0], "condition": "{{ True }}", "output_name": "fact"})
    pipeline.add_component("router", ConditionalRouter(rows, validate_output_type=True))  # type: ignore[arg-type]
    pipeline.connect("decide.route", "router.route")
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["kbase.*"])
    for question in HOSTILE[:12]:
        for one in (pipeline, loaded):
            assert one.run({"decide": {"question": question}, "router": {"question": question}})["router"] == {"fact": question}


def test_the_component_is_saved_with_its_model() -> None:
    decider = RouteDecider.from_dict(RouteDecider(llm=MockChatGenerator("x"), timeout=3).to_dict())
    assert isinstance(decider.llm, MockChatGenerator) and decider.timeout == 3
    with pytest.raises(ValueError, match="timeout"): RouteDecider(timeout=0)


def test_rules_are_tried_in_order_and_examples_are_not_theirs_to_break() -> None:
    for route, texts in EXAMPLES.items():
        for text in texts:
            found = match_rules(text)
            assert found is None or found[0].route in (route, "fact"), (text, found and found[0].name)
    assert isinstance(Decision("fact", 1, "rules"), Decision)
