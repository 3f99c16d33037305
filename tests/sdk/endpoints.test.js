// The webhook endpoints of the practice Polar, through both official SDKs. 0.49.0 validates every response with zod.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { Polar } from "polar-sdk-0";
import { HTTPValidationError } from "polar-sdk-0/models/errors/httpvalidationerror.js";
import { ResourceNotFound } from "polar-sdk-0/models/errors/resourcenotfound.js";
import { createPolar, errors } from "polar-sdk-1/2026-04";

import { startPractice } from "./programs.js";

const OWN_SECRET = "a-secret-of-the-user-with-40-characters!";
const MADE_BY_POLAR = /^whsec_[0-9A-Za-z]{43}$/;

let practice;
before(async () => (practice = await startPractice()));
after(() => practice?.stop());

// A test that failed halfway leaves nothing behind for the next one.
afterEach(async () => {
  const polar = createPolar({ accessToken: practice.token, baseUrl: practice.url });
  const { items } = await polar.webhooks.listWebhookEndpoints({ limit: 100 });
  for (const { id } of items) await polar.webhooks.deleteWebhookEndpoint(id);
});

/** All items of all pages. */
async function all(pages) {
  const items = [];
  for await (const page of pages) items.push(...page.result.items);
  return items;
}

describe("SDK 0.49.0", () => {
  let polar;
  before(() => (polar = new Polar({ accessToken: practice.token, serverURL: practice.url })));

  test("sees the organization", async () => {
    const organizations = await all(await polar.organizations.listOrganizations({}));
    assert.deepEqual(
      organizations.map(({ id, name, slug }) => ({ id, name, slug })),
      [practice.organization],
    );
  });

  test("creates, gets, lists, updates and deletes an endpoint, and resets its secret", async () => {
    const created = await polar.webhooks.createWebhookEndpoint({
      url: "https://Shop.Example/hook",
      name: "Shop",
      format: "raw",
      events: ["order.paid", "subscription.active"],
    });
    const { id } = created;
    assert.equal(created.url, "https://shop.example/hook");
    assert.equal(created.name, "Shop");
    assert.match(created.secret, MADE_BY_POLAR);
    assert.equal(created.enabled, true);
    assert.equal(created.organizationId, practice.organization.id);
    assert.ok(Math.abs(Date.now() - created.createdAt) < 60_000);

    assert.deepEqual(await polar.webhooks.getWebhookEndpoint({ id }), created);
    assert.deepEqual(await all(await polar.webhooks.listWebhookEndpoints({})), [created]);

    const updated = await polar.webhooks.updateWebhookEndpoint({
      id,
      webhookEndpointUpdate: { events: ["order.refunded"], format: "discord", enabled: false },
    });
    assert.deepEqual(updated.events, ["order.refunded"]);
    assert.equal(updated.format, "discord");
    assert.equal(updated.enabled, false);
    assert.equal(updated.url, created.url);
    assert.equal(updated.secret, created.secret);

    const reset = await polar.webhooks.resetWebhookEndpointSecret({ id });
    assert.match(reset.secret, MADE_BY_POLAR);
    assert.notEqual(reset.secret, created.secret);
    assert.equal((await polar.webhooks.getWebhookEndpoint({ id })).secret, reset.secret);

    await polar.webhooks.deleteWebhookEndpoint({ id });
    await assert.rejects(polar.webhooks.getWebhookEndpoint({ id }), ResourceNotFound);
    await assert.rejects(polar.webhooks.deleteWebhookEndpoint({ id }), ResourceNotFound);
    assert.deepEqual(await all(await polar.webhooks.listWebhookEndpoints({})), []);
  });

  test("turns the pages of a long list", async () => {
    const urls = Array.from({ length: 12 }, (_, number) => `https://shop.example/hook/${number}`);
    for (const url of urls) await polar.webhooks.createWebhookEndpoint({ url, format: "raw", events: [] });
    const listed = await all(await polar.webhooks.listWebhookEndpoints({ limit: 5 }));
    assert.deepEqual(listed.map(({ url }) => url).sort(), [...urls].sort());
  });

  test("is told what is wrong with an address", async () => {
    const creation = polar.webhooks.createWebhookEndpoint({ url: "http://shop.example/hook", format: "raw", events: [] });
    await assert.rejects(creation, (error) => {
      assert.ok(error instanceof HTTPValidationError);
      assert.deepEqual(error.detail[0].loc, ["body", "url"]);
      return true;
    });
  });
});

describe("SDK 1.0.1", () => {
  let polar;
  before(() => (polar = createPolar({ accessToken: practice.token, baseUrl: practice.url })));

  test("sees the organization", async () => {
    const { items } = await polar.organizations.list();
    assert.deepEqual(
      items.map(({ id, name, slug }) => ({ id, name, slug })),
      [practice.organization],
    );
  });

  test("creates, gets, lists, updates and deletes an endpoint, and resets its secret", async () => {
    const created = await polar.webhooks.createWebhookEndpoint({
      url: "https://shop.example/hook",
      format: "slack",
      events: ["order.paid"],
      secret: OWN_SECRET,
    });
    const { id } = created;
    assert.equal(created.secret, OWN_SECRET);
    assert.equal(created.organization_id, practice.organization.id);

    assert.deepEqual(await polar.webhooks.getWebhookEndpoint(id), created);
    assert.deepEqual((await polar.webhooks.listWebhookEndpoints()).items, [created]);

    const updated = await polar.webhooks.updateWebhookEndpoint(id, { url: "https://shop.example/other", events: [] });
    assert.equal(updated.url, "https://shop.example/other");
    assert.deepEqual(updated.events, []);
    assert.equal(updated.secret, created.secret);

    const reset = await polar.webhooks.resetWebhookEndpointSecret(id);
    assert.match(reset.secret, MADE_BY_POLAR);

    await polar.webhooks.deleteWebhookEndpoint(id);
    await assert.rejects(polar.webhooks.getWebhookEndpoint(id), errors.ResourceNotFound);
    assert.deepEqual((await polar.webhooks.listWebhookEndpoints()).items, []);
  });

  test("is told what is wrong with an address", async () => {
    const creation = polar.webhooks.createWebhookEndpoint({ url: "https://localhost/hook", format: "raw", events: [] });
    await assert.rejects(creation, errors.HTTPValidationError);
  });
});
