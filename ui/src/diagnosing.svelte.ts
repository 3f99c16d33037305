// A search for the cause as the dialog goes through it: looking, a button's work, looking again, and what changed by that.
import type { Backend } from "./backend";
import type { Cause } from "./bindings/Cause";
import type { Diagnosis } from "./bindings/Diagnosis";
import { changesBetween, localised, type Change } from "./diagnosis";
import type { Session } from "./session.svelte";

/** After this many milliseconds somebody wants to know why it takes so long. */
const LONG = 6000;

export class Diagnosing {
  diagnosis = $state.raw<Diagnosis | null>(null);
  /** Why the search itself did not succeed. */
  problem = $state<string | null>(null);
  looking = $state(false);
  takesLong = $state(false);
  /** What became of the causes before a button was pressed. */
  changes = $state.raw<readonly Change[]>([]);
  /** The cause whose button is at work. */
  mending = $state.raw<Cause | null>(null);
  /** The cause whose button did not succeed, and why. */
  failed = $state.raw<{ id: string; problem: string } | null>(null);
  #closed = false;

  /** With one that was found already, nothing is looked at until somebody asks. */
  constructor(
    private readonly session: Session,
    found: Diagnosis | null,
  ) {
    this.diagnosis = found && localised(found);
  }

  /** Looks at everything. `before`: what is to be compared with; `always`: also if nothing changed. */
  async look(before: Diagnosis | null = null, always = false): Promise<void> {
    if (this.looking || this.#closed) return;
    this.looking = true;
    this.takesLong = false;
    this.diagnosis = null;
    this.failed = null;
    this.changes = [];
    const timer = setTimeout(() => (this.takesLong = true), LONG);
    this.problem = await this.session.tryTo(async (backend) => {
      const found = localised(await backend.diagnose());
      this.diagnosis = found;
      const changes = before ? changesBetween(before, found) : [];
      if (always || changes.some(({ what }) => what === "mended" || what === "unseen")) this.changes = changes;
    });
    clearTimeout(timer);
    this.looking = false;
  }

  /** The work of the button beside a cause. */
  async mend(backend: Backend, cause: Cause): Promise<void> {
    this.mending = cause;
    this.failed = null;
    try {
      await backend.mendCause(cause.id);
    } finally {
      this.mending = null;
    }
  }

  /** It is for nobody any more: a search ends, a button's work goes on, and says in the window if it fails. */
  close(): void {
    if (this.looking) void this.session.tryTo((backend) => backend.cancelDiagnosis());
    this.#closed = true;
  }

  notMended(cause: Cause, problem: string): void {
    if (this.#closed) this.session.problem = problem;
    else this.failed = { id: cause.id, problem };
  }

  /** Whether what follows goes on at "Write and verify", and not here. */
  goesOnElsewhere(cause: Cause): boolean {
    const state = this.session.view?.apply.state;
    return cause.id === "endpoint_missing" || state === "running" || state === "asking";
  }
}
