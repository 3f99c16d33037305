// A diagnosis with two causes, as the terminal program wrote one.
import type { Diagnosis } from "../src/bindings/Diagnosis";

export const cannedDiagnosis: Diagnosis = {
  verdict: "cause_found",
  causes: [
    {
      id: "route_near_miss",
      sentence: "There is nothing at /api/webhook/polar; your handler is at /webhook/polar.",
      proved_by: ["/api/webhook/polar answered 404 after 3 ms.", "/webhook/polar answered 403 after 2 ms."],
      ruled_out: [],
      fix: "Set the route to /webhook/polar in the window's Project step, or change the endpoint's address on Polar.",
      link: null,
    },
    {
      id: "secret_wrong",
      sentence: "POLAR_WEBHOOK_SECRET at .env.local:4 is not the endpoint's secret on Polar.",
      proved_by: ["The file has 42 characters, ending in …02; Polar 43, ending in …Qx."],
      ruled_out: ["It is no other endpoint's secret, and no other spelling of the right one."],
      fix: "Write the endpoint's: \"Write Polar's\" in the window, or polar-setup-cli setup; then restart your app.",
      link: null,
    },
  ],
  open: [],
  probes: [
    { probe: "env", title: "The env files", looked: true, seen: "POLAR_WEBHOOK_SECRET stands in .env.local, line 4." },
    { probe: "app", title: "The app's port", looked: true, seen: "node listens on port 3000." },
    { probe: "public", title: "The endpoint's address, from outside in", looked: false, seen: "Not asked." },
  ],
};
