import { expect, test } from "vitest";
import type { Cause } from "./bindings/Cause";
import type { Diagnosis } from "./bindings/Diagnosis";
import type { Verdict } from "./bindings/Verdict";
import { changesBetween, inLocalTime, knownStep, reportText, stepFor, verdictWords, wouldArrive } from "./diagnosis";

const cause = (id: string): Cause => ({ id, sentence: `${id} it is.`, proved_by: ["A proof."], ruled_out: ["Another."], fix: "Mend it.", link: null, mend: null });

function diagnosis(causes: string[], verdict: Verdict = causes.length > 0 ? "cause_found" : "healthy", unseen: string[] = []): Diagnosis {
  const probes = ["env", "polar"].map((probe) => ({ probe, title: probe, looked: !unseen.includes(probe), seen: "Seen." }));
  return { verdict, causes: causes.map(cause), open: [], notes: [], probes, missed: 0 };
}

const told = (before: Diagnosis, after: Diagnosis): string[] => changesBetween(before, after).map(({ what, id }) => `${what} ${id}`);

/** All causes, as Rust's sources name them. */
const sources: Record<string, string> = import.meta.glob("../../src-tauri/core/src/check/diagnose/causes/**/*.rs", { query: "?raw", import: "default", eager: true });
const ids = Object.values(sources).flatMap((source) => [...source.matchAll(/Known::(?:blocking|in_handler|harming|alone)\(\s*"(\w+)"/g)].map((match) => match[1] ?? ""));

test("each cause that Rust knows has its step", () => {
  expect(ids.length).toBeGreaterThan(40);
  expect(ids.filter((id) => knownStep(id) === undefined)).toEqual([]);
});

test("each cause leads to the step that mends it", () => {
  expect(stepFor("secret_wrong")).toBe("verify");
  expect(stepFor("token_refused")).toBe("token");
  expect(stepFor("tunnel_not_running")).toBe("public_url");
  expect(stepFor("udp_blocked")).toBe("public_url");
  expect(stepFor("route_redirects")).toBe("project");
  expect(stepFor("redirect")).toBe("public_url");
  expect(stepFor("app_not_running")).toBe("project");
  expect(stepFor("one_of_tomorrow")).toBe("project");
});

test("what changed is told cause by cause", () => {
  expect(told(diagnosis(["a", "b"]), diagnosis(["b", "c"]))).toEqual(["mended a", "still b", "new c"]);
  expect(told(diagnosis(["a"]), diagnosis([]))).toEqual(["mended a"]);
  expect(told(diagnosis(["a"]), diagnosis(["a"]))).toEqual(["still a"]);
  expect(told(diagnosis([]), diagnosis([]))).toEqual([]);
});

test("what could not be looked at again is not called mended", () => {
  expect(told(diagnosis(["a"]), diagnosis([], "cannot_tell"))).toEqual(["unseen a"]);
  expect(told(diagnosis(["a"]), diagnosis(["b"], "cause_found", ["polar"]))).toEqual(["unseen a", "new b"]);
  expect(told(diagnosis(["a"], "cause_found", ["polar"]), diagnosis([]))).toEqual(["mended a"]);
});

test("times are those of this machine", () => {
  const at = new Date("2026-11-23T11:48:02Z");
  expect(inLocalTime("made at 2026-11-23 11:48:02 UTC, so")).toBe(`made at ${at.toLocaleString()}, so`);
  expect(inLocalTime("at about 11:48:02 UTC.")).toMatch(/^at about [^U]*:48:02[^U]*\.$/);
  expect(inLocalTime("no time at all")).toBe("no time at all");
});

test("an event would arrive where nothing blocks", () => {
  expect(wouldArrive(diagnosis([]))).toBe(true);
  expect(wouldArrive(diagnosis(["retry_waiting", "endpoint_twice"]))).toBe(true);
  expect(wouldArrive(diagnosis(["retry_waiting", "secret_wrong"]))).toBe(false);
  expect(wouldArrive(diagnosis([], "cannot_tell"))).toBe(false);
});

test("the verdict is no rosier than what was seen", () => {
  expect(verdictWords(diagnosis([])).title).toBe("Nothing is wrong");
  expect(verdictWords(diagnosis(["a"])).title).toBe("The cause is found");
  expect(verdictWords(diagnosis(["a", "b"])).title).toBe("2 causes are found");
  expect(verdictWords(diagnosis(["retry_waiting"])).title).toBe("Deliveries can arrive");
  expect(verdictWords(diagnosis(["rate_limited"])).title).toBe("Polar could not be asked");
  expect(verdictWords(diagnosis(["app_not_running", "rate_limited"])).title).toBe("2 causes are found");
  expect(verdictWords(diagnosis([], "cannot_tell")).title).toBe("The cause could not be told");
});

test("the report holds all that is on the screen", () => {
  const report = reportText({ ...diagnosis(["a"]), open: ["Not known."], notes: ["Nothing was sent yet."], missed: 2 });
  for (const part of ["The cause is found.", "1. a it is.", "Seen: A proof.", "Ruled out: Another.", "What to do: Mend it.", "(a)", "Not known.", "Nothing was sent yet.", "could not deliver 2 events", "- polar: Seen."]) {
    expect(report).toContain(part);
  }
  expect(report).not.toContain("Read more");
});
