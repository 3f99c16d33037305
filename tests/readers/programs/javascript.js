// What the packages of npm get: `{reader, orders}` comes in, with `[[file, name], …]`, a list of values goes out.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import path from "node:path";

const silent = { info() {}, error() {}, warn() {}, log() {} };

async function dotenv(version) {
  const { default: dotenv } = await import(`dotenv-${version}`);
  return (file) => {
    const processEnv = {};
    dotenv.config({ path: file, processEnv, quiet: true });
    return processEnv;
  };
}

async function vite() {
  const { loadEnv } = await import("vite");
  return (file) => loadEnv("none", path.dirname(file), "");
}

const readers = {
  "dotenv 16": () => dotenv(16),
  "dotenv 17": () => dotenv(17),
  "dotenv 18": () => dotenv(18),
  "@next/env": async () => {
    const { default: next } = await import("@next/env");
    // As Next.js has it when it starts: the environment is that of the process, which these tests keep empty.
    return (file) => {
      next.resetEnv();
      return next.loadEnvConfig(path.dirname(file), false, silent, true).combinedEnv;
    };
  },
  vite,
  dotenvx: async () => {
    const { default: dotenvx } = await import("@dotenvx/dotenvx");
    return (file) => dotenvx.parse(readFileSync(file, "utf8"), { processEnv: {} });
  },
};

const { reader, orders } = JSON.parse(await text(process.stdin));
const read = await readers[reader]();
const empty = { ...process.env };
const values = orders.map(([file, name]) => {
  for (const key of Object.keys(process.env)) if (!(key in empty)) delete process.env[key];
  try {
    return read(file)[name] ?? null;
  } catch {
    return null;
  }
});
process.stdout.write(JSON.stringify(values));
