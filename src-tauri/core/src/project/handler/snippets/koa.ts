import { webhooks } from "@polar-sh/sdk/2026-04";

// Use it before any body parser: app.use(polarWebhook);
export async function polarWebhook(context{{ANY}}, next{{ANY}}) {
  if (context.method !== "POST" || context.path !== "{{ROUTE}}") return next();
  const secret = process.env.{{SECRET}};
  if (!secret) return context.throw(500, "{{SECRET}} is not set.");
  try {
    const chunks = [];
    for await (const chunk of context.req) chunks.push(chunk);
    const event = await webhooks.validateEvent(Buffer.concat(chunks).toString(), context.headers, secret);
    console.log(event.type);
    context.status = 202;
  } catch (error) {
    context.status = error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400;
  }
}
