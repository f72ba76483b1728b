import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { chunk_at, default: widget, next_remark, way_words } = await load("base.js", "chunks.js");
const chunks = [[0, []], [50, ["short"]], [90, []], [140, ["long"]]].map(([start, remarks]) => ({ start, remarks }));

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("the other column goes to the chunk where the text is", () => {
  assert.deepEqual([0, 49, 50, 139, 999].map((offset) => chunk_at(chunks, offset)), [0, 0, 1, 2, 3]);
});

test("from remark to remark", () => {
  assert.deepEqual([next_remark(chunks, 0, 1), next_remark(chunks, 1, 1), next_remark(chunks, 3, 1), next_remark(chunks, 3, -1)], [1, 3, 3, 1]);
});

test("a way in words", () => {
  assert.equal(way_words({ count: 4, sizes: [3, 10, 20], remarks: { long: 1, table: 2 } }),
    "4 chunks of 3 to 20 tokens, half of them under 10 · 1 longer than the embedder reads · 2 cuts a table");
});
