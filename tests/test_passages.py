"What an answer without a model quotes: the right section, the answer and not the question, whole lists, single rows."

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.indexing.splitting import split_document
from kbase.nodes import Document, Node
from kbase.querying.fact_writer import answer_fact
from kbase.querying.hit_pieces import hit_pieces, page_of
from kbase.querying.passages import cite, find_passages, pick_passages, quoted_text
from kbase.querying.scoring import Passage
from kbase.querying.quotable import (
    Quotable,
    Surroundings,
    is_link_list,
    is_question,
    joined_path,
    quotable,
    says_something,
)
from kbase.results import Hit, Hits

MARKUPS = {"md": "markdown", "rst": "rst", "csv": "csv", "jsonl": "json", "json": "json", "py": "python"}


def hit_of(
    text: str, name: str = "notes.md", headings: tuple[str, ...] = (), language: str = "en", start: int = 0, **payload
) -> Hit:
    "A chunk that holds a text."
    payload = {"markup": MARKUPS.get(name.rsplit(".")[-1], "text"), **payload}
    node = Node(
        name,
        "chunk",
        start,
        start + len(text),
        text,
        name.split(".")[0].title(),
        name,
        headings,
        language=language,
        payload=payload,
    )
    return Hit(node, 1.0)


def asked(text: str, question: str, name: str = "notes.md", **more) -> str:
    "What would be quoted, by words alone."
    return " ".join(answer_fact(question, Hits([hit_of(text, name, **more)]), support=0.0).text.split())


def pieces(text: str, markup: str = "markdown", **place) -> list[str]:
    return [text[p.start : p.end] for p in quotable(text, "en", Surroundings(markup, **place))]


# the section that the question names


SECTIONS = [
    "# Depots\n\n## Bergen\n\nKeys: box 4\n\n## Turin\n\nKeys: box 7\n\n## Cork\n\nKeys: box 9\n",
    "Depots\n======\n\nBergen\n------\n\nKeys: box 4\n\nTurin\n-----\n\nKeys: box 7\n\nCork\n----\n\nKeys: box 9\n",
    "# Depots\n\n**Bergen**\n\nKeys: box 4\n\n**Turin**\n\nKeys: box 7\n\n**Cork**\n\nKeys: box 9\n",
    "# Depots\n\n**Bergen:**\nKeys: box 4\n\n**Turin:**\nKeys: box 7\n\n**Cork:**\nKeys: box 9\n",
    "Depots\n\nBergen\n    Keys are in box 4.\n\nTurin\n    Keys are in box 7.\n\nCork\n    Keys are in box 9.\n",
    "# Depots\n\nBergen\n: Keys: box 4\n\nTurin\n: Keys: box 7\n\nCork\n: Keys: box 9\n",
    "# Depots\n\nBergen\n\nKeys: box 4\n\nTurin\n\nKeys: box 7\n\nCork\n\nKeys: box 9\n",  # a converter's <dt>
]


@pytest.mark.parametrize("text", SECTIONS)
@pytest.mark.parametrize("city, box", [("Bergen", "4"), ("Turin", "7"), ("Cork", "9")])
def test_the_section_that_the_question_names_answers(text: str, city: str, box: str) -> None:
    name = (
        "depots.rst" if text.startswith("Depots\n=") else "depots.txt" if text.startswith("Depots\n\n") else "depots.md"
    )
    answer = asked(text, f"In which box are the keys of {city}?", name)
    assert f"box {box}" in answer and sum(other in answer for other in ("box 4", "box 7", "box 9")) == 1


def test_headings_that_stand_before_the_chunk_count() -> None:
    text = "Keys: box 4\n\n## Turin\n\nKeys: box 7\n"
    hit = hit_of(text, headings=("Depots",), start=100)
    hit = replace(hit, node=replace(hit.node, payload={"markup": "markdown", "headings": ["Depots", "Bergen"]}))
    answer = answer_fact("In which box are the keys of Bergen?", Hits([hit]), support=0.0)
    assert "box 4" in answer.text and "box 7" not in answer.text
    assert answer.citations[0].headings == ("Depots", "Bergen")
    below = [
        p.headings
        for p in quotable(text, "en", Surroundings("markdown", shared=("Depots",), first=("Depots", "Bergen")))
    ]
    assert below == [("Depots", "Bergen"), ("Depots", "Turin")]


def test_paths_of_headings_are_joined_without_doubling() -> None:
    assert joined_path(("A", "B"), ("B", "C")) == ("A", "B", "C")
    assert joined_path(("A",), ("A", "C")) == ("A", "C")
    assert joined_path((), ("C",)) == ("C",) and joined_path(("A",), ()) == ("A",)
    assert joined_path(("A",), ("B",)) == ("A", "B")


def test_a_second_half_of_a_question_may_be_answered_in_another_section() -> None:
    text = "# Mill\n\n## Drive\n\nThe mill is driven by water.\n\n## Owner\n\nAnna Brandt owns it.\n"
    answer = asked(text, "How is the mill driven and who owns it?")
    assert "water" in answer and "Anna Brandt" in answer


# a question of the documents


QUESTIONS = [
    "Q: When is the ferry due?\nA: At dusk.\n\nQ: May bikes board?\nA: Behind the rail.\n",
    "**Q: When is the ferry due?**\nAt dusk.\n\n**Q: May bikes board?**\nBehind the rail.\n",
    "Question: When is the ferry due?\n\nAnswer: At dusk.\n\nQuestion: May bikes board?\n\nAnswer: Behind the rail.\n",
    "When is the ferry due?\nAt dusk.\n\nMay bikes board?\nBehind the rail.\n",
    "When is the ferry due?\n\nAt dusk.\n\nMay bikes board?\n\nBehind the rail.\n",
    "**When is the ferry due?**\n\nAt dusk.\n\n**May bikes board?**\n\nBehind the rail.\n",
    "## When is the ferry due?\n\nAt dusk.\n\n## May bikes board?\n\nBehind the rail.\n",
    "1. When is the ferry due?\n\n   At dusk.\n\n2. May bikes board?\n\n   Behind the rail.\n",
    "1. **When is the ferry due?**\n   At dusk.\n2. **May bikes board?**\n   Behind the rail.\n",
    "- Q: When is the ferry due?\n- A: At dusk.\n- Q: May bikes board?\n- A: Behind the rail.\n",
    "When is the ferry due?\n: At dusk.\n\nMay bikes board?\n: Behind the rail.\n",
    "<details>\n<summary>When is the ferry due?</summary>\n\nAt dusk.\n\n</details>\n\n"
    "<details>\n<summary>May bikes board?</summary>\n\n"
    "Behind the rail.\n\n</details>\n",
    "Mia: When is the ferry due?\nTom: At dusk.\nMia: May bikes board?\nTom: Behind the rail.\nMia: Thanks!\n",
    "[09:01] Mia: When is the ferry due?\n[09:02] Tom: At dusk.\n"
    "[09:03] Mia: May bikes board?\n[09:04] Tom: Behind the rail.\n",
    "**Mia:** When is the ferry due?\n\n**Tom:** At dusk.\n\n**Mia:** May bikes board?\n\n**Tom:** Behind the rail.\n",
    "<Mia> When is the ferry due?\n<Tom> At dusk.\n<Mia> May bikes board?\n<Tom> Behind the rail.\n",
    "Mia:\nWhen is the ferry due?\n\nTom:\nAt dusk.\n\nMia:\nMay bikes board?\n\nTom:\nBehind the rail.\n",
]


@pytest.mark.parametrize("text", QUESTIONS)
@pytest.mark.parametrize("name", ["faq.md", "faq.txt"])
def test_a_question_is_answered_by_what_follows_it(text: str, name: str) -> None:
    answer = asked(text, "When is the ferry due?", name)
    assert "At dusk" in answer and "Behind the rail" not in answer
    answer = asked(text, "May bikes board?", name)
    assert "Behind the rail" in answer and "At dusk" not in answer


@pytest.mark.parametrize(
    "text, question, answer, language",
    [
        (
            "F: Wann kommt die Fähre?\nA: Um acht.\n\nF: Dürfen Räder mit?\nA: Hinten.\n",
            "Wann kommt die Fähre?",
            "Um acht",
            "de",
        ),
        ("问：渡轮几点开？\n答：晚上八点。\n\n问：可以带自行车吗？\n答：可以。\n", "渡轮几点开？", "晚上八点", "zh"),
        ("Πότε φεύγει το πλοίο;\n\nΣτις οκτώ.\n\nΠού είναι;\n\nΕκεί.\n", "Πότε φεύγει το πλοίο;", "Στις οκτώ", "el"),
    ],
)
def test_questions_of_other_languages(text: str, question: str, answer: str, language: str) -> None:
    assert answer in asked(text, question, "faq.txt", language=language)


def test_a_question_that_is_asked_back_takes_both_answers() -> None:
    talk = (
        "Mia: When is the ferry due?\nTom: Which one?\nMia: The one to Cork.\n"
        "Tom: At dusk.\nMia: May bikes board?\nTom: Yes.\n"
    )
    assert "At dusk" in asked(talk, "When is the ferry due?", "talk.txt")
    hello = "Mia: When is the ferry due?\nTom: Hi Mia!\nTom: At dusk.\n"
    assert "At dusk" in asked(hello, "When is the ferry due?", "talk.txt")


def test_a_question_without_an_answer_is_not_quoted() -> None:
    assert pieces("- When is it due?\n- May bikes board?\n") == []
    assert pieces("When is it due?\n\n## Next\n\nIt is green.\n") == ["It is green."]
    assert [is_question(t) for t in ("Why?", "**Why?**", "Why?)", "几点？", "Why.", "Is it? Yes.")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_the_answer_ends_with_its_paragraph() -> None:
    text = "Why did it close? The weir broke. Nobody mended it.\n\nThe owner left in 1911.\n"
    whole = next(p for p in quotable(text) if p.kind == "answer")
    assert text[whole.start : whole.end] == "Why did it close? The weir broke. Nobody mended it."


# whole lists


LISTS = [
    "The crew are:\n\n- Ida Berg\n- Lou Marsh\n- Kit Stone\n",
    "The crew are:\n* Ida Berg\n* Lou Marsh\n* Kit Stone\n\nThey sail in May.\n",
    "The crew are:\n\n1. Ida Berg\n\n2. Lou Marsh\n\n3. Kit Stone\n",
    "The crew are:\n\n1) Ida Berg\n2) Lou Marsh\n3) Kit Stone\n",
    "The crew are:\n\nIda Berg\n\nLou Marsh\n\nKit Stone\n\nThey sail in May, and in June they rest.\n",
    "The crew are:\nIda Berg\nLou Marsh\nKit Stone\n\nThey sail in May.\n",
    "**The crew are:**\n\n- Ida Berg\n- Lou Marsh\n- Kit Stone\n",
    "## The crew\n\n- Ida Berg\n- Lou Marsh\n- Kit Stone\n",
    "We have a ship. The crew are:\n\n- Ida Berg\n\n  from Bergen\n- Lou Marsh\n  - the cook\n- Kit Stone\n",
    "The crew are:\n\n| name |\n|---|\n| Ida Berg |\n| Lou Marsh |\n| Kit Stone |\n",
]


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("name", ["ship.md", "ship.txt"])
def test_a_list_is_quoted_whole(text: str, name: str) -> None:
    answer = asked(text, "Who are the crew?", name)
    assert all(person in answer for person in ("Ida Berg", "Lou Marsh", "Kit Stone")) and "They sail" not in answer


def test_steps_are_quoted_whole_also_when_one_has_a_word_of_the_question() -> None:
    text = "To moor the boat:\n\n1. Slow down.\n2. Throw the rope.\n3. Tie the rope.\n"
    assert "Slow down" in asked(text, "How do I moor the boat with a rope?")


def test_one_item_is_enough_where_it_alone_has_what_is_asked() -> None:
    text = "The fares are:\n\n- Adults pay nine euro.\n- Children pay four euro.\n- Dogs pay one euro.\n"
    assert asked(text, "What do children pay?") == "Children pay four euro. [1]"
    assert "Adults" in asked(text, "What are the fares?")


def test_a_long_list_is_cut_and_says_so() -> None:
    text = "The rules are:\n\n" + "".join(
        f"- Rule {n} is that nobody may ever do what was forbidden in the year {1900 + n}.\n" for n in range(30)
    )
    [whole] = [p for p in find_passages("What are the rules?", Hits([hit_of(text)])) if p.piece.kind == "list"]
    shown = quoted_text(whole)
    assert whole.piece.more == 30 - len(whole.piece.parts) > 10 and shown.rstrip().endswith(
        f"… {whole.piece.more} more"
    )
    assert text[whole.start : whole.end] == whole.text


def test_items_after_the_end_of_a_chunk_are_counted() -> None:
    text = "The rules are:\n\n- Rule one is silence.\n- Rule two is order.\n"
    assert "… 4 more" in asked(text, "What are the rules?", items_after=4)


def test_a_list_over_two_chunks_is_quoted_from_both() -> None:
    text = "To moor the boat:\n\n" + "".join(f"{n}. Step {n} takes the rope number {n}.\n" for n in range(1, 9))
    cut = text.index("5. Step")
    first, rest = hit_of(text[:cut].rstrip(), items_after=4), hit_of(text[cut:], start=cut)
    both = answer_fact("How do I moor the boat?", Hits([first, rest]), support=0.0).text
    assert all(f"Step {n} " in both for n in range(1, 9)) and "more" not in both
    alone = answer_fact("How do I moor the boat?", Hits([first]), support=0.0).text
    assert "Step 4 " in alone and "… 4 more" in alone


def test_the_sentence_that_defines_comes_first() -> None:
    text = "Typical uses of a hawser are many. A hawser is a thick rope. See a hawser, and another hawser."
    assert "A hawser is a thick rope." in asked(text, "What is a hawser?")


# rows


ROWS = {
    "ports.csv": "port,depth,master\nCork Inc.,12,Dr. I. Berg\nTurin Ltd.,14,Ms. L. Marsh\nOban Co.,16,Mr. K. Stone\n",
    "ports.jsonl": '{"port": "Cork Inc.", "depth": 12, "master": "Dr. I. Berg"}\n'
    '{"port": "Turin Ltd.", "depth": 14, "master": "Ms. L. Marsh"}\n',
    "ports.json": '[{"port": "Cork Inc.", "depth": 12, "master": "Dr. I. Berg"},\n'
    ' {"port": "Turin Ltd.", "depth": 14, "master": "Ms. L. Marsh"}]\n',
    "ports.txt": "port\tdepth\tmaster\nCork Inc.\t12\tDr. I. Berg\n"
    "Turin Ltd.\t14\tMs. L. Marsh\nOban Co.\t16\tMr. K. Stone\n",
    "semicolons.txt": "port;depth;master\nCork Inc.;12;Dr. I. Berg\n"
    "Turin Ltd.;14;Ms. L. Marsh\nOban Co.;16;Mr. K. Stone\n",
    "columns.txt": "port        depth   master\nCork Inc.   12      Dr. I. Berg\nTurin Ltd.  14      Ms. L. Marsh\n",
    "log.txt": "2025-01-02 10:00 Cork Inc. has Dr. I. Berg as master\n"
    "2025-01-02 10:05 Turin Ltd. has Ms. L. Marsh as master\n",
}


@pytest.mark.parametrize("name", ROWS)
def test_one_row_is_quoted(name: str) -> None:
    answer = asked(ROWS[name], "Who is the master of Turin Ltd.?", name)
    assert "L. Marsh" in answer and "Turin" in answer and "Berg" not in answer and "Stone" not in answer


def test_later_rows_do_not_take_a_row_for_their_header() -> None:
    text = "Turin Ltd.,deep,Ms. L. Marsh\nOban Co.,flat,Mr. K. Stone\n"
    found = quotable(text, "en", Surroundings("csv", shared=("port, depth, master",)))
    assert [p.headings for p in found] == [("port, depth, master",)] * 2
    later = hit_of(text, "ports.csv", headings=("port, depth, master",), start=500)
    assert "K. Stone" in answer_fact("Who is the master of Oban Co.?", Hits([later]), support=0.0).text


def test_a_line_of_key_and_value_is_quoted_with_its_name() -> None:
    text = (
        "Ship: Red Gull\nLength: 31 m\nMaster: Ida Berg\nPort: Cork\n\nShip: Blue Tern\n"
        "Length: 44 m\nMaster: Lou Marsh\nPort: Oban\n"
    )
    answer = asked(text, "Who is the master of the Blue Tern?", "ships.txt")
    assert "Lou Marsh" in answer and "Ida Berg" not in answer and "44 m" not in answer
    assert "31 m" in asked(text, "What is the length of the Red Gull?", "ships.txt")


def test_a_part_of_pretty_printed_json_is_read_by_its_records() -> None:
    text = ' {"port": "Turin"},\n {"port": "Oban"}\n]\n'
    assert pieces(text, "json") == ['{"port": "Turin"},', '{"port": "Oban"}\n]']


# what stands before


def test_a_description_comes_with_its_signature() -> None:
    pydoc = "**load**(path, *, mode=None)\n\nRead a chart from a file.\n\n**save**(path)\n\nWrite a chart to a file.\n"
    sphinx = "load(path, *, mode=None)\n\n   Read a chart from a file.\n\nsave(path)\n\n   Write a chart to a file.\n"
    for text, name in ((pydoc, "chart.md"), (sphinx, "chart.rst")):
        answer = asked(text, "How do I read a chart from a file?", name)
        assert "load" in answer and "Read a chart" in answer and "save" not in answer
    assert quotable(sphinx, "en", Surroundings("rst"))[0].headings == ("load(path, *, mode=None)",)


def test_code_that_a_sentence_leads_to_is_quoted_with_it() -> None:
    assert pieces("Run this first:\n\n```sh\nmake ropes\n```\n") == ["Run this first:\n\n```sh\nmake ropes\n```"]
    assert "make ropes" in asked("# Ropes\n\nRopes are made with\n\n```sh\nmake ropes\n```\n", "How are ropes made?")


# what is never quoted


@pytest.mark.parametrize(
    "text",
    [
        "[![CI](https://x.io/ci.svg)](https://x.io) [![PyPI](https://x.io/v.svg)](https://x.io/p)",
        "- [Install](a.md)\n- [Use](b.md)\n- [Mend](c.md)",
        "Contents\n\n1 Ropes ........ 3\n2 Sails ........ 9",
        "```\nexpr ::= term ['+' expr]\n```",
        "```python\n>>> tie(2)\n4\n```",
        "\\>>> tie(2)\n4",
        "```python\nx = tie(y)\n```",
        "Hello Kit!",
        "Dear Ms Berg,",
        "**Thank you!**",
        "knots\n\nropes\n\nsails",
        "ropes.knots\nropes.splices",
        "## Only a heading",
        "---\ntitle: Ropes\ntags: [a, b]\n---\n",
        "* * *\n\n---",
        "Why do ropes break?",
        "<div align='center'>\n<a href='https://x.io'>x</a>\n</div>",
    ],
)
def test_what_says_nothing_is_never_quoted(text: str) -> None:
    assert pieces(text) == []
    assert pieces(text + "\n\n## Hemp\n\nRopes are made of hemp.") == ["Ropes are made of hemp."]


def test_what_says_something_stays() -> None:
    kept = (
        "The [manual](m.md) has a page on ropes.\n\n## Author\n\nIda\n\n## Site\n\n"
        "Read https://x.io for more about ropes.\n"
    )
    assert pieces(kept) == ["The [manual](m.md) has a page on ropes.", "Ida", "Read https://x.io for more about ropes."]
    assert says_something("# weigh every rope\nx = 1", "code") and not is_link_list(
        "See [one](a.md), which says how ropes are made."
    )


def test_summaries_are_read_by_their_sentences() -> None:
    node = Node(
        "d", "document", 0, 40, "The parts are: a rope. Why is it red? It was painted.", "D", "d.md", language="en"
    )
    text = node.text
    assert [text[a:b] for a, b in hit_pieces(Hit(node, 1.0))] == [
        "The parts are: a rope.",
        "Why is it red?",
        "It was painted.",
    ]


# citations


def test_a_citation_has_headings_paragraph_and_page() -> None:
    text = "Ropes are red.\n\n## Sails\n\nSails are white. They are made of flax.\n\nMasts are of fir.\n"
    hit = hit_of(text, headings=("Ship",), start=1000, pages=[[1020, 8], [1060, 9]])
    hit = replace(hit, node=replace(hit.node, page=7))
    sails = next(cite(p) for p in find_passages("What are sails made of?", Hits([hit])) if "flax" in p.text)
    assert sails.headings == ("Ship", "Sails") and sails.page == 8 and sails.quote == "They are made of flax."
    at = sails.start - sails.context_start
    assert sails.context[at : at + len(sails.quote)] == sails.quote and "Sails are white." in sails.context
    assert [page_of(hit, start) for start in (1000, 1019, 1020, 1059, 1060, 1080)] == [7, 7, 8, 8, 9, 9]


def test_quotes_of_any_hit_lie_within_it() -> None:
    for text in [*SECTIONS, *QUESTIONS, *LISTS, *ROWS.values()]:
        for start in range(0, len(text), 7):
            hit = hit_of(text[start:], start=start, name="any.txt")
            for p in pick_passages(find_passages("ferry crew keys master", Hits([hit]))):
                cited = cite(p)
                assert cited.quote == text[cited.start : cited.end]
                assert cited.context == text[cited.context_start : cited.context_start + len(cited.context)]
                assert cited.context_start <= cited.start and cited.end <= cited.context_start + len(cited.context)


def test_a_piece_says_what_it_is() -> None:
    kinds = {p.kind for text in (QUESTIONS[0], LISTS[0], ROWS["log.txt"]) for p in quotable(text)}
    assert kinds == {"answer", "row", "list", "item"} and isinstance(quotable(LISTS[0])[0], Quotable)


# from the file to the answer


@pytest.mark.parametrize(
    "name, text, question, right, wrong",
    [
        (
            "depots.html",
            "<h1>Depots</h1><h2>Bergen</h2><p>Keys: box 4</p><h2>Turin</h2><p>Keys: box 7</p>",
            "Which box has the keys of Turin?",
            "box 7",
            "box 4",
        ),
        (
            "faq.html",
            "<h1>Ferry</h1><dl><dt>When is it due?</dt><dd>At dusk.</dd>"
            "<dt>May bikes board?</dt><dd>Behind the rail.</dd></dl>",
            "May bikes board?",
            "Behind the rail",
            "dusk",
        ),
        (
            "crew.html",
            "<h1>Ship</h1><p>The crew are:</p><ol><li><p>Ida</p></li><li><p>Lou</p></li></ol>",
            "Who are the crew?",
            "Lou",
            "?",
        ),
        (
            "loom.md",
            "---\ntitle: Loom\ntags: [flax]\n---\n\n# Loom\n\nThe loom weaves flax.\n",
            "What does the loom weave?",
            "weaves flax",
            "tags:",
        ),
    ],
)
def test_from_the_file_to_the_answer(
    tmp_path: Path, name: str, text: str, question: str, right: str, wrong: str
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / name).write_text(text, encoding="utf-8")
    with KnowledgeBase(tmp_path / "kb", embedder=None) as kb:
        kb.add(tmp_path / "notes", progress=False)
        answer = kb.ask(question)
        assert right in answer.text and wrong not in answer.text


def test_chunks_say_how_many_items_of_their_list_follow() -> None:
    text = (
        "Pumps:\n\n" + "".join(f"- Pump number {n} stands in hall {n}\n" for n in range(12)) + "\nThey run at night.\n"
    )
    document = Document("pumps.md", text, markup="markdown", language="en")
    chunks = split_document(document, lambda texts: [len(one.split()) + 2 for one in texts], 30, 60)
    for chunk in chunks:
        shown = text[: chunk.end].count("- Pump")
        inside = chunk.text.rstrip().endswith(tuple("0123456789")) and shown < 12
        assert chunk.payload.get("items_after", 0) == (12 - shown if inside else 0)
    assert len(chunks) > 2
    faq = "# FAQ\n\n" + "".join(
        f"**May pump {n} run?**\n\nIt may run for {n} hours and no longer.\n\n" for n in range(9)
    )
    parts = split_document(
        Document("faq.md", faq, markup="markdown"), lambda texts: [len(t.split()) + 2 for t in texts], 30
    )
    assert len(parts) > 2 and not any(part.text.rstrip().endswith("?**") for part in parts)


def test_a_question_is_embedded_once() -> None:
    class Model:
        name, dimension, limit, workers, keep, calls = "m", 2, 10, 1, None, 0

        def query(self, text: str) -> np.ndarray:
            self.calls += 1
            return np.array([3.0, 4.0], np.float32)

    embedder = Embedder(Model())
    first, second = embedder.embed_query("Why?"), embedder.embed_query("Why?")
    first[0] = 9.0  # whoever changes his own does not change another's
    assert second[0] == np.float32(0.6) and embedder.embed_query("Why?")[0] == np.float32(0.6)
    assert embedder.model.calls == 1 and embedder.embed_query("How?") is not second and embedder.model.calls == 2


def test_the_context_of_a_quote_stays_on_its_page() -> None:
    pages = ("Lease\nThe slip is let for a year.", "Bond\nA bond of 300 crowns is due.", "Cover\nThe pier is insured.")
    text, starts = "\n".join(pages), [0, len(pages[0]) + 1, len(pages[0]) + len(pages[1]) + 2]
    hit = hit_of(text, pages=[[start, page] for page, start in enumerate(starts, 1)])
    for quote, page in (("The slip is let", 1), ("A bond of 300", 2), ("The pier is", 3)):
        at = text.index(quote)
        passage = Passage(hit, at, at + len(quote), 0)
        citation = cite(passage)
        assert citation.page == page and quote in citation.context
        assert citation.context.strip() in pages[page - 1]
        assert text[citation.context_start :].startswith(citation.context)


# the section that says the contrary

CONTRARY = [
    "# Lockers\n\n## Allowed in the locker\n\n- Skis\n- Boots\n\n## Not allowed in the locker\n\n- Fuel\n- Food\n",
    "# Lockers\n\n## Not allowed in the locker\n\n- Fuel\n- Food\n\n## Allowed in the locker\n\n- Skis\n- Boots\n",
    "# Lockers\n\n**Allowed in the locker**\n\nSkis and boots.\n\n**Never allowed in the locker**\n\nFuel and food.\n",
]


@pytest.mark.parametrize("text", CONTRARY)
def test_a_question_is_not_answered_from_the_section_of_the_contrary(text: str) -> None:
    allowed = asked(text, "What is allowed in the locker?").lower()
    assert "skis" in allowed and "fuel" not in allowed
    forbidden = asked(text, "What is not allowed in the locker?").lower()
    assert "fuel" in forbidden and "skis" not in forbidden


def test_a_negated_question_without_a_section_of_its_own_is_answered() -> None:
    text = "# Turbine\n\n## Repairs\n\nThe turbine does not run because a bearing broke.\n"
    assert "bearing" in asked(text, "Why does the turbine not run?")


def test_what_cannot_be_quoted_is_refused_without_looking_sure() -> None:
    answer = answer_fact("Where is the weir gate?", Hits([hit_of("# The weir gate\n")]), support=0.0)
    assert answer.refused and answer.strength.level == "none" and "supported" not in answer.reason


def test_the_lines_before_a_session_are_joined() -> None:
    text = 'If the "finally"\nclause returns, the saved\nexception is discarded:\n\n   >>> f()\n   42\n'
    answer = answer_fact("What happens to the saved exception?", Hits([hit_of(text, "a.rst")]), support=0.0).text
    assert 'If the "finally" clause returns, the saved exception is discarded:\n\n```\n>>> f()\n42\n```' in answer
