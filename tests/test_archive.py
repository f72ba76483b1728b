"""A knowledge base in one file, two made one, and the check that mends (rows R8, R9, S10 of the safety table). On both
stores."""

import json
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.indexing.archive import Archive, ArchiveError
from kbase.nodes import EmbedderIdentity, digest
from kbase.stores.contract import EmbedderMismatch

WORDS = Path(__file__).read_text(encoding="utf-8").split()


@pytest.fixture(params=["folder", "cluster"])
def kb(request, tmp_path):
    made = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    yield made
    made.close()


def notes(folder: Path, *names: str, words: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        draw = random.Random(name)
        text = "\n\n".join(f"## Part {i}\n\n" + " ".join(draw.choices(WORDS, k=80)) for i in range(3))
        (folder / f"{name}.md").write_text(f"---\nauthor: Ada\n---\n# {name.title()}\n\nOf {name} {words}\n\n{text}")
    return folder


def whole(kb):
    rows = {row.uri: {**row.__dict__, "path": "", "modified": 0, "root": ""} for row in kb.store.sources()}
    nodes = {
        node.id: (node, None if node.vector is None else node.vector.tolist())
        for batch in kb.store.scan(vectors=True)
        for node in batch
    }
    return rows, nodes


def hits(kb, query):
    return [(hit.id, hit.text, round(hit.score, 5), hit.start, hit.end) for hit in kb.search(query, 10, group_by=None)]


# ------------------------------------------------------------------ R9: out, wrecked, in again


def test_r9_backed_up_wrecked_and_restored(kb, tmp_path):
    folder = notes(tmp_path / "notes", "heron", "stork", "swift")
    (folder / "empty.md").write_text("")
    kb.sync(folder, progress=False)
    kb.add([HaystackDocument(id="own", content="A document of a program.", meta={"n": 1})], progress=False)
    kb.store.write_documents([HaystackDocument(content="It belongs to nobody.", embedding=[0.0] * 383 + [1.0])])
    before, found = whole(kb), hits(kb, "the heron and the stork")
    file = kb.export(tmp_path / "backup.kbase")
    kb.store.delete_all_documents()
    assert len(kb) == 0 and not kb.store.count_documents()
    report = kb.merge(file)
    assert report.count("added") == 4 and report.failed == 1 and report.embedded == 0
    assert whole(kb) == before
    again = hits(kb, "the heron and the stork")
    if kb.store.many_writers:  # a cluster's idf counts for a while what was deleted
        again, found = {hit[:2] for hit in again}, {hit[:2] for hit in found}
    assert again == found
    assert kb.merge(file).count("unchanged") == report.found
    assert kb.sync(folder, progress=False).count("unchanged") == 3, "the folder is followed as before"
    for store in (tmp_path / "another", None):
        if store:
            with KnowledgeBase.load(file, store) as other:
                assert whole(other)[1] == before[1] and other.notes() == kb.notes()
                with pytest.raises(FileExistsError, match="merge the file into it"):
                    KnowledgeBase.load(file, store)


def test_r9_a_document_that_is_not_whole_stops_an_export_with_the_remedy(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(notes(tmp_path / "notes", "heron"), progress=False)
        chunk = next(node for batch in kb.store.scan() for node in batch if node.verbatim)
        kb.store.delete_documents([chunk.id])
        with pytest.raises(Exception, match="kb.doctor"):
            kb.export(tmp_path / "x.kbase")
        assert [path.name for path in tmp_path.iterdir() if "kbase" in path.name] == [], "nothing is left behind"


# ------------------------------------------------------------------ two made one


def test_two_are_made_one_and_conflicts_are_said(kb, tmp_path):
    kb.sync(notes(tmp_path / "a" / "notes", "heron", "stork", words="here"), progress=False)
    with KnowledgeBase(tmp_path / "other") as other:
        other.sync(notes(tmp_path / "b" / "notes", "stork", "swift", words="there"), progress=False)
        before = whole(kb)[1]
        report = kb.merge(other)
        states = {row.uri: row.state for row in report.rows}
        assert states == {"notes/stork.md": "skipped", "notes/swift.md": "added"} and report.embedded == 0
        assert "prefer='theirs'" in next(row.reason for row in report.rows if row.state == "skipped")
        assert before.items() <= whole(kb)[1].items() and len(kb) == 3
        both = kb.merge(other, prefer="both")
        assert {row.uri for row in both.rows if row.state == "added"} == {"other/notes/stork.md"} and len(kb) == 4
        assert kb.find_source("other/notes/stork.md").document_id == digest("other/notes/stork.md")
        assert {hit.uri for hit in kb.search("of stork there")} >= {"other/notes/stork.md"}
        assert kb.merge(other, prefer="theirs").count("updated") == 1 and len(kb) == 4
        assert "there" in kb.store.document(digest("notes/stork.md")).text
        assert kb.doctor().well, kb.doctor()
    with pytest.raises(ValueError, match="itself"):
        kb.merge(kb)
    with pytest.raises(FileNotFoundError, match="name a knowledge base"):
        kb.merge(tmp_path / "nowhere")


def test_pins_and_bans_come_along(kb, tmp_path):
    folder = notes(tmp_path / "notes", "heron", "stork")
    kb.add(folder, progress=False)
    kb.ban("notes/stork.md")
    kb.pin("notes/heron.md", "wading birds")
    file = kb.export(tmp_path / "birds.kbase")
    with KnowledgeBase(tmp_path / "other") as other:
        report = other.merge(file)
        assert other.pins() == kb.pins() != []
        assert [row.reason for row in report.rows] == ["a pin came along", "a ban came along"]
        assert {hit.uri for hit in other.search("of stork and heron")} == {"notes/heron.md"}
        assert other.merge(file).rows[0].reason == "" and len(other.pins()) == 2
    with KnowledgeBase(tmp_path / "third") as third:  # what is settled here stays; a document under another name
        third.add(notes(tmp_path / "c" / "notes", "stork", words="elsewhere"), progress=False)
        third.pin("notes/stork.md")
        third.merge(kb, prefer="both")
        own, ban, pin = third.pins()
        assert (own.uri, own.banned, pin.uri, pin.banned) == ("notes/stork.md", False, "notes/heron.md", False)
        assert ban.banned and ban.uri.endswith("/notes/stork.md") and ban.document_id == digest(ban.uri)


def test_vectors_of_another_model_are_not_merged(tmp_path):
    with KnowledgeBase(tmp_path / "a") as one, KnowledgeBase(tmp_path / "b") as two:
        one.add(notes(tmp_path / "notes", "heron"), progress=False)
        two.store.set_embedder(EmbedderIdentity("another", 8))
        two.add([], progress=False)
        with pytest.raises(EmbedderMismatch):
            two.merge(one)


# ------------------------------------------------------------------ S10: a file from anywhere


def rewritten(file: Path, change) -> Path:
    "The archive with some members changed, its list of members in step."
    import hashlib

    target = file.with_name("changed.kbase")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        members = {info.filename: old.read(info) for info in old.infolist()}
        manifest = json.loads(members.pop("manifest.json"))
        change(members, manifest)
        manifest["members"] = manifest.get("members") and {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()
        }
        for name, data in members.items():
            new.writestr(name, data)
        new.writestr("manifest.json", json.dumps(manifest))
    return target


@pytest.fixture
def exported(tmp_path):
    with KnowledgeBase(tmp_path / "made") as kb:
        kb.add(notes(tmp_path / "notes", "heron"), progress=False)
        return kb.export(tmp_path / "made.kbase")


class Runs:
    def __reduce__(self):
        return (print, ("run",))


DOCUMENTS, NODES = "documents/000000.jsonl", "nodes/000000.arrow"
PIN = {"document_id": "d", "uri": "u", "banned": True, "query": "", "start": 0, "end": 0, "quote": ""}
CHANGES = {
    "a pickle": lambda members, about: members.update({NODES: pickle.dumps(Runs())}),
    "no Arrow": lambda members, about: members.update({NODES: b"\0" * 1000}),
    "cut": lambda members, about: members.update({NODES: members[NODES][:400]}),
    "no JSON": lambda members, about: members.update({DOCUMENTS: b"{"}),
    "an unknown field": lambda members, about: members.update(
        {DOCUMENTS: members[DOCUMENTS].replace(b'"state"', b'"__class__"')}
    ),
    "nodes of another document": lambda members, about: members.update(
        {DOCUMENTS: members[DOCUMENTS].replace(digest("notes/heron.md").encode(), b"0" * 32)}
    ),
    "a part that is missing": lambda members, about: members.pop(NODES),
    "another format": lambda members, about: about.update(format=99),
    "pins that are none": lambda members, about: about["remarks"].update(pins=[{"document_id": 1}]),
    "too many pins": lambda members, about: about["remarks"].update(pins=[PIN] * 1001),
    "a bomb": lambda members, about: members.update({DOCUMENTS: b" " * 2**26}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_s10_what_is_no_archive_is_refused_member_by_member(exported, tmp_path, change, capsys):
    file = rewritten(exported, CHANGES[change])
    with KnowledgeBase(tmp_path / "target") as kb:
        with pytest.raises(ArchiveError):
            kb.merge(file)
        assert len(kb) == 0 and "run" not in capsys.readouterr().out


def test_s10_names_that_lead_elsewhere_and_other_files(exported, tmp_path):
    with zipfile.ZipFile(exported, "a") as more:
        more.writestr("../../evil.py", "raise SystemExit")
    with pytest.raises(ArchiveError, match="differ"), Archive(exported):
        pass
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(plain, "w") as file:
        file.writestr("a.txt", "x")
    for path in (plain, Path(__file__), tmp_path / "nothing"):
        with pytest.raises(ArchiveError):
            Archive(path)
    assert not (tmp_path.parent / "evil.py").exists()


def test_s10_a_path_of_elsewhere_is_not_kept(exported, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    path = str(tmp_path / "notes" / "heron.md").encode()

    def change(members, about):
        assert path in members[DOCUMENTS]
        members[DOCUMENTS] = members[DOCUMENTS].replace(path, str(secret).encode())

    with KnowledgeBase.load(rewritten(exported, change), tmp_path / "target") as kb:
        assert [row.path for row in kb.store.sources()] == [""]
    with KnowledgeBase.load(exported, tmp_path / "again") as kb:
        assert [row.path for row in kb.store.sources()] == [path.decode()]


# ------------------------------------------------------------------ R8: checked and mended


def broken(kb, what):
    nodes = [node for batch in kb.store.scan(vectors=True) for node in batch]
    mine = [node for node in nodes if node.uri == "notes/heron.md"]
    from dataclasses import replace

    if what == "a node is lost":
        kb.store.delete_documents([mine[1].id])
    elif what == "orphans":
        kb.store.write_documents([HaystackDocument(**orphan(mine[1]))])
    elif what == "the account":
        row = kb.find_source("notes/heron.md")
        from kbase.stores.rows import Indexed

        kb.store.put([Indexed(replace(row, nodes=row.nodes + 3), None, [])])
    elif what == "a vector is lost":
        from kbase.stores.rows import Indexed

        row, document = kb.find_source("notes/heron.md"), kb.store.document(digest("notes/heron.md"))
        kb.store.put([Indexed(row, document, [replace(mine[0], vector=None), *mine[1:]])])
    else:
        kb.store.remark("gone", 7)


def orphan(node):
    from dataclasses import replace

    from kbase.nodes import node_to_haystack

    made = node_to_haystack(replace(node, document_id="f" * 32, id="e" * 32))
    return {"id": made.id, "content": made.content, "meta": made.meta, "embedding": made.embedding}


@pytest.mark.parametrize("file_there", [True, False])
@pytest.mark.parametrize("what", ["a node is lost", "orphans", "the account", "a vector is lost", "gone"])
def test_r8_what_is_missing_is_found_and_mended(kb, tmp_path, what, file_there):
    folder = notes(tmp_path / "notes", "heron", "stork")
    kb.sync(folder, progress=False)
    assert kb.doctor().well and not kb.doctor().faults
    before = whole(kb)[1]
    embedded = [node for node, _ in before.values() if node.kind != "document"]
    assert sum(vector is not None for node, vector in before.values() if node.kind != "document") == len(embedded)
    broken(kb, what)
    if not file_there:
        (folder / "heron.md").unlink()
    found = kb.doctor()
    assert found.faults and not found.well and "kb.doctor(repair=True)" in str(found)
    mended = kb.doctor(repair=True, progress=False)
    lost = what == "a node is lost" and not file_there
    assert mended.well != lost, mended
    if lost:
        return  # a passage is part of the text, and nothing has it now: it is said, and stays so
    assert not kb.doctor().faults
    after = whole(kb)[1]
    assert set(after) == set(before)
    for node_id, (node, vector) in before.items():
        assert after[node_id][0].text == node.text and np.allclose(after[node_id][1], vector, atol=1e-4)
