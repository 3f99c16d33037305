// What goes wrong between Polar and this machine, and with Polar itself: an app that is right, on an internet of its own.
//
// A scene: `expected` the causes, blocking first; `host` the endpoint's; `answers` what stands there; `polar` what answers in
// Polar's place; `tunnels` the programs that run here; `env` more lines of the .env; `endpoint` how it is created; `before` what
// happened until now; `hasNoApp`; `words` more of the command line.
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";

import { freePort, Program } from "../../e2e/harness/processes.js";
import { waitUntil } from "../../e2e/harness/wait.js";
import { Internet, passesOn, says } from "./internet.js";
import { diagnose, Polar, ROUTE, SECRET, write } from "./scene.js";

const here = dirname(fileURLToPath(import.meta.url));
const QUICK = "quick-pebble-grove.trycloudflare.com";
const NEWER = "new-words-here-now.trycloudflare.com";
const NGROK = "abc123.ngrok-free.app";
const OWN = "hooks.example.com";

const SHOP = `import { webhooks } from "@polar-sh/sdk/2026-04";
import { createServer } from "node:http";

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.url !== "${ROUTE}") return response.writeHead(404).end();
  try {
    await webhooks.validateEvent(Buffer.concat(chunks).toString(), request.headers, process.env.POLAR_WEBHOOK_SECRET);
  } catch {
    return response.writeHead(request.headers["webhook-id"] ? 403 : 400).end();
  }
  response.writeHead(Number(process.env.ANSWERS ?? 202)).end();
}).listen(Number(process.env.PORT), "127.0.0.1");
`;

/** cloudflared as it says itself how it stands. */
const cloudflared = (port, { host = QUICK, connections = 1, words = [], environment = {} } = {}) => ({
  name: "cloudflared",
  words: ["tunnel", "--url", `http://localhost:${port}`, ...words],
  environment,
  answers: {
    "/ready": { status: connections > 0 ? 200 : 503, readyConnections: connections },
    "/quicktunnel": { hostname: host },
  },
});

const ngrok = (port, host = NGROK) => ({
  name: "ngrok",
  words: ["http", `${port}`],
  answers: { "/api/tunnels": { tunnels: [{ public_url: `https://${host}`, config: { addr: `http://localhost:${port}` } }], uri: "/api/tunnels" } },
});

const through = ({ port }) => passesOn(port);
const gone = () => says(530, "error code: 1033");
const offline = () => says(404, "ERR_NGROK_3200", { "Ngrok-Error-Code": "ERR_NGROK_3200" });
const inPlaceOfPolar = (answers) => ({ polar: answers, host: QUICK, answers: through });

/** A port that takes connections: Cloudflare's network by TCP. */
async function listener() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

export const online = [
  { name: "healthy through cloudflared", expected: [], host: QUICK, answers: through, tunnels: ({ port }) => [cloudflared(port)] },
  { name: "healthy through ngrok", expected: [], host: NGROK, answers: through, tunnels: ({ port }) => [ngrok(port)] },
  { name: "healthy at an address of one's own", expected: [], host: OWN, answers: through },
  { name: "healthy, the sandbox's by its own word", expected: [], host: OWN, answers: through, isSandbox: true },
  { name: "healthy, the sandbox's by the switch", expected: [], host: OWN, answers: through, isSandbox: true, env: "POLAR_SERVER=sandbox\n", reads: "POLAR_SERVER" },
  { name: "healthy beside a tunnel of another project", expected: [], host: OWN, answers: through, tunnels: () => [cloudflared(1, { host: NEWER })] },
  { name: "healthy, token of few scopes", expected: [], host: OWN, answers: through },

  { name: "healthy, and what happened before is told", expected: [], host: OWN, answers: through, happened: true, notes: /is never sent\. The newest customer is of/ },
  { name: "a quick tunnel that was ended", expected: ["tunnel_not_running"], host: QUICK, answers: gone },
  { name: "the endpoint has an older tunnel's address", expected: ["older_tunnel"], host: QUICK, answers: gone, tunnels: ({ port }) => [cloudflared(port, { host: NEWER })] },
  { name: "the endpoint has an older tunnel's address, as the .env says", expected: ["older_tunnel"], host: QUICK, answers: gone, env: `POLAR_WEBHOOK_URL_DEV=https://${NEWER}\n` },
  { name: "the tunnel leads to another port", expected: ["tunnel_to_wrong_port"], host: QUICK, answers: () => says(502), tunnels: () => [cloudflared(1)] },
  { name: "the tunnel leads to another program", expected: ["tunnel_to_wrong_port"], host: QUICK, answers: () => says(200, "<!doctype html>Hello"), tunnels: () => [cloudflared(1)] },
  { name: "UDP is blocked", expected: ["udp_blocked"], host: QUICK, answers: gone, tunnels: ({ port, edge }) => [cloudflared(port, { connections: 0, environment: { TUNNEL_EDGE: `127.0.0.1:${edge}` } })], waits: true },
  { name: "the tunnel's network cannot be reached", expected: ["tunnel_not_connected"], host: QUICK, answers: gone, tunnels: ({ port, nobody }) => [cloudflared(port, { connections: 0, environment: { TUNNEL_EDGE: `127.0.0.1:${nobody}` } })], waits: true },
  { name: "an own configuration", expected: ["tunnel_configuration"], host: QUICK, answers: () => says(404), tunnels: ({ port, home }) => [cloudflared(port, { environment: { HOME: home } })], files: { "home/.cloudflared/config.yml": "ingress:\n  - service: http_status:404\n" } },
  { name: "ngrok is offline", expected: ["ngrok_offline"], host: NGROK, answers: offline },
  { name: "ngrok without an authtoken", expected: ["ngrok_authtoken"], host: NGROK, answers: offline, installs: "ngrok" },
  { name: "ngrok leads to a port without a listener", expected: ["ngrok_nothing_on_port"], host: NGROK, answers: () => says(502, "ERR_NGROK_8012", { "Ngrok-Error-Code": "ERR_NGROK_8012" }), tunnels: () => [ngrok(1)] },
  { name: "a quick tunnel that was ended, and no app", expected: ["tunnel_not_running", "app_not_running"], host: QUICK, answers: gone, hasNoApp: true },
  { name: "an expired token, and no app", expected: ["token_refused", "app_not_running"], host: OWN, answers: () => says(502), token: "expired", hasNoApp: true },
  { name: "no such host", expected: ["dns_missing"], host: "no-such-shop.invalid", isOffline: true, words: ({ url }) => ["--api-url", url] },
  { name: "a certificate that nobody trusts", expected: ["certificate_invalid"], host: OWN, answers: through, intercepts: OWN },
  { name: "a redirect to www", expected: ["redirect"], host: OWN, answers: () => says(308, "", { Location: `https://www.example.com${ROUTE}` }) },
  { name: "the address lacks the route", expected: ["url_without_route"], host: OWN, answers: through, path: "/" },
  { name: "a proxy that takes the headers away", expected: ["altered_on_the_way"], host: OWN, answers: ({ port }) => passesOn(port, { headers: (all) => Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("webhook-"))) }) },
  { name: "a proxy that writes the body anew", expected: ["altered_on_the_way"], host: OWN, answers: ({ port }) => passesOn(port, { body: (bytes) => Buffer.from(JSON.stringify(JSON.parse(bytes), null, 1)) }) },

  { name: "a network's sign-in page in Polar's place", expected: ["not_polar"], ...inPlaceOfPolar(says(200, "<!doctype html><title>Free Wi-Fi</title>", { "Content-Type": "text/html" })) },
  { name: "a company's proxy reads along", expected: ["tls_intercepted"], host: QUICK, answers: through, intercepts: "api.polar.sh" },
  { name: "Polar fails", expected: ["polar_unreachable"], ...inPlaceOfPolar(says(500, "Internal Server Error")) },
  { name: "Polar's rate limit", expected: ["rate_limited"], ...inPlaceOfPolar(says(429, "", { "Retry-After": "60" })) },
  { name: "a proxy that does not answer", expected: ["proxy_unreachable"], host: QUICK, environment: ({ nobody }) => ({ HTTPS_PROXY: `http://127.0.0.1:${nobody}` }) },
  { name: "the sandbox's token in production", expected: ["token_of_other_environment"], host: OWN, answers: through, isSandbox: true, words: () => ["--environment", "production"] },
  { name: "production's token in the sandbox", expected: ["token_of_other_environment"], host: OWN, answers: through, env: "POLAR_SERVER=sandbox\n", reads: "POLAR_SERVER" },
  { name: "the sandbox's endpoint, and code for production", expected: ["environment_mixed_up"], host: OWN, answers: through, isSandbox: true, env: "POLAR_SERVER=production\n", reads: "POLAR_SERVER", words: () => ["--environment", "sandbox"] },
  { name: "a token without the scope", expected: ["token_lacks_scope"], host: OWN, answers: through, token: "scopeless" },
  { name: "a token that has expired", expected: ["token_refused"], host: OWN, answers: through, token: "expired" },
  { name: "localhost in production", expected: ["url_private"], url: ({ port }) => `http://localhost:${port}` },
  { name: "healthy messages to a chat, without an app", expected: [], host: "discord.com", path: "/api/webhooks/1/x", endpoint: { format: "discord" }, answers: () => says(204), hasNoApp: true },
  { name: "the app's clock is behind", expected: ["clock_off"], host: OWN, answers: through, appsClock: "-10m", says: /clock that your app goes by is \d+ s behind/ },
  { name: "this machine's clock is ahead", expected: ["clock_off"], host: OWN, answers: through, ownClock: "+10m", says: /This machine's clock is \d+ s ahead of Polar's/ },
  { name: "chat skips the only event", expected: ["chat_skips_event"], host: "discord.com", path: "/api/webhooks/1/x", endpoint: { format: "discord", events: ["subscription.updated"] }, answers: () => says(204) },
  { name: "the first attempt failed, the next is to come", expected: ["retry_waiting"], host: OWN, answers: through, before: firstRefused },
];

/** An event whose first attempt failed, at an app that accepts by now. */
async function firstRefused({ internet, polar, endpoint }) {
  internet.serve(OWN, says(500));
  await polar.fire("order.paid");
  await waitUntil("Polar has tried once", async () => (await polar.ask("GET", `/v1/webhooks/deliveries?endpoint_id=${endpoint.id}`)).items.length > 0);
}

/** The internet, and a Polar in production and one in the sandbox, each known by its name there. */
export class World {
  static async start(cli) {
    const folder = await mkdtemp(join(here, "../.made-"));
    const world = new World(cli, folder, await Internet.start(folder));
    world.production = await world.#polar("production", "api.polar.sh");
    world.sandbox = await world.#polar("sandbox", "sandbox-api.polar.sh", "--sandbox");
    world.edge = await listener();
    return world;
  }

  constructor(cli, folder, internet) {
    Object.assign(this, { cli, folder, internet });
  }

  async #polar(name, host, ...words) {
    const [good, scopeless, expired] = [issue(), issue(), issue()];
    const token = (text, more = {}) => ({ token: text, organization: "acme", scopes: ["webhooks:read", "webhooks:write", "customers:read", "customers:write"], expires_at: null, ...more });
    const tokens = { a: token(good), b: token(scopeless, { scopes: ["products:read"] }), c: token(expired, { expires_at: "2020-01-01T00:00:00Z" }) };
    const file = join(this.folder, `${name}.json`);
    await writeFile(file, JSON.stringify({ organizations: { acme: randomUUID() }, tokens }));
    const environment = { ...process.env, ...this.internet.environment };
    const polar = await Polar.start(this.cli, ["--tokens", file, ...words], environment);
    // Polar itself does not call itself a practice.
    const port = Number(new URL(polar.url).port);
    const answers = passesOn(port, { answered: ({ "x-polar-practice": _, ...rest }) => rest });
    return Object.assign(polar, { host, answers, tokens: { good, scopeless, expired } });
  }

  async stop() {
    await Promise.all([this.production, this.sandbox].map((polar) => polar?.program.stop()));
    this.edge?.close();
    await this.internet.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A token of the right form: 37 letters and digits, and their CRC-32 in base 62. */
function issue() {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const body = Array.from({ length: 37 }, () => digits[randomInt(digits.length)]).join("");
  let sum = crc32(body);
  let text = "";
  for (; sum > 0; sum = Math.floor(sum / 62)) text = digits[sum % 62] + text;
  return `polar_oat_${body}${text.padStart(6, "0")}`;
}

/** Plays one, and returns the report. */
export async function playOnline(scene, world) {
  const folder = await mkdtemp(join(here, "../.made-"));
  const [port, nobody] = [await freePort(), await freePort()];
  const polar = scene.isSandbox ? world.sandbox : world.production;
  const around = { port, nobody, edge: world.edge.address().port, home: join(folder, "home") };
  const base = typeof scene.url === "function" ? scene.url(around) : `https://${scene.host}`;
  const programs = [];
  let endpoint;
  try {
    world.internet.reset();
    for (const one of [world.production, world.sandbox]) world.internet.serve(one.host, one.answers);
    if (scene.polar) for (const one of [world.production, world.sandbox]) world.internet.serve(one.host, scene.polar);
    if (scene.intercepts) world.internet.intercept(scene.intercepts);
    if (scene.happened) await polar.ask("POST", "/v1/customers/", { email: "ada@example.com" });
    endpoint = await polar.createEndpoint(`${base}${scene.path ?? ROUTE}`, SECRET, scene.endpoint);
    const token = polar.tokens[scene.token ?? "good"];
    const reads = scene.reads ? `export const server = process.env.${scene.reads};\n` : "";
    await write(folder, { ...scene, dependencies: { "@polar-sh/sdk": "1.0.1" }, files: () => ({
      ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${SECRET}\nPORT=${port}\n${scene.env ?? ""}`,
      "server.js": SHOP + reads,
      ...scene.files,
    }) }, {});
    if (scene.installs) await mkdir(join(folder, "bin"), { recursive: true }).then(() => symlink("/bin/true", join(folder, "bin", scene.installs)));
    if (!scene.hasNoApp) {
      const env = { ...process.env, ...(await atTime(scene.appsClock)) };
      const app = new Program("the app", process.execPath, ["--env-file=.env", "server.js"], { cwd: folder, env });
      programs.push(app);
      await app.listening(port);
    }
    for (const tunnel of scene.tunnels?.(around) ?? []) programs.push(await start(tunnel, folder));
    if (scene.before) await scene.before({ internet: world.internet, polar, endpoint });
    if (scene.answers) world.internet.serve(scene.host, scene.answers(around));
    if (scene.waits) await old(programs.at(-1));
    const environment = { ...(scene.isOffline ? {} : world.internet.environment), HOME: around.home, PATH: `${join(folder, "bin")}:${process.env.PATH}`, ...scene.environment?.(around) };
    return await diagnose(folder, world.cli, scene.words?.(polar) ?? [], { ...environment, ...(await atTime(scene.ownClock)) });
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    if (endpoint) await polar.ask("DELETE", `/v1/webhooks/endpoints/${endpoint.id}`);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The environment of a program whose clock is off. Its steady clock goes on. */
async function atTime(offset) {
  if (!offset) return {};
  for (const folder of await readdir("/usr/lib")) {
    const library = join("/usr/lib", folder, "faketime/libfaketime.so.1");
    if (!existsSync(library)) continue;
    return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
  }
  throw new Error("libfaketime is not installed: scripts/setup --tests installs it.");
}

/** Node under the tunnel program's name. */
async function start({ name, words, environment = {}, answers }, folder) {
  await mkdir(join(folder, "bin"), { recursive: true });
  const program = join(folder, "bin", name);
  await symlink(process.execPath, program);
  const env = { ...process.env, ...environment, STAND_IN_ANSWERS: JSON.stringify(answers) };
  const running = new Program(name, program, [join(here, "tunnel_program.mjs"), ...words], { env });
  assert.equal(await running.firstLine(), "ready");
  return running;
}

/** Waits until a program runs for longer than cloudflared gives a connection. */
function old(program) {
  const from = Date.now() - 1;
  return waitUntil("the tunnel had time to connect", () => (program.mustRun(), Date.now() - from > 6_500), 10_000);
}
