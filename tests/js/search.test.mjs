import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

globalThis.document = { createTextNode: (data) => ({ data }), createElement: (tag) => ({
  tag, children: [], append(...nodes) { this.children.push(...nodes); } }) };
const { axis, bar, default: widget, leveled, served_path } = await load("base.js", "judge.js", "hits.js", "page.js", "pane.js", "search.js");

const hit = (...contributions) => ({ parts: Object.fromEntries(contributions.map((contribution, i) => [`p${i}`, { contribution }])) });
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("bars share an axis, stack to the right and fall to the left of zero", () => {
  const hits = [hit(0.6, 0.4), hit(0.5, -0.25)], scale = axis(hits);
  assert.deepEqual(scale, { low: -0.25, high: 1 });
  const [words, meaning] = bar(hits[0].parts, scale);
  near(words.start, 20);
  near(words.start + words.width, meaning.start);
  near(meaning.start + meaning.width, 100);
  const [, below] = bar(hits[1].parts, scale);
  near(below.start, 0);
  near(below.width, 20);
});

test("bars of nothing", () => {
  assert.deepEqual(axis([]), { low: 0, high: 0 });
  assert.deepEqual(bar(hit(0, null).parts, { low: 0, high: 0 }), []);
});

test("a full bar is the same for every list", () => {
  assert.equal(axis([hit(0.5)], 2.5).high, 2.5);
  assert.equal(axis([hit(3)], 2.5).high, 3); // another stage added to it
  const [weak] = bar(hit(0.25).parts, axis([hit(0.25)], 2.5));
  near(weak.width, 10);
});

test("the pieces of a hit share a frame, words are marked in it and around it", () => {
  const shown = (node) => node.data ?? `<${node.tag} ${node.children.map((child) => child.data ?? (child.tag ? shown(child) : child)).join("")}>`;
  assert.deepEqual(leveled([["a ", 0], ["hit ", 1], ["word", 2], [".", 1], [" b ", 0], ["word", 3]]).map(shown),
    ["a ", "<span hit <mark word>.>", " b ", "<mark word>"]);
});

test("a file is named as JupyterLab names it", () => {
  assert.equal(served_path("/home/ada/work/papers/a.md", "/home/ada/work"), "papers/a.md");
  assert.equal(served_path("/home/ada/work/papers/a.md", "~/work", "/home/ada"), "papers/a.md");
  assert.equal(served_path("/srv/a.md", "/home/ada/work"), "");
  assert.equal(served_path("/home/ada/work2/a.md", "/home/ada/work"), ""); // no folder of its name
  assert.equal(served_path("/home/ada/a.md", "~"), ""); // whose home that is nobody said
  assert.equal(served_path("/srv/a.md", "/"), "srv/a.md");
  assert.equal(served_path("/a.md", ""), "");
});
