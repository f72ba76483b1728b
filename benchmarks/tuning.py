"""Tuning without labels on real sets: what the hybrid search gains for questions that people asked.

    KBASE_DATA=… python benchmarks/tuning.py --bases FOLDER [--sets scifact,cacm] [--kind adapter|weights] [--steps 60]

FOLDER holds a knowledge base for each set, as `benchmarks/quality.py --keep` leaves them; they are copied and not
changed. Nothing of the queries is used for tuning: pairs come from the documents alone, and the verdict is the one
that `tune` gives on held-out documents. Afterwards the set's own queries are asked before and after, dense and
hybrid, whether the version would have been promoted or not. A set without queries is asked by the pairs of its
held-out documents alone; `--held-out NAME` names these documents, as LlamaIndex's guide trains on one annual report
(Lyft's) and tests on another (Uber's).
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from quality import read_set

from kbase.embedding import Embedder
from kbase.quality.comparison import compare
from kbase.quality.mining import lay_ground
from kbase.quality.pool import look_up_words, read_pool
from kbase.quality.training import Pace
from kbase.quality.trials import Tried, put_on_trial
from kbase.quality.tuning import tune
from kbase.quality.versions import version_folder
from kbase.stores.contract import open_store

SETS = ("scifact", "anthropic_docs", "cacm", "lihua_world", "xquad_en")


def difference(change) -> str:
    one = change.difference
    return f"{change.before:.3f} → {change.after:.3f} ({one.mean:+.3f}, {one.low:+.3f} to {one.high:+.3f})"


def ask_pairs(store, name: str, version: str, kind: str, held: list[str], most: int, seed: int) -> None:
    "The held-out documents' own questions, by meaning alone and by both, hit@5."
    embedder, after = Embedder.load(), Embedder.load(version_folder(store, version))
    pool, mined = lay_ground(store, embedder, most, seed, held_out=held)
    rows = mined.rows("test")
    asked = [Tried(mined.pairs[at].question, {mined.pairs[at].node_id: 1.0}) for at in rows]
    new = pool
    if kind == "weights":
        new = pool.like(after.embed_texts([node.embedded_text for node in pool.nodes]))
    sides = [(pool, mined.vectors[rows]), (new, after.embed_queries([one.text for one in asked]))]
    found = [mined.found[at] for at in rows]
    for way, weight, words in (("hybrid", 0.2, found), ("dense", 1.0, [type(one)([], []) for one in found])):
        before, then = (put_on_trial(side, asked, words, vectors, "", weight) for side, vectors in sides)
        changes = {change.measure: difference(change) for change in compare(before, then).changes}
        print(f"|   {name}, {len(asked)} held-out pairs, {way}, hit@5 | | | {changes['hit@5']} | | |", flush=True)


def measure(
    place: Path, folder: Path | None, kind: str, pace: Pace, most: int, seed: int, held_out: list[str]
) -> None:
    "Tune a copy of a knowledge base, then ask what people asked."
    name = place.name
    with tempfile.TemporaryDirectory() as work:
        store = open_store(str(shutil.copytree(place, Path(work, name))))
        held = [one.document_id for one in store.sources() if any(name in one.uri for name in held_out)]
        embedder, began = Embedder.load(), time.monotonic()
        tuned = tune(store, embedder, kind, held_out=held, most=most, pace=pace, keep_all=True, seed=seed)
        seconds = time.monotonic() - began
        print(f"| {name} | {kind} | {tuned.ratio:g} | {difference(tuned.change)} | {'yes' if tuned.gained else 'no'} |"
              f" {seconds:.0f} s |", flush=True)
        print("   ", {row["source"]: (row["learn"], row["check"], row["test"]) for row in tuned.counts},
              [(look.step, round(look.score, 3)) for look in tuned.curve], flush=True)
        if folder is None:
            return ask_pairs(store, name, tuned.name, kind, held, most, seed)
        _, queries, qrels = read_set(folder)
        ids = {source.uri: source.document_id for source in store.sources()}
        asked = [Tried(queries[query], {ids.get(one, one): gain for one, gain in right.items()}, True)
                 for query, right in list(qrels.items())[:300]]
        texts = [one.text for one in asked]
        pool, after = read_pool(store, 10**9), Embedder.load(version_folder(store, tuned.name))
        found = look_up_words(store, pool, texts)
        new = pool
        if kind == "weights":
            new = pool.like(after.embed_texts([node.embedded_text for node in pool.nodes]))
        sides = [(pool, embedder.embed_queries(texts)), (new, after.embed_queries(texts))]
        for way, weight, words in (("hybrid", 0.2, found), ("dense", 1.0, [type(one)([], []) for one in found])):
            before, then = (put_on_trial(side, asked, words, vectors, "", weight) for side, vectors in sides)
            print(f"|   {name}, asked by people, {way} | | | {difference(compare(before, then).changes[0])} | | |",
                  flush=True)
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", required=True, help="a folder with a knowledge base for each set")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--kind", default="adapter", choices=("adapter", "weights"))
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--most", type=int, default=5000, help="passages that are compared while tuning")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", nargs="*", default=[], help="documents that judge, by a part of their name")
    args = parser.parse_args()
    data = Path(os.environ["KBASE_DATA"])
    for name in args.sets.split(","):
        folder = data / name.replace("xquad_", "xquad/")
        measure(Path(args.bases, name), folder if (folder / "qrels.tsv").is_file() else None, args.kind,
                Pace(steps=args.steps, tokens=args.tokens), args.most, args.seed, args.held_out)


if __name__ == "__main__":
    main()
