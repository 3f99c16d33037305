// "Why don't webhooks arrive?": one press, one cause, and healthy again once it is mended.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

const ESCAPE = "\uE00C";

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

  step("names the app that does not run, and leads to where its port is", async () => {
    await project.app.stop();
    await window.click("diagnosis-again");
    await window.waitForAttribute("verdict", "data-verdict", "cause_found", 30_000);
    await window.waitForText("cause-app_not_running", /Your app is not running[^]*Nothing listens on port/);
    await look("96-diagnosis-app");
    await window.click("go-to-cause");
    await window.atStep("project");
  });

  step("is healthy again once that is mended", async () => {
    await project.startApp();
    await window.click("diagnose");
    await window.waitForAttribute("verdict", "data-verdict", "healthy", 30_000);
    await window.session.press(ESCAPE);
    assert.deepEqual(accessibility, []);
  });
});
