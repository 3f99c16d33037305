//! Wrong usage: exit code 2, a sentence on standard error, nothing done.

use crate::stage::{Call, Stage};

#[tokio::test]
async fn a_call_that_cannot_be_meant_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().to_str().unwrap();
    let practice = ["--environment", "practice"];
    let cases: [(&[&str], &str); 17] = [
        (&[], "--environment"),
        (&["--environment", "elsewhere"], "practice, sandbox, production"),
        (&["--environment", "practice", "--api-url", "https://polar.example"], "cannot be used with"),
        (&["--api-url", "http://polar.example"], "Plain http is only for a server on this machine"),
        (&["--api-url", "nonsense"], "not a web address"),
        (&["--environment", "sandbox", "--token", "x"], "unexpected argument '--token'"),
        (&["--environment", "sandbox"], "POLAR_ACCESS_TOKEN"),
        (&["--environment", "sandbox", "--token-stdin"], "standard input holds no token"),
        (&["--environment", "sandbox", "--tunnel", "none"], "needs --public-url"),
        (&["--environment", "sandbox", "--public-url", "http://shop.example.com"], "https"),
        (&["--tunnel", "ngrok", "--public-url", "https://shop.example.com"], "choose one"),
        (&["--preset", "some"], "payments, all, none"),
        (&["--preset", "all", "--events", "order.paid"], "cannot be used with"),
        (&["--events", ""], "--preset none"),
        (&["--env-file", "../.env"], "a file in the project's folder"),
        (&["--port", "0"], "1..=65535"),
        (&["--secret-stdin"], "standard input holds no secret"),
    ];
    for (arguments, because) in cases {
        let mut call = Call::new(data.path()).with(&["setup", "--project", folder]).with(arguments);
        if arguments.first().is_some_and(|first| !["--environment", "--api-url"].contains(first)) {
            call = call.with(&practice);
        }
        call.run().await.refused_as_wrong_usage(because);
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing was written");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let data = tempfile::tempdir().unwrap();
    let missing = data.path().join("shop");
    for command in ["setup", "check"] {
        let call = Call::new(data.path()).with(&[command, "--environment", "practice", "--project"]);
        call.with(&[missing.to_str().unwrap()]).run().await.refused_as_wrong_usage("does not exist");
    }
}

#[tokio::test]
async fn a_check_must_know_which_polar() {
    let data = tempfile::tempdir().unwrap();
    let project = tempfile::tempdir().unwrap();
    let call = Call::new(data.path()).with(&["check", "--project", project.path().to_str().unwrap()]);
    call.run().await.refused_as_wrong_usage("--environment or --api-url");
}

#[tokio::test]
async fn a_secret_that_polar_would_refuse_is_refused_here() {
    let stage = Stage::new().await;
    let ran = stage.setup().with(&["--secret-stdin"]).input("short\n").run().await;
    ran.refused_as_wrong_usage("at least 32");
    assert!(stage.practice.endpoints().is_empty());
}

#[tokio::test]
async fn completions_and_manual_pages_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    let written = Call::new(folder.path()).with(&["man", "--to", pages.to_str().unwrap()]).run().await;
    assert_eq!(written.code, Some(0), "{}", written.complaint);
    let page = std::fs::read_to_string(pages.join("polar-setup-cli.1")).unwrap();
    let completions = Call::new(folder.path()).with(&["completions", "bash"]).run().await;
    for command in ["setup", "check", "inspect", "handler", "leaks", "env", "listen", "trigger", "practice"] {
        assert!(page.contains(command), "{command} in the page");
        assert!(pages.join(format!("polar-setup-cli-{command}.1")).is_file(), "{command} has a page");
        assert!(completions.out.contains(command), "{command} in the completions");
    }
}
