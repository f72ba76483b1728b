// A passage that is open in its document, beside a tree, a table or a list: its title, the text around it, what can be done with it.
import { button, el } from "./base.js";
import { document_body, file_button } from "./pane.js";

/** The pane of a view. The view's model has the trait `opened`; `back` gives what gets the focus when the pane is closed. */
export class OpenedPane {
  constructor(view, label, back) {
    this.view = view;
    this.back = back;
    this.shown = null;
    this.plain = false;
    this.node = el("section", "kb-pane");
    this.node.setAttribute("aria-label", label);
    this.node.hidden = true;
    view.watch("opened", () => this.draw());
  }

  /** Whether the keys are in it. */
  get reading() { return this.node.contains(document.activeElement); }

  draw() {
    const { view, node } = this, opened = view.model.get("opened"), was_reading = this.reading;
    const old = node.querySelector(".kb-document"), same = this.shown && old && this.shown.id === opened.id;
    const top = same && old.scrollTop - this.above(old);
    this.shown = opened.id ? opened : null;
    node.hidden = !this.shown;
    view.root.classList.toggle("kb-opened", Boolean(this.shown));
    if (!this.shown) {
      node.replaceChildren();
      if (was_reading) this.back()?.focus({ preventScroll: true });
      return;
    }
    const body = document_body(opened, this.plain, (where) => view.send("more", { where }));
    node.replaceChildren(this.head(opened), el("div", "kb-place", el("span", "", opened.place)), body, this.foot(opened));
    if (same) body.scrollTop = top + this.above(body);
    else this.scroll(body);
    if (was_reading) body.focus({ preventScroll: true });
  }

  above(body) { return body.querySelector(".kb-span")?.offsetTop ?? 0; }

  scroll(body) {
    const first = body.querySelector(".kb-span");
    if (first) body.scrollTop = first.offsetTop - Math.max(24, (body.clientHeight - first.offsetHeight) / 3);
  }

  head(opened) {
    return el("div", "kb-panehead", el("div", "kb-title", opened.title), button("kb-quiet", "Close", () => this.close()));
  }

  foot(opened) {
    const written = button("kb-quiet", "As written", () => {
      this.plain = !this.plain;
      this.shown = null;
      this.draw();
    });
    written.setAttribute("aria-pressed", String(this.plain));
    const file = file_button(opened, (path) => this.view.copy(path, "path"));
    return el("div", "kb-panefoot", ...[file, button("kb-quiet", "Copy citation", () => this.cite()), written].filter(Boolean));
  }

  close() { this.view.send("close"); }

  cite() {
    const opened = this.shown;
    if (opened) this.view.copy(`${opened.cited}: “${opened.quote}${opened.cut ? " …" : ""}”`, "citation");
  }
}
