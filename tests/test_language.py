"""What the analysis of words must keep: places that are true, terms that do not depend on what was read before,
queries that count their words."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbase import language
from kbase.codes import fold, placed_pieces
from kbase.request_words import requested_text
from kbase.language import (
    analyze,
    encodable,
    matched_spans,
    query_terms,
    query_words,
    split_sentences,
    stop_words,
    terms,
    without_request,
    words,
)

TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "foo_bar",
                "asyncio.gather()",
                "Müller’s",
                "HTTPServer",
                "ﬁne",
                "3.14",
                "我来到北京",
                "😀",
                "isn't",
                "_",
                "\ud800",
                "x" * 70,
                " ",
                ".",
                "The",
                "Häuser",
            ]
        ),
        max_size=30,
    ).map(" ".join),
)


@given(TEXTS, st.sampled_from(["en", "de", "zh", "ru", "", "xx"]))
def test_terms_have_their_places(text, code):
    tokens = analyze(text, code)
    assert terms(text, code) == [token.term for token in tokens]
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text) and len(token.term) <= language.MAX_TERM
    for word, start, end in words(text, code):
        assert word and text[start:end].strip()


def test_what_was_read_before_changes_nothing(monkeypatch):
    monkeypatch.setattr(language, "KNOWN_PIECES", 3)  # everything is forgotten again and again
    language._words.cache_clear()
    language._terms.cache_clear()
    language._bare_terms.cache_clear()
    text = "one two three four five foo_bar one two"
    assert terms(text, "en") == terms(text, "en") == [token.term for token in analyze(text, "en")]
    assert max(map(len, (language._words("en"), language._terms("en"), language._bare_terms("en")))) <= 3
    language._words.cache_clear()
    language._terms.cache_clear()
    language._bare_terms.cache_clear()


def test_threads_share_what_is_known():
    text, seen = " ".join(f"word{i % 500} Läufer{i % 300}s" for i in range(3000)), []
    workers = [threading.Thread(target=lambda: seen.append(tuple(terms(text, "en")))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(seen) == 8 and len(set(seen)) == 1


def test_a_very_long_word_is_not_remembered():
    before = len(language._words("en"))
    assert words("x" * 1_000_000)[0][0] == "x" * language.MAX_TERM
    assert len(language._words("en")) == before


@given(TEXTS, st.sampled_from(["en", "de", "zh", "th", "ja", "ru", "fi", ""]))
def test_a_piece_is_analysed_by_itself(text, code):
    alone = [
        (word, at + a, at + b) for piece, at in placed_pieces(encodable(text)) for word, a, b in words(piece, code)
    ]
    assert [found for found in words(text, code) if found not in alone] == []


@pytest.mark.parametrize(
    "text", ["word", "Word,", "(see", "“Quoted”", "end.)", "Wort;", "aB", "McAdam", "state-of-the-art"]
)
def test_the_short_way_finds_what_the_long_way_finds(text):
    known = language._words("en")
    assert list(known.make(text)) == known.plain(text, 0, len(text)) or "-" in text


@pytest.mark.parametrize(
    ("query", "languages", "wanted"),
    [
        ("A loop in a loop", ["en"], ["loop", "loop"]),
        ("loops, a loop and looping", ["en"], ["loop", "loop", "loop"]),
        ("Mannings", ["en", "de"], ["man", "manning"]),  # analysed in both languages, counted once in each
        ("Haus", ["de", "en"], ["haus", "haus"]),  # both make the same of it: asked for once, in its own language
        ("to be or not to be", ["en"], []),
        ("", ["en"], []),
    ],
)
def test_a_query_counts_its_words(query, languages, wanted):
    assert sorted(query_terms(query, languages)) == sorted(wanted)


def test_what_matched_is_marked_once():
    text = "A loop is a loop."
    assert [text[a:b] for a, b in matched_spans(text, "en", query_terms("loop loop", ["en"]))] == ["loop", "loop"]


def test_sentences_are_inside_the_text():
    text = "Dr. Miller came.\n\nShe left 😀. The end."
    assert [text[a:b] for a, b in split_sentences(text)] == ["Dr. Miller came.", "She left 😀.", "The end."]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Die Burg stammt aus dem 12. Jahrhundert. Sie brannte.", 2),
        ("Am 3. Mai kam er. Am 4. ging er.", 2),
        ("Es waren 12. Dann kamen mehr.", 2),
        ("Im Jahr 1812. Jahrhunderte vergingen.", 2),
        ("Er wurde 18. Jubel brach aus.", 2),
    ],
)
def test_an_ordinal_ends_no_german_sentence(text, number):
    assert len(split_sentences(text, "de")) == number


# questions

QUESTIONS = {
    "ar": ("متى يفتح المطعم؟ أين الطباخ؟", "متى أين"),
    "da": ("Hvem er kokken? Hvornår åbner kantinen?", "hvem hvornår"),
    "de": ("Wann öffnet die Kantine? Wer ist der Koch? Wessen Auto ist das? Warum?", "wann wer wessen warum"),
    "el": ("Πότε ανοίγει η καντίνα; Ποιος είναι ο μάγειρας;", "πότε ποιος"),
    "en": ("When does the canteen open? Whose car is it?", "when whose"),
    "es": ("¿Cuándo abre el comedor? ¿Quién es el cocinero? ¿Cuanto cuesta?", "cuándo quién cuanto"),
    "fi": ("Milloin ruokala aukeaa? Kuka on kokki?", "milloin kuka"),
    "fr": ("Combien coûte le repas ? Lequel ?", "combien lequel"),
    "he": ("מתי נפתח המטבח? איפה הטבח?", "מתי איפה"),
    "hi": ("कैंटीन कब खुलती है? रसोइया कौन है?", "कब कौन"),
    "hu": ("Hol van a konyha? Mikor nyit?", "hol mikor"),
    "it": ("Quando apre la mensa? Che cosa costa?", "quando cosa"),
    "ja": ("食堂はいつ開きますか。誰が料理人ですか。", "いつ 誰"),
    "ko": ("언제 열립니까? 누가 요리합니까?", "언제 누가"),
    "nl": ("Wanneer opent de kantine? Waarom?", "wanneer waarom"),
    "no": ("Hvem er kokken? Hvorfor?", "hvem hvorfor"),
    "pl": ("Kiedy otwiera się stołówka? Kto gotuje?", "kiedy kto"),
    "pt": ("Onde fica a cantina? Quanto custa?", "onde quanto"),
    "ro": ("Când se deschide cantina? Cine gătește?", "când cine"),
    "ru": ("Когда открывается столовая? Кто повар?", "когда кто"),
    "sv": ("När öppnar matsalen? Vem är kocken?", "när vem"),
    "th": ("ใครทำอาหาร เปิดเมื่อไร", "ใคร"),
    "tr": ("Kantin hangi saatte açılır? Nasıl?", "hangi nasıl"),
    "uk": ("Коли відкривається їдальня? Хто кухар?", "коли хто"),
    "vi": ("Khi nào mở cửa? Ai là đầu bếp?", "nào ai"),
    "zh": ("食堂什么时候开门？谁是厨师？", "什么 谁"),
}


@pytest.mark.parametrize("code", QUESTIONS)
def test_words_that_only_ask_are_no_content(code):
    question, asking = QUESTIONS[code]
    kept = {word.word for word in query_words(question, [code])}
    assert kept and not kept & set(asking.split()) and set(map(fold, asking.split())) <= stop_words(code)
    assert query_terms(question, [code])


def test_a_question_in_a_language_that_no_document_has():
    assert [word.word for word in query_words("Wann öffnet die große Kantine?", ["en"])] == [
        "öffnet",
        "grosse",
        "kantine",
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("IT", ["it"]),
        ("What does IT do?", ["it"]),
        ("WHO guidelines", ["who", "guidelin"]),
        ("US GDP", ["us", "gdp"]),
        ("Is OR a state of the US?", ["or", "state", "us"]),
        ("ALL in children", ["all", "children"]),
        ("U.S. exports", ["us", "export"]),
        ("an AND gate", ["and", "gate"]),
        ("who does it for them all?", []),
        ("WHO IS IT", []),
        ("WHAT DOES THE PUMP DO?", ["pump"]),
        ("HELP! WHAT DOES THE PUMP DO? It is on.", ["help", "pump"]),
        ("Do it. DO IT NOW", ["now"]),
        ("It and Who", []),
        ("I AM", []),
    ],
)
def test_acronyms_are_looked_up_and_shouts_are_not(query, wanted):
    assert [term for term in query_terms(query, ["en"]) if term != "am"] == wanted


def test_an_acronym_is_a_word_of_a_text():
    assert "it" in terms("The IT department repairs laptops.", "en") and "it" not in terms("THIS IS HOW TO DO IT", "en")
    assert [token.term for token in analyze("It is IT", "en")] == ["it"] and analyze("It is IT", "en")[0].start == 6


# several languages

BILINGUAL = [
    ("ru", "Мастерские закрываются по пятницам.", "Когда закрываются мастерские по пятницам?"),
    ("de", "Die Werkstätten schließen freitags um vierzehn Uhr.", "Wann schließen die Werkstätten am Freitag?"),
    ("fr", "Les ateliers ferment le vendredi à quatorze heures.", "Quand les ateliers ferment-ils le vendredi ?"),
    ("es", "Los talleres cierran los viernes a las catorce.", "¿Cuándo cierran los talleres los viernes?"),
    ("fi", "Työpajat suljetaan perjantaisin kello neljätoista.", "Milloin työpajat suljetaan perjantaisin aina?"),
]


@pytest.mark.parametrize(("code", "sentence", "question"), BILINGUAL)
def test_the_second_language_of_a_document_is_found(code, sentence, question):
    text = "This handbook describes the safety rules of the plant. " + sentence  # read as English
    assert len(set(query_terms(question, [code, "en"])) & set(terms(text, "en"))) >= 2
    assert len(set(query_terms(question, ["en", code])) & set(terms(sentence, code))) >= 2


def test_the_own_language_of_a_query_weighs_more():
    asked = query_terms("When did the Mannings play football?", ["de", "en"])
    assert asked.count("man") == 2 and asked.count("manning") == 1 and asked[0] == "man"


def test_a_question_whose_language_is_not_recognised_drops_its_common_words(monkeypatch):
    monkeypatch.setattr(language, "detect_language", lambda text, default="": default)
    asked = query_terms("How can you use the content parameter in the list?", ["en", "mk"])
    assert not {"how", "you", "the", "in"} & set(asked) and asked.count("content") == 2
    assert query_terms("Mannings", ["en", "de"]) == ["man", "manning"]


@pytest.mark.parametrize(
    ("query", "subject"),
    [
        ("I’m especially interested in papers on heat pumps.", "heat pumps."),
        ("Heat pumps. I would like to find articles describing their noise", "Heat pumps. their noise"),
        ("find all descriptions of the valve", "valve"),
        ("Tell me about Lisbon", "Lisbon"),
        ("which papers on tides", "tides"),
        ("valves, pumps, etc.", "valves, pumps, "),
        ("find a valve", "find a valve"),
        ("description of a valve", "description of a valve"),
        ("papers on", "papers on"),
        ("The papers on the desk", "The papers on the desk"),
        ("What do the papers on the desk say?", "What do the papers on the desk say?"),
    ],
)
def test_what_only_asks_for_documents_is_left_out(query, subject):
    assert requested_text(query, "en").strip() == subject.strip()
    assert set(query_terms(query, ["en"])) == set(query_terms(subject, ["en"]))
    assert requested_text(query, "xx") == query


def test_a_request_is_left_out_in_its_own_language():
    assert requested_text("Ich suche Artikel über Wärmepumpen", "de") == "Wärmepumpen"
    assert query_terms("Ich suche Artikel über Wärmepumpen", ["de"]) == query_terms("Wärmepumpen", ["de"])
    assert without_request("Tell me about Lisbon", ["en", "pt"]) == "Lisbon"


def test_no_part_of_a_contraction_is_a_term():
    assert terms("I'm sure that I'd say they'll come", "en") == terms("sure say come", "en")
