//! What is wrong with the endpoint on Polar.

use url::{Host, Url};

use super::{
    super::{Mend, told::counted},
    Known, Named, Seen,
};
use crate::{
    polar::{
        endpoint::{Endpoint, OWN_NAME},
        event::catalogue,
        http::is_loopback,
    },
    setup::own_url::{format_of, is_private},
};

pub(super) const WEBHOOKS: &str = "https://polar.sh/docs/integrate/webhooks/endpoints";

pub(super) const TOKENS: &str = "https://polar.sh/docs/integrate/oat";

/// What is chosen where nothing says what the app wants.
const USUAL_EVENTS: &str = "payments";

/// What is wrong with the endpoint.
pub const ENDPOINT: &[Known] = &[
    Known::blocking("token_of_other_organization", other_organization),
    Known::blocking("endpoint_missing", missing),
    Known::blocking("endpoint_disabled", disabled),
    Known::blocking("no_events", no_events),
    Known::blocking("url_not_https", not_https),
    Known::blocking("url_private", private),
    Known::blocking("chat_format_to_app", chat_format),
    Known::blocking("chat_skips_event", chat_skips),
];

/// The endpoint of this project.
pub(super) fn endpoint(seen: &Seen) -> Option<&Endpoint> {
    seen.polar.endpoint.as_ref().map(|(endpoint, _)| endpoint)
}

/// Whether this program made the endpoint, as far as it remembers or the endpoint's name tells.
pub(super) fn is_made_here(seen: &Seen) -> bool {
    let is_named_so = |name: &String| name.starts_with(OWN_NAME);
    seen.polar.is_made_here || endpoint(seen).is_some_and(|endpoint| endpoint.name.as_ref().is_some_and(is_named_so))
}

/// An address with another path.
pub(super) fn at_path(address: &str, path: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.set_path(path);
    Some(url.to_string())
}

/// An organization's id in the env file that is not the token's.
fn other_organization(seen: &Seen) -> Option<Named> {
    let own = seen.polar.account.as_ref()?.organization.id.as_ref()?;
    let names_own = |(_, _, value): &(String, String, crate::SecretText)| value.expose().eq_ignore_ascii_case(own);
    if seen.env.others.iter().any(names_own) {
        return None;
    }
    let (name, file, _) = seen.env.others.iter().find(|(name, _, value)| {
        let says = |word: &str| name.contains(word);
        let is_id = value.expose().len() == own.len() && value.expose().contains('-');
        says("POLAR") && says("ORG") && is_id && !value.expose().eq_ignore_ascii_case(own)
    })?;
    Some(
        Named::new(
            format!("The token belongs to {}, and {name} in {file} names another organization.", organization(seen)),
            format!("Use a token of the organization that {name} names, or correct {name}: each organization has endpoints and events of its own."),
        )
        .proved(format!("Polar says that the token's organization is {own}; {name} in {file} is another id."))
        .link(TOKENS),
    )
}

/// The token's organization, as far as it may know it.
fn organization(seen: &Seen) -> String {
    let found = seen.polar.account.as_ref().map(|account| &account.organization);
    match found.and_then(|organization| organization.name.as_ref().or(organization.slug.as_ref())) {
        Some(name) => format!("the organization {name}"),
        None => "its organization".to_owned(),
    }
}

fn missing(seen: &Seen) -> Option<Named> {
    let all = seen.polar.endpoints.as_ref()?;
    // Of several with this route nobody knows which one is meant.
    if endpoint(seen).is_some() || seen.polar.alike > 0 || seen.polar.is_relayed {
        return None;
    }
    let named = Named::new(
        format!(
            "In {}, which the token belongs to, Polar has no webhook endpoint for this project, so it sends nothing.",
            organization(seen)
        ),
        "Set it up: \"Write and verify\", or polar-setup-cli setup in a terminal. If you have made one already, it is in another organization or environment: use a token from there.",
    );
    let to_apps = all.iter().filter(|endpoint| format_of(&endpoint.url).is_none()).collect::<Vec<_>>();
    let named = if all.is_empty() {
        named.proved("The organization has no webhook endpoint at all.")
    } else if to_apps.is_empty() {
        named.proved("All endpoints of the organization deliver to a chat service.")
    } else {
        let urls = to_apps.iter().map(|endpoint| endpoint.url.as_str()).collect::<Vec<_>>().join(", ");
        let whose = if to_apps.len() == 1 {
            "Its only endpoint to an app does not fit"
        } else {
            "None of its endpoints to apps fits"
        };
        named.proved(format!("{whose} the address, the route or the secret of this project: {urls}."))
    };
    Some(named.ruling_out("Polar answered, so the token is good.").link(WEBHOOKS).mended_by(Mend::SetUp))
}

fn disabled(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen).filter(|endpoint| !endpoint.enabled)?;
    let failed = seen.polar.attempts.iter().take_while(|attempt| !attempt.succeeded).count();
    let last = seen.polar.attempts.first().filter(|attempt| !attempt.succeeded);
    Some(
        Named::new(
            format!("The endpoint {} is disabled: Polar sends nothing to it.", endpoint.url),
            if takes_polars(seen) {
                "Enable it on Polar's page, or \"Switch it on\": your app accepts deliveries now. Polar disables an endpoint after ten events in a row that failed."
            } else {
                "Enable it on Polar's page, or \"Switch it on\", and mend what else is named as well: Polar disables an endpoint after ten events in a row that failed, and would again."
            },
        )
        .proved("Polar says that it is switched off (enabled: false).")
        .proved(last.map_or_else(String::new, |last| {
            let said = last.http_code.map_or_else(|| "not at all".to_owned(), |code| code.to_string());
            format!("{} before that failed, the last one was answered {said}.", counted(failed, "attempt"))
        }))
        .link(WEBHOOKS)
        .mended_by(Mend::SwitchOn),
    )
}

/// Whether the app finds right what Polar signs.
fn takes_polars(seen: &Seen) -> bool {
    let Some(handler) = &seen.handler else { return false };
    let is_files = || endpoint(seen).and_then(|endpoint| endpoint.secret.as_ref()) == seen.env.secret();
    handler.verifies_with_polars() || handler.verifies() && is_files()
}

fn no_events(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen).filter(|endpoint| endpoint.events.is_empty())?;
    let usual = || catalogue().preset(USUAL_EVENTS).map(|preset| preset.events.clone()).unwrap_or_default();
    let events = if seen.code.events.is_empty() { usual() } else { seen.code.events.clone() };
    Some(
        Named::new(
            format!("The endpoint {} has no events: nothing is ever sent to it.", endpoint.url),
            "Choose the events on Polar's page or under Webhook.",
        )
        .proved("Polar's list of its event types is empty.")
        .link(WEBHOOKS)
        .mended_by(Mend::AddEvents(events)),
    )
}

fn not_https(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen)?;
    let url = Url::parse(&endpoint.url).ok().filter(|url| url.scheme() == "http")?;
    if seen.polar.is_practice || is_loopback(&url) {
        return None;
    }
    Some(
        Named::new(
            format!("The endpoint's address {} begins with http: Polar delivers to https only.", endpoint.url),
            "Change the address on Polar to https.",
        )
        .proved("The endpoint's address as Polar has it.")
        .mended_by(Mend::Repoint(endpoint.url.replacen("http://", "https://", 1))),
    )
}

fn private(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen)?;
    let url = Url::parse(&endpoint.url).ok()?;
    let here = is_loopback(&url)
        || match url.host() {
            Some(Host::Ipv4(ip)) => is_private(ip.into()),
            Some(Host::Ipv6(ip)) => is_private(ip.into()),
            _ => false,
        };
    (here && !seen.polar.is_practice).then(|| {
        Named::new(
            format!(
                "The endpoint's address {} is one that only this machine or network knows: Polar cannot reach it.",
                endpoint.url
            ),
            "Use a tunnel, and give Polar its address.",
        )
        .proved("The endpoint's address as Polar has it.")
        .link(WEBHOOKS)
    })
}

fn chat_format(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen).filter(|endpoint| endpoint.format != "raw" && format_of(&endpoint.url).is_none())?;
    Some(
        Named::new(
            format!(
                "The endpoint's format is {}, a chat message: your app gets no event that it can read.",
                endpoint.format
            ),
            "Set the format to raw on Polar's page or under Webhook.",
        )
        .proved(format!("Polar says format: {}.", endpoint.format))
        .proved(format!("{} is no address of a chat service.", endpoint.url))
        .link(WEBHOOKS)
        .mended_by(Mend::SetRaw),
    )
}

fn chat_skips(seen: &Seen) -> Option<Named> {
    let endpoint = endpoint(seen).filter(|endpoint| endpoint.format != "raw" && format_of(&endpoint.url).is_some())?;
    (endpoint.events == ["subscription.updated"]).then(|| {
        Named::new(
            "Polar sends no chat message for subscription.updated, and the endpoint has no other event.",
            "Choose the events by what happened: subscription.active, subscription.canceled, subscription.revoked.",
        )
        .proved(format!("The endpoint's format is {}, its only event subscription.updated.", endpoint.format))
    })
}
