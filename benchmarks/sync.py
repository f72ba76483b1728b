"""A folder that has not changed, synced again: seconds and peak memory, a small and a large one, and one edited file.

python benchmarks/sync.py [files ...]     by default 2000 20000; each number runs in a process of its own
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest import peak_gigabytes

WORDS = Path(__file__).read_text(encoding="utf-8").split()


def write(folder: Path, count: int) -> None:
    draw = random.Random(0)
    for i in range(count):
        path = folder / f"part{i // 500:03}" / f"note{i:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {i}\n\n" + " ".join(draw.choices(WORDS, k=60)) + ".", encoding="utf-8")


def fill(place: str, folder: str) -> None:
    "Put in what a sync would put in, without embedding: what is measured afterwards embeds nothing either."
    from kbase import KnowledgeBase
    from kbase.indexing.jobs import measure
    from kbase.indexing.sources import find_items
    from kbase.nodes import Document, Node, digest
    from kbase.stores.rows import MADE_BY, Indexed, Source, slices

    with KnowledgeBase(place) as kb, kb.store.loading():
        kb.store.set_embedder(kb.embedder.identity)
        began, settings = time.perf_counter(), f"{MADE_BY} {kb.recipe.fingerprint}"
        for part in slices(list(find_items(folder)), 1000):
            indexed = []
            for item in part:
                source = Source(item.name, digest(item.name), settings=settings, root=item.root, nodes=1, language="en")
                text = item.path.read_text(encoding="utf-8")
                node = Node(source.document_id, "chunk", 0, len(text), text, item.name, item.name, language="en")
                source = measure(item, source, kb.recipe.limits)
                indexed.append(Indexed(source, Document(item.name, text, language="en"), [node]))
            kb.store.put(indexed)
        kb.store.remark("made_by", MADE_BY)
        print(json.dumps({"put in": kb.store.count_sources(), "seconds": round(time.perf_counter() - began, 1)}))


def again(place: str, folder: str) -> None:
    from kbase import KnowledgeBase

    with KnowledgeBase(place) as kb:
        _ = kb.recipe.fingerprint
        began = time.perf_counter()
        plan = kb.plan(folder)
        planned = time.perf_counter() - began
        before = 1024 * peak_gigabytes()
        began, busy = time.perf_counter(), time.process_time()
        report = kb.sync(folder, progress=False)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
    peak = 1024 * peak_gigabytes()
    print(
        json.dumps(
            {
                "plan": str(plan),
                "plan_seconds": round(planned, 1),
                "sync": str(report),
                "sync_seconds": round(seconds, 1),
                "cpu_seconds": round(busy, 1),
                "peak_mb_before_sync": round(before),
                "peak_mb": round(peak),
            }
        )
    )


def edited(place: str, folder: str) -> None:
    from kbase import KnowledgeBase

    path = sorted(Path(folder).rglob("*.md"))[0]
    path.write_text(path.read_text(encoding="utf-8") + "\n\nA line that is new.", encoding="utf-8")
    with KnowledgeBase(place) as kb:
        report = kb.sync(folder, progress=False)
        print(json.dumps({"edited": str(report), "embedded": report.embedded}))


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in STEPS:
        STEPS[sys.argv[1]](*sys.argv[2:])
        return
    for count in map(int, sys.argv[1:] or ("2000", "20000")):
        with tempfile.TemporaryDirectory() as base:
            folder, place = Path(base, "notes"), Path(base, "kb")
            write(folder, count)
            print(f"{count} files", flush=True)
            for step in STEPS:
                command = [sys.executable, __file__, step, str(place), str(folder)]
                print(
                    " ", subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True
                )


STEPS = {"fill": fill, "again": again, "edited": edited}

if __name__ == "__main__":
    main()
