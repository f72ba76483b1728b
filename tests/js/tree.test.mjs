import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { above, default: widget, next_hit, places } = await load("base.js", "judge.js", "page.js", "pane.js", "tree.js");
const rows = [[1, true, 2], [2, true, 2], [3, null, 0], [3, null, 1], [2, false, 1], [1, null, 1]]
  .map(([level, open, hits], i) => ({ key: `${i}`, level, open, hits }));

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("a row is below the nearest row of a lower level", () => {
  assert.deepEqual(rows.map((_, i) => above(rows, i)), [-1, 0, 1, 1, 0, -1]);
});

test("keys lead from hit to hit and stay at the last", () => {
  assert.deepEqual([next_hit(rows, 0, 1), next_hit(rows, 3, 1), next_hit(rows, 5, 1), next_hit(rows, 5, -1), next_hit(rows, 2, -1)], [3, 5, 5, 3, 2]);
});

test("a screen reader hears which of how many a row is", () => {
  assert.deepEqual(places(rows), [[1, 2], [1, 2], [1, 2], [2, 2], [2, 2], [2, 2]]);
});
