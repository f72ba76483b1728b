"The demo: what it writes repeats, holds nothing of this machine, and its report lets nothing in."

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from test_excerpts import Reader

from kbase import KnowledgeBase
from kbase.hits import Hit, Hits, Part
from kbase.nodes import Node
from kbase.results import Answer, Citation, Report, ReportRow
from kbase.serving import demo
from kbase.serving.demo import DEMO_QUESTIONS, copy_tour
from kbase.serving.demo_report import Asked, Built, Question, report_html
from kbase.serving.demo_sources import (
    STANDARD_MODULES,
    library_pages,
    package_page,
    read_package,
    reference_pages,
    write_pages,
)

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)></table>"


def test_sources_repeat_and_hold_nothing_of_this_machine():
    pages = library_pages()
    assert len(pages) == len(STANDARD_MODULES) and len(reference_pages()) > 70
    text = "".join(pages.values())
    # another process: other addresses, another order of sets
    made = (
        "import hashlib, sys; from kbase.serving.demo_sources import library_pages; "
        "print(hashlib.sha256(''.join(library_pages().values()).encode()).hexdigest(), file=sys.stderr)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", made],
            env={**os.environ, "PYTHONHASHSEED": seed, "CANARY": "sk-4711"},
            capture_output=True,
            text=True,
        ).stderr.strip()
        for seed in ("1", "2")
    }
    assert len(hashes) == 1, hashes
    assert (
        not re.search(r"at(&nbsp;| )0x|file:/", text) and sys.prefix not in text and str(Path.home()) + "/" not in text
    )


def test_package_pages_name_version_and_license():
    page = package_page(read_package("filelock"))
    assert page.startswith("# filelock") and "is a Python package" in page and "license is" in page


def test_files_are_written_only_when_they_differ(tmp_path):
    folder = tmp_path / "pages"
    assert write_pages(folder, {"a.md": "A\n", "b.md": "B\n"}) == 2
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert write_pages(folder, {"a.md": "A\n", "b.md": "B\n"}) == 0 and before == {
        path: path.stat().st_mtime_ns for path in folder.iterdir()
    }
    assert write_pages(folder, {"a.md": "AA\n"}) == 2 and [path.name for path in folder.iterdir()] == ["a.md"]


def test_the_report_escapes_everything(tmp_path):
    node = Node("d", "chunk", 0, len(EVIL), EVIL, EVIL, EVIL, (EVIL,))
    hit = Hit(node, 1.5, {EVIL: Part(1.0, 1, 1.5, EVIL)}, matched=((1, 7),))
    trace = {
        "plan": {"method": EVIL, "confidence": 1.0, "reasons": [EVIL]},
        "steps": [{"component": EVIL, "type": EVIL, "seconds": 0.1}],
    }
    answer = Answer(EVIL, EVIL, EVIL, (Citation("d", EVIL, EVIL, 0, 9, EVIL),), evidence=Hits([hit]), trace=trace)
    refused = Answer(EVIL, "", "fact", refused=True, reason=EVIL, evidence=Hits([hit]), trace=trace)
    rows = [ReportRow(EVIL, "failed", EVIL), ReportRow(EVIL, "added", EVIL), ReportRow(EVIL, "skipped", EVIL)]
    built = Built(KnowledgeBase(tmp_path / "knowledge"), {EVIL: Report(rows)}, [EVIL], {EVIL: 1.0})
    asked = [
        Asked(Question(EVIL, EVIL, {"field": EVIL, "operator": "==", "value": EVIL}), one, 0.1)
        for one in (answer, refused)
    ]
    page = Reader(report_html(built, asked, {EVIL: Hits([hit])}))
    assert not {"script", "img", "iframe", "link", "form", "object", "base"} & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "src"]
    assert all(attrs.get("href", "#").startswith("#") for _, attrs in page.tags)
    assert page.text.count("alert(1)") > 20
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_failures_are_shown(tmp_path):
    built = Built(KnowledgeBase(tmp_path / "knowledge"), {"part": Report([ReportRow("a.pdf", "failed", "is damaged")])})
    text = Reader(report_html(built, [], {})).text
    assert "a.pdf" in text and "is damaged" in text and "No source failed" not in text


def test_the_questions_show_every_route_a_filter_and_a_refusal():
    kinds = [question.shows for question in DEMO_QUESTIONS]
    assert all(kinds.count(route) == 2 for route in ("fact", "summary", "comparison", "list"))
    assert (
        any(question.filters for question in DEMO_QUESTIONS) and "not answerable" in kinds and len(DEMO_QUESTIONS) >= 8
    )


@pytest.mark.parametrize("words, code", [(["--help"], 0), (["a", "b"], 2), (["--no"], 2)])
def test_wrong_words(words, code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "kbase.serving.demo", *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == code and "usage" in done.stderr and not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    "A demo of a few pages, built as the whole one is."
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "library_pages", lambda: library_pages(["heapq", "json", "pickle", "queue", "zoneinfo"]))
        patch.setattr(
            demo,
            "reference_pages",
            lambda: {name: reference_pages()[name] for name in ("try.rst", "assert.rst", "typesseq.rst")},
        )
        patch.setattr(demo, "dependencies", lambda: ["pandas", "filelock"])
        patch.setattr(demo, "project_notebooks", list)
        first = demo.run_demo(folder)
        again = demo.run_demo(folder)
    assert {row.state for report in first.parts.values() for row in report.rows} == {"added"}
    assert {row.state for report in again.parts.values() for row in report.rows} == {"unchanged"}
    assert any("no notebooks" in note for note in again.notes)
    again.kb.close()
    return folder


def test_the_demo_answers_and_refuses(built):
    with KnowledgeBase(built / "knowledge") as kb:
        asked = demo.ask_all(kb)
        routes = [one.answer.route for one in asked]
        assert routes[:8] == [question.shows for question in DEMO_QUESTIONS[:8]]
        assert [one.answer.refused for one in asked] == [False] * 12 + [True]
        answers = {one.question.text: one.answer for one in asked}
        largest = answers["Which installed package has the largest size?"]
        assert largest.route == "table" and largest.citations[0].uri == "office/packages.xlsx"
        assert "2027-10" in answers["When does the support of Python 3.11 end?"].text
        for one in asked:
            for cited in one.answer.citations:
                assert kb.store.document_span(cited.document_id, cited.start, cited.end) == cited.quote
        assert "github.com/pandas-dev/pandas" in answers["Where does the source code live?"].text
        assert "discarded" in asked[0].answer.text


def test_chunks_stand_at_their_offsets(built):
    with KnowledgeBase(built / "knowledge") as kb:
        texts = {
            source.document_id: kb.store.document(source.document_id).text
            for source in kb.store.sources()
            if source.state == "ok"
        }
        chunks = [
            node for batch in kb.store.scan({"field": "kind", "operator": "==", "value": "chunk"}) for node in batch
        ]
        assert chunks and all(node.text == texts[node.document_id][node.start : node.end] for node in chunks)


def test_the_report_stands_alone(built):
    html = (built / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(?i)<script|<img|<link|@import|url\(|src=", html)
    assert all(question.text.replace("'", "&#x27;") in html for question in DEMO_QUESTIONS)


def test_the_notebook_runs_from_top_to_bottom(built):
    cells = json.loads((built / "tour.ipynb").read_text())["cells"]
    assert copy_tour(built).read_bytes() == (files("kbase") / "data/demo/tour.ipynb").read_bytes()
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=built, env={**os.environ, "IN_TEST": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
