// Canned deliveries: one of each outcome, and one opened.
import type { DeliveriesPage } from "../src/bindings/DeliveriesPage";
import type { DeliveryDetail } from "../src/bindings/DeliveryDetail";
import type { DeliveryQuery } from "../src/bindings/DeliveryQuery";
import type { DeliveryRow } from "../src/bindings/DeliveryRow";
import type { SetupView } from "../src/bindings/SetupView";

const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function row(number: number, event_type: string, more: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    number,
    received_at: noon + number * 7_300,
    event_type,
    verified: "polar_own",
    problem: null,
    outcome: "accepted",
    app_status: 200,
    app_ms: 12 + number,
    app_problem: null,
    attempt: 1,
    attempts: 1,
    older: false,
    test: false,
    replay_of: null,
    relayed: false,
    ...more,
  };
}

const rows: readonly DeliveryRow[] = [
  row(15, "subscription.active", { outcome: "waiting", app_status: null, app_ms: null }),
  row(14, "order.paid", { replay_of: 13 }),
  row(13, "order.paid", { outcome: "refused", app_status: 500, app_ms: 1204, attempt: 3, attempts: 3 }),
  row(12, "order.created", { outcome: "held", app_status: null, app_ms: null }),
  row(11, "checkout.updated", { verified: null, problem: "No signature matches by either key rule.", outcome: "refused", app_status: 403 }),
  row(10, "checkout.created", { outcome: "no_answer", app_status: null, app_ms: null, app_problem: "No app listens on port 3000 of this machine. Start your app, or correct its port.", test: true }),
];

export function cannedPage(view: SetupView | null, query: DeliveryQuery): DeliveriesPage {
  const kept = view && view.live.total > 0 ? rows : [];
  const found = kept.filter((row) => row.event_type.includes(query.filter.text) && (query.filter.events[0] ?? row.event_type) === row.event_type);
  const unfolded = found.flatMap((row) =>
    query.unfolded.includes(row.number) ? [row, { ...row, number: 8, attempt: 2, attempts: 1, older: true }, { ...row, number: 7, attempt: 1, attempts: 1, older: true }] : [row],
  );
  return { total: kept.length, kept: kept.length, dropped: 0, rows_in_all: unfolded.length, offset: 0, rows: unfolded, events: [...new Set(kept.map((row) => row.event_type))].sort() };
}

const body = JSON.stringify({ type: "checkout.updated", timestamp: "2026-11-23T12:00:00Z", data: { id: "1f0e", amount: 1200, paid: false, discount: null, customer: { email: "mira@example.com" } } });

export function cannedDelivery(number: number): DeliveryDetail {
  const chosen = rows.find((row) => row.number === number) ?? row(number, "order.paid");
  return {
    row: chosen,
    webhook_id: "9c1de2a4-0000-4000-8000-000000000011",
    method: "POST",
    target: "/api/webhook/polar",
    headers: [
      { name: "host", value: "brave-otter-lamp-stone.trycloudflare.com" },
      { name: "content-type", value: "application/json" },
      { name: "user-agent", value: "polar.sh webhooks" },
      { name: "webhook-id", value: "9c1de2a4-0000-4000-8000-000000000011" },
      { name: "webhook-timestamp", value: "1795435220" },
      { name: "webhook-signature", value: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=" },
    ],
    body,
    is_text: true,
    size: body.length,
    bytes: "000000  7b 22 74 79 70 65 22 3a 22 63 68 65 63 6b 6f 75  {\"type\":\"checkou\n000010  74 2e 75 70 64 61 74 65 64 22 2c 22 74 69 6d 65  t.updated\",\"time\n",
    answer: chosen.app_status === null ? null : { status: chosen.app_status, headers: [{ name: "content-type", value: "application/json" }], body: '{"error":"invalid signature"}', size: 29 },
    signature: {
      verdict: "wrong_secret",
      certain: false,
      sentence: "Another secret signed it than the one in .env.local.",
      fix: "Write the endpoint's secret into .env.local, and restart your app.",
      steps: [
        { title: "The id", seen: "webhook-id is 9c1de2a4-0000-4000-8000-000000000011.", good: true },
        { title: "The timestamp", seen: "1795435220 is 2 s before it arrived; 5 minutes are accepted.", good: true },
        { title: "The body", seen: "178 bytes, SHA-256 5f0c…", good: null },
        { title: "The signature", seen: "No known secret gives it.", good: false },
      ],
      signatures: ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
      results: [{ title: ".env.local", secret: "polar_whs_••••••••Kd3Q", rule: "polar_own", key: "the 49 bytes of the whole secret", signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", equals: null }],
      notes: [],
    },
  };
}
