"""How long a search takes in a large knowledge base, each way of finding, without the embedding of the query.

    KBASE_DATA=… python benchmarks/finding.py FOLDER [--most 60]

FOLDER is a knowledge base of `benchmarks/ask.py --keep`. The questions are those of its sets, each embedded beforehand
and asked once each way, the ways taking turns (the first to come counts the words' documents for all); the first ten
warm up and are not counted. Wall time, and processor time of all threads, which says more on a machine that others use.
*auto filter*: half of the questions name a set, which is a value of their documents' metadata.
"""

import argparse
import os
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from ask import WARM, read_questions

from kbase import KnowledgeBase

WAYS = {
    "passages alone": {"kinds": ("chunk",), "auto_filters": False},
    "hybrid, documents beside": {"auto_filters": False},
    "with windows": {"expand": "window", "auto_filters": False},
    "documents first": {"documents": 10, "auto_filters": False},
    "with an auto filter": {"auto_filters": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--most", type=int, default=60)
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    rng = np.random.default_rng(2)
    questions = read_questions(Path(os.environ["KBASE_DATA"]), args.most + WARM, rng)
    with KnowledgeBase(args.folder) as kb:
        named = [f"{text.rstrip('?.')} in the set scifact?" if at % 2 else text for at, text in enumerate(questions)]
        known = dict(zip(questions, kb.embed_queries(questions), strict=True))
        embed = kb.embedder.embed_query

        def remembered(text):
            if text not in known:
                known[text] = embed(text)
            return known[text]

        kb.embedder.embed_query = remembered
        for text in named:
            remembered(kb.filters_of(text).rest)
            remembered(text)
        wall, cpu = defaultdict(list), defaultdict(list)
        for at, text in enumerate(questions):
            ways = list(WAYS.items())
            for way, options in ways[at % len(ways):] + ways[: at % len(ways)]:  # the first one counts the words
                asked = named[at] if options["auto_filters"] else text
                kb.store.snapshot()._last_found.clear()  # each way looks up for itself
                began, used = time.perf_counter(), time.process_time()
                kb.search(asked, **options)
                if at >= WARM:
                    wall[way].append(time.perf_counter() - began)
                    cpu[way].append(time.process_time() - used)
        print(f"{kb.store.count_documents():,} nodes, {len(kb):,} documents, load {os.getloadavg()[0]:.1f}")
        print("| way | p50 ms | p95 ms | fastest | processor p50 | processor p95 |\n|---|---|---|---|---|---|")
        for way in WAYS:
            times, used = 1000 * np.array(wall[way]), 1000 * np.array(cpu[way])
            row = (*np.percentile(times, (50, 95)), times.min(), *np.percentile(used, (50, 95)))
            print(f"| {way} | {' | '.join(f'{value:.1f}' for value in row)} |")


if __name__ == "__main__":
    main()
