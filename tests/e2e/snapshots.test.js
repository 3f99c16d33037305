// Every step in every state, drawn by the real web view from canned snapshots: compared with the pictures that are kept,
// looked at by axe, and laid out without anything running out of the window, also with text of 200 % and at 800 by 600.
// After a change that is meant to be seen: KEEP_SNAPSHOTS=1 node --test snapshots.test.js, and look at what changed.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { PNG } from "pngjs";

import { compare, inside } from "./harness/pictures.js";
import { root } from "./harness/places.js";
import { freePort, Program } from "./harness/processes.js";
import { waitUntil } from "./harness/wait.js";
import { Window } from "./harness/window.js";

const keep = process.env.KEEP_SNAPSHOTS === "1";
const kept = join(root, "tests", "e2e", "snapshots");
const NORMAL = { width: 1080, height: 720 };
/** What is pressed in a state that bears its name. */
const { gestures } = JSON.parse(await readFile(join(root, "ui", "dev", "gestures.json"), "utf8"));
const keys = { palette: ["k", { ctrlKey: true }], keys: ["?", {}] };

test("a picture that differs is noticed, and one that hardly does is not", () => {
  const picture = (shade, line) => {
    const made = new PNG({ width: 400, height: 400 });
    made.data.fill(255);
    for (let y = line; y < line + 8; y++) for (let x = 0; x < 200; x++) made.data.fill(shade, (y * 400 + x) * 4, (y * 400 + x) * 4 + 3);
    return inside.small(made);
  };
  assert.equal(inside.difference(picture(0, 100), picture(0, 100)), 0);
  assert.equal(inside.difference(picture(0, 100), picture(20, 100)), 0);
  assert.ok(inside.difference(picture(0, 100), picture(0, 120)) > 0.004);
});

describe("every step and state", () => {
  let server, home, states, window;
  let address = "";

  before(async () => {
    const port = await freePort();
    server = new Program("vite", process.execPath, [join(root, "ui", "node_modules", "vite", "bin", "vite.js"), "--port", `${port}`, "--strictPort", "--host", "127.0.0.1"], { cwd: join(root, "ui") });
    await server.listening(port);
    address = `http://127.0.0.1:${port}/dev/look.html`;
    home = await mkdtemp(join(tmpdir(), "polar-setup-snapshots-"));
  });

  after(async () => {
    await window?.close();
    await server?.stop();
    await rm(home, { recursive: true, force: true });
  });

  const open = async (theme) => {
    await window?.close();
    const environment = { TZ: "UTC", FONTCONFIG_FILE: join(root, "tests", "e2e", "harness", "fonts.conf") };
    window = await Window.open({ data: join(home, theme), theme, environment });
    await window.session.navigate(`${address}?state=`);
    states ??= await waitUntil("the list of states is there", async () => {
      const names = await window.session.run("return [...document.querySelectorAll('#app a')].map((link) => link.textContent);");
      return names.length > 0 && names;
    });
  };

  /** The page as it is inside the window, whatever the menu above it takes. */
  const setInner = async ({ width, height }) => {
    const inner = () => window.session.run("return [innerWidth, innerHeight];");
    await window.session.setSize(width, height);
    await waitUntil("the window has its size", async () => (await inner())[0] === width);
    const [, got] = await inner();
    if (got !== height) await window.session.setSize(width, height + (height - got));
    await waitUntil("the page has its size", async () => (await inner()).join() === `${width},${height}`);
  };

  const draw = async (state, textSize = "") => {
    await window.session.navigate(`${address}?state=${state}`);
    await waitUntil(`${state} is drawn`, () => window.session.run("return document.querySelector('h1, [role=status]') !== null;"));
    await window.session.run(
      `document.documentElement.style.fontSize = arguments[0];
       const still = document.createElement("style");
       still.textContent = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }";
       document.head.append(still);`,
      textSize,
    );
    for (const id of gestures[state] ?? []) {
      await waitUntil(`"${id}" is there`, () => window.session.run("const it = document.querySelector(`[data-testid=${arguments[0]}]`); it?.click(); return it !== null;", id));
    }
    const [key, held] = keys[state] ?? [];
    if (key) await window.session.run("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true, ...arguments[1] }));", key, held);
    await painted();
  };

  // Letters are loaded and what was asked for is drawn, twice: the first frame may still be the one before.
  const painted = () =>
    window.session.runUntilCalledBack("const done = arguments[arguments.length - 1]; document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));");

  const save = async (folder, state) => {
    const picture = await window.session.screenshot();
    const place = join(root, "build", "screenshots", folder);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${state}.png`), picture);
    return picture;
  };

  const overflowing = () =>
    window.session.run(
      `const found = [];
       if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the window");
       for (const element of document.querySelectorAll("main *, dialog *")) {
         const box = element.getBoundingClientRect();
         const unseen = element.closest(".unseen, [hidden]");
         if (!unseen && box.width > 0 && box.right > innerWidth + 1) found.push("<" + element.localName + " class='" + element.className + "'> runs out of the window");
       }
       return found;`,
    );

  for (const theme of ["light", "dark"]) {
    test(`looks as it did: ${theme}`, async () => {
      await open(theme);
      await setInner(NORMAL);
      const engine = (await window.session.run("return navigator.userAgent;")).match(/Version\/\S+/)?.[0] ?? "";
      const madeBy = join(kept, "made-by.txt");
      if (keep) await mkdir(kept, { recursive: true }).then(() => writeFile(madeBy, `${engine}\n`));
      const sameEngine = (await readFile(madeBy, "utf8").catch(() => "")).trim() === engine;
      const otherwise = [], problems = [];
      for (const state of states) {
        await draw(state);
        const look = async () => compare(await save(`states-${theme}`, state), join(kept, theme, `${state}.png`), keep);
        let wrong = await look();
        // The web view now and then hands over a frame of which it has painted a part only: what is really otherwise stays so.
        for (let again = 0; wrong && again < 3; again += 1) {
          await painted();
          wrong = await look();
        }
        if (wrong) otherwise.push(`${state}: ${wrong}`);
        problems.push(...(await window.accessibilityProblems()).map((problem) => `${state}: ${problem}`), ...(await overflowing()).map((what) => `${state}: ${what}`));
      }
      assert.deepEqual(problems, []);
      // Another version of the web view may draw letters and lines otherwise, and is not wrong for it.
      if (sameEngine) assert.deepEqual(otherwise, [], "look at build/screenshots/index.html; if it is meant so, keep the new pictures (see the head of this file)");
      else console.log(`another web view (${engine}) than the one that drew the pictures: ${otherwise.length} of ${states.length} differ\n${otherwise.join("\n")}`);
    });
  }

  for (const [name, size, textSize] of [["large", NORMAL, "200%"], ["small", { width: 800, height: 600 }, ""]]) {
    test(`can be used ${name === "large" ? "with text of 200 %" : "at 800 by 600"}`, async () => {
      await open("light");
      await setInner(size);
      const problems = [];
      for (const state of states) {
        await draw(state, textSize);
        await save(`states-${name}`, state);
        problems.push(...(await window.accessibilityProblems()).map((problem) => `${state}: ${problem}`), ...(await overflowing()).map((what) => `${state}: ${what}`));
      }
      assert.deepEqual(problems, []);
    });
  }
});
