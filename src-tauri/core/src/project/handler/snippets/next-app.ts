import { Webhooks } from "@polar-sh/nextjs";

export const POST = Webhooks({
  webhookSecret: process.env.{{SECRET}}!,
  onPayload: async (payload) => {
    console.log(payload.type);
  },
});
