// Starts programs and makes sure that none outlives the tests.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { waitUntil } from "./wait.js";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A program that was started: what it said so far, and how to end it. */
export class Program {
  constructor(name, command, commandArguments, options = {}) {
    this.name = name;
    this.output = "";
    this.child = spawn(command, commandArguments, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.failure = null;
    this.child.on("error", (error) => (this.failure = error));
    this.child.stdout.on("data", (chunk) => (this.output += chunk));
    this.child.stderr.on("data", (chunk) => (this.output += chunk));
    running.add(this.child);
    this.child.on("close", () => running.delete(this.child));
  }

  get ended() {
    return this.failure !== null || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Throws, with what the program said, when it is no longer there. */
  mustRun() {
    if (this.ended) throw new Error(`${this.name} ended (${this.failure ?? this.child.exitCode}):\n${this.output}`);
  }

  /** The first line on standard output. */
  async firstLine() {
    const lines = createInterface({ input: this.child.stdout });
    const ended = once(this.child, "close").then(() => this.mustRun());
    const [line] = await Promise.race([once(lines, "line"), ended]);
    return line;
  }

  /** Waits until something listens on this port of 127.0.0.1. */
  async listening(port) {
    await waitUntil(`${this.name} listens on port ${port}`, () => {
      this.mustRun();
      return canConnect(port);
    });
  }

  /** Asks it to end, and waits for that; after five seconds it is killed. */
  async stop() {
    if (this.ended) return;
    const closed = once(this.child, "close");
    this.child.kill("SIGTERM");
    const impatience = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    await closed;
    clearTimeout(impatience);
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** The ids of the processes whose command line passes. */
export async function processes(test) {
  const { stdout } = await promisify(execFile)("ps", ["-ww", "-eo", "pid=,stat=,args="]);
  return stdout
    .split("\n")
    .map((line) => line.match(/^\s*(\d+)\s+(\S+)\s+(.*)$/))
    .filter((found) => found && !found[2].startsWith("Z") && test(found[3]))
    .map((found) => Number(found[1]));
}

/** The id of the one process with this command line. */
export async function onlyProcess(command) {
  const found = await processes((line) => line === command.join(" "));
  if (found.length !== 1) throw new Error(`${found.length} processes are "${command.join(" ")}"`);
  return found[0];
}

/** Ends a process that is not a child of this one, and waits until it is gone. */
export async function endProcess(id, signal = "SIGTERM") {
  try {
    process.kill(id, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
  await waitUntil(`process ${id} is gone`, () => {
    try {
      process.kill(id, 0);
      return false;
    } catch {
      return true;
    }
  });
}
