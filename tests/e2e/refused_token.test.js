// Tokens that cannot be used are refused in place, with the reason; a good one is taken after them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Practice, unknownToken } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { useCustomPolar } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

describe("a refused token", () => {
  let practice, project, window;

  before(async () => {
    practice = await Practice.start();
    project = await Project.create();
    window = await Window.open({ project: project.folder, data: project.data });
  });

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  test("one that was cut off is recognised without asking anybody", async () => {
    await useCustomPolar(window, practice, practice.token.slice(0, -5));
    await window.waitForAttribute("token-result", "data-state", "refused");
    await window.screenshot("11-token-malformed");
  });

  test("one that this Polar does not know says so, and what may be the cause", async () => {
    await useCustomPolar(window, practice, unknownToken());
    await window.waitForText("token-result", /expired|revoked/i);
    assert.equal(await window.attribute("token-result", "data-state"), "refused");
    await window.screenshot("12-token-refused");
    assert.deepEqual(await window.accessibilityProblems(), []);
  });

  test("the field does not keep what was typed", async () => {
    const value = await window.session.run("return document.querySelector('[data-testid=token-input]')?.value ?? '';");
    assert.equal(value, "");
  });

  test("nothing was written for it", async () => {
    assert.equal((await project.env()).text, project.before);
    assert.deepEqual(await practice.endpoints(), []);
  });

  test("a good one is taken", async () => {
    await useCustomPolar(window, practice, practice.token);
    await window.waitForAttribute("token-result", "data-state", "accepted");
    await window.screenshot("13-token-accepted");
  });
});
