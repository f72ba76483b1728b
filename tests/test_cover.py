"How much of a question stands in what was found, and what a name that stands nowhere is worth."

import pytest

from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.querying.cover import asked_terms, side_by_side, word_cover
from kbase.querying.scoring import Passage
from kbase.querying.support import BELOW_ANSWER, support_of
from kbase.querying.terms import TASK_WEIGHT, question_words
from kbase.strength import ANSWER_FROM, support_curve


def chunk(name: str, text: str, language: str = "en", document: str = "") -> Hit:
    return Hit(Node(document or name, "chunk", 0, len(text), text, name, f"{name}.txt", language=language), 1.0)


KILN = chunk("kiln", "The kiln of Marrow Lane burns oak. A second one stands behind the bakery, with a steel door.")
CHAT = chunk("chat", "Vera: Let us fire the kiln on Sunday.\nOtto: I would rather wait.")


@pytest.mark.parametrize("question", ["What does Vera suggest?", "Was schlägt Vera vor?", "When did Vera say so?"])
def test_a_verb_of_speaking_weighs_little_where_somebody_speaks(question: str) -> None:
    spoken = Passage(CHAT, 0, 37, 0, speaker="Vera")
    plain, read = (asked_terms(question, Hits([CHAT]), passages) for passages in ([], [spoken]))
    assert [t.word for t in plain] == [t.word for t in read]
    assert all(one.weight <= other.weight for one, other in zip(read, plain, strict=True))
    assert sum(t.weight > TASK_WEIGHT for t in read) < len(read) and read[-1].stems == plain[-1].stems


def test_neighbours_count_where_they_stand_side_by_side() -> None:
    terms = question_words("Which steel door has the bakery?")
    near, far = Passage(KILN, 35, len(KILN.text), 0), Passage(KILN, 0, 34, 0)
    assert side_by_side(terms, near) > side_by_side(terms, far) == 0
    assert side_by_side(question_words("Kilns?"), far) == 1.0 and side_by_side((), near) == 1.0
    assert support_curve(0.5, 0.5, 1.0) > support_curve(0.5, 0.5, 0.5) > support_curve(0.5, 0.5)


def test_the_document_of_the_best_passage_counts_for_it() -> None:
    first = chunk("first", "The works of Marrow Lane were founded by Vera Lund.", document="works")
    second = chunk("second", "The steel door weighs 90 kg.", document="works")
    hits, terms = Hits([second, first]), question_words("How heavy is the steel door of Marrow Lane?")
    passage = Passage(second, 0, len(second.text), 0, 1.0)
    cover = word_cover(terms, hits, [passage])
    assert cover.document is not None and cover.passage is not None and cover.document > cover.passage
    assert word_cover(terms, hits).passage is None and word_cover(terms, Hits([])).missing


@pytest.mark.parametrize(("question", "refused"), [
    ("What does the kiln of Zanzibar burn?", True),  # the name is what is asked about
    ("What does the kiln of Marrow Lane burn?", False),
    ("What does the kiln of marrow lane burn?", False),
    ("Which oak does the second kiln with the steel door behind the bakery of Xanten burn?", False),  # one of many
])
def test_a_name_that_stands_nowhere_refuses_where_the_question_is_about_it(question: str, refused: bool) -> None:
    support = support_of(question, Hits([KILN]))
    assert (support.score < ANSWER_FROM) == refused, support
    if refused: assert support.score <= BELOW_ANSWER and "zanzibar" in support.note


def test_a_question_in_another_language_may_call_it_otherwise() -> None:
    text = "Der Ofen in München brennt seit 1902, gebaut hat ihn Vera Lund in ihrer Werkstatt."
    german = Hits([chunk("ofen", text, "de")])
    assert "Munich" not in support_of("Which oven burns in Munich?", german).note
