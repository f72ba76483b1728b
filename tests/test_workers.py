"Many writers on one knowledge base: claims, dead claimants, workers, a node that dies. A real Elasticsearch."

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from kbase import KnowledgeBase
from kbase.nodes import digest
from kbase.results import ReportRow
from kbase.stores.contract import StoreError
from kbase.workers import add_with_workers, merge_rows

SERVER = os.environ.get("KBASE_TEST_ELASTICSEARCH_SERVER", "")
WORDS = Path(__file__).read_text(encoding="utf-8").split()
ADD = """import json, sys
from kbase import KnowledgeBase
with KnowledgeBase(sys.argv[1]) as kb:
    report = kb.add(sys.argv[2], progress=False)
print(json.dumps([[row.uri, row.state] for row in report.rows]))
"""


def write_notes(folder: Path, count: int, paragraphs: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        text = "\n\n".join(" ".join(WORDS[(i * 31 + j * 17 + k) % len(WORDS)] for k in range(60)) for j in range(paragraphs))
        (folder / f"note{i:04}.md").write_text(f"# Note {i}\n\n{text}\n", encoding="utf-8")
    return folder


def contents(kb: KnowledgeBase) -> dict[str, str]:
    return {node.id: digest(node.text, node.title, node.uri) for batch in kb.store.scan() for node in batch}


def begin(place: str, folder: Path, out: int = subprocess.PIPE) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", ADD, place, str(folder)], stdout=out, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def alone(tmp_path):
    "What one undisturbed run makes of a folder, on the embedded store."
    def run(folder: Path) -> dict[str, str]:
        with KnowledgeBase(tmp_path / "alone") as kb:
            kb.add(folder, progress=False)
            return contents(kb)
    return run


def test_the_best_row_of_each_source_counts():
    rows = [[ReportRow("a", "unchanged", "", 1, 0.0, "a"), ReportRow("b", "failed", "broken", 0, 0.0, "b")], [ReportRow("a", "added", "", 1, 0.0, "a"), ReportRow("b", "unchanged", "", 0, 0.0, "b")]]
    assert [(row.uri, row.state) for row in merge_rows(rows)] == [("a", "added"), ("b", "failed")]


def test_a_folder_has_one_writer(tmp_path):
    with pytest.raises(StoreError, match="one writer at a time"):
        add_with_workers(str(tmp_path / "kb"), [str(tmp_path)], 2)
    with pytest.raises(ValueError, match="1 or more"):
        add_with_workers("http://localhost:1/x", [], 0)
    assert not (tmp_path / "kb").exists()


def test_two_processes_share_the_work(elastic_url, tmp_path, alone):
    folder = write_notes(tmp_path / "notes", 120)
    running = [begin(elastic_url, folder) for _ in range(2)]
    ended = [(process.communicate(timeout=200), process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0], [errors for (_, errors), _ in ended]
    each = [dict(json.loads(out)) for (out, _), _ in ended]
    added = [{uri for uri, state in rows.items() if state == "added"} for rows in each]
    assert not added[0] & added[1], "indexed twice"
    assert len(added[0] | added[1]) == 120 and all(len(rows) == 120 for rows in each)
    with KnowledgeBase(elastic_url) as kb:
        assert contents(kb) == alone(folder)


def test_a_dead_claim_lapses_and_nothing_is_left_out(elastic_url, tmp_path):
    folder = write_notes(tmp_path / "notes", 5)
    with KnowledgeBase(elastic_url) as kb:
        kb.store.set_embedder(kb.embedder.identity)
        held = {digest(f"notes/note{i:04}.md") for i in range(3)}
        assert kb.store.claim(sorted(held), "dead", 4) == held
        began = time.monotonic()
        report = kb.add(folder, progress=False)
        assert report.count("added") == 5 and time.monotonic() - began > 2
        assert kb.store.claim(sorted(held), "later", 4) == held, "a run gives its claims back"


@pytest.mark.slow
def test_workers(elastic_url, tmp_path, alone):
    folder = write_notes(tmp_path / "notes", 80)
    done = subprocess.run([sys.executable, "-m", "kbase.serving.cli", "add", str(folder), "--kb", elastic_url, "--workers", "2", "--json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["found"], report["ok"]) == (80, 80) and {row["state"] for row in report["rows"]} == {"added"}
    with KnowledgeBase(elastic_url) as kb:
        assert contents(kb) == alone(folder)


@pytest.mark.slow
def test_ctrl_c_leaves_workers_a_moment_to_put_a_first_load_right(elastic_url, tmp_path):
    folder = write_notes(tmp_path / "notes", 1100, 1)
    command = [sys.executable, "-m", "kbase.serving.cli", "add", str(folder), "--kb", elastic_url, "--workers", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    ids = [digest(f"notes/note{i:04}.md") for i in range(1100)]
    with KnowledgeBase(elastic_url) as kb:
        while len(kb.store.sources(ids)) < 20 and running.poll() is None:
            time.sleep(0.2)
        assert "loading" in kb.store.about.get(fresh=True) and kb.store.count_documents() == 0
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does, which tells every process
        _, errors = running.communicate(timeout=120)
        assert running.returncode == 130 and "Traceback" not in errors, errors
        assert "loading" not in kb.store.about.get(fresh=True) and 0 < len(kb) < 1100 and kb.store.count_documents() == sum(source.nodes for source in kb.store.sources())
        assert kb.store.claim(ids, "later") == set(ids), "claims were given back"


def free_ports(count: int) -> int:
    "The first of some ports in a row that nobody listens on."
    for port in range(9300 + os.getpid() % 500, 10_000, count):
        try:
            for at in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", at))
        except OSError:
            continue
        return port
    raise RuntimeError("no free ports")


@pytest.fixture
def three_nodes():
    "A cluster of three nodes: its URL, and a command to it."
    if not SERVER:
        pytest.skip("KBASE_TEST_ELASTICSEARCH_SERVER does not name the script that starts a cluster")
    folder, port = tempfile.mkdtemp(prefix="kbase-three-"), free_ports(3)
    os.chmod(folder, 0o755)

    def command(what: str, *more: str) -> None:
        subprocess.run([SERVER, what, "--port", str(port), "--dir", folder, *more], check=True, capture_output=True, timeout=240)

    command("start", "--nodes", "3", "--heap", "512m")
    try:
        yield ",".join([f"http://127.0.0.1:{port}", *(f"127.0.0.1:{port + i}" for i in (1, 2))]), command
    finally:
        command("stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_node_dies_while_two_processes_add(three_nodes, tmp_path, alone):
    servers, command = three_nodes
    count = int(os.environ.get("KBASE_TEST_NOTES", "120"))
    folder, place = write_notes(tmp_path / "notes", count, 6), f"{servers}/three"
    whole = alone(folder)
    running, failures, searches = [begin(place, folder, subprocess.DEVNULL) for _ in range(2)], [], 0  # thousands of rows would fill a pipe that nobody reads
    end = threading.Event()

    def life() -> None:
        try:
            while not kb.store.count_documents() and not end.wait(0.2):
                pass
            end.wait(3)
            command("kill", "--node", "2")
            end.wait(8)
        finally:
            command("revive", "--node", "2")

    with KnowledgeBase(place) as kb:
        nurse = threading.Thread(target=life)
        nurse.start()
        try:
            while any(process.poll() is None for process in running):
                try:
                    kb.search("claims and dead claimants", mode="bm25")
                    searches += 1
                except Exception as error:  # noqa: BLE001  counted, and told below
                    failures.append(repr(error))
                time.sleep(0.2)
        finally:
            end.set()
            nurse.join()
        ended = [(process.communicate(), process.returncode) for process in running]
        assert [code for _, code in ended] == [0, 0], [errors for (_, errors), _ in ended]
        assert not failures and searches
        assert contents(kb) == whole and len(kb) == count
