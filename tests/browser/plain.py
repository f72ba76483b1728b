"""An explorer in a plain page: the same module, style and messages as in a notebook, without Jupyter around it. Python is asked directly, so a
test takes a second. Nothing can be fetched (a policy forbids it), and what tries is noted."""

import os
from pathlib import Path
from typing import Any

HOSTILE = (  # texts that do something where they are taken for markup, a name or a place
    "<script>alert('script')</script>",
    "<img src='https://canary.invalid/img' onerror=\"alert('img')\">",
    "<a href='javascript:alert(1)'>click</a>",
    "<style>* { display: none }</style>",
    "<form action='https://canary.invalid/form'><input name='body'></form>",
    "<button data-commandlinker-command='terminal:create-new'>run</button>",
    "<div id='kb-list' class='kb-failed'>clobbered</div>",
    "__proto__",
    "half \ud83d a pair, ‮right to left",
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; img-src blob: data:"
PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An explorer</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<style>body {{ margin: 12px; background: #fff }} @media (prefers-color-scheme: dark) {{ body {{ background: #111 }} }}</style>
</head><body><main><h1 style="position:absolute;clip-path:inset(50%)">An explorer</h1><div id="host"></div></main></body></html>"""
START = """async ([script, rules, traits]) => {
  const style = document.createElement('style');
  style.textContent = rules;
  document.head.append(style);
  const listeners = {}, model = window.model = {
    get: name => traits[name],
    set: (name, value) => { traits[name] = value },
    on: (event, act) => (listeners[event] ??= new Set()).add(act),
    off: (event, act) => listeners[event]?.delete(act),
    save_changes: () => {},
    send: message => { window.python(message).then(model.take) },
    take: changed => {
      Object.assign(traits, changed);
      for (const name of Object.keys(changed)) for (const act of listeners[`change:${name}`] ?? []) act();
    },
  };
  const module = await import(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  window.dispose = await module.default.render({ model, el: document.getElementById('host') });
}"""
UNSAFE = """() => {
  const root = document.querySelector('.kb'), tags = 'script, img, a, form, iframe, object, embed, [onerror], [onload], [href], [src]';
  return {
    tags: [...root.querySelectorAll(tags)].map(e => e.outerHTML.slice(0, 80)),
    ids: [...root.querySelectorAll('[id]')].map(e => e.id).filter(id => !id.startsWith('kb-')),
    attributes: [...root.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.value)).filter(v => /[<>]|canary|alert/.test(v)),
  };
}"""
TESTS = Path(__file__).resolve().parents[1]
CHANGED = ("results", "error")  # sent before the traits that a view draws from them


class Plain:
    "An explorer that is open in a page."

    def __init__(self, page: Any, explorer: Any, width: int = 1000, dark: bool = False):
        self.page, self.explorer = page, explorer
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.set_content(PAGE)
        page.expose_function("python", self.receive)
        self.before = self.traits()
        page.evaluate(START, [explorer._esm, explorer._css, self.before])
        self.root = page.locator(".kb")
        assert not self.errors, self.errors

    def traits(self) -> dict[str, Any]:
        "What a front end is sent."
        names = [name for name in self.explorer.traits(sync=True) if name[0] != "_" and name not in ("layout", "comm")]
        return {name: getattr(self.explorer, name) for name in names if name not in ("tabbable", "tooltip")}

    def changed(self) -> dict[str, Any]:
        "The traits that are others than at the last look."
        now = self.traits()
        names = sorted((name for name in now if now[name] != self.before.get(name)), key=lambda name: name not in CHANGED)
        self.before = now
        return {name: now[name] for name in names}

    def receive(self, message: Any) -> dict[str, Any]:
        "What the page asks for is done, as in a kernel."
        self.explorer.receive(message)
        return self.changed()

    def push(self) -> None:
        "Show what was changed from Python."
        self.page.evaluate("changed => window.model.take(changed)", self.changed())

    def until(self, holds: Any, seconds: float = 8) -> None:
        "Wait until something is true of the explorer."
        for _ in range(round(seconds / 0.05)):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"still not so after {seconds} s; error: {self.explorer.error!r}")

    def press(self, *keys: str) -> None:
        "Keys, one after the other, each with what it leads to."
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(60)

    def safe(self) -> None:
        "No text became markup, nothing was asked of the network, nobody was spoken to."
        found = self.page.evaluate(UNSAFE)
        assert not any(found.values()), found
        outside = [url for url in self.requests if not url.startswith(("blob:", "data:", "about:"))]
        assert not self.errors and not self.dialogs and not outside, (self.errors, self.dialogs, outside)

    def accessible(self) -> None:
        "axe-core finds nothing serious."
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        wrong = [f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
                 for one in found if one["impact"] in ("serious", "critical")]
        assert not wrong, "\n".join(wrong)

    def fits(self) -> None:
        "Nothing sticks out of the page sideways."
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"the page is {wide} px too wide"

    def picture(self, name: str) -> None:
        "A picture, where `KBASE_PICTURES` names a folder."
        if folder := os.environ.get("KBASE_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.root.screenshot(path=Path(folder) / f"{name}.png")


def looks(new_page: Any, explorer: Any, name: str, prepare: Any = None) -> None:
    "Light and dark, wide and narrow: it fits, axe-core finds nothing serious, and there is a picture."
    for dark in (False, True):
        for width in (380, 1200):
            page = new_page()
            plain = Plain(page, explorer, width, dark)
            if prepare:
                prepare(plain)
            page.wait_for_timeout(150)
            plain.fits()
            plain.accessible()
            plain.picture(f"{name}_{'dark' if dark else 'light'}_{'narrow' if width < 700 else 'wide'}")
            assert not plain.errors, plain.errors
            page.close()
