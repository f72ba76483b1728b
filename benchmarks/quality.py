"""Retrieval quality on real sets, by way of the public API alone.

    KBASE_DATA=… python benchmarks/quality.py [--sets scifact,xquad/en] [--keep FOLDER] [--most N]

Every corpus is added as Haystack Documents (title in the metadata); each way of finding is measured by `kb.evaluate`,
one hit a document: nDCG@10 with its interval, hit@5, precision and recall at 3, MRR, and the time of a question with
its embedding made beforehand. Where a set knows the spans that answer, passages and windows are measured by them, five
a question. Beside them stands what plain BM25, dense and RRF reach with the same model. Knowledge bases are kept in
--keep and used again when given.
"""

import argparse
import json
import math
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from haystack import Document
from windows import read_gold

from kbase import KnowledgeBase
from kbase.quality.scores import Scores

# nDCG@10 seen for plain BM25 / dense / RRF with the same model, published or measured, see benchmarks/RESULTS.md
ANCHORS = {
    "scifact": (".679", ".645", ".715"),
    "xquad/en": (".963", ".943", ".970"),
    "xquad/de": (".939", ".704", ".859"),
    "anthropic_docs": (".702", ".683", ".783"),
    "cacm": (".533", ".431", ".564"),
    "tatqa": (".758", ".614", ".742"),
    "lihua_world": (".701", ".578", ".697"),
    "wikitablequestions": (".757", ".736", ".833"),
}


WITH_SPANS = ("chunking_eval", "qmsum_test")


def read_set(folder: Path, prefix: str = "") -> tuple[list[Document], dict[str, str], dict[str, dict[str, float]]]:
    "Documents, queries and judgements of a set in the form of data/README.md."
    lines = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    documents = [
        Document(id=prefix + line["id"], content=line["text"], meta={"title": line.get("title") or ""})
        for line in lines
    ]
    qrels: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")[:3]
        if float(score) > 0:
            qrels[query][prefix + document] = float(score)
    queries = {line["id"]: line["text"] for line in map(json.loads, (folder / "queries.jsonl").open(encoding="utf-8"))}
    return documents, {q: text for q, text in queries.items() if q in qrels}, qrels


def ndcg(ranked: list[str], relevant: dict[str, float], k: int = 10) -> float:
    "nDCG@k (Järvelin & Kekäläinen 2002), gains as judged."
    gain = sum(relevant.get(d, 0.0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    best = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(relevant.values(), reverse=True)[:k]))
    return gain / best


WAYS = {  # options of `kb.search`
    "BM25": {"mode": "bm25"},
    "dense": {"mode": "dense"},
    "passages alone": {"kinds": ("chunk",)},
    "documents beside": {"auto_filters": False},
    "default": {},
}
SPANS = {"passages": {}, "windows": {"expand": "window"}}
MEASURES = ["nDCG@10", "hit@1", "hit@5", "precision@3", "recall@3", "MRR@10"]


def mean(scores: Scores, measure: str) -> str:
    "A mean as the tables have it: .731."
    return f"{scores[measure]:.3f}".lstrip("0") or "0"


def evaluate(kb: KnowledgeBase, queries: dict[str, str], qrels: dict[str, dict[str, float]]) -> dict[str, float]:
    "Mean nDCG@10 by mode."
    modes = ("bm25", "dense", "hybrid")
    return {mode: kb.evaluate(queries, qrels, measures=["nDCG@10"], mode=mode)["nDCG@10"] for mode in modes}


def compare_ways(kb: KnowledgeBase, queries: dict[str, str], qrels: dict[str, dict[str, float]], name: str) -> None:
    "A row for each way of finding."
    for way, options in WAYS.items():
        scores = kb.evaluate(queries, qrels, measures=MEASURES, title=f"{name}, {way}", **options)
        cells = " | ".join(mean(scores, measure) for measure in MEASURES)
        low, high = scores.interval("nDCG@10")[1:]
        times = f"{1000 * scores.seconds():.0f} / {1000 * scores.seconds(0.95):.0f}"
        print(f"| {name} | {way} | {cells} | {low:.3f} to {high:.3f} | {times} |", flush=True)
    if name in ANCHORS:
        print(f"| {name} | plain BM25 / dense / RRF | {' / '.join(ANCHORS[name])} | | | | | | | |")


def compare_spans(kb: KnowledgeBase, folder: Path, name: str, most: int) -> None:
    "What is read of the spans that answer; nothing where a set knows none."
    if name not in WITH_SPANS:
        return
    questions = read_gold(folder)[1][: most or None]
    queries = {str(number): text for number, (text, _, _) in enumerate(questions)}
    gold = {str(number): [(document, *span) for span in spans] for number, (_, document, spans) in enumerate(questions)}
    for way, options in SPANS.items():
        scores = kb.evaluate(queries, spans=gold, measures=["recall@5", "precision@5", "IoU@5"], **options)
        print(f"  {name}, {way}: " + ", ".join(f"{one} {mean(scores, one)}" for one in scores.measures), flush=True)


def fill(place: Path, documents: list[Document]) -> KnowledgeBase:
    "A knowledge base of these documents."
    kb = KnowledgeBase(place, dense_weight=float(os.environ.get("DENSE_WEIGHT", "0.2")))
    began = time.perf_counter()
    report = kb.add(documents, progress=False)
    if report.rows and time.perf_counter() - began > 1:
        print(f"  {report} ({time.perf_counter() - began:.0f} s)", flush=True)
    assert report.failed == 0, [row for row in report.rows if row.state == "failed"][:3]
    return kb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join([*ANCHORS, "qmsum_test", "chunking_eval", "xquad/en+de"]))
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    parser.add_argument("--most", type=int, default=0, help="questions of a set at most; 0 for all")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data, keep = Path(os.environ["KBASE_DATA"]), Path(args.keep or tempfile.mkdtemp())
    print(f"| set | way | {' | '.join(MEASURES)} | nDCG@10, 95 % | ms p50 / p95 |\n|{'---|' * (len(MEASURES) + 4)}")
    for name in args.sets.split(","):
        parts = [("en:", "xquad/en"), ("de:", "xquad/de")] if name == "xquad/en+de" else [("", name)]
        sets = [read_set(data / folder, prefix) for prefix, folder in parts]
        place = keep / name.replace("/", "_").replace("+", "_")
        with fill(place, [document for documents, _, _ in sets for document in documents]) as kb:
            for (prefix, _), (_, queries, qrels) in zip(parts, sets, strict=True):
                chosen = dict(list(queries.items())[: args.most or None])
                judged = {query: qrels[query] for query in chosen}
                compare_ways(kb, chosen, judged, f"{name}: {prefix[:-1]}" if prefix else name)
            if len(parts) == 1:
                compare_spans(kb, data / name, name, args.most)


if __name__ == "__main__":
    main()
