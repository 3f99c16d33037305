// Express with Polar's SDK: a healthy handler, and what is done wrong with it.
//
// A scene: `expected` the causes, blocking first (none: healthy), `files` the project's, `start` its command, `secret` what
// stands in the .env in place of the endpoint's, `polarsSecret` the endpoint's (null: Polar makes it), `endpoint` how else it
// is created, `fire` an event before the diagnosis, `edit` a change of the files after the app's start.
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { OTHER_SECRET, ROUTE } from "./scene.js";

export const sdk1 = { express: "5", "@polar-sh/sdk": "1.0.1" };
export const sdk0 = { express: "5", "@polar-sh/sdk": "0.49.0" };
export const node = () => [process.execPath, "--env-file=.env", "server.js"];

const importOf = (sdk) =>
  sdk === sdk0
    ? `import { validateEvent } from "@polar-sh/sdk/webhooks";`
    : `import { webhooks } from "@polar-sh/sdk/2026-04";\nconst { validateEvent } = webhooks;`;

/** The usual server; each part can be replaced. */
function server({
  sdk = sdk1,
  before = "",
  parser = `express.raw({ type: "application/json" })`,
  guard = "",
  secret = "process.env.POLAR_WEBHOOK_SECRET",
  body = `request.body.toString("utf8")`,
  headers = "request.headers",
  verify = undefined,
  handle = "",
  method = "post",
  route = ROUTE,
  after = "",
} = {}) {
  const check = verify ?? `event = await validateEvent(${body}, ${headers}, ${secret});`;
  return `import express from "express";
${importOf(sdk)}

const app = express();
${before}
app.${method}("${route}", ${parser}${guard ? `, ${guard}` : ""}, async (request, response) => {
  let event;
  try {
    ${check}
  } catch (error) {
    response.status(403).send("");
    return;
  }
  ${handle}
  response.status(202).send("");
});
${after}
app.listen(Number(process.env.PORT), "127.0.0.1");
`;
}

function scene(name, expected, parts = {}, more = {}) {
  const sdk = parts.sdk ?? sdk1;
  return {
    name: `Express, ${sdk === sdk0 ? "SDK 0.49" : "SDK 1.0"}: ${name}`,
    expected,
    dependencies: { ...sdk, ...more.packages },
    files: () => ({ "server.js": server(parts) }),
    start: node,
    ...more,
  };
}

export const express = [
  scene("healthy", []),
  scene("healthy, own secret", [], { sdk: sdk0 }),
  scene("healthy, Polar's secret", [], {}, { polarsSecret: null }),
  scene("healthy, with deliveries", [], {}, { fire: "order.paid" }),
  scene("healthy, other JSON routes beside it", [], { after: `app.post("/cart", express.json(), (request, response) => response.json(request.body));` }),
  scene("healthy, text parser", [], { parser: `express.text({ type: "*/*" })`, body: "request.body" }),
  scene("healthy, rawBody kept by the JSON parser", [], {
    before: "app.use(express.json({ verify: (request, _, bytes) => { request.rawBody = bytes.toString('utf8'); } }));",
    parser: "(request, response, next) => next()",
    body: "request.rawBody",
  }),

  scene("Polar's secret with the old SDK", ["key_rule"], { sdk: sdk0 }, { polarsSecret: null }),
  scene("Polar's secret with the old SDK, delivered", ["key_rule"], { sdk: sdk0 }, { polarsSecret: null, fire: "order.paid" }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("base64 of the secret in the .env, which this SDK decodes", [], {}, { secret: (own) => Buffer.from(own).toString("base64") }),
  scene("base64 of the secret in the .env", ["secret_encoded_twice"], { sdk: sdk0 }, { secret: (own) => Buffer.from(own).toString("base64") }),
  scene("the code encodes the secret once more", ["secret_encoded_twice"], {
    secret: `Buffer.from(process.env.POLAR_WEBHOOK_SECRET).toString("base64")`,
    sdk: sdk0,
  }),
  scene("another secret in the code", ["secret_not_read"], { secret: `"${OTHER_SECRET}"` }),
  scene("another variable in the code", ["variable_name"], { secret: "process.env.POLAR_SECRET" }),
  scene("the environment has an older secret", ["env_file_shadowed"], {}, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("the .env was changed after the start", ["not_restarted"], {}, {
    secret: () => OTHER_SECRET,
    edit: (folder, { port, token }) =>
      writeFile(join(folder, ".env"), `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=a-webhook-secret-of-forty-characters-0001\nPORT=${port}\n`),
  }),
  scene("no secret in the .env", ["secret_missing"], {
    before: `if (!process.env.POLAR_WEBHOOK_SECRET) console.error("no secret");`,
  }, { files: ({ port, token }) => ({ "server.js": server(), ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }) }),

  scene("express.json() before it, stringified", ["body_reparsed"], {
    before: "app.use(express.json());",
    parser: "(request, response, next) => next()",
    body: "JSON.stringify(request.body)",
  }),
  scene("express.json() before express.raw()", ["body_reparsed"], { before: "app.use(express.json());" }),
  scene("headers read in capitals", ["header_case"], {
    headers: `{ "webhook-id": request.headers["Webhook-Id"], "webhook-timestamp": request.headers["Webhook-Timestamp"], "webhook-signature": request.headers["Webhook-Signature"] }`,
  }),
  scene("largest body 1 kB", ["body_limit"], { parser: `express.raw({ type: "application/json", limit: "1kb" })` }),

  scene("the handler throws", ["handler_throws"], { handle: `throw new Error("cannot read properties of undefined");` }),
  scene("the handler is slow", ["slow_app"], { handle: "await new Promise((done) => setTimeout(done, 15_000));" }),
  scene("a guard answers 401", ["auth_middleware"], {
    before: `app.use((request, response, next) => (request.headers.authorization ? next() : response.status(401).json({ error: "Unauthorized" })));`,
  }),
  scene("a guard leads to the login", ["login_redirect"], {
    before: `app.use((request, response, next) => (request.headers.cookie ? next() : response.redirect("/login")));`,
  }),
  scene("a CSRF check answers 403", ["csrf"], {
    before: `app.use((request, response, next) => (request.method === "GET" || request.headers["x-csrf-token"] ? next() : response.status(403).send("invalid csrf token")));`,
  }),
  scene("a page for everything", ["catch_all"], {
    method: "get",
    before: `app.use((request, response) => response.status(200).send("<!doctype html><title>Shop</title><p>Welcome"));`,
  }),
  scene("GET only", ["method_not_allowed"], {
    method: "get",
    after: `app.all("${ROUTE}", (request, response) => response.status(405).set("Allow", "GET").send("Method Not Allowed"));`,
  }),
  scene("GET only, as Express answers it", ["method_not_allowed"], { method: "get" }),
  scene("the endpoint lacks /api", ["route_near_miss"], {}, { endpointRoute: "/webhook/polar" }),
  scene("the handler is at another path", ["route_near_miss"], { route: "/webhook/polar" }),
  scene("no such route", ["route_missing"], { route: "/hooks/of/mine" }),
  scene("a redirect to the path with a slash", ["route_redirects"], {
    before: `app.use((request, response, next) => (request.path.endsWith("/") ? next() : response.redirect(308, request.path + "/")));`,
  }),
  scene("standardwebhooks with Polar's secret", [], {
    before: `const { Webhook } = await import("standardwebhooks");`,
    verify: `event = new Webhook(process.env.POLAR_WEBHOOK_SECRET).verify(request.body, request.headers);`,
  }, { polarsSecret: null, packages: { standardwebhooks: "1.0.0" } }),
  scene("standardwebhooks with a secret of one's own", ["key_rule"], {
    before: `const { Webhook } = await import("standardwebhooks");`,
    verify: `event = new Webhook(process.env.POLAR_WEBHOOK_SECRET).verify(request.body, request.headers);`,
  }, { polarsSecret: "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJz", packages: { standardwebhooks: "1.0.0" } }),

  scene("the endpoint has no events", ["no_events"], {}, { endpoint: { events: [] } }),
  scene("code for events that the endpoint does not take", ["event_not_chosen"], { handle: `if (event.type === "order.refunded") console.log(event.data.id);` }),

  scene("healthy, code for more events than the endpoint takes", [], {
    handle: `if (event.type === "order.paid" || event.type === "order.refunded") console.log(event.data.id);`,
  }, { notes: /made for order\.refunded as well/ }),

  // Of several faults the one that blocks first comes first; what cannot be seen behind it is not named.
  scene("no events, and a wrong secret", ["no_events", "secret_wrong"], {}, { endpoint: { events: [] }, secret: () => OTHER_SECRET }),
  scene("no events, and the handler throws", ["no_events", "handler_throws"], { handle: `throw new Error("no database");` }, { endpoint: { events: [] } }),
  scene("Discord's format, and a guard that leads to the login", ["chat_format_to_app", "login_redirect"], {
    before: `app.use((request, response, next) => (request.headers.cookie ? next() : response.redirect("/login")));`,
  }, { endpoint: { format: "discord" } }),
  scene("a guard answers 401, and a wrong secret", ["auth_middleware", "secret_wrong"], {
    before: `app.use((request, response, next) => (request.headers.authorization ? next() : response.status(401).json({ error: "Unauthorized" })));`,
  }, { secret: () => OTHER_SECRET }),
  scene("the endpoint lacks /api, and a wrong secret", ["route_near_miss", "secret_wrong"], {}, { endpointRoute: "/webhook/polar", secret: () => OTHER_SECRET }),
  scene("a CSRF check, and Polar's secret with the old SDK", ["csrf"], {
    sdk: sdk0,
    before: `app.use((request, response, next) => (request.method === "GET" || request.headers["x-csrf-token"] ? next() : response.status(403).send("invalid csrf token")));`,
  }, { polarsSecret: null }),

  scene("the endpoint speaks Discord", ["chat_format_to_app"], {}, { endpoint: { format: "discord" } }),
];
