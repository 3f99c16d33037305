// The whole way, from an empty setup to a verified .env, on the practice Polar with a real Express app; in light and in dark.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { lookAtEveryStep } from "./harness/wizard.js";
import { waitUntil } from "./harness/wait.js";
import { Window } from "./harness/window.js";

for (const theme of ["light", "dark"]) {
  describe(`the wizard, ${theme}`, () => {
    let project, window, look;
    const accessibility = [];

    before(async () => {
      project = await Project.create();
      await project.startApp();
      window = await Window.open({ project: project.folder, data: project.data, theme });
      look = lookAtEveryStep(window, accessibility);
    });

    // Each step stands on the one before: after a failed one, the rest would only repeat the news.
    const step = inSteps(() => window, "failed");

    after(async () => {
      await window?.close();
      await project?.remove();
    });

    step("shows the theme of the desktop", async () => {
      const dark = await window.session.run("return matchMedia('(prefers-color-scheme: dark)').matches;");
      assert.equal(dark, theme === "dark");
    });

    step("opens on the project that the command line names", async () => {
      await window.waitForText("step-nav-project", /my-shop|sample/);
      await window.goTo("project");
      await look("01-project");
    });

    step("needs no token for the practice Polar", async () => {
      await window.goTo("token");
      await window.click("environment-practice");
      await look("02-token");
    });

    step("has good defaults for the webhook", async () => {
      await window.click("continue");
      await window.atStep("webhook");
      assert.notDeepEqual(await window.idsBeginningWith("preset-"), []);
      await look("03-webhook");
    });

    step("lets the practice Polar deliver directly", async () => {
      await window.click("continue");
      await window.atStep("public_url");
      await window.click("way-direct");
      await look("04-public-url");
    });

    step("writes and verifies", async () => {
      await window.click("continue");
      await window.atStep("verify");
      await window.shown("apply");
      await look("05-verify-before");
      await window.click("apply");
      const { seen } = await window.waitForAttribute("report", "data-verified", undefined, 60_000);
      await look("06-verify");
      const checks = await window.session.run(
        "return [...document.querySelectorAll('[data-testid^=check-]')].map((e) => e.dataset.testid + ' ' + e.dataset.state);",
      );
      await window.waitForText("what-now", /Restart your app[^]*Before you go live/);
      assert.equal(seen, "true", `the report says "not verified": ${checks.join(", ")}`);
      assert.notEqual(checks.length, 0);
      assert.deepEqual(checks.filter((check) => !/ (passed|warning)$/.test(check)), []);
    });

    step("has written the .env, for the owner only, and kept what stood there", async () => {
      const env = await project.env();
      assert.match(env.value("POLAR_ACCESS_TOKEN"), /^polar_oat_\w{43}$/);
      assert.ok(env.value("POLAR_WEBHOOK_SECRET").length >= 32);
      assert.equal(env.mode, 0o600);
      assert.ok(env.text.startsWith(project.before), "what stood in the file before is still its beginning");
    });

    step("shows a delivery as it arrives, with the app's answer", async () => {
      await window.goTo("live");
      const numbers = async () => (await window.idsBeginningWith("delivery-")).map((id) => Number(id.slice(9))).filter(Number.isInteger);
      const newest = Math.max(0, ...(await numbers()));
      await window.click("send-test");
      const arrived = await waitUntil("a new delivery is shown", async () => (await numbers()).find((number) => number > newest));
      const text = await window.waitForText(`delivery-${arrived}`, /\bApp 2\d\d\b/);
      assert.match(text, /\bVerified\b/);
      await look("07-live");
    });

    step("has room for text twice as large in a small window", async () => {
      await window.session.setSize(800, 600);
      await window.session.run("document.documentElement.style.fontSize = '200%';");
      for (const at of ["project", "token", "webhook", "public_url", "verify", "live"]) {
        await window.goTo(at);
        // What is wider than the window would have to be scrolled to; single lines of code may scroll by themselves.
        const wide = await window.session.run(
          "return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('pre')).map((e) => e.outerHTML.slice(0, 120));",
        );
        assert.deepEqual(wide, [], `at "${at}"`);
        await look(`08-large-text-${at}`);
      }
      await window.session.run("document.documentElement.style.fontSize = '';");
      await window.session.setSize(1080, 720);
    });

    step("never holds a secret in the page", async () => {
      const env = await project.env();
      for (const name of ["POLAR_ACCESS_TOKEN", "POLAR_WEBHOOK_SECRET"]) {
        for (const at of ["project", "token", "webhook", "public_url", "verify", "live"]) {
          await window.goTo(at);
          const found = await window.session.run(
            "return [document.documentElement.outerHTML, ...[...document.querySelectorAll('input, textarea')].map((e) => e.value)].some((t) => t.includes(arguments[0]));",
            env.value(name),
          );
          assert.equal(found, false, `${name} is in the page at "${at}"`);
        }
      }
    });

    step("has no accessibility problem that axe can see, at any step", () => {
      assert.deepEqual(accessibility, []);
    });
  });
}
