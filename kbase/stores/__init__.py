"Where nodes are kept: a folder or a cluster, with one contract."

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kbase.deferring import defer_package

if TYPE_CHECKING:
    from kbase.stores.contract import NodeStore, open_store

__all__ = ["NodeStore", "open_store"]

# before anything imports LanceDB: half a second of classes for a server, whose names its signatures have
defer_package("lance_namespace_urllib3_client")
defer_package("lance_namespace_urllib3_client.models")
_RESPONSES = ("CreateNamespace", "DescribeNamespace", "DropNamespace", "ListNamespaces", "ListTables")
_CALLED = ["LanceNamespace", "NamespaceExistsRequest", "TableExistsRequest", "connect"]
defer_package("lance_namespace", _CALLED + [f"{name}Response" for name in _RESPONSES])


def __getattr__(name: str) -> Any:
    # the contract brings numpy, which a filter that is only parsed does without
    if name not in __all__:
        raise AttributeError(f"module 'kbase.stores' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module("kbase.stores.contract"), name)
