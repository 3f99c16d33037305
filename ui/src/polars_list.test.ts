import { expect, test } from "vitest";
import type { Backend } from "./backend";
import type { PolarsList } from "./bindings/PolarsList";
import { BesidePolar } from "./polars_list.svelte";
import { Session } from "./session.svelte";
import { cannedPolarsList } from "../dev/polars-list";

/** A Polar whose answers are given by the test, in the order of the questions. */
function polar(): { beside: BesidePolar; answers: { resolve: (list: PolarsList) => void; reject: (error: Error) => void }[] } {
  const answers: { resolve: (list: PolarsList) => void; reject: (error: Error) => void }[] = [];
  const backend = {
    polarsList: () => new Promise<PolarsList>((resolve, reject) => answers.push({ resolve, reject })),
    cancelPolarsList: () => Promise.resolve(),
  } as unknown as Backend;
  return { beside: new BesidePolar(new Session(backend)), answers };
}

test("the answer to the newest question counts, whichever comes last", async () => {
  const { beside, answers } = polar();
  const first = beside.load();
  const second = beside.load();
  answers[1]?.resolve({ ...cannedPolarsList(), attempts: 2 });
  await second;
  answers[0]?.reject(new Error("Polar's list was not waited for."));
  await first;
  expect(beside.list?.attempts).toBe(2);
  expect(beside.problem).toBeNull();
});

test("what was cancelled leaves no problem behind", async () => {
  const { beside, answers } = polar();
  const asked = beside.load();
  await beside.cancel();
  answers[0]?.reject(new Error("Polar's list was not waited for."));
  await asked;
  expect(beside.problem).toBeNull();
  expect(beside.list).toBeNull();
});

test("a list that was fetched before stays when Polar is not there", async () => {
  const { beside, answers } = polar();
  const first = beside.load();
  answers[0]?.resolve(cannedPolarsList());
  await first;
  const second = beside.load();
  answers[1]?.reject(new Error("Offline."));
  await second;
  expect(beside.problem).toBe("Offline.");
  expect(beside.rows).toHaveLength(5);
  beside.onlyGaps = true;
  expect(beside.rows.map((row) => row.finding)).toEqual(["refused_by_app", "not_arrived", "only_here"]);
  expect(beside.gaps).toBe(3);
});
