"""What adding files costs, beside the embedding itself: `python benchmarks/ingest.py [--chunks 5000] [--files 1000]
[--memory 20000] [--mixed 1000] [--line 100] [--pages 3000]`

Text is made here: files of sentences over a Zipf vocabulary, chunked by kbase. One run compares, on the same chunks,
(1) sentence-transformers as it comes (fp32, batches of 32), (2) kbase's embedder alone ("raw"), (3) the whole of
`kb.add`;
then a second `add` of unchanged files with the first; and, in a process of its own, the peak of resident memory.

`mixed` adds files of fourteen formats that real libraries made, and those of `awkward_docs` where KBASE_DATA has them,
and says which part of the work took how long. `line` (MB) adds a text of one line and `pages` a PDF of so many pages,
without a model: only their memory is of interest.
"""

import argparse
import gc
import io
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

WORDS = 30_000


def write_files(folder: Path, count: int, words: int, seed: int = 0) -> None:
    "Files of sentences of 8 to 24 words, words drawn by Zipf's law."
    draw = random.Random(seed)
    vocabulary, weights = zipf(draw)
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        chosen, text = draw.choices(vocabulary, weights, k=words), []
        while chosen:
            n = draw.randint(8, 24)
            text.append(" ".join(chosen[:n]).capitalize() + ".")
            chosen = chosen[n:]
        body = "\n\n".join(" ".join(text[at : at + 6]) for at in range(0, len(text), 6))
        (folder / f"{i:05}.md").write_text(f"# Note {i}\n\n{body}\n", encoding="utf-8")


def zipf(draw: random.Random) -> tuple[list[str], list[float]]:
    "Words, and how frequent each is: as in a folder of texts that have a language in common."
    letters = "aeioubcdfglmnprst"
    vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 10))) for _ in range(WORDS)]
    return vocabulary, [1 / rank for rank in range(1, WORDS + 1)]


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


def peak_gigabytes() -> float:
    "Of resident memory of this process. Not `ru_maxrss`, which a process has of the one that started it."
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def memory(folder: Path, chunks: int) -> None:
    "Peak resident memory of an add, measured in this process."
    from kbase import KnowledgeBase

    write_files(folder / "files", chunks // 10, 500, seed=3)  # ten chunks and a summary each
    report = KnowledgeBase(folder / "kb").add(folder / "files", progress=False)
    print(f"{report}: peak {peak_gigabytes():.2f} GB")


def sayings(draw: random.Random, words: int) -> str:
    "Sentences of English-like words."
    letters = "aeioubcdfglmnprst"
    vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 10))) for _ in range(2000)]
    return sentences([draw.choice(vocabulary) for _ in range(words)])


def sentences(text: list[str]) -> str:
    "Words in sentences of twelve."
    return " ".join(" ".join(text[at : at + 12]).capitalize() + "." for at in range(0, len(text), 12))


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_docx(text: str) -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("Report", 1)
    for at in range(0, len(text), 600):
        document.add_paragraph(text[at : at + 600])
    return saved(document)


def as_pptx(text: str) -> bytes:
    import pptx

    show = pptx.Presentation()
    for at in range(0, len(text), 500):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = f"Slide {at // 500}", text[at : at + 500]
    return saved(show)


def as_xlsx(text: str) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["number", "remark"])
    for number, at in enumerate(range(0, len(text), 80)):
        book.active.append([number, text[at : at + 80]])
    return saved(book)


def as_pdf(text: str, pages: int = 1) -> bytes:
    import fpdf

    document = fpdf.FPDF()
    document.set_font("helvetica", size=11)
    for _ in range(pages):
        document.add_page()
        document.multi_cell(0, text=text)
    return bytes(document.output())


def as_notebook(text: str) -> bytes:
    cells = [
        {"cell_type": "markdown", "source": text, "metadata": {}},
        {"cell_type": "code", "source": "1 + 1", "outputs": [], "metadata": {}, "execution_count": 1},
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def as_mail(text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ada@example.org", "bob@example.org", text[:40]
    mail.set_content(text)
    return mail.as_bytes()


MAKERS = {
    ".txt": str.encode,
    ".md": lambda text: f"# Notes\n\n{text}".encode(),
    ".rst": lambda text: f"Notes\n=====\n\n{text}".encode(),
    ".html": lambda text: f"<html><title>Notes</title><h1>Notes</h1><p>{text.replace('. ', '.<p>')}".encode(),
    ".csv": lambda text: (
        "number,remark\n" + "\n".join(f"{n},{line}" for n, line in enumerate(text.split(". ")))
    ).encode(),
    ".json": lambda text: json.dumps({"title": "Notes", "lines": text.split(". ")}).encode(),
    ".py": lambda text: (
        "\n\n".join(f'def step{n}():\n    "{line}"' for n, line in enumerate(text.split(". ")))
    ).encode(),
    ".docx": as_docx,
    ".pptx": as_pptx,
    ".xlsx": as_xlsx,
    ".pdf": as_pdf,
    ".ipynb": as_notebook,
    ".eml": as_mail,
    ".jsonl": lambda text: "\n".join(json.dumps({"said": line}) for line in text.split(". ")).encode(),
}


def write_mixed(folder: Path, count: int, awkward: bool = False, seed: int = 5) -> None:
    "Files of every kind in turn, and those of `awkward_docs` beside them; words drawn by Zipf's law."
    folder.mkdir(parents=True, exist_ok=True)
    draw, kinds = random.Random(seed), sorted(MAKERS)
    vocabulary, weights = zipf(random.Random(0))
    for number in range(count):
        kind = kinds[number % len(kinds)]
        text = sentences(draw.choices(vocabulary, weights, k=draw.randint(100, 600)))
        (folder / f"{number:04}{kind}").write_bytes(MAKERS[kind](text))
    known = Path(os.environ.get("KBASE_DATA", "/nowhere"), "awkward_docs", "files")
    if awkward and known.is_dir():
        shutil.copytree(known, folder / "awkward")


def timed(spent: dict[str, float], part: str, function):
    "The same function, which notes how long it takes: of all threads together."

    def wrapped(*arguments, **named):
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[part] = spent.get(part, 0.0) + time.perf_counter() - began

    return wrapped


def mixed(folder: Path, files: int) -> None:
    "Adding files of all formats, as a share of the raw rate on the same texts, in rounds; and its parts."
    from kbase import KnowledgeBase
    from kbase.indexing.recipe import Recipe

    kb = KnowledgeBase(folder / "kb", calibrate=False)
    kb.embedder.embed_query("warm")
    spent: dict[str, float] = {}
    sums = dict.fromkeys(("add", "raw", "add's processor time", "raw's processor time"), 0.0)
    read = "read_all" if hasattr(Recipe, "read_all") else "read"
    for turn in range(ROUNDS):
        write_mixed(folder / f"files{turn}", files // ROUNDS, turn == ROUNDS - 1, turn)
        with (
            patched(Recipe, read, timed(spent, "reading", getattr(Recipe, read))),
            patched(Recipe, "nodes", timed(spent, "cutting and summing up", Recipe.nodes)),
            patched(type(kb.store), "put", timed(spent, "storing", type(kb.store).put)),
            clocked(sums, "add"),
        ):
            report = kb.add(folder / f"files{turn}", progress=False)
            gc.collect()  # the readers end, and their processor time counts
        texts = embedded_texts(kb, {row.document_id for row in report.rows})
        with clocked(sums, "raw"):
            kb.embedder.embed_texts(texts)
        print(f"round {turn + 1}: {report}; {len(texts)} texts; " + shares(sums))
    print(", ".join(f"{part} {seconds:.1f} s" for part, seconds in spent.items()) + " (side by side with embedding)")


def embedded_texts(kb, documents: set[str]) -> list[str]:
    "What the embedder read of some documents, each text once."
    from kbase.nodes import KINDS

    nodes = (node for batch in kb.store.scan() for node in batch if node.document_id in documents)
    return list({node.content_hash: node.embedded_text for node in nodes if KINDS[node.kind].embedded}.values())


def shares(sums: dict[str, float]) -> str:
    wall, work = (sums["raw" + what] / sums["add" + what] for what in ("", "'s processor time"))
    return f"so far {wall:.0%} of the raw rate, {work:.0%} in processor time ({sums})"


@contextmanager
def clocked(sums: dict[str, float], side: str):
    "Adds the seconds that pass within, and those of the processor."
    began, worked = time.perf_counter(), processor_seconds()
    try:
        yield
    finally:
        sums[side] += time.perf_counter() - began
        sums[f"{side}'s processor time"] += processor_seconds() - worked


def processor_seconds() -> float:
    "Of this process and of its children that have ended."
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def patched(owner, name: str, value):
    "An attribute of a class for a while."
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before) if own else delattr(owner, name)


def without_model() -> None:
    "Vectors that cost nothing."
    import numpy as np

    from kbase.embedding import Embedder

    draw = np.random.default_rng(0)

    def embed_batches(self, texts, encode=None):
        rows = draw.standard_normal((len(texts), self.identity.dimension), np.float32)
        yield list(range(len(texts))), rows / np.linalg.norm(rows, axis=1, keepdims=True)

    Embedder.embed_batches = embed_batches


def peak_of(path: Path, folder: Path) -> None:
    "Peak memory of adding one large file: of this process, and of it with its readers together, looked at often."
    from kbase import KnowledgeBase

    without_model()
    began = time.perf_counter()
    with group_peak() as highest:
        report = KnowledgeBase(folder / "kb", calibrate=False).add(path, progress=False)
    print(
        f"{path.name}, {path.stat().st_size / 2**20:.0f} MB: {report}, {report.rows[0].nodes} nodes in "
        f"{time.perf_counter() - began:.0f} s: peak {peak_gigabytes():.3f} GB, with its readers {highest[0]:.3f} GB"
    )


@contextmanager
def group_peak():
    "The highest sum of resident memory of this process and its children; Linux."
    highest, done = [0.0], threading.Event()

    def resident(process: int) -> int:
        try:
            return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1])
        except (OSError, TypeError):
            return 0

    def watch() -> None:
        while not done.wait(0.2):
            listed = Path(f"/proc/{os.getpid()}/task").glob("*/children")
            children = {int(name) for file in listed for name in file.read_text().split()}
            highest[0] = max(highest[0], sum(map(resident, {os.getpid(), *children})) / 2**20)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield highest
    finally:
        done.set()
        watcher.join()


def line(folder: Path, megabytes: int) -> None:
    path = folder / "line.txt"
    with open(path, "w") as file:
        draw = random.Random(3)
        for _ in range(megabytes * 16):
            file.write(sayings(draw, 10_000)[: 2**16])
    peak_of(path, folder)


def pages(folder: Path, count: int) -> None:
    path = folder / "pages.pdf"
    path.write_bytes(as_pdf(sayings(random.Random(4), 350), count))
    peak_of(path, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=5000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--memory", type=int, default=20_000)
    parser.add_argument("--mixed", type=int, default=1000)
    parser.add_argument("--line", type=int, default=100)
    parser.add_argument("--pages", type=int, default=3000)
    parts = {"rates": rates, "twice": twice, "memory": memory, "mixed": mixed, "line": line, "pages": pages}
    parser.add_argument("--only", choices=tuple(parts))
    args = parser.parse_args()
    sizes = {
        "rates": args.chunks,
        "twice": args.files,
        "memory": args.memory,
        "mixed": args.mixed,
        "line": args.line,
        "pages": args.pages,
    }
    for name, part in parts.items():
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
