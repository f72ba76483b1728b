"The front door: a part that stays a part, counts that read no account, pipelines as files, no secrets."

import pytest
from haystack import Document as HaystackDocument
from haystack.errors import FilterError

from kbase import KnowledgeBase
from kbase.nodes import Node
from kbase.results import Hit

OF_ADA = {"field": "meta.author", "operator": "==", "value": "Ada"}
OF_BEN = {"field": "meta.author", "operator": "==", "value": "Ben"}
TEXTS = {
    "loops": ("Ada", "An event loop runs coroutines one at a time and schedules callbacks."),
    "pears": ("Ben", "Pears ripen off the tree. They are picked green in September."),
    "bread": ("Ben", "Sourdough bread rises because wild yeast makes carbon dioxide."),
    "cheese": ("Ada", "Goat cheese is ripened for four weeks in a cold cellar."),
}


def documents():
    return [
        HaystackDocument(content=text, meta={"uri": f"{name}.txt", "title": name, "author": author})
        for name, (author, text) in TEXTS.items()
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    "A knowledge base of two authors."
    place = tmp_path_factory.mktemp("knowledge") / "kb"
    with KnowledgeBase(place) as kb:
        kb.add(documents(), progress=False)
    return place


@pytest.fixture(scope="module")
def whole(place):
    return KnowledgeBase(place)


@pytest.fixture(scope="module")
def part(place):
    return KnowledgeBase(place, where=OF_ADA)


# ------------------------------------------------------------------ one kind


@pytest.mark.parametrize("kind", ["chunk", "document"])
def test_one_kind_is_short_for_kinds_of_one(whole, kind):
    hits = whole.search("pears", kind=kind)
    assert hits and {hit.kind for hit in hits} == {kind}
    assert [hit.id for hit in hits] == [hit.id for hit in whole.search("pears", kinds=(kind,))]


def test_kind_and_kinds_are_not_named_together(whole):
    with pytest.raises(ValueError, match="name one of them"):
        whole.search("pears", kind="chunk", kinds=("document",))
    with pytest.raises(ValueError, match="'chunks' is no kind of node"):
        whole.search("pears", kind="chunks")


# ------------------------------------------------------------------ a part


@pytest.mark.parametrize(
    "filters",
    [
        None,
        OF_BEN,
        {"operator": "OR", "conditions": [OF_ADA, OF_BEN]},
        {"operator": "NOT", "conditions": [OF_ADA]},
        {"field": "uri", "operator": "==", "value": "pears.txt"},
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_no_filter_of_a_caller_lifts_where(part, filters, mode):
    for group_by in ("document", None):
        hits = part.search("pears bread loops cheese ripen", 20, mode, filters, group_by=group_by)
        assert {hit.meta["author"] for hit in hits} <= {"Ada"}
    for kind in ("document", "chunk"):
        hits = part.search("pears bread loops cheese ripen", 20, mode, filters, kinds=(kind,))
        assert {hit.meta["author"] for hit in hits} <= {"Ada"}


@pytest.mark.parametrize("route", [None, "fact", "summary", "comparison", "list"])
@pytest.mark.parametrize("filters", [None, {"field": "uri", "operator": "==", "value": "pears.txt"}])
def test_an_answer_comes_from_the_part(part, route, filters):
    for question in (
        "When do pears ripen?",
        "Which documents mention ripening?",
        "Compare pears and cheese",
        "Summarise pears",
    ):
        answer = part.ask(question, route, filters)
        assert not {hit.uri for hit in answer.evidence} & {"pears.txt", "bread.txt"}
        assert not {cited.uri for cited in answer.citations} & {"pears.txt", "bread.txt"}
        assert "September" not in answer.text and "yeast" not in answer.text


def test_what_a_part_says_of_itself(part, whole):
    assert len(part) == 2 and len(whole) == 4
    assert list(part.documents().uri) == ["cheese.txt", "loops.txt"] and len(whole.documents()) == 4
    assert "2 documents" in repr(part) and "<td" in part._repr_html_()
    assert "event loop" in part.summary("loops")


@pytest.mark.parametrize("name", ["pears", "pears.txt", "Pears"])
def test_what_is_not_in_the_part_is_not_there(part, whole, name):
    source = whole.store.find_source("pears.txt")
    for document in (name, source.document_id):
        with pytest.raises(KeyError) as error:
            part.summary(document)
        assert "near" not in str(error.value)  # a name that is near would be told
        with pytest.raises(KeyError):
            part.delete(document)
    forged = Hit(Node(source.document_id, "chunk", 0, 5, "Pears"), 1.0)
    with pytest.raises(KeyError):
        part.context(forged)
    assert whole.context(forged)["text"].startswith("Pears")
    assert len(whole) == 4


def test_a_part_is_for_reading(part, tmp_path):
    for action in (
        lambda: part.add(documents(), progress=False),
        lambda: part.copy_to(tmp_path / "copy"),
        lambda: part.reembed("all-MiniLM-L6-v2"),
    ):
        with pytest.raises(ValueError, match="open the whole to"):
            action()
    assert not (tmp_path / "copy").exists()


def test_a_document_of_the_part_can_be_deleted(tmp_path):
    with KnowledgeBase(tmp_path / "kb") as kb:
        kb.add(documents(), progress=False)
    with KnowledgeBase(tmp_path / "kb", where=OF_ADA) as part:
        assert part.delete("cheese") > 0 and len(part) == 1
    with KnowledgeBase(tmp_path / "kb") as kb:
        assert len(kb) == 3


@pytest.mark.parametrize(
    "where, message",
    [
        ({"field": "kind", "operator": "==", "value": "chunk"}, "only a part of a document has"),
        ({"operator": "AND", "conditions": [OF_ADA, {"field": "start", "operator": ">", "value": 3}]}, "'start'"),
        ({"field": "meta.author", "operator": "~", "value": 1}, "operator"),
    ],
)
def test_a_where_that_cannot_hold_is_refused_at_once(tmp_path, where, message):
    with pytest.raises(FilterError, match=message):
        KnowledgeBase(tmp_path / "kb", where=where)
    assert not (tmp_path / "kb").exists()


def test_a_where_on_an_unknown_field_is_an_error_and_not_an_empty_result(place):
    with pytest.raises(FilterError, match="did you mean 'author'"):
        KnowledgeBase(place, where={"field": "meta.autor", "operator": "==", "value": "Ada"}).search("loops")


def test_where_is_the_callers_no_longer(place):
    where = {"operator": "OR", "conditions": [dict(OF_ADA)]}
    part = KnowledgeBase(place, where=where)
    where["conditions"].append(dict(OF_BEN))
    assert len(part) == 2 and {hit.meta["author"] for hit in part.search("pears ripen")} <= {"Ada"}


# ------------------------------------------------------------------ counts


def test_counting_reads_no_account(whole, monkeypatch):
    def whole_account(*args, **more):
        raise AssertionError("the account was read")

    monkeypatch.setattr(type(whole.store), "sources", whole_account)
    assert len(whole) == 4 and "4 documents" in repr(whole) and "4" in whole._repr_html_()
    assert "Pears" in whole.summary("pears")


def test_a_missing_document_is_named_with_what_is_near(whole):
    with pytest.raises(KeyError, match="near are 'pears"):
        whole.delete("peers.txt")


# ------------------------------------------------------------------ pipelines as files


def test_a_pipeline_is_saved_and_loaded(place, tmp_path):
    kb = KnowledgeBase(place)
    kb.save_pipeline(tmp_path / "answers.yaml")
    answer = kb.ask("When do pears ripen?")
    other = KnowledgeBase(place)
    other.load_pipeline(tmp_path / "answers.yaml")
    assert other.ask("When do pears ripen?").text == answer.text


def test_a_pipeline_from_elsewhere_runs_nothing(whole, tmp_path):
    evil = "components:\n  a:\n    type: subprocess.Popen\n    init_parameters: {args: [touch, owned]}\n"
    (tmp_path / "evil.yaml").write_text(f"{evil}connections: []\n")
    before = whole.pipeline
    with pytest.raises(Exception, match="subprocess"):
        whole.load_pipeline(tmp_path / "evil.yaml")
    assert whole.pipeline is before


def test_the_recipe_is_made_once(whole):
    assert whole.recipe is whole.recipe and whole.recipe.embedder is whole.embedder


# ------------------------------------------------------------------ secrets


def test_a_password_in_a_url_is_the_stores_alone():
    kb = KnowledgeBase("http://ada:canary-4711@127.0.0.1:9/papers")
    kb.store.close()
    for text in (str(kb.settings), kb.store.place, kb.name, str(vars(kb)["settings"])):
        assert "canary" not in text
