// Node's own http server with a check written by hand: odd mistakes in it, and what stands before it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

const withEnvFile = () => [process.execPath, "--env-file=.env", "server.js"];
export const without = () => [process.execPath, "server.js"];

/** The usual server; each part can be replaced. */
export function server({
  load = "",
  before = "",
  first = "",
  route = ROUTE,
  method = "POST",
  body = "bytes.toString()",
  id = `request.headers["webhook-id"]`,
  timestamp = `request.headers["webhook-timestamp"]`,
  header = `request.headers["webhook-signature"]`,
  secret = "process.env.POLAR_WEBHOOK_SECRET",
  key = "Buffer.from(secret)",
  signed = "`${id}.${timestamp}.${body}`",
  digest = "base64",
  refuse = `return answer(401, { error: "invalid signature" });`,
  handle = `console.log(JSON.parse(body).type);`,
  done = "answer(200, { received: true });",
  otherwise = `answer(404, { error: "not found" });`,
  port = "Number(process.env.PORT)",
  after = "",
} = {}) {
  return `import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
${load}
const secret = ${secret};
${before}

// Polar's webhooks.
const server = createServer(async (request, response) => {
  const answer = (status, text, headers = { "Content-Type": "application/json" }) =>
    response.writeHead(status, headers).end(typeof text === "string" ? text : JSON.stringify(text));
  const { pathname } = new URL(request.url, "http://localhost");
  ${first}
  if (pathname === "${route}" && request.method === "${method}") {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const body = ${body};
    const id = ${id}, timestamp = ${timestamp};
    const expected = createHmac("sha256", ${key}).update(${signed}).digest("${digest}");
    const given = (${header} ?? "").split(" ").map((part) => part.split(",")[1] ?? "");
    const fits = given.some((one) => one.length === expected.length && timingSafeEqual(Buffer.from(one), Buffer.from(expected)));
    if (!fits || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
      ${refuse}
    }
    ${handle}
    ${done}
    return;
  }
  ${otherwise}
});
server.listen(${port}, "127.0.0.1");
${after}
`;
}

export function scene(name, expected, parts = {}, { files, ...more } = {}) {
  return {
    name: `Node: ${name}`,
    expected,
    dependencies: {},
    files: (known) => ({ "server.js": server(parts), ...files?.(known) }),
    start: parts.load ? without : withEnvFile,
    ...more,
  };
}

const decoded = { key: `Buffer.from(secret.replace(/^whsec_/, ""), "base64")` };
const byHand = (entry) => `for (const line of readFileSync(".env", "utf8").split("\\n")) {
  ${entry}
}`;
export const env = ({ port, token, secret }, more = "") => `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${port}\n${more}`;

/** Another project's program, of this code, has the app's port. */
export const foreign = (program) => ({
  project: "shop",
  runsIn: "blog",
  files: (known) => ({
    "shop/.env": env(known),
    "shop/server.js": server(),
    "shop/package.json": JSON.stringify({ name: "shop", private: true, type: "module" }),
    "blog/package.json": JSON.stringify({ name: "blog", private: true, type: "module" }),
    "blog/server.js": program,
  }),
  start: without,
});

/**
 * The app, and a proxy before it that works in no project, as nginx or a container does. `proxy` answers or passes on:
 * it has `request`, `bytes`, `headers`, `response` and `pass(path, headers, bytes)`.
 */
export function behind(name, expected, proxy, parts = {}, { files, ...more } = {}) {
  const code = ({ port, outerPort }) => `
const http = require("node:http");
const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const headers = { ...request.headers };
  const pass = (path, headers, bytes) => {
    const onward = { ...headers, "content-length": bytes.length };
    const app = http.request({ port: ${port}, path, method: request.method, headers: onward }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    app.on("error", () => response.writeHead(502, { "Content-Type": "text/html" }).end("<html><h1>502 Bad Gateway</h1></html>"));
    app.end(bytes);
  };
  ${proxy}
});
server.listen(${outerPort}, "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit()).resume();
`;
  return scene(`behind a proxy: ${name}`, expected, parts, {
    apart: true,
    files: (known) => ({
      // Ends with the app, whose pipe it reads.
      "start.cjs": `const { spawn } = require("node:child_process");
const proxy = spawn(process.execPath, ["--eval", ${JSON.stringify(code(known))}], { cwd: "/", stdio: ["pipe", "pipe", "inherit"] });
proxy.stdout.once("data", () => import("./server.js"));
`,
      ...files?.(known),
    }),
    start: () => [process.execPath, "--env-file=.env", "start.cjs"],
    ...more,
  });
}

export const through = "pass(request.url, headers, bytes);";

export const nodeHttp = [
  scene("healthy", []),
  scene("healthy, with deliveries", [], {}, { fire: "order.paid" }),
  scene("healthy, Polar's secret, decoded", [], decoded, { polarsSecret: null, fire: "order.created" }),
  scene("healthy, a container's environment, and no secret in the .env", [], {}, {
    files: ({ port, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }),
    environment: (own) => ({ POLAR_WEBHOOK_SECRET: own }),
  }),
  scene("healthy, a second server of the project beside it", [], { after: `createServer((_, response) => response.end("metrics")).listen(0, "127.0.0.1");` }),
  scene("healthy, refuses an event that it does not know", [], {
    handle: `if (JSON.parse(body).type !== "order.paid") return answer(400, { error: "unhandled event" });`,
  }, { endpoint: { events: ["order.paid"] }, fire: "order.paid" }),
  // The questions of the diagnosis are more than it takes.
  scene("four requests in a minute and no more", [], {
    before: "let requests = 0;",
    first: `requests += 1;
  if (requests > 4) return answer(429, { error: "Too many requests" });`,
  }, { isUnsure: true }),
  scene("healthy, answers before it verifies", [], { first: `response.on("finish", () => {});`, refuse: "return answer(200, {});" }),
  behind("healthy", [], through),
  behind("healthy, https is only for those who say that they came by http", [], `if (headers["x-forwarded-proto"] === "http") response.writeHead(301, { Location: "https://shop.example.com" }).end();
  else ${through}`),

  scene("Polar's secret, not decoded", ["key_rule"], {}, { polarsSecret: null }),
  scene("own secret, decoded, delivered", ["key_rule"], decoded, { fire: "order.paid" }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("old secret, refused with 200", ["secret_wrong"], { refuse: `return answer(200, { ignored: true });` }, { secret: () => OTHER_SECRET }),
  scene("secret of the production endpoint", ["secret_of_other_endpoint"], {}, {
    others: [{ url: "http://127.0.0.1:9/api/webhook/polar", secret: OTHER_SECRET }],
    secret: () => OTHER_SECRET,
  }),
  scene("the container's environment has an older secret", ["env_file_shadowed"], {}, {
    environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }),
    files: () => ({ "compose.yaml": `services:\n  shop:\n    env_file: .env\n    environment:\n      POLAR_WEBHOOK_SECRET: ${OTHER_SECRET}\n` }),
  }),
  scene("the container's environment has an empty secret", ["env_file_shadowed"], {}, { environment: () => ({ POLAR_WEBHOOK_SECRET: "" }) }),
  scene("the .env was changed after the start", ["not_restarted"], {}, {
    secret: () => OTHER_SECRET,
    edit: (folder, known) => writeFile(join(folder, ".env"), env({ ...known, secret: SECRET })),
  }),
  scene("quotes taken for a part of it", ["secret_quoted"], {
    load: byHand(`const at = line.indexOf("="); if (at > 0) process.env[line.slice(0, at)] ??= line.slice(at + 1);`),
  }, { secret: (own) => `"${own}"` }),
  scene("lines that end as on Windows", ["secret_quoted"], {
    load: byHand(`const at = line.indexOf("="); if (at > 0) process.env[line.slice(0, at)] ??= line.slice(at + 1);`),
    port: "Number(process.env.PORT.trim())",
  }, { files: (known) => ({ ".env": env(known).replaceAll("\n", "\r\n") }) }),
  scene("what follows the second = is lost", ["secret_eaten"], {
    load: byHand(`const [name, value] = line.split("="); process.env[name] ??= value;`),
  }, { polarsSecret: "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXI=" }),
  scene("the # begins a comment", ["secret_eaten"], {}, { polarsSecret: "a-webhook-secret#of-forty-characters-0001" }),
  scene("the secret in base64", ["secret_encoded_twice"], { key: `Buffer.from(secret).toString("base64")` }),
  scene("another secret in the code", ["secret_not_read"], { secret: `"${OTHER_SECRET}"` }),
  scene("another variable in the code, with something in its place", ["variable_name"], { secret: `process.env.WEBHOOK_KEY ?? "${OTHER_SECRET}"` }),
  scene("another variable in the code", ["variable_name"], { secret: `process.env.POLAR_SECRET ?? ""` }),
  scene("nothing loads the .env", ["secret_not_read"], { secret: `process.env.POLAR_WEBHOOK_SECRET ?? ""`, port: "Number(process.env.PORT)" }, { start: without }),

  scene("parsed and written anew", ["body_reparsed"], { body: "JSON.stringify(JSON.parse(bytes.toString()))" }),
  scene("parsed and written anew on many lines", ["body_reparsed"], { body: "JSON.stringify(JSON.parse(bytes.toString()), null, 2)" }),
  scene("what was parsed, as a text", ["body_reparsed"], { body: "JSON.parse(bytes.toString())", handle: "console.log(body.type);" }),
  scene("headers in capitals", ["header_case"], {
    id: `request.headers["Webhook-Id"]`,
    timestamp: `request.headers["Webhook-Timestamp"]`,
    header: `request.headers["Webhook-Signature"]`,
  }),
  scene("headers with underscores", ["header_case"], {
    id: "request.headers.webhook_id",
    timestamp: "request.headers.webhook_timestamp",
    header: "request.headers.webhook_signature",
    refuse: `return answer(400, { error: id ? "invalid signature" : "missing headers" });`,
  }),
  scene("another service's header", ["header_case"], { header: `request.headers["x-polar-signature"]` }),
  // What is wrong with the check itself, nothing outside can tell.
  scene("hex instead of base64", [], { digest: "hex" }, { isUnsure: true }),
  scene("the body alone is signed", [], { signed: "body" }, { isUnsure: true }),
  scene("the time in milliseconds", [], { handle: "", refuse: `return answer(401, { error: "stale" });`, timestamp: `request.headers["webhook-timestamp"] * 1000` }, { isUnsure: true }),
  scene("only JSON of one spelling is taken", [], {
    first: `if (request.method === "POST" && request.headers["content-type"] !== "application/json; charset=utf-8") return answer(415, { error: "Unsupported Media Type" });`,
  }, { isUnsure: true }),

  scene("it never answers", ["slow_app"], { done: "" }),
  scene("it ends with the first delivery", ["handler_throws"], {
    handle: `setImmediate(() => { throw new Error("connect ECONNREFUSED 127.0.0.1:5432"); });
    await new Promise(() => {});`,
  }),
  scene("largest body 1 kB", ["body_limit"], { first: `if (Number(request.headers["content-length"]) > 1000) return answer(413, "Payload Too Large", {});` }),
  scene("a page for everything, with 200", ["catch_all"], { route: "/hooks", otherwise: `answer(200, "<!doctype html><title>Shop</title>", { "Content-Type": "text/html" });` }),
  scene("ok for everything", ["catch_all"], { route: "/hooks", otherwise: `answer(200, { ok: true });` }),
  scene("the handler has no /api", ["route_near_miss"], { route: "/webhook/polar" }),
  scene("the plural", ["route_near_miss"], {}, { endpointRoute: "/api/webhooks/polar" }),
  scene("PUT only", ["method_not_allowed"], {
    method: "PUT",
    otherwise: `answer(pathname === "${ROUTE}" ? 405 : 404, { error: "no" }, { Allow: "PUT" });`,
  }),
  scene("the endpoint's address ends with the host", ["url_without_route"], {}, { endpointRoute: "/" }),
  scene("the app is on another port", ["wrong_port"], {}, {
    apart: true,
    files: ({ secret, token, outerPort }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${outerPort}\n` }),
  }),
  scene("another project is on the port", ["other_program"], {}, foreign(server({ route: "/posts", method: "GET" }).replace("Polar", "Our"))),
  // The single-page app's development server has the endpoint's port, and says 200 to everything.
  scene("two apps, and the endpoint leads to the other one", ["wrong_port"], {
    after: `createServer((_, response) => response.end("<!doctype html><title>Shop</title><div id=root></div>")).listen(Number(process.env.WEB_PORT), "127.0.0.1");`,
  }, { apart: true, files: (known) => ({ ".env": env(known, `WEB_PORT=${known.outerPort}\n`) }) }),

  behind("passes a few headers only", ["altered_on_the_way"], `const { host, "content-type": type, accept } = headers;
  pass(request.url, { host, "content-type": type, accept }, bytes);`),
  behind("passes a few headers only, one answer for all", ["altered_on_the_way"], `const { host, "content-type": type, accept } = headers;
  pass(request.url, { host, "content-type": type, accept }, bytes);`, { refuse: `return answer(400, "");` }),
  behind("renames headers", ["altered_on_the_way"], `const renamed = Object.entries(headers).map(([name, value]) => [name.replace(/^webhook-/, "x-webhook-"), value]);
  pass(request.url, Object.fromEntries(renamed), bytes);`),
  behind("writes the JSON anew", ["altered_on_the_way"], `pass(request.url, headers, Buffer.from(JSON.stringify(JSON.parse(bytes), null, 1)));`),
  behind("writes the time of its own", ["altered_on_the_way"], `pass(request.url, { ...headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000) - 7) }, bytes);`),
  behind("leads to https", ["redirect"], `response.writeHead(301, { Location: "https://" + headers.host + request.url }).end();`),
  behind("leads to www", ["redirect"], `response.writeHead(308, { Location: "http://www." + headers.host + request.url }).end();`),
  behind("takes /api away", [], `pass(request.url.replace(/^\\/api/, ""), headers, bytes);`, {}, { isUnsure: true }),
  behind("wants a password", ["auth_middleware"], `if (!headers.authorization) response.writeHead(401, { "WWW-Authenticate": "Basic realm=staging" }).end("<html><h1>401 Authorization Required</h1></html>");
  else ${through}`),
  behind("takes no more than 1 kB", ["body_limit"], `if (bytes.length > 1000) response.writeHead(413).end("<html><h1>413 Request Entity Too Large</h1></html>");
  else ${through}`),
  behind("answers all with its page", ["wrong_port"], `response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><html><title>Welcome to nginx!</title></html>");`),
  behind("leads to a port where nothing is", [], `response.writeHead(502, { "Content-Type": "text/html" }).end("<html><h1>502 Bad Gateway</h1><center>nginx</center></html>");`, {}, { isUnsure: true }),
  behind("Polar's secret, not decoded", ["key_rule"], through, {}, { polarsSecret: null }),
  behind("wrong secret in the .env", ["secret_wrong"], through, {}, { secret: () => OTHER_SECRET }),
];
