// The project and its env file in the window: what leaked, what would be committed, the names, the preview, the earlier
// versions, what no longer agrees, and replacing the secret.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";

import { Practice, unknownToken } from "./harness/practice.js";
import { Project } from "./harness/project.js";
import { inSteps } from "./harness/steps.js";
import { waitUntil } from "./harness/wait.js";
import { lookAtEveryStep, useCustomPolar, writeAndVerify } from "./harness/wizard.js";
import { Window } from "./harness/window.js";

const run = promisify(execFile);

describe("the project and its env file", () => {
  let practice, project, window, look;
  const accessibility = [];
  const leaked = unknownToken();

  const git = (...words) => run("git", ["-C", project.folder, "-c", "user.name=Mira", "-c", "user.email=mira@example.com", ...words]);
  const write = (name, text) => writeFile(join(project.folder, name), text);
  const gone = (id) => waitUntil(`"${id}" is gone`, async () => (await window.byTestId(id)) === null);
  const bytes = () => readFile(join(project.folder, ".env"), "utf8");

  before(async () => {
    practice = await Practice.start();
    project = await Project.create();
    await rm(join(project.folder, ".gitignore"), { force: true });
    await git("init", "--quiet");
    await write("seed.js", `// seeds the shop\nconst token = "${leaked}";\n`);
    await git("add", "seed.js");
    await git("commit", "--quiet", "-m", "Seed the shop");
    for (const text of ["one", "two", "three"]) {
      await write("seed.js", `// ${text}\n`);
      await git("commit", "--quiet", "-am", `Change ${text}`);
    }
    await write(".gitignore", "node_modules");
    await project.startApp();
    window = await Window.open({ project: project.folder, data: project.data });
    look = lookAtEveryStep(window, accessibility);
  });

  const step = inSteps(() => window, "env-file-failed");

  after(async () => {
    await window?.close();
    await practice?.stop();
    await project?.remove();
  });

  step("finds the token that was committed three commits back, and never shows it", async () => {
    await window.goTo("project");
    await window.waitForAttribute("leaks", "data-phase", "done");
    const text = await window.text("leak");
    assert.match(text, /Seed the shop/);
    assert.match(text, /seed\.js:2/);
    assert.match(text, /Revoke the token/);
    assert.ok(!(await window.session.run("return document.documentElement.outerHTML;")).includes(leaked));
    await look("30-leak");
  });

  step("adds the line that keeps git from taking the env file", async () => {
    assert.match(await window.text("gitignore"), /\.env/);
    await window.click("ignore-env-file");
    await gone("gitignore");
    assert.equal(await readFile(join(project.folder, ".gitignore"), "utf8"), "node_modules\n.env\n");
    assert.equal((await git("check-ignore", ".env")).stdout, ".env\n");
  });

  step("takes the user's word for the framework, and back", async () => {
    await window.click("change-framework");
    await window.choose("finding-value", "Hono");
    await window.click("finding-save");
    await window.waitForText("handler", /Hono/);
    await look("31-handler");
    await window.click("change-framework");
    await window.choose("finding-value", "As found");
    await window.click("finding-save");
    await window.waitForText("handler", /Express/);
  });

  step("refuses a name that browsers would get, and previews another one", async () => {
    await useCustomPolar(window, practice, practice.token);
    await window.waitForAttribute("token-result", "data-state", "accepted");
    await window.goTo("public_url");
    await window.click("way-direct");
    await window.goTo("verify");
    await window.click("rename-secret");
    await window.type("variable-name", "NEXT_PUBLIC_POLAR_SECRET");
    await window.click("variable-save");
    await window.waitForText("variable-problem", /every visitor's browser/);
    await look("32-name-refused");
    await window.type("variable-name", "SHOP_POLAR_SECRET");
    await window.click("variable-save");
    await window.waitForText("diff", /SHOP_POLAR_SECRET=/);
    await look("33-preview");
    await window.click("rename-secret");
    await window.type("variable-name", "POLAR_WEBHOOK_SECRET");
    await window.click("variable-save");
    await window.waitForText("diff", /POLAR_WEBHOOK_SECRET=/);
    assert.equal(await bytes(), project.before, "a preview writes nothing");
  });

  step("writes what was previewed, and puts the earlier version back and forth", async () => {
    assert.equal(await writeAndVerify(window), true);
    const written = await bytes();
    assert.ok(written.startsWith(project.before));
    const oldest = async () => (await window.idsBeginningWith("restore-")).length - 1;
    await window.click("backups-summary");
    await window.click(`restore-${await oldest()}`);
    await waitUntil("the earlier version is back", async () => (await bytes()) === project.before);
    await window.waitForText("step-nav-verify", /no longer all agrees/);
    await look("34-restored");
    await window.click("restore-0");
    await waitUntil("the newer one is back", async () => (await bytes()) === written);
    await window.waitForText("backups-summary", /^3 earlier versions/);
  });

  step("writes an example with the names only", async () => {
    await window.click("write-example");
    await gone("write-example");
    const example = await readFile(join(project.folder, ".env.example"), "utf8");
    assert.match(example, /^POLAR_WEBHOOK_SECRET=$/m);
    assert.match(example, /^POLAR_ACCESS_TOKEN=$/m);
  });

  step("names what no longer agrees, and mends it", async () => {
    const right = await bytes();
    await write(".env", right.replace(/^(POLAR_WEBHOOK_SECRET=).*$/m, "$1an-old-one-of-thirty-two-characters"));
    await window.goTo("project");
    const difference = await waitUntil("a difference is shown", async () => (await window.idsBeginningWith("mend-"))[0]);
    await look("35-difference");
    await window.click(difference);
    await waitUntil("the secret is right again", async () => (await bytes()) === right);
    await gone("differences");
  });

  step("replaces the secret with another endpoint, and takes the old one away", async () => {
    const [old] = await practice.endpoints();
    await window.goTo("verify");
    await window.click("rotate");
    await waitUntil("there is one new endpoint", async () => {
      const now = await practice.endpoints();
      return now.length === 1 && now[0].id !== old.id;
    }, 60_000);
    await window.waitForAttribute("report", "data-verified", "true", 60_000);
    const [endpoint] = await practice.endpoints();
    assert.notEqual(endpoint.secret, old.secret);
    assert.equal((await project.env()).value("POLAR_WEBHOOK_SECRET"), endpoint.secret);
    await look("36-secret-replaced");
  });

  step("has no accessibility problem that axe can see", () => {
    assert.deepEqual(accessibility, []);
  });
});
