// The way through a tunnel in the terminal: kept up, followed to a new address, and gone with the program.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { built } from "./harness/places.js";
import { Practice } from "./harness/practice.js";
import { endProcess, processes, Program } from "./harness/processes.js";
import { Project } from "./harness/project.js";
import { TunnelProgram } from "./harness/tunnel_program.js";
import { waitUntil } from "./harness/wait.js";

describe("a tunnel in the terminal", () => {
  let practice, project, tunnel, setup;
  const running = () => processes((line) => line.includes(`${tunnel.programs}/cloudflared`));
  const said = (pattern) => waitUntil(`it says ${pattern}`, () => (setup.mustRun(), setup.output.match(pattern)), 30_000);

  before(async () => {
    tunnel = await TunnelProgram.install();
    practice = await Practice.start(tunnel.environment);
    project = await Project.create();
    await project.startApp();
  });

  after(async () => {
    await setup?.stop();
    await practice?.stop();
    await project?.remove();
    await tunnel?.remove();
  });

  test("is started, verified through, and kept up", async () => {
    const given = ["setup", "--project", project.folder, "--api-url", practice.url, "--tunnel", "cloudflared", "--keep-running", "--json"];
    setup = new Program("polar-setup-cli setup", built.cli, given, {
      env: { ...process.env, ...tunnel.environment, POLAR_ACCESS_TOKEN: practice.token, POLAR_SETUP_DATA_DIR: project.data, POLAR_SETUP_KEYRING: "off" },
    });
    await said(/"report":\{"verified":true/);
    await said(/Deliveries arrive/);
  });

  test("leads Polar and the file to its new address, and brings back what was missed", async () => {
    const before = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
    await endProcess((await running())[0], "SIGKILL");
    await said(/The tunnel is away/);
    await practice.fire("order.paid");
    await said(/send again what had failed meanwhile: 1/);
    await said(/"event_type":"order\.paid"/);
    const after = (await project.env()).value("POLAR_WEBHOOK_URL_DEV");
    assert.notEqual(after, before);
    const endpoints = await practice.endpoints();
    assert.deepEqual(endpoints.map((endpoint) => endpoint.url), [`${after}/api/auth/polar/webhooks`]);
  });

  test("is ended with Ctrl-C", async () => {
    setup.child.kill("SIGINT");
    await waitUntil("no tunnel program runs", async () => (await running()).length === 0);
    await waitUntil("the program ends", () => setup.ended);
    assert.equal(setup.child.exitCode, 0);
  });
});
