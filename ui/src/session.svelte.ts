// What every screen shares: the newest snapshot, and the one way to ask something of Rust.
import { createContext } from "svelte";
import type { Backend } from "./backend";
import type { Catalogue } from "./bindings/Catalogue";
import type { SetupView } from "./bindings/SetupView";
import type { ShellEvent } from "./bindings/ShellEvent";
import { sentenceOf } from "./words";

export class Session {
  view = $state.raw<SetupView | null>(null);
  catalogue = $state.raw<Catalogue>({ groups: [], presets: [], not_in_chat: [] });
  /** Why the last intent failed; shown until it is dismissed or another one succeeds. */
  problem = $state<string | null>(null);
  /** The first heading is not focused: nobody has moved yet. */
  hasDrawnAStep = false;

  constructor(private readonly backend: Backend) {}

  async open(hears: (event: ShellEvent) => void): Promise<void> {
    // Side by side: the first step is drawn as soon as its snapshot is there.
    await this.ask(async (backend) => {
      const subscribed = backend.subscribe((view) => {
        // Snapshots may overtake each other on the way; an older one must not win.
        if (!this.view || view.revision >= this.view.revision) this.view = view;
      });
      const [catalogue] = await Promise.all([backend.catalogue(), subscribed, backend.hear(hears)]);
      this.catalogue = catalogue;
    });
  }

  /** Sends an intent. Resolves to whether it succeeded; a failure is shown as a notice. */
  async ask(intent: (backend: Backend) => Promise<unknown>): Promise<boolean> {
    this.problem = await this.tryTo(intent);
    return this.problem === null;
  }

  /** Sends an intent. Resolves to why it failed, for those who show that in its place. */
  async tryTo(intent: (backend: Backend) => Promise<unknown>): Promise<string | null> {
    try {
      await intent(this.backend);
      return null;
    } catch (error) {
      return sentenceOf(error);
    }
  }
}

export const [session, setSession] = createContext<Session>();
