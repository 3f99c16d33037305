mod findings;

use std::{fs, process::Command};

use super::*;
use crate::webhook::signature::KeyRule;

/// A project made of files.
struct World(tempfile::TempDir);

impl World {
    fn with(files: &[(&str, &str)]) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            world.write(path, text);
        }
        world
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn inspect(&self) -> Project {
        inspect(self.0.path())
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git").arg("-C").arg(self.0.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn package(dependencies: &[(&str, &str)], scripts: &[(&str, &str)]) -> String {
    let object = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), serde_json::json!(value)))
            .collect::<serde_json::Map<_, _>>()
    };
    serde_json::json!({ "name": "my-shop", "dependencies": object(dependencies), "scripts": object(scripts) })
        .to_string()
}

#[test]
fn an_empty_folder_has_the_defaults() {
    let world = World::with(&[]);
    let found = world.inspect();
    assert_eq!(found.problem, None);
    assert_eq!(found.name, world.0.path().file_name().unwrap().to_str().unwrap());
    assert_eq!((found.route.as_str(), found.port, found.env_file.as_str()), (DEFAULT_ROUTE, 3000, ".env"));
    assert_eq!((found.framework, found.sdk, found.warnings), (None, None, vec![]));
    assert!(!found.route_reason.is_empty() && !found.port_reason.is_empty() && !found.env_file_reason.is_empty());
}

#[test]
fn folders_that_are_no_project_are_told() {
    let world = World::with(&[("file", "")]);
    let problem = |path: &Path| inspect(path).problem.unwrap_or_default();
    assert!(problem(&world.0.path().join("gone")).contains("does not exist"));
    assert!(problem(&world.0.path().join("file")).contains("is a file"));
    assert!(problem(Path::new("/")).contains("whole disk"));
    assert!(problem(directories::BaseDirs::new().unwrap().home_dir()).contains("home folder"));
}

#[test]
fn frameworks_are_known_by_their_manifests() {
    for (file, text, title, port) in [
        ("package.json", package(&[("react", "19"), ("next", "16.0.0")], &[]), "Next.js (app router)", 3000),
        ("package.json", package(&[("vite", "7"), ("@sveltejs/kit", "2")], &[]), "SvelteKit", 5173),
        ("package.json", package(&[("astro", "5"), ("express", "5")], &[]), "Astro", 4321),
        ("package.json", package(&[("express", "5"), ("@nestjs/core", "11")], &[]), "NestJS", 3000),
        ("package.json", package(&[("vite", "7"), ("@tanstack/react-start", "1")], &[]), "TanStack Start", 3000),
        ("package.json", package(&[("vite", "7"), ("@react-router/dev", "7")], &[]), "React Router", 5173),
        ("package.json", package(&[("hono", "4")], &[("dev", "wrangler dev src/index.ts")]), "Hono", 8787),
        ("composer.json", r#"{"require": {"laravel/framework": "^12.0"}}"#.into(), "Laravel", 8000),
        ("Gemfile", "gem \"sprockets-rails\"\ngem \"rails\", \"~> 8.0\"\n".into(), "Rails", 3000),
        ("requirements.txt", "# django\nflask-cors==1\nFlask==3.1\n".into(), "Flask", 5000),
        ("pyproject.toml", "[project]\ndependencies = [\"fastapi[standard]>=0.115\"]\n".into(), "FastAPI", 8000),
        ("manage.py", "#!/usr/bin/env python\n".into(), "Django", 8000),
        ("go.mod", "module shop\n\ngo 1.25\n".into(), "Go (net/http)", 8080),
        ("Cargo.toml", "[dependencies]\naxum-extra = \"1\"\naxum = \"0.8\"\n".into(), "Rust (axum)", 3000),
    ] {
        let found = World::with(&[(file, &text)]).inspect();
        let said = found.framework.unwrap();
        assert_eq!((said.value.as_str(), said.file.as_str()), (title, file));
        assert_eq!(found.port, port, "{title}: {}", found.port_reason);
        assert_eq!(found.name == "my-shop", file == "package.json");
    }
}

#[test]
fn a_broken_package_json_is_told() {
    let found = World::with(&[("package.json", "{\"name\": ")]).inspect();
    assert_eq!(found.problem, None);
    assert!(found.warnings[0].contains("package.json cannot be understood"), "{:?}", found.warnings);
}

#[test]
fn the_port_is_where_the_project_says() {
    let express = package(&[("express", "5")], &[]);
    let next = |script: &str| package(&[("next", "16")], &[("dev", script), ("start", "next start -p 1234")]);
    for (files, port, reason) in [
        (vec![("package.json", next("next dev -p 4000"))], 4000, "\"dev\""),
        (vec![("package.json", next("next dev --port=4001 --turbo"))], 4001, "\"dev\""),
        (vec![("package.json", next("PORT=4002 next dev"))], 4002, "\"dev\""),
        (vec![("package.json", next("next dev"))], 1234, "\"start\""),
        (vec![("package.json", express.clone()), (".env", "PORT=4003".into())], 4003, "PORT in .env"),
        (vec![("package.json", package(&[("vite", "7")], &[])), (".env", "PORT=4003".into())], 5173, "default"),
        (
            vec![
                ("package.json", package(&[("vite", "7")], &[])),
                ("vite.config.ts", "  server: { port: 4004 }".into()),
            ],
            4004,
            "vite.config.ts",
        ),
        (
            vec![
                ("package.json", express.clone()),
                ("index.js", "app.listen(Number(process.env.PORT), \"127.0.0.1\")".into()),
            ],
            3000,
            "default",
        ),
        (
            vec![
                ("package.json", express.clone()),
                ("src/index.js", "// app.listen(1)\napp.listen(process.env.PORT || 4005)".into()),
            ],
            4005,
            "src/index.js",
        ),
        (
            vec![("package.json", express.clone()), ("server.js", "app.listen(4006, () => {})".into())],
            4006,
            "server.js",
        ),
        (vec![("package.json", express)], 3000, "Express"),
        (
            vec![("go.mod", "module shop".into()), ("main.go", "http.ListenAndServe(\":4007\", nil)".into())],
            4007,
            "main.go",
        ),
    ] {
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let found = World::with(&files).inspect();
        assert_eq!(found.port, port, "{files:?}: {}", found.port_reason);
        assert!(found.port_reason.contains(reason), "{}", found.port_reason);
    }
}

#[test]
fn a_handler_that_is_there_gives_the_route() {
    const HANDLER: &str = "import { Webhooks } from \"@polar-sh/nextjs\";\nexport const POST = Webhooks({});\n";
    for (dependency, path, text, route) in [
        ("next", "src/app/(shop)/api/webhook/polar/route.ts", HANDLER, "/api/webhook/polar"),
        ("next", "app/hooks/[id]/route.ts", HANDLER, ""),
        ("next", "pages/api/polar/webhook.ts", HANDLER, "/api/polar/webhook"),
        ("nuxt", "server/routes/webhook/polar.post.ts", HANDLER, "/webhook/polar"),
        ("nuxt", "server/api/polar-webhook.ts", HANDLER, "/api/polar-webhook"),
        ("@sveltejs/kit", "src/routes/api/webhooks/polar/+server.ts", HANDLER, "/api/webhooks/polar"),
        ("astro", "src/pages/api/polar-webhooks.ts", HANDLER, "/api/polar-webhooks"),
        ("@remix-run/react", "app/routes/webhook.polar.ts", HANDLER, "/webhook/polar"),
        (
            "@tanstack/react-start",
            "src/routes/api/hook.ts",
            "// polar webhooks\nimport {Webhooks} from '@polar-sh/tanstack-start'\nexport const Route = createFileRoute('/api/webhook/polar')({})",
            "/api/webhook/polar",
        ),
        (
            "express",
            "src/server.ts",
            "app.post('/webhook/stripe', a);\napp.post(\n  '/polar/webhooks',\n  express.raw(), (q, r) => validateEvent())\n// polar",
            "/polar/webhooks",
        ),
        ("hono", "index.ts", "import '@polar-sh/hono'\napp.post('/hooks/webhook', Webhooks({}))", "/hooks/webhook"),
        (
            "@nestjs/core",
            "src/polar.controller.ts",
            "@Controller('polar')\nexport class Polar { @Post('webhooks') take() {} }",
            "/polar/webhooks",
        ),
        (
            "next",
            "lib/auth.ts",
            "import { polar, webhooks } from \"@polar-sh/better-auth\";\nbetterAuth({ basePath: \"/auth\", plugins: [polar({ use: [webhooks({})] })] })",
            "/auth/polar/webhooks",
        ),
        ("express", "node_modules/x/index.js", "app.post('/webhook/polar')", ""),
        ("express", "src/a.js", "app.post('/webhook/polar/:id', webhooks)", ""),
    ] {
        let found = World::with(&[("package.json", &package(&[(dependency, "1")], &[])), (path, text)]).inspect();
        if !route.is_empty() {
            assert_eq!(found.route, route, "{path}: {}", found.route_reason);
            assert_eq!(found.route_at.as_ref().map(|at| at.file.as_str()), Some(path));
        }
        assert_eq!(found.route_reason.contains(path), !route.is_empty(), "{}", found.route_reason);
    }
}

#[test]
fn handlers_in_other_languages_give_the_route() {
    for (manifest, path, text, route) in [
        (
            "requirements.txt",
            "app/main.py",
            "@app.post(\"/webhooks/polar/\")\nasync def take(): ...",
            "/webhooks/polar/",
        ),
        ("manage.py", "shop/urls.py", "urlpatterns = [path(\"polar/webhook\", views.take)]", "/polar/webhook"),
        (
            "composer.json",
            "routes/api.php",
            "<?php\nRoute::post('webhook/polar', [Polar::class, 'take']);",
            "/api/webhook/polar",
        ),
        ("Gemfile", "config/routes.rb", "post \"webhooks/polar\", to: \"polar#take\"", "/webhooks/polar"),
        ("go.mod", "main.go", "mux.HandleFunc(\"POST /webhook/polar\", take)", "/webhook/polar"),
        ("Cargo.toml", "src/main.rs", "Router::new().route(\"/webhook/polar\", post(take))", "/webhook/polar"),
    ] {
        let found = World::with(&[(manifest, ""), (path, text)]).inspect();
        assert_eq!(found.route, route, "{path}: {}", found.route_reason);
    }
}

#[test]
fn react_router_takes_the_route_from_its_list() {
    let world = World::with(&[
        ("package.json", &package(&[("@react-router/dev", "7")], &[])),
        ("app/routes.ts", "export default [index(\"home.tsx\"), route(\"hooks/polar-webhook\", \"routes/polar.ts\")]"),
        ("app/routes/polar.ts", "import { validateEvent } from \"@polar-sh/sdk/webhooks\""),
    ]);
    assert_eq!(world.inspect().route, "/hooks/polar-webhook");
}

#[test]
fn the_sdk_says_which_key_rules_it_accepts() {
    let own = vec![KeyRule::PolarOwn];
    let both = KeyRule::ALL.to_vec();
    let sdk = |range: &str| package(&[("@polar-sh/sdk", range)], &[]);
    for (files, version, accepts) in [
        (vec![("package.json", sdk("^0.47.1"))], "^0.47.1", &own),
        (vec![("package.json", sdk("^1.0.0"))], "^1.0.0", &both),
        (vec![("package.json", sdk("1.0.0-alpha.3"))], "1.0.0-alpha.3", &own),
        (vec![("package.json", sdk("latest"))], "latest", &own),
        (
            vec![("package.json", sdk("latest")), ("node_modules/@polar-sh/sdk/package.json", "{\"version\":\"1.0.1\"}".into())],
            "1.0.1",
            &both,
        ),
        (
            vec![
                ("package.json", sdk("*")),
                ("package-lock.json", "{\"packages\": {\"node_modules/@polar-sh/sdk\": {\n\"version\": \"0.49.0\"}}}".into()),
            ],
            "0.49.0",
            &own,
        ),
        (
            vec![
                ("package.json", sdk(">=0.40")),
                ("pnpm-lock.yaml", "importers:\n  .:\n    dependencies:\n      '@polar-sh/sdk':\n        specifier: '>=0.40'\n        version: 1.0.1(zod@4)\n".into()),
            ],
            "1.0.1",
            &both,
        ),
        (
            vec![("package.json", sdk("*")), ("yarn.lock", "\"@polar-sh/sdk@*\":\n  version \"0.48.2\"\n".into())],
            "0.48.2",
            &own,
        ),
        (vec![("package.json", sdk("*")), ("bun.lock", "\"@polar-sh/sdk\": [\"@polar-sh/sdk@1.0.1\", \"\"]".into())], "1.0.1", &both),
        (vec![("pyproject.toml", "dependencies = [\"polar-sdk>=0.28\"]".into())], ">=0.28", &own),
        (
            vec![
                ("pyproject.toml", "dependencies = [\"polar-sdk\"]".into()),
                ("uv.lock", "[[package]]\nname = \"polar-sdk\"\nversion = \"0.28.1\"\n".into()),
            ],
            "0.28.1",
            &own,
        ),
        (vec![("composer.json", "{\"require\": {\"polar-sh/sdk\": \"^0.7\"}}".into())], "^0.7", &vec![]),
        (vec![("go.mod", "require github.com/polarsource/polar-go v0.14.0".into())], "v0.14.0", &vec![]),
    ] {
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let found = World::with(&files).inspect().sdk.unwrap();
        assert_eq!((found.version.as_str(), &found.accepts), (version, accepts), "{files:?}");
    }
}

#[test]
fn an_adapter_accepts_what_its_own_sdk_accepts() {
    let world = World::with(&[
        ("package.json", &package(&[("@polar-sh/nextjs", "^0.9.6"), ("@polar-sh/sdk", "^1.0.1")], &[])),
        (
            "node_modules/@polar-sh/nextjs/package.json",
            r#"{"version":"0.9.6","dependencies":{"@polar-sh/adapter-utils":"0.4"}}"#,
        ),
        (
            "node_modules/@polar-sh/adapter-utils/package.json",
            r#"{"version":"0.4.0","dependencies":{"@polar-sh/sdk":"^0.47"}}"#,
        ),
        ("node_modules/@polar-sh/adapter-utils/node_modules/@polar-sh/sdk/package.json", r#"{"version":"0.47.1"}"#),
        ("node_modules/@polar-sh/sdk/package.json", r#"{"version":"1.0.1"}"#),
    ]);
    let found = world.inspect().sdk.unwrap();
    assert_eq!((found.package.as_str(), found.version.as_str()), ("@polar-sh/nextjs", "0.9.6"));
    assert_eq!(found.accepts, [KeyRule::PolarOwn]);
    world.write(
        "node_modules/@polar-sh/adapter-utils/node_modules/@polar-sh/sdk/package.json",
        r#"{"version":"1.0.1"}"#,
    );
    assert_eq!(world.inspect().sdk.unwrap().accepts, KeyRule::ALL);
}

#[test]
fn the_env_file_is_the_one_in_use() {
    let world = World::with(&[(".env.local", "POLAR_ACCESS_TOKEN=x\n"), (".env.example", "A=1\n")]);
    let found = world.inspect();
    assert_eq!((found.env_file.as_str(), found.env_file_at), (".env.local", Some(Place::new(".env.local", Some(1)))));
    world.write(".env", "POLAR_ACCESS_TOKEN=y\n");
    let found = world.inspect();
    assert_eq!(found.env_file, ".env.local");
    let warnings = found.env_file_warnings(".env");
    assert!(
        warnings.iter().any(|warning| warning.contains(".env.local has POLAR_ACCESS_TOKEN (line 1)")),
        "{warnings:?}"
    );
    assert_eq!(found.env_file_warnings(".env.local"), Vec::<String>::new());
}

#[test]
fn git_takes_what_is_not_ignored() {
    let world = World::with(&[(".env", "A=1\n")]);
    let exposure = || git::exposure(world.0.path(), ".env");
    assert_eq!(exposure(), git::Exposure::None);
    world.git(&["init", "--quiet"]);
    assert_eq!(exposure(), git::Exposure::WouldBeTaken);
    assert!(world.inspect().warnings[0].contains(".gitignore"));
    world.write(".gitignore", ".env*\n");
    assert_eq!(exposure(), git::Exposure::Ignored);
    assert_eq!(world.inspect().warnings, Vec::<String>::new());
    world.git(&["add", "--force", ".env"]);
    assert_eq!(exposure(), git::Exposure::Tracked);
    assert!(world.inspect().env_file_warnings(".env")[0].contains("git rm --cached"));
}

#[cfg(unix)]
#[test]
fn no_program_of_the_repository_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with(&[(".env", "A=1\n"), ("spy", "#!/bin/sh\ntouch \"$(dirname \"$0\")/was-run\"\n")]);
    let spy = world.0.path().join("spy");
    fs::set_permissions(&spy, fs::Permissions::from_mode(0o755)).unwrap();
    world.git(&["init", "--quiet"]);
    world.git(&["config", "core.fsmonitor", spy.to_str().unwrap()]);
    world.inspect();
    assert!(!world.0.path().join("was-run").exists());
    world.git(&["status"]);
    assert!(world.0.path().join("was-run").exists(), "the trap would have worked");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = World::with(&[("hook.js", "app.post('/webhook/polar')")]);
    let world = World::with(&[("package.json", &package(&[("express", "5")], &[]))]);
    std::os::unix::fs::symlink(outside.0.path(), world.0.path().join("src")).unwrap();
    assert_eq!(world.inspect().route_at, None);
}
