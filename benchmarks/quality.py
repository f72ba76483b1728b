"""Retrieval quality on real sets, by way of the public API alone: `KBASE_DATA=... python benchmarks/quality.py [--sets
scifact,xquad/en]`

Every corpus is added as Haystack Documents (title in the metadata), every query searched with one hit a document.
nDCG@10 for bm25,
dense and hybrid beside plain reciprocal rank fusion of the same two lists; for anthropic_docs precision and recall at 3
and the MRR,
with chunks alone and with documents first. Knowledge bases are kept in --keep and used again when given.
"""

import argparse
import json
import math
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from haystack import Document

from kbase import KnowledgeBase

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


def rrf(*rankings: list[str], k: int = 60) -> list[str]:
    "Reciprocal rank fusion, the usual peer."
    score: dict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, d in enumerate(ranking, 1):
            score[d] += 1 / (k + rank)
    return sorted(score, key=lambda d: -score[d])


def evaluate(kb: KnowledgeBase, queries: dict[str, str], qrels: dict[str, dict[str, float]]) -> dict[str, float]:
    "Mean nDCG@10 by mode."
    out: dict[str, list[float]] = defaultdict(list)
    for query, text in queries.items():
        lists = {}
        for mode in ("bm25", "dense", "hybrid"):
            lists[mode] = [hit.document_id for hit in kb.search(text, top_k=100 if mode != "hybrid" else 10, mode=mode)]
            out[mode].append(ndcg(lists[mode], qrels[query]))
        out["rrf"].append(ndcg(rrf(lists["bm25"], lists["dense"]), qrels[query]))
    return {mode: float(np.mean(values)) for mode, values in out.items()}


def top3(
    kb: KnowledgeBase, queries: dict[str, str], qrels: dict[str, dict[str, float]], **how: tuple[str, ...]
) -> dict[str, float]:
    "Precision and recall at 3 and MRR (of the first 3), as the guide that the set comes from counts them."
    p, r, rr = [], [], []
    for query, text in queries.items():
        found, relevant = [hit.document_id for hit in kb.search(text, top_k=3, **how)], qrels[query]
        right = [d in relevant for d in found]
        p.append(sum(right) / 3)
        r.append(sum(right) / len(relevant))
        rr.append(next((1 / i for i, good in enumerate(right, 1) if good), 0.0))
    return {"P@3": float(np.mean(p)), "R@3": float(np.mean(r)), "MRR": float(np.mean(rr))}


def fill(place: Path, documents: list[Document]) -> KnowledgeBase:
    "A knowledge base of these documents."
    kb = KnowledgeBase(place, dense_weight=float(os.environ.get("DENSE_WEIGHT", "0.2")))
    began = time.perf_counter()
    report = kb.add(documents, progress=False)
    print(f"  {report} ({time.perf_counter() - began:.0f} s)", flush=True)
    assert report.failed == 0, [row for row in report.rows if row.state == "failed"][:3]
    return kb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sets",
        default="scifact,xquad/en,xquad/de,anthropic_docs,cacm,tatqa,lihua_world,wikitablequestions,xquad/en+de",
    )
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data, keep = Path(os.environ["KBASE_DATA"]), Path(args.keep or tempfile.mkdtemp())
    rows = []
    for name in args.sets.split(","):
        print(name, flush=True)
        if name == "xquad/en+de":
            en, de = read_set(data / "xquad/en", "en:"), read_set(data / "xquad/de", "de:")
            with fill(keep / "xquad_en_de", [*en[0], *de[0]]) as kb:
                rows += [
                    (f"{name}: {lang}", evaluate(kb, *which[1:]), "xquad/" + lang)
                    for lang, which in (("en", en), ("de", de))
                ]
            continue
        documents, queries, qrels = read_set(data / name)
        with fill(keep / name.replace("/", "_"), documents) as kb:
            rows.append((name, evaluate(kb, queries, qrels), name))
            if name == "anthropic_docs":
                for told, how in (
                    ("hybrid", {}),
                    ("chunks alone", {"kinds": ("chunk",)}),
                    ("documents alone", {"kinds": ("document",)}),
                ):
                    print(
                        f"  {told:16}", {k: round(v, 3) for k, v in top3(kb, queries, qrels, **how).items()}, flush=True
                    )
    print("\n| set | BM25 | dense | RRF | hybrid | plain BM25 / dense / RRF |\n|---|---|---|---|---|---|")
    for name, scores, anchor in rows:
        values = " | ".join(f"{scores[m]:.3f}".lstrip("0") for m in ("bm25", "dense", "rrf", "hybrid"))
        print(f"| {name} | {values} | {' / '.join(ANCHORS.get(anchor, ()))} |")


if __name__ == "__main__":
    main()
