// What Polar Setup writes into an env file is read by the programs themselves, and compared with what it says of them.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { cases, ORDINARY } from "./cases.js";
import { programs, writeEnv } from "./programs.js";

/** More of them, and others, for a longer look: `POLAR_SETUP_READERS_COUNT`, `POLAR_SETUP_READERS_SEED`. */
const COUNT = Number(process.env.POLAR_SETUP_READERS_COUNT ?? 480);
const SEED = Number(process.env.POLAR_SETUP_READERS_SEED ?? 20260401);
const folders = [];
/** What was written with nobody preferred: `{order, file, differ, path}`. */
let written;

/** Puts each file into a folder of its own, as `.env`. */
async function lay(orders, answers) {
  const root = await mkdtemp(path.join(tmpdir(), "polar-setup-readers-"));
  folders.push(root);
  const all = [];
  for (const [index, answer] of answers.entries()) {
    if (answer.error !== undefined) continue;
    const file = path.join(root, String(index), ".env");
    await mkdir(path.dirname(file));
    await writeFile(file, answer.file);
    all.push({ order: orders[index], ...answer, path: file });
  }
  return all;
}

const show = ({ order, file }) => `${JSON.stringify(order.value)} in ${JSON.stringify(order.file)}, written as ${JSON.stringify(file.toString())}`;

before(async () => {
  const orders = cases(COUNT, SEED);
  const answers = await writeEnv(orders);
  written = await lay(orders, answers);
});

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

test("nearly everything can be written", () => {
  assert.ok(written.length > COUNT * 0.9, `${written.length} of ${COUNT}`);
});

test("an ordinary value in an ordinary file is read alike by all", () => {
  const ordinary = written.filter(({ order }) => ORDINARY.includes(order.value) && ["", "A=1", "NAME=old\n", "NAME='old value'\nB=2\n"].includes(order.file));
  assert.ok(ordinary.length >= ORDINARY.length);
  for (const one of ordinary) assert.deepEqual(one.differ, [], show(one));
});

for (const { name, reader, needs, lacks, slow, read } of programs) {
  test(`${name} reads what we say that it reads`, async (context) => {
    if (lacks && (await lacks())) {
      context.skip(`skipped: it is not here. Install ${needs}.`);
      return;
    }
    // One that is started for each file gets every third one: it would take most of the time otherwise.
    const asked = slow ? written.filter((_, index) => index % 3 === 0) : written;
    const values = await read(asked.map(({ path, order }) => [path, order.name]));
    const wrong = [];
    let agreeing = 0;
    let modest = 0;
    for (const [index, one] of asked.entries()) {
      const right = values[index] === one.order.value;
      if (one.differ.includes(reader)) modest += right ? 1 : 0;
      else if (right) agreeing += 1;
      else wrong.push(`${show(one)}: got ${JSON.stringify(values[index])}`);
    }
    const differing = asked.length - agreeing - wrong.length;
    context.diagnostic(`${name}: ${agreeing} said and read alike, ${differing} said to differ, of which it reads ${modest} alike`);
    if (process.env.POLAR_SETUP_SHOW_MODEST) {
      for (const [index, one] of asked.entries()) {
        if (one.differ.includes(reader) && values[index] === one.order.value) context.diagnostic(`modest: ${show(one)}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(agreeing > asked.length / 8, `only ${agreeing}`);
  });

  // Started once for all orders; those that are started for each have had their turn above.
  if (!slow) {
    test(`${name}, when it is preferred, reads all that can be written`, async (context) => {
      if (lacks && (await lacks())) {
        context.skip("skipped: it is not here, see above");
        return;
      }
      const orders = cases(COUNT, SEED + 1).map((order) => ({ ...order, prefer: reader }));
      const all = await lay(orders, await writeEnv(orders));
      const values = await read(all.map(({ path, order }) => [path, order.name]));
      const wrong = all.flatMap((one, index) => (values[index] === one.order.value ? [] : [`${show(one)}: got ${JSON.stringify(values[index])}`]));
      context.diagnostic(`${name}: ${all.length} of ${orders.length} could be written for it, of which it reads ${all.length - wrong.length}`);
      assert.deepEqual(wrong, []);
      assert.ok(all.length > orders.length / 4, `only ${all.length}`);
    });
  }
}
