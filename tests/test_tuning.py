"""Tuning without labels: pairs kept apart by document, a verdict on held-out documents, versions that serve and the way
back. On both stores."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from kbase.embedding import Embedder
from kbase.nodes import Document, Node
from kbase.quality.adapting import Learnt, fit_adapter
from kbase.quality.comparison import compare
from kbase.quality.mining import filter_pairs, kept_together, lay_ground, pool_sides, sides_of
from kbase.quality.pairs import Pair, asked_by_model, asked_by_turn, link_targets, make_pairs
from kbase.quality.pool import Pool, WordsFound, read_pool
from kbase.quality.scores import Scored, Scores
from kbase.quality.training import Pace
from kbase.quality.tuning import Tuned, promote, rollback, tune
from kbase.quality.versions import (
    PAIRS,
    TUNED,
    copy_versions,
    new_version,
    note_serving,
    promoted_model,
    read_tuning,
    serving,
    version_folder,
    version_names,
)
from kbase.stores.contract import StoreError, open_store
from kbase.stores.rows import Indexed, Source

TOOLS = ("plane", "lathe", "loom", "anvil", "kiln", "press", "saw", "forge", "churn", "still")
USES = ("smooths oak boards", "turns table legs", "weaves sail cloth", "bends iron bars", "bakes roof tiles",
        "squeezes apples for cider", "cuts ash logs", "hardens plough blades", "makes butter", "distils lavender oil")
KEEPERS = ("Ada", "Bert", "Cleo", "Dora", "Emil", "Fritz", "Greta")
BASE = "all-MiniLM-L6-v2"


def sheet(number: int) -> Document:
    tool, use, keeper = TOOLS[number % 10], USES[(number // 10 + number) % 10], KEEPERS[number % 7]
    text = (f"The {tool} in shed {number} {use} since {1800 + number}. It was brought by {keeper} on a cart with two "
            f"oxen. Whoever borrows it leaves {number + 3} pennies in the jar beside the door.")
    return Document(f"sheds/{number}.txt", text, f"Shed {number}, the {tool}", language="en")


def fill(store, count=45):
    embedder = Embedder.load()
    sheets = [sheet(number) for number in range(count)]
    vectors = embedder.embed_texts([f"{one.title}\n{one.text}" for one in sheets])
    store.set_embedder(embedder.identity)
    store.put([Indexed(Source(one.uri, one.id, nodes=1), one, [
        Node(one.id, "chunk", 0, len(one.text), one.text, one.title, one.uri, language="en", vector=vector)])
        for one, vector in zip(sheets, vectors, strict=True)])
    return store


@pytest.fixture(params=["folder", "cluster"])
def store(request, tmp_path, monkeypatch):
    monkeypatch.setattr("kbase.quality.versions.user_data_path", lambda name: tmp_path / name)
    where = str(tmp_path / "kb") if request.param == "folder" else request.getfixturevalue("elastic_url")
    made = fill(open_store(where))
    yield made
    made.close()


@pytest.fixture
def village(tmp_path):
    made = fill(open_store(str(tmp_path / "kb")))
    yield made
    made.close()


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_an_adapter_is_made_promoted_and_taken_back(store):
    tuned = tune(store, Embedder.load(), keep_all=True)
    assert tuned.name == "v1" and version_names(store) == ["v1"] and not tuned.promoted
    record = json.loads(json.dumps(tuned.to_dict()))
    assert record["pairs"] and record["curve"] and record["questions"] and record["changes"][0]["measure"] == "nDCG@10"
    changes = [row["after"] - row["before"] for row in record["questions"]]
    assert changes == sorted(changes)  # what lost most comes first
    assert all(len(row["right"]) == 1 and row["right"][0].startswith("sheds/") for row in record["questions"])
    again, used = [], []
    promote(store, "v1", again.append, used.append, force=True)
    assert not again and Path(used[0]) == version_folder(store, "v1")
    assert promoted_model(store, BASE) == used[0] and promoted_model(store, "another") == "another"
    serves = Embedder.load(promoted_model(store, BASE))
    assert serves.identity == Embedder.load().identity == store.embedder  # the stored vectors stay valid
    rollback(store, again.append, used.append)
    assert promoted_model(store, BASE) == BASE and used[-1] == BASE and not again
    rollback(store, again.append, used.append)  # forward again: what served before
    assert Path(promoted_model(store, BASE)).name == "v1"


def test_what_was_tuned_is_kept_also_where_nothing_was_gained(store):
    with pytest.raises(LookupError, match="nothing is tuned yet"):
        read_tuning(store)
    tuned = tune(store, Embedder.load())
    kept = read_tuning(store)
    assert kept == json.loads(json.dumps({**tuned.to_dict(), "name": tuned.name, "promoted": False})) and kept["pairs"]
    forced = tune(store, Embedder.load(), keep_all=True, struck={"x": ["a passage"]})
    assert read_tuning(store)["name"] == forced.name and read_tuning(store, forced.name)["pairs"] == kept["pairs"]
    assert read_tuning(store)["struck"] == {"x": ["a passage"]}
    note_serving(store, forced.name, BASE)
    assert read_tuning(store)["promoted"] and version_names(store)[-1] == forced.name
    (version_folder(store, forced.name) / PAIRS).unlink()  # of a version that an older kbase has kept
    assert read_tuning(store, forced.name)["pairs"] == []


def test_a_struck_negative_is_not_pushed_away(village):
    before = lay_ground(village, Embedder.load())
    pair = next(one for one in before.mined.pairs if one.kept and one.negatives)
    after = lay_ground(village, Embedder.load(), struck={pair.id: pair.negatives})
    same = next(one for one in after.mined.pairs if one.id == pair.id)
    assert same.negatives != pair.negatives
    others = [(one, two) for one, two in zip(before.mined.pairs, after.mined.pairs, strict=True) if one.id != pair.id]
    assert all(one == two for one, two in others)
    place = next(at for at, node in enumerate(after.pool.nodes) if node.embedded_text == pair.negatives[0])
    assert [own for own in after.mined.learnt("learn").also.values()] == [[place]]
    assert not after.mined.learnt("check").also


def test_an_adapter_does_not_learn_against_what_answers_as_well():
    passages = unit(np.eye(4)[[0, 1, 2, 3]])
    asked = unit(np.array([[1.0, 1.0, 0.2, 0.0]]))
    unseen = Learnt(unit(np.eye(4)[[3]]), np.array([3]))
    documents = np.arange(4)

    def turned(also):
        fit = fit_adapter(Learnt(asked, np.array([0]), also), unseen, passages, documents, most_steps=40)
        return float((asked @ fit.weight.T @ passages[1])[0])

    looks = [turned({}), turned({0: [1]})]
    assert looks[1] >= looks[0]


def test_new_weights_are_tuned_and_keep_what_the_base_had(village):
    embedder = Embedder.load()
    tuned = tune(village, embedder, "weights", pace=Pace(steps=1, batch=8, look_every=1, tokens=32), keep_all=True)
    folder = version_folder(village, tuned.name)
    assert not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pt", ".py", ".pkl")]
    made = Embedder.load(folder)
    assert (made.limit, made.identity.dimension) == (embedder.limit, embedder.identity.dimension)
    assert made.identity != embedder.identity and tuned.kind == "weights"


def test_with_new_weights_everything_is_embedded_anew(store, tmp_path):
    base = Embedder.load()
    made = shutil.copytree(base.model.folder, tmp_path / "made")
    name = new_version(store, made, {"base": BASE, "kind": "weights", "gained": True, "verdict": ""})
    tuned, again = Embedder.load(version_folder(store, name)), []

    def reembed(model):
        again.append(model)
        one = Embedder.load(model)
        store.rebuild(one.identity, one.embed_texts)

    promote(store, name, reembed, again.append)
    assert store.embedder == tuned.identity != base.identity
    assert Embedder.load(promoted_model(store, BASE)).identity == store.embedder
    rollback(store, reembed, again.append)
    assert store.embedder == base.identity and promoted_model(store, BASE) == BASE and again[2:] == [BASE, BASE]


def test_the_same_base_divides_the_same_way_and_no_document_is_on_two_sides(village):
    first, second = (lay_ground(village, Embedder.load()) for _ in range(2))
    assert [pair.id for pair in first.mined.pairs] == [pair.id for pair in second.mined.pairs]
    documents = {side: {first.mined.pairs[at].document_id for at in first.mined.rows(side)}
                 for side in ("learn", "check", "test")}
    assert all(documents.values())
    assert not documents["learn"] & documents["test"] and not documents["learn"] & documents["check"]
    held = {first.pool.nodes[at].embedded_text for at in range(len(first.pool.nodes))
            if first.pool.nodes[at].document_id in documents["test"] | documents["check"]}
    learnt = [first.mined.pairs[at] for at in first.mined.rows("learn")]
    assert not any(set(pair.negatives) & held or pair.passage in held for pair in learnt)


def test_documents_that_are_named_are_held_out(village):
    pool = read_pool(village)
    named = pool.documents[:5]
    sides = pool_sides(pool, named)
    assert {name for name, side in sides.items() if side == "test"} == set(named)
    assert "check" in sides.values() and "learn" in sides.values()


def test_a_growing_base_keeps_almost_every_document_on_its_side():
    few, more = sides_of([f"d{at}" for at in range(200)]), sides_of([f"d{at}" for at in range(240)])
    assert sum(few[name] != more[name] for name in few) < 20


def test_few_documents_are_divided_by_stretches():
    nodes = [Node("report", "chunk", 5000 * at, 5000 * at + 9, "passage 1", language="en") for at in range(40)]
    pool = Pool(nodes, np.eye(40, dtype=np.float32), 40)
    groups = {kept_together(pool, at) for at in range(40)}
    assert len(groups) == 10 and {*sides_of(list(groups)).values()} == {"learn", "check", "test"}


def test_what_is_of_no_use_is_left_out_with_its_reason():
    random = np.random.default_rng(1)
    nodes = [Node(f"d{at}", "chunk", 0, 12, f"passage {at:04}", language="en") for at in range(100)]
    vectors = unit(random.normal(size=(100, 24)))
    vectors[50] = vectors[1]  # a copy of a passage that is held out
    pool = Pool(nodes, vectors, 100)
    places = [0, 0, 1, 50, 2]
    pairs = [Pair(text, nodes[at].text, "sentence", nodes[at].id, f"d{at}")
             for text, at in zip(("one", " One", "two", "three", "overview"), places, strict=True)]
    asked = np.vstack([pool.vectors[places[:4]], -pool.vectors[2:3]])
    mined = filter_pairs(pool, pairs, asked, [WordsFound([], [])] * 5, ["learn", "learn", "test", "learn", "learn"])
    assert [pair.reason for pair in mined.pairs] == [
        "", "asked already", "", "much like a text that is held out", "its passage is not found by it"]


def test_a_person_rejects_pairs(village):
    ground = lay_ground(village, Embedder.load())
    rejected = [ground.mined.pairs[at].id for at in ground.mined.rows("learn")[:3]]
    again = lay_ground(village, Embedder.load(), left_out=rejected)
    assert [pair.reason for pair in again.mined.pairs if pair.id in rejected] == ["rejected by a person"] * 3


def test_too_little_is_said_before_anything_is_learnt(tmp_path):
    store = fill(open_store(str(tmp_path / "kb")), 4)
    with pytest.raises(ValueError, match="too few"): tune(store, Embedder.load())
    assert version_names(store) == []
    store.close()


def test_a_version_that_gained_nothing_is_not_promoted_by_mistake(village):
    scores = Scores([Scored(str(at), f"q{at}", {"nDCG@10": 0.5}) for at in range(20)])
    tuned = Tuned("adapter", BASE, compare(scores, scores))
    assert not tuned.gained and tuned.verdict.startswith("Nothing gained, so nothing changes")
    made = tune(village, Embedder.load(), keep_all=True)
    about = version_folder(village, made.name) / "tuning.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"gained": False}))
    with pytest.raises(ValueError, match="gained"): promote(village, made.name, print, print)
    with pytest.raises(LookupError, match="nothing was promoted"): rollback(village, print, print)


def test_what_people_asked_has_a_word_in_it():
    def run(values): return Scores([Scored(str(at), f"q{at}", {"nDCG@10": value}) for at, value in enumerate(values)])
    better = compare(run([0.2] * 30), run([0.6] * 30))
    worse = compare(run([0.6] * 10), run([0.5] * 10))
    assert Tuned("adapter", BASE, better).gained
    tuned = Tuned("adapter", BASE, better, worse)
    assert not tuned.gained and "what people asked" in tuned.verdict


def test_a_promotion_that_was_cut_short_is_read_off_the_vectors(village, tmp_path):
    base = Embedder.load()
    made = shutil.copytree(base.model.folder, tmp_path / "made")
    name = new_version(village, made, {"base": BASE, "kind": "weights"})
    tuned = Embedder.load(version_folder(village, name))
    village.rebuild(tuned.identity, tuned.embed_texts)  # and killed before anything was noted
    assert Embedder.load(promoted_model(village, BASE)).identity == village.embedder
    note_serving(village, name, BASE)
    village.rebuild(base.identity, base.embed_texts)  # a way back that was cut short
    assert promoted_model(village, BASE) == BASE
    with pytest.raises(ValueError, match="rollback"): tune(village, tuned)


def test_a_copy_takes_its_versions_along(village, tmp_path):
    other = fill(open_store(str(tmp_path / "other")))
    assert copy_versions(village, other) == []
    tune(village, Embedder.load(), keep_all=True)
    assert copy_versions(village, other) == copy_versions(village, other) == ["v1"]
    note_serving(other, "v1", BASE)
    assert Path(promoted_model(other, BASE)).parent == tmp_path / "other" / TUNED
    other.close()


@pytest.mark.parametrize("version", ["../../etc", "v0", "v1/../../x", "/tmp/v1", "V1", "v1\n"])
def test_a_note_in_the_store_names_a_version_and_no_place(village, version):
    village.remark(TUNED, {"version": version, "base": BASE, "before": "", "since": ""})
    assert serving(village) is None and promoted_model(village, BASE) == BASE


def test_a_version_of_another_machine_is_missed_in_words(village):
    note_serving(village, "v3", BASE)
    with pytest.raises(StoreError, match="copy its folder"): promoted_model(village, BASE)


def test_pairs_of_chats_links_and_a_model_that_obeys_nobody():
    text = "Ada: When does the ferry leave on Sundays?\nBert: At ten past eight, from the lower pier, in any weather."
    chat = Node("d", "chunk", 0, len(text), text, language="en")
    assert [one.question for one in asked_by_turn(chat)] == ["When does the ferry leave on Sundays?"]
    linking = Node("d", "chunk", 0, 9, "see [how tiles are baked](kiln.md#heat) and [x](y)")
    assert [address for _, address in link_targets(linking)] == ["kiln.md"]

    class Model:
        def __init__(self, text): self.text = text

        def run(self, messages, **_):
            from haystack.dataclasses import ChatMessage

            return {"replies": [ChatMessage.from_assistant(self.text)]}

    good = '{"questions": ["When does the boat go?", 7, "no"]}'
    assert [one.question for one in asked_by_model(chat, Model(good))] == ["When does the boat go?"]
    assert not list(asked_by_model(chat, Model("Sure! I will.")))
    assert not list(asked_by_model(chat, Model('{"questions": "all of them"}')))


def test_no_text_breaks_the_making_of_pairs():
    odd = ["", " ", "?", "???" * 50, "[](.)", "<img src=x onerror=alert(1)>", "a" * 5000, "是。是吗？好。",
           "\x00\ufffe", "|a|b|\n|-|-|"]
    nodes = [Node(f"d{at}", "chunk", 0, len(text), text, text[:40], language=["en", "zh", "", "xx"][at % 4])
             for at, text in enumerate(odd)]
    assert isinstance(make_pairs(nodes), list) and make_pairs([]) == []


def test_nothing_to_learn_leaves_the_matrix_alone():
    random = np.random.default_rng(0)
    passages = unit(random.normal(size=(40, 8)))
    right = np.arange(40)
    fit = fit_adapter(Learnt(passages[:30], right[:30]), Learnt(passages[30:], right[30:]), passages, right)
    assert np.array_equal(fit.weight, np.eye(8, dtype=np.float32))
