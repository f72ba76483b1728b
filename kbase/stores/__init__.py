"Where nodes are kept: a folder or a cluster, with one contract."

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kbase.deferring import defer_package

if TYPE_CHECKING:
    from kbase.stores.contract import NodeStore, open_store

__all__ = ["NodeStore", "open_store"]

defer_package("lance_namespace_urllib3_client")  # before anything imports LanceDB: a third of a second


def __getattr__(name: str) -> Any:
    # the contract brings numpy, which a filter that is only parsed does without
    if name not in __all__:
        raise AttributeError(f"module 'kbase.stores' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module("kbase.stores.contract"), name)
