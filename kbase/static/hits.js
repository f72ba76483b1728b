// A hit as one option of a list: where it stands, an excerpt, and the readings behind its place.
import { clickable, el, marked } from "./base.js";
import { judge_buttons } from "./judge.js";

const SERIES = ["bm25", "dense"]; // that have a colour of their own

/** The axis that the bars of a list share: up to a sum that is the same for every list, and down to the most negative one. */
export function axis(hits, full = 0) {
  let low = 0, high = full;
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

function series(name) {
  return SERIES.includes(name) ? `kb-is-${name}` : "kb-is-other";
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

/** Where in its document a hit stands: kind where it is no passage, headings, page. */
function place(hit) {
  const headings = hit.headings.filter((heading) => heading !== hit.title).join(" › ");
  const rest = [headings, hit.page ? `page ${hit.page}` : "", hit.gone ? "the file is gone" : ""].filter(Boolean).map((text) => el("span", "", text));
  if (!hit.verbatim) rest.unshift(el("span", "kb-kind", hit.kind));
  return el("div", "kb-place", ...rest);
}

/** The text of a hit: the lines around what was found, or the whole. */
export function clip(hit, whole) {
  const pieces = marked(whole && hit.plain || hit.clip);
  if (whole && hit.cut) pieces.push(" … the rest is in the document");
  return pieces;
}

/** The readings behind a hit's place, in a line; the whole sum stands behind “why”. */
function reasons(hit, scale, act) {
  const line = el("div", "kb-sum", strip(hit.parts, scale), el("span", "kb-brief", hit.brief));
  const add = (name, label, action) => line.append(clickable(name, label, (event) => act[action](event.currentTarget.closest("[role=option]"))));
  add("kb-link kb-whybutton", "why", "why");
  line.append(el("span", "kb-why", hit.why));
  if (hit.plain) add("kb-link kb-more", "more", "more");
  add("kb-link kb-here", "", "open");
  line.lastChild.hidden = true; // until it is counted
  add("kb-link kb-like", "more like this", "like");
  line.append(el("span", "kb-judging"));
  return line;
}

/** What was said of a hit: two buttons, or none where nobody keeps it. */
export function judge_option(option, right, judge) {
  const place = option.querySelector(".kb-judging");
  place.replaceChildren(...(judge ? judge_buttons(right, "kb-link", judge, clickable) : []));
  place.toggleAttribute("data-said", Boolean(right));
}

/** A hit as an option; `act.more` and `act.why` show more of it, `act.open` opens it, `act.like` looks for more of its kind. */
export function hit_option(hit, i, scale, id, act) {
  const title = el("span", "kb-title", hit.title || hit.uri), text = el("div", "kb-text", ...clip(hit, false));
  title.id = `${id}-${i}-title`;
  text.id = `${id}-${i}-text`;
  const head = el("div", "kb-head", title, el("span", "kb-uri", hit.title && hit.title !== hit.uri ? hit.uri : ""));
  const option = el("li", hit.weak ? "kb-weak" : "", head, place(hit), text, reasons(hit, scale, act));
  option.setAttribute("aria-labelledby", title.id);
  option.setAttribute("aria-describedby", text.id);
  return option;
}
