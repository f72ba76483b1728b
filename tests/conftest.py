"What all tests share."

import os
import shutil
import signal
import subprocess
import time
import urllib.request
import uuid
from contextlib import ExitStack, contextmanager

import pytest

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
# a shell starts what runs in its background (`make test &`) deaf to Ctrl-C, and so would be the programs that the tests
# start
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


if "PYTEST_XDIST_WORKER" in os.environ:  # several at a time: one thread each, or they would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# what takes longest begins first, so that two workers end together (`python -m pytest -n 2`)
LONGEST = [
    "tests/browser",
    *(f"tests/test_{name}.py" for name in ("sync", "safety_sync", "workers", "docs", "store_contract")),
    *(f"tests/test_{name}.py" for name in ("store_elastic", "demo", "safety_documents", "cli", "fork", "wheel")),
]
# one JupyterLab, one language model: what shares these goes to one worker
TOGETHER = {"tests/browser": "tests/browser", "tests/test_llm.py": "llm", "tests/test_table_llm.py": "llm"}


def share_of(name: str) -> str:
    "What of the tests one worker runs whole, by a test's name: its file, or the files that share something costly."
    file = name.partition("::")[0]
    return next((share for part, share in TOGETHER.items() if file.startswith(part)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    "Files are handed out whole: their fixtures are made once. The longest are first."
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return share_of(nodeid)

    config.option.loadscopereorder = False  # or the files with the most tests would be first
    return Scheduling(config, log)


def pytest_collection_modifyitems(items):
    """Browser tests last, where one process runs all: Playwright keeps an event loop running in the main thread, and
    neither asynchronous tests nor a second Playwright can start beside it."""
    order = {share: place for place, share in enumerate(LONGEST)}
    workers = "PYTEST_XDIST_WORKER" in os.environ

    def place(item):
        browser = item.get_closest_marker("browser") is not None
        return order.get(share_of(item.nodeid), len(order)) if workers else 0, browser, "tests/browser/" in item.nodeid

    items.sort(key=place)


IMAGE = "docker.elastic.co/elasticsearch/elasticsearch:8.19.13"  # as in compose.yaml
NO_ELASTIC = (
    "no Elasticsearch: set KBASE_TEST_ELASTICSEARCH=http://host:port to a server that may be filled and emptied"
)


def container_engine():
    "docker or podman, if one is there and answers."
    for engine in ("docker", "podman"):
        try:
            if (
                shutil.which(engine)
                and not subprocess.run(
                    [engine, "info"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20
                ).returncode
            ):
                return engine
        except subprocess.TimeoutExpired:
            continue
    return None


@contextmanager
def elastic_container(engine):
    """The URL of a server in a container, which goes with the tests; RuntimeError, with the engine's last words,
    when there is none to be had."""

    def command(*words, limit=60):
        try:
            done = subprocess.run(
                [engine, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{engine} {words[0]} took more than {limit} s") from None
        if done.returncode:
            raise RuntimeError(
                f"{engine} {words[0]}: {(done.stderr.strip().splitlines() or ['no reason given'])[-1][:200]}"
            )
        return done.stdout.strip()

    name = f"kbase-test-{uuid.uuid4().hex[:12]}"
    try:
        command(
            "run",
            "--detach",
            "--rm",
            "--name",
            name,
            "--publish",
            "127.0.0.1::9200",
            "--memory",
            "1600m",
            "--env",
            "discovery.type=single-node",
            "--env",
            "xpack.security.enabled=false",
            "--env",
            "cluster.routing.allocation.disk.threshold_enabled=false",
            "--env",
            "ES_JAVA_OPTS=-Xms768m -Xmx768m",
            IMAGE,
            limit=600,
        )
        url = f"http://{command('port', name, '9200/tcp').splitlines()[0]}"
        end = time.monotonic() + 180
        while True:
            try:
                with urllib.request.urlopen(f"{url}/_cluster/health?wait_for_status=yellow&timeout=5s", timeout=10):
                    break
            except OSError as e:
                if time.monotonic() > end:
                    raise RuntimeError(f"Elasticsearch in {engine} did not answer within 180 s: {e}") from None
                time.sleep(1)
        yield url
    finally:
        subprocess.run([engine, "rm", "--force", name], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def elastic_server():
    "The URL of a real Elasticsearch: the one that is named, else one in a container."
    url = os.environ.get("KBASE_TEST_ELASTICSEARCH", "")
    if url:
        yield url.rstrip("/")
        return
    engine = container_engine()
    if engine is None:
        pytest.skip(f"{NO_ELASTIC}; and no docker or podman that answers")
    with ExitStack() as stack:
        try:
            started = stack.enter_context(elastic_container(engine))
        except RuntimeError as e:
            pytest.skip(f"{NO_ELASTIC}; {e}")
        yield started


@pytest.fixture(scope="session")
def elastic_secure():
    "The URL of one with TLS and the user kbase, password kbase-test, and the file with its certificate."
    url, _, authority = os.environ.get("KBASE_TEST_ELASTICSEARCH_SECURE", "").partition(" ")
    if not authority:
        pytest.skip(
            "no Elasticsearch with TLS: set KBASE_TEST_ELASTICSEARCH_SECURE='https://host:port /path/to/http.crt', "
            "user kbase, password kbase-test"
        )
    return url, authority


@pytest.fixture
def elastic_url(elastic_server):
    "A place for a knowledge base of its own, gone afterwards."
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield f"{elastic_server}/{name}"
    remove_indices(elastic_server, name)


def remove_indices(server, name):
    "Delete what a test left on the server."
    from elasticsearch import Elasticsearch

    with Elasticsearch(server, request_timeout=60) as client:
        found = list(client.indices.get(index=f"{name}-*", expand_wildcards="all", features="settings"))
        if found:
            client.indices.delete(index=found)
