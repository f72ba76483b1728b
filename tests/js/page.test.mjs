import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { next_right, page_words, placed } = await load("base.js", "judge.js", "page.js");

test("a box lies where its share of the page says", () => {
  assert.deepEqual(placed([0.1, 0.25, 0.6, 0.3]), { left: "10.000%", top: "25.000%", width: "50.000%", height: "5.000%" });
});

test("a page in words", () => {
  assert.equal(page_words({ number: 2, count: 9, boxes: [[0, 0, 1, 1]] }), "Page 2 of 9, the passage is boxed");
  assert.equal(page_words({ number: 2, count: 9, boxes: [] }), "Page 2 of 9, the passage does not stand on it");
});

test("the same again takes a judgement back", () => {
  assert.deepEqual([next_right(undefined, 1), next_right(1, 1), next_right(1, -1), next_right(0, -1)], [1, 0, -1, -1]);
});
