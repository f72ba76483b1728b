"""How long a question takes in a large knowledge base: `KBASE_DATA=... python benchmarks/ask.py [--nodes 100000]`

Real texts, really embedded, are filled up with copies of themselves under other names, their vectors moved a little,
until there are as many
nodes as asked for. Questions are those of the sets, each asked once, after a few that warm up; no language model.
Beside `kb.ask` its
parts are timed: the search alone, and the embedding of the question. `--keep` names a folder in which the knowledge
base stays.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.nodes import Document, Node
from kbase.stores.rows import Indexed

SETS = ("xquad/en", "anthropic_docs", "cacm", "scifact")
NOISE = 0.25  # length of what is added to a copy's unit vector: near its original, and not the same
WARM = 10  # questions that are not counted


def read_documents(data: Path, name: str) -> list[HaystackDocument]:
    lines = (json.loads(line) for line in (data / name / "corpus.jsonl").open(encoding="utf-8"))
    return [
        HaystackDocument(
            id=f"{name}:{line['id']}", content=line["text"], meta={"title": line.get("title") or "", "set": name}
        )
        for line in lines
    ]


def read_questions(data: Path, count: int, rng: np.random.Generator) -> list[str]:
    found = [
        json.loads(line)["text"] for name in SETS for line in (data / name / "queries.jsonl").open(encoding="utf-8")
    ]
    return [found[i] for i in rng.permutation(len(found))[:count]]


def copies(kb: KnowledgeBase, wanted: int, rng: np.random.Generator) -> Iterator[Indexed]:
    "The knowledge base's own documents again, under other names, until so many nodes have been made."
    owned: dict[str, list[Node]] = {}
    for batch in kb.store.scan(vectors=True):
        for node in batch:
            owned.setdefault(node.document_id, []).append(node)
    sources, made, turn = kb.store.sources(), 0, 0
    while made < wanted:
        turn += 1
        for source in sources:
            original = kb.store.document(source.document_id)
            if original is None or made >= wanted:
                continue
            document = Document(
                f"{source.uri}#{turn}",
                original.text,
                source.title,
                source.meta,
                language=source.language,
                markup=source.markup,
            )
            nodes = []
            for node in owned[source.document_id]:
                vector = None
                if node.vector is not None and node.verbatim:
                    moved = node.vector + rng.normal(size=len(node.vector)) * (NOISE / np.sqrt(len(node.vector)))
                    vector = (moved / np.linalg.norm(moved)).astype(np.float32)
                nodes.append(replace(node, document_id=document.id, uri=document.uri, vector=vector, id=""))
            made += len(nodes)
            yield Indexed(replace(source, uri=document.uri, document_id=document.id, nodes=len(nodes)), document, nodes)


def build(place: Path, data: Path, nodes: int) -> KnowledgeBase:
    kb, rng = KnowledgeBase(place), np.random.default_rng(5)
    if kb.store.count_documents() >= nodes:
        return kb
    for name in SETS:
        report = kb.add(read_documents(data, name), progress=False)
        print(f"{name}: {report}", flush=True)
    batch: list[Indexed] = []
    for item in copies(kb, nodes - kb.store.count_documents(), rng):
        batch.append(item)
        if len(batch) == 500:
            kb.store.put(batch)
            batch = []
    if batch:
        kb.store.put(batch)
    kb.store.optimize()
    return kb


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    return {
        name: round(float(np.percentile(milliseconds, share)), 1)
        for name, share in (("median", 50), ("p95", 95), ("most", 100))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--keep", help="a folder for the knowledge base; a temporary one when not given")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data = Path(os.environ["KBASE_DATA"])
    questions = read_questions(data, args.questions + WARM, np.random.default_rng(7))
    with build(Path(args.keep or tempfile.mkdtemp()) / "ask", data, args.nodes) as kb:
        print(kb, flush=True)
        times: dict[str, list[float]] = {
            "ask": [],
            "search, its embedding counted": [],
            "embedding of the question": [],
        }
        answered = 0
        for number, question in enumerate(questions):
            for name, work in (
                ("ask", kb.ask),
                ("search, its embedding counted", kb.search),
                ("embedding of the question", kb.embedder.embed_query),
            ):
                text = (
                    question if name == "ask" else f"{question} "
                )  # what was embedded a moment ago is remembered: other text, same question
                began = time.perf_counter()
                result = work(text)
                if number >= WARM:
                    times[name].append((time.perf_counter() - began) * 1000)
                if name == "ask":
                    answered += not result.refused
        print(
            json.dumps(
                {"questions": args.questions, "answered, warm-up counted": answered}
                | {name: percentiles(values) for name, values in times.items()},
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
