// The keys of the window: what they are called here, and which one was pressed.
import type { StepName } from "./bindings/StepName";
import { stepOrder } from "./words";

const isMac = "navigator" in globalThis && navigator.userAgent.includes("Mac OS");

/** Ctrl, or on a Mac Cmd, as people read it. */
export const commandKey = isMac ? "⌘" : "Ctrl";

/** A combination as people read it: `Ctrl K`, `⌘ 1`. */
export function combination(key: string): string {
  return `${commandKey} ${key}`;
}

export type Pressed = "palette" | "help" | "continue" | "cancel" | { step: StepName } | null;

/** What has keys of its own, so that ours would take something away. */
const OWN_KEYS = "a, button, summary, select, textarea, input, [contenteditable], [role=tree], [role=tab], [role=listbox], dialog *";
/** Of these only Enter has no meaning of its own. */
const CHOICES = "input[type=radio], input[type=checkbox]";

/** What a key means here; null: nothing, and the page does what it does. */
export function pressed(event: KeyboardEvent): Pressed {
  if (event.defaultPrevented || event.isComposing || event.altKey) return null;
  const target = event.target instanceof Element ? event.target : null;
  // What a dialog asks for comes first: another one over it would take its focus away.
  const inDialog = target?.closest("dialog") != null;
  const command = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (command) {
    if (inDialog) return null;
    if (event.key.toLowerCase() === "k") return "palette";
    const step = /^[1-9]$/.test(event.key) ? stepOrder[Number(event.key) - 1] : undefined;
    return step === undefined ? null : { step };
  }
  if (event.ctrlKey || event.metaKey) return null;
  if (event.key === "Escape") return inDialog ? null : "cancel";
  const isTyping = target?.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]") ?? false;
  if (event.key === "?" && !isTyping) return "help";
  if (event.key === "Enter" && (!target?.closest(OWN_KEYS) || target.matches(CHOICES))) return "continue";
  return null;
}

/** All of them, for those who look them up. */
export const allKeys: readonly { keys: readonly string[]; between?: string; does: string }[] = [
  { keys: ["Enter"], does: "Continue to the next step, or do what the step is for" },
  { keys: ["Esc"], does: "Cancel what is under way, or close a notice" },
  { keys: [combination("1"), combination("6")], between: "to", does: "Go to a step" },
  { keys: [combination("K")], does: "Find any action by its name" },
  { keys: ["?"], does: "Show these keys" },
  { keys: ["↑", "↓"], does: "Move in a list or among choices" },
  { keys: ["→", "←"], does: "Unfold and fold the attempts of a delivery" },
  { keys: ["Tab"], does: "Move from one control to the next" },
];
