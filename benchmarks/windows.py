"""How much of what should be read is read, and how much else: passages, windows, sections, whole documents.

    KBASE_DATA=… python benchmarks/windows.py [--sets chunking_eval,qmsum_test,xquad/en] [--keep FOLDER]

Gold is a span of characters of a document, so that ways of cutting compare. For each way: the share of the gold that
was read (recall), the share of what was read that is gold (precision), their intersection over their union (IoU, as
Chroma's chunking evaluation counts it), characters read, and milliseconds of the stage. Five hits are read; windows are
made of twice as many, since several become one.
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

from kbase import KnowledgeBase
from kbase.querying.expansion import expand_hits

AT = 5
Span = tuple[int, int]


def read_gold(folder: Path) -> tuple[dict[str, str], list[tuple[str, str, list[Span]]]]:
    "Texts by document, and each question with its document and the spans that should be read."
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    texts = {row["id"]: row["text"] for row in rows}
    judged = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:])
    found = []
    for line in (folder / "queries.jsonl").open(encoding="utf-8"):
        query = json.loads(line)
        meta, document = query["meta"], judged[query["id"]]
        if "references" in meta:
            document = meta["corpus_id"]
            spans = [(one["start_index"], one["end_index"]) for one in meta["references"]]
        elif "turn_spans" in meta or "kind" in meta:
            at, turns = 0, []
            for turn in texts[document].split("\n"):
                turns.append((at, at + len(turn)))
                at += len(turn) + 1
            spans = [(turns[int(a)][0], turns[min(int(b), len(turns) - 1)][1]) for a, b in meta.get("turn_spans") or ()]
        else:
            answers = meta.get("answers", ())
            spans = [(one["answer_start"], one["answer_start"] + len(one["text"])) for one in answers]
        if spans:
            found.append((query["text"], document, merged(spans)))
    return texts, found


def merged(spans: list[Span]) -> list[Span]:
    "Spans in order, those that meet as one."
    done: list[Span] = []
    for start, end in sorted(spans):
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return done


def measures(hits, document: str, gold: list[Span]) -> tuple[float, float, float, float]:
    "Recall, precision, IoU, characters."
    spans = defaultdict(list)
    for hit in hits:
        spans[hit.document_id].append((hit.start, hit.end))
    read = {name: merged(found) for name, found in spans.items()}
    both = sum(max(0, min(b, d) - max(a, c)) for a, b in gold for c, d in read.get(document, []))
    all_read, wanted = sum(b - a for found in read.values() for a, b in found), sum(b - a for a, b in gold)
    return both / wanted, both / all_read if all_read else 0.0, both / (all_read + wanted - both), all_read


WAYS = {
    "chunks": lambda kb, hits: hits[:AT],
    "window": lambda kb, hits: expand_hits(kb.store, hits, "window")[:AT],
    "section": lambda kb, hits: expand_hits(kb.store, hits[:AT], "section"),
    "auto": lambda kb, hits: expand_hits(kb.store, hits, "auto")[:AT],
}


def evaluate(kb: KnowledgeBase, questions: list[tuple[str, str, list[Span]]], mode: str) -> None:
    rows, times = defaultdict(list), defaultdict(list)
    names = {source.document_id: source.meta.get("name", source.uri) for source in kb.store.sources()}
    ids = {name: document_id for document_id, name in names.items()}
    for text, document, gold in questions:
        hits = kb.search(text, top_k=2 * AT, group_by=None, kinds=("chunk",), mode=mode)
        for way, expand in WAYS.items():
            began = time.perf_counter()
            found = expand(kb, hits)
            times[way].append(time.perf_counter() - began)
            rows[way].append(measures(found, ids[document], gold))
    for way, values in rows.items():
        recall, precision, iou, characters = np.mean(values, axis=0)
        middle, late = 1000 * np.median(times[way]), 1000 * np.quantile(times[way], 0.95)
        print(
            f"  {mode} {way:8} recall {recall:.3f}  precision {precision:.3f}  IoU {iou:.3f}"
            f"  {characters:6.0f} characters  {middle:.1f} ms (p95 {late:.1f})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="chunking_eval,qmsum_test")
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    parser.add_argument("--modes", default="hybrid,bm25")
    parser.add_argument("--most", type=int, default=0, help="questions of a set at most; 0 for all")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.sets.split(","):
            texts, questions = read_gold(Path(os.environ["KBASE_DATA"]) / name)
            place = Path(args.keep or folder) / name.replace("/", "_")
            with KnowledgeBase(place, language="en") as kb:
                if not len(kb):
                    documents = [Document(id=key, content=text, meta={"name": key}) for key, text in texts.items()]
                    kb.add(documents, progress=False)
                print(f"{name}: {len(kb)} documents, {len(questions)} questions")
                for mode in args.modes.split(","):
                    evaluate(kb, questions[: args.most or None], mode)


if __name__ == "__main__":
    main()
