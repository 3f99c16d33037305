// Where in a sentence of Rust code stands: names, paths and commands, so that they can be drawn as such and commands be copied.

export interface Piece {
  readonly text: string;
  readonly kind: "words" | "code" | "command";
}

const word = String.raw`(?: (?:--?[a-z][\w-]*(?:=[^\s,;)]+)?|https?:\/\/[^\s,;)]+|\d+|[A-Z][A-Z\d_]+|add-authtoken|true|\/dev\/null))`;
/** Only with a subcommand or an option behind it: "cloudflared runs" is none. */
const command = String.raw`(?:ngrok (?:http|config)|cloudflared tunnel|polar-setup-cli (?:setup|handler|listen|check|diagnose)|node(?= --)|timedatectl set-ntp|unset(?= [A-Z])|(?:npm run|bun run|deno task|pnpm|yarn) (?:dev|develop|serve|start)(?::\w+)*|php artisan [a-z:]+|python manage\.py runserver|bin\/rails server|mix phx\.server)${word}*`;

const code = [
  String.raw`https?:\/\/[^\s,;)]*[^\s,;).:]`,
  // Options, with the value that begins like none of the words around.
  String.raw`--[a-z][\w-]*(?: (?:\d+|\/[\w/.]+|http2))?`,
  // Variables.
  String.raw`\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b`,
  // Files, with a line.
  String.raw`\.env(?:\.\w+)*(?::\d+)?`,
  String.raw`(?:[\w@[\]().-]+\/)*[\w[\]-]+\.(?:[cm]?[jt]sx?|svelte|vue|py|php|rb|go|rs|ya?ml)\b(?::\d+)?`,
  // Calls.
  String.raw`\b(?:await )?[a-z]\w*(?:\.\w+)+\((?:\{[^}]*\}|[^)]*)\)`,
  // Packages, scopes, headers.
  String.raw`@[\w-]+\/[\w-]+`,
  String.raw`\b[a-z]+:(?:read|write)\b`,
  String.raw`\bwebhook-(?:id|timestamp|signature)\b`,
  // Paths: not the "/" between two words.
  String.raw`(?<![\w.])\/[a-zA-Z][\w./[\]-]*[\w\]]`,
].join("|");

const either = new RegExp(`(?<command>${command})|(?<code>${code})`, "g");

/** The same text, cut where code begins and ends. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(either)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), kind: "words" });
    found.push({ text: match[0], kind: match.groups?.command === undefined ? "code" : "command" });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), kind: "words" });
  return found;
}
