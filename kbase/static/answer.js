// An answer as elements: its text from a tree of known tags, how sure it is, its plan and its sources (kbase/widgets/answers.py).
import { button, count, el, role } from "./base.js";

const TAGS = new Set(["p", "h4", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "strong", "em", "s", "pre", "code", "hr", "br",
  "mark"]);

/** The text of an answer. `sources` are its sources, `act.cite(number)` opens one. */
export function grown(tree, sources, act) {
  return tree.map((branch) => {
    if (typeof branch === "string") return document.createTextNode(branch);
    const [tag, ...rest] = branch;
    if (tag === "cite") return marker(rest[0], sources, act);
    if (tag === "claim") return claim(rest[0], grown(rest.slice(1), sources, act), sources, act);
    const node = el(TAGS.has(tag) ? tag : "span", "", ...grown(rest, sources, act));
    if (tag !== "table") return node;
    const wide = role(el("div", "kb-wide", node), "group", "Table");
    wide.tabIndex = 0; // a wide one scrolls
    return wide;
  });
}

function marker(number, sources, act) {
  const source = sources[number - 1];
  const one = button("kb-cite", String(number), () => act.cite(number));
  one.setAttribute("aria-label", `Source ${number}${source?.checked ? "" : ", not found in the document word for word"}`);
  one.classList.toggle("kb-unchecked", !source?.checked);
  return el("sup", "", one);
}

/** What a mark vouches for: a click leads where the mark leads. Grey, where no quote was found in its document. */
function claim(numbers, children, sources, act) {
  const node = el("span", "kb-claim", ...children);
  node.classList.toggle("kb-unchecked", !numbers.some((number) => sources[number - 1]?.checked));
  node.addEventListener("click", () => getSelection().isCollapsed && act.cite(numbers[0]));
  return node;
}

/** How sure an answer is: a dot and words, what else there is to say, the numbers behind a fold. */
export function state_of(answer, seconds = "") {
  const { strength, refused } = answer, level = refused ? "none" : strength?.level ?? "none";
  const words = refused ? "Your documents do not seem to answer this" : strength?.words ?? "";
  const rest = [answer.by_model ? "worded by a language model" : "", seconds].filter(Boolean).join(" · ");
  const dot = el("i", `kb-dot kb-dot-${["strong", "weak"].includes(level) ? level : "none"}`);
  return el("div", "kb-state", ...(words ? [el("span", "kb-sure", dot, el("b", "", words))] : []), el("span", "", rest));
}

/** Something behind a fold. */
export function fold(title, ...children) {
  return el("details", "kb-fold", el("summary", "", title), ...children);
}

/** Pieces of a quote: level 2 is marked, 1 is code. */
export function quoted(pieces) {
  return pieces.map(([text, level]) => {
    const node = level % 2 ? el("code", "", text) : document.createTextNode(text);
    return level > 1 ? el("mark", "", node) : node;
  });
}

/** A source as a row: number, where it stands, the quote. */
export function source_row(source, act) {
  const open = button("kb-source", "", () => act.cite(source.number));
  const where = [source.place, source.title === source.uri ? "" : source.uri].filter(Boolean).join(" · ");
  open.append(el("span", "kb-number", String(source.number)), el("span", "kb-where", el("b", "kb-title", source.title), " ", el("span", "", where)),
    el("span", "kb-quote", ...quoted(source.pieces)));
  if (!source.checked) open.append(el("span", "kb-unsure", "not found in the document word for word"));
  const row = el("li", source.checked ? "" : "kb-unchecked", open);
  row.dataset.source = String(source.number);
  return row;
}

/** What came near to a question that was refused. */
export function near_row(hit, index, act) {
  const open = button("kb-source", "", () => act.near(index));
  open.append(el("span", "kb-number", "≈"), el("span", "kb-where", el("b", "kb-title", hit.title || hit.uri), " ", el("span", "", hit.title ? hit.uri : "")),
    el("span", "kb-quote", ...quoted(hit.clip.map(([text, found]) => [text, 2 * found]))));
  const row = el("li", "kb-near", open);
  row.dataset.near = String(index);
  return row;
}

/** The answer to one part of a question. */
export function part_row(part) {
  return el("div", "kb-part", el("h4", "", part.question), state_of(part));
}

/** In how many words: sources, or none. */
export function counted(answer) {
  return answer.refused ? "" : count(answer.sources.length, "source");
}
