"""Other names for the same, on both stores: a glossary beside the base, and acronyms that documents explain."""

import numpy as np
import pytest
from store_worker import open_store as opened

from kbase.acronyms import acronyms_of, is_short_form
from kbase.nodes import Document, EmbedderIdentity, Node
from kbase.querying.glossary import GLOSSARY, RARE_NAME, Glossary, glossary_of, use_glossary
from kbase.querying.recency import order_notes
from kbase.querying.retrieval import search_store
from kbase.stores.rows import Indexed, Source

TEXTS = {
    "leave": "Staff receive 25 days of paid time off in a calendar year.",
    "parking": "Parking spaces are assigned by the porter.",
    "contract": "The service level agreement (SLA) names the availability of the platform.",
    "breach": "An SLA breach is reported to the customer within two hours.",
    "uptime": "Under the service level agreement the platform is up on most days.",
    "secret": "The hidden project (THP) belongs to the board.",
    "plan": "THP starts in May.",
}


def note(name, text, **meta):
    document = Document(f"notes/{name}", text, title=name, language="en", meta=meta)
    node = Node(document.id, "chunk", 0, len(text), text, title=name, uri=document.uri, language="en", meta=meta)
    return Indexed(Source(document.uri, document.id, title=name, nodes=1), document, [node])


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "base") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = opened(place)
    store.put([note(name, text, board=name == "secret") for name, text in TEXTS.items()])
    yield store
    store.close()


def search(store, query, **more):
    return search_store(store, query, mode="bm25", **more)


def titles(hits):
    return [hit.title for hit in hits]


def test_a_term_finds_what_the_glossary_calls_it_and_says_so(store):
    assert "leave" not in titles(search(store, "PTO"))
    use_glossary(store, {"PTO": ["paid time off", "annual leave"]})
    hits = search(store, "How much PTO is there?")
    assert titles(hits)[0] == "leave" and not hits[0].weak and hits.strength.level == "strong"
    assert hits.notes == ("“PTO” was looked up as “paid time off” and “annual leave”, too (glossary)",)
    assert order_notes(hits) == list(hits.notes)  # an answer says it, too
    assert "PTO" not in hits.strength.missing and "pto" not in hits.strength.missing


def test_it_works_in_both_directions_and_for_several_words(store):
    use_glossary(store, {"SLA": ["uptime promise"], "porter": ["gate keeper"]})
    assert "breach" in titles(search(store, "uptime promises"))
    assert titles(search(store, "Where is the gate keeper?"))[0] == "parking"
    use_glossary(store, None)
    assert "parking" not in titles(search(store, "gate keeper"))


def test_documents_explain_their_own_acronyms(store):
    hits = search(store, "SLA platform")
    assert "uptime" in titles(hits)
    assert any("“SLA” was looked up as “service level agreement”" in one for one in hits.notes)
    hits = search(store, "service level agreement breach")
    assert "breach" in titles(hits)


def test_nothing_is_learnt_from_documents_that_must_not_be_seen(store):
    where = {"field": "meta.board", "operator": "==", "value": False}
    assert not search(store, "THP", filters=where).notes
    assert "hidden project" in search(store, "THP").notes[0]


def test_a_query_with_both_names_needs_none(store):
    use_glossary(store, {"SLA": ["service level agreement"]})
    assert not search(store, "service level agreement (SLA)").notes


def test_a_frequent_name_is_not_explained(tmp_path):
    store = opened(str(tmp_path / "base"))
    many = [note(f"n{at}", f"The SLA of part {at} holds.") for at in range(RARE_NAME)]
    store.put([*many, note("contract", TEXTS["contract"])])
    assert not search(store, "SLA").notes
    store.close()


def test_the_file_is_found_beside_and_in_the_base_and_read_again(tmp_path):
    store = opened(str(tmp_path / "base"))
    store.put([note("leave", TEXTS["leave"])])
    assert not glossary_of(store).groups
    (tmp_path / GLOSSARY).write_text("\ufeffterm,expansions\nPTO,paid time off;annual leave\n", "utf-8")
    assert glossary_of(store).groups == [("PTO", "paid time off", "annual leave")]
    (tmp_path / "base" / GLOSSARY).write_text("holiday entitlement,paid time off,leave\n", "utf-8")
    assert titles(search(store, "holiday entitlement")) == ["leave"]
    (tmp_path / "base" / GLOSSARY).write_text("spare days,paid time off\n", "utf-8")
    assert titles(search(store, "spare days")) == ["leave"]
    store.close()


def test_a_file_that_is_no_csv_is_said_and_the_search_goes_on(tmp_path):
    store = opened(str(tmp_path / "base"))
    store.put([note("leave", TEXTS["leave"])])
    (tmp_path / GLOSSARY).write_bytes(b"\xff\xfe\x00PTO")
    hits = search(store, "calendar year")
    assert titles(hits) == ["leave"] and "could not be read as a glossary" in hits.notes[0]
    with pytest.raises(FileNotFoundError, match="term, expansions"):
        use_glossary(store, tmp_path / "none.csv")
    store.close()


def test_the_embedder_reads_the_other_names(tmp_path):
    store, read = opened(str(tmp_path / "base")), []
    store.set_embedder(EmbedderIdentity("one", 2))
    store.put([note("leave", TEXTS["leave"])])
    use_glossary(store, {"PTO": ["paid time off"]})

    def embed(query):
        read.append(query)
        return np.array([1.0, 0.0], np.float32)

    search_store(store, "my PTO here", embed)
    assert read == ["my PTO (paid time off) here"]
    store.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Masked LM (MLM) hides words.", [("MLM", "Masked LM")]),
        ("Großprojekte der Bundesanstalt für Straßenwesen (BASt).", [("BASt", "Bundesanstalt für Straßenwesen")]),
        ("Работа Всемирной организации здравоохранения (ВОЗ).", [("ВОЗ", "Всемирной организации здравоохранения")]),
        ("NASA (National Aeronautics and Space Administration) flies.",
         [("NASA", "National Aeronautics and Space Administration")]),
        ("Two virtual machines (VMs) run.", [("VM", "virtual machines")]),
        ("It rose (Table 2) by much (CPI).", []),
        ("The end of a sentence. (EOS) begins another.", []),
        ("a" * 5000 + "(AB" * 500, []),
        ("((((((AB)))))) " * 50, []),
    ],
)  # fmt: skip
def test_acronyms(text, found):
    assert [tuple(one) for one in acronyms_of(text)] == found


def test_short_forms():
    assert [is_short_form(word) for word in ("GPT-2", "mRNA", "Berlin", "A", "", "2024", "CO2")] == [
        True, True, False, False, False, False, True]  # fmt: skip


def test_stop_words_are_names_only_as_acronyms():
    glossary = Glossary.from_text("IT,information technology\n")
    assert [one.text for one in glossary.found_in("Who heads IT here?", ["en"])] == ["IT"]
    assert not glossary.found_in("Is it here?", ["en"])
