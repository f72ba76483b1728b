"""A change of the embedder: killed and gone on with, and with questions meanwhile, on both stores."""

import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from haystack import Document as HaystackDocument
from haystack.components.embedders import MockDocumentEmbedder
from tiny_models import tiny_model

from kbase import KnowledgeBase
from kbase.embedding import Embedder
from kbase.nodes import EmbedderIdentity
from kbase.resuming import VectorFile, resumed
from kbase.stores.contract import EmbedderMismatch, StoreLocked
from kbase.stores.elastic import ElasticStore
from kbase.stores.embedded import EmbeddedStore
from kbase.stores.rows import Indexed

ROOT = Path(__file__).resolve().parent.parent
COUNT = 60  # documents, a node each


@pytest.fixture(params=["folder", "cluster"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "kb") if request.param == "folder" else request.getfixturevalue("elastic_url")


def opened_apart(place: str, model: str) -> KnowledgeBase:
    "As another process opens it: with a store of its own."
    store = ElasticStore(place) if "://" in place else EmbeddedStore(place)
    return KnowledgeBase(store, embedder=model, chunk_tokens=32)


def scores(kb: KnowledgeBase, question: str) -> dict[str, float]:
    return {hit.id: hit.score for hit in kb.search(question, mode="dense", top_k=COUNT)}


def filled(place: str, model: Path | str) -> KnowledgeBase:
    kb = KnowledgeBase(place, embedder=str(model), chunk_tokens=32)
    texts = [f"Pears ripen in autumn, says letter number{i}." for i in range(COUNT)]
    kb.add([HaystackDocument(content=text, meta={"uri": f"letter{i}"}) for i, text in enumerate(texts)], progress=False)
    return kb


SLOW = """
import sys, time
from pathlib import Path
import numpy as np
from kbase.nodes import EmbedderIdentity
from kbase.resuming import resumed
from kbase import KnowledgeBase
place, model, cache = sys.argv[1:]
def embed(texts):
    time.sleep(.05)
    print(len(texts), flush=True)
    return np.ones((len(texts), 8), np.float32) * np.arange(1, 9)
kb, new = KnowledgeBase(place, embedder=model, chunk_tokens=32), EmbedderIdentity("new", 8)
with resumed(kb.store.place, new, embed, Path(cache)) as embed_rest:
    kb.store.rebuild(new, embed_rest, batch_size=4)
"""


def test_a_change_that_was_killed_goes_on(place: str, tmp_path: Path):
    model, cache = tiny_model(tmp_path / "old"), tmp_path / "cache"
    with filled(place, model) as kb:
        running = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SLOW, place, str(model), str(cache)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert running.stdout
        made = sum(int(running.stdout.readline()) for _ in range(6))
        running.kill()
        made += sum(map(int, running.stdout))
        running.wait(30)
        assert (
            len(kb.search("number7", mode="dense")) and kb.store.embedder == kb.embedder.identity
        )  # nothing has changed

        asked: list[str] = []

        def embed(texts: list[str]) -> np.ndarray:
            asked.extend(texts)
            return np.ones((len(texts), 8), np.float32) * np.arange(1, 9)

        new = EmbedderIdentity("new", 8)
        with resumed(kb.store.place, new, embed, cache) as embed_rest:
            if isinstance(kb.store, ElasticStore):
                with pytest.raises(StoreLocked, match="is being embedded anew"):
                    kb.store.rebuild(new, embed_rest, batch_size=4)
                kb.store.about.change(lambda about: {**about, "rebuilding": {**about["rebuilding"], "until": 0}})
            count = kb.store.rebuild(new, embed_rest, batch_size=4)
        assert kb.store.embedder == new and count >= COUNT
        assert len(asked) == len(set(asked)) and made - 4 <= count - len(asked) <= made
        assert not list((cache / "reembedding").glob("*/vectors"))


def test_questions_are_answered_while_the_embedder_changes(place: str, tmp_path: Path):
    models = [tiny_model(tmp_path / f"model{i}", seed=i) for i in range(2)]
    with filled(place, models[0]) as kb:
        kb.search("number1")
        over, seen, wrong = threading.Event(), Counter[str](), list[BaseException]()

        def ask(mode: str) -> None:
            number = 0
            while not over.is_set():
                number = (number + 7) % COUNT
                try:
                    hits = kb.search(f"Pears ripen in autumn, says letter number{number}.", mode=mode)  # type: ignore[arg-type]
                    assert hits and (mode == "dense" or f"number{number}" in hits[0].node.text)
                    seen[mode] += 1
                except BaseException as e:  # noqa: BLE001  counted below
                    wrong.append(e)

        threads = [threading.Thread(target=ask, args=(mode,)) for mode in ("dense", "hybrid")]
        for thread in threads:
            thread.start()
        try:
            for model in (models[1], models[0]):
                assert kb.reembed(str(model), progress=False) == COUNT
                assert kb.store.embedder == kb.embedder.identity == Embedder.load(model).identity
                time.sleep(0.3)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert not wrong and seen["dense"] > 2 and seen["hybrid"] > 2, wrong[:2]


def test_vectors_that_were_kept_are_only_those_of_whole_records(tmp_path: Path):
    path = tmp_path / "vectors"
    kept = VectorFile(path, 3)
    kept.add(["a", "b"], np.eye(3, dtype=np.float32)[:2])
    whole = path.read_bytes()
    for cut in range(1, 44):
        path.write_bytes(whole[:-cut])
        again = VectorFile(path, 3)
        assert len(again) == 1 and "a" in again and "b" not in again and again.vectors(["a"]).tolist() == [[1, 0, 0]]
        again.add(["\ud800 lone"], np.ones((1, 3)))
        assert len(VectorFile(path, 3)) == 2


def test_without_a_cache_and_beside_another_process_vectors_are_made_all_the_same(tmp_path: Path):
    model = EmbedderIdentity("m", 2)

    def embed(texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32)

    (tmp_path / "file").write_text("no folder")
    with resumed("x", model, embed, tmp_path / "file") as first:
        assert first is embed
    with resumed("x", model, embed, tmp_path) as first, resumed("x", model, embed, tmp_path) as second:
        assert second is embed and first(["a"]).shape == (1, 2)
    with resumed("x", model, lambda texts: np.ones((len(texts), 5)), tmp_path) as wrong:
        assert wrong(["a", "a"]).shape == (2, 5)  # the store refuses it, and says which model it is


@pytest.mark.parametrize("sizes", [(64, 64), (64, 32)])
def test_another_process_follows_a_change_of_the_embedder(place: str, tmp_path: Path, sizes: tuple[int, int]):
    models = [f"{tiny_model(tmp_path / f'model{i}', seed=i)}:{size}" for i, size in enumerate(sizes)]
    question = "Pears ripen in autumn, says letter number7."
    with filled(place, models[0]) as kb, opened_apart(place, models[0]) as other:
        before = scores(other, question)
        _ = other.recipe.fingerprint
        kb.reembed(models[1], progress=False)
        wanted, found = scores(kb, question), scores(other, question)
        assert found == pytest.approx(wanted) and found != pytest.approx(before)
        assert other.embedder.identity == kb.embedder.identity and other.recipe.fingerprint == kb.recipe.fingerprint
        page = HaystackDocument(content="Plums ripen in summer.", meta={"uri": "new"})
        other.add([page], progress=False)  # and what it adds is of the new model as well
        assert kb.doctor().well and "Plums" in kb.search("Plums ripen in summer.", mode="dense")[0].node.text


def test_another_process_that_cannot_follow_is_told(place: str, tmp_path: Path):
    model = tiny_model(tmp_path / "old")
    with filled(place, model) as kb, opened_apart(place, str(model)) as other:
        other.search("number1")
        kb.reembed(MockDocumentEmbedder(dimension=64), progress=False)  # an object: nobody else can load it
        for ask in (other.search, other.ask):
            with pytest.raises(EmbedderMismatch, match="holds vectors of mock-model@"):
                ask("number1")
        assert other.search("number1", mode="bm25")


def test_what_was_embedded_before_a_change_is_not_put_in_afterwards(place: str, tmp_path: Path):
    models = [str(tiny_model(tmp_path / f"model{i}", seed=i)) for i in range(2)]
    with filled(place, models[0]) as kb, opened_apart(place, models[0]) as other:
        text = "Plums ripen in summer."
        other.add([HaystackDocument(content=text, meta={"uri": "plums"})], progress=False)
        nodes = [node for batch in other.store.scan(vectors=True) for node in batch if node.uri == "plums"]
        source = other.store.sources([nodes[0].document_id])[0]
        kb.reembed(models[1], progress=False)
        with pytest.raises(EmbedderMismatch, match="embedded anew"):
            other.store.put([Indexed(source, other.store.document(source.document_id), nodes)])
        assert kb.doctor().well


def test_a_search_between_the_change_of_the_alias_and_its_note(elastic_url: str, tmp_path: Path):
    models = [str(tiny_model(tmp_path / f"model{i}", seed=i)) for i in range(2)]
    question = "Pears ripen in autumn, says letter number7."
    with filled(elastic_url, models[0]) as kb, opened_apart(elastic_url, models[0]) as other:
        assert isinstance(kb.store, ElasticStore) and isinstance(other.store, ElasticStore)
        other.search(question, mode="dense")
        swap, seen = kb.store.generations.swap, list[dict[str, float]]()

        def swap_and_ask(before: int, following: int) -> None:
            swap(before, following)
            other.store.snapshots.drop()  # as after some seconds: the next search opens the new index
            seen.append(scores(other, question))

        kb.store.generations.swap = swap_and_ask  # type: ignore[method-assign]
        kb.reembed(models[1], progress=False)
        assert seen == [pytest.approx(scores(kb, question))]
