"""Evaluation: every value between 0 and 1, nothing counted twice, the same judgements for every way of cutting."""

import json
import math
import random

import numpy as np
import pytest

from kbase import KnowledgeBase
from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.quality.answers import compared_words, has_words, measure_answer, word_f1
from kbase.quality.chunks import cut_between
from kbase.quality.comparison import compare
from kbase.quality.evaluation import evaluate_documents, evaluate_spans, same_filter
from kbase.quality.gold import GoldSpan, read_judgements, read_queries, read_spans
from kbase.quality.intervals import bootstrap, paired_difference
from kbase.quality.rankings import measure_rankings
from kbase.quality.scores import Scored, Scores
from kbase.quality.spans import length, measure_characters, shared_length, span_recall, stretches
from kbase.results import Answer

EVERY = ["nDCG@10", "nDCG@3", "hit@1", "recall@5", "precision@3", "MRR", "MRR@10", "MAP"]


def ndcg(ranking: list[str], right: dict[str, float], depth: int) -> float:
    "Järvelin & Kekäläinen 2002, written down again."
    gain = sum(right.get(name, 0) / math.log2(place + 2) for place, name in enumerate(ranking[:depth]))
    best = sum(value / math.log2(place + 2) for place, value in enumerate(sorted(right.values(), reverse=True)[:depth]))
    return gain / best


@pytest.mark.parametrize("seed", range(20))
def test_measures_lie_between_0_and_1_and_ndcg_is_the_published_one(seed):
    draw = random.Random(seed)
    names = [f"d{number}" for number in range(30)]
    right = {name: float(draw.randint(1, 3)) for name in draw.sample(names, draw.randint(1, 12))}
    ranking = draw.sample(names, draw.randint(0, 25))
    found = measure_rankings({"q": ranking}, {"q": right}, EVERY)["q"]
    assert set(found) == set(EVERY)
    assert all(0 <= value <= 1 for value in found.values()), found
    assert found["nDCG@10"] == pytest.approx(ndcg(ranking, right, 10))
    assert found["recall@5"] == pytest.approx(len(set(ranking[:5]) & right.keys()) / len(right))


def test_the_order_of_a_list_is_its_order_even_with_many_hits():
    ranking = [f"d{number}" for number in range(1000)]
    assert measure_rankings({"q": ranking}, {"q": {"d999": 1}}, ["MRR"])["q"]["MRR"] == pytest.approx(1 / 1000)


def test_what_is_there_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        measure_rankings({"q": ["a", "b", "a"]}, {"q": {"a": 1}}, ["nDCG@10"])
    with pytest.raises(ValueError, match="twice"):
        read_queries(["one", "one"])
    with pytest.raises(ValueError, match="twice"):
        read_judgements({"q": ["a", "a"]}, {"q": "text"})
    with pytest.raises(ValueError, match="twice"):
        read_spans({"q": [("a", 0, 5), ("a", 0, 5)]}, {"q": "text"})


def test_a_judgement_in_a_file_with_a_head_in_trecs_form_and_with_broken_lines(tmp_path):
    head, trec, broken = tmp_path / "head.tsv", tmp_path / "trec.txt", tmp_path / "broken.tsv"
    head.write_text("query-id\tcorpus-id\tscore\nq\ta b\t2\nq\tc\t0\n")
    trec.write_text("q 0 a 1\nq 0 b 0\n")
    broken.write_text("q\ta\t1\nq\tb\n")
    assert read_judgements(head, {"q": ""}) == {"q": {"a b": 2.0}}
    assert read_judgements(trec, {"q": ""}) == {"q": {"a": 1.0}}
    with pytest.raises(ValueError, match="line 2"):
        read_judgements(broken, {"q": ""})
    with pytest.raises(ValueError, match="whole gains"):
        read_judgements({"q": {"a": 0.5}}, {"q": ""})
    lines = tmp_path / "queries.jsonl"
    lines.write_text("\n".join(json.dumps({"id": n, "text": f"text {n}"}) for n in (1, 2)))
    assert read_queries(lines) == {"1": "text 1", "2": "text 2"}


def chunks(text: str, size: int, name: str = "d") -> Hits:
    return Hits(
        Hit(Node(name, "chunk", at, min(at + size, len(text)), text[at : at + size], uri=name), 1.0)
        for at in range(0, len(text), size)
    )


@pytest.mark.parametrize("size", [7, 20, 64, 500])
def test_all_of_a_text_covers_a_span_however_it_is_cut(size):
    text, spans = "abcdefghij" * 20, [GoldSpan("d", 33, 95), GoldSpan("d", 150, 153)]
    hits = chunks(text, size)
    assert span_recall(hits, spans, len(hits)) == 1
    found = measure_characters(hits, spans, len(hits))
    assert found[f"covered@{len(hits)}"] == 1
    assert found[f"IoU@{len(hits)}"] == pytest.approx(65 / 200)


@pytest.mark.parametrize("seed", range(10))
def test_stretches_are_the_set_of_their_characters(seed):
    draw = random.Random(seed)

    def some() -> list[tuple[str, int, int]]:
        begins = [(draw.choice("ab"), draw.randint(0, 50)) for _ in range(8)]
        return [(name, at, at + draw.randint(1, 12)) for name, at in begins]

    def characters(spans) -> set[tuple[str, int]]:
        return {(name, at) for name, start, end in spans for at in range(start, end)}

    first, second = some(), some()
    assert length(stretches(first)) == len(characters(first))
    assert shared_length(stretches(first), stretches(second)) == len(characters(first) & characters(second))


def test_overlapping_hits_do_not_find_a_span_twice():
    text = "x" * 100
    hits = Hits(Hit(Node("d", "chunk", at, at + 60, text[at : at + 60]), 1.0) for at in (0, 10, 20))
    scores = evaluate_spans(lambda query: hits, {"q": "?"}, {"q": [GoldSpan("d", 25, 55)]}, ["nDCG@10", "precision@3"])
    assert scores["nDCG@10"] == 1 and scores["precision@3"] == pytest.approx(1 / 3)


def test_a_bootstrap_is_the_same_at_every_run_and_narrows_with_more_questions():
    values = np.random.default_rng(1).random(50).tolist()
    assert bootstrap(values) == bootstrap(values)
    few, many = bootstrap(values), bootstrap(values * 16)
    assert many.high - many.low < (few.high - few.low) / 3
    assert few.low < few.mean < few.high
    assert math.isnan(bootstrap([math.nan]).mean)
    with pytest.raises(ValueError, match="same questions"):
        paired_difference([1, 0], [1])


def test_a_comparison_names_who_lost():
    before = Scores([Scored(name, name, {"nDCG@10": 1.0}, ("a",)) for name in ("one", "two", "three")])
    after = Scores([Scored(name, name, {"nDCG@10": float(name != "two")}, ("b",)) for name in ("one", "two", "four")])
    found = compare(before, after)
    assert [row[0].name for row in found.damage()] == ["two"]
    assert found.changes[0].worse == 1 and "2 questions that only one" in repr(found)
    with pytest.raises(ValueError, match="no question is in both"):
        compare(before, Scores([Scored("five", "", {"nDCG@10": 1.0})]))


def test_a_value_out_of_bounds_is_a_mistake():
    for value in (1.63, -0.1, math.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            Scored("q", "", {"nDCG@10": value})


def test_questions_and_names_are_escaped_where_scores_are_shown():
    bad = "<img src=x onerror=alert(1)>"
    scores = Scores([Scored(bad, bad, {"nDCG@10": 0.0}, (bad,), (bad,))], bad, [bad])
    html = scores._repr_html_() + compare(scores, scores)._repr_html_()
    better = Scores([Scored(bad, bad, {"nDCG@10": 1.0}, (bad,))], bad)
    assert "<img" not in html + compare(better, scores)._repr_html_()


def test_a_question_without_a_hit_counts_as_0():
    scores = evaluate_documents(lambda query: Hits(), {"q": "?"}, {"q": {"d": 1}})
    assert all(scores[name] == 0 for name in scores.measures) and scores.rows[0].missed == ("d",)


def test_an_exit_code_for_a_build(capsys):
    scores = Scores([Scored("q", "", {"hit@1": 1.0})])
    assert scores.exit_code({"hit@1": 1}) == 0
    assert scores.exit_code({"hit@1": 1.1}) == 1
    assert "hit@1 is 1.000, at least 1.100" in capsys.readouterr().out
    with pytest.raises(KeyError, match="was not measured"):
        scores.exit_code({"MAP": 0.1})


@pytest.mark.parametrize(
    ("text", "right", "has"),
    [
        ("It was built in 1889.", "1889", True),
        ("It was built in 18890.", "1889", False),
        ("The answer is the Eiffel Tower.", "Eiffel tower", True),
        ("Der Turm steht in Paris. [2]", "in der Paris", True),
        ("答案是长城。", "长城", True),
        ("It costs 1,234.50 €", "1,234.50", True),
        ("no", "", False),
    ],
)
def test_right_words_are_found_whatever_is_around_them(text, right, has):
    assert has_words(text, right) is has


def test_words_of_an_answer():
    assert compared_words("The, a!") == ["the", "a"], "an answer of nothing but articles is one"
    assert word_f1("", "x") == 0 and word_f1("x y", "y x") == 1
    refused = Answer("?", "anything", "fact", refused=True)
    assert measure_answer(refused, ["anything"]) == {"has it": 0.0, "F1": 0.0, "EM": 0.0, "refused well": 0.0}
    assert measure_answer(refused, []) == {"refused well": 1.0}


def condition(name, value, operator="=="):
    return {"field": f"meta.{name}", "operator": operator, "value": value}


def test_filters_are_the_same_in_any_order_and_not_when_they_differ():
    a, b, c = condition("a", 1), condition("b", 2), condition("b", 3)
    both = {"operator": "AND", "conditions": [a, b]}
    assert same_filter(both, {"operator": "AND", "conditions": [b, {"operator": "OR", "conditions": [a]}]})
    assert not same_filter(both, {"operator": "OR", "conditions": [a, b]})
    assert not same_filter(both, {"operator": "AND", "conditions": [a, c]})
    assert not same_filter(a, None) and same_filter(None, None)
    nested = {"operator": "NOT", "conditions": [a]}
    assert not same_filter(nested, a)


@pytest.mark.parametrize(
    ("before", "after", "cut"),
    [
        ("It ends.", "Then it goes on", ""),
        ("It goes on and", "on and on", "sentence"),
        ("| a | b |", "| c | d |", "table"),
        ("A heading", "A sentence", ""),
        ("(see there)", "and more", ""),
    ],
)
def test_what_a_border_runs_through(before, after, cut):
    assert cut_between(before, after) == cut


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    folder = tmp_path_factory.mktemp("garden")
    (folder / "notes").mkdir()
    (folder / "notes/pears.md").write_text("# Pears\n\nPears ripen off the tree, in September.\n")
    (folder / "notes/loops.md").write_text("# Event loops\n\nAn event loop runs coroutines one after the other.\n")
    kb = KnowledgeBase(folder / "kb")
    kb.add(folder / "notes", progress=False)
    yield kb
    kb.close()


def test_a_base_is_evaluated_by_uri_title_and_id_alike(garden):
    question = "When do pears ripen?"
    identity = garden.find_source("Pears").document_id
    for name in ("notes/pears.md", "Pears", identity):
        assert garden.evaluate([question], {question: name})["hit@1"] == 1


def test_what_is_judged_and_not_in_the_base_is_said(garden):
    scores = garden.evaluate(["When do pears ripen?"], {"When do pears ripen?": ["Pears", "Quinces"]})
    assert scores["recall@10"] == 0.5 and "1 documents that are right are not in the base" in scores.notes[0]


def test_spans_answers_and_routes_in_one_table(garden):
    question, text = "When do pears ripen?", garden.store.document(garden.find_source("Pears").document_id).text
    at = text.index("September")
    scores = garden.evaluate(
        [question, "Who won the cup of 1954?"],
        {question: "Pears"},
        {question: [("Pears", at, at + 9)]},
        {question: "September", "Who won the cup of 1954?": None},
        {question: "fact"},
    )
    assert scores["passage recall@5"] == scores["has it"] == scores["refused well"] == scores["route"] == 1
    assert scores["cited"] == scores["cited right"] == 1
    assert len(scores.to_frame()) == 2


def test_searches_together_are_searches_one_by_one(garden):
    queries = ["ripe pears", "coroutines", "", "x" * 3000]
    together = garden.search_many(queries, top_k=2)
    assert [[(hit.id, hit.score) for hit in hits] for hits in together] == [
        [(hit.id, hit.score) for hit in garden.search(query, top_k=2)] for query in queries
    ]


def test_a_report_on_chunks_counts_every_node(garden):
    report = garden.chunk_report()
    assert report.documents == 2
    assert sum(map(len, report.sizes.values())) == garden.store.count_documents()
    assert not report.count("orphan") and not report.count("parent")


def test_filters_that_a_question_asks_for_are_held_against_the_right_ones(garden):
    question = "When do pears ripen?"
    assert garden.evaluate([question], asked_filters={question: None})["filter"] == 1
    assert garden.evaluate([question], asked_filters={question: condition("author", "Ada")})["filter"] == 0
