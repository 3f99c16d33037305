// What stands between Polar and the app, what becomes of both over time, and faults one behind the other.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { behind, env, foreign, scene, server, through, without } from "./node_http.js";
import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

const refusing = (status, text) => `response.writeHead(${status}, { "Content-Type": "application/json" }).end(${JSON.stringify(text)});`;
/** As the app refuses a signature. */
const REFUSAL = JSON.stringify({ error: "invalid signature" });
const SUCCESS = JSON.stringify({ received: true });
const fails = `return answer(500, { error: "no database" });`;
const atPaid = (answer) => `if (JSON.parse(body).type === "order.paid") return ${answer};`;
const events = { events: ["order.paid", "customer.created"] };
/** Nothing listens there. */
const NOWHERE = 11;

/** The .env names a port on which nothing listens; the app has its own from the shell. */
const stale = { files: (known) => ({ ".env": env({ ...known, port: NOWHERE }) }) };
/** The line of the .env as `docker --env-file` hands it on. */
const handedOn = (around) => ({
  files: (known) => ({ ".env": env({ ...known, secret: around(known.secret) }) }),
  environment: (own) => ({ POLAR_WEBHOOK_SECRET: around(own) }),
  start: without,
});
const inFile = {
  load: "",
  secret: `readFileSync(process.env.POLAR_WEBHOOK_SECRET_FILE, "utf8").trim()`,
};
const secretFile = (secret) => ({
  files: ({ port, token, secret: own }) => ({
    ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\nPOLAR_WEBHOOK_SECRET_FILE=secrets/polar\n`,
    "secrets/polar": `${secret ?? own}\n`,
  }),
});
const marked = {
  files: ({ port, token, secret }) => ({ ".env": `\ufeffPOLAR_WEBHOOK_SECRET=${secret}\nPOLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }),
};
/** Of several apps in a folder one has the handler and the secret; the token is the folder's. */
const several = (more) => ({
  files: ({ port, token, secret }) => ({
    "package.json": JSON.stringify({ name: "shop", private: true, workspaces: ["apps/*"] }),
    ".env": `POLAR_ACCESS_TOKEN=${token}\n`,
    "apps/web/package.json": JSON.stringify({ name: "web", private: true, dependencies: { vite: "7" } }),
    "apps/api/package.json": JSON.stringify({ name: "api", private: true, type: "module" }),
    "apps/api/.env": `POLAR_WEBHOOK_SECRET=${secret}\nPORT=${port}\n`,
    "apps/api/server.js": server(),
  }),
  runsIn: "apps/api",
  ...more,
});
/** Another project's program, which answers so, has the app's port. */
const answering = (text) => foreign(`import { createServer } from "node:http";
createServer((request, response) => { ${text} }).listen(Number(process.env.PORT), "127.0.0.1");
`);

export const inBetween = [
  // Who answers in the app's own words is not the app.
  behind("refuses all, in the app's words", ["auth_middleware"], refusing(401, REFUSAL)),
  behind("refuses all as a bad request", [], refusing(400, "no"), {}, { isUnsure: true }),
  behind("another copy of the app, with another secret, answers", ["wrong_port"], `if (request.url === "${ROUTE}") ${refusing(401, REFUSAL)} else ${refusing(404, "{}")}`),
  behind("takes all, in the app's words", ["wrong_port"], refusing(200, SUCCESS)),
  behind("healthy, answers first and passes on afterwards", [], `${refusing(200, "{}")} const later = { writeHead() {}, end() {} }; ${through.replace("pass", "((path, headers, bytes) => require(\"node:http\").request({ port: Number(process.env.PORT), path, method: \"POST\", headers: { ...headers, \"content-length\": bytes.length } }, (answer) => answer.resume()).end(bytes))")} void later;`),
  behind("healthy, shows a page where the app refuses", [], hidden()),
  behind("shows a page where the app refuses, and a wrong secret", ["secret_wrong"], hidden(), {}, { secret: () => OTHER_SECRET }),
  behind("closes the connection without an answer", [], "request.socket.destroy();", {}, { isUnsure: true }),

  // The port that the .env names is nobody's, and nobody needs it.
  behind("healthy, the .env names another port", [], through, {}, stale),
  behind("wrong secret, the .env names another port", ["secret_wrong"], through, {}, { ...stale, secret: () => OTHER_SECRET }),
  scene("metrics have the endpoint's port, and the webhooks another one", ["wrong_port"], {
    after: `createServer((_, response) => response.writeHead(404).end("not found")).listen(Number(process.env.METRICS_PORT), "127.0.0.1");`,
  }, { apart: true, files: (known) => ({ ".env": env({ ...known, port: known.outerPort }, `METRICS_PORT=${known.outerPort}\n`) }) }),
  scene("another project's page has the port", ["other_program"], {}, answering(`response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Blog</title>");`)),
  scene("another project's program hangs on the port", ["other_program"], {}, answering("request.resume();")),

  // What comes after the check, Polar never comes to where its signature is refused.
  scene("wrong secret, and it fails after the check", ["secret_wrong"], { handle: fails }, { secret: () => OTHER_SECRET }),
  scene("wrong secret, and it never answers after the check", ["secret_wrong"], { done: "" }, { secret: () => OTHER_SECRET }),
  scene("Polar's secret, not decoded, and it fails after the check", ["key_rule"], { handle: fails }, { polarsSecret: null }),
  scene("Polar's secret, not decoded, and it never answers after the check", ["key_rule"], { done: "" }, { polarsSecret: null }),

  ...[0, 1].map((turn) =>
    scene(`two processes in turn, one with another secret, begun with ${turn}`, [], {
      before: `let turn = ${turn};`,
      key: `Buffer.from(++turn % 2 ? secret : "${OTHER_SECRET}")`,
    }, { isUnsure: true })),
  scene("refuses one event, and takes others", ["handler_throws"], { handle: atPaid(`answer(400, { error: "customer is missing" })`) }, { endpoint: events, fire: ["customer.created", "order.paid", "order.paid"] }),
  scene("fails at one event, and the code was mended since", ["handler_throws"], { handle: atPaid(`answer(500, "")`) }, {
    endpoint: events,
    fire: ["customer.created", "order.paid", "order.paid"],
    afterwards: (folder) => writeFile(join(folder, "server.js"), server()),
  }),

  scene("quotes that docker keeps", ["secret_quoted"], { port: "Number(process.env.PORT)" }, handedOn((secret) => `"${secret}"`)),
  scene("line ends of Windows that docker keeps", ["secret_quoted"], { port: "Number(process.env.PORT)" }, handedOn((secret) => `${secret}\r`)),
  scene("healthy, base64 of the secret, which the code decodes", [], { secret: `Buffer.from(process.env.POLAR_WEBHOOK_SECRET, "base64").toString()` }, { secret: (own) => Buffer.from(own).toString("base64") }),
  scene("healthy, the secret in a file of its own", [], inFile, secretFile()),
  scene("a wrong secret in a file of its own", ["secret_wrong"], inFile, secretFile(OTHER_SECRET)),
  scene("a byte order mark before the secret", ["secret_not_read"], { secret: `process.env.POLAR_WEBHOOK_SECRET ?? ""` }, marked),
  scene("a byte order mark before the secret, without which the app ends", ["secret_not_read"], {}, marked),

  scene("healthy, one of several apps in the folder", [], {}, several()),
  scene("one of several apps in the folder has a wrong secret", ["secret_wrong"], {}, several({ secret: () => OTHER_SECRET })),
  scene("one of several apps in the folder was not restarted", ["not_restarted"], {}, several({
    secret: () => OTHER_SECRET,
    edit: (folder, { port }) => writeFile(join(folder, "apps/api/.env"), `POLAR_WEBHOOK_SECRET=${SECRET}\nPORT=${port}\n`),
  })),
];

/** As nginx does with error_page and proxy_intercept_errors. */
function hidden() {
  return `const shown = response.writeHead.bind(response);
  response.writeHead = (status, headers) => (status < 300 ? shown(status, headers) : shown(200, { "Content-Type": "text/html" }));
  ${through}`;
}
