"""Where an answer begins in a knowledge base: found by questions made from it, kept with it, obeyed by its answers. On
both stores."""

import json

import pytest
from haystack import Document as Written

from kbase import KnowledgeBase
from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.quality.calibration import (
    AskedTwice,
    Calibration,
    ask_twice,
    calibrate,
    calibration_for,
    calibration_of,
    conformal_place,
    is_due,
    keep_calibration,
    kept_calibration,
    place_by_language,
)
from kbase.quality.probes import make_probes
from kbase.quality.usual_places import knows_words, usual_place, usual_share
from kbase.querying.support import support_of
from kbase.strength import START, UNMOVED, Scale, scale_of

PLACES = ("mill", "bridge", "school", "chapel", "market", "station", "harbour", "tower")
MAKERS = ("by three brothers", "after the flood", "of red sandstone", "without a nail", "for the old road")


def sheet(number: int) -> Written:
    place, maker = PLACES[number % 8], MAKERS[number % 5]
    text = (
        f"The {place} of house {number} was built in {1700 + 3 * number} {maker}. "
        f"Its keeper earned {40 + number} marks and lived above the {PLACES[(number + 3) % 8]}."
    )
    return Written(id=f"s{number}", content=text, meta={"title": f"Sheet {number}"})


@pytest.fixture(params=["folder", "cluster"])
def kb(request, tmp_path):
    made = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    made.add([sheet(number) for number in range(32)], progress=False)
    yield made
    made.close()


def test_found_kept_and_made_anew(kb):
    kb.store.remark("calibration", None)  # as one that nobody has calibrated
    assert scale_of(kb.store.remarks) == START and kept_calibration(kb.store) is None and is_due(kb.store)
    found = calibration_for(kb.store, kb.embedder)
    assert found.questions >= 30 and found.documents == 32 and not found.by_people
    assert 0 < found.answer_from <= found.strong_from < 1 and scale_of(kb.store.remarks) == found.scale
    assert kept_calibration(kb.store) == found and not is_due(kb.store)
    assert calibration_for(kb.store, kb.embedder) == found  # nothing has changed: it is not asked again
    assert calibration_for(kb.store, kb.embedder, wrong_refusals=0.1).wrong_refusals == 0.1
    kb.add([sheet(number) for number in range(32, 52)], progress=False)
    grown = kept_calibration(kb.store)
    assert is_due(kb.store) or grown.documents == 52


def test_the_source_taken_away_is_further_off(kb):
    asked = ask_twice(kb.store, kb.embedder, "Who built the mill of house 16 in 1748?")
    assert asked.own > asked.away


def test_probes_are_the_same_for_the_same_seed(kb):
    first, again = make_probes(kb.store, 12, 3), make_probes(kb.store, 12, 3)
    assert first == again and len(first) == 12 and first != make_probes(kb.store, 12, 4)
    assert len({probe.document_id for probe in first}) == 12  # as many documents as there are questions
    texts = {probe.document_id: kb.store.document(probe.document_id).text for probe in first}
    shares = [sum(w in texts[p.document_id] for w in p.question.split()) / len(p.question.split()) for p in first]
    assert sum(shares) / len(shares) > 0.6


def test_a_small_knowledge_base_has_the_usual_places(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add([sheet(number) for number in range(3)], progress=False)
        found = calibrate(kb.store, kb.embedder)
        assert found.scale == START and not found.questions and not is_due(kb.store)
        assert "Too few documents" in repr(found)


@pytest.mark.parametrize(
    "kept",
    [None, 3, "x", {}, {"answer_from": 0.9, "strong_from": 0.2}, {"answer_from": "a", "strong_from": 1},
     {"answer_from": float("nan"), "strong_from": 0.5}],
)  # fmt: skip
def test_what_is_kept_may_be_damaged(kept):
    assert scale_of({"calibration": kept}) == START


def test_a_scale_moves_numbers_and_keeps_their_order():
    raw = [at / 50 for at in range(51)]
    for scale in (START, Scale(0.67, 0.84), Scale(0.3, 0.3), UNMOVED):
        shown = [scale.place(one) for one in raw]
        assert shown == sorted(shown) and shown[0] == 0 and shown[-1] == 1
        assert scale.place(scale.strong_from) == 0.88 and (scale.place(scale.answer_from) == 0.5 or len({*scale}) == 1)
    assert all(abs(UNMOVED.place(one) - one) < 1e-9 for one in raw)


def test_an_answer_goes_by_the_scale_of_its_hits():
    text = "The mill was built in 1842. It was driven by water."
    hits = Hits([Hit(Node("n", "chunk", 0, len(text), text, "The mill", "mill.txt", language="en"), 1.0)])
    scores = []
    for scale in (Scale(0.2, 0.4), None, Scale(0.95, 0.99)):
        hits.scale = scale
        scores.append(support_of("When was the mill painted?", hits[:1]).score)  # a part of hits keeps it
    assert scores[0] > scores[1] > scores[2]


def test_at_most_the_rate_lies_below():
    scores = [at / 100 for at in range(100)]
    for rate in (0.01, 0.05, 0.15, 0.5):
        assert sum(one < conformal_place(scores, rate) for one in scores) / 100 <= rate
    assert conformal_place([0.5], 0.05) == 0.0 and conformal_place([], 0.5) == 0.0


def test_rates_are_counted_on_the_other_half():
    asked = [AskedTwice("", 0.4 + at / 100, at / 70) for at in range(60)]
    found = calibration_of(asked, 200, 0.1, by_people=True)
    assert found.refused[0] <= 0.2 and found.refused[1] > found.refused[0] and found.unsure[1] >= found.refused[1]
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert Calibration.from_dict(found.to_dict() | {"later": 1}) == found  # of a later kbase
    for wrong in (0, 1, -0.1, 2):
        with pytest.raises(ValueError, match=str(wrong)):
            calibration_of(asked, 200, wrong)


def test_where_the_embedder_knows_nothing_places_are_low():
    asked = [AskedTwice("", 0.5 + at / 120, at / 120) for at in range(60)]
    known, unknown = (calibration_of(asked, 200, known=known) for known in (True, False))
    assert unknown.strong_from <= known.strong_from and unknown.answer_from <= known.answer_from


def test_a_language_shows_in_the_pieces_of_its_words(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as kb:
        assert knows_words("The mill was built by three brothers after the flood", "en", kb.embedder)
        assert not knows_words("Die Mühlenbesitzer verpachteten ihre Wassermühlen", "de", kb.embedder)
        assert not knows_words("1842 1911", "en", kb.embedder) and not knows_words("The mill", "en", None)


def test_a_language_that_the_embedder_does_not_know_has_places_of_its_own(kb):
    kb.store.remark("calibration", None)
    assert place_by_language(kb.store, kb.embedder) is None and scale_of(kb.store.remarks) == START
    pieces = type("Pieces", (), {"count_tokens": lambda self, texts: [3 * len(text.split()) for text in texts]})()
    found = place_by_language(kb.store, pieces)
    assert found is not None and not found.known and "does not know" in str(found)
    assert scale_of(kb.store.remarks) == found.scale and found.strong_from < START.strong_from
    assert is_due(kb.store)  # these were not asked for: a calibration that is wished for is made
    assert place_by_language(kb.store, None) == found
    assert place_by_language(kb.store, kb.embedder) is None and scale_of(kb.store.remarks) == START  # another embedder
    asked = Calibration(0.4, 0.6, questions=40, documents=32)
    keep_calibration(kb.store, asked)
    assert place_by_language(kb.store, pieces) == asked


def test_places_and_shares_of_people_are_one_curve():
    for known in (True, False):
        places = [usual_place(rate, known) for rate in (0.03, 0.05, 0.1, 0.2)]
        assert places == sorted(places)
        assert [usual_share(place, known) for place in places] == pytest.approx([0.03, 0.05, 0.1, 0.2])
    assert usual_place(0.1, False) < usual_place(0.1) and usual_share(0.0) == 0.0


def test_no_less_is_said_of_the_wrongly_refused_than_people_show():
    easy = [AskedTwice("", 0.97 + at / 6000, at / 120) for at in range(60)]  # as probes are
    found = calibration_of(easy, 200)
    assert found.refused[0] == pytest.approx(usual_share(found.answer_from), abs=0.001) and found.refused[0] > 0
    assert any("words of their own" in text for text in found.sentences)
    assert calibration_of(easy, 200, by_people=True).refused[0] < 0.1


def test_it_draws_itself_and_escapes():
    asked = [AskedTwice("<script>", 0.4 + at / 100, at / 70) for at in range(60)]
    html = calibration_of(asked, 200)._repr_html_()
    assert "<svg" in html and "polyline" in html and "<script>" not in html and "200 documents" in html


def test_people_are_asked_with_or_without_their_documents(kb):
    documents = {source.uri: source.document_id for source in kb.store.sources()}
    asked = {number: f"When was the {PLACES[number % 8]} of house {number} built?" for number in range(30)}
    questions = {question: [documents.get(f"s{number}", f"s{number}")] for number, question in asked.items()}
    found = calibration_for(kb.store, kb.embedder, questions)
    assert found.by_people and found.questions == 30 and "that were asked" in repr(found)
    assert calibrate(kb.store, kb.embedder, list(questions)).by_people
    keep_calibration(kb.store, found)
    assert kept_calibration(kb.store) == found


def test_answers_go_by_what_is_kept(kb):
    question = "Who built the mill of house 16?"
    places = {"low": (0.05, 0.06), "high": (0.998, 0.999)}
    answers = {}
    for name, (low, high) in places.items():
        keep_calibration(kb.store, Calibration(low, high))
        assert kb.search(question).scale == Scale(low, high)
        answers[name] = kb.ask(question)
    assert not answers["low"].refused and answers["high"].refused
    assert answers["low"].strength.value > answers["high"].strength.value
