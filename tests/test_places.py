"A knowledge base stays where it was opened; documents of one name can be told apart."

import os
from pathlib import Path

import pytest
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.stores.contract import open_store
from kbase.stores.embedded import EmbeddedStore

WEIR = "# Weir\n\nThe weir was raised by two feet in spring.\n"


@pytest.fixture
def town(tmp_path, monkeypatch):
    "A working folder with a note, and another folder to go to."
    (tmp_path / "town").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "town" / "weir.md").write_text(WEIR)
    monkeypatch.chdir(tmp_path / "town")
    return tmp_path


def uses(kb, where):
    "Everything that reads or writes a knowledge base, after the working folder has changed."
    assert len(kb) == 1 and kb.search("weir") and "raised" in kb.summary("weir.md")
    assert "two feet" in kb.ask("When was the weir raised?").text
    assert list(kb.documents()["uri"]) == ["weir.md"] and kb.context(kb.search("weir", kind="chunk")[0])["text"]
    assert len(kb.copy_to(where / "copy", progress=False)) == 1
    kb.add([HaystackDocument(content="The mill stands still.", meta={"uri": "mill"})], progress=False)
    assert len(kb) == 2 and kb.delete("mill") > 0
    assert not (Path.cwd() / "knowledge").exists() and not list(Path.cwd().iterdir())


def test_by_a_relative_path(town):
    kb = KnowledgeBase("knowledge")
    kb.add("weir.md", progress=False)
    os.chdir(town / "elsewhere")
    assert kb.store.place == str(town / "town" / "knowledge")
    uses(kb, town)
    assert KnowledgeBase(town / "town" / "knowledge").store is kb.store  # the same folder is the same store
    assert len(KnowledgeBase("knowledge")) == 0  # and the same words here mean another one


@pytest.mark.parametrize("name", ["knowledge", "./knowledge", "../town/knowledge", Path("knowledge")])
def test_before_the_first_write(town, name):
    kb = KnowledgeBase(name)
    os.chdir(town / "elsewhere")
    kb.add(town / "town" / "weir.md", progress=False)
    assert (town / "town" / "knowledge").is_dir() and not (town / "elsewhere" / "knowledge").exists()


def test_by_the_environment(town, monkeypatch):
    monkeypatch.setenv("KBASE_STORE", "knowledge")
    kb = KnowledgeBase()
    kb.add("weir.md", progress=False)
    os.chdir(town / "elsewhere")
    uses(kb, town)


def test_by_settings_ini_from_a_folder_below(town):
    (town / "town" / "settings.ini").write_text("[kbase]\nstore = knowledge\n")
    (town / "town" / "drafts" / "new").mkdir(parents=True)
    os.chdir("drafts/new")
    kb = KnowledgeBase()
    kb.add("../../weir.md", progress=False)
    os.chdir(town / "elsewhere")
    assert kb.store.place == str(town / "town" / "knowledge")
    uses(kb, town)


def test_a_store_of_haystack_and_a_saved_pipeline_say_which(town):
    store = EmbeddedStore("knowledge")
    assert store.to_dict()["init_parameters"]["path"] == str(town / "town" / "knowledge")
    kb = KnowledgeBase(store)
    kb.add("weir.md", progress=False)
    kb.save_pipeline("answers.yaml")
    os.chdir(town / "elsewhere")
    other = KnowledgeBase(town / "town" / "knowledge")
    other.load_pipeline(town / "town" / "answers.yaml")
    assert "two feet" in other.ask("When was the weir raised?").text
    assert store.count_documents() > 0 and not (town / "elsewhere" / "knowledge").exists()


def test_a_link_that_is_changed_later_changes_nothing(town):
    (town / "first").mkdir()
    (town / "second").mkdir()
    link = town / "town" / "current"
    link.symlink_to(town / "first")
    kb = KnowledgeBase("current")
    kb.add("weir.md", progress=False)
    link.unlink()
    link.symlink_to(town / "second")
    assert len(kb) == 1 and len(KnowledgeBase("current")) == 0


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_place_is_an_error(town, name):
    for make in (open_store, EmbeddedStore):
        with pytest.raises(ValueError, match="the path of the knowledge base is empty"):
            make(name)


# ------------------------------------------------------------------ several documents of one name


@pytest.fixture(params=["folder", "cluster"])
def doubled(request, tmp_path):
    kb = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    halves = [HaystackDocument(content=f"The {half} half.", meta={"file_path": "notes/tide.txt", "title": "Tide"})
              for half in ("first", "second")]  # fmt: skip
    kb.add([*halves, HaystackDocument(content="A pier.", meta={"file_path": "notes/pier.txt"})], progress=False)
    yield kb
    kb.close()


@pytest.mark.parametrize("name", ["notes/tide.txt", "Tide"])
def test_the_advice_can_be_followed(doubled, name):
    with pytest.raises(ValueError, match="2 documents are called .*document_id, such as '(\\w+)'") as caught:
        doubled.delete(name)
    document_id = str(caught.value).split("such as '")[1].split("'")[0]
    assert doubled.delete(document_id) > 0
    assert len(doubled) == 2 and doubled.delete(name) > 0  # one is left, which the name means now
    assert list(doubled.documents()["uri"]) == ["notes/pier.txt"]


@pytest.mark.parametrize(("name", "left"), [("notes/tide.txt", 1), ("Tide", 1), ("notes/", 0), ("notes/pier.txt", 2)])
def test_all_of_a_name_or_a_folder_can_be_deleted(doubled, name, left):
    assert doubled.delete(name, every=True) > 0 and len(doubled) == left


@pytest.mark.parametrize("name", ["notes", "tide", "", " ", "note/", "/"])
def test_every_is_no_wild_card(doubled, name):
    with pytest.raises(KeyError):
        doubled.delete(name, every=True)
    assert len(doubled) == 3


def test_every_does_not_leave_the_part(doubled):
    first = next(source for source in doubled.store.sources() if source.uri == "notes/tide.txt")
    part = KnowledgeBase(doubled.store, where={"field": "document_id", "operator": "==", "value": first.document_id})
    assert part.delete("notes/", every=True) > 0 and len(doubled) == 2
