//! The app's port: whether something listens, which program that is, and whether it is this project's.

use std::{sync::LazyLock, time::Duration};

use regex::Regex;
use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};

use super::{
    super::{AppSeen, Subject},
    process, tunnels,
};
use crate::SecretText;

/// On this machine a port answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn look(subject: &Subject) -> AppSeen {
    let folder = subject.project.folder.clone();
    let found = spawn_blocking(move || process::listeners(&folder)).await.unwrap_or_default();
    let of_project = |port: u16| {
        found.iter().any(|listener| listener.port == port && listener.is_in_folder == Some(true) && !listener.is_ours)
    };
    let mut others = found
        .iter()
        .map(|listener| listener.port)
        .filter(|port| *port != subject.app_port.value && of_project(*port))
        .collect::<Vec<_>>();
    others.sort_unstable();
    others.dedup();
    // A port that is only the usual one is none to insist on; nor is one that a tunnel passes by.
    let mut port = subject.app_port.value;
    if !of_project(port) {
        let led_to = tunnels::ports().into_iter().find(|port| others.contains(port));
        let only = others.first().copied().filter(|_| others.len() == 1 && !subject.app_port.is_known);
        if let Some(meant) = led_to.or(only) {
            others.retain(|other| *other != meant);
            port = meant;
        }
    }
    let listens = listens(port).await;
    // A development server in front of the app is not the app.
    let is_front = |port: u16| found.iter().any(|it| it.port == port && it.command.contains("vite"));
    let fronts = others.iter().copied().filter(|port| is_front(*port)).collect::<Vec<_>>();
    // A program that starts its worker anew shares the port with it: the newest one answers.
    let on_port = found.iter().filter(|listener| listener.port == port).max_by_key(|listener| listener.began);
    let environment = on_port.and_then(|listener| process::environment(listener.id));
    let variable = |name: &str| {
        let entries = environment.as_deref().unwrap_or_default();
        entries.iter().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    };
    // Node.js and the like are told by a flag which file to load; uvicorn and Flask too.
    let flags = on_port.map(|listener| listener.command.clone()).unwrap_or_default();
    let flags = flags + &variable("NODE_OPTIONS").unwrap_or_default();
    let is_this_project = || found.iter().filter(|it| it.port == port).find_map(|it| it.is_in_folder.filter(|is| *is));
    AppSeen {
        port,
        listens,
        program: on_port.map(|listener| listener.name.clone()),
        is_this_project: is_this_project().or_else(|| on_port.and_then(|listener| listener.is_in_folder)),
        began: on_port.and_then(|listener| listener.began),
        given_secret: variable(&subject.names.secret).map(SecretText::new),
        has_no_secret: environment.is_some() && variable(&subject.names.secret).is_none() && !loads_env(&flags),
        fronts,
        other_ports: others,
        receivers: found
            .iter()
            .filter(|listener| listener.name.starts_with("polar-setup"))
            .map(|listener| listener.port)
            .collect(),
    }
}

/// Whether a command line says that an env file is loaded, or is of a program that does so by itself. In doubt it does.
fn loads_env(command: &str) -> bool {
    static LOADS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r#"env-file|dotenv|(?:^|[\s=/"'])\.env(?:[\s."']|$)|\b(?:flask|bun|deno|next|nuxt|astro|wrangler|workerd)\b|vite"#;
        Regex::new(pattern).expect("the pattern is constant")
    });
    LOADS.is_match(command)
}

/// Development servers listen on either loopback address.
pub async fn listens(port: u16) -> bool {
    for host in ["127.0.0.1", "::1"] {
        if matches!(timeout(PATIENCE, TcpStream::connect((host, port))).await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loads_an_env_file_is_told_by_the_command() {
        for command in [
            "node --env-file=.env server.js",
            "node -r dotenv/config a.js",
            "uvicorn a:app --env-file .env",
            "next dev",
        ] {
            assert!(loads_env(command), "{command}");
        }
        for command in
            ["node server.js", "/home/me/shop/.venv/bin/python -m uvicorn a:app", "php -S 127.0.0.1:8000 index.php"]
        {
            assert!(!loads_env(command), "{command}");
        }
    }
}
