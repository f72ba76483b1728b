"""Codes, numbers and other spellings: what must meet, what must stay apart, and that places are true."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbase import codes
from kbase.codes import find_codes, humps, identifiers, one_spelling, placed_pieces, text_pieces, visible
from kbase.language import analyze, matched_spans, query_terms, query_words, terms, words

UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\u3164\ufe0f\ufeff\ufff9"
)
INVISIBLE = st.sampled_from(UNSEEN + "\U000e0041\U000e0101")
LETTERS = st.text(string.ascii_letters, min_size=1, max_size=6)
DIGITS = st.text(string.digits, min_size=1, max_size=5)


def meet(query, text, language="en"):
    "Whether a search for the one finds the other."
    return bool(set(query_terms(query, [language])) & set(terms(text, language)))


def whole(text, language="en"):
    "The first term: a code before its parts."
    return terms(text, language)[0]


# what is written otherwise and is the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v2.10.3", "2.10.3"),
        ("V1.4.0-rc.1", "1.4.0"),
        ("1,250,000", "1250000"),
        ("1'250'000", "1250000"),
        ("1 250 000", "1,250,000"),
        ("1\u202f250\u202f000", "1250000"),
        ("1_000_000", "1000000"),
        ("12,345.67", "12345.67"),
        ("40kg", "40 kg"),
        ("40 kg", "40\u00a0kg"),
        ("5GB", "5 gb"),
        ("3.5mm", "3.5 mm"),
        ("1,500 km", "1500km"),
        ("CO₂", "CO2"),
        ("H₂SO₄", "H2SO4"),
        ("Na⁺", "Na+"),
        ("5 m²", "5 m2"),
        ("ISO9001", "ISO 9001"),
        ("ISO-9001", "ISO 9001:2015"),
        ("RFC2119", "rfc 2119"),
        ("PEP8", "PEP 8"),
        ("UTF8", "utf-8"),
        ("COVID-19", "Covid19"),
        ("café", "cafe"),
        ("naïve", "naive"),
        ("Résumé", "resume"),
        ("Zürich", "Zurich"),
        ("Łódź", "Lodz"),
        ("Søren", "Soren"),
        ("Encyclopædia", "encyclopaedia"),
        ("e-mail", "email"),
        ("E-mails", "emails"),
        ("long-term", "longterm"),
        ("read_csv", "readCsv"),
        ("U.S.", "US"),
        ("U.S.A.", "USA"),
        ("AB‑1234", "AB-1234"),
        ("AB−1234", "AB_1234"),
        ("ＩＳＯ　９００１", "ISO 9001"),
        ("٢٠٢٤", "2024"),
        ("½", "1/2"),
        ("ﬁle", "file"),
        ("don’t panic’s", "panic"),
        ("O’Brien", "O'Brien"),
        ("read\\_csv", "read_csv"),
        ("§12", "§ 12"),
        ("2024-05-06", "2024/05/06"),
        ("6.5.2024", "2024-05-06"),
        ("2024-05-06", "2024-05-06T10:30:00Z"),
        ("10:30", "2024-05-06T10:30"),
        ("1920×1080", "1920x1080"),
        ("1080", "1920x1080"),
        ("5pm", "5 pm"),
        ("1.25M", "1.25"),
        ("100k", "100"),
        ("Fig.2", "fig. 2"),
        ("Nr.5", "5"),
        ("__AB-12__", "AB-12"),
        ("**C++**", "C++"),
        ("10⁶", "10^6"),
    ],
)
def test_spellings_meet(one, other):
    assert meet(one, f"Here {other} stands.") and meet(other, f"Here {one} stands.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.250.000", "1250000"),
        ("1.250", "1250"),
        ("2.500,75", "2500.75"),
        ("3,5", "3.5"),
        ("1,5 kg", "1.5kg"),
        ("Müller", "Muller"),
        ("Amazonas-Regenwald", "Amazonasregenwald"),
        ("US-Dollar", "US"),
    ],
)
def test_german_spellings_meet(one, other):
    assert meet(one, f"Hier steht {other}.", "de") and meet(other, f"Hier steht {one}.", "de")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E-1024/7", "E-7/1024"),
        ("E-1024/7", "E-10247"),
        ("AB-1234-X", "AB-1234-Y"),
        ("CVE-2024-1234", "CVE-2024-12345"),
        ("CVE-2024-1234", "CVE-1234-2024"),
        ("ISO 45001", "ISO 14001"),
        ("C++", "C#"),
        ("A+", "A-"),
        (".NET", "NET"),
        ("2.10.3", "2.10.13"),
        ("10⁶", "106"),
        ("town¹", "town1"),
        ("1-12", "11-2"),
        ("10.0.0.5", "10.0.0.50"),
        ("R&D", "RD"),
        ("2024-05-06", "2024-06-05"),
        ("F-16", "F-161"),
    ],
)
def test_codes_stay_apart(one, other):
    assert whole(f"{one} stands here") != whole(f"{other} stands here")


def test_languages_and_grades_are_words():
    for text in ("C", "C++", "C#", "F#", "A+", ".NET", "R&D", "C++17"):
        assert text.casefold() in terms(f"It is ({text}), or so.", "en")
    assert "c" not in terms("C++ and C#", "en") and terms("B- and A−", "en") == ["b-", "a-"]
    assert terms("C/C++", "en") == ["c", "c++"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("AB-1234-X", {"ab", "1234"}),
        ("org.apache.commons.lang3.StringUtils", {"apach", "lang3", "string", "util"}),
        ("annual_report-2024.final.pdf", {"annual", "report", "2024", "pdf"}),
        ("ann.olsen@example.org", {"ann", "olsen", "exampl"}),
        ("+1-555-010-0199", {"555", "010", "0199"}),
        ("2024-05-06", {"2024", "05"}),
        ("IMG_1234.JPG", {"img", "1234", "jpg"}),
        ("ISO9001", {"iso", "9001"}),
        ("40kg", {"40", "kg"}),
        ("#climate_change", {"climat", "chang"}),
        (".gitignore", {"gitignor"}),
    ],
)
def test_parts_are_found(text, parts):
    found = terms(f"see {text} there", "en")
    assert parts <= set(found) and found[1] not in parts  # and the whole is a word of its own


# numbers between commas


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4017,87,1251", "4017 87 1251"),
        ("id,well\n101,250\n102,251", "101 250 102 251"),
        ("id,well\r\n101,250\r\n102,251", "101 250 102 251"),
        ("n,a,b\n7,101,250\n", "7 101 250"),
        ("[101,250,300]", "101 250 300"),
        ("(3,5)", "3 5"),
        ('{"a":[1,2,3],"b":17}', "1 2 3 17"),
        ("3.9,3.10,3.11", "3.9 3.10 3.11"),
        ("47.3769,8.5417", "47.3769 8.5417"),
        ("-33.86,151.21", "33.86 151.21"),
        ("Bolt,101,250", "101 250"),
        ("101,250,Bolt", "101 250"),
        ("x=4017,870,125;", "4017 870 125"),
        ("2024-05-06,17,250", "2024 17 250"),
        ("12:30,17,250", "12:30 17 250"),
        ("10.0.0.5,10.0.0.6", "10.0.0.5 10.0.0.6"),
        ("AB-12,AB-13", "ab12 ab13"),
        ("1,2", "1 2"),
    ],
)
def test_numbers_between_commas_are_found(text, numbers):
    for number in numbers.split():
        assert number in terms(text, "en") and number in query_terms(number, ["en"])


@pytest.mark.parametrize("text", ["made 1,250,000 bricks", "(1,250,000)", '"1,250,000"', "1,250,000.", "€1,250,000"])
def test_a_thousands_separator_is_inside_its_number(text):
    assert "1250000" in terms(text, "en") and not {"1", "250", "000"} & set(terms(text, "en"))


def test_a_decimal_comma_is_inside_its_number():
    assert terms("etwa 28,5 Prozent", "de")[1] == "28.5" and "28" not in terms("etwa 28,5 Prozent", "de")
    assert {"28", "5"} <= set(terms("a,b\n28,5\n", "de"))


@given(st.lists(st.integers(0, 99999), min_size=2, max_size=6), st.lists(st.integers(0, 99999), min_size=2, max_size=6))
def test_every_number_of_a_row_is_found(first, second):
    text = "a,b,c,d,e,f\n" + "".join(",".join(map(str, row)) + "\n" for row in (first, second))
    missing = [number for number in first + second if str(number) not in terms(text, "en")]
    groups = {len(str(number)) for row in (first, second) for number in row[1:]}
    assert not missing or groups == {3} or any(str(number).startswith("0") for number in first + second)


# what is not seen


@pytest.mark.parametrize("mark", [*UNSEEN, "\U000e0041", "\U000e0101"])
def test_invisible_characters_hide_no_word(mark):
    for text in (f"Dampf{mark}schiff", f"Dampfschiff{mark}", f"{mark}Dampfschiff", f"D{mark}ampf{mark}schif{mark}f"):
        assert terms(f"das {text} fährt", "de") == terms("das Dampfschiff fährt", "de")
        assert query_terms(text, ["de"]) == query_terms("Dampfschiff", ["de"])
    assert terms(f"AB-12{mark}34", "en") == terms("AB-1234", "en")


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), INVISIBLE), max_size=5))
def test_places_are_those_of_the_text_as_it_is(text, marks):
    hidden = text
    for at, mark in marks:
        hidden = hidden[:at] + mark + hidden[at:]
    for word, a, b in words(hidden):
        assert word and 0 <= a < b <= len(hidden) and hidden[a] not in UNSEEN and hidden[b - 1] not in UNSEEN


def test_what_matched_is_marked_in_the_text_as_it_is():
    text = "Das Dampf\u00adschiff und AB-\u200d1234\u200f, 40\u00a0kg."
    marked = [text[a:b] for a, b in matched_spans(text, "de", query_terms("Dampfschiff AB-1234 40 kg", ["de"]))]
    assert marked == ["Dampf\u00adschiff", "AB-\u200d1234", "40\u00a0kg"]


def test_a_line_that_ends_at_a_soft_hyphen_goes_on():
    text = "the adminis\u00ad\n  tration meets"
    assert terms(text, "en") == terms("the administration meets", "en")
    assert text[slice(*matched_spans(text, "en", ["administr"])[0])] == "adminis\u00ad\n  tration"


def test_a_zero_width_space_is_the_blank_of_a_script_without_blanks():
    assert [word for word, *_ in words("ភាសា\u200bខ្មែរ", "km")] == ["ភាសា", "ខ្មែរ"]
    assert visible("foo\u200bbar")[0] == "foobar"


def test_hebrew_and_arabic_points_are_left_out():
    assert terms("שָׁלוֹם", "he") == terms("שלום", "he") and terms("מֵאִי", "he") == terms("מאי", "he")


# one analysis


@given(st.text(st.sampled_from("aB1 -_.,/:+#§'&@\n\u00ad\u200d²₂é"), max_size=30))
def test_pieces_and_places_agree(text):
    assert text_pieces(text) == [piece for piece, _ in placed_pieces(text)]
    assert all(text[at:].startswith(piece) for piece, at in placed_pieces(text))
    assert terms(text, "en") == [token.term for token in analyze(text, "en")]
    assert not any(char.isspace() for term in terms(text, "en") for char in term)  # terms are joined by blanks


@given(LETTERS, DIGITS, st.sampled_from(["", "-", "_", " "]))
def test_the_sign_between_letters_and_digits_makes_no_difference(letters, digits, sign):
    assert one_spelling(letters + sign + digits) == one_spelling(letters + digits)


@given(st.lists(st.one_of(LETTERS, DIGITS), min_size=2, max_size=4), st.sampled_from("-/:."))
def test_a_code_is_found_by_itself(fields, sign):
    code = sign.join(fields)
    assert set(query_terms(code, [""])) <= set(terms(f"the code {code}, and more", ""))


@pytest.mark.parametrize("unit", [*codes._SIGNS["any_case"], *codes._SIGNS["exact"]])
def test_each_unit_meets_its_number(unit):
    assert whole(f"17 {unit} of it", "") == whole(f"17{unit} of it", "") and "17" in terms(f"17{unit}", "")


def test_words_behind_numbers_are_no_units():
    assert terms("5 in 10 people", "en") == ["5", "10", "peopl"] and "20th" in terms("the 20th century", "en")
    assert terms("12 minutes", "en")[0] == "12" and terms("5 A", "") == ["5", "a"]


def test_long_and_hostile_pieces_come_to_an_end():
    parts = ("x", "A", "1", "1,", "§", "a-", "a1", "A1-", "A ", "1 ", "1,111", "\n1,1", "a.", "A.", "a@", "\u00ad\n",
             "x\u00ad", "C++", "AB 1-", ".", "1.1", "1 111 ", "a+", "'s", "1_111", "¹", "1¹", "\u200d")  # fmt: skip
    for part in parts:
        terms(part * 20_000 + "!", "en")
        identifiers(part * 20_000 + "!")


# identifiers


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("ISO 45001", "iso45001"),
        ("ISO45001", "iso45001"),
        ("AB-1234-Y", "ab1234y"),
        ("ab-1234-y", "ab1234y"),
        ("E-7/1024", "e7/1024"),
        ("CVE-2024-1234", "cve2024-1234"),
        ("v2.10.3", "2.10.3"),
        ("10.0.0.5", "10.0.0.5"),
        ("C++", "c++"),
        (".NET", ".net"),
        ("§ 12", "§12"),
        ("ann@example.org", "ann@example.org"),
        ("P300", "p300"),
        ("GPT-4o", "gpt4o"),
        ("COVID-19", "covid19"),
        ("555-0199", "555-0199"),
        ("RFC 2119", "rfc2119"),
    ],
)
def test_identifiers_name_one_thing(text, term):
    question = f"What does {text} mean?"
    found = identifiers(question)
    assert [one.term for one in found] == [term] and question[found[0].start : found[0].end] == text


@pytest.mark.parametrize(
    "text",
    ["2024-05-06", "06.05.2024", "1990-1995", "40 kg", "5GB", "1,250,000", "3.14", "20th", "mid-1990s", "pre-1914",
     "25-year-old", "long-term", "asyncio.gather", "read_csv", "in 1957", "10:30", "24/7", "U.S.", "top-10"],
)  # fmt: skip
def test_what_has_other_spellings_is_no_identifier(text):
    assert identifiers(f"What happened with {text} there?") == []


def test_an_identifier_knows_its_parts():
    (norm,) = identifiers("Does it meet ISO 14001?")
    assert norm.parts == ("iso", "14001") and norm.parts[1] in terms("ISO 9001 and 14001", "en")


def test_a_compound_is_not_had_by_its_part():
    found = {word.word: word for word in query_words("Which gasket is AB-1234-Y?")}
    assert found["ab1234y"].parts == 2 and not found["ab1234y"].stems & {"ab", "1234"} and found["ab"].parts == 0


def test_forms_are_tried_in_order():
    forms = {form: next(find_codes(text)).form for form, text in (
        ("date", "2024-05-06"),
        ("clock", "10:30"),
        ("mail", "a.b@c.org"), ("section", "§§12"), ("spaced", "ISO 9001"), ("quantity", "1,250.5 kg"),
        ("figure", "1,250.5"), ("initials", "U.S."), ("signed", "C++"), ("dotted", ".NET"),
        ("run", "a-1"))}  # fmt: skip
    assert all(form == found for form, found in forms.items()) and list(forms) == list(codes._FORMS)


@pytest.mark.parametrize("word, parts", [("PDFs", ["PDFs"]), ("allowedURLs", ["allowed", "URLs"]),
                                         ("CSVsOf", ["CSVs", "Of"]), ("XMLParser", ["XML", "Parser"])])
def test_the_plural_of_capitals_is_one_word(word: str, parts: list[str]) -> None:
    assert [word[start:end] for start, end in humps(word)] == parts
