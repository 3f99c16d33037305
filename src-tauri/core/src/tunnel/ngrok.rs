//! ngrok: needs an account, and gives it one address that stays.
//!
//! With `--log-format=json` it writes one JSON object a line, with other lines in between. Its failures carry codes
//! (`ERR_NGROK_4018`), which stay while the words around them change.

use std::ffi::OsString;

use serde::Deserialize;

use super::{
    install::{Package, System},
    provider::{Launch, Problem, Program, Seen, base_address},
};

const AUTHTOKEN_PAGE: &str = "https://dashboard.ngrok.com/get-started/your-authtoken";

pub(super) struct Ngrok;

/// The fields of its log that matter. `addr` is a text in older agents and an object in newer ones: it is left alone.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    lvl: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    err: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl Program for Ngrok {
    fn name(&self) -> &'static str {
        "ngrok"
    }

    fn about(&self) -> &'static str {
        "Needs a free account and its authtoken. The address stays the same at every start."
    }

    fn install_command(&self, system: System) -> String {
        match system.package {
            Package::Deb => "curl -fsSL https://ngrok-agent.s3.amazonaws.com/ngrok.asc | sudo tee /etc/apt/trusted.gpg.d/ngrok.asc >/dev/null && echo \"deb https://ngrok-agent.s3.amazonaws.com bookworm main\" | sudo tee /etc/apt/sources.list.d/ngrok.list && sudo apt update && sudo apt install ngrok".into(),
            Package::Homebrew => "brew install ngrok".into(),
            Package::Winget => "winget install --id Ngrok.Ngrok".into(),
            Package::Pacman | Package::Unknown => format!(
                "mkdir -p ~/.local/bin && curl -fL https://bin.equinox.io/c/bNyj1mQVY4c/ngrok-v3-stable-linux-{}.tgz | tar -xz -C ~/.local/bin",
                system.processor()
            ),
        }
    }

    fn version_arguments(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn arguments(&self, launch: &Launch<'_>) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            ["http", &launch.receiver.to_string(), "--log=stdout", "--log-format=json"].map(OsString::from).into();
        arguments.extend(launch.domain.map(|domain| format!("--url=https://{domain}").into()));
        arguments
    }

    fn authtoken_variable(&self) -> Option<&'static str> {
        Some("NGROK_AUTHTOKEN")
    }

    fn takes_domain(&self) -> bool {
        true
    }

    fn variables_kept_away(&self) -> &'static [&'static str] {
        &[]
    }

    fn second_try(&self) -> Option<&'static str> {
        None
    }

    fn read(&self, line: &str) -> Vec<Seen> {
        let Ok(read) = serde_json::from_str::<Line>(line) else {
            return code(line).map(|code| Seen::Fatal(named(code))).into_iter().collect();
        };
        let address = read.url.as_deref().and_then(base_address);
        match (read.msg.as_str(), address) {
            ("started tunnel", Some(address)) => vec![Seen::Address(address), Seen::Connected],
            // After a loss; at the start there is no address yet, and this says nothing.
            ("client session established", _) => vec![Seen::Connected],
            ("session closed, starting reconnect loop" | "failed to reconnect session", _) => vec![Seen::Disconnected],
            _ if read.lvl == "crit" => {
                let error = read.err.unwrap_or_default();
                vec![Seen::Fatal(code(&error).map_or_else(|| unnamed(&error), named))]
            }
            _ => vec![],
        }
    }

    fn explain(&self, log: &[String]) -> Option<Problem> {
        let says = |text: &str| log.iter().any(|line| line.contains(text));
        if let Some(code) = log.iter().rev().find_map(|line| code(line)) {
            return Some(named(code));
        }
        if says("no such host") || says("network is unreachable") || says("failed to reconnect session") {
            return Some(Problem::new(
                "ngrok's service could not be reached: this machine has no internet, or a firewall is in the way.",
                "Connect this machine to the internet and start again.",
            ));
        }
        if says("USAGE:") || says("unknown flag") || says("flag provided but not defined") {
            return Some(Problem::new("This ngrok does not know the flags that it is started with.", UPDATE));
        }
        None
    }
}

const UPDATE: &str = "Install the newest ngrok.";

/// The first `ERR_NGROK_n` in a text.
fn code(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("ERR_NGROK_")?;
    let digits = after.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn named(code: u32) -> Problem {
    let (cause, fix) = match code {
        4018 => (
            "ngrok has no authtoken on this machine, and works only with an account.",
            format!("Copy yours from {AUTHTOKEN_PAGE} and enter it here, or run: ngrok config add-authtoken TOKEN"),
        ),
        105 | 107 => (
            "ngrok does not accept the authtoken it has: it is cut off, was revoked, or belongs to another account.",
            format!(
                "Copy yours anew from {AUTHTOKEN_PAGE} and enter it here, or run: ngrok config add-authtoken TOKEN"
            ),
        ),
        108 => (
            "The ngrok account is in use elsewhere: it allows no further session at the same time.",
            "End the other ngrok, here or on another machine (https://dashboard.ngrok.com/agents).".into(),
        ),
        334 => (
            "The account's address is online already, through another ngrok.",
            "End the other ngrok, here or on another machine (https://dashboard.ngrok.com/agents).".into(),
        ),
        313 => (
            "ngrok is told to use an address that does not belong to the account.",
            "See https://dashboard.ngrok.com/domains and what ngrok's configuration file names.".into(),
        ),
        120 | 121 => ("This ngrok is too old: the service takes it no longer.", UPDATE.into()),
        8012 => ("ngrok runs, but nothing answered it on this machine.", "Start the tunnel again.".into()),
        3200 => ("The address is offline: the tunnel behind it has ended.", "Start the tunnel again.".into()),
        _ => {
            return Problem::new(
                format!("ngrok refused with ERR_NGROK_{code}."),
                format!("Read what it means at https://ngrok.com/docs/errors/err_ngrok_{code}"),
            );
        }
    };
    Problem::new(cause, fix)
}

fn unnamed(error: &str) -> Problem {
    let first = error.lines().next().unwrap_or_default().trim();
    Problem::new(format!("ngrok gave up: {first}"), "The lines below are what it said.")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn a_started_tunnel_has_its_address_and_is_connected() {
        for (line, address) in [
            (
                r#"{"addr":"http://localhost:3000","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","t":"2026-11-23T07:19:38Z","url":"https://cat-1.ngrok-free.dev"}"#,
                "https://cat-1.ngrok-free.dev",
            ),
            (
                r#"{"addr":{"Host":"x"},"lvl":"info","msg":"started tunnel","url":"https://hooks.example.com"}"#,
                "https://hooks.example.com",
            ),
        ] {
            assert_eq!(Ngrok.read(line), [Seen::Address(Url::parse(address).unwrap()), Seen::Connected]);
        }
    }

    #[test]
    fn codes_are_named_and_a_token_in_the_message_is_not_repeated() {
        let line = r#"{"lvl":"crit","msg":"command failed","err":"authentication failed: The authtoken you specified does not look like a proper ngrok tunnel authtoken.\nYour authtoken: 2abcSECRETdef\nERR_NGROK_105"}"#;
        let seen = Ngrok.read(line);
        assert!(!format!("{seen:?}").contains("SECRET"));
        assert!(matches!(&seen[..], [Seen::Fatal(problem)] if problem.cause.contains("authtoken")));
        let plain = Ngrok.read("ERROR:  ERR_NGROK_4018");
        assert!(matches!(&plain[..], [Seen::Fatal(problem)] if problem.fix.contains("add-authtoken")));
        let unknown = Ngrok.read(r#"{"lvl":"crit","msg":"command failed","err":"ERR_NGROK_9999"}"#);
        assert!(matches!(&unknown[..], [Seen::Fatal(problem)] if problem.fix.ends_with("err_ngrok_9999")));
    }

    #[test]
    fn is_told_the_domain_and_never_the_authtoken() {
        let receiver = "127.0.0.1:4300".parse().unwrap();
        let launch = Launch {
            receiver,
            domain: Some("cat.ngrok-free.dev"),
            empty_file: std::path::Path::new(""),
            second_try: false,
        };
        let arguments = Ngrok.arguments(&launch);
        assert_eq!(arguments.last().unwrap(), "--url=https://cat.ngrok-free.dev");
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in ["", "ERROR:  something", "{\"lvl\":", "[]", r#"{"lvl":"info","msg":"start","pg":"/api/tunnels"}"#]
        {
            assert_eq!(Ngrok.read(line), [], "{line}");
        }
    }

    #[test]
    fn a_machine_without_internet_is_named() {
        let line = r#"{"err":"dial tcp: lookup tunnel.us.ngrok.com on 192.0.2.53:53: no such host","lvl":"eror","msg":"failed to reconnect session"}"#;
        assert_eq!(Ngrok.read(line), [Seen::Disconnected]);
        assert!(Ngrok.explain(&[line.to_owned()]).unwrap().cause.contains("no internet"));
    }
}
