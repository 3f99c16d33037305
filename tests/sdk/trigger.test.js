// `polar-setup-cli trigger` sends every event type to a plain Node app, and the official SDK accepts each.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { eventTypes, program } from "./programs.js";
import { verifyWithSdk0, verifyWithSdk1 } from "./verifiers.js";

const SECRET = "a-secret-of-the-user-with-40-characters!";

let types;
let project;
let server;
let accepted;

before(async () => {
  types = await eventTypes();
  project = await mkdtemp(join(tmpdir(), "polar-setup-trigger-"));
  await writeFile(join(project, ".env"), `POLAR_WEBHOOK_SECRET=${SECRET}\n`);
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const delivery = { body, headers: request.headers, secret: SECRET };
    try {
      const verify = request.url === "/sdk0" ? verifyWithSdk0 : verifyWithSdk1;
      accepted.push(await verify(delivery));
      response.writeHead(202).end();
    } catch (error) {
      response.writeHead(403).end(error.message);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});

after(async () => {
  server.close().closeAllConnections();
  await rm(project, { recursive: true });
});

async function trigger(event, path, ...more) {
  const cli = program("POLAR_SETUP_CLI", "polar-setup-cli");
  const url = `http://127.0.0.1:${server.address().port}${path}`;
  const env = { ...process.env, POLAR_SETUP_DATA_DIR: join(project, "data") };
  const call = ["trigger", event, "--project", project, "--forward-to", url, "--json", ...more];
  return promisify(execFile)(cli, call, { env });
}

for (const path of ["/sdk0", "/sdk1"]) {
  test(`an app at ${path} accepts every event`, async () => {
    accepted = [];
    for (const type of types) await trigger(type, path);
    assert.deepEqual(accepted, types);
  });
}

test("what the SDK refuses ends with exit code 1 and the app's answer", async () => {
  accepted = [];
  // Another secret than the app verifies with.
  await writeFile(join(project, ".env"), `POLAR_WEBHOOK_SECRET=${SECRET.replace("a", "b")}\n`);
  try {
    await assert.rejects(trigger("order.paid", "/sdk1"), (error) => {
      const { trigger } = JSON.parse(error.stdout);
      assert.equal(error.code, 1);
      assert.equal(trigger.status, 403);
      assert.match(trigger.answer, /signature/i);
      return true;
    });
  } finally {
    await writeFile(join(project, ".env"), `POLAR_WEBHOOK_SECRET=${SECRET}\n`);
  }
});
