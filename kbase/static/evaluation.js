// Two evaluations of the same questions: measures with intervals, questions by damage, both lists (kbase/widgets/evaluation.py).
import { Choice, Listbox, TYPING, View, button, dropdown, el, key_hints, move_of, number, offer, shows, textbox } from "./base.js";
import { balance_of, both_lists, listed_words, measure_table, question_option, trace_of } from "./compare.js";

const SHOWN = [["all", "All"], ["worse", "Worse"], ["better", "Better"], ["same", "Same"]];
const KEYS = [["/", "find a question"], ["j", ""], ["k", "move"], ["Enter", "both lists"], ["Esc", "close"]];

// ---------------------------------------------------------------- the view

class Evaluation extends View {
  build() {
    this.first = dropdown("kb-select", "Before", (before) => this.ask({ before }));
    this.second = dropdown("kb-select", "After", (after) => this.ask({ after }));
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

  draw(results) {
    const { rows, ways } = results, key = this.rows?.[this.list.active]?.at;
    for (const [node, name] of [[this.first, "before"], [this.second, "after"]]) {
      offer(node, ways.map((way) => [way, way]));
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

  summary(results) {
    return listed_words(results);
  }

  // ---- measures

  draw_measures(results) {
    const { changes, measure } = results, focused = this.measures.contains(document.activeElement), change = changes.find((one) => one.measure === measure);
    this.measures.hidden = !changes.length;
    this.measures.replaceChildren(measure_table(results, (name) => this.ask({ measure: name })));
    if (focused) this.measures.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
    this.balance.hidden = !change;
    if (change) this.balance.replaceChildren(...balance_of(change));
  }

  // ---- questions

  question(row) {
    const option = question_option(row);
    option.toggleAttribute("data-open", row.at === this.model.get("opened").at);
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
    this.pane.replaceChildren(el("div", "kb-panehead", el("div", "kb-title", opened.text), close), this.values(opened), both_lists(opened.list, this.results.after),
      ...this.missed(opened), ...this.traces(opened));
    if (was) close.focus({ preventScroll: true });
  }

  values({ values }) {
    return el("div", "kb-note", values.map(({ measure, before, after }) => `${measure} ${number(before)} → ${number(after)}`).join(" · "));
  }

  missed({ missed_before: before, missed_after: after }) {
    const line = (label, names) => names.length ? [el("p", "kb-missed", el("b", "", label), ` ${names.join("; ")}`)] : [];
    return [...line(`Missed with ${this.results.after}:`, after), ...line(`Missed with ${this.results.before}:`, before)];
  }

  traces({ traces: [before, after] = [[], []] }) {
    const { results } = this;
    return before.length || after.length ? [trace_of(results.after, after), trace_of(results.before, before)] : [];
  }

  clicked(event) {
    if (this.list.picks(event)) this.open();
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
    const by = move_of(key);
    if (by) return () => this.step(by);
    if (key === "Enter" || key === "o") return () => this.open();
    return null;
  }

  /** Move; an open question moves along. */
  step(by) {
    if (this.list.step(by) && !this.pane.hidden) this.timers.set("follow", TYPING, () => this.open());
  }
}

export default shows(Evaluation);
