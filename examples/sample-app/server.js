// A small shop that takes Polar's webhooks.

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

import { webhooks } from "@polar-sh/sdk/2026-04";
import express from "express";

const ENV_FILE = new URL(".env", import.meta.url);

/**
 * What the `.env` next to this file says now. It is read again at each delivery, so that the app can run before Polar
 * Setup writes the secret and needs no restart after it. An app that reads its `.env` once has to be restarted.
 */
function envFile() {
  try {
    return parseEnv(readFileSync(ENV_FILE, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

/** The secret of the webhook endpoint; as usual, the environment itself goes before the file. */
function webhookSecret() {
  return process.env.POLAR_WEBHOOK_SECRET ?? envFile().POLAR_WEBHOOK_SECRET;
}

const app = express();

app.get("/", (request, response) => {
  response.type("text").send("ok\n");
});

// The raw bytes of the body are what is signed: no JSON parser may stand before this handler.
app.post("/api/auth/polar/webhooks", express.raw({ type: () => true, limit: "1mb" }), async (request, response) => {
  const secret = webhookSecret();
  if (!secret) {
    console.error("POLAR_WEBHOOK_SECRET is neither in the environment nor in .env: no delivery can be verified.");
    response.sendStatus(500);
    return;
  }
  try {
    const event = await webhooks.validateEvent(request.body ?? "", request.headers, secret);
    // Here a real shop would grant or take away what was bought. Only the type is logged: the rest is personal data.
    console.log(event.type);
    response.sendStatus(202);
  } catch (error) {
    if (error instanceof webhooks.PolarWebhookVerificationError) {
      console.error(`Refused: ${error.message}`);
      response.sendStatus(403);
    } else if (error instanceof webhooks.PolarWebhookUnknownTypeError) {
      // Well signed, but newer than this SDK. Refused, Polar would send it again and again.
      console.log(`${error.eventType ?? "A message without a type"}: not known to this SDK`);
      response.sendStatus(202);
    } else if (error instanceof webhooks.PolarWebhookError) {
      console.error(`Refused: ${error.message}`);
      response.sendStatus(400);
    } else {
      throw error;
    }
  }
});

const port = Number(process.env.PORT ?? envFile().PORT ?? 3000);
app.listen(port, (error) => {
  if (error) throw error;
  console.log(`http://localhost:${port} takes Polar's webhooks at /api/auth/polar/webhooks`);
});
