//! Handlers in JavaScript and TypeScript.

use super::{Dialect, Facts, Recipe};

const SDK: &str = "@polar-sh/sdk";
const OLD_RULE: &str =
    "This adapter verifies only by Polar's own key rule: let Polar Setup make the secret, not Polar.";

pub(super) fn better_auth(facts: &Facts<'_>) -> Recipe {
    Recipe {
        file: placed(facts, "lib/auth.ts"),
        language: "ts",
        code: include_str!("snippets/better-auth.ts").into(),
        packages: vec!["better-auth", "@polar-sh/better-auth", SDK],
        notes: vec!["Add it to your own auth file.".into(), OLD_RULE.into()],
    }
}

pub(super) fn recipe(facts: &Facts<'_>) -> Option<Recipe> {
    adapter(facts).or_else(|| node(facts)).or_else(|| with_request(facts))
}

fn placed(facts: &Facts<'_>, file: &str) -> String {
    if facts.source_folder { format!("src/{file}") } else { file.to_owned() }
}

/// The file of plain code: `.mjs` where `.js` would be `CommonJS`.
fn plain(facts: &Facts<'_>) -> (String, &'static str) {
    let (ending, language) = match facts.dialect {
        Dialect::TypeScript => ("ts", "ts"),
        Dialect::Module => ("js", "js"),
        Dialect::CommonJs => ("mjs", "js"),
    };
    (placed(facts, &format!("polar-webhook.{ending}")), language)
}

fn path<'a>(facts: &Facts<'a>) -> &'a str {
    facts.route.trim_matches('/')
}

/// The adapters that are still kept.
fn adapter(facts: &Facts<'_>) -> Option<Recipe> {
    let (file, code, package, note) = match facts.title {
        "Next.js (app router)" => (
            placed(facts, &format!("app/{}/route.ts", path(facts))),
            include_str!("snippets/next-app.ts").to_owned(),
            "@polar-sh/nextjs",
            None,
        ),
        "Nuxt" => return Some(nuxt(facts)),
        "TanStack Start" => (
            format!("src/routes/{}.ts", path(facts)),
            include_str!("snippets/tanstack.ts").to_owned(),
            "@polar-sh/tanstack-start",
            None,
        ),
        _ => return None,
    };
    let notes = note.into_iter().chain([OLD_RULE.to_owned()]).collect();
    Some(Recipe { file, language: "ts", code, packages: vec![package, SDK], notes })
}

/// The secret's place in `runtimeConfig` follows from its variable: `NUXT_PRIVATE_X_Y` is `private.xY`.
fn nuxt(facts: &Facts<'_>) -> Recipe {
    let camel = |name: &str| {
        let parts = name.to_lowercase();
        let mut parts = parts.split('_');
        let first = parts.next().unwrap_or_default().to_owned();
        let upper = |part: &str| part[..1].to_uppercase() + &part[1..];
        parts.filter(|part| !part.is_empty()).fold(first, |all, part| all + &upper(part))
    };
    let of_nuxt = facts.secret.strip_prefix("NUXT_").map_or_else(
        || (camel(facts.secret), String::new(), format!("process.env.{}", facts.secret)),
        |name| match name.strip_prefix("PRIVATE_") {
            Some(name) => (camel(name), "private".to_owned(), "\"\"".to_owned()),
            None => (camel(name), String::new(), "\"\"".to_owned()),
        },
    );
    let (key, scope, value) = of_nuxt;
    let (taken, config) = if scope.is_empty() {
        (key.clone(), format!("runtimeConfig: {{ {key}: {value} }}"))
    } else {
        (format!("{scope}: {{ {key} }}"), format!("runtimeConfig: {{ {scope}: {{ {key}: {value} }} }}"))
    };
    let code = include_str!("snippets/nuxt.ts").replace("{{NUXT_SCOPE}}", &taken).replace("{{NUXT_SECRET}}", &key);
    let (folder, rest) = path(facts).strip_prefix("api/").map_or(("routes", path(facts)), |rest| ("api", rest));
    Recipe {
        file: format!("server/{folder}/{rest}.post.ts"),
        language: "ts",
        code,
        packages: vec!["@polar-sh/nuxt", SDK],
        notes: vec![format!("In nuxt.config.ts: modules: [\"@polar-sh/nuxt\"], {config}"), OLD_RULE.into()],
    }
}

/// Servers on Node's own requests: the body must be kept from their JSON parsers.
fn node(facts: &Facts<'_>) -> Option<Recipe> {
    let (file, language) = plain(facts);
    let raw = "The signature is over the body as it came: no JSON parser may have it before.".to_owned();
    let (file, language, code, notes) = match facts.title {
        "Next.js (pages router)" => {
            (placed(facts, &format!("pages/{}.ts", path(facts))), "ts", include_str!("snippets/next-pages.ts"), vec![])
        }
        "Express" => (file, language, include_str!("snippets/express.ts"), vec![raw]),
        "Fastify" => (file, language, include_str!("snippets/fastify.ts"), vec![]),
        "Koa" => (file, language, include_str!("snippets/koa.ts"), vec![raw]),
        "Node.js" => (file, language, include_str!("snippets/node.ts"), vec![]),
        "NestJS" => (
            "src/polar-webhook.controller.ts".into(),
            "ts",
            include_str!("snippets/nest.ts"),
            vec![
                "In main.ts: NestFactory.create(AppModule, { rawBody: true }).".into(),
                "Add PolarWebhookController to the controllers of a module.".into(),
            ],
        ),
        _ => return None,
    };
    Some(Recipe { file, language, code: code.into(), packages: vec![SDK], notes })
}

/// How a framework hands over a `Request`: what stands before and after the common part, and how it reads variables.
struct Wrapper {
    file: String,
    before: &'static str,
    after: &'static str,
    indent: usize,
    variable: &'static str,
    notes: Vec<String>,
}

const COMMON: &str = r#"const secret = {{VARIABLE}};
if (!secret) return new Response("{{SECRET}} is not set.", { status: 500 });
try {
  const body = await request.text();
  const event = await webhooks.validateEvent(body, Object.fromEntries(request.headers), secret);
  console.log(event.type);
} catch (error) {
  const status = error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400;
  return new Response("This delivery is not verified.", { status });
}
return new Response(null, { status: 202 });
"#;

fn with_request(facts: &Facts<'_>) -> Option<Recipe> {
    let wrapper = files(facts).or_else(|| servers(facts))?;
    let indent = " ".repeat(wrapper.indent);
    let common = COMMON.lines().fold(String::new(), |all, line| all + &indent + line + "\n");
    let import = match facts.title {
        "Deno" | "Supabase functions" => "import { webhooks } from \"npm:@polar-sh/sdk@1/2026-04\";\n",
        _ => "import { webhooks } from \"@polar-sh/sdk/2026-04\";\n",
    };
    let code = format!("{import}{}{common}{}", wrapper.before, wrapper.after).replace("{{VARIABLE}}", wrapper.variable);
    let language = if wrapper.file.ends_with("js") { "js" } else { "ts" };
    let packages = if import.contains("npm:") { vec![] } else { vec![SDK] };
    Some(Recipe { file: wrapper.file, language, code, packages, notes: wrapper.notes })
}

fn files(facts: &Facts<'_>) -> Option<Wrapper> {
    let wrapper = match facts.title {
        "SvelteKit" => Wrapper {
            file: format!("src/routes/{}/+server.ts", path(facts)),
            before: "import { env } from \"$env/dynamic/private\";\n\nexport const POST = async ({ request }: { request: Request }) => {\n",
            after: "};\n",
            indent: 2,
            variable: "env.{{SECRET}}",
            notes: vec![],
        },
        "Astro" => Wrapper {
            file: format!("src/pages/{}.ts", path(facts)),
            before: "import { getSecret } from \"astro:env/server\";\n\nexport const prerender = false;\n\nexport const POST = async ({ request }: { request: Request }) => {\n",
            after: "};\n",
            indent: 2,
            variable: "getSecret(\"{{SECRET}}\")",
            notes: vec!["Astro needs a server adapter for it, as @astrojs/node.".into()],
        },
        "React Router" | "Remix" => Wrapper {
            file: format!("app/routes/{}.ts", path(facts).replace('/', ".")),
            before: "\nexport const action = async ({ request }: { request: Request }) => {\n",
            after: "};\n",
            indent: 2,
            variable: "process.env.{{SECRET}}",
            notes: if facts.title == "Remix" {
                vec![]
            } else {
                let (path, file) = (path(facts), path(facts).replace('/', "."));
                vec![format!("In app/routes.ts: route(\"{path}\", \"routes/{file}.ts\").")]
            },
        },
        "Convex" => Wrapper {
            file: "convex/http.ts".into(),
            before: "import { httpRouter } from \"convex/server\";\nimport { httpAction } from \"./_generated/server\";\n\nconst http = httpRouter();\n\nhttp.route({\n  path: \"{{ROUTE}}\",\n  method: \"POST\",\n  handler: httpAction(async (_context, request) => {\n",
            after: "  }),\n});\n\nexport default http;\n",
            indent: 4,
            variable: "process.env.{{SECRET}}",
            notes: vec!["Convex reads no env file in its functions: set the secret with npx convex env set {{SECRET}} (it asks for the value).".replace("{{SECRET}}", facts.secret)],
        },
        "Supabase functions" => {
            let name = facts.route.rsplit('/').next().unwrap_or("polar-webhook");
            Wrapper {
                file: format!("supabase/functions/{name}/index.ts"),
                before: "\nDeno.serve(async (request) => {\n",
                after: "});\n",
                indent: 2,
                variable: "Deno.env.get(\"{{SECRET}}\")",
                notes: vec![format!("In supabase/config.toml: [functions.{name}] verify_jwt = false. Polar sends no token of Supabase.")],
            }
        }
        _ => return None,
    };
    Some(wrapper)
}

fn servers(facts: &Facts<'_>) -> Option<Wrapper> {
    let (file, _) = plain(facts);
    let mounted = |how: &str| vec![format!("Mount it in your app: {how}.")];
    let wrapper = match facts.title {
        "Hono" => Wrapper {
            file,
            before: if facts.scripts_run_wrangler && facts.dialect == Dialect::TypeScript {
                "import { Hono } from \"hono\";\n\nexport const polarWebhook = new Hono<{ Bindings: { {{SECRET}}: string } }>();\n\npolarWebhook.post(\"{{ROUTE}}\", async (context) => {\n  const request = context.req.raw;\n"
            } else {
                "import { Hono } from \"hono\";\n\nexport const polarWebhook = new Hono();\n\npolarWebhook.post(\"{{ROUTE}}\", async (context) => {\n  const request = context.req.raw;\n"
            },
            after: "});\n",
            indent: 2,
            variable: if facts.scripts_run_wrangler { "context.env.{{SECRET}}" } else { "process.env.{{SECRET}}" },
            notes: mounted("app.route(\"/\", polarWebhook)"),
        },
        "Elysia" => Wrapper {
            file,
            before: "import { Elysia } from \"elysia\";\n\nexport const polarWebhook = new Elysia().post(\n  \"{{ROUTE}}\",\n  async ({ request }) => {\n",
            after: "  },\n  // The signature is over the body as it came.\n  { parse: \"none\" },\n);\n",
            indent: 4,
            variable: "process.env.{{SECRET}}",
            notes: mounted("app.use(polarWebhook)"),
        },
        "Bun" => Wrapper {
            file,
            before: "\nBun.serve({\n  port: {{PORT}},\n  routes: {\n    \"{{ROUTE}}\": {\n      POST: async (request) => {\n",
            after: "      },\n    },\n  },\n});\n",
            indent: 8,
            variable: "process.env.{{SECRET}}",
            notes: vec![],
        },
        "Deno" => Wrapper {
            file: "polar-webhook.ts".into(),
            before: "\nDeno.serve({ port: {{PORT}} }, async (request) => {\n  if (new URL(request.url).pathname !== \"{{ROUTE}}\") return new Response(null, { status: 404 });\n",
            after: "});\n",
            indent: 2,
            variable: "Deno.env.get(\"{{SECRET}}\")",
            notes: vec![format!("Start it with deno run --env-file --allow-net --allow-env={}.", facts.secret)],
        },
        "Cloudflare Workers" => Wrapper {
            file: if facts.dialect == Dialect::TypeScript { "src/index.ts".into() } else { "src/index.js".into() },
            before: if facts.dialect == Dialect::TypeScript {
                "\nexport default {\n  async fetch(request: Request, env: { {{SECRET}}?: string }): Promise<Response> {\n    if (new URL(request.url).pathname !== \"{{ROUTE}}\") return new Response(null, { status: 404 });\n"
            } else {
                "\nexport default {\n  async fetch(request, env) {\n    if (new URL(request.url).pathname !== \"{{ROUTE}}\") return new Response(null, { status: 404 });\n"
            },
            after: "  },\n};\n",
            indent: 4,
            variable: "env.{{SECRET}}",
            notes: vec![format!("In production: npx wrangler secret put {} (it asks for the value).", facts.secret)],
        },
        _ => return None,
    };
    Some(wrapper)
}
