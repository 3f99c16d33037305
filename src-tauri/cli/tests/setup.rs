//! `setup`: from an empty folder to a verified file, again and again, and what it says when it cannot.

use std::fs;

use crate::{
    app,
    stage::{Call, Stage, free_port, project},
};

#[tokio::test]
async fn an_empty_folder_needs_neither_token_nor_account() {
    let data = tempfile::tempdir().unwrap();
    let project = project();
    let folder = project.path().to_str().unwrap();
    for _ in 0..2 {
        let call = Call::new(data.path()).with(&["setup", "--project", folder, "--environment", "practice", "--json"]);
        let call = call.with(&["--port", &free_port().to_string()]);
        let ran = call.run().await.verified();
        let checks = ["token", "scopes", "endpoint", "env_file", "env_file_read", "token_from_file"];
        for name in checks.into_iter().chain(["endpoint_matches", "delivery"]) {
            assert_eq!(ran.check(name)["state"], "passed", "{ran:#?}");
        }
        let app = ran.check("app");
        assert_eq!(app["state"], "warning");
        assert!(app["fix"].as_str().unwrap().contains("Start your app"), "{app}");
        assert!(app.as_object().unwrap().contains_key("cause"), "each line has the same fields");
        let text = fs::read_to_string(project.path().join(".env")).unwrap();
        let names: Vec<&str> = text.lines().map(|line| line.split_once('=').unwrap().0).collect();
        assert_eq!(names, ["POLAR_ACCESS_TOKEN", "POLAR_WEBHOOK_SECRET", "POLAR_WEBHOOK_URL_DEV"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private_and_keeps_what_else_it_holds() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().await;
    fs::write(stage.env_path(), "# mine\nDATABASE_URL='postgres://here'\n").unwrap();
    let ran = stage.setup().run().await.verified();
    assert!(stage.env_text().starts_with("# mine\nDATABASE_URL='postgres://here'\n"));
    assert_eq!(fs::metadata(stage.env_path()).unwrap().permissions().mode() & 0o777, 0o600);

    let endpoint = &stage.practice.endpoints()[0];
    let base = stage.variable("POLAR_WEBHOOK_URL_DEV");
    assert_eq!(endpoint["url"], format!("{base}/api/auth/polar/webhooks"));
    assert_eq!(endpoint["secret"], stage.variable("POLAR_WEBHOOK_SECRET"));
    let report = ran.report();
    assert_eq!(report["endpoint_id"], endpoint["id"]);
    assert_eq!(report["endpoint_created"], true);
    assert_eq!(report["env_file"], stage.env_path().to_str().unwrap());
    assert_eq!(report["organization"]["name"], "Practice Shop");
    for secret in [stage.token(), stage.variable("POLAR_WEBHOOK_SECRET")] {
        assert!(!ran.shows(&secret), "a secret is shown: {ran:#?}");
    }
}

#[tokio::test]
async fn however_often_it_runs_there_is_one_endpoint() {
    let stage = Stage::new().await;
    let first = stage.setup().run().await.verified().report();
    let file = stage.env_text();
    // The second finds its token in the file.
    let second = stage.call("setup").run().await.verified().report();
    assert_eq!(second["endpoint_id"], first["endpoint_id"]);
    assert_eq!(second["endpoint_created"], false);
    assert_eq!(stage.env_text(), file);
    let third = stage.setup().with(&["--events", "order.paid", "--name", "The shop"]).run().await.verified().report();
    assert_eq!(third["endpoint_id"], first["endpoint_id"]);
    assert_eq!(stage.env_text(), file);
    let endpoints = stage.practice.endpoints();
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0]["events"], serde_json::json!(["order.paid"]));
    assert_eq!(endpoints[0]["name"], "The shop");
}

#[tokio::test]
async fn without_its_memory_it_finds_its_endpoint_by_the_address() {
    let stage = Stage::new().await;
    let public = ["--public-url", "https://shop.example.invalid"];
    stage.setup().with(&public).run().await.not_verified();
    fs::remove_dir_all(stage.data.path()).unwrap();
    stage.setup().with(&["--public-url", "https://SHOP.example.invalid/"]).run().await.not_verified();
    assert_eq!(stage.practice.endpoints().len(), 1);
}

#[tokio::test]
async fn when_in_doubt_it_asks_and_changes_nothing() {
    let stage = Stage::new().await;
    stage.setup().run().await.verified();
    let (before, file) = (stage.practice.endpoints(), stage.env_text());
    fs::remove_dir_all(stage.data.path()).unwrap();
    let ran = stage.setup().with(&["--route", "/hooks"]).run().await.not_verified();
    let id = before[0]["id"].as_str().unwrap();
    let fix = ran.check("endpoint")["fix"].as_str().unwrap().to_owned();
    assert!(fix.contains(&format!("--endpoint {id}")) && fix.contains("--endpoint new"), "{fix}");
    assert_eq!((stage.practice.endpoints(), stage.env_text()), (before.clone(), file));

    stage.setup().with(&["--route", "/hooks", "--endpoint", id]).run().await.verified();
    let after = stage.practice.endpoints();
    assert_eq!(after.len(), 1);
    assert!(after[0]["url"].as_str().unwrap().ends_with("/hooks"));
}

#[tokio::test]
async fn an_endpoint_that_polar_disabled_is_enabled_again() {
    let stage = Stage::new().await;
    stage.setup().run().await.verified();
    let mut endpoint = stage.practice.endpoints()[0].clone();
    endpoint["enabled"] = false.into();
    stage.practice.restore_endpoint(&endpoint).unwrap();
    stage.setup().run().await.verified();
    assert_eq!(stage.practice.endpoints()[0]["enabled"], true);
}

#[tokio::test]
async fn an_address_that_does_not_answer_yet_is_no_stop() {
    let stage = Stage::new().await;
    let ran = stage.setup().with(&["--public-url", "https://shop.example.invalid"]).run().await.not_verified();
    let delivery = ran.check("delivery");
    assert_eq!(delivery["state"], "failed");
    assert!(!delivery["cause"].is_null() && !delivery["fix"].is_null(), "{delivery}");
    assert_eq!(ran.failed(), ["delivery"]);
    let endpoint = &stage.practice.endpoints()[0];
    assert_eq!(endpoint["url"], "https://shop.example.invalid/api/auth/polar/webhooks");
    assert_eq!(endpoint["secret"], stage.variable("POLAR_WEBHOOK_SECRET"));
    assert!(!stage.env_text().contains("POLAR_WEBHOOK_URL_DEV"), "{}", stage.env_text());
}

#[tokio::test]
async fn token_and_secret_come_by_standard_input() {
    let stage = Stage::new().await;
    let secret = "a secret of one's own, 40 characters long".replace([' ', '\'', ','], "_");
    let call = stage.call("setup").with(&["--token-stdin", "--secret-stdin", "--port", &stage.app_port.to_string()]);
    let ran = call.input(&format!("{}\r\n{secret}\r\n", stage.token())).run().await.verified();
    assert_eq!(stage.variable("POLAR_WEBHOOK_SECRET"), secret);
    assert_eq!(stage.practice.endpoints()[0]["secret"], secret);
    assert!(!ran.shows(&secret) && !ran.shows(&stage.token()), "{ran:#?}");
}

#[tokio::test]
async fn the_app_is_asked_and_must_refuse_a_forgery() {
    let mut stage = Stage::new().await;
    stage.app_port = app::start(stage.env_path()).await;
    let ran = stage.setup().run().await.verified();
    assert_eq!(ran.check("app")["state"], "passed");
    assert_eq!(ran.check("forged")["state"], "passed");
    assert!(ran.check("forged")["seen"].as_str().unwrap().contains("403"));

    let ran = stage.setup().with(&["--route", "/elsewhere"]).run().await.not_verified();
    assert_eq!(ran.failed(), ["app"]);
    assert!(ran.check("app")["seen"].as_str().unwrap().contains("404"), "{ran:#?}");
}

#[tokio::test]
async fn a_secret_that_the_projects_reader_would_expand_is_spelled_for_it() {
    let stage = Stage::new().await;
    fs::write(stage.project.path().join("package.json"), "{ \"dependencies\": { \"next\": \"16\" } }").unwrap();
    let call = stage.setup().with(&["--secret-stdin"]).input("before$HOME-and$1-of-more-than-32-characters\n");
    let ran = call.run().await.verified();
    let written = fs::read_to_string(stage.project.path().join(".env.local")).unwrap();
    assert!(written.contains(r#"POLAR_WEBHOOK_SECRET="before\$HOME-and\$1-of-more-than-32-characters""#), "{written}");
    let check = ran.check("env_file");
    assert_eq!(check["state"], "warning");
    assert!(check["cause"].as_str().unwrap().contains("docker --env-file"), "{check}");
    // Once more, it is left alone.
    stage.setup().run().await.verified();
    assert_eq!(fs::read_to_string(stage.project.path().join(".env.local")).unwrap(), written);
}

#[tokio::test]
async fn a_secret_that_no_spelling_fits_is_refused_before_anything_is_made() {
    let stage = Stage::new().await;
    fs::write(stage.project.path().join("package.json"), "{ \"dependencies\": { \"next\": \"16\" } }").unwrap();
    let call = stage.setup().with(&["--secret-stdin"]).input("it's-\"a\"-`b`-$x-#y-of-more-than-32-characters\n");
    let ran = call.run().await.not_verified();
    assert_eq!(ran.check("env_file")["state"], "failed");
    assert_eq!(stage.practice.endpoints().len(), 0);
    assert!(!stage.project.path().join(".env.local").exists());
}

#[tokio::test]
async fn a_token_that_gives_way_is_named() {
    let stage = Stage::new().await;
    fs::write(stage.env_path(), "POLAR_ACCESS_TOKEN=polar_oat_something_of_before\n").unwrap();
    let ran = stage.setup().run().await.verified();
    assert!(ran.complaint.contains("holds another POLAR_ACCESS_TOKEN"), "{ran:#?}");
    assert!(!ran.shows("something_of"), "{ran:#?}");
}

#[cfg(unix)]
#[tokio::test]
async fn keep_running_shows_each_delivery_until_ctrl_c() {
    let mut stage = Stage::new().await;
    stage.app_port = app::start(stage.env_path()).await;
    let mut running = stage.setup().with(&["--keep-running"]).start();
    running.note("Ctrl-C ends it").await;
    while !running.line().await.unwrap().starts_with("{\"report\"") {}
    assert!(stage.practice.fire("order.paid"));
    let line: serde_json::Value = serde_json::from_str(&running.line().await.unwrap()).unwrap();
    let delivery = &line["delivery"];
    assert_eq!(delivery["event_type"], "order.paid");
    assert_eq!(delivery["verified"], "polar_own");
    assert_eq!(delivery["app_status"], 202);
    running.interrupt().await;
    assert_eq!(running.end().await, (Some(0), Vec::new()));
    let base = stage.variable("POLAR_WEBHOOK_URL_DEV");
    assert!(std::net::TcpStream::connect(base.trim_start_matches("http://")).is_err(), "the receiver still listens");
}

#[tokio::test]
async fn by_the_relay_a_verified_file_is_written_without_an_endpoint() {
    let stage = Stage::new().await;
    let ran = stage.setup().with(&["--tunnel", "relay"]).run().await.verified();
    assert_eq!(ran.check("relay")["state"], "passed");
    let report = ran.report();
    assert!(report["endpoint_id"].is_null() && report["summary"].as_str().unwrap().contains("Polar's stream is open"));
    assert!(stage.practice.endpoints().is_empty());
    let secret = stage.variable("POLAR_WEBHOOK_SECRET");
    assert!(secret.starts_with("whsec_") && !stage.env_text().contains("POLAR_WEBHOOK_URL_DEV"));
    // The check knows that there is no endpoint to look for, and a second run keeps the secret.
    let checked = stage.check().run().await.verified();
    assert!(checked.lines().iter().all(|line| line["check"] != "endpoint_matches"), "{:?}", checked.lines());
    stage.setup().with(&["--tunnel", "relay"]).run().await.verified();
    assert_eq!(stage.variable("POLAR_WEBHOOK_SECRET"), secret);
    for (flags, because) in [
        (&["--tunnel", "relay", "--rotate-secret"][..], "makes no endpoint"),
        (&["--tunnel", "relay", "--keep-running"], "listen"),
        (&["--tunnel", "relay", "--format", "discord"], "raw deliveries only"),
    ] {
        stage.setup().with(flags).run().await.refused_as_wrong_usage(because);
    }
}
