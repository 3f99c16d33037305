// Express with Polar's SDK: `express.js 0` verifies with 0.49.0, `express.js 1` with 1.0.1.
import express from "express";

const secret = process.env.POLAR_WEBHOOK_SECRET;
const verify =
  process.argv[2] === "0"
    ? (await import("polar-sdk-0/webhooks")).validateEvent
    : (await import("polar-sdk-1/2026-04")).webhooks.validateEvent;

const app = express();
app.post("/api/webhook/polar", express.raw({ type: "application/json" }), async (request, response) => {
  let event;
  try {
    event = await verify(request.body.toString("utf8"), request.headers, secret);
  } catch {
    response.status(403).end();
    return;
  }
  console.log(`SEEN ${JSON.stringify({ type: event.type, id: event.data.id })}`);
  response.status(202).end();
});
app.listen(Number(process.env.PORT), "127.0.0.1");
