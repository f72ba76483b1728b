// The row of tabs of an app (kbase/widgets/app.py).
import { View, button, el, moved, refill, role, shows } from "./base.js";

class Tabs extends View {
  build() {
    this.title = el("b", "kb-name");
    this.about = el("span", "kb-about");
    this.list = role(el("div", "kb-tabs"), "tablist", "Explorers");
    this.root.classList.add("kb-app");
    this.root.append(this.title, this.about, this.list, this.status);
  }

  draw({ title, about, tabs, tab }) {
    this.title.textContent = title;
    this.about.textContent = about;
    const nodes = tabs.map(([name, label]) => {
      const node = role(button("", label, () => this.ask({ tab: name })), "tab");
      node.setAttribute("aria-selected", String(name === tab));
      node.tabIndex = name === tab ? 0 : -1;
      return node;
    });
    refill(this.list, nodes, () => nodes[tabs.findIndex(([name]) => name === tab)]);
  }

  key({ key, target }) {
    const nodes = [...this.list.children], at = nodes.indexOf(target), by = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[key];
    if (at < 0 || by === undefined) return null;
    return () => {
      const to = nodes[moved(at, by, nodes.length)];
      to.focus();
      to.click();
    };
  }
}

export default shows(Tabs);
