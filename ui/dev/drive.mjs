// Drives the built window as a person would, under the content security policy of the app, with Tauri's side played by a
// recorder: what the window asks of Rust, that a token leaves no trace in the page, and where the focus goes.
// `npm run drive`; without a Chromium every test is skipped.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { browserPath } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const policy = "default-src 'self'; style-src 'self'; img-src 'self' data:";
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const executablePath = browserPath();
const skip = executablePath ? false : "no Chromium is here; install one, or name it in CHROMIUM";

let vite, http, browser, states, searches, catalogue, address, page;
let violations = [];

before(async () => {
  if (skip) return;
  vite = await createServer({ root: join(here, ".."), server: { middlewareMode: true }, logLevel: "error" });
  ({ states } = await vite.ssrLoadModule("/dev/states.ts"));
  ({ cannedSearches: searches } = await vite.ssrLoadModule("/dev/diagnosis.ts"));
  catalogue = JSON.parse(await readFile(join(here, "../../src-tauri/core/src/polar/events.json"), "utf8"));
  http = createHttpServer(async (request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    try {
      const body = await readFile(join(here, "../dist", path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream", "content-security-policy": policy });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => http.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${http.address().port}/`;
  const { chromium } = await import("playwright-core");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterEach(async () => {
  await page?.context().close();
  page = undefined;
});

after(async () => {
  await browser?.close();
  await vite?.close();
  http?.close();
});

/** Opens the window on a canned state. `window.asked` holds every intent; `window.show` sends another snapshot, a newer one by itself. */
async function open(state) {
  const context = await browser.newContext({ viewport: { width: 1080, height: 720 } });
  page = await context.newPage();
  page.setDefaultTimeout(5000);
  violations = [];
  page.on("console", (message) => message.type() === "error" && !message.text().includes("404") && violations.push(message.text()));
  page.on("pageerror", (error) => violations.push(error.message));
  await page.addInitScript(
    ([view, known]) => {
      const callbacks = new Map();
      let sent = 0;
      let channel;
      window.asked = [];
      window.refuse = null;
      /** What a command answers, by its name; a function is called. */
      window.answers = { deliveries: { revision: 0, total: 0, kept: 0, dropped: 0, rows_in_all: 0, offset: 0, rows: [], events: [] } };
      window.show = (change, later = 1) => {
        const next = { ...view, ...change, revision: view.revision + later };
        if (later > 0) view = next;
        callbacks.get(channel)({ index: sent++, message: next });
      };
      window.__TAURI_INTERNALS__ = {
        transformCallback: (callback) => {
          callbacks.set(callbacks.size + 1, callback);
          return callbacks.size;
        },
        unregisterCallback: (id) => callbacks.delete(id),
        invoke: async (command, args) => {
          if (command === "subscribe") {
            channel = args.channel.id;
            callbacks.get(channel)({ index: sent++, message: view });
            return;
          }
          if (command === "catalogue") return known;
          if (command === "hear") return;
          window.asked.push([command, args]);
          if (window.refuse) throw window.refuse;
          const answer = window.answers[command];
          if (answer !== undefined) return typeof answer === "function" ? answer(args) : answer;
          if (command === "go_to") window.show({ step: args.step });
          if (command === "set_events") window.show({ webhook: { ...view.webhook, events: args.events, preset: null } });
        },
      };
    },
    [states[state], catalogue],
  );
  await page.goto(address);
  await page.waitForSelector("h1");
}

const asked = () => page.evaluate(() => window.asked);
const at = (id) => page.getByTestId(id);

test("the window is drawn under the policy, and every step can be opened from the list", { skip }, async () => {
  await open("project-empty");
  for (const step of ["token", "webhook", "public_url", "verify", "live", "project"]) {
    await at(`step-nav-${step}`).click();
    await page.waitForSelector(`[data-testid=step-nav-${step}][aria-current=step]`);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "step-heading", step);
  }
  assert.deepEqual(violations, []);
});

test("Continue and Back move by one step", { skip }, async () => {
  await open("project-filled");
  await at("continue").click();
  await at("environment-sandbox").waitFor();
  await at("back").click();
  await at("choose-folder").waitFor();
  assert.deepEqual(await asked(), [
    ["go_to", { step: "token" }],
    ["go_to", { step: "project" }],
  ]);
});

test("a token is sent once and leaves nothing in the page", { skip }, async () => {
  await open("token-empty");
  await at("token-input").fill("polar_oat_typed");
  await at("token-submit").click();
  assert.deepEqual(await asked(), [["submit_token", { token: "polar_oat_typed" }]]);
  assert.equal(await at("token-input").inputValue(), "");
  assert.equal((await page.content()).includes("polar_oat_typed"), false);
});

test("a pasted token is sent without a click", { skip }, async () => {
  await open("token-empty");
  await at("token-input").focus();
  await at("token-input").evaluate((input) => {
    // What a browser does on a paste: the event, then the text.
    input.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
    input.value = "polar_oat_pasted";
  });
  await page.waitForFunction(() => window.asked.length > 0);
  assert.deepEqual(await asked(), [["submit_token", { token: "polar_oat_pasted" }]]);
  assert.equal(await at("token-input").inputValue(), "");
});

test("two quick clicks on events are both kept", { skip }, async () => {
  await open("webhook-chat");
  await page.evaluate(() => {
    document.querySelector("[data-testid='event-order.paid']").click();
    document.querySelector("[data-testid='event-checkout.created']").click();
  });
  await page.waitForFunction(() => window.asked.length === 2);
  assert.deepEqual((await asked()).at(-1), ["set_events", { events: ["checkout.created", "order.paid"] }]);
});

test("a search narrows the events, and a group takes only what is shown", { skip }, async () => {
  await open("webhook-chat");
  await at("event-search").fill("cycled");
  await at("event-checkout.created").waitFor({ state: "detached" });
  await page.locator("legend input").first().click();
  assert.deepEqual(await asked(), [["set_events", { events: ["subscription.cycled"] }]]);
});

test("a refused intent is shown as an alert that can be dismissed, and a refused choice goes back", { skip }, async () => {
  await open("token-empty");
  await page.evaluate(() => (window.refuse = { code: "busy", message: "Write and verify is running. Cancel it first." }));
  await at("environment-production").click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.textContent(), /Cancel it first/);
  assert.equal(await at("environment-sandbox").isChecked(), true);
  await alert.getByRole("button").click();
  assert.equal(await alert.count(), 0);
});

test("typing in a field is sent after a pause, and at once on leaving it", { skip }, async () => {
  await open("webhook-filled");
  await at("endpoint-name").fill("shop");
  await at("endpoint-name").blur();
  assert.deepEqual(await asked(), [["set_endpoint_name", { name: "shop" }]]);
  assert.equal(await at("endpoint-name").inputValue(), "my-shop (Polar Setup)", "then Rust's word counts");
});

test("a port that is none is refused before it is sent", { skip }, async () => {
  await open("project-filled");
  await page.getByRole("button", { name: "Change the app port" }).click();
  await page.getByRole("textbox", { name: "App port" }).fill("70000");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "App port" }).fill("8080");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor({ state: "detached" });
  assert.deepEqual(await asked(), [["set_project_details", { route: null, port: 8080, envFile: null }]]);
});

test("the focus is not lost when the pressed button goes away", { skip }, async () => {
  await open("verify-preview");
  await at("apply").focus();
  await page.keyboard.press("Enter");
  await page.evaluate((apply) => window.show({ apply }), states["verify-running"].apply);
  await at("apply-cancel").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "step-heading");
});

test("an older snapshot does not replace a newer one", { skip }, async () => {
  await open("live-filled");
  await page.evaluate(() => {
    window.show({ step: "project" });
    window.show({ step: "verify" }, -5);
    window.show({ live: { receiving: false, forward_to: null, app_running: null, total: 0, deliveries: [] } }, -5);
  });
  await at("choose-folder").waitFor();
  assert.equal(await at("apply").count(), 0);
});

test("a body that looks like markup stays text", { skip }, async () => {
  await open("live-filled");
  await page.evaluate((delivery) => {
    const body = "<img src=x onerror=\"window.harmed = true\">";
    window.show({ live: { receiving: true, forward_to: null, app_running: null, total: 1, deliveries: [{ ...delivery, number: 99, body, event_type: body }] } });
  }, states["live-filled"].live.deliveries[0]);
  await at("delivery-99").locator("summary").click();
  assert.match(await at("delivery-99").locator("pre").textContent(), /<img src=x/);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
});

/** Opens the diagnosis of a canned search; `mends` is what the button's command does. */
async function diagnose(name, mends = () => undefined) {
  await open("webhook-filled");
  await page.evaluate(
    ([finds, source]) => {
      let searched = 0;
      window.answers.diagnose = () => finds[Math.min(searched++, finds.length - 1)] ?? new Promise(() => {});
      window.answers.mend_cause = new Function(`return (${source})()`);
      window.answers.redeliver_missed = 3;
    },
    [searches[name].finds, mends.toString()],
  );
  await at("diagnose").focus();
  await page.keyboard.press("Enter");
  await at("diagnosis").waitFor();
}

const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.localName);

test("a cause is mended by its button, looked at again, and what changed is said", { skip }, async () => {
  await diagnose("diagnosis-mended");
  await at("mend-endpoint_disabled").click();
  await at("change-endpoint_disabled").waitFor();
  assert.equal(await at("change-endpoint_disabled").getAttribute("data-change"), "mended");
  assert.equal(await at("verdict").getAttribute("data-verdict"), "healthy");
  assert.equal(await focused(), "diagnosis-close", "the button that was pressed is gone");
  await at("redeliver-missed").click();
  await at("redelivered").waitFor();
  assert.deepEqual(await asked(), [["diagnose", {}], ["mend_cause", { cause: "endpoint_disabled" }], ["diagnose", {}], ["redeliver_missed", {}]]);
  await page.keyboard.press("Escape");
  await at("diagnosis").waitFor({ state: "detached" });
  assert.equal(await focused(), "diagnose");
  assert.deepEqual(violations, []);
});

test("a button's work that fails says so in its place, and nothing is looked at", { skip }, async () => {
  await diagnose("diagnosis", () => Promise.reject({ code: "invalid", message: "Polar refuses it." }));
  await at("mend-secret_wrong").click();
  await at("cause-secret_wrong").getByRole("alert").waitFor();
  assert.match(await at("mend-problem").textContent(), /Polar refuses it\./);
  assert.equal(await focused(), "mend-secret_wrong");
  assert.equal((await asked()).filter(([command]) => command === "diagnose").length, 1);
});

test("while one button works no other one can be pressed, and closing loses no failure", { skip }, async () => {
  await diagnose("diagnosis", () => new Promise((_, reject) => (window.failNow = () => reject({ code: "invalid", message: "Polar refuses it." }))));
  await at("mend-endpoint_disabled").click();
  await at("mending").waitFor();
  assert.equal(await at("mend-secret_wrong").isDisabled(), true);
  assert.equal(await at("diagnosis-again").isDisabled(), true);
  await at("diagnosis-close").click();
  await at("diagnosis").waitFor({ state: "detached" });
  await page.evaluate(() => window.failNow());
  assert.match(await page.getByRole("alert").textContent(), /Polar refuses it\./);
});

test("what goes on at Write and verify closes the diagnosis", { skip }, async () => {
  await diagnose("diagnosis-missing");
  await at("mend-endpoint_missing").click();
  await at("diagnosis").waitFor({ state: "detached" });
  assert.deepEqual((await asked()).map(([command]) => command), ["diagnose", "mend_cause"]);
});

test("Escape ends a search", { skip }, async () => {
  await diagnose("diagnosis-looking");
  await at("looking").waitFor();
  assert.equal(await focused(), "diagnosis-close");
  await page.keyboard.press("Escape");
  await at("diagnosis").waitFor({ state: "detached" });
  assert.deepEqual(await asked(), [["diagnose", {}], ["cancel_diagnosis", {}]]);
});

test("in production nothing on Polar is changed by one press", { skip }, async () => {
  await diagnose("diagnosis-one");
  await page.evaluate((account) => window.show({ account: { ...account, environment: "production" } }), states["webhook-filled"].account);
  await at("mend-endpoint_disabled").click();
  await at("production-question").waitFor();
  assert.deepEqual((await asked()).map(([command]) => command), ["diagnose"]);
  await at("mend-endpoint_disabled-production").click();
  await page.waitForFunction(() => window.asked.length === 3);
});

test("a failure that was looked into by itself is told without taking the focus, shown without looking, and dismissed until the next", { skip }, async () => {
  const show = (failure) => page.evaluate((change) => window.show(change), { failure });
  const found = states["failure-found"].failure;
  await open("webhook-filled");
  await at("endpoint-name").focus();
  await show({ diagnosis: null });
  await page.getByTestId("failure-notice").waitFor();
  await show(found);
  await at("show-failure").waitFor();
  assert.equal(await focused(), "endpoint-name");
  await at("show-failure").click();
  await at("cause-app_not_running").waitFor();
  assert.deepEqual(await asked(), []);
  await page.keyboard.press("Escape");
  await at("diagnosis").waitFor({ state: "detached" });
  assert.equal(await focused(), "show-failure");
  await at("failure-notice").getByText("Dismiss").click();
  assert.equal(await at("failure-notice").count(), 0);
  assert.equal(await focused(), "step-heading");
  await show(found);
  assert.equal(await at("failure-notice").count(), 0);
  await show({ diagnosis: null });
  await at("failure-notice").waitFor();
  await show(null);
  await at("failure-notice").waitFor({ state: "detached" });
});
