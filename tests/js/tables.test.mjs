import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { as_lines, default: widget, marks_of, next_sort } = await load("base.js", "tables.js");

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("a column is sorted up, down, and as it stands", () => {
  let way = { sort: null, descending: false };
  const ways = [1, 1, 1, 1, 0].map((column) => (way = next_sort(way, column)));
  assert.deepEqual(ways.map(({ sort, descending }) => [sort, descending]), [[1, false], [1, true], [null, false], [1, false], [0, false]]);
});

test("cells are marked by row and column", () => {
  assert.deepEqual([...marks_of({ cells: [{ row: 3, column: 0 }, { row: 3, column: 12 }] })], ["3 0", "3 12"]);
  assert.equal(marks_of({}).size, 0);
});

test("rows are copied as lines with tabs, whatever is in a cell", () => {
  assert.equal(as_lines({ header: [{ name: "a" }, { name: "b\tc" }], body: [["1", "x\ny"]] }), "a\tb c\n1\tx y");
});
