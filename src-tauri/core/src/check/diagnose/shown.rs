//! What of an address may be shown: a chat service's address, and what stands behind a `?`, let who knows them in.

use super::{Diagnosis, Seen};
use crate::setup::own_url::format_of;

/// An address without what may be secret in it: a user, a query, a fragment, the path of a chat service's.
pub fn shown(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let bare = &address[..end];
    let Some((scheme, rest)) = bare.split_once("://") else { return bare.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = if format_of(address).is_some() { "/…" } else { path };
    format!("{scheme}://{host}{path}")
}

/// Replaces all addresses of endpoints in the texts by what may be shown of them.
pub fn hide(diagnosis: &mut Diagnosis, seen: &Seen) {
    let endpoints = seen.polar.endpoints.iter().flatten().map(|endpoint| endpoint.url.clone());
    let own = seen.polar.endpoint.iter().map(|(endpoint, _)| endpoint.url.clone());
    let asked = seen.public.iter().map(|public| public.url.clone());
    let mut hidden = endpoints
        .chain(own)
        .chain(asked)
        .map(|address| (shown(&address), address))
        .filter(|(shown, address)| shown != address)
        .collect::<Vec<_>>();
    // One may be the beginning of another.
    hidden.sort_by_key(|(_, address)| std::cmp::Reverse(address.len()));
    let hide = |text: &mut String| {
        for (shown, address) in &hidden {
            if text.contains(address.as_str()) {
                *text = text.replace(address.as_str(), shown);
            }
        }
    };
    for cause in &mut diagnosis.causes {
        [&mut cause.sentence, &mut cause.fix].into_iter().for_each(hide);
        cause.proved_by.iter_mut().chain(&mut cause.ruled_out).for_each(hide);
    }
    diagnosis.open.iter_mut().chain(&mut diagnosis.notes).for_each(hide);
    diagnosis.probes.iter_mut().for_each(|probe| hide(&mut probe.seen));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_somebody_in_is_not_shown() {
        for (address, expected) in [
            ("https://discord.com/api/webhooks/1/abc", "https://discord.com/…"),
            ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/…"),
            ("https://me:pw@shop.example.com/hook?key=1#a", "https://shop.example.com/hook"),
            ("https://shop.example.com/hook", "https://shop.example.com/hook"),
            ("/login?next=/hook", "/login"),
        ] {
            assert_eq!(shown(address), expected);
        }
    }
}
