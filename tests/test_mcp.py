"""The server for assistants: the protocol over pipes and at an address, strangers turned away, nothing written unless
asked."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("mcp")
from mcp.client import Client
from starlette.testclient import TestClient

from kbase import KnowledgeBase
from kbase.querying.tools import tools_of
from kbase.serving.mcp import OneToken, mcp_app, mcp_server

TOKEN, PORT = "a-token-of-this-test-4711", 8365
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    notes = folder / "notes"
    (notes / "public").mkdir(parents=True)
    (notes / "public" / "mill.md").write_text("# The mill\n\nThe mill was built in 1842 by the Brandt family.\n")
    (notes / "vault.md").write_text("# The vault\n\nThe vault opens with the number 4711.\n")
    with KnowledgeBase(folder / "knowledge") as kb: kb.add(notes, progress=False)
    return folder


@pytest.fixture
def kb(shelf):
    with KnowledgeBase(shelf / "knowledge") as kb: yield kb


def command(shelf, *words):
    return [sys.executable, "-m", "kbase.serving.cli", "mcp", "--kb", str(shelf / "knowledge"), *words]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KBASE_")}
    return {**kept, "HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", **more}


def converse(shelf, *words, calls=()):
    "What a client hears over pipes: the names of the tools, and the text and error of each call."
    from mcp.client.stdio import StdioServerParameters, stdio_client

    line = command(shelf, *words)

    async def talk():
        server = StdioServerParameters(command=line[0], args=line[1:], env=environment())
        async with Client(stdio_client(server)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            results = [await client.call_tool(name, arguments) for name, arguments in calls]
            return names, [(one.content[0].text, one.is_error) for one in results]

    return asyncio.run(asyncio.wait_for(talk(), 120))


def test_over_pipes_an_assistant_reads_and_changes_nothing(shelf):
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (shelf / "knowledge").rglob("*.lance"))
    names, results = converse(shelf, calls=[
        ("ask_documents", {"question": "When was the mill built?"}), ("search_documents", {"query": "vault"}),
        ("delete_document", {"document": "The mill"}), ("add_file", {"path": "x"}), ("search_documents", {"top_k": 3}),
    ])
    assert "search_documents" in names and not {"add_file", "delete_document"} & set(names)
    assert "1842" in results[0][0] and not results[0][1] and "4711" in results[1][0]
    assert all(error for _, error in results[2:]) and "query: Missing" in results[4][0]
    after = sorted((path.name, path.stat().st_mtime_ns) for path in (shelf / "knowledge").rglob("*.lance"))
    assert before == after


def test_the_filter_of_the_command_holds(shelf):
    _, results = converse(shelf, "--where", "folder=notes/public", calls=[
        ("search_documents", {"query": "Which number opens the vault?"}), ("open_document", {"document": "The vault"}),
        ("list_documents", {})])
    assert all("4711" not in text for text, _ in results) and results[1][1] and '"count": 1' in results[2][0]


def test_writing_wants_a_folder(kb, shelf, tmp_path):
    async def names(tools):
        async with Client(mcp_server(kb, tools)) as client:
            return {tool.name: tool.annotations for tool in (await client.list_tools()).tools}

    reading, writing = asyncio.run(names(tools_of(kb))), asyncio.run(names(tools_of(kb, tmp_path)))
    assert all(one.read_only_hint for one in reading.values())
    assert set(writing) - set(reading) == {"add_file", "delete_document"}
    assert not writing["add_file"].read_only_hint and writing["delete_document"].destructive_hint


# ------------------------------------------------------------------ S12


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer wrong-wrong-wrong-wrong"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": f"Bearer {TOKEN}é".encode()}, 401),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"Bearer {TOKEN}", "origin": f"http://localhost:{PORT}"}, 200),
        ({"authorization": f"Bearer {TOKEN}", "origin": "http://evil.example"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "origin": "null"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "origin": f"http://127.0.0.1:{PORT + 1}"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "host": "evil.example"}, 421),
        ({"authorization": f"Bearer {TOKEN}", "host": f"evil.example:{PORT}"}, 421),
        ({"authorization": f"Bearer {TOKEN}", "host": f"127.0.0.1.evil.example:{PORT}"}, 421),
        ({"authorization": f"Bearer {TOKEN}", "host": f"127.0.0.1:{PORT + 1}"}, 421),
    ],
)
def test_s12_strangers_are_turned_away(kb, headers, status):
    app = mcp_app(mcp_server(kb, tools_of(kb)), TOKEN, PORT)
    with TestClient(app, f"http://127.0.0.1:{PORT}") as client:
        answer = client.post("/mcp", json=HELLO, headers={**ACCEPT, **headers})
        assert answer.status_code == status and TOKEN not in answer.text
        assert ("search_documents" in answer.text) == (status == 200)
        for path in ("/", "/docs", "/.well-known/oauth-authorization-server", "/token", "/authorize"):
            assert client.get(path).status_code == 404


def test_s12_a_token_is_long_and_is_shown_nowhere():
    with pytest.raises(ValueError, match="16 or more"): OneToken("short")
    gate = OneToken(TOKEN)
    assert asyncio.run(gate.verify_token("x" * 20)) is None and TOKEN not in repr(gate)
    assert TOKEN not in repr(asyncio.run(gate.verify_token(TOKEN)))


def test_s12_the_server_binds_this_machine_alone_and_wants_its_token(shelf):
    import socket
    import urllib.error
    import urllib.request

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(command(shelf, "--port", str(port)), env=environment(KBASE_MCP_TOKEN=TOKEN),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    killer = threading.Timer(90, server.kill)
    killer.start()
    try:
        for line in server.stderr:
            if f"http://127.0.0.1:{port}/mcp" in line: break

        def post(**headers):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/mcp", json.dumps(HELLO).encode(),
                                             {**ACCEPT, "content-type": "application/json", **headers})
            for _ in range(50):
                try:
                    with urllib.request.urlopen(request, timeout=10) as answer: return answer.status
                except urllib.error.HTTPError as error: return error.code
                except OSError: time.sleep(0.1)
            return None

        assert post() == 401 and post(authorization=f"Bearer {TOKEN}") == 200
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(OSError): socket.create_connection((own, port), timeout=2).close()
    finally:
        server.terminate()
        _, said = server.communicate(timeout=30)
        killer.cancel()
    assert TOKEN not in said and "Traceback" not in said


def test_what_cannot_be_served_is_said(shelf, tmp_path):
    from typer.testing import CliRunner

    from kbase.serving.cli import app

    def run(*words): return CliRunner().invoke(app, ["mcp", "--kb", *words])

    place = str(shelf / "knowledge")
    assert "there is no knowledge base" in run(str(tmp_path / "nowhere")).stderr
    assert "is no folder" in run(place, "--write-from", str(tmp_path / "nowhere")).stderr
    assert "did you mean" in run(place, "--where", "titel=x").stderr
    shown = json.loads(run(place, "--settings", "--where", "folder=notes/public").stdout)["mcpServers"]["kbase"]
    assert shown["args"][-4:] == ["--kb", place, "--where", "folder=notes/public"]
