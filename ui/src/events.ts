// Choosing event types: pure functions on lists, always in the catalogue's order.
import type { Catalogue } from "./bindings/Catalogue";
import type { EventGroup } from "./bindings/EventGroup";

/** `chosen` with `types` added or taken away, in the catalogue's order. */
export function withTypes(catalogue: Catalogue, chosen: readonly string[], types: readonly string[], on: boolean): string[] {
  const result = new Set(chosen);
  for (const type of types) {
    if (on) result.add(type);
    else result.delete(type);
  }
  return catalogue.groups.flatMap((group) => group.events.map((event) => event.type)).filter((type) => result.has(type));
}

/** The groups with only the events in whose type or description every searched word occurs. */
export function matching(groups: readonly EventGroup[], search: string): EventGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map((group) => ({
      name: group.name,
      events: group.events.filter((event) => {
        const text = `${event.type} ${event.description} ${group.name}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter((group) => group.events.length > 0);
}

/** How much of a group is chosen. */
export function share(group: EventGroup, chosen: readonly string[]): "none" | "some" | "all" {
  const count = group.events.filter((event) => chosen.includes(event.type)).length;
  if (count === 0) return "none";
  return count === group.events.length ? "all" : "some";
}
