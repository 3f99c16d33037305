// What the window says of itself: what it is, and what still runs when a part of it failed.
import type { SetupView } from "./bindings/SetupView";

export const aboutTexts = {
  what: "Takes you to a Polar integration whose webhooks are proved to arrive. It is not made by Polar.",
  notifications: "Tell me when a delivery fails or the tunnel falls while this window is in the background",
  report:
    "The report says how the setup stands, with the last lines of the log. It holds no token, no secret, no address and no name; read it before you pass it on.",
  licence: "Polar Setup is free software under the MIT licence. It is made of the work of many others:",
};

export const failureTexts = {
  heading: "A part of Polar Setup failed",
  rust: "What you did last may not have been done. Everything else goes on; do it again, and if it fails again, please report it.",
  page: "This page could not be drawn. The setup itself goes on behind it.",
  safe: "Your env file and your endpoint on Polar are as they were last written: files are replaced in one step. Every step can be done again.",
  restored: "This page had failed and was loaded again. The tunnel, the receiver and what was under way went on meanwhile.",
};

/** What goes on while the page does not, and what never began. */
export function stillRuns(view: SetupView): { what: string; runs: boolean }[] {
  const { tunnel, relay } = view.public_url;
  const works = ["connected", "reachable"];
  const all = [{ what: view.live.receiving ? "The receiver takes deliveries and passes them on to your app." : "The receiver was not running.", runs: view.live.receiving }];
  if (tunnel) all.push({ what: works.includes(tunnel.phase) ? `${tunnel.program} is connected.` : `${tunnel.program} is not connected.`, runs: works.includes(tunnel.phase) });
  if (relay) all.push({ what: relay.phase === "connected" ? "Polar's stream is open." : "Polar's stream is not open.", runs: relay.phase === "connected" });
  return all;
}
