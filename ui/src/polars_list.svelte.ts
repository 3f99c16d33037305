// Polar's list beside ours, as the table shows it: what was fetched, for which span, and whether an answer is awaited.
import type { ListFinding } from "./bindings/ListFinding";
import type { ListSpan } from "./bindings/ListSpan";
import type { PolarsList } from "./bindings/PolarsList";
import type { PolarsListRow } from "./bindings/PolarsListRow";
import type { Session } from "./session.svelte";

/** A shorter wait needs no words. */
const NOTICED = 100;

/** What is no gap: it is well, or may yet be. */
const settled: readonly ListFinding[] = ["fine", "open", "held"];

export const spans: Readonly<Record<ListSpan, string>> = { hour: "Last hour", day: "Last 24 hours", week: "Last 7 days" };

/** Each finding in a word or two. */
export const findings: Readonly<Record<ListFinding, { text: string; kind: "good" | "bad" | "warn" | "know" }>> = {
  fine: { text: "Accepted", kind: "good" },
  open: { text: "Under way", kind: "know" },
  held: { text: "Held here", kind: "warn" },
  never_sent: { text: "Never sent", kind: "bad" },
  not_arrived: { text: "Sent, not arrived", kind: "bad" },
  accepted_elsewhere: { text: "Accepted elsewhere", kind: "warn" },
  by_relay_only: { text: "By the relay only", kind: "warn" },
  refused_by_app: { text: "Refused by your app", kind: "bad" },
  refused_before: { text: "App did not answer", kind: "bad" },
  answer_lost: { text: "Answer lost", kind: "warn" },
  before_record: { text: "Before the record", kind: "know" },
  only_here: { text: "Only here", kind: "know" },
};

export class BesidePolar {
  list = $state.raw<PolarsList | null>(null);
  span = $state<ListSpan>("day");
  onlyGaps = $state(false);
  problem = $state<string | null>(null);
  /** Whether the wait is long enough to be told of. */
  waiting = $state(false);
  /** Events that Polar was asked to deliver again since the list was fetched. */
  asked = $state.raw<readonly string[]>([]);
  #question = 0;

  constructor(private readonly session: Session) {}

  get rows(): readonly PolarsListRow[] {
    const rows = this.list?.rows ?? [];
    return this.onlyGaps ? rows.filter((row) => !settled.includes(row.finding)) : rows;
  }

  /** How many events have a gap, those that are not shown included. */
  get gaps(): number {
    return (this.list?.counts ?? []).filter((count) => !settled.includes(count.finding)).reduce((sum, count) => sum + count.count, 0);
  }

  async load(): Promise<void> {
    const question = ++this.#question;
    const timer = setTimeout(() => (this.waiting = this.#question === question), NOTICED);
    let found: PolarsList | null = null;
    const problem = await this.session.tryTo(async (backend) => {
      found = await backend.polarsList(this.span);
    });
    clearTimeout(timer);
    // Cancelled, or asked again: this answer is nobody's any more.
    if (question !== this.#question) return;
    this.waiting = false;
    this.problem = problem;
    if (found === null) return;
    this.list = found;
    this.asked = [];
  }

  async cancel(): Promise<void> {
    this.#question += 1;
    this.waiting = false;
    await this.session.ask((backend) => backend.cancelPolarsList());
  }

  noteAsked(id: string): void {
    this.asked = [...this.asked, id];
  }
}
