"""A file whose name a folder has taken, and lists whose first sentence has no colon."""

from kbase import KnowledgeBase
from kbase.querying.quotable import quotable


def test_a_folder_that_takes_a_files_name_makes_the_file_gone(tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "anvil.md").write_text("# Anvil\n\nThe anvil weighs ninety kilograms.\n")
    knowledge = KnowledgeBase(tmp_path / "kb")
    knowledge.add(notes, progress=False)
    (notes / "anvil.md").unlink()
    (notes / "anvil.md").mkdir()
    (notes / "anvil.md" / "bellows.md").write_text("# Bellows\n\nThe bellows are made of leather.\n")
    assert "1 file is gone" in str(knowledge.add(notes, progress=False))
    knowledge.sync(notes, progress=False)
    assert [source.uri for source in knowledge.store.sources()] == ["notes/anvil.md/bellows.md"]


def test_a_list_belongs_to_the_sentence_that_is_not_ended():
    for text in ("The rooms of the mill are\n\n* the loft\n\n* the cellar\n\n* the shop\n\nIt closes at six.\n",
                 "Zur Mühle gehören\n\n- der Speicher\n- der Keller\n- der Laden\n\nSie schließt um sechs.\n"):
        whole = next(piece for piece in quotable(text) if piece.kind == "list")
        quote = text[whole.start:whole.end]
        assert whole.lead[1] and quote.count("\n") >= 3 and "." not in quote
    ended = "The mill is old.\n\n- the loft\n- the cellar\n"
    assert not any(piece.lead[1] for piece in quotable(ended))
