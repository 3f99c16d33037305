//! What is wrong between Polar and this machine: the name, the certificate, the tunnel.

use url::Url;

use super::{
    super::{Answer, HandlerSeen, Mend, shown::shown},
    Known, Named, Seen,
    app::is_login,
    polar::{at_path, is_made_here},
    tunnel,
};
use crate::polar::http::is_loopback;

/// In the order in which a request meets them.
pub const KNOWN: &[Known] = &[
    Known::blocking("receiver_not_running", receiver),
    Known::blocking("older_tunnel", tunnel::older),
    Known::blocking("udp_blocked", tunnel::udp_blocked),
    Known::blocking("tunnel_not_connected", tunnel::not_connected),
    Known::blocking("tunnel_failed", tunnel::failed),
    Known::blocking("tunnel_not_running", tunnel::gone),
    Known::blocking("ngrok_authtoken", tunnel::ngrok_authtoken),
    Known::blocking("ngrok_offline", tunnel::ngrok_offline),
    Known::blocking("ngrok_nothing_on_port", tunnel::ngrok_port),
    Known::blocking("dns_missing", dns),
    Known::blocking("certificate_invalid", certificate),
    Known::blocking("tunnel_to_wrong_port", tunnel::wrong_port),
    Known::blocking("tunnel_configuration", tunnel::configuration),
    Known::blocking("redirect", redirect),
    Known::blocking("url_without_route", without_route),
];

pub(super) fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

/// A practice Polar delivers straight to the receiver, which runs as long as the window or the command.
fn receiver(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let url = Url::parse(&public.url).ok().filter(is_loopback)?;
    let to_app = url.port() == Some(seen.app.port);
    (public.answer.status.is_none() && !public.answer.is_timeout() && !to_app && is_made_here(seen)).then(|| {
        Named::new(
            format!("Nothing listens at {}, where the endpoint delivers to: Polar Setup's receiver runs only as long as its window or command.", public.url),
            "Open the window on this project, or run polar-setup-cli setup with --keep-running, or listen.",
        )
        .proved(format!("A request to it {}.", public.answer.told()))
    })
}

fn dns(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| public.has_address == Some(false))?;
    let host = host_of(&public.url)?;
    let other = of_env_file(seen, &host);
    Some(
        Named::new(
            format!("There is no host named {host}, where the endpoint delivers to."),
            match &other {
                Some(other) => format!("Give Polar the address that the env file has, {other}; or, if {host} is meant, look at its DNS record."),
                None => "Look at the spelling and the DNS record; a new one may take some minutes to be known everywhere.".to_owned(),
            },
        )
        .mended_by(other.map(Mend::Repoint))
        .proved("The name service knows no address for it.")
        .ruling_out(if seen.polar.endpoints.is_some() {
            "Polar answered, so this machine is online."
        } else {
            ""
        }),
    )
}

/// The endpoint's address as the env file has it, where that names another public host.
fn of_env_file(seen: &Seen, host: &str) -> Option<String> {
    let base =
        Url::parse(seen.env.base.as_deref()?).ok().filter(|base| base.scheme() == "https" && !is_loopback(base))?;
    let is_other = base.host_str().is_some_and(|other| other != host);
    is_other.then(|| at_path(base.as_str(), &seen.route)).flatten()
}

fn certificate(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    // Without an answer the text says why there is none; with one it is the page's.
    let text = public.answer.text.to_lowercase();
    if public.answer.status.is_some()
        || !["certificate", "self-signed", "unknownissuer"].iter().any(|word| text.contains(word))
    {
        return None;
    }
    Some(
        Named::new(
            format!(
                "The certificate of {} is not valid, so Polar does not deliver.",
                host_of(&public.url).unwrap_or_default()
            ),
            "Renew it, with the whole chain and for this very name.",
        )
        .proved(public.answer.text.clone()),
    )
}

fn redirect(seen: &Seen) -> Option<Named> {
    let public =
        seen.public.as_ref().filter(|public| matches!(public.answer.status, Some(301 | 302 | 303 | 307 | 308)))?;
    // A redirect that the app itself makes is the app's.
    let handler = seen.handler.as_ref();
    let at_route = handler.and_then(HandlerSeen::first);
    let at_endpoints = handler.and_then(|handler| handler.at_endpoints_path.as_ref()).map(|(_, answer)| answer);
    if [at_route, at_endpoints].into_iter().flatten().any(|answer| matches!(answer.status, Some(300..=399))) {
        return None;
    }
    let to = public.answer.location.clone().unwrap_or_default();
    let target = Url::parse(&public.url).ok().and_then(|from| from.join(&to).ok().map(|to| (from, to)));
    if target.as_ref().is_some_and(|(from, to)| is_login(to.as_str(), from.as_str())) {
        return Some(
            Named::new(
                format!("A login stands before {}: it sends whoever is not signed in to {}.", public.url, shown(&to)),
                format!("Let {} through without a login, where your host protects its deployments.", seen.route),
            )
            .proved(format!("A delivery to it {}.", public.answer.told()))
            .ruling_out("On this machine your app does not redirect."),
        );
    }
    // Another host's other page is no address of this endpoint.
    let same = target.filter(|(from, to)| is_same(from, to)).map(|(_, to)| to);
    Some(
        Named::new(
            format!("{} redirects to {}; Polar follows no redirect.", public.url, shown(&to)),
            match &same {
                Some(to) => format!("Give Polar the address where it ends: {}", shown(to.as_str())),
                None => "Give Polar an address at which your app answers itself.".to_owned(),
            },
        )
        .proved(format!("A delivery to it {}.", public.answer.told()))
        .ruling_out("On this machine your app does not redirect.")
        .mended_by(
            same.filter(|url| url.scheme() == "https" && !is_loopback(url)).map(|url| Mend::Repoint(url.into())),
        ),
    )
}

/// Whether two addresses differ only by `www.`, the scheme or a slash at the end.
fn is_same(from: &Url, to: &Url) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    host(from) == host(to) && from.path().trim_end_matches('/') == to.path().trim_end_matches('/')
}

/// The endpoint's address ends before the route does.
fn without_route(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let url = Url::parse(&public.url).ok()?;
    let path = url.path().trim_end_matches('/');
    let route = seen.route.trim_end_matches('/');
    let handler = seen.handler.as_ref()?;
    let is_beginning = route.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    if path == route || !is_beginning {
        return None;
    }
    let has_handler = handler.first().is_some_and(|local| !matches!(local.status, None | Some(404 | 405)));
    let is_nothing =
        |answer: &Answer| matches!(answer.status, Some(404 | 405)) || (path.is_empty() && answer.is_success());
    let local = handler.at_endpoints_path.as_ref().map(|(_, answer)| answer).filter(|answer| is_nothing(answer));
    let through = Some(&public.answer).filter(|answer| is_nothing(answer));
    let asked = through.or(local).filter(|_| has_handler)?;
    Some(
        Named::new(
            format!("The endpoint delivers to {}, but your handler is at {}.", url.path(), seen.route),
            format!("Change the endpoint's address on Polar so that it ends with {}.", seen.route),
        )
        .proved(format!("{} {}.", if through.is_some() { &public.url } else { url.path() }, asked.told()))
        .proved(format!("On this machine {} answers.", seen.route))
        .mended_by(at_path(&public.url, &seen.route).map(Mend::Repoint)),
    )
}
