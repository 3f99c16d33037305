// The deliveries in the window: filtered, opened, sent again, held; and a hundred thousand of them.
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, before, describe } from "node:test";

import { Practice } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { waitUntil } from "./harness/wait.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

const [FEW, MANY] = [500, 100_000];

describe("live deliveries", () => {
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

  const step = inSteps(() => window, "live-failed");

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  const rows = async () => (await window.idsBeginningWith("delivery-")).map((id) => Number(id.slice(9))).filter(Number.isInteger).sort((a, b) => b - a);
  const newest = async () => (await rows())[0] ?? 0;
  const arrived = (than) => waitUntil("a new delivery is shown", async () => ((await newest()) > than ? newest() : false));

  step("opens a delivery and works its signature out", async () => {
    const before = await newest();
    await practice.fire("order.paid");
    const number = await arrived(before);
    await window.waitForText(`delivery-${number}`, /order\.paid[^]*Verified[^]*App 202/);
    await window.click(`delivery-${number}`);
    await window.waitForText("delivery-details", /"type": "order\.paid"/);
    await look("50-live-payload");
    await window.session.run("document.querySelectorAll('[data-testid=delivery-details] [role=tab]')[1].click();");
    await window.waitForAttribute("signature", "data-verdict", "verified");
    await look("51-live-signature");
  });

  step("sends it again, as it was and edited", async () => {
    const before = await newest();
    await window.click("replay");
    const again = await arrived(before);
    await window.waitForText(`delivery-${again}`, /Replay[^]*Verified[^]*App 202/);
    await window.click("replay-edit");
    const text = await window.session.run("return document.querySelector('[data-testid=replay-text]').value;");
    assert.match(text, /\n  "type": "order\.paid"/);
    // All at once: typing a long text key by key takes WebDriver half a minute.
    await window.session.run(
      "const field = document.querySelector('[data-testid=replay-text]'); field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }));",
      text.replace("order.paid", "order.refunded"),
    );
    await look("52-live-edit");
    await window.click("replay-send");
    const edited = await arrived(again);
    await window.waitForText(`delivery-${edited}`, /order\.refunded[^]*Verified/);
  });

  step("filters by event, and says so where nothing is found", async () => {
    await window.choose("filter-event", "order.refunded");
    await waitUntil("only those are shown", async () => (await rows()).length === 1);
    await window.type("filter-text", "no such text");
    await window.shown("none-found");
    await look("53-live-none-found");
    await window.session.run("const f = document.querySelector('[data-testid=filter-text]'); f.value = ''; f.dispatchEvent(new Event('input', { bubbles: true }));");
    await window.choose("filter-event", "All events");
    await waitUntil("all are shown again", async () => (await rows()).length > 2);
  });

  step("holds deliveries, and lets them go in their order", async () => {
    const before = await newest();
    await window.click("hold-on");
    await window.waitForAttribute("hold", "data-hold", "on");
    for (const type of ["order.created", "subscription.created"]) await practice.fire(type);
    await waitUntil("both are held", async () => (await rows()).filter((number) => number > before).length === 2);
    for (const number of [before + 1, before + 2]) await window.waitForText(`delivery-${number}`, /Held/);
    await look("54-live-held");
    await window.click("let-go");
    for (const number of [before + 1, before + 2]) await window.waitForText(`delivery-${number}`, /App 202/);
    await window.click("hold-off");
    await window.waitForAttribute("hold", "data-hold", "off");
  });

  step("moves through the list by keyboard", async () => {
    await window.session.run("document.querySelector('[data-testid=deliveries]').focus();");
    const key = (name) =>
      window.session.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));", name);
    await key("Home");
    await key("ArrowDown");
    await key("Enter");
    const second = (await rows())[1];
    await window.waitForText("delivery-details", new RegExp(`no\\. ${second}\\b`));
    assert.equal(await window.session.run("return document.activeElement.tagName;"), "H2", "the focus is on what was opened");
  });

  /** The median time of a frame in milliseconds, at three rows a frame. */
  const scrollingFrames = async () => {
    const frames = await window.session.runUntilCalledBack(
      `const done = arguments[arguments.length - 1];
       const list = document.querySelector("[data-testid=deliveries]");
       const times = [];
       let last = performance.now();
       function frame(now) {
         times.push(now - last);
         last = now;
         list.scrollTop = (times.length * 108) % Math.max(1, list.scrollHeight - list.clientHeight);
         if (times.length < 120) requestAnimationFrame(frame);
         else {
           list.scrollTop = 0;
           done(times.slice(5).sort((a, b) => a - b));
         }
       }
       requestAnimationFrame(frame);`,
    );
    return frames[Math.floor(frames.length / 2)];
  };

  step("scrolls a hundred thousand as it scrolls ten", async () => {
    await window.click("hold-on");
    await window.waitForAttribute("hold", "data-hold", "on");
    const base = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
    // More than fit on the page, or there would be nothing to scroll.
    await sendMany(`${base}/api/auth/polar/webhooks`, 0, FEW);
    await waitUntil("a few have arrived", async () => (await newest()) > FEW);
    const few = await scrollingFrames();
    await sendMany(`${base}/api/auth/polar/webhooks`, FEW, MANY);
    await waitUntil("all have arrived", async () => (await newest()) > MANY, 60_000);
    const many = await scrollingFrames();
    console.log(`a frame while scrolling: ${few.toFixed(1)} ms among ${FEW}, ${many.toFixed(1)} ms among ${MANY}`);
    const exist = await window.session.run("return document.querySelectorAll('[role=treeitem]').length;");
    assert.ok(exist < 60, `${exist} rows exist at a time`);
    await window.session.run("document.querySelector('[data-testid=deliveries]').scrollTop = 1e9;");
    await waitUntil("the oldest is shown", async () => (await rows()).includes(1));
    await look("55-live-many");
  });

  step("has no accessibility problem that axe can see", () => {
    assert.deepEqual(accessibility, []);
  });
});

/** Sends the deliveries of these numbers, some dozens at a time; the receiver holds them. */
async function sendMany(url, from, to) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let next = from;
  const one = (number) =>
    new Promise((resolve, reject) => {
      const body = `{"type":"order.${number % 2 ? "paid" : "created"}","data":{"number":${number}}}`;
      const sent = request(url, { method: "POST", agent, headers: { "content-type": "application/json", "webhook-id": `msg_${number}`, "content-length": body.length } }, (answer) => {
        answer.resume();
        answer.on("end", () => (answer.statusCode === 202 ? resolve() : reject(new Error(`answered ${answer.statusCode}`))));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const worker = async () => {
    while (next < to) await one(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  agent.destroy();
}
