// What is easily taken for another cause: answers, files and programs that look like a fault and are none, or hide one.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { env, scene, server } from "./node_http.js";
import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

const only = { endpoint: { events: ["order.paid"] }, fire: "order.paid" };
const unhandled = `if (JSON.parse(body).type !== "order.paid") return answer(400, { error: "unhandled event" });`;
const inEnvironment = {
  files: ({ port, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }),
  environment: (own) => ({ POLAR_WEBHOOK_SECRET: own }),
};
const mended = (folder, known) => writeFile(join(folder, ".env"), env({ ...known, secret: SECRET }));
/** The app has one port, and the .env says another one. */
const elsewhere = (text) => ({
  apart: true,
  files: ({ secret, token, outerPort }) => ({
    ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${outerPort}\n`,
    "tool.cjs": text,
    "server.js": server(),
  }),
  start: () => [process.execPath, "tool.cjs"],
});
const page = (words) =>
  `return answer(403, \`<!doctype html><html><head><meta name="csrf-token" content="x7"><title>Shop</title></head><body><nav><a href="/login">Log in</a></nav><p>${words}</p></body></html>\`, { "Content-Type": "text/html" });`;

const withoutPort = { files: ({ secret, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\n` }) };
const otherPort = { files: (known) => ({ ".env": env({ ...known, port: 39872 }) }) };
const prefix = { before: `const isOurs = (path) => path.startsWith("${ROUTE}");` };
/** The route is told by its beginning, as routers with a parameter do. */
const byBeginning = (parts, more) => ({ ...more, files: (known) => ({ "server.js": server({ ...prefix, ...parts }).replace(`pathname === "${ROUTE}"`, "isOurs(pathname)"), ...more?.files?.(known) }) });

export const lookalikes = [
  scene("healthy, the port from the shell alone", [], {}, withoutPort),
  scene("Polar's secret, not decoded, the port from the shell alone", ["key_rule"], {}, { ...withoutPort, polarsSecret: null }),
  scene("healthy, the port from the shell, another one in the .env", [], {}, otherPort),
  scene("Polar's secret, not decoded, another port in the .env", ["key_rule"], {}, { ...otherPort, polarsSecret: null }),
  scene("parsed and written anew, told by the beginning of the path", ["body_reparsed"], {}, byBeginning({ body: "JSON.stringify(JSON.parse(bytes.toString()), null, 2)" })),
  scene("a hand-written check that is wrong, told by the beginning of the path", [], {}, { ...byBeginning({ digest: "hex" }), isUnsure: true }),
  scene("an older secret in the shell, refused with 404", ["env_file_shadowed"], { refuse: `return answer(404, { error: "not found" });` }, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("an older secret in the shell, refused with 500", ["env_file_shadowed"], { refuse: `return answer(500, { error: "Internal Server Error" });` }, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("a wrong secret in the shell, and none in the .env", ["secret_wrong"], {}, { ...inEnvironment, environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("a wrong secret in a file of its own, and none in the .env", [], { load: `const config = JSON.parse(readFileSync("config.json", "utf8"));`, secret: "config.webhookSecret", port: "Number(process.env.PORT)" }, {
    files: ({ port, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n`, "config.json": JSON.stringify({ webhookSecret: OTHER_SECRET }) }),
    isUnsure: true,
  }),
  scene("refuses what it has seen before as if it were forged", [], {
    before: "const done = new Set();",
    handle: `const { type, data } = JSON.parse(body); if (done.has(type + data.id)) return answer(401, { error: "invalid signature" }); done.add(type + data.id);`,
  }, { isUnsure: true }),
  scene("refuses the seventh request of a minute as if it were forged", [], {
    before: "let requests = 0;",
    first: `requests += 1;
  if (requests > 6) return answer(401, { error: "invalid signature" });`,
  }, { isUnsure: true }),
  scene("down for maintenance, everywhere", [], { first: `return answer(503, { error: "Down for maintenance" });` }, { isUnsure: true }),
  scene("fails before every route", ["handler_throws"], { first: `return answer(500, { error: "Not allowed by CORS" });` }),
  scene("a filter of addresses, everywhere", ["auth_middleware"], { first: `return answer(403, { error: "IP address not allowed" });` }),
  scene("all is led to another host whose name has auth in it", ["route_redirects"], { first: `return answer(301, "", { Location: "https://www.authorly.example" + request.url });` }),
  scene("a guard leads to /users/sign_in", ["login_redirect"], { first: `return answer(302, "", { Location: "/users/sign_in?next=" + request.url });` }),
  scene("the endpoint leads to a port where nothing listens", ["wrong_port"], {}, { apart: true }),
  scene("healthy, the secret from the shell, and refuses other events", [], { handle: unhandled }, { ...inEnvironment, endpoint: only.endpoint }),
  scene("healthy, the secret from the shell under another name in the .env", [], {}, {
    ...inEnvironment,
    files: ({ port, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRETS=${OTHER_SECRET}\nPORT=${port}\n` }),
  }),
  scene("wrong secret from the shell, and refuses other events", ["env_file_shadowed"], { handle: unhandled }, {
    endpoint: only.endpoint,
    environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }),
  }),
  scene("healthy, refuses other events and says which", [], {
    handle: `const { type } = JSON.parse(body); if (type !== "order.paid") return answer(422, { error: \`no handler for \${type}\`, requestId: Math.random().toString(36).slice(2, 8) });`,
  }, only),
  scene("each refusal has an id of its own", ["secret_wrong"], {
    refuse: `return answer(401, { error: "invalid signature", requestId: Math.random().toString(36).slice(2, 8) });`,
  }, { secret: () => OTHER_SECRET }),
  scene("each refusal has a word of its own", ["secret_wrong"], {
    refuse: `return answer(401, \`refused (\${Math.random().toString(36).slice(2, 8)})\`, {});`,
  }, { secret: () => OTHER_SECRET }),
  scene("healthy, each refusal has a word of its own", [], { refuse: `return answer(401, \`refused (\${Math.random().toString(36).slice(2, 8)})\`, {});` }),
  scene("healthy, the endpoint's address has a query", [], {
    first: `if (new URL(request.url, "http://localhost").searchParams.get("key") !== "k7" && pathname === "${ROUTE}") return answer(404, { error: "not found" });`,
  }, { endpointRoute: `${ROUTE}?key=k7` }),
  scene("healthy, an answer takes a second and a half", [], { first: "await new Promise((done) => setTimeout(done, 1500));" }),
  scene("healthy, the .env names this machine as its address", [], {}, { files: (known) => ({ ".env": env(known, "POLAR_WEBHOOK_URL_DEV=http://localhost:3000\n") }) }),
  scene("healthy, the code does not tell the route", [], {}, {
    endpointRoute: "/hooks/billing",
    files: (known) => ({ "server.js": server({ route: "/hooks/billing" }).replace(`pathname === "/hooks/billing"`, `pathname === ["", "hooks", "billing"].join("/")`), ".env": env(known) }),
  }),
  scene("the route is told by the request's url", [], {}, {
    endpointRoute: "/hooks/polar",
    files: () => ({ "server.js": server({ route: "/hooks/polar" }).replace(`pathname === "/hooks/polar"`, `request.url === "/hooks/polar"`) }),
  }),
  scene("healthy, each event is written into the log", [], { handle: `console.log(JSON.stringify(event = JSON.parse(body)));`, before: "let event;" }),

  scene("fails at one event", ["handler_throws"], {
    handle: `if (JSON.parse(body).type === "order.paid") return answer(500, { error: "Internal Server Error" });`,
  }, { endpoint: { events: ["order.paid", "customer.created"] }, fire: ["customer.created", "order.paid", "order.paid"] }),
  // As it is where purchases are many: others arrive in between, and last.
  scene("fails at one event, and others come in between", ["handler_throws"], {
    handle: `if (JSON.parse(body).type === "order.paid") return answer(500, { error: "Internal Server Error" });`,
  }, { endpoint: { events: ["order.paid", "customer.created"] }, fire: ["order.paid", "customer.created", "order.paid", "customer.created"] }),
  // It may have been chance: Polar's next attempt tells.
  scene("failed at one event once", ["retry_waiting"], {
    handle: `if (JSON.parse(body).type === "order.paid") return answer(500, { error: "Internal Server Error" });`,
  }, { fire: "order.paid" }),
  scene("a wrong secret, refused with a page that has a login", ["secret_wrong"], { refuse: page("Bad signature.") }, { secret: () => OTHER_SECRET }),
  scene("a hand-written check that is wrong, refused with a page", [], { digest: "hex", refuse: page("Bad signature.") }, { isUnsure: true }),
  scene("a hand-written check that is wrong, with words about headers", [], {
    digest: "hex",
    refuse: `return answer(400, { error: "Missing or invalid webhook signature header" });`,
  }, { isUnsure: true }),
  scene("a hand-written check that is wrong, with words about a secret", [], {
    digest: "hex",
    refuse: `return answer(401, { error: "Webhook secret mismatch or missing signature" });`,
  }, { isUnsure: true }),
  scene("changed after the start, and writes events into the log", ["not_restarted"], { handle: "console.log(JSON.stringify(event = JSON.parse(body)));", before: "let event;" }, {
    secret: () => OTHER_SECRET,
    edit: mended,
  }),
  // What starts it anew has the older file's secret, and hands it on.
  scene("changed after the start, under a starter that read it before", ["not_restarted"], {}, {
    secret: () => OTHER_SECRET,
    files: () => ({
      "start.cjs": `const env = require("node:util").parseEnv(require("node:fs").readFileSync(".env", "utf8"));
const app = require("node:child_process").spawn(process.execPath, ["server.js"], { stdio: "inherit", env: { ...process.env, ...env } });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => app.kill() && process.exit());
app.on("exit", () => process.exit());
`,
    }),
    start: () => [process.execPath, "start.cjs"],
    edit: mended,
  }),
  scene("an older secret in the shell, and the .env changed after the start", [], {}, {
    environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }),
    edit: (folder, known) => writeFile(join(folder, ".env"), env(known, "DEBUG=1\n")),
    isUnsure: true,
  }),
  scene("only another service's handler is there", ["route_missing"], {
    load: `import { isStripes } from "./stripe.js";`,
    route: "/nowhere",
    first: `if (isStripes(pathname)) return answer(400, { error: "No stripe-signature header" });`,
  }, { files: () => ({ "stripe.js": `export const isStripes = (pathname) => pathname === "/api/webhook" || pathname === "/webhook";` }) }),
  scene("a guard on the rest of /api", ["route_missing"], {
    route: "/nowhere",
    first: `if (pathname.startsWith("/api/") && pathname !== "${ROUTE}" && !pathname.startsWith("${ROUTE}-")) return answer(401, { error: "Unauthorized" });`,
  }),
  scene("not running, and a database in its folder", ["app_not_running"], {}, elsewhere(`require("node:net").createServer((socket) => socket.end("ready\\n")).listen(process.env.PORT, "127.0.0.1");`)),
  scene("not running, and a tool's page in its folder", ["app_not_running"], {}, elsewhere(`require("node:http").createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Studio</title>")).listen(process.env.PORT, "127.0.0.1");`)),
];
