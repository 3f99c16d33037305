//! Which of the organization's endpoints is this project's.

use url::Url;

use super::super::{
    AppSeen, EnvSeen, Likely, Subject, TunnelSeen, expected_url, port_here,
    public_seen::{is_ngrok, is_quick},
};
use crate::{
    polar::{
        endpoint::{Endpoint, normalised},
        http::is_loopback,
    },
    setup::own_url::format_of,
};

/// What is known of the project.
pub struct Project<'a> {
    pub subject: &'a Subject,
    pub env: &'a EnvSeen,
    pub app: &'a AppSeen,
    pub tunnels: &'a [TunnelSeen],
}

impl Project<'_> {
    /// Whether a tunnel that runs here and leads to the app serves this host.
    fn is_tunnelled(&self, host: &str) -> bool {
        self.tunnels.iter().any(|tunnel| {
            let to_app = tunnel.port.is_none_or(|port| port == self.app.port || self.app.receivers.contains(&port));
            to_app && tunnel.serves(host)
        })
    }
}

/// The endpoint of this project, and by what it was told: what this program remembers, the address, the secret, what leads
/// to the app, and last the route. And how many may be it, where nothing singles one out.
pub fn endpoint(project: &Project<'_>, all: &[Endpoint]) -> (Option<(Endpoint, &'static str)>, usize) {
    let (subject, env) = (project.subject, project.env);
    let by = |told: &'static str, fits: &dyn Fn(&Endpoint) -> bool| {
        let mut fitting = all.iter().filter(|endpoint| fits(endpoint)).collect::<Vec<_>>();
        // Of several the one that Polar still delivers to.
        fitting.sort_by_key(|endpoint| !endpoint.enabled);
        fitting.first().map(|endpoint| ((*endpoint).clone(), told))
    };
    // An address on this machine is nobody's name: it says where the app is, not where Polar delivers to.
    let base = env.base.as_deref().filter(|base| !Url::parse(base).is_ok_and(|url| is_loopback(&url)));
    let expected = expected_url(env.base.as_deref(), &subject.route.value).map(|url| normalised(url.as_str()));
    let base_host = base.and_then(authority);
    let secrets = env.secrets.iter().map(|place| &place.value).chain(&project.app.given_secret).collect::<Vec<_>>();
    let has_secret = |endpoint: &Endpoint| endpoint.secret.as_ref().is_some_and(|secret| secrets.contains(&secret));
    let is_expected = |endpoint: &Endpoint| expected.as_ref() == Some(&normalised(&endpoint.url));
    let is_at_base = |endpoint: &Endpoint| base_host.is_some() && authority(&endpoint.url) == base_host;
    let is_tunnelled = |endpoint: &Endpoint| host(&endpoint.url).is_some_and(|host| project.is_tunnelled(&host));
    let is_at_port = |endpoint: &Endpoint| port_here(&endpoint.url) == Some(project.app.port);
    let found = by("as it was set up here", &|endpoint| Some(&endpoint.id) == subject.endpoint_id.as_ref())
        .or_else(|| by("by its address and secret", &|endpoint| is_expected(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by its address", &is_expected))
        // What leads here is this project's, whosever secret stands in the file; of several that lead here its own.
        .or_else(|| by("by the tunnel that runs here", &|endpoint| is_tunnelled(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by the app's port", &|endpoint| is_at_port(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by its host", &|endpoint| is_at_base(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by the tunnel that runs here", &is_tunnelled))
        .or_else(|| by("by the app's port", &is_at_port))
        .or_else(|| by("by its secret", &has_secret))
        .or_else(|| by("by its host", &is_at_base));
    match found {
        Some(found) => (Some(found), 0),
        None => by_route(all, &subject.route, base),
    }
}

/// A route is no name: it only tells where nothing else has the same. Where it is only the usual one it tells nothing, and
/// every endpoint of an app may be it.
fn by_route(all: &[Endpoint], route: &Likely<String>, base: Option<&str>) -> (Option<(Endpoint, &'static str)>, usize) {
    let is_apps = |endpoint: &&Endpoint| format_of(&endpoint.url).is_none();
    let fits = |endpoint: &&Endpoint| may_be(&path(endpoint), &route.value);
    let mut alike = all.iter().filter(is_apps).filter(fits).collect::<Vec<_>>();
    if alike.is_empty() && !route.is_known {
        alike = all.iter().filter(is_apps).collect();
    }
    if alike.iter().any(|endpoint| endpoint.enabled) {
        alike.retain(|endpoint| endpoint.enabled);
    }
    let tunnelled = alike.iter().copied().filter(|endpoint| is_tunnel(endpoint)).collect::<Vec<_>>();
    // Somebody's own address in the env file, which no endpoint has, says that none of theirs is meant.
    let is_open = base.is_none_or(|base| host(base).is_some_and(|host| is_quick(&host) || is_ngrok(&host)));
    let only = match (tunnelled.as_slice(), alike.as_slice()) {
        ([one], _) if is_open || fits(one) => Some((*one, "by its route behind a tunnel")),
        (_, [one]) if is_open => Some((*one, "as the only one that delivers to an app")),
        _ => None,
    };
    match only {
        Some((endpoint, told)) => (Some((endpoint.clone(), told)), 0),
        None => (None, if tunnelled.len() > 1 || is_open { alike.len() } else { 0 }),
    }
}

fn is_tunnel(endpoint: &Endpoint) -> bool {
    host(&endpoint.url).is_some_and(|host| is_quick(&host) || is_ngrok(&host))
}

/// Whether a path may be meant for this route: the same but for a slash, `/api` before it and a plural, or nothing at all.
fn may_be(path: &str, route: &str) -> bool {
    let words = |path: &str| {
        let words = path.split('/').filter(|word| !word.is_empty() && *word != "api");
        words.map(|word| word.trim_end_matches('s').to_owned()).collect::<Vec<_>>()
    };
    let (path, route) = (words(path), words(route));
    path == route || path.is_empty()
}

fn path(endpoint: &Endpoint) -> String {
    Url::parse(&endpoint.url).map(|url| url.path().to_owned()).unwrap_or_default()
}

fn host(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

/// Host and port.
fn authority(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(urls: &[&str]) -> Vec<Endpoint> {
        let endpoint = |url: &&str| Endpoint {
            id: (*url).to_owned(),
            url: (*url).to_owned(),
            name: None,
            format: "raw".into(),
            secret: None,
            events: vec!["order.paid".into()],
            enabled: true,
            created_at: None,
            organization_id: None,
        };
        urls.iter().map(endpoint).collect()
    }

    #[test]
    fn a_route_tells_only_where_it_is_the_only_one() {
        const CHAT: &str = "https://discord.com/api/webhooks/1/a";
        const SHOP: &str = "https://shop.example.com/hooks/billing";
        const TUNNEL: &str = "https://a-b.trycloudflare.com/api/webhook/polar";
        let told = |urls: &[&str], is_known, base| {
            let route = Likely::new("/api/webhook/polar".to_owned(), is_known);
            let (found, alike) = by_route(&endpoints(urls), &route, base);
            (found.map(|(endpoint, _)| endpoint.url), alike)
        };
        let one = |url: &str| (Some(url.to_owned()), 0);
        assert_eq!(told(&[CHAT], false, None), (None, 0), "a chat service's is no app's");
        assert_eq!(told(&[CHAT, SHOP], false, None), one(SHOP), "the usual route tells nothing");
        assert_eq!(told(&[SHOP], true, None), (None, 0), "another route is another app's");
        assert_eq!(told(&[SHOP, TUNNEL], true, None), one(TUNNEL));
        assert_eq!(told(&[SHOP, TUNNEL], true, Some("https://old.trycloudflare.com")), one(TUNNEL));
        assert_eq!(told(&[SHOP], false, Some("https://mine.example.com")), (None, 0), "an address of its own");
        let (two, alike) = told(&[SHOP, "https://blog.example.com/polar"], false, None);
        assert_eq!((two, alike), (None, 2));
    }

    #[test]
    fn a_path_may_be_meant_for_a_route() {
        for path in ["/api/webhook/polar", "/webhook/polar", "/api/webhooks/polar/", "/"] {
            assert!(may_be(path, "/api/webhook/polar"), "{path}");
        }
        for path in ["/hooks", "/api/webhook", "/polar/webhook", "/stripe/webhook"] {
            assert!(!may_be(path, "/api/webhook/polar"), "{path}");
        }
    }
}
