// The diagnosis of what stands between Polar and this machine: tunnels, names, certificates, proxies, and Polar itself, on
// an internet of its own. What was expected and what was named is printed as a matrix.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { online, playOnline, World } from "./diagnosed/online.js";

const cli = process.env.POLAR_SETUP_CLI;
if (!cli) throw new Error("POLAR_SETUP_CLI is not set. Set it to the path of polar-setup-cli; scripts/test does so.");

describe("diagnose names what is wrong on the way", () => {
  let world;
  const matrix = [];

  before(async () => {
    world = await World.start(cli);
  });

  after(async () => {
    await world?.stop();
    console.log(matrix.map(([name, expected, named]) => `${named === expected ? " " : "≠"} ${expected.padEnd(26)} × ${named.padEnd(26)} ${name}`).join("\n"));
  });

  const wanted = process.env.SCENES ?? "";
  for (const scene of online.filter(({ name }) => name.includes(wanted))) {
    test(scene.name, { timeout: 120_000 }, async () => {
      const report = await playOnline(scene, world);
      const named = report.causes.map(({ id }) => id);
      matrix.push([scene.name, scene.expected.join(" ") || "healthy", named.join(" ") || (report.open.length === 0 ? "healthy" : `cannot tell: ${report.open}`)]);
      assert.deepEqual(named, scene.expected, JSON.stringify(report, null, 1));
      if (scene.expected.length === 0) assert.deepEqual(report.open, [], JSON.stringify(report, null, 1));
      if (scene.says) assert.match(report.causes[0].sentence, scene.says);
      if (scene.notes) assert.match(report.notes.join("\n"), scene.notes);
    });
  }
});
