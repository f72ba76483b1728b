"The ask and route explorers' Python side where it makes poor reading: odd answers, strange messages, what is exported."

import json

import pytest

from kbase.hits import Hits
from kbase.results import Answer, Citation
from kbase.strength import strength_of
from kbase.widgets.answers import answer_payload, answer_tree, cited_hit, with_claims, with_marks
from kbase.widgets.ask import AskExplorer, plan_again, taken_by
from kbase.widgets.exports import bibtex_of, conversation_html, conversation_markdown
from kbase.widgets.route import RouteExplorer, run_differences

TEXT = "One sentence. Another one. A third."


def quote(start, end, **fields):
    return Citation("d", "a/b.md", "Title", start, end, TEXT[start:end], context=TEXT, **fields)


def answer(question="why?", **fields):
    usual = {"text": "One sentence. [1]", "route": "fact", "citations": (quote(0, 13),), "strength": strength_of(0.9)}
    return Answer(question, **{**usual, **fields})


def test_a_tree_holds_no_address_and_no_markup():
    markdown = "<b>x</b> [a](javascript:alert(1)) ![p](http://e.org/p.png) <http://e.org>\n\n| a |\n|---|\n| <i> |"
    tree = answer_tree(markdown, 0)
    flat = json.dumps(tree)
    assert "javascript" not in flat.replace("[a](javascript:alert(1))", "") and "p.png" not in flat
    assert "<b>x</b>" in json.loads(flat)[0][1] and '"<i>"' in flat


@pytest.mark.parametrize(("markdown", "claims"), [
    ("No mark.", []),
    ("[1] first", []),
    ("a [1] b [2]", [[1], [2]]),
    ("a [1][2]", [[1, 2]]),
    ("- a [1]\n- b\n- c [2]", [[1], [2]]),
    ("a [9]", []),
    ("```\na [1]\n```", []),
])  # fmt: skip
def test_what_a_mark_vouches_for(markdown, claims):
    found = []

    def walk(branches):
        for branch in branches:
            if isinstance(branch, list):
                found.extend([branch[1]] if branch[0] == "claim" else [])
                walk(branch[1:] if branch[0] != "claim" else branch[2:])

    walk(with_claims(answer_tree(markdown, 2)))
    assert found == claims


def test_the_sentence_that_answers_is_marked_where_it_stands_word_for_word():
    assert with_marks(["a b c"], [("b", "")]) == ["a ", ["mark", "b"], " c"]
    assert with_marks(["in May 1999."], [("in May 1999.", "1999")]) == [["mark", "in May ", ["strong", "1999"], "."]]
    assert with_marks(["a b c"], [("z", ""), ("", "")]) == ["a b c"]


def test_odd_answers_are_shown():
    bare = answer_payload(Answer("", "", "x"))
    assert bare["sources"] == [] and bare["plan"] is None and bare["strength"] is None
    more = answer_payload(answer(citations=(quote(0, 13), quote(14, 26))), [True])
    assert [source["checked"] for source in more["sources"]] == [True, False]
    half = answer_payload(answer("half \ud83d", text="half \ud83d"))
    json.dumps(half).encode()
    assert half["question"] == "half \ufffd"


def test_a_source_is_checked_in_its_document():
    def context(hit, before=0, after=0):
        return {"text": TEXT[hit.start : hit.end], "start": 0, "end": hit.end - hit.start}

    cited = (quote(0, 13), Citation("d", "a", "t", 3, 6, "not"))
    explorer = AskExplorer(lambda question: answer(citations=cited), context)
    explorer.ask("why?")
    assert [source["checked"] for source in explorer.results["turns"][0]["sources"]] == [True, False]
    assert not AskExplorer(lambda question: answer(), None, query="x").results["turns"][0]["sources"][0]["checked"]


def test_only_what_is_taken_is_handed_on():
    got = []

    def ask(question, route=None, history=()):
        got.append((question, route, len(history)))
        return answer(question)

    explorer = AskExplorer(ask, filters={"field": "kind", "operator": "==", "value": "chunk"})
    assert taken_by(ask) == ("route", "history")
    explorer.ask("one")
    explorer.ask("two", route="list")
    explorer.receive({"do": "ask", "view": "v", "seq": 1, "query": "three"})  # the route was for one
    explorer.receive({"do": "ask", "view": "v", "seq": 2, "query": "three"})
    assert got == [("one", None, 0), ("two", "list", 1), ("three", None, 2), ("three", None, 2)]
    assert [one.question for one in explorer.answers] == ["one", "two", "three", "three"]


@pytest.mark.parametrize("message", [
    None, 5, {}, {"do": "nothing"}, {"do": "cite", "number": 1}, {"do": "cite", "number": "1"}, {"do": "step", "by": 1},
    {"do": "near", "index": 3}, {"do": "edit", "queries": ["a"], "turn": 0},
    {"do": "drop", "condition": "x"}, {"do": "export", "ending": "exe"},
    {"do": "ask", "view": "v", "seq": 1, "answers": []},
])  # fmt: skip
def test_strange_messages_are_errors_and_no_more(message):
    explorer = AskExplorer(lambda question: answer(question))
    explorer.receive(message)
    assert explorer.error and explorer.answers == []


def test_a_failed_question_leaves_the_conversation():
    def ask(question):
        if question == "boom":
            raise RuntimeError("closed")
        return answer(question)

    explorer = AskExplorer(ask, query="one")
    with pytest.raises(RuntimeError, match="closed"):
        explorer.ask("boom")
    assert len(explorer.results["turns"]) == 1 and "closed" in explorer.error
    explorer.ask("two")
    assert not explorer.error and len(explorer.answers) == 2
    explorer.clear()
    assert explorer.results["turns"] == [] and explorer.answers == []


def test_a_plan_is_edited_in_its_own_form():
    plan = {"question": "q", "route": "fact", "method": "rules", "confidence": 0.5, "reasons": ["x"], "new": 1,
            "parts": [{"query": "a", "filters": None, "label": "", "words": "a"}]}  # fmt: skip
    edited = plan_again(plan, ["b"])
    assert edited["parts"] == [{"query": "b", "filters": None, "label": "", "words": ""}] and edited["new"] == 1
    for queries, text in (([], "1 parts, and 0 queries"), ([" "], "no part left")):
        with pytest.raises(ValueError, match=text):
            plan_again(plan, queries)


def test_what_is_exported_is_safe():
    cited = (Citation("d", "x'\"><img>.md", "T_{e}\\X & 5 % $y$", 0, 1, "<b>", page=2),)
    evil = Answer("<script>x</script>\n# head", "<script>alert(1)</script> [1]", "fact", cited)
    page = conversation_html([evil], "<title>")
    assert "<script" not in page and "default-src 'none'" in page and "<title>&lt;title&gt;</title>" in page
    bib = bibtex_of(evil.citations)
    assert r"T\_\{e\}\textbackslash{}X \& 5 \% \$y\$" in bib and bib.startswith("@misc{ximg-d,")
    written = conversation_markdown([evil, answer(refused=True, reason="nothing")])
    heads = [line for line in written.splitlines() if line.startswith("#")]
    assert heads == ["## <script>x</script> # head", "## why?"]
    assert bibtex_of([]) == ""


def test_a_hit_of_a_citation_is_the_quote():
    hit = cited_hit(quote(14, 26, page=3))
    assert (hit.text, hit.start, hit.page, hit.matched) == ("Another one.", 14, 3, ())


def test_runs_are_compared():
    def run(names, seconds=0.1, **facts):
        rest = {"type": "", "seconds": 0, "tokens": 0, "failed": False, "inputs": {}, "conditions": []}
        steps = [
            {"component": name, **rest, "outputs": {"out": {"brief": name, "text": name}}} for name in names
        ]
        return {"steps": steps, "seconds": seconds, "error": "", "facts": facts}

    rows = run_differences(run("ab", strong="yes"), run("ac", strong="no"))
    assert [row["what"] for row in rows] == ["strong", "b", "c", "milliseconds"]
    assert run_differences(run("a"), run("a"))[0]["what"] == "milliseconds"
    boxes = [{"name": "a", "type": "A", "x": 0, "y": 0}]
    graph = {"box": [1, 1], "lane": 1, "boxes": boxes, "edges": [], "width": 9, "height": 9}
    explorer = RouteExplorer(lambda: graph, lambda q="": run("a"), [{"name": "q", "label": "Q"}])
    with pytest.raises(ValueError, match="no component 'z'"):
        explorer.choose("z")
    with pytest.raises(ValueError, match="nothing was run yet"):
        explorer.what_if(q="x")
    assert explorer.selection.empty and "Nothing was run yet" in explorer.to_html()
    explorer.run(q="x")
    assert list(explorer.selection["component"]) == ["a"] and Hits(()) == []
