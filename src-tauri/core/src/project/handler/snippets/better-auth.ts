import { polar, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";

export const auth = betterAuth({
  // … what is there already
  plugins: [
    polar({
      client: new Polar({ accessToken: process.env.{{TOKEN}}{{SERVER}} }),
      use: [
        webhooks({
          secret: process.env.{{SECRET}}!,
          onPayload: async (payload) => {
            console.log(payload.type);
          },
        }),
      ],
    }),
  ],
});
