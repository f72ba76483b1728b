"""One notebook at a time: as text and back, exported, tested. `python tools/nb.py --help`

    to-py nbs/01_nodes.ipynb    write nbs/01_nodes.py, a text view that git ignores
    to-nb nbs/01_nodes.py       write the text back; cells that did not change keep their outputs
    build nbs/01_nodes.py       to-nb, clean, export this notebook's module and nothing else (an .ipynb is taken as it
    is)
    test  nbs/01_nodes.ipynb    run it as `nbdev-test` does, save the outputs, clean (--flags "slow llm" runs such cells
    too)

A cell of the text view begins with `# %%`, `# %% [markdown]` or `# %% [raw]`, and `id=...` where it has one. A cell
without an id is
matched with an old cell of the same text; failing that it is new, and its id is made from its text.
"""

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

from fastcore.nbio import mk_cell, new_nb, read_nb, write_nb

ROOT = Path(__file__).resolve().parent.parent
HEADER = re.compile(r"# %%(?: +\[(markdown|raw)\])?(?: +id=(\S+))?\s*")
KERNEL = {"kernelspec": {"display_name": "python3", "language": "python", "name": "python3"}}


def to_py(notebook: Path) -> Path:
    "Write the text view of `notebook` beside it."
    blocks = []
    for cell in read_nb(notebook).cells:
        lines = cell.source.split("\n")
        if cell.cell_type != "code":
            lines = [f"# {line}".rstrip() for line in lines]
        for line in lines:
            if line.startswith("# %%"):
                sys.exit(
                    f"{notebook}: cell {cell.id} holds {line!r}, which reads as the start of a cell: "
                    "indent it or word it otherwise"
                )
        kind = "" if cell.cell_type == "code" else f" [{cell.cell_type}]"
        blocks.append("\n".join([f"# %%{kind} id={cell.id}", *lines, ""]))
    text = notebook.with_suffix(".py")
    text.write_text("\n".join(blocks), encoding="utf-8")
    return text


def read_text(text: Path) -> list[tuple[str, str, str]]:  # (cell type, id or "", source) of each cell
    "Parse a text view."
    cells: list[tuple[str, str, list[str]]] = []
    for number, line in enumerate(text.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("# %%"):
            header = HEADER.fullmatch(line)
            if not header:
                sys.exit(
                    f"{text}:{number}: {line!r} is no cell header: use '# %%', '# %% [markdown]' or '# %% [raw]', "
                    "then ' id=...' if any"
                )
            cells.append((header[1] or "code", header[2] or "", []))
        elif cells:
            kind, _, lines = cells[-1]
            if kind != "code" and line and not line.startswith("#"):
                sys.exit(f"{text}:{number}: a line of a {kind} cell must begin with '#': {line[:60]!r}")
            lines.append(line if kind == "code" else re.sub("^# ?", "", line))
        elif line.strip():
            sys.exit(f"{text}:{number}: text before the first '# %%' line: {line[:60]!r}")
    return [(kind, cell_id, "\n".join(lines).strip("\n")) for kind, cell_id, lines in cells]


def to_nb(text: Path) -> Path:
    "Write the notebook that the text view describes."
    notebook = text.with_suffix(".ipynb")
    old_nb = read_nb(notebook) if notebook.exists() else None
    old = {cell.id: cell for cell in old_nb.cells} if old_nb else {}
    parsed = read_text(text)
    taken = {cell_id for _, cell_id, _ in parsed if cell_id}
    cells, used = [], set()
    for kind, cell_id, source in parsed:
        if not cell_id or cell_id in used:  # a new cell, or one that was copied with its header
            same = (
                i for i, c in old.items() if i not in taken and c.cell_type == kind and c.source.strip("\n") == source
            )
            cell_id = next(same, "")
            salt = 0
            while not cell_id or cell_id in used:
                cell_id = hashlib.sha256(f"{kind}\0{source}\0{salt or ''}".encode()).hexdigest()[:8]
                salt += 1
        used.add(cell_id)
        taken.add(cell_id)
        before = old.get(cell_id)
        extra = (
            {"outputs": before.outputs}
            if kind == "code" and before and before.get("outputs") and before.source.strip("\n") == source
            else {}
        )
        cells.append(mk_cell(source, kind, id=cell_id, metadata=before.metadata if before else {}, **extra))
    write_nb(new_nb(cells, old_nb.metadata if old_nb else KERNEL), notebook)
    return notebook


def clean(notebook: Path) -> None:
    "Drop what a run leaves behind and nobody reads: counts, timings, object addresses."
    from nbdev.clean import nbdev_clean

    nbdev_clean.__wrapped__(str(notebook))  # the plain function: what nbdev wraps around it may read sys.argv


def build(path: Path) -> None:
    "Export the module of one page; other modules and `_modidx.py` stay as they are."
    from nbdev.config import get_config
    from nbdev.export import nb_export

    notebook = to_nb(path) if path.suffix == ".py" else path
    clean(notebook)
    library = get_config(notebook.parent).lib_path
    nb_export(str(notebook), lib_path=library)
    for folder in (p for p in library.rglob("*") if p.is_dir() and any(p.glob("*.py"))):
        (folder / "__init__.py").touch()


def test(notebook: Path, flags: str) -> None:
    "Run a page; its outputs are saved only when every cell ran."
    from nbdev.test import nbdev_test

    os.environ.update(HF_HUB_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False")
    try:
        nbdev_test.__wrapped__(str(notebook), flags=flags, n_workers=0, save=True)  # exits with 1 on a failure
    finally:
        clean(notebook)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["to-py", "to-nb", "build", "test"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--flags", default="", help="with test: run cells under these flags too")
    args = parser.parse_args()
    path: Path = args.path.resolve()
    suffixes = {"to-py": [".ipynb"], "to-nb": [".py"], "build": [".py", ".ipynb"], "test": [".ipynb", ".py"]}[
        args.command
    ]
    if path.suffix not in suffixes:
        sys.exit(f"{args.command} takes {' or '.join(suffixes)}, not {args.path}")
    if not path.exists():
        sys.exit(f"{args.path}: no such file")
    os.chdir(ROOT)
    if args.command == "to-py":
        print(to_py(path))
    elif args.command == "to-nb":
        print(to_nb(path))
    elif args.command == "build":
        build(path)
    else:
        test(path.with_suffix(".ipynb"), args.flags)


if __name__ == "__main__":
    main()
