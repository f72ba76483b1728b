"A few words that ask nothing: what the documents say of them decides, on both stores."

import uuid
from collections.abc import Iterator
from functools import partial
from math import log
from pathlib import Path
from typing import Any

import pytest

from kbase.nodes import Document, Node
from kbase.querying.planner import plan_question
from kbase.querying.topics import TopicSpread, bare_topic, passages_with, topic_spread
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source

TEXTS = {"Rye bread": "Rye is milled coarsely.", "Wheat": "Wheat is milled finely.", "Oven": "The oven bakes rye."}


@pytest.fixture(params=["embedded", "elastic"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    from conftest import remove_indices

    server, name, place = "", f"test-topics-{uuid.uuid4().hex[:12]}", str(tmp_path / "store")
    if request.param == "elastic":
        server = request.getfixturevalue("elastic_server")
        place = f"{server}/{name}"
    store = open_store(place)
    for title, text in TEXTS.items():
        document = Document(f"{title}.md", text, title, language="en")
        node = Node(document.id, "chunk", 0, len(text), text, title, document.uri, language="en")
        store.put([Indexed(Source(document.uri, document.id, title=title, nodes=1), document, [node])])
    yield store
    store.close()
    if server: remove_indices(server, name)


def test_the_title_of_a_document_is_summed_up_and_other_words_stay_a_fact(store: Any) -> None:
    spread = partial(topic_spread, store)
    plan = plan_question("rye bread", spread=spread)
    assert (plan.route, plan.method) == ("summary", "corpus") and plan.values["corpus"]["titled"] == 1
    plan = plan_question("milled", spread=spread)
    assert (plan.route, plan.method) == ("fact", "default") and any("2 passages" in one for one in plan.reasons)
    assert plan_question("Zeppelin", spread=spread).values["corpus"]["passages"] == 0
    for asked in ("What is wheat?", "Wheat or rye?", "Wheat, rye", "Summarise Wheat", "", "?"):
        plan = plan_question(asked, spread=spread)
        assert plan.method != "corpus" and "corpus" not in plan.values


@pytest.mark.parametrize(("text", "topic"), [
    ("“Rye bread”?", "Rye bread"), ("rye", "rye"), ("das Roggenbrot", "das Roggenbrot"), ("\ud800", ""),
    ("rye bread of the old mill by the river", ""), ("who bakes", ""), ("Brot und Butter", ""),
    ("<b>rye</b>\nbread", ""),
])
def test_what_asks_nothing(text: str, topic: str) -> None:
    assert bare_topic(text) == topic


def test_passages_are_counted_from_rarity() -> None:
    total = 900
    nowhere = log(1 + (total + 0.5) / 0.5)
    for having in (0, 1, 7, 450, 900):
        assert passages_with(log(1 + (total - having + 0.5) / (having + 0.5)), nowhere) == having
    assert passages_with(0.0, 0.0) == 0
    assert [TopicSpread("a", 2, 3).route, TopicSpread("a", 0, 1).reason] == ["", "“a” stands in one passage"]
