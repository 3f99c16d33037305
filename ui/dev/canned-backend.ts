// A Backend that shows one canned snapshot, moves between the steps, and says of everything else what was asked.
import type { Backend } from "../src/backend";
import type { Catalogue } from "../src/bindings/Catalogue";
import type { ShellEvent } from "../src/bindings/ShellEvent";
import type { SetupView } from "../src/bindings/SetupView";
import { cannedDelivery, cannedPage } from "./deliveries";
import { cannedSearches, type CannedSearch } from "./diagnosis";
import { cannedPolarsList } from "./polars-list";
import events from "../../src-tauri/core/src/polar/events.json";

/** `null`: Rust has not answered yet. */
export type State = SetupView | null;

const never = (): Promise<never> => new Promise(() => undefined);

export function cannedBackend(state: State, says: ShellEvent | null = null, search: CannedSearch | undefined = cannedSearches.diagnosis): Backend {
  let view = state;
  let searched = 0;
  let listener: (view: SetupView) => void = () => undefined;
  const show = (change: Partial<SetupView>): Promise<void> => {
    if (view) {
      view = { ...view, ...change, revision: view.revision + 1 };
      listener(view);
    }
    return Promise.resolve();
  };
  const refuse = (what: string) => (): Promise<never> =>
    Promise.reject(Object.assign(new Error(`This page only shows canned states: ${what} does nothing here.`), { code: "canned" }));

  return {
    subscribe: (wanted) => {
      listener = wanted;
      if (!view) return never();
      listener(view);
      return Promise.resolve();
    },
    hear: (listener) => {
      if (says) listener(says);
      return Promise.resolve();
    },
    catalogue: () => Promise.resolve(events as Catalogue),
    goTo: (step) => show({ step }),
    setEvents: (chosen) => (view ? show({ webhook: { ...view.webhook, events: chosen, preset: null } }) : Promise.resolve()),
    copy: () => Promise.resolve(),
    setEnvironment: (environment) => (view ? show({ account: { ...view.account, environment } }) : Promise.resolve()),
    fetchProgram: () => Promise.resolve(),
    cancelFetch: () => Promise.resolve(),
    tryOwnUrl: () => Promise.resolve(),
    setAuthtoken: () => Promise.resolve(),
    forgetAuthtoken: () => Promise.resolve(),
    setDomain: () => Promise.resolve(),
    setPublicWay: (way, program) => (view ? show({ public_url: { ...view.public_url, way, program } }) : Promise.resolve()),
    setFormat: (format) => (view ? show({ webhook: { ...view.webhook, format } }) : Promise.resolve()),
    setSecret: (source) => (view ? show({ webhook: { ...view.webhook, secret_source: source } }) : Promise.resolve()),
    setEndpointName: () => Promise.resolve(),
    chooseFolder: refuse("choosing a folder"),
    openProject: refuse("opening a project"),
    setProjectDetails: refuse("changing a detail"),
    setFramework: refuse("choosing the framework"),
    scanLeaks: () => Promise.resolve(),
    cancelScan: () => Promise.resolve(),
    ignoreEnvFile: refuse("writing the .gitignore"),
    openPage: refuse("opening a page"),
    submitToken: refuse("submitting a token"),
    submitTokenFromClipboard: refuse("reading the clipboard"),
    forgetToken: refuse("forgetting the token"),
    setOwnUrl: refuse("an own address"),
    lookForPrograms: refuse("looking for programs"),
    startRelay: refuse("listening to Polar"),
    stopRelay: refuse("ending that"),
    startTunnel: refuse("starting a tunnel"),
    stopTunnel: refuse("stopping a tunnel"),
    apply: refuse("writing"),
    rotateSecret: refuse("replacing the secret"),
    undoRotation: refuse("going back"),
    setTokenExpiry: () => Promise.resolve(),
    setVariableName: refuse("renaming"),
    restoreBackup: refuse("restoring"),
    writeExample: refuse("writing the example"),
    mend: refuse("mending"),
    lookAtEndpoint: () => Promise.resolve(),
    answer: refuse("answering"),
    cancelApply: refuse("cancelling"),
    sendTestEvent: refuse("a test event"),
    clearDeliveries: refuse("clearing"),
    deliveries: (query) => Promise.resolve(cannedPage(view, query)),
    delivery: (number) => Promise.resolve(cannedDelivery(number)),
    replay: refuse("sending again"),
    redeliver: refuse("redelivering"),
    redeliverEvent: refuse("redelivering"),
    polarsList: () => (view && view.live.total > 0 ? Promise.resolve(cannedPolarsList()) : refuse("Polar's list")()),
    cancelPolarsList: () => Promise.resolve(),
    copyDelivery: () => Promise.resolve(),
    keepDeliveries: (kept) => (view ? show({ live: { ...view.live, kept } }) : Promise.resolve()),
    setKeepsHost: (keeps_host) => (view ? show({ live: { ...view.live, keeps_host } }) : Promise.resolve()),
    setHold: (hold) => (view ? show({ live: { ...view.live, hold } }) : Promise.resolve()),
    letGo: refuse("letting go"),
    diagnose: () => {
      const found = search?.finds[Math.min(searched, search.finds.length - 1)] ?? null;
      searched += 1;
      return found ? Promise.resolve(found) : never();
    },
    cancelDiagnosis: () => Promise.resolve(),
    mendCause: () => {
      if (search?.mends === undefined) return Promise.resolve();
      return search.mends === "never" ? never() : Promise.reject(Object.assign(new Error(search.mends), { code: "canned" }));
    },
    openCauseLink: refuse("opening a page"),
    redeliverMissed: () => Promise.resolve(3),
    about: () =>
      Promise.resolve({
        version: "0.1.0",
        system: "Linux (Debian GNU/Linux 12) (x86_64)",
        web_view: "2.48.3",
        log: "/home/mira/.local/share/polar-setup/polar-setup.log",
        notifications: true,
      }),
    thirdParties: () =>
      Promise.resolve({ packages: [{ name: "tokio", version: "1.53.0", licence: "MIT", texts: [0] }], texts: ["MIT License\n\nCopyright (c) Tokio Contributors"] }),
    setNotifications: () => Promise.resolve(),
    showLogs: refuse("showing the log"),
    copyReport: () => Promise.resolve(),
    quit: refuse("quitting"),
    quitNow: refuse("quitting"),
    stay: () => Promise.resolve(),
    pageFailed: () => Promise.resolve(),
  };
}
