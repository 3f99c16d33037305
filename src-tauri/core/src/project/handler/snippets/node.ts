import { webhooks } from "@polar-sh/sdk/2026-04";
import { createServer } from "node:http";

const server = createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "{{ROUTE}}") {
    response.writeHead(404).end();
    return;
  }
  const secret = process.env.{{SECRET}};
  if (!secret) {
    response.writeHead(500).end("{{SECRET}} is not set.");
    return;
  }
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const event = await webhooks.validateEvent(body, request.headers{{NODE_HEADERS}}, secret);
    console.log(event.type);
    response.writeHead(202).end();
  } catch (error) {
    response.writeHead(error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400).end();
  }
});

server.listen({{PORT}});
