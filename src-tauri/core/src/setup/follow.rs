//! A tunnel that went away and came back: a new address is told to Polar and to the env file, and what was missed
//! meanwhile is asked for again. Never silently: each leaves a line.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    Setup,
    view::{ApplyKind, ApplyState, Happened, PublicWay, TunnelPhase, TunnelView},
};
use crate::{
    moment::milliseconds,
    polar::{ApiError, Client},
};

/// How many lines are kept.
const KEPT: usize = 50;

/// The pauses before each try to tell a new address: a network that just came back may need a moment.
const TRIES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

/// What becomes of a tunnel that had been up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It is away; why, as far as is known.
    Gone(Option<String>),
    /// It is back.
    Back {
        /// Since when nothing could arrive.
        since: OffsetDateTime,
        /// Whether its address is another one.
        new_address: bool,
    },
}

/// Watches a tunnel come and go.
#[derive(Debug, Default)]
pub struct Absence {
    address: Option<String>,
    since: Option<OffsetDateTime>,
}

impl Absence {
    /// Takes in how the tunnel stands at `now`.
    #[must_use]
    pub fn see(&mut self, view: &TunnelView, now: OffsetDateTime) -> Option<News> {
        // Connected is not yet carrying; but when probes do not get through from here, it may be all there is.
        let up =
            view.phase == TunnelPhase::Reachable || (view.phase == TunnelPhase::Connected && view.problem.is_some());
        match (&self.address, self.since) {
            (None, _) if up => {
                self.address.clone_from(&view.url);
                None
            }
            (Some(_), None) if !up && !matches!(view.phase, TunnelPhase::Stopped | TunnelPhase::Connected) => {
                self.since = Some(now);
                Some(News::Gone(view.problem.clone()))
            }
            (Some(before), Some(since)) if up => {
                let new_address = view.url.as_ref() != Some(before);
                self.address.clone_from(&view.url);
                self.since = None;
                Some(News::Back { since, new_address })
            }
            _ => None,
        }
    }
}

impl Setup {
    /// Does what the news call for.
    pub(super) async fn follow(&self, news: News) {
        match news {
            News::Gone(why) => {
                let why = why.unwrap_or_else(|| "It lost its connection.".to_owned());
                self.happened(format!("The tunnel is away: nothing arrives. {why}"));
            }
            News::Back { since, new_address } => {
                if new_address && !self.tell_new_address().await {
                    return;
                }
                if !new_address {
                    self.happened("The tunnel is back, at the same address.".into());
                }
                self.ask_for_missed(since).await;
            }
        }
    }

    /// Updates the endpoint and the file, if they had been set to the tunnel. `false`: that failed.
    async fn tell_new_address(&self) -> bool {
        let mut views = self.subscribe();
        // Somebody may just be writing, with the address that is gone.
        if views.wait_for(|view| view.apply.state != ApplyState::Running).await.is_err() {
            return false;
        }
        let (address, set_up) = {
            let state = self.lock();
            let address = state.public.tunnel_view.as_ref().and_then(|view| view.url.clone()).unwrap_or_default();
            (address, state.public.set_up_with_tunnel && state.public.way == PublicWay::Tunnel)
        };
        if !set_up {
            self.happened(format!("The tunnel is back, at a new address: {address}."));
            return false;
        }
        let mut done = false;
        for pause in TRIES {
            tokio::time::sleep(pause).await;
            let current = self.lock().public.tunnel_view.as_ref().and_then(|view| view.url.clone());
            if current.as_ref() != Some(&address) {
                // It has moved on: that has news of its own.
                return false;
            }
            done = self.apply_quietly(&address).await;
            if done {
                break;
            }
        }
        self.happened(if done {
            format!("The tunnel has a new address, {address}: the endpoint on Polar and your env file were changed to it. Restart your app if it reads the address from there.")
        } else {
            format!("The tunnel has a new address, {address}, but it could not be written everywhere: see \"Write and verify\".")
        });
        done
    }

    /// Writes and verifies without being asked; whether the address stands everywhere now.
    async fn apply_quietly(&self, address: &str) -> bool {
        let mut views = self.subscribe();
        if self.begin(ApplyKind::Apply, None).is_err()
            || views.wait_for(|view| view.apply.state != ApplyState::Running).await.is_err()
        {
            return false;
        }
        let state = self.lock();
        state.apply.report.as_ref().is_some_and(|report| {
            report.env_file.is_some() && report.endpoint_url.as_ref().is_some_and(|url| url.starts_with(address))
        })
    }

    /// Asks Polar to send again what failed since then.
    async fn ask_for_missed(&self, since: OffsetDateTime) {
        let (endpoint, client) = {
            let state = self.lock();
            let endpoint = state.remembered.endpoint_id.clone().filter(|_| state.public.set_up_with_tunnel);
            (endpoint, state.client())
        };
        let (Some(endpoint), Some(client)) = (endpoint, client) else { return };
        match redeliver_missed(&client, &endpoint, since).await {
            Ok(0) => {}
            Ok(1) => self.happened("1 event had failed meanwhile; Polar was asked to send it again.".into()),
            Ok(count) => {
                self.happened(format!("{count} events had failed meanwhile; Polar was asked to send them again."));
            }
            Err(error) => self.happened(format!("Whether something was missed meanwhile could not be seen: {error}")),
        }
    }

    pub(super) fn happened(&self, text: String) {
        let at = milliseconds(OffsetDateTime::now_utc());
        self.change(|state| {
            let happened = &mut state.public.happened;
            if happened.len() == KEPT {
                happened.remove(0);
            }
            happened.push(Happened { at, text });
        });
    }
}

/// Asks Polar to send again each event that failed since then; gives how many.
///
/// # Errors
/// As [`ApiError`].
pub async fn redeliver_missed(client: &Client, endpoint: &str, since: OffsetDateTime) -> Result<usize, ApiError> {
    let events = client.missed_events(endpoint, since).await?;
    for event in &events {
        client.redeliver(event).await?;
    }
    Ok(events.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(phase: TunnelPhase, url: Option<&str>) -> TunnelView {
        TunnelView {
            program: "cloudflared".into(),
            phase,
            url: url.map(str::to_owned),
            problem: None,
            fix: None,
            since: None,
            restarts: 0,
            log: vec![],
        }
    }

    #[test]
    fn an_absence_begins_with_the_loss_and_ends_with_the_return() {
        let mut absence = Absence::default();
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let first = Some("https://a.example");
        for (phase, seconds) in [(TunnelPhase::Starting, 1), (TunnelPhase::Connected, 2), (TunnelPhase::Reachable, 3)] {
            assert_eq!(absence.see(&view(phase, first), at(seconds)), None);
        }
        assert_eq!(absence.see(&view(TunnelPhase::AddressKnown, first), at(10)), Some(News::Gone(None)));
        assert_eq!(absence.see(&view(TunnelPhase::Starting, None), at(11)), None);
        assert_eq!(absence.see(&view(TunnelPhase::Connected, first), at(12)), None);
        let back = absence.see(&view(TunnelPhase::Reachable, first), at(13));
        assert_eq!(back, Some(News::Back { since: at(10), new_address: false }));
        assert!(absence.see(&view(TunnelPhase::Starting, None), at(20)).is_some());
        let back = absence.see(&view(TunnelPhase::Reachable, Some("https://b.example")), at(30));
        assert_eq!(back, Some(News::Back { since: at(20), new_address: true }));
    }
}
