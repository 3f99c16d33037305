// Polar's list beside ours, canned: one of each gap.
import type { ListFinding } from "../src/bindings/ListFinding";
import type { PolarsList } from "../src/bindings/PolarsList";
import type { PolarsListRow } from "../src/bindings/PolarsListRow";

const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function row(number: number, event_type: string, finding: ListFinding, sentence: string, codes: readonly (number | null)[] | null, statuses: readonly number[]): PolarsListRow {
  const at = noon - number * 97_000;
  return {
    webhook_id: `9c1de2a4-0000-4000-8000-0000000000${String(10 + number)}`,
    event_type,
    polar: codes?.map((http_code, index) => ({ at: at + index * 6_400, http_code, succeeded: http_code !== null && http_code < 300 })) ?? null,
    here: statuses.map((app_status, index) => ({ number: 15 - number + index, at: at + index * 6_400 - 40, outcome: app_status < 300 ? "accepted" : "refused", app_status })),
    finding,
    sentence,
    can_redeliver: ["not_arrived", "refused_by_app"].includes(finding),
  };
}

const rows: readonly PolarsListRow[] = [
  row(0, "order.paid", "fine", "Polar sent it and your app accepted it.", [202], [202]),
  row(1, "subscription.active", "refused_by_app", "It arrived, and your app refused it with 500.", [500, 500], [500, 500]),
  row(2, "order.created", "not_arrived", "Polar sent it, but it did not arrive here: something before this machine answered 530. Was the tunnel up?", [null, 530], []),
  row(3, "checkout.updated", "only_here", "Polar's list does not have it: it is older than the list, of another endpoint, or not from Polar.", null, [202]),
  row(4, "customer.created", "fine", "Polar sent it and your app accepted it.", [500, 202], [500, 202]),
];

export function cannedPolarsList(): PolarsList {
  return {
    fetched_at: noon + 4_000,
    since: noon - 24 * 3_600_000,
    endpoint_url: "https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar",
    notes: ["The endpoint takes 9 of Polar's 42 events; the other 33 are never sent to it and are in neither list."],
    attempts: 7,
    more: true,
    counts: [
      { finding: "fine", count: 2 },
      { finding: "refused_by_app", count: 1 },
      { finding: "not_arrived", count: 1 },
      { finding: "only_here", count: 1 },
    ],
    rows: [...rows],
    rows_in_all: rows.length,
  };
}
