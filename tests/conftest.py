"What all tests share."

import os
import uuid

import pytest


def pytest_collection_modifyitems(items):
    "Browser tests last: Playwright keeps an event loop running in the main thread, and neither asynchronous tests nor a second Playwright can start beside it."
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, "tests/browser/" in item.nodeid))


@pytest.fixture(scope="session")
def elastic_server():
    "The URL of a real Elasticsearch."
    url = os.environ.get("KBASE_TEST_ELASTICSEARCH", "")
    if not url:
        pytest.skip("no Elasticsearch: set KBASE_TEST_ELASTICSEARCH=http://host:port to a server that may be filled and emptied")
    return url.rstrip("/")


@pytest.fixture(scope="session")
def elastic_secure():
    "The URL of one with TLS and the user kbase, password kbase-test, and the file with its certificate."
    url, _, authority = os.environ.get("KBASE_TEST_ELASTICSEARCH_SECURE", "").partition(" ")
    if not authority:
        pytest.skip("no Elasticsearch with TLS: set KBASE_TEST_ELASTICSEARCH_SECURE='https://host:port /path/to/http.crt', user kbase, password kbase-test")
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
