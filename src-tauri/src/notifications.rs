//! What the desktop is told while the window is in the background: that deliveries fail, or that the way to this machine
//! fell.

use polar_setup_core::setup::{
    Setup,
    view::{RelayPhase, SetupView, TunnelPhase},
};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::preferences::Kept;

/// After this many failures in a row it is said once more: Polar switches an endpoint off after ten.
const STILL_FAILING: u32 = 5;

/// A title and a sentence.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    title: &'static str,
    body: String,
}

/// Watches the setup for as long as the program runs.
pub async fn watch(app: AppHandle) {
    let mut views = app.state::<Setup>().subscribe();
    let mut before = views.borrow_and_update().clone();
    while views.changed().await.is_ok() {
        let now = views.borrow_and_update().clone();
        let told = worth_telling(&before, &now);
        before = now;
        let Some(Told { title, body }) = told else { continue };
        let in_front = app.get_webview_window("main").is_some_and(|window| window.is_focused().unwrap_or(false));
        if in_front || !app.state::<Kept>().get().notifications {
            continue;
        }
        if let Err(error) = app.notification().builder().title(title).body(body).show() {
            tracing::info!(%error, "the desktop took no notification");
        }
    }
}

fn worth_telling(before: &SetupView, now: &SetupView) -> Option<Told> {
    let tunnel = |view: &SetupView| view.public_url.tunnel.as_ref().map(|tunnel| (tunnel.phase, tunnel.restarts));
    if let (Some((was, restarted)), Some((is, restarts))) = (tunnel(before), tunnel(now)) {
        let program = now.public_url.program.as_deref().unwrap_or("The tunnel");
        let worked = matches!(was, TunnelPhase::Connected | TunnelPhase::Reachable);
        if worked && is == TunnelPhase::Failed {
            let problem = now.public_url.tunnel.as_ref().and_then(|tunnel| tunnel.problem.clone());
            let body = problem.unwrap_or_else(|| "Webhooks do not reach your app any more.".to_owned());
            return Some(Told { title: "The tunnel fell", body });
        }
        if worked && restarts > restarted {
            let body = format!("{program} ended by itself and is being started again.");
            return Some(Told { title: "The tunnel fell", body });
        }
    }
    let relay = |view: &SetupView| view.public_url.relay.as_ref().map(|relay| relay.phase);
    if relay(before) == Some(RelayPhase::Connected)
        && matches!(relay(now), Some(RelayPhase::Reconnecting | RelayPhase::Failed))
    {
        let body = match relay(now) {
            Some(RelayPhase::Failed) => "Polar's stream ended. Webhooks do not reach your app any more.",
            _ => "Polar's stream was lost and is being opened again.",
        };
        return Some(Told { title: "The relay fell", body: body.to_owned() });
    }
    let (was, is) = (before.live.failing, now.live.failing);
    if was == 0 && is > 0 {
        let body = "The newest one failed. Open Polar Setup to see what your app answered.";
        return Some(Told { title: "Your app did not accept a webhook", body: body.to_owned() });
    }
    if was < STILL_FAILING && is >= STILL_FAILING {
        let body = format!("{is} in a row failed. Polar switches the endpoint off after ten.");
        return Some(Told { title: "Your app does not accept webhooks", body });
    }
    None
}

#[cfg(test)]
mod tests {
    use polar_setup_core::setup::view::{RelayView, TunnelView};

    use super::*;
    use crate::tests::empty_view;

    fn failing(failing: u32) -> SetupView {
        let mut view = empty_view();
        view.live.failing = failing;
        view
    }

    fn tunnel(phase: TunnelPhase, restarts: u32) -> SetupView {
        let mut view = empty_view();
        view.public_url.program = Some("cloudflared".into());
        view.public_url.tunnel = Some(TunnelView {
            program: "cloudflared".into(),
            phase,
            url: None,
            problem: (phase == TunnelPhase::Failed).then(|| "It was refused.".into()),
            fix: None,
            since: None,
            restarts,
            log: Vec::new(),
        });
        view
    }

    fn relay(phase: RelayPhase) -> SetupView {
        let mut view = empty_view();
        view.public_url.relay = Some(RelayView { phase, problem: None, fix: None, again_in: None });
        view
    }

    fn title(before: &SetupView, now: &SetupView) -> Option<&'static str> {
        worth_telling(before, now).map(|told| told.title)
    }

    #[test]
    fn the_first_failure_is_told_and_then_the_fifth() {
        assert_eq!(title(&failing(0), &failing(1)), Some("Your app did not accept a webhook"));
        assert_eq!(title(&failing(1), &failing(2)), None);
        assert_eq!(title(&failing(4), &failing(5)), Some("Your app does not accept webhooks"));
        assert_eq!(title(&failing(5), &failing(6)), None);
        assert_eq!(title(&failing(6), &failing(0)), None);
    }

    #[test]
    fn a_tunnel_that_worked_and_fell_is_told() {
        let reachable = tunnel(TunnelPhase::Reachable, 0);
        assert_eq!(worth_telling(&reachable, &tunnel(TunnelPhase::Failed, 0)).unwrap().body, "It was refused.");
        assert_eq!(title(&reachable, &tunnel(TunnelPhase::Starting, 1)), Some("The tunnel fell"));
        // Nothing fell here: it never worked, or was stopped by hand.
        assert_eq!(title(&tunnel(TunnelPhase::Starting, 0), &tunnel(TunnelPhase::Failed, 0)), None);
        assert_eq!(title(&reachable, &tunnel(TunnelPhase::Stopped, 0)), None);
        assert_eq!(title(&reachable, &empty_view()), None);
    }

    #[test]
    fn a_relay_that_is_lost_is_told_once() {
        let connected = relay(RelayPhase::Connected);
        assert_eq!(title(&connected, &relay(RelayPhase::Reconnecting)), Some("The relay fell"));
        assert_eq!(title(&relay(RelayPhase::Reconnecting), &relay(RelayPhase::Reconnecting)), None);
        assert_eq!(title(&relay(RelayPhase::Connecting), &relay(RelayPhase::Failed)), None);
    }
}
