"What people say of hits and answers: kept whatever happens, and an evaluation set that kb.evaluate takes."

import json
import os
import threading

import pytest

from kbase import KnowledgeBase
from kbase.exploring import explore_answers, explore_search, keeper_of
from kbase.feedback import ASKED, JUDGED, Feedback, feedback_folder, feedback_of
from kbase.hits import Hit
from kbase.nodes import Node
from kbase.results import Answer, Citation

EVIL = "<script>alert(1)</script>\n\u2028\ud83d half, \"quoted\"\\"


def hit(text="The weir was rebuilt in 1954.", document="weirs"):
    return Hit(Node(document, "chunk", 0, len(text), text, document, f"{document}.md"), 1.0)


def test_the_last_word_counts_and_can_be_taken_back(tmp_path):
    kept = Feedback(tmp_path)
    for right in (1, -1, 1):
        kept.judge_hit("When?", hit(), right)
    assert [row["right"] for row in kept.judgements()] == [1]
    kept.judge_hit("When?", hit(), 0)
    assert kept.judgements() == [] and kept.judged("When?") == {}
    with pytest.raises(ValueError, match="nothing was judged useful"):
        kept.gold()
    for wrong in (2, None, "1", True + True):
        with pytest.raises((ValueError, TypeError)):
            kept.judge_hit("When?", hit(), wrong)


def test_hostile_and_broken_lines(tmp_path):
    kept = Feedback(tmp_path)
    kept.judge_hit(EVIL, hit(EVIL, EVIL), 1)
    with (tmp_path / JUDGED).open("ab") as lines:
        lines.write(b'\xff\xfe\n[]\n{"question": 1}\n{"question": "x", "what": "hit", "right": 7}\n{"question": "cut')
    assert [row["question"] for row in kept.judgements()] == [EVIL]
    assert "<script" not in kept._repr_html_()
    json.dumps(kept.gold(), default=str).encode("utf-8", "surrogatepass")


def test_many_write_at_once(tmp_path):
    def write(n):
        own = Feedback(tmp_path)
        for i in range(50):
            own.judge_hit(f"question {n} {i}", hit("long " * 300), 1)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(Feedback(tmp_path).judgements()) == 200


def test_the_log_is_switched_off_and_emptied(tmp_path, caplog):
    off = Feedback(tmp_path, log=False)
    off.note_question("secret", "ask")
    assert not (tmp_path / ASKED).exists()
    on = Feedback(tmp_path)
    on.note_question("When?", "ask", route="fact")
    on.note_question("  ", "ask")
    on.judge_hit("When?", hit(), 1)
    assert [row["question"] for row in on.questions()] == ["When?"]
    assert os.stat(tmp_path / ASKED).st_mode & 0o077 == 0  # nobody else reads it
    on.forget()
    assert on.questions() == [] and len(on.judgements()) == 1
    on.forget(judgements=True)
    assert on.judgements() == [] and list(tmp_path.iterdir()) == []
    blocked = Feedback(tmp_path / "file" / "below")
    (tmp_path / "file").write_text("")
    blocked.note_question("When?", "ask")  # asking goes on
    assert "cannot be written" in caplog.text
    with pytest.raises(OSError):
        blocked.judge_hit("When?", hit(), 1)  # a judgement that is lost is said


def test_gold_of_answers(tmp_path):
    kept = Feedback(tmp_path)
    weir = Citation("weirs", "weirs.md", "Weirs", 3, 9, "weir w")
    cited = (weir, Citation("mills", "mills.md", "Mills", 0, 4, "Mill"))
    kept.judge_answer(Answer("When?", "In 1954. [1]", "fact", cited), 1)
    kept.judge_answer(Answer("Capital?", "", "fact", refused=True), 1)
    kept.judge_answer(Answer("Who?", "Nobody.", "fact", cited), -1)
    kept.judge_hit("When?", hit(), 1)
    gold = kept.gold()
    names = {text: name for name, text in gold["queries"].items()}
    assert set(names) == {"When?", "Capital?"}
    assert gold["qrels"] == {names["When?"]: {"weirs": 1, "mills": 1}}
    assert gold["spans"][names["When?"]] == [("weirs", 3, 9), ("mills", 0, 4), ("weirs", 0, 29)]
    assert gold["answers"] == {names["Capital?"]: None}


def test_where_it_is_kept(tmp_path, monkeypatch):
    assert feedback_folder(str(tmp_path / "kb")) == tmp_path / "kb" / "feedback"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    one, other = (feedback_folder(f"https://es.example:9200/{name}") for name in ("a", "b"))
    assert one != other and "example" not in str(one)


@pytest.fixture
def kb(tmp_path):
    "A knowledge base of two documents."
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "weirs.md").write_text("# Weirs\n\nThe weir at Oberau was rebuilt in 1954.\n")
    (tmp_path / "docs" / "mills.md").write_text("# Mills\n\nThe mill has three wheels of oak.\n")
    with KnowledgeBase(tmp_path / "kb") as made:
        made.add(tmp_path / "docs", progress=False)
        yield made


def test_an_evaluation_from_the_explorers(kb):
    search, asking = explore_search(kb, "weir rebuilt"), explore_answers(kb)
    search.receive({"do": "judge_hit", "index": 0, "right": 1, "of": search.number})
    search.receive({"do": "judge_hit", "index": 0, "right": -1, "of": search.number - 1})  # of a list that is gone
    assert not search.error and list(search.judged["hits"].values()) == [1]
    search.query = "wheels"
    assert search.judged["hits"] == {}
    search.query = "weir rebuilt"
    assert list(search.judged["hits"].values()) == [1]
    asking.ask("How many wheels does the mill have?")
    asking.receive({"do": "judge_answer", "right": 1, "turn": 0})
    asking.receive({"do": "judge_answer", "right": 1, "turn": 9})
    assert "out of range" in asking.error and asking.judged["answers"] == {"0": 1}
    kept = feedback_of(kb.store)
    assert [row["question"] for row in kept.questions()] == ["weir rebuilt", "How many wheels does the mill have?"]
    scores = kb.evaluate(**kept.gold())
    assert scores["nDCG@10"] == 1.0 and len(scores.rows) == 2
    queries, qrels = kept.save(kb.store.place + "-set")
    assert kb.evaluate(queries, qrels)["nDCG@10"] == 1.0


def test_the_setting(kb, tmp_path):
    assert keeper_of(kb).log
    with KnowledgeBase(tmp_path / "kb", question_log=False) as quiet:
        explorer = explore_search(quiet, "weir")
        explorer.open_hit(0)
        assert feedback_of(quiet.store).questions() == []
