// Every action of the window by its name, for those who would rather type than look. Only what can be done now.
import type { Backend } from "./backend";
import type { Catalogue } from "./bindings/Catalogue";
import type { SetupView } from "./bindings/SetupView";
import { combination } from "./keys";
import { stepOrder, stepTitles } from "./words";

export interface PaletteAction {
  readonly id: string;
  readonly name: string;
  readonly group: "Go to" | "Do" | "Copy" | "Open" | "Send a test event";
  readonly keys?: string;
  readonly run: (backend: Backend) => Promise<unknown>;
  /** What the window itself shows instead. */
  readonly shows?: "help" | "about" | "diagnosis";
}

/** What can be done with the setup as it stands. */
export function actions(view: SetupView, catalogue: Catalogue): PaletteAction[] {
  const found: PaletteAction[] = [];
  const add = (group: PaletteAction["group"], id: string, name: string, run: PaletteAction["run"], keys?: string): void => {
    found.push(keys === undefined ? { group, id, name, run } : { group, id, name, run, keys });
  };
  const { project, account, public_url: reach, apply, live } = view;
  const busy = apply.state === "running" || apply.state === "asking";
  for (const [index, step] of stepOrder.entries()) {
    add("Go to", step, stepTitles[step], (backend) => backend.goTo(step), combination(String(index + 1)));
  }
  if (busy) add("Do", "cancel", "Cancel “Write and verify”", (backend) => backend.cancelApply(), "Esc");
  if (!busy) {
    // Nothing live is changed without the question that the step asks.
    const isLive = account.environment === "production";
    if (view.plan) add("Do", "apply", "Write and verify", (backend) => (isLive ? backend.goTo("verify") : backend.apply()));
    if (apply.can_rotate) add("Do", "rotate", "Replace the webhook secret", (backend) => (isLive ? backend.goTo("verify") : backend.rotateSecret()));
    add("Do", "folder", "Choose a project folder…", (backend) => backend.chooseFolder());
    for (const recent of project.recent.filter((known) => known.folder !== project.folder)) {
      add("Do", `recent-${recent.folder}`, `Open ${recent.name} (${recent.folder})`, (backend) => backend.openProject(recent.folder));
    }
    for (const name of ["practice", "sandbox", "production"] as const) {
      if (account.environment !== name) add("Do", name, `Use ${name}`, (backend) => backend.setEnvironment(name, null));
    }
  }
  if (account.token.state === "accepted" && account.environment !== "practice") {
    add("Do", "forget-token", "Forget the access token", (backend) => backend.forgetToken());
  }
  if (reach.way === "tunnel" && reach.program !== null) {
    const runs = reach.tunnel !== null && !["stopped", "failed"].includes(reach.tunnel.phase);
    add("Do", "tunnel", `${runs ? "Stop" : "Start"} ${reach.program}`, (backend) => (runs ? backend.stopTunnel() : backend.startTunnel()));
  }
  if (reach.way === "relay") {
    const runs = reach.relay !== null && reach.relay.phase !== "failed";
    add("Do", "relay", runs ? "Stop listening to Polar's stream" : "Listen to Polar's stream", (backend) => (runs ? backend.stopRelay() : backend.startRelay()));
  }
  if (project.folder !== null) found.push({ group: "Do", id: "diagnose", name: "Why don't webhooks arrive?", shows: "diagnosis", run: () => Promise.resolve() });
  if (project.folder !== null) add("Do", "leaks", "Look for leaked secrets", (backend) => backend.scanLeaks());
  if (live.receiving) {
    if (live.hold !== "on") add("Do", "hold", "Hold all deliveries", (backend) => backend.setHold("on"));
    if (live.hold !== "off") add("Do", "pass-on", "Pass deliveries on", (backend) => backend.setHold("off"));
    if (live.held > 0) add("Do", "let-go", "Send what is held to the app", (backend) => backend.letGo());
    if (live.total > 0) add("Do", "clear", "Clear the deliveries", (backend) => backend.clearDeliveries());
    add("Do", "keep", live.kept ? "Keep deliveries no longer" : "Keep deliveries across restarts", (backend) => backend.keepDeliveries(!live.kept));
  }
  if (reach.endpoint_url !== null) add("Copy", "copy-endpoint", "Copy the endpoint's address", (backend) => backend.copy("endpoint_url"));
  if (view.webhook.secret_masked !== null) add("Copy", "copy-secret", "Copy the webhook secret", (backend) => backend.copy("secret"));
  if (project.folder !== null) add("Copy", "copy-path", "Copy the env file's path", (backend) => backend.copy("env_path"));
  if (view.env.can_export) {
    add("Copy", "copy-shell", "Copy the variables for a shell", (backend) => backend.copy("env_shell"));
    add("Copy", "copy-json", "Copy the variables as JSON", (backend) => backend.copy("env_json"));
    add("Copy", "copy-docker", "Copy the variables for Docker", (backend) => backend.copy("env_docker"));
  }
  if (project.handler) add("Copy", "copy-handler", "Copy the webhook handler", (backend) => backend.copy("handler"));
  if (account.token_page !== null) add("Open", "page-token", "Open Polar's page for access tokens", (backend) => backend.openPage("token"));
  if (apply.report?.endpoint_page) add("Open", "page-endpoint", "Open the endpoint on Polar", (backend) => backend.openPage("endpoint"));
  found.push({ group: "Open", id: "about", name: "About Polar Setup, notifications and licences", shows: "about", run: () => Promise.resolve() });
  found.push({ group: "Open", id: "keys", name: "Show the keys", shows: "help", keys: "?", run: () => Promise.resolve() });
  add("Open", "logs", "Show logs", (backend) => backend.showLogs());
  add("Copy", "copy-report", "Copy a report for whoever helps you", (backend) => backend.copyReport());
  add("Do", "quit", "Quit Polar Setup", (backend) => backend.quit());
  add("Open", "docs-webhooks", "Open Polar's documentation of webhooks", (backend) => backend.openPage("webhook_docs"));
  add("Open", "docs-sandbox", "Open Polar's documentation of the sandbox", (backend) => backend.openPage("sandbox_docs"));
  if (live.receiving) {
    for (const { type } of catalogue.groups.flatMap((group) => group.events)) {
      add("Send a test event", `send-${type}`, `Send ${type}`, (backend) => backend.sendTestEvent(type));
    }
  }
  return found;
}

/** Those whose name has every word that was typed, those that begin with it first. */
export function matching(all: readonly PaletteAction[], typed: string): PaletteAction[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (action: PaletteAction): string => `${action.name} ${action.group}`.toLowerCase();
  const fits = all.filter((action) => words.every((word) => text(action).includes(word)));
  const rank = (action: PaletteAction): number => (words.length > 0 && action.name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return words.length === 0 ? fits : fits.toSorted((one, other) => rank(one) - rank(other));
}
