//! What is wrong with the tunnel: another one, none, one without a connection, one that leads elsewhere.

use url::Url;

use super::{
    super::{
        HandlerSeen, Mend, PublicSeen, TunnelSeen,
        public_seen::{is_ngrok, is_quick},
    },
    Named, Seen,
    polar::endpoint,
    public::host_of,
};
use crate::polar::http::is_loopback;

/// The tunnel here that serves the endpoint's host, as it says itself.
fn serving<'a>(seen: &'a Seen, public: &PublicSeen) -> Option<&'a TunnelSeen> {
    let host = host_of(&public.url)?;
    seen.tunnels.iter().find(|tunnel| tunnel.serves(&host))
}

/// Whether what a quick tunnel's address answers says that no tunnel is behind it (measured: status 530, error 1033; once
/// it is forgotten its name is gone).
fn is_gone(public: &PublicSeen) -> bool {
    public.answer.status == Some(530)
        || public.answer.text.contains("error code: 1033")
        || (public.has_address == Some(false) && host_of(&public.url).is_some_and(|host| is_quick(&host)))
}

/// What the answer of a service for tunnels says of an address that nothing serves.
fn proof_of_gone(public: &PublicSeen) -> String {
    match (&public.answer.ngrok_error, public.answer.status) {
        (Some(code), _) => format!("ngrok answered {code}."),
        (None, Some(status)) => format!("Cloudflare answered {status}: no tunnel of this name is connected."),
        (None, None) => format!("There is no host named {} any more.", host_of(&public.url).unwrap_or_default()),
    }
}

/// The endpoint has another tunnel's host than the one that runs here, or than the env file has.
pub(super) fn older(seen: &Seen) -> Option<Named> {
    let there = host_of(&endpoint(seen)?.url).filter(|host| is_quick(host) || is_ngrok(host))?;
    let public = seen.public.as_ref();
    let arrives = public.is_some_and(|public| public.answer.is_success() || public.answer.through_receiver);
    if arrives || public.is_some_and(|public| serving(seen, public).is_some()) {
        return None;
    }
    let leads_here = |tunnel: &&TunnelSeen| {
        tunnel.port.is_some_and(|port| port == seen.app.port || seen.app.receivers.contains(&port))
    };
    let mut leading = seen.tunnels.iter().filter(leads_here);
    let runs = leading.find_map(|tunnel| tunnel.hosts.first().map(|host| (tunnel, host)));
    let in_file =
        seen.env.base.as_deref().and_then(host_of).filter(|here| *here != there && (is_quick(here) || is_ngrok(here)));
    let here = runs.map(|(_, host)| host.clone()).or_else(|| in_file.clone())?;
    let url = Url::parse(&format!("https://{here}{}", seen.route)).ok();
    Some(
        Named::new(
            format!("The endpoint on Polar delivers to {there}, an older tunnel; the present one is {here}."),
            format!("Give Polar the present address, https://{here}{}: \"Write and verify\", or polar-setup-cli setup in a terminal.", seen.route),
        )
        .proved(format!("The endpoint's address names {there}."))
        .proved(runs.map_or_else(String::new, |(tunnel, host)| format!("{} runs here and serves {host}.", tunnel.program)))
        .proved(in_file.map_or_else(String::new, |host| format!("The env file names {host}.")))
        .proved(public.map_or_else(String::new, |public| format!("A delivery to {there} {}.", public.answer.told())))
        .mended_by(url.map(|url| Mend::Repoint(url.into()))),
    )
}

/// A tunnel here that serves the endpoint's host and has no connection, for longer than one takes.
fn unconnected(seen: &Seen) -> Option<(&TunnelSeen, &PublicSeen, bool)> {
    let public = seen.public.as_ref().filter(|public| !public.answer.is_success())?;
    let tunnel = serving(seen, public).filter(|tunnel| tunnel.connections == Some(0))?;
    Some((tunnel, public, tunnel.edge_by_tcp?))
}

pub(super) fn udp_blocked(seen: &Seen) -> Option<Named> {
    let (tunnel, public, _) = unconnected(seen).filter(|(tunnel, _, by_tcp)| tunnel.by_udp && *by_tcp)?;
    Some(
        Named::new(
            format!("{} cannot connect: this network blocks UDP, by which it tries to.", tunnel.program),
            "Start it with --protocol http2; Public URL does so by itself.",
        )
        .proved(format!("{} runs and has no connection to Cloudflare, as it says itself.", tunnel.program))
        .proved("Cloudflare is reached from here by TCP, and the tunnel goes by UDP only (QUIC).")
        .proved(proof_of_gone(public))
        .link("https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/troubleshoot-tunnels/connectivity-prechecks/")
        .mended_by(Mend::StartTunnel),
    )
}

pub(super) fn not_connected(seen: &Seen) -> Option<Named> {
    let (tunnel, public, by_tcp) = unconnected(seen)?;
    Some(
        Named::new(
            format!("{} runs, but has no connection to its service.", tunnel.program),
            "See whether this machine is online, and whether a firewall blocks outgoing port 7844 (UDP and TCP).",
        )
        .proved(format!("{} says that it has no connection.", tunnel.program))
        .proved(proof_of_gone(public))
        .proved(if by_tcp { "" } else { "Its service is not reached from here by TCP either." }),
    )
}

/// What the tunnel said that this program started.
pub(super) fn failed(seen: &Seen) -> Option<Named> {
    let (program, said) = seen.tunnel_problem.as_ref()?;
    let public =
        seen.public.as_ref().filter(|public| !public.answer.is_success() && !public.answer.through_receiver)?;
    Some(
        Named::new(format!("The tunnel does not come up: {said}"), "Mend that, then start it under Public URL.")
            .proved(format!("{program} was started here and ended, or did not connect."))
            .proved(format!("A delivery to {} {}.", public.url, public.answer.told()))
            .mended_by(Mend::StartTunnel),
    )
}

pub(super) fn gone(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| is_gone(public))?;
    let host = host_of(&public.url).filter(|host| is_quick(host))?;
    // Its name may not be known everywhere yet.
    if serving(seen, public).is_some() {
        return None;
    }
    let runs = seen.tunnels.iter().any(|tunnel| tunnel.program == "cloudflared");
    Some(
        Named::new(
            format!("No tunnel stands behind {host}: it was ended, and a quick tunnel's address does not come back."),
            "Start a tunnel and give Polar its address: Public URL does both.",
        )
        .proved(proof_of_gone(public))
        .ruling_out(if runs {
            "A cloudflared runs here, but does not say that it serves this host."
        } else {
            "No cloudflared runs on this machine."
        })
        .mended_by(Mend::StartTunnel),
    )
}

fn is_offline(public: &PublicSeen) -> bool {
    public.answer.ngrok_error.as_deref() == Some("ERR_NGROK_3200")
}

pub(super) fn ngrok_authtoken(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| is_offline(public))?;
    let runs = seen.tunnels.iter().any(|tunnel| tunnel.program == "ngrok");
    (!runs && seen.ngrok_has_authtoken == Some(false)).then(|| {
        Named::new(
            "The ngrok tunnel is not running, and ngrok has no authtoken on this machine: without one it starts no tunnel (ERR_NGROK_4018).",
            "Take your authtoken from https://dashboard.ngrok.com/get-started/your-authtoken and enter it under Public URL, or: ngrok config add-authtoken TOKEN",
        )
        .proved(proof_of_gone(public))
        .proved("ngrok is installed, no ngrok runs, and neither its configuration nor NGROK_AUTHTOKEN has an authtoken.")
        .link("https://ngrok.com/docs/errors/err_ngrok_4018/")
    })
}

pub(super) fn ngrok_offline(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| is_offline(public))?;
    let host = host_of(&public.url).unwrap_or_default();
    let runs = seen.tunnels.iter().find(|tunnel| tunnel.program == "ngrok");
    Some(
        Named::new(
            format!("The ngrok tunnel {host} is not running."),
            format!("Start it under Public URL, or: ngrok http {} --url https://{host}", seen.app.port),
        )
        .proved("ngrok answered ERR_NGROK_3200: the endpoint is offline.")
        .ruling_out(match runs {
            None => "No ngrok runs on this machine.",
            Some(_) => "An ngrok runs here, but does not serve this host.",
        })
        .link("https://ngrok.com/docs/errors/err_ngrok_3200/")
        .mended_by(Mend::StartTunnel),
    )
}

pub(super) fn ngrok_port(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref()?;
    let port = serving(seen, public).and_then(|tunnel| tunnel.port);
    (public.answer.ngrok_error.as_deref() == Some("ERR_NGROK_8012")).then(|| {
        let leads = port.map(|port| format!(", {port}")).unwrap_or_default();
        Named::new(
            if seen.app.listens {
                format!("The ngrok tunnel runs, but nothing listens on the port that it leads to{leads}.")
            } else {
                format!("The ngrok tunnel runs, but nothing listens on the port that it leads to{leads}: your app is not running.")
            },
            if seen.app.listens {
                format!("Start it with the app's port: ngrok http {}", seen.app.port)
            } else {
                "Start your app.".to_owned()
            },
        )
        .proved("ngrok answered ERR_NGROK_8012.")
        .ruling_out(if seen.app.listens { format!("Your app listens on port {}.", seen.app.port) } else { String::new() })
        .link("https://ngrok.com/docs/errors/err_ngrok_8012/")
    })
}

/// The tunnel behind the endpoint's address leads to another port than the app's, and not to the receiver.
pub(super) fn wrong_port(seen: &Seen) -> Option<Named> {
    let public = seen.public.as_ref().filter(|public| !public.answer.through_receiver)?;
    let served = serving(seen, public);
    let refused = matches!(public.answer.status, Some(502..=504));
    // One that does not say what it serves is only taken for this one where nothing answers behind it.
    // An address on this machine is no tunnel's.
    let is_here = Url::parse(&public.url).is_ok_and(|url| is_loopback(&url));
    let nameless = || seen.tunnels.iter().find(|tunnel| tunnel.hosts.is_empty()).filter(|_| refused && !is_here);
    let tunnel = served.or_else(nameless)?;
    let local = seen.handler.as_ref().map(|it| [&it.own_rule, &it.standard_rule, &it.forged, &it.polars_secret]);
    if local.into_iter().flatten().flatten().any(|answer| answer.is_like(&public.answer)) {
        return None;
    }
    let port = tunnel.port.filter(|port| *port != seen.app.port && !seen.app.receivers.contains(port))?;
    // Tunnel and project agree on the port: it is the app that listens on another one.
    if seen.app.instead_of == Some(port) {
        return None;
    }
    let is_app = seen.app.is_this_project == Some(true) || seen.handler.as_ref().is_some_and(HandlerSeen::accepts);
    let misses = refused || (served.is_some() && is_app);
    (seen.app.listens && misses).then(|| {
        Named::new(
            format!("{} leads to port {port}, but your app listens on {}.", tunnel.program, seen.app.port),
            format!("Start it for port {}.", seen.app.port),
        )
        .proved(format!("{} was started with port {port}.", tunnel.program))
        .proved(format!("A delivery to {} {}.", public.url, public.answer.told()))
        .ruling_out(format!("Your app listens on port {}.", seen.app.port))
    })
}

/// A configuration of the user's own is stronger than the address that cloudflared was started with (measured: every
/// request is answered 404, although it is connected).
pub(super) fn configuration(seen: &Seen) -> Option<Named> {
    let public =
        seen.public.as_ref().filter(|public| !public.answer.is_success() && !public.answer.through_receiver)?;
    let tunnel = serving(seen, public).filter(|tunnel| tunnel.connections != Some(0))?;
    let file = tunnel.configuration.as_ref().filter(|_| tunnel.port.is_some())?;
    let local = seen.handler.as_ref().and_then(HandlerSeen::first)?;
    if !matches!(public.answer.status, Some(404 | 502 | 503)) || public.answer.status == local.status {
        return None;
    }
    Some(
        Named::new(
            format!("Your own configuration, {file}, is stronger than the address that cloudflared was started with."),
            "Start it with --config /dev/null (Public URL does so), or take the ingress rules out of that file.",
        )
        .proved(format!("{file} has ingress rules, and cloudflared was started without --config."))
        .proved(format!("cloudflared is connected, and a delivery to {} {}.", public.url, public.answer.told()))
        .ruling_out(format!("On this machine your app {}.", local.told()))
        .mended_by(Mend::StartTunnel),
    )
}
