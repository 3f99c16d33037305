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
  let practice, project, tunnel, program;
  const running = () => processes((line) => line.includes(`${tunnel.programs}/cloudflared`));
  const said = (pattern) => waitUntil(`it says ${pattern}`, () => (program.mustRun(), program.output.match(pattern)), 30_000);
  const start = (...words) => {
    const secret = { POLAR_ACCESS_TOKEN: practice.token, POLAR_SETUP_DATA_DIR: project.data, POLAR_SETUP_KEYRING: "off" };
    const where = ["--project", project.folder, "--api-url", practice.url, "--tunnel", "cloudflared", "--json"];
    program = new Program(`polar-setup-cli ${words[0]}`, built.cli, [...words, ...where], { env: { ...process.env, ...tunnel.environment, ...secret } });
  };
  const endedWithCtrlC = async () => {
    program.child.kill("SIGINT");
    await waitUntil("no tunnel program runs", async () => (await running()).length === 0);
    await waitUntil("the program ends", () => program.ended);
    assert.equal(program.child.exitCode, 0);
  };
  const urls = async () => (await practice.endpoints()).map((endpoint) => endpoint.url);

  before(async () => {
    tunnel = await TunnelProgram.install();
    practice = await Practice.start(tunnel.environment);
    project = await Project.create();
    await project.startApp();
  });

  after(async () => {
    await program?.stop();
    await practice?.stop();
    await project?.remove();
    await tunnel?.remove();
  });

  test("is started, verified through, and kept up", async () => {
    start("setup", "--keep-running");
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
    assert.deepEqual(await urls(), [`${after}/api/auth/polar/webhooks`]);
  });

  test("is ended with Ctrl-C", endedWithCtrlC);

  test("is listened through: this project's endpoint follows it, and what is missed meanwhile comes after", async () => {
    const [before] = await urls();
    start("listen");
    await said(/endpoint now delivers to/);
    const [through] = await urls();
    assert.notEqual(through, before);
    await practice.fire("order.refunded");
    await said(/"event_type":"order\.refunded"[^\n]*"app_status":202/);
    await endProcess((await running())[0], "SIGKILL");
    await said(/The tunnel is away/);
    await practice.fire("order.created");
    await said(/send again what had failed meanwhile: 1/);
    await said(/"event_type":"order\.created"[^\n]*"app_status":202/);
    assert.equal((await urls()).length, 1, "no endpoint is made by listening");
    assert.notEqual((await urls())[0], through);
    await endedWithCtrlC();
  });
});
