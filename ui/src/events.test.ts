import { expect, test } from "vitest";
import type { Catalogue } from "./bindings/Catalogue";
import { matching, share, withTypes } from "./events";

const orders = {
  name: "Orders",
  events: [
    { type: "order.created", description: "An order exists." },
    { type: "order.paid", description: "The moment to deliver." },
  ],
};
const customers = { name: "Customers", events: [{ type: "customer.created", description: "A new customer." }] };
const catalogue: Catalogue = { groups: [orders, customers], presets: [], not_in_chat: [] };

test("added types keep the catalogue's order, and nothing is twice", () => {
  expect(withTypes(catalogue, ["customer.created"], ["order.paid", "customer.created"], true)).toEqual(["order.paid", "customer.created"]);
});

test("types are taken away", () => {
  expect(withTypes(catalogue, ["order.created", "order.paid"], ["order.created"], false)).toEqual(["order.paid"]);
});

test("every searched word has to occur, in type, description or group", () => {
  expect(matching(catalogue.groups, "DELIVER order")).toEqual([{ name: "Orders", events: [orders.events[1]] }]);
  expect(matching(catalogue.groups, "customers")).toEqual([customers]);
  expect(matching(catalogue.groups, "order customer")).toEqual([]);
  expect(matching(catalogue.groups, "  ")).toEqual([orders, customers]);
});

test("a group is chosen in part, in full or not at all", () => {
  expect(share(orders, ["order.paid"])).toBe("some");
  expect(share(orders, ["order.paid", "order.created", "customer.created"])).toBe("all");
  expect(share(orders, ["customer.created"])).toBe("none");
});
