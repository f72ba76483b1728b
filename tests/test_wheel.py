"The wheel is the product: installed into an empty environment outside the checkout, it has everything and works."

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


def files_of_the_package() -> list[Path]:
    "What the checkout has under kbase/, less what Python leaves there."
    return sorted(
        path.relative_to(ROOT)
        for path in (ROOT / "kbase").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    "The wheel, built from a copy, so that nothing of an older build gets in."
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "kbase", source / "kbase", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            target,
            source,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("kbase_jupyter-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    "The programs of a new environment with the wheel in it; the packages it needs are those of this one."
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--quiet",
            "--python",
            programs / "python",
            "install",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
    )
    packages = subprocess.run(
        [programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # a .pth file adds the folder, not what the .pth files in it name: an editable install of the checkout stays out
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(packages, "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return programs


def run(programs: Path, folder: Path, *words: str | Path, code: int = 0) -> str:
    "Run a program of the new environment in a folder; what it printed."
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KBASE_", "VIRTUAL_ENV"))
    }
    env.update(
        HF_HUB_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False", PATH=f"{programs}{os.pathsep}{env.get('PATH', '')}"
    )
    done = subprocess.run(
        [programs / words[0], *words[1:]], cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    missing = [path.as_posix() for path in files_of_the_package() if path.as_posix() not in names]
    assert not missing, f"[tool.setuptools.package-data] leaves these out: {missing}"
    alien = [name for name in names if not name.startswith(("kbase/", "kbase_jupyter-"))]
    assert not alien, f"these would be installed beside other packages: {alien}"
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_it_is_the_wheel_that_is_imported(installed, tmp_path):
    where = run(installed, tmp_path, "python", "-c", "import kbase; print(kbase.__file__, kbase.__version__)").split()
    assert Path(where[0]).is_relative_to(installed.parent)
    version = run(
        installed, tmp_path, "python", "-c", "from importlib.metadata import version; print(version('kbase-jupyter'))"
    ).strip()
    assert where[1] == version


def test_every_module_imports(installed, tmp_path):
    modules = [
        ".".join(path.with_suffix("").parts)
        for path in files_of_the_package()
        if path.suffix == ".py" and path.name[0] != "_"
    ]
    run(
        installed, tmp_path, "python", "-c", f"import importlib\nfor name in {modules!r}: importlib.import_module(name)"
    )


def test_static_files_and_examples_are_read_from_the_wheel(installed, tmp_path):
    data = [path.as_posix() for path in files_of_the_package() if path.suffix not in (".py", ".typed")]
    assert {"kbase/static/report.css", "kbase/static/report.html", "kbase/data/demo/tour.ipynb"} <= set(data)
    found = run(
        installed,
        tmp_path,
        "python",
        "-c",
        "from importlib.resources import files\n"
        f"for name in {data!r}: print(len((files('kbase').parent / name).read_bytes()))",
    ).split()
    assert [int(size) for size in found] == [(ROOT / name).stat().st_size for name in data]


def test_help_add_and_ask(installed, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "loops.md").write_text(
        "# Event loops\n\nAn event loop runs coroutines one at a time. It is closed with `loop.close()`.\n"
    )
    (folder / "bread.txt").write_text("Sourdough bread rises because wild yeast makes carbon dioxide.\n")
    assert {"add", "search", "ask", "status", "summary"} <= set(
        run(installed, tmp_path, "kbase", "--help").replace("│", " ").split()
    )
    json.loads(run(installed, tmp_path, "kbase", "add", folder, "--kb", "shelf", "--json"))
    answer = json.loads(
        run(installed, tmp_path, "kbase", "ask", "Why does sourdough bread rise?", "--kb", "shelf", "--json")
    )
    assert "yeast" in answer["text"] and not answer["refused"]
    assert [citation["uri"] for citation in answer["citations"]][:1] == ["papers/bread.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["papers", "shelf"]
