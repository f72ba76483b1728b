"""How fast the explorers are in a browser: `python benchmarks/explorers.py [--kb FOLDER] [--only keys map …]`

`keys`: from a key to the hits that are painted for it, in the page, on a knowledge base of your own
(`benchmarks/ask.py --keep` makes one of 100,000 nodes). `memory`: the page's heap over 500 searches. `map`: frames a
second while 100,000 points are moved, in JupyterLab. `sizes`: what each explorer sends to the browser. Needs playwright
and a chromium, as the browser tests do; nothing is drawn by a graphics card.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser.conftest import FLAGS, find_chromium  # noqa: E402
from browser.plain import Plain  # noqa: E402

TYPED = ("weak references", "garbage collection", "parallel computers", "reading a stream", "prompt caching")
PAINTED = """() => new Promise(done => {
  const input = document.querySelector('.kb-input'), model = window.model, asked = window.pressed;
  const look = () => model.get('results').query === input.value
    ? requestAnimationFrame(() => done(performance.now() - asked)) : setTimeout(look, 1);
  look();
})"""


def explorer_of(place: str) -> Any:
    "The search explorer of a knowledge base, which keeps nothing of what is typed here."
    from kbase import KnowledgeBase
    from kbase.exploring import explore_search

    kb = KnowledgeBase(place)
    print(kb, flush=True)
    return explore_search(kb, keeper=None)


def measure_keys(page: Any, explorer: Any) -> dict[str, float]:
    "Milliseconds from a key to the hits that are painted for it; the first two texts warm up."
    plain = Plain(page, explorer)
    page.evaluate("() => addEventListener('keydown', () => { window.pressed = performance.now() }, true)")
    box, times, inside = plain.root.locator(".kb-input").first, [], []
    for number, text in enumerate((*TYPED[:2], *TYPED)):
        box.fill("")
        page.wait_for_timeout(400)
        box.focus()
        for sign in text:
            page.keyboard.press(sign if sign != " " else "Space")
            took = page.evaluate(PAINTED)
            if number > 1:
                times.append(took)
                inside.append(explorer.results["milliseconds"])
            page.wait_for_timeout(120)
    times.sort()
    return {
        "keys": len(times),
        "median": round(statistics.median(times), 1),
        "p95": round(times[int(0.95 * len(times))], 1),
        "of it the search, median": round(statistics.median(inside), 1),
    }


def heap(session: Any) -> dict[str, float]:
    "What the page holds after everything that is not needed was thrown away."
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    size = round(metrics["JSHeapUsedSize"] / 2**20, 2)
    return {"MB": size, "nodes": metrics["Nodes"], "listeners": metrics["JSEventListeners"]}


def measure_memory(page: Any, explorer: Any, searches: int = 500) -> dict[str, dict[str, float]]:
    "The page's heap, elements and listeners while one searches and opens hits."
    plain, session, found = Plain(page, explorer), page.context.new_cdp_session(page), {}
    session.send("Performance.enable")
    for number in range(1, searches + 1):
        words = TYPED[number % len(TYPED)].split()
        explorer.ask(f"{words[number % 2]} {number % 37}")
        plain.push()
        if explorer.hits and number % 5 == 0:
            explorer.open_hit(0)
            plain.push()
        if number in (50, searches // 2, searches):
            page.wait_for_timeout(800)  # facets are counted, timers have run out
            found[f"after {number}"] = heap(session)
    page.evaluate("() => { window.dispose(); document.getElementById('host').replaceChildren() }")
    found["closed"] = heap(session)
    return found


def measure_sizes() -> dict[str, dict[str, float]]:
    "Kilobytes of script and style, as they are and packed, of every explorer."
    from kbase.exploring import EXPLORERS
    from kbase.widgets.app import TabBar
    from kbase.widgets.ask import AskExplorer
    from kbase.widgets.chunks import ChunkLab
    from kbase.widgets.evaluation import EvaluationExplorer
    from kbase.widgets.ingest import IngestBoard
    from kbase.widgets.map import MapPanel
    from kbase.widgets.route import RouteExplorer
    from kbase.widgets.search import SearchExplorer
    from kbase.widgets.tables import TablesExplorer
    from kbase.widgets.tree import TreeExplorer
    from kbase.widgets.tuning import TuningExplorer

    kinds = {"search": SearchExplorer, "ask": AskExplorer, "route": RouteExplorer, "tree": TreeExplorer}
    kinds |= {"tables": TablesExplorer, "map": MapPanel, "ingest": IngestBoard, "chunks": ChunkLab}
    kinds |= {"evaluation": EvaluationExplorer, "tuning": TuningExplorer, "tabs": TabBar}
    assert set(EXPLORERS) <= set(kinds)

    def sizes(kind: Any) -> dict[str, float]:
        text = (str(kind._esm) + str(kind._css)).encode()
        return {"kB": round(len(text) / 1000, 1), "packed": round(len(gzip.compress(text)) / 1000, 1)}

    return {name: sizes(kind) for name, kind in kinds.items()}


MAP = """
import numpy as np
from kbase.hits import Hits
from kbase.nodes import Node
from kbase.widgets.map import MapExplorer, points_of
rng = np.random.default_rng(0)
centres = rng.normal(size=(40, 32))
vectors = (centres[np.arange({count}) % 40] + .4 * rng.normal(size=({count}, 32))).astype(np.float32)
nodes = [Node(f"d{{i}}", "chunk", 0, 9, f"Number {{i % 97}}.", f"Note {{i}}", f"a/{{i}}.txt", vector=vector)
         for i, vector in enumerate(vectors)]
explorer = MapExplorer(points_of(nodes), lambda text, **options: Hits([], text), lambda text: nodes[0].vector)
explorer
"""
FRAMES = """async ([x, y, seconds]) => {
  const canvas = document.elementFromPoint(x, y), until = performance.now() + 1000 * seconds;
  const at = dx => ({ bubbles: true, clientX: x + dx, clientY: y, buttons: 1, view: window });
  const send = (type, dx, target) => target.dispatchEvent(new MouseEvent(type, at(dx)));
  let frames = 0, worst = 0, last = performance.now();
  send('mousedown', 0, canvas);
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
    send('mousemove', 60 * Math.sin(frames++ / 12), canvas);
  }
  send('mouseup', 0, canvas);
  return { frames_a_second: Math.round(10 * frames / seconds) / 10, longest_ms: Math.round(worst) };
}"""


def measure_map(context: Any, folder: Path, count: int) -> dict[str, Any]:
    "Frames a second while the map is moved, in JupyterLab."
    from browser.conftest import lab, open_notebook

    class Places:  # as pytest hands folders out
        def mktemp(self, name: str) -> Path:
            made = folder / name
            made.mkdir()
            return made

    running = lab.__wrapped__(context, Places())
    opening = open_notebook.__wrapped__(next(running), context)
    try:
        began = time.perf_counter()
        notebook = next(opening)("map", MAP.format(count=count), width=1400, height=1000)
        canvas = notebook.page.locator("canvas").first
        canvas.wait_for(timeout=120_000)
        seconds = time.perf_counter() - began
        notebook.page.wait_for_timeout(3000)
        box = canvas.bounding_box()
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        return {"points": count, "made and shown, s": round(seconds, 1), **notebook.page.evaluate(FRAMES, [*middle, 5])}
    finally:
        for fixture in (opening, running):
            next(fixture, None)


def main() -> None:
    from tempfile import TemporaryDirectory

    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", help="a knowledge base, for keys and memory")
    parser.add_argument("--points", type=int, default=100_000, help="of the map")
    parser.add_argument("--only", nargs="*", default=["sizes", "keys", "memory", "map"])
    args = parser.parse_args()
    found: dict[str, Any] = {"sizes": measure_sizes()} if "sizes" in args.only else {}
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=FLAGS)
        context = browser.new_context()
        explorer = explorer_of(args.kb) if args.kb and {"keys", "memory"} & set(args.only) else None
        if explorer and "keys" in args.only:
            found["keys"] = measure_keys(context.new_page(), explorer)
        if explorer and "memory" in args.only:
            found["memory"] = measure_memory(context.new_page(), explorer)
        if "map" in args.only:
            found["map"] = measure_map(context, Path(folder), args.points)
        browser.close()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
