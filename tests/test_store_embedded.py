"What the embedded store alone must stand: its lock, its commits, its columns, a full disk. For both: test_store.py."

import json
import math
import os
import random
import shutil
import tarfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import store_worker as worker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_cases import FILTERS, METADATA, PROCESSES, all_nodes, ask, eq, expected, finish, nodes_with, start
from store_worker import DIM, direction, item, versioned


from kbase.indexing.sentence_nodes import nodes_of_sentences
from kbase.nodes import Document, EmbedderIdentity, Node, digest
from kbase.stores import embedded, snapshot, tables, typed_columns, upkeep
from kbase.stores.contract import EmbedderMismatch, FormatError, StoreError, StoreLocked
from kbase.stores.embedded import EmbeddedStore, shared_store
from kbase.stores.rows import Indexed, Source, mean_vector
from kbase.stores.tables import FOLDER_FORMAT, SLIM_FORMAT

FORMATS = Path(__file__).parent / "formats"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "store")


@pytest.fixture
def store(path):
    store = EmbeddedStore(path)
    yield store
    store.close()


# -- 1: one writer at a time ---------------------------------------------------------------------------------------


def test_three_processes_upsert_the_same_ids(path, store):
    names = [f"n{i}" for i in range(1000)]
    shuffled = [random.Random(seed).sample(names, len(names)) for seed in range(3)]
    finish(*[start(worker.upsert, path, order, 100) for order in shuffled])
    ids = [node.id for node in all_nodes(store)]
    assert len(ids) == len(set(ids)) == store.count_documents() == 1000
    assert len(store.sources()) == 1000


def test_a_locked_store_names_the_owner_and_a_dead_owners_lock_is_taken_over(path):
    ready = PROCESSES.Event()
    owner = start(worker.hold_lock, path, ready)
    assert ready.wait(60)
    hasty = EmbeddedStore(path, lock_timeout=0.2)
    with pytest.raises(StoreLocked, match=f'"pid": {owner.pid}'):
        hasty.put([item("a")])
    assert hasty.count_documents() == 0  # readers go on
    owner.kill()
    owner.join(10)
    hasty.put([item("a")])
    assert hasty.count_documents() == 1


def test_threads_wait_for_each_other_as_processes_do(path):
    store, inside, leave = EmbeddedStore(path, lock_timeout=0.2), threading.Event(), threading.Event()

    def hold():
        with store._writing():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        store.put([item("a")])
    leave.set()
    thread.join()
    store.put([item("a")])


# -- 2, 3, 4: indices, commits, versions -----------------------------------------------------------------------------


def loose_rows(store):
    return max(index.num_unindexed_rows or 0 for index in store.snapshot().nodes.list_indices())


def test_many_small_writes_leave_few_fragments_and_few_rows_outside_the_indices(store, monkeypatch):
    monkeypatch.setattr(upkeep, "OPTIMIZE_FRAGMENTS", 10)
    monkeypatch.setattr(upkeep, "OPTIMIZE_ROWS", 40)
    for i in range(40):
        store.put([item(f"a{i}", chunks=3)])
        assert store.snapshot().nodes.stats()["fragment_stats"]["num_fragments"] <= 11
        assert loose_rows(store) < 40
    for i in range(12):
        store.put([Indexed(Source(f"bad/{i}", f"bad{i}", state="failed", reason="broken"), None, ())])
    assert store._folder.newest("sources").stats()["fragment_stats"]["num_fragments"] <= 11
    store.optimize(force=True)
    assert loose_rows(store) == 0
    assert len(store.find(["titl"], depth=200).bm25) == 120


def test_optimize_without_need_does_nothing(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.optimize()
    assert store.snapshot().nodes.version == before


def test_a_commit_conflict_is_retried():
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("lance error: Retryable commit conflict for version 7")

    upkeep.commit_again(work)
    assert len(tries) == 3
    with pytest.raises(RuntimeError, match="something else"):
        upkeep.commit_again(lambda: (_ for _ in ()).throw(RuntimeError("something else")))


def test_one_batch_is_one_commit_of_nodes(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.put([item(f"b{i}", chunks=5) for i in range(100)])
    assert store.snapshot().nodes.version == before + 1


def versions(store):
    return [len(store._folder.newest(name).list_versions()) for name in ("nodes", "sources")]


def test_old_versions_go_when_nobody_reads(store):
    for i in range(10):
        store.put([item("same", f"text {i}")])
    assert min(versions(store)) > 10
    found = store.find(["text"])
    store.optimize(force=True)
    assert min(versions(store)) > 10
    assert [node.text for node in found.fetch([hit.key for hit in found.bm25])] == ["text 9"]
    store._folder.cleaning._not_before = 0.0  # as if some seconds had passed
    del found
    end = time.monotonic() + 20
    while max(versions(store)) > 2 and time.monotonic() < end:  # by a thread of its own, without anybody asking
        time.sleep(0.05)
    assert max(versions(store)) <= 2
    assert [node.text for node in all_nodes(store)] == ["text 9"]


def test_an_open_handle_goes_on_after_a_cleaning(path, store):
    store.put([versioned(number, 0) for number in range(3)])
    reader = EmbeddedStore(path)
    assert len(reader.find(["v0"], direction(1)).bm25) == 12 and reader.sources() and len(all_nodes(reader)) == 12
    store.put([versioned(number, 1) for number in range(3)])
    store.optimize(force=True)
    assert max(versions(store)) <= 2
    found = reader.find(["v1"], direction(1))
    assert len(found.fetch([hit.key for hit in found.bm25])) == 12 and len(all_nodes(reader)) == 12
    assert reader.document(versioned(0, 1).document.id).text.startswith("v1") and len(reader.sources()) == 3


def disk(path):
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())


def test_a_slow_reader_of_another_process_loses_nothing_and_the_disk_is_small_after_it(path, store):
    store.put([versioned(number, 0) for number in range(6)])
    ours, theirs = PROCESSES.Pipe(duplex=False)
    ready = PROCESSES.Event()
    reader = start(worker.read_slowly, path, ready, theirs, 0.15)
    assert ready.wait(60)
    for version in range(1, 6):
        store.put([versioned(number, version) for number in range(6)])
        store.optimize(force=True)
    assert reader.is_alive() and min(versions(store)) > 5  # it still reads the first of them
    assert ours.poll(60)
    count, seen, found = ours.recv()
    assert (count, seen, found) == (24, ["v0"], 24)
    finish(reader)
    store._folder.cleaning._not_before = 0.0
    store.put([versioned(number, 9) for number in range(6)])
    assert max(versions(store)) <= 4
    assert disk(path) < 40 * sum(len(node.text) for node in all_nodes(store)) / 10


def test_a_reader_that_was_killed_keeps_nothing(path, store):
    store.put([versioned(number, 0) for number in range(6)])
    ready = PROCESSES.Event()
    reader = start(worker.read_slowly, path, ready, PROCESSES.Pipe()[0], 600)
    assert ready.wait(60)
    store.optimize(force=True)
    with store._folder.leases.alone() as alone:
        assert not alone
    reader.kill()
    reader.join(10)
    with store._folder.leases.alone() as alone:
        assert alone


def test_a_first_load_is_indexed_when_it_has_grown_and_at_its_end(store, monkeypatch):
    monkeypatch.setattr(upkeep, "OPTIMIZE_ROWS", 2)
    passes = []
    with store.loading():
        for i in range(60):
            store.put([item(f"a{i}", chunks=3)])
            passes.append(upkeep.loose_rows(store.snapshot().nodes))
        assert len(store.find(["titl"], depth=500).bm25) == 180  # those outside of the index are found too
    assert 1 <= passes.count(0) <= 5 and upkeep.loose_rows(store.snapshot().nodes) == 0
    assert len(store.find(["titl"], depth=500).bm25) == 180


def test_a_search_does_not_wait_for_a_writer_of_the_same_process(store):
    store.put([item("a")])
    inside, leave = threading.Event(), threading.Event()

    def write():
        with store._writing():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait(10)
    assert (
        len(store.find(["word"], direction(1)).bm25) == 1 and store.document_span(item("a").document.id, 0, 4) == "some"
    )
    assert thread.is_alive()  # it was not waited for
    leave.set()
    thread.join()


# -- 7: metadata ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [2, 0])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(metadata=st.lists(METADATA, min_size=1, max_size=6), filters=st.lists(FILTERS, min_size=1, max_size=8))
def test_a_pushed_down_filter_selects_the_same_when_the_table_is_full(tmp_path_factory, columns, metadata, filters):
    with pytest.MonkeyPatch.context() as patch:
        for module in (tables, snapshot, embedded):
            patch.setattr(module, "MAX_COLUMNS", columns)
        store, items = EmbeddedStore(str(tmp_path_factory.mktemp("meta"))), nodes_with(metadata)
        store.put(items)
        for one in filters:
            assert {node.id for node in all_nodes(store, filters=one)} == expected(one, items), one
        store.close()


def test_a_type_that_came_after_the_table_was_full_is_filtered_too(store, monkeypatch):
    for module in (tables, snapshot, embedded):
        monkeypatch.setattr(module, "MAX_COLUMNS", 3)
    items = nodes_with([{"a": "5", "b": "x", "c": 1}, {"a": 5}, {"a": True}])
    for one in items:
        store.put([one])
    for filters in (
        eq("meta.a", 5),
        eq("meta.a", True),
        eq("meta.a", "5"),
        eq("meta.a", 5, "!="),
        eq("meta.a", [5, "5"], "in"),
        eq("meta.a", 4, ">"),
    ):
        assert {node.id for node in all_nodes(store, filters=filters)} == expected(filters, items), filters


# -- 10: kills and full disks ------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_what_was_there_stays(path, store):
    store.put([item(f"a{i}") for i in range(20)])
    assert "no room left" in ask(worker.small_files, path, 20_000)
    assert store.count_documents() == 20 and len(store.find(["word"], direction(1)).bm25) == 20
    assert store.document(item("big").document.id) is None
    finish(start(worker.put_one, path, "kiwi"))  # room again
    assert store.count_documents() == 21


# -- identity and format ---------------------------------------------------------------------------------------------


def test_another_format_is_refused(path, store):
    store.put([item("a")])
    about = store._folder.file
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 99}))
    for use in (
        store.count_documents,
        lambda: store.put([item("b")]),
        lambda: EmbeddedStore(path).find(["word"]),
        lambda: store.embedder,
    ):
        with pytest.raises(FormatError, match="format 99, this kbase reads format 2"):
            use()


# -- opening and closing ---------------------------------------------------------------------------------------------


def test_reading_makes_no_folder(tmp_path):
    path = tmp_path / "not" / "there"
    store = EmbeddedStore(str(path))
    assert (
        store.count_documents(),
        store.sources(),
        store.filter_documents(),
        store.languages(),
        store.embedder,
        store.document("x"),
    ) == (0, [], [], [], None, None)
    assert store.find(["a"], direction(1)).bm25 == [] and store.delete_by_filter(eq("meta.a", 1)) == 0
    store.optimize(force=True)
    assert repr(store).endswith("0 nodes)")
    assert not path.exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        EmbeddedStore(str(tmp_path / "file"))


def test_put_replaces_a_document_in_one_commit(store):
    store.put([item("a", "old words " * 50, 5), item("b", "other words", 2)])
    before = store.snapshot().nodes.version
    store.put([item("a", "new words", 2)])
    assert store.snapshot().nodes.version == before + 1


def test_the_number_of_columns_is_bounded(store):
    store.put(nodes_with([{f"key {i}": i for i in range(at, at + 100)} for at in range(0, 1000, 100)]))
    assert len(store.snapshot().nodes.schema.names) <= typed_columns.MAX_COLUMNS + 30


def test_an_open_store_of_another_patience_is_not_shared(path):
    first = shared_store(path)
    assert shared_store(path) is shared_store(path, lock_timeout=first.lock_timeout) is first
    hasty = shared_store(path, lock_timeout=0.1)
    assert hasty is not first and hasty.lock_timeout == 0.1
    first.put([item("a")])
    assert hasty.count_documents() == 1
    with pytest.raises(EmbedderMismatch, match="given are 3-d"):
        shared_store(path, dimension=3).put([item("b", dim=3), item("c")])


# -- new vectors
# ---------------------------------------------------------------------------------------------------------


def test_a_rebuild_that_is_killed_leaves_the_old_vectors_and_the_next_one_goes_through(path, store):
    store.set_embedder(EmbedderIdentity("first", DIM))
    store.put([item(f"a{i}") for i in range(20)])
    for wait in (0, 1, 2):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = start(worker.rebuild, path, theirs, 0.1)
        for _ in range(wait + 1):
            assert os.read(ours.fileno(), 6) == b"batch\n"
        with pytest.raises(StoreLocked):
            EmbeddedStore(path, lock_timeout=0.1).put([item("late")])
        writer.kill()
        writer.join(10)
        assert store.embedder.name == "first" and len(store.find(vector=direction(1)).dense) == 20
    store.put([item("b")])
    assert store.rebuild(EmbedderIdentity("second", 3), lambda texts: np.ones((len(texts), 3)) / np.sqrt(3)) == 21
    assert len(store.find(vector=np.ones(3)).dense) == 21
    assert sorted(file.name for file in (Path(path) / "lance").glob("*.lance")) == ["nodes_1.lance", "sources_1.lance"]
    with pytest.raises(EmbedderMismatch, match="wanted are 3"):
        store.rebuild(EmbedderIdentity("third", 3), lambda texts: np.ones((len(texts), 4)))


# -- an older format
# -------------------------------------------------------------------------------------------------------


@pytest.fixture
def format_1(path):
    with tarfile.open(FORMATS / "format1.tar.gz") as archive:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4
        archive.extractall(Path(path).parent / "unpacked", **safe)
    shutil.move(Path(path).parent / "unpacked" / "format1", path)
    return json.loads((FORMATS / "format1.json").read_text())


def check_format_1(store, known):
    nodes = {node.id: node for node in all_nodes(store, vectors=True)}
    of_document = {}
    for row in known["nodes"]:
        of_document.setdefault(row["document_id"], []).append(row)
    summaries = [row for row in known["nodes"] if row["kind"] == "summary"]
    repeated = {row["id"] for row in summaries if len(of_document[row["document_id"]]) == 2}  # of one chunk
    wholes = [node for node in nodes.values() if node.kind == "document"]
    assert sorted((node.document_id, node.text) for node in wholes) == sorted(
        (row["document_id"], row["text"]) for row in summaries
    )
    assert nodes.keys() - {node.id for node in wholes} == {row["id"] for row in known["nodes"]} - repeated
    for node in wholes:
        chunks = [row["vector"] for row in of_document[node.document_id] if row["kind"] == "chunk"]
        assert node.vector == pytest.approx(mean_vector(map(np.array, chunks)), abs=1e-5)
    for row in (row for row in known["nodes"] if row["id"] not in repeated):
        node = nodes[row["id"]]
        for name in (
            "document_id",
            "kind",
            "start",
            "end",
            "text",
            "title",
            "uri",
            "page",
            "parent_id",
            "language",
            "meta",
        ):
            assert getattr(node, name) == row[name], (row["id"], name)
        assert list(node.headings) == row["headings"]
        assert (node.vector is None) == (row["vector"] is None)
        assert row["vector"] is None or node.vector == pytest.approx(row["vector"], abs=1e-5)
    fresh = {"root": None, "parent": "", "web": {}}  # what the format did not have
    assert [{**source.__dict__, "pages": list(source.pages)} for source in store.sources()] == [
        {**fresh, **row} for row in known["sources"]
    ]
    assert {name: store.document(name).text for name in known["texts"]} == known["texts"]
    assert list(store.embedder) == known["embedder"][:2] and store.languages() == known["languages"]
    for one in known["filters"].values():
        ids = {node.id for node in all_nodes(store, filters=one["filter"]) if node.kind != "document"}
        assert ids == set(one["ids"]) - repeated, one["filter"]
    for query, said in known["searches"].items():
        found = store.find(said["terms"], direction(int(digest(query)[:8], 16)))
        dense = [
            (node.id, hit.score)
            for hit, node in zip(found.dense, found.fetch([hit.key for hit in found.dense]), strict=True)
        ]
        assert [name for name, _ in dense] == [name for name, _ in said["dense"]], query
        assert [score for _, score in dense] == pytest.approx([score for _, score in said["dense"]], abs=1e-3)
        words = {node.id for node in found.fetch([hit.key for hit in found.bm25])}
        assert words == {name for name, _ in said["bm25"]}, query  # their scores no longer count the summaries
    return {node.id for node in wholes}


def test_a_folder_of_format_1_is_upgraded_and_answers_the_same(path, format_1, caplog):
    store = EmbeddedStore(path)
    known = check_format_1(store, format_1)
    assert "has format 1 and is written anew in format 2" in caplog.text
    assert json.loads((Path(path) / "kbase.json").read_text())["format"] == FOLDER_FORMAT
    assert len(list((Path(path) / "lance").glob("*.lance"))) == 2  # the old tables are gone
    wholes = store.find(["mill", "ladder"], direction(1), kinds=("document",))
    assert {node.id for node in wholes.fetch([hit.key for hit in wholes.dense])} == known and len(wholes.bm25) == 2
    store.put([item("a")])
    assert store.count_sources("ok") == 5 and store.find_source("Weir").uri == "notes/weir.md"
    assert len(EmbeddedStore(path).find(["mill"]).bm25) == len(store.find(["mill"]).bm25) > 0


def test_an_upgrade_that_is_killed_leaves_the_old_folder_for_the_next(path, format_1):
    chance = random.Random(7)
    for _ in range(5):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        writer = start(worker.upgrade, path, theirs)
        assert os.read(ours.fileno(), 6) == b"start\n"
        time.sleep(chance.uniform(0, 1.5))  # LanceDB's import is a part of it
        writer.kill()
        writer.join(10)
    check_format_1(EmbeddedStore(path), format_1)


def test_terms_are_counted_exactly_below_a_bound_and_estimated_above(path, monkeypatch):
    monkeypatch.setattr(snapshot, "COUNTED", 20)
    store = EmbeddedStore(path)
    store.put([item(f"d{number}", "lanterns " + ("moths" if number % 10 == 0 else "lamps")) for number in range(60)])
    rows, words = 60, {"seldom": "moth", "often": "lantern", "never": "kite"}
    idf = store.idf(list(words.values()))
    assert idf[words["seldom"]] == pytest.approx(math.log(1 + (rows - 6 + 0.5) / (6 + 0.5)), rel=1e-6)
    assert idf[words["often"]] == pytest.approx(math.log(1 + 0.5 / (rows + 0.5)), rel=1e-6)
    assert idf[words["never"]] == max(idf.values())
    assert store.idf([words["often"], words["seldom"]]) == pytest.approx(
        {words[name]: idf[words[name]] for name in ("often", "seldom")}
    )
    store.close()


def test_what_is_kept_of_the_account_goes_with_the_next_commit_of_whoever_it_is(path):
    store, other, made = EmbeddedStore(path), EmbeddedStore(path), []

    def read():
        made.append(len(made))
        return {"sources": sorted(source.uri for source in store.sources())}

    def settle():
        for versions in Path(path).glob("lance/*/_versions"):
            before = versions.stat().st_mtime - 60
            os.utime(versions, (before, before))

    assert store.kept("names", read) == {"sources": []}  # no folder yet: nothing is written
    assert not Path(path, "kept").exists()
    store.put([item("a")])
    assert store.kept("names", read) == {"sources": ["docs/a"]} and not Path(path, "kept").exists()  # just now
    settle()
    assert store.kept("names", read) == other.kept("names", read) == {"sources": ["docs/a"]}
    assert (store.count_sources(), other.count_sources(), store.count_sources("failed"), len(made)) == (1, 1, 0, 3)
    other.put([item("b")])
    assert store.kept("names", read) == {"sources": ["docs/a", "docs/b"]} and store.count_sources() == 2
    settle()
    store.kept("names", read)
    file = Path(path, "kept", "names.json")
    for wrong in ("", "{", "[]", "null", '{"of": 3}', '{"of": ["sources", 1], "value": {"sources": ["x"]}}'):
        file.write_text(wrong)
        assert other.kept("names", read) == {"sources": ["docs/a", "docs/b"]}
    store.close()
    other.close()


# -- slim rows ---------------------------------------------------------------------------------------------------------


def with_sentences(name="ferry.md", title="Timetable"):
    text = "The ferry leaves at eight. In winter it leaves an hour later.\n\nThere is no bridge. Bring a coat."
    document = Document(name, text, title, language="en", pages=(0, 63), meta={"year": 2020})
    spans = [(0, 61), (63, len(text))]
    chunks = [
        Node(document.id, "chunk", a, b, text[a:b], title, name, ("Ways",), at, language="en", meta=document.meta)
        for at, (a, b) in enumerate(spans, 1)
    ]
    return document, chunks, list(nodes_of_sentences(chunks))


def stored_rows(store):
    rows = store.snapshot().nodes.search().select(["id", "kind", "shown", "hash", "tokens_sentence"]).to_arrow()
    return {row["id"]: row for row in rows.to_pylist()}


def test_a_sentences_row_leaves_to_its_chunk_what_both_say_and_is_read_whole(path, store):
    document, chunks, sentences = with_sentences()
    other = replace(sentences[0], start=0, end=3, text="The", title="Another", id="")
    own = replace(sentences[0], start=4, end=9, text="ferry", payload={"of": "mine"}, id="")
    store.put([Indexed(Source(document.uri, document.id), document, [*chunks, *sentences, other, own])])
    rows = stored_rows(store)
    assert all(rows[node.id]["shown"] == rows[node.id]["hash"] == "" for node in sentences)
    assert all(rows[node.id]["shown"] and rows[node.id]["hash"] for node in (*chunks, other, own))
    assert "timet" not in rows[sentences[0].id]["tokens_sentence"]  # the title's words are its chunk's
    wanted = {node.id: node for node in (*chunks, *sentences, other, own)}
    for opened in (store, EmbeddedStore(path)):
        assert {node.id: node for batch in opened.scan() for node in batch} == wanted
        assert opened.nodes_by_id([sentences[3].id]) == [sentences[3]]
        assert opened.children([chunks[1].id]) == sentences[2:]
        found = opened.find(["ferri", "coat"], kinds=("sentence",))
        assert {node.id for node in found.fetch([one.key for one in found.bm25])} >= {sentences[0].id, sentences[3].id}
        assert len(opened.filter_documents({"field": "meta.year", "operator": "==", "value": 2020})) == len(wanted)
    store.delete_documents([chunks[0].id])
    (left,) = store.nodes_by_id([sentences[0].id])  # of a chunk that is gone: by what its own row has
    assert (left.text, left.title, left.parent_id) == ("", "", chunks[0].id)


def test_sentences_of_slim_rows_are_embedded_anew_below_their_title(store):
    document, chunks, sentences = with_sentences()
    store.put([Indexed(Source(document.uri, document.id), document, [*chunks, *sentences])])
    read = []

    def embed(texts):
        read.extend(texts)
        return np.ones((len(texts), 3), np.float32)

    store.rebuild(EmbedderIdentity("toy", 3), embed)
    assert sorted(read) == sorted(node.embedded_text for node in (*chunks, *sentences))


def test_a_folder_with_slim_rows_says_so_and_one_without_is_read_by_an_older_kbase(path, store):
    document, chunks, sentences = with_sentences()
    store.put([Indexed(Source(document.uri, document.id), document, chunks)])
    assert json.loads((Path(path) / "kbase.json").read_text())["format"] == FOLDER_FORMAT
    store.put([Indexed(Source(document.uri, document.id), document, [*chunks, *sentences])])
    assert json.loads((Path(path) / "kbase.json").read_text())["format"] == SLIM_FORMAT
    assert len(EmbeddedStore(path).nodes_by_id([sentences[0].id])) == 1
