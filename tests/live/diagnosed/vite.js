// Vite's development server before a backend, or with the handler in it: healthy ones, and what is done wrong with them.
// What a scene may say is told in express.js.
import { OTHER_SECRET, ROUTE } from "./scene.js";

const packages = { vite: "7", hono: "4", "@hono/node-server": "1" };
const adapter = { ...packages, "@polar-sh/hono": "0.5.3" };
const sdk1 = { vite: "7", "@polar-sh/sdk": "1.0.1" };
const express = { ...sdk1, express: "5" };

const PAGE = `<!doctype html>
<html lang="en">
  <head><title>Shop</title></head>
  <body><div id="root"></div><script type="module" src="/src/main.js"></script></body>
</html>
`;

/** The configuration of a Vite that listens on this port. */
const config = ({ proxy = "", server = "", plugins = "" }, port) => `import { defineConfig } from "vite";
${plugins}

export default defineConfig({
  ${plugins && "plugins: [webhook],"}
  server: { host: "127.0.0.1", port: ${port}, strictPort: true, ${proxy && `proxy: ${proxy},`} ${server} },
});
`;

const page = (parts, port) => ({
  "vite.config.js": config(parts, port),
  "index.html": PAGE,
  "src/main.js": `document.querySelector("#root").textContent = "Shop";\n`,
});

const backend = ({ route = ROUTE, before = "" } = {}) => `import { serve } from "@hono/node-server";
import { Webhooks } from "@polar-sh/hono";
import { Hono } from "hono";

const app = new Hono();
${before}
app.post("${route}", Webhooks({ webhookSecret: process.env.POLAR_WEBHOOK_SECRET, onPayload: async (payload) => console.log(payload.type) }));
app.get("/api/health", (c) => c.json({ ok: true }));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
`;

/** Starts two programs, as `concurrently` does; the second one once the first listens on its port. */
const both = (first, port, second) => `import { spawn } from "node:child_process";
import { connect } from "node:net";

const children = [];
const start = (words) => children.push(spawn(process.execPath, words, { stdio: "inherit" }));
process.on("SIGTERM", () => {
  for (const child of children) child.kill();
  process.exit(0);
});
const ask = (done) =>
  connect(${port}, "127.0.0.1", done)
    .on("connect", function () { this.destroy(); })
    .on("error", () => setTimeout(ask, 20, done));

start(${JSON.stringify(first)});
ask(() => start(${JSON.stringify(second)}));
`;

// From a project's folder.
const VITE = "../node_modules/vite/bin/vite.js";
const BACKEND = ["--env-file=.env", "server/index.js"];
const viteAlone = () => [process.execPath, VITE];
// Nothing listens there: it is the discard protocol's.
const NOWHERE = 9;
const withoutApi = (path) => `rewrite: (${path}) => ${path}.replace(/^\\/api/, ""),`;

/** The endpoint leads to Vite, which hands /api on to the backend; PORT in the .env is the backend's. */
const scene = (name, expected, parts = {}, more = {}) => ({
  name: `Vite with a Hono backend: ${name}`,
  expected,
  apart: true,
  dependencies: adapter,
  files: ({ port, outerPort }) => ({
    ...page({ proxy: `{ "/api": { target: "http://127.0.0.1:${parts.target ?? port}", ${parts.proxied ?? ""} } }`, ...parts }, outerPort),
    "server/index.js": backend(parts),
    "dev.js": both([VITE], outerPort, BACKEND),
  }),
  start: () => [process.execPath, "dev.js"],
  ...more,
});

/** A plugin of Vite that answers the webhooks; the endpoint leads to Vite, the only program. */
const plugin = ({ verify = "await validateEvent(Buffer.concat(await request.toArray()).toString(\"utf8\"), request.headers, env.POLAR_WEBHOOK_SECRET);", load = `loadEnv("development", process.cwd(), "")` } = {}) => `import { webhooks } from "@polar-sh/sdk/2026-04";
import { loadEnv } from "vite";

const { validateEvent } = webhooks;
const env = ${load};
const webhook = {
  name: "polar-webhook",
  configureServer(server) {
    server.middlewares.use("${ROUTE}", async (request, response, next) => {
      if (request.method !== "POST") return next();
      try {
        ${verify}
        response.statusCode = 202;
      } catch {
        response.statusCode = 403;
      }
      response.end();
    });
  },
};`;

const inPlugin = (name, expected, parts = {}, more = {}) => ({
  name: `Vite with a plugin: ${name}`,
  expected,
  dependencies: sdk1,
  files: ({ port }) => page({ plugins: plugin(parts), ...parts }, port),
  start: viteAlone,
  ...more,
});

/** In front of Vite stands what hands on the public name as Host: a proxy, or a tunnel that was told so. */
const NAME = "shop.example.com";
const front = (port, outerPort) => `import { createServer, request } from "node:http";

createServer((asked, response) => {
  const headers = { ...asked.headers, host: "${NAME}" };
  const onward = request({ host: "127.0.0.1", port: ${port}, method: asked.method, path: asked.url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  asked.pipe(onward);
}).listen(${outerPort}, "127.0.0.1");
`;

const behind = (name, expected, parts = {}, more = {}) => ({
  ...inPlugin(`behind a proxy, ${name}`, expected),
  apart: true,
  files: ({ port, outerPort }) => ({
    ...page({ plugins: plugin(parts), ...parts }, port),
    "front.js": front(port, outerPort),
    "dev.js": both(["front.js"], outerPort, [VITE]),
  }),
  start: () => [process.execPath, "dev.js"],
  ...more,
});

/** Express with Vite in it, as in Vite's guide to server-side rendering. */
const within = ({ appType = "custom", first = "", then = "" }) => `import { readFile } from "node:fs/promises";
import express from "express";
import { webhooks } from "@polar-sh/sdk/2026-04";
import { createServer } from "vite";

const app = express();
const vite = await createServer({ server: { middlewareMode: true, ws: false, hmr: false }, appType: "${appType}" });
const webhook = async (request, response) => {
  try {
    await webhooks.validateEvent(request.body.toString("utf8"), request.headers, process.env.POLAR_WEBHOOK_SECRET);
  } catch {
    return response.status(403).end();
  }
  response.status(202).end();
};
${first}
app.use(vite.middlewares);
${then}
app.listen(Number(process.env.PORT), "127.0.0.1");
`;
const ROUTED = `app.post("${ROUTE}", express.raw({ type: "application/json" }), webhook);`;
const PAGES = `app.use(async (request, response) => response.type("html").send(await vite.transformIndexHtml(request.originalUrl, await readFile("index.html", "utf8"))));`;

const inExpress = (name, expected, parts, more = {}) => ({
  name: `Vite within Express: ${name}`,
  expected,
  dependencies: express,
  files: () => ({ "server.js": within(parts), "index.html": PAGE, "src/main.js": "" }),
  start: () => [process.execPath, "--env-file=.env", "server.js"],
  ...more,
});

/** Vite runs alone, and passes on to a port on which nothing listens. */
const unstarted = {
  apart: false,
  files: ({ port, secret, token }) => ({
    ...page({ proxy: `{ "/api": "http://127.0.0.1:${NOWHERE}" }` }, port),
    "server/index.js": backend(),
    ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${NOWHERE}\n`,
  }),
  start: viteAlone,
};

export const vite = [
  scene("healthy", []),
  scene("healthy, with deliveries", [], {}, { fire: "order.paid" }),
  scene("healthy, the proxy takes /api away", [], { proxied: `changeOrigin: true, ${withoutApi("path")}`, route: "/webhook/polar" }),
  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("the backend's guard answers 401", ["auth_middleware"], {
    before: `app.use(async (c, next) => (c.req.header("authorization") ? next() : c.json({ error: "Unauthorized" }, 401)));`,
  }),
  scene("the backend is not started", ["app_not_running"], {}, unstarted),
  scene("the backend is not started, and is no framework's", ["app_not_running"], {}, { ...unstarted, dependencies: sdk1 }),
  // The app is right, and the address is not: what Vite does in between is not seen.
  scene("the proxy leads to another port", [], { target: NOWHERE }, { isUnsure: true }),
  scene("no proxy", [], { proxy: "" }, { isUnsure: true }),
  scene("the proxy takes /api away, and the backend has it", [], { proxied: withoutApi("path") }, { isUnsure: true }),

  inPlugin("healthy", []),
  inPlugin("healthy, Polar's secret", [], {}, { polarsSecret: null, fire: "order.paid" }),
  behind("healthy, its name is allowed", [], { server: `allowedHosts: ["${NAME}"],` }),
  behind("its name is not allowed", ["host_check"]),
  // That loadEnv leaves out what has no VITE_ is not seen from outside.
  inPlugin("only names with VITE_ are loaded", [], { load: `loadEnv("development", process.cwd())` }, { isUnsure: true }),
  inPlugin("an older secret in the .env.local", ["env_file_shadowed"], {}, {
    files: ({ port }) => ({
      ...page({ plugins: plugin() }, port),
      ".env.local": `POLAR_WEBHOOK_SECRET=${OTHER_SECRET}\n`,
    }),
  }),
  inPlugin("a $ in the secret", ["secret_eaten"], {}, { polarsSecret: "pass$word-of-forty-characters-and-some-0001" }),
  inPlugin("the body as JSON, stringified", ["body_reparsed"], {
    verify: `await validateEvent(JSON.stringify(JSON.parse(Buffer.concat(await request.toArray()))), request.headers, env.POLAR_WEBHOOK_SECRET);`,
  }),
  inPlugin("no handler", ["route_missing"], { plugins: "" }),

  inExpress("healthy", [], { first: ROUTED, then: PAGES }),
  inExpress("healthy, the route behind Vite's middleware", [], { then: `${ROUTED}\n${PAGES}` }),
  inExpress("the pages before the route", ["catch_all"], { then: `${PAGES}\n${ROUTED}` }),
  // A spa's middlewares answer 404 to all that they do not have.
  inExpress("the route behind a spa's middlewares", ["route_missing"], { appType: "spa", then: ROUTED }),
];
