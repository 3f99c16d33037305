import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// Two pages: the window itself, and in development only the look page (dev/), which never gets into the build.
export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, fs: { allow: [".."] } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: in styles or scripts, and no inline module preload script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Whose work is in the page, for the list in the About window; Rust's build reads it.
    license: { fileName: "third-parties.json" },
  },
  test: { include: ["src/**/*.test.ts"] },
});
