// JSON as a person reads it: indented, each token as it was written. Numbers and strings are never parsed, so that
// 1.0, 12345678901234567890 and \u00e9 stay what the sender wrote.

export type TokenKind = "key" | "string" | "number" | "word" | "sign" | "blank";

export interface Token {
  kind: TokenKind;
  text: string;
}

export type Line = readonly Token[];

const PARTS = /\s+|"(?:[^"\\\u0000-\u001f]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/uy;

/** The lines, or `null` for text that is not JSON. */
export function formatted(text: string): Line[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const lines: Token[][] = [[]];
  let depth = 0;
  const tokens = tokensOf(text);
  const add = (kind: TokenKind, part: string): void => void lines[lines.length - 1]?.push({ kind, text: part });
  const newLine = (): void => void lines.push(depth > 0 ? [{ kind: "blank", text: "  ".repeat(depth) }] : []);
  for (const [index, part] of tokens.entries()) {
    const next = tokens[index + 1];
    if (part === "{" || part === "[") {
      add("sign", part);
      depth += 1;
      if (next !== "}" && next !== "]") newLine();
    } else if (part === "}" || part === "]") {
      depth -= 1;
      const before = tokens[index - 1];
      if (before !== "{" && before !== "[") newLine();
      add("sign", part);
    } else if (part === ",") {
      add("sign", part);
      newLine();
    } else if (part === ":") {
      add("sign", ": ");
    } else {
      add(kindOf(part, next), part);
    }
  }
  return lines;
}

function tokensOf(text: string): string[] {
  const found = [];
  PARTS.lastIndex = 0;
  for (let match = PARTS.exec(text); match; match = PARTS.exec(text)) {
    if (match[0].trim() !== "") found.push(match[0]);
  }
  return found;
}

function kindOf(part: string, next: string | undefined): TokenKind {
  if (part.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(part) ? "number" : "word";
}

/** The lines as plain text. */
export function plain(lines: readonly Line[]): string {
  return lines.map((line) => line.map((token) => token.text).join("")).join("\n");
}

/** The numbers of the lines that hold a text, whatever its case. */
export function linesWith(lines: readonly string[], text: string): number[] {
  const wanted = text.toLowerCase();
  if (wanted === "") return [];
  return lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
}
