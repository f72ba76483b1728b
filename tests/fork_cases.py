"What a process that has used a knowledge base does with forked children. Run by test_fork, one case a process."

import multiprocessing
import os
import sys
import threading
import time
import traceback

from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.stores.contract import StoreError, StoreLocked

FORK = multiprocessing.get_context("fork")
PATIENCE = 90  # seconds


def filled(place):
    kb = KnowledgeBase(place)
    kb.add([note(i) for i in range(4)], progress=False)
    assert len(kb.search("kiln")) == 4 and kb.ask("When is the kiln 3 fired?").text
    return kb


def note(i):
    return HaystackDocument(content=f"The kiln {i} is fired on day {i}.", meta={"uri": f"kiln{i}"})


def in_child(work, *arguments):
    "What a forked child returns; RuntimeError when it raises, TimeoutError when it hangs."
    ours, theirs = FORK.Pipe(duplex=False)

    def run():
        try:
            theirs.send((True, work(*arguments)))
        except BaseException:
            theirs.send((False, traceback.format_exc()))

    process = FORK.Process(target=run)
    process.start()
    if not ours.poll(PATIENCE):
        process.kill()
        raise TimeoutError("the child hangs")
    well, result = ours.recv()
    process.join(PATIENCE)
    if not well:
        raise RuntimeError(result)
    return result


def look(kb):
    asked = kb.ask("When is the kiln 3 fired?").text
    return len(kb), len(kb.search("kiln")), "day 3" in asked, len(kb.documents()), bool(kb.summary("kiln2"))


def reads(place):
    kb = filled(place)
    assert in_child(look, kb) == look(kb) == (4, 4, True, 4, True)
    assert in_child(look, kb) == (4, 4, True, 4, True)  # and again
    assert in_child(lambda: KnowledgeBase(place).store is kb.store) and in_child(lambda: look(KnowledgeBase(place)))


def writes(place):
    kb = filled(place)

    def add():
        return kb.add([note(7)], progress=False).count("added"), kb.delete("kiln0") > 0, len(kb.search("kiln"))

    assert in_child(add) == (1, True, 4)
    assert kb.ask("When is the kiln 7 fired?").text and len(kb.search("kiln")) == 4
    kb.add([note(8)], progress=False)
    assert in_child(lambda: len(kb.search("kiln"))) == 5


def refused(work):
    try:
        work()
    except StoreError as error:
        return "spawn" in str(error)
    return False


def says_so(place):
    "A child of a process that has used a folder says at once what to do, and leaves parent and folder as they are."
    kb = filled(place)

    def all_ways():
        return [
            refused(lambda: kb.search("kiln")),
            refused(lambda: kb.ask("When is the kiln 3 fired?")),
            refused(lambda: kb.documents()),
            refused(lambda: kb.add([note(7)], progress=False)),
            refused(lambda: kb.delete("kiln0")),
            refused(lambda: KnowledgeBase(place).search("kiln")),
        ]

    assert in_child(all_ways) == [True] * 6
    with FORK.Pool(2) as pool:
        assert pool.map_async(counted_or_refused, [place] * 4).get(PATIENCE) == [True] * 4
    kb.add([note(8)], progress=False)
    assert len(kb.search("kiln")) == 5


def counted_or_refused(place):
    return refused(lambda: counted(place))


def says_so_beside_threads(place):
    "The same where threads of the parent are in the middle of a search."
    kb, stop = filled(place), threading.Event()

    def searches():
        while not stop.is_set():
            kb.search("kiln")

    thread = threading.Thread(target=searches, daemon=True)
    thread.start()
    try:
        for _ in range(4):
            assert in_child(lambda: refused(lambda: kb.search("kiln")))
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert len(kb.search("kiln")) == 4


def alone(place):
    "Children work with a folder that their parent has only named."
    kb = KnowledgeBase(place)
    assert in_child(lambda: kb.add([note(i) for i in range(4)], progress=False).count("added")) == 4
    assert in_child(look, kb) == (4, 4, True, 4, True)
    with FORK.Pool(2) as pool:
        assert pool.map_async(counted, [place] * 4).get(PATIENCE) == [4] * 4


def many(place):
    kb = filled(place)
    with FORK.Pool(3) as pool:
        found = pool.map_async(counted, [place] * 6).get(PATIENCE)
    assert found == [4] * 6 and len(kb.search("kiln")) == 4


def counted(place):
    return len(KnowledgeBase(place).search("kiln"))


def beside_threads(place):
    "Children that are forked while threads of the parent are in the middle of it."
    kb, stop, failed = filled(place), threading.Event(), []

    def searches():
        while not stop.is_set():
            try:
                kb.search("kiln")
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=searches, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            assert in_child(lambda: len(kb.search("kiln"))) == 4
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert not failed and len(kb.search("kiln")) == 4


def writers_lock(place):
    "The parent's turn at writing is not the child's, neither to use nor to end."
    kb = filled(place)
    writer = kb.store._writer
    holding, done = threading.Event(), threading.Event()

    def hold():
        with writer.turn():
            holding.set()
            done.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(PATIENCE)

    def try_to_write():
        try:
            with writer.turn(timeout=0.3):
                return "written"
        except StoreLocked:
            return "locked"

    try:
        assert in_child(try_to_write) == "locked"
        assert in_child(try_to_write) == "locked"  # the end of the first child let nothing go
    finally:
        done.set()
        thread.join(PATIENCE)
    assert in_child(try_to_write) == "written"
    kb.add([note(9)], progress=False)


def leases(place):
    "A child that lives on keeps nobody from cleaning what it does not read."
    kb = filled(place)
    with kb.store._folder.lease():
        process = FORK.Process(target=time.sleep, args=(PATIENCE,))
        process.start()
    in_child(lambda: None)
    time.sleep(0.5)
    try:
        held = FORK.Process(target=lambda: None)
        held.start()
        held.join(PATIENCE)
    finally:
        with kb.store._folder.leases.alone() as alone:
            inherited = not alone  # the child's own lease: it was forked while the parent read
        process.kill()
        process.join(PATIENCE)
    with kb.store._folder.leases.alone() as alone:
        assert alone
    return inherited


def connections(place):
    "Parent and child ask at the same time: none gets the other's answer, and the parent keeps its point in time."
    kb = filled(place)
    hits = kb.search("kiln")

    def ask_often():
        return [len(kb.search(f"kiln {i % 4}", 1)) for i in range(20)]

    process = FORK.Process(target=ask_often)
    process.start()
    assert ask_often() == [1] * 20
    process.join(PATIENCE)
    assert process.exitcode == 0
    in_child(kb.close)
    assert [hit.id for hit in kb.search("kiln")] == [hit.id for hit in hits]


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
    print("ok", flush=True)
    os._exit(0)
