"""What an embedder must never do: mix models, read what it should not, differ from sentence-transformers, or take a
short cut silently."""

import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from haystack import Document as HaystackDocument
from haystack import Pipeline
from haystack.components.embedders import MockDocumentEmbedder, MockTextEmbedder

import kbase.embedding as embedding
import kbase.encoder as encoding
from kbase.embedding import Embedder, embed_missing
from kbase.encoder import (
    PROBES,
    BertEncoder,
    faithful,
    halve,
    load_sentence_transformer,
    padded_size,
    to_bfloat16,
    unit_rows,
)
from kbase.nodes import EmbedderIdentity, Node
from kbase.querying.components import QueryEmbedder
from kbase.shared import Shared
from kbase.weights import EmbedderError, archive_members, packaged_model, read_anatomy, resolve_model, unpack

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [
    *PROBES,
    "",
    "Übergröße naïve ﬁancé",
    "x" * 3000,
    "a b c d e f g h " * 200,
    "🙂 emoji 🙃",
    "\x00\x07 control",
    "你好" * 400,
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    "A copy of the packaged model that may be changed; the weights are linked, not copied."
    folder = tmp_path / "copy"
    shutil.copytree(packaged_model(), folder, copy_function=os.link)
    return folder


def rewrite(path: Path, **changes: object) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()  # a link to the original
    path.write_text(json.dumps({**data, **changes}), encoding="utf-8")


def same(a: np.ndarray, b: np.ndarray) -> float:
    return float((unit_rows(a) * unit_rows(b)).sum(axis=1).min())


def test_encoder_computes_what_sentence_transformers_computes(embedder: Embedder):
    model = load_sentence_transformer(packaged_model())
    exact = model.encode(TEXTS, show_progress_bar=False)
    encoder = BertEncoder(packaged_model())
    ids = embedder.model.token_ids(TEXTS)
    assert same(encoder(ids), exact) > 0.999999
    halve(encoder)
    assert same(encoder(ids), exact) > 0.999
    assert same(embedder.embed_texts(TEXTS), exact) > 0.999
    assert same(np.stack([embedder.embed_query(text) for text in TEXTS]), exact) > 0.999
    assert to_bfloat16(model) is True  # the way of all other models
    assert same(model.encode(TEXTS, show_progress_bar=False), exact) > 0.999


def test_cls_pooling_and_prompts(copied: Path):
    rewrite(copied / "1_Pooling" / "config.json", pooling_mode_cls_token=True, pooling_mode_mean_tokens=False)
    anatomy = read_anatomy(copied)
    assert anatomy.pooling == "cls" and BertEncoder.reads(copied, anatomy)
    made = Embedder.load(copied)
    exact = load_sentence_transformer(copied).encode(TEXTS, show_progress_bar=False)
    assert same(made.embed_texts(TEXTS), exact) > 0.999

    rewrite(copied / "config_sentence_transformers.json", prompts={"query": "Question: ", "document": "Passage: "})
    prompted = Embedder.load(copied)
    assert prompted.identity.name != made.identity.name
    assert prompted.limit == 256 - 2  # the prompt takes two tokens of what the model reads
    query, document = prompted.embed_query("pears"), prompted.embed_texts(["pears"])[0]
    model = load_sentence_transformer(copied)
    assert same(query[None], model.encode(["Question: pears"], show_progress_bar=False)) > 0.999
    assert same(document[None], model.encode(["Passage: pears"], show_progress_bar=False)) > 0.999


def test_identities_tell_models_apart(copied: Path, embedder: Embedder):
    assert embedder.identity == EmbedderIdentity("all-MiniLM-L6-v2", 384)
    assert Embedder.load("sentence-transformers/all-MiniLM-L6-v2").identity == embedder.identity
    short = Embedder.load("all-MiniLM-L6-v2:128")
    assert short.identity == EmbedderIdentity("all-MiniLM-L6-v2:128", 128)
    assert np.allclose(np.linalg.norm(short.embed_texts(["pears", "plums"]), axis=1), 1, atol=1e-5)
    before = resolve_model(copied)[1]
    assert before.startswith("copy@") and before == resolve_model(str(copied))[1]
    rewrite(copied / "sentence_bert_config.json", max_seq_length=128)
    assert resolve_model(copied)[1] != before
    with pytest.raises(EmbedderError, match="has 384 dimensions: 500 cannot be kept"):
        Embedder.load("all-MiniLM-L6-v2:500")


def test_limit_and_counts(embedder: Embedder):
    assert embedder.limit == 256
    assert embedder.count_tokens(["", "pears", "a " * 1000]) == [
        2,
        4,
        1002,
    ]  # [CLS] pear ##s [SEP]; not cut at the limit
    long = "the cat sat on the mat " * 100
    assert np.allclose(
        embedder.embed_query(long), embedder.embed_query(long + "and the dog"), atol=1e-6
    )  # past the limit
    assert max(map(len, embedder.model.token_ids([long]))) == 256


def test_batches_cover_every_place_once_longest_first(embedder: Embedder):
    texts = [("word " * (i * 7 % 50)).strip() for i in range(101)]
    seen, lengths = [], []
    for places, vectors in embedder.embed_batches(texts):
        assert vectors.shape == (len(places), 384) and vectors.dtype == np.float32
        seen += places
        lengths += embedder.count_tokens([texts[i] for i in places])
    assert sorted(seen) == list(range(101)) and lengths == sorted(lengths, reverse=True)
    done: list[int] = []
    rows = embedder.embed_texts(texts, done.append)
    assert sum(done) == 101
    assert same(rows[:5], np.stack([embedder.embed_query(text) for text in texts[:5]])) > 0.9999
    assert embedder.embed_texts([]).shape == (0, 384)
    assert all(len(places) == 1 for places, _ in Embedder.load(batch_size=1).embed_batches(["the mill " * 300] * 3))


def test_embed_missing_embeds_each_text_once(embedder: Embedder):
    texts = ["a mill", "a weir", "a mill", "a pear"]
    nodes = [Node(f"d{i}", "chunk", 0, len(t), t) for i, t in enumerate(texts)]
    known = np.eye(1, 384, dtype=np.float32)[0]
    done: list[int] = []
    embedded = embed_missing(nodes, {nodes[1].content_hash: known}, embedder, done.append)
    assert sum(done) == 2 and [n.id for n in embedded] == [n.id for n in nodes]
    assert embedded[1].vector is known and np.array_equal(embedded[0].vector, embedded[2].vector)
    assert embed_missing([], {}, embedder) == []


def test_what_the_store_gives_its_vector_is_not_embedded():
    class Counting(Embedder):
        def embed_texts(self, texts, progress=None):
            read.extend(texts)
            return np.ones((len(texts), 2), dtype=np.float32)

    read: list[str] = []
    nodes = [
        Node("d", "chunk", 0, 6, "a mill"),
        Node("d", "document", 0, 6, "a summary"),
        Node("d", "document", 0, 6, "a mill"),
    ]
    embedded = embed_missing(nodes, {}, Counting(None))  # type: ignore[arg-type]  no model is asked
    assert read == ["a mill"] and [node.vector is None for node in embedded] == [False, True, True]
    assert embedded[1:] == nodes[1:]


def test_sizes_of_batches_are_few():
    sizes = {padded_size(tokens) for tokens in range(1, 16 * 256 + 1)}
    assert len(sizes) <= 40 and all(padded_size(tokens) >= tokens for tokens in range(1, 5000))


def test_threads_share_a_model(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedding, "_shared_models", Shared())
    start = threading.Barrier(6)

    def work(i: int) -> np.ndarray:
        start.wait()
        return Embedder.load().embed_query("How are async generators finalised?")

    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(work, range(6)))
    assert all(np.allclose(row, rows[0], atol=1e-5) for row in rows)
    assert Embedder.load().model is Embedder.load("all-MiniLM-L6-v2", batch_size=3).model


def test_haystack_embedders():
    pair = MockDocumentEmbedder(dimension=32), MockTextEmbedder(dimension=32)
    made = Embedder.load(pair)
    rows = made.embed_texts(["one", "two", "one"])
    assert (
        rows.shape == (3, 32)
        and np.array_equal(rows[0], rows[2])
        and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    )
    assert made.limit == 512 and made.count_tokens(["pears"]) == Embedder.load().count_tokens(["pears"])
    assert made.identity.dimension == 32
    assert (
        Embedder.load((MockDocumentEmbedder(dimension=16), MockTextEmbedder(dimension=16))).identity.name
        != made.identity.name
    )
    one = Embedder.load(MockDocumentEmbedder(dimension=32))
    assert one.identity == made.identity and one.embed_query("one").shape == (32,)
    only_text = Embedder.load(MockTextEmbedder(dimension=8))
    assert only_text.embed_texts(["one", "two"]).shape == (2, 8)
    again = Embedder.from_dict(made.to_dict())
    assert again.identity == made.identity and np.allclose(again.embed_query("one"), made.embed_query("one"))
    with pytest.raises(TypeError, match="an object of type int is no embedder"):
        Embedder.load(42)


class Failing:
    "An embedder that loses a document, as providers do when they only log an error."

    def run(self, documents: list[HaystackDocument]) -> dict[str, list[HaystackDocument]]:
        return {
            "documents": [
                HaystackDocument(content=d.content, embedding=None if "b" in (d.content or "") else [1.0, 0.0])
                for d in documents
            ]
        }


def test_a_lost_vector_is_an_error():
    with pytest.raises(EmbedderError, match="gave 1 vectors for 2 texts"):
        Embedder.load(Failing()).model.documents(["a", "b"])
    for bad in (np.zeros((1, 3)), np.full((1, 3), np.nan)):
        with pytest.raises(EmbedderError, match="zero or not a number"):
            unit_rows(bad)
    assert not faithful(np.eye(2), np.full((2, 2), np.nan))


def test_bfloat16_is_refused_when_vectors_move(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedding, "has_openvino", lambda: False)
    monkeypatch.setattr(embedding, "has_bfloat16", lambda: True)
    monkeypatch.setattr(encoding, "FAITHFUL", 1.1)  # no rounding is that faithful
    refused = embedding.SentenceModel("all-MiniLM-L6-v2").encoder
    assert str(refused.layers[0].qkv[0].dtype) == "torch.float32"


def test_query_embedder_survives_a_pipeline_file():
    pipeline = Pipeline()
    pipeline.add_component("embedder", QueryEmbedder(Embedder.load("all-MiniLM-L6-v2", batch_size=4)))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["kbase.*"])
    assert again.get_component("embedder").embedder.model is Embedder.load().model
    vector = again.run({"embedder": {"query": "pears"}})["embedder"]["vector"]
    assert len(vector) == 384 and isinstance(vector[0], float)


@pytest.mark.parametrize("name", ["no-such-owner/no-such-model", "./no/such/folder", Path("nowhere")])
def test_a_model_that_is_not_there(name: str | Path):
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        Embedder.load(name)


def test_foreign_classes_and_pickles_are_refused(copied: Path):
    modules = json.loads((copied / "modules.json").read_text(encoding="utf-8"))
    (copied / "modules.json").unlink()
    (copied / "modules.json").write_text(json.dumps([{**modules[0], "type": "os.system"}]), encoding="utf-8")
    with pytest.raises(EmbedderError, match="asks for the class os.system"):
        Embedder.load(copied)
    (copied / "modules.json").unlink()
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(EmbedderError, match="pickled weights only"):
        Embedder.load(copied)


def test_an_empty_folder_is_no_model(tmp_path: Path):
    with pytest.raises(EmbedderError, match="cannot be loaded: .* SentenceTransformer.save_pretrained wrote"):
        Embedder.load(tmp_path).embed_query("pears")


@pytest.mark.parametrize(
    "name", ["../outside.json", "/etc/outside.json", "a/../../outside.json", "C:outside.json", "a\\..\\b.json"]
)
def test_archives_do_not_leave_their_folder(tmp_path: Path, name: str):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as z:
        z.writestr(name, "{}")
    with pytest.raises(ValueError, match="leads out of its folder"):
        unpack(tmp_path / "bad.zip", tmp_path / "into" / "model")
    assert not (tmp_path / "into").exists() and not (tmp_path / "outside.json").exists()


def test_archives_with_links_bombs_and_code(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as z:
        info = zipfile.ZipInfo("link.json")
        info.external_attr = 0o120777 << 16
        z.writestr(info, "/etc/passwd")
    with pytest.raises(ValueError, match="leads out"):
        archive_members(tmp_path / "link.zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.json", b"0" * 5_000_000)
        z.writestr("run.py", "raise SystemExit")
    with pytest.raises(ValueError, match="unpacks to 5,000,000 bytes"):
        archive_members(tmp_path / "bomb.zip", limit=1_000_000)
    assert list(archive_members(tmp_path / "bomb.zip")) == ["a.json"]


def test_unpacking_at_once_and_repairing(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as z:
        for i in range(20):
            z.writestr(f"part/{i}.json", json.dumps({"i": i}) * 1000)
    target = tmp_path / "cache" / "model"
    archive = str(tmp_path / "model.zip")
    code = (
        "from pathlib import Path; from kbase.weights import unpack; "
        f"unpack(Path({archive!r}), Path({str(target)!r}))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert len(list(target.rglob("*.json"))) == 20 and [p.name for p in target.parent.iterdir()] == ["model"]
    (target / "part" / "3.json").write_text("half")
    assert unpack(tmp_path / "model.zip", target) == target
    assert json.loads((target / "part" / "3.json").read_text()[:8]) == {"i": 3} and [
        p.name for p in target.parent.iterdir()
    ] == ["model"]


def test_a_fresh_process_is_silent_and_stays_without_sentence_transformers(tmp_path: Path):
    code = (
        "import sys\nfrom kbase.embedding import Embedder\ne = Embedder.load()\ne.embed_texts(['a mill', 'a "
        "weir'])\n"
        "assert e.embed_query('pears').shape == (384,)\n"
        "assert not {'sentence_transformers', 'transformers', 'all_minilm_l6_v2'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "kbase" / "models").is_dir() or sys.platform != "linux"
