#!/usr/bin/env node
// Stands in for cloudflared, which needs the internet: it understands the same arguments, prints the same lines on
// standard error, and forwards https requests to the address it is given, as the real one does through its network.
//
// STAND_IN_FOLDER has its certificate, and takes the port it listens on. STAND_IN_BEHAVIOUR: works or offline.
import { readFileSync, writeFileSync } from "node:fs";
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
if (process.env.STAND_IN_BEHAVIOUR === "offline") {
  process.stderr.write(
    'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com on 192.0.2.53:53: no such host\n',
  );
  process.exit(1);
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
  writeFileSync(join(folder, "port"), `${server.address().port}`);
  const address = `https://quick-pebble-grove-${process.pid}.trycloudflare.com`;
  const line = "+--------------------------------------------------------------------------------------------+";
  say("INF", line);
  say("INF", "|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |");
  say("INF", `|  ${address.padEnd(line.length - 6)}  |`);
  say("INF", line);
  say("INF", "Registered tunnel connection connIndex=0 event=0 ip=198.51.100.7 location=loc01 protocol=quic");
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    say("INF", "Initiating graceful shutdown due to signal terminated ...");
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
