// A display that no one sees. Xvfb itself finds a free display number and tells it.
import { Program } from "./processes.js";

/** Starts it; resolves to the program and the value for DISPLAY. */
export async function startDisplay() {
  const program = new Program(
    "Xvfb",
    "Xvfb",
    ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-noreset"],
    { stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  const number = await new Promise((resolve, reject) => {
    let told = "";
    program.child.stdio[3].on("data", (chunk) => {
      told += chunk;
      if (told.includes("\n")) resolve(told.trim());
    });
    program.child.on("close", () => reject(new Error(`Xvfb did not start:\n${program.output}`)));
    program.child.on("error", reject);
  });
  return { program, name: `:${number}` };
}
