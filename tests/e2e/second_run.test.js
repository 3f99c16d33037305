// Whoever sets up twice has still one endpoint, and the same secret.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

describe("a second run", () => {
  let practice, project, window, first;

  before(async () => {
    practice = await Practice.start();
    project = await Project.create();
    await project.startApp();
  });

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  /** One run in a window of its own, from opening to the report. */
  async function run(picture, whichPolar) {
    window = await Window.open({ project: project.folder, data: project.data });
    await whichPolar();
    await window.waitForAttribute("token-result", "data-state", "accepted");
    const verified = await writeAndVerify(window);
    await window.screenshot(picture);
    await window.close();
    window = null;
    return verified;
  }

  test("the first run makes the endpoint", async () => {
    assert.deepEqual(await practice.endpoints(), []);
    assert.equal(await run("21-first-run", () => useCustomPolar(window, practice, practice.token)), true);
    first = { endpoints: await practice.endpoints(), env: (await project.env()).text };
    assert.equal(first.endpoints.length, 1);
  });

  test("the second run knows the Polar and the token, and uses the endpoint again", async () => {
    assert.equal(await run("22-second-run", () => window.goTo("token")), true);
    const endpoints = await practice.endpoints();
    assert.deepEqual(endpoints.map((endpoint) => endpoint.id), first.endpoints.map((endpoint) => endpoint.id));
    assert.equal(endpoints[0].secret, first.endpoints[0].secret);
  });

  test("the .env is as the first run left it", async () => {
    assert.equal((await project.env()).text, first.env);
  });
});
