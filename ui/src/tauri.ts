// The Backend over Tauri's commands: the only file that knows Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { Backend } from "./backend";
import type { Catalogue } from "./bindings/Catalogue";
import type { Diagnosis } from "./bindings/Diagnosis";
import type { SetupView } from "./bindings/SetupView";
import type { AboutView } from "./bindings/AboutView";
import type { ShellEvent } from "./bindings/ShellEvent";
import type { ThirdParties } from "./bindings/ThirdParties";

export const tauri: Backend = {
  async subscribe(listener) {
    const channel = new Channel<SetupView>();
    channel.onmessage = listener;
    await invoke("subscribe", { channel });
  },
  async hear(listener) {
    const channel = new Channel<ShellEvent>();
    channel.onmessage = listener;
    await invoke("hear", { channel });
  },
  catalogue: () => invoke<Catalogue>("catalogue"),
  goTo: (step) => invoke("go_to", { step }),

  chooseFolder: () => invoke<boolean>("choose_folder"),
  openProject: (folder) => invoke("open_project", { folder }),
  setProjectDetails: (route, port, envFile) => invoke("set_project_details", { route, port, envFile }),
  setFramework: (framework) => invoke("set_framework", { framework }),
  scanLeaks: () => invoke("scan_leaks"),
  cancelScan: () => invoke("cancel_scan"),
  ignoreEnvFile: () => invoke("ignore_env_file"),

  setEnvironment: (environment, apiUrl) => invoke("set_environment", { environment, apiUrl }),
  openPage: (page) => invoke("open_page", { page }),
  submitTokenFromClipboard: () => invoke("submit_token_from_clipboard"),
  submitToken: (token) => invoke("submit_token", { token }),
  setTokenExpiry: (days) => invoke("set_token_expiry", { days }),
  forgetToken: () => invoke("forget_token"),

  setSecret: (source, own) => invoke("set_secret", { source, own }),
  setFormat: (format) => invoke("set_format", { format }),
  setEvents: (events) => invoke("set_events", { events }),
  setEndpointName: (name) => invoke("set_endpoint_name", { name }),

  setPublicWay: (way, program) => invoke("set_public_way", { way, program }),
  setOwnUrl: (url) => invoke("set_own_url", { url }),
  tryOwnUrl: () => invoke("try_own_url"),
  setAuthtoken: (authtoken) => invoke("set_authtoken", { authtoken }),
  forgetAuthtoken: () => invoke("forget_authtoken"),
  setDomain: (domain) => invoke("set_domain", { domain }),
  lookForPrograms: () => invoke("look_for_programs"),
  fetchProgram: () => invoke("fetch_program"),
  cancelFetch: () => invoke("cancel_fetch"),
  startRelay: () => invoke("start_relay"),
  stopRelay: () => invoke("stop_relay"),
  startTunnel: () => invoke("start_tunnel"),
  stopTunnel: () => invoke("stop_tunnel"),

  apply: () => invoke("apply"),
  rotateSecret: () => invoke("rotate_secret"),
  undoRotation: () => invoke("undo_rotation"),
  answer: (option) => invoke("answer", { option }),
  cancelApply: () => invoke("cancel_apply"),

  setVariableName: (variable, name) => invoke("set_variable_name", { variable, name }),
  restoreBackup: (id) => invoke("restore_backup", { id }),
  writeExample: () => invoke("write_example"),
  mend: (difference) => invoke("mend", { difference }),
  lookAtEndpoint: () => invoke("look_at_endpoint"),

  sendTestEvent: (eventType) => invoke("send_test_event", { eventType }),
  clearDeliveries: () => invoke("clear_deliveries"),
  deliveries: (query) => invoke("deliveries", { query }),
  delivery: (number) => invoke("delivery", { number }),
  replay: (number, body) => invoke("replay", { number, body }),
  redeliver: (number) => invoke("redeliver", { number }),
  redeliverEvent: (id) => invoke("redeliver_event", { id }),
  polarsList: (span) => invoke("polars_list", { span }),
  cancelPolarsList: () => invoke("cancel_polars_list"),
  copyDelivery: (number, part) => invoke("copy_delivery", { number, part }),
  keepDeliveries: (keep) => invoke("keep_deliveries", { keep }),
  setKeepsHost: (keeps) => invoke("set_keeps_host", { keeps }),
  setHold: (hold) => invoke("set_hold", { hold }),
  letGo: () => invoke("let_go"),
  copy: (what) => invoke("copy", { what }),

  diagnose: () => invoke<Diagnosis>("diagnose"),
  cancelDiagnosis: () => invoke("cancel_diagnosis"),
  mendCause: (cause) => invoke("mend_cause", { cause }),
  openCauseLink: (cause) => invoke("open_cause_link", { cause }),
  redeliverMissed: () => invoke<number>("redeliver_missed"),

  about: () => invoke<AboutView>("about"),
  thirdParties: () => invoke<ThirdParties>("third_parties"),
  setNotifications: (on) => invoke("set_notifications", { on }),
  showLogs: () => invoke("show_logs"),
  copyReport: () => invoke("copy_report"),
  quit: () => invoke("quit"),
  quitNow: () => invoke("quit_now"),
  stay: () => invoke("stay"),
  pageFailed: (message) => invoke("page_failed", { message }),
};
