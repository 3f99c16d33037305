import { expect, test } from "vitest";
import type { Backend } from "./backend";
import { Diagnosing } from "./diagnosing.svelte";
import { Session } from "./session.svelte";
import { cannedFailure, cannedSearches } from "../dev/diagnosis";

const [broken, mended] = cannedSearches["diagnosis-mended"]?.finds ?? [];
const cause = broken?.causes[0];
if (!broken || !mended || !cause) throw new Error("the canned searches changed");

/** What is asked of Rust, in its order; `mends` is the button's work. */
function opened(mends: () => Promise<void> = () => Promise.resolve()): { diagnosing: Diagnosing; session: Session; backend: Backend; asked: string[] } {
  const asked: string[] = [];
  const backend = {
    diagnose: () => Promise.resolve(asked.push("diagnose") === 1 ? broken : mended),
    cancelDiagnosis: () => Promise.resolve(void asked.push("cancel")),
    mendCause: (id: string) => (asked.push(`mend ${id}`), mends()),
  } as unknown as Backend;
  const session = new Session(backend);
  return { diagnosing: new Diagnosing(session, null), session, backend, asked };
}

test("what was found already is shown without looking", () => {
  const { session, asked } = opened();
  expect(new Diagnosing(session, cannedFailure).diagnosis).toEqual(cannedFailure);
  expect(asked).toEqual([]);
});

test("after a button's work what changed is told; after a look of its own nothing is", async () => {
  const { diagnosing, backend, asked } = opened();
  await diagnosing.look();
  expect(diagnosing.changes).toEqual([]);
  await diagnosing.mend(backend, cause);
  await diagnosing.look(broken);
  expect(diagnosing.changes.map(({ what, id }) => `${what} ${id}`)).toEqual(["mended endpoint_disabled"]);
  expect(asked).toEqual(["diagnose", "mend endpoint_disabled", "diagnose"]);
  await diagnosing.look();
  expect(diagnosing.changes).toEqual([]);
});

test("what was mended by hand is told as well, and nothing where nothing changed", async () => {
  const { diagnosing } = opened();
  await diagnosing.look();
  await diagnosing.look(diagnosing.diagnosis);
  expect(diagnosing.changes.map(({ what }) => what)).toEqual(["mended"]);
  await diagnosing.look(diagnosing.diagnosis);
  expect(diagnosing.changes).toEqual([]);
});

test("a button that fails frees the others", async () => {
  const { diagnosing, backend } = opened(() => Promise.reject(new Error("Refused.")));
  const work = diagnosing.mend(backend, cause);
  expect(diagnosing.mending).toBe(cause);
  await expect(work).rejects.toThrow("Refused.");
  expect(diagnosing.mending).toBeNull();
  diagnosing.notMended(cause, "Refused.");
  expect(diagnosing.failed).toEqual({ id: cause.id, problem: "Refused." });
});

test("once it is closed nothing is looked at, and a failure is told in the window", async () => {
  const { diagnosing, session, asked } = opened();
  diagnosing.close();
  await diagnosing.look(broken);
  diagnosing.notMended(cause, "Refused.");
  expect(asked).toEqual([]);
  expect(session.problem).toBe("Refused.");
  expect(diagnosing.failed).toBeNull();
});

test("closing ends a search", () => {
  const { diagnosing, asked } = opened();
  void diagnosing.look();
  diagnosing.close();
  expect(asked).toEqual(["diagnose", "cancel"]);
});
