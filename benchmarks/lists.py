"""How many documents a list leaves out, and how many it has too many, against a plain look through the stored
texts.

    python benchmarks/lists.py PLACE [PLACE ...]

A place is a folder or the URL of a store, such as the knowledge base of the demo and its copy on a cluster.
For each term `Which documents mention …?` is asked, and the documents of the answer are held against those in
whose text a regular expression finds the term: whole words, in whatever case, with a plural. The terms are
words, phrases and codes, one that nearly all documents have and one that none has."""

import argparse
import re
import time

from kbase import KnowledgeBase

TERMS = [
    "pickle",
    "GitHub",
    "recursion",
    "time zones",
    "weak references",
    "Elasticsearch",
    "priority queue",
    "PEP 525",
    "UTF-8",
    "context manager",
    "json.dumps",
    "the",
    "zxqwv",
    "C++",
    "thread",
    "Windows",
    "regular expressions",
    "3.12",
]


def judged(text: str, term: str) -> bool:
    "Whether a plain look finds a term in a text."
    single = term[:-1] if term.islower() and term.endswith("s") and term.isascii() and "." not in term else term
    plural = "(?:s|es)?" if term[-1].isalpha() and "." not in term else ""
    words = r"\s+".join(map(re.escape, single.split()))
    end = r"\b" if term[-1].isalnum() else ""
    return bool(re.search(rf"\b{words}{plural}{end}", text, re.IGNORECASE))


def measure(place: str) -> tuple[float, float]:  # the least recall, the least precision
    "Ask for every term and print what came."
    kb = KnowledgeBase(place)
    texts = {}
    for source in kb.store.sources():
        document = kb.store.document(source.document_id)
        if document is not None:
            texts[source.uri] = document.text
    print(
        f"\n{kb.store.place}: {len(texts)} documents\n"
        f"{'term':22} {'answer':>7} {'plain':>6} {'recall':>7} {'precision':>10} {'seconds':>8}"
    )
    least = [1.0, 1.0]
    for term in TERMS:
        began = time.perf_counter()
        answer = kb.ask(f"Which documents mention {term}?")
        seconds = time.perf_counter() - began
        listed = set() if answer.refused else {hit.uri for hit in answer.evidence}
        wanted = {uri for uri, text in texts.items() if judged(text, term)}
        both = len(listed & wanted)
        recall, precision = both / len(wanted) if wanted else 1.0, both / len(listed) if listed else 1.0
        least = [min(least[0], recall), min(least[1], precision)]
        print(f"{term:22} {len(listed):7} {len(wanted):6} {recall:7.3f} {precision:10.3f} {seconds:8.2f}")
    kb.close()
    return least[0], least[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", help="folders or URLs of knowledge bases")
    for place in parser.parse_args().places:
        recall, precision = measure(place)
        print(f"least recall {recall:.3f}, least precision {precision:.3f}")
