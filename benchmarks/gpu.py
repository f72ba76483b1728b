"""Filling, tuning and embedding anew on a GPU, and whether the vectors are those of the processor.

    python benchmarks/gpu.py --texts DOCS.jsonl [--nodes 100000] [--tune]

DOCS.jsonl has a line a document, an object with a `text`. They are added to a knowledge base as text files; then all of
its nodes are embedded anew, and a sample of them by the processor in a process of its own that sees no GPU. With
`--tune` the model is tuned by both, with the same pairs and the same seed, and the version of the GPU is promoted.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kbase import KnowledgeBase
from kbase.encoder import unit_rows
from kbase.gpu_encoder import gpu

SAMPLE = 4000  # nodes that the processor embeds as well


def write_files(docs: Path, folder: Path, nodes: int) -> int:  # documents that were written
    "As many documents as make about so many chunks, in folders of 500."
    written = characters = 0
    for line in docs.open(encoding="utf-8"):
        text = json.loads(line)["text"]
        place = folder / f"{written // 500:03}" / f"{written:05}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        written, characters = written + 1, characters + len(text)
        if characters > nodes * 700: break
    return written


def processor_side(base: Path, out: Path, tune: bool) -> None:
    "What a process without a GPU makes of it: vectors of the sample, and a tuning."
    assert not gpu(), "this process sees a GPU"
    with KnowledgeBase(base) as kb:
        texts = json.loads((out / "texts.json").read_text(encoding="utf-8"))
        kb.embedder.embed_texts(texts[:64])
        began = time.perf_counter()
        np.save(out / "vectors.npy", kb.embedder.embed_texts(texts))
        print(f"processor, {os.cpu_count()} cores: {len(texts) / (time.perf_counter() - began):,.0f} texts/s", flush=True)
        if tune: show_tuning(kb, out, "processor")


def show_tuning(kb: KnowledgeBase, out: Path, side: str) -> str:  # the version
    texts = json.loads((out / "texts.json").read_text(encoding="utf-8"))
    began = time.perf_counter()
    tuned = kb.tune("weights", progress=False, keep_all=True, seed=0)
    seconds, change = time.perf_counter() - began, tuned.change.difference
    print(f"tuned by the {side}: {seconds:.1f} s, {[(one.step, round(one.score, 4)) for one in tuned.curve]}, held-out"
          f" {change.mean:+.4f} ({change.low:+.4f} to {change.high:+.4f}), ratio {tuned.ratio}", flush=True)
    from kbase.embedding import Embedder
    from kbase.quality.versions import version_folder

    np.save(out / f"tuned_{side}.npy",
            Embedder.load(version_folder(kb.store, tuned.name)).embed_texts(texts[:1000]))
    return tuned.name


def cosines(a: np.ndarray, b: np.ndarray) -> str:
    alike = (unit_rows(a) * unit_rows(b)).sum(axis=1)
    near = [set(np.argsort(-(side[:200] @ side.T))[:, 1:11][row]) for side in (a, b) for row in range(200)]
    shared = np.mean([len(near[row] & near[row + 200]) / 10 for row in range(200)])
    return f"cosine least {alike.min():.5f}, mean {alike.mean():.6f}; of the ten nearest {shared:.1%} the same"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, help="documents as JSON lines with a text")
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--processor", type=Path, nargs=2, help=argparse.SUPPRESS)  # the process without a GPU
    args = parser.parse_args()
    if args.processor: return processor_side(*args.processor, args.tune)
    with tempfile.TemporaryDirectory() as work:
        measure(args, Path(work))


def measure(args: argparse.Namespace, work: Path) -> None:
    import torch

    print(torch.cuda.get_device_name() if gpu() else "no GPU: both sides are the processor", torch.__version__, flush=True)
    count = write_files(args.texts, work / "files", args.nodes)
    began = time.perf_counter()
    with KnowledgeBase(work / "base") as kb:
        kb.add(work / "files", progress=False)
        seconds = time.perf_counter() - began
        nodes = len(kb)
        print(f"filled: {count:,} documents, {nodes:,} nodes, {seconds:.1f} s, {nodes / seconds:,.0f} nodes/s", flush=True)
        texts = [hit.node.embedded_text for hit in kb.search("the", top_k=SAMPLE, mode="bm25")][:SAMPLE]
        (work / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        wide = texts * max(1, nodes // len(texts))
        kb.embedder.embed_texts(texts[:1000])
        began = time.perf_counter()
        kb.embedder.embed_texts(wide)
        print(f"GPU, embedding alone: {len(wide) / (time.perf_counter() - began):,.0f} texts/s", flush=True)
        mine = kb.embedder.embed_texts(texts)
        shutil.copytree(work / "base", work / "copy")
        if args.tune:
            name = show_tuning(kb, work, "GPU")
            began = time.perf_counter()
            kb.promote(name, force=True)
            seconds = time.perf_counter() - began
            print(f"embedded anew: {nodes:,} nodes, {seconds:.1f} s, {nodes / seconds:,.0f} nodes/s", flush=True)
            print("first hit after it:", kb.search("how is a package upgraded").hits[:1], flush=True)
    command = [sys.executable, __file__, "--processor", str(work / "copy"), str(work), *(["--tune"] if args.tune else [])]
    subprocess.run(command, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, check=True)
    print("vectors:", cosines(mine, np.load(work / "vectors.npy")), flush=True)
    if args.tune:
        print("tuned vectors:", cosines(np.load(work / "tuned_GPU.npy"), np.load(work / "tuned_processor.npy")), flush=True)


if __name__ == "__main__":
    main()
