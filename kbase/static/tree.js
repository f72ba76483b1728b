// The tree: folders, documents, sections and passages, with the hits of a question over them (kbase/widgets/tree.py).
import { Choice, Listbox, TYPING, View, button, count, el, key_hints, marked, move_of, shows, textbox } from "./base.js";
import { Pane } from "./pane.js";

const KEYS = [["/", "question"], ["↑", ""], ["↓", "move"], ["→", "unfold"], ["←", "fold, to what is above"], ["Enter", "open"],
  ["n", ""], ["p", "next, previous hit"], ["c", "copy citation"], ["Esc", "close"]];

// ---------------------------------------------------------------- pure functions

/** Where the keys lead in a list of rows: the row above one (-1 for none), or the next of those that have hits and nothing below them. */
export function above(rows, at) {
  for (let i = at - 1; i >= 0; i -= 1) if (rows[i].level < rows[at].level) return i;
  return -1;
}

export function next_hit(rows, at, by) {
  for (let i = at + by; i >= 0 && i < rows.length; i += by) if (rows[i].hits && rows[i].open === null) return i;
  return at;
}

/** For each row how many stand beside it on its level, and which of them it is: what screen readers say. */
export function places(rows) {
  const found = [], open = []; // by level: [rows seen so far]
  for (const row of rows) {
    open.length = Math.min(open.length, row.level);
    const group = (open[row.level - 1] ??= []);
    group.push(row);
    found.push([group.length, group]);
  }
  return found.map(([at, group]) => [at, group.length]);
}

// ---------------------------------------------------------------- the view

/** A listbox whose options have levels. */
class TreeList extends Listbox {
  fill(nodes, rows, key) {
    super.fill(nodes, true);
    this.rows = rows;
    this.node.setAttribute("role", "tree");
    const known = places(rows);
    nodes.forEach((node, i) => {
      node.setAttribute("role", "treeitem");
      node.setAttribute("aria-level", String(rows[i].level));
      node.setAttribute("aria-posinset", String(known[i][0]));
      node.setAttribute("aria-setsize", String(known[i][1]));
      if (rows[i].open !== null) node.setAttribute("aria-expanded", String(rows[i].open));
    });
    this.mark(Math.max(rows.findIndex((row) => row.key === key), nodes.length ? 0 : -1));
  }
  index(node) { return this.options.indexOf(node.closest("[role=treeitem]")); }
}

class Tree extends View {
  build() {
    this.input = textbox("Question whose hits are shown in the tree");
    this.input.placeholder = "Where does it say …";
    this.listen(this.input, "input", () => this.ask({ query: this.input.value }, TYPING));
    this.choice = new Choice("Rows", [[false, "Everything"], [true, "Only hits"]], (only_hits) => this.ask({ only_hits }));
    this.list = new TreeList(this.id, "Documents");
    this.list.node.classList.add("kb-tree");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.empty = el("div", "kb-empty");
    this.pane = new Pane(this, "Passage in its document", () => this.list.node, () => this.list_is_covered());
    this.root.classList.add("kb-treeview");
    this.root.append(el("div", "kb-bar", this.input, this.choice.node), el("div", "kb-line", this.status),
      el("div", "kb-beside", el("div", "kb-main", this.list.node, this.empty), this.pane.node), key_hints(KEYS));
    this.watch("branches", () => this.draw_rows());
    this.watch("opened", () => {
      this.pane.draw();
      this.mark_open();
    });
  }

  get rows() { return this.model.get("branches").rows ?? []; }

  draw(results) {
    if (this.input.value !== this.value("query")) this.input.value = this.value("query");
    this.input.hidden = this.choice.node.hidden = !results.can_search;
    this.choice.pick(this.value("only_hits"));
    this.draw_rows();
    this.pane.draw();
  }

  summary({ query, hits, found_in, documents, notes }) {
    if (!query.trim()) return count(documents, "document");
    if (!hits) return ["Nothing found", ...notes].join(" · ");
    return [`${count(hits, "hit")} in ${count(found_in, "document")}`, ...notes].join(" · ");
  }

  draw_rows() {
    const { rows, list } = this, key = list.rows?.[list.active]?.key;
    list.fill(rows.map((row) => this.row(row)), rows, key);
    this.mark_open();
    list.node.hidden = !rows.length;
    this.empty.hidden = Boolean(rows.length);
    this.empty.textContent = this.results?.query.trim() ? "Nothing found: ask with other words, or show everything" : "Nothing is in it yet: kb.add(folder)";
  }

  /** Whether the keys are in the tree, and the tree has made room: there is space for one of the two. */
  list_is_covered() {
    const { node } = this.list;
    return node.contains(document.activeElement) && getComputedStyle(node.parentElement).display === "none";
  }

  mark_open() {
    const { id } = this.model.get("opened");
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", this.rows[i]?.key === id));
    const at = this.rows.findIndex((row) => row.key === id);
    if (at >= 0 && this.seen !== id) this.list.go(at);
    this.seen = id;
  }

  row(row) {
    const name = el("span", "kb-name", row.name), line = el("div", "kb-row", el("span", "kb-fold", row.open === null ? "" : row.open ? "▾" : "▸"), name);
    line.firstChild.setAttribute("aria-hidden", "true");
    if (row.kind === "table") line.append(el("span", "kb-kind", "table"));
    line.append(el("span", "kb-note", row.note));
    if (row.badge) line.append(el("span", "kb-badge", row.badge));
    if (row.hits && row.open !== null) line.append(el("span", "kb-hitcount", count(row.hits, "hit")));
    if (row.why) line.append(el("span", "kb-note kb-brief", row.why));
    const option = el("li", `kb-is-${row.kind === "more" ? "more" : row.open === null ? "leaf" : "branch"}`, line);
    if (row.words.some(([text]) => text)) option.append(el("div", "kb-words", ...marked(row.words)));
    option.style.setProperty("--kb-level", String(row.level - 1));
    if (row.hits && row.open === null) option.classList.add("kb-hit");
    return option;
  }

  clicked(event) {
    if (!this.list.picks(event)) return;
    this.list.node.focus({ preventScroll: true });
    this.open();
  }

  /** What Enter does: a passage opens, whatever has rows below it unfolds. */
  open() {
    const row = this.rows[this.list.active];
    if (!row) return;
    if (row.open === null && row.kind !== "more") this.send("node", { key: row.key });
    else this.send("unfold", { key: row.key });
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return key === "ArrowDown" || key === "Escape" ? () => this.list.node.focus() : null;
    if (key === "/") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.send("close");
    if (key === "c") return () => this.pane.cite(this.pane.shown);
    if (key === "n" || key === "p") return () => this.to(next_hit(this.rows, this.list.active, key === "n" ? 1 : -1));
    return target === this.list.node ? this.key_of_tree(key) : null;
  }

  key_of_tree(key) {
    const by = move_of(key);
    if (by) return () => this.list.step(by);
    if (key === "Enter" || key === "o" || key === " ") return () => this.open();
    if (key === "ArrowRight") return () => this.unfold();
    if (key === "ArrowLeft") return () => this.fold();
    return null;
  }

  to(index) {
    if (index < 0) return;
    this.list.go(index);
    const row = this.rows[index];
    if (row.hits && row.open === null) this.send("node", { key: row.key });
  }

  unfold() {
    const row = this.rows[this.list.active];
    if (row?.open === false) this.send("unfold", { key: row.key });
    else if (row?.open) this.list.step(1);
  }

  fold() {
    const row = this.rows[this.list.active];
    if (row?.open) this.send("unfold", { key: row.key });
    else if (row && above(this.rows, this.list.active) >= 0) this.list.go(above(this.rows, this.list.active));
  }
}

export default shows(Tree);
