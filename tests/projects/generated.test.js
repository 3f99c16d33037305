// Real projects, made by the frameworks' own generators without installing anything, and what is found in them.
// Generators whose templates come from GitHub (nuxi, create-astro, create-hono, create-react-router) cannot run
// offline: their projects are those of fixtures.js.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { fixtures } from "./fixtures.js";

const run = promisify(execFile);
const bin = fileURLToPath(new URL("node_modules/.bin/", import.meta.url));
const inspector = process.env.POLAR_SETUP_INSPECT;
if (!inspector) throw new Error("POLAR_SETUP_INSPECT is not set. Set it to the path of core's example inspect; scripts/test does so.");

let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), "polar-setup-projects-"))));
after(() => rm(folder, { recursive: true, force: true }));

/** What the core finds in a folder. */
async function inspect(project) {
  const { stdout } = await run(inspector, [project]);
  return JSON.parse(stdout);
}

const next = (name, ...options) => ({
  program: "create-next-app",
  options: [name, "--no-tailwind", "--no-eslint", "--skip-install", "--disable-git", "--yes", ...options],
});

const generated = {
  "next-app": {
    ...next("next-app", "--ts", "--app", "--src-dir", "--use-npm"),
    found: { framework: "Next.js (app router)", manager: "npm", port: 3000, env: ".env.local", route: "/api/webhook/polar" },
    handler: "src/app/api/webhook/polar/route.ts",
  },
  "next-pages": {
    ...next("next-pages", "--js", "--no-app", "--no-src-dir", "--use-pnpm"),
    found: { framework: "Next.js (pages router)", port: 3000, env: ".env.local", route: "/api/webhook/polar" },
    handler: "pages/api/webhook/polar.ts",
  },
  vite: {
    program: "create-vite",
    options: ["vite", "--template", "react-ts", "--no-interactive"],
    found: { framework: "Vite", manager: "npm", port: 5173, env: ".env", route: "/api/webhook/polar" },
  },
  sv: {
    program: "sv",
    options: ["create", "sv", "--template", "minimal", "--types", "ts", "--no-add-ons", "--no-install"],
    found: { framework: "SvelteKit", manager: "npm", port: 5173, env: ".env", route: "/api/webhooks/polar" },
    handler: "src/routes/api/webhooks/polar/+server.ts",
  },
  tanstack: {
    program: "tanstack",
    options: ["create", "tanstack", "--no-install", "--no-git", "--yes"],
    found: { framework: "TanStack Start", port: 3000, env: ".env", route: "/api/webhook/polar" },
    handler: "src/routes/api/webhook/polar.ts",
  },
  nest: {
    program: "nest",
    options: ["new", "nest", "--skip-install", "--skip-git", "--package-manager", "npm"],
    found: { framework: "NestJS", manager: "npm", port: 3000, env: ".env", route: "/polar/webhooks" },
    handler: "src/polar-webhook.controller.ts",
  },
  express: {
    program: "express",
    options: ["--no-view", "express"],
    found: { framework: "Express", manager: "npm", port: 3000, env: ".env", route: "/polar/webhooks" },
    handler: "polar-webhook.mjs",
  },
  fastify: {
    program: "fastify",
    options: ["generate", "fastify"],
    found: { framework: "Fastify", manager: "npm", port: 3000, env: ".env", route: "/polar/webhooks" },
  },
};

function check(project, found) {
  const seen = {
    framework: project.framework?.value,
    manager: project.package_manager?.value,
    port: project.port,
    env: project.env_file,
    route: project.route,
  };
  for (const [name, value] of Object.entries(found)) assert.equal(seen[name], value, `${name}: ${JSON.stringify(seen)}`);
  assert.ok(project.framework.file, "the framework's file is named");
}

for (const [name, { program, options, found, handler }] of Object.entries(generated)) {
  test(`${program} makes ${found.framework}`, async (t) => {
    try {
      const environment = { ...process.env, CI: "1", npm_config_offline: "true", NEXT_TELEMETRY_DISABLED: "1" };
      const making = run(join(bin, program), options, { cwd: folder, env: environment, timeout: 60_000 });
      making.child.stdin.end();
      await making;
    } catch (error) {
      const said = `${program} does not work on this machine: ${String(error.stderr || error.message).trim().split("\n").at(-1)}`;
      console.error(`SKIPPED: ${said}`);
      t.skip(said);
      return;
    }
    const project = await inspect(join(folder, name));
    check(project, found);
    assert.equal(typeof project.framework.line, "number", "the line is named");
    if (handler) assert.equal(project.handler.file, handler);
  });
}

for (const [name, { files, found, apps }] of Object.entries(fixtures)) {
  test(name, async () => {
    const project = join(folder, `fixture-${name.replaceAll(/\W+/g, "-")}`);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), typeof text === "string" ? text : JSON.stringify(text, null, 2));
    }
    const seen = await inspect(project);
    if (apps) assert.deepEqual(seen.apps.map((app) => app.folder), apps);
    else check(seen, found);
  });
}
