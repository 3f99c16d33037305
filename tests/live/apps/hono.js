// Hono with Polar's adapter for it.
import { serve } from "@hono/node-server";
import { Webhooks } from "@polar-sh/hono";
import { Hono } from "hono";

const app = new Hono();
app.post(
  "/api/webhook/polar",
  Webhooks({
    webhookSecret: process.env.POLAR_WEBHOOK_SECRET,
    onPayload: async ({ type, data }) => console.log(`SEEN ${JSON.stringify({ type, id: data.id })}`),
  }),
);
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
