// Two evaluations of the same questions: measures with intervals, questions by damage, both lists (kbase/widgets/evaluation.py).
import { Choice, Listbox, TYPING, View, button, count, el, key_hints, number, role, shows, textbox } from "./base.js";

const SHOWN = [["all", "All"], ["worse", "Worse"], ["better", "Better"], ["same", "Same"]];
const KEYS = [["/", "find a question"], ["j", ""], ["k", "move"], ["Enter", "both lists"], ["Esc", "close"]];

// ---------------------------------------------------------------- pure functions

export function signed(value, digits = 3) {
  return value === null || value === undefined ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(digits)}`;
}

/** Where an interval lies on an axis that is the same for all of them and has nought in its middle, in percent. */
export function on_axis(changes) {
  const most = Math.max(1e-9, ...changes.flatMap(({ low, high }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]));
  const at = (value) => 50 + 50 * (value ?? 0) / most;
  return changes.map(({ low, mean, high }) => ({ low: at(low), mean: at(mean), high: at(high) }));
}

/** What became of a place in a list, in words. */
export function moved_words({ before, after }) {
  if (before === null) return "new";
  if (after === null) return `gone, was ${before}`;
  return before === after ? "" : `was ${before}`;
}

// ---------------------------------------------------------------- the view

class Evaluation extends View {
  build() {
    this.first = this.select("Before", "before");
    this.second = this.select("After", "after");
    this.choice = new Choice("Questions", SHOWN, (show) => this.ask({ show }));
    this.input = textbox("Find a question");
    this.listen(this.input, "input", () => this.ask({ find: this.input.value }, TYPING));
    this.measures = el("div", "kb-measures");
    this.balance = el("div", "kb-balance");
    this.list = new Listbox(this.id, "Questions, the greatest damage first");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.empty = el("div", "kb-empty");
    this.pane = el("section", "kb-open");
    this.pane.setAttribute("aria-label", "Question with both lists");
    this.python = button("kb-quiet", "Copy as a test", () => this.copy(this.results.code, "test"));
    this.root.classList.add("kb-evaluation");
    this.root.append(el("div", "kb-bar kb-ways", el("label", "", "Before ", this.first), el("label", "", "After ", this.second)),
      el("div", "kb-line", this.status, this.python), this.measures, this.balance,
      el("div", "kb-bar", this.input, this.choice.node),
      el("div", "kb-beside", el("div", "kb-main", this.list.node, this.empty), this.pane), key_hints(KEYS));
    this.watch("opened", () => this.draw_opened());
  }

  select(label, name) {
    const node = el("select", "kb-select");
    node.setAttribute("aria-label", label);
    this.listen(node, "change", () => this.ask({ [name]: node.value }));
    return node;
  }

  draw(results) {
    const { rows, ways } = results, key = this.rows?.[this.list.active]?.at;
    for (const [node, name] of [[this.first, "before"], [this.second, "after"]]) {
      if (node.options.length !== ways.length) node.replaceChildren(...ways.map((way) => Object.assign(el("option", "", way), { value: way })));
      node.value = this.value(name);
    }
    if (this.input.value !== this.value("find")) this.input.value = this.value("find");
    this.choice.pick(this.value("show"));
    this.python.hidden = !results.code;
    this.draw_measures(results);
    this.rows = rows;
    this.list.fill(rows.map((row) => this.question(row)), true);
    this.list.mark(Math.max(rows.findIndex(({ at }) => at === key), rows.length ? 0 : -1));
    this.list.node.hidden = !rows.length;
    this.empty.hidden = Boolean(rows.length);
    this.empty.textContent = results.all ? "No question is so" : "";
    this.draw_opened();
  }

  summary({ found, all, notes, rows }) {
    const shown = rows.length < found ? `${rows.length.toLocaleString("en")} shown of ` : "";
    return [found === all ? count(all, "question") : `${shown}${found.toLocaleString("en")} of ${count(all, "question")}`, ...notes].join(" · ");
  }

  // ---- measures

  draw_measures({ changes, measure, before, after }) {
    const table = el("table"), places = on_axis(changes), focused = this.measures.contains(document.activeElement);
    const head = ["Measure", before, after, "Difference", "95 %", ""].map((name) => Object.assign(el("th", "", name), { scope: "col" }));
    table.append(el("caption", "kb-hide", "Measures before and after"), el("thead", "", el("tr", "", ...head)),
      el("tbody", "", ...changes.map((change, i) => this.change(change, places[i], change.measure === measure))));
    this.measures.hidden = !changes.length;
    this.measures.replaceChildren(table);
    if (focused) this.measures.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
    this.draw_balance(changes.find((change) => change.measure === measure));
  }

  change(change, place, on) {
    const pick = button("kb-quiet", change.measure, () => this.ask({ measure: change.measure }));
    pick.setAttribute("aria-pressed", String(on));
    const axis = el("div", "kb-axis", el("i"), el("b", change.low > 0 ? "kb-up" : change.high < 0 ? "kb-down" : ""), el("u"));
    Object.assign(axis.children[1].style, { left: `${place.low}%`, width: `${Math.max(1, place.high - place.low)}%` });
    axis.children[2].style.left = `${place.mean}%`;
    axis.setAttribute("aria-hidden", "true");
    const range = el("td", "kb-range", `${signed(change.low)} to ${signed(change.high)}`, axis);
    return el("tr", on ? "kb-on" : "", el("td", "", pick), el("td", "kb-n", number(change.before, 3)), el("td", "kb-n", number(change.after, 3)),
      el("td", "kb-n", signed(change.mean)), range, el("td", "kb-verdict", change.words));
  }

  draw_balance(change) {
    this.balance.hidden = !change;
    if (!change) return;
    const { worse, same, better } = change, all = worse + same + better || 1;
    const strip = el("div", "kb-split", ...[["down", worse], ["same", same], ["up", better]].map(([name, n]) => {
      const piece = el("i", `kb-${name}`);
      piece.style.width = `${100 * n / all}%`;
      return piece;
    }));
    strip.setAttribute("aria-hidden", "true");
    this.balance.replaceChildren(strip, el("span", "", `${worse.toLocaleString("en")} worse · ${same.toLocaleString("en")} the same · ${better.toLocaleString("en")} better`));
  }

  // ---- questions

  question({ at, text, before, after, change }) {
    const sign = change < 0 ? "down" : change > 0 ? "up" : "same";
    const option = el("li", "", el("div", "kb-row", el("span", "kb-name", text), el("span", `kb-change kb-${sign}`, signed(change, 2))),
      el("div", "kb-note", `${number(before)} → ${number(after)}`));
    option.toggleAttribute("data-open", at === this.model.get("opened").at);
    return option;
  }

  draw_opened() {
    const opened = this.model.get("opened"), there = opened.text !== undefined, was = this.pane.contains(document.activeElement);
    this.root.classList.toggle("kb-opened", there);
    this.pane.hidden = !there;
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", there && this.rows[i].at === opened.at));
    if (!there) {
      this.pane.replaceChildren();
      if (was) this.list.node.focus({ preventScroll: true });
      return;
    }
    const close = button("kb-quiet", "Close", () => this.send("close"));
    this.pane.replaceChildren(el("div", "kb-panehead", el("div", "kb-title", opened.text), close), this.values(opened), this.lists(opened),
      ...this.missed(opened));
    if (was) close.focus({ preventScroll: true });
  }

  values({ values }) {
    return el("div", "kb-note", values.map(({ measure, before, after }) => `${measure} ${number(before)} → ${number(after)}`).join(" · "));
  }

  lists({ list }) {
    const table = el("table"), head = [this.results.after, "Found", ""].map((name) => Object.assign(el("th", "", name), { scope: "col" }));
    const rows = list.map((row) => el("tr", row.after === null ? "kb-gone-row" : row.before === null ? "kb-new-row" : "", el("td", "kb-n", row.after === null ? "–" : String(row.after)),
      el("td", "", row.label), el("td", "kb-note", moved_words(row))));
    table.append(el("caption", "kb-hide", "What was found, after and before"), el("thead", "", el("tr", "", ...head)), el("tbody", "", ...rows));
    const region = role(el("div", "kb-lists", table), "region", "Both lists");
    region.tabIndex = 0;
    return region;
  }

  missed({ missed_before: before, missed_after: after }) {
    const line = (label, names) => names.length ? [el("p", "kb-missed", el("b", "", label), ` ${names.join("; ")}`)] : [];
    return [...line(`Missed with ${this.results.after}:`, after), ...line(`Missed with ${this.results.before}:`, before)];
  }

  clicked(event) {
    const index = this.list.index(event.target);
    if (index < 0) return;
    this.list.mark(index);
    this.open();
  }

  open() {
    const row = this.rows[this.list.active];
    if (row) this.send("open", { at: row.at });
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return key === "ArrowDown" || key === "Escape" || key === "Enter" ? () => this.list.node.focus() : null;
    if (key === "/" && target.tagName !== "SELECT") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.send("close");
    return target === this.list.node ? this.key_of_list(key) : null;
  }

  key_of_list(key) {
    const moves = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (Object.hasOwn(moves, key)) return () => this.step(moves[key]);
    if (key === "Enter" || key === "o") return () => this.open();
    return null;
  }

  /** Move; an open question moves along. */
  step(by) {
    if (this.list.step(by) && !this.pane.hidden) this.timers.set("follow", TYPING, () => this.open());
  }
}

export default shows(Evaluation);
