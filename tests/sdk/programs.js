// The programs under test, and what they print.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const catalogue = new URL("../../src-tauri/core/src/polar/events.json", import.meta.url);

/** The value of an environment variable that names a program. Without it there is nothing to test, so it is an error. */
export function program(variable, what) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set. Set it to the path of ${what}; scripts/test does so.`);
  return path;
}

/** Every event type of the catalogue. */
export async function eventTypes() {
  const { groups } = JSON.parse(await readFile(catalogue, "utf8"));
  return groups.flatMap((group) => group.events.map((event) => event.type));
}

/** The deliveries that `sample_deliveries` signs: `{event, rule, headers, body, secret}`. */
export async function sampleDeliveries() {
  const path = program("POLAR_SETUP_SAMPLES", "the example program sample_deliveries of polar-setup-core");
  const { stdout } = await promisify(execFile)(path, { maxBuffer: 64 << 20 });
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Starts a practice Polar: `{url, organization, token, stop}`. */
export async function startPractice() {
  const path = program("POLAR_SETUP_CLI", "polar-setup-cli");
  const child = spawn(path, ["practice", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  // Also when the tests end before they came to stop it.
  const kill = () => child.kill();
  process.once("exit", kill);
  process.once("SIGTERM", () => process.exit(143));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, "line").then(([line]) => line),
    ended.then(([code]) => {
      throw new Error(`polar-setup-cli practice ended with ${code} before it said where it listens. ${complaint}`);
    }),
  ]);
  const { url, organization, token } = JSON.parse(first);
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
    process.off("exit", kill);
  };
  return { url: url.replace(/\/+$/, ""), organization, token, stop };
}
