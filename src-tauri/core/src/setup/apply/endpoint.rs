//! Makes or updates the endpoint on Polar.

use super::{CHECKS, Listener, Milestone, Order, Outcome, Rotation, STOP, WITHOUT_UNKNOWN_EVENTS};
use crate::{
    SecretText,
    check::Check,
    polar::{
        ApiError,
        endpoint::{Endpoint, EndpointWish, normalised},
    },
    setup::{
        endpoint_choice::{ChoiceFacts, EndpointChoice, choose},
        view::{Question, QuestionOption, SecretSource},
    },
    webhook::secret,
};

/// The endpoint as it is on Polar now, and the secret in use.
pub(super) struct Made {
    /// `None`: there is none, for the relay.
    pub endpoint: Option<Endpoint>,
    pub created: bool,
    pub secret: SecretText,
}

/// Finds the endpoint that is this project's, and changes or makes it.
pub(super) async fn endpoint(
    order: &Order,
    in_file: Option<&SecretText>,
    listener: &Listener<'_>,
) -> Result<Made, Box<Outcome>> {
    let (name, title) = CHECKS[0];
    (listener.progress)(Check::running(name, title));
    let failed = |error: &ApiError| {
        let check = Check::failed(name, title, "Polar did not do it.").cause(error.to_string()).fix(error.fix());
        (listener.progress)(check);
        Box::new(Outcome::Stopped { endpoint: None, created: false })
    };
    let all = order.client.endpoints().await.map_err(|error| failed(&error))?;
    let facts = ChoiceFacts {
        remembered: order.remembered.as_deref(),
        answer: order.answer.as_deref(),
        url: &order.url,
        name: &order.name,
    };
    let found = if order.rotation == Rotation::Begin {
        if !all.iter().any(|endpoint| Some(&endpoint.id) == order.remembered.as_ref()) {
            let check = Check::failed(name, title, "The endpoint whose secret is to be replaced is not on Polar.")
                .fix("Write and verify instead: it makes an endpoint with a secret of its own.");
            (listener.progress)(check);
            return Err(Box::new(Outcome::Stopped { endpoint: None, created: false }));
        }
        None
    } else {
        match choose(&all, &facts) {
            EndpointChoice::Ask(question) => return Err(Box::new(Outcome::Ask(question))),
            EndpointChoice::Create => None,
            EndpointChoice::Update(found) => Some(*found),
        }
    };
    let mut events = order.events.clone();
    loop {
        let made = match &found {
            None => create(order, &events).await,
            Some(found) => update(order, found, &events, in_file).await,
        };
        match made {
            Ok((endpoint, what, note)) => {
                (listener.remember)(Milestone::Endpoint(&endpoint));
                let secret = endpoint.secret.clone().or_else(|| note.sent.clone());
                let Some(secret) = secret else {
                    let check = Check::failed(name, title, "This server does not tell the endpoint's secret.")
                        .fix("Choose a secret generated here, or your own.");
                    (listener.progress)(check);
                    return Err(Box::new(Outcome::Stopped {
                        endpoint: Some(Box::new(endpoint)),
                        created: found.is_none(),
                    }));
                };
                let left_out: Vec<&str> =
                    order.events.iter().filter(|event| !events.contains(event)).map(String::as_str).collect();
                let mut seen = format!("{what} {}", endpoint.url);
                seen.push('.');
                let check = if !left_out.is_empty() {
                    Check::warning(
                        name,
                        title,
                        format!("{seen} Left out, because this server does not know it: {}.", left_out.join(", ")),
                    )
                } else if note.sent.is_some_and(|sent| sent != secret) {
                    Check::warning(
                        name,
                        title,
                        format!("{seen} Polar made another secret than the one sent; the file gets Polar's."),
                    )
                } else {
                    Check::passed(name, title, seen)
                };
                (listener.progress)(check);
                return Ok(Made { created: found.is_none(), endpoint: Some(endpoint), secret });
            }
            Err(error) => match error.unknown_events() {
                Some(unknown) if unknown.iter().any(|event| events.contains(event)) => {
                    let allowed = order.may_leave_out_events || order.answer.as_deref() == Some(WITHOUT_UNKNOWN_EVENTS);
                    if !allowed {
                        return Err(Box::new(Outcome::Ask(without(&unknown))));
                    }
                    events.retain(|event| !unknown.contains(event));
                }
                _ => return Err(failed(&error)),
            },
        }
    }
}

/// Deletes the endpoint that this run made: nothing was written that knows it.
pub(super) async fn take_back(order: &Order, endpoint: Option<Endpoint>, listener: &Listener<'_>) -> Outcome {
    let Some(endpoint) = endpoint else { return Outcome::Stopped { endpoint: None, created: false } };
    match order.client.delete_endpoint(&endpoint.id).await {
        Ok(()) => {
            (listener.remember)(Milestone::TakenBack);
            Outcome::Stopped { endpoint: None, created: false }
        }
        Err(error) => {
            let (name, title) = CHECKS[0];
            let check = Check::failed(name, title, format!("{} was made, and could not be taken back.", endpoint.id));
            (listener.progress)(check.cause(error.to_string()).fix("Delete it on Polar's page, or go on with it."));
            Outcome::Stopped { endpoint: Some(Box::new(endpoint)), created: true }
        }
    }
}

struct Note {
    sent: Option<SecretText>,
}

type Done = Result<(Endpoint, &'static str, Note), ApiError>;

async fn create(order: &Order, events: &[String]) -> Done {
    let sent = match order.secret_source {
        SecretSource::Generated => Some(secret::generate()),
        // An own secret of an earlier run is not kept here; what replaces it can only be a new one.
        SecretSource::Own if order.rotation == Rotation::Begin => {
            Some(order.own_secret.clone().unwrap_or_else(secret::generate))
        }
        SecretSource::Own => order.own_secret.clone(),
        SecretSource::Polar => None,
    };
    let wish = EndpointWish {
        url: Some(order.url.clone()),
        name: Some(order.name.clone()),
        format: Some(order.format),
        events: Some(events.to_vec()),
        secret: sent.clone(),
        enabled: None,
    };
    Ok((order.client.create_endpoint(&wish).await?, "Created:", Note { sent }))
}

/// Changes only what differs. The secret stays unless the user brings one of his own, or wants Polar's where ours was:
/// replacing it would break whatever else uses the endpoint.
async fn update(order: &Order, found: &Endpoint, events: &[String], in_file: Option<&SecretText>) -> Done {
    let same_events = events.len() == found.events.len() && events.iter().all(|event| found.events.contains(event));
    let own = (order.secret_source == SecretSource::Own).then(|| order.own_secret.clone()).flatten();
    let sent = match (&own, &found.secret) {
        (Some(own), Some(theirs)) if own == theirs => None,
        (Some(own), _) => Some(own.clone()),
        // A server that no longer tells secrets: the file's is the only one known; else a new one must be set.
        (None, None) if order.secret_source == SecretSource::Generated && in_file.is_none() => Some(secret::generate()),
        _ => None,
    };
    let wish = EndpointWish {
        url: (normalised(&order.url) != normalised(&found.url)).then(|| order.url.clone()),
        name: (order.name_chosen && found.name.as_deref() != Some(&order.name)).then(|| order.name.clone()),
        format: (order.format.name() != found.format).then_some(order.format),
        events: (!same_events).then(|| events.to_vec()),
        secret: sent.clone(),
        enabled: (!found.enabled).then_some(true),
    };
    let (mut endpoint, mut what) = if wish.is_empty() {
        (found.clone(), "Already as it should be:")
    } else {
        (order.client.update_endpoint(&found.id, &wish).await?, "Updated:")
    };
    if order.secret_source == SecretSource::Polar && !order.secret_made_by_polar {
        endpoint = order.client.reset_endpoint_secret(&found.id).await?;
        what = "Updated, with a new secret made by Polar:";
    }
    let sent = sent.or_else(|| endpoint.secret.is_none().then(|| in_file.cloned()).flatten());
    Ok((endpoint, what, Note { sent }))
}

fn without(unknown: &[String]) -> Question {
    Question {
        text: format!("This Polar server does not know {}. Go on without it?", unknown.join(", ")),
        options: vec![
            QuestionOption {
                id: WITHOUT_UNKNOWN_EVENTS.to_owned(),
                label: "Go on without".to_owned(),
                detail: "All other events are kept.".to_owned(),
            },
            QuestionOption { id: STOP.to_owned(), label: "Stop".to_owned(), detail: "Nothing was changed.".to_owned() },
        ],
    }
}
