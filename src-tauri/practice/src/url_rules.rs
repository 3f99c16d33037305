//! Which addresses Polar takes for an endpoint, and how it writes them: https only, at most 2083 bytes, no `localhost`,
//! no IP address that is not global.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use polar_setup_core::polar::http::is_loopback;
use serde_json::{Value, json};
use url::{Host, Url, quirks::domain_to_unicode};

use crate::problem::Problem;

const LONGEST: usize = 2083;

/// The normalised address, or the complaint. `direct`: plain addresses on this machine will do as well.
pub(crate) fn check(at: &[Value], value: &Value, direct: bool) -> Result<String, Problem> {
    let Some(text) = value.as_str() else {
        return Err(Problem::new("url_type", at, "URL input should be a string or URL", value));
    };
    let text = text.trim();
    let input = json!(text);
    if text.len() > LONGEST {
        return Err(Problem::new("url_too_long", at, format!("URL should have at most {LONGEST} characters"), &input)
            .with(json!({ "max_length": LONGEST })));
    }
    let unreadable = |why: &str| {
        Problem::new("url_parsing", at, format!("Input should be a valid URL, {why}"), &input)
            .with(json!({ "error": why }))
    };
    if text.is_empty() {
        return Err(unreadable("input is empty"));
    }
    let url = Url::parse(text).map_err(|error| unreadable(&error.to_string()))?;
    if direct && url.scheme() == "http" && is_loopback(&url) {
        return Ok(url.into());
    }
    if url.scheme() != "https" {
        return Err(Problem::new("url_scheme", at, "URL scheme should be 'https'", &input)
            .with(json!({ "expected_schemes": "'https'" })));
    }
    let message = if url.domain().is_some_and(|name| !is_hostname(name)) {
        "Value error, Invalid webhook URL: the hostname contains characters not allowed in domain names."
    } else if points_inwards(&url) {
        "Value error, Webhook URLs cannot point to localhost or private IP addresses."
    } else {
        return Ok(url.into());
    };
    Err(Problem::new("value_error", at, message, &input).with(json!({ "error": {} })))
}

/// Whether IDNA 2008 has this as a domain name: no underscore, no emoji, no hyphen at an end of a label.
fn is_hostname(name: &str) -> bool {
    const LONGEST_NAME: usize = 253;
    const LONGEST_LABEL: usize = 63;
    // Letters and digits of any script; its marks are below U+2000, symbols above.
    let allowed = |letter: char| letter.is_alphanumeric() || letter == '-' || ('\u{80}'..'\u{2000}').contains(&letter);
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= LONGEST_NAME
        && name.split('.').all(|label| {
            let encoded = label.starts_with("xn--");
            let readable = if encoded { domain_to_unicode(label) } else { label.to_owned() };
            !label.is_empty()
                && label.len() <= LONGEST_LABEL
                && !label.starts_with('-')
                && !label.ends_with('-')
                && (encoded || label.get(2..4) != Some("--"))
                && readable.chars().all(allowed)
        })
}
/// Whether a stored address would be taken today.
pub(crate) fn acceptable(address: &str, direct: bool) -> bool {
    check(&[], &json!(address), direct).is_ok()
}

fn points_inwards(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => !global_v4(ip),
        Some(Host::Ipv6(ip)) => !global_v6(ip),
        None => false,
    }
}

/// As Python's `ipaddress` has it.
fn global_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    let reserved = match (a, b, c) {
        (192, 0, 0) => d != 9 && d != 10,
        (0 | 10 | 127 | 240..=255, ..)
        | (100, 64..=127, _)
        | (169, 254, _)
        | (172, 16..=31, _)
        | (192, 168, _)
        | (192, 0, 2)
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113) => true,
        _ => false,
    };
    !reserved
}

fn global_v6(ip: Ipv6Addr) -> bool {
    if let Some(IpAddr::V4(mapped)) = ip.to_ipv4_mapped().map(IpAddr::V4) {
        return global_v4(mapped);
    }
    let parts = ip.segments();
    let reserved = match parts {
        [0x2001, 1, 0, 0, 0, 0, 0, 1 | 2] | [0x2001, 3 | 0x20..=0x3f, ..] | [0x2001, 4, 0x112, ..] => false,
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0, 0, 0, 0, 0, 0, 0, 0 | 1]
        | [0x64, 0xff9b, 1, ..]
        | [0x100, 0, 0, 0, ..]
        | [0x2002, ..]
        | [0x3fff, 0..=0xfff, ..] => true,
        [first, ..] => (0xfc00..=0xfdff).contains(&first) || (0xfe80..=0xfebf).contains(&first),
    };
    !reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        check(&[], &json!(text), false).unwrap_err().kind
    }

    #[test]
    fn writes_addresses_in_one_way() {
        for (given, stored) in [
            ("https://Hooks.ACME.test:443", "https://hooks.acme.test/"),
            ("  https://hooks.acme.test/a b?c=d e#f  ", "https://hooks.acme.test/a%20b?c=d%20e#f"),
            ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
            ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ] {
            assert_eq!(check(&[], &json!(given), false).unwrap(), stored);
        }
    }

    #[test]
    fn refuses_what_polar_refuses() {
        assert_eq!(kind("http://hooks.acme.test"), "url_scheme");
        assert_eq!(kind("not a url"), "url_parsing");
        for host in ["my_host.test", "-a.test", "a-.test", "ab--c.test", "a..test", "\u{1f389}.test"] {
            assert_eq!(kind(&format!("https://{host}/x")), "value_error", "{host}");
        }
        assert_eq!(kind(""), "url_parsing");
        assert_eq!(kind(&format!("https://a.test/{}", "x".repeat(2083))), "url_too_long");
        for host in [
            "LocalHost",
            "127.0.0.2",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.4",
            "169.254.1.1",
            "[::1]",
            "0.0.0.0",
            "100.64.0.1",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:127.0.0.1]",
            "2130706433",
        ] {
            assert_eq!(kind(&format!("https://{host}/x")), "value_error", "{host}");
        }
    }

    #[test]
    fn plain_addresses_on_this_machine_only_if_asked_for() {
        assert_eq!(check(&[], &json!("http://127.0.0.1:3000"), true).unwrap(), "http://127.0.0.1:3000/");
        assert!(check(&[], &json!("http://127.0.0.1:3000"), false).is_err());
        assert!(check(&[], &json!("http://10.0.0.1:3000"), true).is_err());
        assert!(check(&[], &json!("https://127.0.0.1:3000"), true).is_err());
    }
}
