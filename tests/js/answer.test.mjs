import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

class Fake {
  constructor(tag) { Object.assign(this, { tag, children: [], className: "", attributes: {}, listeners: {} }); }
  get classList() {
    const node = this;
    return { toggle(name, on) { if (on) node.className = `${node.className} ${name}`.trim(); }, add(name) { this.toggle(name, true); } };
  }
  append(...nodes) { this.children.push(...nodes); }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(event, act) { this.listeners[event] = act; }
}
globalThis.document = { createTextNode: (data) => ({ data }), createElement: (tag) => new Fake(tag), createElementNS: (space, tag) => new Fake(tag) };
globalThis.getSelection = () => ({ isCollapsed: true });
const { grown, quoted, state_of, default: ask } = await load("base.js", "judge.js", "page.js", "pane.js", "answer.js", "ask.js");
const { way, took, ran, short } = await load("base.js", "route.js");

const shown = (node) => node.data ?? (typeof node === "string" ? node : `<${node.tag}${node.className ? `.${node.className}` : ""}>${node.children.map(shown).join("")}</>`);

test("the files make one module", () => assert.equal(typeof ask.render, "function"));

test("a tree becomes elements of known tags, texts stay texts", () => {
  const nodes = grown([["p", "a ", ["strong", "b"], ["script", "<img>"]]], [], {});
  assert.deepEqual(nodes.map(shown), ["<p>a <strong>b</><span><img></></>"]);
});

test("a mark and what it vouches for lead to the source; without a checked quote both are grey", () => {
  const cited = [], sources = [{ checked: true }, { checked: false }];
  const [claim, mark, doubt] = grown([["claim", [1], "so it is"], ["cite", 1], ["claim", [2, 3], "perhaps"]], sources, { cite: (n) => cited.push(n) });
  claim.listeners.click();
  mark.children[0].listeners.click();
  doubt.listeners.click();
  assert.deepEqual(cited, [1, 1, 2]);
  assert.equal(claim.className, "kb-claim");
  assert.equal(doubt.className, "kb-claim kb-unchecked");
  assert.equal(mark.children[0].attributes["aria-label"], "Source 1");
});

test("pieces of a quote: marked, code, both", () => {
  assert.deepEqual(quoted([["a", 0], ["b", 2], ["c", 1], ["d", 3]]).map(shown), ["a", "<mark>b</>", "<code>c</>", "<mark><code>d</></>"]);
});

test("how sure an answer is, in words", () => {
  const text = (answer) => shown(state_of(answer)).replace(/<[^>]*>/g, "");
  assert.equal(text({ strength: { level: "weak", words: "Weak" } }), "Weak");
  assert.equal(text({ refused: true, strength: { level: "none", words: "none" } }), "Your documents do not seem to answer this");
  assert.equal(text({ strength: null, by_model: true }), "worded by a language model");
});

test("a line goes by its lanes; back it goes around", () => {
  const places = { a: { x: 10, y: 10 }, b: { x: 430, y: 10 } }, box = [150, 40];
  assert.equal(way({ from: "a", to: "b", lanes: [] }, places, box, 10), "M160,30 C200,30 390,30 430,30");
  assert.equal(way({ from: "a", to: "b", lanes: [[220, 80]] }, places, box, 10), "M160,30 C200,30 180,85 220,85 H370 C410,85 390,30 430,30");
  assert.equal(way({ from: "b", to: "a", lanes: [] }, places, box, 10), "M580,30 C620,30 200,30 160,30");
});

test("what ran, in this run and the one before", () => {
  const state = ran({ steps: [{ component: "a" }] }, { steps: [{ component: "a" }, { component: "b" }] });
  assert.deepEqual(["a", "b", "c"].map(state), ["now", "before", ""]);
  assert.equal(ran(null, null)("a"), "");
});

test("seconds and names for people", () => {
  assert.deepEqual([0.0004, 0.05, 2.34].map(took), ["0.4 ms", "50 ms", "2.3 s"]);
  assert.equal(short("a_name_of_many_more_letters"), "a_name_of_many_more…");
});
