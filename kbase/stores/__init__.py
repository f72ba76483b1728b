"Stores of nodes: what they promise, and the ones there are."

from kbase.stores.contract import NodeStore, open_store

__all__ = ["NodeStore", "open_store"]
