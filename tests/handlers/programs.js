// The programs under test, and the projects that they look into.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const here = dirname(fileURLToPath(import.meta.url));

function program(variable, what) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set. Set it to the path of ${what}; scripts/test does so.`);
  return path;
}

/** One signed delivery for each key rule. */
export async function deliveries() {
  const { stdout } = await run(program("POLAR_SETUP_SAMPLES", "core's example sample_deliveries"), { maxBuffer: 64 << 20 });
  const all = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return all.filter(({ event }) => event === "order.paid");
}

/** The handler that is shown for a project of these files, written to its place: `{folder, handler, project}`. */
export async function project(files, framework) {
  const folder = await mkdtemp(join(here, ".made-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const found = JSON.parse((await run(program("POLAR_SETUP_INSPECT", "core's example inspect"), [folder])).stdout);
  if (found.framework?.value !== framework) throw new Error(`found ${found.framework?.value} instead of ${framework}`);
  const file = join(folder, found.handler.file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, found.handler.code);
  return { folder, file, project: found, remove: () => rm(folder, { recursive: true, force: true }) };
}
