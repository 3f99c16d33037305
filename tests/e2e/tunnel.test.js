// The way through a tunnel: started by the window, seen to work, verified through it, and gone with the window.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { endProcess, processes } from "./harness/processes.js";
import { Project } from "./harness/project.js";
import { TunnelProgram } from "./harness/tunnel_program.js";
import { lookAtEveryStep } from "./harness/wizard.js";
import { waitUntil } from "./harness/wait.js";
import { Window } from "./harness/window.js";

/** The tunnel programs that run from this folder. */
const running = (program) => processes((line) => line.includes(`${program.programs}/cloudflared`));

async function toTheTunnel(window) {
  await window.goTo("token");
  await window.click("environment-practice");
  await window.goTo("public_url");
  await window.click("way-cloudflared");
}

for (const theme of ["light", "dark"]) {
  describe(`a tunnel, ${theme}`, () => {
    let project, program, window, look;
    const accessibility = [];

    before(async () => {
      project = await Project.create();
      await project.startApp();
      program = await TunnelProgram.install();
      window = await Window.open({ project: project.folder, data: project.data, theme, environment: program.environment });
      look = lookAtEveryStep(window, accessibility);
    });

    after(async () => {
      await window?.close();
      await program?.remove();
      await project?.remove();
    });

    test("is started on request, and called reachable once a request came back through it", async () => {
      await toTheTunnel(window);
      await look("31-tunnel-before");
      await window.click("tunnel-start");
      await window.waitForAttribute("tunnel-phase", "data-phase", "reachable", 30_000);
      await look("32-tunnel-reachable");
    });

    test("carries the deliveries that verify the setup", async () => {
      await window.goTo("verify");
      await window.click("apply");
      const { seen } = await window.waitForAttribute("report", "data-verified", undefined, 60_000);
      await look("33-tunnel-verified");
      assert.equal(seen, "true");
      const address = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
      assert.match(address, /^https:\/\/quick-pebble-grove-\d+\.trycloudflare\.com$/);
    });

    test("comes back after its program died, and Polar and the file are told the new address", async () => {
      const before = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
      await window.goTo("public_url");
      await endProcess((await running(program))[0], "SIGKILL");
      await window.waitForText("happened", /new address.*env file were changed/s, 30_000);
      await look("34-tunnel-new-address");
      const after = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
      assert.notEqual(after, before);
      assert.ok((await window.text("tunnel")).includes(after), "the window shows the address that the file has");
    });

    test("is ended when it is stopped", async () => {
      assert.equal((await running(program)).length, 1);
      await window.goTo("public_url");
      await window.click("tunnel-stop");
      await waitUntil("no tunnel program runs", async () => (await running(program)).length === 0);
    });

    test("does not outlive the window, even when that is killed", async () => {
      await window.click("tunnel-start");
      await window.waitForAttribute("tunnel-phase", "data-phase", "reachable", 30_000);
      await endProcess(window.process, "SIGKILL");
      await waitUntil("no tunnel program runs", async () => (await running(program)).length === 0);
    });

    test("has no accessibility problem that axe can see", () => assert.deepEqual(accessibility, []));
  });
}

describe("a tunnel on its way", () => {
  let project, program, window;

  before(async () => {
    project = await Project.create();
    program = await TunnelProgram.install();
    window = await Window.open({ project: project.folder, data: project.data, environment: program.environment });
    await toTheTunnel(window);
  });

  after(async () => {
    await window?.close();
    await program?.remove();
    await project?.remove();
  });

  for (const [behaviour, phase] of [["silent", "starting"], ["unconnected", "address_known"], ["unreachable", "connected"]]) {
    test(`shows that it is at "${phase}", and can be stopped there`, async () => {
      await program.behave(behaviour);
      await window.click("tunnel-start");
      await window.waitForAttribute("tunnel-phase", "data-phase", phase, 30_000);
      await window.screenshot(`41-tunnel-${phase}`);
      assert.deepEqual(await window.accessibilityProblems(), []);
      await window.click("tunnel-stop");
      await waitUntil("no tunnel program runs", async () => (await running(program)).length === 0);
    });
  }

  for (const [behaviour, words] of [["limited", /too many/], ["too old", /too old/]]) {
    test(`says that it is ${behaviour}`, async () => {
      await program.behave(behaviour);
      await window.click("tunnel-start");
      await window.waitForText("tunnel", words, 30_000);
      await window.screenshot(`42-tunnel-${behaviour.replace(" ", "-")}`);
      assert.deepEqual(await window.accessibilityProblems(), []);
    });
  }
});

describe("a tunnel that cannot start", () => {
  let project, program, window;

  before(async () => {
    project = await Project.create();
    program = await TunnelProgram.install("offline");
    window = await Window.open({ project: project.folder, data: project.data, environment: program.environment });
  });

  after(async () => {
    await window?.close();
    await program?.remove();
    await project?.remove();
  });

  test("says why, from its own output", async () => {
    await toTheTunnel(window);
    await window.click("tunnel-start");
    await window.waitForAttribute("tunnel-phase", "data-phase", "failed", 30_000);
    assert.match(await window.text("tunnel"), /no internet/);
    await window.screenshot("35-tunnel-failed");
    assert.deepEqual(await window.accessibilityProblems(), []);
  });

  test("says that ngrok wants an authtoken, takes one, and never shows it", async () => {
    const authtoken = "2secretDEFghiJKLmnoPQRstu_3vwxYZabc";
    await window.click("way-ngrok");
    await window.click("tunnel-start");
    await window.waitForText("tunnel", /has no authtoken/);
    await window.screenshot("36-ngrok-without-authtoken");
    assert.deepEqual(await window.accessibilityProblems(), []);
    await window.type("authtoken-input", authtoken);
    await window.click("authtoken-submit");
    await window.shown("authtoken-kept");
    await window.click("tunnel-start");
    await window.waitForText("tunnel", /does not accept the authtoken/);
    await window.screenshot("37-ngrok-authtoken-refused");
    assert.deepEqual(await window.accessibilityProblems(), []);
    const page = await window.session.run("return document.documentElement.outerHTML;");
    assert.ok(page.includes("ERR_NGROK_107"), "its own words are in the page");
    assert.ok(!page.includes(authtoken), "the authtoken is not");
  });
});

describe("a program that is not installed", () => {
  let project, window;

  before(async () => {
    project = await Project.create();
    // Nothing is to be fetched in a test: there is no way out.
    const environment = { HTTPS_PROXY: "http://127.0.0.1:9" };
    window = await Window.open({ project: project.folder, data: project.data, environment });
  });

  after(async () => {
    await window?.close();
    await project?.remove();
  });

  test("can be fetched, and says why when it cannot", async (context) => {
    await toTheTunnel(window);
    const shown = await waitUntil("what is to be done is shown", async () => {
      for (const id of ["fetch", "tunnel"]) if (await window.byTestId(id)) return id;
      return false;
    });
    if (shown === "tunnel") return context.skip("cloudflared is installed on this machine");
    await window.screenshot("38-not-installed");
    assert.deepEqual(await window.accessibilityProblems(), []);
    await window.click("fetch-start");
    await window.waitForAttribute("fetch", "data-phase", "failed", 30_000);
    await window.screenshot("39-not-fetched");
    assert.deepEqual(await window.accessibilityProblems(), []);
  });

  test("an own address can be tried", async () => {
    await window.click("way-own_url");
    await window.type("own-url", "https://shop.example.test");
    await window.click("own-url-try");
    await waitUntil("it failed", async () => (await window.attribute("check-address", "data-state")) === "failed", 30_000);
    await window.screenshot("40-own-address");
    assert.deepEqual(await window.accessibilityProblems(), []);
  });
});
