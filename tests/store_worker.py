"""What other processes do in the tests of the stores, and the small corpus that all of them share.

A version of a document is told by its text: every chunk of version 3 says `v3`, so that a mixture shows."""

import os
import resource
import time

import numpy as np

from kbase.nodes import Document, EmbedderIdentity, Node, digest
from kbase.stores.contract import StoreError
from kbase.stores.rows import Indexed, Source

DIM = 16


def direction(seed, dim=DIM):
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


def item(name, text="some words", chunks=1, dim=DIM, meta=None, seed=None):
    "A document cut into chunks of about equal length."
    document = Document(f"docs/{name}", text, title=f"Title {name}", language="en", meta=meta or {})
    cuts = np.linspace(0, len(text), chunks + 1).astype(int)
    nodes = [
        Node(
            document.id,
            "chunk",
            int(a),
            int(b),
            text[a:b],
            document.title,
            document.uri,
            language="en",
            meta=document.meta,
            vector=direction(int(digest(str(name), str(i))[:8], 16) if seed is None else seed + i, dim)
            if dim
            else None,
        )
        for i, (a, b) in enumerate(zip(cuts, cuts[1:], strict=False))
    ]
    return Indexed(
        Source(document.uri, document.id, nodes=len(nodes), meta=document.meta, title=document.title), document, nodes
    )


def versioned(number, version, chunks=4):
    "A document whose every word names its version."
    return item(f"d{number}", f"v{version} " * 3000, chunks, seed=number)


def open_store(path, **more):
    "A store of its own, not the one that this process shares."
    if "://" in path:
        from kbase.stores.elastic import ElasticStore

        return ElasticStore(path, replicas=0, **more)
    from kbase.stores.embedded import (
        EmbeddedStore,
    )  # here and not above: the fork server must not hold LanceDB's threads

    return EmbeddedStore(path, **more)


def upsert(path, names, batch):
    store = open_store(path)
    for at in range(0, len(names), batch):
        store.put([item(name) for name in names[at : at + batch]])


def hold_lock(path, ready):
    with open_store(path)._writing():
        ready.set()
        time.sleep(600)


def read_slowly(path, ready, answer, seconds):
    "Scan with pauses, and say which versions were seen."
    store, seen, count = open_store(path), set(), 0
    for batch in store.scan(batch_size=2):
        count += len(batch)
        seen |= {node.text[1:-1].split()[1] for node in batch}
        ready.set()
        time.sleep(seconds)
    found = store.find(["v0"], direction(1))
    answer.send((count, sorted(seen), len(found.fetch([hit.key for hit in found.dense]))))


def rebuild(path, acknowledged, seconds):
    "Make vectors anew, slowly, and say when a batch is done."

    def embed(texts):
        os.write(acknowledged.fileno(), b"batch\n")
        time.sleep(seconds)
        return np.ones((len(texts), 8), np.float32) / np.sqrt(8)

    open_store(path).rebuild(EmbedderIdentity("slow", 8), embed, batch_size=4)


def upgrade(path, acknowledged):
    os.write(acknowledged.fileno(), b"start\n")
    open_store(path).count_documents()


def write_versions(path, acknowledged, documents, first, seconds=60.0, optimize_every=3):
    "Replace all documents again and again; each acknowledged version is told down the pipe."
    store, version, end = open_store(path), first, time.monotonic() + seconds
    os.write(acknowledged.fileno(), b"start\n")
    while time.monotonic() < end:
        store.put([versioned(number, version) for number in range(documents)])
        os.write(acknowledged.fileno(), f"{version}\n".encode())
        if version % optimize_every == 0:
            store.optimize(force=True)
        version += 1


def small_files(path, limit, answer):
    "Write more than a file may hold."
    store = open_store(path)
    store.count_documents()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    text = " ".join(f"{word:x}" for word in np.random.default_rng(3).integers(2**60, size=20_000))
    try:
        store.put([item("big", text, 50)])
        answer.send("it fitted")
    except StoreError as error:
        answer.send(str(error))


def embedder(path, name, dimension, answer):
    try:
        open_store(path).set_embedder(EmbedderIdentity(name, dimension))
        answer.send("set")
    except StoreError as error:
        answer.send(type(error).__name__)


def put_one(path, name, dim=DIM, recreate=False):
    store = open_store(path)
    if recreate:
        store.delete_all_documents(recreate_index=True)
    store.put([item(name, f"the words of {name}", dim=dim)])
