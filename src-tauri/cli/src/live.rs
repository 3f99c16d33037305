//! `--keep-running`: stays and shows each delivery as it arrives.

use std::collections::HashSet;

use polar_setup_core::setup::view::TunnelPhase;

use crate::{
    output::Printer,
    run::{Interrupt, Running},
};

/// Stays until Ctrl-C.
pub async fn stay(running: &Running, printer: &Printer, interrupt: &Interrupt) {
    let Some(receiver) = &running.receiver else {
        printer.note("Running until Ctrl-C. Deliveries go to your own address, so none is seen here.");
        interrupt.wait().await;
        return;
    };
    printer.note(format!("Deliveries arrive at {} and go on to your app. Ctrl-C ends it.", receiver.url()));
    let mut changes = receiver.subscribe();
    let lost = lost(running);
    tokio::pin!(lost);
    // The verification's own deliveries are reported already.
    let mut shown: HashSet<u32> = receiver.deliveries().iter().map(|delivery| delivery.number).collect();
    let mut told = false;
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
            alive = changes.changed() => if alive.is_err() { return },
            text = &mut lost, if !told => {
                printer.note(text);
                told = true;
            }
            () = interrupt.wait() => return,
        }
    }
}

/// Waits until the tunnel, if there is one, does not work any more, and says so.
async fn lost(running: &Running) -> String {
    let Some(tunnel) = &running.tunnel else { return std::future::pending().await };
    let mut changes = tunnel.subscribe();
    let ended = changes.wait_for(|view| matches!(view.phase, TunnelPhase::Failed | TunnelPhase::Stopped)).await;
    let view = ended.map_or_else(|_| tunnel.status(), |view| view.clone());
    let why = view.problem.map_or_else(String::new, |problem| format!(" {problem}"));
    let fix = view.fix.unwrap_or_else(|| "Run this again to start it again.".into());
    format!("The tunnel has ended: nothing arrives any more.{why}\n    → {fix}")
}
