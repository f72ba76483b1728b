// The route explorer: a pipeline as a graph, with a run laid over it (kbase/widgets/route.py).
import { View, button, count, dropdown, el, key_hints, offer, refill, role, shows, textbox } from "./base.js";

const SVG = "http://www.w3.org/2000/svg";
const NAMED = 20; // characters of a name that fit a box
const BEND = 40; // px: how far a line goes straight on before it bends
const KEYS = [["/", "first field"], ["j", ""], ["k", "box that ran next, before"]];

// ---------------------------------------------------------------- pure functions

/** The way of a line, by its lanes, as the `d` of a path. */
export function way(edge, places, [width, height], lane) {
  const from = places[edge.from], to = places[edge.to];
  let x = from.x + width, y = from.y + height / 2;
  const end = to.y + height / 2;
  if (to.x < x) { // the same column, or back
    const right = to.x + width;
    return `M${x},${y} C${x + BEND},${y} ${right + BEND},${end} ${right},${end}`;
  }
  let path = `M${x},${y}`;
  for (const [left, middle] of [...edge.lanes.map(([at, top]) => [at, top + lane / 2]), [to.x, end]]) {
    path += ` C${x + BEND},${y} ${left - BEND},${middle} ${left},${middle}`;
    if (left !== to.x) path += ` H${left + width}`;
    [x, y] = [left + width, middle];
  }
  return path;
}

export function short(name) {
  return name.length > NAMED ? `${name.slice(0, NAMED - 1)}…` : name;
}

/** Seconds for people. */
export function took(seconds) {
  const ms = 1000 * seconds;
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${ms.toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

/** Which boxes ran: in this run, in the one before, in both. */
export function ran(run, before) {
  const names = (one) => new Set(one ? one.steps.map((step) => step.component) : []), now = names(run), old = names(before);
  return (name) => now.has(name) ? "now" : old.has(name) ? "before" : "";
}

// ---------------------------------------------------------------- elements

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

class Route extends View {
  build() {
    this.form = el("div", "kb-bar");
    this.picture = role(el("div", "kb-graph"), "group", "Pipeline");
    this.table = el("div", "kb-steps");
    this.detail = el("section", "kb-detail");
    this.detail.setAttribute("aria-label", "Inputs and outputs");
    this.other = el("div", "kb-differences");
    this.saver = button("kb-quiet", "Save as JSON", () => this.save());
    this.root.classList.add("kb-route-explorer");
    this.root.append(this.form, el("div", "kb-line", this.status, this.saver), this.picture, this.other, el("div", "kb-body", this.table, this.detail), key_hints(KEYS));
    this.watch("chosen", () => this.draw_chosen());
  }

  draw(results) {
    this.draw_form(results.fields);
    this.saver.hidden = !results.run;
    refill(this.picture, [this.graph(results)], () => this.box(this.model.get("chosen")));
    refill(this.table, this.steps(results), () => this.picture.querySelector("[tabindex]"));
    this.other.replaceChildren(...this.differences(results));
    this.draw_chosen();
  }

  summary({ run }) {
    if (!run) return "Nothing was run yet.";
    const tokens = run.steps.reduce((sum, step) => sum + step.tokens, 0);
    return [run.error, `${count(run.steps.length, "box", "boxes")} ran`, took(run.seconds), tokens ? `${tokens.toLocaleString("en")} tokens` : ""].filter(Boolean).join(" · ");
  }

  // ---- what it is run with

  draw_form(fields) {
    const drawn = JSON.stringify(fields);
    if (this.drawn !== drawn) {
      this.drawn = drawn;
      this.inputs = new Map(fields.map((field) => [field.name, this.field(field)]));
      refill(this.form, [...this.inputs.values(), button("kb-go", "Run", () => this.submit())], () => this.form.firstChild);
    }
    const { run, asked } = this.results;
    if (!run || asked?.view === this.id) return; // what was filled in here stands there
    for (const [name, input] of this.inputs) input.value = run.values[name] ?? "";
  }

  field({ name, label, options, value = "" }) {
    if (!options) return Object.assign(textbox(label), { value });
    const node = dropdown("kb-pick", label, () => this.results.run && this.submit()); // what if
    return offer(node, ["", ...options].map((one) => [one, one || `${label}: chosen`]));
  }

  submit() {
    const values = {};
    for (const [name, input] of this.inputs) if (input.value.trim()) values[name] = input.value;
    if (Object.keys(values).length || !this.inputs.size) this.ask({ values });
    else this.say("Fill in a field first.");
  }

  // ---- the graph

  graph({ graph, run, before }) {
    const places = Object.fromEntries(graph.boxes.map((box) => [box.name, box])), state = ran(run, before);
    const lines = graph.edges.map((edge) => {
      const name = state(edge.from) === "now" && state(edge.to) === "now" ? "kb-now" : state(edge.from) && state(edge.to) ? "kb-before-line" : "";
      return svg("path", { d: way(edge, places, graph.box, graph.lane), class: `kb-wire ${name}` }, svg("title", {}, edge.sockets.join(", ")));
    });
    lines.sort((a, b) => a.classList.contains("kb-now") - b.classList.contains("kb-now")); // what ran on top
    const boxes = graph.boxes.map((box) => this.box_of(box, graph.box, state(box.name), run));
    const node = svg("svg", { viewBox: `0 0 ${graph.width} ${graph.height}`, width: graph.width, height: graph.height }, ...lines, ...boxes);
    return node;
  }

  box_of({ name, type, x, y }, [width, height], state, run) {
    const step = run?.steps.find((one) => one.component === name), middle = x + width / 2;
    const rest = step ? took(step.seconds) : short(type);
    const node = svg("g", { class: `kb-box ${state ? `kb-ran-${state}` : ""} ${step?.failed ? "kb-ran-failed" : ""}`, role: "button", tabindex: 0 },
      svg("rect", { x, y, width, height, rx: 6 }), svg("text", { x: middle, y: y + 17 }, short(name)), svg("text", { x: middle, y: y + 32, class: "kb-small" }, rest), svg("title", {}, name));
    const how = step?.failed ? "failed" : state === "now" ? "ran" : state === "before" ? "ran before, not now" : "did not run";
    node.setAttribute("aria-label", `${name}, ${how}`);
    node.kbName = name;
    this.listen(node, "click", () => this.send("choose", { name }));
    return node;
  }

  box(name) {
    return [...this.picture.querySelectorAll(".kb-box")].find((node) => node.kbName === name) ?? null;
  }

  // ---- the same as a table

  steps({ run }) {
    if (!run) return [el("p", "kb-empty", "Fill in the field and run it; or click a box.")];
    const rows = run.steps.map((step) => {
      const open = button("kb-link", step.component, () => this.send("choose", { name: step.component }));
      const row = el("tr", "", el("th", "", open), el("td", "kb-count", took(step.seconds)), el("td", "", this.brief(step)));
      row.firstChild.scope = "row";
      row.dataset.step = "";
      row.kbName = step.component;
      return row;
    });
    const head = el("tr", "", ...["ran", "took", "gave"].map((label) => el("th", "", label)));
    const table = role(el("div", "kb-wide", el("table", "", el("thead", "", head), el("tbody", "", ...rows))), "group", "Steps");
    table.tabIndex = 0;
    return [table];
  }

  brief(step) {
    const given = Object.entries(step.outputs).map(([name, value]) => `${name}: ${value.brief}`).join("; ");
    return step.failed ? "it failed" : [given || "nothing", step.tokens ? `${step.tokens} tokens` : ""].filter(Boolean).join(" · ");
  }

  /** What is different from the run before. */
  differences({ differences, run, before }) {
    if (!differences.length) return [];
    const named = (one) => Object.values(one.values).join(" · ");
    const rows = differences.map(({ what, before: old, after }) => {
      const row = el("tr", "", el("th", "", what), el("td", "", old), el("td", "", after));
      row.firstChild.scope = "row";
      return row;
    });
    const head = el("tr", "", el("td", ""), el("th", "", named(before)), el("th", "", named(run)));
    const wide = role(el("div", "kb-wide", el("table", "", el("thead", "", head), el("tbody", "", ...rows))), "group", "Differences");
    wide.tabIndex = 0;
    const node = el("details", "kb-fold", el("summary", "", differences.length > 1 ? `${count(differences.length - 1, "difference")} from the run before` : "As the run before, but for the time"), wide);
    return [node];
  }

  // ---- one box

  draw_chosen() {
    const name = this.model.get("chosen"), { run, graph } = this.results;
    for (const node of this.picture.querySelectorAll(".kb-box")) node.setAttribute("aria-pressed", String(node.kbName === name));
    for (const row of this.table.querySelectorAll("[data-step]")) row.toggleAttribute("data-on", row.kbName === name);
    const box = graph.boxes.find((one) => one.name === name), step = run?.steps.find((one) => one.component === name);
    this.detail.hidden = !box;
    if (!box) return;
    const body = step ? [...this.conditions(step), ...this.values("In", step.inputs), ...this.values("Out", step.outputs)] : [el("p", "kb-empty", "It did not run.")];
    this.detail.replaceChildren(el("div", "kb-title", name), el("div", "kb-place", box.type), ...body);
  }

  conditions({ conditions }) {
    if (!conditions.length) return [];
    const rows = conditions.map(({ condition, branch, taken, seen }) => el("li", taken ? "kb-taken" : "",
      el("b", "", `${taken ? "✓" : "–"} ${branch}`), ` if ${condition}`, ...Object.entries(seen).map(([name, value]) => el("div", "kb-seen", `${name} was ${value}`))));
    return [el("h4", "", "The first condition that holds"), el("ul", "kb-conditions", ...rows)];
  }

  values(title, values) {
    const rows = Object.entries(values).map(([name, { brief, text }]) => {
      const body = role(el("pre", "kb-written", text), "group", `${title} ${name}`);
      body.tabIndex = 0;
      return el("details", "kb-fold", el("summary", "", el("b", "", name), ` ${brief}`), body);
    });
    return [el("h4", "", title), ...(rows.length ? rows : [el("p", "kb-empty", "nothing")])];
  }

  // ---- taking it along

  save() {
    const { graph, run } = this.results, link = el("a"), address = URL.createObjectURL(new Blob([JSON.stringify({ graph, run }, null, 1)], { type: "application/json" }));
    link.href = address;
    link.download = "run.json";
    link.click();
    URL.revokeObjectURL(address);
    this.say("Saved as run.json");
  }

  // ---- keys

  key({ key, target }) {
    const writes = target instanceof HTMLInputElement;
    if (writes && key === "Enter") return () => this.submit();
    if (writes || target instanceof HTMLSelectElement) return null;
    if (key === "/") return () => this.form.querySelector("input")?.select();
    if (target.kbName && (key === "Enter" || key === " ")) return () => this.send("choose", { name: target.kbName });
    const by = { j: 1, k: -1 }[key], { run } = this.results;
    if (!by || !run) return null;
    const at = run.steps.findIndex((step) => step.component === this.model.get("chosen"));
    const to = run.steps[Math.min(run.steps.length - 1, Math.max(0, at + by))];
    return to ? () => this.send("choose", { name: to.component }) : null;
  }
}

export default shows(Route);
