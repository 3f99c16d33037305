// The parts of a canned snapshot: an account, a tunnel, a plan, checks, and the whole window of them.
import type { AccountView } from "../src/bindings/AccountView";
import type { ApplyView } from "../src/bindings/ApplyView";
import type { Check } from "../src/bindings/Check";
import type { EnvView } from "../src/bindings/EnvView";
import type { EnvChange } from "../src/bindings/EnvChange";
import type { PlanView } from "../src/bindings/PlanView";
import type { PublicUrlView } from "../src/bindings/PublicUrlView";
import type { ReportView } from "../src/bindings/ReportView";
import type { RelayPhase } from "../src/bindings/RelayPhase";
import type { RelayView } from "../src/bindings/RelayView";
import type { SetupView } from "../src/bindings/SetupView";
import type { StepName } from "../src/bindings/StepName";
import type { StepState } from "../src/bindings/StepState";
import type { TunnelPhase } from "../src/bindings/TunnelPhase";
import type { TunnelView } from "../src/bindings/TunnelView";
import type { CheckState } from "../src/bindings/CheckState";
import events from "../../src-tauri/core/src/polar/events.json";
import { noLeaks, project } from "./projects";

const payments = events.presets.find((preset) => preset.name === "payments")?.events ?? [];
export const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function check(name: string, title: string, state: CheckState, seen = "", cause: string | null = null, fix: string | null = null): Check {
  return { check: name, title, state, seen, cause, fix };
}

export const account: AccountView = {
  environment: "sandbox",
  api_url: "https://sandbox-api.polar.sh",
  api_url_problem: null,
  token_page: "https://sandbox.polar.sh/dashboard/acme/settings",
  token_name: "Polar Setup on mira-laptop",
  token_expiration: "No expiration, or 1 year",
  scopes: [
    { scope: "webhooks:read", why: "to see which endpoints exist", required: true, granted: null },
    { scope: "webhooks:write", why: "to create or update the endpoint", required: true, granted: null },
    { scope: "organizations:read", why: "to show the organization's name", required: false, granted: null },
    { scope: "events:write", why: "to cause a real event for the proof", required: false, granted: null },
  ],
  token: { state: "missing", masked: null, kept: null, kept_reason: null, expires: null, checks: [] },
  organization: null,
};

export const accepted: AccountView = {
  ...account,
  scopes: account.scopes.map((scope) => ({ ...scope, granted: scope.scope !== "events:write" })),
  token: {
    state: "accepted",
    masked: "polar_oat_••••••••wxyz",
    kept: "keyring",
    kept_reason: null,
    expires: { date: "2026-12-23", soon: false, sentence: "By your note it ends on 2026-12-23, in 30 days. You will be reminded a week before." },
    checks: [
      check("token_shape", "The token is complete", "passed", "An organization access token with a right checksum."),
      check("token", "Polar accepts the token", "passed", "sandbox-api.polar.sh answered 200 in 212 ms."),
      check("token_scopes", "It may do what is needed", "warning", "events:write is missing.", "The token was made without it.", "Nothing, unless you want the proof to use a real event."),
    ],
  },
  organization: { id: "5c1b", name: "Acme", slug: "acme" },
};

export const refused: AccountView = {
  ...account,
  token: {
    state: "refused",
    masked: "polar_oat_••••••••9f2a",
    kept: null,
    kept_reason: null,
    expires: null,
    checks: [
      check("token_shape", "The token is complete", "passed", "An organization access token with a right checksum."),
      check(
        "token",
        "Polar accepts the token",
        "failed",
        "sandbox-api.polar.sh answered 401 invalid_token.",
        "This token belongs to production: api.polar.sh accepts it.",
        "Choose Production above, or make a token in the sandbox.",
      ),
    ],
  },
};

export const webhook: SetupView["webhook"] = {
  name: "my-shop (Polar Setup)",
  secret_source: "generated",
  secret_choices: [
    { source: "generated", verifies: "Every version of Polar's SDKs verifies it.", fits_project: true },
    { source: "own", verifies: "Every version of Polar's SDKs verifies it, as long as it has 32 characters or more.", fits_project: true },
    { source: "polar", verifies: "Only @polar-sh/sdk 1.0.0 and newer verify it.", fits_project: false },
  ],
  secret_masked: "polar_whs_••••••••Kd3Q",
  secret_problem: null,
  format: "raw",
  events: payments,
  preset: "payments",
  notes: [],
};

const programs: PublicUrlView["programs"] = [
  {
    name: "cloudflared",
    path: "/usr/local/bin/cloudflared",
    version: "2026.11.0",
    about: "No account needed. The address is a new one at every start.",
    install: "brew install cloudflared",
  },
  {
    name: "ngrok",
    path: null,
    version: null,
    about: "Needs a free account; the address stays the same.",
    install: "curl -fsSL https://ngrok-agent.s3.amazonaws.com/ngrok.asc -o /etc/apt/trusted.gpg.d/ngrok.asc && apt install ngrok",
  },
];

export const publicUrl: PublicUrlView = {
  way: "tunnel",
  program: "cloudflared",
  programs,
  direct_possible: false,
  own_url: "",
  own_url_problem: null,
  tunnel: null,
  relay: null,
  relay_note: "The relay is the stream that Polar's own command listens to. Polar calls it private and may change it.",
  happened: [],
  can_be_fetched: true,
  fetch: null,
  own_url_check: null,
  own_url_suggestion: null,
  authtoken: null,
  domain: null,
  domain_problem: null,
  receiver: "http://127.0.0.1:23117",
  endpoint_url: null,
};

const log = [
  "INF Requesting new quick Tunnel on trycloudflare.com...",
  "INF +----------------------------------------------------+",
  "INF |  https://brave-otter-lamp-stone.trycloudflare.com  |",
  "INF Registered tunnel connection connIndex=0 location=fra08 protocol=quic",
];

export function tunnel(phase: TunnelPhase, more: Partial<TunnelView> = {}): PublicUrlView {
  const known = phase !== "starting" && phase !== "failed";
  return {
    ...publicUrl,
    tunnel: { program: "cloudflared", phase, url: known ? "https://brave-otter-lamp-stone.trycloudflare.com" : null, problem: null, fix: null, since: phase === "reachable" ? Date.now() - 754_000 : null, restarts: 0, log, ...more },
    endpoint_url: known ? "https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar" : null,
  };
}

export function relay(phase: RelayPhase | null, more: Partial<RelayView> = {}): PublicUrlView {
  return { ...publicUrl, way: "relay", program: null, relay: phase === null ? null : { phase, problem: null, fix: null, again_in: null, ...more } };
}

const changes: EnvChange[] = [
  { variable: "token", name: "POLAR_ACCESS_TOKEN", action: "change", old: "polar_oat_••••••••0aa1", new: "polar_oat_••••••••wxyz" },
  { variable: "secret", name: "POLAR_WEBHOOK_SECRET", action: "add", old: null, new: "polar_whs_••••••••Kd3Q" },
  { variable: "switch", name: "POLAR_SERVER", action: "keep", old: "sandbox", new: "sandbox" },
];

export const env: EnvView = {
  backups: [
    { id: "3", replaced_at: noon - 3_600_000, size: 412 },
    { id: "2", replaced_at: noon - 90_000_000, size: 398 },
  ],
  example: { file: ".env.example", exists: true, missing: ["POLAR_WEBHOOK_SECRET"] },
  keeps_example: false,
  can_export: true,
  differences: [],
};

const plan: PlanView = {
  endpoint: "Create the webhook endpoint “my-shop (Polar Setup)” in Acme, sandbox, for 11 events.",
  env_path: "/home/mira/code/my-shop/.env.local",
  env_exists: true,
  changes,
  diff: [
    { kind: "skipped", line: null, text: "4 lines stay as they are" },
    { kind: "same", line: 5, text: "DATABASE_URL='••••••••'" },
    { kind: "same", line: 6, text: "" },
    { kind: "removed", line: 7, text: "POLAR_ACCESS_TOKEN=polar_oat_••••••••0aa1 # the shop's" },
    { kind: "added", line: 7, text: "POLAR_ACCESS_TOKEN=polar_oat_••••••••wxyz # the shop's" },
    { kind: "same", line: 8, text: "POLAR_SERVER=sandbox" },
    { kind: "added", line: 9, text: "POLAR_WEBHOOK_SECRET=polar_whs_••••••••Kd3Q" },
  ],
  env_reason: "Next.js reads it after .env, and git ignores it.",
  warnings: ["git does not ignore .env.local: it would be committed with your secrets in it. Add it to .gitignore."],
};

export const checks = (states: CheckState[]): Check[] => {
  const titles: [string, string, string][] = [
    ["token", "Polar accepts the token", "Accepted by sandbox-api.polar.sh."],
    ["tunnel", "The public address reaches this machine", "A request through it came back in 184 ms."],
    ["endpoint", "The endpoint is set on Polar", "Created, for 11 events."],
    ["env_file", "The env file holds the values", "3 variables read back from disk."],
    ["delivery", "A delivery arrives", "checkout.created, 1.3 s after it was caused."],
    ["signature", "Its signature is right", "Verified with the secret read from the file."],
    ["app", "Your app answers it", "200 in 38 ms."],
  ];
  return titles.map(([name, title, seen], index) => {
    const state = states[index] ?? "waiting";
    if (state === "failed")
      return check(name, title, state, "Your app answered 403.", "The app runs with another secret: it was started before the file was written.", "Restart your app, then verify again.");
    return check(name, title, state, state === "waiting" ? "" : state === "running" ? "Waiting up to 30 seconds…" : seen);
  });
};

export const idle: ApplyView = { kind: "apply", rotation_pending: false, can_rotate: true, state: "idle", checks: [], question: null, report: null };
export const report: ReportView = {
  verified: true,
  summary: "A delivery from Polar arrived, its signature was right, and your app answered 200.",
  endpoint_id: "b7d6f5f2-6c0e-4b0e-9a52-0a7c54b0f001",
  endpoint_url: "https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar",
  endpoint_created: true,
  endpoint_page: "https://sandbox.polar.sh/dashboard/acme/settings/webhooks",
  env_file: "/home/mira/code/my-shop/.env.local",
  variables: changes,
  organization: { id: "5c1b", name: "Acme", slug: "acme" },
  environment: "sandbox",
};

export const live: SetupView["live"] = { receiving: true, forward_to: "http://127.0.0.1:3000", app_running: true, total: 0, revision: 0, kept: false, keeps_host: false, hold: "off", held: 0, failing: 0 };
export const filled: SetupView["live"] = { ...live, total: 6, revision: 9 };

const summaries: Record<StepName, [StepState, string]> = {
  project: ["done", "my-shop"],
  token: ["done", "Acme · sandbox"],
  webhook: ["done", "11 events, raw"],
  public_url: ["done", "brave-otter-lamp-stone.trycloudflare.com"],
  verify: ["open", "not run yet"],
  live: ["open", "nothing arrived yet"],
};

export function setup(step: StepName, change: Partial<SetupView> = {}, stands: Partial<typeof summaries> = {}): SetupView {
  const all = { ...summaries, ...stands };
  return {
    revision: 1,
    step,
    steps: (Object.keys(all) as StepName[]).map((name) => ({ name, state: all[name][0], summary: all[name][1] })),
    project,
    account: accepted,
    webhook,
    public_url: tunnel("reachable"),
    leaks: noLeaks,
    env,
    plan,
    apply: idle,
    live,
    failure: null,
    ...change,
  };
}

export const nothing: Partial<typeof summaries> = {
  project: ["open", "choose a folder"],
  token: ["open", "no token yet"],
  webhook: ["done", "11 events, raw"],
  public_url: ["open", "start a tunnel"],
  verify: ["open", "3 steps are open"],
  live: ["open", ""],
};
export const asking: ApplyView = {
  ...idle,
  state: "asking",
  checks: checks(["passed", "passed", "running"]),
  question: {
    text: "Polar already has an endpoint named “my-shop (Polar Setup)” with another address. What shall happen?",
    options: [
      { id: "update", label: "Update it", detail: "Its address and events change; deliveries to the old address stop." },
      { id: "create", label: "Create another", detail: "Both endpoints then get every event." },
      { id: "stop", label: "Stop", detail: "Nothing is changed." },
    ],
  },
};
