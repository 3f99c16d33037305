// Every event type, signed by Polar Setup, against every verifier that the users of Polar have.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { eventTypes, sampleDeliveries } from "./programs.js";
import { refusals, unknownToSdk0, verifyWithSdk0, verifyWithSdk1, verifyWithStandardWebhooks } from "./verifiers.js";

let types;
let deliveries;
const by = (rule) => deliveries.filter((delivery) => delivery.rule === rule);

/** Runs `check` for each delivery; says of which type it failed. */
async function each(some, check) {
  for (const delivery of some) {
    try {
      await check(delivery);
    } catch (error) {
      throw new Error(`${delivery.event}, ${delivery.rule}: ${error.message}`, { cause: error });
    }
  }
}

/** Whether the verifier takes it, and for the type it is. */
async function accepts(verify, delivery) {
  assert.equal(await verify(delivery), delivery.event);
}

before(async () => {
  types = await eventTypes();
  deliveries = await sampleDeliveries();
});

test("there is a delivery of every event type by both key rules", () => {
  assert.equal(types.length, 42);
  assert.deepEqual(by("polar_own").map((delivery) => delivery.event), types);
  assert.deepEqual(by("standard_webhooks").map((delivery) => delivery.event), types);
});

describe("Polar's own key rule", () => {
  test("SDK 0.49.0 accepts every one, payload included; seven types it does not know", async () => {
    assert.equal(unknownToSdk0.size, 7);
    await each(by("polar_own"), (delivery) => accepts(verifyWithSdk0, delivery));
  });

  test("SDK 1.0.1 accepts every one", () => each(by("polar_own"), (delivery) => accepts(verifyWithSdk1, delivery)));

  test("standardwebhooks refuses every one as it is, and accepts it with the secret in base64", () =>
    each(by("polar_own"), async (delivery) => {
      await assert.rejects(verifyWithStandardWebhooks(delivery), refusals.standardWebhooks);
      const secret = Buffer.from(delivery.secret, "utf8").toString("base64");
      await accepts(verifyWithStandardWebhooks, { ...delivery, secret });
    }));
});

describe("the Standard Webhooks key rule", () => {
  test("standardwebhooks accepts every one", () =>
    each(by("standard_webhooks"), (delivery) => accepts(verifyWithStandardWebhooks, delivery)));

  test("SDK 1.0.1 accepts every one", () =>
    each(by("standard_webhooks"), (delivery) => accepts(verifyWithSdk1, delivery)));

  test("SDK 0.49.0 refuses every one", () =>
    each(by("standard_webhooks"), (delivery) => assert.rejects(verifyWithSdk0(delivery), refusals.sdk0)));
});

describe("a forged delivery", () => {
  const forgeries = {
    "with one character of the body changed": (delivery) => ({
      ...delivery,
      body: delivery.body.replace(/"id":"(.)/, (_, first) => `"id":"${first === "0" ? "1" : "0"}`),
    }),
    "under another id": (delivery) => ({ ...delivery, headers: { ...delivery.headers, "webhook-id": "msg_other" } }),
    "with another time": (delivery) => ({
      ...delivery,
      headers: {
        ...delivery.headers,
        "webhook-timestamp": String(Number(delivery.headers["webhook-timestamp"]) - 1),
      },
    }),
    "an hour old": (delivery) => ({
      ...delivery,
      headers: {
        ...delivery.headers,
        "webhook-timestamp": String(Number(delivery.headers["webhook-timestamp"]) - 3600),
      },
    }),
    "for another secret": (delivery) => ({
      ...delivery,
      secret: delivery.secret.replace(/^whsec_./, (start) => (start === "whsec_A" ? "whsec_B" : "whsec_A")),
    }),
    "with another delivery's signature": (delivery) => ({
      ...delivery,
      headers: {
        ...delivery.headers,
        "webhook-signature": deliveries.find((other) => other !== delivery && other.rule === delivery.rule).headers[
          "webhook-signature"
        ],
      },
    }),
  };

  for (const [how, forge] of Object.entries(forgeries)) {
    test(`${how} is refused by all`, () =>
      each(deliveries, async (delivery) => {
        const forged = forge(delivery);
        assert.notDeepEqual(forged, delivery);
        await assert.rejects(verifyWithSdk0(forged), refusals.sdk0);
        await assert.rejects(verifyWithSdk1(forged), refusals.sdk1);
        await assert.rejects(verifyWithStandardWebhooks(forged), refusals.standardWebhooks);
      }));
  }
});
