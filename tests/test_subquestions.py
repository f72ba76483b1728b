"Questions of several parts: nothing is lost, nothing is invented, a step waits for the one before."

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kbase.nodes import Document, Node
from kbase.querying.differences import ReadValue, difference_of
from kbase.querying.named_answers import name_in
from kbase.querying.pipeline import answer_question, build_pipeline
from kbase.querying.plan import Plan, QueryPart
from kbase.querying.planner import plan_question
from kbase.querying.references import named_spans, topic_of, with_topic
from kbase.querying.subquestions import MAX_PARTS, split_question
from kbase.settings import Settings
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source

SPLIT = [
    ("Who wrote the ledger and when was it bound?", ["Who wrote the ledger?", "When was the ledger bound?"]),
    ("When did Ada Moor and Ben Lake join?", ["When did Ada Moor join?", "When did Ben Lake join?"]),
    ("Who is the sister of the author of Grey Water?",
     ["Who is the author of Grey Water?", "Who is the sister of {1}?"]),
    ("Where was Grey Water's author born?", ["Who is the author of Grey Water?", "Where was {1} born?"]),
    ("How many crews does the club that won the Lake Cup have?",
     ["Which club won the Lake Cup?", "How many crews does {1} have?"]),
    ("What is the weight of Heron and the length of Swift?",
     ["What is the weight of Heron?", "What is the length of Swift?"]),
    ("1. Who built Heron?\n2. What is its length?", ["Who built Heron?", "What is Heron’s length?"]),
    ("What do “old rope” and “new rope” cost?", ["What does “old rope” cost?", "What does “new rope” cost?"]),
    ("What is a bilge pump and how does a hull keep its shape?",
     ["What is a bilge pump?", "How does a hull keep its shape?"]),
    ("What is Heron and how many crews does its harbour have?",
     ["What is Heron?", "How many crews does Heron’s harbour have?"]),
    ("Wer hat Heron gebaut und wie lang ist es?", ["Wer hat Heron gebaut?", "Wie lang ist Heron?"]),
]
WHOLE = [
    "What happens when the lid is open and when the power fails?",
    "How and why do bees dance?",
    "When and where was it built?",
    "What is the capital of France?",
    "What is the name of the river that flows through Warsaw?",
    "Who founded Johnson & Johnson?",
    "Which bread goes with salt and pepper?",
    "Compare Heron and Swift",
    "What is the difference between Heron and Swift?",
    "Do people who row and who swim sleep better?",
    "Is it possible to row and to swim?",
    "heron and swift",
    "and",
    "?",
    "",
]


@pytest.mark.parametrize(("question", "parts"), SPLIT, ids=lambda value: str(value)[:30])
def test_a_question_of_several_parts_is_taken_apart(question: str, parts: list[str]) -> None:
    split = split_question(question)
    assert [part.text for part in split.parts] == parts
    assert split.reason and all(number < place for place, part in enumerate(split.parts, 1) for number in part.after)


@pytest.mark.parametrize("question", WHOLE)
def test_one_question_stays_one(question: str) -> None:
    assert not plan_question(question).route == "parts"


def test_what_is_too_much_stays_in_the_last_part() -> None:
    questions = [f"What is the length of boat{number}?" for number in range(2 * MAX_PARTS)]
    split = split_question(" ".join(questions))
    assert len(split.parts) == MAX_PARTS
    text = " ".join(part.text for part in split.parts)
    assert all(f"boat{number}" in text for number in range(2 * MAX_PARTS))


def test_names_topics_and_pronouns() -> None:
    text = "In 1901 Ida Lund and the Harbour Board bought json_tool."
    assert [text[a:b] for a, b in named_spans(text)] == ["Ida Lund", "Harbour Board", "json_tool"]
    assert topic_of("What is a bilge pump?") == "bilge pump" and topic_of("") == ""
    assert with_topic("Is it true that they met her mother?", "Ida", "en") == "Is it true that Ida met her mother?"
    assert name_in("Who bought the boat?", "It was cold.") == ""


def test_a_part_has_filters_and_a_route_of_its_own() -> None:
    year = {"field": "meta.year", "operator": "==", "value": 2020}
    plan = plan_question("Summarise the handbook, and who wrote it?", year)
    assert [part.plan.route for part in plan.parts if part.plan] == ["summary", "fact"]
    assert all(part.plan and part.plan.parts[0].filters == year for part in plan.parts)
    assert json.loads(json.dumps(plan.to_dict()))["parts"][0]["plan"]["route"] == "summary"


TEXTS = {
    "heron.md": "Heron was built by Ida Lund in 1901. It is nine metres long.",
    "lund.md": "Ida Lund was born in Bergen. She learned her trade from her uncle.",
    "swift.md": "Swift was built by Tom Aas in 1911. It is seven metres long.",
}


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from conftest import remove_indices

    server, name = "", f"test-parts-{uuid.uuid4().hex[:12]}"
    place = str(tmp_path_factory.mktemp("parts") / "store")
    if request.param == "elastic":
        server = request.getfixturevalue("elastic_server")
        place = f"{server}/{name}"
    store = open_store(place)
    for uri, text in TEXTS.items():
        document = Document(uri, text, Path(uri).stem, language="en")
        node = Node(document.id, "chunk", 0, len(text), text, document.title, uri, language="en")
        store.put([Indexed(Source(uri, document.id, title=document.title, nodes=1), document, [node])])
    yield build_pipeline(store, None, Settings())
    store.close()
    if server: remove_indices(server, name)


def test_each_part_is_answered_and_cited(pipeline: Any) -> None:
    answer = answer_question(pipeline, "Who built Heron and how long is Swift?")
    assert answer.route == "parts" and not answer.refused
    assert {cited.uri for cited in answer.citations} >= {"heron.md", "swift.md"}
    assert [part["refused"] for part in answer.trace["parts"]] == [False, False]
    assert len(answer.trace["retrieved"]) == 2


def test_a_step_takes_over_what_the_one_before_found(pipeline: Any) -> None:
    answer = answer_question(pipeline, "Where was the builder of Heron born? Who built Swift?")
    assert "Swift" in answer.text
    steps = (QueryPart("Who built Heron?", label="Who built Heron?"),
             QueryPart("Where was {1} born?", label="Where was {1} born?", after=(1,)))
    answer = answer_question(pipeline, "?", plan=Plan("Where was the builder of Heron born?", "parts", steps))
    assert "Ida Lund" in answer.text and "Bergen" in answer.text and any("Ida Lund" in note for note in answer.notes)
    assert {cited.uri for cited in answer.citations} == {"heron.md", "lund.md"}


def test_what_has_no_answer_says_so(pipeline: Any) -> None:
    answer = answer_question(pipeline, "Who built Heron and what is the price of Zeppelin?")
    assert answer.reason == "1 of 2 parts answered." and answer.strength and answer.strength.level == "weak"
    assert "Zeppelin" in answer.text and "Ida Lund" in answer.text
    lost = answer_question(pipeline, "What is the price of Zeppelin and who sold Graf?")
    assert lost.refused and "zeppelin" in lost.reason and "graf" in lost.reason


def test_a_plan_and_a_depth_given_hold(pipeline: Any) -> None:
    plan = plan_question("Who built Heron?")
    answer = answer_question(pipeline, "Who built Heron?", plan=plan, top_k=1)
    assert answer.trace["plan"]["question"] == plan.question and answer.trace["retrieved"][0]["count"] == 1
    with pytest.raises(ValueError, match="top_k"): answer_question(pipeline, "Who built Heron?", top_k=0)


def test_numbers_and_dates_are_held_against_each_other_where_they_are_of_one_kind() -> None:
    def apart(*texts: str) -> str: return difference_of([ReadValue(name, text) for name,
                                                         text in zip("ABC", texts, strict=False)])

    assert apart("310", "125") == "A (310) has 185 more than B (125), 2.5 times as much."
    assert apart("1901", "1911") == "A (1901) is 10 years before B (1911)."
    assert "has $1,500,000 more than B" in apart("$3 million", "$1,500,000")
    assert apart("5", "9", "7") == "B (9) has the most, A (5) the least." or "B has the most (9)" in apart("5", "9",
                                                                                                           "7")
    assert apart("12 km", "12 kg") == apart("12 km", "soon") == apart("5 %", "$5") == apart("3") == ""
    assert "same" in apart("7", "7") and "same" in apart("1901", "1901")


def test_the_same_of_two_things_says_what_they_are_apart(pipeline: Any) -> None:
    answer = answer_question(pipeline, "When were Heron and Swift built?")
    assert answer.route == "parts" and [part.question for part in answer.parts] == ["Heron", "Swift"]
    assert "Heron (1901) is 10 years before Swift (1911)." in answer.text
