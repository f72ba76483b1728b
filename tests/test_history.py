"A question after others: what it takes over, what it leaves alone, and that nothing is taken over unseen."

from typing import Any

import pytest

from kbase.querying.history import Chat, Exchange, asked_after, exchanges_of, follow_up
from kbase.results import Answer, Citation

QUOTES = ["The mill was built by Ida Lund in 1902.", "The weir was built by Tom Aas in 1911."]


def cited(number: int) -> Citation:
    quote = QUOTES[number]
    return Citation(f"d{number}", f"{number}.md", f"Report {number}", 0, len(quote), quote)


BUILT = Answer("Who built the mill?", QUOTES[0], "fact", (cited(0),))
LISTED = Answer("Which reports are about water?", "two", "list", (cited(0), cited(1)))
YEAR = Answer("What was the income of Oakdale in 2019?", "", "fact", (cited(1),))

FOLLOWING = [
    (BUILT, "When was it built?", "When was the mill built?"),
    (BUILT, "Where was she born?", "Where was Ida Lund born?"),
    (BUILT, "And who owns it?", "Who owns the mill?"),
    (BUILT, "and the weir?", "Who built the weir?"),
    (BUILT, "What about the weir?", "Who built the weir?"),
    (BUILT, "why?", "Why: Who built the mill?"),
    (YEAR, "And in 2020?", "What was the income of Oakdale in 2020?"),
    (YEAR, "How about Millbrook?", "What was the income of Millbrook in 2019?"),
    (YEAR, "and for Millbrook?", "What was the income of Oakdale in 2019 for Millbrook?"),
    (YEAR, "What is its debt?", "What is Oakdale’s debt?"),
    (LISTED, "What does the second one say about stone?", "What does Report 1 say about stone?"),
    (LISTED, "the last one", "Report 1"),
    (Answer("Wer baute die Mühle?", QUOTES[0], "fact", (cited(0),)), "Wann wurde sie gebaut?",
     "Wann wurde Mühle gebaut?"),
    (Answer("Wie hoch war der Umsatz von Oakdale 2019?", "", "fact"), "Und 2020?",
     "Wie hoch war der Umsatz von Oakdale 2020?"),
]
ALONE = [
    "Which reports speak of the second world war?",
    "How is slate quarried in the northern hills?",
    "What is a torque converter made of?",
    "Is it possible to grind oats and barley in one mill?",
    "Compare oak and beech",
    "Who built Heron?",
    "",
    "???",
    "\x00\ud800",
]


@pytest.mark.parametrize(("before", "asked", "understood"), FOLLOWING, ids=lambda value: str(value)[:24])
def test_a_question_takes_over_what_it_leaves_out(before: Answer, asked: str, understood: str) -> None:
    turn = follow_up(asked, [before])
    assert turn.question == understood and turn.asked == asked and understood in turn.note


@pytest.mark.parametrize("asked", ALONE)
def test_a_question_that_is_whole_is_left_alone(asked: str) -> None:
    assert follow_up(asked, [BUILT, YEAR]).question == asked and follow_up(asked, []).note == ""


def test_yes_and_an_ordinal_mean_documents() -> None:
    more = follow_up("Yes, please", [BUILT])
    assert more.route == "summary" and more.filters == {"field": "document_id", "operator": "in", "value": ["d0"]}
    second = follow_up("the second report", [LISTED])
    assert second.filters == {"field": "document_id", "operator": "in", "value": ["d1"]} and second.route == "summary"
    assert follow_up("the fifth one", [LISTED]).filters is None  # there is none


def test_what_was_taken_over_goes_on() -> None:
    asked: list[str] = []

    def ask(question: str, **options: Any) -> Answer:
        asked.append(question)
        return Answer(question, "x", "fact", (cited(1),))

    chat = Chat(ask, [BUILT])
    for question in ("and the weir?", "When was it built?", "How wide is it?"): chat(question)
    assert asked == ["Who built the weir?", "When was the weir built?", "How wide is the weir?"]
    assert [answer.question for answer in chat.answers] == ["and the weir?", "When was it built?", "How wide is it?"]
    assert "read as “How wide is the weir?”" in chat.answers[-1].notes
    assert chat.answers[-1].trace["history"]["question"] == "How wide is the weir?"
    chat.forget()
    assert chat("How wide is it?").notes == () and len(chat.answers) == 1


def test_the_documents_of_the_last_answer_are_asked_where_nothing_else_answers() -> None:
    def ask(question: str, filters: Any = None, **options: Any) -> Answer:
        return Answer(question, "x" if filters else "", "fact", refused=not filters)

    answer = asked_after(ask, "When was it built?", [BUILT])
    assert not answer.refused and "documents of the last answer" in answer.notes[0]
    year = {"field": "meta.year", "operator": "==", "value": 1902}
    both = asked_after(lambda question, filters=None, **o: Answer(question, str(filters), "fact"), "yes", [BUILT], year)
    assert "1902" in both.text and "d0" in both.text


def test_a_history_may_be_anything_at_hand() -> None:
    class Message:
        role, text = "user", "Who built the mill?"

    entries = [BUILT, "Who?", ("Why?", "Because."), ("How?", BUILT), {"question": "q", "answer": "a"}, Message(),
               {"role": "assistant", "content": "Ida"}, Exchange("e")]
    found = exchanges_of(entries)
    assert [one.question for one in found] == ["Who built the mill?", "Who?", "Why?", "Who built the mill?", "q",
                                               "Who built the mill?", "e"]
    assert found[5].text == "Ida" and found[0].named == "Ida Lund"
    with pytest.raises(TypeError, match="of type int"): exchanges_of([3])


def test_a_conversation_draws_itself_escaped() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    chat = Chat(lambda question, **options: Answer(question, hostile, "fact"))
    chat(hostile)
    chat(f"and {hostile}")
    assert "<img" not in chat._repr_html_() and chat.to_dict()["answers"][0]["question"] == hostile


@pytest.mark.parametrize(
    ("before", "asked", "understood"),
    [
        ("How do I lock a gate?", "And a door?", "How do I lock a door?"),
        ("How do I lock the gate?", "What about the small door?", "How do I lock the small door?"),
        ("What does the gate cost?", "And the bridge?", "What does the bridge cost?"),
    ],
)
def test_a_thing_with_its_article_takes_the_place_of_one(before: str, asked: str, understood: str) -> None:
    answer = Answer(before, "By hand. [1]", "fact", (cited(1),))
    assert follow_up(asked, [answer]).question == understood
