// better-auth with Polar's plugin for it, mounted in Hono, Express and Node.js's own server: healthy ones, and what is done
// wrong with them. What a scene may say is told in express.js.
import { OTHER_SECRET } from "./scene.js";

export const AUTH_ROUTE = "/api/auth/polar/webhooks";

const packages = { "better-auth": "1.4.18", "@polar-sh/better-auth": "1.8.4", "@polar-sh/sdk": "0.47.1" };
const FROM_ENV = "process.env.POLAR_WEBHOOK_SECRET";

const webhooks = ({ secret = FROM_ENV, onPayload = "console.log(payload.type);" } = {}) =>
  `webhooks({ secret: ${secret}, onPayload: async (payload) => { ${onPayload} } })`;

/** The file that everybody calls auth: what it uses of Polar, and how else it is set up. */
const auth = ({ use = webhooks(), options = "", plugin = (used) => `polar({ client, createCustomerOnSignUp: true, use: [${used}] })` } = {}) => `import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { checkout, polar, portal, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";

const client = new Polar({ accessToken: process.env.POLAR_ACCESS_TOKEN, server: "sandbox" });

export const auth = betterAuth({
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  secret: "a-secret-of-better-auth-for-its-cookies-0001",
  emailAndPassword: { enabled: true },
  ${options}
  plugins: [${plugin(use)}],
});
`;

const mounts = {
  Hono: ({ before = "", mount = `app.on(["POST", "GET"], "/api/auth/*", (c) => auth.handler(c.req.raw));` } = {}) => `import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { auth } from "./auth.js";

const app = new Hono();
${before}
${mount}
app.get("/", (c) => c.text("Shop"));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
`,
  Express: ({ before = "", mount = `app.all("/api/auth/{*any}", toNodeHandler(auth));`, after = "app.use(express.json());" } = {}) => `import { toNodeHandler } from "better-auth/node";
import express from "express";
import { auth } from "./auth.js";

const app = express();
${before}
${mount}
${after}
app.get("/", (request, response) => response.send("Shop"));
app.listen(Number(process.env.PORT), "127.0.0.1");
`,
  "Node.js": () => `import { toNodeHandler } from "better-auth/node";
import { createServer } from "node:http";
import { auth } from "./auth.js";

const authenticate = toNodeHandler(auth);
createServer((request, response) => {
  if (request.url.startsWith("/api/auth/")) return authenticate(request, response);
  response.end("Shop");
}).listen(Number(process.env.PORT), "127.0.0.1");
`,
};
const servers = {
  Hono: { hono: "4", "@hono/node-server": "1" },
  Express: { express: "5" },
  "Node.js": {},
};

function scene(name, expected, parts = {}, more = {}) {
  const { server = "Hono" } = parts;
  return {
    name: `better-auth in ${server}: ${name}`,
    expected,
    dependencies: { ...packages, ...servers[server] },
    endpointRoute: AUTH_ROUTE,
    files: () => ({ "auth.js": auth(parts), "server.js": mounts[server](parts) }),
    start: () => [process.execPath, "--env-file=.env", "server.js"],
    // Its limits and its trust in this machine's addresses are those of development.
    environment: () => ({ NODE_ENV: "development" }),
    ...more,
  };
}

/** As better-auth's guide mounts it in Next.js. */
const inNext = (name, expected, parts = {}) => ({
  name: `better-auth in Next.js: ${name}`,
  expected,
  dependencies: { ...packages, next: "16", react: "19", "react-dom": "19" },
  endpointRoute: AUTH_ROUTE,
  files: () => ({
    "lib/auth.js": auth(parts),
    "app/api/auth/[...all]/route.js": `import { toNextJsHandler } from "better-auth/next-js";
import { auth } from "../../../../lib/auth.js";

export const { GET, POST } = toNextJsHandler(auth);
`,
    "app/layout.js": `export default function Layout({ children }) {\n  return <html lang="en"><body>{children}</body></html>;\n}\n`,
    "app/page.js": `export default function Page() {\n  return <h1>Shop</h1>;\n}\n`,
    "next.config.mjs": `import { join } from "node:path";

export default { turbopack: { root: join(import.meta.dirname, "..") }, serverExternalPackages: ["@polar-sh/sdk", "better-auth"] };
`,
  }),
  start: () => [process.execPath, "../node_modules/next/dist/bin/next", "dev", "--hostname", "127.0.0.1"],
  ready: (url) => fetch(url + AUTH_ROUTE).then((answer) => answer.text()),
});

export const betterAuth = [
  scene("healthy", []),
  scene("healthy", [], { server: "Express" }),
  scene("healthy", [], { server: "Node.js" }),
  scene("healthy, with deliveries", [], { use: `checkout({ products: [], authenticatedUsersOnly: true }), portal(), ${webhooks()}` }, { fire: "order.paid" }),
  scene("healthy, another basePath", [], {
    options: `basePath: "/auth",`,
    mount: `app.on(["POST", "GET"], "/auth/*", (c) => auth.handler(c.req.raw));`,
  }, { endpointRoute: "/auth/polar/webhooks" }),
  scene("healthy, trusted origins and its limit of requests", [], {
    server: "Express",
    options: `baseURL: "https://shop.example", trustedOrigins: ["https://shop.example"], rateLimit: { enabled: true },`,
  }),
  scene("healthy, a session for everything else", [], {
    before: `app.use("/api/*", async (c, next) => {
  if (c.req.path.startsWith("/api/auth/")) return next();
  const session = await auth.api.getSession({ headers: c.req.raw.headers });
  return session ? next() : c.json({ error: "Unauthorized" }, 401);
});`,
  }),

  inNext("healthy", []),

  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("Polar's secret, delivered", ["key_rule"], { server: "Express" }, { polarsSecret: null, fire: "order.paid" }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("a # in the secret", ["secret_eaten"], {}, { polarsSecret: "pass#word-of-forty-characters-and-some-0001" }),
  scene("no secret in the .env", ["secret_missing"], {}, {
    files: ({ port, token }) => ({ "auth.js": auth(), "server.js": mounts.Hono(), ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }),
  }),
  scene("the .env is not loaded", ["secret_not_read"], {}, { start: () => [process.execPath, "server.js"] }),
  scene("another variable in the code", ["variable_name"], { use: webhooks({ secret: "process.env.POLAR_WEBHOOKS_SECRET" }) }),

  scene("without the webhooks plugin", ["route_missing"], { use: "checkout({ products: [], authenticatedUsersOnly: true }), portal()" }),
  scene("without Polar's plugin", ["route_missing"], { server: "Express", plugin: () => "" }),
  scene("another basePath than the endpoint's", ["route_near_miss"], {
    options: `basePath: "/auth",`,
    mount: `app.on(["POST", "GET"], "/auth/*", (c) => auth.handler(c.req.raw));`,
  }),
  scene("a baseURL with a path", ["route_near_miss"], {
    options: "baseURL: `http://localhost:${process.env.PORT}/api`,",
    mount: `app.on(["POST", "GET"], "/api/*", (c) => auth.handler(c.req.raw));`,
  }),
  // Its own router knows only paths below /identity, and those never come to it.
  scene("mounted where its basePath is not", ["route_missing"], { options: `basePath: "/identity",` }),
  scene("the endpoint at the route of other adapters", ["route_near_miss"], {}, { endpointRoute: "/api/webhook/polar" }),
  scene("the endpoint has the singular", ["route_near_miss"], {}, { endpointRoute: "/api/auth/polar/webhook" }),
  // better-auth answers 404 for the wrong method too, so that a missing mount and a wrong one look alike.
  scene("mounted for GET only", [], { mount: `app.get("/api/auth/*", (c) => auth.handler(c.req.raw));` }, { isUnsure: true }),
  scene("express.json() before it", ["body_reparsed"], { server: "Express", before: "app.use(express.json());", after: "" }),
  scene("a session for everything", ["auth_middleware"], {
    before: `app.use("/api/*", async (c, next) => {
  const session = await auth.api.getSession({ headers: c.req.raw.headers });
  return session ? next() : c.json({ error: "Unauthorized" }, 401);
});`,
  }),
  scene("a login for everything", ["login_redirect"], {
    server: "Express",
    before: `app.use((request, response, next) => (request.headers.cookie ? next() : response.redirect("/sign-in")));`,
  }),
  // It answers 400 to that as it does to a wrong signature, in other words.
  scene("the handler throws", ["handler_throws"], { use: webhooks({ onPayload: "console.log(payload.data.metadata.cart.id);" }) }),
  scene("three requests a minute", [], { options: "rateLimit: { enabled: true, window: 60, max: 3 }," }, { isUnsure: true }),
];
