// The words for values that come without words: numbers, times, key rules, errors, bodies.
import type { DeliveryState } from "./bindings/DeliveryState";
import type { DeliveryRow } from "./bindings/DeliveryRow";
import type { KeyRule } from "./bindings/KeyRule";
import type { Variable } from "./bindings/Variable";
import type { StepName } from "./bindings/StepName";

export const stepOrder: readonly StepName[] = ["project", "token", "webhook", "public_url", "verify", "live"];

export const stepTitles: Readonly<Record<StepName, string>> = {
  project: "Project",
  token: "Access token",
  webhook: "Webhook",
  public_url: "Public URL",
  verify: "Write and verify",
  live: "Live",
};

export const ruleNames: Readonly<Record<KeyRule, string>> = {
  polar_own: "Polar's own key rule",
  standard_webhooks: "Standard Webhooks key rule",
};

const whole = new Intl.NumberFormat("en-GB");

/** A number of things, in groups of three digits. */
export function grouped(count: number): string {
  return whole.format(count);
}

/** "1 event", "3 events", "100,000 events". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A few words made a sentence: a capital first, one full stop last. */
export function asSentence(words: string): string {
  const text = words.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

/** Which webhook secrets an SDK can verify, in one sentence. Since September 2026 Polar makes secrets of another kind. */
export function rulesSentence(rules: readonly KeyRule[]): string {
  const own = rules.includes("polar_own");
  const standard = rules.includes("standard_webhooks");
  if (own && standard) return "Verifies every kind of webhook secret.";
  if (own) return "Verifies webhook secrets made here or by you, but not those that Polar makes today.";
  if (standard) return "Verifies only the webhook secrets that Polar makes today.";
  return "It is not known which webhook secrets it verifies.";
}

/** The sentence of a failed intent, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (typeof error === "string" && error !== "") return error;
  if (typeof error === "object" && error !== null && "message" in error) {
    if (typeof error.message === "string" && error.message !== "") return error.message;
  }
  return "Something went wrong, and no reason was given. Try again.";
}

/** "src/server.ts:12" */
export function placeText(place: { file: string; line: number | null }): string {
  return place.line === null ? place.file : `${place.file}:${String(place.line)}`;
}

/** What each variable holds, to complete "the variable for …". */
export const variableMeanings: Readonly<Record<Variable, string>> = {
  token: "the access token",
  secret: "the webhook secret",
  url: "the public address",
  switch: "the choice between sandbox and production",
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Milliseconds since 1970 as the local time of day. */
export function timeOfDay(milliseconds: number): string {
  return clock.format(new Date(milliseconds));
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

/** Milliseconds since 1970 as the local day and time: "23 November at 18:45". */
export function dayAndTime(milliseconds: number): string {
  return day.format(new Date(milliseconds));
}

/** How long something has lasted, in words that need no second look: "3 min", "2 h 5 min". */
export function lasted(milliseconds: number): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${String(minutes)} min`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** A size as downloads are given: "38.2 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const outcomes: Readonly<Record<DeliveryState, "good" | "bad" | "warn" | "know">> = {
  waiting: "know",
  accepted: "good",
  refused: "bad",
  no_answer: "warn",
  held: "warn",
  turned_away: "bad",
};

/** What became of a delivery, in a word or two, and how that is to be taken. */
export function outcomeWords(row: DeliveryRow): { text: string; kind: "good" | "bad" | "warn" | "know" } {
  const answered = row.app_status === null ? "" : `${String(row.app_status)}${row.app_ms === null ? "" : ` · ${String(row.app_ms)} ms`}`;
  const texts: Record<DeliveryState, string> = {
    waiting: "Waiting for app",
    accepted: `App ${answered}`,
    refused: `App ${answered}`,
    no_answer: "App did not answer",
    held: "Held",
    turned_away: "Turned away here",
  };
  return { text: texts[row.outcome], kind: outcomes[row.outcome] };
}
