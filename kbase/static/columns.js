// The ways of ranking side by side (kbase/widgets/columns.py).
import { button, el, role } from "./base.js";

/** A column for each way; what is the same in several lights up together. `act.open(mode, index)` opens a hit. */
export function columns(arms, act) {
  const root = role(el("div", "kb-columns"), "group", "Ways of ranking, side by side");
  const light = (key) => { for (const one of root.querySelectorAll("[data-key]")) one.toggleAttribute("data-lit", one.dataset.key === key); };
  root.append(...arms.map(({ mode, label, rows }) => {
    const list = el("ol", "", ...rows.map((row, index) => column_row(row, index, () => act.open(mode, index), light)));
    return el("section", "kb-column", el("h4", "", label), rows.length ? list : el("p", "kb-empty", "Nothing found."));
  }));
  root.addEventListener("pointerleave", () => light(null));
  return root;
}

function column_row({ key, title, uri, line, elsewhere }, index, open, light) {
  const one = button("", "", open);
  one.append(el("span", "kb-title", `${index + 1}. ${title}`), el("span", "kb-line-of", line), el("span", "kb-elsewhere", elsewhere.join(" · ") || "nowhere else"));
  one.dataset.key = String(key);
  one.title = uri;
  one.addEventListener("pointerenter", () => light(one.dataset.key));
  one.addEventListener("focus", () => light(one.dataset.key));
  return el("li", "", one);
}
