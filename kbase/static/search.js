// The search explorer. Python owns the data (kbase/widgets/search.py); this draws it and asks for things by message.
// Text of documents becomes text nodes, never markup, and no attribute is made from it.

const TYPING = 120; // ms without a key before a search is sent
const PAUSE = 250; // ms without a search before facets are asked for
const PATIENCE = 10000; // ms without an answer before that is said

// ---------------------------------------------------------------- pure functions

/** One request under way at a time; of those asked for in the meantime only the newest is sent. */
export class Line {
  constructor(send) {
    this.send = send;
    this.sent = 0;
    this.answered = 0;
    this.waiting = null;
  }
  get busy() { return this.sent > this.answered; }
  ask(request) {
    if (this.busy) this.waiting = request;
    else this.#go(request);
  }
  #go(request) {
    this.waiting = null;
    this.sent += 1;
    this.send({ ...request, seq: this.sent });
  }
  /** Whether an answer is to be shown: false for one that has been typed over or answered before. */
  answer(seq) {
    if (seq <= this.answered || seq > this.sent) return false;
    this.answered = seq;
    if (seq < this.sent) return false;
    if (!this.waiting) return true;
    this.#go(this.waiting);
    return false;
  }
  /** Stop waiting: the kernel was interrupted or is gone. */
  give_up() {
    this.answered = this.sent;
    if (this.waiting) this.#go(this.waiting);
  }
}

/** The axis that the bars of a list share: from the most negative sum to the most positive. */
export function axis(hits) {
  let low = 0, high = 0;
  for (const hit of hits) {
    const sum = (sign) => hit.parts.reduce((total, part) => total + Math.max(0, sign * (part.contribution ?? 0)), 0);
    low = Math.min(low, -sum(-1));
    high = Math.max(high, sum(1));
  }
  return { low, high };
}

/** Where the parts of a bar lie, in percent of the axis: positive ones stacked to the right of zero, negative ones to the left. */
export function bar(parts, { low, high }) {
  const range = high - low || 1;
  let right = 0, left = 0;
  return parts.filter((part) => part.contribution).map((part) => {
    const size = Math.abs(part.contribution);
    const from = part.contribution > 0 ? right : left - size;
    if (part.contribution > 0) right += size;
    else left -= size;
    return { name: part.name, start: 100 * (from - low) / range, width: 100 * size / range };
  });
}

export function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Where a move leads: stays within the list. */
export function moved(active, by, length) {
  return length ? Math.min(length - 1, Math.max(0, active + by)) : -1;
}

// ---------------------------------------------------------------- drawing

function el(tag, name = "", ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children); // strings become text nodes
  return node;
}

function button(name, label, act) {
  const node = el("button", name, label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

/** Pieces of text, those of level 1 marked. */
function marked(pieces) {
  return pieces.map(([text, level]) => level ? el("mark", "", text) : document.createTextNode(text));
}

function series(name) {
  return name === "bm25" || name === "dense" ? `kb-is-${name}` : "kb-is-other";
}

const NONE = [];
const MODES = [["hybrid", "Hybrid"], ["bm25", "BM25"], ["dense", "Dense"]];

class View {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.id = `kb-${Math.random().toString(36).slice(2, 12)}`;
    this.active = -1;
    this.stop = new AbortController();
    this.line = new Line((request) => {
      model.send({ do: "ask", view: this.id, ...request });
      this.expect();
    });
    this.build();
    this.listen();
    this.answered();
    this.counted();
    this.unfolded();
  }

  build() {
    this.input = el("input", "kb-input");
    Object.assign(this.input, { type: "search", placeholder: "Search", autocomplete: "off", spellcheck: false });
    this.input.setAttribute("aria-label", "Search");
    this.input.setAttribute("aria-controls", `${this.id}-list`);
    this.modes = el("div", "kb-modes", ...MODES.map(([mode, label]) => {
      const one = button("", label, () => this.ask({ mode }, 0));
      one.dataset.mode = mode;
      return one;
    }));
    this.modes.setAttribute("role", "group");
    this.modes.setAttribute("aria-label", "Ranking");
    this.status = el("span", "kb-status");
    this.status.setAttribute("role", "status");
    this.status.setAttribute("aria-live", "polite");
    this.python = button("kb-quiet", "Copy as Python", () => this.copy(this.results.code, "Python"));
    this.chips = el("div", "kb-chips");
    this.aside = el("div", "kb-facets");
    this.aside.setAttribute("role", "group");
    this.aside.setAttribute("aria-label", "Filters");
    this.list = el("ol", "kb-hits");
    this.list.id = `${this.id}-list`;
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Hits");
    this.empty = el("div", "kb-empty");
    this.pane = el("section", "kb-pane");
    this.pane.setAttribute("aria-label", "Hit in its document");
    this.pane.hidden = true;
    const keys = el("div", "kb-keys");
    for (const [key, meaning] of [["/", "search"], ["j", ""], ["k", "move"], ["Enter", "open"], ["m", "more"], ["c", "copy citation"], ["Esc", "close"]]) {
      keys.append(el("kbd", "", key), meaning ? ` ${meaning}  ` : " ");
    }
    this.root.append(
      el("div", "kb-bar", this.input, this.modes),
      el("div", "kb-line", this.status, this.python),
      this.chips,
      el("div", "kb-body", this.aside, el("div", "kb-found", this.list, this.empty), this.pane),
      keys,
    );
  }

  listen() {
    const { signal } = this.stop;
    const watch = (name, act) => {
      this.model.on(`change:${name}`, act);
      signal.addEventListener("abort", () => this.model.off(`change:${name}`, act));
    };
    watch("results", () => this.answered());
    watch("facets", () => this.counted());
    watch("opened", () => this.unfolded());
    watch("error", () => this.say());
    this.input.addEventListener("input", () => this.ask({ query: this.input.value }, TYPING));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    // JupyterLab listens on the document and so hears every key before the widget does: `d d` would delete the cell. It leaves an
    // element with this attribute alone. Keys with Ctrl, Alt or Meta stay JupyterLab's.
    window.addEventListener("keydown", (event) => {
      const target = event.composedPath()[0];
      if (!(target instanceof Element) || !this.root.contains(target)) return;
      target.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.altKey || event.metaKey));
    }, { capture: true, signal });
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option || !getSelection().isCollapsed) return; // text was selected, not a hit
      this.go(this.options.indexOf(option));
      this.open();
    });
  }

  dispose() {
    this.stop.abort();
    for (const timer of [this.typing, this.resting, this.waiting]) clearTimeout(timer);
  }

  // ---- asking

  /** Search for what is in the box, after a pause. */
  ask(change, delay) {
    this.wanted = { query: this.input.value, mode: this.wanted?.mode ?? this.results.mode, ...change };
    this.pick_mode(this.wanted.mode);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.typing = null;
      this.line.ask(this.wanted);
    }, delay);
  }

  expect() {
    this.root.classList.add("kb-busy");
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.root.classList.remove("kb-busy");
      this.say("No answer yet: the kernel is busy with something else, or it has stopped.");
      this.line.give_up();
    }, PATIENCE);
  }

  answered() {
    const results = this.model.get("results");
    const mine = results.asked?.view === this.id;
    if (mine ? !this.line.answer(results.asked.seq) : this.line.busy) return; // superseded
    clearTimeout(this.waiting);
    this.root.classList.remove("kb-busy");
    this.results = results;
    if (!mine && !this.typing) {
      this.input.value = results.query;
      this.wanted = null;
    }
    this.pick_mode(this.wanted?.mode ?? results.mode);
    this.draw_chips();
    this.draw_hits();
    this.say();
    this.counted();
    clearTimeout(this.resting);
    if (this.narrows() && !this.model.get("error") && this.model.get("facets").of !== results.of) {
      this.resting = setTimeout(() => this.model.send({ do: "facets", of: results.of }), PAUSE);
    }
  }

  // ---- drawing

  say(text) {
    const { results } = this, error = this.model.get("error");
    this.status.classList.toggle("kb-failed", Boolean(error) && !text);
    if (text) this.status.textContent = text;
    else if (error) this.status.textContent = error;
    else if (!results.query.trim()) this.status.textContent = "";
    else this.status.textContent = [`${results.more ? "first " : ""}${count(results.hits.length, "hit")}`, `${results.milliseconds.toFixed(0)} ms`, ...results.notes].join(" · ");
    this.python.hidden = !results.query.trim();
  }

  pick_mode(mode) {
    for (const one of this.modes.children) one.setAttribute("aria-pressed", String(one.dataset.mode === mode));
  }

  draw_chips() {
    const had = this.chips.contains(document.activeElement);
    const drop = (told) => () => this.model.send(told === null ? { do: "drop" } : { do: "drop", told_as: told });
    const chips = this.results.filters.map((told) => {
      const one = button("kb-chip", "", drop(told));
      const cross = el("span", "kb-cross", "×");
      cross.setAttribute("aria-hidden", "true");
      one.append(el("span", "kb-hide", "Remove the filter "), told, cross);
      return one;
    });
    if (chips.length > 1) chips.push(button("kb-quiet", "Clear all", drop(null)));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = !chips.length;
    if (had) (chips[0] ?? this.list).focus();
  }

  draw_hits() {
    const { hits, query, filters } = this.results, scale = axis(hits), had = this.list.contains(document.activeElement);
    this.options = hits.map((hit, i) => this.option(hit, i, scale));
    this.list.replaceChildren(...this.options);
    this.list.scrollTop = 0;
    this.list.hidden = !hits.length;
    const why = !query.trim() ? "Type a question or a few words."
      : this.model.get("error") ? "The search failed; the reason is above."
      : filters.length ? "Nothing found under these filters." : "Nothing found.";
    this.empty.replaceChildren(el("p", "", why));
    this.empty.hidden = hits.length > 0;
    if (had && !hits.length) this.input.focus();
    this.go(hits.length ? 0 : -1);
  }

  option(hit, i, scale) {
    const name = `${this.id}-${i}`;
    const title = el("span", "kb-title", hit.title);
    title.id = `${name}-title`;
    const kind = el("span", hit.kind === "chunk" ? "kb-kind" : "kb-kind kb-kind-other", hit.kind);
    const place = el("div", "kb-place", kind, el("span", "", hit.uri));
    if (hit.page) place.append(el("span", "", `page ${hit.page}`));
    if (hit.headings.length) place.append(el("span", "", hit.headings.join(" › ")));
    if (hit.language) place.append(el("span", "", hit.language));
    const text = el("div", "kb-text", ...this.clip(hit, false));
    text.id = `${name}-text`;
    const strip = el("div", "kb-strip");
    for (const { name: part, start, width } of bar(hit.parts, scale)) {
      const piece = el("span", series(part));
      piece.style.left = `${start}%`;
      piece.style.width = `${width}%`;
      strip.append(piece);
    }
    if (scale.low < 0) {
      const zero = el("i");
      zero.style.left = `${-100 * scale.low / (scale.high - scale.low)}%`;
      strip.append(zero);
    }
    const parts = hit.parts.map((part) => el("span", `kb-part ${series(part.name)}`,
      el("b", "", part.label), part.rank ? ` #${part.rank}` : " not listed", part.score === null || (!part.rank && !part.score) ? "" : ` · ${number(part.score)}`));
    const score = el("span", "kb-score", number(hit.score));
    const option = el("li", "",
      el("div", "kb-head", el("span", "kb-rank", String(i + 1)), title, score),
      place, text, el("div", "kb-sum", strip, ...parts), el("div", "kb-why", hit.why));
    option.id = name;
    option.setAttribute("role", "option");
    option.setAttribute("aria-labelledby", title.id);
    option.setAttribute("aria-describedby", text.id);
    return option;
  }

  /** The text of a hit: an excerpt, or the whole. */
  clip(hit, whole) {
    if (!hit.clip) return marked(hit.pieces);
    const pieces = marked(whole ? hit.pieces : hit.clip.pieces);
    if (!whole && hit.clip.before) pieces.unshift("… ");
    if (!whole && hit.clip.after) pieces.push(" …");
    if (whole && hit.cut) pieces.push(" … the rest is in the document");
    const more = button("kb-more", whole ? "less" : "more", (event) => {
      event.stopPropagation();
      this.unclip(event.currentTarget.closest("[role=option]"));
    });
    more.tabIndex = -1; // `m` does the same
    more.setAttribute("aria-hidden", "true");
    return [...pieces, " ", more];
  }

  unclip(option) {
    const hit = this.results.hits[this.options.indexOf(option)];
    if (!hit?.clip) return;
    const whole = option.classList.toggle("kb-whole");
    option.querySelector(".kb-text").replaceChildren(...this.clip(hit, whole));
    this.list.focus({ preventScroll: true });
  }

  go(index) {
    this.active = index;
    this.options.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = this.options[index];
    if (!option) return this.list.removeAttribute("aria-activedescendant");
    this.list.setAttribute("aria-activedescendant", option.id);
    const top = option.offsetTop, bottom = top + option.offsetHeight;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (bottom > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = Math.min(top, bottom - this.list.clientHeight);
  }

  /** Whether there is something to narrow down, or to widen again. */
  narrows() {
    const { query, hits, filters } = this.results;
    return Boolean(query.trim()) && hits.length + filters.length > 0;
  }

  counted() {
    const facets = this.model.get("facets"), { results } = this;
    const shown = this.narrows() && facets.fields || NONE;
    this.aside.classList.toggle("kb-stale", facets.of !== results.of);
    if (this.drawn === shown) return;
    this.drawn = shown;
    const at = document.activeElement?.dataset?.facet, had = this.aside.contains(document.activeElement);
    this.aside.replaceChildren(...shown.map((facet, f) => {
      const name = el("div", "kb-field", facet.label);
      name.id = `${this.id}-f${f}`;
      const group = el("div", "kb-facet", name, ...facet.values.map((row, v) => {
        const one = button("", "", () => this.model.send({ do: "toggle", field: facet.field, value: row.value }));
        one.append(el("span", "kb-value", row.label), el("span", "kb-count", String(row.count)));
        one.dataset.facet = `${f}-${v}`;
        one.setAttribute("aria-pressed", String(row.on));
        return one;
      }));
      group.setAttribute("role", "group");
      group.setAttribute("aria-labelledby", name.id);
      return group;
    }), ...(shown.length ? [el("div", "kb-among", `counted among ${facets.more ? "the first " : ""}${count(facets.among, "hit")}`)] : []));
    this.aside.hidden = !shown.length;
    if (had) (this.aside.querySelector(at ? `[data-facet="${at}"]` : "button") ?? this.list).focus();
  }

  // ---- the hit in its document

  open() {
    if (this.active < 0 || this.line.busy) return;
    this.model.send({ do: "open", index: this.active, of: this.results.of });
  }

  close() {
    this.model.send({ do: "close" });
  }

  unfolded() {
    const opened = this.model.get("opened"), shown = opened.of === this.results.of;
    this.options.forEach((option, i) => option.toggleAttribute("data-open", shown && i === opened.index));
    const had = this.pane.contains(document.activeElement);
    this.pane.hidden = !shown;
    this.root.classList.toggle("kb-opened", shown);
    if (!shown) {
      this.pane.replaceChildren();
      if (had) this.list.focus({ preventScroll: true });
      return;
    }
    const hit = this.results.hits[opened.index];
    const body = el("div", "kb-document");
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", "Document");
    if (opened.note) body.append(el("p", "kb-note", opened.note));
    if (opened.apart.length) body.append(el("div", "kb-apart", ...marked(opened.apart.map(([text, level]) => [text, level - 1]))));
    if (opened.before) body.append(el("p", "kb-before", `${count(opened.before, "character")} before this`));
    const text = el("div", "kb-around");
    let span = null;
    for (const [piece, level] of opened.pieces) {
      if (!level) {
        span = null;
        text.append(piece);
      } else {
        if (!span) text.append(span = el("span", "kb-span"));
        span.append(level === 2 ? el("mark", "", piece) : piece);
      }
    }
    body.append(text);
    const copy = button("kb-quiet", "Copy citation", () => this.cite(opened.index));
    const close = button("kb-quiet", "Close", () => this.close());
    this.pane.replaceChildren(el("div", "kb-panehead", el("div", "kb-title", opened.title), copy, close), el("div", "kb-place", el("span", "", opened.place)), body);
    const first = text.querySelector(".kb-span");
    if (first) body.scrollTop = first.offsetTop - Math.max(24, (body.clientHeight - first.offsetHeight) / 3);
    if (had || (this.list.contains(document.activeElement) && getComputedStyle(this.list.parentElement).display === "none")) body.focus({ preventScroll: true });
    if (hit && opened.index !== this.active) this.go(opened.index);
  }

  // ---- copying

  cite(index) {
    const hit = this.results.hits[index];
    if (hit) this.copy(`${hit.cited}: “${hit.pieces.map(([text]) => text).join("")}${hit.cut ? " …" : ""}”`, "citation");
  }

  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!this.copy_by_selection(text)) return this.say(`The browser lets nothing be copied. The ${what}: ${text}`);
    }
    this.say(`${what[0].toUpperCase()}${what.slice(1)} copied`);
  }

  copy_by_selection(text) {
    const at = document.activeElement, box = el("textarea", "kb-hide");
    box.value = text;
    this.root.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    at?.focus({ preventScroll: true });
    return done;
  }

  // ---- keys

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    event.stopPropagation();
    const { target } = event, typing = target === this.input, listed = target === this.list;
    const act = typing ? this.typed(event.key) : this.command(event.key, listed, target);
    if (!act) return;
    event.preventDefault();
    act();
  }

  typed(key) {
    if (key === "ArrowDown" || key === "ArrowUp") return () => this.step(key === "ArrowDown" ? 1 : -1);
    if (key === "Enter") return () => this.open();
    if (key === "Escape" && !this.pane.hidden) return () => this.close();
    return null; // the box's own
  }

  command(key, listed, target) {
    const within = listed || this.pane.contains(target);
    if (key === "/") return () => this.input.select();
    if (key === "Escape") return () => this.pane.hidden ? this.list.focus() : this.close();
    if (!within) return null;
    if (key === "c") return () => this.cite(listed ? this.active : this.model.get("opened").index);
    if (key === "j" || (listed && key === "ArrowDown")) return () => this.step(1);
    if (key === "k" || (listed && key === "ArrowUp")) return () => this.step(-1);
    if (!listed) return null;
    if (key === "Home") return () => this.step(-Infinity);
    if (key === "End") return () => this.step(Infinity);
    if (key === "Enter" || key === "o") return () => this.open();
    if (key === "m") return () => this.unclip(this.options[this.active]);
    return null;
  }

  /** Move; what is open moves along. */
  step(by) {
    const to = moved(this.active, by, this.options.length);
    if (to === this.active) return;
    this.go(to);
    if (!this.pane.hidden) {
      clearTimeout(this.following);
      this.following = setTimeout(() => this.pane.hidden || this.open(), TYPING);
    }
  }
}

export default {
  render({ model, el: host }) {
    const root = el("div", "kb kb-search");
    host.append(root);
    const view = new View(model, root);
    return () => view.dispose();
  },
};
