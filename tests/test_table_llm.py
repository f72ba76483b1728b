"SQL of a real, weak language model: whatever it writes stays behind the fence, and sure answers are as without it."

import threading

import pytest
from test_llm import llm  # noqa: F401  the fixture of a real model
from test_table_questions import FERRIES, GRID, RIVERS

from kbase.querying.table_answers import query_table
from kbase.querying.table_model import ask_for_sql

pytestmark = pytest.mark.llm


@pytest.mark.parametrize(
    "question",
    ["Which crossing of the Sea Otter would suit me?", "Give me the line whose ferries are nicest, by their Speed"],
)
def test_a_models_sql_answers_or_is_told(llm: object, question: str) -> None:  # noqa: F811
    run = ask_for_sql(question, GRID, llm, 30)  # type: ignore[arg-type]
    assert run.used == bool(run.outcome.values) and run.to_dict()["used"] == run.used
    assert run.used or run.fallback
    answer = query_table(question, FERRIES, llm, 30)  # type: ignore[arg-type]
    assert answer.table and (answer.declined or answer.values)


def test_sure_answers_are_as_without_it(llm: object) -> None:  # noqa: F811
    for question in ("How long is the Elbe?", "Which river is the longest?"):
        assert query_table(question, RIVERS, llm) == query_table(question, RIVERS)  # type: ignore[arg-type]


def test_too_little_time_is_said(llm: object) -> None:  # noqa: F811
    run = ask_for_sql("Which ferry is nicest?", GRID, llm, 0.001)  # type: ignore[arg-type]
    assert not run.used and "0.001 s" in run.fallback
    for thread in threading.enumerate():
        if thread.name == "kbase-llm":
            thread.join(30)
