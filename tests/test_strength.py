"How near an answer or a list of hits comes, in words: the scale, codes, greetings, what a thing is."

import json
import time

import pytest
from haystack import Document as Written
from haystack.components.generators.chat import MockChatGenerator

from kbase import KnowledgeBase
from kbase.nodes import Document, Node
from kbase.querying.claims import write_answer
from kbase.querying.codes import codes_of, has_code, has_neighbour
from kbase.querying.comparison_writer import answer_comparison
from kbase.querying.fact_writer import answer_fact
from kbase.querying.judging import HIT_FLOOR, hit_value, judge_hits
from kbase.querying.openings import definition_of, defines, is_called, is_sentence, part_hit, sentences_of
from kbase.querying.plan import Plan, QueryPart
from kbase.querying.summary_writer import answer_summary
from kbase.querying.support import answer_strength, find_evidence, support_of
from kbase.querying.terms import COMMON_WEIGHT, coverage, is_greeting, is_one_word, question_words, with_rarity
from kbase.hits import Background, Hit, Hits, Part
from kbase.strength import LEVELS, WEAK_BELOW, missing_words, nearness, strength_of, support_curve

TEXTS = {
    "valves": (
        "Valves",
        "Valve KX-200-B opens at 6 bar. Valve KX-210-B opens at 9 bar. Valve KX-200-C is out of stock.",
    ),
    "errors": ("Error numbers", "Error 4031 means that the tank is empty. Error 4037 means that the lid is open."),
    "norms": ("Norms", "DIN 18040:2011 is about access without steps. DIN 4102:1998 is about fire."),
    "releases": ("Releases", "Version 3.2.1 adds a dark theme. Version 3.4.0 drops the old menu."),
    "kiln": (
        "Kiln",
        "A kiln is an oven for clay. The potter Ida Holm fires it on Fridays. It is hot after nine hours.",
    ),
    "glaze": ("Glaze", "A glaze is a layer of glass on clay. It is brushed on before the second firing."),
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    with KnowledgeBase(tmp_path_factory.mktemp("kb") / "kb") as made:
        made.add(
            [Written(id=key, content=text, meta={"title": title}) for key, (title, text) in TEXTS.items()],
            progress=False,
        )
        yield made


def chunk(title, text, cover=None, cosine=None, **fields):
    parts = {} if cosine is None else {"dense": Part(cosine, 1, 0.0)}
    node = Node(title, "chunk", 0, len(text), text, title, f"notes/{title}.txt", language="en", **fields)
    return Hit(node, 1.0, parts, (), cover)


# -- the scale -------------------------------------------------------------------------------------------------------


def test_the_number_shown_is_the_number_compared():
    for value in (0.0, 0.49, 0.5, 0.87, 0.88, 1.0):
        strength = strength_of(value)
        assert strength.value == value and strength.level in LEVELS
        assert strength.level == ("none" if value < 0.5 else "weak" if value < WEAK_BELOW else "strong")
        assert strength.weak == (strength.level != "strong")
    assert strength_of(0.3, answer_from=0.2).level == "weak" and strength_of(0.9, weak_below=0.95).level == "weak"


def test_missing_words_are_a_sentence():
    assert missing_words([]) == "" and missing_words(["mongolia"], 219) == "“mongolia” is in none of your 219 documents"
    assert missing_words(["a", "b"], 3) == "“a” and “b” are in none of your 3 documents"
    assert missing_words(["zxqwv"]) == "No document has “zxqwv”"
    many = missing_words([f"w{i}" for i in range(9)], 2)
    assert "“w4”" in many and "“w5”" not in many and "4 more" in many


def test_the_scale_grows_with_both_readings():
    values = [support_curve(words, 0.4) for words in (0, 0.25, 0.5, 0.75, 1)]
    assert values == sorted(values) and support_curve(0.6, None) == support_curve(0.6, 0.6)
    assert nearness(0.5, 0.5) == 0 and nearness(1, 0.2) == 1 and nearness(0.3, 1.0) == 0 and nearness(-1, 0.1) == 0


# -- lists of hits ---------------------------------------------------------------------------------------------------


def test_a_hit_below_the_floor_is_marked_and_kept():
    hits = Hits(
        [chunk("a", "the kiln", 1.0, 0.6), chunk("b", "the school", 0.0, 0.15)], "kiln", background=Background(0.1, 0.1)
    )
    judged = judge_hits(hits)
    assert [hit.weak for hit in judged] == [False, True] and len(judged) == 2 and judged.strength.level == "strong"
    assert judged.strength.value == max(hit_value(hit, hits.background) for hit in hits) >= HIT_FLOOR
    assert judge_hits(hits[1:]).strength.level == "weak" and judge_hits(hits[:0]).strength.level == "none"
    assert [hit.weak for hit in hits] == [False, False]  # what came in stays as it was


def test_without_a_background_words_alone_are_read():
    for background in (None, Background(0.4, 0.0)):
        assert hit_value(chunk("a", "x", 0.5, 0.9), background) == support_curve(0.5, None)
    assert hit_value(chunk("a", "x", None, None), None) == support_curve(0.0, None)


def test_a_search_says_how_near_it_comes(kb):
    near = kb.search("oven for clay")
    assert near.strength.level == "strong" and not near[0].weak and near.strength.missing == ()
    lost = kb.search("zxqwv")
    assert lost.strength.level == "none" and lost.strength.missing == ("zxqwv",) and all(hit.weak for hit in lost)
    assert lost.strength.words == "“zxqwv” is in none of your 6 documents"
    half = kb.search("sourdough kiln")
    assert half.strength.missing == ("sourdough",) and "sourdough" in half.strength.words
    beside = kb.search("capital cities of mongolia")
    assert beside.strength.level != "strong" and "mongolia" in beside.strength.missing
    for hits in (near, lost, half, beside):
        assert json.loads(json.dumps(hits.to_dict()))["strength"]["level"] == hits.strength.level
        assert unseen_terms(hits) == []


def unseen_terms(hits):  # the term that stands for none must not be seen
    return [term for term in hits.idf if not term.isprintable()]


@pytest.mark.parametrize("mode", ["bm25", "dense", "hybrid"])
@pytest.mark.parametrize("group_by", ["document", None])
def test_every_way_of_searching_is_judged(kb, mode, group_by):
    assert kb.search("kiln", mode=mode, group_by=group_by).strength.level == "strong"
    assert kb.search("zxqwv", mode=mode, group_by=group_by).strength.level == "none"


def test_summaries_do_not_decide_which_words_there_are(kb):
    found = kb.search("Friday firing kiln", kinds=("document",))
    assert found.strength.missing == ()


def test_nothing_at_all_is_said(kb, tmp_path):
    assert kb.search("  ").strength.level == "none"
    under = kb.search("kiln", filters={"field": "title", "operator": "==", "value": "Nobody"})
    assert list(under) == [] and "filter" in under.strength.words
    with KnowledgeBase(tmp_path / "empty") as empty:
        assert empty.search("kiln").strength.level == "none"


def test_a_cluster_says_the_same(elastic_url):
    with KnowledgeBase(elastic_url) as kb:
        kb.add(
            [Written(id=key, content=text, meta={"title": title}) for key, (title, text) in TEXTS.items()],
            progress=False,
        )
        assert kb.search("oven for clay").strength.level == "strong"
        lost = kb.search("zxqwv")
        assert (lost.strength.level, lost.strength.missing) == ("none", ("zxqwv",))
        assert lost.strength.words == "“zxqwv” is in none of your 6 documents"
        assert kb.ask("What does error 4033 mean?").refused and "4037" not in kb.ask("What does error 4031 mean?").text


# -- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("What is valve KX-200-B for?", ["KX-200-B"]),
        ("What does error 4031 mean?", ["4031"]),
        ("Does it need Python 3.12.1 or NumPy?", ["3.12.1"]),
        ("Is C++ faster than C#?", ["C++", "C#"]),
        ("What changed in ISO 2000?", ["ISO 2000"]),
        ("Which 3 rivers are over 500 km long?", []),
        ("What happened in 1998 and on 2024-05-01 at 10:30?", []),
        ("How many had more than 4031 cows?", []),
        ("Did 40 % agree, or $1,250?", []),
        ("Why did they win 24-10 on March 6th?", []),
        ("What is a 24-hour clock?", []),
    ],
)
def test_what_counts_as_a_code(question, codes):
    assert [code.text for code in codes_of(question)] == codes


def test_a_code_is_found_however_it_is_joined():
    (code,) = codes_of("Where is KX-200-B?")
    assert all(has_code(text, code) for text in ("kx200b", "KX200B", "the KX-200-B."))
    assert not any(has_code(text, code) for text in ("KX-200-C", "KX-2000-B", "KX-200", "200-B"))
    (norm,) = codes_of("What is DIN 18040?")
    assert has_code("DIN 18040:2011", norm) and not has_code("DIN 180401", norm)
    assert has_neighbour("DIN 4102 is about fire.", norm) and not has_neighbour("In 2011 there were 30 rooms.", norm)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("At what pressure does valve KX-210-B open?", "9 bar", "6 bar"),
        ("At what pressure does valve KX-200-B open?", "6 bar", "9 bar"),
        ("What does error 4037 mean?", "lid", "tank"),
        ("What is DIN 4102 about?", "fire", "steps"),
        ("What did version 3.4.0 drop?", "menu", "theme"),
    ],
)
def test_the_answer_is_of_the_code_that_was_asked_for(kb, question, right, wrong):
    answer = kb.ask(question)
    assert right in answer.text and wrong not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "At what pressure does valve KX-220-B open?",
        "What does error 4033 mean?",
        "What is DIN 18041 about?",
        "What did version 3.3.0 add?",
    ],
)
def test_a_code_that_is_nowhere_is_refused(kb, question):
    answer = kb.ask(question)
    assert answer.refused and answer.strength.level == "none" and answer.strength.value == 0
    assert codes_of(question)[0].text in answer.reason


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "hello",
        "Hi there!",
        "Good morning",
        "thank you very much",
        "Hallo, wie geht es dir?",
        "Bonjour à tous",
        "¡Hola!",
        "你好",
        "who are you?",
    ],
)
def test_a_greeting_is_no_question(kb, question):
    assert is_greeting(question)
    answer = kb.ask(question)
    assert answer.refused and not answer.citations
    assert any(words in answer.reason for words in ("greeting", "asks nothing of your documents"))


def test_a_question_about_a_greeting_is_one():
    assert not any(map(is_greeting, ("hello world in Python", "What is hello?", "Who said good morning?", "", "kiln")))
    assert (
        is_one_word("kiln?")
        and is_one_word("asyncio.Queue")
        and not is_one_word("What is clay")
        and not is_one_word("")
    )


def test_what_no_document_has_is_said_first(kb):
    for question in ("What is the capital of Mongolia?", "How do I bake sourdough?"):
        answer = kb.ask(question)
        assert answer.refused and answer.reason == answer.strength.words and "of your 6 documents" in answer.reason
        assert "answered from 0.50" in answer.strength.numbers and "0.50" not in answer.reason
        assert set(answer.strength.missing) <= {"capital", "mongolia", "bake", "sourdough"}
        assert json.loads(json.dumps(answer.to_dict()))["strength"]["words"] == answer.reason


def test_one_word_and_a_lost_name_leave_an_answer_weak():
    text = "A kiln is an oven for clay. The potter Ida Holm fires it on Fridays."
    hits = Hits([chunk("Kiln", text)])
    assert answer_strength(support_of("What is a kiln?", hits), hits, 0.5).level == "strong"
    assert answer_strength(support_of("Kiln", hits), hits, 0.5).level == "weak"
    named = support_of("On which day does the potter Napoleon fire the kiln for clay?", hits)
    assert named.score < WEAK_BELOW and "napoleon" in answer_strength(named, hits, 0.5).words
    assert answer_strength(support_of("Give me an overview", hits), hits, 0.5).level == "weak"


def test_words_that_stand_far_apart_count_less():
    text = "The gate is red. " + "The lake is deep and cold. " * 8 + "The bell rings at noon."
    hits = Hits([chunk("Notes", text)])
    together = support_of("Why is the lake deep?", hits, find_evidence("Why is the lake deep?", hits).passages)
    apart = support_of(
        "Which bell has the deep gate?", hits, find_evidence("Which bell has the deep gate?", hits).passages[:1]
    )
    assert apart.words < together.words


# -- what a thing is -------------------------------------------------------------------------------------------------


def test_whole_sentences():
    assert all(
        map(is_sentence, ("Clay is fired twice.", "Is clay fired twice?", "Use these parts for a kiln of this size:"))
    )
    assert not any(
        map(
            is_sentence,
            (
                "kiln.fire",
                "fire(clay, heat=3)",
                "Return fire(clay).",
                "Members:",
                "# Kiln of clay.",
                ">>> kiln.fire() is done.",
                "It was sold in 1842.",
                "",
            ),
        )
    )
    assert is_sentence("Diese Öfen sind alt.", "de", alone=False) and not is_sentence("Diese Öfen sind alt.", "de")


def test_what_defines_a_thing():
    assert defines("Kilns are ovens for clay.", "kiln") and defines("Such an oven is called a kiln.", "kiln")
    assert defines("Ein Brennofen ist ein Ofen.", "Brennofen", "de") and defines("窑是烧陶的炉子。", "窑", "zh")
    assert not any(
        defines(text, "sets") for text in ("Settings are kept in a file.", "Nobody sets it.", "A kiln is hot.")
    )
    assert is_called("The kiln", "kilns") and not is_called("kiln.locks", "kiln") and not is_called("Settings", "sets")


def test_the_beginning_of_a_document_says_what_it_is():
    page = Document(
        "d/kiln.md",
        "# kiln\n\nkiln(heat)\n\nOven for clay. It is hot.\n\nMore text is here.",
        "kiln",
        markup="markdown",
        language="en",
        pages=(0, 30),
    )
    opening = sentences_of(part_hit(page, page.text))
    assert definition_of("kiln", [], opening).text == "Oven for clay." and definition_of("glaze", []) is None
    late = part_hit(page, page.text[25:], 25)
    assert late.page == 1 and late.payload["pages"] == [[30, 2]] and part_hit(page, page.text[40:], 40).page == 2


# -- comparisons and summaries ---------------------------------------------------------------------------------------


def compare(*things):
    parts = tuple(QueryPart(thing, label=thing) for thing in things)
    return Plan(f"Compare {' and '.join(things)}", "comparison", parts)


def test_a_comparison_says_what_each_thing_is(kb):
    answer = kb.ask("What is the difference between a kiln and a glaze?")
    assert "A kiln is an oven for clay." in answer.text and "A glaze is a layer of glass on clay." in answer.text
    assert answer.strength is not None and not answer.refused
    half = kb.ask("Compare kiln and zxqwv")
    assert half.strength.level == "weak" and "zxqwv" in half.strength.words and "oven for clay" in half.text
    assert kb.ask("Compare zxqwv and frobnitz").refused


def test_sentences_that_say_the_same_of_both_are_set_beside_each_other():
    lists = chunk("lists", "Lists can be sorted. Lists are mutable sequences. Lists were there from the start.")
    tuples = chunk("tuples", "Tuples have two methods. Tuples are immutable sequences.")
    text = answer_comparison(compare("lists", "tuples"), [Hits([lists]), Hits([tuples])]).text
    assert "Lists are mutable sequences." in text and "Tuples are immutable sequences." in text


def test_fragments_are_no_definition():
    code = chunk("parser", "parser = str\n\nparser.run\n\nrun(parser, x)")
    other = chunk("lexer", "A lexer is the part that reads letters.")
    answer = answer_comparison(compare("parser", "lexer"), [Hits([code]), Hits([other])])
    assert answer.strength.level == "weak" and "A lexer is the part that reads letters." in answer.text


def test_a_summary_begins_with_what_the_document_is_and_cites_pages():
    text = (
        "The kiln book is about firing clay. Its author lived in Bergen for years.\n\n"
        "These steps assume that the clay is dry. Return fire(clay). The glaze is put on before the second firing."
    )
    page = Document("d/kiln.txt", text, "Kiln book", language="en", pages=(0, 75), id="kiln")
    summary = (
        "These steps assume that the clay is dry. Return fire(clay). The glaze is put on before the second firing."
    )
    node = Node("kiln", "document", 0, len(text), summary, "Kiln book", "d/kiln.txt", language="en")
    answer = answer_summary("Summarise the kiln book", Hits([Hit(node, 1.0)]), {"kiln": page}.get)
    quotes = [citation.quote for citation in answer.citations]
    assert quotes == ["The kiln book is about firing clay.", "The glaze is put on before the second firing."]
    assert [citation.page for citation in answer.citations] == [1, 2] and answer.strength.level == "strong"
    assert all(text[c.start : c.end] == c.quote for c in answer.citations)


# -- hostile input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "9" * 3000,
        "A-1/" * 900,
        "hello " * 900,
        "\ud800 kiln",
        "1:2:3" * 500,
        "(" * 999,
        "[![" * 500,
        "you " * 2000,
        "😀" * 700,
        "-" * 5000,
        "a." * 3000,
    ],
)
def test_nothing_breaks_or_takes_long(text):
    began = time.perf_counter()
    codes = codes_of(text)
    is_greeting(text), is_one_word(text), is_sentence(text), defines(text, "kiln"), is_called(text, text[:50])
    assert {has_code(text, code) for code in codes[:3]} <= {True, False}
    hits = judge_hits(Hits([chunk("x", "A kiln is an oven.")], text))
    answer_strength(support_of(text, hits), hits, 0.5)
    assert time.perf_counter() - began < 5


def test_a_sentence_without_a_source_leaves_a_models_answer_weak():
    hits = Hits([chunk("Kiln", TEXTS["kiln"][1])])
    question = "What is a kiln?"
    quoted = answer_fact(question, hits)
    said = "A kiln is an oven for clay [1]. Ida Holm fires it on Fridays [1]. The king bought nine trains [1]."
    answer = write_answer(question, quoted, hits, MockChatGenerator(said))
    assert quoted.strength.level == "strong" and answer.unsupported
    assert answer.strength.level == "weak" and "1 of the 3 sentences" in answer.strength.words


# -- rare words ------------------------------------------------------------------------------------------------------


def test_a_rare_word_weighs_more():
    terms = question_words("What is the deepest recursion depth?")
    assert with_rarity(terms, {}) == terms  # nothing was looked up: all weigh the same
    rare = next(t for t in terms if t.word == "recursion")
    idf = {stem: 5.0 if stem in rare.stems else 0.5 for t in terms for stem in t.stems}
    weighed = with_rarity(terms, idf)
    assert next(t for t in weighed if t.word == "recursion").rarity == 1
    assert all(COMMON_WEIGHT <= t.rarity < 0.4 for t in weighed if t.word != "recursion")
    assert coverage(weighed, rare.stems) > 0.5 > coverage(terms, rare.stems)


def test_an_answer_without_the_rare_word_is_less_sure():
    text = "The depth is the depth of the well that is printed. It has a rope."
    hits = Hits([chunk("Wells", text)], background=None, idf={"depth": 0.5, "print": 0.5, "recurs": 6.0})
    question = "What is the printed depth of a recursion?"
    plain = Hits([chunk("Wells", text)])
    without, with_it = (find_evidence(question, one).support for one in (hits, plain))
    assert without.score < with_it.score
    assert "recursion" in without.note


def test_a_note_alone_is_answered_although_one_word_of_the_question_is_not_in_it(tmp_path):
    (tmp_path / "setup.md").write_text(
        "# Setup\n\n## Ubuntu\n\nUse snap.\n\n## Fedora\n\nUse dnf.\n\n## Arch\n\nUse pacman.\n"
    )
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(tmp_path / "setup.md", progress=False)
        answer = kb.ask("How do I deploy on Fedora?")
    assert not answer.refused and "dnf" in answer.text and "snap" not in answer.text
    assert answer.strength.level == "weak" and "deploy" in answer.strength.words
