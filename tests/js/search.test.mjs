import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { axis, bar, covered, default: widget, reading } = await load("base.js", "hits.js", "search.js");

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

test("what a retriever said, and how much of the query is covered", () => {
  assert.equal(reading({ score: 9.123, rank: 2 }), " #2 · 9.12");
  assert.equal(reading({ score: 0.612, rank: null }), " not listed · 0.61");
  assert.equal(reading({ score: 0, rank: null }), " not listed");
  assert.equal(covered({ cover: 0.644 }), "covers 64 % of the query");
  assert.equal(covered({ cover: null }), "");
});
