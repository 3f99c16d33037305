// Polar's deliveries list beside what arrived here, in the window: each gap named, mended from its row, and the errors.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { waitUntil } from "./harness/wait.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

for (const theme of ["light", "dark"]) {
  describe(`beside Polar's list, ${theme}`, () => {
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
      assert.equal(await writeAndVerify(window), true);
      await window.goTo("live");
    });

    const step = inSteps(() => window, "polars-list-failed");

    after(async () => {
      await window?.close();
      await practice?.stop();
      await project?.remove();
    });

    /** The events of the table: their type and finding, by row. */
    const rows = () =>
      window.session.run(
        `return [...document.querySelectorAll("[data-testid^=event-]")].map((row) => ({
           id: row.dataset.testid.slice(6), type: row.querySelector("code").innerText, finding: row.dataset.finding, text: row.innerText }));`,
      );
    const refreshUntil = (what, found) =>
      waitUntil(what, async () => {
        await window.click("list-refresh");
        return found(await rows());
      });
    const of = (all, type, finding) => all.find((row) => row.type === type && row.finding === finding);

    /** Brings the list to the top of the page, so that pictures show it. */
    const toTheList = () => window.session.run("document.querySelector('[data-testid=deliveries-beside]').scrollIntoView();");

    step("says so where neither list has anything", async () => {
      await window.click("deliveries-beside");
      await window.shown("list-empty");
      await toTheList();
      await look("60-polars-list-empty");
    });

    step("names what arrived and what the app refused", async () => {
      await practice.fire("order.paid");
      await refreshUntil("an accepted event", (all) => of(all, "order.paid", "fine"));
      await project.app.stop();
      await practice.fire("order.created");
      const refused = await refreshUntil("a refused event", (all) => of(all, "order.created", "refused_before"));
      assert.match(refused.text, /your app did not answer/i);
      // What failed is looked into by itself; its notice moves what is below.
      await window.waitForText("failure-notice", /Your app is not running/, 30_000);
      await toTheList();
      await look("61-polars-list");
      // A click on the arrival opens it.
      const [arrival] = await window.idsBeginningWith("arrival-");
      await window.click(arrival);
      await window.waitForText("delivery-details", /order\.created/);
    });

    step("mends a gap from its row", async () => {
      await project.startApp();
      const before = of(await rows(), "order.created", "refused_before");
      await window.click(`redeliver-${before.id}`);
      await window.waitForText(`event-${before.id}`, /Polar was asked to redeliver it/);
      await refreshUntil("the event arrived after all", (all) => of(all, "order.created", "fine"));
    });

    step("shows differences only, and that there are none", async () => {
      await window.click("only-gaps");
      await window.shown("list-no-gaps");
      await window.click("only-gaps");
      assert.equal((await rows()).length, 2);
    });

    step("moves between the views by keyboard", async () => {
      const key = (name) =>
        window.session.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));", name);
      await window.session.run("document.querySelector('[data-testid=deliveries-beside]').focus();");
      await key("ArrowLeft");
      await window.waitForAttribute("deliveries-here", "aria-selected", "true");
      await window.shown("deliveries");
      await key("ArrowRight");
      await window.waitForAttribute("deliveries-beside", "aria-selected", "true");
    });

    step("fits a small window", async () => {
      await window.session.setSize(800, 600);
      await toTheList();
      await look("62-polars-list-small");
      assert.equal(await window.session.run("return document.documentElement.scrollWidth > window.innerWidth;"), false);
    });

    step("says why there is no list, and what to do", async () => {
      await practice.stop();
      await window.click("list-refresh");
      await window.waitForText("list-problem", /refused|closed[^]*Check the connection/);
      await toTheList();
      await look("63-polars-list-offline");
    });

    step("has no accessibility problem that axe can see", () => {
      assert.deepEqual(accessibility, []);
    });
  });
}
