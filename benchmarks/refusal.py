"""How well `support` tells the answerable from the unanswerable, and what each constant of it does.
`KBASE_DATA=... python benchmarks/refusal.py`

Questions of a set are asked twice: as they are, and with the documents that answer them filtered out, which is harder
to tell than a question about something else. lihua_world has questions of its own that nothing answers; they are
counted apart. `--places` prints how much of each is refused, or called weak, at the places that every knowledge base
starts with, and where exactly 15 % of the answerable are refused. Otherwise hits are fetched once; then one constant
at a time is changed, and the table shows the area under the curve (AUC: how often an answerable question scores above
an unanswerable one) and how many of the answerable questions get another quoted answer than with the constants as they
are.
"""

import argparse
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from quality import fill, read_set

from kbase import KnowledgeBase, strength
from kbase.querying import passages, scoring, support, terms
from kbase.querying.passages import Quotes, pick_passages
from kbase.querying.retrieval import search_store
from kbase.querying.support import find_evidence
from kbase.results import Hits

CHANGES: list[tuple[Any, str, tuple[Any, ...]]] = [  # module, constant, values beside the one it has
    (strength, "WORDS_WEIGHT", (3.0, 4.5, 7.5, 9.0)),
    (strength, "MEANING_WEIGHT", (3.0, 4.5, 7.5, 9.0)),
    (strength, "BESIDE_WEIGHT", (0.0, 0.3, 1.2, 2.4)),
    (strength, "OFFSET", (4.2, 4.7, 5.7, 6.2)),
    (support, "OF_DOCUMENT", (0.0, 0.1, 0.2, 0.5)),
    (support, "LOST_NAME_SHARE", (0.2, 0.4, 0.5, 1.1)),
    (terms, "RARE_WEIGHT", (1.0, 1.25, 2.0, 3.0)),
    (terms, "TASK_WEIGHT", (0.0, 0.1, 0.5, 1.0)),
    (scoring, "RANK_COST", (0.0, 0.02, 0.04, 0.06)),
    (scoring, "TELLING", ((1.0, 1.0, 1.0), (0.2, 0.7, 1.0), (0.6, 0.95, 1.0))),
    (scoring, "ALMOST", (0.65, 0.7, 0.8, 0.85)),
    (passages, "REDUNDANT", (0.5, 0.55, 0.65, 0.7)),
    (passages, "EMBEDDED_PIECES", (10, 15, 30)),
]


class Remembering:
    "An embedder that makes each vector once, so that twenty variants cost one."

    def __init__(self, embedder: Any):
        self.embedder, self.known = embedder, {}

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in self.known))
        if new:
            self.known |= dict(zip(new, self.embedder.embed_texts(new), strict=True))
        return np.array([self.known[text] for text in texts])

    def embed_query(self, text: str) -> np.ndarray:
        if ("query", text) not in self.known:
            self.known["query", text] = self.embedder.embed_query(text)
        return self.known["query", text]


@contextmanager
def changed(module: Any, name: str, value: Any) -> Iterator[None]:
    "Another value for a constant, for a moment."
    before = getattr(module, name)
    setattr(module, name, value)
    terms._terms_of.cache_clear()
    try:
        yield
    finally:
        setattr(module, name, before)
        terms._terms_of.cache_clear()


def auc(high: list[float], low: list[float]) -> float:
    "How often one of the first scores above one of the second, ties half."
    pairs = np.array(high)[:, None] - np.array(low)[None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2) if pairs.size else float("nan")


def asks_one_fact(line: dict[str, Any]) -> bool:
    "Whether a question is answered by one passage."
    meta = line.get("meta") or {}
    return meta.get("type", "Single") == "Single" and meta.get("answer_type", "span") == "span"


def found_for(kb: KnowledgeBase, question: str, without: list[str] | None = None) -> Hits:
    "The hits of a fact, some documents left out."
    filters = {"field": "document_id", "operator": "not in", "value": without} if without else None
    return search_store(kb.store, question, kb.embedder.embed_query, 8, filters=filters, group_by=None)


def judge(asked: list[tuple[str, Hits]], embedder: Remembering) -> tuple[list[float], list[str]]:
    "The score of each question, and what would be quoted."
    evidence = [find_evidence(question, hits, embedder) for question, hits in asked]
    return [e.support.score for e in evidence], [Quotes().text(pick_passages(e.passages)) for e in evidence]


def place_lines(
    kb: KnowledgeBase,
    own: list[tuple[str, Hits]],
    removed: list[tuple[str, Hits]],
    null: list[tuple[str, Hits]],
) -> Iterator[str]:
    "How much is refused, and how much is weak or refused, at each place."
    scores = []
    for asked in (own, removed, null):
        for _, hits in asked:
            hits.scale = strength.UNMOVED
        scores.append([find_evidence(text, hits, kb.embedder).support.score for text, hits in asked])
    kept = strength.scale_of(kb.store.remarks)
    exactly = float(np.quantile(scores[0], 0.15))
    nothing = f", nothing answers {auc(scores[0], scores[2]):.3f}" if null else ""
    yield f"AUC: source taken away {auc(scores[0], scores[1]):.3f}{nothing}"
    for name, place in (("refused", kept.answer_from), ("weak or refused", kept.strong_from), ("at 15 %", exactly)):
        shares = " / ".join(f"{np.mean(np.array(one) < place):.2f}" if one else "–" for one in scores)
        yield f"{name}, below {place:.2f}: own / taken away / nothing {shares}"


def table(
    name: str,
    kb: KnowledgeBase,
    own: list[tuple[str, Hits]],
    removed: list[tuple[str, Hits]],
    null: list[tuple[str, Hits]],
) -> None:
    "What each constant does on a set."
    embedder = Remembering(kb.embedder)

    def line(label: str, usual: list[str] | None) -> list[str]:
        (high, quotes), (low, _), (none, _) = judge(own, embedder), judge(removed, embedder), judge(null, embedder)
        moved = sum(a != b for a, b in zip(quotes, usual or quotes, strict=True))
        cut = [f"{np.mean(np.array(scores) >= 0.5):.2f}" if scores else "–" for scores in (high, low, none)]
        nothing = f"{auc(high, none):.3f}" if none else "–"
        print(f"| {label} | {auc(high, low):.3f} | {nothing} | {' / '.join(cut)} | {moved} of {len(own)} |", flush=True)
        return quotes

    print(f"\n{name}: {len(own)} questions, {len(null)} that nothing answers")
    print(
        "| constant | AUC, source taken away | AUC, nothing answers | answered at .5: own / taken away / nothing | "
        "other quotes |\n|" + "---|" * 5
    )
    usual = line("as it is", None)
    for module, constant, values in CHANGES:
        for value in values:
            with changed(module, constant, value):
                line(f"{constant} {value}", usual)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="xquad/en,anthropic_docs,lihua_world")
    parser.add_argument("--questions", type=int, default=60, help="of each set, drawn by seed 1")
    parser.add_argument("--seed", type=int, default=1, help="by which questions are drawn")
    parser.add_argument("--places", action="store_true", help="only how much is refused; questions of one fact")
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data, keep = Path(os.environ["KBASE_DATA"]), Path(args.keep or tempfile.mkdtemp())
    for name in args.sets.split(","):
        documents, queries, qrels = read_set(data / name)
        every = [json.loads(line) for line in (data / name / "queries.jsonl").open(encoding="utf-8")]
        null = [line["text"] for line in every if (line.get("meta") or {}).get("type") == "Null"]
        if args.places: queries = {line["id"]: line["text"] for line in every if asks_one_fact(line)}
        with fill(keep / name.replace("/", "_"), documents) as kb:
            identity = {source.uri: source.document_id for source in kb.store.sources()}
            drawn = random.Random(args.seed).sample(sorted(queries), min(args.questions, len(queries)))
            own = [(queries[q], found_for(kb, queries[q])) for q in drawn]
            removed = [(queries[q], found_for(kb, queries[q], [identity.get(d, d) for d in qrels[q]])) for q in drawn]
            nothing = [(text, found_for(kb, text)) for text in null]
            if args.places: print(f"\n{name}: {len(own)} questions", *place_lines(kb, own, removed, nothing), sep="\n")
            else: table(name, kb, own, removed, nothing)


if __name__ == "__main__":
    main()
