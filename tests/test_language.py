"""What the analysis of words must keep: places that are true, terms that do not depend on what was read before,
queries that count their words."""

import threading

import pytest
from icu4py.breakers import WordBreaker
from hypothesis import given
from hypothesis import strategies as st

from kbase import language
from kbase.language import analyze, encodable, matched_spans, query_terms, split_sentences, terms, words

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
    text = "one two three four five foo_bar one two"
    assert terms(text, "en") == terms(text, "en") == [token.term for token in analyze(text, "en")]
    assert len(language._words("en")) <= 3
    language._words.cache_clear()
    language._terms.cache_clear()


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
def test_word_breaks_do_not_look_across_white_space(text, code):
    text = encodable(text)
    whole = [
        (word, a, b)
        for start, end in language._icu_spans(WordBreaker, text, code or "en")
        for word, a, b in ((w, start + a, start + b) for w, a, b in language._folded(text[start:end]))
    ]
    assert words(text, code) == whole


@pytest.mark.parametrize(
    ("query", "languages", "wanted"),
    [
        ("A loop in a loop", ["en"], ["loop", "loop"]),
        ("loops, a loop and looping", ["en"], ["loop", "loop", "loop"]),
        ("Mannings", ["en", "de"], ["man", "manning"]),  # analysed in both languages, counted once in each
        ("Haus", ["de", "en"], ["haus"]),  # both languages make the same of it: it was asked for once
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
