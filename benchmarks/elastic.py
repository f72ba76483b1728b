"""The Elasticsearch store against the raw client and elasticsearch-haystack, and against the embedded store, in one
run.

    KBASE_TEST_ELASTICSEARCH=http://host:port KBASE_DATA=... python benchmarks/elastic.py [--only speed,recall,quality]
    [--nodes 100000] [--folder DIR]

speed: loading, hybrid search and a whole scan. The sides take turns, so that a busy machine slows all. elasticsearch-
haystack runs in a process
of its own, with --peer-python when it is installed elsewhere (it wants aiohttp; it is left out when it cannot be
imported).
recall: recall@10 of dense retrieval against all vectors compared, on texts of all sets of KBASE_DATA in chunks as fine
as --recall-nodes asks
for, without a filter and under one that lets 1 % through. Vectors are kept in --folder and used again.
quality: nDCG@10 on both stores, overlap of hybrid hits, routes and citations. The embedded knowledge bases are kept in
--folder.

It fills a server that is there, under names of its own, and removes them. It prints rows for RESULTS.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

import corpus
import numpy as np

TOP, DEPTH = 10, 100
DEPTHS = (TOP, DEPTH)
SHARE = 100  # `meta.share` is a number below it: 1 % is one of them
SETTINGS = (
    (400, 3.0),
    (100, 3.0),
    (1000, 3.0),
    (400, 1.5),
    (400, 6.0),
)  # CANDIDATES_LEAST, OVERSAMPLE; the first are tried as they are in the store


def rows(title: str, columns: list[str], body: list[list[object]]) -> None:
    "A table for RESULTS.md."
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in body:
        print("| " + " | ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row) + " |")
    print(flush=True)


def seconds(work, *arguments) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def verdict(value: float, bound: float, at_least: bool) -> str:
    met = value >= bound if at_least else value <= bound
    return f"{'≥' if at_least else '≤'} {bound:.3g}: {'met' if met else '**missed**'}"


# -- elasticsearch-haystack, in its own process
# --------------------------------------------------------------------------


def peer_main(server: str, index: str, nodes: int, batch: int) -> None:
    "Read a command a line, answer with a line of JSON."
    from haystack import Document
    from haystack_integrations.document_stores.elasticsearch import ElasticsearchDocumentStore

    store = ElasticsearchDocumentStore(hosts=server, index=index, request_timeout=120)
    articles = corpus.articles(nodes)
    texts, _ = corpus.queries(1000)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        task, _, number = line.strip().partition(" ")
        if task == "write":
            documents = [
                Document(
                    id=f"{a.number}-{c.start}",
                    content=a.text[c.start : c.end],
                    meta=a.meta,
                    embedding=c.vector.tolist(),
                )
                for a in islice(articles, batch // corpus.CHUNKS)
                for c in a.chunks
            ]
            answer: object = seconds(store.write_documents, documents)
        elif task == "bm25":
            began = time.perf_counter()
            found = store._bm25_retrieval(texts[int(number)], top_k=TOP)
            answer = [time.perf_counter() - began, len(found)]
        else:  # scan
            began = time.perf_counter()
            found = store.filter_documents()
            answer = [time.perf_counter() - began, len(found)]
        print(json.dumps(answer), flush=True)


class Peer:
    "The other side of `peer_main`."

    def __init__(self, python: str, server: str, index: str, nodes: int, batch: int):
        self.process = subprocess.Popen(
            [python, __file__, "--peer", server, index, str(nodes), str(batch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the process of elasticsearch-haystack ended with {self.process.wait()}: what it wrote is above"
            )
        return json.loads(line)

    def ask(self, task: str):
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def has_peer(python: str) -> bool:
    told = subprocess.run(
        [python, "-c", "import haystack_integrations.document_stores.elasticsearch"], capture_output=True, text=True
    )
    if told.returncode:
        print(
            f"elasticsearch-haystack is left out: {(told.stderr.strip().splitlines() or ['no reason given'])[-1]} "
            "(name its python with --peer-python)",
            flush=True,
        )
    return not told.returncode


# -- what is stored
# ------------------------------------------------------------------------------------------------------


def batches(nodes: int, batch: int) -> Iterator[list]:
    "The synthetic corpus as what `put` takes."
    from kbase.stores.rows import Indexed, Source

    articles = corpus.articles(nodes)
    while part := list(islice(articles, batch // corpus.CHUNKS)):
        items = []
        for a in part:
            document, chunks = corpus.document_and_chunks(a)
            items.append(
                Indexed(
                    Source(document.uri, document.id, nodes=len(chunks), meta=a.meta, title=document.title),
                    document,
                    chunks,
                )
            )
        yield items


def bodies_of(items: list) -> list[tuple[str, str, dict]]:  # id, routing, body
    "The very bodies that the store sends for these documents."
    from kbase.stores.elastic_schema import node_body
    from kbase.stores.rows import indexed_rows

    made = [pair for item in items for pair in indexed_rows(item)]
    return [(row["id"], row["document_id"], node_body(row, meta, seq)) for seq, (row, meta) in enumerate(made)]


def new_index(client, name: str, like: str) -> None:
    "An index of the same settings and mapping as another, ready for a first load."
    about = next(iter(client.indices.get(index=like).values()))
    own = {
        key: value
        for key, value in about["settings"]["index"].items()
        if key in ("analysis", "similarity", "number_of_shards")
    }
    client.indices.create(
        index=name,
        mappings=about["mappings"],
        settings={**own, "number_of_replicas": 0, "refresh_interval": "-1"},
        aliases={f"{name}-alias": {"is_write_index": True}},
    )


# -- speed
# ---------------------------------------------------------------------------------------------------------------


def speed(given, client, name: str) -> None:  # noqa: C901  a benchmark is told from top to bottom
    from elasticsearch.helpers import parallel_bulk
    from store import fused

    from kbase.language import query_terms
    from kbase.nodes import EmbedderIdentity
    from kbase.stores.elastic import ElasticStore
    from kbase.stores.elastic_bulk import Action, encode, send_bulk
    from kbase.stores.elastic_filters import ALL
    from kbase.stores.elastic_schema import SHOWN_FIELDS
    from kbase.stores.elastic_search import bm25_search, dense_search

    store = ElasticStore(f"{given.server}/{name}", replicas=0)
    store.set_embedder(EmbedderIdentity("synthetic", corpus.DIMENSION))
    peer = (
        Peer(given.peer_python, given.server, f"{name}-peer", given.nodes, given.batch)
        if has_peer(given.peer_python)
        else None
    )
    store.generations.writable([corpus.DIMENSION], ["chunk"])  # the vectors' mapping, which the raw side copies
    for side in ("raw", "same"):
        new_index(client, f"{name}-{side}", store.cluster.nodes)

    def raw(bodies) -> None:
        actions = (
            {"_op_type": "index", "_index": f"{name}-raw", "_id": node, "routing": document, "_source": body}
            for node, document, body in bodies
        )
        for good, told in parallel_bulk(client, actions, thread_count=4, chunk_size=500, max_chunk_bytes=8_000_000):
            assert good, told

    def ours(bodies) -> None:
        failed = send_bulk(
            store.cluster.connection,
            f"{name}-same-alias",
            (Action("index", node, encode(body), document) for node, document, body in bodies),
        ).failed
        assert not failed, failed

    spent = {"put": 0.0, "send_bulk": 0.0, "raw": 0.0, "peer": 0.0}
    stored = 0
    with store.loading():
        for turn, items in enumerate(batches(given.nodes, given.batch)):
            bodies = bodies_of(items)
            listed = [
                (node, document, json.loads(encode(body))) for node, document, body in bodies
            ]  # the same without numpy, which the client does not know
            sides = [("put", store.put, items), ("send_bulk", ours, bodies), ("raw", raw, listed)]
            for side, work, what in sides[turn % 3 :] + sides[: turn % 3]:
                spent[side] += seconds(work, what)
            if peer:
                spent["peer"] += peer.ask("write")
            stored += len(bodies)
            print(
                f"  {stored} nodes",
                {side: round(value, 1) for side, value in spent.items()},
                file=sys.stderr,
                flush=True,
            )
    for side, index in (("send_bulk", f"{name}-same"), ("raw", f"{name}-raw")):
        spent[side] += seconds(lambda index=index: client.indices.refresh(index=index))
    assert (
        store.count_documents()
        == stored
        == client.count(index=f"{name}-raw")["count"]
        == client.count(index=f"{name}-same")["count"]
    )
    rate = {side: stored / value for side, value in spent.items() if value}
    body = [
        ["raw client, `parallel_bulk` of the same bodies", rate["raw"], ""],
        [
            "kbase, `send_bulk` of the same bodies",
            rate["send_bulk"],
            f"{rate['send_bulk'] / rate['raw']:.2f} × raw, {verdict(rate['send_bulk'] / rate['raw'], 1 / 1.2, True)}",
        ],
        [
            "kbase, `put` (analysis, checks and account included)",
            rate["put"],
            f"{rate['put'] / rate['raw']:.2f} × raw, {verdict(rate['put'] / rate['raw'], 1 / 1.2, True)}",
        ],
    ]
    if peer:
        body += [
            [
                "elasticsearch-haystack, `write_documents`",
                rate["peer"],
                f"put / it = {rate['put'] / rate['peer']:.2f}, {verdict(rate['put'] / rate['peer'], 1.8, True)}",
            ]
        ]
    rows(f"Load, {stored} nodes in batches of {given.batch}", ["", "nodes/s", "ratio, target"], body)
    client.indices.delete(index=[f"{name}-raw", f"{name}-same"])

    texts, vectors = corpus.queries(given.queries)
    terms = [query_terms(text, ["en"]) for text in texts]
    segments = sum(
        len(part[0]["segments"])
        for index in client.indices.segments(index=store.cluster.nodes)["indices"].values()
        for part in index["shards"].values()
    )

    def kbase(i: int) -> None:
        found = store.find(terms[i], vectors[i], DEPTH)
        keys = fused([(f.key, f.score) for f in found.bm25], [(f.key, f.score) for f in found.dense], *found.background)
        assert len(found.fetch(keys)) == TOP

    def plain(i: int) -> None:
        words, near = client.msearch(
            searches=[
                {"index": store.cluster.nodes, "search_type": "dfs_query_then_fetch"},
                bm25_search(terms[i], DEPTH, ALL),
                {"index": store.cluster.nodes},
                dense_search(vectors[i], DEPTH, ALL),
            ]
        )["responses"]
        lists = [
            [(hit["fields"]["id"][0], hit["_score"]) for hit in answer["hits"]["hits"]] for answer in (words, near)
        ]
        keys = fused(*lists, 0.0, 0.1)
        assert (
            len(
                client.search(
                    index=store.cluster.nodes,
                    size=TOP,
                    query={"terms": {"id": keys}},
                    source=SHOWN_FIELDS,
                    docvalue_fields=["id"],
                    track_total_hits=False,
                )["hits"]["hits"]
            )
            == TOP
        )

    for i in range(min(10, given.queries)):
        kbase(i), plain(i), peer and peer.ask(f"bm25 {i}")
    times: dict[str, list[float]] = {"kbase": [], "plain": [], "peer": []}
    for i in range(given.queries):
        sides = [("kbase", kbase), ("plain", plain)]
        for side, work in sides if i % 2 else sides[::-1]:
            times[side].append(seconds(work, i))
        if peer:
            times["peer"].append(peer.ask(f"bm25 {i}")[0])
    ms = {side: 1000 * float(np.median(values)) for side, values in times.items() if values}
    body = [
        ["raw `_msearch` of the same two queries, one fetch", ms["plain"], ""],
        [
            "kbase, hybrid",
            ms["kbase"],
            f"{ms['kbase'] / ms['plain']:.2f} × raw, {verdict(ms['kbase'] / ms['plain'], 1.2, False)}",
        ],
    ]
    if peer:
        body += [
            [
                "elasticsearch-haystack, BM25 alone",
                ms["peer"],
                f"kbase / it = {ms['kbase'] / ms['peer']:.2f}, {verdict(ms['kbase'] / ms['peer'], 1.0, False)}",
            ]
        ]
    rows(
        f"Top {TOP} with text, {stored} nodes, {segments} segments, median of {given.queries}",
        ["", "ms", "ratio, target"],
        body,
    )

    scans = {"scan": [], "scan with vectors": [], "filter_documents": []}
    for _ in range(2):
        for side, work in (
            ("scan", lambda: sum(map(len, store.scan()))),
            ("scan with vectors", lambda: sum(map(len, store.scan(vectors=True)))),
            ("filter_documents", lambda: len(store.filter_documents())),
        ):
            began = time.perf_counter()
            count = work()
            scans[side].append(count / (time.perf_counter() - began))
            assert count == stored, (side, count)
    other, got = peer.ask("scan") if peer else (0.0, 0)
    body = [[f"kbase, `{side}`", max(values), stored] for side, values in scans.items()]
    if peer:
        body += [["elasticsearch-haystack, `filter_documents`", got / other, got]]
        for row in body[:-1]:
            row.append(
                f"{row[1] * other / got:.1f} × it"
                + (f", {verdict(row[1] * other / got, 10, True)}" if row is body[0] else "")
            )
        peer.close()
    rows(
        f"Scan of {stored} nodes",
        ["", "nodes/s", "nodes returned", "ratio, target"],
        [[*row, *[""] * (4 - len(row))] for row in body],
    )
    store.close()


# -- recall
# --------------------------------------------------------------------------------------------------------------


def real_vectors(given) -> tuple[list[str], np.ndarray, np.ndarray]:  # chunks, their vectors, the queries'
    "All sets of KBASE_DATA in chunks of equal length at word boundaries, embedded once and kept."
    kept = given.folder / f"real-{given.recall_nodes}.npz"
    if kept.exists():
        with np.load(kept, allow_pickle=False) as saved:
            return saved["texts"].tolist(), saved["vectors"], saved["queries"]
    from quality import read_set

    from kbase.embedding import Embedder

    found = [
        read_set(path.parent)
        for path in sorted(given.data.rglob("corpus.jsonl"))
        if all((path.parent / name).exists() for name in ("qrels.tsv", "queries.jsonl"))
    ]
    whole = [" ".join((document.content or "").split()) for documents, _, _ in found for document in documents]
    size = max(20, int(sum(map(len, whole)) / given.recall_nodes * 0.98))
    texts = []
    for text in whole:
        while len(text) > size * 1.5:
            cut = text.rfind(" ", 1, size + 1)
            cut = size if cut < 1 else cut
            texts.append(text[:cut])
            text = text[cut:].lstrip()
        texts += [text] if text else []
    texts = list(dict.fromkeys(texts))
    rng = np.random.default_rng(5)
    if len(texts) > given.recall_nodes * 1.1:
        texts = [texts[i] for i in sorted(rng.choice(len(texts), given.recall_nodes, replace=False))]
    asked = [text for _, queries, _ in found for text in queries.values()]
    asked = [asked[i] for i in rng.permutation(len(asked))[: given.recall_queries]]
    print(
        f"  embedding {len(texts)} chunks of about {size} characters and {len(asked)} queries of {len(found)} sets",
        file=sys.stderr,
        flush=True,
    )
    embedder = Embedder.load("all-MiniLM-L6-v2")
    parts = []
    for at in range(0, len(texts), 2000):
        parts.append(embedder.embed_texts(texts[at : at + 2000]))
        print(f"  {min(at + 2000, len(texts))} embedded", file=sys.stderr, flush=True)
    vectors, queries = (
        np.concatenate(parts).astype(np.float32),
        np.stack([embedder.embed_query(text) for text in asked]).astype(np.float32),
    )
    given.folder.mkdir(parents=True, exist_ok=True)
    np.savez(kept, texts=np.array(texts), vectors=vectors, queries=queries)
    return texts, vectors, queries


def recall(given, client, name: str) -> None:  # noqa: C901  the same
    from kbase.nodes import Document, Node
    from kbase.stores import elastic_search
    from kbase.nodes import EmbedderIdentity
    from kbase.stores.rows import Indexed, Source
    from kbase.stores.elastic import ElasticStore

    texts, vectors, queries = real_vectors(given)
    share = np.random.default_rng(6).integers(SHARE, size=len(texts))
    store = ElasticStore(f"{given.server}/{name}", replicas=0)
    store.set_embedder(EmbedderIdentity("all-MiniLM-L6-v2", vectors.shape[1]))
    items, number_of = [], {}
    with store.loading():
        for i, text in enumerate(texts):
            document = Document(f"real/{i}", text, language="en", meta={"share": int(share[i])})
            node = Node(
                document.id,
                "chunk",
                0,
                len(text),
                text,
                uri=document.uri,
                language="en",
                meta=document.meta,
                vector=vectors[i],
            )
            number_of[node.id] = i
            items.append(Indexed(Source(document.uri, document.id, nodes=1), document, [node]))
            if len(items) == 5000 or i + 1 == len(texts):
                store.put(items)
                items = []
    one = {"field": "meta.share", "operator": "==", "value": 0}
    chosen = (elastic_search.CANDIDATES_LEAST, elastic_search.OVERSAMPLE)

    def measured(where, depth: int) -> tuple[float, float]:  # recall@10, ms
        right = wanted = 0
        took = []
        allowed = np.flatnonzero(share == 0) if where else np.arange(len(texts))
        for query in queries:
            cosines = vectors[allowed] @ query
            least = np.partition(cosines, -TOP)[-TOP] if len(cosines) > TOP else cosines.min()
            began = time.perf_counter()
            found = store.find(vector=query, depth=depth, filters=where).dense[:TOP]
            took.append(1000 * (time.perf_counter() - began))
            right += sum(
                float(vectors[number_of[f.key]] @ query) >= least - 1e-6 for f in found
            )  # equal texts are equally right
            wanted += min(TOP, len(cosines))
        return right / wanted, float(np.median(took))

    def segments() -> int:
        return sum(
            len(part[0]["segments"])
            for index in client.indices.segments(index=store.cluster.nodes)["indices"].values()
            for part in index["shards"].values()
        )

    body = []
    try:
        for merged in (False, True):
            if merged:
                store.optimize(force=True)
            for least, oversample in dict.fromkeys([chosen, *SETTINGS]):
                elastic_search.CANDIDATES_LEAST, elastic_search.OVERSAMPLE = least, oversample
                row: list[object] = [
                    segments(),
                    f"{least}, {oversample:g}" + (" (kbase's)" if (least, oversample) == chosen else ""),
                ]
                for where in (None, one):
                    for depth in DEPTHS:
                        found, ms = measured(where, depth)
                        row.append(f"{found:.3f} ({ms:.1f})")
                        if (least, oversample) == chosen and depth == DEPTH:
                            print(
                                f"  {'1 %' if where else 'all'}, {segments()} segments: {found:.3f}, "
                                f"{verdict(found, 0.97, True)}",
                                flush=True,
                            )
                body.append(row)
    finally:
        elastic_search.CANDIDATES_LEAST, elastic_search.OVERSAMPLE = chosen
    columns = [f"{told}, depth {depth}" for told in ("all", "1 %") for depth in DEPTHS]
    rows(
        f"Dense recall@10 (median ms), {len(texts)} chunks of real text, {len(queries)} queries",
        ["segments", "candidates at least, oversample", *columns],
        body,
    )
    store.close()


# -- quality
# -------------------------------------------------------------------------------------------------------------


def quality(given, client, name: str) -> None:
    import quality as sets

    body, same = [], []
    for which in given.sets.split(","):
        print(which, flush=True)
        documents, queries, qrels = sets.read_set(given.data / which)
        if given.questions:
            queries = dict(islice(queries.items(), given.questions))
            qrels = {query: qrels[query] for query in queries}  # what is judged has to be asked
        tag = which.replace("/", "_")
        with sets.fill(given.folder / tag, documents) as kb:
            took = time.perf_counter()
            with kb.copy_to(f"{given.server}/{name}-{tag}", progress=False) as copy:
                print(f"  copied in {time.perf_counter() - took:.0f} s", flush=True)
                ours, theirs = sets.evaluate(kb, queries, qrels), sets.evaluate(copy, queries, qrels)
                apart = max(abs(ours[mode] - theirs[mode]) for mode in ("bm25", "dense", "hybrid"))
                body.append(
                    [
                        which,
                        *(f"{ours[m]:.3f} / {theirs[m]:.3f}" for m in ("bm25", "dense", "hybrid")),
                        f"{apart:.4f}, {verdict(apart, 0.01, False)}",
                    ]
                )
                print("  " + " | ".join(map(str, body[-1])), flush=True)  # a run that is stopped has shown these
                if which == "scifact":
                    same = alike(kb, copy, list(queries.values()), given.asked)
    rows("nDCG@10, embedded / Elasticsearch", ["set", "BM25", "dense", "hybrid", "apart at most, target"], body)
    if same:
        rows("The same questions on both stores, scifact", ["", "", "target"], same)


def alike(kb, copy, questions: list[str], asked: int) -> list[list[object]]:
    "How far hits, routes and citations agree."
    overlap = []
    for text in questions:
        ours, theirs = ({hit.id for hit in each.search(text, top_k=TOP)} for each in (kb, copy))
        overlap.append(len(ours & theirs) / max(len(ours), len(theirs), 1))
    routes = cited = equal = 0
    for text in questions[:asked]:
        one, two = kb.ask(text), copy.ask(text)
        routes += one.route == two.route
        if [hit.id for hit in kb.search(text, top_k=TOP)] == [hit.id for hit in copy.search(text, top_k=TOP)]:
            equal += 1
            cited += one.citations == two.citations
    mean, count = float(np.mean(overlap)), min(asked, len(questions))
    return [
        [f"overlap of the {TOP} best hybrid hits, mean of {len(overlap)}", mean, verdict(mean, 0.9, True)],
        ["same route", f"{routes} of {count}", verdict(routes, count, True)],
        ["same citations where the hits are the same, in order", f"{cited} of {equal}", verdict(cited, equal, True)],
    ]


PARTS = {"speed": speed, "recall": recall, "quality": quality}


def main() -> None:
    if sys.argv[1:2] == ["--peer"]:
        peer_main(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, by commas: " + ", ".join(PARTS))
    parser.add_argument("--nodes", type=int, default=100_000, help="of the speed part; a multiple of 10")
    parser.add_argument("--batch", type=int, default=5000, help="nodes that each side is given at a turn")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--peer-python", default=sys.executable, help="a python that has elasticsearch-haystack")
    parser.add_argument("--recall-nodes", type=int, default=52_000)
    parser.add_argument("--recall-queries", type=int, default=200)
    parser.add_argument("--sets", default="scifact,xquad/en,cacm")
    parser.add_argument("--questions", type=int, default=0, help="of a set, for the quality; 0: all")
    parser.add_argument("--asked", type=int, default=50, help="questions of scifact that are answered on both stores")
    parser.add_argument(
        "--folder",
        type=Path,
        help="where vectors and embedded knowledge bases are kept; a temporary folder when not given",
    )
    given = parser.parse_args()
    given.server = os.environ.get("KBASE_TEST_ELASTICSEARCH", "").rstrip("/")
    if not given.server:
        parser.error("KBASE_TEST_ELASTICSEARCH names the server, http://host:port: set it to one that may be filled")
    wanted = given.only.split(",")
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}: the parts are {', '.join(PARTS)}")
    if {"recall", "quality"} & set(wanted) and not os.environ.get("KBASE_DATA"):
        parser.error(
            "KBASE_DATA names the folder of the sets: set it, or leave recall and quality out with --only speed"
        )
    given.data = Path(os.environ.get("KBASE_DATA", "."))
    given.folder = given.folder or Path(tempfile.mkdtemp(prefix="kbase-bench-"))
    from elasticsearch import Elasticsearch

    with Elasticsearch(given.server, request_timeout=120) as client:
        print(
            f"Elasticsearch {client.info()['version']['number']}, {client.cluster.health()['number_of_nodes']} nodes, "
            f"load average {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        for part in wanted:
            name = f"bench-{part}-{uuid.uuid4().hex[:8]}"
            try:
                PARTS[part](given, client, name)
            finally:
                if left := list(client.indices.get(index=f"{name}*", expand_wildcards="all", features="settings")):
                    client.indices.delete(index=left)


if __name__ == "__main__":
    main()
