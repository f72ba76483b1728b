"A chunk that goes on over pages is found by any page of it, on both stores."

import pytest
from haystack.document_stores.types import DuplicatePolicy
from store_cases import all_nodes, eq
from store_worker import open_store as opened

from kbase.nodes import Document, Node, node_to_haystack
from kbase.stores.rows import Indexed, Source

TEXT = "".join(f"Page {number} speaks of many things. " for number in range(1, 8))
PAGES = tuple(TEXT.index(f"Page {number}") for number in range(1, 8))


def chunk(document, first, last):
    "The chunk from one page to another."
    start, end = PAGES[first - 1], PAGES[last] if last < len(PAGES) else len(TEXT)
    payload = {"pages": [[PAGES[page - 1], page] for page in range(first + 1, last + 1)]} if last > first else {}
    return Node(document.id, "chunk", start, end, TEXT[start:end], title=f"{first}–{last}", page=first,
                language="en", payload=payload)  # fmt: skip


@pytest.fixture(params=["embedded", "elastic"])
def store(request, tmp_path):
    place = str(tmp_path / "base") if request.param == "embedded" else request.getfixturevalue("elastic_url")
    store = opened(place)
    paged = Document("a.pdf", TEXT, language="en", pages=PAGES)
    plain = Document("b.md", "No pages here.", language="en")
    store.put([
        Indexed(Source(paged.uri, paged.id), paged, [chunk(paged, *ends) for ends in ((1, 1), (2, 2), (3, 5), (6, 7))]),
        Indexed(Source(plain.uri, plain.id), plain,
                [Node(plain.id, "chunk", 0, 14, plain.text, title="none", language="en")]),
    ])  # fmt: skip
    yield store
    store.close()


def found(store, operator, value):
    return [node.title for node in all_nodes(store, filters=eq("page", value, operator))]


@pytest.mark.parametrize(
    ("operator", "value", "wanted"),
    [
        ("==", 1, "1–1"),
        ("==", 3, "3–5"),
        ("==", 4, "3–5"),
        ("==", 5, "3–5"),
        ("==", 7, "6–7"),
        ("==", 8, ""),
        ("in", [2, 4], "2–2 3–5"),
        (">=", 5, "3–5 6–7"),
        (">", 5, "6–7"),
        (">", 4, "3–5 6–7"),
        ("<", 4, "1–1 2–2 3–5"),
        ("<=", 3, "1–1 2–2 3–5"),
        ("!=", 4, "1–1 2–2 6–7 none"),
        ("not in", [1, 4, 7], "2–2 none"),
        ("==", None, "none"),
    ],
)
def test_any_page_counts(store, operator, value, wanted):
    assert found(store, operator, value) == wanted.split()


def test_not_any_page(store):
    titles = [node.title for node in all_nodes(store, filters={"operator": "NOT", "conditions": [eq("page", 4)]})]
    assert titles == "1–1 2–2 6–7 none".split()


def test_it_is_no_metadata_and_survives_a_round_trip(store):
    assert store.get_metadata_fields_info() == {}
    assert all(node.meta == {} for node in all_nodes(store))
    store.write_documents([node_to_haystack(node) for node in all_nodes(store)], policy=DuplicatePolicy.OVERWRITE)
    assert found(store, "==", 4) == ["3–5"] and all(node.meta == {} for node in all_nodes(store))
