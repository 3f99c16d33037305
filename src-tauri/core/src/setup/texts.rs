//! What the setup concludes from its state, in words: what is missing, what a token may, what will be done.

use super::{
    apply::{BroughtBy, Order, Rotation},
    apply_step::addresses,
    memory::Remembered,
    own_url, relay_step,
    state::{DEFAULT_PRESET, State},
    view::{ApplyKind, DeliveryFormat, PublicWay, SecretSource, TokenState},
};
use crate::{
    check::{Check, scopes_check},
    polar::{Client, Environment, account::Account, event::catalogue},
    webhook::signature::KeyRule,
};

/// What to enter as the token's name.
pub(super) fn token_name(state: &State) -> String {
    format!("Polar Setup ({})", state.project_name().unwrap_or("my project"))
}

/// What was seen of a token, and whether it is enough.
pub(super) fn account_checks(server: &Environment, account: &Account) -> (bool, Vec<Check>) {
    let owner = match (&account.organization.name, &account.organization.id) {
        (Some(name), _) => format!(" It belongs to {name}."),
        (None, Some(id)) => {
            format!(" It belongs to the organization {id}; without organizations:read its name is not known.")
        }
        (None, None) => " Which organization it belongs to shows with the first endpoint.".to_owned(),
    };
    let accepted = Check::passed("token", "Polar accepts the token", format!("Accepted by {}.{owner}", server.title()));
    let required = account.missing();
    if !required.is_empty() {
        let required = required.join(", ");
        let accepted =
            Check::failed("token", "Polar accepts the token", format!("Polar accepts it, but it lacks {required}."))
                .cause("A token's scopes are chosen when it is made.")
                .fix(format!("Make a new token with {required} on Polar's page and paste it here."));
        return (false, vec![accepted]);
    }
    (true, vec![accepted, scopes_check(account)])
}

/// The first thing that is missing for "Write and verify".
pub(super) fn first_missing(state: &State) -> Option<String> {
    if state.project.found.is_none() {
        return Some("Choose a project folder first.".to_owned());
    }
    if let Some(missing) = token_missing(state) {
        return Some(missing);
    }
    webhook_missing(state).or_else(|| public_url_missing(state))
}

pub(super) fn token_missing(state: &State) -> Option<String> {
    match state.account.token_state {
        TokenState::Accepted => None,
        TokenState::Checking => Some("Polar is being asked about the token.".to_owned()),
        TokenState::Refused => Some("The token cannot be used; paste another one.".to_owned()),
        TokenState::Missing if state.account.server.is_none() => Some("Enter the server's address first.".to_owned()),
        TokenState::Missing => Some("Paste an access token first.".to_owned()),
    }
}

pub(super) fn webhook_missing(state: &State) -> Option<String> {
    if let Some(problem) = &state.webhook.problem {
        return Some(problem.clone());
    }
    if state.webhook.source == SecretSource::Own && state.webhook.own.is_none() {
        return Some("Enter your own secret, or choose one generated here.".to_owned());
    }
    None
}

pub(super) fn public_url_missing(state: &State) -> Option<String> {
    match state.public.way {
        PublicWay::OwnUrl => own_url::read(&state.public.own_url, &state.route(), state.direct_possible())
            .err()
            .map(|error| error.to_string()),
        PublicWay::Tunnel => {
            let name = state.public.program.as_deref().unwrap_or_default();
            let program = state.public.programs.iter().find(|program| program.name == name);
            match program {
                Some(program) if program.path.is_none() => {
                    Some(format!("{} is not installed; install it or choose another way.", program.name))
                }
                None if !state.public.programs.is_empty() => Some("Choose how Polar reaches this machine.".to_owned()),
                _ => None,
            }
        }
        PublicWay::Direct if !state.direct_possible() => {
            Some("Only a practice Polar delivers directly; choose another way.".to_owned())
        }
        PublicWay::Direct => None,
        PublicWay::Relay => relay_step::missing(state.webhook.format, state.webhook.source).map(str::to_owned),
    }
}

/// The order for [`apply`](super::apply::apply); `None`: the address is not known yet.
pub(super) fn order(state: &State, client: Client, answer: Option<String>) -> Option<Order> {
    let (url, base_url) = addresses(state)?;
    let found = state.project.found.as_ref()?;
    let receiver = match state.public.way {
        PublicWay::OwnUrl => None,
        PublicWay::Tunnel | PublicWay::Direct | PublicWay::Relay => state.public.receiver.clone(),
    };
    let Remembered { endpoint_id, replaces, .. } = state.remembered.clone();
    // Going back is the same with both endpoints exchanged; and the old secret is the one that stays.
    let undo = state.apply.kind == ApplyKind::UndoRotation;
    let (remembered, replaces) = if undo { (replaces, endpoint_id) } else { (endpoint_id, replaces) };
    Some(Order {
        client,
        remembered,
        rotation: match replaces {
            Some(old) => Rotation::Pending { old },
            None if state.apply.kind == ApplyKind::Rotate => Rotation::Begin,
            None => Rotation::None,
        },
        answer,
        name: state.endpoint_name(),
        name_chosen: state.webhook.name.is_some(),
        brought_by: if relay_step::is_relay(state.public.way) { BroughtBy::Relay } else { BroughtBy::Endpoint },
        url,
        base_url,
        format: state.webhook.format,
        events: state.webhook.events.clone(),
        may_leave_out_events: preset(&state.webhook.events).is_some(),
        secret_source: if undo { SecretSource::Generated } else { state.webhook.source },
        own_secret: state.webhook.own.clone(),
        secret_made_by_polar: state.remembered.secret_made_by_polar,
        path: found.folder.join(state.env_file()),
        backups: state.backups.clone(),
        names: state.names(),
        reader: state.reader(),
        route: state.route(),
        app_port: state.port(),
        receiver,
    })
}

/// The chosen delivery format.
pub(super) const fn format_title(state: &State) -> &'static str {
    match state.webhook.format {
        DeliveryFormat::Raw => "Raw",
        DeliveryFormat::Discord => "Discord",
        DeliveryFormat::Slack => "Slack",
    }
}

/// How many events, in words.
pub(super) fn events_title(count: usize) -> String {
    match count {
        0 => "no events".to_owned(),
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}

/// The preset that a choice is.
pub(super) fn preset(events: &[String]) -> Option<&'static str> {
    let same = |preset: &&crate::polar::event::EventPreset| {
        preset.events.len() == events.len() && preset.events.iter().all(|event| events.contains(event))
    };
    let presets = &catalogue().presets;
    let default = presets.iter().filter(|preset| preset.name == DEFAULT_PRESET);
    default.chain(presets).find(same).map(|preset| preset.name.as_str())
}

/// What to know about the chosen secret, format and events.
pub(super) fn webhook_notes(state: &State) -> Vec<String> {
    let webhook = &state.webhook;
    let mut notes = Vec::new();
    if webhook.events.is_empty() {
        notes.push("No event is chosen: the endpoint is made, but Polar delivers nothing to it.".to_owned());
    }
    let chat = webhook.format != DeliveryFormat::Raw;
    for silent in catalogue().not_in_chat.iter().filter(|event| chat && webhook.events.contains(event)) {
        notes.push(format!("Polar never sends {silent} to Discord or Slack."));
    }
    let old_sdk = state
        .project
        .found
        .as_ref()
        .and_then(|found| found.sdk.as_ref())
        .filter(|sdk| sdk.accepts == [KeyRule::PolarOwn]);
    if let Some(sdk) = old_sdk {
        let unknown = |event: &&String| {
            event.starts_with("discount.")
                || ["subscription.cycled", "subscription.paused", "subscription.resumed", "subscription.migrated"]
                    .contains(&event.as_str())
        };
        let unknown: Vec<&str> = webhook.events.iter().filter(unknown).map(String::as_str).collect();
        if !unknown.is_empty() {
            notes.push(format!(
                "{} {} stands on an SDK before 1.0, whose validateEvent throws \"Unknown event type\" at {}.",
                sdk.package,
                sdk.version,
                unknown.join(", ")
            ));
        }
    }
    notes
}

/// Which SDK versions verify a secret of this source. Measured; see the two key rules in `webhook::signature`.
pub(super) const fn verifies(source: SecretSource) -> &'static str {
    match source {
        SecretSource::Generated => {
            "Made here from the system's randomness, in Polar's own format. Every @polar-sh/sdk and adapter verifies it."
        }
        SecretSource::Own => "At least 32 characters; signed as they are. Every @polar-sh/sdk and adapter verifies it.",
        SecretSource::Polar => {
            "Signed by the Standard Webhooks rule since September 2026: only @polar-sh/sdk 1.0 and later, and generic Standard Webhooks libraries, verify it."
        }
    }
}
