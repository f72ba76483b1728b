"""Which sentence answers: the weights of `kbase.querying.reading` are fitted here, and measured where they were not.
`KBASE_DATA=... python benchmarks/reading.py --write`

Questions whose answers are known are asked. Each piece of what is found either has the answer or has not; the weights
make the pieces that have it likely, and "none" where none has (a conditional logit). Documents are split in two by a
hash of their ids; a question goes where its document is. Each half is measured with the weights of the other one; what
is written are the weights of both. An answer that is not quoted in its document is looked for by the words that it adds
to the question's.
"""

import argparse
import hashlib
import json
import os
import random
import tempfile
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from quality import fill, read_set
from refusal import found_for
from scipy.optimize import minimize

from kbase import KnowledgeBase
from kbase.language import analyze, words
from kbase.querying.marking import short_answer
from kbase.querying.passages import find_passages, read_passages, with_likelihood
from kbase.querying.scoring import Passage
from kbase.results import Hits

SETS = "xquad/en,xquad/de,tatqa,anthropic_docs,lihua_world"
ENOUGH = {"anthropic_docs": 0.3, "lihua_world": 0.5}  # of an answer that is no quote
PENALTY = 0.01  # from .01 to .1 the mean of the five sets stays within .02
# What is fitted. Tried and left out, as the other halves were read no better with it: whether words that are neighbours
# in the question are so in the piece, the cosine of the whole piece, whether it adds a word to the question's, whether
# it is a row, a list or code, its length, the hit's score beside the best
NAMES = (
    "own context match match_rare match_least match_opening before hit_likeness lacks has_digits other_year speaks "
    "rank answers"
).split()
TARGET = Path(__file__).parents[1] / "kbase" / "data" / "reading" / "weights.toml"


class Asked(NamedTuple):
    "The pieces found for a question."

    name: str  # of the set
    part: int  # 0 or 1
    right: np.ndarray  # (pieces,) bool
    readings: list[dict[str, float]]
    scores: list[float]  # by which pieces are ordered where no tokens can be read


@lru_cache(100_000)
def stems(text: str) -> frozenset[str]:
    return frozenset(token.term for token in analyze(text, "en"))


def share_of_answer(line: dict[str, Any], gold: list[str], document: str, text: str) -> float:
    "How much of the answer a text has, 0 to 1."
    meta, own = line["meta"], text.casefold()
    if document not in gold:
        return 0.0
    if "answers" in meta:
        return float(any(one["text"].casefold() in own for one in meta["answers"]))
    answer = meta["answer"]
    if isinstance(answer, list):
        return float(all(str(one).casefold() in own for one in answer))
    if len(answer) < 40 and answer.casefold() in own:
        return 1.0
    wanted, found = stems(answer), stems(text)
    new = wanted - stems(line["text"])
    return 0.7 * len(new & found) / len(new) + 0.3 * len(wanted & found) / len(wanted) if new else 0.0


def is_asked(line: dict[str, Any]) -> bool:
    "Whether a question is answered by one passage of prose, or by none."
    meta = line["meta"]
    usual = {"type": "Single", "answer_from": "text", "answer_type": "span"}
    return meta.get("type") == "Null" or all(meta.get(name, value) == value for name, value in usual.items())


def part_of(key: str) -> int:
    return int(hashlib.md5(key.encode()).hexdigest(), 16) % 2


def asked_of(name: str, line: dict[str, Any], gold: list[str], hits: Hits, embedder: Any) -> Asked | None:
    "What was found for a question; None where nobody can say which piece has the answer."
    verbatim = hits.like(hit for hit in hits if hit.verbatim)
    read = with_likelihood(line["text"], read_passages(line["text"], verbatim), verbatim, embedder)
    shares = np.array([share_of_answer(line, gold, p.hit.document_id, p.text) for p in read])
    best = shares.max(initial=0.0)
    if not read or gold and 0 < best < ENOUGH.get(name, 0):
        return None
    right = shares >= max(1e-6, 0.9 * best)
    part = part_of(gold[0] if gold else line["id"])
    return Asked(name, part, right, [dict(p.readings) for p in read], [p.score for p in read])


class Fitted(NamedTuple):
    "The weights, and the sum of the case that no piece answers."

    names: list[str]
    weights: np.ndarray
    nothing: float

    def totals(self, asked: Asked) -> np.ndarray:
        return matrix(asked, self.names) @ self.weights


def matrix(asked: Asked, names: list[str]) -> np.ndarray:
    return np.array([[one.get(name, 0.0) for name in names] for one in asked.readings])


def fit(every: list[Asked], names: list[str], penalty: float = PENALTY) -> Fitted:
    "The weights under which the answers are likeliest; a set of a hundred counts nearly as much as a larger one."
    rows = np.concatenate([matrix(one, names) for one in every])
    mean, spread = rows.mean(0), np.maximum(rows.std(0), 1e-3)
    rows = (rows - mean) / spread
    sizes = [len(one.right) for one in every]
    of, starts = np.repeat(np.arange(len(every)), sizes), np.r_[0, np.cumsum(sizes)[:-1]]
    right, some = np.concatenate([one.right for one in every]), np.array([one.right.any() for one in every])
    sets = Counter(one.name for one in every)
    counts = np.array([sets[one.name] ** -0.5 for one in every])
    counts = counts / counts.sum()

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        totals = rows @ values[1:]
        top = np.maximum(np.maximum.reduceat(totals, starts), values[0])
        shares, none = np.exp(totals - top[of]), np.exp(values[0] - top)
        whole = np.add.reduceat(shares, starts) + none
        good = np.add.reduceat(shares * right, starts)
        aim = np.where(some, good, none)
        wanted = np.where(right & some[of], shares / np.maximum(good, 1e-30)[of], 0.0)
        slope = rows.T @ ((shares / whole[of] - wanted) * counts[of])
        at_none = ((none / whole - ~some) * counts).sum()
        cost = -(counts * np.log(np.maximum(aim, 1e-30) / whole)).sum() + penalty * (values[1:] ** 2).sum()
        return float(cost), np.r_[at_none, slope + 2 * penalty * values[1:]]

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = found[1:] / spread
    return Fitted(names, weights, float(found[0] + mean @ weights))


def written(model: Fitted) -> str:
    "The weights as a data file."
    lines = [
        "# What the readings of a piece weigh (kbase/querying/reading.py); made by benchmarks/reading.py --write",
        f"nothing = {model.nothing:.3f}",
        "\n[weights]",
        *(f"{name} = {value:.3f}" for name, value in zip(model.names, model.weights, strict=True)),
    ]
    return "\n".join(lines) + "\n"


def report(every: list[Asked]) -> Fitted:
    "The table, each half read with the weights of the other one; the weights of both halves together."
    halves = [fit([one for one in every if one.part == part], NAMES) for part in (0, 1)]
    print("\n| set | questions | best by words | best by the model | any piece |\n" + "|---" * 5 + "|")
    for name in dict.fromkeys(one.name for one in every):
        own = [one for one in every if one.name == name and (one.right.any() or name != "lihua_world")]
        by_words = np.mean([bool(one.right[int(np.argmax(one.scores))]) for one in own])
        best = np.mean([bool(one.right[int(np.argmax(halves[1 - one.part].totals(one)))]) for one in own])
        any_piece = np.mean([one.right.any() for one in own])
        print(f"| {name} | {len(own)} | {by_words:.3f} | {best:.3f} | {any_piece:.3f} |", flush=True)
    return fit(every, NAMES)


def answers_of(name: str, line: dict[str, Any], gold: list[str], hits: Hits, embedder: Any) -> tuple[bool, bool, int]:
    "Whether the answer stands in the marked sentence, in what is shown, and how many words that has."
    shown: list[Passage] = short_answer(line["text"], find_passages(line["text"], hits, embedder))
    marked = [p.hit.text[slice(*(p.marked or (p.start, p.end)))] for p in shown if p.marked] or [
        p.text for p in shown[:1]
    ]
    documents = [p.hit.document_id for p in shown if p.marked] or [p.hit.document_id for p in shown[:1]]
    enough = ENOUGH.get(name, 1e-6)
    in_marked = any(
        share_of_answer(line, gold, document, text) >= enough
        for document, text in zip(documents, marked, strict=True)
    )
    whole: dict[str, str] = {}
    for p in shown:
        whole[p.hit.document_id] = f"{whole.get(p.hit.document_id, '')} {p.text}"
    in_shown = any(share_of_answer(line, gold, document, text) >= enough for document, text in whole.items())
    return in_marked, in_shown, sum(len(words(p.text)) for p in shown)


def show_answers(name: str, found: list[tuple[bool, bool, int]]) -> None:
    marked, shown, lengths = (np.array(column) for column in zip(*found, strict=True))
    print(
        f"| {name} | {len(found)} | {marked.mean():.3f} | {shown.mean():.3f} | {lengths.mean():.0f} | "
        f"{np.quantile(lengths, 0.95):.0f} |",
        flush=True,
    )


def found_in(
    kb: KnowledgeBase, lines: list[dict[str, Any]], qrels: dict[str, Any]
) -> list[tuple[Any, list[str], Hits]]:
    "Each question with the documents that answer it, and its hits."
    identity = {source.uri: source.document_id for source in kb.store.sources()}
    return [
        (line, [identity.get(d, d) for d in qrels.get(line["id"], ())], found_for(kb, line["text"])) for line in lines
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--questions", type=int, default=220, help="of each set, drawn by seed 1")
    parser.add_argument("--keep", help="a folder for the knowledge bases; a temporary one when not given")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    parser.add_argument("--answers", action="store_true", help="measure what is shown, with the weights as they are")
    args = parser.parse_args()
    if not os.environ.get("KBASE_DATA"):
        parser.error("KBASE_DATA names the folder of the sets: set it")
    data, keep = Path(os.environ["KBASE_DATA"]), Path(args.keep or tempfile.mkdtemp())
    every: list[Asked] = []
    if args.answers:
        print("| set | questions | in the marked sentence | in what is shown | words | 95 % are shorter than |")
    for name in args.sets.split(","):
        documents, _, qrels = read_set(data / name)
        every_line = map(json.loads, (data / name / "queries.jsonl").open(encoding="utf-8"))
        lines = [line for line in every_line if is_asked(line)]
        random.Random(1).shuffle(lines)
        with fill(keep / name.replace("/", "_"), documents) as kb:
            found = found_in(kb, lines[: args.questions], qrels)
            if args.answers:
                show_answers(name, [answers_of(name, *one, kb.embedder) for one in found if one[1]])
            else:
                read = [asked_of(name, *one, kb.embedder) for one in found]
                every += [one for one in read if one is not None]
    if every:
        fitted = report(every)
        if args.write:
            TARGET.write_text(written(fitted), encoding="utf-8")


if __name__ == "__main__":
    main()
