import { Webhooks } from "@polar-sh/tanstack-start";
import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("{{ROUTE}}")({
  server: {
    handlers: {
      POST: Webhooks({
        webhookSecret: process.env.{{SECRET}}!,
        onPayload: async (payload) => {
          console.log(payload.type);
        },
      }),
    },
  },
});
