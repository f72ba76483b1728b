"Filters that are read from questions: what is read, what is left alone, values repaired, days, and both stores."

from datetime import date

import pytest

from kbase.nodes import Document, Node
from kbase.querying.dates import date_at
from kbase.querying.narrowing import day_filter, month_number
from kbase.querying.question_filters import asked_filters, read_filters
from kbase.querying.relaxing import relaxed
from kbase.querying.schema import FieldValues, Schema, schema_of, schema_of_sources
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
    ("What do the letters by Ada Brandt say about leave?", "leave.pdf"),
    ("Which documents written by ada brandt mention leave?", "leave.pdf"),
    ("Which reports by Otto Klee deal with holidays?", "leave.pdf urlaub.docx"),
    ("Which reports by Otto Klea deal with holidays?", "leave.pdf urlaub.docx"),
    ("Summarise the documents written by Quist", "lease.pdf bail.pdf"),
    ("What do the mails from Ivo propose?", "1.eml"),
    ("What did the board learn from the e-mails sent by Ivo or Ruth?", "1.eml 2.eml"),
    ("Which mails to ivo@mill.example ask for wood?", "2.eml"),
    ("What is said about oak in Ruth's mails?", "2.eml"),
    ("Which mails are not from Ivo Maas?", "leave.pdf urlaub.docx lease.pdf bail.pdf 2.eml lathe.md plane.md router.md"),
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
    ("PDFs of at most 60 pages about rent", "leave.pdf urlaub.docx bail.pdf"),
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
""".strip().splitlines()


@pytest.mark.parametrize("question", NOT_WANTED)
def test_a_question_that_narrows_nothing_down(question: str) -> None:
    read = read_filters(question, SCHEMA, TODAY)
    assert not read.narrowings and read.filters is None and read.rest == question
