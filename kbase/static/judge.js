// Useful, or not: two buttons (kbase/widgets/judging.py).
import { button } from "./base.js";

const SAID = [["Useful", 1], ["Not useful", -1]];

/** What is to be said when somebody says it: the same again takes it back. */
export function next_right(said, wanted) {
  return said === wanted ? 0 : wanted;
}

/** Two buttons, the one pressed that was said; `act(right)` says 1, -1, or 0. `make` makes a button. */
export function judge_buttons(said, name, act, make = button) {
  return SAID.map(([label, right]) => {
    const one = make(`${name} kb-judge`, label, () => act(next_right(said, right)));
    one.toggleAttribute("data-said", said === right);
    if (make === button) one.setAttribute("aria-pressed", String(said === right));
    return one;
  });
}
