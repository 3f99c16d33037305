import { webhooks } from "@polar-sh/sdk/2026-04";
import type { NextApiRequest, NextApiResponse } from "next";

// The signature is over the bytes as they came.
export const config = { api: { bodyParser: false } };

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  const secret = process.env.{{SECRET}};
  if (request.method !== "POST") return response.status(405).end();
  if (!secret) return response.status(500).end("{{SECRET}} is not set.");
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const event = await webhooks.validateEvent(body, request.headers as Record<string, string>, secret);
    console.log(event.type);
    return response.status(202).end();
  } catch (error) {
    return response.status(error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400).end();
  }
}
