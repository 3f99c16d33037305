// A developer's project: a copy of the sample app in a folder of its own, with an .env that already says something.
import { cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { root } from "./places.js";
import { freePort, Program } from "./processes.js";

const SAMPLE = join(root, "examples", "sample-app");

/** What stands in the .env before: comments, quotes and signs that careless editors break. */
const BEFORE = `# my own notes stay
DATABASE_URL='postgres://shop:p#ss@localhost/shop?sslmode=disable'
GREETING="two words and a $"
`;

export class Project {
  static async create() {
    const home = await mkdtemp(join(tmpdir(), "polar-setup-e2e-"));
    const folder = join(home, "my-shop");
    await cp(SAMPLE, folder, {
      recursive: true,
      filter: (path) => !["node_modules", ".env"].includes(basename(path)),
    });
    await symlink(join(SAMPLE, "node_modules"), join(folder, "node_modules"));
    const port = await freePort();
    const before = `${BEFORE}PORT=${port}\n`;
    await writeFile(join(folder, ".env"), before);
    return new Project(home, folder, port, before);
  }

  constructor(home, folder, port, before) {
    this.home = home;
    this.folder = folder;
    this.port = port;
    this.before = before;
    /** Where the window keeps its own state. */
    this.data = join(home, "data");
    this.app = null;
  }

  /** Starts the developer's app on its port. */
  async startApp() {
    const { scripts } = JSON.parse(await readFile(join(this.folder, "package.json"), "utf8"));
    const [command, ...commandArguments] = scripts.start.split(" ");
    this.app = new Program("the sample app", command, commandArguments, {
      cwd: this.folder,
      env: { ...process.env, PORT: `${this.port}` },
    });
    await this.app.listening(this.port);
  }

  /** The .env as it is on disk: its text, its variables, its permissions. */
  async env() {
    const file = join(this.folder, ".env");
    const text = await readFile(file, "utf8");
    const { mode } = await stat(file);
    return { text, mode: mode & 0o777, value: (name) => text.match(new RegExp(`^${name}=["']?([^"'\\n]*)`, "m"))?.[1] };
  }

  /** Puts a text into a file outside of the folder, and says where. */
  async note(text) {
    const file = join(this.home, "note.txt");
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  async remove() {
    await this.app?.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}
