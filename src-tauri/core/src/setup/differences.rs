//! Keeping in step: what the env file, the keyring and Polar no longer agree on, and what one button does about it.

use super::{
    IntentError, Setup, env_step,
    relay_step::is_relay,
    state::State,
    view::{DifferenceView, EnvironmentName, StepName, TokenState},
};
use crate::{
    SecretText,
    env_file::{Switch, Variable},
    polar::endpoint::{Endpoint, EndpointWish, normalised},
};

/// What was seen of this project's endpoint on Polar.
#[derive(Debug, Clone, Default)]
pub(super) enum OnPolar {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// It is not there any more.
    Gone,
    /// It, and how many others deliver to the same address.
    Found(Box<Endpoint>, usize),
}

/// A difference. Its name is what [`Setup::mend`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    Interrupted,
    EndpointGone,
    EndpointOff,
    EndpointEvents,
    EndpointFormat,
    Duplicates,
    TokenMissing,
    TokenDiffers,
    TokenEnds,
    SecretMissing,
    SecretDiffers,
    AddressDiffers,
    SwitchDiffers,
    Example,
}

const ALL: [(Difference, &str, Option<&str>); 14] = [
    (Difference::Interrupted, "rotation_interrupted", Some("End it")),
    (Difference::EndpointGone, "endpoint_gone", Some("Make it again")),
    (Difference::EndpointOff, "endpoint_off", Some("Switch it on")),
    (Difference::EndpointEvents, "endpoint_events", Some("Keep Polar's")),
    (Difference::EndpointFormat, "endpoint_format", Some("Keep Polar's")),
    (Difference::Duplicates, "endpoint_twice", None),
    (Difference::TokenMissing, "token_missing", Some("Write it")),
    (Difference::TokenDiffers, "token_differs", Some("Use the file's")),
    (Difference::TokenEnds, "token_ends", Some("Make a new one")),
    (Difference::SecretMissing, "secret_missing", Some("Write it")),
    (Difference::SecretDiffers, "secret_differs", Some("Write Polar's")),
    (Difference::AddressDiffers, "address_differs", Some("Write and verify")),
    (Difference::SwitchDiffers, "switch_differs", Some("Set it")),
    (Difference::Example, "example_behind", Some("Add them")),
];

/// The differences, the ones that keep webhooks from arriving first.
pub(super) fn differences(state: &State) -> Vec<DifferenceView> {
    // Before the first setup nothing can have come apart.
    let known = state.remembered.endpoint_id.is_some();
    let view = |(difference, id, fix): &(Difference, &str, Option<&str>)| {
        let text = text(state, *difference)?;
        Some(DifferenceView { id: (*id).to_owned(), text, fix: fix.map(str::to_owned) })
    };
    let is_relayed = is_relay(state.public.way);
    let counts = |difference: Difference| {
        difference == Difference::TokenEnds || (known && !(is_relayed && difference.is_of_the_endpoint()))
    };
    ALL.iter().filter(|(difference, ..)| counts(*difference)).filter_map(view).collect()
}

impl Difference {
    /// The relay goes without the endpoint, so how that stands changes nothing here.
    const fn is_of_the_endpoint(self) -> bool {
        matches!(
            self,
            Self::EndpointGone
                | Self::EndpointOff
                | Self::EndpointEvents
                | Self::EndpointFormat
                | Self::Duplicates
                | Self::SecretDiffers
                | Self::AddressDiffers
        )
    }
}

fn text(state: &State, difference: Difference) -> Option<String> {
    let on_polar = match &state.on_polar {
        OnPolar::Found(found, _) => Some(found.as_ref()),
        OnPolar::Unknown | OnPolar::Gone => None,
    };
    let file = state.env_file();
    let names = state.names();
    let value = |variable| state.value_in_file(variable);
    match difference {
        Difference::Interrupted => state.remembered.replaces.as_ref().map(|old| {
            format!("Replacing the webhook secret has not ended: the endpoint with the old secret ({old}) is still on Polar, so each event comes twice.")
        }),
        Difference::EndpointGone => matches!(state.on_polar, OnPolar::Gone)
            .then(|| "This project's webhook endpoint is no longer on Polar: nothing is delivered.".to_owned()),
        Difference::EndpointOff => on_polar.filter(|found| !found.enabled).map(|_| {
            "Polar has switched the endpoint off, as it does after ten failed events in a row: nothing is delivered.".to_owned()
        }),
        Difference::EndpointEvents => on_polar.and_then(|found| {
            let (more, fewer) = apart(&found.events, &state.webhook.events);
            let said = [("does not send", fewer), ("also sends", more)];
            let said: Vec<String> = said
                .iter()
                .filter(|(_, events)| !events.is_empty())
                .map(|(verb, events)| format!("{verb} {}", events.join(", ")))
                .collect();
            (!said.is_empty())
                .then(|| format!("The endpoint on Polar has other events than were chosen here: it {}.", said.join(" and ")))
        }),
        Difference::EndpointFormat => on_polar
            .filter(|found| found.format != state.webhook.format.name())
            .map(|found| format!("The endpoint's format on Polar is {}, not {}.", found.format, state.webhook.format.name())),
        Difference::Duplicates => match &state.on_polar {
            OnPolar::Found(found, others) if *others > 0 && state.remembered.replaces.is_none() => Some(format!(
                "Polar has {} endpoints that deliver to {}: each event comes as often. Delete those that nobody needs on Polar's page.",
                others + 1,
                found.url
            )),
            _ => None,
        },
        Difference::TokenMissing => {
            (state.account.token.is_some() && value(Variable::Token).is_none())
                .then(|| format!("{file} has no {}.", names.token))
        }
        Difference::TokenDiffers => {
            let (kept, written) = (state.account.token.as_ref()?.secret().clone(), value(Variable::Token)?);
            // Each practice Polar has a token of its own; "gone" says it all.
            (kept != written && state.account.environment != EnvironmentName::Practice).then(|| {
                format!("{} in {file} ({}) is another token than the one used here ({}).", names.token, written.masked(), kept.masked())
            })
        }
        Difference::TokenEnds => state.expiry().filter(|expiry| expiry.soon).map(|expiry| expiry.sentence),
        Difference::SecretMissing => (on_polar.is_some_and(|found| found.secret.is_some())
            && value(Variable::Secret).is_none())
        .then(|| format!("{file} has no {}: your app cannot verify what Polar sends.", names.secret)),
        Difference::SecretDiffers => {
            let (polars, written) = (on_polar?.secret.as_ref()?, value(Variable::Secret)?);
            (*polars != written).then(|| {
                format!("{} in {file} is not the endpoint's secret on Polar: your app refuses what Polar sends.", names.secret)
            })
        }
        Difference::AddressDiffers => {
            let (found, base) = (on_polar?, value(Variable::Url)?);
            let there = crate::check::verify::join(base.expose(), &state.route());
            (matches!(state.public.way, super::view::PublicWay::Tunnel | super::view::PublicWay::Direct) && normalised(&found.url) != normalised(&there)).then(|| {
                format!("The endpoint on Polar delivers to {}, but {} in {file} and the route make {there}.", found.url, names.url)
            })
        }
        Difference::SwitchDiffers => {
            let (switch, wanted) = (names.switch.as_ref()?, names.switch.as_ref().and_then(|it| it.value(state.account.environment))?);
            let written = value(Variable::Switch)?;
            (written.expose() != wanted)
                .then(|| format!("{} in {file} is {:?}: your app would talk to another Polar.", switch.name, written.expose()))
        }
        Difference::Example => {
            let example = &state.project.example;
            (example.exists && state.remembered.keeps_example && !example.missing.is_empty())
                .then(|| format!("{} lacks {}.", example.file, example.missing.join(", ")))
        }
    }
}

/// What one has more than the other, and what it lacks.
fn apart<'a>(one: &'a [String], other: &'a [String]) -> (Vec<&'a str>, Vec<&'a str>) {
    let without = |these: &'a [String], those: &[String]| -> Vec<&'a str> {
        these.iter().filter(|event| !those.contains(event)).map(String::as_str).collect()
    };
    (without(one, other), without(other, one))
}

impl Setup {
    /// Does what the button beside a difference says.
    ///
    /// # Errors
    /// It is no difference any more, or cannot be mended.
    pub async fn mend(&self, id: &str) -> Result<(), IntentError> {
        self.must_be_idle()?;
        let known = ALL.iter().find(|(_, known, fix)| *known == id && fix.is_some());
        let Some((difference, ..)) = known else {
            return Err(IntentError::Invalid("There is no button for this.".into()));
        };
        if text(&self.lock(), *difference).is_none() {
            return Err(IntentError::NotYet("This is in step already.".into()));
        }
        match difference {
            Difference::Interrupted | Difference::EndpointGone | Difference::AddressDiffers => return self.apply(),
            Difference::EndpointOff => self.switch_on().await?,
            Difference::EndpointEvents | Difference::EndpointFormat => self.adopt(*difference)?,
            Difference::TokenMissing => {
                let token = self.lock().account.token.as_ref().map(|token| token.secret().clone());
                self.write_variable(Variable::Token, token).await?;
            }
            Difference::TokenDiffers => {
                let written = self.lock().value_in_file(Variable::Token);
                if let Some(written) = written {
                    self.submit_token(&written)?;
                }
            }
            Difference::TokenEnds => self.go_to(StepName::Token),
            Difference::SecretMissing | Difference::SecretDiffers => {
                let secret = match &self.lock().on_polar {
                    OnPolar::Found(found, _) => found.secret.clone(),
                    OnPolar::Unknown | OnPolar::Gone => None,
                };
                if let (Some(receiver), Some(secret)) = (self.lock().public.receiver.clone(), &secret) {
                    receiver.set_secret(Some(secret.clone()));
                }
                self.write_variable(Variable::Secret, secret).await?;
            }
            Difference::SwitchDiffers => {
                let wanted = {
                    let state = self.lock();
                    let switch: Option<Switch> = state.names().switch;
                    switch.and_then(|it| it.value(state.account.environment).map(SecretText::new))
                };
                self.write_variable(Variable::Switch, wanted).await?;
            }
            Difference::Example => self.write_example().await?,
            Difference::Duplicates => {}
        }
        self.look_at_endpoint().await;
        Ok(())
    }

    /// Asks Polar how this project's endpoint is now.
    pub async fn look_at_endpoint(&self) {
        let (client, id, generation) = {
            let state = self.lock();
            let client = state.client().filter(|_| state.account.token_state == TokenState::Accepted);
            (client, state.remembered.endpoint_id.clone(), state.account.generation)
        };
        let (Some(client), Some(id)) = (client, id) else {
            self.change(|state| state.on_polar = OnPolar::Unknown);
            return;
        };
        let seen = match client.endpoints().await {
            Ok(all) => match all.iter().find(|endpoint| endpoint.id == id) {
                Some(found) => {
                    let same = |other: &&Endpoint| other.id != id && normalised(&other.url) == normalised(&found.url);
                    OnPolar::Found(Box::new(found.clone()), all.iter().filter(same).count())
                }
                None => OnPolar::Gone,
            },
            Err(error) => {
                tracing::info!(%error, "the endpoint could not be looked at");
                OnPolar::Unknown
            }
        };
        self.change(|state| {
            if state.account.generation == generation {
                state.on_polar = seen;
            }
        });
    }

    async fn switch_on(&self) -> Result<(), IntentError> {
        let (client, id) = {
            let state = self.lock();
            (state.client(), state.remembered.endpoint_id.clone())
        };
        let (Some(client), Some(id)) = (client, id) else {
            return Err(IntentError::NotYet("Paste an access token first.".into()));
        };
        let wish = EndpointWish { enabled: Some(true), ..EndpointWish::default() };
        let done = client.update_endpoint(&id, &wish).await;
        done.map(|_| ()).map_err(|error| IntentError::Invalid(format!("{error} {}", error.fix())))
    }

    /// Takes over what Polar has.
    fn adopt(&self, difference: Difference) -> Result<(), IntentError> {
        let OnPolar::Found(found, _) = self.lock().on_polar.clone() else { return Ok(()) };
        if difference == Difference::EndpointEvents {
            return self.set_events(&found.events);
        }
        match super::view::DeliveryFormat::from_name(&found.format) {
            Some(format) => self.set_format(format),
            None => Err(IntentError::Invalid(format!("The format {} is not known here.", found.format))),
        }
    }

    async fn write_variable(&self, variable: Variable, value: Option<SecretText>) -> Result<(), IntentError> {
        let name = self.lock().names().of(variable).map(str::to_owned);
        let (Some(name), Some(value)) = (name, value) else {
            return Err(IntentError::NotYet("The value is not known here.".into()));
        };
        self.set_variables(vec![(name, value)]).await
    }
}

/// The example is written along, once that was asked for.
pub(super) fn keep_example(setup: &Setup) {
    let (folder, wanted) = {
        let state = setup.lock();
        if !state.remembered.keeps_example {
            return;
        }
        (state.project.found.as_ref().map(|project| project.folder.clone()), state.wanted_names())
    };
    if let Some(folder) = folder
        && let Err(error) = env_step::write_example(&folder, &wanted)
    {
        tracing::warn!(%error, "the example could not be kept in step");
    }
}
