// "Why don't webhooks arrive?": one press, one cause, one button; healthy again once it is mended; and a delivery that fails
// is looked into by itself.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { waitUntil } from "./harness/wait.js";
import { Window } from "./harness/window.js";

const ESCAPE = "\uE00C";
/** Where the sample app has its handler. */
const [SERVER, ROUTE] = ["server.js", "/api/auth/polar/webhooks"];

describe("a diagnosis", () => {
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
  });

  const step = inSteps(() => window, "diagnosis-failed");

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  step("names nothing where all is well", async () => {
    await window.click("diagnose");
    await window.waitForAttribute("verdict", "data-verdict", "healthy", 30_000);
    await look("95-diagnosis-healthy");
  });

  step("names the endpoint that was switched off, switches it on, and says what changed", async () => {
    const [{ id }] = await practice.endpoints();
    await practice.changeEndpoint(id, { enabled: false });
    await window.click("diagnosis-again");
    await window.waitForText("cause-endpoint_disabled", /is disabled: Polar sends nothing to it/, 30_000);
    await look("96-diagnosis-endpoint");
    await window.click("mend-endpoint_disabled");
    await window.waitForText("change-endpoint_disabled", /Mended:/, 30_000);
    assert.equal(await window.attribute("verdict", "data-verdict"), "healthy");
    assert.equal((await practice.endpoints()).find((endpoint) => endpoint.id === id).enabled, true);
    await look("97-diagnosis-mended");
  });

  step("names the app that does not run, and leads to where its port is", async () => {
    await project.app.stop();
    await window.click("diagnosis-again");
    await window.waitForAttribute("verdict", "data-verdict", "cause_found", 30_000);
    await window.waitForText("cause-app_not_running", /Your app is not running[^]*Nothing listens on port/);
    await look("98-diagnosis-app");
    await window.click("go-to-cause");
    await window.atStep("project");
  });

  step("is healthy again once that is mended", async () => {
    await project.startApp();
    await window.click("diagnose");
    await window.waitForAttribute("verdict", "data-verdict", "healthy", 30_000);
    await window.session.press(ESCAPE);
  });

  step("looks into a delivery that fails by itself, and tells it on any step", async () => {
    await window.goTo("webhook");
    await project.app.stop();
    await practice.fire("order.paid");
    await window.waitForText("failure-notice", /A delivery failed\. Your app is not running/, 30_000);
    await window.atStep("webhook");
    await look("99-failure-notice");
    await window.click("show-failure");
    await window.waitForText("cause-app_not_running", /Nothing listens on port/);
    await window.session.press(ESCAPE);
  });

  step("takes the notice back once deliveries are accepted", async () => {
    await project.startApp();
    // Polar tries again by itself.
    await waitUntil("the notice is gone", async () => (await window.byTestId("failure-notice")) === null, 60_000);
  });

  step("names the route that the code has now, and leads Polar there", async () => {
    await project.app.stop();
    const file = join(project.folder, SERVER);
    const code = await readFile(file, "utf8");
    assert.ok(code.includes(ROUTE));
    await writeFile(file, code.replaceAll(ROUTE, "/hooks/polar"));
    await project.startApp();
    await window.click("diagnose");
    await window.waitForText("cause-route_near_miss", /your handler is at \/hooks\/polar/, 30_000);
    await window.click("mend-route_near_miss");
    await window.waitForText("change-route_near_miss", /Mended:/, 30_000);
    assert.match((await practice.endpoints())[0].url, /\/hooks\/polar$/);
    await window.session.press(ESCAPE);
  });

  step("tells what a fix by hand changed, and takes the notice back with it", async () => {
    await project.app.stop();
    await practice.fire("order.paid");
    await window.waitForText("failure-notice", /Your app is not running/, 30_000);
    await window.click("show-failure");
    await window.waitForText("cause-app_not_running", /Start it:\s+npm run start/);
    await project.startApp();
    await window.click("diagnosis-again");
    await window.waitForText("change-app_not_running", /Mended:/, 30_000);
    await window.session.press(ESCAPE);
    await waitUntil("the notice is gone", async () => (await window.byTestId("failure-notice")) === null, 5_000);
    assert.deepEqual(accessibility, []);
  });
});
