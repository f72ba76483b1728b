"""The search explorer's Python side where it makes poor reading: odd text, odd filters, faults of its callables,
strange messages."""

import gc
import json
import weakref
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances as open_widgets
from traitlets import TraitError

from kbase.looking import documents_under
from kbase.nodes import Node
from kbase.hits import Hit, Hits, Part
from kbase.stores.conditions import matches, parse_filter
from kbase.stores.rows import Source
from kbase.strength import strength_of
from kbase.widgets.base import has_kernel, module
from kbase.widgets.facets import FACET_DEPTH, count_values, facet_fields
from kbase.widgets.filters import describe, filter_of, toggle_values
from kbase.widgets.folders import folder_rows, main_folders
from kbase.widgets.overview import overview_of
from kbase.widgets.pane import pane_payload
from kbase.widgets.pieces import hit_payload, json_safe, segments
from kbase.widgets.search import SearchExplorer


def make(i: int, score=None, parts=None, matched=(), cover=None, **fields) -> Hit:
    "A hit like any other, but for what is given."
    usual = {
        "id": str(i),
        "document_id": f"d{i}",
        "uri": f"a/{i}.md",
        "title": f"Title {i}",
        "kind": "chunk",
        "text": f"text {i}",
        "start": 0,
        "end": 6,
        "language": "en",
        "meta": {"year": 2020 + i % 3},
    }
    parts = {"bm25": Part(2.0, i + 1, 1.0, "all of it")} if parts is None else parts
    return Hit(Node(**{**usual, **fields}), 1.0 - i / 1000 if score is None else score, parts, matched, cover)


class Corpus:
    "A search over some hits that remembers what it was asked."

    def __init__(self, hits):
        self.hits, self.calls = list(hits), []

    def __call__(self, query, top_k=10, mode="hybrid", filters=None, group_by="document"):
        self.calls.append((query, top_k, filters))
        self.grouped = group_by

        def value(hit, c):
            return hit.meta.get(c.field) if c.is_meta else getattr(hit, c.field)

        tree = parse_filter(filters)
        return Hits([h for h in self.hits if matches(tree, lambda c, h=h: value(h, c))][:top_k], query, mode)


def test_payload_survives_a_message():
    hit = make(
        0,
        text="half \ud83d 😀 word",
        title="\udfff",
        score=float("nan"),
        parts={"dense": Part(float("inf"), None, float("-inf"), "\ud800")},
        matched=((9, 13),),
        meta={},
    )
    sent = json.dumps(hit_payload(hit), allow_nan=False).encode()
    assert json.loads(sent)["score"] is None and b"\\ud83d\\ude00" in sent  # the pair is whole, the halves are gone
    assert json_safe("\ud83d\ude00") == "😀"
    explorer = SearchExplorer(Corpus([hit]), query="word \ud83d")
    json.dumps([explorer.results, explorer.facets, explorer.error], allow_nan=False, ensure_ascii=False).encode()


def test_pieces_make_the_text_again():
    text = "a cat, a dog, a cow"
    for spans in ([], [(0, 1)], [(2, 5), (9, 12)], [(0, 19)], [(2, 5), (4, 8)], [(15, 99)]):
        assert "".join(piece for piece, _ in segments(text, spans)) == text
        assert "".join(piece for piece, _ in segments(text, spans, 3, 11)) == text[3:11]


def test_toggling_keeps_what_it_does_not_own():
    for mine in (
        {"operator": "OR", "conditions": [{"field": "meta.a", "operator": "==", "value": 1}]},
        {"field": "meta.year", "operator": ">=", "value": 2000},
        {"operator": "NOT", "conditions": [{"field": "kind", "operator": "==", "value": "chunk"}]},
    ):
        on = toggle_values(mine, "kind", ["chunk"])
        assert on["conditions"][0] == mine and len(on["conditions"]) == 2
        assert toggle_values(on, "kind", ["chunk"]) == mine  # one condition alone is the filter
    assert toggle_values(None, "kind", []) is None and filter_of([]) is None


def test_true_is_not_one():
    both = toggle_values(toggle_values(None, "meta.flag", [True]), "meta.flag", [1])
    assert both["value"] == [True, 1]
    assert len(count_values([make(0, meta={"flag": True}), make(1, meta={"flag": 1})], "meta.flag")) == 2


def test_describe():
    said = [
        ({"field": "meta.a", "operator": "in", "value": [1, 2, 3, 4, 5]}, "a is 1 or 2 or 3 or 2 more"),
        ({"field": "folder", "operator": "in", "value": ["x", "a/y"]}, "folder is x or a/y"),
        (
            {"operator": "NOT", "conditions": [{"field": "kind", "operator": "==", "value": "chunk"}]},
            "not (kind is chunk)",
        ),
        (
            {
                "operator": "OR",
                "conditions": [
                    {"field": "meta.a", "operator": "<", "value": 1},
                    {"field": "meta.b", "operator": "==", "value": None},
                ],
            },
            "(a < 1 or b is None)",
        ),
    ]
    for condition, text in said:
        assert describe(condition) == text


def test_facets_leave_out_what_narrows_nothing():
    hits = [
        make(
            i,
            meta={"unique": f"u{i}", "same": "x", "some": ["a", "b"][i % 2], "list": [1], "long": "y" * 80}
            | ({"rare": True} if i < 2 else {}),
        )
        for i in range(30)
    ]
    assert facet_fields(hits) == ["meta.rare", "meta.some"]  # all of them lie in one folder


def test_facets_cost_one_search_more_and_only_when_asked():
    corpus = Corpus(make(i, kind=["chunk", "summary"][i % 5 == 0]) for i in range(60))
    explorer = SearchExplorer(corpus, query="x", top_k=5)
    assert [top_k for _, top_k, _ in corpus.calls] == [5]
    for _ in range(3):
        explorer.receive({"do": "facets", "of": explorer.results["of"]})
    assert [top_k for _, top_k, _ in corpus.calls] == [5, FACET_DEPTH] and explorer.facets["among"] == FACET_DEPTH
    explorer.toggle_filter("kind", "summary")
    corpus.calls.clear()
    explorer.count_facets()
    assert [(top_k, bool(filters)) for _, top_k, filters in corpus.calls] == [
        (FACET_DEPTH, True)
    ]  # the list without the filter is still known
    kinds = next(f for f in explorer.facets["fields"] if f["field"] == "kind")
    assert [(v["value"], v["count"], v["on"]) for v in kinds["values"]] == [("chunk", 40, False), ("summary", 12, True)]
    assert explorer.facets["among"] == 12  # as many as the value that is on
    years = next(f for f in explorer.facets["fields"] if f["field"] == "meta.year")
    assert sum(v["count"] for v in years["values"]) == 12  # the other facets count what the filter leaves
    explorer.receive({"do": "facets", "of": -1})
    assert explorer.error == ""


def test_a_folder_holds_for_the_next_query_too():
    class Words(Corpus):
        def __call__(self, query, **options):
            found = super().__call__(query, **{**options, "top_k": 10**6})
            return found.like([hit for hit in found if query in hit.text][: options["top_k"]])

    hits = [make(i, uri=f"{'a' if i % 2 else 'b/c'}/{i}.md", text=["garbage", "queue"][i // 10]) for i in range(20)]
    explorer = SearchExplorer(Words(hits), query="garbage")
    explorer.toggle_filter("folder", "a")
    assert {h.uri.split("/")[0] for h in explorer.hits} == {"a"} and len(explorer.hits) == 5
    explorer.ask("queue")  # documents that were not found when the folder was clicked
    assert len(explorer.hits) == 5 and all(h.uri.startswith("a/") and h.text == "queue" for h in explorer.hits)
    assert explorer.filters == {"field": "folder", "operator": "==", "value": "a"}
    assert explorer.code.endswith("filters={'field': 'folder', 'operator': '==', 'value': 'a'})")
    explorer.toggle_filter("folder", "b")
    assert len(explorer.hits) == 10 and [chip["text"] for chip in explorer.results["filters"]] == [
        "folder is a",
        "folder is b",
    ]
    explorer.toggle_filter("folder", "b/c")  # the inner one instead of the outer
    assert explorer.filters["value"] == ["a", "b/c"]
    explorer.toggle_filter("folder", "a")
    assert {h.uri.split("/")[0] for h in explorer.hits} == {"b"}
    rows = next(f for f in explorer.count_facets()["fields"] if f["field"] == "folder")["values"]
    assert [(row["value"], row["count"], row["on"]) for row in rows] == [("a", 5, False), ("b/c", 5, True)]
    explorer.toggle_filter("folder", "nowhere")  # a filter like any other
    explorer.drop_filter("folder is b/c or nowhere")
    assert explorer.filters is None
    with pytest.raises(ValueError, match="no condition reads 'x'"):
        explorer.drop_filter("x")


def test_the_tree_of_folders():
    rows = folder_rows(["a/b/c/1.md", "a/b/c/2.md", "a/b/d/3.md", "a/e/f/4.md", "a/5.md"])
    assert [(row.path, row.label, row.depth, row.documents) for row in rows] == [
        ("a/b", "b", 0, 3),
        ("a/b/c", "c", 1, 2),
        ("a/b/d", "d", 1, 1),
        ("a/e/f", "e/f", 0, 1),  # nothing else lies in e
    ]
    assert folder_rows([]) == folder_rows(["1.md", "2.md"]) == folder_rows(["a/1.md", "a/2.md"]) == []
    deep = "/".join("x" * 3000) + "/file.md"  # as deep as nobody needs
    assert len(folder_rows([deep, "y/2.md"])) == 2
    assert [row.path for row in main_folders(rows, 1)] == ["a/b"]
    assert [row.path for row in main_folders(rows, 1, ["a/b/d"])] == ["a/b", "a/b/d"]


def test_more_hits_and_what_is_open_stays_open():
    explorer = SearchExplorer(Corpus(make(i) for i in range(35)), query="x")
    explorer.open_hit(3)
    for expected in (20, 30, 35):
        explorer.receive({"do": "ask", "longer": True, "view": "v", "seq": 1})
        assert (len(explorer.hits), explorer.error) == (expected, "")
        assert (explorer.opened["of"], explorer.opened["index"]) == (explorer.number, 3) and explorer.selected.id == "3"
    assert not explorer.results["more"] and explorer.results["page"] == 10
    explorer.receive({"do": "ask", "query": "y", "view": "v", "seq": 2})  # another question begins with a page
    assert len(explorer.hits) == 10 and explorer.selected is None and explorer.opened == {}
    explorer.top_k = 15
    explorer.receive({"do": "ask", "query": "z", "view": "v", "seq": 3})
    assert len(explorer.hits) == 15  # as it was set
    assert len(explorer.show_more()) == 30


def test_what_is_there_without_a_query():
    account = [
        Source(f"a/{i % 3}/{i}.md", f"d{i}", title=f"T{i}", indexed_at=f"2026-01-0{i + 1}", meta={"year": 2020 + i % 2})
        for i in range(9)
    ]
    explorer = SearchExplorer(
        Corpus([]),
        lambda hit, **reach: {"text": "Begin", "start": 0, "end": 0, "after": 0},
        overview=lambda filters: overview_of(account, filters, documents_under),
    )
    there = explorer.facets["overview"]
    assert (there["total"], there["documents"], there["newest"][0]["title"]) == (9, 9, "T8")
    assert [row["label"] for row in explorer.facets["fields"][0]["values"]] == ["0", "1", "2"]
    assert "9 documents" in explorer.to_html() and "T8" in explorer.to_html()
    explorer.toggle_filter("folder", "a/1")
    assert explorer.facets["overview"]["documents"] == 3
    late = {"field": "meta.year", "operator": ">", "value": 2020}
    kind = {"field": "kind", "operator": "==", "value": "chunk"}
    explorer.filters = {"operator": "AND", "conditions": [late, kind]}
    assert explorer.facets["overview"]["documents"] == 4  # a document has no kind: that condition waits for hits
    explorer.receive({"do": "read", "document_id": "d8", "title": "T8", "uri": "a/2/8.md"})
    assert explorer.opened["index"] == -1
    assert explorer.opened["blocks"] == [{"kind": "paragraph", "pieces": [["Begin", 0]]}]
    empty = SearchExplorer(Corpus([]), overview=lambda filters: overview_of([], filters))
    assert "Nothing is in it yet: kb.add(folder)" in empty.to_html() and empty.facets["overview"]["total"] == 0
    empty.ask("x")
    assert empty.facets["overview"]["total"] == 0  # said under a query, too


def test_how_sure_the_hits_are_travels_along():
    def search(query, **options):
        strength = strength_of(0.2, missing=("zxqwv",), numbers="reads .20")
        return Hits([make(0)], query, strength=strength)

    sent = SearchExplorer(search, query="zxqwv").results
    assert sent["strength"]["level"] == "none" and "zxqwv" in sent["strength"]["words"] and not sent["hits"][0]["weak"]
    counted = SearchExplorer(Corpus([make(0)]), query="x", holding=lambda query, filters: 7)
    assert counted.facets["holding"] == 7
    assert counted.results["strength"] is None


def test_a_search_that_fails():
    class Closed(Exception):
        pass

    corpus = Corpus([make(0)])
    explorer = SearchExplorer(corpus, query="x")

    def fail(*args, **kwargs):
        raise Closed("the store is closed: open it")

    explorer._search = fail
    with pytest.raises(Closed):
        explorer.ask("y")
    assert (
        explorer.error == "Closed: the store is closed: open it"
        and not explorer.hits
        and explorer.results["query"] == "y"
    )
    explorer.receive(
        {"do": "ask", "query": "z", "mode": "bm25", "view": "v", "seq": 3}
    )  # the browser: told, not raised, and answered
    assert explorer.results["asked"] == {"view": "v", "seq": 3} and "closed" in explorer.error
    explorer._search = corpus
    assert len(explorer.ask("y", mode="hybrid")) == 1 and explorer.error == ""
    with pytest.raises(Closed):
        SearchExplorer(fail, query="x")
    assert (
        SearchExplorer(fail).hits == [] and SearchExplorer(fail, query="  ").error == ""
    )  # nothing is asked for nothing


def test_one_hit_a_document_unless_asked():
    corpus = Corpus([make(0)])
    explorer = SearchExplorer(corpus, query="x")
    assert (
        corpus.grouped == "document" and explorer.results["group_by"] == "document" and "group_by" not in explorer.code
    )
    explorer.receive({"do": "ask", "group_by": None, "view": "v", "seq": 1})
    assert (
        corpus.grouped is None
        and explorer.results["group_by"] is None
        and explorer.code.endswith("top_k=10, group_by=None)")
    )
    explorer.count_facets()
    assert corpus.grouped is None


def test_an_answer_is_one_writer_s_and_all_or_nothing():
    corpus = Corpus([make(0), make(1)])
    explorer = SearchExplorer(corpus, query="x")
    numbers = []
    explorer.observe(lambda change: numbers.append(change.new["of"]), "results")
    explorer.change(query="y", mode="bm25", top_k=1)
    assert numbers == [2] and corpus.calls[-1][:2] == ("y", 1)
    with pytest.raises(TraitError):
        explorer.change(query="z", mode="psychic")
    assert (explorer.query, explorer.mode, numbers) == ("y", "bm25", [2])
    explorer.receive({"do": "ask", "error": "made up", "view": "v", "seq": 1})  # no trait of the question
    assert "'error'" in explorer.error and numbers == [2]


def test_a_closed_explorer_is_let_go_with_what_it_holds():
    corpus, before = Corpus([make(0)]), len(open_widgets)
    explorer = SearchExplorer(corpus, query="x")
    explorer.open_hit(0)
    gone = weakref.ref(explorer), weakref.ref(corpus)
    explorer.close()
    del explorer, corpus
    gc.collect()
    assert [ref() for ref in gone] == [None, None] and len(open_widgets) == before


def test_modules_are_text():
    "A path would be watched, and would keep its widgets for as long as the process runs."
    assert isinstance(SearchExplorer._esm, str) and isinstance(SearchExplorer._css, str)
    assert "\nimport " not in SearchExplorer._esm and "\nexport default " in SearchExplorer._esm
    with pytest.raises(ValueError, match="hits.js imports base.js: name it before"):
        module("hits.js")


def test_a_module_s_functions_are_short():
    for path in (Path(__file__).parent.parent / "kbase/static").glob("*.js"):
        start, name = 0, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if (
                line.endswith("{")
                and len(line) - len(line.lstrip()) in (0, 2)
                and not line.lstrip().startswith(("class", "export class", "export default"))
            ):
                start, name = number, line.strip()
            if line in ("}", "  }"):
                assert number - start <= 30, f"{path.name}: {name} has {number - start + 1} lines"


def test_messages_that_make_no_sense():
    explorer = SearchExplorer(Corpus([make(0)]), query="x")
    before = dict(explorer.results)
    for message in (
        None,
        "open",
        {},
        {"do": "open_hit", "index": 0},
        {"do": "__init__"},
        {"do": ["ask"]},
        {"do": "ask"},
        {"do": "open", "index": "0", "of": before["of"]},
        {"do": "open", "index": 5, "of": before["of"]},
        {"do": "ask", "query": "q", "mode": "psychic", "view": "v", "seq": 1},
    ):
        explorer.error = ""
        explorer.receive(message)
        assert explorer.error, message
        assert explorer.results == before and explorer.selected is None
    explorer.error = ""
    explorer.receive(
        {"do": "open", "index": 0, "of": before["of"] - 1}
    )  # of a list that has been replaced: nothing to do, no error
    assert explorer.selected is None and explorer.error == ""
    with pytest.raises(TraitError):
        explorer.mode = "psychic"
    with pytest.raises(TraitError):
        explorer.top_k = 0
    with pytest.raises(IndexError, match="counted from 0"):
        explorer.open_hit(-1)


def test_a_hit_in_its_document():
    chunk, summary = make(0, text="bravo", matched=((0, 2),)), make(1, kind="summary", text="in short")
    window = {"text": "alpha bravo charlie", "start": 6, "end": 11, "before": 40}
    assert pane_payload(chunk, window)["pieces"] == [["alpha ", 0], ["br", 2], ["avo", 1], [" charlie", 0]]
    changed = pane_payload(chunk, window | {"text": "alpha BRAVO charlie"})
    assert (
        "reads differently" in changed["note"]
        and changed["apart"] == [["br", 2], ["avo", 1]]
        and ["BRAVO", 1] in changed["pieces"]
    )
    above = pane_payload(summary, window)
    assert above["apart"] == [["in short", 1]] and above["pieces"] == [["alpha bravo charlie", 0]] and not above["note"]
    with pytest.raises(ValueError, match="gave 6–99"):
        pane_payload(chunk, window | {"end": 99})
    explorer = SearchExplorer(Corpus([chunk]), lambda hit: {"text": "x", "start": 5, "end": 9}, "x")
    explorer.receive({"do": "open", "index": 0, "of": explorer.results["of"]})
    assert "context gave 5–9" in explorer.error and explorer.selected is None
    alone = SearchExplorer(Corpus([chunk]), query="x")
    assert alone.open_hit(0) is chunk and alone.opened["pieces"] == [["br", 2], ["avo", 1]]


def test_the_words_of_the_query_are_marked_in_all_of_the_window():
    chunk = make(0, text="**Cycles** live.", start=20, end=36, matched=((2, 8),))
    page = "# Of *cycles*\n\n**Cycles** live.\n\n```\ncycles()\n```\n"
    window = {"text": page, "start": 15, "end": 31, "markup": "markdown"}
    blocks = pane_payload(chunk, window, ["cycl"])["blocks"]
    assert blocks == [
        {"kind": "heading", "pieces": [["Of ", 0], ["cycles", 3]]},
        {"kind": "paragraph", "pieces": [["Cycles", 2], [" live.", 1]]},
        {"kind": "code", "pieces": [["cycles", 3], ["()", 0]]},
    ]


def test_a_document_is_read_on_and_stepped_through():
    text = "".join(f"Passage {i} is about x.\n" for i in range(400))
    spans = [(text.index(f"Passage {i} "), text.index(f"Passage {i} ") + 20) for i in (50, 200, 350)]
    places = [dict(text=text[a:b], start=a, end=b) for a, b in spans]
    hits = [make(i, document_id="d", matched=((0, 7),), **place) for i, place in enumerate(places)]
    hits.append(make(9, document_id="e"))

    def context(hit, before=100, after=100):
        start, end = max(0, hit.start - before), min(len(text), hit.end + after)
        return {"text": text[start:end], "start": hit.start - start, "end": hit.end - start, "before": start,
                "after": len(text) - end}

    explorer = SearchExplorer(Corpus(hits), context, query="x")
    explorer.open_hit(1)
    before, after = explorer.opened["before"], explorer.opened["after"]
    explorer.receive({"do": "more", "where": "before"})
    assert explorer.opened["before"] == max(0, spans[1][0] - 4100) < before and explorer.selected is hits[1]
    assert explorer.opened["after"] == after
    explorer.receive({"do": "more", "where": "after"})
    assert explorer.opened["before"] < before and explorer.opened["after"] < after
    assert "".join(piece for piece, _ in explorer.opened["pieces"]).count(hits[1].text) == 1
    explorer.receive({"do": "steps"})
    assert explorer.steps == {"of": explorer.number, "at": 2, "count": 3}  # of this document, in its order
    explorer.receive({"do": "step", "by": 1})
    assert explorer.selected is hits[2] and explorer.steps["at"] == 3 and explorer.opened["index"] == 1
    explorer.receive({"do": "step", "by": 1})
    assert "this is number 3" in explorer.error and explorer.selected is hits[2]
    for message in ({"do": "more", "where": "aside"}, {"do": "step", "by": "1"}):
        explorer.error = ""
        explorer.receive(message)
        assert explorer.error
    explorer.close_hit()
    explorer.receive({"do": "more", "where": "before"})
    assert "no hit is open" in explorer.error


def test_selection_and_observers():
    explorer = SearchExplorer(Corpus([make(0), make(1)]), query="x")
    assert explorer.selection.empty and "uri" in explorer.selection
    seen = []
    explorer.observe(lambda change: seen.append(change.new and change.new.id), "selected")
    explorer.open_hit(1)
    assert explorer.selection["id"].tolist() == ["1"]
    explorer.ask("y")
    explorer.close_hit()
    assert seen == ["1", None] and explorer.selection.empty


def test_without_a_kernel_it_is_html():
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    explorer = SearchExplorer(
        Corpus([make(0, title=evil, text=evil, uri=evil, meta={evil: evil})]),
        query=evil,
        filters={"field": f"meta.{evil}", "operator": "==", "value": evil},
    )
    explorer.open_hit(0)
    bundle = explorer._repr_mimebundle_()
    assert not has_kernel() and set(bundle) == {"text/plain", "text/html"}
    assert (
        "<script" not in bundle["text/html"]
        and "<img" not in bundle["text/html"]
        and "&lt;script&gt;" in bundle["text/html"]
    )
