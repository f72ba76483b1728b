// The panel of the map: a question, colours, what was found and what is encircled (kbase/widgets/map.py).
import { Choice, Listbox, TYPING, View, button, count, dropdown, el, key_hints, move_of, offer, shows, textbox } from "./base.js";

const SHOWN = [["marked", "Hits"], ["chosen", "Encircled"]];
const KEYS = [["/", "question"], ["j", ""], ["k", "move"], ["Enter", "show on the map"]];
export const TONES = 12; // colours of the map, as in Python

/** What a map comes to, in words. */
export function map_words({ points, kept, query, marked, twins, right = 0, missed = [] }) {
  const shown = [count(points, "passage"), `the plane shows ${Math.round(100 * kept)} % of how they differ`];
  if (query.trim() && right) shown.unshift(`${right.toLocaleString("en")} kept as right, ${missed.length.toLocaleString("en")} of them not found`);
  if (query.trim()) shown.unshift(`${count(marked.length, "hit")}${twins ? `, ${count(twins, "near duplicate")}` : ""}`);
  return shown.join(" · ");
}

class Panel extends View {
  build() {
    this.input = textbox("Question to put on the map");
    this.listen(this.input, "input", () => this.ask({ query: this.input.value }, 3 * TYPING));
    this.colors = dropdown("kb-select", "Colour by", (at) => this.ask({ color: this.results.colors[Number(at)] }));
    this.legend = el("ul", "kb-legend");
    this.hover = el("div", "kb-hover");
    this.choice = new Choice("Listed passages", SHOWN, (kind) => this.list_of(kind));
    this.kind = "marked";
    this.list = new Listbox(this.id, "Passages");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.empty = el("p", "kb-note");
    this.keep = button("kb-quiet", "They answer it", () => this.send("keep") && this.wait());
    this.keep.title = "Keep what is encircled as right for the question: an evaluation is made of it";
    this.root.classList.add("kb-map");
    this.root.append(el("div", "kb-bar", this.input, el("label", "", "Colour by ", this.colors)), el("div", "kb-line", this.status), this.legend, this.hover,
      el("div", "kb-bar kb-which", this.choice.node, this.keep, this.empty), this.list.node, key_hints(KEYS));
    this.watch("chosen", () => this.list_of("chosen"));
    this.watch("hovered", () => this.draw_hover());
  }

  draw(results) {
    if (this.input.value !== this.value("query")) this.input.value = this.value("query");
    this.input.hidden = !results.can_search;
    offer(this.colors, results.colors.map((name, i) => [String(i), name.replace(/^meta\./, "")]));
    this.colors.value = String(results.colors.indexOf(this.value("color")));
    const asked = results.query.trim(), missed = results.missed.length ? [["missed", "right, not found"]] : [];
    const states = [["question", "question"], ["hit", "hit"], ...missed, ["twin", "near duplicate"], ["passage", "passage"]];
    const rows = asked ? states.map(([name, label]) => [`kb-tone-${name}`, label]) : results.legend.map(([label, n], i) => [`kb-tone-${i % TONES}`, `${label} (${n.toLocaleString("en")})`]);
    this.legend.replaceChildren(...rows.map(([name, label]) => el("li", name, label)));
    this.draw_hover();
    this.list_of(asked ? "marked" : this.kind);
  }

  summary(results) { return map_words(results); }

  draw_hover() {
    const { title, text, place } = this.model.get("hovered");
    this.hover.replaceChildren(...(title === undefined ? ["Point at a passage, or draw around some with the lasso"] : [el("b", "", title), ` ${place} — ${text}`]));
  }

  list_of(kind) {
    const chosen = this.model.get("chosen"), { marked = [], missed = [], query = "", can_keep } = this.results ?? {};
    const rows = kind === "marked" ? [...missed.map((row) => ({ ...row, place: `right, not found · ${row.place}` })), ...marked] : chosen.rows ?? [];
    this.keep.hidden = kind === "marked" || !can_keep || !query.trim() || !chosen.count;
    this.kind = kind;
    this.rows = rows;
    this.choice.pick(kind);
    this.list.fill(rows.map(({ title, text, place }) => el("li", "", el("div", "kb-name", title), el("div", "kb-note", place), el("div", "kb-words", text))));
    this.list.node.hidden = !rows.length;
    const all = kind === "marked" ? rows.length : chosen.count ?? 0;
    this.empty.textContent = all > rows.length ? `${rows.length} of ${all.toLocaleString("en")}: .selection has all` : all ? "" : kind === "marked" ? "Ask something, and what is found is marked" : "Nothing is encircled";
  }

  clicked(event) {
    if (this.list.picks(event)) this.look();
  }

  look() {
    const row = this.rows[this.list.active];
    if (row) this.send("look", { row: row.row });
  }

  key({ key, target }) {
    if (target === this.input) return key === "ArrowDown" || key === "Escape" ? () => this.list.node.focus() : null;
    if (target.tagName === "SELECT") return null;
    if (key === "/") return () => this.input.select();
    const by = move_of(key);
    if (target === this.list.node && by) return () => this.list.step(by);
    if (target === this.list.node && (key === "Enter" || key === "o")) return () => this.look();
    return null;
  }
}

export default shows(Panel);
