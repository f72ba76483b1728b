"""The documentation site, into _site/, without Quarto, a CDN or running a cell: `python tools/docs.py`

nbdev's processors turn each notebook into a page (titles, hidden cells, an entry in the place of each exported cell).
An entry shows the signature as it is written, comments included, its docstring, the source folded away, and a link to
its cell in the notebook; every notebook is also on the site as it is. smalldocs renders the pages and fails on a broken
link.
"""

import ast
import json
import posixpath
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import yaml
from fastcore.nbio import mk_cell, new_nb, read_nb, write_nb
from nbdev.config import get_config, nbpath2html
from nbdev.processors import FilterDefaults

ROOT = Path(__file__).resolve().parent.parent
NBS, STAGE, SITE = ROOT / "nbs", ROOT / "_proc_site", ROOT / "_site"
SOURCES = "notebooks"  # the site's folder of notebooks as they are
LINK = re.compile(r"(\]\()([^)\s#]+\.ipynb)(#[^)\s]*)?\)")
REMOTE = re.compile(
    r"""<(?:script|link|img|iframe|source|object|embed)\b[^>]*?\b(?:src|href|data)=["']?(?:https?:)?//[^\s"'>]+"""
    r"""|@import\s+(?:url\()?\s*["']?(?:https?:)?//[^\s"')]+|url\(\s*["']?(?:https?:)?//[^\s"')]+"""
    r"""|\bimport\b[^;\n]{0,80}["']https?://[^"']+""",
    re.I,
)
FONT_IMPORT = re.compile(r"""@import\s+url\(\s*["']?https?://fonts\.[^)]*\);?""")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Definitions = dict[str, tuple[int, Definition, list[str]]]  # name → (cell, definition, the cell's lines)


@dataclass
class Page:
    "A notebook and its place on the site."

    path: Path  # nbs/stores/10_base.ipynb
    module: str  # kbase.stores.contract; "" for a page that exports nothing

    @property
    def name(self) -> str:  # stores/contract.ipynb
        "The page, without the number that orders it."
        return nbpath2html(self.path.relative_to(NBS)).with_suffix(".ipynb").as_posix()

    @property
    def source(self) -> str:  # notebooks/stores/10_base.ipynb
        "The notebook as it is."
        return f"{SOURCES}/{self.path.relative_to(NBS).as_posix()}"

    @property
    def number(self) -> int:
        "The layer, by the digits before the name; a page without any comes first."
        found = re.match(r"\d+", self.path.name)
        return int(found[0]) if found else -1


def find_pages() -> list[Page]:
    "Every notebook, in the order of the layers."
    pages = []
    for path in NBS.rglob("*.ipynb"):
        if any(part[0] in "._" for part in path.relative_to(NBS).parts):
            continue
        found = re.search(
            r"^#\| *default_exp +([\w.]+)",
            "\n".join(c.source for c in read_nb(path).cells if c.cell_type == "code"),
            re.M,
        )
        pages.append(Page(path, f"{get_config(ROOT).lib_path.name}.{found[1]}" if found else ""))
    pages.sort(key=lambda page: (page.number, page.name != "index.ipynb", page.name))
    for name, same in groupby(sorted(page.name for page in pages)):
        if len(list(same)) > 1:
            sys.exit(f"two notebooks would become the page {name}: rename one")
    return pages


# ------------------------------------------------------------------ entries


def first_line(node: Definition) -> int:
    "Where a definition starts, decorators included; lines count from 1."
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def signature(node: Definition, lines: list[str]) -> list[str]:
    "The lines of a definition before its body, as they are written."
    body = node.body[0]
    start = min([body.lineno, *(d.lineno for d in getattr(body, "decorator_list", []))])
    head = lines[first_line(node) - 1 : start - 1]
    if start <= node.lineno or not head:  # the body is on the line of the colon
        head = [
            *lines[first_line(node) - 1 : body.lineno - 1],
            lines[body.lineno - 1].encode()[: body.col_offset].decode().rstrip(),
        ]
    while head and not head[-1].strip():
        head.pop()
    return head


def outline(node: ast.ClassDef, lines: list[str]) -> list[str]:
    "A class as its users see it: its fields, and its public methods with the first line of what they say."
    shown = signature(node, lines)
    for item in node.body:
        if isinstance(item, ast.AnnAssign | ast.Assign):
            target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0]
            if not (isinstance(target, ast.Name) and target.id.startswith("_")):
                shown += lines[item.lineno - 1 : item.end_lineno]
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and (
            item.name == "__init__" or not item.name.startswith("_")
        ):
            shown += ["", *signature(item, lines)]
            first = (ast.get_docstring(item) or "").split("\n")[0]
            shown.append(f"{' ' * (item.col_offset + 4)}{json.dumps(first, ensure_ascii=False) if first else '...'}")
    return shown


def inherited(node: ast.ClassDef, found: "Definitions") -> list[str]:  # `Class.method`, the nearest class first
    "The public methods that a class has from classes of the same notebook."
    names: list[str] = []
    own = {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
    for base in (base.id for base in node.bases if isinstance(base, ast.Name) and base.id in found):
        above = found[base][1]
        if not isinstance(above, ast.ClassDef):
            continue
        methods = [item.name for item in above.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
        names += [f"{base}.{name}" for name in methods if not name.startswith("_")]
        names += inherited(above, found)
    return [name for name in names if name.split(".")[1] not in own]


def patched_class(node: Definition) -> str:
    "The class that `@patch` gives a function to, by the annotation of its first parameter; else empty."
    names = (
        {d.id for d in node.decorator_list if isinstance(d, ast.Name)} if not isinstance(node, ast.ClassDef) else set()
    )
    if "patch" not in names or isinstance(node, ast.ClassDef) or not node.args.args:
        return ""
    annotation = node.args.args[0].annotation
    return annotation.id if isinstance(annotation, ast.Name) else ""


def definitions(page: Page) -> Definitions:
    "What the exported cells of a notebook define, methods as `Class.method`."
    found: Definitions = {}
    for number, cell in enumerate(read_nb(page.path).cells):
        if cell.cell_type != "code" or not re.search(r"^#\| *exports?\b", cell.source, re.M):
            continue
        lines = cell.source.split("\n")
        for node in ast.parse(cell.source).body:
            if isinstance(node, Definition):
                owner = patched_class(node)
                found[f"{owner}.{node.name}" if owner else node.name] = (number, node, lines)
                if isinstance(node, ast.ClassDef):
                    for item in node.body:
                        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                            found.setdefault(f"{node.name}.{item.name}", (number, item, lines))
    return found


def fence(text: str, attributes: str = "python") -> str:
    "A code block that its own text cannot close."
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{attributes}\n{text}\n{ticks}"


def entry(name: str, page: Page, found: Definitions) -> str:
    "The API entry of one name."
    if name not in found:
        sys.exit(f"{page.path.relative_to(ROOT)}: show_doc({name}), but no exported cell of this notebook defines it")
    number, node, lines = found[name]
    head = outline(node, lines) if isinstance(node, ast.ClassDef) else signature(node, lines)
    indent = min(len(line) - len(line.lstrip()) for line in head if line.strip())
    source = [line[indent:] for line in lines[first_line(node) - 1 : node.end_lineno]]
    parts = [
        f"### {name} {{#{name} .kb-entry}}",
        f"[source](/{page.source}#cell-{number + 2}){{.source-link}}",
        fence("\n".join(line[indent:] for line in head)),
        ast.get_docstring(node) or "",
    ]
    if isinstance(node, ast.ClassDef) and (methods := inherited(node, found)):
        parts.append(f"It also has {', '.join(f'`{method}`' for method in methods)}.")
    if len(source) > len(head) + 1:
        parts.append(fence("\n".join(source), '{.python .cell-code code-fold="true" code-summary="Source"}'))
    return "\n\n".join(filter(None, parts))


def is_constant(source: str) -> bool:
    "Whether an exported cell holds public values or type aliases and no definition, so that no entry stands for it."
    body = [node for node in ast.parse(source).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    targets = [
        t
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for t in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return (
        bool(targets)
        and len(body) == len(ast.parse(source).body)
        and not any(isinstance(node, Definition) for node in body)
        and any(isinstance(t, ast.Name) and not t.id.startswith("_") for t in targets)
    )


# ------------------------------------------------------------------ pages


class Processors(FilterDefaults):
    "nbdev's own, less those that run cells or link to other projects."

    def base_procs(self) -> list:
        "The processors by name."
        left_out = {"exec_show_docs", "add_links", "insert_warning"}
        return [keep_constants, *(proc for proc in super().base_procs() if proc.__name__ not in left_out)]


def keep_constants(cell) -> None:
    "Show exported constants as they are written."
    if (
        cell.cell_type == "code"
        and "export" in cell.directives_
        and "hide" not in cell.directives_
        and is_constant(cell.source)
    ):
        del cell.directives_["export"]


def plain_text(source: str) -> str:
    "Markdown without nbdev's directives."
    return re.sub(r"\A(?:#\|.*\n?)+", "", source).strip("\n")


def relink(source: str, page: Page, pages: dict[Path, Page]) -> str:
    "Links to notebooks, by the names that they have on the site."

    def one(link: re.Match[str]) -> str:
        target = pages.get(Path(posixpath.normpath(page.path.parent / link[2])))
        return f"{link[1]}/{target.name}{link[3] or ''})" if target else link[0]

    return LINK.sub(one, source)


def doc_page(page: Page, pages: dict[Path, Page]) -> None:
    "Stage a notebook as documentation."
    notebook, found = read_nb(page.path), definitions(page)
    Processors()(notebook)
    cells = []
    for cell in notebook.cells:
        source = cell.get("source") or ""
        if not source:
            continue
        shown = re.search(r"^show_doc\(([\w.]+)", source, re.M)
        if cell.cell_type == "raw":
            source = re.sub(r"^output-file:.*\n", "", source, flags=re.M)
            cells.append(mk_cell(source, "raw"))
            written = f"[{page.path.relative_to(ROOT)}](/{page.source})"
            about = f"Module `{page.module}`, written in {written}" if page.module else f"Written in {written}"
            cells.append(mk_cell(f"::: {{.kb-module}}\n{about}\n:::", "markdown"))
        elif cell.cell_type == "markdown":
            cells.append(mk_cell(relink(plain_text(source), page, pages), "markdown"))
        elif shown:
            cells.append(mk_cell(entry(shown[1], page, found), "markdown"))
        else:
            cells.append(cell)
    stage(page.name, cells, notebook.metadata)


def source_page(page: Page, pages: dict[Path, Page]) -> None:
    "Stage a notebook as it is; its cell n has the anchor cell-(n + 2)."
    notebook = read_nb(page.path)
    name = page.path.relative_to(ROOT).as_posix()
    front = {"title": name, "search": False, "toc": False, "page-navigation": False}
    cells = [
        mk_cell(f"---\n{yaml.safe_dump(front)}---", "raw"),
        mk_cell(f"The notebook behind [this page](/{page.name}), all of its cells.", "markdown"),
    ]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^# ", "## ", relink(plain_text(cell.source), page, pages))
            cells.append(mk_cell(text or "&nbsp;", "markdown"))
        else:
            cells.append(cell)
    stage(page.source, cells, notebook.metadata)


def stage(name: str, cells: list, metadata: dict) -> None:
    "Write one page of the staged site."
    metadata.pop("widgets", None)
    target = STAGE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_nb(new_nb(cells, metadata), target)


def sidebar(pages: list[Page]) -> list[str | dict]:
    "The pages in the order of their layers, those of a folder together."
    contents: list[str | dict] = []
    tutorials = [page for page in pages if page.number < 0]
    layers = [page for page in pages if page.number >= 0]
    for group in (tutorials, layers):
        for folder, same in groupby(group, key=lambda page: posixpath.dirname(page.name)):
            of_folder = list(same)
            names = [page.name for page in of_folder]
            title = folder.replace("/", " · ").capitalize() or (
                "Foundations" if of_folder[0].number < 10 else "The knowledge base"
            )  # below all folders, or above them
            contents += (
                names
                if not folder and (group is tutorials or len(names) == 1)
                else [{"section": title, "contents": names}]
            )
    return contents


def symbols(pages: list[Page]) -> dict[str, str]:  # name → page and anchor
    "Where a name in backticks links to; a name that two pages define links nowhere unless it is written in full."
    index: dict[str, str] = {}
    twice = set()
    for page in pages:
        if page.module:
            index[page.module] = index[page.module.split(".", 1)[1]] = f"/{page.name}"
        source = "\n".join(cell.source for cell in read_nb(page.path).cells)
        found = definitions(page)
        for name, (_, node, _) in found.items():
            top = "." not in name or patched_class(node) or re.search(rf"^show_doc\({re.escape(name)}\b", source, re.M)
            if name.startswith("_") or "._" in name:
                continue
            target = f"/{page.name}#{name if top else name.split('.')[0]}"
            if index.setdefault(name, target) != target:
                twice.add(name)
            index[f"{page.module}.{name}"] = target
            for method in inherited(node, found) if isinstance(node, ast.ClassDef) else ():
                index.setdefault(f"{name}.{method.split('.')[1]}", f"/{page.name}#{method.split('.')[0]}")
    return {name: target for name, target in index.items() if name not in twice}


# ------------------------------------------------------------------ the site


def tidy(folder: Path) -> None:
    "Leave nothing that a reader's browser would fetch from elsewhere."
    for sheet in folder.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        if FONT_IMPORT.search(text):
            sheet.write_text(FONT_IMPORT.sub("", text), encoding="utf-8")
    remote = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".html", ".css", ".js", ".mjs")):
        for found in REMOTE.finditer(path.read_text(encoding="utf-8")):
            remote.append(f"{path.relative_to(folder)}: {found[0][:160]}")
    if remote:
        sys.exit(
            "these would be fetched from other hosts (a formula between dollars asks for KaTeX, a mermaid block for "
            "Mermaid):\n" + "\n".join(remote)
        )


def main() -> None:
    pages = find_pages()
    by_path = {page.path: page for page in pages}
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir()
    for path in NBS.rglob("*"):
        inside = path.relative_to(NBS)
        if (
            path.is_file()
            and path.suffix not in (".ipynb", ".py", ".yml")
            and path.name != "llms.txt"
            and not any(part[0] in "._" for part in inside.parts)
        ):
            (STAGE / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, STAGE / inside)
    for page in pages:
        doc_page(page, by_path)
        source_page(page, by_path)
    config = yaml.safe_load((NBS / "_quarto.yml").read_text(encoding="utf-8"))
    config["website"]["sidebar"]["contents"] = sidebar(pages)
    (STAGE / "_quarto.yml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (STAGE / "_symbols.json").write_text(
        json.dumps({name: quote(target, safe="/#.") for name, target in symbols(pages).items()}), encoding="utf-8"
    )
    rendered = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from smalldocs.cli import main; sys.exit(main())",
            "render",
            "--quiet",
            "--strict",
            str(STAGE),
        ],
        check=False,
    )
    if rendered.returncode:
        sys.exit(rendered.returncode)
    tidy(STAGE / "_site")
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.move(STAGE / "_site", SITE)
    shutil.rmtree(STAGE)
    print(
        f"{len(pages)} pages in {SITE.name}/: open {SITE.name}/index.html, or python -m http.server -d {SITE.name} "
        "(search wants a server)"
    )


if __name__ == "__main__":
    main()
