import { webhooks } from "@polar-sh/sdk/2026-04";
import express from "express";

// Mount it before express.json(): app.use(polarWebhook);
export const polarWebhook = express.Router();

polarWebhook.post("{{ROUTE}}", express.raw({ type: "application/json" }), async (request, response) => {
  const secret = process.env.{{SECRET}};
  if (!secret) {
    response.status(500).send("{{SECRET}} is not set.");
    return;
  }
  try {
    const event = await webhooks.validateEvent(request.body, request.headers{{NODE_HEADERS}}, secret);
    console.log(event.type);
    response.sendStatus(202);
  } catch (error) {
    response.sendStatus(error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400);
  }
});
