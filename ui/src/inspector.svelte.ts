// The deliveries as the list shows them: which are wanted, which part is loaded, which one is opened. Of many thousands only
// those near the screen are ever asked for.
import type { Backend } from "./backend";
import type { DeliveriesPage } from "./bindings/DeliveriesPage";
import type { DeliveryDetail } from "./bindings/DeliveryDetail";
import type { DeliveryOutcome } from "./bindings/DeliveryOutcome";
import type { DeliveryRow } from "./bindings/DeliveryRow";
import type { Session } from "./session.svelte";

/** Rows that are loaded above and below what is on screen. */
const MARGIN = 60;

const nothing: DeliveriesPage = { total: 0, kept: 0, dropped: 0, rows_in_all: 0, offset: 0, rows: [], events: [] };

export class Inspector {
  text = $state("");
  event = $state<string | null>(null);
  outcome = $state<DeliveryOutcome | null>(null);
  unfolded = $state.raw<readonly number[]>([]);
  page = $state.raw<DeliveriesPage>(nothing);
  /** The row that the keyboard is on, by its number; stays the same when others arrive above it. */
  selected = $state<number | null>(null);
  /** The one whose details are shown. */
  opened = $state.raw<DeliveryDetail | null>(null);
  #first = 0;
  #count = 20;
  #asking = false;
  #again = false;

  constructor(private readonly session: Session) {}

  get filtered(): boolean {
    return this.text !== "" || this.event !== null || this.outcome !== null;
  }

  /** Which rows are on screen. */
  onScreen(first: number, count: number): void {
    this.#first = first;
    this.#count = count;
    const { offset, rows, rows_in_all } = this.page;
    const covered = offset <= first && Math.min(first + count, rows_in_all) <= offset + rows.length;
    if (!covered) void this.load();
  }

  /** Asks for the rows near the screen. While an answer is awaited, any number of wishes become one. */
  async load(): Promise<void> {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#again) {
      this.#again = false;
      const offset = Math.max(0, this.#first - MARGIN);
      const filter = { text: this.text, events: this.event === null ? [] : [this.event], outcomes: this.outcome === null ? [] : [this.outcome] };
      const query = { filter, unfolded: [...this.unfolded], offset, limit: this.#count + 2 * MARGIN };
      // Not `ask`: a list that goes well must not take away a notice that is still to be read.
      const problem = await this.session.tryTo(async (backend) => {
        this.page = await backend.deliveries(query);
      });
      if (problem !== null) this.session.problem = problem;
    }
    this.#asking = false;
  }

  row(index: number): DeliveryRow | undefined {
    return this.page.rows[index - this.page.offset];
  }

  /** Where a delivery is in the list; -1: not among the loaded rows. */
  indexOf(number: number | null): number {
    const at = this.page.rows.findIndex((row) => row.number === number);
    return at < 0 ? -1 : at + this.page.offset;
  }

  /** Shows or hides the earlier attempts of a row. */
  fold(row: DeliveryRow, open: boolean): void {
    if (row.older || row.attempts < 2) return;
    this.unfolded = open ? [...this.unfolded, row.number] : this.unfolded.filter((number) => number !== row.number);
    void this.load();
  }

  async open(number: number): Promise<void> {
    this.selected = number;
    await this.session.ask(async (backend: Backend) => {
      this.opened = await backend.delivery(number);
    });
  }

  /** What is opened may have been answered meanwhile. */
  async refreshOpened(): Promise<void> {
    const opened = this.opened;
    if (opened?.row.outcome === "waiting" || opened?.row.outcome === "held") await this.open(opened.row.number);
  }

  close(): void {
    this.opened = null;
  }
}
