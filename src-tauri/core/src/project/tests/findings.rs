//! Package managers, apps, names, env files and what stands before a route.

use super::*;
use crate::env_file::Reader;

fn found(files: &[(&str, &str)]) -> Project {
    World::with(files).inspect()
}

#[test]
fn evidence_that_is_strong_goes_before_weak() {
    let dev = |package: &str| format!("{{\"devDependencies\": {{\n\"{package}\": \"1\" }} }}");
    let laravel = ("composer.json", "{\"require\": {\n\"laravel/framework\": \"^12\"}}");
    for (files, title, line) in [
        (vec![("package.json", dev("express")), (laravel.0, laravel.1.to_owned())], "Laravel", Some(2)),
        (vec![("package.json", dev("vite")), ("Gemfile", "\n\ngem \"rails\"\n".into())], "Rails", Some(3)),
        (vec![("package.json", dev("@sveltejs/kit")), ("wrangler.toml", "name = \"x\"".into())], "SvelteKit", Some(2)),
        (vec![("wrangler.jsonc", "{ // a worker\n}".into())], "Cloudflare Workers", None),
        (vec![("package.json", dev("wrangler"))], "", None),
        (vec![("go.mod", "module x\n\nrequire github.com/go-chi/chi/v5 v5.2.0\n".into())], "Go (chi)", Some(3)),
    ] {
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let framework = found(&files).framework;
        let said = framework.map(|found| (found.value, found.line)).unwrap_or_default();
        assert_eq!((said.0.as_str(), said.1), (title, line), "{files:?}");
    }
}

#[test]
fn the_user_knows_the_framework_better() {
    let world = World::with(&[("package.json", "{\"dependencies\": {\"express\": \"5\"}}")]);
    let seen = inspect_as(world.0.path(), Some("Hono"));
    assert_eq!(seen.framework.unwrap().value, "Hono");
    assert!(framework_titles().contains(&"Hono"));
}

#[test]
fn prefixes_stand_before_the_route() {
    for (files, route) in [
        (
            vec![
                ("src/app.ts", "import polar from './routes/polar';\nconst app = express();\napp.use('/api', polar);"),
                ("src/routes/polar.ts", "const router = Router();\nrouter.post('/webhook', polarWebhook);"),
            ],
            "/api/webhook",
        ),
        (vec![("a.ts", "const app = new Hono().basePath('/v1')\napp.post('/polar/webhook', f)")], "/v1/polar/webhook"),
        (
            vec![
                ("index.ts", "import { hooks } from './hooks'\nconst app = new Hono()\napp.route('/hooks', hooks)"),
                ("hooks.ts", "export const hooks = new Hono()\nhooks.post('/polar', webhook)"),
            ],
            "/hooks/polar",
        ),
        (
            vec![
                ("server.js", "import polar from './plugins/polar.js'\napp.register(polar, { prefix: '/api' })"),
                ("plugins/polar.js", "export default async (app) => { app.post('/webhooks/polar', f) }"),
            ],
            "/api/webhooks/polar",
        ),
        (
            vec![(
                "server.js",
                "app.register(async (app) => {\n  app.post('/polar', { config: {} }, webhook);\n}, { prefix: '/hooks/v1' });",
            )],
            "/hooks/v1/polar",
        ),
        (vec![("a.js", "if (req.url === '/hooks/polar' && req.method === 'POST') webhook()")], "/hooks/polar"),
        (vec![("a.ts", "new Elysia({ prefix: '/api' })\n  .post('/polar/webhooks', f)")], "/api/polar/webhooks"),
        (vec![("a.ts", "new Elysia().group('/api', (app) => app.post('/polar/webhooks', f))")], "/api/polar/webhooks"),
        (
            vec![
                ("shop/urls.py", "urlpatterns = [path(\"api/\", include(\"billing.urls\"))]"),
                ("billing/urls.py", "urlpatterns = [path(\"polar/webhook/\", views.polar)]"),
            ],
            "/api/polar/webhook/",
        ),
        (
            vec![
                ("main.py", "from routers import polar\napp.include_router(polar.router, prefix=\"/api\")"),
                (
                    "routers/polar.py",
                    "router = APIRouter(prefix=\"/webhooks\")\n@router.post(\"/polar\")\ndef f(): ...",
                ),
            ],
            "/api/webhooks/polar",
        ),
        (
            vec![(
                "config/routes.rb",
                "namespace :api do\n  scope \"/v1\" do\n    post \"webhooks/polar\"\n  end\nend",
            )],
            "/api/v1/webhooks/polar",
        ),
        (
            vec![(
                "routes/web.php",
                "Route::prefix('hooks')->group(function () {\n  Route::post('polar/webhook', F);\n});",
            )],
            "/hooks/polar/webhook",
        ),
        (
            vec![("main.go", "api := r.Group(\"/api\")\nv1 := api.Group(\"/v1\")\nv1.POST(\"/webhooks/polar\", f)")],
            "/api/v1/webhooks/polar",
        ),
        (
            vec![("main.go", "r.Route(\"/api\", func(r chi.Router) {\n r.Post(\"/webhooks/polar\", f)\n})")],
            "/api/webhooks/polar",
        ),
        (vec![("w.ts", "if (url.pathname === \"/polar/webhook\") return f()")], "/polar/webhook"),
        (vec![("w.ts", "switch (path) { case '/polar/webhook': return f() }")], "/polar/webhook"),
        (vec![("b.ts", "Bun.serve({ routes: { \"/polar/webhook\": { POST: f } } })")], "/polar/webhook"),
        (vec![("supabase/functions/polar-webhook/index.ts", "Deno.serve(f)")], "/functions/v1/polar-webhook"),
        (vec![("convex/http.ts", "polar.registerRoutes(http, { path: \"/polar/webhooks\" })")], "/polar/webhooks"),
        (vec![("convex/http.ts", "polar.registerRoutes(http) // webhooks")], "/polar/events"),
    ] {
        let seen = found(&files);
        assert_eq!(seen.route, route, "{files:?}");
        assert!(seen.route_at.unwrap().line.is_some());
    }
}

#[test]
fn names_are_those_that_the_code_reads() {
    for (path, text, token, secret) in [
        (
            "a.ts",
            "process.env.POLAR_TOKEN;\nprocess.env[\"POLAR_HOOK_WEBHOOK_SECRET\"]",
            "POLAR_TOKEN",
            "POLAR_HOOK_WEBHOOK_SECRET",
        ),
        ("a.ts", "\nimport { POLAR_KEY_TOKEN } from '$env/static/private'", "POLAR_KEY_TOKEN", "POLAR_WEBHOOK_SECRET"),
        (
            "a.py",
            "os.environ[\"POLAR_API_KEY\"]\nos.getenv('MY_POLAR_WEBHOOK_SECRET')",
            "POLAR_API_KEY",
            "MY_POLAR_WEBHOOK_SECRET",
        ),
        ("a.php", "env('POLAR_ACCESS'); env('POLAR_TOKEN_X')", "POLAR_TOKEN_X", "POLAR_WEBHOOK_SECRET"),
        ("a.php", "Env::get('POLAR_OAT'); $this->env->get('POLAR_HOOK_SECRET')", "POLAR_OAT", "POLAR_HOOK_SECRET"),
        ("a.rb", "ENV[\"POLAR_OAT\"]; ENV.fetch(\"POLAR_WEBHOOK_KEY\")", "POLAR_OAT", "POLAR_WEBHOOK_KEY"),
        ("a.ts", "Deno.env.get(\"POLAR_OAT\"); Bun.env.POLAR_WEBHOOK_KEY", "POLAR_OAT", "POLAR_WEBHOOK_KEY"),
        ("a.go", "os.Getenv(\"POLAR_OAT\")", "POLAR_OAT", "POLAR_WEBHOOK_SECRET"),
        (
            "nuxt.config.ts",
            "export default {\n runtimeConfig: { private: {\n polarWebhookSecret: '' },\n polarToken: process.env.POLAR_T_TOKEN } }",
            "POLAR_T_TOKEN",
            "NUXT_PRIVATE_POLAR_WEBHOOK_SECRET",
        ),
    ] {
        let names = found(&[(path, text)]).names;
        assert_eq!((names.token.name.as_str(), names.secret.name.as_str()), (token, secret), "{text}");
        assert_eq!(names.token.file.as_deref(), Some(path));
    }
}

#[test]
fn the_switch_has_its_own_words() {
    for (text, sandbox, production) in [
        ("server: process.env.POLAR_MODE === 'production' ? a : b", "sandbox", "production"),
        ("process.env.POLAR_SERVER as \"sandbox\"", "sandbox", "production"),
        ("process.env.POLAR_SANDBOX === 'true' ? 'sandbox' : 'production'", "true", "false"),
        ("process.env.POLAR_SANDBOX_MODE", "true", "false"),
    ] {
        let switch = found(&[("a.ts", text)]).names.server.unwrap();
        assert_eq!(
            (switch.sandbox.as_str(), switch.production.as_str(), switch.line),
            (sandbox, production, 1),
            "{text}"
        );
    }
    assert_eq!(found(&[("a.ts", "process.env.POLAR_SERVER_URL")]).names.server, None);
}

#[test]
fn each_loader_has_its_own_order() {
    let npm = |name: &str| format!("{{\"dependencies\": {{\"{name}\": \"1\"}}}}");
    for (package, order, reader) in [
        (npm("next"), ".env.development.local .env.local .env.development .env", Reader::Next),
        (npm("@sveltejs/kit"), ".env.development.local .env.development .env.local .env", Reader::Vite),
        (npm("nuxt"), ".env", Reader::Dotenv),
        (npm("elysia"), ".env.development.local .env.local .env.development .env", Reader::Bun),
        (
            "{\"dependencies\": {\"express\": \"5\"}, \"scripts\": {\"dev\": \"node --env-file=.env --env-file=.env.dev a.js\"}}".into(),
            ".env.dev .env",
            Reader::Node,
        ),
    ] {
        let seen = found(&[("package.json", &package)]);
        let files: Vec<_> = seen.env_files.iter().map(|view| view.file.as_str()).collect();
        assert_eq!((files.join(" ").as_str(), seen.reader), (order, reader), "{package}");
        assert_eq!(seen.env_files[0].rank, 1);
    }
    let seen = found(&[("package.json", &npm("express")), ("a.js", "\ndotenv.config({ path: '.env.shop' })")]);
    assert_eq!((seen.env_file.as_str(), seen.env_file_at), (".env.shop", Some(Place::new("a.js", Some(2)))));
}

#[test]
fn a_part_of_a_workspace_finds_what_stands_above() {
    let world = World::with(&[
        ("package.json", "{\n\"packageManager\": \"pnpm@10.1.0\", \"workspaces\": [\"apps/*\"]}"),
        ("apps/web/package.json", "{\"dependencies\": {\"next\": \"16\"}}"),
    ]);
    world.git(&["init", "--quiet"]);
    let seen = inspect(&world.0.path().join("apps/web"));
    let manager = seen.package_manager.unwrap();
    assert_eq!((manager.value.as_str(), manager.file.as_str(), manager.line), ("pnpm", "../../package.json", Some(2)));
    assert!(seen.handler.unwrap().install.unwrap().starts_with("pnpm add @polar-sh/nextjs"));
    let apps = world.inspect().apps;
    assert_eq!(apps.iter().map(|app| app.folder.as_str()).collect::<Vec<_>>(), ["apps/web"]);
}

#[test]
fn every_handler_is_complete() {
    let world = World::with(&[("package.json", "{}"), ("tsconfig.json", "{}")]);
    let without: Vec<_> = framework_titles()
        .into_iter()
        .filter(|title| {
            let Some(handler) = inspect_as(world.0.path(), Some(title)).handler else { return true };
            assert!(!handler.code.contains("{{"), "{title}: {}", handler.code);
            let all = format!("{}{:?}", handler.code, handler.notes);
            assert!(all.contains("POLAR_WEBHOOK_SECRET") || all.contains("polarWebhookSecret"), "{title}");
            false
        })
        .collect();
    assert_eq!(
        without,
        [
            "Medusa",
            "AdonisJS",
            "Phoenix",
            "Rust (axum)",
            "Rust (actix-web)",
            "Rust (Rocket)",
            "Vite",
            "Gatsby",
            "PHP",
            "Ruby"
        ]
    );
}

#[test]
fn an_old_sdk_gets_its_own_code() {
    let seen = found(&[("package.json", "{\"dependencies\": {\"express\": \"5\", \"@polar-sh/sdk\": \"^0.47.0\"}}")]);
    let handler = seen.handler.unwrap();
    assert!(handler.code.contains("from \"@polar-sh/sdk/webhooks\"") && !handler.code.contains("2026-04"));
    assert_eq!(handler.install, None);
}
