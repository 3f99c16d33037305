//! cloudflared's quick tunnels: no account, a new address at every start.
//!
//! Everything it says is on standard error, in lines meant for people. An address alone is no tunnel: it is printed
//! before there is any connection, and the program may still end after it (measured with version 2026.8.2).

use std::{ffi::OsString, sync::LazyLock};

use regex::Regex;

use super::{
    install::{Package, System},
    provider::{Launch, Problem, Program, Seen, base_address},
};

/// An address alone in a line of its box. Error messages have addresses too, of its own service.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\|\s+(https://[^\s|/]+)/?\s+\|\s*$").ok());
/// Its service for quick tunnels, which is never a tunnel.
const SERVICE: &str = "api.trycloudflare.com";

pub(super) struct Cloudflared;

impl Program for Cloudflared {
    fn name(&self) -> &'static str {
        "cloudflared"
    }

    fn about(&self) -> &'static str {
        "Recommended: needs no account and no setup. The address is a new one at every start; this program follows it."
    }

    fn install_command(&self, system: System) -> String {
        const RELEASES: &str = "https://github.com/cloudflare/cloudflared/releases/latest/download";
        let processor = system.processor();
        match system.package {
            Package::Deb => format!(
                "curl -fLo /tmp/cloudflared.deb {RELEASES}/cloudflared-linux-{processor}.deb && sudo dpkg -i /tmp/cloudflared.deb"
            ),
            Package::Homebrew => "brew install cloudflared".into(),
            Package::Winget => "winget install --id Cloudflare.cloudflared".into(),
            Package::Pacman => "sudo pacman -S cloudflared".into(),
            Package::Unknown => format!(
                "mkdir -p ~/.local/bin && curl -fLo ~/.local/bin/cloudflared {RELEASES}/cloudflared-linux-{processor} && chmod +x ~/.local/bin/cloudflared"
            ),
        }
    }

    fn version_arguments(&self) -> &'static [&'static str] {
        &["--version"]
    }

    fn arguments(&self, launch: &Launch<'_>) -> Vec<OsString> {
        // The user's own config.yml would override the address of the receiver.
        let mut arguments: Vec<OsString> =
            ["tunnel", "--no-autoupdate", "--config"].into_iter().map(OsString::from).collect();
        arguments.push(launch.empty_file.into());
        arguments.extend(["--grace-period", "3s"].map(OsString::from));
        if launch.second_try {
            arguments.extend(["--protocol", "http2"].map(OsString::from));
        }
        arguments.push("--url".into());
        arguments.push(format!("http://{}", launch.receiver).into());
        arguments
    }

    fn variables_kept_away(&self) -> &'static [&'static str] {
        &["TUNNEL_"]
    }

    fn can_be_fetched(&self) -> bool {
        true
    }

    fn second_try(&self) -> Option<&'static str> {
        Some("No connection over QUIC: this network may block UDP. Trying once more over HTTP/2.")
    }

    fn read(&self, line: &str) -> Vec<Seen> {
        if line.contains("Registered tunnel connection") && !line.contains("Unregistered") {
            return vec![Seen::Connected];
        }
        if ["Unregistered tunnel connection", "Connection terminated", "Serve tunnel error"]
            .iter()
            .any(|text| line.contains(text))
        {
            return vec![Seen::Disconnected];
        }
        if line.contains("Error unmarshaling QuickTunnel") || line.contains("failed to request quick Tunnel") {
            return self.explain(&[line.to_owned()]).map(Seen::Fatal).into_iter().collect();
        }
        let address = ADDRESS.as_ref().and_then(|pattern| pattern.captures(line));
        let address = address.and_then(|found| base_address(found.get(1)?.as_str()));
        address.filter(|url| url.host_str() != Some(SERVICE)).map(Seen::Address).into_iter().collect()
    }

    fn explain(&self, log: &[String]) -> Option<Problem> {
        let says = |text: &str| log.iter().any(|line| line.contains(text));
        let problem = if says("error code: 1015") || says("429 Too Many Requests") {
            Problem::new(
                "Cloudflare gives no more quick tunnels to this network for now: too many were asked for.",
                "Wait a few minutes and start again, or use ngrok.",
            )
        } else if says("failed to request quick Tunnel") && (says("no such host") || says("server misbehaving")) {
            Problem::new(
                "Cloudflare could not be found: this machine has no internet, or no name service.",
                "Connect this machine to the internet and start again.",
            )
        } else if says("failed to request quick Tunnel") {
            Problem::new(
                "Cloudflare's service for quick tunnels could not be reached from this network.",
                "See whether a firewall or proxy blocks api.trycloudflare.com, or use ngrok.",
            )
        } else if says("QuickTunnel response")
            || says("failed to unmarshal quick Tunnel")
            || says("failed to parse quick Tunnel")
        {
            Problem::new(
                "Cloudflare's service for quick tunnels answered with an error.",
                "It is on Cloudflare's side: try again in a few minutes, or use ngrok.",
            )
        } else if says("address already in use") {
            Problem::new("A port that cloudflared needs is taken.", "End other cloudflared programs and start again.")
        } else if says("Incorrect Usage") || says("flag provided but not defined") {
            Problem::new("This cloudflared does not know the flags that it is started with: it is too old.", UPDATE)
        } else if says("dial to edge") || says("connection with edge") || says("DialContext error") {
            Problem::new(
                "Cloudflare gave an address, but no connection to its network came about.",
                "See whether a firewall blocks outgoing port 7844 (UDP and TCP), or use ngrok.",
            )
        } else {
            return None;
        };
        Some(problem)
    }
}

const UPDATE: &str = "Install the newest cloudflared.";

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn fatal(seen: &[Seen]) -> &str {
        match seen {
            [Seen::Fatal(problem)] => &problem.cause,
            other => panic!("not fatal: {other:?}"),
        }
    }

    #[test]
    fn takes_the_address_from_its_box() {
        let seen =
            Cloudflared.read("2026-11-23T07:12:23Z INF |  https://quick-pebble-grove.trycloudflare.com        |");
        assert_eq!(seen, [Seen::Address(Url::parse("https://quick-pebble-grove.trycloudflare.com").unwrap())]);
    }

    #[test]
    fn takes_no_other_address_for_one() {
        for line in [
            "INF Thank you for trying Cloudflare Tunnel. (https://www.cloudflare.com/website-terms/), and",
            "INF |  https://api.trycloudflare.com  |",
            "INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |",
            "INF |  Cloudflare API    api.cloudflare.com:443  FAIL    API Connection failed   |",
            "INF Settings: map[quick-service:https://api.trycloudflare.com url:http://127.0.0.1:33000]",
            "ERR   See GitHub issue https://github.com/golang/go/issues/27546 event=0",
        ] {
            assert_eq!(Cloudflared.read(line), [], "{line}");
        }
    }

    #[test]
    fn is_connected_when_it_says_so() {
        let line = "INF Registered tunnel connection connIndex=0 location=loc01 protocol=http2";
        assert_eq!(Cloudflared.read(line), [Seen::Connected]);
        assert_eq!(Cloudflared.read("INF Unregistered tunnel connection connIndex=0"), [Seen::Disconnected]);
    }

    #[test]
    fn names_what_its_service_answered() {
        let offline = "failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp: lookup \
            api.trycloudflare.com on 192.0.2.53:53: no such host";
        assert!(fatal(&Cloudflared.read(offline)).contains("no internet"));
        let limit = "ERR Error unmarshaling QuickTunnel response: error code: 1015 error=\"invalid character 'e' looking \
            for beginning of value\" status_code=\"429 Too Many Requests\"";
        assert!(fatal(&Cloudflared.read(limit)).contains("too many"));
    }

    #[test]
    fn an_error_that_it_recovers_from_is_none() {
        for line in [
            "ERR Failed to fetch features, default to disable error=\"lookup cfd-features.argotunnel.com: no such host\"",
            "ERR Failed to dial a quic connection error=\"failed to dial to edge with quic: timeout\" connIndex=0",
        ] {
            assert_eq!(Cloudflared.read(line), [], "{line}");
        }
    }

    #[test]
    fn the_second_try_avoids_udp() {
        let arguments = |second_try| {
            let receiver = "127.0.0.1:4300".parse().unwrap();
            let launch = Launch { receiver, domain: None, empty_file: std::path::Path::new("empty"), second_try };
            let texts = Cloudflared.arguments(&launch).into_iter().map(|text| text.into_string().unwrap());
            texts.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            arguments(false),
            "tunnel --no-autoupdate --config empty --grace-period 3s --url http://127.0.0.1:4300"
        );
        assert!(arguments(true).contains("--protocol http2"));
    }
}
