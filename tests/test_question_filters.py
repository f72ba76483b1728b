"Filters that are read from questions: what is read, what is left alone, values repaired, days, and both stores."

from datetime import date

import pytest

from kbase.nodes import Document, Node
from kbase.querying.dates import date_at
from kbase.querying.narrowing import day_filter, month_number
from kbase.querying.pipeline import answer_question, build_pipeline
from kbase.querying.question_filters import asked_filters, read_filters
from kbase.querying.relaxing import relaxed
from kbase.querying.schema import FieldValues, Schema, schema_of, schema_of_sources
from kbase.settings import Settings
from kbase.stores.conditions import flatten_meta, matches, parse_filter
from kbase.stores.contract import NodeStore, open_store
from kbase.stores.rows import Indexed, Source

TODAY = date(2025, 6, 18)  # a Wednesday

LIBRARY = {
    "works/HR/leave.pdf": ("en", {"author": ["Ada Brandt", "Otto Klee"], "date": "2023-02-10", "page_count": 14,
                                  "format": "pdf", "department": "Human Resources", "status": "final"}),
    "works/HR/urlaub.docx": ("de", {"author": "Otto Klee", "date": "2024-05-03", "page_count": 4, "format": "docx",
                                    "department": "Human Resources", "status": "draft"}),
    "works/legal/lease.pdf": ("en", {"author": "Nora Quist", "date": "2021-11-30", "page_count": 120, "format": "pdf",
                                     "department": "Legal", "status": "final"}),
    "works/legal/bail.pdf": ("fr", {"author": "Nora Quist", "date": "2022-01-15", "page_count": 60, "format": "pdf",
                                    "department": "Legal", "status": "final"}),
    "post/1.eml": ("en", {"from": "Ivo Maas <ivo@mill.example>", "to": "board@mill.example", "format": "e-mail",
                          "date": "2024-03-05T21:30:00-05:00"}),
    "post/2.eml": ("en", {"from": "Ruth Bell <ruth@mill.example>", "to": "ivo@mill.example", "format": "e-mail",
                          "date": "2024-03-07T08:00:00+01:00"}),
    "tools/lathe.md": ("en", {"tool": "lathe", "format": "markdown", "modified": "2025-05-20"}),
    "tools/plane.md": ("en", {"tool": "plane", "format": "markdown", "modified": "2025-06-17"}),
    "tools/router.md": ("en", {"tool": "router", "format": "markdown", "modified": "2020-01-01"}),
}
SOURCES = [Source(uri, uri, language=language, meta=meta) for uri, (language, meta) in LIBRARY.items()]
SCHEMA = schema_of_sources(SOURCES)


def chosen(filters, sources=SOURCES):
    "The files that a filter lets through, by the definition of filters."
    def value(source, condition):
        if condition.is_meta: return flatten_meta(source.meta).get(condition.field)
        return getattr(source, condition.field)

    tree = parse_filter(filters)
    return {one.uri.rpartition("/")[2] for one in sources if matches(tree, lambda c, one=one: value(one, c))}


WANTED = [
    ("papers from 2022 on Norway", "bail.pdf"),
    ("papers from 2022 on about Norway", "bail.pdf leave.pdf urlaub.docx 1.eml 2.eml"),
    ("What was published before 2022 on Norway?", "lease.pdf"),
    ("What has been written in 2023 about leave?", "leave.pdf"),
    ("What do the letters by Ada Brandt say about leave?", "leave.pdf"),
    ("Which documents written by ada brandt mention leave?", "leave.pdf"),
    ("Which reports by Otto Klee deal with holidays?", "leave.pdf urlaub.docx"),
    ("Which reports by Otto Klea deal with holidays?", "leave.pdf urlaub.docx"),
    ("Summarise the documents written by Quist", "lease.pdf bail.pdf"),
    ("What do the mails from Ivo propose?", "1.eml"),
    ("What did the board learn from the e-mails sent by Ivo or Ruth?", "1.eml 2.eml"),
    ("Which mails to ivo@mill.example ask for wood?", "2.eml"),
    ("What is said about oak in Ruth's mails?", "2.eml"),
    ("Which mails that are not from Ivo Maas mention oak?", "2.eml"),
    ("What do the documents from the HR folder say about pay?", "leave.pdf urlaub.docx"),
    ("In the legal folder, who may sublet?", "lease.pdf bail.pdf"),
    ("What stands in works/legal/ about rent?", "lease.pdf bail.pdf"),
    ("Which files in the folder tools explain sharpening?", "lathe.md plane.md router.md"),
    ("Which documents published before 2022 mention rent?", "lease.pdf"),
    ("Which documents published in 2022 or 2023 mention rent?", "leave.pdf bail.pdf"),
    ("What do reports since March 2024 say?", "urlaub.docx 1.eml 2.eml"),
    ("Which papers were written between 2021 and 2022?", "lease.pdf bail.pdf"),
    ("Which papers from November 2021 to January 2022 deal with rent?", "lease.pdf bail.pdf"),
    ("Documents about leave published after 2022", "leave.pdf urlaub.docx 1.eml 2.eml"),
    ("What did they agree on in the mail of 5 March 2024?", "1.eml"),
    ("What was decided in the conversation on 20240307?", "2.eml"),
    ("What do Ivo and Ruth say in their discussion with the board on 2024-03-07?", "2.eml"),
    ("Which documents changed last month explain oiling?", "lathe.md"),
    ("Which files updated yesterday are about planes?", "plane.md"),
    ("Find documents with more than 50 pages about rent", "lease.pdf bail.pdf"),
    ("PDFs of at most 60 pages about rent", "leave.pdf bail.pdf"),
    ("Which reports longer than 100 pages mention rent?", "lease.pdf"),
    ("Which French documents mention rent?", "bail.pdf"),
    ("Documents written in German about holidays", "urlaub.docx"),
    ("Which PDFs mention rent?", "leave.pdf lease.pdf bail.pdf"),
    ("What do the PDFs by Nora Quist say about rent?", "lease.pdf bail.pdf"),
    ("Which documents that are not PDFs mention wood?", "urlaub.docx 1.eml 2.eml lathe.md plane.md router.md"),
    ("Which documents from Human Resources mention pay?", "leave.pdf urlaub.docx"),
    ("Which documents with the status draft mention pay?", "urlaub.docx"),
    ("Which documents whose department is Legal mention pets?", "lease.pdf bail.pdf"),
    ("How is the blade of the lathe tool changed?", "lathe.md"),
    ("Was sagen die Berichte von Otto Klee über Urlaub?", "leave.pdf urlaub.docx"),
    ("Welche Dokumente aus dem Jahr 2023 erwähnen Urlaub?", "leave.pdf"),
    ("Was steht in den Unterlagen aus dem Ordner legal über Miete?", "lease.pdf bail.pdf"),
    ("Welche Berichte mit mehr als 50 Seiten erwähnen Miete?", "lease.pdf bail.pdf"),
    ("Welche Dokumente wurden nach März 2024 veröffentlicht?", "urlaub.docx"),
    ("Welche E-Mails vom 7. März 2024 erwähnen Holz?", "2.eml"),
    ("Quels documents de 2022 parlent de loyer ?", "bail.pdf"),
    ("Que disent les documents écrits par Nora Quist sur le loyer ?", "lease.pdf bail.pdf"),
    ("¿Qué dicen los informes escritos por Otto Klee sobre vacaciones?", "leave.pdf urlaub.docx"),
    ("notes by Ada Brandt", "leave.pdf"),
    ("Notes by Quist on rent", "lease.pdf bail.pdf"),
    ("notes of May 2024", "urlaub.docx"),
    ("What did Ada Brandt write about leave?", "leave.pdf"),
    ("What has Ruth Bell written on oak?", "2.eml"),
    ("Was hat Otto Klee über Urlaub geschrieben?", "leave.pdf urlaub.docx"),
    ("Was schrieb Nora Quist zur Miete?", "lease.pdf bail.pdf"),
    ("Qu'a écrit Nora Quist sur le loyer ?", "lease.pdf bail.pdf"),
    ("¿Qué escribió Otto Klee sobre vacaciones?", "leave.pdf urlaub.docx"),
]


@pytest.mark.parametrize(("question", "files"), WANTED, ids=[question for question, _ in WANTED])
def test_what_a_question_narrows_down(question: str, files: str) -> None:
    read = read_filters(question, SCHEMA, TODAY)
    assert chosen(read.filters) == set(files.split()) and read.narrowings


NOT_WANTED = """
What happened in 2022?
What did the rent cost in 2021?
How did pay develop between 2021 and 2023?
Who was in charge before March 2024?
Who is Ada Brandt?
What does Otto Klee do at the mill?
What was bought by Nora Quist?
How do I write a report of over 10 pages?
How do I convert a PDF to Word?
How do I send a mail from Python?
How many pages may a lease have?
Is a lease of more than 100 pages valid?
Is a draft sent to the legal department?
What is the Human Resources department responsible for?
Which folder does the printer use?
How do I move files from one folder to another?
How do you say leave in German?
What is the German word for rent?
Which tools are made of steel?
Which router is the fastest?
What does the plane of a triangle look like?
Is the bail final?
What may not be written by hand?
Which rooms are over 20 square metres?
How long is the notice for contracts over 12 months?
What does a lathe cost today?
What was the mill like in the 1960s?
When was the mill sold by Maas?
Are e-mails legal evidence?
What comes after the blade is in place?
Can leave from 2023 be taken in 2024?
How are documents from customers filed?
Who signs contracts over 10,000 euros?
What notes were issued in 2021?
What did the annual report of 2021 say about losses?
Explain the difference between a lease and a contract
By when must a report be written?
Since when is there a works council?
Wie schreibe ich einen Bericht mit mehr als 10 Seiten?
Was geschah im Jahr 2022?
Wer war vor 2021 im Vorstand?
Wie sagt man Miete auf Französisch?
Wie viele Seiten hat ein Mietvertrag?
Que s'est-il passé en 2022 ?
¿Qué pasó en 2022?
Welcher Ordner ist voll?
In which month is the mill closed?
Does the French Revolution come up?
What do people from Legal wear on Fridays?
What is meant by final?
What notes are payable in May 2024?
What did Quist write about rent?
Who wrote about Ada Brandt?
What was written about Ada Brandt?
When did Ada Brandt write to the board?
Was hat Otto Klee über Urlaub gedacht?
Which notes of the scale are sharp?
Release notes by version
""".strip().splitlines()


@pytest.mark.parametrize("question", NOT_WANTED)
def test_a_question_that_narrows_nothing_down(question: str) -> None:
    read = read_filters(question, SCHEMA, TODAY)
    assert not read.narrowings and read.filters is None and read.rest == question


def test_the_rest_of_a_question_has_no_words_of_its_filters() -> None:
    read = read_filters("What do the mails from Ivo sent after 1 March 2024 say about oak?", SCHEMA, TODAY)
    assert read.rest == "What do the documents say about oak?"
    assert read_filters("In the legal folder, who may sublet?", SCHEMA, TODAY).rest == "who may sublet?"
    read = read_filters("What is kept in the barn, according to the mails from Ivo?", SCHEMA, TODAY)
    assert read.rest == "What is kept in the barn?"
    whole = "Which PDFs have more than 50 pages?"
    assert read_filters(whole, SCHEMA, TODAY).rest == whole  # nothing would be left to look for


def test_what_somebody_wrote_is_looked_up_by_its_subject() -> None:
    read = read_filters("What did Ada Brandt write about leave?", SCHEMA, TODAY)
    assert read.rest == "What about leave?" and not read.only and str(read) == "author Ada Brandt"
    assert read_filters("notes by Ada Brandt", SCHEMA, TODAY).only
    two = {"a.txt": {"author": "Ada Byron"}, "b.eml": {"from": "Ada Byron <ada@mill.example>"},
           "c.txt": {"author": "Ivo"}}
    sources = [Source(uri, uri, meta=meta) for uri, meta in two.items()]
    both = read_filters("What did Ada Byron write about the dome?", schema_of_sources(sources), TODAY)
    assert chosen(both.filters, sources) == {"a.txt", "b.eml"}


def test_alternatives_of_a_field_are_one_filter_and_negations_hold_together() -> None:
    either = read_filters("Which mails from Ivo or Ruth mention oak?", SCHEMA, TODAY)
    assert [filters["operator"] for words, filters in either.asked if words.startswith("from")] == ["in"]
    neither = read_filters("Which documents that are not PDFs and not by Otto Klee mention oak?", SCHEMA, TODAY)
    assert chosen(neither.filters) == {"1.eml", "2.eml", "lathe.md", "plane.md", "router.md"}


def test_somebody_may_write_papers_and_send_mails() -> None:
    sources = [Source("1.eml", "1", language="de", meta={"from": "Eva Roth <eva@x.example>", "format": "e-mail"}),
               Source("2.pdf", "2", language="de", meta={"author": "Eva Roth", "format": "pdf"}),
               Source("3.pdf", "3", language="de", meta={"author": "Udo Lang", "format": "pdf"})]
    schema = schema_of_sources(sources)
    for question, files in (("Was steht in den E-Mails von Eva über Holz?", {"1.eml"}),
                            ("Which documents by Eva Roth mention oak?", {"1.eml", "2.pdf"}),
                            ("PDFs by Eva about oak", {"2.pdf"})):
        assert chosen(read_filters(question, schema, TODAY).filters, sources) == files, question


def test_a_repaired_value_is_said() -> None:
    read = read_filters("Which reports by Otto Klea deal with holidays?", SCHEMA, TODAY)
    assert read.notes == ("“Otto Klea” is read as Otto Klee",) and read.narrowings[0].sure == 1
    assert read.to_dict()["narrowings"][0]["read"] == "by Otto Klea"


def test_a_schema_of_hostile_documents_draws_escaped() -> None:
    name = "<img src=x onerror=alert(1)>"
    schema = schema_of_sources([Source("a.md", "a", meta={"team": name, "author": "x' OR 1=1--"}),
                                Source("b.md", "b", meta={"team": "y(?:[", "author": "{{7*7}}"})])
    read = read_filters(f"Which documents whose team is {name} mention oak?", schema, TODAY)
    assert "<img" not in read._repr_html_()
    for text in ("Documents by x' OR 1=1-- about oak", "y(?:[ documents", "documents by {{7*7}}", "(" * 500, "", "by",
                 "\ud800"):
        assert isinstance(read_filters(text, schema, TODAY).to_dict(), dict)


@pytest.mark.parametrize(("text", "language", "days"), [
    ("2024-02-29", "en", (date(2024, 2, 29), date(2024, 3, 1))),
    ("20240229_11:00", "en", (date(2024, 2, 29), date(2024, 3, 1))),
    ("29.2.2024", "de", (date(2024, 2, 29), date(2024, 3, 1))),
    ("2024-02", "en", (date(2024, 2, 1), date(2024, 3, 1))),
    ("December 2024", "en", (date(2024, 12, 1), date(2025, 1, 1))),
    ("the 1890s", "en", (date(1890, 1, 1), date(1900, 1, 1))),
    ("den 1890er Jahren", "de", (date(1890, 1, 1), date(1900, 1, 1))),
    ("Q4 2023", "en", (date(2023, 10, 1), date(2024, 1, 1))),
    ("third quarter of 2023", "en", None), ("3rd quarter of 2023", "en", (date(2023, 7, 1), date(2023, 10, 1))),
    ("last week", "en", (date(2025, 6, 9), date(2025, 6, 16))),
    ("the last 10 days", "en", (date(2025, 6, 8), date(2025, 6, 19))),
    ("last year", "en", (date(2024, 1, 1), date(2025, 1, 1))),
    ("letzten Monat", "de", (date(2025, 5, 1), date(2025, 6, 1))),
    ("the 3rd of April", "en", (date(2025, 4, 3), date(2025, 4, 4))),
    ("August", "en", (date(2024, 8, 1), date(2024, 9, 1))),  # the last one, which was last year's
    ("12 janvier 2023", "fr", (date(2023, 1, 12), date(2023, 1, 13))),
    ("12 de enero de 2023", "es", (date(2023, 1, 12), date(2023, 1, 13))),
    ("2023-02-30", "en", None), ("20231345", "en", None), ("1,999", "en", None), ("2024.5", "en", None), ("may", "en",
                                                                                                          None),
    ("03/04/2024", "en", None), ("12345678901234567890", "en", None), ("3024", "en", None),
])
def test_days_that_are_named(text: str, language: str, days: tuple[date, date] | None) -> None:
    found = date_at(text, 0, language, TODAY)
    assert (found and (found.start, found.end)) == days


def test_days_are_those_of_the_place_where_documents_were_written() -> None:
    field = FieldValues("date", {"2024-03-05T21:30:00-05:00": 1, "2024-03-06T01:00:00+01:00": 1, "2024-03-05": 1})
    for day, count in ((5, 2), (6, 1)):
        kept = day_filter(field, date(2024, 3, day), date(2024, 3, day + 1))
        sources = [Source(value, value, meta={"date": value}) for value in field.counts]
        wanted = {value for value in field.counts if value.startswith(f"2024-03-0{day}")}
        assert len(wanted) == count and chosen(kept, sources) == wanted


def test_documents_with_a_year_and_a_month() -> None:
    rows = [(1958, "December"), (1959, "January"), (1959, "July"), (1960, "March"), (1960, "April"), (1961, "May")]
    sources = [Source(f"{year}-{month}", f"{year}-{month}", language="en",
                      meta={"year": year, "month": month}) for year, month in rows]
    schema = schema_of_sources(sources)
    for question, wanted in (
        ("Which articles published before March 1960 deal with sorting?",
         {"1958-December", "1959-January", "1959-July"}),
        ("Which articles from 1959 deal with sorting?", {"1959-January", "1959-July"}),
        ("Which articles published since April 1960 deal with sorting?", {"1960-April", "1961-May"}),
        ("Articles about sorting published in July 1959", {"1959-July"}),
        ("Which papers from the 1950s deal with sorting?", {"1958-December", "1959-January", "1959-July"}),
        ("Which papers published between July 1959 and March 1960 deal with sorting?", {"1959-July", "1960-March"}),
    ):
        assert chosen(read_filters(question, schema, TODAY).filters, sources) == wanted, question
    assert [month_number(value) for value in ("März", "mar", 3, "3", "13", "soon", "")] == [3, 3, 3, 3, 0, 0, 0]


@pytest.fixture(scope="module", params=["embedded", "elastic"])
def store(request, tmp_path_factory):
    if request.param == "embedded": place = str(tmp_path_factory.mktemp("narrowed") / "kb")
    else: place = f"{request.getfixturevalue('elastic_server')}/test-narrowed"
    opened = open_store(place)
    items = []
    for source in SOURCES:
        text = f"What {source.uri} says of oak."
        document = Document(source.uri, text, language=source.language, meta=source.meta, id=source.document_id)
        node = Node(document.id, "chunk", 0, len(text), text, uri=source.uri, language=source.language,
                    meta=source.meta)
        items.append(Indexed(source, document, [node]))
    opened.put(items)
    yield opened
    opened.close()
    if request.param == "elastic":
        from conftest import remove_indices

        remove_indices(request.getfixturevalue("elastic_server"), "test-narrowed")


def test_a_store_finds_what_the_definition_of_filters_lets_through(store: NodeStore) -> None:
    for question, _ in WANTED:
        filters = asked_filters(store, question, today=TODAY).filters
        found = {node.uri.rpartition("/")[2] for batch in store.scan(filters) for node in batch}
        assert found == chosen(filters), question


def test_what_no_document_matches_is_given_up_and_said(store: NodeStore) -> None:
    asked = asked_filters(store, "Which mails from Ivo sent in 2019 mention oak?", today=TODAY).asked
    filters, notes = relaxed(store, None, asked)
    assert {node.uri for batch in store.scan(filters) for node in batch} == {"post/1.eml"}
    assert notes == ["looked only in documents with from Ivo Maas <ivo@mill.example> and format e-mail",
                     "no document of these has date 2019, so that was left out"]
    only = {"field": "meta.format", "operator": "==", "value": "pdf"}
    kept, notes = relaxed(store, only, asked)
    assert kept == only and len(notes) == 1  # what the caller wants holds


def test_an_answer_says_where_it_looked(store: NodeStore) -> None:
    pipeline = build_pipeline(store, None, Settings())
    asked = "Which mails from Ivo mention oak?"
    answer = answer_question(pipeline, asked)
    assert answer.question == asked and [hit.uri for hit in answer.evidence] == ["post/1.eml"]
    assert answer.notes == ("looked only in documents with from Ivo Maas <ivo@mill.example> and format e-mail",)
    plan = answer.trace["plan"]
    assert plan["question"] == "Which documents mention oak?" and plan["original"] == asked
    everywhere = answer_question(pipeline, asked, auto_filters=False)
    assert len(everywhere.evidence) == len(SOURCES) and not everywhere.notes
    assert not answer_question(pipeline, "What does the mill say of oak?").notes


def test_a_question_that_only_says_which_documents_lists_them(store: NodeStore) -> None:
    pipeline = build_pipeline(store, None, Settings())
    for question in ("Which PDFs have more than 50 pages?", "Documents by Nora Quist",
                     "Welche PDFs von Nora Quist gibt es?"):
        answer = answer_question(pipeline, question)
        assert {hit.uri for hit in answer.evidence} == {"works/legal/lease.pdf", "works/legal/bail.pdf"}, question
        assert answer.route == "account" and not answer.refused and answer.question == question


def test_what_else_a_question_wants_is_not_lost_in_a_list(store: NodeStore) -> None:
    answer = answer_question(build_pipeline(store, None, Settings()), "Which documents by Nora Quist mention lease?")
    assert answer.route == "list" and [hit.uri for hit in answer.evidence] == ["works/legal/lease.pdf"]


def test_each_side_of_a_comparison_has_its_own_filters(store: NodeStore) -> None:
    pipeline = build_pipeline(store, None, Settings())
    parts = answer_question(pipeline, "Compare the mails from Ivo with the mails from Ruth").trace["plan"]["parts"]
    found = [{node.uri for batch in store.scan(part["filters"]) for node in batch} for part in parts]
    assert found == [{"post/1.eml"}, {"post/2.eml"}]


def test_what_a_base_hides_shows_in_no_schema(store: NodeStore) -> None:
    where = {"field": "folder", "operator": "==", "value": "works/HR"}
    assert schema_of(store, where).documents == 2 and "from" not in schema_of(store, where).fields
    assert not asked_filters(store, "Which mails from Ivo mention oak?", where, TODAY).narrowings
    assert isinstance(schema_of(store), Schema) and schema_of(store) is schema_of(store)
