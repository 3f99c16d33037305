// A plain Node app receives every event type from the practice Polar, and the official SDK accepts each delivery.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { Polar } from "polar-sdk-0";
import { createPolar } from "polar-sdk-1/2026-04";

import { eventTypes, startPractice } from "./programs.js";
import { refusals, verifyWithSdk0, verifyWithSdk1 } from "./verifiers.js";

const OWN_SECRET = "a-secret-of-the-user-with-40-characters!";

/**
 * Types that Polar's server of 2026-08-22, which the practice Polar imitates, does not take for an endpoint. They can be
 * fired, and come over the relay.
 */
const notForEndpoints = ["subscription.migrated"];

let types;
let practice;
let app;

/** What the app received, in order; `next()` waits for the next one. */
function inbox() {
  const waiting = [];
  const arrived = [];
  return {
    put: (delivery) => (waiting.length ? waiting.shift()(delivery) : arrived.push(delivery)),
    next: () => (arrived.length ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

/** An app that verifies with SDK 1.0.1 as its users do, answers 202 or 403 and keeps what it received. */
async function startApp() {
  const received = inbox();
  let secret = "";
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const delivery = { body: Buffer.concat(chunks).toString("utf8"), headers: request.headers, secret };
    const outcome = await verifyWithSdk1(delivery).then(
      (type) => ({ status: 202, type }),
      (error) => ({ status: 403, error }),
    );
    response.writeHead(outcome.status).end();
    received.put({ ...delivery, ...outcome });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    next: received.next,
    use: (newSecret) => (secret = newSecret),
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** Asks for an endpoint on this machine. Only the practice Polar takes such an address, and only with this header. */
function requestDirectEndpoint(wish) {
  return fetch(`${practice.url}/v1/webhooks/endpoints`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${practice.token}`,
      "content-type": "application/json",
      "x-polar-practice-direct": "1",
    },
    body: JSON.stringify({ url: app.url, format: "raw", events: typesForEndpoints(), ...wish }),
  });
}

async function createDirectEndpoint(wish) {
  const response = await requestDirectEndpoint(wish);
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

function typesForEndpoints() {
  return types.filter((type) => !notForEndpoints.includes(type));
}

/** The events of the relay, as they come. */
async function* relayed(signal) {
  const response = await fetch(`${practice.url}/v1/cli/listen/${practice.organization.id}`, {
    headers: { authorization: `Bearer ${practice.token}` },
    signal,
  });
  assert.equal(response.status, 200);
  let unread = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + text).split("\r\n");
    unread = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
  }
}

async function fire(type) {
  const response = await fetch(`${practice.url}/practice/fire/${type}`, { method: "POST" });
  assert.equal(response.status, 202, await response.text());
}

/**
 * The attempts that Polar lists for this endpoint, as SDK 0.49.0 reads and validates them, once there are `count`.
 * Polar lists an attempt when it has read the answer, which is a moment after the app gave it: hence the asking again.
 */
async function listedAttempts(endpointId, count) {
  const polar = new Polar({ accessToken: practice.token, serverURL: practice.url });
  for (;;) {
    const attempts = [];
    const pages = await polar.webhooks.listWebhookDeliveries({ endpointId, limit: 100 });
    for await (const page of pages) attempts.push(...page.result.items);
    if (attempts.length >= count) return attempts;
    await setTimeout(100);
  }
}

before(async () => {
  types = await eventTypes();
  practice = await startPractice();
  app = await startApp();
});

afterEach(async () => {
  const polar = createPolar({ accessToken: practice.token, baseUrl: practice.url });
  const { items } = await polar.webhooks.listWebhookEndpoints({ limit: 100 });
  for (const { id } of items) await polar.webhooks.deleteWebhookEndpoint(id);
});

after(async () => {
  await app?.stop();
  await practice?.stop();
});

test("every event type arrives and is accepted by both SDKs, with the user's own secret", { timeout: 60_000 }, async () => {
  const { id, secret } = await createDirectEndpoint({ secret: OWN_SECRET });
  assert.equal(secret, OWN_SECRET);
  app.use(secret);
  for (const type of typesForEndpoints()) {
    await fire(type);
    const delivery = await app.next();
    assert.equal(delivery.type, type, delivery.error?.message);
    assert.equal(await verifyWithSdk0(delivery), type);
    assert.equal(delivery.headers["user-agent"], "polar.sh webhooks");
    assert.equal(delivery.headers["content-type"], "application/json");
    const payload = JSON.parse(delivery.body);
    if ("organization_id" in payload.data) assert.equal(payload.data.organization_id, practice.organization.id);
  }

  const attempts = await listedAttempts(id, typesForEndpoints().length);
  assert.deepEqual(attempts.map(({ webhookEvent }) => webhookEvent.type).sort(), typesForEndpoints().sort());
  assert.ok(attempts.every(({ succeeded, httpCode }) => succeeded && httpCode === 202));
});

test("with a secret that Polar makes, SDK 1.0.1 accepts and 0.49.0 refuses", { timeout: 60_000 }, async () => {
  const { secret } = await createDirectEndpoint({});
  app.use(secret);
  for (const type of typesForEndpoints()) {
    await fire(type);
    const delivery = await app.next();
    assert.equal(delivery.type, type, delivery.error?.message);
    await assert.rejects(verifyWithSdk0(delivery), refusals.sdk0);
  }
});

test("after a reset only the new secret verifies", { timeout: 60_000 }, async () => {
  const { id, secret } = await createDirectEndpoint({ secret: OWN_SECRET });
  const polar = new Polar({ accessToken: practice.token, serverURL: practice.url });
  const reset = await polar.webhooks.resetWebhookEndpointSecret({ id });

  app.use(reset.secret);
  await fire("order.paid");
  const delivery = await app.next();
  assert.equal(delivery.status, 202, delivery.error?.message);
  await assert.rejects(verifyWithSdk1({ ...delivery, secret }), refusals.sdk1);
});

test("a type that the server does not know yet is refused for an endpoint, and named", async () => {
  const response = await requestDirectEndpoint({ events: ["order.paid", ...notForEndpoints] });
  assert.equal(response.status, 422);
  const { detail } = await response.json();
  assert.deepEqual(
    detail.map(({ loc, input }) => ({ loc, input })),
    notForEndpoints.map((input, index) => ({ loc: ["body", "events", 1 + index], input })),
  );
});

test("every event type comes over the relay and is accepted by both SDKs", { timeout: 60_000 }, async () => {
  const listening = new AbortController();
  const events = relayed(listening.signal);
  const { value: greeting } = await events.next();
  assert.equal(greeting.key, "connected");
  assert.equal(greeting.secret, practice.organization.id.replaceAll("-", ""));
  for (const type of types) {
    await fire(type);
    const { value: event } = await events.next();
    assert.equal(event.key, "webhook.created");
    const delivery = { body: event.payload.payload, headers: event.headers, secret: greeting.secret };
    assert.equal(await verifyWithSdk1(delivery), type);
    assert.equal(await verifyWithSdk0(delivery), type);
  }
  listening.abort();
});

test("an event type that does not exist is refused", async () => {
  const response = await fetch(`${practice.url}/practice/fire/order.unheard_of`, { method: "POST" });
  assert.equal(response.status, 404);
});
