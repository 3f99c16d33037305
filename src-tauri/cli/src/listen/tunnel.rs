//! A tunnel program: Polar delivers to an endpoint, and only what arrives is followed. The endpoint is left as it is,
//! unless it is this project's own and was made for a tunnel: then it is told the tunnel's address.

use std::sync::Mutex;

use polar_setup_core::{
    check::verify::join,
    polar::endpoint::{EndpointWish, normalised},
    setup::{
        authtoken::own_domain,
        follow::{Absence, News, redeliver_missed},
        view::PublicWay,
    },
};

use super::{
    Prepared, client,
    show::{self, Shown},
};
use crate::{
    args::TunnelChoice,
    live,
    output::Printer,
    run::{Running, Stop},
    tunnel, wishes,
};

/// Listens until somebody ends it.
pub async fn listen(
    choice: TunnelChoice,
    prepared: &Prepared,
    running: &mut Running,
    printer: &Printer,
    shown: &mut Shown,
) -> Result<(), Stop> {
    let Some(receiver) = running.receiver.clone() else { return Err(Stop::Failed) };
    let domain = prepared.known.domain.as_deref().and_then(|typed| own_domain(typed).ok().flatten());
    let account = tunnel::Account { vault: &prepared.vault, domain };
    let base = tunnel::start(Some(choice), account, receiver.clone(), running, printer).await?;
    point(prepared, &base, printer).await;
    printer.note(format!("Deliveries go on to {}. Ctrl-C ends it.", prepared.app));
    let shown = Mutex::new(shown);
    tokio::select! {
        () = follow_tunnel(prepared, running, printer) => {}
        () = show::follow(&receiver, &shown, printer) => {}
        () = show::let_go(&receiver, &prepared.app, printer) => {}
    }
    Ok(())
}

/// Follows the tunnel as it goes and comes, for ever.
async fn follow_tunnel(prepared: &Prepared, running: &Running, printer: &Printer) {
    let mut absence = Absence::default();
    loop {
        match live::news(running.tunnel.as_ref(), &mut absence).await {
            News::Gone(why) => {
                let why = why.unwrap_or_else(|| "It lost its connection.".into());
                printer.note(format!("The tunnel is away: nothing arrives. {why}"));
            }
            News::Back { since, new_address } => {
                let base = running.tunnel.as_ref().and_then(|tunnel| tunnel.status().url);
                if let Some(base) = base.filter(|_| new_address) {
                    printer.note(format!("The tunnel is back at a new address, {base}."));
                    point(prepared, &base, printer).await;
                } else {
                    printer.note("The tunnel is back, at the same address.");
                }
                let Some(id) = &prepared.known.endpoint_id else { continue };
                let Some(Ok(client)) = client(prepared, printer).await else { continue };
                match redeliver_missed(&client, id, since).await {
                    Ok(0) => {}
                    Ok(count) => {
                        printer.note(format!("Polar was asked to send again what had failed meanwhile: {count}."));
                    }
                    Err(error) => {
                        printer.note(format!("Whether something was missed meanwhile could not be seen: {error}"));
                    }
                }
            }
        }
    }
}

/// Lets this project's endpoint deliver to the tunnel, if there is one that was made for a tunnel; says what was done.
async fn point(prepared: &Prepared, base: &str, printer: &Printer) {
    let url = join(base, &wishes::route(None, &prepared.known, &prepared.project));
    let untouched = |why: &str| {
        printer.note(format!("{why} Nothing on Polar was changed; an endpoint for this tunnel delivers to {url}"));
    };
    let Some(id) = &prepared.known.endpoint_id else {
        return untouched("No endpoint of this project is known.");
    };
    if prepared.known.way != Some(PublicWay::Tunnel) {
        return untouched("This project's endpoint was not made for a tunnel.");
    }
    let Some(Ok(client)) = client(prepared, printer).await else {
        return untouched("There is no token to ask Polar with.");
    };
    let endpoint = match client.endpoint(id).await {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => return untouched("This project's endpoint is not on Polar any more."),
        Err(error) => return untouched(&error.to_string()),
    };
    if endpoint.url == normalised(&url) {
        printer.note("This project's endpoint delivers to this tunnel already.");
        return;
    }
    match client.update_endpoint(id, &EndpointWish { url: Some(url.clone()), ..EndpointWish::default() }).await {
        Ok(_) => printer.note(format!(
            "This project's endpoint now delivers to {url} (the env file still has the former address; a setup writes the new one)."
        )),
        Err(error) => untouched(&error.to_string()),
    }
}
