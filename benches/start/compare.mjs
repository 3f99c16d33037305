// Starts both programs by turns, asks the page of each when its first step was drawn, and the system for their memory.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

// These tell where what they drive is; here it is something else.
process.env.POLAR_SETUP_WINDOW = process.env.POLAR_SETUP_CLI = process.argv[2];
const { startDisplay } = await import("../../tests/e2e/harness/display.js");
const { freePort, onlyProcess, Program } = await import("../../tests/e2e/harness/processes.js");
const { Session } = await import("../../tests/e2e/harness/webdriver.js");
const { waitUntil } = await import("../../tests/e2e/harness/wait.js");

const [ours, empty, runs] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const clockTicks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** When a process began, in milliseconds since 1970, to about a hundredth of a second. */
function startOf(id) {
  const ticks = Number(readFileSync(`/proc/${id}/stat`, "utf8").replace(/^.*\) /, "").split(" ")[19]);
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return Date.now() - uptime * 1000 + (ticks / clockTicks) * 1000;
}

/** The proportional memory of a process and all below it, in kilobytes: what is shared counts once among those who share it. */
function memoryOf(id) {
  const all = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent) => [parent, ...all.filter(([, above]) => above === parent).flatMap(([child]) => below(child))];
  return below(id).reduce((sum, each) => {
    try {
      return sum + Number(readFileSync(`/proc/${each}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+)/m)[1]);
    } catch {
      return sum;
    }
  }, 0);
}

/** Whether the file cache could be emptied. */
function emptyCache() {
  try {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}

async function once(program, cold) {
  const data = mkdtempSync(join(tmpdir(), "polar-setup-start-"));
  const display = await startDisplay();
  const [port, nativePort] = [await freePort(), await freePort()];
  const driver = new Program("tauri-driver", "tauri-driver", ["--port", `${port}`, "--native-port", `${nativePort}`], {
    env: { ...process.env, DISPLAY: display.name, WAYLAND_DISPLAY: "", GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1", POLAR_SETUP_DATA_DIR: data },
  });
  let session;
  try {
    await driver.listening(port);
    await driver.listening(nativePort);
    const wasCold = cold && emptyCache();
    session = await Session.open(`http://127.0.0.1:${port}`, program, []);
    const id = await onlyProcess([program]);
    const drawn = await waitUntil("the first step is drawn", () =>
      session.run("const [mark] = performance.getEntriesByName('first-step'); return mark ? { origin: performance.timeOrigin, page: mark.startTime } : null;"),
    );
    // What was begun beside the drawing is over by then.
    await session.runUntilCalledBack("setTimeout(arguments[arguments.length - 1], 2000);");
    return { took: drawn.origin + drawn.page - startOf(id), page: drawn.page, memory: memoryOf(id), wasCold };
  } finally {
    await session?.close().catch(() => {});
    await driver.stop();
    await display.program.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const cold of [true, false]) {
  const seen = new Map([[ours, []], [empty, []]]);
  for (let run = 0; run < runs; run++) for (const program of [ours, empty]) seen.get(program).push(await once(program, cold));
  const isCold = seen.get(ours).every(({ wasCold }) => wasCold);
  if (cold && !isCold) {
    console.log("cold: not measured, as only root may empty the file cache");
    continue;
  }
  const [[ourTook, ourMemory, ourPage], [emptyTook, emptyMemory, emptyPage]] = [ours, empty].map((program) => ["took", "memory", "page"].map((what) => median(seen.get(program).map((one) => one[what]))));
  console.log(`${cold ? "cold" : "warm"}, ${runs} starts each, medians:`);
  console.log(`  first step drawn after ${ourTook.toFixed(0)} ms, ${basename(empty)} after ${emptyTook.toFixed(0)} ms: ${(ourTook / emptyTook).toFixed(2)} times`);
  console.log(`  of that in the page ${ourPage.toFixed(0)} and ${emptyPage.toFixed(0)} ms`);
  console.log(`  memory ${(ourMemory / 1024).toFixed(0)} MB, ${basename(empty)} ${(emptyMemory / 1024).toFixed(0)} MB: ${(ourMemory / emptyMemory).toFixed(2)} times`);
}
