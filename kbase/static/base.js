// What the views of all explorers share. Python owns the data; a view draws it and asks for things by message.
// Text of documents becomes text nodes, never markup, and no attribute is made from it.

export const TYPING = 100; // ms without a key before a question is sent
export const PATIENCE = 10000; // ms without an answer before that is said
const RESTARTED = "The kernel was restarted: run the cell again.";
const UNCONNECTED = "No kernel is connected: run the cell again.";

// ---------------------------------------------------------------- pure functions

/** One request under way at a time; of those asked for in the meantime only the newest is sent. */
export class Line {
  constructor(send) {
    this.send = send;
    this.sent = 0;
    this.answered = 0;
    this.patient = true;
    this.waiting = null;
  }
  get busy() { return this.patient && this.sent > this.answered; }
  ask(request) {
    if (this.busy) this.waiting = request;
    else this.#go(request);
  }
  #go(request) {
    this.waiting = null;
    this.patient = true;
    this.sent += 1;
    if (this.send({ ...request, seq: this.sent }) === false) this.sent -= 1; // it went nowhere: no answer will come
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
  /** Stop waiting: the kernel was interrupted, is busy or is gone. An answer that comes after all is shown, unless more was asked. */
  give_up() {
    this.patient = false;
    if (this.waiting) this.#go(this.waiting);
  }
}

/** Timers by name: a second one of the same name takes the place of the first. */
export class Timers {
  #running = new Map();
  has(name) { return this.#running.has(name); }
  set(name, ms, act) {
    this.stop(name);
    this.#running.set(name, setTimeout(() => {
      this.#running.delete(name);
      act();
    }, ms));
  }
  stop(...names) {
    for (const name of names.length ? names : [...this.#running.keys()]) {
      clearTimeout(this.#running.get(name));
      this.#running.delete(name);
    }
  }
}

export function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** By how much a key moves in a list; undefined for one that does not. */
export function move_of(key) {
  return { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[key];
}

/** Where a move leads: stays within the list. */
export function moved(active, by, length) {
  return length ? Math.min(length - 1, Math.max(0, active + by)) : -1;
}

// ---------------------------------------------------------------- elements

/** An element; strings among its children become text nodes. */
export function el(tag, name = "", ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

export function button(name, label, act) {
  const node = el("button", name, label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

/** What can be clicked inside of an option. An option may hold no control: screen readers and keys have a key that does the same. */
export function clickable(name, label, act) {
  const node = el("span", `kb-click ${name}`, label);
  node.setAttribute("aria-hidden", "true");
  node.addEventListener("click", (event) => {
    event.stopPropagation();
    act(event);
  });
  return node;
}

/** Say to screen readers what an element is, and its name where it shows none. */
export function role(node, kind, label = "") {
  node.setAttribute("role", kind);
  if (label) node.setAttribute("aria-label", label);
  return node;
}

/** Pieces of text, those above level 0 marked. */
export function marked(pieces) {
  return pieces.map(([text, level]) => level ? el("mark", "", text) : document.createTextNode(text));
}

export function textbox(label) {
  const node = el("input", "kb-input");
  Object.assign(node, { type: "search", placeholder: label, autocomplete: "off", spellcheck: false });
  node.setAttribute("aria-label", label);
  return node;
}

/** A list to choose from. `act` gets the value that is chosen; `offer` fills it anew where it holds others. */
export function dropdown(name, label, act) {
  const node = el("select", name);
  node.setAttribute("aria-label", label);
  node.addEventListener("change", () => act(node.value));
  return node;
}

export function offer(node, options) {
  if (node.options.length !== options.length || options.some(([value, text], i) => node.options[i].value !== value || node.options[i].text !== text)) {
    node.replaceChildren(...options.map(([value, text]) => Object.assign(el("option", "", text), { value })));
  }
  return node;
}

/** Buttons of which one is pressed; `pick` says which. */
export class Choice {
  constructor(label, values, act) {
    this.node = role(el("div", "kb-choice"), "group", label);
    this.buttons = values.map(([value, text]) => [value, button("", text, () => act(value))]);
    this.node.append(...this.buttons.map(([, one]) => one));
  }
  pick(value) {
    for (const [own, one] of this.buttons) one.setAttribute("aria-pressed", String(own === value));
  }
}

/** A list with one active option: screen readers hear which, and the list scrolls along. */
export class Listbox {
  constructor(id, label) {
    this.id = id;
    this.options = [];
    this.active = -1;
    this.node = role(el("ol", "kb-list"), "listbox", label);
    Object.assign(this.node, { id: `${id}-list`, tabIndex: 0 });
  }
  /** `longer`: the same list as before with more at its end, so the active option and the place stay. */
  fill(nodes, longer = false) {
    const { active, node } = this, { scrollTop } = node;
    this.options = nodes.map((option, i) => Object.assign(role(option, "option"), { id: `${this.id}-${i}` }));
    node.replaceChildren(...this.options);
    node.scrollTop = longer ? scrollTop : 0;
    if (longer) this.mark(active);
    else this.go(nodes.length ? 0 : -1);
  }
  /** The index of the option in which a node lies; -1 for none. */
  index(node) { return this.options.indexOf(node.closest("[role=option]")); }
  /** Mark the option that was clicked; false where none was. */
  picks(event) {
    const index = this.index(event.target);
    if (index >= 0) this.mark(index);
    return index >= 0;
  }
  mark(index) {
    this.active = index;
    this.options.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = this.options[index];
    if (option) this.node.setAttribute("aria-activedescendant", option.id);
    else this.node.removeAttribute("aria-activedescendant");
  }
  go(index) {
    this.mark(index);
    this.show();
  }
  /** Bring the active option into sight. */
  show() {
    const option = this.options[this.active], { node } = this;
    if (!option) return;
    const top = option.offsetTop, bottom = top + option.offsetHeight;
    if (top < node.scrollTop) node.scrollTop = top;
    else if (bottom > node.scrollTop + node.clientHeight) node.scrollTop = Math.min(top, bottom - node.clientHeight);
  }
  /** Whether that was a move: not at the end of the list. */
  step(by) {
    const to = moved(this.active, by, this.options.length);
    if (to === this.active) return false;
    this.go(to);
    return true;
  }
}

/** Put new children into an element. Focus that was inside goes to what `next` gives. */
export function refill(node, children, next) {
  const focused = node.contains(document.activeElement);
  node.replaceChildren(...children);
  if (focused) next()?.focus({ preventScroll: true });
}

/** The keys that are worth knowing: [key, meaning], a meaning of "" shares that of the next key. */
export function key_hints(pairs) {
  return el("div", "kb-keys", ...pairs.flatMap(([key, meaning]) => [el("kbd", "", key), meaning ? ` ${meaning}  ` : " "]));
}

// ---------------------------------------------------------------- the view

/** JupyterLab listens on the document and so hears every key before a widget does: `d d` would delete the cell. It leaves an element
 * with this attribute alone. Keys with Ctrl, Alt or Meta stay JupyterLab's. */
export function guard_keys(root, event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element) || !root.contains(target)) return;
  target.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.altKey || event.metaKey));
}

/** The picture that a notebook keeps for readers without a kernel is no use beside the live view. JupyterLab hides it by a rule of the
 * picture's own; elsewhere it is found by its name. */
function hide_picture(name) {
  for (const picture of name ? document.getElementsByClassName(name) : []) picture.hidden = true;
}

function copy_by_selection(text, root) {
  const before = document.activeElement, box = el("textarea", "kb-hide");
  box.value = text;
  root.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  before?.focus({ preventScroll: true });
  return done;
}

/** One showing of an explorer. A kind of its own gives `build`, `draw`, and what it needs of `summary` and `key`. */
export class View {
  constructor({ model, el: host }) {
    this.model = model;
    this.host = host;
    this.gone = ""; // why nobody answers any more
    this.id = `kb-${Math.random().toString(36).slice(2, 12)}`;
    this.root = el("div", "kb");
    this.status = role(el("span", "kb-status"), "status");
    this.status.setAttribute("aria-live", "polite");
    this.end = new AbortController();
    this.timers = new Timers();
    this.pending = {}; // asked for and not answered yet
    this.line = new Line((request) => this.send("ask", { view: this.id, ...request }) && this.wait());
    host.append(this.root);
  }

  /** Make the elements, once. */
  build() {}
  /** Show an answer: the trait `results`. */
  draw(results) {}
  /** An answer in a line; empty where there is nothing to say. */
  summary(results) { return ""; }
  /** What a key without Ctrl, Alt or Meta does: a function, or null where the browser knows best. */
  key(event) { return null; }

  start() {
    this.build();
    this.watch("results", () => this.answered());
    this.watch("error", () => this.say());
    this.listen(this.root, "keydown", (event) => this.pressed(event));
    this.listen(window, "keydown", (event) => guard_keys(this.root, event), { capture: true });
    this.on("comm_live_update", () => this.unconnected() ? this.lose(RESTARTED) : this.find());
    hide_picture(this.model.get("picture"));
    this.answered();
    if (this.unconnected()) this.lose(UNCONNECTED);
    return this;
  }

  dispose() {
    this.end.abort();
    this.timers.stop();
  }

  // ---- listening, until the view ends

  /** Act when Python has written a trait. */
  watch(name, act) { this.on(`change:${name}`, act); }

  on(event, act) {
    this.model.on(event, act);
    this.end.signal.addEventListener("abort", () => this.model.off(event, act));
  }

  listen(target, event, act, options = {}) {
    target.addEventListener(event, act, { ...options, signal: this.end.signal });
  }

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    event.stopPropagation();
    const act = this.key(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  // ---- the kernel at the other end

  /** Whether the front end knows that there is none: Jupyter's widgets mark the element around the view. */
  unconnected() { return Boolean(this.host.closest(".jupyter-widgets-disconnected")); }

  /** Nobody answers any more: what is shown is old, and that is said at once. */
  lose(why) {
    this.gone = why;
    this.timers.stop();
    this.root.classList.remove("kb-busy");
    this.root.classList.add("kb-gone");
    this.say();
  }

  /** The kernel is back: the network was away, and it went on. */
  find() {
    this.gone = "";
    this.root.classList.remove("kb-gone");
    this.say();
  }

  // ---- asking

  /** Call one of the explorer's `actions`; whether the message left. */
  send(action, values = {}) {
    try {
      this.model.send({ ...values, do: action });
    } catch (error) { // the line to the kernel is cut
      console.warn(error);
      this.lose(RESTARTED);
      return false;
    }
    return true;
  }

  /** Ask anew with other values, after a pause; what is asked for in the pause goes along. */
  ask(values, pause = 0) {
    Object.assign(this.pending, values);
    this.timers.set("ask", pause, () => this.line.ask({ ...this.pending }));
  }

  /** A value as asked for last, whether it is answered or not. */
  value(name) {
    return name in this.pending ? this.pending[name] : this.results[name];
  }

  wait() {
    this.root.classList.add("kb-busy");
    this.timers.set("patience", PATIENCE, () => {
      this.root.classList.remove("kb-busy");
      this.say("No answer yet: the kernel is busy with something else, or it has stopped.");
      this.line.give_up();
    });
    return true;
  }

  answered() {
    const results = this.model.get("results");
    const mine = results.asked?.view === this.id;
    if (mine ? !this.line.answer(results.asked.seq) : this.line.busy) return; // superseded
    this.timers.stop("patience");
    this.root.classList.remove("kb-busy");
    if (!this.timers.has("ask")) this.pending = {};
    this.results = results;
    this.draw(results);
    this.say();
  }

  // ---- telling

  /** Write the status: a text, else that the kernel is gone, else the error, else the summary of the results. */
  say(text = "") {
    const error = this.gone || this.model.get("error");
    this.status.classList.toggle("kb-failed", Boolean(error) && !text);
    this.status.textContent = text || error || this.summary(this.results);
  }

  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!copy_by_selection(text, this.root)) return this.say(`The browser lets nothing be copied. The ${what}: ${text}`);
    }
    this.say(`${what[0].toUpperCase()}${what.slice(1)} copied`);
  }
}

/** What an explorer's module exports as default: views of this kind. */
export function shows(Kind) {
  return {
    render(context) {
      const view = new Kind(context).start();
      return () => view.dispose();
    },
  };
}
