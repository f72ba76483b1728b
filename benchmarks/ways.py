"""Auto-retrieval, recursive retrieval, both, and a choice per question, on the same sets.

    KBASE_DATA=… python benchmarks/ways.py [--sets lihua_world,cacm,anthropic_docs] [--keep FOLDER] [--most N]

Documents keep their metadata, so that a question may name a date or a person. *plain*: a search that reads no filters
from the question. *filters*: the same with them (auto-retrieval). *recursive*: documents are chosen by their own nodes
(all their terms, the mean of their vectors) and by their summaries, and followed to their best passages. *both*:
recursive within the filters. *choice*: filters where the question has some, recursive where it asks for a summary, else
plain. nDCG@10, hit@5 by document, milliseconds of a question.
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from haystack import Document
from quality import ndcg, read_set

from kbase import KnowledgeBase
from kbase.querying.following import follow_links


def recursive(kb: KnowledgeBase, text: str, filtered: bool) -> list[str]:
    "Documents in the order of their nodes and summaries, each followed to its passages."
    found = kb.search(text, top_k=10, kinds=("document", "summary"), auto_filters=filtered)

    def passages(document_id: str):
        within = {"field": "document_id", "operator": "==", "value": document_id}
        return kb.search(text, top_k=1, filters=within, auto_filters=False)

    return list(dict.fromkeys(hit.document_id for hit in follow_links(kb.store, found, passages=passages)))


def plain(kb: KnowledgeBase, text: str, filtered: bool) -> list[str]:
    return [hit.document_id for hit in kb.search(text, top_k=10, auto_filters=filtered)]


def choice(kb: KnowledgeBase, text: str) -> list[str]:
    return recursive(kb, text, True) if kb.route(text).route == "summary" else plain(kb, text, True)


WAYS = {
    "plain": lambda kb, text: plain(kb, text, False),
    "filters": lambda kb, text: plain(kb, text, True),
    "recursive": lambda kb, text: recursive(kb, text, False),
    "both": lambda kb, text: recursive(kb, text, True),
    "choice": choice,
}


def documents_of(folder: Path) -> list[Document]:
    "As `quality.read_set`, with the metadata of each document."
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    return [
        Document(id=row["id"], content=row["text"], meta={"title": row.get("title") or "", **(row.get("meta") or {})})
        for row in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="lihua_world,cacm,anthropic_docs")
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    parser.add_argument("--most", type=int, default=0, help="questions of a set at most; 0 for all")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.sets.split(","):
            source = Path(os.environ["KBASE_DATA"]) / name
            _, queries, qrels = read_set(source)
            with KnowledgeBase(Path(args.keep or folder) / name.replace("/", "_")) as kb:
                if not len(kb):
                    kb.add(documents_of(source), progress=False)
                scores, times = defaultdict(list), defaultdict(list)
                for query, text in list(queries.items())[: args.most or None]:
                    for way, find in WAYS.items():
                        began = time.perf_counter()
                        found = find(kb, text)
                        times[way].append(time.perf_counter() - began)
                        hit = any(one in qrels[query] for one in found[:5])
                        scores[way].append((ndcg(found, qrels[query]), hit))
                print(f"{name}: {len(kb)} documents, {len(scores['plain'])} questions", flush=True)
                for way, values in scores.items():
                    quality, hit = np.mean(values, axis=0)
                    middle = 1000 * np.median(times[way])
                    print(f"  {way:10} nDCG@10 {quality:.3f}  hit@5 {hit:.3f}  {middle:.0f} ms", flush=True)


if __name__ == "__main__":
    main()
