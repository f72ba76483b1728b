"The sentence that answers: chosen, marked, with the words that are asked for; what is shown stays short and honest."

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kbase.embedding import Embedder
from kbase.nodes import Node
from kbase.querying.fact_writer import answer_fact
from kbase.querying.marking import SHOWN_WORDS, short_answer
from kbase.querying.passages import find_passages, word_count
from kbase.querying.reading import (LastTexts, ReadingWeights, embed_pieces, embed_tokens, likelihoods,
                                    reading_weights)
from kbase.querying.scoring import Passage, best_first
from kbase.querying.spans import answer_span
from kbase.rendering import Marked, rendered, without_stars
from kbase.results import Answer, Citation, Hit, Hits, marks_of

FERRY = (
    "The ferry Lotte crosses the sound six times a day. She was launched in Emden in May 1931 and carries 240 people. "
    "Her first master was Wiebke Harms, who stayed for 22 years. A new engine was built in after a fire. The fare is "
    "$ 4.50 for adults, and bicycles cost 1 dollar more. In winter she lies in Husum."
)


def hit(text, title="The ferry", **fields):
    return Hit(Node(title, "chunk", 0, len(text), text, title, f"{title}.txt", language="en", **fields), 1.0)


@pytest.fixture(scope="module")
def embedder():
    return Embedder.load()


def shown(answer):
    "The marked sentence, and the words of it that stand out."
    cited = next(one for one in answer.citations if one.marked)
    sentence = cited.quote[slice(*cited.marked)]
    return sentence, cited.quote[slice(*cited.emphasised)] if cited.emphasised else ""


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("When was the Lotte launched?", "She was launched in Emden", "May 1931"),
        ("Where was the Lotte launched?", "She was launched in Emden", "Emden"),
        ("How many people does the ferry carry?", "She was launched in Emden", "240"),
        ("Who was the first master of the ferry?", "Her first master", "Wiebke Harms"),
        ("How much is the fare for adults?", "The fare is", "$ 4.50"),
        ("How long did the first master stay?", "Her first master", "22 years"),
        ("Why did the ferry get a new engine?", "A new engine", ""),
    ],
)
def test_the_sentence_is_marked_and_the_words_stand_out(embedder, question, sentence, words):
    answer = answer_fact(question, Hits([hit(FERRY)]), embedder, 0.0)
    marked, inner = shown(answer)
    assert marked.startswith(sentence) and inner == words
    assert word_count(short_answer(question, find_passages(question, Hits([hit(FERRY)]), embedder))) <= SHOWN_WORDS
    assert "<mark>" in answer._repr_html_()
    cited = answer.to_dict()["citations"][0]
    assert isinstance(cited["marked"], list) and FERRY[cited["start"] : cited["end"]] == cited["quote"]


@pytest.mark.parametrize(
    ("question", "text", "language", "words"),
    [
        ("Wann wurde das Wehr gebaut?", "Das Wehr wurde im März 1842 gebaut.", "de", "März 1842"),
        ("Wie viele Räder hatte die Mühle?", "Die Mühle hatte bis 1897 drei Räder.", "de", "drei"),
        ("Wer baute die Mühle?", "Die Mühle baute Anna Brandt.", "de", "Anna Brandt"),
        ("Où se trouve le moulin ?", "Le moulin se trouve à Colmar.", "fr", "Colmar"),
        ("When may the dam be opened?", "It may be opened by the owner.", "en", ""),
        ("How many were sold in 2019?", "In 2019 it sold 12 % of 1,500 sacks.", "en", "12 %"),
        ("Who won?", "It was won by nobody.", "en", ""),
        ("", "", "en", ""),
        ("When was it?", "\ue000 1999-05-01 \ue001", "en", "1999-05-01"),
        ("How many is it?", "It fell from No. 1 to No. 2 of Section 5.", "en", ""),
        ("Where is Lyft based?", "Lyft was registered in Delaware in July 2010, and is based in San Francisco.", "en",
         "San Francisco"),
        ("How much is Ida worth?", "| 2 | Ida Lund | $ 151 billion | 49 |", "en", "$ 151 billion"),
        ("How much did it cost?", "It cost 1.5 million dollars.", "en", "1.5 million"),
    ],
)
def test_what_stands_out(question, text, language, words):
    place = answer_span(question, text, language)
    assert (text[slice(*place)] if place else "") == words


def test_lists_tables_and_code_stay_whole(embedder):
    steps = "To start the ferry:\n\n1. Open the valve.\n2. Turn the key.\n3. Wait for the bell.\n"
    question = "How do I start the ferry?"
    picked = short_answer(question, find_passages(question, Hits([hit(steps)]), embedder))
    assert [p.text.count("\n") for p in picked] == [4] and picked[0].marked is None


def test_a_second_sentence_says_something_that_was_asked(embedder):
    other = "The ferry is white. The ferry Greta was launched in Emden in 1950."
    question = "When was the ferry Lotte launched?"
    picked = short_answer(question, find_passages(question, Hits([hit(FERRY), hit(other, "Greta")]), embedder))
    assert {p.hit.title for p in picked} == {"The ferry"}


def test_the_name_in_the_heading_is_read_with_the_sentence(embedder):
    text = "How the crew is paid, and when."
    rule = hit(text, "Rules", headings=("Rules", "Rule 12: wages"))
    answer = answer_fact("Which rule is about wages and how the crew is paid?", Hits([rule]), embedder, 0.0)
    assert answer.text.startswith("Rule 12: wages: How the crew is paid")


def test_likelihoods_are_shares_and_the_order_is_theirs():
    weights = ReadingWeights({"own": 2.0}, 0.0)
    likely = likelihoods([{"own": 1.0}, {"own": 0.0}, {}], weights)
    assert likely[0] > likely[1] == likely[2] and sum(likely) < 1
    assert likelihoods([], weights) == []
    passages = [Passage(hit("One. Two."), 0, 4, 0, 0.9), Passage(hit("One. Two."), 5, 9, 0, 0.1, likely=0.2)]
    assert [p.text for p in best_first(passages)] == ["Two.", "One."]
    assert set(reading_weights().weights) >= {"own", "match", "lacks"}


def test_an_embedder_that_keeps_its_tokens_to_itself_is_no_hindrance():
    class Plain:
        "No SentenceModel."

    assert embed_tokens(Plain(), ["A line."]) == [] and embed_tokens(None, ["A line."]) == []
    assert find_passages("When was she launched?", Hits([hit(FERRY)]))[0].likely is None


def test_marks_are_safe_and_never_cut_through_markup():
    evil = "<img src=x onerror=alert(1)> **bold [1]"
    html = rendered(f"{evil} end.", 1, marks=[Marked(f"{evil} end.", "x")])
    assert "<img" not in html and "<mark>" in html and html.count("<mark>") == html.count("</mark>")
    crossing = rendered("**bold text** here. More.", marks=[Marked("text** here.")])
    assert "<mark>" not in crossing and "<strong>bold text</strong>" in crossing
    signs = rendered("A [\ue000 forged [\ue001 sign \ue002.", marks=[])
    assert "<mark>" not in signs and not any(sign in signs for sign in "\ue000\ue001\ue002\ue003")
    code = rendered("Use `a b c` now.", marks=[Marked("b c` now.")])
    assert "\ue000" not in code and "<mark>" not in code


def test_a_model_s_words_are_not_marked():
    cited = Citation("d", "d.txt", "D", 0, 4, "One.", marked=(0, 4))
    written = Answer("?", "One. [1]", "fact", (cited,), trace={"llm": {"used": True}})
    assert marks_of(written) == [] and len(marks_of(Answer("?", "One. [1]", "fact", (cited,)))) == 1
    part = Answer("Who?", "One. [1]", "fact", (cited,))
    whole = Answer("?", "One. [1]", "parts", (cited,), parts=(part,)).to_dict()
    assert whole["parts"][0]["question"] == "Who?" and "trace" not in whole["parts"][0]


def test_the_references_of_a_quote_are_no_citations(embedder):
    text = "The weir at Holm was rebuilt in 1911,[12] says a report [1]. Its crest is `sizes[2]` metres wide."
    answer = answer_fact("When was the weir at Holm rebuilt?", Hits([hit(text, "Weir")]), embedder, 0.0)
    assert "[12]" not in answer.text and answer.text.count("[1]") == 1 and "sizes[2]" in answer.text
    assert answer.citations[0].quote in text and "[12]" in answer.citations[0].quote
    assert "<mark>" in answer._repr_html_()


class Model:
    pass


def test_what_was_made_of_the_last_texts_is_remembered_and_no_more():
    last, model, made = LastTexts(3), Model(), []

    def make(new):
        made.extend(new)
        return [text.upper() for text in new]

    assert last.get(model, ["a", "b", "a"], make) == ["A", "B", "A"] and made == ["a", "b"]
    assert last.get(model, ["c", "a"], make) == ["C", "A"] and made == ["a", "b", "c"]
    assert last.get(model, list("vwxyz"), make) == list("VWXYZ") and made[3:] == list("vwxyz")
    assert last.get(model, ["z", "a"], make) == ["Z", "A"] and made[8:] == ["a"]
    assert last.get(Model(), ["z"], make) == ["Z"] and made[9:] == ["z"]  # another model makes its own
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda at: last.get(model, [str(at % 5), str(at % 7)], make), range(400))
        assert all(one == [str(at % 5), str(at % 7)] for at, one in enumerate(found))


def test_equal_texts_are_computed_once_and_remembered_vectors_are_the_same(embedder):
    first, second = embed_tokens(embedder, [FERRY, FERRY])
    assert first is second and embed_tokens(embedder, ["Who?", FERRY])[1] is first
    one, other = embed_pieces(embedder, ["The fare is $ 4.50.", "In winter she lies in Husum."])
    assert np.allclose([one, other], embedder.embed_texts(["The fare is $ 4.50.", "In winter she lies in Husum."]),
                       atol=1e-2)


@pytest.mark.parametrize("question, text, words", [
    ("What is the population of Husum?", "With 23,000 people, Husum has more than twice the population of Tönning.",
     "23,000"),
    ("How many ports does it call at?", "It was the 37th to call at nine ports.", "nine"),
    ("Where has the line its seat?", "The line is registered in Bremen and has its seat in Husum.", "Husum"),
])
def test_the_number_or_the_place_that_is_meant(question, text, words):
    assert text[slice(*answer_span(question, text))] == words


def test_what_a_document_is_about_need_not_be_said_in_each_sentence(embedder):
    text = ("This notice of Lotte Lines is no offer by Lotte Lines. Lotte Lines pays for it. "
            "We have never paid dividends to our owners.")
    report = Hit(Node("r", "chunk", 0, len(text), text, "Annual report", "reports/lotte_lines_2021.pdf",
                      language="en"), 1)
    best = find_passages("Did Lotte Lines pay dividends?", Hits([report]), embedder)[0]
    assert best.text.startswith("We have never")


@pytest.mark.parametrize("markdown, shown", [
    ("**Mill**: it grinds. [1]", "Mill: it grinds. [1]"),
    ("**f(*args, **kwargs)**\n\nRuns.", "f(*args, **kwargs)\n\nRuns."),
    ("2**8 and `a**b**c` and *one*", "2**8 and `a**b**c` and *one*"), ("```\n**x**\n```", "```\n**x**\n```"),
    ("**open", "**open"), ("**a** and **b**", "a and b"), ("", ""), ("*" * 5000, "*" * 5000),
])
def test_a_printed_answer_has_no_stars(markdown, shown):
    assert without_stars(markdown) == shown and repr(Answer("?", markdown, "fact")) == shown.strip("\n") or not shown
