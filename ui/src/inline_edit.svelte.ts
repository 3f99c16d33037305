// Editing one value in its place: a button opens a field with the value in it, Escape and "Cancel" close it, and the
// focus comes back to the button.
import { tick } from "svelte";

export class InlineEdit {
  editing = $state(false);
  draft = $state("");
  input = $state<HTMLInputElement>();
  opener = $state<HTMLButtonElement>();

  async open(value: string): Promise<void> {
    this.draft = value;
    this.editing = true;
    await tick();
    this.input?.select();
  }

  async close(): Promise<void> {
    this.editing = false;
    await tick();
    this.opener?.focus();
  }

  /** Hands the value to `save`, and closes if that went well. */
  async submit(event: SubmitEvent, save: (value: string) => Promise<boolean>): Promise<void> {
    event.preventDefault();
    if (await save(this.draft.trim())) await this.close();
  }
}
