import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./module.mjs";

const { default: widget, in_time, in_units, joined_rows, plan_words, slices } = await load("base.js", "ingest.js");
const row = (uri, action, size = 0) => ({ uri, action, reason: "", size, nodes: 4 });

test("the files make one module", () => assert.equal(typeof widget.render, "function"));

test("bytes and seconds for people", () => {
  assert.deepEqual([999, 1500, 52_000, 3_200_000, 7e9].map(in_units), ["999 bytes", "1.5 kB", "52 kB", "3.2 MB", "7.0 GB"]);
  assert.deepEqual([0.2, 40, 600, 9000].map(in_time), ["a second", "40 seconds", "10 minutes", "2.5 hours"]);
});

test("a plan in words", () => {
  assert.equal(plan_words({ add: 2, keep: 1200, nodes: 8, bytes: 52_000, seconds: 3 }),
    "2 to add · 1,200 unchanged — to read: 52 kB, about 8 passages and 3 seconds");
  assert.equal(plan_words({}), "nothing was found");
});

test("what is done stands before what waits, and nothing stands there twice", () => {
  const plan = { rows: [row("a", "add", 9), row("b", "add", 9), row("c", "keep")] };
  const words = (progress) => joined_rows(progress, plan).map((one) => `${one.uri} ${one.words}`);
  assert.deepEqual(words({}), ["a to add", "b to add", "c unchanged"]);
  const rows = [{ uri: "b", state: "failed", reason: "x", nodes: 0 }];
  assert.deepEqual(words({ state: "running", rows }), ["b failed", "a waiting"]);
  assert.deepEqual(words({ state: "done", rows }), ["b failed"]);
});

test("a file in slices is the file", async () => {
  const file = new Blob([new Uint8Array([0, 1, 2, 250, 251])]), found = [];
  for await (const one of slices(file, 2)) found.push(one);
  assert.deepEqual(found.map(({ first, last }) => [first, last]), [[true, false], [false, false], [false, true]]);
  assert.deepEqual([...Buffer.concat(found.map(({ data }) => Buffer.from(data, "base64")))], [0, 1, 2, 250, 251]);
  const empty = [];
  for await (const one of slices(new Blob([]))) empty.push(one);
  assert.deepEqual(empty, [{ data: "", first: true, last: true }]);
});
