"A folder as a filter: the same on both stores, for odd names, under negation, and for uris too long for a term."

import subprocess
import sys

import pytest
from haystack.errors import FilterError

from kbase.nodes import Document, Node
from kbase.querying.filters import check_fields
from kbase.stores.conditions import matches, parse_filter
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source
from store_cases import all_nodes, eq

DEEP = "verzeichnis/" + "資料の名前/" * 40  # more bytes than Elasticsearch takes as a term
URIS = ["top.md", "a/1.md", "a/b/2.md", "a b/3.md", "ab/4.md", "a0/5.md", "a/b'c/6.md", "a%/7.md", "a_/8.md", "a*/9.md",
        "/rooted/10.md", "ä/ö/11.md", "😀/12.md", "https://host/docs/13.html", f"{DEEP}14.md", f"{DEEP[:-1]}.md",
        "A/15.md", "a.md", "a\\b/16.md"]


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def store(request, tmp_path_factory):
    if request.param == "embedded": place = str(tmp_path_factory.mktemp("folders") / "kb")
    else: place = f"{request.getfixturevalue('elastic_server')}/test-folders"
    opened = open_store(place)
    items = []
    for number, uri in enumerate(URIS):
        text = f"word {number}"
        document = Document(uri, text, language="en")
        node = Node(document.id, "chunk", 0, len(text), text, uri=uri, language="en", meta={"folder": "mine"})
        items.append(Indexed(Source(uri, document.id), document, [node]))
    opened.put(items)
    yield opened
    opened.close()
    if request.param == "elastic":
        from conftest import remove_indices

        remove_indices(request.getfixturevalue("elastic_server"), "test-folders")


FOLDERS = ["a", "a/", "a/b", "a b", "ab", "a/b'c", "a%", "a_", "a*", "/rooted", "ä", "ä/ö", "😀", "https://host/docs",
           "https:", DEEP, "verzeichnis", DEEP[:60], "A", "b", "a\\b", "x' OR 1=1--"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_holds_what_lies_in_it_and_below(store, folder):
    wanted = [uri for uri in URIS if uri.startswith(folder.rstrip("/") + "/")]
    assert sorted(node.uri for node in all_nodes(store, filters=eq("folder", folder))) == sorted(wanted)
    others = [node.uri for node in all_nodes(store, filters=eq("folder", folder, "!="))]
    assert sorted(others) == sorted(set(URIS) - set(wanted))


@pytest.mark.parametrize("filters", [
    eq("folder", ["a", "ab", "nowhere"], "in"), eq("folder", ["a", "/rooted"], "not in"), eq("folder", [], "in"),
    eq("folder", [], "not in"),
    {"operator": "AND", "conditions": [eq("folder", "a"), eq("folder", "a/b", "!=")]},
    {"operator": "NOT", "conditions": [eq("folder", "a"), eq("meta.folder", "mine")]},
    {"operator": "OR", "conditions": [eq("folder", "ab"), eq("uri", "top.md")]},
], ids=lambda filters: filters["operator"])
def test_folders_join_with_other_conditions(store, filters):
    tree = parse_filter(filters)
    wanted = {uri for uri in URIS if matches(tree, lambda c, uri=uri: "mine" if c.is_meta else uri)}
    assert {node.uri for node in all_nodes(store, filters=filters)} == wanted
    assert store.count_documents_by_filter(filters) == len(wanted)


def test_a_search_stays_in_the_folder(store):
    found = store.find(["word"], filters=eq("folder", "a/b"))
    assert [node.uri for node in found.fetch([one.key for one in found.bm25])] == ["a/b/2.md"]


@pytest.mark.parametrize("condition", [eq("folder", 2024), eq("folder", ""), eq("folder", "/"), eq("folder", None),
                                       eq("folder", ["a"]), eq("folder", ["a", 1], "in"), eq("folder", 1, ">")])
def test_what_is_no_folder_is_refused(condition):
    with pytest.raises(FilterError, match="a folder is compared by"): parse_filter(condition)


def test_a_folder_is_a_known_field_and_metadata_of_that_name_stays_metadata():
    check_fields(eq("folder", "a"), [])
    assert parse_filter(eq("meta.folder", "mine")).is_meta


def test_a_list_of_thousands_does_not_overflow_the_stack(tmp_path):
    "In a process of its own: LanceDB's stack is no Python stack, and goes down with its process."
    code = f"""
from kbase.nodes import Document, Node
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source
store = open_store({str(tmp_path / "many")!r})
for name in "abc":
    document = Document(name + ".md", "oats", meta={{"tag": name}})
    node = Node(document.id, "chunk", 0, 4, "oats", name, name + ".md", meta=document.meta)
    store.put([Indexed(Source(document.uri, document.id, nodes=1), document, [node])])
others = [f"x{{number}}" for number in range(5000)]
for field, values in (("uri", ["a.md", "b.md"]), ("meta.tag", ["a", "b"])):
    for operator in ("in", "not in"):
        rows = store.scan({{"field": field, "operator": operator, "value": [*values, *others]}})
        print(sum(len(batch) for batch in rows), end=" ")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["2", "1", "2", "1"], (done.returncode, done.stderr[-500:])
