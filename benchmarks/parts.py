"""Questions of several parts: is a document of every part cited? `python benchmarks/parts.py DEMO GUIDES`

DEMO and GUIDES are knowledge bases of `kbase demo` and of the folder llamaindex_guides. The 30 questions of parts.toml
were written for this benchmark, half of them for each base; for each part stand words, one of which a file must have in
its name that the answer cites. Prints a line a question; RESULTS.md has the figures by hand.
"""

import sys
import time
import tomllib
from pathlib import Path

from kbase import KnowledgeBase


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("give two knowledge bases: of `kbase demo` and of llamaindex_guides")
    questions = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    right = count = 0
    for name, place in zip(("demo", "guides"), sys.argv[1:], strict=True):
        with KnowledgeBase(place) as kb:
            for question, *parts in questions[name]["questions"]:
                began = time.perf_counter()
                answer = kb.ask(question)
                took = 1000 * (time.perf_counter() - began)
                uris = {cited.uri for cited in answer.citations}
                cited = [any(word in uri for word in part for uri in uris) for part in parts]
                count, right = count + 1, right + all(cited)
                level = answer.strength.level if answer.strength else ""
                print(f"{'yes' if all(cited) else 'no ':3} {took:6.0f} ms  {answer.route:10} {level:6} {question}")
    print(f"every part's document cited: {right} of {count} ({right / count:.2f})")


if __name__ == "__main__":
    main()
