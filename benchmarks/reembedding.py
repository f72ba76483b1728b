"""A change of the embedder of a large knowledge base: killed in the middle, with questions from another process.

    python benchmarks/reembedding.py [--place FOLDER or http://host:9200/name] [--nodes 100000]

The nodes are passages of twelve words, a quarter of them different texts. Models are tiny ones of two layers with
random weights, the new one of another dimension: what is measured is the store, not the model. A process changes the
embedder and is killed (SIGKILL) when half of the texts have their vectors; the same again goes on. All the while a
process of its own, which has the base open since before, asks with the text of a passage, by vectors and by both. It
computes itself what each model says of the texts that come: the cosines of an answer must all be the old model's or the
new one's. `--same` keeps the dimension, where a mixture would be no error. On a cluster the mark of the killed
process is believed for ten minutes: here it is taken away, as if they were over."""

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

import numpy as np
from tiny_models import tiny_model

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.nodes import Document, Node
from kbase.stores.rows import MADE_BY, Indexed, Source

SPAWN = multiprocessing.get_context("spawn")
WORDS = "pears ripen in autumn Birnen reifen Herbst query passage a b".split()
PASSAGES = 20  # of a document
REPEATED = 4  # times that a text is in the base
ASKERS = 2  # threads
APART = 0.02  # of two cosines of one model, for weights of half precision; other models' differ by tenths


def passage(number: int) -> str:
    return " ".join(random.Random(number).choices(WORDS, k=12)) + "."


def fill(place: str, model: str, nodes: int) -> None:
    with KnowledgeBase(place, embedder=model, calibrate=False) as kb, kb.store.loading():
        kb.store.set_embedder(kb.embedder.identity)
        kb.store.remark("made_by", MADE_BY)
        items, different = list[Indexed](), nodes // REPEATED
        vectors = kb.embedder.embed_texts([passage(number) for number in range(different)])
        for number in range(nodes // PASSAGES):
            which = [(number * PASSAGES + i) % different for i in range(PASSAGES)]
            texts = [passage(i) for i in which]
            document = Document(f"page{number}", " ".join(texts), language="en")
            starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
            made = [
                Node(document.id, "chunk", int(start), int(start) + len(text), text, uri=document.uri, language="en",
                     vector=vector)
                for start, text, vector in zip(starts, texts, vectors[which], strict=False)
            ]  # fmt: skip
            items.append(Indexed(Source(document.uri, document.id, nodes=len(made), language="en"), document, made))
            if len(items) == 250 or number + 1 == nodes // PASSAGES:
                kb.store.put(items)
                items = []


def change(place: str, model: str, results: Any) -> None:
    "Embed anew, and say how many texts this process embedded."
    made, embed = [0], Embedder.embed_texts

    def counted(self: Embedder, texts: Any, progress: Any = None) -> np.ndarray:
        made[0] += len(texts)
        return embed(self, texts, progress)

    Embedder.embed_texts = counted  # type: ignore[method-assign]
    began = time.perf_counter()
    with KnowledgeBase(place, embedder=model, calibrate=False) as kb:
        count = kb.reembed(model, progress=False)
    results.put((count, made[0], time.perf_counter() - began))


def cosines(model: Embedder, query: str, texts: list[str]) -> np.ndarray:
    return model.embed_texts(texts) @ model.embed_query(query)


def ask(place: str, names: tuple[str, str], nodes: int, over: Any, results: Any) -> None:
    "Search until it is over; what is found is held against the models' own cosines."
    kb, models = KnowledgeBase(place, embedder=names[0]), [Embedder.load(name) for name in names]
    seen, wrong, took = Counter[str](), list[str](), list[float]()

    def judge(mode: str, text: str, hits: Any) -> None:
        by_meaning = [hit for hit in hits if "dense" in hit.parts and hit.parts["dense"].rank is not None]
        shown = np.array([hit.parts["dense"].score for hit in by_meaning])
        apart = [float(abs(shown - cosines(model, text, [hit.node.text for hit in by_meaning])).max(initial=0))
                 for model in models]  # fmt: skip
        best = int(np.argmin(apart))
        seen[f"{mode}, {'old' if best == 0 else 'new'}"] += 1
        if not hits or (mode == "dense" and not by_meaning) or apart[best] > APART:
            wrong.append(f"{mode}: {len(by_meaning)} of {len(hits)} hits by meaning, apart from the old model "
                         f"{apart[0]:.2f}, from the new one {apart[1]:.2f}; {'; '.join(hits.notes)}")  # fmt: skip

    def look(mode: Any) -> None:
        draw = random.Random(mode)
        while not over.is_set():
            text, began = passage(draw.randrange(nodes // REPEATED)), time.perf_counter()
            try:
                hits = kb.search(text, mode=mode, group_by=None, auto_filters=False)
                took.append(time.perf_counter() - began)
                judge(mode, text, hits)
            except Exception as e:  # noqa: BLE001  counted
                wrong.append(f"{mode}: {type(e).__name__}: {traceback.format_exc(limit=-1)}"[-300:])

    threads = [threading.Thread(target=look, args=(mode,)) for mode in ("dense", "hybrid")[:ASKERS]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((dict(seen), wrong, took))


def kept_vectors(cache: Path, dimension: int) -> int:
    "How many vectors lie ready for whoever goes on."
    sizes = [path.stat().st_size for path in cache.glob("kbase/reembedding/*/vectors")]
    return sum(sizes) // (32 + 4 * dimension)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default="", help="a folder or the URL of indices; it is filled when it is empty")
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--same", action="store_true", help="the new model has the same dimension")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home, load = Path(scratch), os.getloadavg()[0]
        os.environ["XDG_CACHE_HOME"] = str(home / "cache")
        place, size = given.place or str(home / "kb"), 64 if given.same else 32
        old, new = str(tiny_model(home / "old", seed=0)), f"{tiny_model(home / 'new', seed=1)}:{size}"
        began = time.perf_counter()
        fill(place, old, given.nodes)
        print(f"filled in {time.perf_counter() - began:.0f} s, load {load:.1f}", flush=True)
        over, asked, changed = SPAWN.Event(), SPAWN.Queue(), SPAWN.Queue()
        asking = SPAWN.Process(target=ask, args=(place, (old, new), given.nodes, over, asked))
        asking.start()
        time.sleep(10)  # it has asked before
        began, half = time.perf_counter(), given.nodes // REPEATED // 2
        first = SPAWN.Process(target=change, args=(place, new, changed))
        first.start()
        while first.is_alive() and kept_vectors(home / "cache", size) < half:
            time.sleep(0.1)
        assert first.is_alive(), "it was done before it could be killed"
        first.kill()
        first.join()
        kept, spent = kept_vectors(home / "cache", size), time.perf_counter() - began
        print(f"killed after {spent:.0f} s with {kept:,} vectors made", flush=True)
        if "://" in place:
            with KnowledgeBase(place, embedder=old) as kb:
                kb.store.about.change(lambda about: {**about, "rebuilding": {**about["rebuilding"], "until": 0}})
        second = SPAWN.Process(target=change, args=(place, new, changed))
        second.start()
        second.join()
        count, made, seconds = changed.get(timeout=10)
        time.sleep(10)  # it asks afterwards
        over.set()
        seen, wrong, took = asked.get(timeout=120)
        asking.join()
        ms = 1000 * np.array(took)
        print(f"{count:,} nodes embedded anew, {made:,} texts by the second process, in {seconds:.0f} s")
        print(f"{sum(seen.values()):,} questions from another process ({seen}), {len(wrong)} wrong or unanswered; "
              f"p50 {np.median(ms):.0f} ms, p95 {np.quantile(ms, 0.95):.0f}, slowest {ms.max():.0f}; "
              f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        for line, times in Counter(wrong).most_common(5):
            print(f"  {times} × {line}")
        if "://" in place:
            with KnowledgeBase(place, embedder=new) as kb:
                for index in kb.store.cluster.request("GET", f"/{kb.store.name}*", missing=True) or {}:
                    kb.store.cluster.request("DELETE", f"/{index}")
        elif given.place:
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
