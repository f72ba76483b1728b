// The ingest board: a folder, its plan, and a row for every file while it is taken in (kbase/widgets/ingest.py).
import { View, button, count, el, key_hints, role, shows, textbox } from "./base.js";

const SLICE = 700_000; // bytes of a file in one message, as in Python
const LOOK = 600; // ms without a key before a folder is looked at: a look reads the disk
const PLANNED = { add: "to add", change: "changed", move: "moved", keep: "unchanged", skip: "left out", fail: "cannot be read", remove: "to remove",
  stay: "gone, kept" };
const DONE = { added: "added", updated: "changed", moved: "moved", unchanged: "unchanged", skipped: "left out", failed: "failed", gone: "gone, kept",
  removed: "removed" };
const WRONG = ["fail", "failed", "stay", "gone", "remove", "removed"];
const KEYS = [["/", "folder"], ["Enter", "look, then start"], ["Esc", "pause"], ["r", "try failed again"]];

// ---------------------------------------------------------------- pure functions

export function in_units(bytes) {
  for (const unit of ["bytes", "kB", "MB"]) {
    if (bytes < 1000) return `${unit === "bytes" || bytes >= 10 ? Math.round(bytes) : bytes.toFixed(1)} ${unit}`;
    bytes /= 1000;
  }
  return `${bytes.toFixed(1)} GB`;
}

export function in_time(seconds) {
  if (seconds < 1.5) return "a second";
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/** What a plan comes to, in words. */
export function plan_words(plan) {
  const counts = Object.keys(PLANNED).filter((action) => plan[action]).map((action) => `${plan[action].toLocaleString("en")} ${PLANNED[action]}`);
  const cost = plan.nodes ? [`to read: ${in_units(plan.bytes)}, about ${count(plan.nodes, "passage")} and ${in_time(plan.seconds)}`] : [];
  return [counts.join(" · ") || "nothing was found", ...cost].join(" — ");
}

/** The rows of a run, then what the plan has still to do. */
export function joined_rows(progress, plan) {
  if (!progress?.state) return (plan?.rows ?? []).map((row) => ({ ...row, what: row.action, words: PLANNED[row.action] ?? row.action, guess: row.size > 0 }));
  const done = progress.rows.map((row) => ({ ...row, what: row.state, words: DONE[row.state] ?? row.state }));
  const known = new Set(progress.rows.map((row) => row.uri)), running = ["running", "stopping", "stopped"].includes(progress.state);
  const waiting = running ? (plan?.rows ?? []).filter((row) => ["add", "change"].includes(row.action) && !known.has(row.uri)) : [];
  return [...done, ...waiting.map((row) => ({ ...row, what: "waiting", words: "waiting", guess: true }))];
}

/** A file in slices of base64. */
export async function* slices(file, size = SLICE) {
  for (let at = 0; at === 0 || at < file.size; at += size) {
    const bytes = new Uint8Array(await file.slice(at, at + size).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    yield { data: btoa(text), first: at === 0, last: at + size >= file.size };
  }
}

// ---------------------------------------------------------------- the view

class Board extends View {
  build() {
    this.input = textbox("Folder or file to take in");
    this.input.placeholder = "A folder, a file, a pattern such as papers/*.pdf";
    this.listen(this.input, "input", () => this.ask({ folder: this.input.value }, LOOK));
    this.begin = button("kb-go", "Start", () => this.start_or_pause());
    this.again = button("kb-quiet", "Try failed again", () => this.send("retry"));
    this.follow = button("kb-quiet", "Watch this folder", () => this.send("watch", { on: !this.model.get("watching") }));
    this.every = el("label", "kb-check", this.box = el("input"), " also remove what is gone");
    this.box.type = "checkbox";
    this.listen(this.box, "change", () => this.ask({ allow_deletions: this.box.checked }));
    this.build_drops();
    this.plan = el("p", "kb-plan");
    this.bar = role(el("div", "kb-progress"), "progressbar", "Files that are done");
    this.bar.append(el("i"));
    this.totals = el("p", "kb-totals");
    this.table = el("div", "kb-rows");
    role(this.table, "region", "Files");
    this.table.tabIndex = 0;
    this.root.classList.add("kb-board");
    this.root.append(el("div", "kb-bar", this.input, this.begin), el("div", "kb-line", this.status, this.every, this.again, this.follow),
      this.drops, this.plan, this.bar, this.totals, this.table, key_hints(KEYS));
    this.watch("progress", () => this.draw_progress());
    this.watch("watching", () => this.draw_progress());
  }

  build_drops() {
    this.files = el("input", "kb-hide");
    Object.assign(this.files, { type: "file", multiple: true, tabIndex: -1 });
    this.files.setAttribute("aria-label", "Files to drop");
    this.choose = button("kb-link", "choose files", () => this.files.click());
    this.listen(this.files, "change", () => this.dropped([...this.files.files]));
    this.drops = el("div", "kb-drops");
    this.listen(this.root, "dragover", (event) => this.over(event, true));
    this.listen(this.root, "dragleave", (event) => this.over(event, false));
    this.listen(this.root, "drop", (event) => {
      this.over(event, false);
      this.dropped([...event.dataTransfer.files]);
    });
  }

  get progress() { return this.model.get("progress"); }
  get running() { return ["running", "stopping"].includes(this.progress.state); }

  draw(results) {
    if (this.input.value !== this.value("folder")) this.input.value = this.value("folder");
    this.box.checked = this.value("allow_deletions") ?? false;
    const { plan, can = {} } = results;
    this.planned = results.of;
    this.every.hidden = !plan?.stay && !plan?.remove && !results.allow_deletions;
    this.follow.hidden = !can.watch || !results.folder.trim();
    this.draw_drops(results);
    this.draw_progress();
  }

  draw_drops({ dropped = [], can = {} }) {
    this.drops.hidden = !can.drop;
    const had = this.drops.contains(document.activeElement);
    const names = dropped.length ? [el("b", "", dropped.length === 1 ? dropped[0] : count(dropped.length, "dropped file")), " ",
      button("kb-link", "leave them out", () => this.send("forget"))] : [el("span", "", "Drop files here, or "), this.choose];
    this.drops.replaceChildren(...names, this.files);
    if (had) this.drops.querySelector("button")?.focus();
  }

  summary({ plan, folder }) {
    const { state, error } = this.progress;
    if (error) return error;
    if (state) return "";
    return plan || folder.trim() ? "" : "Name a folder: what would be done is shown before anything is";
  }

  draw_progress() {
    const { progress, results } = this, state = progress.state ?? "", failed = progress.counts?.failed ?? 0;
    const more = results?.plan && (results.plan.add || results.plan.change || results.plan.move || results.plan.remove);
    this.begin.textContent = state === "running" ? "Pause" : state === "stopping" ? "Pausing …" : state === "stopped" ? "Go on" : "Start";
    this.begin.disabled = state === "stopping" || (!this.running && !(more || state === "stopped"));
    this.again.hidden = this.running || !failed || !results?.can?.retry;
    this.follow.textContent = this.model.get("watching") ? "Stop watching" : "Watch this folder";
    this.follow.setAttribute("aria-pressed", String(Boolean(this.model.get("watching"))));
    this.draw_bar(progress, state);
    this.draw_rows(joined_rows(progress, results?.plan));
    if (this.was !== state && this.results) {
      const words = { running: "Files are being taken in", stopping: "Pausing", stopped: "Paused: what is in stays in", done: "Done", failed: "It ended early" };
      this.was = state;
      this.say(progress.error ? "" : words[state] ?? "");
    }
  }

  draw_bar({ done = 0, of = 0, left, nodes = 0, seconds = 0, totals = "" }, state) {
    const plan = this.results?.plan, ended = state && !this.running;
    this.plan.hidden = !plan || this.running;
    this.plan.textContent = plan ? `${ended ? "Left: " : ""}${plan_words(plan)}` : "";
    this.bar.hidden = this.totals.hidden = !state;
    this.bar.firstChild.style.width = `${of ? 100 * done / of : 0}%`;
    for (const [name, value] of [["min", 0], ["max", of], ["now", done]]) this.bar.setAttribute(`aria-value${name}`, String(value));
    const rest = this.running && left !== null && left !== undefined ? ` · ${in_time(left)} left` : "";
    const files = this.running || state === "stopped" ? `${done.toLocaleString("en")} of ${count(of, "file")}${rest}` : `${in_time(seconds)}`;
    this.totals.replaceChildren(el("b", "", totals), ` · ${count(nodes, "passage")} · ${files}`);
  }

  draw_rows(rows) {
    this.table.hidden = !rows.length;
    const scrolled = this.table.scrollTop, table = el("table"), body = el("tbody");
    table.append(el("caption", "kb-hide", "Files, and what becomes of each"));
    const head = el("tr", "", ...["File", "State", "Passages"].map((name) => Object.assign(el("th", "", name), { scope: "col" })));
    table.append(el("thead", "", head), body);
    body.append(...rows.map((row) => this.row(row)));
    this.table.replaceChildren(table);
    const all = this.progress.state ? this.progress.done : this.results?.plan?.all ?? 0;
    if (all > rows.length) this.table.append(el("p", "kb-among", `and ${(all - rows.length).toLocaleString("en")} more: kb.documents() lists them`));
    this.table.scrollTop = scrolled;
  }

  row(row) {
    const file = el("td", "", el("span", "kb-file", row.uri));
    if (row.reason) file.append(el("div", "kb-reason", row.reason));
    const state = el("td", `kb-state kb-was-${WRONG.includes(row.what) ? "wrong" : row.what === "waiting" ? "waiting" : "right"}`, row.words);
    const cost = [row.nodes ? `${row.guess ? "≈ " : ""}${row.nodes.toLocaleString("en")}` : "", row.size ? in_units(row.size) : ""].filter(Boolean);
    return el("tr", "", file, state, el("td", "kb-n", cost.join(" · ")));
  }

  start_or_pause() { this.send(this.running ? "stop" : "start"); }

  over(event, on) {
    if (!this.results?.can?.drop || ![...event.dataTransfer?.types ?? []].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.classList.toggle("kb-over", on);
  }

  async dropped(files) {
    for (const file of files) {
      this.say(`Sending ${file.name}, ${in_units(file.size)}`);
      for await (const slice of slices(file)) if (!this.send("drop", { name: file.name, ...slice })) return;
    }
    this.files.value = "";
    this.say("");
  }

  key({ key, target }) {
    if (target === this.input && key === "Enter") return () => this.timers.has("ask") || this.begin.disabled || this.running ? this.ask({ folder: this.input.value }) : this.start_or_pause();
    if (key === "Escape" && this.running) return () => this.send("stop");
    if (target === this.input) return null;
    if (key === "/") return () => this.input.select();
    if (key === "r" && !this.again.hidden) return () => this.send("retry");
    return null;
  }
}

export default shows(Board);
