// The three verifiers that the users of Polar have, and what each of them is known to accept.

import { Discount$inboundSchema } from "polar-sdk-0/models/components/discount.js";
import { Subscription$inboundSchema } from "polar-sdk-0/models/components/subscription.js";
import { SDKValidationError } from "polar-sdk-0/models/errors/sdkvalidationerror.js";
import { validateEvent, WebhookVerificationError } from "polar-sdk-0/webhooks";
import { webhooks } from "polar-sdk-1/2026-04";
import { Webhook } from "standardwebhooks";

/**
 * The types that `validateEvent` of SDK 0.49.0 does not know: it accepts their signature and then throws "Unknown event
 * type". Their data is checked with the schema that the same SDK has for the object itself.
 */
export const unknownToSdk0 = new Map([
  ["subscription.cycled", Subscription$inboundSchema],
  ["subscription.paused", Subscription$inboundSchema],
  ["subscription.resumed", Subscription$inboundSchema],
  ["subscription.migrated", Subscription$inboundSchema],
  ["discount.created", Discount$inboundSchema],
  ["discount.updated", Discount$inboundSchema],
  ["discount.deleted", Discount$inboundSchema],
]);

/** Whether SDK 0.49.0 threw because it does not know this type; its signature was good then. */
function isUnknownType(error, type) {
  return error instanceof SDKValidationError && error.cause?.message.startsWith(`Unknown event type: ${type}`);
}

/**
 * SDK 0.49.0, which validates the whole payload with zod. Resolves to the type.
 * It throws what the SDK throws, except for the types of `unknownToSdk0`: there it must throw "Unknown event type".
 */
export async function verifyWithSdk0({ body, headers, secret }) {
  const { type, data } = JSON.parse(body);
  const schema = unknownToSdk0.get(type);
  if (!schema) return validateEvent(body, headers, secret).type;
  try {
    validateEvent(body, headers, secret);
  } catch (error) {
    if (!isUnknownType(error, type)) throw error;
    schema.parse(data);
    return type;
  }
  throw new Error(`SDK 0.49.0 knows ${type} now: take it out of unknownToSdk0.`);
}

/** SDK 1.0.1, which does not validate the payload but knows each type. Resolves to the type. */
export async function verifyWithSdk1({ body, headers, secret }) {
  return (await webhooks.validateEvent(body, headers, secret)).type;
}

/** The reference library of Standard Webhooks, which knows nothing of Polar. Resolves to the type. */
export async function verifyWithStandardWebhooks({ body, headers, secret }) {
  return new Webhook(secret).verify(body, headers).type;
}

/** What each throws for a signature that it does not accept, and for nothing else. */
export const refusals = {
  sdk0: (error) => error instanceof WebhookVerificationError,
  sdk1: (error) => error.constructor.name === "PolarWebhookVerificationError",
  standardWebhooks: (error) => error.constructor.name === "WebhookVerificationError",
};
