// What the shell says in the canned states of these names.
import type { ShellEvent } from "../src/bindings/ShellEvent";

export const shellEvents: Readonly<Record<string, ShellEvent>> = {
  about: { kind: "about" },
  "quit-question": {
    kind: "asks_to_quit",
    losses: [
      "“Write and verify” is under way. It would stop where it is; what it has made so far stays, and it can be run again.",
      "3 deliveries are held for your app and are kept in memory only. Your app would never see them.",
    ],
  },
  panicked: { kind: "panicked", place: "src-tauri/core/src/tunnel/supervisor.rs:84:17" },
  restored: { kind: "restored" },
};
