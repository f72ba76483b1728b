// The ask explorer: a conversation, and the source that is open in its document (kbase/widgets/ask.py).
import { View, button, dropdown, el, key_hints, offer, refill, role, shows, textbox } from "./base.js";
import { judge_buttons } from "./judge.js";
import { Pane } from "./pane.js";
import { counted, fold, grown, near_row, part_row, source_row, state_of } from "./answer.js";

const SIDE_BY_SIDE = 900; // px: the first source opens by itself where there is room beside the answer
const KEYS = [["/", "ask"], ["↑", "the last question"], ["1", ""], ["…", ""], ["9", "open a source"], ["n", ""], ["p", "next, previous source"], ["c", "copy citation"], ["Esc", "close"]];
const SAVED = { md: ["Markdown", "text/markdown"], html: ["HTML", "text/html"], bib: ["BibTeX", "text/plain"] };

class Ask extends View {
  build() {
    this.input = textbox("Question");
    this.go = button("kb-go", "Ask", () => this.submit());
    this.talk = role(el("div", "kb-talk"), "group", "Conversation");
    this.written = el("div", "kb-written-now");
    this.written.hidden = true;
    this.shared = el("div", "kb-chips");
    this.pane = new Pane(this, "Source in its document", () => this.opener() ?? this.input, () => this.talk_is_covered(), "page");
    this.clear = button("kb-quiet", "New conversation", () => this.send("clear") && this.wait());
    this.take = el("span", "kb-take", ...Object.entries(SAVED).map(([ending, [name]]) => this.saver(ending, name)));
    this.root.classList.add("kb-ask");
    this.root.append(el("div", "kb-bar", this.input, this.go), el("div", "kb-line", this.status, this.clear, this.take), this.shared, this.written,
      el("div", "kb-body", this.talk, this.pane.node), key_hints(KEYS));
    this.watch("opened", () => this.draw_opened());
    this.watch("judged", () => this.draw_judged());
    this.on("msg:custom", (message) => this.heard(message));
  }

  saver(ending, name) {
    const one = button("kb-quiet", name, () => this.send("export", { ending }));
    one.title = `Save the conversation as ${name}`;
    return one;
  }

  // ---- an answer

  draw(results) {
    const { turns } = results, newest = turns[0];
    const mine = results.asked?.view === this.id && !this.model.get("error");
    if (mine && this.input.value.trim() === results.query) this.input.value = ""; // the question stands above its answer
    this.input.placeholder = turns.length ? "Go on asking" : "Question";
    this.written.hidden = true;
    this.written.replaceChildren();
    this.clear.hidden = this.take.hidden = !turns.length;
    this.draw_filters();
    refill(this.talk, turns.length ? turns.map((turn, i) => i ? this.earlier(turn) : this.turn(turn)) : this.nothing(), () => this.input);
    this.draw_opened();
    if (mine && newest?.sources.length && this.root.clientWidth >= SIDE_BY_SIDE) this.send("cite", { number: 1, turn: newest.turn });
  }

  summary({ turns, milliseconds, query }) {
    if (!turns.length || !query.trim()) return "";
    const took = milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
    return [counted(turns[0]), took].filter(Boolean).join(" · ");
  }

  /** What stands there before anything is asked. */
  nothing() {
    const rows = this.results.routes.map(([name, meaning]) => el("tr", "", el("th", "", name), el("td", "", meaning)));
    for (const row of rows) row.firstChild.scope = "row";
    return [el("div", "kb-empty", el("p", "", "Ask in a sentence of your own. There are these kinds of answer:"), el("table", "", el("tbody", "", ...rows)))];
  }

  draw_filters() {
    const chips = this.results.filters.map((text) => this.chip(text, -1));
    refill(this.shared, chips.length ? ["only where ", ...chips] : [], () => this.input);
    this.shared.hidden = !chips.length;
  }

  chip(text, turn) {
    const cross = el("span", "kb-cross", "×");
    cross.setAttribute("aria-hidden", "true");
    const one = button("kb-chip", "", () => this.send("drop", { condition: text, turn }) && this.wait());
    one.append(el("span", "kb-hide", "Ask again without "), text, cross);
    return one;
  }

  turn(answer) {
    const act = this.act_of(answer), node = el("article", "kb-turn", el("h3", "", answer.question), ...this.plan(answer), ...answer.notes.map((note) => el("p", "kb-note", note)));
    node.dataset.turn = String(answer.turn);
    node.append(answer.refused ? this.refusal(answer, act) : this.answer(answer, act), this.actions(answer));
    return node;
  }

  act_of({ turn }) {
    return { cite: (number) => this.send("cite", { number, turn }), near: (index) => this.send("near", { index, turn }) };
  }

  answer(answer, act) {
    const text = el("div", "kb-answer", ...grown(answer.tree, answer.sources, act));
    text.dir = "auto";
    const doubts = answer.unsupported.map((sentence) => el("p", "kb-unchecked", `No source says this: ${sentence}`));
    const parts = answer.parts.length > 1 ? [fold("How sure each part is", ...answer.parts.map(part_row))] : [];
    const sources = answer.sources.length ? [el("ol", "kb-sources", ...answer.sources.map((source) => source_row(source, act)))] : [];
    return el("div", "", state_of(answer), text, ...doubts, ...parts, ...sources, ...this.numbers(answer));
  }

  refusal(answer, act) {
    const near = answer.nearest.length ? [el("p", "", "What came nearest:"), el("ol", "kb-sources", ...answer.nearest.map((hit, i) => near_row(hit, i, act)))] : [];
    return el("div", "kb-refusal", state_of(answer), ...answer.why.map((text) => el("p", "", text)), ...this.numbers(answer), ...near);
  }

  numbers({ strength }) {
    return strength?.numbers ? [fold("Numbers", strength.numbers)] : [];
  }

  /** An answer of before, folded; it is drawn when it is unfolded. */
  earlier(answer) {
    const { strength, refused } = answer, level = refused ? "none" : strength?.level ?? "none";
    const node = el("details", "kb-earlier", el("summary", "", el("i", `kb-dot kb-dot-${level}`), answer.question, el("span", "", ` ${answer.route}`)));
    node.addEventListener("toggle", () => node.open && node.children.length === 1 && node.append(this.turn(answer)), { once: true });
    return node;
  }

  // ---- the plan

  /** What was looked up, and what can be changed of it. */
  plan(answer) {
    const { plan } = answer, { takes } = this.results;
    if (!plan) return [];
    const labels = plan.parts.map((part) => part.label || part.query), own = labels.length === 1 && labels[0] === answer.question;
    const line = el("div", "kb-plan", el("span", "kb-route", answer.route), ...(own ? [] : [" of ", ...labels.map((label) => el("span", "kb-chip", label))]));
    const filters = [...new Set(plan.parts.flatMap((part) => part.filters))].filter((text) => !this.results.filters.includes(text));
    if (filters.length) line.append(" only where ", ...filters.map((text) => takes.includes("filters") ? this.chip(text, answer.turn) : el("span", "kb-chip", text)));
    line.append(...this.others(answer), ...(takes.includes("plan") ? [this.editor(answer)] : []));
    line.title = plan.reasons.join("; ");
    return [line];
  }

  /** The same question by another route, or with more or fewer passages. */
  others(answer) {
    const { takes, routes } = this.results, found = [];
    if (takes.includes("route") && routes.length) {
      const names = routes.map(([name]) => name).filter((name) => name !== answer.route);
      found.push(this.picker("Ask again as", "ask as …", names.map((name) => [name, name]), (route) => this.again({ query: answer.question, route })));
    }
    if (takes.includes("top_k")) {
      found.push(this.picker("Passages to read", "passages …", [3, 5, 8, 15, 30].map((k) => [String(k), String(k)]),
        (k) => this.again({ query: answer.question, route: answer.route, top_k: Number(k) })));
    }
    return found;
  }

  picker(label, first, options, act) {
    return offer(dropdown("kb-pick", label, (value) => value && act(value)), [["", first], ...options]);
  }

  /** The queries of the parts, to be worded otherwise. */
  editor({ plan, turn }) {
    const inputs = plan.parts.map((part, i) => Object.assign(textbox(`Part ${i + 1}`), { value: part.query, placeholder: "left out" }));
    const send = () => this.send("edit", { queries: inputs.map((input) => input.value), turn }) && this.wait();
    for (const input of inputs) input.addEventListener("keydown", (event) => event.key === "Enter" && send());
    return fold("edit", el("div", "kb-edit", ...inputs, button("kb-go", "Ask again", send)));
  }

  actions(answer) {
    const { turn } = answer, copy = button("kb-quiet", "Copy with sources", () => {
      this.copying = true;
      this.send("export", { ending: "md", turn });
    });
    const judging = el("span", "kb-judging", ...this.judging(turn));
    judging.dataset.turn = String(turn);
    return el("div", "kb-actions", judging, copy, button("kb-quiet", "Copy as Python", () => this.copy(answer.code, "Python")));
  }

  judging(turn) {
    const said = this.model.get("judged")?.answers;
    return said ? judge_buttons(said[turn], "kb-quiet", (right) => this.send("judge_answer", { right, turn })) : [];
  }

  draw_judged() {
    for (const place of this.talk.querySelectorAll(".kb-actions > .kb-judging")) {
      const at = [...place.children].indexOf(document.activeElement);
      place.replaceChildren(...this.judging(Number(place.dataset.turn)));
      place.children[at]?.focus({ preventScroll: true });
    }
  }

  // ---- asking

  submit() {
    const query = this.input.value.trim();
    if (query) this.again({ query });
    else this.say("Type a question first.");
  }

  /** The last question again, to be worded otherwise. */
  recall() {
    this.input.value = this.results.turns[0]?.question ?? "";
  }

  again(values) {
    this.pending = {};
    this.written.hidden = true;
    this.ask(values);
  }

  /** A message besides the traits: a piece of an answer that is being written, or a text to take along. */
  heard({ written, exported, ending }) {
    if (written !== undefined && this.root.classList.contains("kb-busy")) {
      this.written.hidden = false;
      if (!this.written.childNodes.length) this.written.append(el("p", "kb-note", "Being written, not checked yet:"), el("div", "kb-unchecked"));
      this.written.lastChild.append(written);
      this.wait(); // it goes on: there is no reason to lose patience
    }
    if (exported === undefined) return;
    if (this.copying) this.copy(exported, "answer");
    else if (ending in SAVED) this.save(exported, ending);
    this.copying = false;
  }

  save(text, ending) {
    const link = el("a"), address = URL.createObjectURL(new Blob([text], { type: SAVED[ending][1] }));
    link.href = address;
    link.download = `answers.${ending}`;
    link.click();
    URL.revokeObjectURL(address);
    this.say(`Saved as answers.${ending}`);
  }

  // ---- the source in its document

  draw_opened() {
    this.pane.draw();
    const { shown } = this.pane;
    for (const row of this.talk.querySelectorAll("[data-on]")) row.removeAttribute("data-on");
    this.root.classList.toggle("kb-nearest", Boolean(shown?.near));
    this.opener()?.closest("li")?.toggleAttribute("data-on", Boolean(shown));
  }

  /** What opened the source that is shown, or was shown last. */
  opener() {
    const opened = this.pane.shown ?? this.opened_last;
    if (!opened) return null;
    this.opened_last = opened;
    const row = opened.near ? `[data-near="${opened.index}"]` : `[data-source="${opened.index + 1}"]`;
    return this.talk.querySelector(`[data-turn="${opened.turn}"] ${row} .kb-source`);
  }

  /** Whether the keys were in the conversation, and it has made room for the source. */
  talk_is_covered() {
    return this.talk.contains(document.activeElement) && getComputedStyle(this.talk).display === "none";
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input && key === "Enter") return () => this.submit();
    if (target === this.input && key === "ArrowUp" && !this.input.value) return () => this.recall();
    if (key === "Escape") return () => this.pane.hidden ? this.input.focus() : this.send("close");
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return null;
    if (key === "/") return () => this.input.select();
    const newest = this.results.turns[0];
    if (/^[1-9]$/.test(key) && newest?.sources.length >= Number(key)) return () => this.send("cite", { number: Number(key), turn: newest.turn });
    if (key === "c" && this.pane.shown) return () => this.pane.cite(this.pane.shown);
    return this.pane.key(key);
  }
}

export default shows(Ask);
