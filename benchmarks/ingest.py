"""What adding files costs, beside the embedding itself: `python benchmarks/ingest.py [--chunks 2000] [--files 1000] [--memory 20000]`

Text is made here: files of sentences over a Zipf vocabulary, chunked by kbase. One run compares, on the same chunks,
(1) sentence-transformers as it comes (fp32, batches of 32), (2) kbase's embedder alone ("raw"), (3) the whole of `kb.add`;
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
        body = "\n\n".join(" ".join(text[at:at + 6]) for at in range(0, len(text), 6))
        (folder / f"{i:05}.md").write_text(f"# Note {i}\n\n{body}\n", encoding="utf-8")


def rates(folder: Path, chunks: int) -> None:
    "Chunks a second: sentence-transformers, raw, add."
    from kbase import KnowledgeBase

    write_files(folder / "files", max(1, chunks // 5), 500)
    kb = KnowledgeBase(folder / "kb")
    kb.embedder.embed_query("warm")
    began = time.perf_counter()
    report = kb.add(folder / "files", progress=False)
    whole = time.perf_counter() - began
    texts = [node.embedded_text for batch in kb.store.scan() for node in batch]
    print(f"{len(texts)} nodes of {report.found} files; add: {len(texts) / whole:.1f}/s")
    sample = random.Random(1).sample(texts, min(len(texts), 512))
    began = time.perf_counter()
    kb.embedder.embed_texts(texts)
    raw = time.perf_counter() - began
    print(f"raw embedding of the same texts: {len(texts) / raw:.1f}/s; add reaches {raw / whole:.0%} of it")
    from sentence_transformers import SentenceTransformer

    from kbase.indexing.embedding import packaged_model

    peer = SentenceTransformer(str(packaged_model()), device="cpu")
    peer.encode(sample[:32], show_progress_bar=False)
    began = time.perf_counter()
    peer.encode(sample, show_progress_bar=False)
    default = time.perf_counter() - began
    print(f"sentence-transformers' defaults on {len(sample)} of them: {len(sample) / default:.1f}/s; add is {len(texts) / whole / (len(sample) / default):.2f}× that")


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
    print(f"{files} files: first add {times[0]:.1f} s, again {times[1]:.2f} s and {times[2]:.2f} s: {times[0] / times[1]:.0f}× ({report})")


def memory(folder: Path, chunks: int) -> None:
    "Peak resident memory of an add, measured in this process."
    from kbase import KnowledgeBase

    write_files(folder / "files", chunks // 5, 500, seed=3)
    report = KnowledgeBase(folder / "kb").add(folder / "files", progress=False)
    print(f"{report}: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=2000)
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
            subprocess.run([sys.executable, __file__, "--only", name, f"--{ {'rates': 'chunks', 'twice': 'files'}.get(name, name) }", str(sizes[name])], check=True)


if __name__ == "__main__":
    main()
