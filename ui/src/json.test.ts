import { describe, expect, test } from "vitest";
import { formatted, linesWith, plain } from "./json";

const shown = (text: string): string | null => {
  const lines = formatted(text);
  return lines && plain(lines);
};

describe("formatted", () => {
  test("indents, and keeps every token as it was written", () => {
    expect(shown('{"a":1.0,"b":[12345678901234567890,-1e+5,null],"c":{},"d":[],"a":"\\u00e9 \\"x\\" {[,:"}')).toBe(
      ["{", '  "a": 1.0,', '  "b": [', "    12345678901234567890,", "    -1e+5,", "    null", "  ],", '  "c": {},', '  "d": [],', '  "a": "\\u00e9 \\"x\\" {[,:"', "}"].join("\n"),
    );
  });

  test("is what JSON.stringify makes of the same values, for all that it does not change", () => {
    const value = { type: "order.paid", data: { lines: [{ amount: 1200, tax: null }, true, "ä"], nested: [[[]], {}] } };
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 7)]) expect(shown(text)).toBe(JSON.stringify(value, null, 2));
  });

  test("takes JSON that is no object, and nothing that is no JSON", () => {
    expect(shown("7")).toBe("7");
    expect(shown(' "x" ')).toBe('"x"');
    for (const text of ["", "{", "{a:1}", "[1,]", "hello"]) expect(shown(text)).toBeNull();
  });

  test("names the tokens", () => {
    expect(formatted('{"a":"b"}')?.flat().filter((token) => token.kind !== "blank").map((token) => token.kind)).toEqual(["sign", "key", "sign", "string", "sign"]);
  });
});

test("a search takes no notice of capitals", () => {
  expect(linesWith(["one", "Two ONE", "three"], "one")).toEqual([0, 1]);
  expect(linesWith(["one"], "")).toEqual([]);
});
