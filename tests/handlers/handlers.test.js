// Each handler that is shown, in a project of its framework: it takes what is signed and refuses what is not.

import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import ts from "typescript";

import { deliveries, here, project } from "./programs.js";

const run = promisify(execFile);
let signed;
before(async () => {
  signed = await deliveries();
  assert.equal(signed.length, 2, "one for each key rule");
  // Both have the same secret.
  process.env.POLAR_WEBHOOK_SECRET = signed[0].secret;
});

/** `post(body, headers)` gives the status. Adapters that stand on SDK 0.x know Polar's own rule only. */
async function proves(post, rules = ["polar_own", "standard_webhooks"]) {
  for (const { body, headers, rule } of signed.filter(({ rule }) => rules.includes(rule))) {
    const good = await post(body, headers);
    assert.ok(good >= 200 && good < 300, `${rule}: a signed delivery is answered with ${good}`);
    const forged = await post(body.replace("order.paid", "order.PAID"), headers);
    assert.ok(forged >= 400 && forged < 500, `a changed body is answered with ${forged}`);
    const rewritten = await post(JSON.stringify(JSON.parse(body), null, 1), headers);
    assert.ok(rewritten >= 400 && rewritten < 500, `a re-serialised body is answered with ${rewritten}`);
    const wrong = await post(body, { ...headers, "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` });
    assert.ok(wrong >= 400 && wrong < 500, `a wrong signature is answered with ${wrong}`);
    const old = await post(body, { ...headers, "webhook-timestamp": "1700000000" });
    assert.ok(old >= 400 && old < 500, `an old delivery is answered with ${old}`);
  }
}

const overNetwork = (address) => async (body, headers) => (await fetch(address, { method: "POST", body, headers })).status;

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** The handler as a module. What the framework's build provides stands in as Node has it. */
async function load(file) {
  const { readFile } = await import("node:fs/promises");
  const text = (await readFile(file, "utf8"))
    .replace('import { env } from "$env/dynamic/private";', "const env = process.env;")
    .replace('import { getSecret } from "astro:env/server";', "const getSecret = (name: string) => process.env[name];");
  // The adapter of Next.js finds next/server by CommonJS's rules only.
  const common = text.includes("@polar-sh/nextjs");
  const options = { module: common ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, experimentalDecorators: true };
  const { outputText } = ts.transpileModule(text, { compilerOptions: options });
  const made = `${file}.made.${common ? "cjs" : "mjs"}`;
  await writeFile(made, outputText);
  return import(pathToFileURL(made));
}

const dependencies = (...names) => JSON.stringify({ type: "module", dependencies: Object.fromEntries(names.map((name) => [name, "*"])) });
const typescript = { "tsconfig.json": "{}" };
const request = (route) => (body, headers) => new Request(`http://localhost${route}`, { method: "POST", body, headers });

const servers = {
  Express: async (module, { route }) => {
    const { default: express } = await import("express");
    const server = createServer(express().use(module.polarWebhook).use(express.json()));
    return [overNetwork((await listening(server)) + route), () => server.close()];
  },
  Fastify: async (module, { route }) => {
    const { default: fastify } = await import("fastify");
    const app = fastify();
    app.register(module.polarWebhook);
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    return [overNetwork(address + route), () => app.close()];
  },
  Koa: async (module, { route }) => {
    const { default: Koa } = await import("koa");
    const app = new Koa();
    app.use(module.polarWebhook);
    const server = createServer(app.callback());
    return [overNetwork((await listening(server)) + route), () => server.close()];
  },
  Hono: async (module, { route }) => {
    const { Hono } = await import("hono");
    const app = new Hono().route("/", module.polarWebhook);
    return [async (body, headers) => (await app.request(request(route)(body, headers))).status];
  },
  Elysia: async (module, { route }) => {
    const { Elysia } = await import("elysia");
    const app = new Elysia().use(module.polarWebhook);
    return [async (body, headers) => (await app.handle(request(route)(body, headers))).status];
  },
  NestJS: async (module, { route }) => {
    await import("reflect-metadata");
    const { NestFactory } = await import("@nestjs/core");
    const { Module } = await import("@nestjs/common");
    class AppModule {}
    Module({ controllers: [module.PolarWebhookController] })(AppModule);
    const app = await NestFactory.create(AppModule, { rawBody: true, logger: false });
    await app.listen(0, "127.0.0.1");
    return [overNetwork((await app.getUrl()) + route), () => app.close()];
  },
  "Next.js (pages router)": async (module) => {
    assert.equal(module.config.api.bodyParser, false);
    const server = createServer((incoming, response) => {
      response.status = (code) => Object.assign(response, { statusCode: code });
      void module.default(incoming, response);
    });
    return [overNetwork(await listening(server)), () => server.close()];
  },
  "Next.js (app router)": async (module, { route }) => [
    async (body, headers) => (await module.POST(request(route)(body, headers))).status,
    undefined,
    ["polar_own"],
  ],
  SvelteKit: async (module, { route }) => [async (body, headers) => (await module.POST({ request: request(route)(body, headers) })).status],
  Astro: async (module, { route }) => [async (body, headers) => (await module.POST({ request: request(route)(body, headers) })).status],
  "React Router": async (module, { route }) => [
    async (body, headers) => (await module.action({ request: request(route)(body, headers) })).status,
  ],
  "Cloudflare Workers": async (module, { route }) => [
    async (body, headers) => (await module.default.fetch(request(route)(body, headers), process.env)).status,
  ],
};

const projects = {
  Express: { "package.json": dependencies("express"), ...typescript },
  Fastify: { "package.json": dependencies("fastify"), ...typescript },
  Koa: { "package.json": dependencies("koa") },
  Hono: { "package.json": dependencies("hono"), ...typescript },
  Elysia: { "package.json": dependencies("elysia"), ...typescript },
  NestJS: { "package.json": dependencies("@nestjs/core"), ...typescript },
  "Next.js (pages router)": { "package.json": dependencies("next"), "pages/index.js": "", ...typescript },
  "Next.js (app router)": { "package.json": dependencies("next"), ...typescript },
  SvelteKit: { "package.json": dependencies("@sveltejs/kit"), ...typescript },
  Astro: { "package.json": dependencies("astro"), ...typescript },
  "React Router": { "package.json": dependencies("@react-router/dev"), ...typescript },
  "Cloudflare Workers": { "package.json": dependencies(), "wrangler.jsonc": "{ // a worker\n}", ...typescript },
};

for (const [framework, files] of Object.entries(projects)) {
  test(framework, async () => {
    const made = await project(files, framework);
    let close;
    try {
      const [post, stop, rules] = await servers[framework](await load(made.file), made.project);
      close = stop;
      await proves(post, rules);
    } finally {
      await close?.();
      await made.remove();
    }
  });
}

test("TypeScript accepts them", async () => {
  const provided = join(here, "provided.d.ts");
  const made = await Promise.all(
    ["Express", "Fastify", "Hono", "Elysia", "NestJS", "Next.js (pages router)", "Next.js (app router)", "SvelteKit", "Astro", "React Router", "Cloudflare Workers"].map(
      (framework) => project(projects[framework], framework),
    ),
  );
  try {
    const options = {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      experimentalDecorators: true,
    };
    const checked = ts.createProgram([provided, ...made.map(({ file }) => file)], options);
    const problems = ts.getPreEmitDiagnostics(checked);
    assert.equal(problems.length, 0, ts.formatDiagnostics(problems, { getCurrentDirectory: () => here, getCanonicalFileName: (name) => name, getNewLine: () => "\n" }));
  } finally {
    for (const { remove } of made) await remove();
  }
});

for (const framework of ["FastAPI", "Flask", "Django"]) {
  test(framework, async () => {
    const python = process.env.POLAR_SETUP_PYTHON;
    assert.ok(python, "POLAR_SETUP_PYTHON is not set. Set it to a Python with requirements.txt installed; scripts/test does so.");
    const made = await project({ "requirements.txt": `${framework}\n` }, framework);
    const child = spawn(python, [join(here, "python.py"), framework, made.file, made.project.route], { stdio: ["pipe", "pipe", "inherit"] });
    // The handler prints too.
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const post = async (body, headers) => {
      child.stdin.write(`${JSON.stringify({ body, headers })}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${framework} ended.`);
        if (value.startsWith("{")) return JSON.parse(value).status;
      }
    };
    try {
      await proves(post);
    } finally {
      child.stdin.end();
      await made.remove();
    }
  });
}

test("Go", async (t) => {
  if (spawnSync("go", ["version"]).status !== 0) {
    console.error("SKIPPED: Go: there is no go on this machine.");
    return t.skip("there is no go on this machine");
  }
  const made = await project({ "go.mod": "module shop\n\ngo 1.19\n" }, "Go (net/http)");
  try {
    const main = `package main

import (
	"fmt"
	"net"
	"net/http"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(polarWebhook)))
}
`;
    await writeFile(join(dirname(made.file), "main.go"), main);
    const built = join(made.folder, "shop");
    await run("go", ["build", "-o", built, "."], { cwd: made.folder, env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod", CGO_ENABLED: "0" } });
    const child = spawn(built, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [address] = await once(createInterface({ input: child.stdout }), "line");
      await proves(overNetwork(`http://${address}`));
    } finally {
      child.kill();
    }
  } finally {
    await made.remove();
  }
});

const syntax = {
  Laravel: ["php", ["-l"], { "composer.json": '{"require": {"laravel/framework": "^12"}}' }],
  Symfony: ["php", ["-l"], { "composer.json": '{"require": {"symfony/framework-bundle": "^7"}}' }],
  Rails: ["ruby", ["-c"], { Gemfile: 'gem "rails"\n' }],
  Sinatra: ["ruby", ["-c"], { Gemfile: 'gem "sinatra"\n' }],
};

for (const [framework, [interpreter, options, files]] of Object.entries(syntax)) {
  test(`${framework}: ${interpreter} understands it`, async (t) => {
    if (spawnSync(interpreter, ["--version"]).status !== 0) {
      console.error(`SKIPPED: ${framework}: there is no ${interpreter} on this machine.`);
      return t.skip(`there is no ${interpreter} on this machine`);
    }
    const made = await project(files, framework);
    try {
      if (framework === "Laravel") await writeFile(made.file, `<?php\n${made.project.handler.code}`);
      await run(interpreter, [...options, made.file]);
    } finally {
      await made.remove();
    }
  });
}
