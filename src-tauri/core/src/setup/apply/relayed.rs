//! What takes the endpoint's place where the relay brings the events: only a secret, which the app verifies with.

use super::{Order, endpoint::Made};
use crate::{SecretText, setup::view::SecretSource, webhook::secret};

/// The user's own secret; else the one in the file, which other deliveries may be signed with; else a new one.
pub(super) fn made(order: &Order, in_file: Option<&SecretText>) -> Made {
    let own = order.own_secret.clone().filter(|_| order.secret_source == SecretSource::Own);
    let in_file = in_file.filter(|secret| !secret.expose().is_empty()).cloned();
    Made { endpoint: None, created: false, secret: own.or(in_file).unwrap_or_else(secret::generate) }
}
