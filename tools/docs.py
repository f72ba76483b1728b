"""The documentation site, into _site/, without Quarto, a CDN or running a cell: `python tools/docs.py`

nbdev's processors turn each notebook into a page (titles, hidden cells, an entry in the place of each exported cell).
An entry shows the signature as it is written, comments included, its docstring, the source folded away, and a link to
its cell in the notebook; every notebook is also on the site as it is. smalldocs renders the pages and fails on a broken
link.
"""

import ast
import io
import json
import posixpath
import re
import shutil
import subprocess
import sys
import textwrap
import tokenize
import tomllib
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from html import escape
from functools import cache
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
PICTURE = re.compile(r"(!\[[^\]]*\]\()(?![a-z]+:|/)([^)\s]+)\)")
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


@cache
def module_pages() -> dict[str, Page]:
    "Every notebook by the module that it exports."
    return {one.module: one for one in find_pages() if one.module}


def with_bases(page: Page) -> Definitions:
    "What a notebook defines, and what the notebooks define whose classes its own stand on."
    found, homes = definitions(page), module_pages()
    bases = {
        base.id
        for _, node, _ in found.values()
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    } - found.keys()
    for cell in read_nb(page.path).cells:
        if bases and cell.cell_type == "code" and re.search(r"^#\| *exports?\b", cell.source, re.M):
            for item in ast.parse(cell.source).body:
                if isinstance(item, ast.ImportFrom) and item.module in homes and bases & {a.name for a in item.names}:
                    found = {**with_bases(homes[item.module]), **found}
    return found


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


def comments(lines: list[str]) -> dict[int, str]:  # line, from 1 → what follows its #
    "The comments of some code."
    found: dict[int, str] = {}
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
    with suppress(tokenize.TokenError, IndentationError):  # a part of a cell may end within a block
        for token in tokens:
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("# ").strip()
    return found


Row = tuple[str, str, str, str]  # name, type, default, what the comment says


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> list[Row]:
    "The parameters of a function, `self` left out; what it returns comes last, without a name."
    args, said, texts = node.args, comments(lines), texts_of(lines)
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    every = [(arg.arg, arg, default) for arg, default in zip(plain, defaults, strict=True)]
    every += [(f"*{args.vararg.arg}", args.vararg, None)] if args.vararg else []
    every += [(arg.arg, arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    every += [(f"**{args.kwarg.arg}", args.kwarg, None)] if args.kwarg else []
    ends = [(default or arg).end_lineno or 0 for _, arg, default in every]
    rows = []
    for place, (name, arg, default) in enumerate(every):
        if place == 0 and name in ("self", "cls"):
            continue
        alone = ends[place] not in ends[place + 1 :] and ends[place] < first_of_body(node)
        kind, about = plain_type(arg.annotation, texts) if arg.annotation else ("", "")
        comment = said.get(ends[place], "") if alone and ends[place] != returns_at(node) else ""
        rows.append((name, kind, ast.unparse(default) if default else "", comment or about))
    if node.returns and ast.unparse(node.returns) != "None":
        rows.append(("", ast.unparse(node.returns), "", said.get(returns_at(node), "")))
    return rows


def returns_at(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    "The line of what a function returns; 0 where it says nothing."
    return (node.returns.end_lineno or 0) if node.returns else 0


def first_of_body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    "The line on which a function's body begins; on the line of its head it counts as the next."
    line = node.body[0].lineno
    return line + 1 if line == (returns_at(node) or node.lineno) else line


def cell_of(text: str, code: bool = False) -> str:
    "A text in a cell of a Markdown table; what stands in backticks stays as it is."
    text = " ".join(text.split()).replace("|", "\\|")
    if code:
        return f"`{text}`" if text else ""
    return re.sub(r"(`[^`]*`)|([<>*_\[\]])", lambda found: found[1] or f"\\{found[2]}", text)


def code_in_html(text: str) -> str:
    "A line of a docstring as HTML: what stands in backticks is code."
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def plain_type(
    annotation: ast.expr,
    texts: dict[str, str],  # constants of the cell that are text
) -> tuple[str, str]:  # what is written, what is said of it
    "A type without what `Annotated` adds for a command line or a schema; the help or description is kept."
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Annotated")):
        return ast.unparse(annotation), ""
    parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    about = [
        texts.get(ast.unparse(word.value), "") if isinstance(word.value, ast.Name) else ast.literal_eval(word.value)
        for part in parts[1:]
        if isinstance(part, ast.Call)
        for word in part.keywords
        if word.arg in ("help", "description") and isinstance(word.value, ast.Name | ast.Constant)
    ]
    return ast.unparse(parts[0]), " ".join(about)


def texts_of(lines: list[str]) -> dict[str, str]:  # name → text
    "The constants of a cell that are text."
    return {
        target.id: node.value.value
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def rows_table(head: str, rows: list[Row]) -> str:
    "A Markdown table of parameters or fields; without a column that nobody fills."
    table = [(head, "Type", "Default", "")]
    for name, kind, default, text in rows:
        kind = re.sub(r"^'(.*)'$", r"\1", kind)  # a name that is defined further down
        table.append(
            (
                cell_of(name, code=True) or "*returns*",
                cell_of(kind, code=True),
                cell_of(default, code=True),
                cell_of(text),
            )
        )
    columns = [place for place in range(4) if place == 0 or any(row[place] for row in table[1:])]
    lines = [f"| {' | '.join(row[place] for place in columns)} |" for row in table]
    return "\n".join([lines[0], f"|{'---|' * len(columns)}", *lines[1:]])


def call(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, method: bool) -> str:
    "How a function is called, in one line or in several."
    plain = deepcopy(node.args)
    for arg in [*plain.posonlyargs, *plain.args, *plain.kwonlyargs, plain.vararg, plain.kwarg]:
        if arg is not None:
            arg.annotation = None
    if method and plain.args:
        del plain.args[0]
    written = ast.unparse(plain)
    line = f"{name}({written})"
    if len(line) <= 88:
        return line
    parts = textwrap.wrap(written, 84, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{name}(", *(f"    {part}" for part in parts), ")"])


def decorated(node: ast.FunctionDef | ast.AsyncFunctionDef, *names: str) -> bool:
    "Whether one of some decorators stands above a function."
    return any(isinstance(d, ast.Name) and d.id in names for d in node.decorator_list)


def function_parts(
    name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str], method: bool
) -> list[str]:
    "A function as its users see it: the call, what it says, its parameters."
    bound = method and not decorated(node, "staticmethod")
    rows = parameters(node, lines)
    return [
        fence(call(name, node, bound)),
        ast.get_docstring(node) or "",
        rows_table("Parameter", rows) if any(row[1] or row[3] for row in rows) else "",
    ]


def fields(node: ast.ClassDef, lines: list[str]) -> list[Row]:
    "The public fields of a class, and its properties."
    rows, said = [], comments(lines)
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id[0] != "_":
            default = ast.unparse(item.value) if item.value else ""
            rows.append(
                (item.target.id, ast.unparse(item.annotation), default, said.get(item.end_lineno or item.lineno, ""))
            )
        elif (
            isinstance(item, ast.FunctionDef) and decorated(item, "property", "cached_property") and item.name[0] != "_"
        ):
            text = ast.get_docstring(item) or said.get(returns_at(item), "")
            rows.append((item.name, ast.unparse(item.returns) if item.returns else "", "", text.split("\n")[0]))
    return rows


def methods(name: str, found: "Definitions") -> list[str]:  # `Class.method`
    "The public methods of a class; before its own those of the classes it stands on in the same notebook."
    node = found[name][1]
    assert isinstance(node, ast.ClassDef)
    chain = [*reversed(inherited_classes(node, found)), name]
    last = {  # the nearest class's version of each
        item.name: f"{owner}.{item.name}"
        for owner in chain
        for item in found[owner][1].body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name[0] != "_"
    }
    return [key for key in last.values() if not decorated(found[key][1], "property", "cached_property")]  # type: ignore[arg-type]


def class_parts(name: str, found: Definitions) -> list[str]:
    "A class as its users see it: how it is made, its fields, its methods, each with a heading that can be linked to."
    _, node, lines = found[name]
    assert isinstance(node, ast.ClassDef)
    parts = [ast.get_docstring(node) or ""]
    makers = (f"{key}.__init__" for key in [name, *inherited_classes(node, found)])
    maker = next((key for key in makers if key in found), None)
    if maker:
        _, made, written = found[maker]
        assert isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef)
        call_of, _, table = function_parts(name, made, written, method=True)
        parts = [call_of, *parts, table]
    rows = fields(node, lines)
    if rows:
        parts.append(rows_table("Field", rows))
    for key in methods(name, found):
        _, method, written = found[key]
        assert isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        shown = f"{name}.{method.name}"
        parts += [f"#### {shown} {{#{shown} .kb-method}}", *function_parts(shown, method, written, method=True)]
    return parts


def inherited_classes(node: ast.ClassDef, found: Definitions) -> list[str]:
    "The classes of the same notebook that a class stands on, the nearest first."
    names: list[str] = []
    for base in (base.id for base in node.bases if isinstance(base, ast.Name) and base.id in found):
        above = found[base][1]
        if isinstance(above, ast.ClassDef):
            names += [base, *inherited_classes(above, found)]
    return names


def entry(name: str, page: Page, found: Definitions, folded: bool = False) -> str:
    "The API entry of one name; folded, a line that opens."
    if name not in found:
        sys.exit(f"{page.path.relative_to(ROOT)}: show_doc({name}), but no exported cell of this notebook defines it")
    number, node, lines = found[name]
    source = textwrap.dedent("\n".join(lines[first_line(node) - 1 : node.end_lineno]))
    link = f"[source](/{page.source}#cell-{number + 2}){{.source-link}}"
    if folded:
        about = (ast.get_docstring(node) or "").split("\n")[0]
        parts = [
            f'<details class="kb-internal" id="{name}"><summary><code>{name}</code> {code_in_html(about)}</summary>',
            link,
            fence(source),
            "</details>",
        ]
        return "\n\n".join(parts)
    if isinstance(node, ast.ClassDef):
        body = class_parts(name, found)
    else:
        body = function_parts(name.split(".")[-1] if patched_class(node) else name, node, lines, "." in name)
    parts = [f"### {name} {{#{name} .kb-entry}}", link, *body]
    parts.append(fence(source, '{.python .cell-code code-fold="true" code-summary="Source"}'))
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
    "Links to notebooks and pictures, by the names that they have on the site."

    def one(link: re.Match[str]) -> str:
        target = pages.get(Path(posixpath.normpath(page.path.parent / link[2])))
        return f"{link[1]}/{target.name}{link[3] or ''})" if target else link[0]

    def picture(link: re.Match[str]) -> str:
        return f"{link[1]}/{posixpath.normpath(posixpath.join(page.path.relative_to(NBS).parent.as_posix(), link[2]))})"

    return PICTURE.sub(picture, LINK.sub(one, source))


def front_file() -> Path:
    "The package's first module."
    return ROOT / get_config(ROOT).lib_path.name / "__init__.py"


def names_in_use() -> set[str]:
    "The names that the package's front offers, and those that a tutorial imports or speaks of."
    front = ast.parse(front_file().read_text(encoding="utf-8"))
    names = {
        item.value
        for node in front.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
        for item in ast.walk(node.value)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }
    for path in (NBS / "tutorials").glob("*.ipynb"):
        for cell in read_nb(path).cells:
            if cell.cell_type == "markdown":
                names |= {written.split(".")[0] for written in re.findall(r"`([A-Za-z_][\w.]*)[^`]*`", cell.source)}
            elif cell.cell_type == "code":
                for imported in re.findall(r"^from kbase[\w.]* import \(?([\w, \n]+)", cell.source, re.M):
                    names |= set(re.findall(r"\w+", imported))
    return names


def folded_names(found: Definitions, in_use: set[str]) -> set[str]:
    """The names of a page that fold away: those nobody names who only uses kbase. A page that is about the inside of
    kbase, where nobody names any, folds none."""
    top = {name for name in found if "." not in name}
    return top - in_use if top & in_use else set()


def doc_page(page: Page, pages: dict[Path, Page], in_use: set[str]) -> None:
    "Stage a notebook as documentation."
    notebook, found = read_nb(page.path), with_bases(page)
    folded = folded_names(found, in_use)
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
            cells.append(mk_cell(entry(shown[1], page, found, shown[1] in folded), "markdown"))
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


# what a user of kbase needs, in the order in which they meet it; what only its developers need follows by layers
USING = (
    "knowledge.ipynb",
    "results.ipynb",
    "hits.ipynb",
    "querying/filters.ipynb",
    "widgets/search.ipynb",
    "serving/cli.ipynb",
    "settings.ipynb",
    "models.ipynb",
    "embedding.ipynb",
    "serving/demo.ipynb",
)


def in_reading_order(tutorials: list[Page]) -> list[str]:
    "Tutorials as their own front page (index.ipynb beside them) names them; any that it does not name come last."
    names = [page.name for page in tutorials]
    linked: list[str] = []
    for front in (page for page in tutorials if page.path.name == "index.ipynb"):
        text = "\n".join(cell.source for cell in read_nb(front.path).cells if cell.cell_type == "markdown")
        linked += [
            front.name,
            *(posixpath.join(posixpath.dirname(front.name), link[2]) for link in LINK.finditer(text)),
        ]
    ordered = [*dict.fromkeys(linked), *names]
    return [name for name in dict.fromkeys(ordered) if name in names]


def sidebar(pages: list[Page]) -> list[str | dict]:
    "Tutorials, what a user needs, then the layers, those of a folder together."
    names = [page.name for page in pages]
    contents: list[str | dict] = [page.name for page in pages if page.number < 0 and "/" not in page.name]
    tutorials = in_reading_order([page for page in pages if page.number < 0 and "/" in page.name])
    using = [name for name in USING if name in names]
    contents += [{"section": "Tutorials", "contents": tutorials}] if tutorials else []
    contents += [{"section": "Using kbase", "contents": using}] if using else []
    layers = [page for page in pages if page.number >= 0 and page.name not in using]
    sections: dict[str, list[str]] = {}
    for page in layers:  # a folder stands where its first page does
        first = "foundations" if page.number < 10 else "the front door"  # below all folders, or above them
        sections.setdefault(f"Inside: {posixpath.dirname(page.name) or first}", []).append(page.name)
    contents += [{"section": title, "contents": inside} for title, inside in sections.items()]
    return contents


def symbols(pages: list[Page], in_use: set[str]) -> dict[str, str]:  # name → page and anchor
    "Where a name in backticks links to; a name that two pages define links nowhere unless it is written in full."
    index: dict[str, str] = {}
    twice = set()
    for page in pages:
        if page.module:
            index[page.module] = index[page.module.split(".", 1)[1]] = f"/{page.name}"
        found, above = definitions(page), with_bases(page)
        folded = folded_names(found, in_use)
        for name, (_, node, _) in found.items():
            if name.startswith("_") or "._" in name:
                continue
            owner = name.split(".")[0]
            of_property = not isinstance(node, ast.ClassDef) and decorated(node, "property", "cached_property")
            target = f"/{page.name}#{owner if owner in folded or of_property else name}"
            if index.setdefault(name, target) != target:
                twice.add(name)
            index[f"{page.module}.{name}"] = target
            for key in inherited(node, above) if isinstance(node, ast.ClassDef) and name not in folded else ():
                method = f"{name}.{key.split('.')[1]}"
                of_property = decorated(above[key][1], "property", "cached_property")  # type: ignore[arg-type]
                index[method] = index[f"{page.module}.{method}"] = f"/{page.name}#{name if of_property else method}"
    return {name: target for name, target in index.items() if name not in twice}


# ------------------------------------------------------------------ the site


def rank_by_words(folder: Path) -> None:
    """Give the search box a ranking by words. It comes with Fuse, which looks for the query as one string with letters
    exchanged: "how do I remove a file" finds nothing, "explain" finds "plain". docs_search.js has its interface."""
    scripts = list(folder.rglob("fuse.min.js"))
    if len(scripts) != 1:
        sys.exit(f"{len(scripts)} files are called fuse.min.js: the search of the site is written for one")
    using = json.dumps([f"{name.removesuffix('.ipynb')}.html" for name in ("index.ipynb", *USING)])
    ranking = (ROOT / "tools" / "docs_search.js").read_text(encoding="utf-8")
    scripts[0].write_text(ranking.replace("/*pages*/[]/**/", using), encoding="utf-8")
    scripts[0].with_name("LICENSE").unlink(missing_ok=True)  # of what is no longer there


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
    pages, in_use = find_pages(), names_in_use()
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
        doc_page(page, by_path, in_use)
        source_page(page, by_path)
    config = yaml.safe_load((NBS / "_quarto.yml").read_text(encoding="utf-8"))
    config["website"]["sidebar"]["contents"] = sidebar(pages)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.search(r'^__version__ = "(.+)"', front_file().read_text(encoding="utf-8"), re.M)
    right = [{"text": f"version {version[1]}", "href": "index.ipynb"}] if version else []
    repository = project.get("urls", {}).get("Repository")
    right += [{"icon": "github", "href": repository, "aria-label": "Repository"}] if repository else []
    config["website"]["navbar"]["right"] = right
    (STAGE / "_quarto.yml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (STAGE / "_symbols.json").write_text(
        json.dumps({name: quote(target, safe="/#.") for name, target in symbols(pages, in_use).items()}),
        encoding="utf-8",
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
    rank_by_words(STAGE / "_site")
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
