// Canned projects, from an empty window to a folder that holds several apps, and what the search for leaks found.
import type { LeaksView } from "../src/bindings/LeaksView";
import type { ProjectView } from "../src/bindings/ProjectView";

export const emptyProject: ProjectView = {
  folder: null,
  name: null,
  problem: null,
  framework: null,
  plugin: null,
  package_manager: null,
  apps: [],
  sdk: null,
  route: "/api/webhook/polar",
  route_reason: "",
  route_at: null,
  port: 3000,
  port_reason: "",
  port_at: null,
  env_file: ".env",
  env_file_reason: "",
  env_file_at: null,
  env_files: [],
  overruled: [],
  reader: null,
  names: null,
  handler: null,
  frameworks: [],
  gitignore: null,
  recent: [],
};

const code = `import { Webhooks } from "@polar-sh/nextjs";

export const POST = Webhooks({
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET!,
  onPayload: async (payload) => {
    // One function for every event: payload.type says which.
    console.log("Polar says", payload.type);
  },
});
`;

export const project: ProjectView = {
  folder: "/home/mira/code/my-shop",
  name: "my-shop",
  problem: null,
  framework: { value: "Next.js (app router)", file: "package.json", line: 14 },
  plugin: null,
  package_manager: { value: "pnpm", file: "pnpm-lock.yaml", line: null },
  apps: [],
  sdk: { package: "@polar-sh/nextjs", version: "0.9.4", accepts: ["polar_own"] },
  route: "/api/webhook/polar",
  route_reason: "app/api/webhook/polar/route.ts handles it",
  route_at: { file: "app/api/webhook/polar/route.ts", line: 3 },
  port: 3000,
  port_reason: "what `next dev` takes by itself",
  port_at: { file: "package.json", line: 6 },
  env_file: ".env.local",
  env_file_reason: "Next.js reads it, and git ignores it",
  env_file_at: { file: ".env.local", line: null },
  env_files: [
    { file: ".env.development.local", exists: false, rank: 1, polar_names: [] },
    { file: ".env.local", exists: true, rank: 2, polar_names: ["POLAR_ACCESS_TOKEN", "POLAR_SERVER"] },
    { file: ".env.development", exists: false, rank: 3, polar_names: [] },
    { file: ".env", exists: true, rank: 4, polar_names: [] },
  ],
  overruled: [],
  reader: "Next.js (@next/env)",
  names: null,
  handler: { title: "Next.js (app router)", file: "app/api/webhook/polar/route.ts", language: "ts", code, install: "pnpm add @polar-sh/nextjs", notes: ["Restart the dev server after the env file was written: Next.js reads it at the start."] },
  frameworks: ["Next.js (app router)", "Next.js (pages router)", "Express", "Hono", "FastAPI", "Rails"],
  gitignore: null,
  recent: [
    { folder: "/home/mira/code/my-shop", name: "my-shop" },
    { folder: "/home/mira/code/newsletter-with-a-rather-long-name/apps/web", name: "newsletter" },
    { folder: "/home/mira/code/licence-server", name: "licence-server" },
  ],
};

export const severalApps: ProjectView = {
  ...project,
  framework: null,
  name: "acme",
  folder: "/home/mira/code/acme",
  sdk: null,
  handler: null,
  env_files: [],
  route_at: null,
  apps: [
    { folder: "apps/storefront", name: "storefront", framework: "Next.js (app router)", reason: "uses @polar-sh/nextjs: apps/storefront/package.json:12" },
    { folder: "apps/api", name: "api", framework: "Hono", reason: "a server: apps/api/package.json:9" },
    { folder: "apps/docs", name: "docs", framework: null, reason: "" },
  ],
};

export const exposedProject: ProjectView = {
  ...project,
  overruled: [{ name: "POLAR_WEBHOOK_SECRET", file: ".env.development.local", line: 4 }],
  gitignore: { file: "the .gitignore of the folder", line: "/.env.local" },
};

export const noLeaks: LeaksView = { phase: "done", done: 1_204, total: 1_204, looked_at: "318 files and 886 objects of the history", leaks: [], notes: [] };

export const searching: LeaksView = { phase: "running", done: 41_380, total: 100_000, looked_at: "100,000 files", leaks: [], notes: [] };

export const leaked: LeaksView = {
  phase: "done",
  done: 1_204,
  total: 1_204,
  looked_at: "318 files and 886 objects of the history",
  leaks: [
    {
      kind: "token",
      masked: "polar_oat_••••••••0aa1",
      in_use: true,
      client_side: false,
      meaning: "Whoever has a copy of this repository can act on your organization with this token.",
      steps: ["Revoke it on Polar's page: from then on nobody can use it.", "Make a new one and enter it under Token.", "Only then take it out of the file. It stays in the history, where it no longer opens anything."],
      files: [{ path: "scripts/seed.ts", line: 11, tracked: true, client_side: false }],
      more_files: 2,
      history: { commit: "4f21c09", date: "2026-08-30", subject: "Seed the shop", path: "scripts/seed.ts", line: 11, commits: 3, in_head: true, reachable: true },
    },
    {
      kind: "webhook_secret",
      masked: "polar_whs_••••••••Kd3Q",
      in_use: false,
      client_side: true,
      meaning: "Whoever has it can send your app events that look like Polar's.",
      steps: ["Replace it: Verify, More, Replace the secret."],
      files: [{ path: "app/checkout/page.tsx", line: 3, tracked: false, client_side: true }],
      more_files: 0,
      history: null,
    },
  ],
  notes: ["1 file was left out, because it is larger than 64 MB: design/export.psd."],
};
