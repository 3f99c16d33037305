// The program's window as a person would use it: elements are found by data-testid, answers are waited for.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { violations } from "./axe.js";
import { startDisplay } from "./display.js";
import { built, root } from "./places.js";
import { endProcess, freePort, onlyProcess, Program } from "./processes.js";
import { WebDriverError, Session } from "./webdriver.js";
import { waitUntil } from "./wait.js";

/** The size that the design is made for. */
const SIZE = { width: 1080, height: 720 };

export class Window {
  /**
   * Opens the window on a project.
   * @param {{ project?: string, data: string, theme?: "light" | "dark" | null, size?: { width: number, height: number } | null, environment?: object }} options
   *   `data`: where the program keeps its own state; `theme` null: what the desktop says; `size` null: the one that the
   *   program remembers; `environment`: variables besides those of the tests
   */
  static async open({ project, data, theme = "light", size = SIZE, environment = {} }) {
    const display = await startDisplay();
    const [port, nativePort] = [await freePort(), await freePort()];
    const own = {
      DISPLAY: display.name,
      WAYLAND_DISPLAY: "",
      GDK_BACKEND: "x11",
      // WebKitGTK takes `prefers-color-scheme` from the GTK theme.
      ...(theme && { GTK_THEME: theme === "dark" ? "Adwaita:dark" : "Adwaita" }),
      // No graphics card in a virtual display.
      LIBGL_ALWAYS_SOFTWARE: "1",
      // Mesa's software renderer crashes now and then where several threads of the page paint with it.
      WEBKIT_SKIA_ENABLE_CPU_RENDERING: "1",
      POLAR_SETUP_DATA_DIR: data,
      ...environment,
    };
    const driver = new Program("tauri-driver", "tauri-driver", ["--port", `${port}`, "--native-port", `${nativePort}`], {
      env: { ...process.env, ...own },
    });
    const window = new Window(display.program, driver, theme ?? "light", own);
    try {
      await driver.listening(port);
      await driver.listening(nativePort);
      window.session = await Session.open(`http://127.0.0.1:${port}`, built.window, project ? [project] : []);
      window.process = await onlyProcess(project ? [built.window, project] : [built.window]);
      if (size) await window.session.setSize(size.width, size.height);
      return window;
    } catch (error) {
      await window.close();
      throw new Error(`${error.message}\ntauri-driver said:\n${driver.output}`, { cause: error });
    }
  }

  constructor(display, driver, theme, environment) {
    this.display = display;
    this.driver = driver;
    this.theme = theme;
    /** The variables that were set for it. */
    this.environment = environment;
    this.session = null;
    /** The process id of the program. */
    this.process = null;
  }

  async close() {
    await this.session?.close().catch(() => {});
    // The end of the session mostly ends the program, but not always.
    if (this.process) await endProcess(this.process);
    await this.driver.stop();
    await this.display.stop();
  }

  /** The element with this data-testid, or null. */
  byTestId(id) {
    return this.session.find(selectorFor(id));
  }

  /** Waits for an element that can be seen. */
  shown(id, deadline) {
    return waitUntil(`"${id}" is shown`, async () => {
      const element = await this.byTestId(id);
      return element !== null && (await stillThere(this.session.isDisplayed(element))) && element;
    }, deadline);
  }

  /** Waits until it can be clicked, then clicks. */
  async click(id) {
    const refusals = new Set();
    const clicked = waitUntil(`"${id}" can be clicked`, async () => {
      const element = await this.byTestId(id);
      if (element === null || !(await stillThere(this.session.isEnabled(element)))) return false;
      // A button that still waits for its last press takes no other one, and shows that it waits.
      if ((await this.attribute(id, "aria-busy")) === "true") return false;
      return stillThere(this.session.click(element).then(() => true), refusals);
    });
    await clicked.catch((error) => {
      throw new Error(`${error.message}; WebDriver said: ${[...refusals].join(", ") || "nothing"}`);
    });
  }

  /** Types as with a keyboard, in place of what stood there. */
  async type(id, text) {
    const element = await this.shown(id);
    await this.session.clear(element);
    await this.session.sendKeys(element, text);
  }

  /** Chooses the option with this text in a list. */
  async choose(id, text) {
    await this.shown(id);
    const chosen = await this.session.run(
      `const list = document.querySelector(arguments[0]);
       const option = [...list.options].find((one) => one.text === arguments[1]);
       if (!option) return false;
       list.value = option.value;
       return list.dispatchEvent(new Event("change", { bubbles: true }));`,
      selectorFor(id),
      text,
    );
    if (!chosen) throw new Error(`"${id}" has no option "${text}"`);
  }

  async text(id) {
    return this.session.text(await this.shown(id));
  }

  /** Waits until the text of an element matches. The page itself is asked: WebDriver takes rows that are moved to their
   * place in a list that scrolls for hidden ones, and gives no text for them. */
  waitForText(id, pattern, deadline) {
    return waitUntil(`"${id}" says ${pattern}`, async () => {
      const text = await this.session.run("return document.querySelector(arguments[0])?.innerText ?? null;", selectorFor(id));
      return text && pattern.test(text) && text;
    }, deadline);
  }

  /** An attribute or null, as the page has it at this moment. */
  attribute(id, name) {
    return this.session.run(
      "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null;",
      selectorFor(id),
      name,
    );
  }

  /** Waits until an attribute is there, and is `value` when one is given. */
  waitForAttribute(id, name, value, deadline) {
    const what = value === undefined ? `"${id}" has ${name}` : `"${id}" has ${name}="${value}"`;
    return waitUntil(what, async () => {
      const seen = await this.attribute(id, name);
      return value === undefined ? seen !== null && { seen } : seen === value;
    }, deadline);
  }

  /** The ids of all elements whose data-testid begins so. */
  idsBeginningWith(prefix) {
    return this.session.run(
      `return [...document.querySelectorAll("[data-testid^='" + arguments[0] + "']")].map((e) => e.dataset.testid);`,
      prefix,
    );
  }

  /** Goes to a step through the list on the left and waits until it is shown. */
  async goTo(step) {
    await this.click(`step-nav-${step}`);
    await this.atStep(step);
  }

  /** Waits until this step is the one shown. */
  atStep(step) {
    return waitUntil(`the step "${step}" is shown`, () =>
      this.session.run(
        `const item = document.querySelector(arguments[0]);
         return !!item && (item.matches("[aria-current=step]") || !!item.closest("[aria-current=step]") || !!item.querySelector("[aria-current=step]"));`,
        selectorFor(`step-nav-${step}`),
      ),
    );
  }

  /** Keeps a picture of the page as build output: build/screenshots/<theme>/<name>.png. */
  async screenshot(name) {
    await this.#motionEnded();
    const file = join(root, "build", "screenshots", this.theme, `${name}.png`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await this.session.screenshot());
    return file;
  }

  /** What axe finds wrong with the page as it is now, in words. */
  async accessibilityProblems() {
    await this.#motionEnded();
    return violations(this.session);
  }

  /** Waits for transitions, lest a half-faded page is judged. Endless ones (a spinner) are not waited for. */
  #motionEnded() {
    return waitUntil("the page's transitions end", () =>
      this.session.run(
        `return document.getAnimations().every((a) => a.playState !== "running" || a.effect?.getComputedTiming().endTime === Infinity);`,
      ),
    );
  }
}

function selectorFor(id) {
  return `[data-testid="${id}"]`;
}

/** Null in place of an answer when the page has meanwhile drawn the element anew: ask again then. */
async function stillThere(answer, refusals = new Set()) {
  try {
    return await answer;
  } catch (error) {
    const passing = ["stale element reference", "element not interactable", "element click intercepted"];
    if (error instanceof WebDriverError && passing.includes(error.code)) {
      refusals.add(error.message);
      return null;
    }
    throw error;
  }
}
