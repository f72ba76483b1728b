"""Questions on databases: how many are answered by rules, how many rightly, and how many of those
that nothing answers are declined.

    python benchmarks/sql.py --show wrong      (KBASE_DATA names the folder of `defog_sql`)

An answer is right where, of one of the accepted queries, every column stands in ours, row for row (order apart): more
columns than asked for are allowed, fewer are not. `exact` counts those whose columns are the same, too.
"""

import argparse
import json
import os
from pathlib import Path

from kbase.databases import Database
from kbase.querying.database_answers import OpenDatabase, ask_database


def plain(value):
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError):
        return "None" if value is None else str(value)


def columns(rows):
    return [[plain(row[at]) for row in rows] for at in range(len(rows[0]))] if rows else []


def same(ours, gold):
    "Whether every column of the accepted result is one of ours, with rows in one order."
    if len(ours) != len(gold):
        return False
    if not gold:
        return True
    mine, theirs = columns(ours), columns(gold)
    chosen = []
    for column in theirs:
        at = next((k for k, own in enumerate(mine) if k not in chosen and sorted(own) == sorted(column)), None)
        if at is None:
            return False
        chosen.append(at)
    return sorted(zip(*(mine[at] for at in chosen), strict=True)) == sorted(zip(*theirs, strict=True))


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--show", choices=["wrong", "declined", "all", "none"], default="none")
    asked.add_argument("--comments", action="store_true", help="use the set's descriptions of columns")
    options = asked.parse_args()
    home = Path(os.environ["KBASE_DATA"]) / "defog_sql"
    said = json.loads((home / "schemas.json").read_text(encoding="utf-8"))
    opened = {}

    def database(name):
        if name not in opened:
            tables = said[name]["table_metadata"] if options.comments else {}
            rows = [(table, row) for table, columns in tables.items() for row in columns]
            comments = {f"{table}.{row['column_name']}": row["column_description"] for table, row in rows}
            opened[name] = OpenDatabase(Database(home / "db" / f"{name}.sqlite"), comments)
        return opened[name]

    right = exact = answered = 0
    questions = read(home / "queries.jsonl")
    for row in questions:
        answer = ask_database(database(row["meta"]["db"]), row["text"])
        gold = row["meta"]["gold_results"]
        good = not answer.declined and any(same(answer.rows, one) for one in gold)
        answered += not answer.declined
        right += good
        exact += good and any(len(one[0]) == len(answer.columns) for one in gold if one and same(answer.rows, one))
        state = "declined" if answer.declined else "right" if good else "wrong"
        if options.show in (state, "all"):
            print(f"{row['id']} {state}: {row['text']}\n    {answer!r}")
            if state == "wrong":
                print(f"    accepted: {gold[0]}")
    refused, impossible = 0, read(home / "unanswerable.jsonl")
    for row in impossible:
        answer = ask_database(database(row["meta"]["db_name"]), row["text"])
        refused += answer.declined
        if options.show in ("all", "wrong") and not answer.declined:
            print(f"{row['id']} answered though nothing answers it: {row['text']}\n    {answer!r}")
    print(
        f"questions {len(questions)}: answered {answered} ({answered / len(questions):.2f}), right {right} "
        f"(precision {right / max(answered, 1):.2f}), same columns {exact}"
    )
    print(f"unanswerable {len(impossible)}: refused {refused} ({refused / max(len(impossible), 1):.2f})")


if __name__ == "__main__":
    main()
