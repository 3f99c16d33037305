//! What is wrong between Polar and this machine: the name, the certificate, the tunnel.

use url::Url;

use super::{
    super::{Answer, Mend},
    Known, Named, Seen,
    polar::{at_path, endpoint},
};
use crate::polar::http::is_loopback;

/// In the order in which a request meets them.
pub const KNOWN: &[Known] = &[
    Known::blocking("receiver_not_running", receiver),
    Known::blocking("older_tunnel", older_tunnel),
    Known::blocking("tunnel_not_running", not_running),
    Known::blocking("ngrok_offline", ngrok_offline),
    Known::blocking("ngrok_nothing_on_port", ngrok_port),
    Known::blocking("dns_missing", dns),
    Known::blocking("certificate_invalid", certificate),
    Known::blocking("tunnel_to_wrong_port", wrong_port),
    Known::blocking("redirect", redirect),
    Known::blocking("url_without_route", without_route),
];

fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

fn is_quick(host: &str) -> bool {
    host.ends_with(".trycloudflare.com")
}

fn is_ngrok(host: &str) -> bool {
    [".ngrok-free.app", ".ngrok-free.dev", ".ngrok.app", ".ngrok.io", ".ngrok.dev"]
        .iter()
        .any(|end| host.ends_with(end))
}

/// Whether what a quick tunnel's address answers says that no tunnel is behind it (measured: status 530, error 1033; once
/// it is forgotten its name is gone).
fn is_gone(seen: &Seen) -> bool {
    seen.public.as_ref().is_some_and(|public| {
        public.answer.status == Some(530)
            || public.answer.text.contains("1033")
            || (public.has_address == Some(false) && host_of(&public.url).is_some_and(|host| is_quick(&host)))
    })
}

/// A practice Polar delivers straight to the receiver, which runs as long as the window or the command.
fn receiver(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let url = Url::parse(&public.url).ok().filter(is_loopback)?;
    let to_app = url.port() == Some(seen.app.port);
    (public.answer.status.is_none() && !to_app).then(|| {
        Named::new(
            format!("Nothing listens at {}, where the endpoint delivers to: Polar Setup's receiver runs only as long as its window or command.", public.url),
            "Open the window on this project, or run polar-setup-cli setup with --keep-running, or listen.",
        )
        .proved(format!("A request to it {}.", public.answer.told()))
    })
}

fn older_tunnel(seen: &Seen) -> Option<Named> {
    let there = host_of(&endpoint(seen)?.url)?;
    let here = host_of(seen.env.base.as_deref()?)?;
    let answers =
        seen.public.as_ref().is_some_and(|public| public.answer.is_success() || public.answer.through_receiver);
    (there != here && !answers && (is_quick(&there) || is_ngrok(&there))).then(|| {
        Named::new(
            format!("The endpoint on Polar delivers to {there}, an older tunnel; the present one is {here}."),
            "Give Polar the present address: \"Write and verify\" in the window, or polar-setup-cli setup.",
        )
        .proved(format!("The endpoint's address names {there}, the env file {here}."))
        .proved(seen.public.as_ref().map_or_else(
            || "It was not asked.".to_owned(),
            |public| format!("A delivery to {there} {}.", public.answer.told()),
        ))
    })
}

fn not_running(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let host = host_of(&public.url).filter(|host| is_quick(host))?;
    is_gone(seen).then(|| {
        let runs = public.tunnels.iter().any(|(name, _)| name == "cloudflared");
        Named::new(
            format!("No tunnel stands behind {host}: it was ended, and a quick tunnel's address does not come back."),
            "Start a tunnel and give Polar its address: the window's Public URL step does both.",
        )
        .proved(match public.answer.status {
            Some(status) => format!("Cloudflare answered {status}: it knows no tunnel of this name."),
            None => format!("There is no host named {host} any more."),
        })
        .ruling_out(if runs {
            "A cloudflared runs here, but for another address."
        } else {
            "No cloudflared runs on this machine."
        })
    })
}

fn ngrok_offline(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    (public.answer.ngrok_error.as_deref() == Some("ERR_NGROK_3200")).then(|| {
        Named::new(
            "The ngrok tunnel is not running.",
            "Start it: the window's Public URL step, or ngrok http with the app's port.",
        )
        .proved("ngrok answered ERR_NGROK_3200: the endpoint is offline.")
        .link("https://ngrok.com/docs/errors/err_ngrok_3200/")
        .mended_by(Mend::StartTunnel)
    })
}

fn ngrok_port(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    (public.answer.ngrok_error.as_deref() == Some("ERR_NGROK_8012")).then(|| {
        Named::new(
            "The ngrok tunnel runs, but nothing listens on the port that it leads to.",
            format!("Start it with the app's port, {}.", seen.app.port),
        )
        .proved("ngrok answered ERR_NGROK_8012.")
        .link("https://ngrok.com/docs/errors/err_ngrok_8012/")
    })
}

fn dns(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| public.has_address == Some(false))?;
    let host = host_of(&public.url)?;
    Some(
        Named::new(
            format!("There is no host named {host}."),
            "Look at the spelling and the DNS record; a new one may take some minutes to be known everywhere.",
        )
        .proved("The name service knows no address for it.")
        .ruling_out(if seen.polar.error.is_none() {
            "Other names are found, so this machine is online."
        } else {
            ""
        }),
    )
}

fn certificate(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| public.answer.text.contains("certificate"))?;
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

fn wrong_port(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| matches!(public.answer.status, Some(502..=504)))?;
    let (name, port) = public.tunnels.iter().find_map(|(name, port)| port.map(|port| (name, port)))?;
    (port != seen.app.port && seen.app.listens).then(|| {
        Named::new(
            format!("{name} leads to port {port}, but your app listens on {}.", seen.app.port),
            format!("Start it for port {}.", seen.app.port),
        )
        .proved(format!("{name} was started with port {port}."))
        .proved(format!("Through {} the answer is {}.", public.url, public.answer.status.unwrap_or_default()))
        .ruling_out(format!("Your app listens on port {}.", seen.app.port))
    })
}

fn redirect(seen: &Seen) -> Option<Named> {
    let public =
        seen.public.as_ref().filter(|public| matches!(public.answer.status, Some(301 | 302 | 303 | 307 | 308)))?;
    // A redirect that the app itself makes is the app's.
    if seen
        .handler
        .as_ref()
        .and_then(super::super::HandlerSeen::first)
        .is_some_and(|local| matches!(local.status, Some(300..=399)))
    {
        return None;
    }
    let to = public.answer.location.clone().unwrap_or_default();
    Some(
        Named::new(
            format!("{} redirects to {to}; Polar follows no redirect.", public.url),
            format!("Give Polar the address where it ends: {to}"),
        )
        .proved(format!("A delivery to it {}.", public.answer.told()))
        .ruling_out("On this machine your app does not redirect.")
        .mended_by(
            Url::parse(&public.url).ok().and_then(|from| from.join(&to).ok()).map(|url| Mend::Repoint(url.into())),
        ),
    )
}

/// The endpoint's address ends before the route does.
fn without_route(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let url = Url::parse(&public.url).ok()?;
    let path = url.path().trim_end_matches('/');
    let route = seen.route.trim_end_matches('/');
    let handler = seen.handler.as_ref()?;
    if path == route || !route.starts_with(path) {
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
