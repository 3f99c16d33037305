import { Controller, Headers, HttpCode, HttpException, Post, Req, type RawBodyRequest } from "@nestjs/common";
import { webhooks } from "@polar-sh/sdk/2026-04";
import type { IncomingMessage } from "node:http";

@Controller()
export class PolarWebhookController {
  @Post("{{ROUTE}}")
  @HttpCode(202)
  async take(@Req() request: RawBodyRequest<IncomingMessage>, @Headers() headers: Record<string, string>) {
    const secret = process.env.{{SECRET}};
    if (!secret) throw new HttpException("{{SECRET}} is not set.", 500);
    try {
      const event = await webhooks.validateEvent(request.rawBody?.toString() ?? "", headers, secret);
      console.log(event.type);
    } catch (error) {
      const status = error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400;
      throw new HttpException("This delivery is not verified.", status);
    }
  }
}
