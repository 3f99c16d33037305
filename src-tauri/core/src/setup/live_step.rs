//! Live: deliveries as they arrive, and test events.

use time::OffsetDateTime;
use url::Url;

use super::{
    IntentError, Setup,
    view::{DeliveryFormat, PublicWay},
};
use crate::{SecretText, check::delivery::TestDelivery, env_file, webhook::signature::KeyRule};

impl Setup {
    /// Sends a signed sample event: the practice Polar delivers it itself; else it goes to the receiver, and on to the app.
    ///
    /// # Errors
    /// No secret is known yet, or the receiver does not run.
    pub async fn send_test_event(&self, event_type: &str) -> Result<(), IntentError> {
        let (receiver, format, organization, route, known) = {
            let state = self.lock();
            let organization = state.account.account.as_ref().and_then(|account| account.organization.id.clone());
            let format = if state.public.way == PublicWay::OwnUrl { DeliveryFormat::Raw } else { state.webhook.format };
            (
                state.public.receiver.clone(),
                format,
                organization.unwrap_or_default(),
                state.route(),
                state.webhook.secret.clone(),
            )
        };
        let Some(receiver) = receiver else {
            return Err(IntentError::NotYet("Choose a project folder first: then the receiver runs.".into()));
        };
        let secret = match known {
            Some(secret) => secret,
            None => self.secret_in_file().await.ok_or_else(|| {
                IntentError::NotYet("There is no webhook secret yet. \"Write and verify\" makes one.".into())
            })?,
        };
        receiver.set_secret(Some(secret.clone()));
        let delivery = TestDelivery::signed(&secret, KeyRule::PolarOwn, format, event_type, &organization)
            .ok_or_else(|| IntentError::Invalid(format!("There is no sample of {event_type}.")))?;
        let url = Url::parse(&crate::check::verify::join(&receiver.url(), &route))
            .map_err(|_| IntentError::Invalid("The route cannot be used in an address.".into()))?;
        delivery.send(&url).await.map(|_| ()).map_err(IntentError::Invalid)
    }

    pub(super) async fn secret_in_file(&self) -> Option<SecretText> {
        let path = self.folder()?.join(self.lock().env_file());
        let (name, reader) = {
            let state = self.lock();
            (state.names().secret, state.reader())
        };
        let wanted = name.clone();
        let read = tokio::task::spawn_blocking(move || env_file::read_back(&path, &[&wanted], reader)).await.ok()?;
        read.ok()?.remove(&name).filter(|secret| !secret.expose().is_empty())
    }

    /// Empties the list of deliveries.
    pub fn clear_deliveries(&self) {
        let receiver = self.lock().public.receiver.clone();
        if let Some(receiver) = receiver {
            receiver.clear();
        }
        if let Some(kept) = &self.lock().kept {
            kept.clear_soon();
        }
        self.change(|state| state.recorded_since = OffsetDateTime::now_utc());
    }
}
