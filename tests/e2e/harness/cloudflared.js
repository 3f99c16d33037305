#!/usr/bin/env node
// Stands in for cloudflared, which needs the internet: it understands the same arguments, prints the same lines on
// standard error, and forwards https requests to the address it is given, as the real one does through its network.
//
// STAND_IN_FOLDER has its certificate, takes the port it listens on, and says in the file "behaviour" how it is to go.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";

const say = (level, text) => process.stderr.write(`${new Date().toISOString().slice(0, 19)}Z ${level} ${text}\n`);
const [, , ...given] = process.argv;
const folder = process.env.STAND_IN_FOLDER;

if (given[0] === "--version") {
  process.stdout.write("cloudflared version 2026.8.2 (built 2026-08-20-0954_UTC)\n");
  process.exit(0);
}
const target = new URL(given[given.indexOf("--url") + 1]);
say("INF", "Requesting new quick Tunnel on trycloudflare.com...");
const behaviour = readFileSync(join(folder, "behaviour"), "utf8");
const failures = {
  offline:
    'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com on 192.0.2.53:53: no such host',
  limited: "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value",
  "too old": "Incorrect Usage. flag provided but not defined: -grace-period",
};
if (behaviour === "limited") {
  say("ERR", 'Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character" status_code="429 Too Many Requests"');
}
if (failures[behaviour]) {
  process.stderr.write(`${failures[behaviour]}\n`);
  process.exit(behaviour === "too old" ? 0 : 1);
}

const server = createServer(
  { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "certificate.pem")) },
  (from, to) => {
    const options = { method: from.method, path: from.url, headers: from.headers, host: target.hostname, port: target.port };
    const onward = request(options, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.writeHead(502).end());
    from.pipe(onward);
  },
);
server.listen(0, "127.0.0.1", () => {
  if (behaviour === "silent") return;
  // What is not connected is not reached either; and what is connected may not be.
  if (behaviour === "works") writeFileSync(join(folder, "port"), `${server.address().port}`);
  else rmSync(join(folder, "port"), { force: true });
  const address = `https://quick-pebble-grove-${process.pid}.trycloudflare.com`;
  const line = "+--------------------------------------------------------------------------------------------+";
  say("INF", line);
  say("INF", "|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |");
  say("INF", `|  ${address.padEnd(line.length - 6)}  |`);
  say("INF", line);
  if (behaviour === "unconnected") return;
  say("INF", "Registered tunnel connection connIndex=0 event=0 ip=198.51.100.7 location=loc01 protocol=quic");
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    say("INF", "Initiating graceful shutdown due to signal terminated ...");
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
