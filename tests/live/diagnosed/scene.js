// One scene of the diagnosis: a project folder with a developer's app in it, started as its user starts it, an endpoint on
// the practice Polar, what Polar delivered so far, and what `diagnose` says of all that.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { freePort, Program } from "../../e2e/harness/processes.js";
import { waitUntil } from "../../e2e/harness/wait.js";

const live = dirname(dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);

export const ROUTE = "/api/webhook/polar";
export const SECRET = "a-webhook-secret-of-forty-characters-0001";
export const OTHER_SECRET = "another-secret-of-forty-characters-000002";

/** The practice Polar that all scenes share. */
export class Polar {
  static async start(cli, words = [], env = process.env) {
    const program = new Program("polar-setup-cli practice", cli, ["practice", "--json", ...words], { env });
    return Object.assign(new Polar(), { program, ...JSON.parse(await program.firstLine()) });
  }

  async ask(method, path, body) {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json", "x-polar-practice-direct": "1" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** Without a secret Polar makes one. */
  createEndpoint(url, secret, wish = {}) {
    return this.ask("POST", "/v1/webhooks/endpoints", {
      url,
      format: "raw",
      events: ["order.paid", "order.created", "customer.created"],
      ...(secret && { secret }),
      ...wish,
    });
  }

  fire(type) {
    return this.ask("POST", `/practice/fire/${type}`);
  }

  /** Waits until so many attempts at an endpoint are recorded: they are made after what is fired was answered. */
  async attempted(endpoint, count) {
    if (count === 0) return;
    await waitUntil(`${count} attempts are recorded`, async () => (await this.ask("GET", `/v1/webhooks/deliveries?endpoint_id=${endpoint.id}`)).items.length >= count);
  }
}

/** Plays a scene, and returns the report of the diagnosis. See `express.js` for what a scene may say. */
export async function play(scene, polar, cli) {
  // Inside of this folder, so that the packages are found.
  const folder = await mkdtemp(join(live, ".made-"));
  // The endpoint's port, and the app's: behind a proxy, or by mistake, they differ.
  const outerPort = await freePort();
  const port = scene.apart ? await freePort() : outerPort;
  let app, endpoint;
  const others = [];
  try {
    for (const { url, secret } of scene.others ?? []) others.push(await polar.createEndpoint(url, secret));
    endpoint = await polar.createEndpoint(`http://${scene.host ?? "127.0.0.1"}:${outerPort}${scene.endpointRoute ?? ROUTE}`, scene.polarsSecret === undefined ? SECRET : scene.polarsSecret, scene.endpoint);
    const secret = scene.secret?.(endpoint.secret) ?? endpoint.secret;
    await write(folder, scene, { port, outerPort, secret, token: polar.token });
    const { POLAR_WEBHOOK_SECRET: _, ...inherited } = process.env;
    const env = { ...inherited, PORT: `${port}`, NEXT_TELEMETRY_DISABLED: "1", ...scene.environment?.(endpoint.secret) };
    const [command, ...words] = scene.start({ port, outerPort, folder });
    app = new Program(scene.name, command, words, { cwd: join(folder, scene.runsIn ?? "."), env });
    await app.listening(port);
    if (scene.ready) await scene.ready(`http://127.0.0.1:${port}`);
    if (scene.edit) await scene.edit(folder, { port, secret, token: polar.token });
    const fired = [scene.fire ?? []].flat();
    // One after the other: Polar sends what happens at the same time in any order.
    let expected = 0;
    for (const event of fired) {
      await polar.fire(event);
      if (endpoint.events.includes(event)) await polar.attempted(endpoint, (expected += 1));
    }
    if (scene.afterwards) await scene.afterwards(folder);
    const report = await diagnose(join(folder, scene.project ?? "."), cli, ["--api-url", polar.url]);
    return { ...report, said: app.output };
  } finally {
    await app?.stop();
    for (const { id } of [endpoint, ...others].filter(Boolean)) await polar.ask("DELETE", `/v1/webhooks/endpoints/${id}`);
    await rm(folder, { recursive: true, force: true });
  }
}

export async function write(folder, scene, { port, outerPort, secret, token }) {
  const files = {
    ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${port}\n`,
    ...(scene.dependencies && {
      "package.json": JSON.stringify({ name: "shop", private: true, type: "module", dependencies: scene.dependencies }),
    }),
    ...scene.files({ port, outerPort, secret, token }),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  // Polar's SDK under the name that its users import, in the version that this project has.
  const sdk = scene.dependencies?.["@polar-sh/sdk"];
  if (sdk) {
    await mkdir(join(folder, "node_modules/@polar-sh"), { recursive: true });
    const version = sdk.startsWith("0") ? "0" : "1";
    await symlink(join(live, `node_modules/polar-sdk-${version}`), join(folder, "node_modules/@polar-sh/sdk"));
  }
}

/** The report of `diagnose` on this folder. */
export async function diagnose(folder, cli, words, environment = {}) {
  const all = ["diagnose", "--project", folder, ...words, "--json"];
  const env = { ...process.env, POLAR_SETUP_KEYRING: "off", POLAR_SETUP_DATA_DIR: join(folder, ".data"), ...environment };
  const { stdout } = await run(cli, all, { env, timeout: 60_000 }).catch((error) => {
    if (error.code === 1 || error.code === 3) return error;
    throw error;
  });
  return JSON.parse(stdout);
}
