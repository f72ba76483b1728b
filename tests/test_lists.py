"""Lists are counted, not searched for: every document that has the words, on both stores, against a plain look through
the texts; and what the account and the metadata know is answered from them."""

import re

import pytest
from haystack import Document as HaystackDocument

from kbase import KnowledgeBase
from kbase.nodes import Document, Node
from kbase.querying.account import asked_conditions, named_sources
from kbase.querying.mentions import find_mentions, phrase_spans, word_forms
from kbase.querying.planner import plan_question
from kbase.querying.subjects import subject_of
from kbase.stores.contract import open_store
from kbase.stores.rows import Indexed, Source


def stored(uri, *chunks, language="en", meta=None, title=""):
    "A document of some chunks, a blank line between them."
    text = "\n\n".join(chunks)
    document = Document(uri, text, title or uri.rpartition("/")[2].partition(".")[0], meta or {}, language=language)
    nodes, at = [], 0
    for chunk in chunks:
        nodes.append(
            Node(
                document.id,
                "chunk",
                at,
                at + len(chunk),
                chunk,
                document.title,
                uri,
                language=language,
                meta=document.meta,
            )
        )
        at += len(chunk) + 2
    return Indexed(
        Source(uri, document.id, title=document.title, nodes=len(nodes), meta=document.meta), document, nodes
    )


def corpus():
    "Some 140 documents: words, phrases, codes, words that stand apart, borders between chunks, other languages."
    items = [
        stored(f"gates/{n}.md", f"Log {n}.", f"The sluice gate was opened at {n % 24}:00.", "Nothing else.")
        for n in range(70)
    ]
    items += [
        stored(f"codes/{n}.md", f"Part AB-{1200 + n} replaces AB-{1100 + n}.", meta={"year": 2000 + n})
        for n in range(40)
    ]
    items += [
        stored("apart/one.md", "The gate is closed. A sluice was built in 1820."),
        stored("apart/two.md", "A sluice without any gate."),
        stored("marked/a.md", "See the **sluice** gate, or the\nsluice\ngate further down."),
        stored("border/a.md", "Here ends a text with sluice", "gates begin the next one."),
        stored("border/b.md", "A PEP", "525 is cut here."),
        stored("peps/a.md", "PEP 525 is about generators; PEP 5255 is not."),
        stored("peps/b.md", "PEP 52 and PEP 5250."),
        stored("versions/a.md", "Needs asyncio.run of 3.12.1, C++ and the_weir_module."),
        stored("words/windows.md", "Windows runs here."),
        stored("words/window.md", "A window is open."),
        stored("words/recursive.md", "A recursive call; RecursionError."),
        stored("words/recursion.md", "Recursions end. The story of stories."),
        stored("words/emphasis.md", "An _estuary_ of estuary_height."),
        stored("words/cafe.md", "Le caf\u00e9 et le cafe\u0301."),
        stored("de/wehr.md", "Die Fluten stiegen. Das Wehr brach im Hochwasser.", language="de"),
        stored("de/flut.md", "Eine Flut kam; die Wehre hielten.", language="de"),
        stored("zh/flood.md", "\u4e00\u573a\u5927\u6d2a\u6c34\u6df9\u6ca1\u4e86\u78e8\u574a\u3002", language="zh"),
    ]
    return items


TERMS = [
    "gate",
    "sluice",
    "sluice gate",
    "sluice gates",
    "AB-1215",
    "AB-1199",
    "PEP 525",
    "PEP 52",
    "asyncio.run",
    "3.12",
    "C++",
    "log",
    "the",
    "opened at",
    "Windows",
    "recursion",
    "story",
    "zxqwv",
    "nothing else",
    "weir",
]


def judged(items, term, forms=""):
    "The documents in which a plain look finds a term: whole words, in whatever case, with a plural."
    words = r"[\s*]+".join(map(re.escape, term.split()))
    end = r"(?!\w)" if term[-1].isalnum() else ""
    pattern = re.compile(rf"(?<!\w){words}{forms}{end}", re.I)
    return {item.document.uri for item in items if pattern.search(item.document.text)}


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def stocked(request, tmp_path_factory):
    "A store with the corpus, for all tests of this file."
    from conftest import remove_indices

    if request.param == "embedded":
        place, server, name = str(tmp_path_factory.mktemp("lists") / "store"), "", ""
    else:
        server = request.getfixturevalue("elastic_server")
        name = (
            "test-lists-"
            + tmp_path_factory.mktemp("lists").name.replace("_", "-")
            + re.sub(r"\D", "", str(id(request)))
        )
        place = f"{server}/{name}"
    store, items = open_store(place), corpus()
    store.put(items)
    yield store, items
    store.close()
    if server:
        remove_indices(server, name)


@pytest.mark.parametrize("term", TERMS)
def test_every_document_that_a_plain_look_finds_and_no_other(stocked, term):
    store, items = stocked
    found = find_mentions(store, term, loose=False)
    uris = {one.uri for one in found.documents}
    single = term[:-1] if term.endswith("s") and term.islower() else term
    wanted = judged(items, single, "(?:s|es)?" if term[-1].isalpha() else "")
    if term == "story":
        wanted = judged(items, "stor", "(?:y|ies)")
    assert uris == wanted, (sorted(uris - wanted), sorted(wanted - uris))
    assert all(
        (m.start, m.end) in phrase_spans(m.node.text, term, m.node.language)
        for one in found.documents
        for m in one.mentions
    )


def test_more_than_fifty_are_counted_and_the_most_mentions_come_first(stocked):
    store, _ = stocked
    found = find_mentions(store, "sluice gate")
    assert found.manner == "phrase" and len(found.documents) == 72 and len(set(found.ids)) == 72
    assert (found.documents[0].uri, found.documents[0].times) == ("marked/a.md", 2)


def test_words_that_stand_apart_are_no_phrase_but_are_found_where_no_phrase_is(stocked):
    store, _ = stocked
    assert {"apart/one.md", "apart/two.md"}.isdisjoint(one.uri for one in find_mentions(store, "sluice gate").documents)
    loose = find_mentions(store, "gate built sluice")
    assert loose.manner == "passage" and [one.uri for one in loose.documents] == ["apart/one.md"]
    assert not find_mentions(store, "gate built sluice", loose=False).documents


def test_a_phrase_over_the_border_of_two_chunks_is_found_once(stocked):
    store, _ = stocked
    for term, uri in (("sluice gate", "border/a.md"), ("PEP 525", "border/b.md")):
        (one,) = [one for one in find_mentions(store, term).documents if one.uri == uri]
        mention = one.mentions[0]
        text = store.document_span(
            one.document_id, mention.node.start + mention.start, mention.node.start + mention.end
        )
        assert one.times == 1 and text == mention.node.text[mention.start : mention.end]


def test_both_sides_and_either_side(stocked):
    store, _ = stocked
    either = find_mentions(store, "AB-1215 or PEP 525")
    assert either.manner == "any" and {one.uri for one in either.documents} == {
        "codes/15.md",
        "border/b.md",
        "peps/a.md",
    }
    both = find_mentions(store, "asyncio.run and C++")
    assert both.manner == "all" and [one.uri for one in both.documents] == ["versions/a.md"]


def test_other_languages_and_ways_of_writing(stocked):
    store, _ = stocked

    def uris(term):
        return {one.uri for one in find_mentions(store, term).documents}

    assert uris("Flut") == {"de/wehr.md", "de/flut.md"} and uris("Wehr") == {"de/wehr.md", "de/flut.md"}
    assert uris("\u6d2a\u6c34") == {"zh/flood.md"}
    assert uris("caf\u00e9") == uris("cafe\u0301") == {"words/cafe.md"}
    assert uris("estuary") == {"words/emphasis.md"} and not uris("height")


def test_filters_and_a_part_of_the_store(stocked):
    store, _ = stocked
    old = {"field": "meta.year", "operator": "<", "value": 2010}
    assert len(find_mentions(store, "part", old).documents) == 10 and len(find_mentions(store, "part").documents) == 40
    part = KnowledgeBase(store, where=old)
    answer = part.ask("Which documents mention the word part?")
    assert answer.text.startswith("10 documents mention \u201cpart\u201d:") and answer.trace["count"] == 10
    assert "10 documents" in part.ask("How many documents are there?").text


def test_the_answer_counts_and_shows_ten_each_with_the_words_in_its_citation(stocked):
    store, items = stocked
    answer = KnowledgeBase(store).ask("Which documents mention the sluice gate?")
    assert answer.text.startswith(
        "72 documents mention \u201csluice gate\u201d, 10 shown (all 72 are in `answer.evidence`)"
    )
    assert len(answer.evidence) == 72 and len(answer.evidence.to_frame()) == 72 and len(answer.citations) == 10
    assert answer.strength.level == "strong" and answer.route == "list" and answer.trace["count"] == 72
    texts = {item.document.id: item.document.text for item in items}
    for citation in answer.citations:
        assert citation.holds(texts[citation.document_id]) and phrase_spans(citation.quote, "sluice gate")
        assert len(citation.quote) < 200


@pytest.mark.parametrize(
    "question", ["Which documents mention zxqwv?", "How many files contain \u201cgate of the north\u201d?"]
)
def test_none_is_said_plainly(stocked, question):
    answer = KnowledgeBase(stocked[0]).ask(question)
    assert answer.refused and answer.strength.level == "none"
    assert f"is in none of your {len(stocked[1])} documents" in answer.reason


def test_words_that_only_stand_together_are_marked_weak(stocked):
    answer = KnowledgeBase(stocked[0]).ask("Which documents mention gate built sluice?")
    assert not answer.refused and answer.strength.level == "weak"
    assert answer.strength.words == "No document has \u201cgate built sluice\u201d as it stands"
    assert "all its words in one passage" in answer.text and "No document" not in answer.text  # it is said once


def test_documents_without_the_words(stocked):
    store, items = stocked
    answer = KnowledgeBase(store).ask("Which documents do not mention the sluice?")
    assert {hit.uri for hit in answer.evidence} == {item.document.uri for item in items} - judged(items, "sluice", "s?")


def test_a_list_about_something_has_all_documents_with_the_words(stocked):
    store, _ = stocked
    answer = KnowledgeBase(store).ask("List all documents about the sluice gate")
    found = {hit.uri for hit in answer.evidence}
    assert found >= {one.uri for one in find_mentions(store, "sluice gate").documents}
    assert re.match(r"\d+ documents about \u201csluice gate\u201d, 10 shown", answer.text)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Which documents mention the flood?", ("flood", True, False)),
        ("which of the files contain the word \u201cweak reference\u201d anywhere?", ("weak reference", True, False)),
        ("In which reports does the smith appear?", ("smith", True, False)),
        ("Where is PEP 525 mentioned?", ("PEP 525", True, False)),
        ("Find every document containing asyncio.run.", ("asyncio.run", True, False)),
        ("List all documents that mention C++", ("C++", True, False)),
        ("How many documents mention 'search and replace'?", ("search and replace", True, False)),
        ("Are there any papers mentioning BERT?", ("BERT", True, False)),
        ("Which files never mention the word TODO?", ("TODO", True, True)),
        ("Which documents are about soil erosion?", ("soil erosion", False, False)),
        ("Show me all reports on coral", ("coral", False, False)),
        ("Which letters?", ("", False, False)),
        ("Which documents mention that the gate was closed?", ("that the gate was closed", False, False)),
        ("Welche Dokumente erw\u00e4hnen das Hochwasser?", ("Hochwasser", True, False)),
        ("In welchen Dateien kommt das Wort Kleingarten vor?", ("Kleingarten", True, False)),
        ("Wo wird die M\u00fchle erw\u00e4hnt?", ("M\u00fchle", True, False)),
        ("Liste alle Dokumente \u00fcber Versicherungen auf", ("Versicherungen", False, False)),
        ("Quels documents mentionnent le moulin ?", ("moulin", True, False)),
        ("\u00bfQu\u00e9 documentos mencionan la palabra molino?", ("molino", True, False)),
        ("\u54ea\u4e9b\u6587\u6863\u63d0\u5230\u4e86\u6d2a\u6c34\uff1f", ("\u6d2a\u6c34", True, False)),
    ],
)
def test_what_a_list_asks_for(question, subject):
    assert tuple(subject_of(question)) == subject


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Which documents mention ?",
        "Which documents mention \u201c\u201d?",
        "which files contain (((",
        "Which documents mention " + "a " * 5000,
        "Which documents mention [a-z]+\\?",
        "Which documents mention \x00\ud800?",
        "which documents mention ' OR 1=1 --",
        "which files contain *",
    ],
)
def test_any_question_gets_an_answer(stocked, question):
    answer = KnowledgeBase(stocked[0]).ask(question)
    assert answer.refused or answer.text


def test_forms():
    assert {"references", "reference"} <= set(word_forms("references")) and "reference" in word_forms("reference")
    assert "window" not in word_forms("Windows") and "window" in word_forms("windows")
    assert "new" not in word_forms("news") and word_forms("525") == ("525",) and word_forms("AB-1") == ("ab-1",)


# -- the account and the metadata -----------------------------------------

LICENSES = {
    "alpha": "MIT",
    "beta": "mit",
    "gamma": "BSD-3-Clause",
    "delta-ai": "Apache-2.0",
    "epsilon": "MIT AND BSD-2-Clause",
    "zeta": "",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    "A folder of packages with metadata, and a file that cannot be read."
    folder = tmp_path_factory.mktemp("packages")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing more")
    documents = [
        HaystackDocument(
            content=f"# {name}\n\nThe package {name} does one thing.\n",
            meta={
                "title": name,
                "license": license,
                "author": ["Clara Berg", "Jo Wu"][n % 2],
                "date": f"2020-0{n + 1}-01",
                "uri": f"pkg/{name}.md",
            },
        )
        for n, (name, license) in enumerate(LICENSES.items())
    ]
    kb = KnowledgeBase(str(tmp_path_factory.mktemp("kb") / "kb"))
    kb.add([*documents, folder], progress=False)
    return kb


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many documents are there?", ["There are 6 documents", "1 file could not be read"]),
        ("Wie viele Dokumente gibt es?", ["There are 6 documents"]),
        ("List all documents", ["There are 6 documents", "alpha", "zeta"]),
        ("What is in here?", ["There are 6 documents"]),
        ("Which files failed?", ["1 file of 7", "broken.pdf", "failed"]),
        ("Which packages are licensed under MIT?", ["alpha", "beta", "1 more names it among others: epsilon"]),
        ("which are under the BSD license", ["2 documents", "gamma", "epsilon"]),
        ("documents by Clara Berg", ["3 documents with author Clara Berg", "alpha", "gamma", "epsilon"]),
        ("Which documents are written by Wu?", ["3 documents", "beta", "delta-ai", "zeta"]),
        ("What license does Delta have?", ["license Apache-2.0"]),
        ("What is the license of gamma?", ["license BSD-3-Clause"]),
        ("What licenses are there?", ["BSD-3-Clause (1)", "Apache-2.0 (1)"]),
        ("newest documents", ["by date", "1. zeta"]),
        ("Show me the oldest files", ["1. alpha"]),
    ],
)
def test_the_account_answers(packages, question, wanted):
    answer = packages.ask(question)
    assert answer.route == "account" and not answer.refused, answer
    assert all(text in answer.text for text in wanted), answer.text


def test_the_filter_is_shown_and_finds_the_same(packages):
    answer = packages.ask("Which packages are licensed under MIT?")
    filters = answer.trace["filters"]
    assert filters == {"field": "meta.license", "operator": "in", "value": ["MIT", "mit"]}
    assert {hit.uri for hit in packages.search("package", top_k=20, filters=filters)} == {
        hit.uri for hit in answer.evidence[:2]
    }


def test_a_value_that_no_document_has_is_refused_with_those_that_there_are(packages):
    answer = packages.ask("Which packages are licensed under GPL?")
    assert answer.refused and "BSD-3-Clause (1)" in answer.reason and "license" in answer.reason


def test_what_the_metadata_do_not_know_is_asked_of_the_texts(packages):
    answer = packages.ask("What publisher does alpha have?")
    assert answer.route == "account" and (answer.refused or answer.citations)


def test_conditions_come_from_stored_fields_and_values(packages):
    sources = packages.store.sources()
    assert [one.filters for one in asked_conditions("under the bsd 3 clause licence", sources)][0][
        "value"
    ] == "BSD-3-Clause"
    assert not asked_conditions("Who signed the lease?", sources)
    assert [one.title for one in named_sources("What license does Delta have?", sources)] == ["delta-ai"]


def test_a_part_of_the_store_has_its_own_account(packages):
    part = KnowledgeBase(packages.store, where={"field": "meta.author", "operator": "==", "value": "Jo Wu"})
    assert "There are 3 documents" in part.ask("How many documents are there?").text
    assert "1 document with license mit" in part.ask("Which packages are licensed under MIT?").text


# -- the questions of the tutorial, and folders of one subject ------------

MILL = {
    "history.md": "# The mill at Oberau\n\nIn 1891 the miller replaced the wheel by a Francis turbine. The turbine ran "
    "until the flood of 1954,\nwhich carried the weir away.\n\nSince 1998 the building has been a museum.\n",
    "weir.html": "<html><title>The weir</title><body><h1>The weir</h1><p>The weir was rebuilt.</p></body></html>",
    "letters/1955.txt": "Dear Clara, the flood took the weir, and without the weir the turbine stands still. Jakob",
    "visitors.csv": "year,visitors\n2023,4100\n2024,4900\n",
}


def filled(folder, files, place):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    kb = KnowledgeBase(str(place))
    kb.add(folder, progress=False)
    return kb


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which documents mention the flood?", {"history.md", "1955.txt"}),
        ("Which documents mention the weir?", {"history.md", "weir.html", "1955.txt"}),
        ("In which files does the turbine appear?", {"history.md", "1955.txt"}),
    ],
)
def test_the_tutorial_leaves_no_document_out(tmp_path, question, names):
    answer = filled(tmp_path / "mill", MILL, tmp_path / "kb").ask(question)
    assert {hit.uri.rpartition("/")[2] for hit in answer.evidence} == names
    assert {citation.uri.rpartition("/")[2] for citation in answer.citations} == names
    assert answer.text.startswith(f"{len(names)} documents mention")


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("Which documents mention the harbour crane?", 6),
        ("Which files are about the harbour crane?", 6),
        ("List all documents that mention the crane", 6),
        ("Which documents mention day 3?", 1),
    ],
)
def test_where_all_documents_speak_of_it_all_are_listed(tmp_path, question, count):
    files = {
        f"note{n}.txt": f"Note {n}: the harbour crane was greased on day {n} by {name}.\n"
        for n, name in enumerate(["Ute", "Max", "Eva", "Kai", "Ida", "Tom"])
    }
    answer = filled(tmp_path / "notes", files, tmp_path / "kb").ask(question)
    assert not answer.refused and len({citation.document_id for citation in answer.citations}) == count


def test_the_wording_decides():
    assert plan_question("How many documents mention floods?").route == "list"
    assert plan_question("How many documents are there?").route == "account"
    (part,) = plan_question("Which documents mention floods?").parts
    assert part.words == "floods" and not part.without
