"""Where the router sends questions that nobody here wrote. `KBASE_DATA=... python benchmarks/routing.py`

qmsum_router: queries on meetings, general (the whole meeting: summary) or specific (a passage: fact). nfcats: questions
from search engines and forums in eight categories, of which two have a route of their own (FACTOID: fact, COMPARISON:
comparison) and the other question categories should not be taken for a list, a summary or a comparison. Neither set is
untouched: see RESULTS.md for what was seen of them before which rule was written. nfcats: 1,000 drawn by seed 1, and
all
COMPARISON. Prints tables; RESULTS.md has them by hand.
`--rules` leaves the examples out, which are off in kbase unless they are asked for.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from kbase.embedding import Embedder
from kbase.querying.planner import RouteExamples, plan_question
from kbase.querying.routes import ROUTES

WANTED = {
    "general": "summary",
    "specific": "fact",
    "FACTOID": "fact",
    "COMPARISON": "comparison",
    "REASON": "fact",
    "INSTRUCTION": "fact",
    "EVIDENCE-BASED": "fact",
    "EXPERIENCE": "fact",
    "DEBATE": "fact",
}


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def table(name: str, rows: list[dict], examples: RouteExamples | None) -> None:
    began, seen = time.perf_counter(), {}
    for row in rows:
        plan = plan_question(row["text"], examples=examples)
        counts = seen.setdefault(row["label"], Counter())
        counts[plan.route] += 1
        counts[f"by {plan.method}"] += 1
    ms = 1000 * (time.perf_counter() - began) / len(rows)
    print(f"\n{name}: {len(rows)} questions, {ms:.1f} ms each")
    print(f"| label | n | wanted | right | {' | '.join(ROUTES)} | by rules | by examples | unsure |")
    print("|" + "---|" * (7 + len(ROUTES)))
    for label, counts in seen.items():
        n, wanted = sum(counts[route] for route in ROUTES), WANTED[label]
        routes = " | ".join(str(counts[route]) for route in ROUTES)
        print(
            f"| {label} | {n} | {wanted} | {counts[wanted] / n:.3f} | {routes}"
            f" | {counts['by rules'] / n:.2f} | {counts['by examples'] / n:.2f} | {counts['by default'] / n:.2f} |"
        )


def main() -> None:
    folder = os.environ.get("KBASE_DATA")
    if not folder:
        sys.exit("set KBASE_DATA to the folder with qmsum_router and nfcats")
    data, variants = Path(folder), {"rules alone": None}
    if "--rules" not in sys.argv:
        variants["rules and examples"] = RouteExamples(Embedder.load())
    for name, examples in variants.items():
        table(f"qmsum_router, {name}", read(data / "qmsum_router" / "queries.jsonl"), examples)
        rows = [row for part in ("train", "valid") for row in read(data / "nfcats" / f"{part}.jsonl")]
        rows = [row for row in rows if row["label"] in WANTED]
        random.Random(1).shuffle(rows)
        table(f"nfcats, {name}", rows[:1000] + [row for row in rows[1000:] if row["label"] == "COMPARISON"], examples)


if __name__ == "__main__":
    main()
