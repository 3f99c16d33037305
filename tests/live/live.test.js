// Real frameworks with Polar's own SDK and adapters accept what is forwarded, sent again, triggered and relayed: the app's
// handler is given the event, and a delivery that was tampered with is refused.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { Program } from "../e2e/harness/processes.js";
import { waitUntil } from "../e2e/harness/wait.js";
import { App, frameworks, ROUTE } from "./apps.js";

function built(variable, what) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set. Set it to the path of ${what}; scripts/test does so.`);
  return path;
}

const cli = built("POLAR_SETUP_CLI", "polar-setup-cli");
const passOn = built("POLAR_SETUP_PASS_ON", "the example program pass_on of polar-setup-core");
const run = promisify(execFile);
const OTHER_ID = "11111111-2222-4333-8444-555555555555";

for (const [name, framework] of Object.entries(frameworks)) {
  describe(name, () => {
    let practice, polar, app, environment, secret;
    const started = [];
    const start = (what, command, words, env = environment, stdio = undefined) => {
      const program = new Program(what, command, words, { env, ...(stdio && { stdio }) });
      started.push(program);
      return program;
    };
    const says = async (program, pattern) => {
      const said = () => (program.mustRun(), program.output.match(pattern));
      return waitUntil(`${program.name} says ${pattern}`, said, 30_000).catch((error) => {
        throw new Error(`${error.message}. It said:\n${program.output}`);
      });
    };
    const fire = async (type) => {
      const answer = await fetch(new URL(`/practice/fire/${type}`, polar.url), { method: "POST" });
      assert.ok(answer.ok, `the practice Polar answered ${answer.status}`);
    };
    const trigger = (type, url) => run(cli, ["trigger", type, "--project", app.folder, "--forward-to", url, "--json"], { env: environment });
    /** A delivery as the app would get it: `{headers, body}`. */
    const signed = async (type) => {
      const server = createServer();
      const arrived = once(server, "request").then(async ([request, response]) => {
        const body = Buffer.concat(await request.toArray()).toString("utf8");
        response.end();
        const named = Object.entries(request.headers).filter(([header]) => header.startsWith("webhook-") || header === "content-type");
        return { headers: Object.fromEntries(named), body };
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      await trigger(type, `http://127.0.0.1:${server.address().port}/`);
      server.close();
      return arrived;
    };
    const of = (type) => (event) => event.type === type;

    before(async () => {
      app = await App.create(framework);
      practice = start("polar-setup-cli practice", cli, ["practice", "--json"], process.env);
      polar = JSON.parse(await practice.firstLine());
      environment = {
        ...process.env,
        POLAR_ACCESS_TOKEN: polar.token,
        POLAR_SETUP_KEYRING: "off",
        POLAR_SETUP_DATA_DIR: join(app.folder, ".data"),
      };
    });

    after(async () => {
      for (const program of started.reverse()) await program.stop();
      await app?.remove();
    });

    test("forwarded: Polar delivers to the receiver, and that to the app", async () => {
      const where = ["--project", app.folder, "--api-url", polar.url, "--tunnel", "none", "--route", ROUTE, "--port", `${app.port}`];
      const setup = start("polar-setup-cli setup", cli, ["setup", ...where, "--keep-running", "--json"]);
      await says(setup, /Deliveries arrive/);
      // Which file that is depends on the framework.
      const [, file] = setup.output.match(/"env_file":"([^"]+)"/);
      secret = (await readFile(file, "utf8")).match(/^POLAR_WEBHOOK_SECRET=["']?([^"'\n]*)/m)[1];
      // Only now there is a secret for it to be started with.
      await app.start();
      await fire("order.paid");
      await app.gets("order.paid", 1, of("order.paid"));
      await says(setup, /"event_type":"order\.paid"[^\n]*"app_status":20[02]/);
      await setup.stop();
    });

    test("triggered", async () => {
      const { stdout } = await trigger("subscription.active", app.url);
      assert.match(stdout, /"status":20[02]/);
      await app.gets("subscription.active", 1, of("subscription.active"));
    });

    test("sent again, as it was and edited", async () => {
      const receiver = start("pass_on", passOn, [`${app.port}`], { ...environment, POLAR_WEBHOOK_SECRET: secret }, ["pipe", "pipe", "pipe"]);
      const [address] = await says(receiver, /http:\S+/);
      await trigger("order.refunded", `${address}${ROUTE}`);
      await says(receiver, /"number":1[^\n]*"app_status":20[02]/);
      receiver.child.stdin.write("replay 1\n");
      await says(receiver, /"number":2[^\n]*"app_status":20[02]/);
      await app.gets("order.refunded again", 2, of("order.refunded"));
      const event = JSON.parse((await signed("order.refunded")).body);
      event.data.id = OTHER_ID;
      receiver.child.stdin.write(`replay 1 ${JSON.stringify(event)}\n`);
      await app.gets("the edited one", 1, ({ id }) => id === OTHER_ID);
      await receiver.stop();
    });

    test("relayed", async () => {
      const listen = start("polar-setup-cli listen", cli, ["listen", "--project", app.folder, "--api-url", polar.url, "--tunnel", "relay", "--forward-to", app.url, "--json"]);
      await says(listen, /"relay":"connected"/);
      // No endpoint takes this one, so it can only come by the relay.
      await fire("customer.created");
      await app.gets("customer.created", 1, of("customer.created"));
      await says(listen, /"event_type":"customer\.created"[^\n]*"app_status":20[02]/);
      await listen.stop();
    });

    test("a delivery that was tampered with is refused", async () => {
      const before = app.seen().length;
      const { headers, body } = await signed("order.paid");
      const send = (text) => fetch(app.url, { method: "POST", headers, body: text });
      const refused = await send(`${body} `);
      assert.ok([400, 401, 403].includes(refused.status), `answered ${refused.status}`);
      assert.equal(app.seen().length, before);
      assert.ok((await send(body)).ok, "the same, untouched, is accepted");
    });

    /** What `diagnose` names, in its order. */
    const diagnosed = async () => {
      const where = ["diagnose", "--project", app.folder, "--api-url", polar.url, "--json"];
      const { stdout } = await run(cli, where, { env: environment }).catch((stopped) => stopped);
      return JSON.parse(stdout).causes.map(({ id }) => id);
    };

    test("diagnosed: only what is wrong is named, the first one first", async () => {
      const where = ["--project", app.folder, "--api-url", polar.url, "--tunnel", "none", "--route", ROUTE, "--port", `${app.port}`];
      const setup = start("polar-setup-cli setup", cli, ["setup", ...where, "--keep-running", "--json"]);
      await says(setup, /Deliveries arrive/);
      assert.deepEqual(await diagnosed(), [], "all is well");
      await setup.stop();
      assert.deepEqual(await diagnosed(), ["receiver_not_running"]);
      await app.program.stop();
      assert.deepEqual(await diagnosed(), ["receiver_not_running", "app_not_running"]);
    });
  });
}
