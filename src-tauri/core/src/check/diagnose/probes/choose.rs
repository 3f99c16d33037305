//! Which of the organization's endpoints is this project's.

use url::Url;

use super::super::{
    AppSeen, EnvSeen, Subject, TunnelSeen, expected_url,
    seen::{is_ngrok, is_quick},
};
use crate::polar::{
    endpoint::{Endpoint, normalised},
    http::is_loopback,
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
/// to the app, and last the route. And how many have the project's route, where that singles none out.
pub fn endpoint(project: &Project<'_>, all: &[Endpoint]) -> (Option<(Endpoint, &'static str)>, usize) {
    let (subject, env) = (project.subject, project.env);
    let by = |told: &'static str, fits: &dyn Fn(&Endpoint) -> bool| {
        let mut fitting = all.iter().filter(|endpoint| fits(endpoint)).collect::<Vec<_>>();
        // Of several the one that Polar still delivers to.
        fitting.sort_by_key(|endpoint| !endpoint.enabled);
        fitting.first().map(|endpoint| ((*endpoint).clone(), told))
    };
    let expected = expected_url(env.base.as_deref(), &subject.route.value).map(|url| normalised(url.as_str()));
    let base_host = env.base.as_deref().and_then(authority);
    let route = subject.route.value.as_str();
    let has_secret =
        |endpoint: &Endpoint| env.secrets.iter().any(|place| endpoint.secret.as_ref() == Some(&place.value));
    let is_at_base = |endpoint: &Endpoint| base_host.is_some() && authority(&endpoint.url) == base_host;
    let is_tunnelled = |endpoint: &Endpoint| host(&endpoint.url).is_some_and(|host| project.is_tunnelled(&host));
    let is_at_port = |endpoint: &Endpoint| {
        Url::parse(&endpoint.url).is_ok_and(|url| is_loopback(&url) && url.port() == Some(project.app.port))
    };
    let found = by("as it was set up here", &|endpoint| Some(&endpoint.id) == subject.endpoint_id.as_ref())
        .or_else(|| by("by its address", &|endpoint| Some(normalised(&endpoint.url)) == expected))
        // What leads here is this project's, whosever secret stands in the file; of several that lead here its own.
        .or_else(|| by("by the tunnel that runs here", &|endpoint| is_tunnelled(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by the app's port", &|endpoint| is_at_port(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by its host", &|endpoint| is_at_base(endpoint) && has_secret(endpoint)))
        .or_else(|| by("by the tunnel that runs here", &is_tunnelled))
        .or_else(|| by("by the app's port", &is_at_port))
        .or_else(|| by("by its secret", &has_secret))
        .or_else(|| by("by its host", &is_at_base));
    if found.is_some() {
        return (found, 0);
    }
    // A route is no name: it only tells where nothing else has the same.
    let mut alike = all.iter().filter(|endpoint| may_be(&path(endpoint), route)).collect::<Vec<_>>();
    if alike.iter().any(|endpoint| endpoint.enabled) {
        alike.retain(|endpoint| endpoint.enabled);
    }
    let tunnelled = alike.iter().copied().filter(|endpoint| is_tunnel(endpoint)).collect::<Vec<_>>();
    let only = match (tunnelled.as_slice(), alike.as_slice()) {
        ([one], _) => Some((*one, "by its route behind a tunnel")),
        (_, [one]) if base_host.is_none() => Some((*one, "by its route, the only one")),
        _ => None,
    };
    match only {
        Some((endpoint, told)) => (Some((endpoint.clone(), told)), 0),
        None => (None, if tunnelled.len() > 1 || base_host.is_none() { alike.len() } else { 0 }),
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
