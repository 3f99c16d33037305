import { expect, test } from "vitest";
import { type PaletteAction, matching } from "./actions";

const named = (...names: string[]): PaletteAction[] => names.map((name) => ({ id: name, name, group: "Do", run: () => Promise.resolve() }));

test("every word must be in the name, in any order", () => {
  const all = named("Copy the webhook secret", "Replace the webhook secret", "Write and verify");
  expect(matching(all, "secret webhook").map(({ name }) => name)).toEqual(["Copy the webhook secret", "Replace the webhook secret"]);
  expect(matching(all, "nothing like it")).toEqual([]);
});

test("what begins with the word comes first, and without a word all stay in their order", () => {
  const all = named("Send order.paid", "Order again", "Write and verify");
  expect(matching(all, "ord").map(({ name }) => name)).toEqual(["Order again", "Send order.paid"]);
  expect(matching(all, "  ")).toEqual(all);
});
