// Hono on Node.js, with Polar's adapter for it and with the SDK by hand: healthy handlers, and what is done wrong with them.
// What a scene may say is told in express.js.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

const honos = { hono: "4", "@hono/node-server": "1" };
const adapter = { ...honos, "@polar-sh/hono": "0.5.3" };
const sdk1 = { ...honos, "@polar-sh/sdk": "1.0.1" };
const sdk0 = { ...honos, "@polar-sh/sdk": "0.49.0" };
const nameOf = new Map([[honos, "no SDK"], [adapter, "adapter"], [sdk1, "SDK 1.0"], [sdk0, "SDK 0.49"]]);

const node = () => [process.execPath, "--env-file=.env", "server.js"];
const FROM_ENV = "process.env.POLAR_WEBHOOK_SECRET";

const adapters = ({ secret = FROM_ENV, onPayload = "console.log(payload.type);" } = {}) =>
  `Webhooks({ webhookSecret: ${secret}, onPayload: async (payload) => { ${onPayload} } })`;

const byHand = ({ secret = FROM_ENV, body = "await c.req.text()", headers = "c.req.header()", refuse = `return c.json({ received: false }, 403);`, handle = "" } = {}) =>
  `async (c) => {
  let event;
  try {
    event = await validateEvent(${body}, ${headers}, ${secret});
  } catch (error) {
    ${refuse}
  }
  ${handle}
  return c.json({ received: true }, 202);
}`;

/** With the library for everybody's webhooks. */
const byLibrary = (secret) => `async (c) => {
  try {
    new Webhook(${secret}).verify(await c.req.text(), c.req.header());
  } catch {
    return c.json({ error: "invalid signature" }, 400);
  }
  return c.body(null, 204);
}`;

const importOf = (packages) => {
  if (packages === honos) return `import { Webhook } from "standardwebhooks";`;
  if (packages === adapter) return `import { Webhooks } from "@polar-sh/hono";`;
  return packages === sdk0
    ? `import { validateEvent } from "@polar-sh/sdk/webhooks";`
    : `import { webhooks } from "@polar-sh/sdk/2026-04";\nconst { validateEvent } = webhooks;`;
};

/** The usual server; each part can be replaced. */
function server({
  packages = adapter,
  imports = "",
  before = "",
  app = "new Hono()",
  method = "post",
  route = ROUTE,
  guard = "",
  handler = packages === adapter ? adapters() : byHand(),
  after = "",
  port = "Number(process.env.PORT)",
} = {}) {
  return `import { serve } from "@hono/node-server";
import { Hono } from "hono";
${importOf(packages)}
${imports}

const app = ${app};
${before}
app.${method}("${route}", ${guard ? `${guard}, ` : ""}${handler});
${after}
app.get("/", (c) => c.html("<!doctype html><title>Shop</title><p>Welcome"));

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: ${port} });
`;
}

function scene(name, expected, parts = {}, more = {}) {
  const packages = parts.packages ?? adapter;
  return {
    name: `Hono, ${nameOf.get(packages)}: ${name}`,
    expected,
    dependencies: { ...packages, ...more.packages },
    files: () => ({ "server.js": server(parts) }),
    start: node,
    ...more,
  };
}

/** An own .env, with this text in place of the secret's line. */
const withEnv = (parts, line) => ({
  files: ({ port, secret, token }) => ({
    "server.js": server(parts),
    ".env": `POLAR_ACCESS_TOKEN=${token}\n${line(secret)}\nPORT=${port}\n`,
  }),
});

// As people write it who want no package for it.
const NAIVE_READER = `
import { readFileSync } from "node:fs";
for (const line of readFileSync(".env", "utf8").split("\\n")) {
  const at = line.indexOf("=");
  if (at > 0) process.env[line.slice(0, at)] ??= line.slice(at + 1);
}`;
const withoutEnv = () => [process.execPath, "server.js"];
// As wrangler, Vercel and others rank them.
const withLocal = () => [process.execPath, "--env-file=.env", "--env-file=.env.local", "server.js"];

// A count for each address, as rate limiters have it.
const limiter = (most) => `
const asked = new Map();
app.use("/api/*", async (c, next) => {
  const from = c.env.incoming.socket.remoteAddress;
  asked.set(from, (asked.get(from) ?? 0) + 1);
  if (asked.get(from) > ${most}) return c.text("Too many requests, please try again later.", 429, { "Retry-After": "60" });
  await next();
});`;

export const hono = [
  scene("healthy", []),
  scene("healthy, with deliveries", [], {}, { fire: "order.paid" }),
  scene("healthy, Polar's secret", [], { packages: sdk1 }, { polarsSecret: null }),
  scene("healthy, Polar's secret, with deliveries", [], { packages: sdk1 }, { polarsSecret: null, fire: "customer.created" }),
  scene("healthy, own secret", [], { packages: sdk0, handler: byHand({ headers: "Object.fromEntries(c.req.raw.headers)" }) }),
  scene("healthy behind logger, cors, csrf, limit and timeout", [], {
    imports: `import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { timeout } from "hono/timeout";`,
    // Hono's csrf() looks at what a form can send; JSON passes.
    before: `app.use(logger(), cors(), csrf(), secureHeaders(), timeout(8_000), bodyLimit({ maxSize: 1024 * 1024 }));`,
  }),
  scene("healthy, mounted under /api", [], {
    before: `const api = new Hono();\napi.post("/webhook/polar", ${adapters()});\napp.route("/api", api);`,
    route: "/other",
    handler: `(c) => c.text("")`,
  }),
  scene("healthy, a basePath", [], { app: `new Hono().basePath("/api")`, route: "/webhook/polar" }),
  scene("healthy, another route", [], { packages: sdk1, route: "/hooks/billing" }, { endpointRoute: "/hooks/billing" }),
  scene("healthy, the admin's pages have a password", [], {
    imports: `import { basicAuth } from "hono/basic-auth";\nimport { bearerAuth } from "hono/bearer-auth";`,
    before: `app.use("/admin/*", basicAuth({ username: "admin", password: "hunter22" }));
app.use("/api/*", async (c, next) => (c.req.path === "${ROUTE}" ? next() : bearerAuth({ token: "a-token" })(c, next)));`,
  }),
  scene("healthy, a page for everything behind it", [], { packages: sdk1, after: `app.all("*", (c) => c.html("<!doctype html><title>Shop</title>"));` }),
  scene("healthy, a logger reads the body as JSON", [], {
    // Hono keeps the text, and parses that.
    before: `app.use(async (c, next) => { if (c.req.method === "POST") console.log((await c.req.json()).type); await next(); });`,
  }),
  scene("healthy, 401 for what is forged", [], { packages: sdk1, handler: byHand({ refuse: `return c.json({ error: "Unauthorized" }, 401);` }) }),
  scene("healthy, 200 for what is forged", [], { packages: sdk1, handler: byHand({ refuse: `console.error("not Polar's"); return c.json({ received: true });` }) }),
  scene("healthy, a secret with $ and # in single quotes", [], {
    packages: sdk1,
  }, { polarsSecret: "pa$word#of-forty-characters-and-some-0001", secret: (own) => `'${own}'` }),
  scene("healthy, takes an event only once", [], {
    packages: sdk1,
    before: "const seen = new Set();",
    handler: byHand({ handle: `const id = c.req.header("webhook-id");\n  if (seen.has(id)) return c.json({ duplicate: true }, 200);\n  seen.add(id);` }),
  }),
  scene("healthy, standardwebhooks with base64 of an own secret", [], {
    packages: honos,
    handler: byLibrary(`Buffer.from(${FROM_ENV}, "utf8").toString("base64")`),
  }, { packages: { standardwebhooks: "1.0.0" } }),
  // What it gets is an order, always: the endpoint takes nothing else.
  scene("healthy, made for orders alone", [], {
    handler: adapters({ onPayload: "console.log(payload.data.customer.email.toLowerCase());" }),
  }, { endpoint: { events: ["order.paid", "order.created"] } }),
  scene("healthy, made for orders alone, with deliveries", [], {
    handler: adapters({ onPayload: "console.log(payload.data.customer.email.toLowerCase());" }),
  }, { endpoint: { events: ["order.paid", "order.created"] }, fire: "order.paid" }),
  scene("healthy, 400 for other events than its own", [], {
    packages: sdk1,
    handler: byHand({ handle: `if (event.type !== "order.paid") return c.json({ error: "Unhandled event type" }, 400);` }),
  }, { endpoint: { events: ["order.paid"] }, fire: "order.paid" }),
  scene("healthy, its own limit of requests", [], { before: limiter(100) }),

  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("Polar's secret, delivered", ["key_rule"], {}, { polarsSecret: null, fire: "order.paid" }),
  scene("Polar's secret", ["key_rule"], { packages: sdk0 }, { polarsSecret: null }),
  scene("Polar's secret, and 200 for what is forged", ["key_rule"], {
    packages: sdk0,
    handler: byHand({ refuse: `console.error(error); return c.json({ received: true });` }),
  }, { polarsSecret: null }),
  scene("standardwebhooks with a secret of one's own", ["key_rule"], {
    packages: honos,
    handler: byLibrary(FROM_ENV),
  }, { polarsSecret: SECRET, packages: { standardwebhooks: "1.0.0" } }),
  scene("standardwebhooks with base64 of Polar's secret", ["key_rule"], {
    packages: honos,
    handler: byLibrary(`Buffer.from(${FROM_ENV}, "utf8").toString("base64")`),
  }, { polarsSecret: null, packages: { standardwebhooks: "1.0.0" } }),

  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("wrong secret, and 200 for what is forged", ["secret_wrong"], {
    packages: sdk1,
    handler: byHand({ refuse: `console.error("not Polar's"); return c.json({ received: true });` }),
  }, { secret: () => OTHER_SECRET }),
  scene("quotes within quotes", ["secret_quoted"], {}, { secret: (own) => `'"${own}"'` }),
  scene("a reader that keeps the quotes", ["secret_quoted"], { imports: NAIVE_READER }, { secret: (own) => `"${own}"`, start: withoutEnv }),
  scene("a reader that keeps Windows' line ends", ["secret_quoted"], { imports: NAIVE_READER }, {
    start: withoutEnv,
    files: ({ port, secret, token }) => ({
      "server.js": server({ imports: NAIVE_READER }),
      ".env": `POLAR_ACCESS_TOKEN=${token}\r\nPOLAR_WEBHOOK_SECRET=${secret}\r\nPORT=${port}\r\n`,
    }),
  }),
  scene("\\n at the secret's end", ["secret_quoted"], {}, { secret: (own) => `"${own}\\n"` }),
  scene("a # in the secret", ["secret_eaten"], {}, { polarsSecret: "pass#word-of-forty-characters-and-some-0001" }),
  scene("another variable in the code", ["variable_name"], { handler: adapters({ secret: "process.env.POLAR_WEBHOOKS_SECRET" }) }),
  scene("another variable in the .env", ["variable_name"], {}, withEnv({}, (secret) => `POLAR_SECRET=${secret}`)),
  scene("no secret in the .env", ["secret_missing"], {}, withEnv({}, () => "LOG_LEVEL=info")),
  scene("an empty secret in the .env", ["secret_missing"], {}, withEnv({}, () => "POLAR_WEBHOOK_SECRET=")),
  // process.env of Workers is empty, c.env is Node.js's request; and who forgets --env-file has nothing, too.
  scene("the .env is not loaded", ["secret_not_read"], {}, { start: withoutEnv }),
  scene("the .env is not loaded", ["secret_not_read"], { packages: sdk1, handler: byHand({ secret: `${FROM_ENV} ?? ""` }) }, { start: withoutEnv }),
  scene("the .env is not loaded", ["secret_not_read"], { packages: sdk0, handler: byHand({ secret: `${FROM_ENV} ?? ""` }) }, { start: withoutEnv }),
  scene("Workers' c.env on Node.js", ["secret_not_read"], { packages: sdk1, handler: byHand({ secret: "c.env.POLAR_WEBHOOK_SECRET" }) }),
  scene("another secret in the code", ["secret_not_read"], { handler: adapters({ secret: `"${OTHER_SECRET}"` }) }),
  scene("an older secret in the .env.local", ["env_file_shadowed"], {}, {
    start: withLocal,
    files: () => ({ "server.js": server(), ".env.local": `POLAR_WEBHOOK_SECRET=${OTHER_SECRET}\n` }),
  }),
  scene("the .env was changed after the start", ["not_restarted"], {}, {
    secret: () => OTHER_SECRET,
    edit: (folder, { port, token }) =>
      writeFile(join(folder, ".env"), `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${SECRET}\nPORT=${port}\n`),
  }),

  scene("the body as JSON, stringified", ["body_reparsed"], { packages: sdk1, handler: byHand({ body: "JSON.stringify(await c.req.json())" }) }),
  scene("the body as JSON, stringified with indents", ["body_reparsed"], { packages: sdk1, handler: byHand({ body: "JSON.stringify(await c.req.json(), null, 2)" }) }),
  scene("the parsed body handed over", ["body_reparsed"], { packages: sdk0, handler: byHand({ body: "await c.req.json()" }) }),
  scene("the body with its ends trimmed and line breaks out", ["body_reparsed"], { packages: sdk1, handler: byHand({ body: `(await c.req.text()).replace(/\\s+/g, "")` }) }),
  scene("a middleware takes the body away", ["body_reparsed"], {
    packages: sdk1,
    before: `app.use(async (c, next) => { if (c.req.method === "POST") c.set("json", await c.req.raw.json()); await next(); });`,
    handler: byHand({ body: `JSON.stringify(c.get("json"))` }),
  }),
  scene("headers read in capitals", ["header_case"], {
    packages: sdk1,
    handler: byHand({
      headers: `{ "webhook-id": c.req.header()["Webhook-Id"], "webhook-timestamp": c.req.header()["Webhook-Timestamp"], "webhook-signature": c.req.header()["Webhook-Signature"] }`,
    }),
  }),
  scene("healthy, Hono's header() in capitals", [], {
    packages: sdk1,
    handler: byHand({
      headers: `{ "webhook-id": c.req.header("Webhook-Id"), "webhook-timestamp": c.req.header("Webhook-Timestamp"), "webhook-signature": c.req.header("Webhook-Signature") }`,
    }),
  }),
  // A Headers object has no keys of its own: the SDK finds no header.
  scene("a Headers object in place of the headers", ["header_case"], { packages: sdk0, handler: byHand({ headers: "c.req.raw.headers" }) }),
  scene("a Headers object in place of the headers", ["header_case"], { packages: sdk1, handler: byHand({ headers: "c.req.raw.headers" }) }),

  scene("another port than the .env's", ["wrong_port"], {}, {
    apart: true,
    files: ({ port, outerPort, secret, token }) => ({
      "server.js": server({ port: `${port}` }),
      ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${outerPort}\n`,
    }),
  }),
  scene("the endpoint lacks /api", ["route_near_miss"], {}, { endpointRoute: "/webhook/polar" }),
  scene("the endpoint has a slash too many", ["route_near_miss"], {}, { endpointRoute: `${ROUTE}/` }),
  scene("the endpoint has the plural", ["route_near_miss"], { packages: sdk1 }, { endpointRoute: "/api/webhooks/polar" }),
  scene("/api twice", ["route_near_miss"], { app: `new Hono().basePath("/api")` }),
  scene("mounted nowhere", ["route_missing"], {
    before: `const api = new Hono();\napi.post("/webhook/polar", ${adapters()});`,
    route: "/other",
    handler: `(c) => c.text("")`,
  }),
  scene("GET only", ["method_not_allowed"], { method: "get" }),
  scene("PUT only", ["method_not_allowed"], { method: "put" }),
  scene("trimTrailingSlash's counterpart", ["route_redirects"], {
    before: `app.use(async (c, next) => (c.req.path.endsWith("/") ? next() : c.redirect(c.req.path + "/", 301)));`,
  }),

  scene("a login for everything", ["login_redirect"], {
    imports: `import { getCookie } from "hono/cookie";`,
    before: `app.use(async (c, next) => (getCookie(c, "session") || c.req.path === "/login" ? next() : c.redirect("/login?next=" + encodeURIComponent(c.req.path))));`,
  }),
  scene("basicAuth for everything", ["auth_middleware"], {
    imports: `import { basicAuth } from "hono/basic-auth";`,
    before: `app.use(basicAuth({ username: "admin", password: "hunter22" }));`,
  }),
  scene("bearerAuth for /api", ["auth_middleware"], {
    imports: `import { bearerAuth } from "hono/bearer-auth";`,
    before: `app.use("/api/*", bearerAuth({ token: "a-token-of-the-shop" }));`,
  }),
  scene("jwt for /api", ["auth_middleware"], {
    packages: sdk1,
    imports: `import { jwt } from "hono/jwt";`,
    before: `app.use("/api/*", jwt({ secret: "it-is-very-secret" }));`,
  }),
  scene("a session for /api", ["auth_middleware"], {
    imports: `import { HTTPException } from "hono/http-exception";\nimport { getCookie } from "hono/cookie";`,
    before: `app.use("/api/*", async (c, next) => {
  if (!getCookie(c, "session")) throw new HTTPException(401, { message: "Unauthorized" });
  await next();
});`,
  }),
  // Like a wrong signature, as far as anybody can see from outside.
  scene("a key for this route", [], {
    packages: sdk1,
    guard: `async (c, next) => (c.req.header("x-api-key") === "the-shops-key" ? next() : c.json({ error: "Forbidden" }, 403))`,
  }, { isUnsure: true }),
  scene("a CSRF token for every POST", ["csrf"], {
    imports: `import { getCookie } from "hono/cookie";`,
    before: `app.use(async (c, next) => {
  const is_safe = ["GET", "HEAD", "OPTIONS"].includes(c.req.method);
  if (!is_safe && (!getCookie(c, "csrf") || getCookie(c, "csrf") !== c.req.header("x-csrf-token"))) return c.json({ message: "CSRF token mismatch." }, 403);
  await next();
});`,
  }),
  scene("a page for everything before it", ["catch_all"], { before: `app.all("*", (c) => c.html("<!doctype html><title>Shop</title><p>Welcome"));` }),
  scene("JSON for everything before it", ["catch_all"], { packages: sdk1, before: `app.all("/api/*", (c) => c.json({ status: "ok" }));` }),
  scene("bodyLimit of 1 kB", ["body_limit"], {
    imports: `import { bodyLimit } from "hono/body-limit";`,
    before: "app.use(bodyLimit({ maxSize: 1024 }));",
  }),
  scene("bodyLimit of 16 kB", ["body_limit"], {
    packages: sdk1,
    imports: `import { bodyLimit } from "hono/body-limit";`,
    before: "app.use(bodyLimit({ maxSize: 16 * 1024 }));",
  }),
  scene("the handler throws", ["handler_throws"], { handler: adapters({ onPayload: "console.log(payload.data.metadata.cart.id);" }) }),
  scene("the handler throws, told as JSON", ["handler_throws"], {
    packages: sdk1,
    after: `app.onError((error, c) => c.json({ error: "Something went wrong" }, 500));`,
    handler: byHand({ handle: `throw new Error("relation \\"orders\\" does not exist");` }),
  }),
  scene("the handler's own error looks like a wrong signature", ["handler_throws"], {
    packages: sdk1,
    handler: `async (c) => {
  try {
    const event = await validateEvent(await c.req.text(), c.req.header(), ${FROM_ENV});
    console.log(event.data.metadata.cart.id);
  } catch (error) {
    return c.json({ error: error.message }, 400);
  }
  return c.json({ received: true });
}`,
  }),
  scene("the handler is slow", ["slow_app"], { handler: adapters({ onPayload: "await new Promise((done) => setTimeout(done, 15_000));" }) }),
  // Polar's next events may be within the limit, or not.
  scene("four requests a minute", [], { packages: sdk1, before: limiter(4) }, { isUnsure: true }),
];
