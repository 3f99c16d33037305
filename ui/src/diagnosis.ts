// How a diagnosis is said, and which step mends what it names.
import type { StepName } from "./bindings/StepName";
import type { Verdict } from "./bindings/Verdict";

export const verdictWords: Readonly<Record<Verdict, string>> = {
  healthy: "Everything on the way was looked at, and your app accepts a signed delivery.",
  cause_found: "Found. The first one blocks; what comes behind it shows once that is mended.",
  cannot_tell: "Nothing wrong was found, but not everything could be told.",
};

const starts: readonly (readonly [string, StepName])[] = [
  ["token_", "token"],
  ["rate_", "token"],
  ["tls_", "token"],
  ["not_polar", "token"],
  ["polar_", "token"],
  ["no_events", "webhook"],
  ["chat_", "webhook"],
  ["url_", "public_url"],
  ["older_tunnel", "public_url"],
  ["tunnel_", "public_url"],
  ["ngrok_", "public_url"],
  ["dns_", "public_url"],
  ["certificate_", "public_url"],
  ["redirect", "public_url"],
  ["receiver_", "public_url"],
  ["endpoint_", "verify"],
  ["secret_", "verify"],
  ["env_", "verify"],
  ["variable_", "verify"],
  ["retry_", "live"],
];

/** The step in which it is mended; what is wrong in the app itself is looked at under Project. */
export function stepFor(cause: string): StepName {
  return starts.find(([start]) => cause.startsWith(start))?.[1] ?? "project";
}
