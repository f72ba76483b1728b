// The search explorer: a question, filters, hits, and the open hit in its document (kbase/widgets/search.py).
import { Choice, Listbox, TYPING, View, button, count, el, key_hints, move_of, number, refill, role, shows, textbox } from "./base.js";
import { axis, clip, hit_option, judge_option } from "./hits.js";
import { next_right } from "./judge.js";
import { Pane } from "./pane.js";
import { columns } from "./columns.js";

const STROKE = 15; // ms from a key to its question: one is under way at a time, and what was typed over is not asked
const PAUSE = 250; // ms without a search before facets are asked for
const NONE = [];
const MODES = [["hybrid", "Hybrid"], ["bm25", "BM25"], ["dense", "Dense"]];
const GROUPS = [["document", "Documents"], ["", "All passages"]];
const KEYS = [["/", "search"], ["j", ""], ["k", "move"], ["Enter", "open"], ["n", ""], ["p", "next, previous passage"], ["m", "more"],
  ["w", "why"], ["c", "copy citation"], ["Esc", "close, back to the list"]];
const JUDGING = [["+", ""], ["-", "useful, not useful"]];
const NOTHING = "Nothing is in it yet: kb.add(folder)";

class Search extends View {
  build() {
    this.input = textbox("Search");
    this.listen(this.input, "input", () => this.typed());
    this.modes = new Choice("Ranking", MODES, (mode) => this.choose({ mode }));
    this.groups = new Choice("Hits", GROUPS, (group) => this.choose({ group_by: group || null }));
    this.python = button("kb-quiet", "Copy as Python", () => this.copy(this.results.code, "Python"));
    this.strength = el("b", "kb-strength");
    this.strength.setAttribute("aria-live", "polite");
    this.chips = el("div", "kb-chips");
    this.aside = role(el("div", "kb-facets"), "group", "Filters");
    this.list = new Listbox(this.id, "Hits");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.input.setAttribute("aria-controls", this.list.node.id);
    this.longer = button("kb-link kb-longer", "", () => this.show_more());
    this.empty = el("div", "kb-empty");
    this.pane = new Pane(this, "Hit in its document", () => this.list.node, () => this.list_is_covered());
    this.act = { more: (option) => this.unclip(option), why: (option) => option.classList.toggle("kb-explained"),
      open: (option) => this.open_option(option), like: (option) => this.send("like", { index: this.list.index(option) }) && this.wait() };
    this.build_ranking();
    this.root.classList.add("kb-search");
    this.root.append(
      el("div", "kb-bar", this.input, this.modes.node, this.groups.node),
      el("div", "kb-line", this.strength, this.status, this.weight, this.beside, this.python), this.chips,
      el("div", "kb-body", this.aside, el("div", "kb-found", this.arms, this.list.node, this.longer, this.empty), this.pane.node),
      key_hints(this.model.get("judged")?.hits ? [...KEYS.slice(0, -1), ...JUDGING, KEYS.at(-1)] : KEYS));
    this.watch_all();
    this.keep_in_sight();
  }

  watch_all() {
    this.watch("judged", () => this.draw_judged());
    this.watch("facets", () => this.draw_counted());
    this.watch("opened", () => this.draw_opened());
    this.watch("columns", () => this.draw_arms());
    this.watch("here", () => this.draw_here());
  }

  /** What says how the two readings are held against each other. */
  build_ranking() {
    this.beside = button("kb-quiet", "Side by side", () => this.stand_beside());
    this.beside.title = "What words, meaning and both find, in columns";
    this.arms = el("div", "kb-arms");
    this.weight = el("label", "kb-weight");
    this.slider = Object.assign(el("input"), { type: "range", min: "0", max: "1", step: "0.05" });
    this.listen(this.slider, "input", () => this.weigh());
  }

  /** The width of the list changes what fits into it: what is active stays in sight. */
  keep_in_sight() {
    if (!window.ResizeObserver) return;
    let width = 0;
    const observer = new ResizeObserver(([entry]) => {
      if (Math.abs(entry.contentRect.width - width) > 1 && width) this.list.show();
      width = entry.contentRect.width;
    });
    observer.observe(this.list.node);
    this.end.signal.addEventListener("abort", () => observer.disconnect());
  }

  // ---- an answer

  draw(results) {
    if (this.input.value !== this.value("query")) this.input.value = this.value("query");
    this.draw_choices();
    this.draw_chips();
    this.draw_hits();
    this.draw_counted();
    this.draw_opened();
    this.draw_arms();
    this.draw_weight();
    this.beside.hidden = !results.query.trim();
    this.python.hidden = !results.query.trim();
    this.timers.stop("facets");
    if (!this.model.get("error") && this.counted().of !== results.of) {
      this.timers.set("facets", results.query.trim() ? PAUSE : 0, () => this.send("facets", { of: results.of }));
    }
    if (this.entered && !this.timers.has("ask") && results.query === this.input.value) this.open_first();
  }

  /** What was counted for these results; nothing of a question before. */
  counted() {
    const facets = this.model.get("facets");
    return facets.of === this.results.of ? facets : {};
  }

  summary({ query, hits, more, milliseconds, group_by, notes, strength }) {
    if (!query.trim()) return this.overview_line();
    const { holding } = this.counted(), one = group_by ? "document" : "passage";
    const none = query.trim().includes(" ") ? "no document holds all of these words" : "no document holds this word";
    const held = holding === 0 ? (strength?.missing.length ? "" : none) : holding ? `${count(holding, "document")} hold${holding === 1 ? "s" : ""} these words` : "";
    const shown = more ? `first ${count(hits.length, one)}` : count(hits.length, one);
    return [held, held && hits.length ? `${shown} shown` : shown, `${milliseconds.toFixed(0)} ms`, ...notes].filter(Boolean).join(" · ");
  }

  overview_line() {
    const there = this.counted().overview;
    if (!there) return "";
    const folders = there.fields.find((facet) => facet.field === "folder")?.values.filter((row) => !row.depth).length;
    return count(there.documents, "document") + (folders ? ` in ${count(folders, "folder")}` : "");
  }

  typed() {
    this.entered = false; // an Enter before was for what stood there then
    this.ask({ query: this.input.value }, STROKE);
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
    const chips = this.results.filters.map((one) => this.chip(one));
    if (chips.length > 1) chips.push(button("kb-quiet", "Clear all", () => this.send("drop")));
    refill(this.chips, chips, () => chips[0] ?? this.list.node);
    this.chips.hidden = !chips.length;
  }

  chip({ text, condition, field, value }) {
    const cross = el("span", "kb-cross", "×");
    cross.setAttribute("aria-hidden", "true");
    const chip = button("kb-chip", "", () => field ? this.send("toggle", { field, value }) : this.send("drop", { condition }));
    chip.append(el("span", "kb-hide", "Remove the filter "), text, cross);
    return chip;
  }

  /** How sure the hits are, in words. */
  draw_strength() {
    const { strength, query, hits } = this.results, failed = this.model.get("error");
    const level = failed || !query.trim() || !strength ? "" : strength.level;
    this.strength.hidden = !level;
    this.strength.replaceChildren(...(level ? [el("i", `kb-dot kb-dot-${["strong", "weak"].includes(level) ? level : "none"}`), strength.words,
      ...(strength.numbers && hits.length ? [el("span", "kb-numbers", strength.numbers)] : [])] : []));
  }

  // ---- hits

  draw_hits() {
    const { hits, scale: full } = this.results, scale = axis(hits, full), { node } = this.list, focused = node.contains(document.activeElement);
    const before = this.drawn_ids ?? NONE, ids = hits.map((hit) => hit.id);
    const longer = before.length > 0 && before.length < ids.length && before.every((id, i) => id === ids[i]);
    this.drawn_ids = ids;
    this.draw_strength();
    this.list.fill(hits.map((hit, i) => hit_option(hit, i, scale, this.id, this.act)), longer);
    this.draw_judged();
    node.hidden = !hits.length;
    if (focused && !hits.length) this.input.focus();
    if (this.document_of_overview()) this.list.mark(-1);
  }

  /** What depends on the counting: the end of the list, what stands in the place of an empty one, the facets, the status. */
  draw_counted() {
    const { hits, more, page, group_by } = this.results, { holding } = this.counted();
    this.longer.hidden = !more || !hits.length;
    this.longer.textContent = `Show ${page} more` + (group_by && holding > hits.length ? ` of ${holding.toLocaleString("en")}` : "");
    this.empty.replaceChildren(...this.nothing());
    this.empty.hidden = hits.length > 0;
    this.draw_facets();
    this.draw_here();
    if (!this.status.classList.contains("kb-failed")) this.say();
  }

  /** What stands in the place of hits where there are none. */
  nothing() {
    const there = this.counted().overview, asked = this.results.query.trim();
    if (this.model.get("error")) return [el("p", "", "The search failed; the reason is above.")];
    if (there?.total === 0) return [el("p", "", NOTHING)];
    if (asked) return [el("p", "", this.results.filters.length ? "Nothing found under these filters." : "Nothing found.")];
    if (!there) return [el("p", "", "Type a question or a few words.")];
    return [el("p", "", `Type a question or a few words. The newest of ${count(there.documents, "document")}:`),
      el("ul", "kb-newest", ...there.newest.map((row) => el("li", "", this.newest(row))))];
  }

  newest({ document, title, uri, when }) {
    const one = button("", "", () => this.send("read", { document_id: document, title, uri }));
    one.append(el("span", "kb-title", title), el("span", "kb-uri", title === uri ? "" : uri), el("span", "kb-when", when));
    return one;
  }

  show_more() {
    if (this.results.more && !this.line.busy) this.ask({ longer: true });
  }

  unclip(option) {
    const hit = this.results.hits[this.list.options.indexOf(option)];
    if (!hit?.plain) return;
    const whole = option.classList.toggle("kb-whole");
    option.querySelector(".kb-text").replaceChildren(...clip(hit, whole));
    option.querySelector(".kb-more").textContent = whole ? "less" : "more";
    this.list.node.focus({ preventScroll: true });
  }

  // ---- useful, or not

  draw_judged() {
    const said = this.model.get("judged")?.hits;
    this.list.options.forEach((option, i) => {
      const hit = this.results.hits[i];
      if (hit) judge_option(option, said?.[hit.id], said && ((right) => this.judge(i, right)));
    });
  }

  judge(index, right) {
    this.send("judge_hit", { index, right, of: this.results.of });
  }

  /** What a key says of the active hit, or of the open one. */
  judging(key) {
    const wanted = { "+": 1, "-": -1 }[key], said = this.model.get("judged")?.hits;
    const id = this.pane.shown?.id ?? this.results.hits[this.list.active]?.id;
    if (!wanted || !said || !id) return null;
    const right = next_right(said[id], wanted);
    return () => this.pane.shown ? this.send("judge", { right }) : this.judge(this.list.active, right);
  }

  clicked(event) {
    const index = this.list.index(event.target);
    if (index < 0 || !getSelection().isCollapsed) return; // text was selected, not a hit
    this.list.go(index);
    this.open();
  }

  // ---- ways of ranking

  stand_beside() {
    this.side_by_side = !this.side_by_side;
    this.draw_arms();
  }

  /** The columns in the place of the list, asked for where there are none for these results. */
  draw_arms() {
    const on = Boolean(this.side_by_side && this.results.query.trim()), { of, arms } = this.model.get("columns"), known = of === this.results.of;
    this.beside.setAttribute("aria-pressed", String(on));
    this.root.classList.toggle("kb-side-by-side", on);
    this.arms.hidden = !on;
    if (!on) return this.arms.replaceChildren();
    if (known) refill(this.arms, [columns(arms, { open: (mode, index) => this.send("open_in", { mode, index }) })], () => this.beside);
    else if (!this.model.get("error")) this.timers.set("columns", PAUSE, () => this.send("columns", { of: this.results.of }));
  }

  draw_weight() {
    const value = this.value("dense_weight") ?? null;
    this.weight.hidden = value === null || this.value("mode") !== "hybrid" || !this.results.query.trim();
    if (value === null) return; // the search takes no weight
    if (!this.slider.isConnected) this.weight.replaceChildren("Meaning ", this.slider, el("output"));
    this.slider.value = String(value);
    this.weight.lastChild.textContent = `× ${number(value)}`;
  }

  weigh() {
    this.ask({ dense_weight: Number(this.slider.value) }, TYPING);
    this.draw_weight();
  }

  /** More passages of a hit's document, where they were counted. */
  draw_here() {
    const { of, more = {} } = this.model.get("here"), known = of === this.results.of;
    if (!known && this.counted().of === this.results.of && this.results.group_by && this.results.hits.length) {
      this.timers.set("here", PAUSE, () => this.send("here", { of: this.results.of }));
    }
    this.list.options.forEach((option, i) => {
      const n = known && more[this.results.hits[i]?.id], one = option.querySelector(".kb-here");
      one.hidden = !n;
      one.textContent = n ? `+ ${n} more here` : "";
    });
  }

  open_option(option) {
    this.list.go(this.list.index(option));
    this.open();
  }

  // ---- facets

  draw_facets() {
    const facets = this.model.get("facets"), old = facets.of !== this.results.of;
    const shown = this.narrows() && facets.fields || NONE;
    this.aside.classList.toggle("kb-stale", old);
    if (this.drawn === shown) return;
    this.drawn = shown;
    const at = document.activeElement?.dataset?.facet;
    const among = facets.among === undefined ? [] : [el("div", "kb-among", `counted among ${facets.more ? "the first " : ""}${count(facets.among, "hit")}`)];
    refill(this.aside, [...shown.map((facet, f) => this.facet(facet, f)), ...(shown.length ? among : [])],
      () => this.aside.querySelector(at ? `[data-facet="${at}"]` : "button") ?? this.list.node);
    this.aside.hidden = !shown.length;
  }

  /** Whether there is something to narrow down, or to widen again. */
  narrows() {
    const { query, hits, filters } = this.results;
    return !this.model.get("error") && (!query.trim() || hits.length + filters.length > 0);
  }

  facet({ field, label, values, left_out: more }, f) {
    const name = el("div", "kb-field", label);
    name.id = `${this.id}-f${f}`;
    const group = role(el("div", "kb-facet", name, ...values.map((row, v) => this.facet_value(field, row, `${f}-${v}`))), "group");
    if (more) group.append(el("div", "kb-among", `and ${more} more`));
    group.setAttribute("aria-labelledby", name.id);
    return group;
  }

  facet_value(field, { value, label, count: n, on, depth }, at) {
    const one = button("", "", () => this.send("toggle", { field, value }));
    one.append(el("span", "kb-value", label), el("span", "kb-count", n.toLocaleString("en")));
    one.dataset.facet = at;
    if (depth) one.style.setProperty("--kb-depth", String(depth));
    one.setAttribute("aria-pressed", String(on));
    return one;
  }

  // ---- the hit in its document

  open() {
    if (this.list.active >= 0 && !this.line.busy && !this.timers.has("ask")) this.send("open", { index: this.list.active, of: this.results.of });
    else if (this.line.busy || this.timers.has("ask")) this.entered = true; // what is asked for is still under way
  }

  open_first() {
    this.entered = false;
    if (!this.results.hits.length) return;
    this.list.go(0);
    this.open();
  }

  close() {
    this.send("close");
  }

  /** Whether a document is open that was chosen from the newest, not from hits. */
  document_of_overview() {
    const opened = this.model.get("opened");
    return opened.of === this.results.of && opened.index < 0;
  }

  draw_opened() {
    this.pane.draw();
    const { shown } = this.pane;
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", i === shown?.index));
    if (!shown) return;
    if (shown.index !== this.list.active && shown.index >= 0) this.list.mark(shown.index);
    this.list.show(); // the list may be narrower now
  }

  /** Whether the keys are in the list, and the list has made room: there is space for one of the two. */
  list_is_covered() {
    const { node } = this.list;
    return node.contains(document.activeElement) && getComputedStyle(node.parentElement).display === "none";
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return this.key_of_input(key);
    if (key === "/") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.close();
    if (target === this.list.node) return this.key_of_list(key);
    return this.pane.node.contains(target) ? this.key_of_pane(key) : null;
  }

  key_of_input(key) {
    if (key === "ArrowDown" || key === "ArrowUp") return () => this.step(key === "ArrowDown" ? 1 : -1);
    if (key === "Enter") return () => this.open();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.close(); // not the browser's: it wipes the query
    return null; // the box's own
  }

  key_of_list(key) {
    const by = move_of(key);
    if (by) return () => this.step(by);
    if (key === "Enter" || key === "o") return () => this.open();
    if (key === "c") return () => this.pane.cite(this.results.hits[this.list.active]);
    if (key === "m") return () => this.unclip(this.list.options[this.list.active]);
    if (key === "w") return () => this.list.options[this.list.active] && this.act.why(this.list.options[this.list.active]);
    return this.judging(key) ?? this.pane.key(key);
  }

  key_of_pane(key) {
    if (key === "j" || key === "k") return () => this.step(key === "j" ? 1 : -1);
    if (key === "c") return () => this.pane.cite(this.pane.shown);
    return this.judging(key) ?? this.pane.key(key); // arrows scroll the document
  }

  /** Move; what is open moves along. At the end of the list there is more. */
  step(by) {
    const moved = this.list.step(by);
    if (by === Infinity || by > 0 && !moved) this.show_more();
    if (!moved || this.pane.hidden) return;
    this.timers.set("follow", TYPING, () => this.pane.hidden || this.open());
  }
}

export default shows(Search);
