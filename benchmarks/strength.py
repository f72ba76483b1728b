"""Where a list of hits and an answer begin to be weak. `KBASE_DATA=... python benchmarks/strength.py`

Lists: queries of each set are asked of its own documents, and of every other set's. The share of lists that are called
weak at each floor: of a set's own queries few should be, of the others' nearly all.
Answers: questions of one fact are asked as they are, and with the documents that answer them filtered out. An answer is
right when it has the answer's text, where the set gives one, or cites a document that is judged relevant. The share of
right answers, of wrong ones and of those whose source was taken away that lie below each place of the scale.
"""

import argparse
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from quality import fill, read_set
from refusal import Remembering, asks_one_fact, auc, found_for

from kbase import KnowledgeBase
from kbase.querying.judging import hit_value
from kbase.querying.passages import Quotes, pick_passages
from kbase.querying.retrieval import search_store
from kbase.querying.support import find_evidence
from kbase.results import Hits

SETS = "xquad/en,xquad/de,anthropic_docs,lihua_world,tatqa,wikitablequestions"
FLOORS = (0.1, 0.15, 0.2, 0.25, 0.3)
PLACES = (0.5, 0.8, 0.85, 0.88, 0.9, 0.93)


def search(kb: KnowledgeBase, query: str) -> Hits:
    "As `kb.search` does."
    return search_store(kb.store, query, kb.embedder.embed_query, 10)


def best_value(hits: Hits) -> float:
    "The number that is held against the floor."
    return max((hit_value(hit, hits.background) for hit in hits), default=0.0)


def weak_shares(values: list[float], places: tuple[float, ...]) -> str:
    "The share below each place."
    return " | ".join(f"{np.mean(np.array(values) < place):.2f}" if values else "–" for place in places)


def answers_of(line: dict[str, Any]) -> list[str]:
    "The texts of an answer, where a question has one that is quoted."
    meta = line.get("meta") or {}
    if isinstance(meta.get("answers"), list) and meta["answers"] and isinstance(meta["answers"][0], dict):
        return [answer["text"] for answer in meta["answers"]]
    return [str(one) for one in meta["answer"]] if meta.get("answer_type") == "span" else []


def judge_answers(kb: KnowledgeBase, lines: list[dict[str, Any]], gold: dict[str, list[str]]) -> dict[str, list[float]]:
    "The support of right answers, of wrong ones and of those whose source was taken away."
    embedder, found = Remembering(kb.embedder), {"right": [], "wrong": [], "taken away": []}
    for line in lines:
        documents = gold[line["id"]]
        evidence = find_evidence(line["text"], found_for(kb, line["text"]), embedder)
        picked = pick_passages(evidence.passages)
        text = Quotes().text(picked).casefold()
        wanted = [answer.casefold() for answer in answers_of(line)]
        cited = {passage.hit.document_id for passage in picked}
        right = any(answer in text for answer in wanted) if wanted else bool(cited & set(documents))
        found["right" if right else "wrong"].append(evidence.support.score)
        without = find_evidence(line["text"], found_for(kb, line["text"], documents), embedder)
        found["taken away"].append(without.support.score)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--questions", type=int, default=80, help="of each set, drawn by seed 1")
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data, keep = Path(os.environ["KBASE_DATA"]), Path(args.keep or tempfile.mkdtemp())
    names = args.sets.split(",")
    read = {name: read_set(data / name) for name in names}
    lists, answers = [], []
    for name in names:
        documents, queries, qrels = read[name]
        drawn = random.Random(1).sample(sorted(queries), min(args.questions, len(queries)))
        lines = {line["id"]: line for line in map(json.loads, (data / name / "queries.jsonl").open(encoding="utf-8"))}
        with fill(keep / name.replace("/", "_"), documents) as kb:
            identity = {source.uri: source.document_id for source in kb.store.sources()}
            gold = {query: [identity.get(d, d) for d in qrels[query]] for query in drawn}
            own = [best_value(search(kb, queries[query])) for query in drawn]
            others = [
                best_value(search(kb, text))
                for other in names
                if other != name
                for text in random.Random(2).sample(sorted(read[other][1].values()), 20)
            ]
            lists.append((name, own, others))
            asked = [lines[query] for query in drawn if asks_one_fact(lines[query])]
            answers.append((name, judge_answers(kb, asked, gold)))
    print("\nLists that are weak below\n\n| set | queries of | AUC | " + " | ".join(f"{f:.2f}" for f in FLOORS) + " |")
    print("|" + "---|" * (3 + len(FLOORS)))
    for name, own, others in lists:
        print(f"| {name} | its own | {auc(own, others):.3f} | {weak_shares(own, FLOORS)} |")
        print(f"| {name} | other sets |  | {weak_shares(others, FLOORS)} |", flush=True)
    print("\nAnswers below\n\n| set | answers | number | " + " | ".join(f"{p:.2f}" for p in PLACES) + " |")
    print("|" + "---|" * (3 + len(PLACES)))
    for name, found in answers:
        for kind, values in found.items():
            print(f"| {name} | {kind} | {len(values)} | {weak_shares(values, PLACES)} |", flush=True)


if __name__ == "__main__":
    main()
