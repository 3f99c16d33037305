import { webhooks } from "@polar-sh/sdk/2026-04";

// Register it with: app.register(polarWebhook);
export async function polarWebhook(app{{FASTIFY_TYPE}}) {
  // Only inside of this plugin: the signature is over the bytes as they came.
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, async (_request{{UNKNOWN}}, body{{UNKNOWN}}) => body);

  app.post("{{ROUTE}}", async (request, reply) => {
    const secret = process.env.{{SECRET}};
    if (!secret) return reply.code(500).send("{{SECRET}} is not set.");
    try {
      const event = await webhooks.validateEvent(request.body{{AS_STRING}}, request.headers{{NODE_HEADERS}}, secret);
      console.log(event.type);
      return reply.code(202).send();
    } catch (error) {
      return reply.code(error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400).send();
    }
  });
}
