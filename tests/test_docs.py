"The documentation site: complete, linked, and fetching nothing from anywhere."

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent


class QuietHandler(SimpleHTTPRequestHandler):
    "Serves a folder without a line for each request."

    def log_message(self, *args: object) -> None:
        return None


class Reader(HTMLParser):
    "The ids, links and fetched addresses of a page."

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag != "a":
            self.fetched += [
                given[name] for name in ("src", "href", "srcset", "data", "poster", "action") if given.get(name)
            ]


def copy_of(tmp_path: Path, pages: Path) -> Path:
    "A project with the tools, the settings and the pages, apart from the checkout."
    for name in ("tools", "kbase"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(pages, tmp_path / "nbs", ignore=shutil.ignore_patterns("*.py", ".*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def build(project: Path, fails: bool = False) -> str:
    "Build the site; what was said."
    done = subprocess.run([sys.executable, "tools/docs.py"], cwd=project, capture_output=True, text=True)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    "The site of this repository's own notebooks."
    project = copy_of(tmp_path_factory.mktemp("project"), ROOT / "nbs")
    build(project)
    return project / "_site"


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Reader]:
    return {path.relative_to(site).as_posix(): Reader(path) for path in site.rglob("*.html")}


def test_nothing_is_fetched_from_elsewhere(site, pages):
    remote = [
        f"{name}: {address}"
        for name, page in pages.items()
        for address in page.fetched
        if re.match(r"(https?:)?//", address)
    ]
    for sheet in site.rglob("*.css"):
        remote += [
            f"{sheet.name}: {found}"
            for found in re.findall(r"(?:@import|url\()[^;)]*?(?:https?:)?//[^;)]*", sheet.read_text(encoding="utf-8"))
            if "data:" not in found
        ]
    assert not remote, remote


def test_links_within_the_site_lead_somewhere(site, pages):
    wrong = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = ((site / name).parent / unquote(parts.path)).resolve() if parts.path else site / name
            target = target / "index.html" if target.is_dir() else target
            key = target.relative_to(site).as_posix() if target.is_relative_to(site) else ""
            if not target.exists():
                wrong.append(f"{name}: {link}")
            elif parts.fragment and key in pages and unquote(parts.fragment) not in pages[key].ids:
                wrong.append(f"{name}: {link}: no such place on the page")
    assert not wrong, wrong


def test_every_entry_links_to_its_cell(site, pages):
    entries = 0
    for name in pages:
        if name.startswith("notebooks/"):
            continue
        html = (site / name).read_text(encoding="utf-8")
        here = re.findall(r'<(?:section id="[\w.]+" class="[^"]*kb-entry|details class="kb-internal")', html)
        sources = re.findall(
            r'<a href="([^"]+)"[^>]*class="source-link"|<a class="source-link"[^>]*href="([^"]+)"', html
        )
        assert len(here) == len(sources), f"{name}: {len(here)} entries, {len(sources)} links to their source"
        assert all("notebooks/" in (a or b) and "#cell-" in (a or b) for a, b in sources)
        entries += len(here)
    assert entries > 10


def test_public_names_can_be_found(site):
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    sections = {place["section"] for place in index}
    assert {"detect_language", "Document", "Settings"} <= sections
    doubled = [place["href"] for place in index if place["href"].startswith("notebooks/")]
    assert not doubled, "the notebooks as they are would double every find"


def test_a_method_is_a_place_of_its_own(site, pages):
    assert {"KnowledgeBase", "KnowledgeBase.search", "KnowledgeBase.delete", "Sharing"} <= pages["knowledge.html"].ids
    html = (site / "knowledge.html").read_text(encoding="utf-8")
    search = html[html.index('id="KnowledgeBase.search"') :]
    table = search[search.index("<table") : search.index("</table>")]
    text = " ".join(re.sub(r"<[^>]+>", " ", table).split())
    assert "top_k int | None None" in text and "returns Hits" in text, text
    assert "'KnowledgeBase'" not in html
    folded = html[html.index('id="Sharing"') :].split("</details>")[0]
    assert "def merge" in re.sub(r"<[^>]+>", "", folded), "what is folded away still has its source"


def test_numbers_order_the_pages_and_are_not_shown(site, pages):
    assert {"index.html", "nodes.html", "language.html", "stores/contract.html"} <= pages.keys()
    html = (site / "index.html").read_text(encoding="utf-8")
    menu = re.findall(r'href="([\w/]+\.html)" class="sidebar-item-text', html)
    assert menu.index("nodes.html") < menu.index("language.html") < menu.index("stores/contract.html")


def links_of(notebook: Path) -> list[str]:
    "The notebooks that the texts of a notebook link to, as they stand in it."
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        link
        for cell in cells
        if cell["cell_type"] == "markdown"
        for link in re.findall(r"\]\(([\w./]+\.ipynb)", "".join(cell["source"]))
    ]


def test_every_tutorial_is_on_the_front_page_and_on_that_of_the_tutorials():
    every = {path.name for path in (ROOT / "nbs/tutorials").glob("*.ipynb")}
    front = {link.removeprefix("tutorials/") for link in links_of(ROOT / "nbs/index.ipynb") if "tutorials/" in link}
    assert front == every
    assert set(links_of(ROOT / "nbs/tutorials/index.ipynb")) >= every - {"index.ipynb"}


def test_the_menu_has_the_tutorials_in_the_order_of_their_front_page(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    menu = re.findall(r'href="tutorials/(\w+)\.html" class="sidebar-item-text', html)
    linked = [Path(link).stem for link in links_of(ROOT / "nbs/tutorials/index.ipynb") if "/" not in link]
    assert menu == ["index", *linked]


FOUND = {  # what somebody types → where it should lead, among the first three
    "how do I remove a file": "tutorials/ask_your_own_folder.html#when-files-change",
    "delete a document": "knowledge.html#KnowledgeBase.delete",
    "install": "index.html#install",
    "installation": "index.html#install",
    "explain": "hits.html#Hit.explain",
    "kb.search": "knowledge.html#KnowledgeBase.search",
    "KnowledgeBase.search": "knowledge.html#KnowledgeBase.search",
    "detect_lang": "language.html#detect_language",
}


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
def test_the_search_finds_what_readers_ask_for(site, tmp_path):
    (script,) = site.rglob("fuse.min.js")
    run = tmp_path / "run.js"
    run.write_text(
        f"const {{ WordSearch }} = require({json.dumps(str(script))});"
        f"const search = new WordSearch(require({json.dumps(str(site / 'search.json'))}));"
        "const asked = JSON.parse(process.argv[2]);"
        "console.log(JSON.stringify(asked.map((query) => search.search(query, { limit: 3 }).map((f) => f.item.href))));"
        'if (search.search("qqzzvv").length || search.search("the").length) throw new Error("found what is not there");'
    )
    done = subprocess.run(["node", str(run), json.dumps(list(FOUND))], capture_output=True, text=True, check=True)
    found = dict(zip(FOUND, json.loads(done.stdout), strict=True))
    assert not {query: found[query] for query, href in FOUND.items() if href not in found[query]}


@pytest.mark.browser
def test_search_in_a_browser(site):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no chromium on this machine")
    handler = partial(QuietHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        page, troubles = browser.new_page(), []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.click(".sd-search-toggle")
        page.locator("#quarto-search input").press_sequentially("detect_language")
        page.locator(".smalldocs-search-results a", has_text="detect_language").first.click()
        page.wait_for_url("**/language.html*")
        page.get_by_text("source", exact=True).first.click()
        page.wait_for_url("**/notebooks/02_language.html#cell-*")
        browser.close()
        server.shutdown()
    assert not troubles, troubles


# ------------------------------------------------------------------ a small site that shows one thing at a time

PAGE = """# %%
#| default_exp example

# %% [markdown]
# # Example
#
# > One line

# %%
#| export
LIMIT = 3  # no more than that

# %%
#| export
from dataclasses import dataclass
from fastcore.basics import patch

# %%
#| export
@dataclass
class Box:
    "Holds things."
    size: int = LIMIT  # litres
    _hidden: int = 0

    def full(
        self,
        amount: int,  # litres
    ) -> bool:
        "Whether that much fills it."
        return amount >= self.size

    def _private(self): return 1

# %%
#| export
def double(n: int) -> int: return 2 * n

# %%
#| export
@patch
def empty(self: Box) -> None:
    "Pour it out."
    self.size = 0

# %%
#| hide
secret_cell = 1

# %% [markdown]
# See `Box.empty`, `double` and [settings](01_other.ipynb#there).
"""
OTHER = "# %% [markdown]\n# # Other\n#\n# > A page\n\n# %% [markdown]\n# ## There\n#\n# {text}\n"


@pytest.fixture
def small(tmp_path) -> Path:
    "A project with two pages."
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("_quarto.yml", "styles.css"):
        shutil.copy(ROOT / "nbs" / name, pages)
    shutil.copytree(ROOT / "nbs" / "images", pages / "images")
    project = copy_of(tmp_path / "project", pages)
    for name, text in (
        ("00_example", PAGE),
        ("01_other", OTHER.format(text="Nothing.")),
        ("index", OTHER.format(text="Home.")),
    ):
        write(project, name, text)
    return project


def write(project: Path, name: str, text: str) -> None:
    (project / f"nbs/{name}.py").write_text(text)
    subprocess.run(
        [sys.executable, "tools/nb.py", "to-nb", f"nbs/{name}.py"], cwd=project, check=True, capture_output=True
    )


def test_an_entry_shows_what_is_written(small):
    build(small)
    html = (small / "_site/example.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html)
    assert "LIMIT = 3  # no more than that" in text
    outline = " ".join(text.split("Source")[0].split())
    assert "size int LIMIT litres" in outline and "Box.full(amount)" in outline and "amount int litres" in outline
    assert "Whether that much fills it." in outline and 'id="Box.full"' in html
    assert "amount &gt;= self.size" not in outline and "_hidden" not in outline and "_private" not in outline
    assert "double(n)" in text and "def double(n: int) -&gt; int:" in text
    assert 'id="Box.empty"' in html and "secret_cell" not in text
    assert 'href="#Box.empty"' in html and 'href="#double"' in html and 'href="other.html#there"' in html
    source = (small / "_site/notebooks/00_example.html").read_text(encoding="utf-8")
    assert "secret_cell" in source and "from" in source
    anchor = re.search(r'notebooks/00_example\.html#(cell-\d+)"[^>]*>source', html)[1]
    at = source.index(f'id="{anchor}"')
    assert "Box" in re.sub(r"<[^>]+>", "", source[at : at + 1500])


def test_an_entry_says_plainly_what_a_command_takes(small):
    cell = (
        "#| export\n_WHERE = 'Only those.'\n\ndef serve(\n"
        "    port: Annotated[int | None, Option(min=1, help='Listen there.')] = None,\n"
        "    where: Annotated[str, Option(help=_WHERE)] = '',\n"
        "    keep: bool = False,  # as `keep_all` gives it\n) -> None:\n    'Serve it.'"
    )
    write(small, "02_serve", f"# %%\n#| default_exp serve\n\n# %% [markdown]\n# # Serve\n\n# %%\n{cell}\n")
    build(small)
    html = (small / "_site/serve.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", "", html).split("Source")[0].split())
    assert "int | None" in text and "Listen there." in text and "Only those." in text and "Annotated" not in text
    assert "<code>keep_all</code>" in html


def test_a_broken_link_fails_the_build(small):
    write(small, "01_other", OTHER.format(text="[gone](02_gone.ipynb)"))
    assert "02_gone" in build(small, fails=True)


@pytest.mark.parametrize(
    "text, host",
    [
        ("A sum $\\\\sum_i x_i$ here.", "cdn.jsdelivr.net"),
        ("<img src='https://images.example/x.png'>", "images.example"),
    ],
)
def test_an_address_elsewhere_fails_the_build(small, text, host):
    write(small, "01_other", OTHER.format(text=text))
    assert host in build(small, fails=True)


def test_two_pages_of_one_name_are_refused(small):
    write(small, "07_other", OTHER.format(text="again"))
    assert "other.ipynb: rename one" in build(small, fails=True)


def test_a_class_that_grows_shows_what_it_has_from_the_classes_above(small):
    cells = [
        "#| export\nclass Cup:\n    'A cup.'\n    def fill(self): 'Pour.'\n    def _crack(self): ...",
        "#| export\nclass Mug(Cup):\n    'With a handle.'\n    def hold(self): ...",
        "#| export\nclass Stein(Mug):\n    'With a lid.'\n    def fill(self): 'Draw.'",
    ]
    text = "# %%\n#| default_exp cups\n\n# %% [markdown]\n# # Cups\n#\n# > Three of them\n\n"
    write(small, "02_cups", text + "\n\n".join(f"# %%\n{cell}" for cell in cells) + "\n")
    write(small, "01_other", OTHER.format(text="See `Stein.hold`."))
    build(small)
    html = (small / "_site/cups.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html)
    assert "Mug.fill()" in text and "Stein.hold()" in text and "_crack" not in text.split("Source")[0]
    assert text.count("Pour.") == 3, "a cup's, in its source too, and a mug's; a stein is filled in its own way"
    assert 'href="cups.html#Stein.hold"' in (small / "_site/other.html").read_text(encoding="utf-8")
