//! What becomes of a delivery: passed on at once, held back, let go; and whether its `Host` is kept.

use super::{IntentError, Setup, view::Hold};
use crate::receiver::Receiver;

impl Setup {
    /// Holds deliveries back from the app, or no longer: then what is held goes to the app.
    ///
    /// # Errors
    /// The receiver does not run.
    pub fn set_hold(&self, hold: Hold) -> Result<(), IntentError> {
        let receiver = self.receiver()?;
        receiver.set_hold(hold);
        self.change(|_| ());
        self.remember(|remembered| remembered.hold = hold);
        if hold != Hold::On {
            self.let_go_soon(receiver);
        }
        Ok(())
    }

    /// Gives the app the `Host` that arrived, as the public address has it, or its own again.
    pub fn set_keeps_host(&self, keeps: bool) {
        let receiver = self.change(|state| {
            state.public.keeps_host = keeps;
            state.public.receiver.clone()
        });
        if let Some(receiver) = receiver {
            receiver.set_keeps_host(keeps);
        }
        self.remember(|remembered| remembered.keeps_host = keeps);
    }

    /// Sends what is held to the app, in order.
    ///
    /// # Errors
    /// The app does not listen: then all stays held.
    pub async fn let_go(&self) -> Result<(), IntentError> {
        let done = self.receiver()?.let_go().await;
        self.change(|_| ());
        match done.problem {
            None => Ok(()),
            Some(problem) => Err(IntentError::NotYet(format!("{problem} {} are still held.", done.left))),
        }
    }

    /// The same beside everything else, where nobody waits for it.
    pub(super) fn let_go_soon(&self, receiver: Receiver) {
        let inner = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            receiver.let_go().await;
            if let Some(setup) = inner.upgrade().map(Self) {
                setup.change(|_| ());
            }
        });
    }

    /// Goes on holding what an earlier run held. What your app may have already waits to be let go by hand, and that is
    /// said.
    pub(super) fn resume_holding(&self, receiver: &Receiver, sent_perhaps: usize) {
        if receiver.counts().held == 0 {
            return;
        }
        let before = self.lock().remembered.hold;
        receiver.set_hold(if sent_perhaps > 0 { Hold::On } else { before });
        let what = match sent_perhaps {
            0 => return,
            1 => "One held delivery was",
            _ => "Some held deliveries were",
        };
        self.happened(format!(
            "{what} just being sent when Polar Setup ended: your app may have it already. All are held until you let them go."
        ));
    }
}
