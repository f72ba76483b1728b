// The chunk lab: one document cut in two ways, borders painted into its text (kbase/widgets/chunks.py).
import { TYPING, View, button, count, dropdown, el, key_hints, number, offer, role, shows, textbox } from "./base.js";

const REMARKS = { long: "longer than the embedder reads", short: "too short", sentence: "cuts a sentence", table: "cuts a table" };
const KEYS = [["/", "find a document"], ["n", ""], ["p", "next, previous remark"]];

// ---------------------------------------------------------------- pure functions

/** What there is to say of a way of cutting, in words. */
export function way_words({ count: all, sizes: [least, middle, most], remarks }) {
  const said = Object.entries(remarks).map(([what, n]) => `${n.toLocaleString("en")} ${REMARKS[what] ?? what}`);
  return [`${count(all, "chunk")} of ${least} to ${most} tokens, half of them under ${middle}`, ...said].join(" · ");
}

/** The chunk in which a character stands, or the last one before it. */
export function chunk_at(chunks, offset) {
  let found = 0;
  chunks.forEach(({ start }, i) => { if (start <= offset) found = i; });
  return found;
}

/** The next chunk with a remark, from one on. */
export function next_remark(chunks, at, by) {
  for (let i = at + by; i >= 0 && i < chunks.length; i += by) if (chunks[i].remarks.length) return i;
  return at;
}

// ---------------------------------------------------------------- the view

class Lab extends View {
  build() {
    this.input = textbox("Find a document");
    this.listen(this.input, "input", () => this.ask({ find: this.input.value }, TYPING));
    this.picker = dropdown("kb-select", "Document", (at) => this.ask({ document: this.results.documents[Number(at)].id, shown: 80 }));
    this.sides = ["first", "second"].map((name) => this.side(name));
    this.measure = button("kb-go", "Measure both on my questions", () => this.measuring());
    this.cost = el("span", "kb-note");
    this.more = button("kb-link kb-longer", "Show more of the document", () => this.ask({ shown: this.results.shown + 80 }));
    this.root.classList.add("kb-lab");
    this.root.append(el("div", "kb-bar", this.input, this.picker), el("div", "kb-line", this.status),
      el("div", "kb-ways", ...this.sides.map(({ node }) => node)), this.more, this.tools = el("div", "kb-line kb-tools", this.measure, this.cost), key_hints(KEYS));
    this.watch("measured", () => this.draw_measured());
  }

  side(name) {
    const box = Object.assign(el("input", "kb-tokens"), { type: "number", min: 16, max: 4096, step: 1 });
    const label = name === "first" ? "Tokens of a chunk, left" : "Tokens of a chunk, right";
    box.setAttribute("aria-label", label);
    this.listen(box, "input", () => box.checkValidity() && box.value && this.ask({ [name]: Number(box.value), shown: 80 }, 400));
    const text = role(el("div", "kb-text"), "group", name === "first" ? "Chunks, left" : "Chunks, right"), words = el("p", "kb-note"), figures = el("p", "kb-figures");
    text.tabIndex = 0;
    const side = { name, box, text, words, figures, at: 0, node: el("section", "kb-way", el("div", "kb-setting", "at most ", box, " tokens"), words, figures, text) };
    side.node.setAttribute("aria-label", name === "first" ? "One way" : "The other way");
    this.listen(text, "scroll", () => this.follow(side));
    return side;
  }

  draw(results) {
    const { documents, ways } = results;
    if (this.input.value !== this.value("find")) this.input.value = this.value("find");
    offer(this.picker, documents.map(({ name }, i) => [String(i), name]));
    this.picker.selectedIndex = documents.findIndex(({ id }) => id === results.document);
    this.sides.forEach((side, i) => this.draw_side(side, ways[i], results));
    this.more.hidden = !ways.some(({ chunks, count: all }) => chunks.length < all);
    this.tools.hidden = !results.can_measure;
    this.cost.textContent = results.cost;
    this.draw_measured();
  }

  summary({ name, found, ways }) {
    if (!ways.length) return "No document is called so";
    return `${name} · ${count(found, "document")} to choose from`;
  }

  draw_side(side, way, results) {
    side.node.hidden = !way;
    side.chunks = way?.chunks ?? [];
    if (!way) return;
    if (document.activeElement !== side.box) side.box.value = String(this.value(side.name));
    side.words.textContent = way_words(way);
    const key = `${results.document} ${way.tokens} ${way.chunks.length}`, top = side.key === key ? side.text.scrollTop : 0;
    side.text.replaceChildren(...way.chunks.map((chunk, i) => this.chunk(chunk, i)));
    side.key = key;
    side.text.scrollTop = top;
  }

  chunk({ text, tokens, remarks, headings }, i) {
    const small = el("div", "kb-border", el("span", "", `${i + 1} · ${count(tokens, "token")}`), ...remarks.map((what) => el("span", "kb-remark", REMARKS[what] ?? what)));
    if (headings.length) small.append(el("span", "kb-under", headings.join(" › ")));
    return el("div", `kb-chunk${remarks.length ? " kb-marked" : ""}${i % 2 ? " kb-odd" : ""}`, small, el("div", "kb-written", text));
  }

  draw_measured() {
    const measured = this.model.get("measured");
    for (const side of this.sides) {
      const found = measured[String(this.results?.[side.name])];
      side.figures.hidden = !found;
      if (found) side.figures.replaceChildren(...found.map(({ measure, mean, low, high }) => el("span", "", el("b", "", `${measure} ${number(mean)}`), ` ${number(low)} to ${number(high)}  `)));
    }
    this.measure.disabled = false;
    if (this.asked_to_measure) this.say("Measured");
    this.asked_to_measure = false;
  }

  measuring() {
    this.measure.disabled = true;
    this.asked_to_measure = true;
    this.say("Measuring: documents are indexed anew beside the knowledge base");
    this.send("measure");
  }

  say(text = "") {
    if (!text && this.model.get("error") && this.measure) {
      this.measure.disabled = false;
      this.asked_to_measure = false;
    }
    super.say(text);
  }

  // ---- both at the same place

  follow(side) {
    if (this.moving === side) {
      this.moving = null;
      return;
    }
    const other = this.sides.find((one) => one !== side), top = side.text.scrollTop;
    const at = [...side.text.children].findIndex((node) => node.offsetTop + node.offsetHeight > top);
    if (at < 0 || !other.chunks.length) return;
    side.at = at;
    const node = other.text.children[chunk_at(other.chunks, side.chunks[at].start)];
    if (!node || Math.abs(other.text.scrollTop - node.offsetTop) < 2) return;
    this.moving = other;
    other.text.scrollTop = node.offsetTop;
  }

  to_remark(by) {
    const side = this.sides.find(({ text }) => text.contains(document.activeElement)) ?? this.sides[0];
    side.at = next_remark(side.chunks, side.at, by);
    const node = side.text.children[side.at];
    if (node) side.text.scrollTop = node.offsetTop;
    this.say(`Chunk ${side.at + 1}: ${side.chunks[side.at]?.remarks.map((what) => REMARKS[what] ?? what).join(", ") || "nothing to say"}`);
  }

  key({ key, target }) {
    if (target === this.input) return key === "Enter" || key === "Escape" ? () => this.sides[0].text.focus() : null;
    if (target.tagName === "SELECT" || target.tagName === "INPUT") return null;
    if (key === "/") return () => this.input.select();
    if (key === "n" || key === "p") return () => this.to_remark(key === "n" ? 1 : -1);
    return null;
  }
}

export default shows(Lab);
