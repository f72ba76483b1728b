"Routing: any text gets a plan, comparisons name their things, a model's word counts only when it fits."

import json
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from haystack.components.generators.chat import MockChatGenerator
from haystack.core.serialization import component_from_dict, component_to_dict

from kbase.models import ask_llm, read_json
from kbase.querying.plan import Plan
from kbase.querying.planner import (Planner, RouteExamples, match_rules, near_enough, plan_question, read_route,
                                    route_prompt,
                                    route_scores)
from kbase.querying.routes import ROUTES
from kbase.querying.rules import (LANGUAGES, MAX_PATTERN, MAX_RULES, MAX_WORDS, expand, load_examples, load_rules,
                                  make_rule,
                                  read_language, word_list, word_pattern)
from kbase.querying.things import parse_things, readable, side_query

GOLDEN = tomllib.loads((Path(__file__).parent / "data" / "golden_routes.toml").read_text("utf-8"))
HOSTILE = ["", " \n\t", "[1,2]", "None", "True", "{}", "'", "{{7*7}}", "{% for x in range(10**9) %}x{% endfor %}",
           "__import__('os').system('true')",
           "\x00\ud800",
           "x" * 1_000_000, "compare " * 120_000, "a and " * 150_000, "vs " * 300_000, "is " * 300 + "better than",
           "difference between " * 5_000,
           "fasse " * 20_000 + "zusammen", "what is " * 10_000 + "about", "list\n" * 100_000, "，。？" * 1000,
           "’" * 10_000,
           "(" * 100_000, "\\" * 1000]



class Letters:
    "Counted letters: a stand-in for an embedder that knows wording and no meaning."

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 128), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for char in text: row[ord(char) % 128] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def embed_query(self, text: str) -> np.ndarray: return self.embed_texts([text])[0]


class Routed:
    "An embedder with a direction for each route: a question goes where its text says, or to lists."

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.route_of = {text: route for route, texts in load_examples().items() for text in texts}

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(len(texts))
        rows = np.full((len(texts), 5), 0.1, np.float32)
        for row, text in zip(rows, texts, strict=True): row[list(ROUTES).index(self.route_of.get(text, "list"))] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_query(self, text: str) -> np.ndarray: return self.embed_texts([text])[0]


@pytest.mark.parametrize("question", HOSTILE, ids=lambda q: repr(q[:20]))
@pytest.mark.parametrize("model", [None, "[1,2]", '{"route": ["fact"], "things": 3}'])
def test_any_text_gets_a_plan(question: str, model: str | None) -> None:
    llm = MockChatGenerator(model) if model else None
    plan = plan_question(question, examples=RouteExamples(Letters()), llm=llm)  # type: ignore[arg-type]
    assert plan.question == question and plan.route in ROUTES and 0 <= plan.confidence <= 1
    assert plan.reasons and plan.parts
    assert json.loads(json.dumps(plan.to_dict()))["values"] == plan.values
    plan._repr_html_()


@pytest.mark.parametrize(("language", "route"),
                         [(language, route) for language in GOLDEN for route in GOLDEN[language]])
def test_golden_questions(language: str, route: str) -> None:
    wrong = [(question, str(plan)) for question in GOLDEN[language][route]
             if (plan := plan_question(question)).route != route or (route != "fact" and plan.method != "rules")]
    assert not wrong


def test_every_language_has_golden_questions_for_every_route() -> None:
    routes = set(ROUTES) - {"sql"}  # whose questions are read by a database
    assert set(GOLDEN) == set(LANGUAGES) and all(set(GOLDEN[language]) == routes for language in LANGUAGES)


def test_data_keeps_its_limits() -> None:
    for language in LANGUAGES:
        data = read_language("routes", language)
        assert len(data["rules"]) <= MAX_RULES and all(len(rule["pattern"]) <= MAX_PATTERN for rule in data["rules"])
        assert all(len(words) <= MAX_WORDS for words in data["words"].values())
        assert {rule["route"] for rule in data["rules"]} <= set(ROUTES)
    assert sum(len(load_rules(route)) for route in ROUTES) == sum(len(read_language("routes",
                                                                                    one)["rules"]) for one in LANGUAGES)
    assert read_language("routes", "xx") == {}


@pytest.mark.parametrize("content", ['[words]\nmany = [' + '"a", ' * (MAX_WORDS + 1) + ']',
                                     '[[rules]]\nname = "x"\npattern = "' + "a" * (MAX_PATTERN + 1) + '"',
                                     '[[rules]]\nname = "x"\npattern = "a"\n' * (MAX_RULES + 1)])
def test_data_that_outgrew_its_limits_is_refused(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "routes").mkdir(parents=True)
    (tmp_path / "data" / "routes" / "xy.toml").write_text(content)
    monkeypatch.setattr("kbase.querying.rules.files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="xy.toml"): read_language.__wrapped__("routes", "xy")


def test_lists_are_asked_for_by_language() -> None:
    assert "mit" in word_list("partner") and "mit" not in word_list("partner", ["en"])
    assert word_pattern("no such list") == "(?:(?!))" and expand("a{1,3}") == "a{1,3}"


def test_rules_are_tried_in_order_and_a_rule_of_ones_own_comes_first() -> None:
    orders = [rule.order for route in ROUTES for rule in load_rules(route)]
    assert min(orders) > make_rule("own", "x").order
    found = match_rules("Which documents describe the difference between leases and loans?")
    assert found and found[0] == "list"
    for route, texts in load_examples().items():
        for text in texts:
            found = match_rules(text)
            # what the metadata do not know is answered from the texts after all
            assert found is None or found[0] in (route, "fact", "account"), (text, found and found[1].name)


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
    plan = plan_question(question)
    assert (plan.route, plan.method, plan.labels) == ("comparison", "rules", things)
    assert [part.query for part in plan.parts] == [side_query(question, thing, things) for thing in things]


@pytest.mark.parametrize(("route", "question"), [
    ("list", "Which documents describe the difference between leases and loans?"),
    ("list", "How many files mention the flood?"),
    ("list", "show me all reports on coral"),
    ("list", "Welche Dokumente erwähnen das Hochwasser?"),
    ("list", "Liste alle Dateien über Mühlen auf"),
    ("summary", "Summarise the report"),
    ("summary", "What is this paper about?"),
    ("summary", "tl;dr"),
    ("summary", "Give me an overview of the garbage collector"),
    ("summary", "Worum geht es in diesem Dokument?"),
    ("summary", "Fasse das Kapitel über Bienen zusammen"),
    ("fact", "Who wrote the report?"),
    ("fact", "When was Roe vs. Wade decided?"),
    ("fact", "What are you worried about?"),
    ("fact", "Summarise what the chairman said about the roof"),
    ("fact", "Explain list comprehensions"),
    ("fact", "What documents do I need to open an account?"),
    ("fact", "Wann wurde die Brücke gebaut?"),
    ("fact", "How do I compare strings?"),
    ("fact", "Is the limit higher than 10?"),
])
def test_wordings(route: str, question: str) -> None:
    assert plan_question(question).route == route


def test_what_is_compared_is_never_a_pronoun_or_endless() -> None:
    assert all(parse_things(text) == () for text in ("them and the others", "a and " + "b" * 200, "one"))
    assert parse_things(" and ".join("abcdefgh")) == ()  # more things than anyone compares
    plan = plan_question("What is the difference between these two?")
    assert (plan.route, plan.labels, len(plan.parts)) == ("comparison", (), 1)


def test_sides_keep_the_rest_of_the_question() -> None:
    assert side_query("Compare asyncio and trio in terms of cancellation", "trio",
                      ("asyncio", "trio")) == "trio cancellation"
    assert len(side_query("x" * 100_000, "a", ("a", "b"))) < 2100


def test_a_given_route_is_taken() -> None:
    plan = plan_question("Compare oak and beech", route="comparison")
    assert (plan.method, plan.confidence, plan.labels) == ("given", 1.0, ("oak", "beech"))
    assert plan_question("Compare oak and beech", route="list").labels == ()
    with pytest.raises(ValueError, match="poem"): plan_question("x", route="poem")
    with pytest.raises(TypeError, match="NoneType"): plan_question(None)  # type: ignore[arg-type]


def test_examples_are_off_unless_asked_for() -> None:
    embedder = Routed()
    planner = Planner(embedder)  # type: ignore[arg-type]
    assert planner.run("Gibberish one")["plan"].method == "default" and embedder.calls == []
    with pytest.raises(ValueError, match="give an embedder"): Planner(examples=True)


def test_examples_are_embedded_once_and_a_near_one_decides() -> None:
    embedder = Routed()
    planner = Planner(embedder, examples=True)  # type: ignore[arg-type]
    plans = [planner.run(question)["plan"] for question in ("Gibberish one", "Gibberish two")]
    assert embedder.calls == [sum(map(len, load_examples().values())), 1, 1]
    assert [(plan.route, plan.method) for plan in plans] == [("list", "examples")] * 2


def test_scores_of_equal_vectors_leave_the_route_open() -> None:
    examples = {route: np.ones((4, 2), np.float32) / np.sqrt(2) for route in ROUTES}
    assert route_scores(np.array([1, 0], np.float32), examples)[1] == 0.0
    assert near_enough(examples["fact"]) == pytest.approx(1.0)


def say(*texts: str) -> MockChatGenerator:
    return MockChatGenerator(list(texts))


@pytest.mark.parametrize(("replies", "reason"), [
    (["list"], "no decision"), (['{"route": "drop"}'], "no decision"), (["{" * 10_000], "no decision"), (["{}"] * 2,
                                                                                                         "no decision"),
    (['{"route": "list", "things": []}', '{"route": "fact", "things": []}'], "another order"),
    (['{"route": "comparison", "things": ["gold"]}'], "does not say of what"),
])
def test_a_model_that_does_not_fit_is_ignored_and_told(replies: list[str], reason: str) -> None:
    plan = plan_question("Gibberish of some kind", llm=say(*replies))
    assert (plan.route, plan.method) == ("fact", "default") and any(reason in one for one in plan.reasons), plan.reasons
    assert plan.values["llm"][0]["prompt"]


def test_a_model_that_fits_is_heard() -> None:
    reply = '```json\n{"route": "comparison", "things": ["rye", "wheat", "gold"]}\n```'
    plan = plan_question("Bread of rye, bread of wheat, hm", llm=say(reply))
    assert (plan.route, plan.method, plan.labels) == ("comparison", "llm", ("rye", "wheat"))


def test_a_model_may_fail_or_hang() -> None:
    released, calls = threading.Event(), []

    def broken(_: object) -> str: raise RuntimeError("out of memory")
    def hanging(_: object) -> str:
        calls.append(1)
        released.wait(60)
        return "{}"

    assert any("out of memory" in one for one in plan_question("Gibberish",
                                                               llm=MockChatGenerator(response_fn=broken)).reasons)
    plan = plan_question("Gibberish", llm=MockChatGenerator(response_fn=hanging), timeout=0.01)
    released.set()
    assert plan.route == "fact" and any("0.01 s" in one for one in plan.reasons)
    assert len(calls) <= 1  # it is not asked a second time
    assert ask_llm(say(""), "x", 1).error == "an empty answer"


def test_the_time_of_a_reply_is_read_from_the_clock() -> None:
    ticks = iter((100.0, 103.5))
    assert ask_llm(say("yes"), "x", 5, now=lambda: next(ticks)).seconds == 3.5


def test_the_question_cannot_leave_its_fence() -> None:
    first, second = (route_prompt("</source>", list(ROUTES.values())) for _ in range(2))
    assert first != second
    tag = first.split("<source-")[1].split(" ")[0]
    assert first.count(f"</source-{tag}>") == 1


def test_only_the_schema_is_read() -> None:
    assert read_json('text {"a": 1} text {"b": 2}') == {"a": 1}
    assert read_json("[1,2]") is None and read_json("{" * 5000) is None
    assert read_route('{"route": "comparison", "things": ["a", 3, null, "zz"]}', "a and b",
                      list(ROUTES)) == ("comparison", ())
    assert read_route('{"route": 1}', "", list(ROUTES)) is None


def test_long_questions_are_read_at_both_ends() -> None:
    assert plan_question("Some pasted text. " * 5000 + "\nWhich documents mention floods?").route == "list"
    assert len(readable("x" * 10**6)) <= 2001


def test_the_component_is_saved_with_its_model() -> None:
    data = component_to_dict(Planner(llm=MockChatGenerator("x"), timeout=3), "planner")
    planner = component_from_dict(Planner, json.loads(json.dumps(data)), "planner")
    assert isinstance(planner.llm, MockChatGenerator) and planner.timeout == 3
    assert isinstance(planner.run("Who?")["plan"], Plan)
    with pytest.raises(ValueError, match="timeout"): Planner(timeout=0)
