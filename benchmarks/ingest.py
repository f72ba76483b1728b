"""What adding files costs, beside the embedding itself: `python benchmarks/ingest.py [--chunks 5000] [--files 1000]
[--memory 20000]`

Text is made here: files of sentences over a Zipf vocabulary, chunked by kbase. One run compares, on the same chunks,
(1) sentence-transformers as it comes (fp32, batches of 32), (2) kbase's embedder alone ("raw"), (3) the whole of
`kb.add`;
then a second `add` of unchanged files with the first; and, in a process of its own, the peak of resident memory.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = 30_000


def write_files(folder: Path, count: int, words: int, seed: int = 0) -> None:
    "Files of sentences of 8 to 24 words, words drawn by Zipf's law."
    draw = random.Random(seed)
    letters = "aeioubcdfglmnprst"
    vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 10))) for _ in range(WORDS)]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        chosen, text = draw.choices(vocabulary, weights, k=words), []
        while chosen:
            n = draw.randint(8, 24)
            text.append(" ".join(chosen[:n]).capitalize() + ".")
            chosen = chosen[n:]
        body = "\n\n".join(" ".join(text[at : at + 6]) for at in range(0, len(text), 6))
        (folder / f"{i:05}.md").write_text(f"# Note {i}\n\n{body}\n", encoding="utf-8")


ROUNDS = 4  # the speed of a machine changes from minute to minute: the sides take turns


def rates(folder: Path, chunks: int) -> None:
    "Chunks a second: sentence-transformers, raw, add; in rounds, of which the sums are compared."
    from sentence_transformers import SentenceTransformer

    from kbase import KnowledgeBase
    from kbase.weights import packaged_model

    kb = KnowledgeBase(folder / "kb")
    peer = SentenceTransformer(str(packaged_model()), device="cpu")
    kb.embedder.embed_query("warm")
    peer.encode(["warm"] * 32, show_progress_bar=False)
    nodes, sampled, spent = 0, 0, dict.fromkeys(("add", "raw", "peer"), 0.0)
    for turn in range(ROUNDS):
        write_files(folder / f"files{turn}", max(1, chunks // 10 // ROUNDS), 500, seed=turn)
        began = time.perf_counter()
        report = kb.add(folder / f"files{turn}", progress=False)
        spent["add"] += time.perf_counter() - began
        added = {row.document_id for row in report.rows}
        texts = [node.embedded_text for batch in kb.store.scan() for node in batch if node.document_id in added]
        began = time.perf_counter()
        kb.embedder.embed_texts(texts)
        spent["raw"] += time.perf_counter() - began
        sample = random.Random(turn).sample(texts, min(len(texts), 256))
        began = time.perf_counter()
        peer.encode(sample, show_progress_bar=False)
        spent["peer"] += time.perf_counter() - began
        nodes, sampled = nodes + len(texts), sampled + len(sample)
        print(
            f"round {turn + 1}: {len(texts)} nodes, so far add {nodes / spent['add']:.1f}/s, raw "
            f"{nodes / spent['raw']:.1f}/s, sentence-transformers {sampled / spent['peer']:.1f}/s"
        )
    print(
        f"{nodes} nodes: add reaches {spent['raw'] / spent['add']:.0%} of the raw rate, and is "
        f"{nodes / spent['add'] / (sampled / spent['peer']):.2f}× sentence-transformers' defaults"
    )


def twice(folder: Path, files: int) -> None:
    "The first and the second add of the same files."
    from kbase import KnowledgeBase

    write_files(folder / "files", files, 80, seed=2)
    kb = KnowledgeBase(folder / "kb")
    kb.embedder.embed_query("warm")
    times = []
    for _ in range(3):
        began = time.perf_counter()
        report = kb.add(folder / "files", progress=False)
        times.append(time.perf_counter() - began)
    print(
        f"{files} files: first add {times[0]:.1f} s, again {times[1]:.2f} s and {times[2]:.2f} s: "
        f"{times[0] / times[1]:.0f}× ({report})"
    )


def memory(folder: Path, chunks: int) -> None:
    "Peak resident memory of an add, measured in this process."
    from kbase import KnowledgeBase

    write_files(folder / "files", chunks // 10, 500, seed=3)  # ten chunks and a summary each
    report = KnowledgeBase(folder / "kb").add(folder / "files", progress=False)
    print(f"{report}: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=5000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--memory", type=int, default=20_000)
    parser.add_argument("--only", choices=("rates", "twice", "memory"))
    args = parser.parse_args()
    sizes = {"rates": args.chunks, "twice": args.files, "memory": args.memory}
    for name, part in (("rates", rates), ("twice", twice), ("memory", memory)):
        if args.only == name:
            with tempfile.TemporaryDirectory() as folder:
                part(Path(folder), sizes[name])
        elif args.only is None and sizes[name]:
            subprocess.run(
                [
                    sys.executable,
                    __file__,
                    "--only",
                    name,
                    f"--{ {'rates': 'chunks', 'twice': 'files'}.get(name, name) }",
                    str(sizes[name]),
                ],
                check=True,
            )


if __name__ == "__main__":
    main()
