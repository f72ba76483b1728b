// A hit or a quote, open in its document: what is shown of it, and where it leads.
import { TYPING, button, count, el, marked, role } from "./base.js";
import { judge_buttons } from "./judge.js";
import { page_body, page_moves } from "./page.js";

/** Pieces with levels as nodes: the pieces of the hit, levels 1 and 2, share a frame; 2 and 3 are words that were looked for. */
export function leveled(pieces) {
  const nodes = [];
  let span = null;
  for (const [text, level] of pieces) {
    const node = level > 1 ? el("mark", "", text) : document.createTextNode(text);
    if (level === 0 || level === 3) {
      span = null;
      nodes.push(node);
      continue;
    }
    if (!span) nodes.push(span = el("span", "kb-span"));
    span.append(node);
  }
  return nodes;
}

const LINED = ["code", "table", "row", "record", "front", "links"]; // kinds of blocks that keep their lines

/** A block of a document, as a person reads it. */
function block({ kind, pieces }) {
  const name = kind === "heading" ? "kb-heading" : kind === "item" ? "kb-item" : LINED.includes(kind) ? "kb-lines" : "kb-par";
  return el("div", name, ...leveled(pieces));
}

/** More of the document at one of its ends; plain text where the explorer cannot read on. */
function end_of(opened, where, act) {
  const left = opened[where], side = where === "before" ? "before this" : "after this";
  if (!left) return [];
  if (opened.after === null) return [el("p", "kb-before", `${count(left, "character")} ${side}`)];
  const name = where === "before" ? "Show what stands before" : "Show what comes after";
  return [button(`kb-link kb-end kb-end-${where}`, `${name} (${count(left, "character")})`, () => act(where))];
}

/** The text of an opened document: rendered, or with `plain` as it is written. */
export function document_body(opened, plain, act) {
  const body = role(el("div", "kb-document"), "group", "Document");
  body.tabIndex = 0;
  if (opened.note) body.append(el("p", "kb-note", opened.note));
  if (opened.apart.length) body.append(el("div", "kb-apart", ...marked(opened.apart.map(([text, level]) => [text, level - 1]))));
  const text = plain ? el("div", "kb-around kb-written", ...leveled(opened.pieces)) : el("div", "kb-around", ...opened.blocks.map(block));
  body.append(...end_of(opened, "before", act), text, ...end_of(opened, "after", act));
  return body;
}

// ---------------------------------------------------------------- where the file is

/** A file as JupyterLab names it: its path below the folder that the server serves; empty where it is not below it. */
export function served_path(path, root, home = "") {
  const full = root.startsWith("~") && home ? home + root.slice(1) : root;
  const folder = full.replace(/\/+$/, "");
  if (full === "/") return path.slice(1);
  return folder && !full.startsWith("~") && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : "";
}

/** The folder that JupyterLab serves, as its page says; empty elsewhere. */
function server_root() {
  const settings = document.getElementById("jupyter-config-data");
  try {
    return JSON.parse(settings.textContent).serverRoot ?? "";
  } catch {
    return "";
  }
}

/** What leads to the file: JupyterLab opens it where it can; elsewhere its path is copied. */
export function file_button({ path, home }, copy) {
  if (!path) return null;
  const served = served_path(path, server_root(), home);
  const one = button("kb-quiet", served ? "Open file" : "Copy path", () => served || copy(path));
  if (served) { // JupyterLab runs the command of an element that is clicked
    one.setAttribute("data-commandlinker-command", "docmanager:open");
    one.setAttribute("data-commandlinker-args", JSON.stringify({ path: served }));
  }
  return one;
}

// ---------------------------------------------------------------- beside a list

/** The open document, as a part of a view. `home` gives what gets the keys when it closes, `covered` says whether it hides that,
 * `look` is how it is read at first: as "text", as "written", or as a "page" where there is a picture of one. */
export class Pane {
  constructor(view, label, home, covered, look = "text") {
    Object.assign(this, { view, home, covered, look, large: false, shown: null });
    this.node = el("section", "kb-pane");
    this.node.setAttribute("aria-label", label);
    this.node.hidden = true;
    this.moves = el("span", "kb-moves");
    view.watch("steps", () => this.draw_steps());
    view.watch("judged", () => this.hidden || this.draw_foot());
    view.watch("page", () => this.hidden || this.look !== "page" || this.redraw());
  }

  get hidden() { return this.node.hidden; }

  /** Whether the keys are in it. */
  get reading() { return this.node.contains(document.activeElement); }

  draw() {
    const { view, reading, shown: was } = this, opened = view.model.get("opened");
    this.shown = opened.of === view.results.of ? opened : null;
    view.root.classList.toggle("kb-opened", Boolean(this.shown));
    const old = this.node.querySelector(".kb-document"), top = old && old.scrollTop - (old.querySelector(".kb-span")?.offsetTop ?? 0);
    this.node.hidden = !this.shown;
    if (!this.shown) {
      this.node.replaceChildren();
      if (reading) this.home().focus({ preventScroll: true });
      return;
    }
    const body = this.fill(), same = was?.id === opened.id && old; // more text around it: what was read stays where it was
    if (same) body.scrollTop = top + (body.querySelector(".kb-span")?.offsetTop ?? 0);
    else this.scroll(body);
    if (reading || this.covered()) body.focus({ preventScroll: true });
    if (view.model.get("steps").of !== opened.of && opened.index >= 0) view.timers.set("steps", TYPING, () => view.send("steps"));
  }

  fill() {
    const { shown, view } = this, page = this.page(), notes = shown.no_page ? [el("p", "kb-note kb-nopage", shown.no_page)] : [];
    const body = page ? page_body(page, this.large) : document_body(shown, this.look === "written", (where) => view.send("more", { where }));
    const head = el("div", "kb-panehead", el("div", "kb-title", shown.title), this.moves, button("kb-quiet", "Close", () => view.send("close")));
    const moves = page ? [page_moves(page, this.large, { page: (number) => view.send("page", { number }), larger: () => this.enlarge() })] : notes;
    this.node.replaceChildren(head, el("div", "kb-place", el("span", "", shown.place)), ...moves, body, this.foot());
    this.draw_steps();
    return body;
  }

  /** The picture of the open passage's page, asked for where it is wanted and not here yet; until it comes the text is shown. */
  page() {
    const { shown, view } = this, page = view.model.get("page") ?? {};
    if (this.look !== "page" || !shown.page) return null;
    if (page.id === shown.id && page.of === shown.of) return page;
    if (this.awaited !== `${shown.of} ${shown.id}`) view.send("page");
    this.awaited = `${shown.of} ${shown.id}`; // once: one that cannot be drawn is not asked for again and again
    return null;
  }

  /** The same passage otherwise; the keys stay where they were. */
  redraw() {
    const { reading } = this, pressed = document.activeElement?.textContent;
    this.scroll(this.fill());
    if (!reading) return;
    const again = [...this.node.querySelectorAll("button")].find((one) => one.textContent === pressed && !one.disabled);
    (again ?? this.node.querySelector(".kb-document")).focus({ preventScroll: true });
  }

  enlarge() {
    this.large = !this.large;
    this.redraw();
  }

  /** A button that shows the passage in a way of its own, and pressed again as text. */
  looker(label, look) {
    const one = button("kb-quiet", label, () => {
      this.look = this.look === look ? "text" : look;
      this.awaited = "";
      this.redraw();
    });
    one.setAttribute("aria-pressed", String(this.look === look));
    return one;
  }

  /** The foot anew; the keys stay on the button that had them. */
  draw_foot() {
    const old = this.node.querySelector(".kb-panefoot"), at = [...old.children].indexOf(document.activeElement), foot = this.foot();
    old.replaceWith(foot);
    foot.children[at]?.focus({ preventScroll: true });
  }

  foot() {
    const { shown, view } = this, { hits } = view.model.get("judged") ?? {};
    const judging = hits && view.results.query?.trim() ? judge_buttons(hits[shown.id], "kb-quiet", (right) => view.send("judge", { right })) : [];
    const parts = [...judging, file_button(shown, (path) => view.copy(path, "path")), shown.page && this.looker("Page picture", "page"),
      this.looker("As written", "written"), shown.index >= 0 && button("kb-quiet", "Copy citation", () => this.cite(shown)),
      shown.bibtex && button("kb-quiet", "Copy BibTeX", () => view.copy(shown.bibtex, "BibTeX")),
      shown.link && button("kb-quiet", "Copy link", () => view.copy(shown.link, "link"))];
    return el("div", "kb-panefoot", ...parts.filter(Boolean));
  }

  /** Bring the passage into sight. */
  scroll(body) {
    const first = body.querySelector(".kb-span, .kb-boxed");
    if (first) body.scrollTop = first.offsetTop - Math.max(24, (body.clientHeight - first.offsetHeight) / 3);
  }

  /** Copy a passage with its place. */
  cite(passage) {
    if (passage) this.view.copy(`${passage.cited}: “${passage.quote}${passage.cut ? " …" : ""}”`, "citation");
  }

  draw_steps() {
    const { of, at, count: all } = this.view.model.get("steps"), known = of === this.view.results.of && all > 1;
    if (this.hidden) return;
    this.moves.replaceChildren(...(known ? [this.mover("‹", -1, at > 1), `${at} of ${all}`, this.mover("›", 1, at < all)] : []));
  }

  mover(label, by, can) {
    const one = button("kb-quiet", label, () => this.view.send("step", { by }));
    one.setAttribute("aria-label", by > 0 ? "Next passage" : "Previous passage");
    one.disabled = !can;
    return one;
  }

  /** What a key does that leads to another passage. */
  key(key) {
    const { at, count: all } = this.view.model.get("steps"), by = { n: 1, p: -1 }[key];
    if (!by || this.hidden) return null;
    return () => at + by >= 1 && at + by <= all && this.view.send("step", { by });
  }
}
