"What the tests of both stores share: processes, metadata of every shape, and what a filter should select."

import multiprocessing

from hypothesis import strategies as st

from kbase.nodes import Document, Node, json_meta
from kbase.stores.conditions import flatten_meta, matches, parse_filter
from kbase.stores.rows import Indexed, Source

PROCESSES = multiprocessing.get_context("forkserver")  # children begin with everything imported but LanceDB
PROCESSES.set_forkserver_preload(["store_worker", "kbase.stores.contract", "kbase.language", "pyarrow", "filelock"])


def start(task, *args, **more):
    process = PROCESSES.Process(target=task, args=args, kwargs=more, daemon=True)
    process.start()
    return process


def finish(*processes):
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def ask(task, *args):
    "What a child answers."
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = start(task, *args, theirs)
    assert ours.poll(60)
    answer = ours.recv()
    finish(process)
    return answer


def all_nodes(store, **more):
    return [node for batch in store.scan(**more) for node in batch]


def eq(field, value, operator="=="):
    return {"field": field, "operator": operator, "value": value}


def plain(number, text):
    document = Document(f"plain/{number}", text, language="en")
    return Indexed(
        Source(document.uri, document.id), document, [Node(document.id, "chunk", 0, len(text), text, language="en")]
    )


KEYS = st.sampled_from(
    [
        "a",
        "b",
        "b.c",
        "x' OR 1=1--",
        "%",
        "__proto__",
        "ключ",
        "two words",
        "nul\x00\n\x1f",
        "meta.a",
        "ID",
        '"q"',
        "`a`",
        "\\",
    ]
)
DATES = st.sampled_from(
    ["2021-05-01", "2021-05-01T00:00:00Z", "2021-05-01T02:00:00+02:00", "2020-12-31", "1970-01-01", "2021-13-01"]
)
STRINGS = st.one_of(
    st.sampled_from(
        [
            "",
            "x' OR 1=1--",
            "%",
            "_",
            "null",
            "true",
            "1",
            "1.0",
            "five",
            "\x00",
            "\x1f",
            "\\",
            "né",
            "ne\u0301",
            "😀",
            "{}",
        ]
    ),
    DATES,
    st.text(max_size=4),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, -0.0, 1.0, 2**53, 2**53 + 1, -(2**53) - 1, 1e300, 5e-324, 1 << 80, 10**400]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, STRINGS)
LISTS = st.lists(st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=3)
METADATA = st.dictionaries(KEYS, st.one_of(SCALARS, LISTS, st.dictionaries(KEYS, SCALARS, max_size=2)), max_size=4)
ORDERED = st.one_of(st.none(), st.integers(-3, 3), st.floats(-4, 4), DATES.filter(lambda text: "13-01" not in text))
OWN = {
    "id": STRINGS,
    "kind": st.sampled_from(["chunk", "summary", "document"]),
    "title": st.sampled_from(["", "x' OR 1=1--", "é", "😀"]),
    "page": NUMBERS,
    "start": NUMBERS,
    "parent_id": STRINGS,
    "language": st.sampled_from(["en", "de", ""]),
}


@st.composite
def conditions(draw):
    if draw(st.booleans()) or draw(st.booleans()):
        field, values = f"meta.{draw(KEYS)}", st.one_of(SCALARS, LISTS)
    else:
        field = draw(st.sampled_from(sorted(OWN)))
        values = st.one_of(OWN[field], st.none(), st.booleans())
    operator = draw(st.sampled_from(["==", "!=", "in", "not in", ">", ">=", "<", "<="]))
    value = draw(
        st.lists(values, max_size=3)
        if "in" in operator
        else values
        if "=" in operator and operator[0] in "=!"
        else ORDERED
    )
    return eq(field, value, operator)


FILTERS = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda operator, parts: {"operator": operator, "conditions": parts},
        st.sampled_from(["AND", "OR", "NOT"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)


def nodes_with(metadata):
    "A document a metadata; pages, titles and kinds vary."
    items = []
    for number, meta in enumerate(metadata):
        kind = ["chunk", "summary"][number % 2]
        document = Document(f"meta/{number}", "text" if kind == "chunk" else "", meta=json_meta(meta))
        node = Node(
            document.id,
            kind,
            0,
            4,
            "text",
            ["", "x' OR 1=1--", "😀"][number % 3],
            document.uri,
            page=[None, 1, 2][number % 3],
            parent_id=[None, "five"][number % 2],
            language=["en", ""][number % 2],
            meta=document.meta,
        )
        items.append(Indexed(Source(document.uri, document.id, meta=document.meta), document, [node]))
    return items


def expected(filters, items):
    tree = parse_filter(filters)
    flat = {item.nodes[0].id: flatten_meta(item.nodes[0].meta) for item in items}

    def value_of(node):
        return lambda c: (
            flat[node.id].get(c.field)
            if c.is_meta
            else (None if getattr(node, c.field) == "" else getattr(node, c.field))
        )

    return {item.nodes[0].id for item in items if matches(tree, value_of(item.nodes[0]))}
