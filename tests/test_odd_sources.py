"What programs leave beside the documents, documents with odd values, names in another Unicode form, empty paths."

import json
import math
import os
import unicodedata
from datetime import date
from pathlib import Path

import numpy as np
import pandas
import pytest
from haystack import Document as HaystackDocument

from kbase import Document, KnowledgeBase
from kbase.indexing.sources import find_items, left_by_program

NOTE = "# Weir\n\nThe weir was raised by two feet.\n"


def written(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTE, encoding="utf-8")
    return folder


def states(folder, **more) -> dict[str, str]:
    "What is read and why not, by name."
    return {item.name: item.skip for item in find_items(folder, **more)}


LEFT = [
    "~$plan.docx", "~$budget.xlsx", "~WRL0003.tmp", "plan.md~", "#plan.md#", "plan.md.swp", "plan.txt.swo",
    ".plan.md.swp", ".#plan.md", "._plan.md", ".~lock.plan.odt#", ".DS_Store", "Thumbs.db", "thumbs.db", "desktop.ini",
    "Icon\r", "paper.pdf.crdownload", "paper.pdf.part", "upload.tmp", "plan.md.bak", "plan.md.orig", "plan.md.old",
]  # fmt: skip
DOCUMENTS = [
    "plan.md",
    "notes.md.txt",
    "a~b.md",
    "#1 in sales.md",
    "$ales.md",
    "old.bak",
    "thumbs.md",
    "tmp.md",
    "plan.md.b",
]


def test_what_programs_leave_is_skipped_with_the_reason(tmp_path):
    found = states(written(tmp_path / "d", *LEFT, *DOCUMENTS))
    assert {name.removeprefix("d/") for name, reason in found.items() if not reason} == set(DOCUMENTS)
    assert all("add it by itself if it is wanted" in reason for reason in found.values() if reason)


@pytest.mark.parametrize(
    "name", ["__MACOSX/._plan.md", "__MACOSX/plan.md", "@eaDir/plan.md", "node_modules/x/README.md"]
)
def test_folders_of_programs_are_skipped(tmp_path, name):
    found = states(written(tmp_path / "d", name, "plan.md"))
    assert [path for path, reason in found.items() if not reason] == ["d/plan.md"] and len(found) == 2


def test_a_glob_skips_them_too_unless_it_names_them(tmp_path):
    folder = written(tmp_path / "d", "plan.md", "plan.md~", "~$plan.docx")
    assert [name for name, reason in states(f"{folder}/*").items() if not reason] == ["d/plan.md"]
    assert [name for name, reason in states(f"{folder}/*.md~").items() if not reason] == ["d/plan.md~"]


def test_one_that_is_named_is_read(tmp_path):
    folder = written(tmp_path / "d", "plan.md~", ".hidden.md")
    assert not any(states([folder / "plan.md~", folder / ".hidden.md"]).values())


def test_a_lock_file_is_no_failure(tmp_path):
    folder = written(tmp_path / "d", "plan.md")
    (folder / "~$plan.docx").write_bytes(b"\x03Eve" + bytes(158))
    report = KnowledgeBase(tmp_path / "kb").add(folder, progress=False)
    assert (report.ok, report.failed, report.skipped) == (1, 0, 1)
    assert left_by_program("plan.docx") == ""


# ------------------------------------------------------------------ empty paths


@pytest.mark.parametrize("path", ["", " ", "\n", [""], ["", "x"], ("",)])
def test_an_empty_path_is_an_error_that_says_so(tmp_path, monkeypatch, path):
    monkeypatch.chdir(written(tmp_path / "private", "secret.md"))
    kb = KnowledgeBase(tmp_path / "kb")
    with pytest.raises(ValueError, match="the path is empty: name a file"):
        kb.add(path, progress=False)
    assert len(kb) == 0


@pytest.mark.parametrize("path", [None, [None], 3, b"notes"])
def test_what_is_no_path_is_a_type_error(tmp_path, path):
    with pytest.raises(TypeError, match="cannot add an object of type"):
        KnowledgeBase(tmp_path / "kb").add(path, progress=False)


def test_the_folder_that_one_is_in_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(written(tmp_path / "notes", "weir.md"))
    kb = KnowledgeBase(tmp_path / "kb")
    assert [row.uri for row in kb.add(".", progress=False).rows] == ["notes/weir.md"]


# ------------------------------------------------------------------ odd documents


ODD = {
    "nan": math.nan, "infinity": np.inf, "NaT": pandas.NaT, "NA": pandas.NA, "numpy's NaT": np.datetime64("NaT"),
    "nan in a list": [1, math.nan], "bytes": b"\x00", "an object": object(),
    "complex": 1j, "a type": int, "a function": len,
}  # fmt: skip
FITS = {
    "a date": date(2024, 1, 5), "a timestamp": pandas.Timestamp("2024-01-05"), "numpy's true": np.True_,
    "an array": np.arange(2), "a set": {1, 2}, "a path": Path("a"), "huge": 10**400, "a key that is a number": {1: 2},
}  # fmt: skip


@pytest.mark.parametrize("make", [
    lambda text, meta: HaystackDocument(content=text, meta=meta),
    lambda text, meta: Document(text.partition(".")[0], text, meta=meta),
])  # fmt: skip
def test_one_odd_value_keeps_nothing_out_and_is_noted(tmp_path, make):
    kb = KnowledgeBase(tmp_path / "kb")
    written(tmp_path, "note.md")
    documents = [make(f"Ferry {i}. It carries {name}.", {"value": value, "i": i})
                 for i, (name, value) in enumerate({**ODD, **FITS}.items())]  # fmt: skip
    report = kb.add([*documents, tmp_path / "note.md"], progress=False)
    assert [row.state for row in report.rows] == ["added"] * (len(documents) + 1)
    assert ["kept as none" in row.reason for row in report.rows] == [True] * len(ODD) + [False] * (len(FITS) + 1)
    metas = {source.meta["i"]: source.meta for source in kb.store.sources() if "i" in source.meta}
    assert all(json.loads(json.dumps(meta)) == meta for meta in metas.values())
    assert metas[0]["value"] is None and metas[5]["value"] == [1, None] and metas[len(ODD)]["value"] == "2024-01-05"
    again = kb.add(documents, progress=False)
    assert {row.state for row in again.rows} == {"unchanged"}


CONTENTS = [
    (3, "failed"), (b"Lock", "failed"), (["Lock"], "failed"), ("lone \ud800", "failed"), (None, "skipped"),
    (math.nan, "skipped"), ("  ", "failed"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "state"), CONTENTS)
def test_a_document_that_cannot_be_read_fails_alone(tmp_path, content, state):
    kb = KnowledgeBase(tmp_path / "kb")
    bad = HaystackDocument(id="bad", content="x")
    bad.content = content
    report = kb.add([HaystackDocument(content="The lock has two gates."), bad,
                     HaystackDocument(content="The canal is long.")], progress=False)  # fmt: skip
    assert [row.state for row in report.rows] == ["added", state, "added"] and report.rows[1].reason
    bad.content = "The lock keeper sleeps."
    assert kb.add([bad], progress=False).rows[0].state == "added"
    assert {source.state for source in kb.store.sources()} == {"ok"}  # the row of the failure is the document's own


def test_a_table_of_pandas_gets_in(tmp_path):
    frame = pandas.DataFrame({
        "text": ["The tower leans.", "The nave is cold.", "The crypt is shut.", ""],
        "built": pandas.to_datetime(["1204-05-06", None, "1300-01-01", None]),
        "height": [61.5, None, np.inf, 3],
        "steps": pandas.array([297, None, 12, 1], dtype="Int64"),
        "kind": pandas.Categorical(["tower", None, "crypt", "x"]),
    })  # fmt: skip
    rows = frame.to_dict("records")
    kb = KnowledgeBase(tmp_path / "kb")
    report = kb.add([HaystackDocument(content=row.pop("text"), meta=row) for row in rows], progress=False)
    assert [row.state for row in report.rows] == ["added", "added", "added", "failed"]
    tall = kb.search("tower", filters={"field": "meta.height", "operator": ">", "value": np.float64(50)})
    assert {hit.meta["steps"] for hit in tall} == {297}
    assert len(kb.search("nave", filters={"field": "meta.steps", "operator": "==", "value": pandas.NA})) == 1


def test_a_document_whose_splitting_fails_leaves_the_others(tmp_path, monkeypatch):
    import kbase.indexing.sync as sync

    real = sync.read_job

    def read(job, *rest):
        if "odd" in job.source.uri:
            raise KeyError("a bug in a reader")
        return real(job, *rest)

    monkeypatch.setattr(sync, "read_job", read)
    report = KnowledgeBase(tmp_path / "kb").add(written(tmp_path / "d", "a.md", "odd.md", "z.md"), progress=False)
    assert [row.state for row in report.rows] == ["added", "failed", "added"]
    assert report.rows[1].reason == "KeyError: 'a bug in a reader'"


# ------------------------------------------------------------------ names in another Unicode form

NAME = "Überfahrt Zoë.md"
FORMS = {form: unicodedata.normalize(form, NAME) for form in ("NFC", "NFD")}


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("asked", FORMS)
@pytest.mark.parametrize("cluster", [False, True])
def test_a_file_is_named_in_any_form(tmp_path, request, stored, asked, cluster):
    folder = tmp_path / unicodedata.normalize(stored, "Fähre")
    folder.mkdir()
    (folder / FORMS[stored]).write_text(unicodedata.normalize(stored, "# Größe\n\nThe ferry is sixty metres long.\n"))
    kb = KnowledgeBase(request.getfixturevalue("elastic_url") if cluster else tmp_path / "kb")
    kb.add(folder, progress=False)
    uri = unicodedata.normalize(asked, f"Fähre/{NAME}")
    title = unicodedata.normalize(asked, "Größe")
    assert "sixty" in kb.summary(uri) and "sixty" in kb.summary(title)
    for field, value in (("uri", uri), ("title", title), ("folder", unicodedata.normalize(asked, "Fähre"))):
        assert len(kb.search("ferry", filters={"field": field, "operator": "==", "value": value})) == 1
    part = KnowledgeBase(kb.store, where={"field": "uri", "operator": "==", "value": uri})
    assert "sixty" in part.summary(uri)
    assert kb.add(folder, progress=False).rows[0].state == "unchanged"
    assert kb.delete(uri) > 0 and len(kb) == 0


def test_a_document_is_named_in_any_form(tmp_path):
    kb = KnowledgeBase(tmp_path / "kb")
    pier = HaystackDocument(content="The pier is short.", meta={"file_path": f"b/{FORMS['NFD']}"})
    kb.add([Document(FORMS["NFD"], "The ferry is long."), pier], progress=False)
    for name in (NAME, f"b/{NAME}"):
        assert kb.delete(unicodedata.normalize("NFC", name)) > 0


def test_two_files_whose_names_only_look_the_same_stay_two(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    for form, name in FORMS.items():
        (folder / name).write_text(f"# {form}\n\nThe ferry of {form}.\n")
    if len(os.listdir(folder)) < 2:
        pytest.skip("the file system takes them for one")
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(folder, progress=False)
    assert len(kb) == 2 and len(set(kb.documents()["uri"])) == 2
    assert {row.state for row in kb.add(folder, progress=False).rows} == {"unchanged"}


def test_a_base_that_was_filled_before_keeps_its_documents(tmp_path):
    "Their uris were kept as the file system had them; the ids that were made of those stay."
    from dataclasses import replace

    from kbase.nodes import digest
    from kbase.stores.rows import Indexed

    folder = tmp_path / "d"
    folder.mkdir()
    (folder / FORMS["NFD"]).write_text("# Ferry\n\nThe ferry is sixty metres long.\n")
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(folder, progress=False)
    (row,) = kb.store.sources()
    old = replace(row, uri=f"d/{FORMS['NFD']}", document_id=digest(f"d/{FORMS['NFD']}"))
    document = kb.store.document(row.document_id)
    nodes = [node for batch in kb.store.scan(vectors=True) for node in batch]
    kb.store.put([Indexed(old, replace(document, id=old.document_id, uri=old.uri),
                          [replace(node, document_id=old.document_id, id="") for node in nodes])])  # fmt: skip
    kb.store.delete_by_document([row.document_id])
    assert "sixty" in kb.summary(f"d/{FORMS['NFC']}")  # named at once
    kb.add(folder, progress=False)
    (folder / FORMS["NFD"]).write_text("# Ferry\n\nThe ferry is seventy metres long.\n")
    assert [row.state for row in kb.add(folder, progress=False).rows] == ["updated"]
    assert len(kb) == 1 and kb.store.sources()[0].document_id == old.document_id
