import globals from "globals";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const tauriOnlyInOnePlace = {
  patterns: [{ group: ["@tauri-apps/*"], message: "Only src/tauri.ts talks to Tauri; everything else asks the Backend." }],
};

export default ts.config(
  { ignores: ["dist/", "src/bindings/", "node_modules/"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { files: ["dev/*.mjs", "*.config.*"], languageOptions: { globals: globals.node } },
  { rules: { "no-restricted-imports": ["error", tauriOnlyInOnePlace] } },
  { files: ["src/tauri.ts"], rules: { "no-restricted-imports": "off" } },
);
