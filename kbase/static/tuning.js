// The tuning explorer: pairs under review, the curve of a training, and what it changed (kbase/widgets/tuning.py).
import { Choice, Listbox, TYPING, View, button, count, el, key_hints, move_of, number, role, shows, textbox } from "./base.js";
import { both_lists, heads, listed_words, measure_table, question_option } from "./compare.js";

const PARTS = [["pairs", "Pairs"], ["training", "Training"], ["questions", "Before and after"]];
const OF_PAIRS = [["all", "All"], ["kept", "Kept"], ["out", "Left out"]], OF_QUESTIONS = [["all", "All"], ["worse", "Worse"], ["better", "Better"]];
const KEYS = [["/", "find"], ["j", ""], ["k", "move"], ["y", "keep"], ["x", "leave out"], ["Enter", "open"], ["1", ""], ["…", ""], ["9", "strike a negative"], ["Esc", "close"]];
const ACTIONS = { train: "Train on what is kept", promote: "Promote", rollback: "Go back to the version before" };
const SVG = "http://www.w3.org/2000/svg";

// ---------------------------------------------------------------- pure functions

/** The points of a curve in a box of so many units, the values that are missing left out. */
export function curve_points(curve, name, wide, high) {
  const known = curve.filter((one) => typeof one[name] === "number");
  const [first, last] = [known[0]?.step ?? 0, known.at(-1)?.step ?? 1], values = known.map((one) => one[name]);
  const low = Math.min(...values), range = Math.max(...values) - low || 1;
  return known.map((one) => [wide * (one.step - first) / (last - first || 1), high * (1 - (one[name] - low) / range)]);
}

/** A row as it was reviewed. */
export function reviewed(row, marks) {
  const mark = marks[String(row.at)] ?? {};
  return { kept: mark.kept ?? row.kept, struck: mark.struck ?? [] };
}

// ---------------------------------------------------------------- the view

class Tuning extends View {
  build() {
    this.parts = new Choice("Part", PARTS, (part) => this.ask({ part, show: "all", find: "" }));
    this.verdict = el("div", "kb-verdict-line");
    this.input = textbox("Find");
    this.listen(this.input, "input", () => this.ask({ find: this.input.value }, TYPING));
    this.of_pairs = new Choice("Pairs", OF_PAIRS, (show) => this.ask({ show }));
    this.of_questions = new Choice("Questions", OF_QUESTIONS, (show) => this.ask({ show }));
    this.sources = el("div", "kb-note kb-sources-of");
    this.training = el("div", "kb-training");
    this.measures = role(el("div", "kb-measures"), "region", "Measures");
    this.measures.tabIndex = 0; // a wide one scrolls
    this.list = new Listbox(this.id, "Rows");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.empty = el("div", "kb-empty");
    this.pane = el("section", "kb-open");
    this.pane.setAttribute("aria-label", "Opened");
    this.root.classList.add("kb-evaluation", "kb-tuning");
    this.finding = el("div", "kb-bar", this.input, this.of_pairs.node, this.of_questions.node);
    this.beside = el("div", "kb-beside", el("div", "kb-main", this.list.node, this.empty), this.pane);
    this.root.append(el("div", "kb-bar", this.parts.node), this.verdict, el("div", "kb-line", this.status), this.measures, this.training,
      this.finding, this.sources, this.beside, key_hints(KEYS));
    this.watch("opened", () => this.draw_opened());
    this.watch("marks", () => this.draw_marks());
  }

  draw(results) {
    const { part, rows } = results, before = this.results_before, same = before?.part === part && before?.name === results.name;
    this.results_before = results;
    this.parts.pick(this.value("part"));
    if (this.input.value !== this.value("find")) this.input.value = this.value("find");
    for (const choice of [this.of_pairs, this.of_questions]) choice.pick(this.value("show"));
    this.draw_verdict(results);
    this.finding.hidden = this.beside.hidden = part === "training" || results.new;
    this.of_pairs.node.hidden = part !== "pairs";
    this.of_questions.node.hidden = part !== "questions";
    this.draw_sources(results);
    this.draw_training(results);
    this.measures.hidden = part !== "questions" || !results.changes.length;
    this.measures.replaceChildren(...(this.measures.hidden ? [] : [measure_table(results)]));
    this.list.fill(rows.map((row) => part === "pairs" ? this.pair(row) : question_option(row)), same);
    if (!same || this.list.active >= rows.length) this.list.go(rows.length ? 0 : -1);
    this.list.node.hidden = !rows.length;
    this.empty.hidden = Boolean(rows.length);
    this.empty.textContent = results.all ? "None is so" : "There is none";
    this.draw_marks();
    this.draw_opened();
  }

  summary(results) {
    if (results.part === "training") return results.notes.join(" · ");
    return listed_words(results, results.part === "pairs" ? "pair" : "question");
  }

  /** What came of it, and what can be done with it. */
  draw_verdict({ verdict, gained, name, base, can, new: fresh }) {
    const dot = el("i", `kb-dot ${gained ? "" : "kb-dot-none"}`), focused = this.verdict.contains(document.activeElement);
    const actions = can.map((action) => button(action === "promote" ? "kb-go" : "kb-quiet", fresh && action === "train" ? "Tune now" : ACTIONS[action], () => this.send(action) && this.wait()));
    this.verdict.replaceChildren(dot, el("b", "", verdict || "Nothing is tuned yet"), el("span", "kb-note", [name, base && `from ${base}`].filter(Boolean).join(", ")), ...actions);
    if (focused) this.parts.buttons[0][1].focus();
  }

  draw_sources({ part, sources }) {
    this.sources.hidden = part !== "pairs" || !sources.length;
    this.sources.textContent = sources.map(({ source, kept, all }) => `${source || "other"} ${kept === all ? all : `${kept} of ${all}`}`).join(" · ");
  }

  // ---- the curve

  draw_training({ part, curve, measure }) {
    this.training.hidden = part !== "training";
    if (this.training.hidden) return this.training.replaceChildren();
    if (!curve.length) return this.training.replaceChildren(el("p", "kb-empty", "Nothing was trained: there is no curve."));
    this.training.replaceChildren(this.chart(curve, "score", `${measure || "Score"} of held-out questions`), this.chart(curve, "loss", "Loss of the pairs"), this.steps(curve, measure));
  }

  chart(curve, name, label) {
    const points = curve_points(curve, name, 300, 90), values = curve.map((one) => one[name]).filter((value) => typeof value === "number");
    const figure = el("figure", "kb-chart", el("figcaption", "", label));
    if (points.length < 2) return figure.append(el("p", "kb-note", "Not measured")), figure;
    const svg = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "polyline");
    svg.setAttribute("viewBox", "-4 -6 308 102");
    svg.setAttribute("aria-hidden", "true"); // the table below says the same
    line.setAttribute("points", points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
    line.setAttribute("class", `kb-curve kb-curve-${name}`);
    svg.append(line);
    figure.append(svg, el("div", "kb-note", `${number(values[0], 3)} → ${number(values.at(-1), 3)}, between ${number(Math.min(...values), 3)} and ${number(Math.max(...values), 3)}`));
    return figure;
  }

  steps(curve, measure) {
    const rows = curve.map(({ step, loss, score }) => el("tr", "", el("td", "kb-n", step.toLocaleString("en")), el("td", "kb-n", number(score, 3)), el("td", "kb-n", number(loss, 3))));
    const region = role(el("div", "kb-lists", el("table", "", el("caption", "kb-hide", "The training, step by step"), heads("Step", measure || "Score", "Loss"), el("tbody", "", ...rows))), "region", "Steps");
    region.tabIndex = 0;
    return region;
  }

  // ---- pairs

  pair({ question, passage, source, document: name, reason, negatives }) {
    const note = [source, name, negatives ? count(negatives, "negative") : "", reason].filter(Boolean).join(" · ");
    return el("li", "", el("div", "kb-row", el("span", "kb-name", question), el("span", "kb-change kb-said")), el("div", "kb-passage", passage), el("div", "kb-note", note));
  }

  draw_marks() {
    const marks = this.model.get("marks"), { part, rows } = this.results;
    if (part === "pairs") {
      this.list.options.forEach((option, i) => {
        const { kept } = reviewed(rows[i], marks), said = option.querySelector(".kb-said");
        option.classList.toggle("kb-out", !kept);
        said.textContent = kept ? "kept" : "left out";
        said.className = `kb-change kb-said ${kept ? "kb-up" : "kb-same"}`;
      });
    }
    const by_hand = Object.keys(marks).length;
    if (by_hand && part === "pairs" && !this.status.classList.contains("kb-failed")) this.say(`${this.summary(this.results)} · ${by_hand.toLocaleString("en")} reviewed`);
    if (this.model.get("opened").part === "pairs") this.draw_opened();
  }

  /** Keep the active pair or leave it out, and go on to the next. */
  review(kept) {
    const row = this.results.rows[this.list.active];
    if (!row || this.results.part !== "pairs") return;
    this.send("keep", { at: row.at, kept });
    this.step(1);
  }

  // ---- what is open

  draw_opened() {
    const opened = this.model.get("opened"), here = opened.part !== undefined && opened.part === this.results.part, was = this.pane.contains(document.activeElement);
    const at = was ? [...this.pane.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    this.root.classList.toggle("kb-opened", here);
    this.pane.hidden = !here;
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", here && this.results.rows[i]?.at === opened.at));
    if (!here) {
      this.pane.replaceChildren();
      if (was) this.list.node.focus({ preventScroll: true });
      return;
    }
    const close = button("kb-quiet", "Close", () => this.send("close")), title = opened.question ?? opened.text;
    this.pane.replaceChildren(el("div", "kb-panehead", el("div", "kb-title", title), close), ...(opened.part === "pairs" ? this.open_pair(opened) : this.open_question(opened)));
    if (was) (this.pane.querySelectorAll("button")[at] ?? close).focus({ preventScroll: true });
  }

  open_pair(opened) {
    const { kept, struck } = reviewed(opened, this.model.get("marks")), { negatives = [] } = opened;
    const one = (text, i) => {
      const strike = button("kb-quiet", struck.includes(i) ? "Take it back" : "It answers, too", () => this.send("strike", { at: opened.at, index: i }));
      return el("li", struck.includes(i) ? "kb-struck" : "", el("span", "", text), " ", strike);
    };
    const label = kept ? "Leave it out" : "Keep it";
    return [el("div", "kb-note", [opened.source, opened.document, opened.reason].filter(Boolean).join(" · ")), el("p", "kb-whole", opened.passage),
      el("h4", "", negatives.length ? "Told apart from" : "No negatives"), el("ol", "kb-negatives", ...negatives.map(one)),
      button("kb-quiet", label, () => this.send("keep", { at: opened.at, kept: !kept }))];
  }

  open_question({ before, after, list, right }) {
    const sought = right.length ? [el("p", "kb-note", `Right: ${right.join("; ")}`)] : [];
    return [el("div", "kb-note", `${this.results.measure} ${number(before)} → ${number(after)}`), ...sought, both_lists(list, this.results.after)];
  }

  clicked(event) {
    if (this.list.picks(event)) this.open();
  }

  open() {
    const row = this.results.rows[this.list.active];
    if (row) this.send("open", { at: row.at });
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return ["ArrowDown", "Escape", "Enter"].includes(key) ? () => this.list.node.focus() : null;
    if (key === "/") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.node.focus() : this.send("close");
    return target === this.list.node || this.pane.contains(target) && key !== "Enter" ? this.key_of_list(key) : null;
  }

  key_of_list(key) {
    const by = move_of(key);
    if (by) return () => this.step(by);
    if (key === "y" || key === "x") return () => this.review(key === "y");
    if (/^[1-9]$/.test(key)) return () => this.strike(Number(key) - 1);
    return key === "Enter" || key === "o" ? () => this.open() : null;
  }

  strike(index) {
    const { part, at, negatives = [] } = this.model.get("opened");
    if (part === "pairs" && index < negatives.length) this.send("strike", { at, index });
  }

  /** Move; what is open moves along. */
  step(by) {
    if (this.list.step(by) && !this.pane.hidden) this.timers.set("follow", TYPING, () => this.open());
  }
}

export default shows(Tuning);
