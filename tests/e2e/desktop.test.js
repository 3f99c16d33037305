// The manners of a desktop program: one window, remembered in size, that follows the desktop, tells it what fails, asks
// before something is lost, and outlives its own page.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";

import { built } from "./harness/places.js";
import { Practice } from "./harness/practice.js";
import { endProcess, Program, processes } from "./harness/processes.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { waitUntil } from "./harness/wait.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

const ENTER = "\uE007", ESCAPE = "\uE00C", CONTROL = "\uE009";
const run = promisify(execFile);

/** What is found by its name and done. */
async function perform(window, action) {
  await window.session.press("k", CONTROL);
  await window.type("palette-text", action);
  await window.session.press(ENTER);
}

describe("the window among others", () => {
  let project, other, window;

  before(async () => {
    project = await Project.create();
    other = await Project.create();
    window = await Window.open({ project: project.folder, data: project.data, theme: null });
    await window.waitForText("folder", new RegExp(project.folder));
  });

  const step = inSteps(() => window, "desktop-failed");

  after(async () => {
    await window?.close();
    await project?.remove();
    await other?.remove();
  });

  step("a second start opens its folder in the first one, and ends", async () => {
    await window.goTo("live");
    const second = new Program("a second start", built.window, [basename(other.folder)], {
      cwd: dirname(other.folder),
      env: { ...process.env, ...window.environment },
    });
    const [code] = await once(second.child, "close");
    assert.equal(code, 0, second.output);
    await window.atStep("project");
    await window.waitForText("folder", new RegExp(other.folder));
  });

  step("follows the desktop's light and dark while it is open", async () => {
    const isDark = () => window.session.run("return matchMedia('(prefers-color-scheme: dark)').matches;");
    const say = (scheme) =>
      // What a desktop's portal sends when somebody switches (org.freedesktop.portal.Settings).
      run("dbus-send", ["--session", "--type=signal", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings.SettingChanged", "string:org.freedesktop.appearance", "string:color-scheme", `variant:uint32:${scheme}`]);
    await say(1);
    await waitUntil("the window is dark", isDark);
    await say(2);
    await waitUntil("the window is light", async () => !(await isDark()));
  });

  step("its size is remembered when it is told to end", async () => {
    await window.session.setSize(900, 640);
    const size = () => window.session.run("return [innerWidth, innerHeight];");
    await waitUntil("the window has the size", async () => (await size())[0] === 900);
    const [, height] = await size();
    await endProcess(window.process);
    const { main } = JSON.parse(await readFile(join(project.data, "window.json"), "utf8"));
    assert.equal(main.width, 900);
    await window.close();
    window = await Window.open({ data: project.data, size: null });
    await waitUntil("the window has the size of before", async () => (await size()).join() === `900,${height}`);
  });
});

describe("what may be lost, and what fails", () => {
  let practice, project, window, look, notices, inFront;
  const accessibility = [];

  before(async () => {
    practice = await Practice.start();
    project = await Project.create();
    notices = new Program("dbus-monitor", "dbus-monitor", ["--session", "interface='org.freedesktop.Notifications',member='Notify'"]);
    await project.startApp();
    window = await Window.open({ project: project.folder, data: project.data });
    look = lookAtEveryStep(window, accessibility);
    await useCustomPolar(window, practice, practice.token);
    await window.waitForAttribute("token-result", "data-state", "accepted");
    assert.equal(await writeAndVerify(window), true);
    await window.goTo("live");
  });

  const step = inSteps(() => window, "leaving-failed");

  after(async () => {
    await inFront?.stop();
    await window?.close();
    await notices?.stop();
    await practice?.stop();
    await project?.remove();
  });

  const gone = (id) => waitUntil(`"${id}" is gone`, async () => (await window.byTestId(id)) === null);
  const isThere = async () => (await processes((line) => line === `${built.window} ${project.folder}`)).length === 1;
  const newest = () =>
    window.session.run("return Math.max(0, ...[...document.querySelectorAll('[data-testid^=delivery-]')].map((e) => Number(e.dataset.testid.slice(9))).filter(Number.isInteger));");

  /** Fires an event that the app, which is not there, cannot accept. */
  async function fail() {
    await project.app.stop();
    const before = await newest();
    await practice.fire("order.paid");
    const number = await waitUntil("a delivery is shown", async () => ((await newest()) > before ? newest() : false));
    await window.waitForText(`delivery-${number}`, /did not answer/);
  }

  step("says what it is, under which licences, and hands out a report", async () => {
    await perform(window, "about");
    await window.waitForText("about-version", /^\d+\.\d+\.\d+$/);
    await look("90-about");
    await window.session.run("document.querySelector('[data-testid=third-parties] summary').click();");
    await window.waitForText("third-parties", /tokio[^]*MIT/);
    await window.click("copy-report");
    await window.waitForText("copy-report", /Copied/);
    await window.session.press(ESCAPE);
    await gone("about");
  });

  step("tells the desktop of a failed delivery, unless that is switched off", async () => {
    // Another program's window, here one of our own with a data folder of its own, takes the focus.
    const data = join(project.home, "in-front");
    inFront = new Program("another window", built.window, [], { env: { ...process.env, ...window.environment, POLAR_SETUP_DATA_DIR: data } });
    const hasFocus = () => window.session.run("return document.hasFocus();");
    await waitUntil("the window is in the background", async () => !(await hasFocus()));
    await fail();
    await waitUntil("the desktop is told", () => /Your app did not accept a webhook/.test(notices.output));
    await perform(window, "about");
    await window.click("notifications");
    await waitUntil("the choice is kept", async () => {
      const kept = await readFile(join(project.data, "preferences.json"), "utf8").catch(() => "");
      return /"notifications": false/.test(kept);
    });
    await window.session.press(ESCAPE);
    await gone("about");
    // A delivery that is accepted, so that the next failure is a first one again.
    await project.startApp();
    const before = await newest();
    await practice.fire("order.created");
    const number = await waitUntil("a delivery is shown", async () => ((await newest()) > before ? newest() : false));
    await window.waitForText(`delivery-${number}`, /App 202/);
    const told = notices.output.split("member=Notify").length;
    await fail();
    // A message of our own behind what might have been said: the bus keeps the order.
    await run("dbus-send", ["--session", "--dest=org.freedesktop.Notifications", "/x", "org.freedesktop.Notifications.Notify", "string:the last one"]).catch(() => {});
    await waitUntil("the last message is seen", () => notices.output.includes("the last one"));
    assert.equal(notices.output.split("member=Notify").length, told + 1, notices.output);
  });

  step("outlives its page, with the receiver at work", async () => {
    const base = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
    const pages = () => childrenOf(window.process, "WebKitWebProcess");
    const [page] = await waitUntil("there is a page", async () => ((await pages()).length > 0 ? pages() : false));
    await project.startApp();
    process.kill(page, "SIGKILL");
    const answer = await fetch(`${base}/api/auth/polar/webhooks`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    assert.ok(answer.status >= 400 && answer.status < 500, `the app's own refusal: ${answer.status}`);
    await waitUntil("there is a new page", async () => {
      const [now] = await pages();
      return now !== undefined && now !== page;
    });
    const log = () => readFile(join(project.data, "polar-setup.log"), "utf8");
    await waitUntil("the new page hears", async () => (await log()).split("the page is there").length === 3);
    assert.match(await log(), /the page's process ended/);
    assert.equal(await isThere(), true);
  });

  step("has no accessibility problem that axe can see", () => {
    assert.deepEqual(accessibility, []);
  });
});

describe("quitting", () => {
  let practice, project, window, look;
  const accessibility = [];

  before(async () => {
    practice = await Practice.start();
    project = await Project.create();
    await project.startApp();
    window = await Window.open({ project: project.folder, data: project.data });
    look = lookAtEveryStep(window, accessibility);
    await useCustomPolar(window, practice, practice.token);
    await window.waitForAttribute("token-result", "data-state", "accepted");
    assert.equal(await writeAndVerify(window), true);
    await window.goTo("live");
  });

  const step = inSteps(() => window, "quitting-failed");

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  const isThere = async () => (await processes((line) => line === `${built.window} ${project.folder}`)).length === 1;

  step("asks where a held delivery would be lost", async () => {
    await window.click("hold-on");
    await window.waitForAttribute("hold", "data-hold", "on");
    await practice.fire("order.paid");
    await window.shown("let-go");
    await perform(window, "quit");
    await window.waitForText("quit-question", /A delivery is held[^]*memory only/);
    await look("91-quit");
    await window.session.press(ESCAPE);
    await waitUntil("the question is gone", async () => (await window.byTestId("quit-question")) === null);
    assert.equal(await isThere(), true);
  });

  step("asks again, and goes when told to", async () => {
    await perform(window, "quit");
    await window.shown("quit-now");
    assert.deepEqual(accessibility, []);
    // The window is gone before WebDriver can answer.
    await window.click("quit-now").catch(() => {});
    await waitUntil("the program is gone", async () => !(await isThere()));
  });
});

/** The processes of this name among the children of a process, theirs included. */
async function childrenOf(parent, name) {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid=,comm="]);
  const all = stdout.trim().split("\n").map((line) => line.trim().split(/\s+/));
  const below = (id) => all.filter(([, above]) => Number(above) === id).flatMap(([child, , called]) => [{ id: Number(child), called }, ...below(Number(child))]);
  return below(parent).filter(({ called }) => name.startsWith(called)).map(({ id }) => id);
}
