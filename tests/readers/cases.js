// What is written: values and the files that they are written into, made from a fixed seed.

/** Random numbers that are the same in every run (mulberry32). */
export function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Values that any reader should get from any file in order. */
export const ORDINARY = [
  "polar_whs_8r3QbYk0fLx7vNnT5mJw2ZcE1uHs6dPa",
  "whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6",
  "https://shop-1.example.com/api/webhook/polar",
  "https://abc-def.trycloudflare.com",
  "sandbox",
  "a@b.example",
  "1234567890",
  "true",
  "Zm9vYmFyCg==",
  "a+b/c=d,e:f%20g",
];

const HANDPICKED = [
  "", " ", "  leading", "trailing  ", "\t", "two words", "a  b", "a#b", "a #b", "#", "# note", "a# b",
  "$", "$$", "a$", "$a", "$HOME", "${HOME}", "a$b$c", "p$ss", "cost: $5", "$1", "${", "${}", "$}", "$(id)", "`id`", "\\$HOME", "\\\\$HOME", "a$ b",
  "it's", "say \"hi\"", "it's \"so\"", "`tick`", "it's `so`", "'", "\"", "`", "''", "\"\"", "'a'", "\"a\"", "`a`", "'a", "a'", "\"a", "a\"", "'\"`",
  "it's $5", "say \"$5\"", "it's \"$HOME\" `x`",
  "\\", "\\\\", "\\n", "a\\nb", "a\\", "a\\\\", "C:\\new\\temp", "\\'", "\\\"", "\\`", "a\\tb", "\\r\\n", "\\u0041", "\\x41", "\\ ", "\\\\\"",
  "a\nb", "a\n\nb", "\n", "a\n", "\na", "a\r\nb", "a\rb", "-----BEGIN KEY-----\nMIIB+/=\n-----END KEY-----\n", "a\nB=2", "a\n# b", "it's\nso", "\"a\"\n'b'", "a\n'b\nc\"",
  "a=b", "=", "=a", "a==", "export A=1", "A=1", "a;b", "a&b", "a|b", "a>b", "a<b", "(a)", "{a}", "[a]", "a*", "a?b", "!a", "~", "~/a", "a~b", "a,b", "a:b", "^", "%s",
  "https://a.example/?b=1&c=2#d", "postgres://u:p$w'd@h:5432/d?x=y", "{\"a\":\"b\"}", "{\"a\":\"it's\"}", "[1, 2]", "a{b,c}d",
  "ä", "日本語", "😀", "a\u00a0b", "\u00a0a\u00a0", "a\u2028b", "\ufeffa", "\u0085a", "a\u0007b", "\u001fa", "a\u000bb", "encrypted:abc", "null", "(null)", "undefined",
  "x".repeat(5000), "'".repeat(50), "\\".repeat(9), "$".repeat(7), "a b ".repeat(300).trim(),
];

// No `/` is among them: where a reader runs what it reads, nothing outside of its folder can be named.
const PIECES = [
  "a", "B", "7", "_", "-", " ", "  ", "\t", "\n", "\r\n", "#", " #", "$", "${", "}", "$A", "${A}", "$(", ")", "'", "\"", "`", "\\", "\\n", "\\\\", "\\$", "\\\"", "\\'",
  "=", ":", ";", "&", "|", "<", ">", "(", "!", "~", "*", "?", "{", "[", "%", "^", "@", "é", "\u00a0", "export ", "''", "\"\"", "word", "x y",
];

/** Files around the variable NAME, `null` for none of it. */
const FILES = [
  "", "", "", "",
  "A=1\nB='two'\n\n# note\n",
  "A=1",
  "NAME=old\n",
  "A=1\nNAME=old\nB=2\n",
  "export NAME=old\n",
  "NAME='old value'\nB=2\n",
  "NAME=\"old value\" # mine\n",
  "NAME=`old`\nB=\"x\"\n",
  "NAME=old # mine\nB=2\n",
  "NAME = old\n",
  "  NAME=old\n",
  "NAME=\nB='x'\n",
  "NAME= # mine\nB=2\n",
  "NAME=#mine\n",
  "NAME=old#er\n",
  "NAME: old\n",
  "NAME\n=old\n",
  "NAME=\"one\ntwo\"\nB=2\n",
  "A=1\r\nNAME=old\r\nB=2\r\n",
  "A=1\r\nB=2",
  "\ufeffA=1\nNAME=old\n",
  "\ufeffNAME=old\n",
  "NAME=first\nA=1\nNAME=second\n",
  "KEY\nNAME=old\n",
  "A-B=1\nC.D=2\nNAME=old\n",
  "SHOP=Bob's shop\nNAME=old\n",
  "OPEN=\"abc\nNAME=old\nB=2\n",
  "OPEN='abc\nNAME=old\nB='2'\n",
  "# it's mine\nNAME=old\n",
  "A=${B}\nNAME=old\nC=$A\n",
  "A=1 2\nNAME=old\n",
  "some words\nNAME=old\n",
  "export KEY\nNAME=old\n",
  "A=(1 2)\nNAME=old\n",
  "A=\nNAME=old\n'x'\n",
  "NAME=old\n\n\n'x'\n",
  "A='1' B='2'\nNAME=old\n",
  "A=a\\\nNAME=old\n",
  "A=\"a\\\"b\"\nNAME=old\n",
  "A='a\\'\nNAME=old\nB='x'\n",
  "[section]\nNAME=old\n",
  "A=1;B=2\nNAME=old\n",
  "A=\"x\" y\nNAME=old\n",
  "\tA=1\n\tNAME=old\n",
  "A=1\rNAME=old\rB=2\r",
  "LATIN=\xe9\nNAME=old\n",
];

/** `{before, name, value}`, with `before` as bytes; another seed gives others. */
export function cases(count, seed) {
  const below = randomNumbers(seed);
  const pick = (list) => list[below(list.length)];
  const random = () => Array.from({ length: 1 + below(6) }, () => pick(PIECES)).join("");
  const values = [...ORDINARY, ...HANDPICKED];
  const all = values.map((value) => ({ value, file: "" }));
  // Every file with a value that is harmless and with some that are not.
  for (const file of new Set(FILES)) {
    for (const value of [pick(ORDINARY), pick(HANDPICKED), pick(HANDPICKED), random()]) all.push({ value, file });
  }
  const line = () => pick([random(), `A=${random()}`, `export B='${random()}'`, `C="${random()}" # note`, "D=1", "# note", ""]);
  const lines = () => Array.from({ length: below(4) }, () => `${line()}\n`).join("");
  const around = () => `${lines()}${pick(["NAME=old\n", "NAME='old'\n", "export NAME=\"old\" # note\n", ""])}${lines()}`;
  while (all.length < count) all.push({ value: pick([random(), random(), pick(values)]), file: pick([around(), pick(FILES)]) });
  return all.map(({ value, file }, index) => {
    const name = pick(["POLAR_WEBHOOK_SECRET", "POLAR_ACCESS_TOKEN", "T", "_x1"]);
    // Latin-1 has a byte for each of its characters; everything else is written as UTF-8.
    const bytes = Buffer.from(file.replaceAll("NAME", name), file.includes("\xe9") ? "latin1" : "utf8");
    return { index, before: bytes, name, value, file };
  });
}
