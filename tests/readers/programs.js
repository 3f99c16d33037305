// The programs that read env files, and how each is asked for many files.

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { buffer, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const PROGRAMS = fileURLToPath(new URL("programs/", import.meta.url));
/** Readers see nothing of this process's environment but these. */
const ENVIRONMENT = { PATH: process.env.PATH, HOME: "/nonexistent", LANG: "C.UTF-8" };

let folder;

function scratch() {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), "polar-setup-readers-run-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  return folder;
}

/** Runs a program with an input, and gives its output as bytes. */
async function run(command, args, input = "", options = {}) {
  // Some readers run commands that stand in what they read: that happens in a folder for it.
  const child = spawn(command, args, { env: ENVIRONMENT, cwd: scratch(), stdio: ["pipe", "pipe", "pipe"], ...options });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [output, complaint, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { output, complaint, code };
}

/** A program that takes all orders at once, as JSON. */
function bulk(command, args, options) {
  return async (orders) => {
    const { output, complaint, code } = await run(command, args, JSON.stringify(orders), options);
    if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${complaint}`);
    return JSON.parse(output);
  };
}

function package_(reader) {
  return async (orders) => {
    const { output, complaint, code } = await run(process.execPath, [`${PROGRAMS}javascript.js`], JSON.stringify({ reader, orders }));
    if (code !== 0) throw new Error(`${reader}: ${complaint}`);
    return JSON.parse(output);
  };
}

/** A program that is started for each file; as many at once as there are cores. */
function each(read) {
  return async (orders) => {
    const values = new Array(orders.length);
    let next = 0;
    const worker = async () => {
      while (next < orders.length) {
        const index = next++;
        values[index] = await read(...orders[index]);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    return values;
  };
}

const PRINT = "process.stdout.write(JSON.stringify(process.env[process.argv[1]] ?? null))";

/** `node --env-file`. */
const node = each(async (file, name) => {
  const { output, code } = await run(process.execPath, [`--env-file=${file}`, "-e", PRINT, "--", name]);
  return code === 0 ? JSON.parse(output) : null;
});

/** The program itself: where npm's package for this system has it, or where the script of the package `bun` puts it. */
function bunProgram() {
  const require = createRequire(import.meta.url);
  const system = `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}/package.json`;
  const places = [[system, "bin/bun"], ["bun/package.json", "bin/bun.exe"]];
  return places.flatMap(([manifest, program]) => {
    try {
      return [path.join(path.dirname(require.resolve(manifest)), program)];
    } catch {
      return [];
    }
  }).find((program) => existsSync(program));
}

const bun = each(async (file, name) => {
  const { output, code } = await run(bunProgram(), ["-e", PRINT, name], "", { cwd: path.dirname(file) });
  return code === 0 && output.length > 0 ? JSON.parse(output) : null;
});

async function bash(orders) {
  const input = orders.flat().map((word) => `${word}\0`).join("");
  const { output } = await run("bash", ["--norc", "--noprofile", `${PROGRAMS}bash.sh`], input, { env: { LANG: "C.UTF-8" } });
  const values = output.toString().split("\0").slice(0, -1);
  if (values.length !== orders.length) throw new Error(`bash answered ${values.length} of ${orders.length} orders`);
  return values.map((value) => (value.startsWith("1") ? value.slice(1) : null));
}

/** `docker create --env-file`: the program reads the file and tells the daemon, which stands in here and only listens. */
async function docker(orders) {
  const heard = new Map();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const image = /"Image":"case-(\d+)"/.exec(body)?.[1];
    if (image) heard.set(Number(image), JSON.parse(body).Env ?? []);
    response.writeHead(image ? 201 : 200, { "Content-Type": "application/json", "API-Version": "1.45", OSType: "linux" });
    response.end(image ? JSON.stringify({ Id: image, Warnings: [] }) : "{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const env = { ...ENVIRONMENT, DOCKER_HOST: `tcp://127.0.0.1:${server.address().port}` };
  const indexes = orders.map((order, index) => [...order, index]);
  const values = await each(async (file, name, index) => {
    const { code } = await run("docker", ["create", "--env-file", file, `case-${index}`], "", { env });
    const lines = code === 0 ? (heard.get(index) ?? []) : [];
    return lines.findLast((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  })(indexes);
  server.close();
  server.closeAllConnections();
  return values;
}

async function works(command, ...args) {
  return new Promise((resolve) => execFile(command, args, (error) => resolve(error === null)));
}

/** Where Debian keeps the sources of Go packages. */
const GO = { ...ENVIRONMENT, GOPATH: "/usr/share/gocode", GO111MODULE: "off", GOFLAGS: "", GOCACHE: process.env.POLAR_SETUP_GO_CACHE ?? "/nonexistent" };
const python = process.env.POLAR_SETUP_PYTHON ?? "python3";

/**
 * `{name, reader, needs, lacks, slow, read}`: what it is called, which of ours stands for it, what to install where it is
 * missing, whether it is, whether it is started for each file, and how it is asked: `[[file, name], …]` gives a list of
 * values, `null` for none.
 */
export const programs = [
  ...["dotenv 16", "dotenv 17", "dotenv 18"].map((name) => ({ name, reader: "Dotenv", read: package_(name) })),
  { name: "@next/env", reader: "Next", read: package_("@next/env") },
  { name: "vite", reader: "Vite", read: package_("vite") },
  { name: `node ${process.version} --env-file`, reader: "Node", slow: true, read: node },
  { name: "dotenvx", reader: "Dotenvx", read: package_("dotenvx") },
  {
    name: "bun",
    reader: "Bun",
    slow: true,
    needs: "a Bun for this system in npm's package bun",
    lacks: async () => !bunProgram() || !(await works(bunProgram(), "--version")),
    read: bun,
  },
  {
    name: "python-dotenv",
    reader: "Python",
    needs: "python-dotenv from PyPI (scripts/test installs it)",
    lacks: async () => !(await works(python, "-c", "import dotenv")),
    read: bulk(python, [`${PROGRAMS}python.py`]),
  },
  {
    name: "ruby-dotenv",
    reader: "Ruby",
    needs: "Debian's ruby-dotenv",
    lacks: async () => !(await works("ruby", "-e", "require 'dotenv'")),
    read: bulk("ruby", [`${PROGRAMS}ruby.rb`]),
  },
  {
    name: "phpdotenv",
    reader: "Phpdotenv",
    needs: "Debian's php-cli and php-vlucas-phpdotenv",
    lacks: async () => !existsSync("/usr/share/php/Dotenv/autoload.php") || !(await works("php", "--version")),
    read: bulk("php", [`${PROGRAMS}phpdotenv.php`]),
  },
  {
    name: "symfony/dotenv",
    reader: "Symfony",
    needs: "Debian's php-cli and php-symfony-dotenv",
    lacks: async () => !existsSync("/usr/share/php/Symfony/Component/Dotenv/autoload.php") || !(await works("php", "--version")),
    read: bulk("php", [`${PROGRAMS}symfony.php`]),
  },
  {
    name: "godotenv",
    reader: "Godotenv",
    needs: "Debian's golang-go and golang-github-joho-godotenv-dev",
    lacks: async () => !existsSync("/usr/share/gocode/src/github.com/joho/godotenv") || !(await works("go", "version")),
    read: bulk("go", ["run", `${PROGRAMS}godotenv.go`], { env: GO }),
  },
  {
    name: "docker --env-file",
    reader: "DockerEnvFile",
    slow: true,
    needs: "the docker program (Debian's docker-cli or docker.io); no daemon is needed",
    lacks: async () => !(await works("docker", "--version")),
    read: docker,
  },
  { name: "bash (source)", reader: "Bash", needs: "bash", lacks: async () => !(await works("bash", "--version")), read: bash },
];

/** Sets variables as Polar Setup does: `[{file, differ}|{error}]`, `file` as bytes. */
export async function writeEnv(orders) {
  const program = process.env.POLAR_SETUP_WRITE_ENV;
  if (!program) throw new Error("POLAR_SETUP_WRITE_ENV is not set. Set it to the example program write_env of polar-setup-core; scripts/test does so.");
  const lines = orders.map(({ before, name, value, prefer }) => JSON.stringify({ before: before.toString("base64"), name, value, prefer }));
  const { output, complaint, code } = await run(program, [], lines.join("\n"));
  if (code !== 0) throw new Error(`write_env: ${complaint}`);
  const answers = output.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
  return answers.map((answer) => (answer.file === undefined ? answer : { ...answer, file: Buffer.from(answer.file, "base64") }));
}
