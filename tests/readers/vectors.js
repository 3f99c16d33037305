// Writes what npm's dotenv reads from odd files, for a test in Rust that needs no Node: `npm run vectors`.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import dotenv16 from "dotenv-16";
import dotenv17 from "dotenv-17";
import dotenv18 from "dotenv-18";
import { randomNumbers } from "./cases.js";

const TARGET = new URL("../../src-tauri/core/src/env_file/dotenv_vectors.json", import.meta.url);
const COUNT = 400;
const PIECES = [
  "A", "B", "C", "x", "1", "_", "-", ".", " ", "  ", "\t", "\n", "\n", "\r\n", "\r", "=", "=", ": ", ":", "#", "# note", "'", "\"", "`", "\\", "\\n", "\\r", "\\'", "\\\"", "\\`",
  "export ", "export", "A=1\n", "B='2'\n", "C=\"a\nb\"\n", "A=`b`", "\u00a0", "\ufeff", "\u3000", "\v", "\f", "${B}", "y z", "é", "''", "\"\"",
];

const below = randomNumbers(1);
const files = new Set(["", "A", "A=", "A=1"]);
while (files.size < COUNT) files.add(Array.from({ length: 2 + below(14) }, () => PIECES[below(PIECES.length)]).join(""));
const vectors = [...files].map((file) => {
  const read = { ...dotenv18.parse(file) };
  for (const other of [dotenv16, dotenv17]) assert.deepEqual({ ...other.parse(file) }, read, JSON.stringify(file));
  return [file, read];
});
await writeFile(TARGET, `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`);
