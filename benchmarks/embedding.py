"""Embedders: what another language costs and gives, and how fast vectors are made.

    KBASE_DATA=… python benchmarks/embedding.py --only languages [--most 300] [--keep FOLDER]
    python benchmarks/embedding.py --only speed [--rounds 5]

languages: xquad in German and in English with the embedder `multilingual`: German questions over German texts and over
English ones (ids are the same in all languages), nDCG@10 and hit@5 by the public API. German questions over English
texts with the embedder that comes with kbase stand beside them.
speed: a question, and texts of about 200 tokens, by each way to compute them that is installed, taking turns in one
process, each on one thread; processor time stands beside the wall's. sentence-transformers in bfloat16 is the peer.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from quality import read_set

from kbase import KnowledgeBase
from kbase.encoder import BertEncoder, halve, has_bfloat16, load_sentence_transformer, to_bfloat16
from kbase.weights import load_tokenizer, packaged_model

MODES = ("bm25", "dense", "hybrid")
QUESTION = "What happens to objects that point at each other?"
PASSAGE = "A cycle of objects that refer to one another is freed by the collector and not by the counter. " * 12


def languages(data: Path, keep: Path, most: int) -> None:
    "A row for each pair of languages and each embedder."
    bases = {}
    for language in ("en", "de"):
        for embedder in ("multilingual", "all-MiniLM-L6-v2"):
            documents, _, _ = read_set(data / "xquad" / language)
            kb = KnowledgeBase(keep / f"{language}-{embedder}", embedder=embedder)
            began = time.process_time()
            if (report := kb.add(documents, progress=False)).rows:
                print(f"  {report} {time.process_time() - began:.0f} s of processor time", flush=True)
            bases[language, embedder] = kb
    print("| questions | texts | embedder | nDCG@10 " + " / ".join(MODES) + " | hit@5 | hybrid, ms |")
    for asked, read in (("en", "en"), ("de", "de"), ("de", "en"), ("en", "de")):
        _, queries, qrels = read_set(data / "xquad" / asked)
        some = dict(list(queries.items())[: most or None])
        judged = {query: qrels[query] for query in some}
        for embedder in ("multilingual", "all-MiniLM-L6-v2"):
            rows = [
                bases[read, embedder].evaluate(some, judged, measures=["nDCG@10", "hit@5"], mode=mode) for mode in MODES
            ]
            cells = [" / ".join(f"{row[measure]:.3f}" for row in rows) for measure in ("nDCG@10", "hit@5")]
            print(
                f"| {asked} | {read} | {embedder} | {cells[0]} | {cells[1]} | {1000 * rows[2].seconds():.0f} |",
                flush=True,
            )


def turns(
    ways: dict[str, Callable[[], object]], rounds: int
) -> dict[str, tuple[float, float]]:  # ms: median, processor
    "Time each way in turn, so that other work on the machine falls on all."
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            seen[name].append((1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)))
    return {
        name: (statistics.median(w for w, _ in rows), statistics.median(c for _, c in rows))
        for name, rows in seen.items()
    }


def speed(rounds: int) -> None:
    "Ways to compute the packaged model."
    import torch

    torch.set_num_threads(1)
    folder = packaged_model()
    tokenizer = load_tokenizer(folder)
    peer = load_sentence_transformer(folder)
    bert = BertEncoder(folder)
    if has_bfloat16():
        halve(bert)
        assert to_bfloat16(peer)
    texts = [PASSAGE[i:] for i in range(32)]

    def ids(some: list[str]) -> list[list[int]]:
        return [row.ids[:256] for row in tokenizer.encode_batch(some)]

    ways: dict[str, Callable[[list[str]], np.ndarray]] = {
        "sentence-transformers": lambda some: peer.encode(some, batch_size=len(some), show_progress_bar=False),
        "kbase, torch": lambda some: bert(ids(some)),
    }
    try:
        from kbase.fast_encoder import OpenVinoEncoder
    except ImportError:
        pass
    else:
        fast = OpenVinoEncoder(folder, workers=1)
        ways["kbase, OpenVINO"] = lambda some: fast(ids(some))
    exact = BertEncoder(folder)(ids(texts[:4]))
    for label, some, repeats in (("a question", [QUESTION], 10 * rounds), (f"{len(texts)} texts", texts, rounds)):
        for way in ways.values():
            way(some)
        found = turns({name: partial(way, some) for name, way in ways.items()}, repeats)
        base = found["sentence-transformers"]
        for name, (wall, cpu) in found.items():
            print(
                f"| {label} | {name} | {wall:.1f} ms | {cpu:.1f} ms of processor time | "
                f"{cpu / base[1]:.2f} of the peer's, wall {wall / base[0]:.2f} |",
                flush=True,
            )
    for name, way in ways.items():
        rows = way(texts[:4])
        cosines = (rows * exact).sum(1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(exact, axis=1)
        print(f"  {name}: least cosine with float32 {cosines.min():.5f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("languages", "speed"))
    parser.add_argument("--most", type=int, default=300, help="questions of each set; 0: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep knowledge bases here, and use those that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "speed":
            languages(Path(os.environ["KBASE_DATA"]), options.keep or Path(folder), options.most)
        if options.only != "languages":
            speed(options.rounds)


if __name__ == "__main__":
    main()
