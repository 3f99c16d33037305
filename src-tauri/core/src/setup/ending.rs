//! The end of a setup: what would be lost by it, and how what runs is ended.

use super::{
    Setup,
    view::{ApplyState, EnvironmentName, Kept, SetupView, TokenState},
};

impl Setup {
    /// What would be lost if it ended now, a sentence each; none: it can end without a question.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        losses(&self.view())
    }

    /// Ends what runs: "Write and verify", the tunnel and the receiver.
    pub async fn close(&self) {
        let (tunnel, receiver, kept) = {
            let mut state = self.lock();
            if let Some(cancel) = &state.apply.cancel {
                cancel.send_replace(true);
            }
            state.public.relay = None;
            (state.public.tunnel.take(), state.public.receiver.take(), state.kept.take())
        };
        if let Some(tunnel) = tunnel {
            tunnel.stop().await;
        }
        if let Some(receiver) = receiver {
            receiver.stop().await;
        }
        if let Some(kept) = kept {
            kept.close().await;
        }
    }
}

/// A tunnel and what was written are no loss: the one is started again, the other stays.
fn losses(view: &SetupView) -> Vec<String> {
    let mut losses = Vec::new();
    if matches!(view.apply.state, ApplyState::Running | ApplyState::Asking) {
        losses.push(
            "“Write and verify” is under way. It would stop where it is; what it has made so far stays, and it can be \
             run again."
                .to_owned(),
        );
    }
    if view.live.held > 0 && !view.live.kept {
        losses.push(match view.live.held {
            1 => "A delivery is held for your app and is kept in memory only. Your app would never see it.".to_owned(),
            held => {
                format!("{held} deliveries are held for your app and are kept in memory only. Your app would never see them.")
            }
        });
    }
    let token = &view.account.token;
    if token.state == TokenState::Accepted
        && token.kept == Some(Kept::Session)
        && view.account.environment != EnvironmentName::Practice
        && view.apply.report.is_none()
    {
        losses.push(
            "The access token is in this program's memory only, as there is no keyring here, and is not in your env \
             file yet. Polar shows a token only once: you would need a new one."
                .to_owned(),
        );
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{present, state::State};

    fn view(change: impl FnOnce(&mut SetupView)) -> SetupView {
        let mut view = present::present(&State::new());
        change(&mut view);
        view
    }

    #[test]
    fn a_setup_in_which_nothing_is_under_way_ends_without_a_question() {
        assert!(losses(&view(|_| {})).is_empty());
    }

    #[test]
    fn what_is_under_way_would_stop() {
        assert_eq!(losses(&view(|view| view.apply.state = ApplyState::Running)).len(), 1);
        assert_eq!(losses(&view(|view| view.apply.state = ApplyState::Asking)).len(), 1);
        assert!(losses(&view(|view| view.apply.state = ApplyState::Done)).is_empty());
    }

    #[test]
    fn held_deliveries_are_lost_unless_they_are_kept() {
        let one = losses(&view(|view| view.live.held = 1));
        assert!(one[0].starts_with("A delivery is held"), "{one:?}");
        let three = losses(&view(|view| view.live.held = 3));
        assert!(three[0].starts_with("3 deliveries are held"), "{three:?}");
        let kept = view(|view| {
            view.live.held = 3;
            view.live.kept = true;
        });
        assert!(losses(&kept).is_empty());
    }

    #[test]
    fn a_token_that_is_nowhere_else_is_lost() {
        let entered = |kept, environment| {
            view(|view| {
                view.account.token.state = TokenState::Accepted;
                view.account.token.kept = Some(kept);
                view.account.environment = environment;
            })
        };
        assert_eq!(losses(&entered(Kept::Session, EnvironmentName::Sandbox)).len(), 1);
        assert!(losses(&entered(Kept::Keyring, EnvironmentName::Sandbox)).is_empty());
        assert!(losses(&entered(Kept::Session, EnvironmentName::Practice)).is_empty());
    }
}
