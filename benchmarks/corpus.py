"""A synthetic corpus for the benchmarks: 120-word chunks over a Zipf vocabulary, clustered unit vectors, five metadata
fields.

The same seed gives the same corpus on every machine. Words are pronounceable, so that stemming and stop words have
ordinary work."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

DIMENSION = 384
WORDS = 120  # of a chunk
CHUNKS = 10  # of a document
VOCABULARY = 200_000
CLUSTERS = 200
SPREAD = 0.8  # length of the noise beside a cluster's centre of length 1
LANGUAGES = ("en", "de", "fr")


class Chunk(NamedTuple):
    document: int
    start: int  # in the document's text
    end: int
    vector: np.ndarray


class Article(NamedTuple):
    number: int
    text: str
    meta: dict[str, Any]
    chunks: list[Chunk]


def vocabulary(size: int = VOCABULARY) -> np.ndarray:  # (size,) of str, all different, the most frequent first
    "Invented words of two to five syllables."
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    base, words = len(syllables), []
    for rank in range(size):
        number, word = rank + base, ""
        while number:
            number, digit = divmod(number, base)
            word += syllables[digit]
        words.append(word + "n")
    return np.array(words, dtype=object)


@lru_cache(maxsize=1)
def zipf_shares() -> np.ndarray:  # (VOCABULARY,), rising to 1
    "The share of the text that a word and all more frequent ones have."
    shares = np.cumsum(1.0 / np.arange(1, VOCABULARY + 1))
    return shares / shares[-1]


def zipf_ranks(rng: np.random.Generator, count: int) -> np.ndarray:
    "Ranks of words, drawn with a probability that falls as 1 / rank."
    return zipf_shares().searchsorted(rng.random(count), side="right")


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def centres(seed: int = 1) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(CLUSTERS, DIMENSION)))


def near(rng: np.random.Generator, centre: np.ndarray) -> np.ndarray:  # (n, dim) → (n, dim) unit length
    "Vectors around the given centres."
    return unit(centre + rng.normal(size=centre.shape) * (SPREAD / np.sqrt(DIMENSION)))


def articles(nodes: int, seed: int = 7) -> Iterator[Article]:
    "Documents of CHUNKS chunks each, `nodes` chunks in all."
    rng, words, middle = np.random.default_rng(seed), vocabulary(), centres()
    for number in range(nodes // CHUNKS):
        ranks = zipf_ranks(rng, CHUNKS * WORDS)
        cluster = rng.integers(CLUSTERS, size=CHUNKS)
        vectors = near(rng, middle[cluster])
        parts = [" ".join(words[ranks[i * WORDS : (i + 1) * WORDS]]) + "." for i in range(CHUNKS)]
        starts = np.cumsum([0, *(len(part) + 1 for part in parts)])
        # share: a number from 0 to 999, so that a filter on it lets through as many thousandths as one likes
        meta = {
            "share": int(rng.integers(1000)),
            "year": int(rng.integers(1990, 2026)),
            "author": f"author {int(rng.integers(500))}",
            "draft": bool(rng.integers(2)),
            "tags": [f"tag{int(t)}" for t in rng.integers(50, size=3)],
        }
        chunks = [Chunk(number, int(starts[i]), int(starts[i] + len(part)), vectors[i]) for i, part in enumerate(parts)]
        yield Article(number, " ".join(parts), meta, chunks)


def document_and_chunks(article: Article) -> tuple[Any, list[Any]]:  # a Document and its Nodes
    "An article as a store is given it."
    from kbase.nodes import Document, Node

    name, title, meta = f"corpus/{article.number}.txt", f"Article {article.number}", article.meta
    document = Document(name, article.text, title=title, language="en", meta=meta)
    of = (document.title, document.uri)
    return document, [
        Node(
            document.id,
            "chunk",
            c.start,
            c.end,
            article.text[c.start : c.end],
            *of,
            language="en",
            meta=meta,
            vector=c.vector,
        )
        for c in article.chunks
    ]


def queries(
    count: int, seed: int = 99
) -> tuple[list[str], np.ndarray]:  # texts of three to six words; (count, dim) unit length
    "Queries of words from the middle of the vocabulary, and vectors near the clusters."
    rng, words, middle = np.random.default_rng(seed), vocabulary(), centres()
    texts = [" ".join(words[rng.integers(20, 5_000, size=rng.integers(3, 7))]) for _ in range(count)]
    return texts, near(rng, middle[rng.integers(CLUSTERS, size=count)])
