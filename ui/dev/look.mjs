// Draws every canned state in a real browser, in light and dark and at three sizes, writes the pictures to build/look and
// fails on any finding of axe-core, on text that runs out of the window, and on errors in the console.
// `npm run look [part of a state's name]`; the browser is $CHROMIUM or a chromium on the PATH.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { browserPath } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../build/look");
const only = process.argv[2] ?? "";
const { gestures } = JSON.parse(readFileSync(join(here, "gestures.json"), "utf8"));
const sizes = [
  { name: "1080", width: 1080, height: 720, scale: 1 },
  { name: "800", width: 800, height: 600, scale: 1 },
  // 200 % text: the window zooms, so that half the room is left.
  { name: "200pc", width: 540, height: 360, scale: 2 },
];

/** What is wrong with the page as it is drawn now, one sentence each. */
async function faults(page, axe) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = [];
    const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    for (const violation of result.violations) {
      found.push(`${violation.id}: ${violation.help} (${violation.nodes.map((node) => node.target.join(" ")).join(", ")})`);
    }
    const hasOwnScroll = window.innerWidth >= 800 && document.querySelector(".scroll") !== null;
    if (hasOwnScroll && document.body.scrollHeight > window.innerHeight) found.push("the window scrolls beside the step");
    if (document.documentElement.scrollWidth > window.innerWidth) found.push("the page is wider than the window");
    for (const element of document.querySelectorAll("main *")) {
      const box = element.getBoundingClientRect();
      const unseen = element.classList.contains("unseen") || element.closest(".unseen, [hidden]");
      if (!unseen && box.width > 0 && box.right > window.innerWidth + 1) found.push(`<${element.localName} class="${element.className}"> runs out of the window`);
    }
    return found;
  });
}

const executablePath = browserPath();
if (!executablePath) {
  console.log("look: skipped, because no Chromium is here. Install one, or name it in CHROMIUM.");
  process.exit(0);
}

const { chromium } = await import("playwright-core");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const server = await createServer({ root: join(here, ".."), server: { port: 0, strictPort: false }, logLevel: "error" });
await server.listen();
const address = server.resolvedUrls.local[0];
const { states } = await server.ssrLoadModule("/dev/states.ts");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let drawn = 0;
let failed = 0;
for (const theme of ["light", "dark"]) {
  for (const size of sizes) {
    const context = await browser.newContext({
      viewport: { width: size.width, height: size.height },
      deviceScaleFactor: size.scale,
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const said = [];
    page.on("console", (message) => message.type() === "error" && said.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`error: ${error.message}`));
    for (const name of Object.keys(states).filter((known) => known.includes(only))) {
      said.length = 0;
      await page.goto(`${address}dev/look.html?state=${name}`);
      await page.waitForSelector(name === "opening" ? "[role=status]" : "h1");
      for (const id of gestures[name] ?? []) await page.click(`[data-testid=${id}]`);
      if (name === "live-filled") await page.click("role=tab[name=Signature]");
      if (name === "palette") {
        await page.keyboard.press("Control+k");
        await page.keyboard.type("copy");
      }
      if (name === "keys") await page.keyboard.press("?");
      if (name === "project-filled") await page.click("text=Change >> nth=1");
      await page.screenshot({ path: join(out, `${name}-${theme}-${size.name}.png`) });
      // The whole step, below the window's edge as well.
      if (size.name === "1080") {
        const height = await page.evaluate(() => document.querySelector(".scroll")?.scrollHeight ?? 0);
        await page.setViewportSize({ width: size.width, height: Math.max(size.height, height + 80) });
        if (theme === "light") await page.screenshot({ path: join(out, `${name}-whole.png`) });
        await page.setViewportSize({ width: size.width, height: size.height });
      }
      drawn += 1;
      for (const fault of [...(await faults(page, axe)), ...said]) {
        failed += 1;
        console.error(`${name} ${theme} ${size.name}: ${fault}`);
      }
    }
    await context.close();
  }
}
await browser.close();
await server.close();
console.log(`look: ${drawn} states drawn, ${failed} faults. Pictures are in build/look.`);
process.exit(failed === 0 && drawn > 0 ? 0 : 1);
