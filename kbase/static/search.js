// The search explorer: a question, filters, hits, and the open hit in its document (kbase/widgets/search.py).
import { Choice, Listbox, TYPING, View, button, count, el, key_hints, marked, refill, role, shows, textbox } from "./base.js";
import { axis, clip, hit_option } from "./hits.js";

const PAUSE = 250; // ms without a search before facets are asked for
const NONE = [];
const MODES = [["hybrid", "Hybrid"], ["bm25", "BM25"], ["dense", "Dense"]];
const GROUPS = [["document", "Documents"], ["", "All passages"]];
const KEYS = [["/", "search"], ["j", ""], ["k", "move"], ["Enter", "open"], ["m", "more"], ["c", "copy citation"], ["Esc", "close"]];

/** The text of an opened document; the pieces of the hit in it, levels 1 and 2, share a frame. */
function around(pieces) {
  const text = el("div", "kb-around");
  let span = null;
  for (const [piece, level] of pieces) {
    if (!level) {
      span = null;
      text.append(piece);
      continue;
    }
    if (!span) text.append(span = el("span", "kb-span"));
    span.append(level > 1 ? el("mark", "", piece) : piece);
  }
  return text;
}

function document_body(opened) {
  const body = role(el("div", "kb-document"), "group", "Document");
  body.tabIndex = 0;
  if (opened.note) body.append(el("p", "kb-note", opened.note));
  if (opened.apart.length) body.append(el("div", "kb-apart", ...marked(opened.apart.map(([text, level]) => [text, level - 1]))));
  if (opened.before) body.append(el("p", "kb-before", `${count(opened.before, "character")} before this`));
  body.append(around(opened.pieces));
  return body;
}

class Search extends View {
  build() {
    this.input = textbox("Search");
    this.listen(this.input, "input", () => this.ask({ query: this.input.value }, TYPING));
    this.modes = new Choice("Ranking", MODES, (mode) => this.choose({ mode }));
    this.groups = new Choice("Hits", GROUPS, (group) => this.choose({ group_by: group || null }));
    this.python = button("kb-quiet", "Copy as Python", () => this.copy(this.results.code, "Python"));
    this.chips = el("div", "kb-chips");
    this.aside = role(el("div", "kb-facets"), "group", "Filters");
    this.list = new Listbox(this.id, "Hits");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.input.setAttribute("aria-controls", this.list.node.id);
    this.empty = el("div", "kb-empty");
    this.pane = el("section", "kb-pane");
    this.pane.setAttribute("aria-label", "Hit in its document");
    this.root.classList.add("kb-search");
    this.root.append(
      el("div", "kb-bar", this.input, this.modes.node, this.groups.node),
      el("div", "kb-line", this.status, this.python), this.chips,
      el("div", "kb-body", this.aside, el("div", "kb-found", this.list.node, this.empty), this.pane),
      key_hints(KEYS));
    this.watch("facets", () => this.draw_facets());
    this.watch("opened", () => this.draw_opened());
  }

  // ---- an answer

  draw(results) {
    if (this.input.value !== this.value("query")) this.input.value = this.value("query");
    this.draw_choices();
    this.draw_chips();
    this.draw_hits();
    this.draw_facets();
    this.draw_opened();
    this.python.hidden = !results.query.trim();
    this.timers.stop("facets");
    if (this.narrows() && !this.model.get("error") && this.model.get("facets").of !== results.of) {
      this.timers.set("facets", PAUSE, () => this.send("facets", { of: results.of }));
    }
  }

  summary({ query, hits, more, milliseconds, group_by, notes }) {
    if (!query.trim()) return "";
    const found = count(hits.length, group_by ? "document" : "passage");
    return [more ? `first ${found}` : found, `${milliseconds.toFixed(0)} ms`, ...notes].join(" · ");
  }

  choose(values) {
    this.ask(values);
    this.draw_choices();
  }

  draw_choices() {
    this.modes.pick(this.value("mode"));
    this.groups.pick(this.value("group_by") ?? "");
  }

  draw_chips() {
    const chips = this.results.filters.map((condition) => this.chip(condition));
    if (chips.length > 1) chips.push(button("kb-quiet", "Clear all", () => this.send("drop")));
    refill(this.chips, chips, () => chips[0] ?? this.list.node);
    this.chips.hidden = !chips.length;
  }

  chip(condition) {
    const cross = el("span", "kb-cross", "×");
    cross.setAttribute("aria-hidden", "true");
    const chip = button("kb-chip", "", () => this.send("drop", { condition }));
    chip.append(el("span", "kb-hide", "Remove the filter "), condition, cross);
    return chip;
  }

  // ---- hits

  draw_hits() {
    const { hits } = this.results, scale = axis(hits), { node } = this.list, focused = node.contains(document.activeElement);
    this.list.fill(hits.map((hit, i) => hit_option(hit, i, scale, this.id, (option) => this.unclip(option))));
    node.hidden = !hits.length;
    this.empty.replaceChildren(el("p", "", this.reason()));
    this.empty.hidden = hits.length > 0;
    if (focused && !hits.length) this.input.focus();
  }

  /** Why the list is empty. */
  reason() {
    if (!this.results.query.trim()) return "Type a question or a few words.";
    if (this.model.get("error")) return "The search failed; the reason is above.";
    return this.results.filters.length ? "Nothing found under these filters." : "Nothing found.";
  }

  unclip(option) {
    const hit = this.results.hits[this.list.options.indexOf(option)];
    if (!hit?.clip) return;
    const whole = option.classList.toggle("kb-whole");
    option.querySelector(".kb-text").replaceChildren(...clip(hit, whole, (other) => this.unclip(other)));
    this.list.node.focus({ preventScroll: true });
  }

  clicked(event) {
    const index = this.list.index(event.target);
    if (index < 0 || !getSelection().isCollapsed) return; // text was selected, not a hit
    this.list.go(index);
    this.open();
  }

  // ---- facets

  /** Whether there is something to narrow down, or to widen again. */
  narrows() {
    const { query, hits, filters } = this.results;
    return Boolean(query.trim()) && hits.length + filters.length > 0;
  }

  draw_facets() {
    const facets = this.model.get("facets"), shown = this.narrows() && facets.fields || NONE;
    this.aside.classList.toggle("kb-stale", facets.of !== this.results.of);
    if (this.drawn === shown) return;
    this.drawn = shown;
    const at = document.activeElement?.dataset?.facet;
    const among = `counted among ${facets.more ? "the first " : ""}${count(facets.among ?? 0, "hit")}`;
    refill(this.aside, [...shown.map((facet, f) => this.facet(facet, f)), ...(shown.length ? [el("div", "kb-among", among)] : [])],
      () => this.aside.querySelector(at ? `[data-facet="${at}"]` : "button") ?? this.list.node);
    this.aside.hidden = !shown.length;
  }

  facet({ field, label, values }, f) {
    const name = el("div", "kb-field", label);
    name.id = `${this.id}-f${f}`;
    const group = role(el("div", "kb-facet", name, ...values.map((row, v) => {
      const one = button("", "", () => this.send("toggle", { field, value: row.value }));
      one.append(el("span", "kb-value", row.label), el("span", "kb-count", String(row.count)));
      one.dataset.facet = `${f}-${v}`;
      one.setAttribute("aria-pressed", String(row.on));
      return one;
    })), "group");
    group.setAttribute("aria-labelledby", name.id);
    return group;
  }

  // ---- the hit in its document

  open() {
    if (this.list.active >= 0 && !this.line.busy) this.send("open", { index: this.list.active, of: this.results.of });
  }

  close() {
    this.send("close");
  }

  draw_opened() {
    const opened = this.model.get("opened"), shown = opened.of === this.results.of;
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", shown && i === opened.index));
    const was_reading = this.reading();
    this.root.classList.toggle("kb-opened", shown);
    this.pane.hidden = !shown;
    if (!shown) {
      this.pane.replaceChildren();
      if (was_reading) this.list.node.focus({ preventScroll: true });
      return;
    }
    const body = document_body(opened), first = body.querySelector(".kb-span");
    this.pane.replaceChildren(this.pane_head(opened), el("div", "kb-place", el("span", "", opened.place)), body);
    if (first) body.scrollTop = first.offsetTop - Math.max(24, (body.clientHeight - first.offsetHeight) / 3);
    if (was_reading || this.list_is_covered()) body.focus({ preventScroll: true });
    if (opened.index !== this.list.active) this.list.go(opened.index);
  }

  /** Whether the keys are in the open document. */
  reading() {
    return this.pane.contains(document.activeElement);
  }

  /** Whether the keys are in the list, and the list has made room: there is space for one of the two. */
  list_is_covered() {
    const { node } = this.list;
    return node.contains(document.activeElement) && getComputedStyle(node.parentElement).display === "none";
  }

  pane_head(opened) {
    return el("div", "kb-panehead", el("div", "kb-title", opened.title),
      button("kb-quiet", "Copy citation", () => this.cite(opened.index)), button("kb-quiet", "Close", () => this.close()));
  }

  cite(index) {
    const hit = this.results.hits[index];
    if (hit) this.copy(`${hit.cited}: “${hit.pieces.map(([text]) => text).join("")}${hit.cut ? " …" : ""}”`, "citation");
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return this.key_of_input(key);
    if (key === "/") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.close();
    if (target === this.list.node) return this.key_of_list(key);
    return this.pane.contains(target) ? this.key_of_pane(key) : null;
  }

  key_of_input(key) {
    if (key === "ArrowDown" || key === "ArrowUp") return () => this.step(key === "ArrowDown" ? 1 : -1);
    if (key === "Enter") return () => this.open();
    if (key === "Escape" && !this.pane.hidden) return () => this.close();
    return null; // the box's own
  }

  key_of_list(key) {
    const moves = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (Object.hasOwn(moves, key)) return () => this.step(moves[key]);
    if (key === "Enter" || key === "o") return () => this.open();
    if (key === "c") return () => this.cite(this.list.active);
    if (key === "m") return () => this.unclip(this.list.options[this.list.active]);
    return null;
  }

  key_of_pane(key) {
    if (key === "j" || key === "k") return () => this.step(key === "j" ? 1 : -1);
    if (key === "c") return () => this.cite(this.model.get("opened").index);
    return null; // arrows scroll the document
  }

  /** Move; what is open moves along. */
  step(by) {
    if (!this.list.step(by) || this.pane.hidden) return;
    this.timers.set("follow", TYPING, () => this.pane.hidden || this.open());
  }
}

export default shows(Search);
