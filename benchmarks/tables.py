"""Questions on tables, answered without a language model: `KBASE_DATA=... python benchmarks/tables.py`

wikitablequestions: each question with its own table given, and with the table found by search among all of them (every
CSV file added to a knowledge base). tatqa: questions whose answer is a span of the table or calculated, table given.
Half of the tables (those at even places in the order of their names) were worked on; the other half was only measured.
An answer is right when it has the same values as the gold one, compared as the authors' evaluator does: without
accents, brackets, marks of footnotes and case, numbers as numbers.
"""

import argparse
import csv
import json
import os
import re
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from haystack import Document

from kbase import KnowledgeBase
from kbase.querying.table_answers import TableAnswer, place_table, query_table
from kbase.querying.table_writer import ask_tables, find_stored_tables
from kbase.table_headers import table_of_grid

NOTE = re.compile(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$")  # as in the evaluator of WikiTableQuestions
ASIDE = re.compile(r"(?<!^)( \([^)]*\))*$")


def plain(text: str) -> str:
    "A value as it is compared."
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn")
    text = re.sub("[‘’´`]", "'", text)
    text = re.sub("[“”]", '"', text)
    text = re.sub("[‐‑‒–—−]", "-", text)
    before = ""
    while text != before:
        before = text
        text = ASIDE.sub("", NOTE.sub("", text.strip()).strip()).strip()
        text = re.sub('^"([^"]*)"$', r"\1", text)
    return " ".join(text.removesuffix(".").lower().split())


def number(text: str) -> float | None:
    "The number that a value is, with a sign of money before it or a unit behind it."
    found = re.fullmatch(r"\D{0,2}(-?[\d,]*\.?\d+)\s*[a-z%]*", text)
    return float(found[1].replace(",", "")) if found else None


def same(gold: str, value: str) -> bool:
    "Whether two values are the same."
    gold, value = plain(gold), plain(value)
    numbers = number(gold), number(value)
    if gold == value:
        return True
    return None not in numbers and abs(numbers[0] - numbers[1]) < 1e-6  # type: ignore[operator]


def right(gold: Sequence[str], answer: TableAnswer) -> bool:
    "Whether an answer has the gold values, and no others."
    return len(gold) == len(answer.values) and all(any(same(one, value) for value in answer.values) for one in gold)


def rows_of(path: Path) -> list[list[str]]:
    "The cells of a CSV file whose quotes are escaped by a backslash."
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, doublequote=False, escapechar="\\"))


def report(name: str, gold: Sequence[Sequence[str]], answers: Sequence[TableAnswer], seconds: float) -> None:
    "One line of results."
    taken = [(one, answer) for one, answer in zip(gold, answers, strict=True) if not answer.declined]
    good = sum(right(one, answer) for one, answer in taken)
    print(
        f"{name:44} {len(gold):4} questions  answered {len(taken) / len(gold):.3f}  "
        f"precision {good / max(1, len(taken)):.3f}  {1000 * seconds / len(gold):.0f} ms a question",
        flush=True,
    )


def wiki_tables(folder: Path, search: bool, keep: Path) -> None:
    "WikiTableQuestions: the table given, and found."
    lines = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    asked = defaultdict(list)
    for line in lines:
        asked[line["meta"]["table"]].append((line["text"], line["meta"]["answers"]))
    names = sorted(asked)
    halves = {"half worked on": names[::2], "other half": names[1::2]}
    for half, tables in halves.items():
        began, gold, answers = time.perf_counter(), [], []
        for name in tables:
            placed = place_table(table_of_grid(rows_of(folder / name))[0])
            gold += [answer for _, answer in asked[name]]
            answers += [query_table(question, placed, language="en") for question, _ in asked[name]]
        report(f"wikitablequestions, table given, {half}", gold, answers, time.perf_counter() - began)
    if search:
        kb = filled(folder, names, keep)
        for half, tables in halves.items():
            wiki_found(kb, half, tables, asked)


def filled(folder: Path, names: Sequence[str], keep: Path) -> KnowledgeBase:
    "A knowledge base of all tables."
    files = keep / "files"
    files.mkdir(parents=True, exist_ok=True)
    for name in names:
        with (files / name.replace("/", "_")).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows_of(folder / name))
    kb = KnowledgeBase(keep / "kb")
    kb.add(files, progress=False)
    return kb


def wiki_found(kb: KnowledgeBase, half: str, tables: Sequence[str], asked: dict[str, list]) -> None:
    "Questions whose table is found by search."
    gold, answers, hits, wrong, seconds = [], [], 0, 0, 0.0
    for name in tables:
        own = name.replace("/", "_")
        for question, answer in asked[name]:
            found = find_stored_tables(kb.store, question, kb.embedder.embed_query)
            hits += bool(found) and found[0].uri.endswith(own)
            began = time.perf_counter()
            given = ask_tables(kb.store, question, kb.embedder.embed_query)
            seconds += time.perf_counter() - began
            gold.append(answer)
            answers.append(given)
            wrong += not given.declined and given.table is not None and not given.table.uri.endswith(own)
    report(f"wikitablequestions, table found, {half}", gold, answers, seconds)
    print(f"{'':44} hit@1 {hits / len(gold):.3f}, answered from another table {wrong}")


GROUPS = {
    "spans of the table": ("table", "span"),
    "spans, table and text": ("table-text", "span"),
    "calculated": ("table", "arithmetic"),
    "calculated, table and text": ("table-text", "arithmetic"),
}


def calculated(gold: float, answer: TableAnswer) -> bool:
    "Whether an answer is the one number wanted, as it is rounded in the set."
    try:
        found = [float(value.replace(",", "")) for value in answer.values]
    except ValueError:
        return False  # cells as they are written
    return len(found) == 1 and abs(found[0] - gold) < 0.006 + 0.001 * abs(gold)


def tatqa(folder: Path) -> None:
    "TAT-QA, the table given: gold values in the answer, for spans and for numbers that are calculated."
    corpus = {line["id"]: line for line in map(json.loads, (folder / "corpus.jsonl").open(encoding="utf-8"))}
    context = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:])
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    ids = sorted(set(context.values()))
    placed = {at: place_table(table_of_grid(corpus[at]["meta"]["table"])[0]) for at in ids}
    for group, (source, kind) in GROUPS.items():
        for half, own in (("half worked on", set(ids[::2])), ("other half", set(ids[1::2]))):
            asked = answered = right_ones = found = values = 0
            for line in queries:
                meta, at = line["meta"], context[line["id"]]
                if at not in own or meta["answer_from"] != source or kind not in meta["answer_type"]:
                    continue
                answer = query_table(line["text"], placed[at], language="en")
                gold = [str(one).replace("$", "").strip() for one in meta["answer"]] if kind == "span" else [""]
                have = sum(one in answer.text.replace("$", "") for one in gold)
                if kind == "arithmetic":
                    have = int(calculated(float(meta["answer"]), answer))
                asked, values, found = asked + 1, values + len(gold), found + have * (not answer.declined)
                answered += not answer.declined
                right_ones += not answer.declined and have == len(gold)
            print(
                f"{f'tatqa, {group}, {half}':48} {asked:4} questions  answered {answered / asked:.3f}  "
                f"precision {right_ones / max(1, answered):.3f}  gold values {found / values:.3f}"
            )


def tatqa_asked(folder: Path, keep: Path) -> None:
    "TAT-QA by `kb.ask` on all documents: gold values of questions whose answer is a span of the table, or of both."
    corpus = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    context = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:])
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    kb = KnowledgeBase(keep / "tatqa")
    kb.add([Document(id=line["id"], content=line["text"], meta={"title": ""}) for line in corpus], progress=False)
    ids = sorted(set(context.values()))
    for half, own in (("half worked on", set(ids[::2])), ("other half", set(ids[1::2]))):
        counts: Counter[str] = Counter()
        for line in queries:
            meta = line["meta"]
            fitting = meta["answer_from"] in ("table", "table-text") and "span" in meta["answer_type"]
            if context[line["id"]] not in own or not fitting:
                continue
            answer = kb.ask(line["text"])
            gold = [str(one).replace("$", "").strip() for one in meta["answer"]]
            have = sum(one in answer.text.replace("$", "") for one in gold)
            several = bool(answer.trace.get("table", {}).get("differing"))
            kind = "several" if several else "one" if answer.route == "table" and not answer.refused else "text"
            counts += Counter(
                {"values": len(gold), "found": have, kind: 1, f"{kind} right": have == len(gold), "asked": 1}
            )
        print(
            f"tatqa by kb.ask, {half:14} {counts['asked']:4} questions  "
            f"gold values {counts['found'] / counts['values']:.3f}  "
            f"from one table {counts['one']}, right {counts['one right']}; "
            f"from several, each shown {counts['several']}, one of them right {counts['several right']}; "
            f"from text {counts['text']}, right {counts['text right']}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-search", action="store_true", help="only with the table given: half a minute")
    parser.add_argument("--only-asked", action="store_true", help="only tatqa by kb.ask: two minutes")
    parser.add_argument("--keep", type=Path, help="a folder for the knowledge base; used again when given")
    arguments = parser.parse_args()
    data = Path(os.environ["KBASE_DATA"])
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.only_asked or not arguments.no_search:
            tatqa_asked(data / "tatqa", arguments.keep or Path(scratch))
        if arguments.only_asked:
            return
        wiki_tables(data / "wikitablequestions", not arguments.no_search, arguments.keep or Path(scratch))
    tatqa(data / "tatqa")


if __name__ == "__main__":
    main()
