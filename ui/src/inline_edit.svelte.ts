// Editing one value in its place: a button opens a field with the value in it, Escape and "Cancel" close it, and the
// focus comes back to the button.
import { tick } from "svelte";

export class InlineEdit {
  editing = $state(false);
  draft = $state("");
  input = $state<HTMLInputElement | HTMLSelectElement>();
  opener = $state<HTMLButtonElement>();
  /** Why the value was not taken. */
  problem = $state<string | null>(null);

  async open(value: string): Promise<void> {
    this.draft = value;
    this.problem = null;
    this.editing = true;
    await tick();
    this.input?.focus();
    if (this.input instanceof HTMLInputElement) this.input.select();
  }

  async close(): Promise<void> {
    this.editing = false;
    await tick();
    this.opener?.focus();
  }

  /** Hands the value to `save`, which says why it was not taken, and closes if it was. */
  async submit(event: SubmitEvent, save: (value: string) => Promise<string | null>): Promise<void> {
    event.preventDefault();
    this.problem = await save(this.draft.trim());
    if (this.problem === null) await this.close();
    else this.input?.focus();
  }
}
