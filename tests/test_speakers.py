"""Who says a sentence: dialogues in their usual forms, mails and what they quote, and what only looks like them."""

import pytest

from kbase.hits import Hit, Hits
from kbase.nodes import Node
from kbase.querying.fact_writer import answer_fact
from kbase.querying.passages import find_passages, quoted_text
from kbase.querying.speakers import (asked_speakers, person_name, quoted_name, speaker_fit, speaker_of, speaks_of_self,
                                     turns_of, wants_speaker, with_speaker)

DIALOGUES = {
    "colon": "Ida: Who takes the oars home?\nTom Berg: I do, they fit into the van.\nIda: Good.",
    "bold": "**Ida:** Who takes the oars home?\n**Tom Berg:** I do, they fit into the van.\n**Ida:** Good, thanks.",
    "bold, colon outside": "**Ida**: Who takes the oars home?\n**Tom Berg**: I do, they fit into the van.",
    "chat": "<Ida> Who takes the oars home?\n<Tom Berg> I do, they fit into the van.\n<Ida> Good.",
    "time first": "[10:32] Ida: Who takes the oars home?\n[10:33] Tom Berg: I do, they fit into the van.",
    "date and time": "2024-03-05 10:32 - Ida: Who takes the oars home?\n2024-03-05 10:33 - Tom Berg: I do, in the van.",
    "time behind": "Ida (10:32): Who takes the oars home?\nTom Berg (10:33): I do, they fit into the van.",
    "blank lines": "Ida: Who takes the oars home?\n\nTom Berg: I do, they fit into the van.\n\nIda: Good.",
    "a line before": "Minutes of the meeting\n\nIda: Who takes the oars home?\nTom Berg: I do, they fit into the van.",
    "german": "Ida: Wer nimmt die Ruder mit?\nTom Berg: Ich, sie passen in den Wagen.\nIda: Gut.",
}

@pytest.mark.parametrize("form", DIALOGUES)
def test_a_dialogue_knows_who_speaks(form):
    text = DIALOGUES[form]
    assert {turn.speaker for turn in turns_of(text, "de" if form == "german" else "en")} == {"Ida", "Tom Berg"}

@pytest.mark.parametrize("text", [
    "Name: Blue heron hut\nBeds: 12\nWarden: Ann Olsen\nPhone: 555-0199",
    "- **Specific**: The goal names one thing.\n- **Measurable**: The goal has a number in it.",
    "Add: depreciation 34.2 20.1\nLess: capital expenditure 11.8 9.4",
    "Note: the lake is deep.", "", "just a line", "http://example.org: our page\nftp://example.org: our files",
    "Tides: The water rises twice a day.\nWinds: The wind blows from the west.",
])
def test_what_only_looks_like_one_has_no_speakers(text): assert turns_of(text) == ()

def _hit(text, headings=(), **meta):
    return Hit(Node("d", "chunk", 0, len(text), text, "", "a.eml", headings, meta=meta), 1.0)

def test_the_later_sentences_of_a_turn_are_its_speakers():
    text = "Ida: Who takes them?\nTom Berg: I do.\nThey fit into the van.\nIda: Good."
    assert speaker_of(_hit(text), text.index("They fit")) == "Tom Berg"
    assert speaker_of(_hit(text), text.index("Good")) == "Ida"
    assert speaker_of(_hit(f"A line.\n{text}"), 0) == ""

@pytest.mark.parametrize("line, who", [
    ("Quoted: On Tue, 8 Oct 2024 at 09:12, Ana Moreau <ana@example.org> wrote:", "Ana Moreau"),
    ("Quoted: Am 08.10.24 um 09:12 schrieb Ana Moreau:", "Ana Moreau"),
    ("Quoted: Le 8 octobre 2024, Ana Moreau a écrit :", "Ana Moreau"),
    ("Quoted", ""), ("Quoted: as I said before:", ""),
])
@pytest.mark.parametrize("known", [True, False])
def test_a_quotation_is_not_the_senders(line, who, known):
    people = {"to": "Ana Moreau <ana@example.org>; build@example.org"} if known else {}
    hit = _hit("I propose to move.", ("Re: Moving", line), **{"from": "Jonas Weber <jonas@example.org>"}, **people)
    assert speaker_of(hit, 0) == who
    assert speaker_of(hit, 0, ("Re: Moving",)) == "Jonas Weber"

def test_names_of_addresses():
    assert [person_name(one) for one in ('"Moreau, Ana" <a@b.org>', "a.moreau@b.org", "<x@b.org>", "Ana", "")] == [
        "Moreau, Ana", "a.moreau", "x", "Ana", ""]
    assert quoted_name("", ()) == ""

@pytest.mark.parametrize("question, who", [
    ("What does Tom say about the van?", ("Tom Berg",)), ("What did Berg offer?", ("Tom Berg",)),
    ("According to Ida, who takes the oars?", ("Ida",)), ("What has Ida suggested?", ("Ida",)),
    ("Was hat Tom Berg vorgeschlagen?", ("Tom Berg",)), ("Que propose Ida ?", ("Ida",)),
    ("What does Li Hua want?", ("LiHua",)), ("Where is the van of Tom?", ()), ("Who is Ida?", ()),
    ("What does Idaho say?", ()),
])
def test_whose_words_are_asked_for(question, who): assert asked_speakers(question, ("Ida", "Tom Berg", "LiHua")) == who

@pytest.mark.parametrize("question, wanted", [
    ("Who proposed to move?", True), ("By whom was it offered?", True), ("Wer nimmt die Ruder?", True),
    ("What is a whorl?", False), ("Where are the oars?", False), ("谁买油漆？", True),
])
def test_who_is_asked_for(question, wanted): assert wants_speaker(question) is wanted

def test_how_a_sentence_fits():
    both = ("Ida", "Tom Berg")
    assert speaker_fit("What does Tom say?", "They fit.", "Tom Berg", both) == 1
    assert speaker_fit("What does Tom say?", "Thanks, Tom.", "Ida", both) == -1
    assert speaker_fit("What does Tom say?", "They fit.", "", both) == 0
    assert speaker_fit("Who takes the oars?", "I do, in the van.", "Tom Berg", both) == 1
    assert speaker_fit("Who takes the oars?", "The oars are long.", "Tom Berg", both) == 0
    assert speaker_fit("Where are the oars?", "I do, in the van.", "Tom Berg", both) == 0

def test_a_quote_gets_the_name_that_it_lacks():
    assert with_speaker("I take them.", "Tom Berg") == "Tom Berg: I take them."
    assert with_speaker("Tom Berg: I take them.", "Tom Berg") == "Tom Berg: I take them."
    assert with_speaker("The van is full.", "Tom Berg") == "The van is full."
    assert with_speaker("I take them.", "") == "I take them."
    assert speaks_of_self("Ich nehme sie.", "de") and not speaks_of_self("Sie nimmt sie.", "de")

def test_hostile_text_is_read_in_time():
    many = 50_000
    for text in ("a " * many, "A:" * many, "<" * many, "1:" * many + "\n", "Ann: I\n" * 20_000, "* " * many):
        turns_of(text)

@pytest.mark.parametrize("text, line", [
    ("Ida: Who takes the oars?\nTom Berg: My van is large.\nIda: Good.", "Tom Berg: My van is large."),
    ("We take the oars in my van.", "Ana Moreau: We take the oars in my van."),
    ("The oars fit the van.", "The oars fit the van."),
])
def test_a_list_says_whose_sentence_it_shows(text, line):
    from kbase.querying.list_writer import mention_line
    from kbase.querying.passages import Quotes

    at = text.index("van")
    node = Node("d", "chunk", 0, len(text), text, "Oars", "a.eml", meta={"from": "Ana Moreau <ana@example.org>"})
    assert f": {line} [1]" in mention_line(Hit(node, 1.0, matched=((at, at + 3),)), Quotes())

# -- in answers

MAILS = {
    "1_boats.eml": ("Ida Lund <ida@example.org>", "Dear all,\n\nthe old boats leak. I suggest to sell them in March. "
                    "Who could look for new ones?\n\nIda"),
    "2_boats.eml": ("Tom Berg <tom@example.org>", "Hello Ida,\n\nI asked three yards for new boats. The cheapest "
                    "offer is from Lindau. They need ten weeks and want the money by 20 June.\n\nTom"),
    "3_boats.eml": ("Mara Voss <mara@example.org>", "Good. Tom's yard has no oars for boats yet. I sell our old boats "
                    "on 4 May, then.\n\nMara"),
}

def _mails():
    hits = []
    for name, (sender, text) in MAILS.items():
        meta = {"from": sender, "to": "crew@example.org"}
        above = ("New boats", f"{sender.split(' <')[0]} wrote to crew@example.org")
        node = Node(name, "chunk", 0, len(text), text, "New boats", name, above, language="en", meta=meta)
        hits.append(Hit(node, 1.0))
    return Hits(hits)

@pytest.mark.parametrize("question, start", [
    ("Who suggested to sell the old boats?", "Ida Lund: I suggest to sell them in March."),
    ("Who asked three yards?", "Tom Berg: I asked three yards for new boats."),
    ("What does Mara say about the oars?", "yard has no oars"),
    ("When do they sell the old boats?", "Mara Voss: I sell our old boats on 4 May"),
])
def test_a_mail_answers_with_the_one_who_speaks(question, start):
    answer = answer_fact(question, _mails())
    assert start in answer.text and answer.strength.level == "strong", (answer.text, answer.strength)

def test_the_name_below_a_mail_is_no_answer():
    found = [p.text for p in find_passages("Who could look for new boats?", _mails())]
    assert not any(text.endswith(("Ida", "Tom", "Mara")) for text in found), found

def test_a_speakers_name_is_text():
    text = "I suggest to sell the boats."
    hit = _hit(text, **{"from": "<b>![x](y)</b> Ida <ida@example.org>"})
    quote = quoted_text(find_passages("Who suggested to sell the boats?", Hits([hit]))[0])
    assert "<b>" not in quote and "![x](y)" not in quote and quote.endswith(text)


def test_a_name_is_found_whatever_its_case_and_a_long_list_of_names_costs_little():
    assert asked_speakers("What did TOM BERG say about the oars?", ("Ida", "Tom Berg")) == ("Tom Berg",)
    assert asked_speakers("What did Weiß say?", ("Weiß", "Weis")) == ("Weiß",)
    assert asked_speakers("What did Ida say?", tuple(f"Name{at} Other" for at in range(5000))) == ()
