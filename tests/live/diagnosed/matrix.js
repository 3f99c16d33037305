// Plays scenes, each as a test, and prints what was expected beside what was named: it must be the diagonal.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";

import { play, Polar } from "./scene.js";

const cli = process.env.POLAR_SETUP_CLI;
if (!cli) throw new Error("POLAR_SETUP_CLI is not set. Set it to the path of polar-setup-cli; scripts/test does so.");

/** With SCENES only those whose names hold that. */
export function playAll(title, scenes) {
  describe(title, () => {
    const matrix = new Matrix();
    after(() => matrix.print());
    for (const scene of scenes.filter(({ name }) => name.includes(process.env.SCENES ?? ""))) {
      test(scene.name, { timeout: 120_000, skip: scene.lacks?.() ?? false }, async () => {
        // A Polar of its own: all scenes together would meet its rate limit.
        const polar = await Polar.start(cli);
        try {
          matrix.check(scene, await play(scene, polar, cli));
        } finally {
          await polar.program.stop();
        }
      });
    }
  });
}

export class Matrix {
  rows = [];

  /** `isUnsure`: nothing may be named, and it must be said that something cannot be told; `notes`: what is to be told beside. */
  check({ name, expected, isUnsure = false, notes }, report) {
    const named = report.causes.map(({ id }) => id);
    const isOpen = report.open.length > 0;
    const nothing = (open) => (open ? "cannot tell" : "healthy");
    this.rows.push([expected.join(" ") || nothing(isUnsure), named.join(" ") || nothing(isOpen), name]);
    assert.deepEqual(named, expected, JSON.stringify(report, null, 1));
    if (notes) assert.match(report.notes.join("\n"), notes);
    if (named.length === 0) assert.equal(isOpen, isUnsure, JSON.stringify(report, null, 1));
  }

  print() {
    console.log(this.rows.map(([expected, named, name]) => `${expected === named ? " " : "≠"} ${expected.padEnd(26)} × ${named.padEnd(26)} ${name}`).join("\n"));
  }
}
