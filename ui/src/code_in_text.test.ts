import { expect, test } from "vitest";
import { pieces } from "./code_in_text";

const marked = (text: string): string => pieces(text).map(({ text: piece, kind }) => (kind === "words" ? piece : kind === "code" ? `<${piece}>` : `$(${piece})`)).join("");

test("the pieces make the text again", () => {
  const text = "Load .env where the app starts (node --env-file=.env, import \"dotenv/config\"), then look.";
  expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  expect(pieces("")).toEqual([]);
});

test("commands are told from what is said of a program", () => {
  expect(marked("Start it: the Public URL step, or: ngrok http 3000 --url https://a.ngrok.app")).toBe("Start it: the Public URL step, or: $(ngrok http 3000 --url https://a.ngrok.app)");
  expect(marked("enter it, or: ngrok config add-authtoken TOKEN")).toBe("enter it, or: $(ngrok config add-authtoken TOKEN)");
  expect(marked("run polar-setup-cli setup with --keep-running, or listen.")).toBe("run $(polar-setup-cli setup) with <--keep-running>, or listen.");
  expect(marked("(timedatectl set-ntp true; on macOS in the settings)")).toBe("($(timedatectl set-ntp true); on macOS in the settings)");
  expect(marked("Start it: npm run start:dev")).toBe("Start it: $(npm run start:dev)");
  expect(marked("Start it: pnpm dev")).toBe("Start it: $(pnpm dev)");
  expect(marked("Clear the cache: php artisan config:clear")).toBe("Clear the cache: $(php artisan config:clear)");
  expect(marked("cloudflared runs here. node listens on port 3000.")).toBe("cloudflared runs here. node listens on port 3000.");
});

test("names, files, paths and calls are code", () => {
  expect(marked("POLAR_WEBHOOK_SECRET at .env.local:4 is not the secret.")).toBe("<POLAR_WEBHOOK_SECRET> at <.env.local:4> is not the secret.");
  expect(marked("/api/webhook/polar answered 404 after 3 ms.")).toBe("</api/webhook/polar> answered 404 after 3 ms.");
  expect(marked("Raise it (Express: express.raw({ limit: \"1mb\" })).")).toBe("Raise it (Express: <express.raw({ limit: \"1mb\" })>).");
  expect(marked("Make one with webhooks:write and webhooks:read: scopes are chosen.")).toBe("Make one with <webhooks:write> and <webhooks:read>: scopes are chosen.");
  expect(marked("src/server.ts:12 and @polar-sh/sdk 1.0")).toBe("<src/server.ts:12> and <@polar-sh/sdk> 1.0");
  expect(marked("Give it https://a.example/hook: then verify.")).toBe("Give it <https://a.example/hook>: then verify.");
  expect(marked("Every and/or sentence, 2/3 of them, e.g. these.")).toBe("Every and/or sentence, 2/3 of them, e.g. these.");
});
