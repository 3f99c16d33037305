// How a diagnosis is said: its verdict, what a mend changed, which step mends what it names, and the whole as text.
import type { Cause } from "./bindings/Cause";
import type { Diagnosis } from "./bindings/Diagnosis";
import type { StepName } from "./bindings/StepName";
import { counted } from "./words";

/** The verdict as a heading, and what follows from it. */
export function verdictWords({ verdict, causes }: Diagnosis): { title: string; text: string } {
  if (verdict === "healthy") return { title: "Nothing is wrong", text: "Everything on the way was looked at, and your app accepts a signed delivery." };
  if (verdict === "cannot_tell") return { title: "The cause could not be told", text: "Nothing wrong was seen, but not everything could be looked at." };
  if (causes.every(isHarmless)) return { title: "Deliveries can arrive", text: "Your app accepts a signed delivery. This is what was noticed beside it." };
  if (causes.every(keepsFromAsking)) return { title: "Polar could not be asked", text: "Whether its deliveries arrive shows once this is mended." };
  if (causes.length === 1) return { title: "The cause is found", text: "If something else lies behind it, that shows once this is mended." };
  return { title: `${counted(causes.length, "cause")} are found`, text: "Mend the first one first: nothing gets past it, and the rest may look different after that." };
}

/** Deliveries pass all the same: they come twice, late, or are others than the code is made for. */
export function isHarmless(cause: Cause): boolean {
  return ["endpoint_twice", "event_not_chosen", "retry_waiting"].includes(cause.id);
}

/** It says nothing of the deliveries: only that they could not be asked after. */
function keepsFromAsking({ id }: Cause): boolean {
  return ["token_lacks_scope", "rate_limited", "polar_unreachable", "proxy_unreachable", "tls_intercepted", "not_polar"].includes(id);
}

/** Times as Rust writes them, in this machine's time zone. */
export function inLocalTime(text: string): string {
  return text.replace(/(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d:\d\d) UTC/g, (_, day: string | undefined, time: string) => {
    const at = new Date(`${day ?? new Date().toISOString().slice(0, 10)}T${time}Z`);
    return day === undefined ? at.toLocaleTimeString() : at.toLocaleString();
  });
}

/** A diagnosis with its times in this machine's time zone. */
export function localised(diagnosis: Diagnosis): Diagnosis {
  const causes = diagnosis.causes.map((cause) => ({ ...cause, sentence: inLocalTime(cause.sentence), proved_by: cause.proved_by.map(inLocalTime) }));
  return { ...diagnosis, causes, notes: diagnosis.notes.map(inLocalTime) };
}

/** Whether an event that Polar delivers once more would be accepted now. */
export function wouldArrive({ verdict, causes }: Diagnosis): boolean {
  return verdict === "healthy" || (causes.length > 0 && causes.every(isHarmless));
}

const starts: Readonly<Record<StepName, readonly string[]>> = {
  token: ["token_", "rate_", "tls_", "proxy_", "not_polar", "polar_", "environment_"],
  webhook: ["event_", "key_rule"],
  public_url: ["tunnel_", "ngrok_", "udp_", "dns_", "certificate_", "redirect", "receiver_", "altered_"],
  // What Polar has otherwise than it is set up here stands there, with what brings it back.
  verify: ["endpoint_", "no_events", "chat_", "url_", "older_tunnel", "secret_", "env_", "variable_"],
  live: ["retry_"],
  // What is wrong in the app itself: where it is, its port, its route and its handler stand there.
  project: ["app_", "wrong_port", "other_program", "slow_", "login_", "route_", "method_", "csrf", "host_", "auth_", "catch_", "handler_", "body_", "header_", "not_restarted", "clock_"],
};

/** The step for it, if this is a cause that is known here. */
export function knownStep(cause: string): StepName | undefined {
  const steps = Object.entries(starts) as [StepName, readonly string[]][];
  return steps.find(([, names]) => names.some((name) => cause.startsWith(name)))?.[0];
}

/** The step in which it is mended. */
export function stepFor(cause: string): StepName {
  return knownStep(cause) ?? "project";
}

/** What became of a cause from one diagnosis to the next. */
export interface Change {
  readonly id: string;
  /** "unseen": it is not named any more, but what showed it could not be looked at again. */
  readonly what: "mended" | "unseen" | "still" | "new";
  readonly sentence: string;
}

export const changeWords: Readonly<Record<Change["what"], string>> = { mended: "Mended", unseen: "Not seen any more", still: "Still there", new: "Seen now" };

/** What changed: first what is gone, then what is left, then what came. */
export function changesBetween(before: Diagnosis, after: Diagnosis): Change[] {
  const looked = (diagnosis: Diagnosis, probe: string): boolean => diagnosis.probes.some((one) => one.probe === probe && one.looked);
  const seesAsMuch = after.verdict !== "cannot_tell" && before.probes.every(({ probe }) => !looked(before, probe) || looked(after, probe));
  const has = (diagnosis: Diagnosis, cause: Cause): boolean => diagnosis.causes.some((other) => other.id === cause.id);
  const as = (what: Change["what"]) => ({ id, sentence }: Cause): Change => ({ id, what, sentence });
  return [
    ...before.causes.filter((cause) => !has(after, cause)).map(as(seesAsMuch ? "mended" : "unseen")),
    ...after.causes.filter((cause) => has(before, cause)).map(as("still")),
    ...after.causes.filter((cause) => !has(before, cause)).map(as("new")),
  ];
}

/** What is waited for while a button's work is under way. */
export function mendingWords({ mend }: Cause): string {
  if (mend?.label === "Start the tunnel") return "The tunnel starts; then Polar and your env file get its address. Usually 10 to 20 seconds.";
  if (mend?.changes_polar) return "Polar is asked to do it. Usually a second or two.";
  return "It is being written on this machine.";
}

/** Why a delivery failed, for those who did not ask. */
export function failureWords({ verdict, causes }: Diagnosis): string {
  if (causes[0]) return causes[0].sentence;
  if (verdict === "healthy") return "Now your app accepts a signed delivery; what refused that one could not be told.";
  return "Why could not be told, as not everything could be looked at.";
}

/** The whole as plain text, for whoever helps. */
export function reportText(diagnosis: Diagnosis): string {
  const { title, text } = verdictWords(diagnosis);
  const causes = diagnosis.causes.map((cause, index) =>
    [
      `${String(index + 1)}. ${cause.sentence}`,
      ...cause.proved_by.map((proof) => `   Seen: ${proof}`),
      ...cause.ruled_out.map((other) => `   Ruled out: ${other}`),
      `   What to do: ${cause.fix}`,
      ...(cause.link === null ? [] : [`   Read more: ${cause.link}`]),
      `   (${cause.id})`,
    ].join("\n"),
  );
  const missed = diagnosis.missed > 0 ? [missedWords(diagnosis.missed)] : [];
  const probes = ["What was looked at:", ...diagnosis.probes.map((probe) => `- ${probe.title}: ${probe.seen}`)].join("\n");
  return ["Why don't webhooks arrive?", `${title}. ${text}`, ...causes, ...diagnosis.open, ...diagnosis.notes, ...missed, probes].join("\n\n") + "\n";
}

/** What Polar could not deliver. */
export function missedWords(count: number): string {
  return `Polar could not deliver ${counted(count, "event")} of the last day, and no longer tries to.`;
}
