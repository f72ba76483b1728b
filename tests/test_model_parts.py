"A question taken apart by a language model: typed, nothing invented, nothing lost, and no answer worse for it."

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from haystack.components.generators.chat import MockChatGenerator

from kbase.nodes import Document, Node
from kbase.querying.model_parts import (
    LONGEST_PART, may_be_several, parts_schema, read_parts, split_by_llm, words_changed)
from kbase.querying.pipeline import answer_question, build_pipeline
from kbase.querying.planner import plan_question
from kbase.querying.subquestions import MAX_PARTS
from kbase.settings import Settings
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source

ASKED = "For the boat Heron, give me the builder, and of Swift the length"


def reply(*parts: tuple[str, list[int]]) -> str:
    return json.dumps({"parts": [{"question": text, "after": after} for text, after in parts]})


GOOD = reply(("Who is the builder of the boat Heron?", []), ("What is the length of Swift?", []))


@pytest.mark.parametrize(("text", "reason"), [
    ("no idea", "can be read"), ("{}", "can be read"), ('{"parts": 3}', "can be read"), ("{" * 5_000, "can be read"),
    (reply((ASKED, [])), "one question"),
    (reply(("Who is the builder of the boat Heron?", []), ("What is the price of Swift, its length?", [])), "“price”"),
    (reply(("Who is the builder of Heron?", []), ("What is the length of the boat?", [])), "lost “swift”"),
    (reply(("Who is the builder of the boat Heron?", []), ("What is the length of {2}, Swift?", [2])), "waits"),
    (reply(("Who is the builder of the boat Heron?", []), ("What is the length of {0} Swift?", [])), "waits"),
    (reply(("Who is the builder of the boat Heron?", []), ("What is the length of Swift?", [1])), "waits"),
    (reply(("Heron builder", []), ("What is the length of Swift?", [])), "too short"),
    (reply(*[("Who is the builder of the boat Heron?", [])] * 2), "the same"),
    (reply(*[(f"Who is the builder of the boat Heron {n}?", []) for n in range(MAX_PARTS + 1)]), "are the most"),
    (reply(("Who is the builder of the boat Heron?", []), ("Swift " * LONGEST_PART, [])), "no question"),
    ('{"parts": [3, null]}', "no question"),
    ('{"parts": [{"question": "Who is the builder of Heron?", "after": 1}, {}]}', "what it waits for"),
])
def test_a_reply_that_does_not_hold_leaves_one_question(text: str, reason: str) -> None:
    split = read_parts(text, ASKED)
    assert not split.parts and reason in split.reason
    plan = plan_question(ASKED, llm=MockChatGenerator([text, "", ""]))
    assert plan.route == "fact" and any(reason in one for one in plan.reasons)


def test_a_reply_that_holds_is_a_plan() -> None:
    plan = plan_question(ASKED, llm=MockChatGenerator([GOOD, *["{}"] * 9]))
    assert (plan.route, plan.method, len(plan.parts)) == ("parts", "llm", 2) and plan.whole
    steps = reply(("Who built the boat Heron?", []), ("Where was {1} born?", [1]))
    split = read_parts(steps, "The one that built the boat Heron, where was he born?")
    assert [part.after for part in split.parts] == [(), (1,)]
    assert set(parts_schema()["properties"]) == {"parts"}


def test_rules_come_first_and_short_questions_are_not_sent() -> None:
    def never(_: object) -> str: raise AssertionError("the model was asked")
    for question in ("When was Heron built?", "Compare Heron and Swift", "?", ""):
        assert split_by_llm(MockChatGenerator(response_fn=never), question).parts == () or not may_be_several(question)
    plan = plan_question("Who built Heron and how long is Swift?", llm=MockChatGenerator(["{}"]))
    assert plan.route == "parts" and plan.method == "rules"


def test_words_of_other_languages_and_endings_count() -> None:
    assert words_changed("Wer baute die Boote Heron und Swift?", ["Wer baute das Boot Heron?", "Wer baute Swift?"]) == (
        [], [])
    assert words_changed("Who built Heron in 1901?", ["Who built Heron in 1902?"]) == (["1902"], ["1901"])


def test_a_model_that_fails_leaves_one_question() -> None:
    def broken(_: object) -> str: raise RuntimeError("out of memory")
    plan = plan_question(ASKED, llm=MockChatGenerator(response_fn=broken))
    assert plan.route == "fact" and any("out of memory" in one for one in plan.reasons)


TEXTS = {"heron.md": "The boat Heron was built by Ida Lund in 1901. The builder of Heron is Ida Lund.",
         "swift.md": "Swift was built by Tom Aas in 1911. The length of Swift is seven metres."}


@pytest.fixture(params=["embedded", "elastic"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    from conftest import remove_indices

    server, name, place = "", f"test-model-parts-{uuid.uuid4().hex[:12]}", str(tmp_path / "store")
    if request.param == "elastic":
        server = request.getfixturevalue("elastic_server")
        place = f"{server}/{name}"
    store = open_store(place)
    for uri, text in TEXTS.items():
        document = Document(uri, text, Path(uri).stem, language="en")
        node = Node(document.id, "chunk", 0, len(text), text, document.title, uri, language="en")
        store.put([Indexed(Source(uri, document.id, title=document.title, nodes=1), document, [node])])
    yield store
    store.close()
    if server: remove_indices(server, name)


def test_parts_of_a_model_are_answered_and_cited_or_the_whole_stays(store: Any) -> None:
    def asked(first: str) -> Any:
        def says(messages: list[Any]) -> str: return first if "several in one" in messages[-1].text else "{}"
        return answer_question(build_pipeline(store, None, Settings(), MockChatGenerator(response_fn=says)), ASKED)

    answer = asked(GOOD)
    assert {cited.uri for cited in answer.citations} == set(TEXTS) and answer.route == "parts"
    # a part without an answer: where the whole question has one, that is shown
    whole = asked("")
    lost = asked(reply(("Who is the builder of the boat Heron?", []), ("Of what length is me the Swift?", [])))
    assert not lost.refused and (lost.text == whole.text or len(lost.citations) >= len(whole.citations))
