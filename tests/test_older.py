"A knowledge base that an older kbase made says so, once, and `add` brings it up to date. On both stores."

from dataclasses import replace

import pytest

from kbase import KnowledgeBase
from kbase.remarks import OLDER
from kbase.stores.rows import MADE_BY, Indexed


@pytest.fixture(params=["folder", "cluster"])
def place(request, tmp_path):
    return str(tmp_path / "kb") if request.param == "folder" else request.getfixturevalue("elastic_url")


def age(kb):
    "As an older version left it."
    kb.store.remark("made_by", "1.1")
    rows = [replace(row, settings="a fingerprint of then") for row in kb.store.sources()]
    kb.store.put([Indexed(row, None, []) for row in rows])


def test_it_says_so_once_and_add_brings_it_up_to_date(place, tmp_path):
    (tmp_path / "notes").mkdir()
    for name in ("weir", "mill"):
        (tmp_path / "notes" / f"{name}.md").write_text(f"# {name.title()}\n\nThe {name} is made of oak.\n")
    kb = KnowledgeBase(place)
    kb.add(tmp_path / "notes", progress=False)
    assert kb.store.remarks["made_by"] == MADE_BY and not kb.notes() and not kb.search("weir").notes
    age(kb)
    kb = KnowledgeBase(place)
    assert kb.notes() == [OLDER]
    assert OLDER in kb.search("weir").notes and OLDER not in kb.search("mill").notes
    assert OLDER in KnowledgeBase(place).ask("What is the weir made of?").evidence.notes
    kb.add(tmp_path / "notes" / "weir.md", progress=False)
    assert kb.notes() == [OLDER]  # the other one is still as it was
    report = kb.add(tmp_path / "notes", progress=False)
    assert sorted(row.state for row in report.rows) == ["unchanged", "updated"] and not kb.notes()
    assert OLDER not in KnowledgeBase(place).search("weir").notes


def test_a_new_one_and_an_empty_one_say_nothing(place, tmp_path):
    kb = KnowledgeBase(place)
    assert not kb.notes() and OLDER not in kb.search("weir").notes


def test_a_copy_is_as_old_as_what_it_was_copied_from(tmp_path):
    (tmp_path / "weir.md").write_text("# Weir\n\nThe weir is made of oak.\n")
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(tmp_path / "weir.md", progress=False)
    assert not kb.copy_to(tmp_path / "copy", progress=False).notes()
    age(kb)
    assert kb.copy_to(tmp_path / "old", progress=False).notes() == [OLDER]
