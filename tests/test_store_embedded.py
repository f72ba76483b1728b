"What the embedded store alone must stand: its lock, its commits, its columns, a full disk. What both stores must is in test_store.py."

import json
import os
import random
import threading
import time
from datetime import timedelta

import pytest
import store_worker as worker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_cases import FILTERS, METADATA, PROCESSES, all_nodes, ask, eq, expected, finish, nodes_with, start
from store_worker import direction, item

from kbase.stores import embedded
from kbase.stores.contract import FormatError, StoreError, StoreLocked
from kbase.stores.rows import Indexed, Source
from kbase.stores.embedded import EmbeddedStore


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
    monkeypatch.setattr(embedded, "OPTIMIZE_FRAGMENTS", 10)
    monkeypatch.setattr(embedded, "OPTIMIZE_ROWS", 40)
    for i in range(40):
        store.put([item(f"a{i}", chunks=3)])
        assert store.snapshot().nodes.stats()["fragment_stats"]["num_fragments"] <= 11
        assert loose_rows(store) < 40
    for i in range(12):
        store.put([Indexed(Source(f"bad/{i}", f"bad{i}", state="failed", reason="broken"), None, ())])
    assert store._probe("sources").stats()["fragment_stats"]["num_fragments"] <= 11
    store.optimize(force=True)
    assert loose_rows(store) == 0
    assert len(store.find(["titl"], depth=200).bm25) == 120


def test_optimize_without_need_does_nothing(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.optimize()
    assert store.snapshot().nodes.version == before


def test_a_commit_conflict_is_retried(monkeypatch):
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("lance error: Retryable commit conflict for version 7")

    embedded._retry(work)
    assert len(tries) == 3
    with pytest.raises(RuntimeError, match="something else"):
        embedded._retry(lambda: (_ for _ in ()).throw(RuntimeError("something else")))


def test_one_batch_is_one_commit_of_nodes(store):
    store.put([item("a")])
    before = store.snapshot().nodes.version
    store.put([item(f"b{i}", chunks=5) for i in range(100)])
    assert store.snapshot().nodes.version == before + 1


def test_old_versions_go(store, monkeypatch):
    for i in range(10):
        store.put([item("same", f"text {i}")])
    assert len(store.snapshot().nodes.list_versions()) > 10
    monkeypatch.setattr(embedded, "KEEP_VERSIONS", timedelta(0))
    store.optimize(force=True)
    assert all(len(table.list_versions()) <= 2 for table in (store.snapshot().nodes, store._probe("sources")))
    assert [node.text for node in all_nodes(store)] == ["text 9"]


def test_a_search_does_not_wait_for_a_writer_of_the_same_process(store):
    store.put([item("a")])
    inside, leave = threading.Event(), threading.Event()

    def write():
        with store._writing():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait(10)
    began = time.monotonic()
    assert len(store.find(["word"], direction(1)).bm25) == 1 and store.document_span(item("a").document.id, 0, 4) == "some"
    assert time.monotonic() - began < 10
    leave.set()
    thread.join()


# -- 7: metadata ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [2, 0])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(metadata=st.lists(METADATA, min_size=1, max_size=6), filters=st.lists(FILTERS, min_size=1, max_size=8))
def test_a_pushed_down_filter_selects_the_same_when_the_table_is_full(tmp_path_factory, columns, metadata, filters):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "MAX_COLUMNS", columns)
        store, items = EmbeddedStore(str(tmp_path_factory.mktemp("meta"))), nodes_with(metadata)
        store.put(items)
        for one in filters:
            assert {node.id for node in all_nodes(store, filters=one)} == expected(one, items), one
        store.close()


def test_a_type_that_came_after_the_table_was_full_is_filtered_too(store, monkeypatch):
    monkeypatch.setattr(embedded, "MAX_COLUMNS", 3)
    items = nodes_with([{"a": "5", "b": "x", "c": 1}, {"a": 5}, {"a": True}])
    for one in items:
        store.put([one])
    for filters in (eq("meta.a", 5), eq("meta.a", True), eq("meta.a", "5"), eq("meta.a", 5, "!="), eq("meta.a", [5, "5"], "in"), eq("meta.a", 4, ">")):
        assert {node.id for node in all_nodes(store, filters=filters)} == expected(filters, items), filters


# -- 10: kills and full disks ------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_what_was_there_stays(path, store):
    store.put([item(f"a{i}") for i in range(20)])
    assert "no room left" in ask(worker.small_files, path, 20_000)
    assert store.count_documents() == 20 and len(store.find(["word"], direction(1)).bm25) == 20
    assert store.document(item("big").document.id) is None or store.count_documents() == 20
    finish(start(worker.put_one, path, "kiwi"))  # room again
    assert store.count_documents() == 21


# -- identity and format ---------------------------------------------------------------------------------------------


def test_another_format_is_refused(path, store):
    store.put([item("a")])
    about = store._file
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 99}))
    for use in (store.count_documents, lambda: store.put([item("b")]), lambda: EmbeddedStore(path).find(["word"]), lambda: store.embedder):
        with pytest.raises(FormatError, match="format 99, this kbase reads format 1"):
            use()


# -- opening and closing ---------------------------------------------------------------------------------------------


def test_reading_makes_no_folder(tmp_path):
    path = tmp_path / "not" / "there"
    store = EmbeddedStore(str(path))
    assert (store.count_documents(), store.sources(), store.filter_documents(), store.languages(), store.embedder, store.document("x")) == (0, [], [], [], None, None)
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
    assert len(store.snapshot().nodes.schema.names) <= embedded.MAX_COLUMNS + 25
