// The canned snapshots: every step empty, filled, working, failed and done.
import type { CheckState } from "../src/bindings/CheckState";
import type { SetupView } from "../src/bindings/SetupView";
import type { State } from "./canned-backend";
import { cannedFailure, cannedSearches } from "./diagnosis";
import { emptyProject, exposedProject, leaked, project, searching, severalApps } from "./projects";
import { accepted, account, asking, checks, env, filled, idle, live, noon, nothing, publicUrl, refused, relay, report, setup, tunnel, webhook } from "./views";

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
