"""What grows with a knowledge base, and how fast: the same work at 10,000, 100,000 and a million nodes.

    python benchmarks/growth.py --nodes 10000 100000 1000000 --folder DIR       folders
    python benchmarks/growth.py --nodes 10000 100000 --server http://host:9200  indices of a cluster, removed afterwards

Each size is built and then measured in a process of its own. Texts and vectors are those of corpus.py; every document
of ten chunks is a file as well, so that `kb.plan` has something to look at, and has a node of its own. Questions are
embedded by the packaged model, which is counted in `kb.ask` and not in the searches. The last column is the exponent
between two sizes: 1 grows as the data does, and whatever is above is named. A row ends with processor time where other
work was beside. `--only measure` takes what an earlier run left in DIR."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

import corpus
import numpy as np

QUESTIONS, LISTS = 30, 5
FILES = 500  # of a folder
SHARES = {"no filter": 1000, "5 % filter": 50, "0.1 % filter": 1}


def file_name(number: int) -> str:
    return f"part{number // FILES:04}/article{number:06}.txt"


def memory(name: str) -> float:
    "VmRSS or VmHWM of this process, MB."
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def indexed(kb: Any, folder: Path, nodes: int) -> Any:
    "The corpus as `put` takes it, with the account that a sync of the folder would have left."
    from kbase.indexing.jobs import measure
    from kbase.indexing.sources import Item
    from kbase.nodes import Document, Node
    from kbase.stores.rows import MADE_BY, Indexed, Source

    settings, root = f"{MADE_BY} {kb.recipe.fingerprint}", folder.resolve()
    for article in corpus.articles(nodes):
        path = root / file_name(article.number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article.text, encoding="utf-8")
        item = Item(f"{root.name}/{file_name(article.number)}", path, root=str(root))
        document = Document(item.name, article.text, f"Article {article.number}", article.meta, language="en")
        shown: dict[str, Any] = {"title": document.title, "uri": document.uri, "language": "en", "meta": article.meta}
        made = [
            Node(document.id, "chunk", c.start, c.end, article.text[c.start : c.end], **shown, vector=c.vector)
            for c in article.chunks
        ]
        made.append(Node(document.id, "document", 0, len(article.text), article.text[:300], **shown))
        source = Source(
            item.name,
            document.id,
            settings=settings,
            root=item.root,
            nodes=len(made),
            characters=len(article.text),
            title=document.title,
            language="en",
            meta=article.meta,
        )
        yield Indexed(measure(item, source, kb.recipe.limits), document, made)


def build(place: str, folder: str, nodes: int) -> dict[str, float]:
    from kbase import KnowledgeBase
    from kbase.stores.rows import MADE_BY

    with KnowledgeBase(place) as kb:
        kb.store.set_embedder(kb.embedder.identity)
        kb.store.remark("made_by", MADE_BY)
        items, spent, used = indexed(kb, Path(folder), nodes), 0.0, 0.0
        with kb.store.loading():
            while batch := list(islice(items, 500)):
                began, busy = time.perf_counter(), time.process_time()
                kb.store.put(batch)
                spent, used = spent + time.perf_counter() - began, used + time.process_time() - busy
                if batch[-1].source.uri.endswith("999.txt"):
                    print(f"  {batch[-1].source.uri} after {spent:.0f} s", file=sys.stderr, flush=True)
            began, busy = time.perf_counter(), time.process_time()
        spent, used = spent + time.perf_counter() - began, used + time.process_time() - busy
    found = {"build, s": spent, "build, processor s": used, "highest memory of the build, MB": memory("VmHWM")}
    if "://" not in place:
        found["disk, MB"] = sum(one.stat().st_size for one in Path(place).rglob("*") if one.is_file()) / 2**20
    return found


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:  # seconds, processor seconds
    began, busy = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - began, time.process_time() - busy, result


def measure(place: str, folder: str, nodes: int) -> dict[str, float]:
    from kbase import KnowledgeBase

    began, words = time.perf_counter(), corpus.vocabulary()
    texts, vectors = corpus.queries(QUESTIONS + 5)
    found: dict[str, float] = {}
    with KnowledgeBase(place) as kb:
        began = time.perf_counter()
        kb.search(texts[0], vector=vectors[0], auto_filters=False)
        found["first search of a process, s"] = time.perf_counter() - began
        for name, share in SHARES.items():
            where = {"field": "meta.share", "operator": "<", "value": share} if share < 1000 else None
            took = []
            for text, vector in zip(texts, vectors, strict=True):
                one = timed(lambda t=text, v=vector, w=where: kb.search(t, vector=v, filters=w, auto_filters=False))
                assert one[2] or share == 1
                took.append(one[:2])
            ms = 1000 * np.array(took[5:])
            found[f"search, {name}, ms"], found[f"search, {name}, processor ms"] = map(float, np.median(ms, axis=0))
            if share == 1000:
                found[f"search, {name}, p95 ms"] = float(np.percentile(ms[:, 0], 95))
        found["resident after searching, MB"] = memory("VmRSS")
        took = [timed(lambda t=text: kb.ask(f"What is said of {t}?"))[:2] for text in texts]
        found["kb.ask, ms"], found["kb.ask, processor ms"] = map(float, 1000 * np.median(np.array(took[5:]), axis=0))
        for name, ranks in (
            ("every document", (20, 25, 30)),
            ("a tenth", (20_000, 20_100)),
            ("few", (150_000, 160_000)),
        ):
            rows = [timed(lambda r=rank: kb.ask(f"Which documents mention {words[r]}?")) for rank in ranks]
            found[f"list of {name}, s"] = float(np.median([row[0] for row in rows]))
            found[f"list of {name}, processor s"] = float(np.median([row[1] for row in rows]))
            found[f"documents in it ({name})"] = float(np.median([len(row[2].evidence) for row in rows]))
        found["resident after asking, MB"] = memory("VmRSS")
        seconds, busy, table = timed(kb.documents)
        assert len(table) == nodes // corpus.CHUNKS
        found["documents(), s"], found["documents(), processor s"] = seconds, busy
        found["kb.plan, s"], found["kb.plan, processor s"], plan = timed(lambda: kb.plan(folder))
        assert "unchanged" in str(plan), plan
    found["highest memory of the measuring, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


STEPS = {"build": build, "measure": measure}


def drop(place: str) -> None:
    from kbase.stores.contract import open_store

    with open_store(place) as store:  # type: ignore[attr-defined]
        for index in store.cluster.request("GET", f"/{store.name}*", missing=True) or {}:
            store.cluster.request("DELETE", f"/{index}")


def table(sizes: list[int], rows: dict[int, dict[str, float]]) -> None:
    heads = [f"{size:,}" for size in sizes]
    print("| | " + " | ".join(heads) + " | exponent, " + ", ".join("each ×10" for _ in sizes[1:]) + " |")
    print("|---" * (len(sizes) + 2) + "|")
    for name in rows[sizes[-1]]:
        values = [rows[size].get(name, float("nan")) for size in sizes]
        slopes = [
            np.log(b / a) / np.log(q / p) if a > 0 and b > 0 else float("nan")
            for a, b, p, q in zip(values, values[1:], sizes, sizes[1:], strict=False)
        ]
        shown = " | ".join(f"{value:,.1f}" if value < 100 else f"{value:,.0f}" for value in values)
        print(f"| {name} | {shown} | {', '.join(f'{slope:.2f}' for slope in slopes)} |")


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in STEPS:
        step, place, folder, nodes = sys.argv[1:]
        print(json.dumps(STEPS[step](place, folder, int(nodes))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, required=True, help="where files and knowledge bases are kept")
    parser.add_argument("--server", default="", help="of a cluster that may be filled; folders when not given")
    parser.add_argument("--only", choices=list(STEPS), help="one step; both when not given")
    given = parser.parse_args()
    rows: dict[int, dict[str, float]] = {}
    for nodes in given.nodes:
        notes = given.folder / f"notes{nodes}"
        place = f"{given.server}/growth-{nodes}" if given.server else str(given.folder / f"kb{nodes}")
        rows[nodes] = {}
        for step in [given.only] if given.only else list(STEPS):
            before = os.getloadavg()[0]
            command = [sys.executable, __file__, step, place, str(notes), str(nodes)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rows[nodes] |= {**json.loads(done.stdout.splitlines()[-1]), f"load before {step}": before}
        print(json.dumps({"nodes": nodes, **rows[nodes]}), flush=True)
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, load {os.getloadavg()[0]:.1f}\n")
    table(given.nodes, rows)


if __name__ == "__main__":
    main()
