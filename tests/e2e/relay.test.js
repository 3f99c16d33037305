// Polar's relay in the window: no endpoint, no public address; what Polar's stream brings reaches the app, signed anew.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { lookAtEveryStep, useCustomPolar } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

for (const theme of ["light", "dark"]) {
  describe(`by Polar's relay, ${theme}`, () => {
    let practice, project, window, look;
    const accessibility = [];

    before(async () => {
      practice = await Practice.start();
      project = await Project.create();
      await project.startApp();
      window = await Window.open({ project: project.folder, data: project.data, theme });
      look = lookAtEveryStep(window, accessibility);
      await useCustomPolar(window, practice, practice.token);
      await window.waitForAttribute("token-result", "data-state", "accepted");
    });

    const step = inSteps(() => window, "relay-failed");

    after(async () => {
      await window?.close();
      await practice?.stop();
      await project?.remove();
    });

    step("is chosen and listened to", async () => {
      await window.goTo("public_url");
      await window.click("way-relay");
      await window.waitForAttribute("relay-phase", "data-phase", "stopped");
      await look("70-relay-chosen");
      await window.click("relay-start");
      await window.waitForAttribute("relay-phase", "data-phase", "connected");
      await look("71-relay-listening");
    });

    step("writes a verified file without an endpoint", async () => {
      await window.goTo("verify");
      await window.waitForText("plan-polar", /Nothing is made or changed: Polar's event stream is listened to/);
      await look("72-relay-plan");
      await window.click("apply");
      const { seen } = await window.waitForAttribute("report", "data-verified", undefined, 60_000);
      assert.equal(seen, "true");
      await window.waitForText("report", /Polar's stream is open, your app accepted a signed delivery/);
      await look("73-relay-report");
      assert.deepEqual(await practice.endpoints(), []);
      const env = await project.env();
      assert.ok(env.value("POLAR_WEBHOOK_SECRET") && env.value("POLAR_ACCESS_TOKEN"));
      assert.equal(env.value("POLAR_WEBHOOK_URL_DEV"), undefined);
      // The app is to know the new secret.
      await project.app.stop();
      await project.startApp();
    });

    step("passes on to the app what happens at Polar", async () => {
      await window.goTo("live");
      await practice.fire("order.paid");
      await window.waitForText("deliveries", /order\.paid\s+Relay\s+Verified\s+App 202/);
      await look("74-relay-live");
    });

    step("says that the stream was lost, and ends on request", async () => {
      await practice.stop();
      await window.waitForAttribute("relay-phase", "data-phase", "reconnecting");
      await look("75-relay-lost");
      await window.click("relay-stop");
      await window.waitForAttribute("relay-phase", "data-phase", "stopped");
    });

    step("has no accessibility problem that axe can see", () => {
      assert.deepEqual(accessibility, []);
    });
  });
}
