"""How many wrong claims pass for supported, and how many right ones do not

    python benchmarks/claims.py [--documents 80] [--embedder]

Sentences of xquad/en are told as they are, and with one thing wrong: a number that stands nowhere, another number or
name of the same text, two that changed places, a `not`, an opposite. Then the claims of scifact's training part, which
people worded and judged: those that their abstract supports, and those that it contradicts. `KBASE_DATA` names the
folder of the sets. Word lists were made without either; of xquad 80 documents were read by eye.
"""

import argparse
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kbase.embedding import Embedder
from kbase.language import split_sentences
from kbase.nodes import Node
from kbase.querying.claims import Claim, support_claim
from kbase.querying.rules import read_language
from kbase.results import Hit

NUMBER = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?")
NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)*")
OPPOSITES = [entry.split("/") for entry in read_language("claims", "en")["words"]["opposites"]]


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def swapped(sentence: str, one: str, other: str) -> str:
    return sentence.replace(one, "\0").replace(other, one).replace("\0", other)


def numbers_wrong(sentence: str, text: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    own, others = NUMBER.findall(sentence), [n for n in NUMBER.findall(text) if n not in NUMBER.findall(sentence)]
    if own:
        first = int(own[0].replace(",", "").split(".")[0])
        yield "a number of nowhere", NUMBER.sub(str(first + 7), sentence, count=1)
    if own and others: yield "another number", sentence.replace(own[0], dice.choice(others), 1)
    if len(own) > 1 and own[0] != own[1]: yield "numbers swapped", swapped(sentence, *own[:2])


def words_wrong(sentence: str, text: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    own = NAME.findall(sentence)
    others = [n for n in dict.fromkeys(NAME.findall(text))
              if n not in sentence and not any(n in m or m in n for m in own)]
    if own and others: yield "another name", sentence.replace(own[0], dice.choice(others))
    if len(set(own)) > 1 and own[0] not in own[1] and own[1] not in own[0]:
        yield "names swapped", swapped(sentence, *own[:2])
    turned = re.sub(r"\b(is|was|were|are|can|has|had|will)\b", r"\1 not", sentence, count=1)
    if turned != sentence and " not " not in sentence: yield "negated", turned
    for pair in OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if re.search(rf"\b{one}\b", sentence):
                yield "opposite", re.sub(rf"\b{one}\b", other, sentence)
                return


def told(documents: list[dict], dice: random.Random) -> Iterator[tuple[str, str, Hit]]:
    "Claims of sentences: what is wrong with each, the claim, its source."
    for document in documents:
        text = document["text"][:1600]
        hit = Hit(Node("x", "chunk", 0, len(text), text, document.get("title", ""), "x", language="en"), 1.0)
        sentences = [text[a:b] for a, b in split_sentences(text) if 40 < b - a < 260]
        for sentence in dice.sample(sentences, min(2, len(sentences))):
            for kind, claim in (("as it is", sentence), *numbers_wrong(sentence, text, dice),
                                *words_wrong(sentence, text, dice)):
                yield kind, claim, hit


def judged(folder: Path, most: int, dice: random.Random) -> Iterator[tuple[str, str, Hit]]:
    "Claims that people worded and judged."
    abstracts = {str(row["id"]): row for row in rows_of(folder / "corpus.jsonl")}
    rows = [(row["text"], name, evidence[0]["label"]) for row in rows_of(folder / "queries.jsonl")
            if row["meta"]["split"] == "train" for name, evidence in row["meta"]["evidence"].items()]
    dice.shuffle(rows)
    for claim, name, label in rows[:most]:
        text = abstracts[name]["text"]
        node = Node(name, "chunk", 0, len(text), text, abstracts[name]["title"], name, language="en")
        yield f"scifact, {label.lower()}", claim, Hit(node, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=80)
    parser.add_argument("--embedder", action="store_true", help="judge by words and meaning, as an answer does")
    options = parser.parse_args()
    data, dice = Path(os.environ["KBASE_DATA"]), random.Random(3)
    embedder = Embedder.load("all-MiniLM-L6-v2") if options.embedder else None
    documents = rows_of(data / "xquad" / "en" / "corpus.jsonl")
    dice.shuffle(documents)
    passed: dict[str, list[bool]] = defaultdict(list)
    for kind, claim, hit in (*told(documents[:options.documents], dice), *judged(data / "scifact", 120, dice)):
        passed[kind].append(support_claim(Claim(claim, ()), [hit], embedder).passage is not None)
    for kind, ones in sorted(passed.items()):
        print(f"{kind:24} {sum(ones):4} of {len(ones):4} pass")


if __name__ == "__main__": main()
