// An internet on this machine: a proxy that leads every https address to one server here, whose certificates the program
// trusts, or does not. What answers at an address is a function.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { createSecureContext } from "node:tls";

import { generate } from "selfsigned";

const settings = { keySize: 2048, algorithm: "sha256" };

/** For these names there are certificates. */
const NAMES = ["*.trycloudflare.com", "*.ngrok-free.app", "*.example.com", "*.polar.sh", "discord.com"];

export class Internet {
  static async start(folder) {
    const authority = await generate([{ name: "commonName", value: "Polar Setup's tests" }], {
      ...settings,
      extensions: [{ name: "basicConstraints", cA: true, critical: true }],
    });
    const certificate = await generate([{ name: "commonName", value: "example.com" }], {
      ...settings,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [{ name: "subjectAltName", altNames: NAMES.map((value) => ({ type: 2, value })) }],
    });
    const stranger = await generate([{ name: "commonName", value: "A company's proxy" }], settings);
    const trusted = join(folder, "authority.pem");
    await writeFile(trusted, authority.cert);
    const internet = new Internet(trusted);
    const untrusted = createSecureContext({ key: stranger.private, cert: stranger.cert });
    const known = createSecureContext({ key: certificate.private, cert: certificate.cert });
    internet.edge = createSecureServer(
      {
        key: certificate.private,
        cert: certificate.cert,
        SNICallback: (name, done) => done(null, internet.untrusted.has(name) ? untrusted : known),
      },
      (request, response) => internet.answer(request, response),
    );
    await once(internet.edge.listen(0, "127.0.0.1"), "listening");
    internet.proxy = createServer().on("connect", (request, socket) => internet.lead(request, socket));
    await once(internet.proxy.listen(0, "127.0.0.1"), "listening");
    return internet;
  }

  constructor(trusted) {
    Object.assign(this, { trusted, hosts: new Map(), untrusted: new Set(), sockets: new Set() });
  }

  /** What answers at this host: `(request, body, response)`. */
  serve(host, answers) {
    this.hosts.set(host, answers);
  }

  reset() {
    this.hosts.clear();
    this.untrusted.clear();
  }

  /** Whoever asks for this host meets a certificate that nobody knows. */
  intercept(host) {
    this.untrusted.add(host);
  }

  /** A program with this environment is on this internet. */
  get environment() {
    return { HTTPS_PROXY: `http://127.0.0.1:${this.proxy.address().port}`, NO_PROXY: "127.0.0.1,localhost", SSL_CERT_FILE: this.trusted };
  }

  lead(request, socket) {
    this.sockets.add(socket);
    const onward = connect(this.edge.address().port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    const end = () => [socket, onward].forEach((one) => one.destroy());
    for (const one of [socket, onward]) one.on("error", end).on("close", end);
    onward.pipe(socket).pipe(onward);
  }

  async answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const answers = this.hosts.get(request.headers.host);
    if (!answers) return response.writeHead(404).end();
    await answers(request, Buffer.concat(chunks), response);
  }

  async stop() {
    this.sockets.forEach((socket) => socket.destroy());
    this.edge.closeAllConnections();
    await Promise.all([this.edge, this.proxy].map((server) => new Promise((done) => server.close(done))));
  }
}

/** Says always the same. */
export const says = (status, body = "", headers = {}) => (request, bytes, response) => response.writeHead(status, headers).end(body);

/** Passes on to a port of this machine, as a tunnel does: the host stays. */
export const passesOn =
  (port, { headers = (all) => all, body = (bytes) => bytes, answered = (all) => all } = {}) =>
  (request, bytes, response) => {
    const { "content-length": _, "transfer-encoding": __, connection: ___, ...rest } = request.headers;
    const sent = body(bytes);
    const options = { method: request.method, path: request.url, port, host: "127.0.0.1" };
    const onward = ask({ ...options, headers: { ...headers(rest), "content-length": sent.length } }, (answer) => {
      response.writeHead(answer.statusCode, answered(answer.headers));
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    onward.end(sent);
  };
