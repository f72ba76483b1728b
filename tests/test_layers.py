"""The plan of the house, held: imports point down, folders keep apart, modules come from notebooks, packages are
declared."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "kbase"


def notebook_modules() -> dict[str, tuple[int, Path]]:
    "Module → the number of its notebook, and the notebook."
    found: dict[str, tuple[int, Path]] = {}
    for path in sorted((ROOT / "nbs").rglob("*.ipynb")):
        if any(part[0] in "._" for part in path.relative_to(ROOT).parts):
            continue
        source = "\n".join(cell.source for cell in read_nb(path).cells if cell.cell_type == "code")
        named = re.findall(r"^#\| *default_exp +([\w.]+)", source, re.M)
        assert len(named) <= 1, f"{path} has {len(named)} default_exp lines"
        if named:
            module = f"kbase.{named[0]}"
            number = re.match(r"\d+", path.name)
            assert number, f"{path} exports {module}, so its name must begin with the number of its layer"
            assert module not in found, (
                f"{path} and {found[module][1]} both export {module}: the second would overwrite the first"
            )
            found[module] = int(number[0]), path
    return found


MODULES = notebook_modules()


def file_of(module: str) -> Path:
    "Where a module is."
    return ROOT / Path(*module.split(".")).with_suffix(".py")


def imports(path: Path) -> list[tuple[str, list[str], int]]:
    "Each import of a file, in functions too: the module in full, the names taken from it, the line."
    package = path.relative_to(ROOT).parent.parts
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, [], node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            found.append(
                (".".join([*base, *filter(None, [node.module])]), [alias.name for alias in node.names], node.lineno)
            )
    return found


def library_imports(module: str) -> list[tuple[str, int]]:
    "The modules of kbase that a module imports, with the line."
    found = []
    for target, names, line in imports(file_of(module)):
        if (
            target != "kbase"
            and not target.startswith("kbase.")
            or (target == "kbase" and set(names) <= {"__version__"})
        ):
            continue
        inner = [f"{target}.{name}" for name in names if f"{target}.{name}" in MODULES]  # from kbase import nodes
        found += [(name, line) for name in inner or [target]]
    return found


def test_every_notebook_is_exported_and_every_module_has_a_notebook():
    missing = [
        f"{path.relative_to(ROOT)} → {module}" for module, (_, path) in MODULES.items() if not file_of(module).exists()
    ]
    assert not missing, f"not exported: {missing}"
    by_hand = []
    for path in sorted(LIBRARY.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path.name not in ("__init__.py", "_modidx.py") and module not in MODULES:
            by_hand.append(str(path.relative_to(ROOT)))
    assert not by_hand, f"no notebook exports these: {by_hand}. By hand are only __init__.py, static/ and py.typed"


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    if not file_of(module).exists():
        pytest.fail(f"{module} is not exported")
    number, notebook = MODULES[module]
    wrong = []
    for target, line in library_imports(module):
        if target not in MODULES:
            wrong.append(f"line {line}: {target} is no notebook's module; import the module that defines the name")
        elif MODULES[target][0] >= number:
            wrong.append(f"line {line}: {target} is layer {MODULES[target][0]}, this is {number}")
    assert not wrong, f"{notebook.relative_to(ROOT)}: " + "; ".join(wrong)


def test_indexing_and_querying_keep_apart():
    wrong = []
    for module in MODULES:
        for other in ("indexing", "querying"):
            own = {"indexing": "querying", "querying": "indexing"}[other]
            if module.startswith(f"kbase.{own}."):
                wrong += [
                    f"{module}:{line} imports {target}"
                    for target, line in library_imports(module)
                    if target.startswith(f"kbase.{other}")
                ]
    assert not wrong, f"they meet in stores, blocks, tables, embedding and nodes only: {wrong}"


def test_widgets_need_neither_a_model_nor_a_store():
    wrong = [
        f"{module}:{line} imports {target}"
        for module in MODULES
        if module.startswith("kbase.widgets.")
        for target, line in library_imports(module)
        if not target.startswith("kbase.widgets.") and MODULES.get(target, (99, None))[0] >= 10
    ]
    assert not wrong, f"a widget takes data or a callable: {wrong}"


def test_what_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line)[0]).lower() for line in requirements}

    base = names(project["dependencies"])
    extras = set().union(*(names(lines) for extra, lines in project["optional-dependencies"].items() if extra != "dev"))
    distributions = packages_distributions()
    wrong = []
    for path in sorted(LIBRARY.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_import = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        for target, taken, line in imports(path):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top == "kbase":
                continue
            if top == "haystack_integrations":  # a namespace that many distributions share
                providers = (
                    {"sentence-transformers-haystack"} if "sentence_transformers" in f"{target}.{taken}" else set()
                )
            else:
                providers = names(distributions.get(top, []))
            if not providers & (base if line in at_import else base | extras):
                wrong.append(
                    f"{path.relative_to(ROOT)}:{line} imports {top}, "
                    f"from {', '.join(sorted(providers)) or 'no installed package'}"
                )
    assert not wrong, f"pyproject.toml does not ask for these: {wrong}"


def test_what_is_installed_is_pinned():
    done = subprocess.run([sys.executable, "tools/pins.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
