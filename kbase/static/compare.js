// Before and after: measures with their intervals, questions with what they lost and won, two lists as one.
import { button, count, el, number, role } from "./base.js";

// ---------------------------------------------------------------- pure functions

export function signed(value, digits = 3) {
  return value === null || value === undefined ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(digits)}`;
}

/** Where an interval lies on an axis that is the same for all of them and has nought in its middle, in percent. */
export function on_axis(changes) {
  const most = Math.max(1e-9, ...changes.flatMap(({ low, high }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]));
  const at = (value) => 50 + 50 * (value ?? 0) / most;
  return changes.map(({ low, mean, high }) => ({ low: at(low), mean: at(mean), high: at(high) }));
}

/** What became of a place in a list, in words. */
export function moved_words({ before, after }) {
  if (before === null) return "new";
  if (after === null) return `gone, was ${before}`;
  return before === after ? "" : `was ${before}`;
}

// ---------------------------------------------------------------- elements

export function heads(...names) {
  return el("thead", "", el("tr", "", ...names.map((name) => Object.assign(el("th", "", name), { scope: "col" }))));
}

/** Measures, a row each; `pick(measure)` is what a click on one does, null where they are all the same. */
export function measure_table({ changes, measure, before, after }, pick = null) {
  const table = el("table"), places = on_axis(changes);
  table.append(el("caption", "kb-hide", "Measures before and after"), heads("Measure", before, after, "Difference", "95 %", ""),
    el("tbody", "", ...changes.map((change, i) => measure_row(change, places[i], pick && change.measure === measure, pick))));
  return table;
}

function measure_row(change, place, on, pick) {
  const name = pick ? button("kb-quiet", change.measure, () => pick(change.measure)) : change.measure;
  if (pick) name.setAttribute("aria-pressed", String(on));
  const axis = el("div", "kb-axis", el("i"), el("b", change.low > 0 ? "kb-up" : change.high < 0 ? "kb-down" : ""), el("u"));
  Object.assign(axis.children[1].style, { left: `${place.low}%`, width: `${Math.max(1, place.high - place.low)}%` });
  axis.children[2].style.left = `${place.mean}%`;
  axis.setAttribute("aria-hidden", "true");
  const range = el("td", "kb-range", `${signed(change.low)} to ${signed(change.high)}`, axis);
  return el("tr", on ? "kb-on" : "", el("td", "", name), el("td", "kb-n", number(change.before, 3)), el("td", "kb-n", number(change.after, 3)),
    el("td", "kb-n", signed(change.mean)), range, el("td", "kb-verdict", change.words));
}

/** How many questions lost and won, as a strip and in words. */
export function balance_of({ worse, same, better }) {
  const all = worse + same + better || 1;
  const strip = el("div", "kb-split", ...[["down", worse], ["same", same], ["up", better]].map(([name, n]) => {
    const piece = el("i", `kb-${name}`);
    piece.style.width = `${100 * n / all}%`;
    return piece;
  }));
  strip.setAttribute("aria-hidden", "true");
  return [strip, el("span", "", `${worse.toLocaleString("en")} worse · ${same.toLocaleString("en")} the same · ${better.toLocaleString("en")} better`)];
}

/** A question with what it lost or won, as an option. */
export function question_option({ text, before, after, change }) {
  const sign = change < 0 ? "down" : change > 0 ? "up" : "same";
  return el("li", "", el("div", "kb-row", el("span", "kb-name", text), el("span", `kb-change kb-${sign}`, signed(change, 2))),
    el("div", "kb-note", `${number(before)} → ${number(after)}`));
}

/** Two lists as one: what is new, what has moved, what has gone. */
export function both_lists(list, after) {
  const table = el("table");
  const rows = list.map((row) => el("tr", row.after === null ? "kb-gone-row" : row.before === null ? "kb-new-row" : "", el("td", "kb-n", row.after === null ? "–" : String(row.after)),
    el("td", "", row.label), el("td", "kb-note", moved_words(row))));
  table.append(el("caption", "kb-hide", "What was found, after and before"), heads(after, "Found", ""), el("tbody", "", ...rows));
  const region = role(el("div", "kb-lists", table), "region", "Both lists");
  region.tabIndex = 0;
  return region;
}

/** How one way came to its list: each hit with why it has its place, folded away. */
export function trace_of(way, rows) {
  const lines = rows.map(({ label, where, why, sum }) => {
    const line = el("li", "", el("b", "", label), el("div", "kb-note", where), el("div", "kb-note", why));
    line.title = sum;
    return line;
  });
  const list = el("ol", "kb-trace", ...lines), region = el("details", "kb-fold", el("summary", "", `Why ${way} ranked so`), rows.length ? list : el("p", "kb-note", "It found nothing."));
  return region;
}

/** So many of so many questions. */
export function listed_words({ found, all, rows, notes }, one = "question") {
  const shown = rows.length < found ? `${rows.length.toLocaleString("en")} shown of ` : "";
  return [found === all ? count(all, one) : `${shown}${found.toLocaleString("en")} of ${count(all, one)}`, ...notes].join(" · ");
}
