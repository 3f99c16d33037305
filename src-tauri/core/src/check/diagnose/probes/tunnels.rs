//! The tunnel programs that run on this machine: where each leads to, which address it serves, and whether it is connected.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use reqwest::Method;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::{
    super::TunnelSeen,
    process::{self, Running},
};
use crate::polar::http;

/// What runs on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// cloudflared gives a connection over QUIC that long before it takes it for failed (measured).
const DIAL: Duration = Duration::from_secs(6);
/// Where cloudflared connects to, unless it was told otherwise.
const EDGE: &str = "region1.v2.argotunnel.com:7844";
/// Where cloudflared looks for a configuration of the user's, as it prints them itself.
const CONFIGURATIONS: [&str; 5] =
    ["~/.cloudflared", "~/.cloudflare-warp", "~/cloudflare-warp", "/etc/cloudflared", "/usr/local/etc/cloudflared"];

/// The ports that tunnel programs were told, without asking them anything.
pub fn ports() -> Vec<u16> {
    running().iter().filter_map(|program| port_in(&program.arguments)).collect()
}

fn running() -> Vec<Running> {
    process::running(&["cloudflared", "ngrok"])
}

/// Asks each what it serves.
pub async fn look() -> Vec<TunnelSeen> {
    let programs = tokio::task::spawn_blocking(|| {
        let ports = process::ports_of_programs();
        running()
            .into_iter()
            .map(|program| {
                let own = ports.iter().filter(|(id, _)| *id == program.id).map(|(_, port)| *port).collect::<Vec<_>>();
                (program, own)
            })
            .collect::<Vec<_>>()
    });
    let mut seen = Vec::new();
    for (program, own_ports) in programs.await.unwrap_or_default() {
        seen.push(if program.name.starts_with("ngrok") {
            ngrok(&program, &own_ports).await
        } else {
            cloudflared(&program, &own_ports).await
        });
    }
    seen
}

/// By its metrics server: `/quicktunnel` names the host, `/ready` counts the connections.
async fn cloudflared(program: &Running, own_ports: &[u16]) -> TunnelSeen {
    let mut seen = TunnelSeen {
        program: "cloudflared".to_owned(),
        port: port_in(&program.arguments).or_else(|| port_of(program.variable("TUNNEL_URL")?)),
        ..TunnelSeen::default()
    };
    for port in own_ports {
        let Some(ready) = json_at(*port, "/ready").await else { continue };
        seen.connections = ready["readyConnections"].as_u64();
        let quick = json_at(*port, "/quicktunnel").await.unwrap_or_default();
        seen.hosts =
            quick["hostname"].as_str().filter(|host| !host.is_empty()).map(str::to_owned).into_iter().collect();
        break;
    }
    let told = |flag: &str, variable: &str| {
        flag_in(&program.arguments, flag).or_else(|| program.variable(variable)).map(str::to_owned)
    };
    let protocol = told("--protocol", "TUNNEL_TRANSPORT_PROTOCOL");
    seen.by_udp = protocol.as_deref().is_none_or(|protocol| protocol != "http2");
    let age = program.began.and_then(|began| SystemTime::now().duration_since(began).ok());
    if seen.connections == Some(0) && age.is_some_and(|age| age > DIAL) {
        let edge = told("--edge", "TUNNEL_EDGE").unwrap_or_else(|| EDGE.to_owned());
        let first = edge.split(',').next().unwrap_or(EDGE).to_owned();
        seen.edge_by_tcp = Some(matches!(timeout(PATIENCE, TcpStream::connect(first)).await, Ok(Ok(_))));
    }
    if flag_in(&program.arguments, "--config").is_none() {
        seen.configuration = configuration(program.variable("HOME")).map(|path| path.display().to_string());
    }
    seen
}

/// The user's own configuration, if it says where requests go: that is stronger than `--url`.
fn configuration(home: Option<&str>) -> Option<PathBuf> {
    let folders = CONFIGURATIONS.iter().filter_map(|folder| match folder.strip_prefix("~/") {
        Some(inside) => home.map(|home| Path::new(home).join(inside)),
        None => Some(PathBuf::from(folder)),
    });
    // The first that is there is read, whatever it says.
    let found = folders
        .flat_map(|folder| ["config.yml", "config.yaml"].map(|name| folder.join(name)))
        .find_map(|path| std::fs::read_to_string(&path).ok().map(|text| (path, text)));
    let says = |text: &str| text.lines().any(|line| line.trim_start().starts_with("ingress:"));
    found.filter(|(_, text)| says(text)).map(|(path, _)| path)
}

/// By its agent API.
async fn ngrok(program: &Running, own_ports: &[u16]) -> TunnelSeen {
    let mut seen =
        TunnelSeen { program: "ngrok".to_owned(), port: port_in(&program.arguments), ..TunnelSeen::default() };
    for port in own_ports {
        let Some(answer) = json_at(*port, "/api/tunnels").await else { continue };
        let tunnels = answer["tunnels"].as_array().cloned().unwrap_or_default();
        let host = |tunnel: &Value| Url::parse(tunnel["public_url"].as_str()?).ok()?.host_str().map(str::to_owned);
        seen.hosts = tunnels.iter().filter_map(host).collect();
        seen.connections = Some(tunnels.len() as u64);
        let addr = tunnels.iter().find_map(|tunnel| port_of(tunnel["config"]["addr"].as_str()?));
        seen.port = addr.or(seen.port);
        break;
    }
    seen
}

/// Whether ngrok has an authtoken on this machine, without which it starts no tunnel; `None`: ngrok is not here.
pub fn ngrok_has_authtoken() -> Option<bool> {
    which::which("ngrok").ok()?;
    if std::env::var_os("NGROK_AUTHTOKEN").is_some_and(|value| !value.is_empty()) {
        return Some(true);
    }
    let directories = directories::BaseDirs::new()?;
    let files = [
        directories.config_dir().join("ngrok/ngrok.yml"),
        directories.config_local_dir().join("ngrok/ngrok.yml"),
        directories.home_dir().join(".config/ngrok/ngrok.yml"),
        directories.home_dir().join(".ngrok2/ngrok.yml"),
    ];
    let says = |text: String| {
        let value = |line: &str| line.trim_start().strip_prefix("authtoken:").map(|value| value.trim().to_owned());
        text.lines().filter_map(value).any(|value| !value.is_empty())
    };
    Some(files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(says))
}

async fn json_at(port: u16, path: &str) -> Option<Value> {
    let url = Url::parse(&format!("http://127.0.0.1:{port}{path}")).ok()?;
    let client = http::client_for(&url, PATIENCE).ok()?;
    // A tunnel that is not connected says so with 503.
    client.request(Method::GET, url).send().await.ok()?.json().await.ok()
}

fn flag_in<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    arguments.iter().enumerate().find_map(|(at, argument)| {
        let rest = argument.strip_prefix(flag)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => arguments.get(at + 1).map(String::as_str),
            None => None,
        }
    })
}

/// What the tunnel leads to. Other flags have addresses and ports of their own.
fn port_in(arguments: &[String]) -> Option<u16> {
    if let Some(url) = flag_in(arguments, "--url").and_then(port_of) {
        return Some(url);
    }
    let mut words = arguments.iter().skip(1).filter(|word| !word.starts_with('-'));
    words.by_ref().find(|word| word.as_str() == "http")?;
    words.find_map(|word| port_of(word))
}

/// `3000`, `localhost:3000`, `http://localhost:3000`.
fn port_of(address: &str) -> Option<u16> {
    if let Ok(port) = address.parse() {
        return Some(port);
    }
    if address.contains("://") {
        return Url::parse(address).ok().filter(|url| url.scheme().starts_with("http"))?.port_or_known_default();
    }
    address.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(arguments: &[&str]) -> Vec<String> {
        arguments.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_port_of_a_tunnel_is_read_from_its_arguments() {
        let port = |arguments: &[&str]| port_in(&words(arguments));
        assert_eq!(port(&["cloudflared", "tunnel", "--url", "http://localhost:3000"]), Some(3000));
        assert_eq!(port(&["cloudflared", "tunnel", "--url=http://127.0.0.1:23117"]), Some(23117));
        assert_eq!(
            port(&["cloudflared", "tunnel", "--metrics", "127.0.0.1:20241", "--url", "localhost:3000"]),
            Some(3000)
        );
        assert_eq!(port(&["cloudflared", "tunnel", "run", "shop"]), None);
        assert_eq!(port(&["ngrok", "http", "8080"]), Some(8080));
        assert_eq!(port(&["ngrok", "http", "--log=stdout", "http://localhost:4000"]), Some(4000));
        assert_eq!(port(&["ngrok", "start", "--all"]), None);
    }

    #[test]
    fn a_configuration_that_says_where_requests_go_is_stronger() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".cloudflared");
        std::fs::create_dir(&folder).unwrap();
        let found = || configuration(home.path().to_str());
        let file = folder.join("config.yml");
        std::fs::write(&file, "tunnel: shop\n").unwrap();
        assert_eq!(found(), None);
        std::fs::write(&file, "ingress:\n  - service: http_status:404\n").unwrap();
        assert_eq!(found(), Some(file));
    }
}
