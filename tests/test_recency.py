"Newest first, on both stores: asked for, read from the question, limited, shown; and documents that are superseded."

from datetime import UTC, date, datetime

import numpy as np
import pytest
from store_worker import open_store as opened

from kbase.hits import Background, Hit, Hits, Part
from kbase.nodes import Document, Node
from kbase.querying.components import PartsRetriever
from kbase.querying.pipeline import answer_question, build_pipeline
from kbase.querying.plan import Plan, QueryPart
from kbase.querying.recency import (
    RECENT_WEIGHT,
    age_of,
    asks_for_newest,
    day_of,
    depth_for,
    newest_first,
    preferred,
    superseded_behind,
)
from kbase.querying.retrieval import search_store
from kbase.settings import Settings
from kbase.stores.rows import Indexed, Source

TODAY = date(2025, 6, 18)
WANTED = """
What is the latest price of a ticket?
Which is the newest telescope?
What is the most recent report on the dome?
What does the current price list say?
Wie hoch ist der aktuelle Preis?
Was steht in der neuesten Preisliste?
Was sagt die letzte Fassung der Satzung?
Quelle est la dernière version des statuts ?
Quel est le prix actuel du billet ?
¿Cuál es la última versión de la lista?
¿Cuál es el precio actual de la entrada?
latest price
""".strip().splitlines()
NOT_WANTED = """
What is the actual price of a ticket?
How large is the current in a coil?
The current of the river is strong
What are the current liabilities of the observatory?
How high is the current ratio?
What happened last week?
Wie lange dauert die letzte Führung?
Wann endete der letzte Krieg?
Who was the last director?
Quel est le dernier étage ?
What is new about the dome?
""".strip().splitlines()


@pytest.mark.parametrize(("query", "wanted"), [(q, True) for q in WANTED] + [(q, False) for q in NOT_WANTED])
def test_which_questions_want_what_is_newest(query: str, wanted: bool) -> None:
    assert bool(asks_for_newest(query)) == wanted
    assert depth_for(query, 3) == (50 if wanted else 3) and depth_for(query, 3, read=False) == 3


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "store") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = opened(place)
    yield store
    store.close()


def put(store, name, text, modified=0, **meta):
    document = Document(f"{name}.md", text, name.title(), meta=meta, language="en", id=name)
    node = Node(name, "chunk", 0, len(text), text, document.title, document.uri, language="en", meta=meta)
    source = Source(document.uri, name, title=document.title, nodes=1, language="en", meta=meta, modified=modified)
    store.put([Indexed(source, document, [node])])


def prices(store, **newer):
    put(store, "old", "The price of a day ticket. A day ticket has a price of 5 euros.", date="2019-04-01")
    put(store, "new", "Ticket prices. The price of a day ticket rose to 7 euros.", date="2024-04-01", **newer)
    put(store, "tour", "A tour of the dome starts at noon and ends at one.", date="2025-01-01")


def found(store, query, **options):
    hits = search_store(store, query, mode="bm25")
    return preferred(store, hits, **options)


def test_newer_documents_go_ahead_by_an_added_part_that_is_shown(store):
    prices(store)
    plain = found(store, "price of a day ticket")
    assert [hit.document_id for hit in plain] == ["old", "new"] and not plain.notes
    hits = found(store, "price of a day ticket", prefer="recent")
    assert [hit.document_id for hit in hits] == ["new", "old"]
    for hit in hits: assert hit.score == pytest.approx(sum(part.contribution for part in hit.parts.values()))
    assert hits[0].parts["recent"].contribution == pytest.approx(RECENT_WEIGHT * plain[0].score)
    assert "old" in hits[0].parts["recent"].reading and "recent +" in hits[0].explain() and "old" in hits[0].why
    assert [hit.document_id for hit in found(store, "latest price of a day ticket")] == ["new", "old"]
    assert "“latest”" in found(store, "latest price of a day ticket").notes[0]
    assert [hit.document_id for hit in found(store, "latest price of a day ticket", read=False)][0] == "old"
    with pytest.raises(ValueError, match="prefer is 'oldest'"): depth_for("price", 3, "oldest")


def test_a_part_of_a_plan_prefers_what_is_newest(store):
    prices(store)
    retriever = PartsRetriever(store, mode="bm25", find={"fact": {"top_k": 1}})
    for query, first in (("the latest price of a day ticket", "new"), ("the price of a day ticket", "old")):
        hits = retriever.run(Plan(query, "fact", (QueryPart(query),)))["found"][0]
        assert [hit.document_id for hit in hits] == [first]


def test_a_file_is_as_new_as_it_was_written_only_where_it_is_asked_for(store):
    for name, year in (("old", 2019), ("new", 2024)):
        moment = int(datetime(year, 4, 1, tzinfo=UTC).timestamp() * 1e9)
        put(store, name, "The price of a day ticket." + " It is paid." * (name == "new"), moment)
    assert [hit.document_id for hit in found(store, "latest price of a ticket")] == ["old", "new"]
    hits = found(store, "price of a ticket", prefer="recent")
    assert [hit.document_id for hit in hits] == ["new", "old"]


def test_a_document_that_is_superseded_stands_behind(store):
    prices(store, supersedes=["old.md"])
    hits = found(store, "price of a day ticket")
    assert [hit.document_id for hit in hits] == ["new", "old"] and hits.notes == ("Old is superseded by New",)
    assert hits[1].score <= hits[0].score and "superseded: by New" in hits[1].why
    assert hits[1].score == pytest.approx(sum(part.contribution for part in hits[1].parts.values()))


def test_an_answer_is_written_from_the_newer_document_and_says_so(store):
    put(store, "rules-1", "Dogs may enter the dome on a lead.")
    put(store, "rules-2", "Dogs may not enter the dome at all.", supersedes="rules-1.md")
    pipeline = build_pipeline(store, None, Settings(mode="bm25"))
    answer = answer_question(pipeline, "May dogs enter the dome?", "fact")
    assert "not enter" in answer.text and {cited.document_id for cited in answer.citations} == {"rules-2"}
    assert answer.notes == ("Rules-1 is superseded by Rules-2",)
    named = answer_question(pipeline, "What does rules-1.md say about dogs?", "fact")
    assert {cited.document_id for cited in named.citations} == {"rules-1"} and not named.notes


def test_an_answer_says_that_newer_documents_were_preferred(store):
    prices(store)
    pipeline = build_pipeline(store, None, Settings(mode="bm25"))
    answer = answer_question(pipeline, "What is the latest price of a day ticket?", "fact")
    assert "7 euros" in answer.text and "“latest”" in answer.notes[0]
    plain = answer_question(pipeline, "What is the latest price of a day ticket?", "fact", auto_filters=False)
    assert not plain.notes and "recent" not in plain.evidence[0].parts


def test_a_few_dates_among_many_documents_change_nothing(store):
    prices(store)
    for number in range(3): put(store, f"note-{number}", f"Note {number}: the latest day ticket.")
    query = "the latest price of a day ticket"
    assert "recent" not in found(store, query)[0].parts and not found(store, query).notes
    assert "recent" in found(store, query, prefer="recent")[0].parts


def listed(*names, **claims):  # names in order of score; name → what it supersedes
    def hit(name, score):
        meta = {"supersedes": claims[name]} if name in claims else {}
        return Hit(Node(name, "chunk", 0, 1, "x", uri=f"{name}.md", meta=meta), score, {"bm25": Part(score, 1, score)})
    return Hits([hit(name, float(len(names) - at)) for at, name in enumerate(names)])


@pytest.mark.parametrize(("names", "claims", "order"), [
    ("abc", {"c": "b.md", "b": "a"}, "cba"),  # a chain, the oldest found first
    ("bac", {"c": "b.md", "b": "a"}, "cba"),
    ("ab", {"a": "b", "b": "a"}, None),  # each other: nothing is lost
    ("abc", {"a": "b", "b": "c", "c": "a"}, None),
    ("ab", {"a": "a"}, "ab"),  # itself
    ("ab", {"b": 7}, "ab"),
    ("aab", {"b": "A.MD"}, "baa"),  # two passages
    ("abc", {"c": "missing"}, "abc"),
])  # fmt: skip
def test_chains_and_circles_of_superseding(names, claims, order):
    placed = superseded_behind(listed(*names, **claims))
    assert sorted(hit.document_id for hit in placed) == sorted(names)
    assert order is None or "".join(hit.document_id for hit in placed) == order
    assert [hit.score for hit in placed] == sorted((hit.score for hit in placed), reverse=True)


def test_days_of_documents_and_their_ages():
    assert day_of({"Date": "2024-05-03T10:00:00+02:00"}) == date(2024, 5, 3)
    assert day_of({"year": 2020}) == date(2020, 1, 1) and day_of({"Last-Modified": "2020-02-01"}) == date(2020, 2, 1)
    for meta in ({}, {"date": "soon"}, {"date": [1]}, {"year": "x"}, {"year": 10**9}, {"date": None}):
        assert day_of(meta) is None
    ages = {date(2025, 6, 17): "1 day old", date(2025, 3, 1): "3 months old", date(2020, 1, 1): "5 years old",
            date(2030, 1, 1): "0 days old"}
    assert {day: age_of(day, TODAY) for day in ages} == ages


def test_the_part_has_a_limit_in_the_unit_of_each_mode(store):
    days = {"a": "1999-01-01", "b": "2024-01-01"}
    nodes = [Node(name, "chunk", 0, 1, "x", meta={"date": day}) for name, day in days.items()]
    for mode, far in (("hybrid", RECENT_WEIGHT), ("dense", 1.5 * 0.1)):
        hits = Hits([Hit(nodes[0], 2.0), Hit(nodes[1], 1.0)], mode=mode, background=Background(0.2, 0.1))
        moved = newest_first(store, hits, today=TODAY)
        assert [hit.document_id for hit in moved] == ["a", "b"]  # what matches far better stays ahead
        assert moved[1].score == pytest.approx(1.0 + far)
    same = Hits([Hit(nodes[0], 2.0), Hit(nodes[0], 1.0)])
    assert newest_first(store, same) is same  # of one day
    assert not newest_first(store, Hits()) and np.isfinite([hit.score for hit in moved]).all()
