import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { default: widget, moved_words, on_axis, signed } = await load("base.js", "compare.js", "evaluation.js");

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("a difference has a sign", () => {
  assert.deepEqual([0.1234, -0.5, 0, null].map((value) => signed(value, 2)), ["+0.12", "−0.50", "±0.00", "–"]);
});

test("intervals share an axis with nought in its middle", () => {
  const [wide, narrow] = on_axis([{ low: -0.4, mean: -0.1, high: 0.2 }, { low: 0.1, mean: 0.2, high: 0.3 }]);
  assert.deepEqual([wide.low, narrow.mean], [0, 75]);
  assert.deepEqual(on_axis([{ low: null, mean: null, high: null }]), [{ low: 50, mean: 50, high: 50 }]);
});

test("what became of a place", () => {
  assert.deepEqual([[1, 1], [3, 1], [null, 2], [4, null]].map(([before, after]) => moved_words({ before, after })),
    ["", "was 3", "new", "gone, was 4"]);
});
