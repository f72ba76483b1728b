"What a function or a statement does is answered by its own description, and by no text that has more of the words."

import pytest

from kbase.nodes import Node
from kbase.querying.described import (CodeName, below_signature, code_names, described_first, in_its_entry,
                                      signature_name, thing_described)
from kbase.querying.passages import find_passages
from kbase.results import Hit, Hits

KETTLE = """# kettle

Kettles and their lids. Usage: kettle.boil(water) heats, kettle.pour(cup) pours, and boil returns when it whistles.

## Functions

**boil**(water, *, slowly=False)

Heat water until it whistles. The time that it took is returned in seconds.

**pour**(cup)

Fill a cup. Raises Overflow where the cup is too small.

**warm** = heat(water, degrees=60)

**heat**(water, degrees)

Bring water to some degrees.

### class Lid(Part)

A cover with a hole.

**boil**(self)

Shake the lid.
"""
POT = "# pot\n\n## Functions\n\n**boil**(soup)\n\nCook soup and boil it well; boil again.\n"


def hit(title, text):
    return Hit(Node(title, "chunk", 0, len(text), text, title, f"tools/{title}.md", language="en"), 1.0)


HITS = Hits([hit("pot", POT), hit("kettle", KETTLE)])


def best(question, hits=HITS):
    return described_first(question, find_passages(question, hits))[0].text


@pytest.mark.parametrize("question, names", [
    ("What does kettle.boil return?", [CodeName("boil", ("kettle",))]),
    ("What is `pour` for?", [CodeName("pour")]),
    ("Does warm_up() wait?", [CodeName("warm_up")]),
    ("Is it so, e.g. in the U.S.?", []),
    ("See docs.kettle.org/boil or mail to a.b@c.de", []),
    ("Was it in version 3.12 or in 2.0.1?", []),
    ("", []),
])
def test_names_of_code(question, names):
    assert list(code_names(question)) == names


@pytest.mark.parametrize("heading, name", [
    ("boil(water, *, slowly=False)", "boil"), ("class Lid(Part)", "Lid"), ("object.__index__(self)", "__index__"),
    ("**S.pack**(v1, v2, ...) -> bytes", "pack"), ("Functions", ""), ("Revenue (in millions)", ""), ("", ""),
])
def test_the_name_of_a_signature(heading, name):
    assert signature_name(heading) == name


def test_the_module_says_which_function_is_meant():
    assert "Heat water" in best("What does kettle.boil do?")
    assert "Cook soup" in best("What does pot.boil do?")
    assert not below_signature(code_names("What does oven.boil do?"), find_passages("What does oven.boil do?", HITS))


def test_the_sentence_on_what_is_asked_comes_first():
    assert "returned in seconds" in best("What does kettle.boil return?")
    assert "Overflow" in best("What does kettle.pour raise?")
    assert "Fill a cup" in best("What does pour fill?")  # a plain word, and the name of a function


def test_another_name_of_a_function_is_followed():
    assert "some degrees" in best("What does kettle.warm do?")


@pytest.mark.parametrize("question, thing", [
    ("What does the until statement do?", "until"), ("what is the purpose of a lid?",
                                                     "lid"), ("What is pour used for?", "pour"),
    ("Was macht die Funktion boil?", "boil"), ("À quoi sert la fonction boil ?",
                                               "boil"), ("¿Qué hace la función boil?", "boil"),
    ("What does the man who sold the kettle of the old inn return?", ""), ("Who boils?", ""), ("", ""),
])
def test_the_thing_that_is_described(question, thing):
    assert thing_described(question) == thing


def test_a_statement_is_described_at_the_head_of_its_section():
    text = ('# The "until" statement\n\nNames in an "until" statement are old. The "until" statement repeats its '
            'block. An "until" statement may have an else part.\n')
    assert best("What does the until statement do?", Hits([hit("until", text)])).startswith('The "until" statement re')


def test_other_questions_keep_their_order():
    question = "How many degrees does the water have?"
    found = find_passages(question, HITS)
    assert described_first(question, found) == found and described_first(question, []) == []


BREW = """# brew(1) Manual Page

## SYNOPSIS

Usage: brew steep [--quiet] or brew rinse. Then use brew rinse when brew steep has left some leaves.

## COMMANDS

**steep [--quiet] [<minutes>]**

Leave the leaves in hot water until the time is over. A bell rings.

**rinse**

Wash the pot, and dry it with the cloth that hangs beside it.

## OPTIONS

**--quiet**

Ring no bell. The brew is ready when the lamp is green.

**-m <minutes>, --minutes=<minutes>**

How long the leaves are left in the water of the brew.
"""
OTHER = "# mill(1)\n\n## OPTIONS\n\n**--quiet**\n\nGrind the corn of the mill without any noise at all.\n"
MANUAL = Hits([hit("mill", OTHER), hit("brew", BREW)])


@pytest.mark.parametrize("question, beginning", [
    ("What does brew steep do?", "Leave the leaves"),
    ("What does brew rinse do?", "Wash the pot"),
    ("What does brew --quiet do?", "Ring no bell"),
    ("What does the --quiet option of mill do?", "Grind the corn"),
    ("What is the --minutes option of brew for?", "How long the leaves"),
])
def test_an_option_or_a_subcommand_is_answered_by_its_entry(question, beginning):
    passages = described_first(question, find_passages(question, MANUAL))
    assert passages[0].text.startswith(beginning), [p.text for p in passages]
    assert len({p.headings for p in passages}) == 1


def test_an_entry_of_another_manual_is_not_taken():
    question = "What does kiln --quiet do?"
    assert in_its_entry("kiln --quiet", find_passages(question, MANUAL)) == []
