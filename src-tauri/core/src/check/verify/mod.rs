//! Verifies what an env file says, by using what was read back from disk: the token asks Polar, the endpoint has this
//! secret, and a delivery signed with it arrives.

mod delivered;

use std::{collections::HashMap, path::PathBuf};

use url::Url;

use super::{Check, CheckState};
use crate::{
    SecretText,
    env_file::{self, Names, Reader},
    polar::{
        Client, Environment,
        endpoint::{Endpoint, normalised},
        token::AccessToken,
    },
    receiver::Receiver,
    setup::view::DeliveryFormat,
};

/// Each check of a verification: its name and its claim, in their order.
pub const CHECKS: [(&str, &str); 6] = [
    ("env_file_read", "The file reads back as written"),
    ("token_from_file", "Polar accepts the token in the file"),
    ("endpoint_matches", "The endpoint on Polar agrees with the file"),
    ("delivery", "A signed test delivery arrives"),
    ("app", "Your app accepts it"),
    ("forged", "Your app refuses a forged delivery"),
];

/// What to verify.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The file.
    pub path: PathBuf,
    /// Its variables' names.
    pub names: Names,
    /// The program that reads the file in this project.
    pub reader: Option<Reader>,
    /// The Polar that it is for.
    pub environment: Environment,
    /// Whether the relay brings the events: then there is no endpoint to look at.
    pub is_relayed: bool,
    /// The endpoint's id, if known; else it is found by URL or secret.
    pub endpoint_id: Option<String>,
    /// What the endpoint must have, where known.
    pub expected: Expected,
    /// The route of the handler.
    pub route: String,
    /// The app's port on this machine.
    pub app_port: u16,
    /// Our receiver, if it stands behind the endpoint's address.
    pub receiver: Option<Receiver>,
    /// Whether Polar itself may have made the secret: then its key rule is not known, and both are tried on the app.
    pub secret_made_by_polar: bool,
}

/// What the endpoint must have.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Its address, route included.
    pub url: Option<String>,
    /// Its format.
    pub format: Option<DeliveryFormat>,
    /// Its event types.
    pub events: Option<Vec<String>>,
    /// What the file must hold for the tunnel's address.
    pub base_url: Option<String>,
}

/// Where progress goes: each check as it changes.
pub type Progress<'a> = &'a (dyn Fn(Check) + Send + Sync);

/// What came of it.
#[derive(Debug, Default)]
pub struct Verified {
    /// Whether no check failed and a delivery was seen to arrive.
    pub ok: bool,
    /// The endpoint that was found.
    pub endpoint: Option<Endpoint>,
}

/// Runs the checks in their order; one that cannot be made because an earlier one failed is reported as failed too,
/// with that as its cause.
pub async fn verify(order: &Verification, progress: Progress<'_>) -> Verified {
    let mut run = Run { progress, failed: false, proved: false };
    let endpoint = run.all(order).await;
    Verified { ok: run.proved && !run.failed, endpoint }
}

/// Where a delivery is sent to prove that it arrives.
struct Target {
    url: String,
    format: DeliveryFormat,
    organization: String,
}

struct Run<'a> {
    progress: Progress<'a>,
    failed: bool,
    proved: bool,
}

impl Run<'_> {
    fn report(&mut self, check: Check) {
        self.failed |= check.state == CheckState::Failed;
        (self.progress)(check);
    }

    fn begin(&self, index: usize) -> (&'static str, &'static str) {
        let (name, title) = CHECKS[index];
        (self.progress)(Check::running(name, title));
        (name, title)
    }

    /// The checks after `index` cannot be made.
    fn give_up(&mut self, order: &Verification, index: usize) {
        let is_asked = |check: &&(&str, &str)| !(order.is_relayed && **check == CHECKS[2]);
        for (name, title) in CHECKS.iter().skip(index + 1).take(3 - index.min(3)).filter(is_asked) {
            self.report(
                Check::failed(name, title, "Not tried.")
                    .cause("An earlier check failed.")
                    .fix("Mend that one first, then verify again."),
            );
        }
    }

    async fn all(&mut self, order: &Verification) -> Option<Endpoint> {
        let Some(values) = self.read_file(order) else {
            self.give_up(order, 0);
            return None;
        };
        let Some(client) = self.token(order, &values).await else {
            self.give_up(order, 1);
            return None;
        };
        if order.is_relayed {
            let (Some(secret), Some(receiver)) = (values.get(&order.names.secret), &order.receiver) else {
                self.give_up(order, 2);
                return None;
            };
            let url = join(&receiver.url(), &order.route);
            self.begin(3);
            self.prove(order, &Target { url, format: DeliveryFormat::Raw, organization: String::new() }, secret).await;
            return None;
        }
        let Some(endpoint) = self.endpoint(order, &values, &client).await else {
            self.give_up(order, 2);
            return None;
        };
        if let Some(secret) = values.get(&order.names.secret) {
            self.delivery(order, &endpoint, secret).await;
        }
        Some(endpoint)
    }

    fn read_file(&mut self, order: &Verification) -> Option<HashMap<String, SecretText>> {
        let (name, title) = self.begin(0);
        let names = &order.names;
        let wanted: Vec<&str> = names.all().map(|(_, name)| name).collect();
        let file = order.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let values = match env_file::read_back(&order.path, &wanted, order.reader) {
            Ok(values) => values,
            Err(error) => {
                self.report(
                    Check::failed(name, title, format!("{file} cannot be read as meant."))
                        .cause(error.to_string())
                        .fix(error.fix()),
                );
                return None;
            }
        };
        let missing: Vec<&str> = wanted[..2]
            .iter()
            .copied()
            .filter(|name| values.get(*name).is_none_or(|value| value.expose().is_empty()))
            .collect();
        if !missing.is_empty() {
            self.report(
                Check::failed(name, title, format!("{file} has no value for {}.", missing.join(" and ")))
                    .cause("The variable is missing, empty or commented out.")
                    .fix("Run the setup again: it adds what is missing and keeps the rest."),
            );
            return None;
        }
        if let Some(base) = &order.expected.base_url
            && values.get(&names.url).is_none_or(|value| value.expose() != base)
        {
            let seen = format!("{} in {file} is not {base}.", names.url);
            self.report(
                Check::failed(name, title, seen)
                    .cause("The file was changed by something else.")
                    .fix("Run the setup again."),
            );
            return None;
        }
        if let Some(switch) = &names.switch
            && let Some(expected) = switch.value(order.environment.name)
            && let Some(value) = values.get(&switch.name).filter(|value| value.expose() != expected)
        {
            let seen = format!("{} in {file} is {:?}, not {expected:?}.", switch.name, value.expose());
            self.report(
                Check::failed(name, title, seen)
                    .cause(format!("The app would use its token at another Polar than {}.", order.environment.title()))
                    .fix("Run the setup again, or set it by hand."),
            );
            return None;
        }
        let found: Vec<&str> = wanted.iter().copied().filter(|name| values.contains_key(*name)).collect();
        let seen = format!("{file}: {}.", found.join(", "));
        let notes = env_file::notes_on(&order.path, &found, order.reader);
        self.report(if notes.is_empty() {
            Check::passed(name, title, seen)
        } else {
            Check::warning(name, title, seen)
                .cause(notes.join(" "))
                .fix("Leave one line for each variable, written plainly.")
        });
        Some(values)
    }

    async fn token(&mut self, order: &Verification, values: &HashMap<String, SecretText>) -> Option<Client> {
        let (name, title) = self.begin(1);
        let token = match AccessToken::parse_exact(values.get(&order.names.token)?.expose()) {
            Ok(token) => token,
            Err(error) => {
                let seen = format!("{} is not an organization access token.", order.names.token);
                self.report(
                    Check::failed(name, title, seen)
                        .cause(error.to_string())
                        .fix("Run the setup again with the whole token."),
                );
                return None;
            }
        };
        let asked = async {
            let client = Client::new(order.environment.clone(), token)?;
            Ok::<_, crate::polar::account::AccountError>((crate::polar::account::inspect(&client).await?, client))
        };
        match asked.await {
            Ok((account, client)) if account.sufficient() => {
                let owner = account.organization.name.map_or_else(String::new, |name| format!(" for {name}"));
                self.report(Check::passed(name, title, format!("Accepted by {}{owner}.", order.environment.title())));
                Some(client)
            }
            Ok((account, client)) => {
                let missing = account.missing().join(", ");
                let check = Check::failed(name, title, format!("Polar accepts it, but it lacks {missing}."))
                    .cause("A token's scopes are chosen when it is made.")
                    .fix(format!("Make a new token with {missing} and run the setup again."));
                self.report(check);
                // Reading may still be possible; whether it is shows at the next check.
                account.granted[1].then_some(client)
            }
            Err(error) => {
                self.report(super::token_check(name, title, &error));
                None
            }
        }
    }

    async fn endpoint(
        &mut self,
        order: &Verification,
        values: &HashMap<String, SecretText>,
        client: &Client,
    ) -> Option<Endpoint> {
        let (name, title) = self.begin(2);
        let secret = values.get(&order.names.secret)?;
        let base = values.get(&order.names.url).map(|value| value.expose().to_owned());
        let endpoint = match find(order, secret, base.as_deref(), client).await {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => {
                self.report(
                    Check::failed(name, title, "Polar has no endpoint with this secret or address.")
                        .cause("It was deleted, belongs to another organization, or the secret in the file is not its secret.")
                        .fix("Run the setup again: it creates the endpoint or takes its secret over."),
                );
                return None;
            }
            Err(error) => {
                self.report(
                    Check::failed(name, title, "Polar does not show the endpoint.")
                        .cause(error.to_string())
                        .fix(error.fix()),
                );
                return None;
            }
        };
        let differences = differences(order, &endpoint, secret, base.as_deref());
        if differences.is_empty() {
            let seen = format!(
                "{} · {} · {} events · secret as in the file.",
                endpoint.url,
                endpoint.format,
                endpoint.events.len()
            );
            let check = if endpoint.secret.is_none() {
                Check::warning(name, title, format!("{} · this server does not tell the secret.", endpoint.url))
            } else {
                Check::passed(name, title, seen)
            };
            self.report(check);
            return Some(endpoint);
        }
        self.report(
            Check::failed(name, title, differences.join(" "))
                .cause("The file or the endpoint was changed since the setup.")
                .fix("Run the setup again: it brings both in step."),
        );
        Some(endpoint)
    }
}

/// The endpoint: by id, else by the file's address and route, else by the file's secret.
async fn find(
    order: &Verification,
    secret: &SecretText,
    base: Option<&str>,
    client: &Client,
) -> Result<Option<Endpoint>, crate::polar::ApiError> {
    if let Some(id) = &order.endpoint_id
        && let Some(found) = client.endpoint(id).await?
    {
        return Ok(Some(found));
    }
    let all = client.endpoints().await?;
    let by_secret = all.iter().find(|endpoint| endpoint.secret.as_ref() == Some(secret));
    let url = base.map(|base| normalised(&join(base, &order.route)));
    let by_url = || all.iter().find(|endpoint| url.as_ref().is_some_and(|url| *url == normalised(&endpoint.url)));
    Ok(by_secret.or_else(by_url).cloned())
}

fn differences(order: &Verification, endpoint: &Endpoint, secret: &SecretText, base: Option<&str>) -> Vec<String> {
    let expected = &order.expected;
    let mut found = Vec::new();
    if endpoint.secret.as_ref().is_some_and(|theirs| theirs != secret) {
        found.push(format!("The secret in {} is not the endpoint's.", order.names.secret));
    }
    if let Some(url) = &expected.url
        && normalised(url) != normalised(&endpoint.url)
    {
        found.push(format!("The endpoint delivers to {}, not to {url}.", endpoint.url));
    } else if let Some(base) = base
        && !same_origin(base, &endpoint.url)
    {
        found.push(format!("{} is {base}, but the endpoint delivers to {}.", order.names.url, endpoint.url));
    }
    if let Some(format) = expected.format
        && format != format_of(endpoint)
    {
        found.push(format!("Its format is {}.", endpoint.format));
    }
    if let Some(events) = &expected.events {
        let missing: Vec<&str> =
            events.iter().filter(|event| !endpoint.events.contains(event)).map(String::as_str).collect();
        let more = endpoint.events.iter().filter(|event| !events.contains(event)).count();
        if !missing.is_empty() {
            found.push(format!("It does not take {}.", missing.join(", ")));
        }
        if more > 0 {
            found.push(format!("It takes {more} events more than chosen."));
        }
    }
    found
}

fn format_of(endpoint: &Endpoint) -> DeliveryFormat {
    match endpoint.format.as_str() {
        "discord" => DeliveryFormat::Discord,
        "slack" => DeliveryFormat::Slack,
        _ => DeliveryFormat::Raw,
    }
}

fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..])
}

/// A base address and a route as one address.
#[must_use]
pub fn join(base: &str, route: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), route.trim_start_matches('/'))
}
