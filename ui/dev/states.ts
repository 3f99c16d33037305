// The canned snapshots: every step empty, filled, working, failed and done.
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
import type { State } from "./canned-backend";
import { cannedFailure, cannedSearches } from "./diagnosis";
import { emptyProject, exposedProject, leaked, noLeaks, project, searching, severalApps } from "./projects";

const payments = events.presets.find((preset) => preset.name === "payments")?.events ?? [];
const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function check(name: string, title: string, state: CheckState, seen = "", cause: string | null = null, fix: string | null = null): Check {
  return { check: name, title, state, seen, cause, fix };
}

const account: AccountView = {
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

const accepted: AccountView = {
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

const refused: AccountView = {
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

const webhook: SetupView["webhook"] = {
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

const publicUrl: PublicUrlView = {
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

function tunnel(phase: TunnelPhase, more: Partial<TunnelView> = {}): PublicUrlView {
  const known = phase !== "starting" && phase !== "failed";
  return {
    ...publicUrl,
    tunnel: { program: "cloudflared", phase, url: known ? "https://brave-otter-lamp-stone.trycloudflare.com" : null, problem: null, fix: null, since: phase === "reachable" ? Date.now() - 754_000 : null, restarts: 0, log, ...more },
    endpoint_url: known ? "https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar" : null,
  };
}

function relay(phase: RelayPhase | null, more: Partial<RelayView> = {}): PublicUrlView {
  return { ...publicUrl, way: "relay", program: null, relay: phase === null ? null : { phase, problem: null, fix: null, again_in: null, ...more } };
}

const changes: EnvChange[] = [
  { variable: "token", name: "POLAR_ACCESS_TOKEN", action: "change", old: "polar_oat_••••••••0aa1", new: "polar_oat_••••••••wxyz" },
  { variable: "secret", name: "POLAR_WEBHOOK_SECRET", action: "add", old: null, new: "polar_whs_••••••••Kd3Q" },
  { variable: "switch", name: "POLAR_SERVER", action: "keep", old: "sandbox", new: "sandbox" },
];

const env: EnvView = {
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

const checks = (states: CheckState[]): Check[] => {
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

const idle: ApplyView = { kind: "apply", rotation_pending: false, can_rotate: true, state: "idle", checks: [], question: null, report: null };
const report: ReportView = {
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

const live: SetupView["live"] = { receiving: true, forward_to: "http://127.0.0.1:3000", app_running: true, total: 0, revision: 0, kept: false, keeps_host: false, hold: "off", held: 0, failing: 0 };
const filled: SetupView["live"] = { ...live, total: 6, revision: 9 };

const summaries: Record<StepName, [StepState, string]> = {
  project: ["done", "my-shop"],
  token: ["done", "Acme · sandbox"],
  webhook: ["done", "11 events, raw"],
  public_url: ["done", "brave-otter-lamp-stone.trycloudflare.com"],
  verify: ["open", "not run yet"],
  live: ["open", "nothing arrived yet"],
};

function setup(step: StepName, change: Partial<SetupView> = {}, stands: Partial<typeof summaries> = {}): SetupView {
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

const nothing: Partial<typeof summaries> = {
  project: ["open", "choose a folder"],
  token: ["open", "no token yet"],
  webhook: ["done", "11 events, raw"],
  public_url: ["open", "start a tunnel"],
  verify: ["open", "3 steps are open"],
  live: ["open", ""],
};
const asking: ApplyView = {
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

export const states: Readonly<Record<string, State>> = {
  opening: null,
  "project-empty": setup("project", { project: emptyProject, plan: null }, nothing),
  "project-recent": setup("project", { project: { ...emptyProject, recent: project.recent }, plan: null }, nothing),
  "project-filled": setup("project"),
  palette: setup("project"),
  keys: setup("project"),
  about: setup("project"),
  ...Object.fromEntries(Object.keys(cannedSearches).map((name) => [name, setup("live")])),
  "diagnosis-production": setup("live", { account: { ...accepted, environment: "production" } }),
  "failure-looking": setup("webhook", { failure: { diagnosis: null } }),
  "failure-found": setup("token", { failure: { diagnosis: cannedFailure } }),
  "failure-shown": setup("live", { failure: { diagnosis: cannedFailure } }),
  "quit-question": setup("live"),
  panicked: setup("live"),
  restored: setup("live"),
  // A snapshot that no step can draw, which never happens; the page must say so.
  undrawable: { ...setup("project"), project: null } as unknown as SetupView,
  "project-differences": setup("project", {
    env: {
      ...env,
      differences: [
        { id: "endpoint_off", text: "Polar has switched the endpoint off, as it does after ten failed events in a row: nothing is delivered.", fix: "Switch it on" },
        { id: "secret_differs", text: "POLAR_WEBHOOK_SECRET in .env.local is not the endpoint's secret on Polar: your app refuses what Polar sends.", fix: "Write Polar's" },
        { id: "endpoint_twice", text: "Polar has 2 endpoints that deliver to https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar: each event comes as often. Delete those that nobody needs on Polar's page.", fix: null },
      ],
    },
  }),
  "project-unknown": setup(
    "project",
    { project: { ...project, framework: null, sdk: null, handler: null, problem: "The folder holds no app that is known here. Check the route and the port." } },
    { project: ["attention", "my-shop, no framework found"] },
  ),
  "project-apps": setup("project", { project: severalApps, leaks: searching }, { project: ["attention", "several apps"] }),
  "project-exposed": setup("project", { project: exposedProject, leaks: leaked }, { project: ["attention", "git would take .env.local"] }),
  "token-practice": setup("token", {
    account: { ...accepted, environment: "practice", token_page: null, organization: { id: null, name: "Practice", slug: "practice" } },
  }),
  "token-practice-idle": setup("token", { account: { ...account, environment: "practice", token_page: null, api_url: "" } }),
  "token-empty": setup("token", { account }, { token: ["open", "no token yet"] }),
  "token-checking": setup(
    "token",
    { account: { ...account, token: { ...account.token, state: "checking", masked: "polar_oat_••••••••wxyz" } } },
    { token: ["working", "asking Polar"] },
  ),
  "token-accepted": setup("token"),
  "token-ends": setup("token", {
    account: { ...accepted, token: { ...accepted.token, expires: { date: "2026-11-26", soon: true, sentence: "By your note the token ends in 3 days, on 2026-11-26: make a new one before." } } },
  }),
  "token-session": setup("token", {
    account: { ...accepted, token: { ...accepted.token, kept: "session", kept_reason: "This system has no keyring that answers (no Secret Service on the session bus)." } },
  }),
  "token-refused": setup("token", { account: refused }, { token: ["attention", "refused by sandbox"] }),
  "token-production": setup("token", { account: { ...account, environment: "production" } }, { token: ["open", "no token yet"] }),
  "token-custom": setup(
    "token",
    { account: { ...account, environment: "custom", api_url: "polar.internal", api_url_problem: "An address begins with https:// or, on this machine, http://.", token_page: null } },
    { token: ["attention", "the address is not right"] },
  ),
  "webhook-filled": setup("webhook"),
  "webhook-own": setup(
    "webhook",
    { webhook: { ...webhook, secret_source: "own", secret_masked: null, secret_problem: "It has 12 characters; Polar wants at least 32." } },
    { webhook: ["attention", "the secret is too short"] },
  ),
  "webhook-chat": setup(
    "webhook",
    { webhook: { ...webhook, format: "discord", events: [], preset: "none", notes: ["No event is chosen: the endpoint would receive nothing."] } },
    { webhook: ["open", "choose at least one event"] },
  ),
  "public-direct": setup("public_url", {
    account: { ...accepted, environment: "practice" },
    public_url: { ...publicUrl, way: "direct", program: null, direct_possible: true, endpoint_url: "http://127.0.0.1:23117/api/webhook/polar" },
  }),
  "public-stopped": setup("public_url", { public_url: publicUrl }, { public_url: ["open", "start the tunnel"] }),
  "public-missing": setup("public_url", { public_url: { ...publicUrl, program: "ngrok" } }, { public_url: ["open", "ngrok is not installed"] }),
  "public-starting": setup("public_url", { public_url: tunnel("starting") }, { public_url: ["working", "starting cloudflared"] }),
  "public-connected": setup("public_url", { public_url: tunnel("connected") }, { public_url: ["working", "waiting for the address to answer"] }),
  "public-reachable": setup("public_url"),
  "public-failed": setup(
    "public_url",
    { public_url: tunnel("failed", { problem: "cloudflared stopped before it had an address: the service answered 429, too many tunnels.", fix: "Wait a minute and try again, or use ngrok." }) },
    { public_url: ["attention", "the tunnel did not start"] },
  ),
  "public-own": setup(
    "public_url",
    { public_url: { ...publicUrl, way: "own_url", program: null, own_url: "http://localhost:3000", own_url_problem: "Polar can't reach localhost, and asks for https." } },
    { public_url: ["attention", "the address is not right"] },
  ),
  "public-relay": setup("public_url", { public_url: relay("connected") }, { public_url: ["done", "Polar's relay"] }),
  "public-relay-stopped": setup("public_url", { public_url: relay(null) }, { public_url: ["open", "listen, or let \"Write and verify\" do so"] }),
  "public-relay-lost": setup(
    "public_url",
    { public_url: relay("reconnecting", { problem: "Polar could not be reached: no connection to api.polar.sh. Look at your network.", again_in: 16 }) },
    { public_url: ["working", "opening Polar's stream"] },
  ),
  "public-relay-failed": setup(
    "public_url",
    { public_url: relay("failed", { problem: "Polar refuses the stream: the token lacks webhooks:read.", fix: "Make a token with organizations:read and webhooks:read." }) },
    { public_url: ["attention", "Polar's stream is not open"] },
  ),
  "verify-missing": setup("verify", { plan: null }, nothing),
  "verify-preview": setup("verify"),
  "verify-rotation": setup("verify", { apply: { ...idle, rotation_pending: true, can_rotate: false } }),
  "verify-production": setup("verify", { account: { ...accepted, environment: "production" } }),
  "verify-running": setup("verify", { apply: { ...idle, state: "running", checks: checks(["passed", "passed", "passed", "passed", "running"]) } }, { verify: ["working", "waiting for a delivery"] }),
  "verify-asking": setup("verify", { apply: asking }, { verify: ["attention", "a question for you"] }),
  "verify-done": setup(
    "verify",
    { apply: { ...idle, state: "done", checks: checks(Array<CheckState>(7).fill("passed")), report } },
    { verify: ["done", "verified"], live: ["done", "3 deliveries"] },
  ),
  "verify-failed": setup(
    "verify",
    {
      apply: {
        ...idle,
        state: "done",
        checks: checks(["passed", "passed", "passed", "passed", "passed", "passed", "failed"]),
        report: { ...report, verified: false, summary: "The delivery arrived and its signature is right, but your app refused it.", endpoint_created: false },
      },
    },
    { verify: ["attention", "not verified"] },
  ),
  "live-empty": setup("live"),
  "live-filled": setup("live", { live: filled }, { verify: ["done", "verified"], live: ["done", "5 deliveries"] }),
  "live-beside": setup("live", { live: filled }, { verify: ["done", "verified"], live: ["done", "5 deliveries"] }),
  "live-beside-problem": setup("live"),
  "live-relay": setup(
    "live",
    {
      live: filled,
      public_url: {
        ...relay("failed", { problem: "Polar refuses the stream: it does not accept the token.", fix: "Paste a token that Polar accepts." }),
        happened: [{ at: noon, text: "The stream was away for a moment. There is no endpoint, so Polar has no list of what came meanwhile." }],
      },
    },
    { verify: ["done", "verified"], public_url: ["attention", "Polar's stream is not open"], live: ["done", "5 deliveries"] },
  ),
  "live-held": setup("live", { live: { ...filled, app_running: false, hold: "when_down", held: 3, failing: 6 } }, { verify: ["done", "verified"], live: ["done", "6 deliveries"] }),
  "live-alone": setup("live", { live: { ...live, receiving: false, app_running: false } }),
};
