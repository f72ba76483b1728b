"What a summary is of: all documents, those that a filter leaves, a section, a subject."

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kbase import KnowledgeBase
from kbase.extracts import extract_summary
from kbase.nodes import Document
from kbase.querying.overviews import by_folder, stored_summaries, typical
from kbase.querying.summary_scope import asked_scope

FILES = {
    "harbour/locks.md": "# Locks\n\nThe sea lock lets ships of 200 metres into the inner harbour.\n\n## 2.1 Gates\n\n"
                        "The gates are of oak. They are closed at low water. Two men turned the winch until 1911.\n\n"
                        "## 2.2 Lamps\n\nTwo green lamps say that the lock is open. The lamps are lit by gas.\n",
    "harbour/cranes.md": "# Cranes\n\nThe steam crane of 1888 lifts forty tons. It was built in Leith.\n",
    "harbour/tolls.md": "# Tolls\n\nEvery ship pays a toll at the sea lock. The toll was raised in 1902.\n",
    "harbour/pilots.md": "# Pilots\n\nPilots board each ship before the sea lock. There were nine pilots.\n",
    "town/baker.md": "# Baker\n\nThe baker in Mill Lane opened in 1870. The ovens are heated with peat.\n",
    "town/school.md": "# School\n\nThe school has four rooms. Its lamps are lit by oil.\n",
}


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def kb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    from conftest import remove_indices

    folder, server, name = tmp_path_factory.mktemp("overviews"), "", f"test-overviews-{uuid.uuid4().hex[:12]}"
    for uri, text in FILES.items():
        (folder / "notes" / uri).parent.mkdir(parents=True, exist_ok=True)
        (folder / "notes" / uri).write_text(text)
    place = str(folder / "kb")
    if request.param == "elastic":
        server = request.getfixturevalue("elastic_server")
        place = f"{server}/{name}"
    made = KnowledgeBase(place)
    made.add(folder / "notes", progress=False)
    yield made
    made.close()
    if server: remove_indices(server, name)


@pytest.mark.parametrize("question", [
    "Summarise everything", "What are these documents about?", "Give me an overview of the whole knowledge base",
    "Gib mir bitte einen Überblick über alle diese Dokumente",
])
def test_all_documents_are_summed_up_from_their_summaries(kb: KnowledgeBase, question: str) -> None:
    answer = kb.ask(question, route="summary")
    assert answer.text.startswith("6 documents:") and "**notes/harbour** (4 documents)" in answer.text
    assert answer.strength.words == "Read from 6 stored summaries"
    assert answer.trace["overview"]["summaries"] == 6 and answer.trace["overview"]["chunks"] == 0
    assert len({one.document_id for one in answer.citations}) == 6
    for cited in answer.citations: assert cited.holds(kb.store.document(cited.document_id).text)


def test_a_filter_is_summed_up(kb: KnowledgeBase) -> None:
    answer = kb.ask("Summarise the documents", filters={"field": "meta.folder", "operator": "==", "value": "town"}) \
        if "folder" in kb.store.get_metadata_fields_info() else kb.ask("Summarise the documents in the folder town")
    assert {Path(one.uri).name for one in answer.citations} == {"baker.md", "school.md"}
    assert "documents:" in answer.text


def test_a_section_is_summed_up_by_number_and_by_name(kb: KnowledgeBase) -> None:
    for question in ("Summarise section 2.1 of Locks", "Summarise the section on gates",
                     "What is the chapter “Gates” about?"):
        answer = kb.ask(question, route="summary")
        assert answer.text.startswith("**2.1 Gates** (Locks)") and "oak" in answer.text, question
        assert "green" not in answer.text


def test_a_section_that_is_not_there_is_said(kb: KnowledgeBase) -> None:
    answer = kb.ask("Summarise the chapter on lamps and pilots", route="summary")
    assert answer.refused or answer.strength.level == "weak"
    assert answer.refused or "no section with such a heading" in answer.strength.words


def test_a_subject_is_summed_up_through_documents(kb: KnowledgeBase) -> None:
    answer = kb.ask("Give me an overview of how lamps are lit", route="summary")
    assert {Path(one.uri).name for one in answer.citations} == {"locks.md", "school.md"}
    assert kb.ask("Summarise zeppelins", route="summary").refused


def test_documents_that_stand_for_others_do_not_repeat_each_other(kb: KnowledgeBase) -> None:
    groups = by_folder(stored_summaries(kb.store))
    assert {name: len(nodes) for name, nodes in groups.items()} == {"notes/harbour": 4, "notes/town": 2}
    two = typical(groups["notes/harbour"], 2)
    assert len(two) == 2 and len({one.uri for one in two}) == 2


@pytest.mark.parametrize("question,whole,part,number", [
    ("tl;dr", True, False, ""), ("Summarise section A.2", False, True, "A.2"), ("Fasse Kapitel 3 zusammen", False,
                                                                                True, "3"),
    ("Summarise the part about bees", False, True, ""), ("Résume tout", True, False,
                                                         ""), ("What is bee keeping about?", False, False, ""),
])
def test_scopes(question: str, whole: bool, part: bool, number: str) -> None:
    scope = asked_scope(question, ("en", "de", "fr"))
    assert (scope.whole, scope.of_part, scope.number) == (whole, part, number)


def test_an_extract_leaves_out_questions_licences_and_pieces() -> None:
    text = ("Permission is granted to make and distribute verbatim copies of this manual.\n\nHow long is the sea lock "
            "of the harbour?\n\n"
            "from the basin into the river behind it.\n\n"
            "The sea lock of the harbour is 200 metres long and has two gates.\n\n"
            "The harbour was dug by hand in nine years.\n\nThe river behind the basin is shallow at low water.")
    summary: Any = extract_summary(Document("a.txt", text, language="en"), max_sentences=2)
    assert "Permission" not in summary.text and "?" not in summary.text and "from the basin" not in summary.text
    licence = Document("LICENSE", "Permission is granted to make verbatim copies of it. " * 3, language="en")
    assert extract_summary(licence).text


def test_what_is_banned_is_in_no_summary(kb: KnowledgeBase) -> None:
    ovens = next(hit for hit in kb.search("ovens heated with peat", group_by=None) if hit.title == "Baker")
    ban = kb.ban(ovens)
    try:
        for question in ("Summarise everything", "Summarise the note on the baker", "What is Baker about?"):
            assert "peat" not in kb.ask(question, route="summary").text, question
    finally:
        kb.unpin(ban)
    assert "1870" in kb.ask("Summarise everything", route="summary").text
