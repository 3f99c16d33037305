//! The webhook: its secret, format, events and name.

use super::{
    IntentError, Setup,
    view::{DeliveryFormat, SecretSource},
};
use crate::{SecretText, polar::event::catalogue, webhook::secret};

/// The longest name that Polar takes, in characters.
const LONGEST_NAME: usize = 128;

impl Setup {
    /// Chooses where the secret comes from; `own` is the user's own.
    ///
    /// # Errors
    /// "Write and verify" is under way. An own secret that cannot be used is no error: the view tells.
    pub fn set_secret(&self, source: SecretSource, own: Option<&SecretText>) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| {
            state.webhook.source = source;
            state.webhook.problem = None;
            if let (SecretSource::Own, Some(own)) = (source, own) {
                match secret::check_own(own.expose()) {
                    Ok(good) => state.webhook.own = Some(good),
                    Err(error) => {
                        state.webhook.own = None;
                        state.webhook.problem = Some(error.to_string());
                    }
                }
            }
        });
        self.remember(|remembered| remembered.secret_source = Some(source));
        Ok(())
    }

    /// Chooses the delivery format.
    ///
    /// # Errors
    /// "Write and verify" is under way.
    pub fn set_format(&self, format: DeliveryFormat) -> Result<(), IntentError> {
        self.must_be_idle()?;
        self.change(|state| {
            state.webhook.format = format;
            state.webhook.format_before_address = None;
        });
        self.remember(|remembered| remembered.format = Some(format));
        Ok(())
    }

    /// Chooses the events; they are kept in the catalogue's order, each once.
    ///
    /// # Errors
    /// A type is not in the catalogue, or "Write and verify" is under way.
    pub fn set_events(&self, events: &[String]) -> Result<(), IntentError> {
        self.must_be_idle()?;
        if let Some(unknown) = events.iter().find(|event| catalogue().types().all(|known| known != *event)) {
            return Err(IntentError::Invalid(format!("There is no event type {unknown}.")));
        }
        let chosen: Vec<String> =
            catalogue().types().filter(|known| events.iter().any(|event| event == known)).map(str::to_owned).collect();
        self.change(|state| state.webhook.events.clone_from(&chosen));
        self.remember(|remembered| remembered.events = Some(chosen));
        Ok(())
    }

    /// Names the endpoint on Polar; empty: by the project.
    ///
    /// # Errors
    /// The name is too long, or "Write and verify" is under way.
    pub fn set_endpoint_name(&self, name: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let name = name.trim();
        if name.chars().count() > LONGEST_NAME {
            return Err(IntentError::Invalid(format!("A name has at most {LONGEST_NAME} characters.")));
        }
        let chosen = (!name.is_empty()).then(|| name.to_owned());
        self.change(|state| state.webhook.name.clone_from(&chosen));
        self.remember(|remembered| remembered.name = chosen);
        Ok(())
    }
}
