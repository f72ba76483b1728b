"""A folder that has not changed, synced again: seconds and peak memory, for a small and a large one, and one edited file.

python benchmarks/sync.py [files ...]     by default 2000 20000; each number runs in a process of its own
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = Path(__file__).read_text(encoding="utf-8").split()


def write(folder: Path, count: int) -> None:
    draw = random.Random(0)
    for i in range(count):
        path = folder / f"part{i // 500:03}" / f"note{i:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {i}\n\n" + " ".join(draw.choices(WORDS, k=60)) + ".", encoding="utf-8")


def fill(place: str, folder: str) -> None:
    import numpy as np

    from kbase import KnowledgeBase
    from kbase.nodes import digest

    with KnowledgeBase(place) as kb:

        def vectors(texts):
            rows = np.array([list(bytes.fromhex(digest(text))) * 24 for text in texts], dtype=np.float32) - 127.5
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

        kb.embedder.model.documents = vectors  # what is measured afterwards embeds nothing
        began = time.perf_counter()
        report = kb.sync(folder, progress=False)
        print(json.dumps({"first": str(report), "seconds": round(time.perf_counter() - began, 1)}))


def again(place: str, folder: str) -> None:
    from kbase import KnowledgeBase

    with KnowledgeBase(place) as kb:
        _ = kb.recipe.fingerprint
        began = time.perf_counter()
        plan = kb.plan(folder)
        planned = time.perf_counter() - began
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        report = kb.sync(folder, progress=False)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"plan": str(plan), "plan_seconds": round(planned, 1), "sync": str(report),
                      "sync_seconds": round(seconds, 1), "peak_mb_before_sync": round(before), "peak_mb": round(peak)}))


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
                print(" ", subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)


STEPS = {"fill": fill, "again": again, "edited": edited}

if __name__ == "__main__":
    main()
