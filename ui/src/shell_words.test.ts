import { expect, test } from "vitest";
import type { SetupView } from "./bindings/SetupView";
import { stillRuns } from "./shell_words";

const view = (receiving: boolean, phase?: string): SetupView =>
  ({ live: { receiving }, public_url: { tunnel: phase === undefined ? null : { program: "ngrok", phase }, relay: null } }) as unknown as SetupView;

test("only what runs is said to run", () => {
  expect(stillRuns(view(true, "reachable")).map(({ runs }) => runs)).toEqual([true, true]);
  expect(stillRuns(view(true, "failed")).map(({ runs }) => runs)).toEqual([true, false]);
  expect(stillRuns(view(false))).toEqual([{ what: "The receiver was not running.", runs: false }]);
});
