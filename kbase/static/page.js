// A page of a document as a picture, the passage boxed on it (kbase/widgets/pages.py).
import { button, el, role } from "./base.js";

/** Where a box lies, in percent of the page. */
export function placed([left, top, right, bottom]) {
  const share = (value) => `${(100 * value).toFixed(3)}%`;
  return { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) };
}

/** A picture of a page, in words. */
export function page_words({ number, count, boxes }) {
  const found = boxes.length ? `, the passage is boxed` : `, the passage does not stand on it`;
  return `Page ${number} of ${count}${found}`;
}

/** Draw a picture without an address: nothing is fetched, whatever the page forbids. */
async function paint(canvas, jpeg) {
  const bytes = Uint8Array.from(atob(jpeg), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  canvas.getContext("2d").drawImage(picture, 0, 0);
  picture.close();
}

/** A page to be read. `act.page(number)` turns to another, `act.larger()` makes it larger or smaller. */
export function page_body(page, large, act) {
  const body = role(el("div", "kb-document kb-pagebody"), "group", page_words(page));
  const canvas = role(Object.assign(el("canvas"), { width: page.width, height: page.height }), "img", page_words(page));
  const sheet = el("div", large ? "kb-sheet kb-large" : "kb-sheet", canvas);
  for (const box of page.boxes) Object.assign(sheet.appendChild(el("i", "kb-boxed")).style, placed(box));
  paint(canvas, page.jpeg).catch((error) => sheet.append(el("p", "kb-note", `The picture cannot be shown: ${error.message}`)));
  body.tabIndex = 0;
  body.append(sheet);
  return body;
}

/** What leads to other pages. */
export function page_moves(page, large, act) {
  const turn = (label, name, number) => {
    const one = button("kb-quiet", label, () => act.page(number));
    one.setAttribute("aria-label", name);
    one.disabled = number < 1 || number > page.count;
    return one;
  };
  const zoom = button("kb-quiet kb-zoom", large ? "Smaller" : "Larger", () => act.larger());
  const words = el("span", "", `page ${page.number} of ${page.count}${page.boxes.length ? "" : ": the passage is not on it"}`);
  return el("div", "kb-pagemoves", turn("‹", "The page before", page.number - 1), words, turn("›", "The next page", page.number + 1), zoom);
}
