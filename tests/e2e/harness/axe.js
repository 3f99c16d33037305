// axe-core inside the page: the rules of WCAG 2.2 AA and axe's best practices.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** One line for every element that breaks a rule. */
export async function violations(session) {
  if (!(await session.run("return typeof window.axe === 'object';"))) {
    await session.run(`${source}; window.axe = axe;`);
  }
  const answer = await session.runUntilCalledBack(
    `const done = arguments[arguments.length - 1];
     axe.run(document, { runOnly: arguments[0], resultTypes: ["violations"] }).then(
       (result) => done({ rules: result.passes.length + result.violations.length, violations: result.violations.flatMap((violation) =>
         violation.nodes.map((node) => violation.id + ": " + violation.help + "\\n  " + node.html + "\\n  " + node.failureSummary)) }),
       (error) => done({ problem: String(error) }));`,
    TAGS,
  );
  if (answer.problem) throw new Error(`axe could not look: ${answer.problem}`);
  if (answer.rules === 0) throw new Error("axe applied no rule at all");
  return answer.violations;
}
