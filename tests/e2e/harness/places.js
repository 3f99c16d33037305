// Where the repository and what was built from it are.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** The programs under test; scripts/test says where it built them. */
export const built = {
  window: process.env.POLAR_SETUP_WINDOW ?? join(root, "target", "debug", "polar-setup"),
  cli: process.env.POLAR_SETUP_CLI ?? join(root, "target", "debug", "polar-setup-cli"),
};

for (const program of Object.values(built)) {
  if (!existsSync(program)) throw new Error(`${program} is not built; scripts/test builds it before these tests`);
}
