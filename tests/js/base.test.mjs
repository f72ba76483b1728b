import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { load } from "./module.mjs";

// As much of a page as a view touches: elements that hold children and text, and tell their listeners.
class Node extends EventTarget {
  children = [];
  attributes = {};
  style = {};
  dataset = {};
  classes = new Set();
  constructor(tag) { super(); this.tag = tag; }
  classList = {
    add: (name) => this.classes.add(name), remove: (name) => this.classes.delete(name), contains: (name) => this.classes.has(name),
    toggle: (name, on = !this.classes.has(name)) => { this.classes[on ? "add" : "delete"](name); return on; },
  };
  set className(text) { this.classes = new Set(text.split(" ")); }
  append(...nodes) { this.children.push(...nodes); }
  replaceChildren(...nodes) { this.children = nodes; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  toggleAttribute(name, on) { if (on) this.attributes[name] = ""; else delete this.attributes[name]; }
  contains(node) { return node === this || this.children.some((child) => child.contains?.(node)); }
  closest(selector) { return this.classes.has(selector.slice(1)) ? this : null; }
  focus() { globalThis.document.activeElement = this; }
}
globalThis.Element = Node;
globalThis.window = new EventTarget();
globalThis.document = { activeElement: null, createElement: (tag) => new Node(tag), createTextNode: (data) => ({ data }) };

const base = await load("base.js");
const { Choice, Line, Listbox, PATIENCE, Timers, View, button, count, el, guard_keys, key_hints, marked, moved, number, refill, role, shows } = base;

class Model {
  sent = [];
  listeners = {};
  constructor(traits) { this.traits = { error: "", results: {}, ...traits }; }
  get(name) { return this.traits[name]; }
  on(event, act) { (this.listeners[event] ??= new Set()).add(act); }
  off(event, act) { this.listeners[event]?.delete(act); }
  send(message) {
    if (this.cut) throw new Error("Cannot send");
    this.sent.push(message);
  }
  fire(event) { for (const act of this.listeners[event] ?? []) act(); }
  write(traits) {
    Object.assign(this.traits, traits);
    for (const name of Object.keys(traits)) for (const act of this.listeners[`change:${name}`] ?? []) act();
  }
}

class Words extends View {
  drawn = [];
  draw(results) { this.drawn.push(results.text); }
  summary(results) { return `${results.text} it is`; }
  key(event) { return event.key === "x" ? () => this.say("x pressed") : null; }
}

function start(traits = {}) {
  const model = new Model({ results: { of: 1, asked: null, text: "first" }, ...traits });
  return { model, view: new Words({ model, el: new Node("div") }).start() };
}

function press(target, key, options = {}) {
  const event = Object.assign(new Event("keydown", { cancelable: true }), { key, ...options });
  event.stopped = false;
  event.stopPropagation = () => { event.stopped = true; };
  target.dispatchEvent(event);
  return event;
}

test("one request is under way; of those asked meanwhile only the newest is sent", () => {
  const sent = [], line = new Line((request) => sent.push(`${request.seq}${request.query}`));
  line.ask({ query: "a" });
  for (const query of ["ab", "abc", "abcd"]) line.ask({ query });
  assert.deepEqual(sent, ["1a"]);
  assert.equal(line.answer(1), false); // typed over: not shown
  assert.deepEqual(sent, ["1a", "2abcd"]);
  assert.equal(line.answer(2), true);
  assert.equal(line.busy, false);
});

test("an answer that comes twice, out of order or from nowhere is not shown", () => {
  const line = new Line(() => {});
  line.ask({});
  assert.equal(line.answer(7), false);
  assert.equal(line.answer(1), true);
  assert.equal(line.answer(1), false);
  line.ask({});
  line.give_up();
  assert.equal(line.busy, false);
  line.ask({});
  assert.equal(line.answer(2), false); // the lost one turns up after all
  assert.equal(line.busy, true);
  assert.equal(line.answer(3), true);
});

test("an answer for which nobody waits any more is shown when it is the newest", () => {
  const line = new Line(() => {});
  line.ask({});
  line.give_up();
  assert.equal(line.answer(1), true);
  assert.equal(line.busy, false);
});

test("giving up sends what waits", () => {
  const sent = [], line = new Line((request) => sent.push(request.seq));
  line.ask({});
  line.ask({});
  line.give_up();
  assert.deepEqual(sent, [1, 2]);
});

test("a timer takes the place of the one of its name", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const done = [], timers = new Timers();
  timers.set("a", 100, () => done.push("a1"));
  timers.set("b", 100, () => done.push("b"));
  timers.set("a", 200, () => done.push("a2"));
  mock.timers.tick(150);
  assert.deepEqual([done, timers.has("a"), timers.has("b")], [["b"], true, false]);
  timers.stop();
  mock.timers.tick(500);
  assert.deepEqual(done, ["b"]);
  mock.timers.reset();
});

test("numbers, counts and moves", () => {
  assert.equal(number(null), "–");
  assert.equal(number(1.005 * 2), "2.01");
  assert.equal(count(1, "hit"), "1 hit");
  assert.equal(count(1234, "hit"), "1,234 hits");
  assert.equal(moved(0, -1, 3), 0);
  assert.equal(moved(0, Infinity, 3), 2);
  assert.equal(moved(-1, 1, 0), -1);
});

test("elements take text as text", () => {
  const evil = "<img src=x onerror=alert(1)>";
  assert.deepEqual(el("p", "kb-a kb-b", evil).children, [evil]); // append makes a text node of a string
  assert.deepEqual(marked([["plain", 0], [evil, 1], ["more", 2]]).map((node) => node.data ?? [node.tag, ...node.children]),
    ["plain", ["mark", evil], ["mark", "more"]]);
  const node = role(button("kb-x", "Go", () => {}), "switch", "Go on");
  assert.deepEqual([node.type, node.attributes], ["button", { role: "switch", "aria-label": "Go on" }]);
  assert.deepEqual(key_hints([["j", ""], ["k", "move"]]).children.map((child) => child.tag ?? child), ["kbd", " ", "kbd", " move  "]);
});

test("a choice has one pressed button", () => {
  const chosen = [], choice = new Choice("Ranking", [["a", "A"], ["b", "B"]], (value) => chosen.push(value));
  choice.pick("b");
  assert.deepEqual(choice.node.children.map((one) => one.attributes["aria-pressed"]), ["false", "true"]);
  choice.node.children[0].dispatchEvent(new Event("click"));
  assert.deepEqual(chosen, ["a"]);
});

test("a list has one active option and says which", () => {
  const list = new Listbox("kb-1", "Hits");
  list.fill([new Node("li"), new Node("li")]);
  assert.deepEqual([list.active, list.node.attributes["aria-activedescendant"]], [0, "kb-1-0"]);
  assert.equal(list.step(5), true);
  assert.deepEqual(list.options.map((option) => option.attributes["aria-selected"]), ["false", "true"]);
  assert.equal(list.step(1), false);
  list.fill([]);
  assert.deepEqual([list.active, list.node.attributes["aria-activedescendant"]], [-1, undefined]);
});

test("focus inside of what is filled anew is not lost", () => {
  const node = new Node("div"), old = new Node("button"), next = new Node("button");
  node.append(old);
  refill(node, [next], () => next);
  assert.notEqual(document.activeElement, next); // it was elsewhere
  node.append(old);
  old.focus();
  refill(node, [next], () => next);
  assert.equal(document.activeElement, next);
});

test("keys are the widget's own, but for those with Ctrl, Alt or Meta", () => {
  const root = new Node("div"), inside = new Node("input");
  root.append(inside);
  for (const [target, ctrlKey, kept] of [[inside, false, true], [inside, true, false], [new Node("p"), false, false]]) {
    guard_keys(root, { composedPath: () => [target], ctrlKey });
    assert.equal("data-lm-suppress-shortcuts" in target.attributes, kept);
  }
});

test("a view draws what is there, and what Python writes later", () => {
  const { model, view } = start();
  model.write({ results: { of: 2, asked: null, text: "second" } });
  assert.deepEqual(view.drawn, ["first", "second"]);
  assert.equal(view.status.textContent, "second it is");
  model.write({ error: "it broke" });
  assert.deepEqual([view.status.textContent, view.status.classList.contains("kb-failed")], ["it broke", true]);
  view.dispose();
});

test("a view asks after a pause, waits, and leaves out what is superseded", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { model, view } = start();
  view.ask({ text: "a" }, 100);
  view.ask({ mode: "b" }, 100);
  assert.deepEqual([model.sent, view.value("mode"), view.value("of")], [[], "b", 1]);
  mock.timers.tick(100);
  assert.deepEqual(model.sent, [{ do: "ask", view: view.id, text: "a", mode: "b", seq: 1 }]);
  assert.equal(view.root.classList.contains("kb-busy"), true);
  model.write({ results: { of: 2, asked: { view: "kb-other", seq: 1 }, text: "another view's" } });
  model.write({ results: { of: 3, asked: { view: view.id, seq: 1 }, text: "mine" } });
  assert.deepEqual([view.drawn, view.pending], [["first", "mine"], {}]);
  assert.equal(view.root.classList.contains("kb-busy"), false);
  view.dispose();
  mock.timers.reset();
});

test("a view says when no answer comes, and shows it when it does", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { model, view } = start();
  view.ask({ text: "a" });
  mock.timers.tick(0);
  mock.timers.tick(PATIENCE);
  assert.match(view.status.textContent, /^No answer yet/);
  model.write({ results: { of: 2, asked: { view: view.id, seq: 1 }, text: "late" } });
  assert.equal(view.drawn.at(-1), "late");
  view.dispose();
  mock.timers.reset();
});

test("a kernel that is gone is said at once, and what is asked after that does not wait for ever", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { model, view } = start();
  model.cut = true;
  view.ask({ text: "a" });
  mock.timers.tick(0);
  assert.match(view.status.textContent, /^The kernel was restarted: run the cell again/);
  assert.deepEqual([view.root.classList.contains("kb-gone"), view.root.classList.contains("kb-busy"), view.line.busy], [true, false, false]);
  view.ask({ text: "ab" });
  mock.timers.tick(0);
  assert.equal(view.line.busy, false);
  model.cut = false; // the network was away, and came back
  model.fire("comm_live_update");
  assert.deepEqual([view.status.textContent, view.root.classList.contains("kb-gone")], ["first it is", false]);
  view.ask({ text: "abc" });
  mock.timers.tick(0);
  assert.deepEqual(model.sent.map(({ text, seq }) => [text, seq]), [["abc", 1]]);
  view.dispose();
  mock.timers.reset();
});

test("a front end that tells of a lost kernel is believed, before anything is asked", () => {
  const { model, view } = start();
  view.host.classes.add("jupyter-widgets-disconnected");
  model.fire("comm_live_update");
  assert.match(view.status.textContent, /^The kernel was restarted/);
  assert.equal(view.send("open"), true); // the message itself may still leave
  view.dispose();
  const host = new Node("div");
  host.classes.add("jupyter-widgets-disconnected");
  const later = new Words({ model: new Model({ results: { of: 1, text: "first" } }), el: host }).start();
  assert.match(later.status.textContent, /^No kernel is connected/);
  later.dispose();
});

test("a key of the view's goes no further; one with Ctrl, or while a word is composed, is not the view's", () => {
  const { view } = start();
  const own = press(view.root, "x");
  assert.deepEqual([own.stopped, own.defaultPrevented, view.status.textContent], [true, true, "x pressed"]);
  assert.deepEqual([press(view.root, "y").defaultPrevented, press(view.root, "x", { ctrlKey: true }).stopped], [false, false]);
  assert.equal(press(view.root, "x", { isComposing: true }).stopped, false);
  view.dispose();
});

test("copying that is not allowed shows the text", async () => {
  const { view } = start();
  Object.defineProperty(globalThis, "navigator", { value: { clipboard: { writeText: async () => { throw new Error("no"); } } }, configurable: true });
  document.execCommand = () => false;
  Node.prototype.select = Node.prototype.remove = () => {};
  await view.copy("some text", "citation");
  assert.equal(view.status.textContent, "The browser lets nothing be copied. The citation: some text");
  navigator.clipboard.writeText = async () => {};
  await view.copy("some text", "citation");
  assert.equal(view.status.textContent, "Citation copied");
  view.dispose();
});

test("a view that has ended listens no more", () => {
  const model = new Model({ results: { of: 1, text: "first" } });
  let view;
  class Kept extends Words { constructor(context) { super(context); view = this; } }
  const end = shows(Kept).render({ model, el: new Node("div") });
  end();
  model.write({ results: { of: 2, text: "second" } });
  press(view.root, "x");
  assert.deepEqual(view.drawn, ["first"]);
  assert.notEqual(view.status.textContent, "x pressed");
});
