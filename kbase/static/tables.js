// The tables: a list to find one in, and the one that is open, sorted, filtered, asked (kbase/widgets/tables.py).
import { Listbox, TYPING, View, button, count, el, key_hints, move_of, role, shows, textbox } from "./base.js";

const KEYS = [["/", "find a table"], ["j", ""], ["k", "move"], ["Enter", "open"], ["?", "ask"], ["f", "rows with"], ["Esc", "back to the list"]];

// ---------------------------------------------------------------- pure functions

/** What a click on a column's head asks for: up, down, as it stands in the document. */
export function next_sort({ sort, descending }, column) {
  if (sort !== column) return { sort: column, descending: false };
  return descending ? { sort: null, descending: false } : { sort: column, descending: true };
}

/** The cells that are marked, as "row column". */
export function marks_of(answer) {
  return new Set((answer?.cells ?? []).map(({ row, column }) => `${row} ${column}`));
}

export function as_lines({ header, body }) {
  const plain = (text) => text.replace(/[\t\r\n]+/g, " ");
  return [header.map(({ name }) => name), ...body].map((cells) => cells.map(plain).join("\t")).join("\n");
}

// ---------------------------------------------------------------- the view

class Tables extends View {
  build() {
    this.input = textbox("Find a table");
    this.input.placeholder = "Find a table by title, document or column";
    this.listen(this.input, "input", () => this.ask({ find: this.input.value }, TYPING));
    this.question = textbox("Question about the tables");
    this.asking = el("div", "kb-asking", this.question, button("kb-go", "Ask", () => this.put()));
    this.list = new Listbox(this.id, "Tables");
    this.listen(this.list.node, "click", (event) => this.clicked(event));
    this.longer = button("kb-link kb-longer", "", () => this.ask({ listed: this.results.tables.length + 100 }));
    this.empty = el("div", "kb-empty");
    this.answer = role(el("div", "kb-answer"), "status");
    this.head = el("div", "kb-tablehead");
    this.having = textbox("Rows that have");
    this.having.placeholder = "Rows with …";
    this.listen(this.having, "input", () => this.timers.set("having", TYPING, () => this.arrange({ having: this.having.value })));
    this.grid = role(el("div", "kb-grid"), "region", "Rows of the table");
    this.grid.tabIndex = 0;
    this.more = button("kb-link kb-longer", "", () => this.send("more"));
    this.foot = el("div", "kb-panefoot");
    this.table = el("section", "kb-open", this.head, this.having, this.grid, this.more, this.foot);
    this.table.setAttribute("aria-label", "Open table");
    this.root.classList.add("kb-tables");
    this.root.append(el("div", "kb-bar", this.input), el("div", "kb-line", this.status), this.asking, this.answer,
      el("div", "kb-beside", el("div", "kb-main", this.list.node, this.longer, this.empty), this.table), key_hints(KEYS));
    this.watch("opened", () => this.draw_opened());
    this.watch("answered_by", () => this.draw_answer());
  }

  get opened() { return this.model.get("opened"); }
  get answered_by() { return this.model.get("answered_by"); }

  draw(results) {
    const { tables, found } = results, key = this.tables?.[this.list.active]?.at;
    if (this.input.value !== this.value("find")) this.input.value = this.value("find");
    this.tables = tables;
    this.list.fill(tables.map((line) => this.listed(line)), true);
    this.list.mark(Math.max(tables.findIndex(({ at }) => at === key), tables.length ? 0 : -1));
    this.list.node.hidden = !tables.length;
    this.longer.hidden = found <= tables.length;
    this.longer.textContent = `Show ${Math.min(100, found - tables.length)} more of ${found.toLocaleString("en")}`;
    this.empty.hidden = Boolean(tables.length);
    this.empty.textContent = results.all ? "No table is called so: find it by other words" : "No tables were found in the documents";
    this.asking.hidden = !results.can_ask || !results.all;
    this.draw_opened();
  }

  summary({ found, all }) {
    return found === all ? count(all, "table") : `${found.toLocaleString("en")} of ${count(all, "table")}`;
  }

  listed({ at, title, document, place, rows, columns, names }) {
    const head = el("div", "kb-row", el("span", "kb-name", title || names || "(no title)"), el("span", "kb-size", `${rows.toLocaleString("en")} × ${columns}`));
    const option = el("li", "", head, el("div", "kb-place", el("span", "", document), el("span", "", place)), el("div", "kb-names", names));
    option.toggleAttribute("data-open", at === this.opened.at);
    return option;
  }

  // ---- the open table

  draw_opened() {
    const { opened, table } = this, was = this.shown, there = opened.header !== undefined;
    table.hidden = !there;
    this.root.classList.toggle("kb-opened", there);
    this.list.options.forEach((option, i) => option.toggleAttribute("data-open", there && this.tables[i].at === opened.at));
    this.question.placeholder = there ? "Ask this table: which, how many, the highest …" : "Ask all tables: which, how many, the highest …";
    this.shown = there ? opened.at : null;
    if (there) this.fill_table(was !== opened.at);
    else if (table.contains(document.activeElement)) this.list.node.focus({ preventScroll: true });
    this.draw_answer();
  }

  fill_table(fresh) {
    const { opened } = this, close = button("kb-quiet", "Close", () => this.send("close"));
    this.head.replaceChildren(el("div", "kb-panehead", el("div", "kb-title", opened.title || "Table"), close), el("div", "kb-place", el("span", "", opened.place)));
    if (fresh || document.activeElement !== this.having) this.having.value = opened.having;
    this.having.hidden = opened.all < 6 && !opened.having;
    this.draw_grid(fresh);
    this.more.hidden = opened.body.length >= opened.count;
    this.more.textContent = `Show more of ${count(opened.count, "row")}`;
    this.foot.replaceChildren(el("span", "kb-note", opened.count === opened.all ? count(opened.all, "row") : `${opened.count.toLocaleString("en")} of ${count(opened.all, "row")}`),
      button("kb-quiet", "Copy rows", () => this.copy(as_lines(this.opened), "rows")),
      button("kb-quiet", "Copy as Python", () => this.copy(this.opened.code, "Python")));
  }

  draw_grid(fresh) {
    const { opened } = this, top = fresh ? 0 : this.grid.scrollTop, left = fresh ? 0 : this.grid.scrollLeft;
    const focused = this.grid.querySelector("th button:focus")?.dataset.column, marks = marks_of(this.answered_by);
    const table = el("table"), body = el("tbody", "", ...opened.body.map((cells, i) => this.row(cells, opened.numbers[i], marks)));
    table.append(el("caption", "kb-hide", opened.title || "Table"), el("thead", "", el("tr", "", ...opened.header.map((column, i) => this.column(column, i)))), body);
    this.grid.replaceChildren(table);
    Object.assign(this.grid, { scrollTop: top, scrollLeft: left });
    if (focused !== undefined) this.grid.querySelector(`th button[data-column="${Number(focused)}"]`)?.focus({ preventScroll: true });
  }

  column({ name, unit, kind }, i) {
    const { sort, descending } = this.opened, sorted = sort === i;
    const head = el("th", kind === "number" ? "kb-n" : ""), one = button("kb-quiet", name, () => this.arrange(next_sort(this.opened, i)));
    head.scope = "col";
    head.setAttribute("aria-sort", sorted ? (descending ? "descending" : "ascending") : "none");
    one.dataset.column = String(i);
    const arrow = el("span", "kb-arrow", sorted ? (descending ? " ↓" : " ↑") : "");
    arrow.setAttribute("aria-hidden", "true");
    one.append(arrow);
    head.append(one);
    if (unit) head.append(el("div", "kb-unit", unit));
    return head;
  }

  row(cells, number, marks) {
    return el("tr", "", ...cells.map((text, i) => {
      const marked = marks.has(`${number} ${i}`);
      return el("td", this.opened.header[i]?.kind === "number" ? "kb-n" : "", marked ? el("mark", "", text) : text);
    }));
  }

  arrange(values) {
    const { sort, descending, having } = this.opened;
    this.send("arrange", { sort, descending, having, ...values });
  }

  // ---- asking

  put() {
    if (this.question.value.trim()) this.send("question", { question: this.question.value, everywhere: false });
  }

  draw_answer() {
    const answer = this.answered_by, there = answer.question !== undefined;
    this.answer.hidden = !there;
    if (!there) return this.answer.replaceChildren();
    const dot = el("span", `kb-dot${answer.declined ? " kb-dot-none" : ""}`), said = el("b", "", answer.declined ? "Not answered" : answer.text);
    const why = el("div", "kb-note", answer.declined ? answer.reason : answer.operation), parts = [el("div", "kb-said", dot, said), why];
    if (answer.cells.length) parts.push(el("div", "kb-note", `from ${answer.cells.slice(0, 6).map(({ text }) => text).join("; ")}${answer.cells.length > 6 ? ` and ${answer.cells.length - 6} more cells` : ""}`));
    if (answer.sql) parts.push(el("details", "", el("summary", "", "SQL"), el("code", "", answer.sql)));
    this.answer.replaceChildren(...parts);
    if (this.marked === answer || !this.shown && this.shown !== 0) return;
    this.marked = answer;
    this.draw_grid(false);
    const first = this.grid.querySelector("mark");
    if (first) this.grid.scrollTop += first.getBoundingClientRect().top - this.grid.getBoundingClientRect().top - 60;
  }

  clicked(event) {
    if (this.list.picks(event)) this.open();
  }

  open() {
    const line = this.tables[this.list.active];
    if (line) this.send("open", { at: line.at });
  }

  // ---- keys

  key({ key, target }) {
    if (target === this.input) return key === "ArrowDown" || key === "Escape" || key === "Enter" ? () => this.list.node.focus() : null;
    if (target === this.question && key === "Enter") return () => this.put();
    if (target === this.question || target === this.having) return key === "Escape" ? () => this.grid.focus() : null;
    if (key === "/") return () => this.input.select();
    if (key === "?" && !this.asking.hidden) return () => this.question.focus();
    if (key === "f" && !this.table.hidden && !this.having.hidden) return () => this.having.select();
    if (key === "Escape") return () => this.table.hidden ? this.list.node.focus() : this.send("close");
    return target === this.list.node ? this.key_of_list(key) : null;
  }

  key_of_list(key) {
    const by = move_of(key);
    if (by) return () => this.list.step(by);
    if (key === "Enter" || key === "o") return () => this.open();
    return null;
  }
}

export default shows(Tables);
