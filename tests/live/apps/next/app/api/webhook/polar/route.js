// Next.js with Polar's adapter for it.
import { Webhooks } from "@polar-sh/nextjs";

export const POST = Webhooks({
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET,
  onPayload: async ({ type, data }) => console.log(`SEEN ${JSON.stringify({ type, id: data.id })}`),
});
