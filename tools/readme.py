"""README.md, made from nbs/index.ipynb: `python tools/readme.py` writes it, `--check` says whether it is in step."""

import re
import sys
from pathlib import Path
from typing import Any

from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parent.parent
NOTICE = "<!-- Made from nbs/index.ipynb by tools/readme.py: change the notebook. -->"
DIRECTIVE = re.compile(r"#\| *([\w-]+)[: ]*(.*)")


def text_of(value: str | list[str]) -> str:
    "What nbformat may have split into lines."
    return value if isinstance(value, str) else "".join(value)


def fenced(text: str, language: str = "") -> str:
    "A code block that its own text cannot close."
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def split_directives(source: str) -> tuple[dict[str, str], str]:  # name → its argument; the rest of the cell
    "Take `#| ...` lines off the top of a cell."
    lines, found = source.split("\n"), {}
    while lines and (directive := DIRECTIVE.match(lines[0])):
        found[directive[1]] = directive[2].strip()
        del lines[0]
    return found, "\n".join(lines).strip("\n")


def show_output(output: dict[str, Any]) -> str:
    "An output as a README can show it: Markdown, a picture of text, never a script or a style sheet."
    data = output.get("data", {})
    if "text/markdown" in data:
        return text_of(data["text/markdown"])
    plain = text_of(data.get("text/plain", output.get("text", "")))
    if plain.strip() and not re.match(r"<[\w.]+ object", plain):
        return fenced(plain)
    if "text/html" in data and not re.search(r"<(script|style)\b", text_of(data["text/html"])):
        return text_of(data["text/html"])
    return ""


def local_links(markdown: str, folder: str) -> str:
    "Links and pictures of a notebook, seen from the root of the repository; of a pair of pictures the light one."
    markdown = re.sub(r" ?!\[[^\]]*\]\([^)]*\)\{\.only-dark\}", "", markdown).replace("){.only-light}", ")")
    return re.sub(
        r"(!?\[[^\]]*\])\((?![a-z]+:|/|#)([^)\s]+)\)", lambda link: f"{link[1]}({folder}/{link[2]})", markdown
    )


def readme(notebook: Path) -> str:
    "The notebook as Markdown: its text, its code and the outputs saved in it."
    parts = [NOTICE]
    for cell in read_nb(notebook).cells:
        directives, source = split_directives(cell.source)
        if not source or cell.cell_type == "raw" or "hide" in directives or "default_exp" in directives:
            continue
        if cell.cell_type == "markdown":
            parts.append(local_links(source, notebook.parent.name))
            continue
        if directives.get("echo") != "false":
            parts.append(fenced(source, "python"))
        if directives.get("output") != "false":
            parts += filter(None, map(show_output, cell.get("outputs", [])))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    made, target = readme(ROOT / "nbs" / "index.ipynb"), ROOT / "README.md"
    if "--check" not in sys.argv[1:]:
        target.write_text(made, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != made:
        sys.exit(f"{target.name} is not what nbs/index.ipynb gives: run python tools/readme.py")


if __name__ == "__main__":
    main()
