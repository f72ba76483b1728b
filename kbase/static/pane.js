// The open hit in its document: what is shown of it, and where it leads.
import { button, count, el, marked, role } from "./base.js";

/** Pieces with levels as nodes: the pieces of the hit, levels 1 and 2, share a frame; 2 and 3 are words that were looked for. */
export function leveled(pieces) {
  const nodes = [];
  let span = null;
  for (const [text, level] of pieces) {
    const node = level > 1 ? el("mark", "", text) : document.createTextNode(text);
    if (level === 0 || level === 3) {
      span = null;
      nodes.push(node);
      continue;
    }
    if (!span) nodes.push(span = el("span", "kb-span"));
    span.append(node);
  }
  return nodes;
}

const LINED = ["code", "table", "row", "record", "front", "links"]; // kinds of blocks that keep their lines

/** A block of a document, as a person reads it. */
function block({ kind, pieces }) {
  const name = kind === "heading" ? "kb-heading" : kind === "item" ? "kb-item" : LINED.includes(kind) ? "kb-lines" : "kb-par";
  return el("div", name, ...leveled(pieces));
}

/** More of the document at one of its ends; plain text where the explorer cannot read on. */
function end_of(opened, where, act) {
  const left = opened[where], side = where === "before" ? "before this" : "after this";
  if (!left) return [];
  if (opened.after === null) return [el("p", "kb-before", `${count(left, "character")} ${side}`)];
  const name = where === "before" ? "Show what stands before" : "Show what comes after";
  return [button(`kb-link kb-end kb-end-${where}`, `${name} (${count(left, "character")})`, () => act(where))];
}

/** The text of an opened document: rendered, or with `plain` as it is written. */
export function document_body(opened, plain, act) {
  const body = role(el("div", "kb-document"), "group", "Document");
  body.tabIndex = 0;
  if (opened.note) body.append(el("p", "kb-note", opened.note));
  if (opened.apart.length) body.append(el("div", "kb-apart", ...marked(opened.apart.map(([text, level]) => [text, level - 1]))));
  const text = plain ? el("div", "kb-around kb-written", ...leveled(opened.pieces)) : el("div", "kb-around", ...opened.blocks.map(block));
  body.append(...end_of(opened, "before", act), text, ...end_of(opened, "after", act));
  return body;
}

// ---------------------------------------------------------------- where the file is

/** A file as JupyterLab names it: its path below the folder that the server serves; empty where it is not below it. */
export function served_path(path, root, home = "") {
  const full = root.startsWith("~") && home ? home + root.slice(1) : root;
  const folder = full.replace(/\/+$/, "");
  if (full === "/") return path.slice(1);
  return folder && !full.startsWith("~") && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : "";
}

/** The folder that JupyterLab serves, as its page says; empty elsewhere. */
function server_root() {
  const settings = document.getElementById("jupyter-config-data");
  try {
    return JSON.parse(settings.textContent).serverRoot ?? "";
  } catch {
    return "";
  }
}

/** What leads to the file: JupyterLab opens it where it can; elsewhere its path is copied. */
export function file_button({ path, home }, copy) {
  if (!path) return null;
  const served = served_path(path, server_root(), home);
  const one = button("kb-quiet", served ? "Open file" : "Copy path", () => served || copy(path));
  if (served) { // JupyterLab runs the command of an element that is clicked
    one.setAttribute("data-commandlinker-command", "docmanager:open");
    one.setAttribute("data-commandlinker-args", JSON.stringify({ path: served }));
  }
  return one;
}
