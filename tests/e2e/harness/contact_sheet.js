// Puts all pictures on one page, build/screenshots/index.html: a look at it is a look at the whole window.
import { readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { root } from "./places.js";

const folder = join(root, "build", "screenshots");
const titles = {
  light: "The built program, as the tests drive it: light",
  dark: "The built program, as the tests drive it: dark",
  "states-light": "Every step and state, with canned data: light",
  "states-dark": "Every step and state, with canned data: dark",
  "states-large": "The same with text of 200 %",
  "states-small": "The same in a window of 800 by 600",
};

const parts = [];
for (const [name, title] of Object.entries(titles)) {
  const files = (await readdir(join(folder, name)).catch(() => [])).filter((file) => file.endsWith(".png")).sort();
  const figures = files.map((file) => `<figure><a href="${name}/${file}"><img loading="lazy" src="${name}/${file}" alt=""></a><figcaption>${basename(file, ".png")}</figcaption></figure>`);
  if (files.length > 0) parts.push(`<h2>${title} (${files.length})</h2>\n<section>${figures.join("\n")}</section>`);
}
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Polar Setup: all pictures</title>
<style>
  body { margin: 2rem; font: 14px/1.4 system-ui, sans-serif; background: #888; color: #111; }
  section { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem; }
  figure { margin: 0; }
  img { width: 100%; display: block; border-radius: 4px; }
  figcaption { padding-top: 0.25rem; }
</style>
<h1>Polar Setup: all pictures</h1>
${parts.join("\n")}
</html>
`;
await writeFile(join(folder, "index.html"), page);
console.log(`All pictures are on one page: ${join("build", "screenshots", "index.html")}`);
