// A folder with a program named cloudflared, for the start of PATH, and the internet that its address lives in: a proxy
// that leads every https address to it, and a certificate whose authority the window trusts.
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { generate } from "selfsigned";

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "cloudflared.js");

/** An ngrok whose service takes one authtoken; it says the rest as the real one does. */
const NGROK = `#!/bin/sh
if [ "$1" = version ]; then echo "ngrok version 3.20.0"; exit 0; fi
if [ -z "$NGROK_AUTHTOKEN" ]; then
  echo '{"lvl":"crit","msg":"command failed","err":"authentication failed: Usage of ngrok requires a verified account and authtoken. ERR_NGROK_4018"}'
else
  echo '{"lvl":"crit","msg":"command failed","err":"authentication failed: The authtoken you specified is properly formed, but it is invalid. Your authtoken: '"$NGROK_AUTHTOKEN"' ERR_NGROK_107"}'
fi
exit 1
`;

export class TunnelProgram {
  static async install(behaviour = "works") {
    const folder = await mkdtemp(join(tmpdir(), "polar-setup-tunnel-"));
    const programs = join(folder, "bin");
    await mkdir(programs);
    await chmod(PROGRAM, 0o755);
    await symlink(PROGRAM, join(programs, "cloudflared"));
    const ngrok = join(programs, "ngrok");
    await writeFile(ngrok, NGROK);
    await chmod(ngrok, 0o755);
    const settings = { keySize: 2048, algorithm: "sha256" };
    const authority = await generate([{ name: "commonName", value: "Polar Setup's tests" }], {
      ...settings,
      extensions: [{ name: "basicConstraints", cA: true, critical: true }],
    });
    const server = await generate([{ name: "commonName", value: "trycloudflare.com" }], {
      ...settings,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "*.trycloudflare.com" }] }],
    });
    await writeFile(join(folder, "authority.pem"), authority.cert);
    await writeFile(join(folder, "key.pem"), server.private);
    await writeFile(join(folder, "certificate.pem"), server.cert);
    const sockets = new Set();
    const proxy = createServer().on("connect", async (request, socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      const port = await readFile(join(folder, "port"), "utf8").catch(() => "0");
      const onward = connect(Number(port), "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
      socket.on("close", () => onward.destroy());
      onward.pipe(socket).pipe(onward);
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const program = new TunnelProgram(folder, programs, proxy, sockets);
    await program.behave(behaviour);
    return program;
  }

  constructor(folder, programs, proxy, sockets) {
    this.proxy = proxy;
    this.sockets = sockets;
    this.folder = folder;
    this.programs = programs;
  }

  /** How it goes from the next start on: works, silent, unconnected, unreachable, offline, limited, too old. */
  behave(behaviour) {
    return writeFile(join(this.folder, "behaviour"), behaviour);
  }

  /** What the environment of the window says besides. */
  get environment() {
    return {
      PATH: `${this.programs}:${process.env.PATH}`,
      SSL_CERT_FILE: join(this.folder, "authority.pem"),
      HTTPS_PROXY: `http://127.0.0.1:${this.proxy.address().port}`,
      STAND_IN_FOLDER: this.folder,
    };
  }

  async remove() {
    // The server no longer counts the connections that it led onwards.
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.proxy.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}
