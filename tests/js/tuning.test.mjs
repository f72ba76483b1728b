import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { curve_points, default: widget, reviewed } = await load("base.js", "compare.js", "tuning.js");

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("a curve fills its box, and what was not measured is left out", () => {
  const curve = [{ step: 0, loss: null }, { step: 10, loss: 4 }, { step: 20, loss: 2 }, { step: 30, loss: 3 }];
  assert.deepEqual(curve_points(curve, "loss", 100, 10), [[0, 0], [50, 10], [100, 5]]);
  assert.deepEqual(curve_points([], "loss", 100, 10), []);
  assert.deepEqual(curve_points([{ step: 5, loss: 1 }], "loss", 100, 10), [[0, 10]]);
});

test("a mark by hand goes before what the tuning says", () => {
  assert.deepEqual(reviewed({ at: 3, kept: true }, { 3: { kept: false, struck: [1] } }), { kept: false, struck: [1] });
  assert.deepEqual(reviewed({ at: 3, kept: true }, { 2: { kept: false } }), { kept: true, struck: [] });
});
