"Pins and bans, on both stores: they outlive new chunks and edits, count for filters and queries, say when they lapse."

from dataclasses import replace

import pytest
from store_cases import eq
from store_worker import open_store as opened

from kbase.nodes import Document, Node
from kbase.querying.components import words_part
from kbase.querying.expansion import expand_auto, expand_documents, expand_sections
from kbase.querying.pins import MOST_PINS, add_pin, make_pin, pins_of, pins_for, place_of_quote, remove_pins
from kbase.querying.plan import QueryPart
from kbase.querying.retrieval import search_store
from kbase.querying.windows import expand_windows
from kbase.stores.rows import Indexed, Source

RULES = "Dogs wait at the gate. Cats may come in. Parrots pay half."
NEWS = "Dogs won the race at the gate last year."
MENU = "The gate café serves soup."


def stored(name, text, cuts=(), state="1", **meta):
    "A document, cut into chunks at these places."
    document = Document(f"house/{name}", text, title=name, language="en", meta=meta)
    shared = {"title": name, "uri": document.uri, "language": "en", "meta": meta}
    places = zip((0, *cuts), (*cuts, len(text)), strict=True)
    nodes = [Node(document.id, "chunk", a, b, text[a:b], **shared) for a, b in places]
    nodes.append(Node(document.id, "document", 0, len(text), f"About {name}.", **shared))
    source = Source(document.uri, document.id, title=name, nodes=len(nodes), fingerprint=state, characters=len(text))
    return Indexed(source, document, nodes)


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "base") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = opened(place)
    store.put([stored("rules", RULES, (23, 41)), stored("news", NEWS, wing="west"), stored("menu", MENU)])
    yield store
    store.close()


def search(store, query, **more):
    return search_store(store, query, mode="bm25", **more)


def texts(hits):
    return [hit.text.strip() for hit in hits]


def test_a_banned_passage_is_left_out_and_stays_so_in_other_chunks(store):
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    assert dogs.text.strip() not in texts(search(store, "dogs gate", group_by=None))
    assert "rules" not in [hit.title for hit in search(store, "dogs", group_by=None)]
    preface = "Welcome to the house! "
    store.put([stored("rules", preface + RULES.replace("gate", "iron gate"), (22, 63), state="2")])  # other places
    assert not any("iron" in text for text in texts(search(store, "dogs iron gate", group_by=None)))
    assert any("Parrots" in text for text in texts(search(store, "parrots", group_by=None)))


def test_another_passage_of_the_document_takes_its_place(store):
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    found = {hit.title: hit.text for hit in search(store, "dogs cats gate")}
    assert found["rules"].strip() == "Cats may come in."


def test_a_banned_document_is_left_out_for_its_query_alone(store):
    ban = add_pin(store, make_pin(store, "news", banned=True, query="dogs"))
    assert "news" not in [hit.title for hit in search(store, "Where do dogs wait?")]
    assert "news" in [hit.title for hit in search(store, "race gate")]
    assert remove_pins(store, [ban]) == 1 and not pins_of(store)
    assert "news" in [hit.title for hit in search(store, "Where do dogs wait?")]


def test_a_pin_for_a_query_stands_first_even_where_nothing_was_found(store):
    add_pin(store, make_pin(store, "menu", banned=False, query="lunch"))
    hits = search(store, "lunch dogs")
    assert hits[0].title == "menu" and hits[0].parts["pinned"].reading == "for “lunch”" and not hits[0].weak
    assert hits[0].score > hits[1].score and len({hit.document_id for hit in hits}) == len(hits)
    assert search(store, "dogs")[0].title != "menu"


def test_a_pinned_passage_is_found_by_its_words_after_an_edit(store):
    parrots = next(hit for hit in search(store, "parrots", group_by=None))
    add_pin(store, make_pin(store, parrots, banned=False, query="tickets"))
    store.put([stored("rules", "New: " + RULES.replace("pay half", "have to pay half"), (5, 28), state="2")])
    hits = search(store, "tickets")
    assert "Parrots have to pay half." in hits[0].text and list(hits[0].parts) == ["pinned"]


def test_a_pin_for_every_query_goes_first_only_where_it_is_found(store):
    add_pin(store, make_pin(store, "menu", banned=False))
    assert search(store, "gate dogs")[0].title == "menu"
    assert [hit.title for hit in search(store, "parrots")] == ["rules"]


def test_a_filter_holds_for_what_is_pinned(store):
    add_pin(store, make_pin(store, "menu", banned=False, query="dogs"))
    west = search(store, "dogs", filters=eq("meta.wing", "west"))
    assert [hit.title for hit in west] == ["news"]


@pytest.mark.parametrize("way", [expand_windows, expand_sections])
def test_what_is_read_around_a_hit_leaves_the_banned_out(store, way):
    hits = search(store, "parrots cats pay", group_by=None)
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    assert any("Dogs wait" in hit.text for hit in expand_sections(store, hits))
    add_pin(store, make_pin(store, dogs, banned=True))
    found = way(store, search(store, "parrots cats pay", group_by=None))
    assert found and not any("Dogs wait" in hit.text for hit in found)


def test_one_that_has_lost_its_passage_says_so(store):
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    store.put([stored("rules", "Lizards sleep under lamps until noon. Geese guard the roof.", state="2")])
    hits = search(store, "gate")
    assert any("is banned, and is no longer there" in note for note in hits.notes)


def test_what_cannot_be_kept_is_refused(store):
    pin = add_pin(store, make_pin(store, "menu", banned=False))
    with pytest.raises(ValueError, match="pinned already: take that back first"):
        add_pin(store, replace(pin, banned=True))
    with pytest.raises(KeyError, match="no document 'nothing'"):
        make_pin(store, "nothing", banned=True)
    store.remark("pins", [{**vars(pin), "query": f"q{number}"} for number in range(MOST_PINS)])
    with pytest.raises(ValueError, match="which is the most"):
        add_pin(store, replace(pin, query="one more"))


def test_a_document_with_a_banned_passage_is_not_read_whole(store):
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    for expand in (expand_documents, expand_auto):
        found = {hit.title: hit for hit in expand(store, search(store, "cats gate soup"))}
        assert "Dogs" not in found["rules"].text and found["menu"].text == MENU
    whole = {hit.title: hit for hit in expand_documents(store, search(store, "cats gate soup"))}
    assert "banned" in whole["rules"].parts["text"].reading


def test_lists_leave_out_what_is_banned(store):
    def listed():
        return sorted(hit.title for hit in words_part(store, QueryPart("dogs", words="dogs")))

    assert listed() == ["news", "rules"]
    ban = add_pin(store, make_pin(store, "news", banned=True))
    assert listed() == ["rules"]
    without = words_part(store, QueryPart("dogs", words="dogs", without=True))
    assert [hit.title for hit in without] == ["menu"]
    remove_pins(store, [ban])
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    assert listed() == ["news"]


def test_a_span_is_banned_with_its_passage_or_its_document(store):
    dogs = next(hit for hit in search(store, "dogs gate", group_by=None) if hit.title == "rules")
    add_pin(store, make_pin(store, dogs, banned=True))
    add_pin(store, make_pin(store, "news", banned=True))
    pins = pins_for(store, "dogs")
    news = store.find_source("news").document_id
    assert pins.bans_span(dogs.document_id, 0, 5) and not pins.bans_span(dogs.document_id, 41, 58)
    assert pins.bans_span(news, 0, 5)


def test_the_nearest_of_equal_passages_is_meant():
    text = "Closed on Mondays. Open on Sundays. Closed on Mondays."
    assert place_of_quote(text, "Closed on  Mondays.", 30) == (36, 54)
    assert place_of_quote(text, "Closed on Mondays.", 3) == (0, 18)
    assert place_of_quote(text, "") is None and place_of_quote("", "Closed") is None


def test_a_copy_keeps_pins_and_bans(tmp_path):
    from kbase import KnowledgeBase

    notes = tmp_path / "notes"
    notes.mkdir()
    for name, text in (("rules", RULES), ("news", NEWS)):
        (notes / f"{name}.txt").write_text(text)
    with KnowledgeBase(tmp_path / "one") as kb:
        kb.add(notes, progress=False)
        kb.ban("news")
        with kb.copy_to(tmp_path / "two", progress=False) as copy:
            assert copy.pins() == kb.pins() != []
            assert [hit.uri for hit in copy.search("dogs at the gate")] == ["notes/rules.txt"]
