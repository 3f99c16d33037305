// The developers' apps: each in a project folder of its own, started as its users start it, with the secret from its .env.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort, Program } from "../e2e/harness/processes.js";
import { waitUntil } from "../e2e/harness/wait.js";

const here = dirname(fileURLToPath(import.meta.url));
export const ROUTE = "/api/webhook/polar";

const node = (file, ...words) => ({ files: [file], start: ["--env-file=.env", file, ...words], dependencies: {} });

export const frameworks = {
  "Express with @polar-sh/sdk 1.0.1": { ...node("express.js", "1"), dependencies: { express: "5", "@polar-sh/sdk": "1.0.1" } },
  "Express with @polar-sh/sdk 0.49.0": { ...node("express.js", "0"), dependencies: { express: "5", "@polar-sh/sdk": "0.49.0" } },
  "Hono with @polar-sh/hono": { ...node("hono.js"), dependencies: { hono: "4", "@polar-sh/hono": "0.5.3" } },
  "Next.js with @polar-sh/nextjs": {
    files: ["next/app", "next/next.config.mjs"],
    start: [join(here, "node_modules/next/dist/bin/next"), "dev", "--hostname", "127.0.0.1"],
    dependencies: { next: "16", "@polar-sh/nextjs": "0.9.6" },
  },
};

export class App {
  static async create({ files, start, dependencies }) {
    // Inside of this folder, so that the packages are found.
    const folder = await mkdtemp(join(here, ".made-"));
    for (const file of files) await cp(join(here, "apps", file), join(folder, file.replace("next/", "")), { recursive: true });
    const app = new App(folder, start, await freePort());
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module", dependencies }));
    await writeFile(join(folder, ".env"), `PORT=${app.port}\n`);
    return app;
  }

  constructor(folder, start, port) {
    Object.assign(this, { folder, command: start, port, program: null });
  }

  get url() {
    return `http://127.0.0.1:${this.port}${ROUTE}`;
  }

  async start() {
    // The secret comes from the .env alone.
    const { POLAR_WEBHOOK_SECRET: _, ...environment } = process.env;
    this.program = new Program("the app", process.execPath, this.command, {
      cwd: this.folder,
      env: { ...environment, PORT: `${this.port}`, NEXT_TELEMETRY_DISABLED: "1" },
    });
    await this.program.listening(this.port);
  }

  /** What its handler was given, in order: `{type, id}`. */
  seen() {
    return [...this.program.output.matchAll(/^SEEN (.*)$/gm)].map(([, json]) => JSON.parse(json));
  }

  /** Waits until its handler was given so many of these, and says which were the last. */
  gets(what, count, matches) {
    return waitUntil(`the app gets ${what}`, () => (this.program.mustRun(), this.seen().filter(matches).length >= count), 60_000);
  }

  async remove() {
    await this.program?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
