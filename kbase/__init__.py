"A knowledge base for people who work in Jupyter: add folders, search, ask, and see why an answer is what it is."

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Haystack posts component names unless told not to, and reads this when it is first imported; whoever wants it sets it to True
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

if TYPE_CHECKING:
    from kbase.knowledge import KnowledgeBase
    from kbase.nodes import Answer, Citation, Document, Hit, Hits, Node, Report
    from kbase.settings import Settings
    from kbase.stores.base import open_store

__all__ = ["Answer", "Citation", "Document", "Hit", "Hits", "KnowledgeBase", "Node", "Report", "Settings", "open_store"]

_HOMES = {name: "kbase.nodes" for name in ("Answer", "Citation", "Document", "Hit", "Hits", "Node", "Report")}
_HOMES |= {"KnowledgeBase": "kbase.knowledge", "Settings": "kbase.settings", "open_store": "kbase.stores.base"}


def __getattr__(name: str) -> Any:
    # a name brings its module when it is first used: `kbase --help` should not wait for Haystack and LanceDB
    if name not in _HOMES:
        raise AttributeError(f"module 'kbase' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
