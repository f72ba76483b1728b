"""Many who read while some write.

    python benchmarks/readers.py [--place FOLDER or http://host:9200/name] [--readers 200] [--writers 4] [--minutes 10]

Readers are threads of a few processes, each with a knowledge base of its own; writers are processes, each of which
replaces one document again and again. Counted are errors and stale reads: a search that shows a version that was
replaced, and acknowledged, longer ago than `--promise` seconds before the search began. p50 and p95 are drawn over
time. The embedder is a mock of Haystack's, so that stores are measured and no model.
"""

import argparse
import multiprocessing
import os
import queue
import random
import re
import tempfile
import threading
import time
import traceback
from multiprocessing.sharedctypes import SynchronizedArray
from pathlib import Path
from typing import Any

import numpy as np
from haystack import Document
from haystack.components.embedders import MockDocumentEmbedder, MockTextEmbedder

from kbase import KnowledgeBase

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 4  # that the readers share
KEPT = 4096  # versions of a document at most
STANDING = 500  # documents that nobody replaces
VERSION = re.compile(r"version (\d+) ")
BARS = " ▁▂▃▄▅▆▇█"


def opened(place: str) -> KnowledgeBase:
    return KnowledgeBase(place, (MockDocumentEmbedder(dimension=32), MockTextEmbedder(dimension=32)))


def page(number: int, version: int) -> Document:
    text = f"Ledger kappa{number} is in version {version} today."
    return Document(id=f"ledger{number}", content=text, meta={"uri": f"ledger{number}"})


def write(place: str, number: int, seconds: float, go: Any, times: "SynchronizedArray[float]", results: Any) -> None:
    "Replace a document until the time is over."
    errors, version = [], 1
    with opened(place) as kb:
        kb.search("mill")
        go.wait()
        until = time.time() + seconds
        while time.time() < until:
            try:
                kb.add([page(number, version)], progress=False)
                times[number * KEPT + version - 1] = time.time()
                version += 1
            except Exception as e:  # noqa: BLE001  counted
                errors.append(f"writer: {type(e).__name__}: {e}"[:200])
            time.sleep(random.uniform(0.2, 1.0))
    results.put(("writer", version - 1, errors))


def least_version(times: "SynchronizedArray[float]", number: int, before: float) -> int:
    "The version that a search must show: the newest one whose writing had ended by then; 0 for none."
    own = np.array(times[number * KEPT : (number + 1) * KEPT])
    return int(np.count_nonzero((own > 0) & (own <= before)))  # versions are written in order


def read(
    place: str, threads: int, writers: int, seconds: float, promise: float, go: Any, times: Any, results: Any
) -> None:
    "Search until the time is over."
    kb, rows, errors = opened(place), list[tuple[float, float]](), list[str]()
    kb.search("mill")
    go.wait()  # processes take their time to start
    until = time.time() + seconds

    def look() -> None:
        while time.time() < until:
            number, began = random.randrange(writers), time.time()
            least = least_version(times, number, began - promise)
            try:
                hits = kb.search(f"kappa{number}", mode="bm25", auto_filters=False)
                texts = [hit.node.text for hit in hits if f"kappa{number} " in hit.node.text]
                found = [int(match[1]) for text in texts if (match := VERSION.search(text))]
                if least and (not found or max(found) < least):
                    errors.append(f"stale: version {found} of {number} where {least} was acknowledged")
            except Exception as e:  # noqa: BLE001  counted
                errors.append(f"reader: {type(e).__name__}: {traceback.format_exc(limit=-2)}"[-300:])
            rows.append((began, time.time() - began))
            time.sleep(random.uniform(0.2, 1.0))

    running = [threading.Thread(target=look) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    results.put(("reader", rows, errors))


def draw(values: list[float]) -> str:
    most = max(values) or 1
    return "".join(BARS[round(value / most * (len(BARS) - 1))] for value in values)


def show_minutes(seconds: np.ndarray, ms: np.ndarray, loads: list[float]) -> None:
    "A line for each minute, and p95 as a curve of half minutes."
    print("| minute | searches | p50, ms | p95, ms | slowest, ms | load |\n|---|---|---|---|---|---|")
    for minute in range(int(seconds.max() // 60) + 1):
        own = ms[(seconds >= 60 * minute) & (seconds < 60 * minute + 60)]
        if len(own):
            row = f"{np.median(own):.0f} | {np.quantile(own, 0.95):.0f} | {own.max():.0f}"
            print(f"| {minute + 1} | {len(own):,} | {row} | {loads[min(minute, len(loads) - 1)]:.1f} |")
    parts = [ms[seconds // 30 == half] for half in range(int(seconds.max() // 30) + 1)]
    late = [float(np.quantile(part, 0.95)) for part in parts if len(part)]
    print(f"p95 over time, a mark each half minute: {draw(late)} (top {max(late):.0f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default="")
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--promise", type=float, default=1.0, help="seconds after which a write must be seen by all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.place or str(Path(folder, "kb"))
        with opened(place) as kb:
            texts = [f"Note {i} is about the mill of {i % 37} and the weir." for i in range(STANDING)]
            kb.add([Document(content=text, meta={"uri": f"note{i}"}) for i, text in enumerate(texts)], progress=False)
            kb.add([page(number, 0) for number in range(options.writers)], progress=False)
        seconds, times, results = 60 * options.minutes, SPAWN.Array("d", options.writers * KEPT), SPAWN.Queue()
        go, share = SPAWN.Barrier(options.writers + PROCESSES), -(-options.readers // PROCESSES)
        running = [
            SPAWN.Process(target=write, args=(place, number, seconds, go, times, results))
            for number in range(options.writers)
        ]
        more = (place, share, options.writers, seconds, options.promise, go, times, results)
        running += [SPAWN.Process(target=read, args=more) for _ in range(PROCESSES)]
        for process in running:
            process.start()
        answers, loads = [], list[float]()
        while len(answers) < len(running):
            try:
                answers.append(results.get(timeout=60))
            except queue.Empty:
                loads.append(os.getloadavg()[0])
        loads.append(os.getloadavg()[0])
        for process in running:
            process.join()
    rows = np.array([row for kind, found, _ in answers if kind == "reader" for row in found])
    errors = [error for _, _, found in answers for error in found]
    written = sum(found for kind, found, _ in answers if kind == "writer")
    print(f"{options.readers} readers, {options.writers} writers, {options.minutes:g} minutes: {len(rows):,} searches, "
          f"{written:,} writes, {len(errors)} errors and stale reads")  # fmt: skip
    ms = 1000 * rows[:, 1]
    print(f"a search, ms: p50 {np.median(ms):.0f}, p95 {np.quantile(ms, 0.95):.0f}, slowest {ms.max():.0f}")
    show_minutes(rows[:, 0] - rows[:, 0].min(), ms, loads)
    for error in sorted(set(errors))[:5]:
        print(f"  {errors.count(error)} × {error}")


if __name__ == "__main__":
    main()
