// Diagnoses as the terminal program wrote them, and what each canned state's search and buttons come to.
import type { Cause } from "../src/bindings/Cause";
import type { Diagnosis } from "../src/bindings/Diagnosis";
import type { Probe } from "../src/bindings/Probe";

const probes: Probe[] = [
  { probe: "env", title: "The env files", looked: true, seen: "POLAR_WEBHOOK_SECRET stands in .env.local, line 4." },
  { probe: "app", title: "The app's port", looked: true, seen: "node listens on port 3000." },
  { probe: "handler", title: "The handler, asked on this machine", looked: true, seen: "/api/webhook/polar answered 200 after 4 ms." },
  { probe: "polar", title: "Polar", looked: true, seen: "Its endpoint (its address) delivers 11 event types to https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar, enabled." },
  { probe: "deliveries", title: "Polar's list of deliveries", looked: true, seen: "3 of the newest 10 attempts succeeded." },
  { probe: "public", title: "The endpoint's address, from outside in", looked: false, seen: "Not asked." },
  { probe: "clock", title: "This machine's clock", looked: true, seen: "It agrees with Polar's." },
];

const healthy: Diagnosis = { verdict: "healthy", causes: [], open: [], notes: [], probes, missed: 0 };
const found = (...causes: Cause[]): Diagnosis => ({ ...healthy, verdict: "cause_found", causes });

const disabled: Cause = {
  id: "endpoint_disabled",
  sentence: "The endpoint https://brave-otter-lamp-stone.trycloudflare.com/api/webhook/polar is disabled: Polar sends nothing to it.",
  proved_by: ["Polar says that it is switched off (enabled: false)."],
  ruled_out: [],
  fix: "Enable it on Polar's page, or \"Switch it on\": your app accepts deliveries now. Polar disables an endpoint after ten events in a row that failed.",
  link: "https://polar.sh/docs/integrate/webhooks/endpoints",
  mend: { label: "Switch it on", changes_polar: true },
};

const secret: Cause = {
  id: "secret_wrong",
  sentence: "POLAR_WEBHOOK_SECRET at .env.local:4 is not the endpoint's secret on Polar.",
  proved_by: ["The file has 42 characters, ending in …02; Polar 43, ending in …Qx."],
  ruled_out: ["It is no other endpoint's secret, and no other spelling of the right one."],
  fix: "Write the endpoint's: \"Write Polar's\", or polar-setup-cli setup in a terminal; then restart your app.",
  link: null,
  mend: { label: "Write Polar's secret into .env.local", changes_polar: false },
};

const restart: Cause = {
  id: "not_restarted",
  sentence: "Your app was started before .env.local was last changed, and still verifies with what stood there before.",
  proved_by: ["The app was started 812 s before the file's last change.", "It answered 403 after 3 ms to a delivery signed with what the file says now."],
  ruled_out: ["The file's secret is the endpoint's, as far as Polar was asked."],
  fix: "End your app and start it anew: pnpm dev",
  link: null,
  mend: null,
};

const notRunning: Cause = {
  id: "app_not_running",
  sentence: "Your app is not running.",
  proved_by: ["Nothing listens on port 3000."],
  ruled_out: ["No program that works in the project's folder listens on another port."],
  fix: "Start it: pnpm dev",
  link: null,
  mend: null,
};

const missing: Cause = {
  id: "endpoint_missing",
  sentence: "In the organization Otter Goods, which the token belongs to, Polar has no webhook endpoint for this project, so it sends nothing.",
  proved_by: ["The organization has no webhook endpoint at all."],
  ruled_out: ["Polar answered, so the token is right."],
  fix: "Set it up: \"Write and verify\", or polar-setup-cli setup in a terminal.",
  link: "https://polar.sh/docs/integrate/webhooks/endpoints",
  mend: { label: "Write and verify", changes_polar: true },
};

const authtoken: Cause = {
  id: "ngrok_authtoken",
  sentence: "The ngrok tunnel is not running, and ngrok has no authtoken on this machine: without one it starts no tunnel (ERR_NGROK_4018).",
  proved_by: ["ngrok answered ERR_NGROK_3200.", "ngrok is installed, no ngrok runs, and neither its configuration nor NGROK_AUTHTOKEN has an authtoken."],
  ruled_out: [],
  fix: "Take your authtoken from https://dashboard.ngrok.com/get-started/your-authtoken and enter it under Public URL, or: ngrok config add-authtoken TOKEN",
  link: "https://ngrok.com/docs/errors/err_ngrok_4018/",
  mend: null,
};

const cannotTell: Diagnosis = {
  ...healthy,
  verdict: "cannot_tell",
  open: [
    "Polar could not be asked, for want of a token: whether it has an endpoint, with which address, events and secret, is not known. Name a token in the env file, or in POLAR_ACCESS_TOKEN.",
  ],
  probes: probes.map((probe) => (["polar", "deliveries"].includes(probe.probe) ? { ...probe, looked: false, seen: "There is no token to ask with." } : probe)),
};

/** What the searches of a state find, one after the other, the last one again and again; null: it never ends. */
export interface CannedSearch {
  readonly finds: readonly (Diagnosis | null)[];
  /** What comes of a button; by default it succeeds. */
  readonly mends?: "never" | string;
}

const both = found(
  { ...disabled, fix: "Enable it on Polar's page, or \"Switch it on\", and mend what else is named as well: Polar disables an endpoint after ten events in a row that failed, and would again." },
  secret,
);
export const cannedFailure = found(notRunning);
export const cannedSearches: Readonly<Record<string, CannedSearch>> = {
  diagnosis: { finds: [both] },
  "diagnosis-looking": { finds: [null] },
  "diagnosis-healthy": { finds: [healthy] },
  "diagnosis-noted": {
    finds: [{ ...healthy, notes: ["Polar has sent nothing to this endpoint yet: it was made at 2026-11-23 11:48:02 UTC, and what happened before is never sent. The newest order is of 2026-11-22 18:20:41 UTC."] }],
  },
  "diagnosis-missed": { finds: [{ ...healthy, missed: 3 }] },
  "diagnosis-redelivered": { finds: [{ ...healthy, missed: 3 }] },
  "diagnosis-one": { finds: [found(disabled)] },
  "diagnosis-missing": { finds: [found(missing)] },
  "diagnosis-by-hand": { finds: [found(authtoken)] },
  "diagnosis-production": { finds: [found(disabled)] },
  "diagnosis-cannot-tell": { finds: [cannotTell] },
  "diagnosis-mending": { finds: [both], mends: "never" },
  "diagnosis-mended": { finds: [found(disabled), { ...healthy, missed: 3 }] },
  "diagnosis-changed": { finds: [both, found({ ...secret, mend: null }, restart)] },
  "diagnosis-mend-failed": { finds: [both], mends: "Polar did not answer within 10 seconds. Look at your network, then try again." },
};
