import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const source = readFileSync(new URL("../../kbase/static/search.js", import.meta.url));
const { Line, axis, bar, count, moved, number } = await import(`data:text/javascript;base64,${source.toString("base64")}`);

const hit = (...contributions) => ({ parts: contributions.map((contribution, i) => ({ name: `p${i}`, contribution })) });
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("one request is under way; of those asked meanwhile only the newest is sent", () => {
  const sent = [], line = new Line((request) => sent.push(`${request.seq}${request.query}`));
  line.ask({ query: "a" });
  for (const query of ["ab", "abc", "abcd"]) line.ask({ query });
  assert.deepEqual(sent, ["1a"]);
  assert.equal(line.answer(1), false); // typed over: not shown
  assert.deepEqual(sent, ["1a", "2abcd"]);
  assert.equal(line.answer(2), true);
  assert.equal(line.busy, false);
});

test("an answer that comes twice, too late or from nowhere is not shown", () => {
  const line = new Line(() => {});
  line.ask({});
  assert.equal(line.answer(7), false);
  assert.equal(line.answer(1), true);
  assert.equal(line.answer(1), false);
  line.ask({});
  line.give_up();
  assert.equal(line.busy, false);
  line.ask({});
  assert.equal(line.answer(2), false); // the lost one turns up after all
  assert.equal(line.busy, true);
  assert.equal(line.answer(3), true);
});

test("giving up sends what waits", () => {
  const sent = [], line = new Line((request) => sent.push(request.seq));
  line.ask({});
  line.ask({});
  line.give_up();
  assert.deepEqual(sent, [1, 2]);
});

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

test("numbers and moves", () => {
  assert.equal(number(null), "–");
  assert.equal(number(1.005 * 2), "2.01");
  assert.equal(count(1, "hit"), "1 hit");
  assert.equal(count(1234, "hit"), "1,234 hits");
  assert.equal(moved(0, -1, 3), 0);
  assert.equal(moved(0, Infinity, 3), 2);
  assert.equal(moved(-1, 1, 0), -1);
});
