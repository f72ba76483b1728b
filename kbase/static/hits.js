// A hit as one option of a list: where it stands, an excerpt, and the sum behind its place.
import { button, el, marked, number } from "./base.js";

const LABELS = { bm25: "BM25", dense: "cosine" }; // what a retriever's score is called

/** The axis that the bars of a list share: from the most negative sum to the most positive. */
export function axis(hits) {
  let low = 0, high = 0;
  for (const hit of hits) {
    const sum = (sign) => Object.values(hit.parts).reduce((total, part) => total + Math.max(0, sign * (part.contribution ?? 0)), 0);
    low = Math.min(low, -sum(-1));
    high = Math.max(high, sum(1));
  }
  return { low, high };
}

/** Where the parts of a bar lie, in percent of the axis: positive ones stacked to the right of zero, negative ones to the left. */
export function bar(parts, { low, high }) {
  const range = high - low || 1;
  let right = 0, left = 0;
  return Object.entries(parts).filter(([, part]) => part.contribution).map(([name, part]) => {
    const size = Math.abs(part.contribution);
    const from = part.contribution > 0 ? right : left - size;
    if (part.contribution > 0) right += size;
    else left -= size;
    return { name, start: 100 * (from - low) / range, width: 100 * size / range };
  });
}

/** What a retriever said: its rank and its score, unscaled; a score of 0 from a list without the hit says nothing. */
export function reading(part) {
  const rank = part.rank ? ` #${part.rank}` : " not listed";
  return part.score === null || (!part.rank && !part.score) ? rank : `${rank} · ${number(part.score)}`;
}

/** The share of the query that a hit's words cover, weighted by how rare they are; empty where no word was looked up. */
export function covered({ cover }) {
  return cover === null || cover === undefined ? "" : `covers ${Math.round(100 * cover)} % of the query`;
}

function series(name) {
  return Object.hasOwn(LABELS, name) ? `kb-is-${name}` : "kb-is-other";
}

function strip(parts, scale) {
  const node = el("div", "kb-strip");
  for (const { name, start, width } of bar(parts, scale)) {
    const piece = el("span", series(name));
    Object.assign(piece.style, { left: `${start}%`, width: `${width}%` });
    node.append(piece);
  }
  if (scale.low < 0) {
    const zero = el("i");
    zero.style.left = `${-100 * scale.low / (scale.high - scale.low)}%`;
    node.append(zero);
  }
  return node;
}

function place(hit) {
  const node = el("div", "kb-place", el("span", hit.verbatim ? "kb-kind" : "kb-kind kb-kind-apart", hit.kind), el("span", "", hit.uri));
  const rest = [hit.page ? `page ${hit.page}` : "", hit.headings.join(" › "), hit.language];
  node.append(...rest.filter(Boolean).map((text) => el("span", "", text)));
  return node;
}

function sum(hit, scale) {
  const parts = Object.entries(hit.parts).map(([name, part]) =>
    el("span", `kb-part ${series(name)}`, el("b", "", LABELS[name] ?? name), reading(part)));
  return el("div", "kb-sum", strip(hit.parts, scale), ...parts, el("span", "kb-cover", covered(hit)));
}

/** The text of a hit: an excerpt, or the whole. */
export function clip(hit, whole, toggle) {
  if (!hit.clip) return marked(hit.pieces);
  const pieces = marked(whole ? hit.pieces : hit.clip.pieces);
  if (!whole && hit.clip.before) pieces.unshift("… ");
  if (!whole && hit.clip.after) pieces.push(" …");
  if (whole && hit.cut) pieces.push(" … the rest is in the document");
  const more = button("kb-more", whole ? "less" : "more", (event) => {
    event.stopPropagation();
    toggle(event.currentTarget.closest("[role=option]"));
  });
  more.tabIndex = -1; // a key does the same
  more.setAttribute("aria-hidden", "true");
  return [...pieces, " ", more];
}

/** A hit as an option; `toggle` shows more or less of the text of an option. */
export function hit_option(hit, i, scale, id, toggle) {
  const title = el("span", "kb-title", hit.title || hit.uri), text = el("div", "kb-text", ...clip(hit, false, toggle));
  title.id = `${id}-${i}-title`;
  text.id = `${id}-${i}-text`;
  const head = el("div", "kb-head", el("span", "kb-rank", String(i + 1)), title, el("span", "kb-score", number(hit.score)));
  const option = el("li", "", head, place(hit), text, sum(hit, scale), el("div", "kb-why", hit.why));
  option.setAttribute("aria-labelledby", title.id);
  option.setAttribute("aria-describedby", text.id);
  return option;
}
