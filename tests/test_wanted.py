"""What a question must have: words in quotes, a quarter, a length of time, a number of the things that are counted."""

import pytest

from kbase.querying.code_names import lacks_code_name
from kbase.querying.counting import counted_term, counts_part, counts_thing
from kbase.querying.outcomes import does_to_thing, lacks_result
from kbase.querying.wanted import (lacks_amount, lacks_extreme, lacks_length, lacks_lettered, lacks_measure,
                                   lacks_most, lacks_owner, lacks_phrase, lacks_rank, lacks_role, lacks_total,
                                   lacks_version, lacks_wanted, other_quarter, part_of_year, quarters_of,
                                   quoted_phrases)

@pytest.mark.parametrize("question, phrases", [
    ('What is a "dry dock"?', ("dry dock",)), ("Was heißt „nasse Füße“?", ("nasse füsse",)),
    ("Que veut dire « quai » ?", ("quai",)), ("What does `with open` do?", ("with open",)), ("What is a dock?", ()),
    ('"?"', ()), ("", ()),
])
def test_words_in_quotes(question, phrases): assert quoted_phrases(question) == phrases

def test_a_phrase_is_found_whatever_its_marks():
    ask = 'What does "yield from" do?'
    for text in ("``yield from`` hands over", "**Yield from** it", "yield\nfrom", "the “yield from” form"):
        assert lacks_phrase(ask, text) == ""
    assert lacks_phrase(ask, "yield takes a value from it") == "yield from"
    assert lacks_phrase('"a b" or "c d"?', "only c d") == ""

@pytest.mark.parametrize("language, text, found", [
    ("en", "Q2 2022 and the third quarter", {2, 3}), ("en", "the three months\nended June 30, 2022", {2}),
    ("de", "im 2. Quartal", {2}), ("fr", "au premier trimestre", {1}), ("es", "del tercer trimestre", {3}),
    ("zh", "第二季度收入", {2}), ("en", "a quarter of the staff", set()),
])
def test_quarters(language, text, found): assert quarters_of(text, language) == found

def test_another_quarter():
    ask = "What was the result in Q3 2023?"
    assert other_quarter(ask, "Highlights of the second quarter")
    assert not other_quarter(ask, "Second and third quarter compared")
    assert not other_quarter(ask, "The result was good.") and not other_quarter("What was the result?", "Q2")

@pytest.mark.parametrize("language, question, length, other", [
    ("en", "How long does the glue dry?", "Let it dry for 12 hours.", "It dries every morning."),
    ("en", "How long is the bridge?", "The bridge is 300 m long.", "It was built in 1954."),
    ("en", "How long is the licence valid?", "It stays valid until it is revoked.", "It was given in October."),
    ("en", "For how long was the mill shut?", "It was shut for three years.", "It was shut in 1954."),
    ("de", "Wie lange trocknet der Leim?", "Er trocknet zwölf Stunden.", "Er trocknet jeden Morgen."),
    ("fr", "Combien de temps sèche la colle ?", "Elle sèche 12 heures.", "Elle sèche le matin."),
    ("es", "¿Cuánto tiempo seca la cola?", "Seca en 12 horas.", "Seca por la mañana."),
    ("zh", "胶水要干多久？", "需要十二小时。", "每天早上干。"),
])
def test_a_length_of_time(language, question, length, other):
    assert not lacks_length(question, length, language)
    assert lacks_length(question, other, language)

def test_only_how_long_wants_one(): assert not lacks_length("When does the glue dry?", "In the morning.")

@pytest.mark.parametrize("language, question, counted, other", [
    ("en", "How many drivers do you have?", "We have 3.5 million active drivers.", "In 72 lands. Drivers matter."),
    ("en", "How many rooms are there?", "The rooms on both floors are fourteen.", "Rooms were painted in 1998."),
    ("en", "How many sheep died?", "No sheep died.", "Sheep died in the flood of 1954."),
    ("de", "Wie viele Zimmer gibt es?", "Es gibt vierzehn Zimmer.", "Die Zimmer sind hell."),
    ("es", "¿Cuántas habitaciones hay?", "Hay 14 habitaciones.", "Las habitaciones son claras."),
])
def test_a_number_of_the_things(language, question, counted, other):
    term = counted_term(question, language)
    assert term and counts_thing(counted, term, language) and not counts_thing(other, term, language)

def test_a_table_may_count(): assert counts_thing("| Rooms | 14 |", counted_term("How many rooms?"))

def test_one_passage_is_enough():
    ask = "How long does the glue dry?"
    assert lacks_wanted(ask, ["It dries."]) and not lacks_wanted(ask, ["It dries.", "It takes two days."])
    assert lacks_wanted(ask, []) == "" and lacks_wanted("What is glue?", ["Glue sticks."]) == ""

@pytest.mark.parametrize("question, text, lacking", [
    ("What is the area of the lake?", "The lake lies in the hills since 1911.", True),
    ("What is the area of the lake?", "The lake covers 12 square kilometres.", False),
    ("How tall is the tower?", "The tower stands at the gate.", True),
    ("How tall is the tower?", "It has 31 m.", False),
    ("What is the price of freedom?", "It is twelve crowns.", False), ("What is a lake?", "The lake is deep.", False),
    ("What was the revenue of the mill in 1954?", "In 1954 the revenue fell.", True),
    ("What is the area of the lake?", "The lake area has a tower of 31 metres.", True),
    ("What is the area of the lake?", "Its area is 2.5 million km².", False),
    ("What was the mill's revenue in 1954?", "In 1954 it took 3 million as a reduction to revenue.", True),
    ("What was the mill's revenue in 1954?", "In 1954 it had 3 million marks in revenue.", False),
    ("What was the mill's revenue in 1954?", "Its revenue was 3 million in 1954.", False),
    ("What was the mill's revenue in 1954?", "In 1954 revenue rose to 3 million.", False),
    ("What was the mill's revenue in 1954?", "In 1954 the revenue grew by 12 %.", True),
    ("What was the mill's revenue in 1954?", "| Revenue | 3 million |", False),
    ("What was its market share in 1954?", "Its market share was 12 %.", False),
    ("What is the population of the town?", "Much of the population is at sea: 12 %.", True),
    ("What is the population of the town?", "It has 3,105 inhabitants.", False),
])
def test_measures(question, text, lacking): assert lacks_measure(question, text) is lacking

@pytest.mark.parametrize("question, text, lacking", [
    ("What was the first boat that Ida built?", "Ida built a boat of oak.", True),
    ("What was the first boat that Ida built?", "Ida began with a boat of oak.", False),
    ("Which is the largest lake?", "The lake lies in the hills.", True),
    ("Which is the largest lake?", "It is the deepest.", False),
    ("What was sold in the first quarter?", "Oak was sold.", False), ("How was it at first?", "It was cold.", False),
    ("Which is the largest lake?", "| Lake | 31 |", False),
])
def test_extremes(question, text, lacking): assert lacks_extreme(question, text) is lacking

@pytest.mark.parametrize("question, text, lacking", [
    ("Which town has the most bridges?", "Four of the towns are among the ten most populous places.", True),
    ("Which town has the most bridges?", "Most of the town lies on an island.", True),
    ("Which town has the most bridges?", "Altona is the town with the most bridges.", False),
    ("Which town has the most bridges?", "The largest of the towns is Altona.", False),
    ("Which town has the most bridges?", "| Altona | 31 bridges |", False),
    ("Who made the most bread?", "Ida made bread.", False),
])
def test_which_has_the_most(question, text, lacking): assert lacks_most(question, text) is lacking

@pytest.mark.parametrize("question, text, lacking", [
    ("Wie ist die Fläche des Sees?", "Der See ist 31 Meter tief.", True),
    ("Wie ist die Fläche des Sees?", "Er hat 12 Quadratkilometer.", False),
    ("Welche Stadt hat die meisten Brücken?", "Die Städte liegen bei den drei Orten mit der größten Dichte.", True),
    ("Welche Stadt hat die meisten Brücken?", "Altona hat die meisten Brücken.", False),
])
def test_measures_in_german(question, text, lacking):
    assert bool(lacks_wanted(question, [text], language="de")) is lacking

@pytest.mark.parametrize("text, lacking", [
    ("Mill, Inc., a Delaware corporation, offers you the position of Chief Financial Officer.", True),
    ("Ida Lund is our Chief Financial Officer.", False), ("The books are kept by Tom.", False),
])
def test_holders_of_an_office(text, lacking):
    assert lacks_role("Who is the chief financial officer of Mill?", text) is lacking
    assert not lacks_role("Who built the mill?", text)

def test_headings_help_with_what_they_may_say():
    assert lacks_wanted("What was sold in the second quarter?", ["Oak."], ["Highlights of the First Quarter"])
    assert not lacks_wanted("What was sold in the second quarter?", ["Oak."], ["Second quarter"])
    assert lacks_wanted("What is the area of the lake?", ["The lake is deep."], ["Item 7"])


@pytest.mark.parametrize("question, text, lacking", [
    ("Who is the mayor of Brandt?", "Including the former mayor Ida Holm, four came.", True),
    ("Who was the mayor of Brandt?", "Including the former mayor Ida Holm, four came.", False),
    ("Who is the CEO of Mill?", "Our plans are written by our Chief People Officer, who reports to the CEO.", True),
    ("Who is the CEO of Mill?", "The CEO, and all others, are watched by the Compensation Committee.", True),
    ("Who is the CEO of Mill?", "Tom Lund has since 2019 been our CEO.", False),
    ("Who is the director of the museum?", "| director | Ida Holm |", False),
])
def test_an_office_and_its_holder_stand_together(question, text, lacking):
    assert lacks_role(question, text) is lacking


@pytest.mark.parametrize("language, question, text, above, lacking", [
    ("en", "What is the capital of Norland?", "Its capital is Osby.", "Norland", False),
    ("en", "What is the capital of Norland?", "Osby is the capital of Norland.", "", False),
    ("en", "What is the capital of Norland?", "A capital idea, said the library. Norland agreed.", "", True),
    ("en", "What is the name of Ida's dog?", "The dog barks.", "", False),
    ("en", "What is the capital of it?", "The dog barks.", "", False),
    ("de", "Was ist die Hauptstadt von Nordland?", "Osby ist die Hauptstadt von Nordland.", "", False),
    ("de", "Was ist die Hauptstadt von Nordland?", "Die Hauptstadt schläft. In Nordland ist es kalt.", "", True),
    ("fr", "Quelle est la capitale de la Nordie ?", "La capitale dort. La Nordie est froide.", "", True),
    ("es", "¿Cuál es la capital de Nordia?", "La capital de Nordia es Osby.", "", False),
])
def test_a_thing_and_what_it_is_of_stand_together(language, question, text, above, lacking):
    assert bool(lacks_owner(question, text, above, language)) is lacking


def test_money_counts_no_people():
    term = counted_term("How many employees are there?")
    assert not counts_thing("Employees were sued, and $127 million awarded.", term)


def test_a_quarter_that_no_passage_names():
    ask = "How many riders were there in the fourth quarter of 2021?"
    assert "quarter" in lacks_wanted(ask, ["There were 900 riders."], ["Riders"])
    assert not lacks_wanted(ask, ["There were 900 riders in the fourth quarter."], ["Riders"])
    assert not lacks_wanted(ask, ["| Riders | 900 |"], ["Riders"])


@pytest.mark.parametrize("text, above, lacking", [
    ("The density of Osby makes it first: 72,918 people live in a square mile.", "", True),
    ("In Norland you meet people. In Osby 72,918 people live.", "", True),
    ("In Norland 72,918 people live.", "", False), ("72,918 people live here.", "Norland", False),
    ("Its population is 72,918.", "", False),
])
def test_a_measure_of_something_else(text, above, lacking):
    assert lacks_measure("What is the population of Norland?", text, above=above) is lacking


def test_an_adjective_is_nobody():
    assert lacks_role("Who is the mayor of Osby?", "Osby has been a town with a Strong mayor since 1898.")


@pytest.mark.parametrize("text, lacking", [
    ("**start(frames=1, /)** Start tracing memory.", True), ("Memory is traced by `trace(3)`.", True),
    ("It takes 28 bytes.", False), ("It takes nearly all of it.", False), ("| memory | 28 |", False),
])
def test_how_much_wants_an_amount(text, lacking):
    assert lacks_amount("How much memory does a number take?", text) is lacking


def test_one_in_four_is_no_measure():
    assert lacks_measure("What is the population of Norland?", "In Norland 1 in 4 residents is a miller.")

@pytest.mark.parametrize("language, question, text, lacks", [
    ("en", "Which is the second largest mill?", "The largest mill is Holm's.", True),
    ("en", "Which is the second largest mill?", "For the second time Holm's was the largest mill.", True),
    ("en", "Which is the second largest mill?", "Brandt's is the second-largest mill.", False),
    ("en", "Which is the second largest mill?", "| No. | Mill |\n| 2 | Brandt's |", False),
    ("en", "Which is the second largest mill?", "| No. | Mill |\n| 1 | Holm's |", True),
    ("en", "Who opened the second mill?", "Holm opened a mill.", True),
    ("en", "Who opened the second mill?", "The 2nd mill was opened by Holm.", False),
    ("en", "How much was ground in the second quarter?", "Much was ground.", False),
    ("en", "Does it turn every second?", "It turns fast.", False),
    ("en", "When did the Second Mill War end?", "Mill War II ended in May.", False),
    ("de", "Wer hat die dritte Mühle gebaut?", "Holm baute eine Mühle.", True),
    ("en", "Who is the third most popular miller?", "Ida is No. 3 of the millers.", False),
    ("de", "Welche ist die zweitgrößte Mühle?", "Die größte Mühle steht in Oberau.", True),
    ("de", "Welche ist die zweitgrößte Mühle?", "Die zweitgrößte Mühle steht in Oberau.", False),
])
def test_a_rank_is_no_other_rank(language, question, text, lacks):
    assert lacks_rank(question, text, language) == lacks

@pytest.mark.parametrize("question, text, lacks", [
    ("What was the revenue of Holm in 2019?", "In the second quarter of 2019 the revenue was 3 crowns.", True),
    ("What was the revenue of Holm in 2019?", "In 2019 it was 9 crowns, most in the second quarter.", False),
    ("What was the revenue of Holm in 2019?", "| | Three months ended June 30, 2019 |\n| Revenue | 3 |", True),
    ("What was the revenue of Holm in 2019?", "| | Year ended June 30, 2019 |\n| Revenue | 9 |", False),
    ("What was the revenue of Holm in Q2 2019?", "In the second quarter of 2019 the revenue was 3 crowns.", False),
    ("When in 2019 did Holm open?", "Holm opened in the second quarter of 2019.", False),
])
def test_a_quarter_is_no_year(question, text, lacks): assert part_of_year(question, text) == lacks

def test_a_quarter_of_another_year_is_another_quarter():
    ask = "How many guests came in the third quarter of 2019?"
    assert other_quarter(ask, "In the third quarter of 2018, 12 guests came.")
    assert not other_quarter(ask, "In the third quarter of 2019, 12 guests came, and 9 in the third quarter of 2018.")
    assert not other_quarter(ask, "In the third quarter, 12 guests came.")

def test_another_office_is_not_the_one_that_was_asked_for():
    ask = "Who is the chief executive officer of Holm?"
    assert lacks_role(ask, "Ida Olsen is the chief financial officer.")
    assert lacks_role(ask, "Holm Executive Change Plan", above="Chief Financial Officer")
    assert not lacks_role(ask, "Ida Olsen, our CEO since May, opened it.")
    assert not lacks_role(ask, "Ida Olsen", above="Chief Executive Officer")

def test_a_word_with_a_single_letter_is_a_word_of_its_own():
    assert lacks_lettered("Who introduced e-tickets?", "Holm introduced tickets.") == "e-tickets"
    for text in ("E-tickets came in May", "an e-ticket", "the eTicket", "E ticket"):
        assert lacks_lettered("Who introduced e-tickets?", text) == ""
    assert lacks_lettered("Who introduced day-tickets?", "Holm introduced tickets.") == ""

@pytest.mark.parametrize("text, lacks", [("Flour costs 3 crowns.", True), ("In all, it costs 3 crowns.", False),
                                         ("| Total costs | 3 |", False), ("The sum of costs is 3.", False)])
def test_a_part_is_no_total(text, lacks): assert lacks_total("What were the total costs of the mill?", text) == lacks


@pytest.mark.parametrize("text, counts", [
    ("The line has 12 ferries.", True), ("The ferries of the line were 12 in all.", True), ("12 ferries", True),
    ("On May 12 the ferries were sold.", False), ("The ferries cost $12 million.", False),
    ("The ferries were 37th in a list.", False), ("The ferries call at the 12 busiest ports.", False),
    ("It recorded $1.3 billion on December 31, 2021.", False), ("The fleet grew to 12.", True),
])
def test_a_number_of_the_things_and_no_day_rank_or_price(text, counts):
    assert counts_thing(text, counted_term("How many ferries does the line have?"), "en") == counts


@pytest.mark.parametrize("text, part", [
    ("More than 700 Nordic ferries are painted red.", True), ("It has 700 ferries in Norway.", True),
    ("Four of the ferries are red.", True), ("It has 700 red ferries.", False), ("It has 700 ferries in summer.",
                                                                                 False),
    ("It has 700 ferries, 12 of them in Norway.", False), ("No ferry is red.", False), ("", False),
])
def test_a_number_of_a_part_of_the_things(text, part):
    assert counts_part("How many ferries did the line have in 2021?", text) == part
    assert not counts_part("How many of the ferries are in Norway?", "Four of the ferries in Norway are red.")
    assert not counts_part("Wie viele Fähren gibt es?", "Es gibt 12 Fähren in Norwegen.", "de")


@pytest.mark.parametrize("text, lacks", [
    ("You can pack boxes yourself. The parcel goes out.", False), ("Pack the whole parcel tightly.", True),
    ("A parcel is packed by two people.", True), ("Wrap it up.", None), ("", None),
])
def test_what_is_done_is_done_to_the_thing(text, lacks):
    assert does_to_thing("How do I pack a large parcel?", text) is lacks
    assert does_to_thing("How is a parcel packed?", text) is None and does_to_thing("How?", text) is None


def test_a_code_name_stands_with_its_module():
    texts = ["kettle\n\nThe stem of the pipe is bent.", "pot\n\nlid_of(pot) lifts it."]
    assert lacks_code_name("What does pipe.bend_stem do?", texts) == "pipe.bend_stem"
    assert not lacks_code_name("What does pot.lid_of return?", texts) and not lacks_code_name("What is bent?", texts)
    assert lacks_wanted("What does pipe.bend_stem do?", texts, texts).startswith("“pipe.bend_stem”")


@pytest.mark.parametrize("text, lacks", [
    ("Kettle 4.2.11 boils.", True), ("Works with Water 3.9 and later.", False), ("It needs Water >= 3.9.", False),
    ("| Water | 3.9 |", False),
])
def test_versions_are_those_of_the_thing(text, lacks):
    assert lacks_version("Which Water versions does Kettle support?", text) == lacks
    assert not lacks_version("Which versions are there?", text)


def test_a_description_says_what_is_returned_or_raised():
    silent, speaking = "push(heap, item)\n\nPush an item onto it.", "pop(heap)\n\nReturns the item, or raises Empty."
    for question in ("What does push return?", "What does push raise?"):
        assert lacks_result(question, silent) and not lacks_result(question, speaking)
    assert not lacks_result("What does push do?", silent) and not lacks_result("What did the fund return?", "12 %.")
