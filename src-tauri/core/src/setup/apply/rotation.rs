//! Replacing the webhook secret without a gap. Polar replaces an endpoint's secret at once, while the app still has the
//! old one; so a second endpoint with the new secret is made first, the file is switched and proved, and only then the
//! old endpoint goes. Until then every event comes twice, and one of both is accepted.

use super::{Listener, Milestone, Order};
use crate::{
    check::Check,
    polar::endpoint::Endpoint,
    setup::{memory::Remembered, view::SecretSource},
};

/// How far the replacing of a secret is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rotation {
    /// There is none.
    #[default]
    None,
    /// The remembered endpoint is to be replaced by a new one with a new secret.
    Begin,
    /// The new endpoint was made by an earlier run; the old one goes once all is proved.
    Pending {
        /// The old endpoint's id.
        old: String,
    },
}

/// The check of the old endpoint's end: its name and its claim.
pub const OLD_ENDPOINT: (&str, &str) = ("old_endpoint", "The endpoint with the old secret is gone");

impl Order {
    /// The endpoint that goes once all is proved.
    #[must_use]
    pub fn old_endpoint(&self) -> Option<&str> {
        match &self.rotation {
            Rotation::None => None,
            Rotation::Begin => self.remembered.as_deref(),
            Rotation::Pending { old } => Some(old),
        }
    }

    /// Writes a milestone down.
    pub fn remember(&self, milestone: Milestone<'_>, known: &mut Remembered) {
        match milestone {
            Milestone::Endpoint(endpoint) => {
                known.endpoint_id = Some(endpoint.id.clone());
                known.secret_made_by_polar = self.secret_source == SecretSource::Polar;
                known.replaces = self.old_endpoint().filter(|old| *old != endpoint.id).map(str::to_owned);
            }
            Milestone::TakenBack if self.rotation == Rotation::Begin => {
                known.endpoint_id.clone_from(&self.remembered);
                known.secret_made_by_polar = self.secret_made_by_polar;
                known.replaces = None;
            }
            Milestone::TakenBack => {
                known.endpoint_id = None;
                known.secret_made_by_polar = false;
            }
            Milestone::OldGone => known.replaces = None,
        }
    }
}

/// Deletes the old endpoint, if all was proved; else says that there are two. `false`: it is still there.
pub(super) async fn finish(order: &Order, new: &Endpoint, proved: bool, listener: &Listener<'_>) -> bool {
    let Some(old) = order.old_endpoint().filter(|old| *old != new.id) else { return true };
    let (name, title) = OLD_ENDPOINT;
    if !proved {
        let seen =
            format!("It stays ({old}) until a delivery with the new secret is proved: each event comes twice now.");
        let check = Check::warning(name, title, seen)
            .cause("The file has the new secret, but not everything above could be observed.")
            .fix("Mend what failed above: often the app only has to be restarted, so that it reads the new secret. Then write and verify again, or go back to the old secret.");
        (listener.progress)(check);
        return false;
    }
    (listener.progress)(Check::running(name, title));
    let deleted = order.client.delete_endpoint(old).await;
    let check = match &deleted {
        Ok(()) => {
            (listener.remember)(Milestone::OldGone);
            Check::passed(name, title, format!("Deleted: {old}."))
        }
        Err(error) => Check::failed(name, title, format!("It is still there ({old}): each event comes twice."))
            .cause(error.to_string())
            .fix("Write and verify again, or delete it on Polar's page."),
    };
    (listener.progress)(check);
    deleted.is_ok()
}
