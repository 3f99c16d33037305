import { expect, test } from "vitest";
import { asSentence, counted, lasted, megabytes, rulesSentence, sentenceOf } from "./words";

test("one is singular, all else plural", () => {
  expect(counted(100_000, "event")).toBe("100,000 events");
  expect(counted(1, "event")).toBe("1 event");
  expect(counted(0, "event")).toBe("0 events");
  expect(counted(2, "delivery", "deliveries")).toBe("2 deliveries");
});

test("a summary becomes a sentence with one full stop", () => {
  expect(asSentence("choose a folder")).toBe("Choose a folder.");
  expect(asSentence("Start the tunnel.")).toBe("Start the tunnel.");
  expect(asSentence("waiting…")).toBe("Waiting…");
});

test("what an SDK verifies is said, and so is not knowing it", () => {
  expect(rulesSentence(["standard_webhooks", "polar_own"])).toMatch(/every kind/);
  expect(rulesSentence(["polar_own"])).toMatch(/not those that Polar makes/);
  expect(rulesSentence(["standard_webhooks"])).toMatch(/only the webhook secrets that Polar makes/);
  expect(rulesSentence([])).toMatch(/not known/);
});

test("a failed intent always has a sentence", () => {
  expect(sentenceOf({ code: "folder", message: "The folder is gone." })).toBe("The folder is gone.");
  expect(sentenceOf(new Error("The port is not a number."))).toBe("The port is not a number.");
  expect(sentenceOf("no such command")).toBe("no such command");
  expect(sentenceOf({ message: "" })).toMatch(/no reason/);
  expect(sentenceOf(undefined)).toMatch(/no reason/);
});

test("how long something lasted is rounded down to minutes", () => {
  expect(lasted(-5)).toBe("less than a minute");
  expect(lasted(59_999)).toBe("less than a minute");
  expect(lasted(3 * 60_000)).toBe("3 min");
  expect(lasted(125 * 60_000)).toBe("2 h 5 min");
});

test("sizes are given in megabytes", () => {
  expect(megabytes(0)).toBe("0.0 MB");
  expect(megabytes(38_249_000)).toBe("38.2 MB");
});
