"""The embedded store against raw LanceDB and Haystack's InMemoryDocumentStore, in one run, side by side.

    python benchmarks/store.py --nodes 10000 100000 [--folder DIR] [--queries 60]
    python benchmarks/store.py --nodes 500000 --slow 0 --wait 600        the disk ten minutes later, too
    python benchmarks/store.py --nodes 1000000 --slow 0 --queries 30

All sides hold the same chunks and answer the same questions in turn, so that a busy machine slows all of them.
Analysing and embedding
the question is on neither side. Resident memory and the first result after a start are taken in processes of their own.
See corpus.py for what is stored."""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
os.environ.setdefault("LANCEDB_LOG", "error")
sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

import corpus
import numpy as np

TOP, DEPTH = 10, 100


def resident_mb() -> float:
    "Of this process, anonymous pages and mapped files that are in memory."
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def disk_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def analysed(texts):
    from kbase.language import query_terms

    return [query_terms(text, ["en"]) for text in texts]


# -- the three sides ---------------------------------------------------------------------------------------------------


class Peak:
    """The most that a folder takes on the disk, and this process in memory, while something goes on; looked at every
    half second."""

    def __init__(self, folder: Path):
        self.folder, self.disk, self.memory, self.end = folder, 0.0, 0.0, threading.Event()

    def look(self):
        while not self.end.wait(0.5):
            self.disk, self.memory = max(self.disk, disk_mb(self.folder)), max(self.memory, resident_mb())

    def __enter__(self):
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()


def indexed_articles(nodes: int, documents: bool):
    "The corpus as a store is given it; with a node for each document when asked for."
    from kbase.nodes import Node
    from kbase.stores.rows import Indexed, Source

    for article in corpus.articles(nodes):
        document, chunks = corpus.document_and_chunks(article)
        if documents:
            chunks.append(
                Node(
                    document.id,
                    "document",
                    0,
                    len(article.text),
                    article.text[:300],
                    document.title,
                    document.uri,
                    language="en",
                    meta=article.meta,
                )
            )
        source = Source(document.uri, document.id, nodes=len(chunks), meta=article.meta, title=document.title)
        yield Indexed(source, document, chunks)


def build_kbase(folder: Path, nodes: int, documents: bool = False, name: str = "kbase") -> dict:
    "Analysis included; as a first load is made, without the making of the corpus."
    from kbase.nodes import EmbedderIdentity
    from kbase.stores.embedded import EmbeddedStore

    store, spent, puts = EmbeddedStore(str(folder / name)), 0.0, []
    store.set_embedder(EmbedderIdentity("synthetic", corpus.DIMENSION))
    items = indexed_articles(nodes, documents)
    with Peak(folder / name) as peak:
        with store.loading():
            while batch := list(itertools.islice(items, 500)):
                began = time.perf_counter()
                store.put(batch)
                puts.append(time.perf_counter() - began)
            began = time.perf_counter()
        spent = sum(puts) + time.perf_counter() - began
    return {
        "build_s": spent,
        "of which at the end": time.perf_counter() - began,
        "disk_mb": disk_mb(folder / name),
        "highest_disk_mb": peak.disk,
        "highest_memory_mb": peak.memory,
    }


def build_raw(folder: Path) -> dict:
    """The plainest LanceDB table of the same rows; its terms are the ones that kbase analysed, so analysis is not
    counted."""
    import lancedb
    from lancedb.index import FTS, BTree, IvfRq

    from kbase.stores.embedded import EmbeddedStore

    at = EmbeddedStore(str(folder / "kbase")).snapshot()
    names = ["id", "content", "tokens", "title", "uri", "meta", at.catalog["share", "n"], "vector"]

    columns = at.nodes.search().select(names).limit(at.rows + 1).to_arrow()
    rows = columns.rename_columns(["share" if name == names[6] else name for name in columns.schema.names])
    with Peak(folder / "raw") as peak:
        began = time.perf_counter()
        table = lancedb.connect(str(folder / "raw")).create_table("t", rows)
        table.create_index(
            "tokens",
            config=FTS(
                base_tokenizer="whitespace",
                with_position=True,
                stem=False,
                remove_stop_words=False,
                lower_case=False,
                ascii_folding=False,
                max_token_length=None,
            ),
        )
        table.create_index("id", config=BTree())
        if at.rows >= 10_000:
            table.create_index("vector", config=IvfRq(distance_type="cosine", num_bits=4))
        table.optimize()
        spent = time.perf_counter() - began
    return {"build_s": spent, "disk_mb": disk_mb(folder / "raw"), "highest_disk_mb": peak.disk}


def open_kbase(folder: Path):
    from kbase.stores.embedded import EmbeddedStore

    store = EmbeddedStore(str(folder / "kbase"))

    def search(terms, vector, where=None):
        found = store.find(terms, vector, DEPTH, where)
        return found.fetch(
            fused(
                [(f.key, f.score) for f in found.bm25],
                [(f.key, f.score) for f in found.dense],
                *(found.background or (0.0, 0.0)),
            )
        )

    return store, search


def fused(words, near, mean, std):
    "Keys of the best, as kbase.querying.retrieval adds them up (without its explanations)."
    best, floor = (words[0][1] if words else 1.0), (near[-1][1] if near else 0.0)
    word, cosine = dict(words), dict(near)
    scores = {
        key: word.get(key, 0.0) / best + 0.2 * (cosine.get(key, floor) - mean) / (std or 1.0) for key in word | cosine
    }
    return sorted(scores, key=scores.__getitem__, reverse=True)[:TOP]


def open_raw(folder: Path):
    import lancedb
    from lancedb.query import MatchQuery

    table, pool = lancedb.connect(str(folder / "raw")).open_table("t"), ThreadPoolExecutor(2)

    def bm25(terms):
        return (
            table.search(MatchQuery(" ".join(terms), "tokens"), query_type="fts")
            .with_row_id(True)
            .select(["_score"])
            .limit(DEPTH)
            .to_arrow()
        )

    def dense(vector):
        query = (
            table.search(vector, vector_column_name="vector", query_type="vector")
            .distance_type("cosine")
            .with_row_id(True)
        )
        return (
            query.select(["_distance"]).limit(DEPTH).minimum_nprobes(20).maximum_nprobes(40).refine_factor(2).to_arrow()
        )

    def search(terms, vector):
        words = pool.submit(bm25, terms)
        near = dense(vector)
        words = words.result()
        keys = fused(
            list(zip(words["_rowid"].to_pylist(), words["_score"].to_pylist(), strict=True)),
            list(zip(near["_rowid"].to_pylist(), [1 - d for d in near["_distance"].to_pylist()], strict=True)),
            0.0,
            0.1,
        )
        return table.take_row_ids(keys).select(["id", "content", "title", "uri", "meta"]).to_arrow().to_pylist()

    return search


def open_memory(folder: Path):
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    from kbase.stores.embedded import EmbeddedStore

    store, memory = EmbeddedStore(str(folder / "kbase")), InMemoryDocumentStore(embedding_similarity_function="cosine")
    for batch in store.scan(vectors=True):
        memory.write_documents(
            [
                Document(
                    id=n.id,
                    content=n.text,
                    meta={**n.meta, "title": n.title, "uri": n.uri},
                    embedding=n.vector.tolist(),
                )
                for n in batch
            ]
        )
    store.close()

    def search(text, vector):
        memory.bm25_retrieval(text, top_k=TOP)
        return memory.embedding_retrieval(vector.tolist(), top_k=TOP)

    return search


# -- what runs in a process of its own
# ------------------------------------------------------------------------------------


def child_first(folder: Path) -> dict:
    "From the interpreter's first line to the first result."
    began = time.perf_counter()
    store, search = open_kbase(folder)
    imported, imported_cpu = time.perf_counter(), time.process_time()
    with np.load(folder / "query.npz", allow_pickle=False) as saved:
        terms, vector = saved["terms"].tolist(), saved["vector"]
    hits = search(terms, vector)
    assert hits
    return {
        "imports_s": imported - began,
        "open_and_first_result_s": time.perf_counter() - imported,
        "imports_cpu_s": imported_cpu,
        "process_cpu_s": time.process_time(),
    }  # seconds of processor: what an idle machine would need


def child_memory(folder: Path, side: str, queries: int) -> dict:
    texts, vectors = corpus.queries(queries)
    if side.startswith("kbase"):
        where = {"field": "meta.share", "operator": "<", "value": 50} if side.endswith("filtered") else None
        terms = analysed(texts)
        _, search = open_kbase(folder)
        for words, vector in zip(terms, vectors, strict=True):
            search(words, vector, where)
    else:
        search = open_memory(folder)
        for text, vector in list(zip(texts, vectors, strict=True))[:2]:
            search(text, vector)
    return {"rss_mb": resident_mb()}


def child(folder: Path, *arguments: str) -> dict:
    began = time.perf_counter()
    out = subprocess.run(
        [sys.executable, __file__, "--folder", str(folder), "--child", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(out.stdout.splitlines()[-1]) | {"process_s": time.perf_counter() - began}


# -- measuring
# ------------------------------------------------------------------------------------------------------------


def timed(work, *arguments):
    began = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - began) * 1000


def recalls(store, vectors) -> dict:
    "recall@10 of the dense retriever at the depth that hybrid uses, against all vectors compared."
    from lancedb.expr import col, lit

    at = store.snapshot()
    rows = (
        at.nodes.search()
        .where(col("kind") == lit("chunk"))
        .select(["vector", "meta"])
        .with_row_id(True)
        .limit(at.rows + 1)
        .to_arrow()
    )
    matrix = np.concatenate([chunk.flatten().to_numpy() for chunk in rows["vector"].chunks]).reshape(
        -1, corpus.DIMENSION
    )
    keys, share = rows["_rowid"].to_numpy(), np.array([json.loads(meta)["share"] for meta in rows["meta"].to_pylist()])
    out = {}
    for name, thousandths in (("no filter", 1000), ("50 %", 500), ("5 %", 50), ("0.1 %", 1)):
        where = None if thousandths == 1000 else {"field": "meta.share", "operator": "<", "value": thousandths}
        allowed = np.flatnonzero(share < thousandths)
        for depth in (TOP, DEPTH):
            right = wanted = 0
            for vector in vectors:
                best = set(keys[allowed[np.argsort(-(matrix[allowed] @ vector))[:TOP]]].tolist())
                right += len(best & {f.key for f in store.find(vector=vector, depth=depth, filters=where).dense[:TOP]})
                wanted += len(best)
            out[f"{name}, depth {depth}"] = round(right / wanted, 4) if wanted else None
    return out


def table(measured: dict) -> dict:
    "What is asked of the store: as a multiple of the raw side, or in milliseconds and seconds."
    ours, raw = measured["kbase build"], measured["raw build"]
    rows = {
        "disk after the build / raw": ours["disk_mb"] / raw["disk_mb"],
        "highest disk of the build / its end": ours["highest_disk_mb"] / ours["disk_mb"],
        "build / raw": ours["build_s"] / raw["build_s"],
        "highest memory of the build, MB": ours["highest_memory_mb"],
        "hybrid, ms": measured["ms, median"]["kbase"],
        "hybrid under a 5 % filter, ms": measured["ms, median"]["kbase 5 %"],
        "hybrid under a 0.1 % filter, ms": measured["ms, median"]["kbase 0.1 %"],
        "resident while searching, MB": measured["rss"]["kbase"],
        "first result in a new process, s": min(
            first["imports_s"] + first["open_and_first_result_s"] for first in measured["cold"]
        ),
    }
    if "disk_mb later" in ours:
        rows["disk later / raw"] = ours["disk_mb later"] / raw["disk_mb"]
    return {name: round(value, 2) for name, value in rows.items()}


def measure(folder: Path, nodes: int, queries: int, slow: int, documents: bool = False, wait: float = 0.0) -> dict:
    texts, vectors = corpus.queries(queries)
    terms = analysed(texts)
    np.savez(folder / "query.npz", terms=np.array(terms[0]), vector=vectors[0])
    out: dict = {"nodes": nodes}
    for name, build in (("kbase", lambda: build_kbase(folder, nodes, documents)), ("raw", lambda: build_raw(folder))):
        told = folder / f"{name}-build.json"
        if not told.exists():
            told.write_text(json.dumps(build()))
        out[f"{name} build"] = json.loads(told.read_text())
    out["cold"] = [child(folder, "first") for _ in range(3)]
    out["rss"] = {
        side: child(folder, "memory", side, str(queries))["rss_mb"]
        for side in ("kbase", "kbase, filtered", "memory")[: 3 if slow else 2]
    }

    store, ours = open_kbase(folder)
    raw, memory = open_raw(folder), open_memory(folder) if slow else None
    narrow = {"field": "meta.share", "operator": "<", "value": 1}
    wide = {"field": "meta.share", "operator": "<", "value": 50}
    for i in range(10):  # warm
        (
            ours(terms[i], vectors[i]),
            raw(terms[i], vectors[i]),
            ours(terms[i], vectors[i], narrow),
            ours(terms[i], vectors[i], wide),
        )
    times: dict[str, list[float]] = {
        name: [] for name in ("kbase", "raw", "memory", "kbase 5 %", "kbase 0.1 %", "bm25", "dense", "fetch")
    }
    for i, (words, vector) in enumerate(zip(terms, vectors, strict=True)):
        sides = [("kbase", ours), ("raw", raw)]
        for name, side in sides if i % 2 else sides[::-1]:
            times[name].append(timed(side, words, vector))
        times["kbase 5 %"].append(timed(ours, words, vector, wide))
        times["kbase 0.1 %"].append(timed(ours, words, vector, narrow))
        times["bm25"].append(timed(store.find, words, None, DEPTH))
        times["dense"].append(timed(store.find, (), vector, DEPTH))
        found = store.find(words, vector, DEPTH)
        times["fetch"].append(timed(found.fetch, [f.key for f in found.dense[:TOP]]))
        if i < slow:
            times["memory"].append(timed(memory, texts[i], vector))
    medians = out["ms, median"] = {name: round(float(np.median(values)), 2) for name, values in times.items() if values}
    out["kbase / raw"] = round(medians["kbase"] / medians["raw"], 2)
    if wait:
        time.sleep(wait)
        out["kbase build"]["disk_mb later"] = disk_mb(folder / "kbase")
    out["table"] = table(out)
    if slow:
        out["memory / kbase"] = round(medians["memory"] / medians["kbase"], 1)
        out["rss memory / kbase"] = round(out["rss"]["memory"] / out["rss"]["kbase"], 1)
    out["recall@10"] = recalls(store, vectors)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument(
        "--slow", type=int, default=5, help="questions that InMemoryDocumentStore is asked; 0 leaves it out"
    )
    parser.add_argument("--documents", action="store_true", help="a node for each document beside its chunks")
    parser.add_argument(
        "--wait", type=float, default=0.0, help="seconds after which the disk is measured again, such as 600"
    )
    parser.add_argument("--folder", type=Path, help="where the stores are built; a temporary folder when not given")
    parser.add_argument("--reuse", action="store_true", help="take the stores that an earlier run left in the folder")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        task, *rest = given.child
        print(
            json.dumps(
                child_first(given.folder) if task == "first" else child_memory(given.folder, rest[0], int(rest[1]))
            )
        )
        return
    for nodes in given.nodes:
        folder = given.folder or Path(tempfile.mkdtemp(prefix="kbase-bench-"))
        here = folder / str(nodes)
        if not given.reuse:
            shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True, exist_ok=True)
        print(
            json.dumps(
                measure(here, nodes, given.queries, given.slow, given.documents, given.wait), indent=2, default=float
            ),
            flush=True,
        )
        if not given.folder:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
