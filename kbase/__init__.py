"""A knowledge base for Jupyter: files in, questions routed, answers with citations that can be checked

Modules:

- `kbase.blocks`: What was written as one: headings, paragraphs, list items, code, tables, rows
- `kbase.embedding`: Texts into vectors: the packaged model, any sentence-transformers model, or any Haystack embedder
- `kbase.encoder`: From tokens to one vector a text: a page of arithmetic
- `kbase.indexing.converters`: Files in, documents out; and for every file that is none, the reason
- `kbase.indexing.copying`: A knowledge base in another store, vectors and all
- `kbase.indexing.parsers`: PDF, Word and HTML as Markdown, read in a process that may die
- `kbase.indexing.splitting`: Documents into chunks, along the lines on which they were written
- `kbase.indexing.summaries`: What a document is about, in a few of its own sentences, or in a language model's words
- `kbase.indexing.sync`: From a folder to an indexed knowledge base, with an account of every file
- `kbase.knowledge`: One object to fill, search, ask and look into
- `kbase.language`: Which language a text is in, where its sentences end, and which words a search goes by
- `kbase.messages`: What an error says to whoever reads it: a sentence, and no secret
- `kbase.models`: Optional helpers, asked with a time limit and never trusted
- `kbase.nodes`: What goes in and what is kept: documents, their nodes, and what each kind of node is
- `kbase.querying.answers`: The sentences that answer, each cited to the character; or no answer, and why
- `kbase.querying.components`: An embedder of questions and a retriever, for any Haystack pipeline
- `kbase.querying.filters`: A filter on a field that does not exist is a mistake, not an empty result
- `kbase.querying.fusion`: One ranking out of two, with the reason for every place in it
- `kbase.querying.pipeline`: Decide, route, retrieve, answer: a Haystack pipeline that can be drawn, saved and taken apart
- `kbase.querying.retrieval`: A query goes in, hits come out, each with the sum behind its place
- `kbase.querying.routing`: Which kind of answer a question wants: a fact, a summary, a comparison, a list
- `kbase.results`: What is found, what is answered, what became of each file; each draws itself and has one form as JSON
- `kbase.serving.cli`: `kbase add`, `search`, `ask`, `status` and `summary`, for a shell and for scripts
- `kbase.serving.demo`: A knowledge base from what every machine with Python has, ten questions, and a report to read
- `kbase.serving.demo_report`: Questions, answers, sums and times on one page of HTML that needs nothing else
- `kbase.serving.demo_sources`: Documents that every machine with Python has: the language reference, standard modules, installed packages
- `kbase.serving.terminal`: Hits and answers as lines that are safe to print, and as JSON
- `kbase.settings`: What a knowledge base is told once, in a file beside the notebook
- `kbase.shared`: One object for everybody in a process who asks for the same thing
- `kbase.stores.conditions`: Haystack's filters as a small tree, and one function that says when a tree holds
- `kbase.stores.contract`: One contract, so that a notebook runs the same on a folder and on a cluster
- `kbase.stores.elastic`: The same notebook on a cluster: `KnowledgeBase("http://host:9200/name")`
- `kbase.stores.embedded`: A folder on disk: BM25, vectors and filters in one LanceDB database, no server
- `kbase.stores.haystack`: What makes a store of kbase a Haystack DocumentStore, written once over a few hooks
- `kbase.stores.rows`: How a document, its nodes and its account are written down, the same in every store
- `kbase.weights`: Where a model's files are found, and what of them is read
- `kbase.widgets.base`: Data that is safe to send, a theme, and something to show where no kernel runs
- `kbase.widgets.search`: Results as you type, the sum behind every place, facets, and each hit in its document
- `kbase.workers`: Several processes that add to one knowledge base, on one machine or on many"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Haystack posts the names of components unless this is set, and reads it when it is first imported
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

if TYPE_CHECKING:
    from kbase.knowledge import KnowledgeBase
    from kbase.nodes import Document, Node
    from kbase.results import Answer, Citation, Hit, Hits, Report
    from kbase.settings import Settings
    from kbase.stores.contract import open_store

__all__ = ["Answer", "Citation", "Document", "Hit", "Hits", "KnowledgeBase", "Node", "Report", "Settings", "open_store"]

_HOMES = {name: "kbase.results" for name in ("Answer", "Citation", "Hit", "Hits", "Report")}
_HOMES |= {name: "kbase.nodes" for name in ("Document", "Node")}
_HOMES |= {"KnowledgeBase": "kbase.knowledge", "Settings": "kbase.settings", "open_store": "kbase.stores.contract"}


def __getattr__(name: str) -> Any:
    # a name brings its module when it is first used: `kbase --help` should not wait for Haystack and LanceDB
    if name not in _HOMES:
        raise AttributeError(f"module 'kbase' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
