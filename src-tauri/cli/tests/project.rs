//! The project's folder by itself: what it shows, what leaked, and the env file's other forms and earlier versions.

use std::{fs, path::Path, process::Command};

use polar_setup_core::polar::token::AccessToken;
use serde_json::Value;

use crate::stage::{Call, Ran};

struct World {
    data: tempfile::TempDir,
    project: tempfile::TempDir,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let world = Self { data: tempfile::tempdir().unwrap(), project: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let folder = self.project.path().to_str().unwrap();
        Call::new(self.data.path()).with(arguments).with(&["--project", folder]).run().await
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let author = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").arg("-C").arg(folder).args(author).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn each_finding_names_its_file_and_line() {
    let world = World::new(&[
        ("package.json", "{\n  \"dependencies\": {\n    \"next\": \"16.0.0\"\n  }\n}\n"),
        ("app/api/polar/route.ts", "import { Webhooks } from '@polar-sh/nextjs'\nexport const POST = Webhooks({})\n"),
    ]);
    let ran = world.run(&["inspect", "--json"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["framework"]["value"], "Next.js (app router)");
    assert_eq!((&found["framework"]["file"], &found["framework"]["line"]), (&"package.json".into(), &3.into()));
    assert_eq!((&found["route"], &found["route_at"]["line"]), (&"/api/polar".into(), &2.into()));
    let ran = world.run(&["inspect"]).await;
    assert!(ran.shows("Next.js (app router) · package.json:3") && ran.shows("/api/polar"), "{ran:?}");
    let ran = world.run(&["inspect", "--framework", "Hono"]).await;
    assert!(ran.shows("Hono"), "{ran:?}");
    world.run(&["inspect", "--framework", "Fortran on Rails"]).await.refused_as_wrong_usage("known are");
}

#[tokio::test]
async fn the_handler_goes_to_standard_output_and_nowhere_else() {
    let world = World::new(&[("package.json", "{ \"dependencies\": { \"hono\": \"4\" } }")]);
    let ran = world.run(&["handler", "--route", "/hooks/polar"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("/hooks/polar") && ran.out.contains("POLAR_WEBHOOK_SECRET"), "{ran:?}");
    assert!(ran.complaint.contains("@polar-sh/"), "{ran:?}");
    assert_eq!(fs::read_dir(world.project.path()).unwrap().count(), 1);
    // The framework's own installer, whatever the folder has.
    let ran = world.run(&["handler", "--framework", "Django"]).await;
    assert!(ran.complaint.contains("pip install polar-sdk"), "{ran:?}");
    let empty = World::new(&[]);
    let ran = empty.run(&["handler"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.complaint.contains("--framework"), "{ran:?}");
}

#[tokio::test]
async fn a_token_three_commits_back_is_named_and_never_shown() {
    let token = AccessToken::issue().secret().expose().to_owned();
    let world = World::new(&[("seed.ts", &format!("// seed\nconst token = '{token}'\n")), (".gitignore", ".env\n")]);
    let folder = world.project.path();
    git(folder, &["init", "--quiet"]);
    for text in ["first", "second", "third", "fourth"] {
        git(folder, &["add", "--all"]);
        git(folder, &["commit", "--quiet", "-m", text]);
        world.write("seed.ts", &format!("// {text}\n"));
    }
    world.write(".env", &format!("POLAR_ACCESS_TOKEN={token}\n"));
    let ran = world.run(&["leaks", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.shows(&token));
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    let leak = &found["leaks"][0];
    assert_eq!((&leak["in_use"], &leak["history"]["subject"]), (&true.into(), &"first".into()));
    assert_eq!((&leak["history"]["path"], &leak["history"]["line"]), (&"seed.ts".into(), &2.into()));
    let ran = world.run(&["leaks"]).await;
    assert!(ran.shows("1. Revoke the token") && !ran.shows(&token), "{ran:?}");
    let clean = World::new(&[(".env", "A=1\n")]);
    let ran = clean.run(&["leaks"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("No access token"), "{ran:?}");
}

#[tokio::test]
async fn the_variables_come_in_the_form_that_is_asked_for() {
    let world = World::new(&[(".env", "OTHER=1\nPOLAR_ACCESS_TOKEN='a b'\nPOLAR_WEBHOOK_SECRET=it's\n")]);
    let out = async |form| world.run(&["env", "export", "--as", form]).await.out;
    assert_eq!(out("shell").await, "export POLAR_ACCESS_TOKEN='a b'\nexport POLAR_WEBHOOK_SECRET='it'\\''s'\n");
    assert_eq!(out("docker").await, "POLAR_ACCESS_TOKEN=a b\nPOLAR_WEBHOOK_SECRET=it's\n");
    let read: Value = serde_json::from_str(&out("json").await).unwrap();
    assert_eq!(read, serde_json::json!({ "POLAR_ACCESS_TOKEN": "a b", "POLAR_WEBHOOK_SECRET": "it's" }));
    let ran = World::new(&[]).run(&["env", "export", "--as", "json"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
}

#[tokio::test]
async fn what_a_setup_replaced_can_be_put_back() {
    let stage = crate::stage::Stage::new().await;
    let before = "# mine\r\nPOLAR_ACCESS_TOKEN=\r\nDATABASE_URL=postgres://x\r\n";
    fs::write(stage.env_path(), before).unwrap();
    stage.setup().run().await.verified();
    let after = stage.env_text();
    assert!(after.contains("POLAR_WEBHOOK_SECRET="));
    let folder = stage.project.path().to_str().unwrap();
    let run = async |action: &[&str]| {
        Call::new(stage.data.path()).with(&["env"]).with(action).with(&["--project", folder]).run().await
    };
    let listed = run(&["backups", "--json"]).await;
    let first: Value = serde_json::from_str(listed.out.lines().last().unwrap()).unwrap();
    assert_eq!(run(&["restore", first["id"].as_str().unwrap()]).await.code, Some(0));
    assert_eq!(stage.env_text(), before);
    assert_eq!(run(&["restore"]).await.code, Some(0));
    assert_eq!(stage.env_text(), after);
    let ran = run(&["restore", "17"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(stage.env_text(), after);
    stage.practice.stop().await;
}
