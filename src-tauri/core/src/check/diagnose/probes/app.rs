//! The app's port: whether something listens, which program that is, and whether it is this project's.

use std::{sync::LazyLock, time::Duration};

use futures_util::future::join_all;
use regex::Regex;
use reqwest::Method;
use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};
use url::Url;

use super::{
    super::{AppSeen, Likely, Subject},
    process, request, tunnels,
};
use crate::SecretText;

/// On this machine a port answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// They stand before apps, also where their configuration lies in the project's folder.
const PROXIES: [&str; 7] = ["nginx", "caddy", "haproxy", "traefik", "envoy", "apache2", "httpd"];

pub async fn look(subject: &Subject) -> AppSeen {
    let folder = subject.project.folder.clone();
    let found = spawn_blocking(move || process::listeners(&folder)).await.unwrap_or_default();
    let of_project = |port: u16| {
        let is_app = |listener: &process::Listener| !listener.is_ours && !PROXIES.contains(&listener.name.as_str());
        found.iter().any(|listener| listener.port == port && listener.is_in_folder == Some(true) && is_app(listener))
    };
    let mut ports = found
        .iter()
        .map(|listener| listener.port)
        .filter(|port| *port != subject.app_port.value && of_project(*port))
        .collect::<Vec<_>>();
    ports.sort_unstable();
    ports.dedup();
    let route = &subject.route;
    let (mut others, have_route) = serving(&ports, route).await;
    // A port that is only the usual one is none to insist on; nor is one that a tunnel passes by.
    let mut port = subject.app_port.value;
    let mut instead_of = None;
    if !of_project(port) {
        let led_to = tunnels::ports().into_iter().find(|port| others.contains(port));
        let only = match others.as_slice() {
            [only] => Some(*only),
            _ if subject.app_port.is_known => None,
            several => refusing(several, route).await,
        };
        let is_known = subject.app_port.is_known;
        // A container's app works in no folder that is known: who has the route is the app.
        let is_there = only.is_some() && speaks(port, route).await == Some(true);
        // Who has the route where nothing listens on the port that was named is looked at in its place.
        let in_its_place = is_known && have_route && only.is_some() && !listens(port).await;
        if in_its_place && led_to.is_none() {
            instead_of = Some(port);
        }
        if let Some(meant) = led_to.or(only.filter(|_| in_its_place || !is_known && !is_there)) {
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
        port_is_known: subject.app_port.is_known,
        instead_of,
        listens,
        program: on_port.map(|listener| listener.name.clone()),
        is_this_project: is_this_project().or_else(|| on_port.and_then(|listener| listener.is_in_folder)),
        began: on_port.and_then(|listener| listener.began),
        loaded: on_port
            .and_then(|listener| process::set_by(listener.id, &subject.names.secret, &subject.project.folder)),
        given_secret: variable(&subject.names.secret).map(SecretText::new),
        has_no_secret: environment.is_some() && variable(&subject.names.secret).is_none() && !loads_env(&flags),
        reloads: RELOADS.is_match(&flags),
        by_env_file: flags.contains("--env-file"),
        is_front: is_front(port),
        fronts,
        others_lack_route: route.is_known && !have_route,
        other_ports: others,
        receivers: found
            .iter()
            .filter(|listener| listener.name.starts_with("polar-setup"))
            .map(|listener| listener.port)
            .collect(),
    }
}

/// Next.js and Vite read the env files anew when these change.
static RELOADS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"next-server|\bnext(?:\.js)? dev\b|/next\b.*\bdev\b|\bvite\b").expect("the pattern is constant")
});

/// Those of these ports that the app may listen on: a database speaks no HTTP, and a tool's page has not the route. Where
/// none has it, all that speak HTTP, as the route may be wrong as well. And whether one has it.
async fn serving(ports: &[u16], route: &Likely<String>) -> (Vec<u16>, bool) {
    let asked = join_all(ports.iter().map(|port| async move { (*port, speaks(*port, route).await) })).await;
    let that = |wanted: bool| asked.iter().filter(move |(_, has)| *has == Some(wanted)).map(|(port, _)| *port);
    let with_route = that(true).collect::<Vec<_>>();
    if with_route.is_empty() { (that(false).collect(), false) } else { (with_route, true) }
}

/// The only one of several ports where what is not signed is refused at the route, as a handler does.
async fn refusing(ports: &[u16], route: &Likely<String>) -> Option<u16> {
    let asked = join_all(ports.iter().map(|port| async move {
        let url = Url::parse(&format!("http://localhost:{port}{}", route.value)).ok()?;
        request::by(Method::POST, &url).await.is_refusal().then_some(*port)
    }));
    let mut refusing = asked.await.into_iter().flatten();
    refusing.next().filter(|_| refusing.next().is_none())
}

/// Whether HTTP is spoken on a port, and whether something is at the route; who takes long may be the app.
async fn speaks(port: u16, route: &Likely<String>) -> Option<bool> {
    if !listens(port).await {
        return None;
    }
    let at = |path: &str| Url::parse(&format!("http://localhost:{port}{path}")).ok();
    let answer = request::by(Method::POST, &at(&route.value)?).await;
    match answer.status {
        Some(404) => Some(false),
        Some(_) => {
            // A page for every path is a tool's; a refusal for every path may be the app's guard.
            let beside = request::by(Method::POST, &at("/polar-setup-nobody-has-this")?).await;
            Some(!(answer.is_success() && beside.is_like(&answer)))
        }
        None => answer.is_timeout().then_some(true),
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

/// Whether a development server of Vite's answers on a port: it serves its own client.
pub async fn is_vite(port: u16) -> bool {
    let Ok(url) = Url::parse(&format!("http://localhost:{port}/@vite/client")) else { return false };
    let answer = request::by(Method::GET, &url).await;
    answer.is_success() && answer.text.contains("vite/dist/client")
}

/// Whether nobody listens on a port any more, or soon: a program that dies breaks its connections off before.
pub async fn ends(port: u16) -> bool {
    const LOOKS: usize = 4;
    const PAUSE: Duration = Duration::from_millis(60);
    for _ in 0..LOOKS {
        if !listens(port).await {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    false
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
