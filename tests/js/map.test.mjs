import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { default: widget, map_words } = await load("base.js", "map.js");

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("a map in words", () => {
  const map = { points: 4053, kept: 0.123, query: "", marked: [], twins: 0 };
  assert.equal(map_words(map), "4,053 passages · the plane shows 12 % of how they differ");
  assert.equal(map_words({ ...map, query: "cycles", marked: [1, 2], twins: 1 }), "2 hits, 1 near duplicate · 4,053 passages · the plane shows 12 % of how they differ");
});
