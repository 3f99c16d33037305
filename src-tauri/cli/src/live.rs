//! `--keep-running`: stays and shows each delivery as it arrives.

use std::collections::HashSet;

use polar_setup_core::{
    setup::{
        follow::{Absence, News},
        view::TunnelPhase,
    },
    tunnel::Tunnel,
};
use time::OffsetDateTime;

use crate::{
    output::Printer,
    run::{Interrupt, Running},
};

/// Why it does not only stay any more.
pub enum Stay {
    /// Ctrl-C.
    Over,
    /// The tunnel was away since then and is back.
    Back { since: OffsetDateTime, new_address: bool },
}

/// Stays until Ctrl-C, or until something is to be done about the tunnel.
pub async fn stay(running: &Running, absence: &mut Absence, printer: &Printer, interrupt: &Interrupt) -> Stay {
    let Some(receiver) = &running.receiver else {
        printer.note("Running until Ctrl-C. Deliveries go to your own address, so none is seen here.");
        interrupt.wait().await;
        return Stay::Over;
    };
    printer.note(format!("Deliveries arrive at {} and go on to your app. Ctrl-C ends it.", receiver.url()));
    let mut changes = receiver.subscribe();
    // The verification's own deliveries are reported already.
    let mut shown: HashSet<u32> = receiver.deliveries().iter().map(|delivery| delivery.number).collect();
    loop {
        changes.borrow_and_update();
        let deliveries = receiver.deliveries();
        for delivery in deliveries.iter().rev() {
            let answered = delivery.app_status.is_some() || delivery.app_problem.is_some();
            if answered && shown.insert(delivery.number) {
                printer.delivery(delivery);
            }
        }
        // What has left the list will not come back.
        let oldest = deliveries.last().map_or(0, |delivery| delivery.number);
        shown.retain(|number| *number >= oldest);
        tokio::select! {
            alive = changes.changed() => if alive.is_err() { return Stay::Over },
            news = news(running.tunnel.as_ref(), absence) => match news {
                News::Gone(why) => {
                    let why = why.unwrap_or_else(|| "It lost its connection.".into());
                    printer.note(format!("The tunnel is away: nothing arrives. {why}"));
                }
                News::Back { since, new_address } => return Stay::Back { since, new_address },
            },
            () = interrupt.wait() => return Stay::Over,
        }
    }
}

/// Waits until the tunnel, if there is one, goes or comes. One that has given up does not come back.
pub async fn news(tunnel: Option<&Tunnel>, absence: &mut Absence) -> News {
    let Some(tunnel) = tunnel else { return std::future::pending().await };
    let mut changes = tunnel.subscribe();
    loop {
        let view = changes.borrow_and_update().clone();
        if let Some(news) = absence.see(&view, OffsetDateTime::now_utc()) {
            return match (view.phase, view.fix) {
                (TunnelPhase::Failed, Some(fix)) => {
                    News::Gone(Some(format!("{}\n    → {fix}", view.problem.unwrap_or_default())))
                }
                _ => news,
            };
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
