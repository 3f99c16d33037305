// Starts the peers and the receiver one after the other behind the same load, and prints how they compare.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const [, , receive, samples, seconds] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "polar-setup-bench-"));
const started = [];
const sample = delivery();
const { secret } = sample;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
  started.push(child);
  return child;
}

const firstLine = (child) => new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));

async function listening(port) {
  const { connect } = await import("node:net");
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true))).on("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function nginx(name, server) {
  const port = await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; worker_processes 2; pid ${folder}/${name}.pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${folder}/${name}-body; proxy_temp_path ${folder}/${name}-proxy; fastcgi_temp_path ${folder}/${name}-f; uwsgi_temp_path ${folder}/${name}-u; scgi_temp_path ${folder}/${name}-s;
keepalive_requests 100000000;
${server(port)} }`,
  );
  start("nginx", ["-p", folder, "-c", file]);
  await listening(port);
  return port;
}

/** A customer.created as Polar sends it, signed now. */
function delivery() {
  const lines = execFileSync(samples, { encoding: "utf8" }).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return lines.find(({ event, rule }) => event === "customer.created" && rule === "polar_own");
}

function load(port, connections = 32) {
  const { body, headers } = sample;
  const script = join(folder, "post.lua");
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`);
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = [==[${body}]==]\n${lines.join("\n")}\n`);
  const said = execFileSync("wrk", [`-c${connections}`, `-t${Math.min(2, connections)}`, `-d${seconds}`, "--latency", "-s", script, `http://127.0.0.1:${port}/hook`], { encoding: "utf8" });
  const time = (label) => {
    const [, number, unit] = said.match(new RegExp(`${label}%\\s+([\\d.]+)(us|ms|s)`));
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  const bad = Number(said.match(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0);
  return { perSecond: Number(said.match(/Requests\/sec:\s+([\d.]+)/)[1]), p50: time(50), p99: time(99), bad };
}

const memory = (child) => Number(readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1] ?? 0) / 1024;
const show = (name, { perSecond, p50, p99, bad }) =>
  console.log(`${name.padEnd(34)} ${perSecond.toFixed(0).padStart(7)}/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms${bad ? `   ${bad} not 2xx` : ""}`);

try {
  const app = await nginx("app", (port) => `server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }`);
  const proxy = await nginx(
    "proxy",
    (port) => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${app}; } }`,
  );
  const nodePort = await freePort();
  start(process.execPath, [fileURLToPath(new URL("verify.mjs", import.meta.url)), `${nodePort}`, secret], { cwd: fileURLToPath(new URL("../../tests/sdk", import.meta.url)) });
  await listening(nodePort);
  const forwarding = start(receive, [`${app}`, secret]);
  const forwardingPort = Number(await firstLine(forwarding));
  const holding = start(receive, [`${app}`, secret, "hold"]);
  const holdingPort = Number(await firstLine(holding));

  // What an answer takes where nothing queues: thirty-two at once keep both cores so busy that its 99 % tells of that.
  const direct = load(app, 2);
  show("nginx, answering two at a time", direct);
  const proxied = load(proxy);
  show("nginx, passing on", proxied);
  const node = load(nodePort);
  show("Node, verifying by the SDK", node);
  const ours = load(forwardingPort);
  show("receiver, verifying and passing on", ours);
  const first = memory(forwarding);
  const held = load(holdingPort);
  show("receiver, verifying and holding", held);
  let count = Math.round(ours.perSecond * Number(seconds));
  while (count < 1_000_000 && process.env.LONG) count += Math.round(load(forwardingPort).perSecond * Number(seconds));

  const added = (part) => ((ours[part] - direct[part]) / (proxied[part] - direct[part])).toFixed(2);
  console.log(`the delivery: ${sample.event}, ${sample.body.length} bytes\n`);
  console.log(`passing on, of nginx's requests a second   ${(ours.perSecond / proxied.perSecond).toFixed(2)}   (wanted: 0.6)`);
  console.log(`added at p50, of what nginx adds           ${added("p50")}   (wanted: at most 2)`);
  console.log(`added at p99, of what nginx adds           ${added("p99")}   (wanted: at most 2)`);
  console.log(`holding, of Node's requests a second       ${(held.perSecond / node.perSecond).toFixed(2)}   (wanted: 10)`);
  console.log(`memory after ${count} deliveries         ${memory(forwarding).toFixed(0)} MB, ${first.toFixed(0)} MB after the first run`);
} finally {
  for (const child of started) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
