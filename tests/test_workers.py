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
from kbase.indexing.sources import find_items
from kbase.indexing.claims import CLAIM_SECONDS, Claims
from kbase.indexing.sync import PATIENCE_SECONDS, Run
from kbase.nodes import digest
from kbase.results import Report, ReportRow
from kbase.stores.contract import StoreError
from kbase.workers import Heard, add_with_workers, listen, merge_rows, start_team, stop_team

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
        text = "\n\n".join(
            " ".join(WORDS[(i * 31 + j * 17 + k) % len(WORDS)] for k in range(60)) for j in range(paragraphs)
        )
        (folder / f"note{i:04}.md").write_text(f"# Note {i}\n\n{text}\n", encoding="utf-8")
    return folder


def contents(kb: KnowledgeBase) -> dict[str, str]:
    return {node.id: digest(node.text, node.title, node.uri) for batch in kb.store.scan() for node in batch}


def begin(place: str, folder: Path, out: int = subprocess.PIPE) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", ADD, place, str(folder)], stdout=out, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def alone(tmp_path):
    "What one undisturbed run makes of a folder, on the embedded store."

    def run(folder: Path) -> dict[str, str]:
        with KnowledgeBase(tmp_path / "alone") as kb:
            kb.add(folder, progress=False)
            return contents(kb)

    return run


def test_the_best_row_of_each_source_counts():
    rows = [
        [ReportRow("a", "unchanged", "", 1, 0.0, "a"), ReportRow("b", "failed", "broken", 0, 0.0, "b")],
        [ReportRow("a", "added", "", 1, 0.0, "a"), ReportRow("b", "unchanged", "", 0, 0.0, "b")],
    ]
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
        claimed = {digest(f"notes/note{i:04}.md") for i in range(3)}
        assert kb.store.claim(sorted(claimed), "dead", 4) == claimed
        report = kb.add(folder, progress=False)
        assert report.count("added") == 5
        assert kb.store.claim(sorted(claimed), "later", 4) == claimed, "a run gives its claims back"


class Table:
    "Claims as a cluster keeps them, without a clock: they lapse when `lapse` is called."

    def __init__(self, store, monkeypatch):
        self.owners: dict[str, str] = {}
        monkeypatch.setattr(store, "many_writers", True, raising=False)
        monkeypatch.setattr(store, "claim", self.claim)
        monkeypatch.setattr(store, "release", self.lapse)

    def claim(self, document_ids, owner, seconds=60.0):
        for document_id in document_ids:
            self.owners.setdefault(document_id, owner)
        return {document_id for document_id in document_ids if self.owners[document_id] == owner}

    def lapse(self, owner):
        self.owners = {document_id: other for document_id, other in self.owners.items() if other != owner}


def test_what_others_have_claimed_is_waited_for_and_taken_over(tmp_path, monkeypatch):
    folder, naps = write_notes(tmp_path / "notes", 5), []
    claimed = {digest(f"notes/note{i:04}.md") for i in range(3)}
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.store.set_embedder(kb.embedder.identity)
        table = Table(kb.store, monkeypatch)
        table.claim(sorted(claimed), "dead")

        def nap(seconds):
            naps.append(seconds)
            if len(naps) == 3:
                table.lapse("dead")

        run = Run(kb.store, kb.recipe, sleep=nap)
        with run:
            run.add(list(find_items(folder)))
        assert naps == [PATIENCE_SECONDS] * 3 and [run.rows[i,].state for i in range(5)] == ["added"] * 5
        assert set(table.owners.values()) == {run.claims.owner} and not run.claims.ids
        run.claims.release()
        assert not table.owners


def test_what_another_has_done_meanwhile_is_left_alone(tmp_path, monkeypatch):
    folder = write_notes(tmp_path / "notes", 3)
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.store.set_embedder(kb.embedder.identity)
        late = Run(kb.store, kb.recipe)  # has read the account, which is empty
        kb.add(folder, progress=False)
        Table(kb.store, monkeypatch)
        with late:
            late.add(list(find_items(folder)))
        assert [late.rows[i,].state for i in range(3)] == ["unchanged"] * 3


def test_claims_are_renewed_after_a_third_of_their_time(monkeypatch):
    made, clock = [], [1000.0]

    class Store:
        def claim(self, ids, owner, seconds):
            made.append((list(ids), seconds))
            return set(ids)

    claims = Claims(Store(), now=lambda: clock[0])
    claims.renew()
    assert not made, "nothing is claimed"
    claims.take(["a", "b"])
    claims.renew()
    clock[0] += CLAIM_SECONDS / 3 - 1
    claims.renew()
    clock[0] += 2
    claims.drop("a")
    claims.renew()
    assert [ids for ids, _ in made] == [["a", "b"], ["a", "b"], ["b"]] and {seconds for _, seconds in made} == {
        CLAIM_SECONDS
    }


def test_what_workers_say():
    heard = Heard()
    row = ReportRow("a", "added", "", 1, 0.0, "a")
    assert heard.take("w0", "row", row) and not heard.take(
        "w1", "end", Report([ReportRow("a", "unchanged", "", 1, 0.0, "a")])
    )
    assert heard.merged() == [row]
    with pytest.raises(KeyboardInterrupt):
        heard.take("w0", "stopped", None)
    with pytest.raises(StoreError, match="w0 failed: no room left"):
        heard.take("w0", "error", "no room left")


def deaf(sender):  # pragma: no cover  runs in another process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sender.send(("row", ReportRow("a", "added", "", 1, 0.0, "a")))
    time.sleep(300)


def dying(sender):  # pragma: no cover
    sender.send(("row", ReportRow("b", "added", "", 1, 0.0, "b")))
    os._exit(9)


def test_a_worker_that_dies_is_told_and_one_that_does_not_end_is_ended():
    team = {}
    start_team(team, 2, dying)
    heard = listen(team)
    assert sorted(heard.died) == ["kbase-worker-0 died with exit code 9", "kbase-worker-1 died with exit code 9"]
    assert [row.uri for row in heard.merged()] == ["b"] and not heard.reports
    team = {}
    start_team(team, 1, deaf)
    (reader, process), ticks = next(iter(team.items())), iter([0.0, 0.0, 100.0])
    reader.poll(60)
    stop_team(team, patience=60.0, now=lambda: next(ticks))
    process.join(60)
    assert process.exitcode == -signal.SIGTERM


@pytest.mark.slow
def test_the_page_shows_two_workers(elastic_url):
    page = json.loads((Path(__file__).parent.parent / "nbs/62_workers.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"]
    names = {"tempfile": tempfile, "Path": Path, "add_with_workers": add_with_workers}
    exec(
        next(source for source in sources if source.startswith("#| elastic")).replace(
            "http://localhost:9200/notes", elastic_url
        ),
        names,
    )
    assert (names["report"].count("added"), names["report"].found) == (20, 20)


@pytest.mark.slow
def test_workers(elastic_url, tmp_path, alone):
    folder = write_notes(tmp_path / "notes", 80)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kbase.serving.cli",
            "add",
            str(folder),
            "--kb",
            elastic_url,
            "--workers",
            "2",
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["found"], report["ok"]) == (80, 80) and {row["state"] for row in report["rows"]} == {"added"}
    with KnowledgeBase(elastic_url) as kb:
        assert contents(kb) == alone(folder)


@pytest.mark.slow
def test_ctrl_c_leaves_workers_a_moment_to_put_a_first_load_right(elastic_url, tmp_path):
    folder = write_notes(tmp_path / "notes", 1100, 1)
    command = [sys.executable, "-m", "kbase.serving.cli", "add", str(folder), "--kb", elastic_url, "--workers", "2"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    ids = [digest(f"notes/note{i:04}.md") for i in range(1100)]
    with KnowledgeBase(elastic_url) as kb:
        while len(kb.store.sources(ids)) < 20 and running.poll() is None:
            time.sleep(0.2)
        assert "loading" in kb.store.about.read()[0] and kb.store.count_documents() == 0
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does, which tells every process
        _, errors = running.communicate(timeout=120)
        assert running.returncode == 130 and "Traceback" not in errors, errors
        assert "loading" not in kb.store.about.read()[0] and 0 < len(kb) < 1100
        assert kb.store.count_documents() == sum(source.nodes for source in kb.store.sources())
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
        subprocess.run(
            [SERVER, what, "--port", str(port), "--dir", folder, *more], check=True, capture_output=True, timeout=240
        )

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
    running, failures, searches = (
        [begin(place, folder, subprocess.DEVNULL) for _ in range(2)],
        [],
        0,
    )  # thousands of rows would fill a pipe that nobody reads
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
