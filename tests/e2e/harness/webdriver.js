// The small part of WebDriver (https://www.w3.org/TR/webdriver2/) that the tests need, over plain fetch.

/** The name under which WebDriver sends an element's reference. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** An error that WebDriver itself answered with, such as `no such element`. */
export class WebDriverError extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** One session: one window of the program. */
export class Session {
  /** Opens the program at `application`. */
  static async open(driver, application, applicationArguments) {
    const capabilities = { alwaysMatch: { "tauri:options": { application, args: applicationArguments } } };
    const { sessionId } = await ask("POST", `${driver}/session`, { capabilities });
    return new Session(`${driver}/session/${sessionId}`);
  }

  constructor(address) {
    this.address = address;
  }

  #ask(method, path, body) {
    return ask(method, this.address + path, body);
  }

  close() {
    return this.#ask("DELETE", "");
  }

  /** Shows another page. */
  navigate(url) {
    return this.#ask("POST", "/url", { url });
  }

  /** Runs the body of a function in the page; `arguments` are what is passed. */
  run(script, ...scriptArguments) {
    return this.#ask("POST", "/execute/sync", { script, args: scriptArguments });
  }

  /**
   * The same for a script that calls its last argument when it is done, and only looks or waits: WebKitWebDriver now and
   * then loses the answer of one ("Could not parse script result"); then it runs once more.
   */
  async runUntilCalledBack(script, ...scriptArguments) {
    const run = () => this.#ask("POST", "/execute/async", { script, args: scriptArguments });
    try {
      return await run();
    } catch (error) {
      if (!error.message.includes("Could not parse script result")) throw error;
      return run();
    }
  }

  /** The element for a CSS selector, or null. */
  async find(selector) {
    try {
      const found = await this.#ask("POST", "/element", { using: "css selector", value: selector });
      return found[ELEMENT];
    } catch (error) {
      if (error.code === "no such element") return null;
      throw error;
    }
  }

  click(element) {
    return this.#ask("POST", `/element/${element}/click`, {});
  }

  clear(element) {
    return this.#ask("POST", `/element/${element}/clear`, {});
  }

  sendKeys(element, text) {
    return this.#ask("POST", `/element/${element}/value`, { text });
  }

  /** Presses keys as a person does: they go to what has the focus. `held` stays down meanwhile. */
  press(key, held) {
    const down = (value) => ({ type: "keyDown", value });
    const up = (value) => ({ type: "keyUp", value });
    const actions = [...(held ? [down(held)] : []), down(key), up(key), ...(held ? [up(held)] : [])];
    return ask("POST", `${this.address}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  text(element) {
    return this.#ask("GET", `/element/${element}/text`);
  }

  isDisplayed(element) {
    return this.#ask("GET", `/element/${element}/displayed`);
  }

  isEnabled(element) {
    return this.#ask("GET", `/element/${element}/enabled`);
  }

  setSize(width, height) {
    return this.#ask("POST", "/window/rect", { width, height });
  }

  /** The page as a PNG. */
  async screenshot() {
    return Buffer.from(await this.#ask("GET", "/screenshot"), "base64");
  }
}

async function ask(method, address, body) {
  const response = await fetch(address, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  let value;
  try {
    ({ value } = JSON.parse(text));
  } catch {
    throw new WebDriverError("unreadable answer", `${response.status} ${text}`);
  }
  if (value?.error) throw new WebDriverError(value.error, value.message);
  if (!response.ok) throw new WebDriverError("refused", `${response.status} ${text}`);
  return value;
}
