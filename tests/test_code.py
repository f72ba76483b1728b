"Programs are cut where their functions and classes begin, in each language with a grammar."

import pytest

from kbase.blocks import read_blocks
from kbase.indexing import code_reader
from kbase.indexing.code_reader import CODE_SUFFIXES, code_outline, convert_code, languages
from kbase.indexing.converters import convert_bytes, document_of
from kbase.indexing.formats import FORMATS

PROGRAMS = {
    "cart.js": (
        "// imports\nimport x from 'y'\n\n/** Adds. */\nexport function add(a) {\n  return a\n}\n\n"
        "export default class Cart {\n  // the sum\n  total() {\n    return 1\n  }\n\n  #tax = () => {\n"
        "    return 2\n  }\n}\n"
        "const mul = (a, b) => {\n  return a * b\n}\nmodule.exports.div = function () {\n  return 1\n}\n",
        {"/** Adds.": ("add",), "// the sum": ("Cart", "total"), "#tax": ("Cart", "#tax"), "const mul": ("mul",)},
    ),
    "shape.tsx": (
        "/** A shape. */\n@Component({})\nexport abstract class Shape<T> {\n  /** area */\n  area(): number {\n"
        "    return 1\n"
        "  }\n}\ninterface Point {\n  x: number\n}\nnamespace N {\n  export function f() {\n"
        "    return <b>hi</b>\n  }\n}\n",
        {
            "/** A shape": ("Shape",),
            "/** area": ("Shape", "area"),
            "interface": ("Point",),
            "export function": ("N", "f"),
        },
    ),
    "shape.ts": (
        "export class A {\n  go(): void {\n    x()\n  }\n}\nexport const h = async (): Promise<void> => {\n  y()\n}\n",
        {"go()": ("A", "go"), "export const h": ("h",)},
    ),
    "Cart.java": (
        "package shop;\n\n/** What is bought. */\n@Entity\npublic class Cart {\n  /** the sum */\n"
        "  public int total() {\n"
        "    return 1;\n  }\n  enum Kind {\n    A\n  }\n}\n",
        {"/** What": ("Cart",), "/** the sum": ("Cart", "total"), "enum Kind": ("Cart", "Kind")},
    ),
    "add.c": (
        "#include <x.h>\n\n/* adds */\nstatic int *add(int a) {\n    return 0;\n}\nstruct point {\n    int x;\n};\n"
        "typedef struct {\n    int a;\n} pair;\n",
        {"/* adds": ("add",), "struct point": ("point",), "typedef": ("pair",)},
    ),
    "v.hpp": (
        "namespace a {\n// Doc\ntemplate<class T>\nclass V {\n  void push(int x) {\n    y();\n  }\n};\n}\n"
        "void a::V::pop(int q) {\n  z();\n}\n",
        {"// Doc": ("a", "V"), "void push": ("a", "V", "push"), "void a::V": ("a::V::pop",)},
    ),
    "C.cs": (
        "namespace A.B;\n/// <summary>x</summary>\n[Serializable]\npublic class C {\n    /// sums\n"
        "    public int M(int a) {\n"
        "        return 1;\n    }\n}\n",
        {"/// <summary>": ("C",), "/// sums": ("C", "M")},
    ),
    "t.go": (
        "package main\n\n// Add adds.\nfunc Add(a int) int {\n\treturn a\n}\n\n// T is one.\ntype T struct {\n"
        "\tx int\n}\n\n"
        "func (t *T) Push(x int) {\n\tt.x = x\n}\n",
        {"// Add": ("Add",), "// T is": ("T",), "func (t": ("T", "Push")},
    ),
    "s.rs": (
        "/// Doc\n#[derive(Debug)]\npub struct S {\n    x: i32,\n}\n\nimpl<T> Tr for S<T> {\n    /// m\n"
        "    fn push(&self) {\n"
        "        1\n    }\n}\n",
        {"/// Doc": ("S",), "impl": ("S",), "/// m": ("S", "push")},
    ),
    "b.rb": (
        "# Doc\nmodule A\n  class B < C\n    # first\n    def push(x)\n      1\n    end\n\n    def self.of\n"
        "      2\n    end\n"
        "  end\nend\n",
        {"# Doc": ("A",), "class B": ("A", "B"), "# first": ("A", "B", "push"), "def self": ("A", "B", "of")},
    ),
    "b.php": (
        "<?php\nnamespace A;\n/** d */\nclass B {\n    /** m */\n    public function push($x) {\n"
        "        return 1;\n    }\n}\n",
        {"/** d": ("B",), "/** m": ("B", "push")},
    ),
    "run.sh": (
        "#!/bin/bash\nset -e\n\n# doc\nadd() {\n  echo\n}\nfunction sub {\n  echo\n}\n",
        {"# doc": ("add",), "function sub": ("sub",)},
    ),
    "B.scala": (
        "package a\n/** d */\nclass B(x: Int) {\n  def push(x: Int) = {\n    1\n  }\n}\nobject O {\n"
        "  def f = {\n    1\n  }\n}\n",
        {"/** d": ("B",), "def push": ("B", "push"), "def f": ("O", "f")},
    ),
    "B.kt": (
        "package a\n\n/** d */\nclass B(val x: Int) {\n    fun push(x: Int): Int {\n        return 1\n    }\n}\n\n"
        "fun String.tail(): Int {\n    return 1\n}\n",
        {"/** d": ("B",), "fun push": ("B", "push"), "fun String": ("tail",)},
    ),
}


def blocks_by_start(name: str, text: str) -> dict[str, tuple[str, ...]]:
    document = document_of(convert_bytes(text.encode(), name), name, text.encode())
    return {document.text[block.start : block.end].strip(): block.headings for block in read_blocks(document)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions_and_classes_are_headings(name):
    text, wanted = PROGRAMS[name]
    blocks = blocks_by_start(name, text)
    for start, path in wanted.items():
        found = {headings for part, headings in blocks.items() if part.startswith(start)}
        assert found == {path}, f"{start!r}: {blocks}"


HEADER = (
    "/** The sum.\n *  Of all. */\nint total(int *prices);\nint count(void);\n\n/* A cart. */\nclass Cart {\n public:\n"
    "  /// Its sum.\n  int sum() const;\n  int size();\n  int prices[3];\n};\n"
)


def test_a_declaration_with_its_comment_is_a_section():
    found = {text.split("\n")[0]: path for text, path in blocks_by_start("cart.h", HEADER).items()}
    assert found["/** The sum."] == ("total",) and found["/// Its sum."] == ("Cart", "sum")
    types = "export interface Page {\n  /** Goes there. */\n  open(url: string): void;\n  close(): void;\n}\n"
    found = {text.split("\n")[0]: path for text, path in blocks_by_start("page.d.ts", types).items()}
    assert found["/** Goes there. */"] == ("Page", "open")


def test_a_program_that_is_too_long_says_so(monkeypatch):
    monkeypatch.setattr(code_reader, "PARSED_CODE", 10)
    assert "cut at empty lines" in convert_code("int f() {\n}\n", "a.c").warnings[0]


def test_every_grammar_is_tried():
    tried = {code_reader.language_of(name) for name in PROGRAMS}
    assert tried == set(languages()) - {"other"}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("damage", ["cut", "twice", "braces"])
def test_a_damaged_program_is_read_whole(name, damage):
    text = PROGRAMS[name][0]
    text = {"cut": text[: len(text) // 2], "twice": text + "}}} ((( end\n" + text, "braces": text.replace("}", "")}[
        damage
    ]
    found = convert_code(text, name)
    assert found.text == text and all(0 <= start < len(text) for start, _, _ in found.outline)
    assert [start for start, _, _ in found.outline] == sorted({start for start, _, _ in found.outline})


def test_letters_beyond_ascii_move_nothing():
    text = "// Größe 日本 🎈\nfunction a() {\n  return 'ü🎈'\n}\nfunction b() {\n  return 1\n}\n"
    starts = {path: start for start, _, path in code_outline(text, "javascript")}
    assert text[starts[("b",)] :].startswith("function b()")


def test_deep_nesting_ends():
    text = "class A {" * 3000 + "int f() {\n return 1;\n}" + "}" * 3000
    assert convert_code(text, "A.java").text == text


def test_without_the_grammar_the_text_is_read_and_the_extra_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(code_reader, "import_module", missing)
    found = convert_code("int f() {\n}\n", "a.c")
    assert found.text and "kbase-jupyter[code]" in found.warnings[0]


@pytest.mark.parametrize("name", ["query.sql", "a.yaml", "settings.ini", "style.css", "pyproject.toml", "a.r"])
def test_other_languages_are_cut_at_empty_lines(name):
    text = "first = 1\n  more\n\nsecond = 2\n\n\nthird = 3\n"
    assert list(blocks_by_start(name, text)) == ["first = 1\n  more", "second = 2", "third = 3"]


@pytest.mark.parametrize(
    "name, text, wanted",
    [
        ("a.ini", "; all\n[server]\nport = 80\n[client]\nport = 81\n", {"; all": ("server",), "[client]": ("client",)}),
        ("a.toml", "x = 1\n[a.b]\ny = 2\n[[c]]\nz = 3\n", {"x = 1": (), "[a.b]": ("a.b",), "[[c]]": ("c",)}),
        (
            "a.yaml",
            "# ours\nname: x\njobs:\n  build:\n    run: make\n  test:\n    run: pytest\nend: 1\n",
            {"# ours": ("name",), "  build": ("jobs", "build"), "  test": ("jobs", "test"), "end": ("end",)},
        ),
        (
            "a.sql",
            "-- ours\nCREATE TABLE IF NOT EXISTS ships (id INT);\n\ninsert into owners values (1);\n",
            {"-- ours": ("ships",), "insert": ("owners",)},
        ),
        ("a.r", "# sums\ntotal <- function(x) {\n  x\n}\n", {"# sums": ("total",)}),
        ("a.lua", "local function total(x)\n  return x\nend\n", {"local": ("total",)}),
        (
            "a.swift",
            "/// Ours\npublic class Cart {\n  func total() {}\n}\n",
            {"/// Ours": ("Cart",), "  func": ("Cart", "total")},
        ),
    ],
)
def test_settings_and_schemas_have_sections(name, text, wanted):
    data = convert_bytes(text.encode(), name)
    found = {data.text[b.start : b.end]: b.headings for b in read_blocks(document_of(data, name, b""))}
    for start, path in wanted.items():
        assert [headings for part, headings in found.items() if part.startswith(start)] == [path], found


def test_no_suffix_belongs_to_two_formats():
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(suffixes) == len(set(suffixes)) and set(CODE_SUFFIXES) <= set(suffixes)
