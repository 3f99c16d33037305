// What the window may ask of Rust: intents go out, whole snapshots come back. No answer ever holds a secret.
import type { AboutView } from "./bindings/AboutView";
import type { Catalogue } from "./bindings/Catalogue";
import type { DeliveriesPage } from "./bindings/DeliveriesPage";
import type { DeliveryDetail } from "./bindings/DeliveryDetail";
import type { Diagnosis } from "./bindings/Diagnosis";
import type { DeliveryFormat } from "./bindings/DeliveryFormat";
import type { DeliveryQuery } from "./bindings/DeliveryQuery";
import type { EnvironmentName } from "./bindings/EnvironmentName";
import type { Hold } from "./bindings/Hold";
import type { ListSpan } from "./bindings/ListSpan";
import type { PolarsList } from "./bindings/PolarsList";
import type { PublicWay } from "./bindings/PublicWay";
import type { SecretSource } from "./bindings/SecretSource";
import type { SetupView } from "./bindings/SetupView";
import type { ShellEvent } from "./bindings/ShellEvent";
import type { ThirdParties } from "./bindings/ThirdParties";
import type { Variable } from "./bindings/Variable";
import type { StepName } from "./bindings/StepName";

/** A failed intent: a sentence to show, and a code only where the window branches on it. */
export interface BackendError {
  code: string;
  message: string;
}

/** Polar's pages that can be opened in the browser. Rust knows their addresses. */
export type Page = "token" | "webhooks" | "endpoint" | "sandbox_docs" | "webhook_docs" | "install_cloudflared" | "install_ngrok" | "ngrok_authtoken" | "ngrok_domains";

/** What Rust can put on the clipboard: the page itself never holds a secret. `install_command` is that of the chosen tunnel program. */
export type Copyable = "token_name" | "scopes" | "endpoint_url" | "public_url" | "secret" | "token" | "env_path" | "install_command" | "env_shell" | "env_json" | "env_docker" | "handler" | "handler_install";

export interface Backend {
  /** Sends the present snapshot at once and every later one. */
  subscribe(listener: (view: SetupView) => void): Promise<void>;
  /** Tells what the shell has to say: a menu was chosen, somebody wants to quit, something failed. */
  hear(listener: (event: ShellEvent) => void): Promise<void>;
  catalogue(): Promise<Catalogue>;
  goTo(step: StepName): Promise<void>;

  /** Opens the native folder dialog; resolves to false when it was cancelled. */
  chooseFolder(): Promise<boolean>;
  openProject(folder: string): Promise<void>;
  /** Overrules what was found; null leaves a value as it is. */
  setProjectDetails(route: string | null, port: number | null, envFile: string | null): Promise<void>;
  /** Overrules the framework; empty goes back to the one that was found. */
  setFramework(framework: string): Promise<void>;
  /** Searches files and history for leaked secrets, in the background. */
  scanLeaks(): Promise<void>;
  cancelScan(): Promise<void>;
  /** Adds the line to .gitignore that keeps git from taking the env file. */
  ignoreEnvFile(): Promise<void>;

  setEnvironment(environment: EnvironmentName, apiUrl: string | null): Promise<void>;
  openPage(page: Page): Promise<void>;
  /** The field is cleared by the caller; the token never comes back. */
  submitToken(token: string): Promise<void>;
  /** The same with what is on the clipboard, which is only read now that it was asked for; it does not pass the window. */
  submitTokenFromClipboard(): Promise<void>;
  /** In how many days from today the token ends, as chosen on Polar's page; null: never, or not known. */
  setTokenExpiry(days: number | null): Promise<void>;
  forgetToken(): Promise<void>;

  /** `own` is the user's own secret where source is "own"; never comes back. */
  setSecret(source: SecretSource, own: string | null): Promise<void>;
  setFormat(format: DeliveryFormat): Promise<void>;
  setEvents(events: string[]): Promise<void>;
  setEndpointName(name: string): Promise<void>;

  setPublicWay(way: PublicWay, program: string | null): Promise<void>;
  setOwnUrl(url: string): Promise<void>;
  /** Sends a signed test delivery there, as Polar would. */
  tryOwnUrl(): Promise<void>;
  /** The authtoken of the tunnel's account. It goes to Rust and never comes back. */
  setAuthtoken(authtoken: string): Promise<void>;
  forgetAuthtoken(): Promise<void>;
  /** The account's own address at the tunnel's service; empty: whichever it gives. */
  setDomain(domain: string): Promise<void>;
  lookForPrograms(): Promise<void>;
  /** Fetches the chosen program: the official release, its checksum compared. */
  fetchProgram(): Promise<void>;
  cancelFetch(): Promise<void>;
  startRelay(): Promise<void>;
  stopRelay(): Promise<void>;
  startTunnel(): Promise<void>;
  stopTunnel(): Promise<void>;

  /** "Write and verify". */
  apply(): Promise<void>;
  /** Replaces the webhook secret without a gap: a second endpoint first, the old one last. */
  rotateSecret(): Promise<void>;
  /** Back to the secret before a replacing that did not end. */
  undoRotation(): Promise<void>;
  answer(option: string): Promise<void>;
  cancelApply(): Promise<void>;

  /** Gives a variable another name; empty goes back to the one found, "-" leaves the switch out. */
  setVariableName(variable: Variable, name: string): Promise<void>;
  /** Puts an earlier version of the env file back; the present one becomes the newest backup. */
  restoreBackup(id: string): Promise<void>;
  /** Writes missing names into the project's example, without values; from then on it is kept in step. */
  writeExample(): Promise<void>;
  /** Does what the button beside a difference says. */
  mend(difference: string): Promise<void>;
  lookAtEndpoint(): Promise<void>;

  /** Sends a signed sample event through the receiver to the app. */
  sendTestEvent(eventType: string): Promise<void>;
  clearDeliveries(): Promise<void>;
  /** The rows of the list that are near the screen. */
  deliveries(query: DeliveryQuery): Promise<DeliveriesPage>;
  delivery(number: number): Promise<DeliveryDetail>;
  /** Sends a delivery to the app again; `null`: its body as it was. */
  replay(number: number, body: string | null): Promise<void>;
  /** Asks Polar to deliver an event once more. */
  redeliver(number: number): Promise<void>;
  /** The same for an event of Polar's list, by its id. */
  redeliverEvent(id: string): Promise<void>;
  /** Polar's deliveries list beside what arrived here; Polar is asked anew each time. */
  polarsList(span: ListSpan): Promise<PolarsList>;
  cancelPolarsList(): Promise<void>;
  copyDelivery(number: number, part: "body" | "curl"): Promise<void>;
  /** Across restarts; when no longer, what was kept is deleted. */
  keepDeliveries(keep: boolean): Promise<void>;
  /** The app gets the `Host` that arrived instead of its own. */
  setKeepsHost(keeps: boolean): Promise<void>;
  setHold(hold: Hold): Promise<void>;
  /** Sends what is held to the app, in order. */
  letGo(): Promise<void>;
  copy(what: Copyable): Promise<void>;

  /** Why webhooks do not arrive; takes some seconds and sends the app a few test deliveries. */
  diagnose(): Promise<Diagnosis>;
  cancelDiagnosis(): Promise<void>;
  /** Does what the button beside a cause of the newest diagnosis says; may take as long as a tunnel takes to start. */
  mendCause(cause: string): Promise<void>;
  /** Opens what there is to read about a cause of the last diagnosis in the browser. */
  openCauseLink(cause: string): Promise<void>;
  /** Asks Polar to deliver what the newest diagnosis found missed; resolves to how many events that are. */
  redeliverMissed(): Promise<number>;

  about(): Promise<AboutView>;
  /** Whose work is in the program; large, so only asked for when somebody wants to read it. */
  thirdParties(): Promise<ThirdParties>;
  setNotifications(on: boolean): Promise<void>;
  showLogs(): Promise<void>;
  copyReport(): Promise<void>;
  /** Asks first, if something would be lost; the question comes as a ShellEvent. */
  quit(): Promise<void>;
  quitNow(): Promise<void>;
  stay(): Promise<void>;
  /** For the log: the page could not be drawn. */
  pageFailed(message: string): Promise<void>;
}
