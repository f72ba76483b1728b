"""Several knowledge bases at once: where a hit is from, and that scores of different bases can be compared."""

from string import ascii_lowercase

import pytest
from haystack import component

from kbase import KnowledgeBase, KnowledgeBases
from kbase.bases import Rarity, pooled_background
from kbase.hits import Background
from kbase.querying.judging import NOWHERE

GARDEN = {
    "pears": "Pears ripen off the tree, in autumn.",
    "plums": "Plums ripen in August.",
    "soil": "Soil is dug in winter. Worms keep it loose.",
}
OFFICE = {
    "rooms": "Rooms are booked at the desk by the door.",
    "fruit": "There is fruit in the kitchen on Mondays.",
    "doors": "Doors are locked in the evening. The desk has the keys.",
}


@component
class Letters:
    "How often each letter stands in a text."

    @component.output_types(embedding=list[float])
    def run(self, text: str):
        return {"embedding": [text.lower().count(letter) + 0.1 for letter in ascii_lowercase]}


def filled(place, texts, **settings):
    folder = place.parent / f"{place.name}_notes"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    kb = KnowledgeBase(place, **settings)
    kb.add(folder, progress=False)
    return kb


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    made = filled(folder / "garden", GARDEN), filled(folder / "office", OFFICE), filled(folder / "all", GARDEN | OFFICE)
    yield made
    for kb in made:
        kb.close()


QUERIES = ["when do pears ripen", "who has the keys of the doors", "fruit", "worms in the soil", "desk"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_two_bases_put_first_what_one_base_of_all_puts_first(bases, query, mode):
    garden, office, whole = bases
    first = KnowledgeBases([garden, office]).search(query, mode=mode, auto_filters=False)[0]
    assert first.title == whole.search(query, mode=mode, auto_filters=False)[0].title


def test_a_hit_says_where_it_is_from_and_its_sum_is_its_score(bases):
    garden, office, _ = bases
    both = KnowledgeBases([garden, office])
    hits = both.search("fruit that is ripe", top_k=6)
    assert {both.base_of(hit).name for hit in hits} == {"garden", "office"}
    assert all("base" in hit.parts and hit.parts["base"].reading in hit.explain() for hit in hits)
    assert all(hit.score == pytest.approx(sum(part.contribution for part in hit.parts.values())) for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    titles = [both.base_of(hit).find_source(hit.document_id).title for hit in hits]
    assert titles == [hit.title for hit in hits]


def test_the_same_base_twice_is_refused_and_so_is_none(bases):
    with pytest.raises(ValueError, match="named twice"):
        KnowledgeBases([bases[0], bases[0].store.place])
    with pytest.raises(ValueError, match="no knowledge base"):
        KnowledgeBases([])
    with pytest.raises(KeyError, match="there are garden, office"):
        KnowledgeBases(bases[:2])["kitchen"]


def test_bases_of_two_embedders_keep_their_own_backgrounds(bases, tmp_path):
    letters = filled(tmp_path / "letters", OFFICE, embedder=Letters())
    both = KnowledgeBases([bases[0], letters])
    hits = both.search("who has the keys of the doors", top_k=3, auto_filters=False)
    assert hits[0].title == "Doors" and both.base_of(hits[0]) is letters
    letters.close()


def test_an_empty_base_is_in_nobodys_way(bases, tmp_path):
    empty = KnowledgeBase(tmp_path / "empty")
    both = KnowledgeBases([empty, bases[0]])
    assert both.search("when do pears ripen")[0].title == "Pears"
    assert len(both) == 3


def test_the_best_supported_answer_is_given(bases):
    answer = KnowledgeBases(bases[:2]).ask("When do plums ripen?")
    assert "August" in answer.text and answer.trace["base"] == "garden" and list(answer.trace["others"]) == ["office"]


def test_rarity_is_read_back_from_a_store(bases):
    garden, office, whole = bases
    asked = ["ripen", "desk", "worm", NOWHERE]
    joint = Rarity.of(garden.store.idf(asked)) + Rarity.of(office.store.idf(asked))
    expected = whole.store.idf(asked)
    assert all(joint.idf(term) == pytest.approx(expected[term]) for term in asked[:-1])


def test_one_background_of_many():
    pooled = pooled_background([(10, Background(0.1, 0.0)), (30, Background(0.5, 0.0))])
    assert pooled is not None and pooled.mean == pytest.approx(0.4) and pooled.std == pytest.approx(0.1732, abs=1e-3)
    assert pooled_background([]) is None
