"""Haystack's own store suites, all of them, sync and async, on both stores. Only `test_write_documents` is ours to
define."""

import pytest
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.testing import document_store as suites
from haystack.testing import document_store_async as async_suites

from kbase.stores.contract import open_store
from kbase.stores.elastic import ElasticStore
from kbase.stores.embedded import EmbeddedStore


class OnDisk:
    @pytest.fixture
    def document_store(self, tmp_path):
        store = EmbeddedStore(str(tmp_path / "store"))
        yield store
        store.close()


class OnDiskWithDimension:
    "A store that was told its vectors' length before it had any: rows without vectors find their column there already."

    @pytest.fixture
    def document_store(self, tmp_path):
        store = open_store(str(tmp_path / "store"), dimension=768)  # as long as the vectors in Haystack's suites
        yield store
        store.close()


class OnCluster:
    @pytest.fixture
    def document_store(self, elastic_url):
        store = ElasticStore(elastic_url, replicas=0)
        yield store
        store.close()


class Contract(
    suites.DocumentStoreBaseExtendedTests,
    suites.CountDocumentsByFilterTest,
    suites.CountUniqueMetadataByFilterTest,
    suites.GetMetadataFieldsInfoTest,
    suites.GetMetadataFieldMinMaxTest,
    suites.GetMetadataFieldUniqueValuesTest,
):
    def test_write_documents(self, document_store):
        "Without a policy nothing is overwritten."
        docs = [Document(content="a"), Document(content="b")]
        assert document_store.write_documents(docs) == 2
        assert document_store.filter_documents() == docs
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([docs[0]], DuplicatePolicy.NONE)


class AsyncContract(
    async_suites.CountDocumentsAsyncTest,
    async_suites.WriteDocumentsAsyncTest,
    async_suites.DeleteDocumentsAsyncTest,
    async_suites.FilterDocumentsAsyncTest,
    async_suites.DeleteAllAsyncTest,
    async_suites.DeleteByFilterAsyncTest,
    async_suites.UpdateByFilterAsyncTest,
    async_suites.CountDocumentsByFilterAsyncTest,
    async_suites.CountUniqueMetadataByFilterAsyncTest,
    async_suites.GetMetadataFieldsInfoAsyncTest,
    async_suites.GetMetadataFieldMinMaxAsyncTest,
    async_suites.GetMetadataFieldUniqueValuesAsyncTest,
):
    async def test_write_documents_async(self, document_store):
        docs = [Document(content="a"), Document(content="b")]
        assert await document_store.write_documents_async(docs) == 2
        assert await document_store.filter_documents_async() == docs
        with pytest.raises(DuplicateDocumentError):
            await document_store.write_documents_async([docs[0]], DuplicatePolicy.NONE)


class TestEmbedded(OnDisk, Contract):
    pass


class TestEmbeddedAsync(OnDisk, AsyncContract):
    pass


class TestEmbeddedWithDimension(OnDiskWithDimension, Contract):
    pass


class TestEmbeddedWithDimensionAsync(OnDiskWithDimension, AsyncContract):
    pass


class TestElastic(OnCluster, Contract):
    pass


class TestElasticAsync(OnCluster, AsyncContract):
    pass


def test_no_suite_was_forgotten():
    "A suite that a newer Haystack adds must be inherited too."
    for module, ours in ((suites, Contract), (async_suites, AsyncContract)):
        there = {
            v
            for k, v in vars(module).items()
            if k.endswith(("Test", "Tests")) and isinstance(v, type) and v.__module__ == module.__name__
        }
        assert all(issubclass(ours, suite) for suite in there), there - set(ours.__mro__)
