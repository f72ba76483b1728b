"What is gone from a folder, and documents that have a next version. On both stores."

import os
import shutil
from pathlib import Path

import pytest
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.indexing.account import gone_files
from kbase.indexing.sources import Scope
from kbase.stores.rows import Source

BIRDS = {"heron": "March", "stork": "April", "swift": "May"}


def note(bird: str, month: str) -> str:
    return f"# {bird.title()}\n\nThe {bird} nests in {month}.\n"


@pytest.fixture(params=["folder", "cluster"])
def kb(request, tmp_path):
    made = KnowledgeBase(tmp_path / "kb" if request.param == "folder" else request.getfixturevalue("elastic_url"))
    yield made
    made.close()


@pytest.fixture
def birds(tmp_path) -> Path:
    folder = tmp_path / "birds"
    folder.mkdir()
    for bird, month in BIRDS.items():
        (folder / f"{bird}.md").write_text(note(bird, month))
    return folder


def rows(report, *states):
    return {row.uri: row.reason for row in report.rows if row.state in states}


def test_a_deleted_file_is_said_marked_and_removed_when_asked(kb, birds):
    kb.add(birds, progress=False)
    (birds / "heron.md").unlink()
    report = kb.add(birds, progress=False)
    assert rows(report, "gone") == {"birds/heron.md": "the file is gone"} and report.count("unchanged") == 2
    assert [source.state for source in kb.store.sources()] == ["gone", "ok", "ok"] and len(kb) == 3
    assert "March" in kb.ask("When does the heron nest?").text  # it stays until it is told to go
    assert rows(kb.add(birds, progress=False), "gone")  # and is said again
    assert rows(kb.sync(birds, progress=False), "removed") == {"birds/heron.md": "the file is gone"}
    assert kb.ask("When does the heron nest?").refused and len(kb) == 2
    assert not rows(kb.add(birds, progress=False), "gone", "removed")


def test_a_file_that_comes_back_is_no_longer_gone(kb, birds):
    kb.add(birds, progress=False)
    (birds / "heron.md").rename(birds.parent / "away.md")
    kb.add(birds, progress=False)
    (birds.parent / "away.md").rename(birds / "heron.md")
    assert kb.add(birds, progress=False).count("unchanged") == 3
    assert {source.state for source in kb.store.sources()} == {"ok"}
    (birds / "heron.md").unlink()
    kb.add(birds, progress=False)
    (birds / "heron.md").write_text(note("heron", "June"))
    assert kb.add(birds, progress=False).count("updated") == 1
    assert "June" in kb.ask("When does the heron nest?").text


def test_a_renamed_file_and_a_renamed_folder(tmp_path, birds):
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(birds, progress=False)
    (birds / "heron.md").rename(birds / "grey-heron.md")
    report = kb.add(birds, progress=False)
    assert rows(report, "gone") == {"birds/heron.md": "the file is gone; birds/grey-heron.md has its text"}
    kb.sync(birds, progress=False)
    moved = birds.rename(tmp_path / "fowl")
    report = kb.sync(moved, progress=False)
    assert report.count("moved") == report.found == 3 and not rows(report, "gone", "removed") and not report.embedded
    assert sorted(kb.documents()["uri"]) == ["fowl/grey-heron.md", "fowl/stork.md", "fowl/swift.md"]


def test_a_folder_that_moved_under_its_name_is_the_same_documents(tmp_path, birds):
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(birds, progress=False)
    (tmp_path / "archive").mkdir()
    moved = Path(shutil.move(birds, tmp_path / "archive" / "birds"))
    report = kb.add(moved, progress=False)
    assert report.count("unchanged") == 3 and not rows(report, "gone") and len(kb) == 3


def test_only_what_this_add_looked_through_is_looked_for(tmp_path, birds):
    kb = KnowledgeBase(tmp_path / "kb")
    (birds / "deep").mkdir()
    (birds / "deep" / "wren.md").write_text(note("wren", "July"))
    (birds / "list.txt").write_text("heron stork swift")
    kb.add(birds, progress=False)
    for name in ("deep/wren.md", "heron.md", "list.txt"):
        (birds / name).unlink()
    assert set(rows(kb.add(birds / "stork.md", progress=False), "gone")) == set()
    assert set(rows(kb.add(f"{birds}/*.md", progress=False), "gone")) == {"birds/heron.md"}
    assert set(rows(kb.add(birds / "deep", progress=False), "gone")) == {"birds/deep/wren.md"}
    assert set(rows(kb.add([birds / "deep", birds], progress=False), "gone")) == {
        "birds/heron.md", "birds/list.txt", "birds/deep/wren.md"}  # fmt: skip


def test_what_cannot_be_seen_is_not_gone(tmp_path, birds, monkeypatch):
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add([birds, birds / "heron.md"], progress=False)
    hidden = birds / ".heron.md"
    (birds / "heron.md").rename(hidden)
    kb.add(hidden, progress=False)  # a hidden file is added by itself, and skipped with its folder
    assert set(rows(kb.add(birds, progress=False), "gone")) == {"birds/heron.md"}
    real = os.stat

    def refuse(path, *args, **more):
        if str(path).endswith("swift.md"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **more)

    account = [Source("birds/swift.md", "1", str(birds / "swift.md"))]
    monkeypatch.setattr(os, "stat", refuse)
    assert not list(gone_files(account, [Scope(str(birds))], {str(birds / "stork.md")}, {}))


def test_an_emptied_folder_wants_a_word(tmp_path, birds):
    "It may be the place where a disk is mounted, and is not now."
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add(birds, progress=False)
    for path in birds.iterdir():
        path.unlink()
    report = kb.sync(birds, progress=False)
    assert len(rows(report, "gone")) == 3 and not rows(report, "removed") and len(kb) == 3
    assert all("allow_deletions=True removes" in reason for reason in rows(report, "gone").values())
    assert len(rows(kb.sync(birds, progress=False, allow_deletions=True), "removed")) == 3 and len(kb) == 0


def test_a_failed_file_that_is_gone_leaves_the_account(tmp_path, birds):
    kb = KnowledgeBase(tmp_path / "kb")
    (birds / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert kb.add(birds, progress=False).failed == 1
    (birds / "broken.pdf").unlink()
    assert set(rows(kb.sync(birds, progress=False), "removed")) == {"birds/broken.pdf"}
    assert {source.state for source in kb.store.sources()} == {"ok"}


# ------------------------------------------------------------------ documents of a path


def tide(hour, **meta):
    return HaystackDocument(content=f"High water is at {hour}.", meta={"file_path": "harbour/tide.txt", **meta})


def hours(kb):
    return sorted(hit.text.split()[-1].strip(".") for hit in kb.search("high water", 20, kind="chunk"))


def test_the_next_version_of_a_document_takes_its_place(kb):
    kb.add([tide(7)], progress=False)
    report = kb.add([tide(9)], progress=False)
    assert [(row.state, "takes the place" in row.reason) for row in report.rows] == [("updated", True)]
    assert len(kb) == 1 and hours(kb) == ["9"] and "at 9" in kb.ask("When is high water?").text
    assert kb.add([tide(9)], progress=False).count("unchanged") == 1 and len(kb) == 1


@pytest.mark.parametrize("key", ["split_id", "page", "page_number", "split_idx_start", "chunk_index", "title"])
def test_splits_of_a_path_stay_beside_each_other(tmp_path, key):
    kb = KnowledgeBase(tmp_path / "kb")
    for number in range(3):  # one at a time, as a loop would
        kb.add([tide(number, **{key: number})], progress=False)
    assert hours(kb) == ["0", "1", "2"]
    kb.add([tide(8, **{key: 1})], progress=False)  # and each has its own next version
    assert hours(kb) == ["0", "2", "8"]


def test_documents_that_came_together_stay_and_the_row_says_how_they_go(tmp_path):
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add([tide(1), tide(2)], progress=False)
    report = kb.add([tide(3)], progress=False)
    assert hours(kb) == ["1", "2", "3"] and "kb.delete(uri, every=True)" in report.rows[0].reason
    report = kb.sync([tide(3), tide(4)], progress=False)
    assert hours(kb) == ["3", "4"] and report.count("removed") == 2


@pytest.mark.parametrize("meta", [{"source": "slack"}, {"name": "tide"}, {}])
def test_what_is_no_path_is_no_version(tmp_path, meta):
    kb = KnowledgeBase(tmp_path / "kb")
    for hour in (7, 9):
        kb.add([HaystackDocument(content=f"High water is at {hour}.", meta=meta)], progress=False)
    assert hours(kb) == ["7", "9"]


def test_a_version_that_cannot_be_read_replaces_nothing(tmp_path):
    kb = KnowledgeBase(tmp_path / "kb")
    kb.add([tide(7)], progress=False)
    meta = {"file_path": "harbour/tide.txt"}
    kb.add([HaystackDocument(id="new", content="High water is at \ud800.", meta=meta)], progress=False)
    assert hours(kb) == ["7"]
