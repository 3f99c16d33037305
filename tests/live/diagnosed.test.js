// The diagnosis before real apps: each fault is made for real in a real framework, and the cause that is named must be the one
// that was made. What was expected and what was named is printed as a matrix.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { betterAuth } from "./diagnosed/better_auth.js";
import { django } from "./diagnosed/django.js";
import { express } from "./diagnosed/express.js";
import { fastapi } from "./diagnosed/fastapi.js";
import { flask } from "./diagnosed/flask.js";
import { hono } from "./diagnosed/hono.js";
import { next } from "./diagnosed/next.js";
import { nodeHttp } from "./diagnosed/node_http.js";
import { php } from "./diagnosed/php.js";
import { play, Polar } from "./diagnosed/scene.js";
import { vite } from "./diagnosed/vite.js";

const cli = process.env.POLAR_SETUP_CLI;
if (!cli) throw new Error("POLAR_SETUP_CLI is not set. Set it to the path of polar-setup-cli; scripts/test does so.");

describe("diagnose names what is wrong", () => {
  let polar;
  const matrix = [];

  before(async () => {
    polar = await Polar.start(cli);
  });

  after(async () => {
    await polar?.program.stop();
    console.log(matrix.map(([name, expected, named]) => `${named === expected || (expected === "cannot tell" && named.startsWith(expected)) ? " " : "≠"} ${expected.padEnd(24)} × ${named.padEnd(24)} ${name}`).join("\n"));
  });

  const wanted = process.env.SCENES ?? "";
  for (const scene of [...express, ...nodeHttp, ...hono, ...next, ...betterAuth, ...vite, ...fastapi, ...flask, ...django, ...php].filter(({ name }) => name.includes(wanted))) {
    test(scene.name, { timeout: 120_000, skip: scene.lacks?.() ?? false }, async () => {
      const report = await play(scene, polar, cli);
      const named = report.causes.map(({ id }) => id);
      const open = report.open;
      matrix.push([scene.name, scene.expected.join(" ") || (scene.isUnsure ? "cannot tell" : "healthy"), named.join(" ") || (open.length === 0 ? "healthy" : `cannot tell: ${open}`)]);
      const explained = () => `${JSON.stringify(report, null, 1)}`;
      assert.deepEqual(named, scene.expected, explained());
      if (scene.isUnsure) assert.notDeepEqual(open, [], explained());
      else if (scene.expected.length === 0) assert.deepEqual(open, [], explained());
    });
  }
});
