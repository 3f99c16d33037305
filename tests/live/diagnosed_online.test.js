// The diagnosis of what stands between Polar and this machine: tunnels, names, certificates, proxies, and Polar itself, on
// an internet of its own. What was expected and what was named is printed as a matrix.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Matrix } from "./diagnosed/matrix.js";
import { online, playOnline, World } from "./diagnosed/online.js";

describe("diagnose names what is wrong on the way", () => {
  const matrix = new Matrix();
  let world;

  before(async () => {
    world = await World.start(process.env.POLAR_SETUP_CLI);
  });

  after(async () => {
    await world?.stop();
    matrix.print();
  });

  for (const scene of online.filter(({ name }) => name.includes(process.env.SCENES ?? ""))) {
    test(scene.name, { timeout: 120_000 }, async () => {
      const report = await playOnline(scene, world);
      matrix.check(scene, report);
      if (scene.says) assert.match(report.causes[0].sentence, scene.says);
    });
  }
});
