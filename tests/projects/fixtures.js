// Projects whose generators need GitHub or another language: the files that they write, as far as they matter.

const requirements = (text) => ({ "requirements.txt": text });

export const fixtures = {
  "nuxi's minimal template": {
    files: {
      "package.json": {
        name: "nuxt-app",
        type: "module",
        private: true,
        scripts: { build: "nuxt build", dev: "nuxt dev", postinstall: "nuxt prepare" },
        dependencies: { nuxt: "^4.2.0", vue: "^3.5.22", "vue-router": "^4.6.3" },
      },
      "nuxt.config.ts": "export default defineNuxtConfig({\n  compatibilityDate: '2025-07-15',\n  devtools: { enabled: true }\n})\n",
      ".gitignore": ".env\n.env.*\n!.env.example\n",
    },
    found: { framework: "Nuxt", manager: "npm", port: 3000, env: ".env", route: "/webhook/polar" },
  },
  "create-astro's minimal template": {
    files: {
      "package.json": {
        name: "astro-app",
        type: "module",
        scripts: { dev: "astro dev", build: "astro build", preview: "astro preview" },
        dependencies: { astro: "^5.16.0" },
      },
      "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
      "astro.config.mjs": "// @ts-check\nimport { defineConfig } from 'astro/config';\nexport default defineConfig({});\n",
    },
    found: { framework: "Astro", manager: "pnpm", port: 4321, env: ".env", route: "/api/webhook/polar" },
  },
  "create-hono's template for Workers": {
    files: {
      "package.json": {
        name: "hono-app",
        type: "module",
        scripts: { dev: "wrangler dev", deploy: "wrangler deploy --minify" },
        dependencies: { hono: "^4.10.0" },
        devDependencies: { wrangler: "^4.4.0" },
      },
      "bun.lock": "{}",
      "wrangler.jsonc": '{\n  // bindings\n  "name": "hono-app",\n  "main": "src/index.ts",\n}\n',
      "src/index.ts": "import { Hono } from 'hono'\nconst app = new Hono()\nexport default app\n",
    },
    found: { framework: "Hono", manager: "bun", port: 8787, env: ".dev.vars", route: "/polar/webhooks" },
  },
  "create-react-router's default template": {
    files: {
      "package.json": {
        name: "rr-app",
        private: true,
        type: "module",
        scripts: { build: "react-router build", dev: "react-router dev", start: "react-router-serve ./build/server/index.js" },
        dependencies: { "@react-router/node": "^7.9.2", react: "^19.1.1", "react-router": "^7.9.2" },
        devDependencies: { "@react-router/dev": "^7.9.2", vite: "^7.1.7" },
      },
      "yarn.lock": "# yarn lockfile v1\n",
    },
    found: { framework: "React Router", manager: "yarn", port: 5173, env: ".env", route: "/webhook" },
  },
  "django-admin startproject": {
    files: { "manage.py": "#!/usr/bin/env python\n", "shop/settings.py": "DEBUG = True\n", ...requirements("Django==5.2\n") },
    found: { framework: "Django", manager: "pip", port: 8000, env: ".env", route: "/webhooks/polar/" },
  },
  "rails new": {
    files: {
      "package.json": { name: "shop", dependencies: { esbuild: "^0.25.0" } },
      Gemfile: 'source "https://rubygems.org"\ngem "rails", "~> 8.1.0"\n',
      "Gemfile.lock": "GEM\n",
      "Procfile.dev": "web: env RUBY_DEBUG_OPEN=true bin/rails server -p 3001\njs: yarn build --watch\n",
    },
    found: { framework: "Rails", manager: "bundler", port: 3001, env: ".env", route: "/webhooks/polar" },
  },
  "laravel new": {
    files: {
      "composer.json": { require: { php: "^8.2", "laravel/framework": "^12.0" } },
      "composer.lock": "{}",
      "package.json": { private: true, type: "module", scripts: { dev: "vite" }, devDependencies: { "laravel-vite-plugin": "^2.0.0", vite: "^7.0.7" } },
    },
    found: { framework: "Laravel", manager: "composer", port: 8000, env: ".env", route: "/polar/webhook" },
  },
  "deno init": {
    files: { "deno.jsonc": '{\n  // tasks\n  "tasks": { "dev": "deno run --watch main.ts --port 8123" },\n}\n', "main.ts": "" },
    found: { framework: "Deno", manager: "deno", port: 8123, env: ".env", route: "/webhooks/polar" },
  },
  "a turborepo": {
    files: {
      "package.json": { name: "shop", private: true, workspaces: ["apps/*", "packages/*"], devDependencies: { turbo: "^2", next: "^16" } },
      "turbo.json": "{}",
      "package-lock.json": "{}",
      "apps/web/package.json": { name: "web", dependencies: { next: "^16" } },
      "apps/admin/package.json": { name: "admin", devDependencies: { vite: "^7" } },
      "apps/server/package.json": { name: "server", dependencies: { fastify: "^5", "@polar-sh/sdk": "^1.0.1" } },
      "packages/ui/package.json": { name: "ui", peerDependencies: { react: "19" } },
    },
    apps: ["apps/server", "apps/web", "apps/admin"],
  },
  "Medusa: backend and storefront": {
    files: {
      "backend/package.json": { name: "backend", dependencies: { "@medusajs/medusa": "2.11.0" } },
      "storefront/package.json": { name: "storefront", dependencies: { next: "^15" } },
    },
    apps: ["backend", "storefront"],
  },
};
