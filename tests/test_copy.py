"A knowledge base goes to another store and back, and nothing is lost or embedded on the way."

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import remove_indices
from haystack import Document as HaystackDocument
from haystack.dataclasses import ByteStream

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.indexing import copying
from kbase.indexing.copying import Copied, copy_store
from kbase.nodes import Document, Node
from kbase.nodes import EmbedderIdentity
from kbase.stores.contract import EmbedderMismatch, StoreError, WriteError, open_store
from kbase.stores.rows import Indexed, Source

QUESTIONS = ["when was the wheel replaced?", "flood insurance", "Wer baute das Wehr?", "museum opening hours", "zzz"]
TWO = EmbedderIdentity("two numbers", 2)


@pytest.fixture(params=["embedded", "elastic"])
def place(request, tmp_path):
    "A function that gives places of the kind."
    if request.param == "embedded":
        yield lambda name: str(tmp_path / "copies" / name)
        return
    url = request.getfixturevalue("elastic_url")
    yield lambda name: f"{url}-{name}"
    remove_indices(*url.rsplit("/", 1))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    "A knowledge base with everything that there may be in one."
    folder = tmp_path_factory.mktemp("full")
    files = folder / "mill"
    files.mkdir()
    for number in range(12):
        (files / f"history{number}.md").write_text(
            f"---\nauthor: Clara {number % 3}\n---\n# The mill, part {number}\n\n"
            f"In {1890 + number} the miller {'replaced the wheel ' * number} by a turbine.\n\n"
            f"## Flood\n\nThe flood of {1950 + number} took the weir 😀, {'the insurance ' * number} paid nothing.\n\n"
            + "A ladder for trout was added. "
            * (number * 20)
        )
    (files / "wehr.txt").write_text(
        "Das Wehr wurde 1957 von der Gemeinde aus Beton neu gebaut.\r\n\r\nEs hält das Wasser zwei Meter hoch."
    )
    (files / "empty.txt").write_text("")
    (files / "plan.pdf").write_bytes(b"%PDF-1.4\ncut off")
    with KnowledgeBase(folder / "kb") as kb:
        kb.add(files, progress=False)
        kb.store.write_documents(
            [
                HaystackDocument(
                    id="note",
                    content="The museum opens in May.",
                    meta={"n": 1, "tags": ["a", 1.5], "deep": {"x": None}},
                    embedding=[0.25] * 384,
                ),
                HaystackDocument(id="zero", content="no direction", embedding=[0.0] * 384),
                HaystackDocument(id="blob", blob=ByteStream(b"\x00\x01", {"k": 1}, "image/png")),
                HaystackDocument(id="bare", content="without a vector"),
            ]
        )
        yield kb


def contents(store):
    "Everything that a store says of itself, in an order that does not depend on the writing."
    nodes = sorted((node for batch in store.scan(vectors=True) for node in batch), key=lambda node: node.id)
    return {
        "nodes": nodes,
        "vectors": [None if node.vector is None else node.vector.tobytes() for node in nodes],
        "account": store.sources(),
        "documents": [store.document(source.document_id) for source in store.sources()],
        "haystack": sorted(
            (document.to_dict() for document in store.filter_documents()), key=lambda document: document["id"]
        ),
        "embedder": store.embedder,
        "fields": store.get_metadata_fields_info(),
    }


def hits(kb, **how):
    return [
        [(hit.id, hit.start, hit.end, hit.text) for hit in kb.search(question, top_k=10, **how)]
        for question in QUESTIONS
    ]


def same(one, two):
    assert contents(one.store) == contents(two.store)
    where = {"field": "meta.author", "operator": "==", "value": "Clara 1"}
    for how in ({"mode": "bm25"}, {"mode": "dense"}, {"mode": "hybrid"}, {"filters": where}):
        ours, theirs = hits(one, **how), hits(two, **how)
        if type(one.store) is type(two.store):
            assert ours == theirs
        else:  # Lucene rounds the lengths of texts, so that neighbours may change places
            shared = [
                len(set(a) & set(b)) / max(len(a), len(b), 1) if a or b else 1.0
                for a, b in zip(ours, theirs, strict=True)
            ]
            assert np.mean(shared) >= 0.9, (how, shared)
    for hit in two.search(QUESTIONS[0]):
        assert two.store.document_span(hit.document_id, hit.start, hit.end) == hit.text


def test_there_and_back(full, place, tmp_path, monkeypatch):
    """Counts, texts, vectors, offsets, account, Haystack Documents and the ten best are the same in the copy, and in
    the copy of the copy."""
    monkeypatch.setattr(copying, "COPIED_TOGETHER", 10)
    for name in ("embed_texts", "embed_batches"):
        monkeypatch.setattr(Embedder, name, lambda *_: pytest.fail("a copy embeds nothing"))
    with full.copy_to(place("there"), progress=False) as there:
        assert len(there) == len(full) and "mill/plan.pdf" in set(there.documents().uri)
        same(full, there)
        with there.copy_to(tmp_path / "back", progress=False) as back:
            same(full, back)
        with there.copy_to(place("again"), progress=False) as again:
            same(full, again)


def test_repeated_and_stopped(full, place, monkeypatch):
    "What is there is left alone; a copy that was stopped goes on; what changed or was emptied since goes over."
    monkeypatch.setattr(copying, "COPIED_TOGETHER", 10)
    target, put, calls = open_store(place("x")), type(open_store(place("x"))).put, []

    def stop_third(store, items):
        calls.append(len(items))
        if len(calls) == 3:
            raise KeyboardInterrupt
        put(store, items)

    with monkeypatch.context() as patch:
        patch.setattr(type(target), "put", stop_third)
        with pytest.raises(KeyboardInterrupt):
            copy_store(full.store, target, progress=False)
    got = len(target.sources())
    assert 0 < got < len(full.store.sources())
    rest = copy_store(full.store, target, progress=False)
    assert rest.unchanged == got and rest.documents == len(full.store.sources()) - got and rest.loose == 4
    assert contents(target) == contents(full.store)
    assert copy_store(full.store, target, progress=False) == Copied(0, len(full.store.sources()), 0, 0)
    # the copy was changed by hand, and gets back what it was copied from
    source = next(source for source in target.sources() if source.nodes)
    target.put(
        [
            Indexed(
                replace(source, indexed_at="later"),
                target.document(source.document_id),
                [n for b in target.scan(vectors=True) for n in b if n.document_id == source.document_id][:2],
            )
        ]
    )
    nothing = next(source for source in target.sources() if source.state == "failed")
    stray = Document(nothing.uri, "stray", id=nothing.document_id)
    target.put([Indexed(replace(nothing, state="ok", nodes=1), stray, [Node(stray.id, "chunk", 0, 5, "stray")])])
    assert copy_store(full.store, target, progress=False).documents == 2
    assert contents(target) == contents(full.store)
    target.close()


def test_wrong_target(place, tmp_path):
    "Vectors of another model, or of another length, are told before anything is written; so is a copy onto itself."
    first, second, third = (open_store(str(tmp_path / name)) for name in ("one", "two", "three"))
    document = Document("a.txt", "one two", language="en")
    item = Indexed(
        Source(document.uri, document.id, nodes=1),
        document,
        [Node(document.id, "chunk", 0, 7, "one two", vector=np.array([1, 0], dtype=np.float32))],
    )
    first.set_embedder(TWO)
    first.put([item])
    second.put([item])
    third.write_documents([HaystackDocument(content="three", embedding=[1.0, 2.0, 3.0])])
    target = open_store(place("target"))
    target.set_embedder(EmbedderIdentity("another", 2))
    for source, told in (
        (first, "mix vectors of two numbers"),
        (second, "2-d vectors of an unknown model"),
        (third, "3-d vectors of an unknown model"),
    ):
        with pytest.raises(EmbedderMismatch, match=told):
            copy_store(source, target, progress=False)
    with pytest.raises(EmbedderMismatch, match="3-d vectors to 2-d ones"):
        copy_store(third, second, progress=False)
    assert target.count_documents() == 0 and target.sources() == [] and target.embedder == ("another", 2)
    with KnowledgeBase(tmp_path / "one") as kb, pytest.raises(ValueError, match="to itself"):
        kb.copy_to(tmp_path / "one")


def test_what_does_not_fit(place, tmp_path):
    """A document that was damaged is named with the reason, the others are copied, and nothing of it is passed over
    in silence."""
    source, target = open_store(str(tmp_path / "s")), open_store(place("t"))
    for name in "abc":
        document = Document(f"{name}.txt", "one two three four", id=name)
        chunks = [
            Node(name, "chunk", start, end, document.text[start:end], uri=document.uri, language="en")
            for start, end in ((0, 8), (8, 18))
        ]
        source.put([Indexed(Source(document.uri, name, nodes=2), document, chunks)])
    source.delete_documents([Node("b", "chunk", 0, 8, "one two ").id])
    with pytest.raises(WriteError, match="b.txt.*lost a part.*repeat") as told:
        copy_store(source, target, progress=False)
    assert (
        list(told.value.failed) == ["b.txt"]
        and [row.uri for row in target.sources()] == ["a.txt", "c.txt"]
        and target.count_documents() == 4
    )
    with pytest.raises(StoreError, match="lost a part"):
        copy_store(source, target, progress=False)


def test_empty(place, tmp_path):
    "An empty knowledge base is copied, too."
    assert copy_store(open_store(str(tmp_path / "nothing")), open_store(place("nothing")), progress=False) == Copied(
        0, 0, 0, 0
    )


def test_the_tutorial(elastic_url, tmp_path, monkeypatch, capsys):
    "What the tutorial shows of the cluster comes out as it is saved there."
    page = json.loads(
        (Path(__file__).parent.parent / "nbs/tutorials/from_a_laptop_to_a_cluster.ipynb").read_text(encoding="utf-8")
    )
    monkeypatch.chdir(tmp_path)
    names, compared = {}, 0
    for cell in page["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or "#| hide" in source:
            continue
        capsys.readouterr()
        exec(source.replace("http://localhost:9200/letters", elastic_url), names)
        if source.startswith(("#| elastic\nfound =", "#| elastic\nagain =")):
            assert capsys.readouterr().out == "".join(text for output in cell["outputs"] for text in output["text"])
            compared += 1
    assert compared == 2
    assert [hit.place for hit in names["found"]] == [hit.place for hit in names["hits"]]
    assert names["again"].citations == names["answer"].citations and names["again"].route == names["answer"].route
    for name in ("kb", "cluster", "offline"):
        names[name].close()
