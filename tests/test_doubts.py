"""What keeps an answer from looking sure: no date, number, name or reason where one is asked for, a word that stands
nowhere, no definition; and what is no sentence at all. Made by hand, so that no model is needed."""

import numpy as np
import pytest

from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.querying.doubts import (
    WordVectors,
    another_one,
    lacks_definition,
    lacks_expected,
    lacks_statement,
    missing_word,
    turned_round,
    yes_no_asked,
)
from kbase.querying.expected import definition_asked, expected_kind, has_expected, has_name
from kbase.querying.fact_writer import answer_fact
from kbase.querying.furniture import is_form, is_menu, is_reference
from kbase.querying.passages import find_passages, pick_passages
from kbase.querying.scoring import Passage
from kbase.querying.quotable import quotable
from kbase.querying.terms import question_words


def hits(*texts, title="Notes", uri="notes.txt", language="en", **more):
    nodes = (
        Node("d", "chunk", at * 1000, at * 1000 + len(t), t, title, uri, language=language, **more)
        for at, t in enumerate(texts)
    )
    return Hits(Hit(node, 1.0) for node in nodes)


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("When was the bridge opened?", "en", "date"),
        ("In which century was the bridge built?", "en", "date"),
        ("When does the bridge close?", "en", "time"),
        ("How long is it open?", "en", "duration"),
        ("Wie lange ist es offen?", "de", "duration"),
        ("How long is the bridge?", "en", ""),
        ("What is the area of the harbour?", "en", "number"),
        ("What is the size attribute for?", "en", ""),
        ("When a ship comes, what happens?", "en", ""),
        ("Who built the bridge?", "en", "person"),
        ("By whom was it painted?", "en", "person"),
        ("Who may cross it?", "en", ""),
        ("How many ships pass?", "en", "number"),
        ("Of all ships, what percentage pays?", "en", "number"),
        ("What is the maximum height of a mast?", "en", "number"),
        ("Why was it painted red?", "en", "reason"),
        ("How do I open the bridge?", "en", ""),
        ("Wer hat die Brücke gebaut?", "de", "person"),
        ("In welchem Jahr wurde sie gebaut?", "de", "date"),
        ("Wie viele Schiffe fahren durch?", "de", "number"),
        ("Warum ist sie rot?", "de", "reason"),
        ("Combien de bateaux passent ?", "fr", "number"),
        ("En quelle année fut-il construit ?", "fr", "date"),
        ("¿Cuántos barcos pasan?", "es", "number"),
        ("¿Cuándo abre el puente?", "es", "time"),
        ("这座桥是哪一年建的？", "zh", "date"),
        ("有多少艘船？", "zh", "number"),
    ],
)
def test_what_a_question_expects(question, language, kind):
    assert expected_kind(question, language) == kind


@pytest.mark.parametrize(
    ("kind", "having", "lacking"),
    [
        ("number", "Some 300 ships pass.", "Ships pass."),
        ("number", "Twelve ships pass.", "4. Ships and boats"),
        ("number", "It is 12.5 m high.", "Opened on May 3, 1897, it is high."),
        ("number", "There is no limit to it.", "There is a limit to it."),
        ("date", "It was opened in 1897.", "It was opened with music."),
        ("date", "It was opened on a Monday.", "Dr. Weber opened it."),
        ("date", "It dates from the 12th century.", "It dates from nowhere."),
        ("time", "It closes after the last ship.", "It closes with a bell."),
        ("time", "It closes at 9.", "It closes by hand."),
        ("person", "Then Anna Brandt came.", "Then an engineer came."),
        ("person", "Brandt & Weber built it.", "The Engineer built it for the Company."),
        ("reason", "It is red because rust is red.", "It is red and stays red."),
        ("duration", "It was closed for five long years.", "It closes every October."),
        ("duration", "It took 90 minutes.", "It took 90 men."),
        ("duration", "It stays open until the last ship.", "It opens when a ship comes."),
    ],
)
def test_a_sentence_has_it_or_not(kind, having, lacking):
    around = ("An engineer and a company of masons came.",)
    assert has_expected(having, kind, "What of the bridge?", "en", around)
    assert not has_expected(lacking, kind, "What of the bridge?", "en", around)


def test_what_the_question_has_itself_is_no_answer():
    assert not has_expected("In 2015 there were goals.", "number", "How many goals in 2015?")
    assert not has_name("The Weir of Oberau", "Who owns the weir of Oberau?")
    assert not has_name("see Section 5 and Exhibit B", "Who signed?")


def test_a_number_counts_what_stands_in_its_own_sentence():
    question = "How many ferries has the harbour?"
    assert not has_expected("The harbour serves 72 islands. Ferries are painted white.", "number", question)
    assert has_expected("The harbour serves the islands. Its 72 ferries are painted white.", "number", question)


def test_the_form_of_a_company_is_nobodys_name():
    question = "Who is the director of Harbour Lights?"
    assert not has_name("On behalf of Harbour Lights, Inc. we offer the post of director.", question)
    assert has_name("Ann Olsen is the director of Harbour Lights, Inc.", question)


def test_where_nobody_can_tell_every_sentence_will_do():
    assert has_expected("Die Mühle gehört dem Müller.", "person", "Wem gehört die Mühle?", "de")
    assert has_expected("桥是红色的。", "person", "谁造的桥？", "zh")
    assert has_expected("Мост красный.", "number", "Сколько?", "ru")


def test_the_sentence_with_a_date_comes_first():
    found = hits(
        "The Oberau bridge was opened on the belief that ships would come. Ships came. We opened the bridge in 1897."
    )
    question = "When was the bridge opened?"
    picked = pick_passages(find_passages(question, found))
    assert any("1897" in p.text for p in picked) and not lacks_expected(picked)
    assert answer_fact(question, found).strength.level == "strong"


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        ("Who was present at the spring meeting?", "The spring meeting was present in every newspaper.", "nobody is"),
        ("How many ships pass the bridge?", "Ships pass the bridge at night.", "no number"),
        ("When was the bridge opened?", "The bridge was opened with music.", "no date"),
        ("Why was the bridge painted?", "The bridge was painted red.", "no reason"),
        ("How do I paint a bridge quickly?", "A bridge, and how to look at it quickly.", "paint"),
        ("What is a drawbridge?", "Every harbour has a drawbridge or two.", "what drawbridge is"),
    ],
)
def test_an_answer_without_it_is_weak_and_says_why(question, text, reason):
    strength = answer_fact(question, hits(text)).strength
    assert strength.level == "weak" and reason in strength.words, strength


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who was present at the spring meeting?", "Present at the spring meeting were Ann Olsen and Bo."),
        ("How many ships pass the bridge?", "Some 300 ships pass the bridge."),
        ("What is a drawbridge?", "A drawbridge is a bridge that opens."),
        ("How do I paint a bridge?", "To paint a bridge, wash it first."),
    ],
)
def test_an_answer_with_it_stays_strong(question, text):
    assert answer_fact(question, hits(text)).strength.level == "strong"


@pytest.mark.parametrize(
    ("question", "text", "language", "doubt"),
    [
        ("Which bridge is the oldest?", "The iron bridge stands in the harbour.", "en", "oldest"),
        ("Which bridge is the oldest?", "The iron bridge is the earliest of them.", "en", ""),
        ("Which borough has the most bridges?", "Its boroughs have bridges.", "en", "most"),
        ("Which borough has the most bridges?", "Altona is richest in bridges, the leading borough.", "en", ""),
        ("Who crossed the first bridge?", "Ann Olsen crossed a bridge.", "en", "first"),
        ("How do most ships pass?", "Ships pass at night.", "en", ""),
        ("How do I read the first line?", "Call readline of the file.", "en", ""),
        ("What did the bridge cost in 2019?", "The bridge did cost 40 marks in 2017.", "en", "2017, not of 2019"),
        ("What did the bridge cost in 2019?", "It did cost 40 marks in 2019, and 30 in 2017.", "en", ""),
        ("What did the bridge cost in 2019?", "The bridge did cost 40 marks.", "en", ""),
        ("What did the bridge cost?", "The bridge did cost 40 marks in 2017.", "en", ""),
        ('Who built the "swing bridge"?', "Ann Olsen built a bridge, with a swing.", "en", "swing bridge"),
        ('Who built the "swing bridge"?', "Ann Olsen built the Swing\nBridge.", "en", ""),
        ("Welche Brücke ist die älteste?", "Die eiserne Brücke steht im Hafen.", "de", "älteste"),
        ("Welche Brücke ist die älteste?", "Die eiserne ist die älteste Brücke.", "de", ""),
        ("Hvilken bro er den ældste?", "Broen er af jern.", "da", ""),
    ],
)
def test_another_one_of_its_kind_is_a_doubt(question, text, language, doubt):
    hit = Hit(Node("d", "chunk", 0, len(text), text, "Notes", "notes.txt", language=language), 1.0)
    found = another_one(question, [Passage(hit, 0, len(text), 0)])
    assert doubt in found if doubt else not found, found


def test_a_number_beside_other_things_is_no_answer():
    found = hits("The bridge has employees of the harbour board.\n\nThe harbour closes at 9, 12 and 15.")
    passages = find_passages("How many employees has the bridge?", found)
    assert lacks_expected(passages) == "no number stands in the best passages"


def test_a_heading_defines_and_so_does_a_signature():
    below = hits("# drawbridge\n\nOpens for ships.", uri="a.md")
    assert not lacks_definition("What is a drawbridge?", find_passages("What is a drawbridge?", below))
    called = hits("## namedpair(first, second)\n\nReturns a new pair of named things.", uri="a.md")
    assert not lacks_definition("What is a namedpair?", find_passages("What is a namedpair?", called))


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What is a weir?", "weir"),
        ("What are weak references?", "weak references"),
        ("What is the height of the weir?", ""),
        ("What is the weir?", ""),
        ("What is in the box?", ""),
        ("Was ist ein Wehr?", "Wehr"),
        ("Qu'est-ce qu'un barrage ?", "barrage"),
        ("¿Qué es una presa?", "presa"),
    ],
)
def test_of_which_thing_a_definition_is_asked(question, thing):
    assert definition_asked(question) == thing


class Words:
    "Embeds words: those of a group are the same."

    groups = ({"remove", "delete", "erase"}, {"cancel", "abort"})

    def embed_texts(self, texts):
        rows = [[float(text in group) for group in self.groups] + [float(len(text) > 0) / 10] for text in texts]
        return [[value / sum(v * v for v in row) ** 0.5 for value in row] for row in rows]


@pytest.mark.parametrize(("text", "missing"), [("You delete a task by its name.", ""), ("A task waits.", "remove")])
def test_a_word_may_be_missing_where_another_stands_for_it(text, missing):
    found = hits(text)
    passages = find_passages("How do I remove a task?", found)
    assert missing_word("How do I remove a task?", found, passages, Words()) == missing


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("When did Anna Brandt marry?", "Anna Brandt saw the flood of May.", "marry"),
        ("When did Anna Brandt marry?", "Anna Brandt married in May.", ""),
        ("What did the Board of Oberau decide on Anna Brandt?", "The Board of Oberau met Anna Brandt.", "decide"),
        ("Why did Anna leave the Board?", "The Board of Oberau has a list that Anna made.", "leave"),
    ],
)
def test_names_alone_answer_nothing(question, text, missing):
    found = hits(text)
    assert missing_word(question, found, find_passages(question, found)) == missing


class Counting:
    "An embedder for which all words are near, and that notes what it embeds."

    def __init__(self):
        self.seen = []

    def embed_texts(self, texts):
        self.seen += texts
        return np.ones((len(texts), 1), dtype=np.float32)


def test_a_word_is_embedded_once_for_an_embedder():
    one, other = Counting(), Counting()
    found = hits("To clear a task call free, and then wait for it.")
    for embedder in (one, one, other):
        assert not missing_word("How do I remove a task?", found, find_passages("task", found), embedder)
    assert one.seen == other.seen and sorted(one.seen) == sorted(set(one.seen)) and "remove" in one.seen
    assert "to" not in one.seen  # stop words and two letters say nothing


def test_no_more_words_are_remembered_than_allowed():
    kept, embedder = WordVectors(most=3), Counting()
    for word in ("mill", "weir", "flood", "bridge", "mill"):
        assert kept.rows([word], embedder).shape == (1, 1)
    assert embedder.seen == ["mill", "weir", "flood", "bridge", "mill"]
    kept.rows(["bridge", "mill"], embedder)
    assert len(embedder.seen) == 5 and kept.rows([f"w{n}" for n in range(9)], embedder).shape == (9, 1)


def test_of_a_long_question_words_may_be_missing():
    found = hits("The bridge at Oberau was built of oak from the hills by masons from Naumburg.")
    question = "From which hills came the oak that masons of Naumburg used for their famous bridge at Oberau?"
    assert not missing_word(question, found, find_passages(question, found))


# -- what is no sentence ---------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "OverviewInstallingFirst stepsWhere things areGetting help",
        "PricingDocsBlogSign inStart free",
    ],
)
def test_menus(text):
    assert is_menu(text) and not quotable(f"{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "JavaScript, TypeScript, PostgreSQL and GitHub are used.",
        "Use TemporaryFile or NamedTemporaryFile for that.",
        "LanceDB",
        "McDonald met O'Neill in McCarthy Hall",
    ],
)
def test_names_are_no_menu(text):
    assert not is_menu(text)


@pytest.mark.parametrize(
    "text",
    [
        '12. Olsen, Ann (3 May 2011). "The richest bridge" (https://news.example/bridge). The News.',
        "[7] A. Olsen and B. Weber. Bridges of oak. Journal of Wood, vol. 3, pp. 4–9, 1999.",
        "Retrieved 3 May 2012.",
        "Archived (https://web.example/2011) from the original on 26 September 2011.",
        "44. The bridge was the richest in 1999 (https://news.example/a/b).",
        "Abgerufen im Mai 2012.",
    ],
)
def test_references(text):
    assert is_reference(text)
    assert not any(is_reference(text[p.start : p.end]) for p in quotable(text))


@pytest.mark.parametrize(
    "text",
    [
        "1. Get it from https://wood.example and plane it.",
        "In 1999 the bridge was sold (see https://news.example).",
        "Retrieved documents are ranked by their scores.",
        "Olsen, the owner, sold it in 1999.",
    ],
)
def test_sentences_are_no_references(text):
    assert not is_reference(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("By: /s/ Ann Olsen Name: Ann Olsen Title: Owner", True),
        ("Name: Title: Date:", True),
        ("Signature ______________ Place", True),
        ("The bridge (German: Brücke; French: pont; Spanish: puente) is a way over water for people and carts.", False),
        ("Note: the bridge is closed.", False),
    ],
)
def test_forms(text, form):
    assert is_form(text) is form


@pytest.mark.parametrize(
    "text",
    [
        "See the sections titled “Bridges” and “Weirs” in the second part of this report for all that is known.",
        "For more information, visit the office at the bridge during its opening hours, or write to it.",
        "Siehe auch die Abschnitte über Brücken und Wehre im zweiten Teil dieses Berichts.",
    ],
)
def test_pointers_answer_nothing(text):
    assert not quotable(text)


def test_bullets_within_a_paragraph_are_items_with_their_opening_line():
    text = "The following are forbidden on the bridge: • galloping on it; • fires, also small\nones; • fishing from it."
    items = [(text[p.start : p.end], text[slice(*p.lead)]) for p in quotable(text) if p.kind == "item"]
    assert [item for item, _ in items] == ["galloping on it;", "fires, also small\nones;", "fishing from it."]
    assert {lead for _, lead in items} == {"The following are forbidden on the bridge:"}


def test_a_single_token_is_no_answer():
    text = "- bridges.locks\n\n- bridges.weirs\n"
    assert all(p.kind == "list" for p in quotable(text))


def test_say_is_a_task_and_not_a_subject():
    weights = {term.word: term.weight for term in question_words("What does Ann say about the bridge?")}
    assert weights["say"] < weights["bridge"]


# -- rows of a settings file -----------------------------------------------


@pytest.mark.parametrize(
    ("text", "question", "row", "path"),
    [
        (
            "ship:\n  mast: 12\n  sail: red\ncrew:\n  cook: Bo\n",
            "How high is the mast of the ship?",
            "mast: 12",
            ("ship",),
        ),
        ("a:\n  b:\n    lamp: 7\n  c:\n    bell: 8\n", "What is the bell of c?", "bell: 8", ("a", "c")),
        (
            "[engine]\npower = 90 kW\n\n[rudder]\nangle=35\n",
            "What is the angle of the rudder?",
            "angle=35",
            ("rudder",),
        ),
        (
            '[store]\nhost = "quay"\npool_size = 20\n',
            "What is the pool size of the store?",
            "pool_size = 20",
            ("store",),
        ),
        (
            "boats:\n- name: Gull\n  berth: 4\n- name: Tern\n  berth: 9\n",
            "Where is the berth of Tern?",
            "- name: Tern\n  berth: 9",
            ("boats",),
        ),
    ],
)
def test_a_setting_is_quoted_with_its_section(text, question, row, path):
    found = hits(text, uri="conf.yaml", payload={"markup": "code"})
    best = find_passages(question, found)[0]
    assert (best.text, best.headings) == (row, path)


def test_code_is_no_settings_file():
    text = "for (i = 0; i < 3; i++) {\n  draw(i);\n}\n"
    assert all(piece.kind != "row" for piece in quotable(text))


# -- files that are named, files that are gone, pages read by OCR ----------


def test_files_in_a_question():
    from kbase.querying.files import file_in, file_words, without_files

    assert file_words("Summarise papers/m.pdf, please") == ["papers/m.pdf"]
    assert not file_words("What does random.random() return in Python 3.11?") and not file_words("x" * 100_000)
    assert file_in("who wrote M.PDF?", "papers/m.pdf") == "M.PDF" and not file_in("am.pdf", "papers/m.pdf")
    assert file_in("What do my notes.txt say?", "my notes.txt") == "my notes.txt"
    assert without_files("What does m.pdf say of oak?", ["papers/m.pdf"]).split() == "What does say of oak?".split()


def test_a_file_that_is_named_is_the_only_one_read(tmp_path):
    from kbase import KnowledgeBase

    folder = tmp_path / "boats"
    folder.mkdir()
    for name, wood in (("gull.txt", "oak"), ("tern.txt", "pine"), ("old tern.txt", "elm")):
        (folder / name).write_text(f"The boat is built of {wood}. Its sail is red, and its mast is of {wood} too.\n")
    with KnowledgeBase(str(tmp_path / "kb")) as kb:
        kb.add(folder, progress=False)
        for name, wood in (("gull.txt", "oak"), ("TERN.TXT", "pine"), ("boats/old tern.txt", "elm")):
            answer = kb.ask(f"What is the boat in {name} built of?")
            assert wood in answer.text and len({one.uri for one in answer.citations}) == 1, answer
            assert {hit.uri for hit in kb.ask(f"Summarise {name}").evidence} == {f"boats/{name.split('/')[-1].lower()}"}
        gone = kb.ask("Summarise swan.pdf")
        assert gone.refused and "swan.pdf" in gone.reason


def test_what_stands_in_gone_files_alone_is_weak():
    from kbase.querying.doubts import with_gone

    answer = answer_fact("How many ships pass the bridge?", hits("Some 300 ships pass the bridge."))
    assert answer.strength.level == "strong" and with_gone(answer, ()) == answer
    weak = with_gone(answer, {"d"})
    assert weak.strength.level == "weak" and "gone" in weak.strength.words and weak.citations[0].gone


def test_a_citation_says_that_its_page_was_read_by_ocr_and_what_is_printed_on_it():
    meta = {"ocr_pages": [2], "page_labels": ["i", "ii", "1"]}
    answer = answer_fact("How many ships pass the bridge?", hits("Some 300 ships pass the bridge.", page=2, meta=meta))
    assert answer.citations[0].by_ocr and answer.citations[0].page_label == "ii"
    assert "page ii (2 in the file) (read by OCR)" in answer.citations[0].place
    assert "read by OCR" in answer._repr_html_()
    plain = answer_fact("How many ships pass the bridge?", hits("Some 300 ships pass the bridge.", page=3, meta=meta))
    assert not plain.citations[0].by_ocr and "page 1 (3 in the file)" in plain.citations[0].place


# -- rows of a table -------------------------------------------------------

HARBOURS = """# Harbours

| Harbour | Country | Berths | Crane |
|---|---|---|---|
| Emden | Germany | 31 | yes |
| Gdynia | Poland | 44 | yes |
| Nantes | France | 12 | no |
| Brest | France | 19 | no |
| Lorient | France | 7 | yes |
| Kiel | Germany | 28 | no |
"""


@pytest.mark.parametrize(
    ("question", "named", "left_out"),
    [
        ("How many berths does Gdynia have?", ["Gdynia"], ["Emden", "Kiel", "Brest"]),
        ("Which harbours are in Germany?", ["Emden", "Kiel"], ["Gdynia", "Brest"]),
        ("Which harbours are in France?", ["Nantes", "Brest", "Lorient"], ["Gdynia", "Kiel"]),
        ("How many berths do the harbours have?", ["Emden", "Gdynia", "Kiel", "Brest"], []),
    ],
)
def test_the_rows_that_match_are_quoted_below_the_names_of_the_columns(question, named, left_out):
    answer = answer_fact(question, hits(HARBOURS, title="Harbours", uri="h.md"))
    assert all(name in answer.text for name in ["| Harbour | Country |", "|---|", *named]), answer.text
    assert not any(name in answer.text for name in left_out), answer.text
    assert answer.text.count("|---|---|") == 1 and answer.strength.level == "strong"
    assert all(citation.quote in HARBOURS for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "word", "asks"),
    [
        ("How long is it baked?", "long", True),
        ("What is a long bridge?", "long", False),
        ("In what year was the act passed?", "year", True),
        ("Wie lange wird es gebacken?", "lange", True),
        ("¿Cuánto tiempo se hornea el pan?", "tiempo", True),
        ("Combien de temps faut-il cuire le pain ?", "temps", True),
    ],
)
def test_the_word_that_asks_is_not_missed(question, word, asks):
    weights = {term.word: term.weight for term in question_words(question)}
    assert (weights[word] < 1) is asks, weights


def test_how_long_is_answered_without_the_word_long():
    answer = answer_fact("How long is it baked?", hits("Bake it for 40 minutes at 220 degrees."))
    assert answer.strength.level == "strong", answer.strength


# -- yes or no -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "language", "asks"),
    [
        ("Is the gate locked at night?", "en", True),
        ("Can a boat pass below it?", "en", True),
        ("Can you tell me who locks the gate?", "en", False),
        ("Which gate is locked?", "en", False),
        ("Issues of the gate?", "en", False),
        ("Kann ein Boot durchfahren?", "de", True),
        ("Welches Boot kann durchfahren?", "de", False),
        ("Est-ce que le portail est fermé ?", "fr", True),
        ("¿Puede pasar un barco?", "es", True),
        ("¿Qué barco puede pasar?", "es", False),
        ("大门晚上关吗？", "zh", True),
    ],
)
def test_which_questions_want_a_yes_or_a_no(question, language, asks):
    assert bool(yes_no_asked(question, language)) == asks


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("Is the gate locked at night?", "The gate is never locked at night.", False),
        ("Is the gate locked at night?", "The gate is red. It was locked by a guard of the night.", True),
        ("Can a gate key be a card?", "Each key is used many times for the gate, and so is the card.", True),
        ("Can a gate key be a card?", "A key of the gate may be a card.", False),
        ("Are ferries heated?", "Trains, trams and, since last winter, ferries are heated.", False),
        ("Who heats the ferries?", "The harbour is old.", False),
    ],
)
def test_a_yes_or_no_stands_in_one_sentence(question, text, lacks):
    found = hits(text)
    passages = [Passage(one, 0, len(text), 0) for one in found]
    assert lacks_statement(question, found, passages) == lacks


def test_what_stands_above_names_the_subject_and_not_what_is_asked():
    named, scattered = "They are locked at night.", "They are red."
    for title, text, lacks in (("The gates", named, False), ("The locked gates at night", scattered, True)):
        found = hits(text, title=title)
        assert lacks_statement("Are the gates locked?", found, [Passage(found[0], 0, len(text), 0)]) == lacks


# -- words that nobody read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How do I open the harbour gate with a card?", "card"),
        ("How do I get to open the harbour gate?", ""),
        ("In which town do I open the harbour gate?", ""),
        ("How do I open the harbour gate and its wicket?", ""),
        ("Does Olsen or Moreau open the harbour gate?", "moreau"),
    ],
)
def test_a_word_that_not_even_the_chunk_has(question, missing):
    text = "To open the harbour gate, Olsen turns the crank. The wicket is beside it."
    found = hits(text)
    assert missing_word(question, found, [Passage(found[0], 0, text.index(" The wicket"), 0)]) == missing


def test_the_name_of_a_file_says_whom_it_is_about():
    found = hits("The net loss was 4 crowns.", title="Annual report", uri="reports/holm_2021.pdf")
    assert missing_word("What was the net loss of Holm?", found, [Passage(found[0], 0, 26, 0)]) == ""


@pytest.mark.parametrize(
    ("opened", "lacks"), [("Call it so:", True), ("A gate opens by night when it is told so:", False)]
)
def test_code_says_neither_yes_nor_no(opened, lacks):
    text = f"{opened}\n\n```python\ngate.opens(by_night=True)\n```\n"
    found = hits(text, title="Calls")
    (code,) = (one for one in quotable(text) if one.kind == "code")
    passage = Passage(found[0], code.start, code.end, 0, piece=code)
    assert lacks_statement("Does the gate open by night?", found, [passage]) == lacks


def test_a_year_that_not_even_the_chunk_has():
    question, text = "Who was the youngest miller in 2021?", "Ida Olsen became the youngest miller this year."
    found = hits(text)
    assert missing_word(question, found, [Passage(found[0], 0, len(text), 0)]) == "2021"
    dated = hits(text, title="Millers of 2021")
    assert missing_word(question, dated, [Passage(dated[0], 0, len(text), 0)]) == ""


def test_the_parameters_of_a_signature_say_neither_yes_nor_no():
    text = "## gate.close(night=False, lock_doors=True)\n\nThe method shuts them."
    found = hits(text, uri="gate.md", title="gate")
    passages = find_passages("Does gate.close lock the doors by night?", found)
    assert passages and lacks_statement("Does gate.close lock the doors that it shuts?", found, passages)
    assert not lacks_statement("Is it gate.close that shuts them?", found, passages)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Where do the bridge masters live?", ""),
        ("Where are the bridge masters located?", ""),
        ("How do the bridge masters live?", "live"),
        ("Where do the bridge masters dance?", "dance"),
    ],
)
def test_of_where_something_is_the_verb_is_not_missed(question, missing):
    text = "The bridge masters are at home in Oberau."
    found = hits(text)
    assert missing_word(question, found, [Passage(found[0], 0, len(text), 0)]) == missing


@pytest.mark.parametrize(
    ("question", "text", "weak"),
    [
        ("Which bell is rung before a ship casts off?", "The green bell is rung after a ship casts off.", True),
        ("Which bell is rung before a ship casts off?", "The green bell is rung before a ship casts off.", False),
        ("Which bell is rung before a ship casts off?", "It rings before, and the red one after, it casts off.", False),
        ("Is the bell rung before a ship casts off?", "The bell is rung after a ship casts off.", False),
        ("What is the maximum depth of the dock?", "The minimum depth of the dock is 4 m.", True),
        ("What is the depth of the dock?", "The minimum depth of the dock is 4 m.", False),
    ],
)
def test_the_opposite_of_a_word_is_no_answer(question, text, weak):
    found = turned_round(question, [Passage(hit, 0, len(hit.text), 0) for hit in hits(text)])
    assert bool(found) == weak, found
    assert not weak or found.startswith("the best passage has")
