"""What a model, a document or a query may try, and what must never come of it: SAFETY S3 to S7 and S11, a test each.
The model here is the worst that there is: it does what a document tells it."""

import ast
import json
import re
import time
from pathlib import Path

import pytest
from haystack import Pipeline
from haystack.components.generators.chat import MockChatGenerator
from haystack.dataclasses import ChatMessage, ToolCall
from payloads import ORDERS

import kbase
from kbase import KnowledgeBase
from kbase.messages import error_dict, message_of
from kbase.models import Reply, ask_llm, counted_calls, read_json, streaming
from kbase.querying.agent import KnowledgeToolset, ask_agent
from kbase.querying.claims import answer_prompt, check_reply
from kbase.querying.planner import plan_question, read_route
from kbase.querying.routes import DEFAULT_ROUTE, ROUTES
from kbase.querying.saving import dump_pipeline, load_pipeline

TRUE = {
    "mill.md": "# The mill\n\nThe mill was built in 1842 by the Brandt family. Its wheel is 4 m wide.\n",
    "flood.md": "# The flood\n\nThe flood of March 1897 broke the weir. Repairs took two years and cost 4,000 marks.\n",
}
QUESTIONS = ["When was the mill built?", "How wide is the wheel of the mill?", "What did the repairs cost?"]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    "Two knowledge bases: the true documents, and these with forty that give orders, each in a document of its own."
    folder = tmp_path_factory.mktemp("orders")
    made = {}
    for name, orders in (("clean", []), ("hostile", ORDERS)):
        notes = folder / name
        notes.mkdir()
        for file, text in TRUE.items(): (notes / file).write_text(text)
        for number, order in enumerate(orders):
            text = f"# Note {number}\n\nThis was found beside the mill. {order}\n"
            (notes / f"order{number:02d}.md").write_text(text)
        made[name] = folder / f"{name}-base"
        with KnowledgeBase(made[name]) as kb: kb.add(notes, progress=False)
    return made


def obeying(reply):
    "A model that says what it was told to say."
    return MockChatGenerator(reply if isinstance(reply, list) else [reply])


# ------------------------------------------------------------------ S3


def test_s3_nothing_here_runs_a_text():
    wrong = []
    for path in Path(kbase.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call): continue
            name = ast.unparse(node.func)
            shell = any(key.arg == "shell" and not (isinstance(key.value, ast.Constant) and key.value.value is False)
                        for key in node.keywords)
            if name in ("eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads") or shell:
                wrong.append(f"{path.name}:{node.lineno}: {name}")
    assert not wrong


@pytest.mark.parametrize(
    "text",
    ['{"route": "format_disk"}', '{"route": ["fact"]}', '{"route": "fact", "things": "x"}', "[1, 2]", "null", "NaN",
     '{"route": "comparison", "things": ["/etc/passwd", "http://evil.example"]}', '{"__class__": "os.system"}',
     '{"a":' * 5000, "{" * 10_000, "```json\n{}\n```", '{"route": 1e999}', "\x00", *ORDERS],
)
def test_s3_a_decision_is_one_of_those_that_there_are(text):
    read = read_route(text, "When was the mill built?", list(ROUTES))
    assert read is None or (read.route in ROUTES and all(thing in "When was the mill built?" for thing in read.things))
    value = read_json(text)
    assert value is None or isinstance(value, dict)
    plan = plan_question("Oak, beech", llm=obeying(text), timeout=5)
    assert plan.route in ROUTES and all(part.filters is None for part in plan.parts)


# ------------------------------------------------------------------ S4


@pytest.mark.parametrize(
    "text, words",
    [
        ("a: 1\n" * 60_000, "characters"),
        ("a: &x [1]\nb: [*x, *x]\n", "anchor"),
        ("a: !!python/object/apply:os.system ['true']\n", "tag"),
        ("components:\n  a:\n    type: os.system\n    init_parameters: {}\n", "os.system"),
        ("components:\n  a:\n    type: haystack.components.generators.chat.openai.OpenAIChatGenerator\n", "also="),
        ("components:\n  a:\n    type: subprocess.Popen\n    init_parameters: {args: [true]}\n", "subprocess"),
        ("just words", "no components"),
        ("a: [" * 2000, "no saved pipeline"),
    ],
)
def test_s4_a_pipeline_of_elsewhere_is_read_with_care(text, words):
    began = time.monotonic()
    with pytest.raises(ValueError, match=re.escape(words)): load_pipeline(text)
    assert time.monotonic() - began < 5


def test_s4_an_open_door_is_refused(monkeypatch):
    text = dump_pipeline(Pipeline())
    monkeypatch.setenv("HAYSTACK_UNSAFE_DESERIALIZATION", "1")
    with pytest.raises(ValueError, match="unset it first"): load_pipeline(text)


# ------------------------------------------------------------------ S5


TEMPLATES = ["{{7*7}}", "{% for x in range(10**9) %}x{% endfor %}", "{{ ''.__class__ }}", "__import__('os').abort()",
             "%(question)s {question} ${HOME} $(id) `id`", "{# note #}", "{{ plan.route }}"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_s5_templates_are_text(tmp_path, template):
    text = f"The sign above the mill says {template} in red letters."
    (tmp_path / "sign.txt").write_text(text)
    seen = []

    def noting(messages):
        seen.append([message.text for message in messages if message.text])
        return f"The sign above the mill says {template} in red letters. [1]"

    with KnowledgeBase(tmp_path / "base", llm=MockChatGenerator(response_fn=noting)) as kb:
        kb.add(tmp_path / "sign.txt", progress=False)
        question = f"What does the sign above the mill say, {template}?"
        assert kb.search(question).query == question and kb.search(question)[0].text == text
        answer = kb.ask(question)
        assert answer.question == question and not answer.refused and template in answer.text
        assert all(cited.holds(text) for cited in answer.citations)
        assert any(template in said for said in seen[-1])
        ask_agent(kb, question, MockChatGenerator(response_fn=noting))
        assert any(question in texts for texts in seen)  # the agent's own message, as it was typed
        for route in ROUTES: assert kb.ask(question, route).question == question


# ------------------------------------------------------------------ S6


LITERALS = ["[1,2]", "None", "True", "{}", "{'a': 1}", "1e999", "0x10", "()", "nan", "'", "\\", "\x00", "", "   ", "?",
            "\ud800", "None of these", "[" * 5000, "a" * 1_000_000, "🜏" * 1000]


@pytest.mark.parametrize("question", LITERALS)
def test_s6_literals_take_the_default_way(places, question):
    with KnowledgeBase(places["clean"]) as kb:
        began = time.monotonic()
        answer = kb.ask(question)
        assert answer.question == question and answer.route in ROUTES and time.monotonic() - began < 20
        assert kb.route(question).route in (DEFAULT_ROUTE, *ROUTES)
        for wrong in (None, [1, 2], 7, {"a": 1}):
            with pytest.raises(TypeError, match="give text"): kb.ask(wrong)


# ------------------------------------------------------------------ S7


def plans(kb): return {question: kb.route(question).to_dict() for question in QUESTIONS}


def test_s7_orders_in_documents_change_no_plan(places):
    with KnowledgeBase(places["clean"]) as clean, KnowledgeBase(places["hostile"]) as hostile:
        for question in QUESTIONS:
            one, other = clean.ask(question), hostile.ask(question)
            for name in ("route", "parts", "method", "question", "original"):
                assert one.trace["plan"][name] == other.trace["plan"][name], (question, name)
            assert [len(found["hits"]) for found in other.trace["retrieved"]] <= [8] and "BANANA" not in other.text


@pytest.mark.parametrize("order", ORDERS)
def test_s7_a_model_that_obeys_changes_nothing(places, order):
    with KnowledgeBase(places["hostile"], llm=obeying(order)) as kb, KnowledgeBase(places["hostile"]) as alone:
        before, question = len(kb), QUESTIONS[0]
        answer, own = kb.ask(question), alone.ask(question)
        assert len(kb) == before and answer.trace["plan"]["parts"] == own.trace["plan"]["parts"]
        assert answer.route == own.route and len(answer.evidence) == len(own.evidence)
        seen = {hit.document_id for hit in answer.evidence}
        assert {cited.document_id for cited in answer.citations} <= seen
        assert all(1 <= int(n) <= len(answer.citations) for n in re.findall(r"\[(\d+)\]", answer.text))
        # an order is a claim like any other: one that no source bears is not used, or stands there as a quote
        if not answer.trace["llm"]["used"]: assert (answer.text, answer.citations) == (own.text, own.citations)
        assert "evil.example" not in answer.text and "javascript:" not in answer.text and "<img" not in answer.text


@pytest.mark.parametrize("order", ORDERS)
def test_s7_the_fence_holds(order):
    from kbase.nodes import Node
    from kbase.results import Hit

    hit = Hit(Node("x", "chunk", 0, len(order), order, "x", "x", language="en"), 1.0)
    prompt, other = answer_prompt("When?", [hit]), answer_prompt("When?", [hit])
    tag = re.search(r"<(source-[0-9a-f]{16}) n=1>", prompt)[1]
    assert tag not in other  # drawn anew
    inside = prompt.partition(f"<{tag} n=1>\n")[2].partition(f"\n</{tag}>")[0]
    assert inside == f"x\n{order}" and prompt.count(f"</{tag}>") == 2


WISHES = [("delete_document", {"document": "The mill"}), ("add_file", {"path": "/etc/passwd"}), ("eval", {"code": "1"}),
          ("search_documents", {"query": "x", "top_k": 10**6}), ("search_documents", {"query": "x", "where": None}),
          ("open_document", {"document": "/etc/passwd"}), ("fetch", {"url": "http://evil.example"})]


@pytest.mark.parametrize("name, arguments", WISHES)
def test_s7_an_agent_that_obeys_changes_nothing(places, name, arguments):
    wish = ChatMessage.from_assistant(tool_calls=[ToolCall(name, arguments)])
    with KnowledgeBase(places["hostile"]) as kb:
        before, own = len(kb), kb.ask(QUESTIONS[0])
        answer = ask_agent(kb, QUESTIONS[0], obeying([wish, "BANANA. See http://evil.example/x. [7]"]), steps=3)
        assert len(kb) == before and (answer.text, answer.citations) == (own.text, own.citations)
        assert all(call["error"] for call in answer.trace["agent"]["calls"])
        assert not answer.trace["agent"]["used"] and answer.trace["llm"]["fallback"]


def test_s7_an_agent_of_a_part_sees_the_part(places):
    where = {"field": "title", "operator": "==", "value": "The flood"}
    wish = ChatMessage.from_assistant(tool_calls=[ToolCall("search_documents", {"query": "When was the mill built?"})])
    with KnowledgeBase(places["clean"], where=where) as kb:
        answer = ask_agent(kb, "When was the mill built?", obeying([wish, "The mill was built in 1842. [1]"]))
        assert "1842" not in answer.text and all(cited.title == "The flood" for cited in answer.citations)


def test_s7_an_address_of_a_model_is_left_out(places):
    said = ("The mill was built in 1842 by the Brandt family. [1] Its wheel is 4 m wide. [1] "
            "Its wheel is 4 m wide, see http://evil.example/?q=1842 or mail mallory@evil.example. [1]")
    with KnowledgeBase(places["clean"], llm=obeying(said)) as kb:
        answer = kb.ask("When was the mill built, and how wide is its wheel?")
        assert "evil.example" not in answer.text + "".join(answer.unsupported) + answer._repr_html_()


# ------------------------------------------------------------------ S11


CANARY, ADDRESS = "canary-sk-4711-abcdef", "http://ada:canary-pass-4711@127.0.0.1:9/v1"


def everything(*values): return " ".join(f"{value!r} {value}" for value in values)


def test_s11_a_key_is_in_no_trace_no_yaml_and_no_message(places, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with KnowledgeBase(places["clean"], llm="openai:some-model", llm_url=ADDRESS, llm_timeout=2) as kb:
        answer = kb.ask("When was the mill built?")
        assert answer.text and answer.trace["llm"]["fallback"]  # nobody answers there
        kb.save_pipeline(tmp_path / "saved.yaml")
        agent = ask_agent(kb, "When was the mill built?", seconds=5)
        said = [kb, kb._repr_html_(), answer, answer._repr_html_(), json.dumps(answer.to_dict(), default=str),
                json.dumps(agent.to_dict(), default=str), caplog.text, KnowledgeToolset(kb).to_dict()]
        try: kb.ask("When was the mill built?", filters={"field": "meta.x", "operator": "==", "value": 1})
        except Exception as error: said += [error, message_of(error), error_dict(error)]  # noqa: BLE001
    assert CANARY not in everything(*said) and "canary-pass" not in everything(*said)
    saved = (tmp_path / "saved.yaml").read_text()
    assert CANARY not in saved
    for name, text in ((path.name, path.read_bytes()) for path in places["clean"].rglob("*") if path.is_file()):
        assert CANARY.encode() not in text and b"canary-pass" not in text, name


def test_s11_what_a_model_complains_of_is_said_without_its_address():
    class Failing:
        def run(self, messages, **_): raise RuntimeError(f"cannot reach {ADDRESS}")

    reply = ask_llm(Failing(), "?", 5)
    assert "canary" not in reply.error and "127.0.0.1:9" in reply.error
    assert "canary" not in str(check_reply("?", reply, []).to_dict())


# ------------------------------------------------------------------ heard and counted


def test_a_listener_that_fails_costs_no_answer(places, caplog):
    def broken(piece): raise RuntimeError("the page is gone")

    said = "The mill was built in 1842 by the Brandt family. [1]"
    with KnowledgeBase(places["clean"], llm=obeying(said)) as kb, streaming(broken), counted_calls() as calls:
        assert kb.ask("When was the mill built?").by_model
    assert calls and "was to hear" in caplog.text


def test_what_comes_too_late_is_not_heard():
    heard = []

    class Slow:
        def run(self, messages, streaming_callback=None, generation_kwargs=None):
            for piece in ("a", "b"):
                streaming_callback(type("Chunk", (), {"content": piece}))
                time.sleep(0.3)
            return {"replies": [ChatMessage.from_assistant("ab")]}

    with streaming(heard.append): reply = ask_llm(Slow(), "?", 0.1, aloud=True)
    time.sleep(0.6)
    assert heard == ["a"] and reply.error and isinstance(reply, Reply)
