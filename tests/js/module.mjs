// The files of kbase/static joined as `kbase.widgets.base.module` joins them, and imported: what the browser gets.
import { readFileSync } from "node:fs";

export function read(...names) {
  const text = names.map((name) => readFileSync(new URL(`../../kbase/static/${name}`, import.meta.url), "utf8"));
  return text.join("\n").replace(/^import \{[^}]*\} from "\.\/[\w.-]+";\n?/gm, "");
}

export function load(...names) {
  return import(`data:text/javascript;base64,${Buffer.from(read(...names)).toString("base64")}`);
}
