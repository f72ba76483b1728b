"The tools behind the notebooks, run on a small project of their own: text and back, one page at a time, drift found."

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parent.parent
PAGE = """# %%
#| default_exp {name}

# %% [markdown]
# # {title}
#
# > One line about {name}

# %%
#| export
def {name}() -> str:  # always the same
    "Its own name."
    return "{name}"

# %%
{name}()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    "A repository with two pages, `first` and `second`, exported and committed."
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    (tmp_path / "kbase").mkdir()
    (tmp_path / "kbase/__init__.py").write_text('__version__ = "0.0.1"\n')
    (tmp_path / "nbs").mkdir()
    for number, name in enumerate(("first", "second")):
        (tmp_path / f"nbs/0{number}_{name}.py").write_text(PAGE.format(name=name, title=name.capitalize()))
        tool(tmp_path, "nb.py", "build", f"nbs/0{number}_{name}.py")
    subprocess.run(
        [sys.executable, "-c", "from nbdev.doclinks import nbdev_export as f; f.__wrapped__()"],
        cwd=tmp_path,
        check=True,
    )
    git(tmp_path, "init", "-q", ".")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> str:
    "Run git there, whoever the user is."
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid")
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")


def tool(folder: Path, name: str, *words: str, fails: bool = False) -> str:
    "Run one of the tools; its output."
    done = subprocess.run([sys.executable, f"tools/{name}", *words], cwd=folder, capture_output=True, text=True)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_text_view_goes_there_and_back(project):
    notebook, text = project / "nbs/00_first.ipynb", project / "nbs/00_first.py"
    tool(project, "nb.py", "test", "nbs/00_first.ipynb")
    with_outputs = notebook.read_bytes()
    assert b"'first'" in with_outputs
    tool(project, "nb.py", "to-py", "nbs/00_first.ipynb")
    tool(project, "nb.py", "to-nb", "nbs/00_first.py")
    assert notebook.read_bytes() == with_outputs
    text.write_text(re.sub(r" id=\w+", "", text.read_text()))  # without ids, cells are known by their text
    tool(project, "nb.py", "to-nb", "nbs/00_first.py")
    assert notebook.read_bytes() == with_outputs


def test_changed_and_copied_cells(project):
    notebook, text = project / "nbs/00_first.ipynb", project / "nbs/00_first.py"
    tool(project, "nb.py", "test", "nbs/00_first.ipynb")
    tool(project, "nb.py", "to-py", "nbs/00_first.ipynb")
    last = text.read_text().split("\n# %%")[-1]
    text.write_text(text.read_text().replace('return "first"', 'return "1st"') + f"\n# %%{last}")
    tool(project, "nb.py", "to-nb", "nbs/00_first.py")
    cells = read_nb(notebook).cells
    assert [cell.source for cell in cells[-2:]] == ["first()", "first()"]
    assert len({cell.id for cell in cells}) == len(cells)
    assert cells[-2].outputs and not cells[-1].outputs


@pytest.mark.parametrize(
    "text, says",
    [
        ("x = 1\n# %%\n", "before the first"),
        ("# %%\n1\n# %% [mardown]\n# x\n", "no cell header"),
        ("# %% [markdown]\n# x\nx = 1\n", "must begin with '#'"),
    ],
)
def test_text_that_is_no_notebook_is_refused(project, text, says):
    before = (project / "nbs/00_first.ipynb").read_bytes()
    (project / "nbs/00_first.py").write_text(text)
    assert says in tool(project, "nb.py", "to-nb", "nbs/00_first.py", fails=True)
    assert (project / "nbs/00_first.ipynb").read_bytes() == before


def test_build_touches_one_module(project):
    (project / "kbase/second.py").write_text("# somebody is at work here\n")
    text = project / "nbs/00_first.py"
    text.write_text(PAGE.format(name="first", title="First").replace('return "first"', 'return "1st"'))
    tool(project, "nb.py", "build", "nbs/00_first.py")
    changed = {line.split()[-1] for line in git(project, "status", "--short").splitlines()}
    assert changed == {"kbase/first.py", "kbase/second.py", "nbs/00_first.ipynb"}
    assert '"1st"' in (project / "kbase/first.py").read_text()


def test_a_failing_page_keeps_its_outputs(project):
    tool(project, "nb.py", "test", "nbs/00_first.ipynb")
    before = (project / "nbs/00_first.ipynb").read_bytes()
    text = project / "nbs/00_first.py"
    tool(project, "nb.py", "to-py", "nbs/00_first.ipynb")
    text.write_text(text.read_text() + "\n# %%\n1 / 0\n")
    tool(project, "nb.py", "to-nb", "nbs/00_first.py")
    assert "ZeroDivisionError" in tool(project, "nb.py", "test", "nbs/00_first.ipynb", fails=True)
    assert b"'first'" in before and b"'first'" in (project / "nbs/00_first.ipynb").read_bytes()


def test_nothing_drifts_in_a_fresh_project(project):
    assert "1 passed, 0 failed, 0 skipped" == tool(project, "check.py", "export").splitlines()[-1]
    assert git(project, "status", "--short") == ""


def test_drift_is_found(project):
    module = project / "kbase/first.py"
    module.write_text(module.read_text().replace('return "first"', 'return "edited in the module"'))
    commit(project)
    said = tool(project, "check.py", "export", fails=True)
    assert "kbase/first.py changed" in said and said.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_module_without_its_notebook_is_found(project):
    (project / "nbs/01_second.ipynb").unlink()
    assert "kbase/second.py is no longer made" in tool(project, "check.py", "export", fails=True)


def test_a_module_that_was_not_committed_is_found(project):
    (project / "kbase/second.py").unlink()
    assert "kbase/second.py was missing" in tool(project, "check.py", "export", fails=True)


def test_a_broken_notebook_costs_no_module(project):
    notebook = project / "nbs/00_first.ipynb"
    notebook.write_text(notebook.read_text().replace("def first()", "def first("))
    tool(project, "check.py", "export", fails=True)
    assert (project / "kbase/first.py").exists() and (project / "kbase/second.py").exists()


def test_readme_follows_its_notebook(project):
    (project / "nbs/index.py").write_text(
        "# %% [markdown]\n# # A house\n#\n# See [first](00_first.ipynb#first) and [home](https://example.org).\n\n"
        "# %%\n#| hide\nsecret = 1\n\n# %%\n#| echo: false\nprint('six'); 6\n\n# %%\nsecret + 1\n"
    )
    tool(project, "nb.py", "to-nb", "nbs/index.py")
    tool(project, "nb.py", "test", "nbs/index.ipynb")
    assert "run python tools/readme.py" in tool(project, "readme.py", "--check", fails=True)
    tool(project, "readme.py")
    tool(project, "readme.py", "--check")
    text = (project / "README.md").read_text()
    assert "[first](nbs/00_first.ipynb#first)" in text and "(https://example.org)" in text
    assert (
        "secret = 1" not in text
        and "print(" not in text
        and "```\nsix\n```" in text
        and "```python\nsecret + 1\n```\n\n```\n2\n```" in text
    )
