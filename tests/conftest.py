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


def pytest_collection_modifyitems(items):
    """Browser tests last: Playwright keeps an event loop running in the main thread, and neither asynchronous tests
    nor a second Playwright can start beside it."""
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, "tests/browser/" in item.nodeid))


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
