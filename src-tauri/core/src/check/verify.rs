//! Verifies what an env file says, by using what was read back from disk: the token asks Polar, the endpoint has this
//! secret, and a delivery signed with it arrives.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use url::Url;

use super::{
    Check, CheckState,
    delivery::{self, TEST_EVENT, TestDelivery, explain_status},
};
use crate::{
    SecretText, env_file,
    polar::{
        Client, Environment,
        endpoint::{Endpoint, normalised},
        token::AccessToken,
    },
    receiver::{self, Receiver},
    setup::view::DeliveryFormat,
    webhook::signature::KeyRule,
};

/// How long the receiver is given to finish passing a delivery on, after the answer came back.
const RECEIVER_WAIT: Duration = Duration::from_secs(12);

/// Each check of a verification: its name and its claim, in their order.
pub const CHECKS: [(&str, &str); 6] = [
    ("env_file_read", "The file reads back as written"),
    ("token_from_file", "Polar accepts the token in the file"),
    ("endpoint_matches", "The endpoint on Polar agrees with the file"),
    ("delivery", "A signed test delivery arrives"),
    ("app", "Your app accepts it"),
    ("forged", "Your app refuses a forged delivery"),
];

/// The names of the three variables in this project's file.
#[derive(Debug, Clone)]
pub struct Names {
    /// The token's.
    pub token: String,
    /// The secret's.
    pub secret: String,
    /// The tunnel address's.
    pub url: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            token: env_file::names::ACCESS_TOKEN.into(),
            secret: env_file::names::WEBHOOK_SECRET.into(),
            url: env_file::names::WEBHOOK_URL_DEV.into(),
        }
    }
}

/// What to verify.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The file.
    pub path: PathBuf,
    /// Its variables' names.
    pub names: Names,
    /// The Polar that it is for.
    pub environment: Environment,
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
    fn give_up(&mut self, index: usize) {
        for (name, title) in CHECKS.iter().skip(index + 1).take(3 - index.min(3)) {
            self.report(
                Check::failed(name, title, "Not tried.")
                    .cause("An earlier check failed.")
                    .fix("Mend that one first, then verify again."),
            );
        }
    }

    async fn all(&mut self, order: &Verification) -> Option<Endpoint> {
        let Some(values) = self.read_file(order) else {
            self.give_up(0);
            return None;
        };
        let Some(client) = self.token(order, &values).await else {
            self.give_up(1);
            return None;
        };
        let Some(endpoint) = self.endpoint(order, &values, &client).await else {
            self.give_up(2);
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
        let wanted = [names.token.as_str(), names.secret.as_str(), names.url.as_str()];
        let file = order.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let values = match env_file::read_back(&order.path, &wanted) {
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
        let found: Vec<&str> = wanted.iter().copied().filter(|name| values.contains_key(*name)).collect();
        self.report(Check::passed(name, title, format!("{file}: {}.", found.join(", "))));
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

    async fn delivery(&mut self, order: &Verification, endpoint: &Endpoint, secret: &SecretText) {
        let (name, title) = self.begin(3);
        if endpoint.secret.as_ref().is_some_and(|theirs| theirs != secret) {
            self.report(
                Check::failed(name, title, "Not tried: Polar signs with another secret than the file's.")
                    .cause("Your app would refuse everything that Polar delivers.")
                    .fix("Run the setup again: it brings both in step."),
            );
            return;
        }
        let format = format_of(endpoint);
        let organization = endpoint.organization_id.clone().unwrap_or_default();
        let parts = (
            Url::parse(&endpoint.url).ok(),
            TestDelivery::signed(secret, KeyRule::PolarOwn, format, TEST_EVENT, &organization),
        );
        let (Some(url), Some(delivery)) = parts else {
            self.report(
                Check::failed(name, title, "The endpoint's address cannot be used.").cause(endpoint.url.clone()),
            );
            return;
        };
        if !endpoint.enabled {
            self.report(
                Check::failed(name, title, "Polar has disabled this endpoint: it delivers nothing.")
                    .cause("After ten events in a row that failed for good, Polar disables an endpoint.")
                    .fix("Run the setup again: it enables the endpoint."),
            );
            return;
        }
        let answer = match delivery.send(&url).await {
            Ok(answer) => answer,
            Err(cause) => {
                let fix = if order.receiver.is_some() {
                    "Start the tunnel again, and verify again."
                } else {
                    "Deploy the app, or start the tunnel that this address belongs to, then verify again. Endpoint and file are made."
                };
                self.report(Check::failed(name, title, "The public address does not answer.").cause(cause).fix(fix));
                return;
            }
        };
        match &order.receiver {
            Some(receiver) => self.through_receiver(order, endpoint, secret, receiver, &delivery, &answer).await,
            None => self.straight(order, endpoint, secret, &url, &answer).await,
        }
    }

    /// Our receiver stands behind the address: it must have seen the delivery.
    async fn through_receiver(
        &mut self,
        order: &Verification,
        endpoint: &Endpoint,
        secret: &SecretText,
        receiver: &Receiver,
        delivery: &TestDelivery,
        answer: &delivery::Answer,
    ) {
        let (name, title) = CHECKS[3];
        let seen = receiver.wait_for(&delivery.id, RECEIVER_WAIT).await;
        let Some(arrived) = seen else {
            let (cause, fix) = explain_status(answer.status, answer.location.as_deref(), &order.route);
            let check = Check::failed(
                name,
                title,
                format!("The address answered {}, but not through this assistant's receiver.", answer.status),
            );
            self.report(check.cause(cause).fix(fix));
            return;
        };
        let Some(rule) = arrived.verified else {
            let cause = arrived.problem.clone().unwrap_or_else(|| "Its signature does not fit.".into());
            self.report(
                Check::failed(name, title, "It arrived, but changed on the way.")
                    .cause(cause)
                    .fix("Use another tunnel or proxy: this one changes the body or headers."),
            );
            return;
        };
        self.proved = true;
        self.report(Check::passed(
            name,
            title,
            format!("Through {} in {} ms; verified by {}.", endpoint.url, answer.milliseconds, rule.name()),
        ));
        let (name, title) = self.begin(4);
        match arrived.app_status {
            Some(status @ 200..=299) => {
                self.report(Check::passed(
                    name,
                    title,
                    format!("It answered {status} in {} ms.", arrived.app_ms.unwrap_or_default()),
                ));
                if let Ok(app) = Url::parse(&format!("http://localhost:{}{}", order.app_port, path_of(&endpoint.url))) {
                    self.other_signatures(order, endpoint, secret, &app).await;
                }
            }
            Some(status) => {
                let (cause, fix) = explain_status(status, None, &order.route);
                self.report(
                    Check::failed(name, title, format!("It answered {status} at {}.", order.route))
                        .cause(cause)
                        .fix(fix),
                );
            }
            None if receiver::app_is_running(order.app_port).await => {
                let cause = arrived.app_problem.unwrap_or_else(|| "It did not answer.".into());
                self.report(
                    Check::failed(name, title, "It runs, but did not answer.")
                        .cause(cause)
                        .fix("Look at your app's log."),
                );
            }
            None => {
                self.report(
                    Check::warning(
                        name,
                        title,
                        format!("No app listens on port {}, so it was not asked.", order.app_port),
                    )
                    .fix("Start your app and verify again, or correct its port."),
                );
            }
        }
    }

    /// The address is the app's own: its answer is all there is to see.
    async fn straight(
        &mut self,
        order: &Verification,
        endpoint: &Endpoint,
        secret: &SecretText,
        url: &Url,
        answer: &delivery::Answer,
    ) {
        let (name, title) = CHECKS[3];
        if (200..300).contains(&answer.status) {
            self.proved = true;
            self.report(Check::passed(
                name,
                title,
                format!("{} answered {} in {} ms.", endpoint.url, answer.status, answer.milliseconds),
            ));
            if format_of(endpoint) == DeliveryFormat::Raw {
                self.other_signatures(order, endpoint, secret, url).await;
            }
        } else {
            let (cause, fix) = explain_status(answer.status, answer.location.as_deref(), path_of(&endpoint.url));
            self.report(
                Check::failed(name, title, format!("{} answered {}.", endpoint.url, answer.status))
                    .cause(cause)
                    .fix(fix),
            );
        }
    }

    /// An app that accepts everything proves nothing: a forged delivery must be refused. And where Polar made the
    /// secret, the other key rule must be accepted as well.
    async fn other_signatures(&mut self, order: &Verification, endpoint: &Endpoint, secret: &SecretText, app: &Url) {
        let organization = endpoint.organization_id.clone().unwrap_or_default();
        let (name, title) = self.begin(5);
        let forger = crate::webhook::secret::generate();
        let forgery = TestDelivery::signed(&forger, KeyRule::PolarOwn, DeliveryFormat::Raw, TEST_EVENT, &organization);
        let check = match answer_of(forgery, app).await {
            Some(200..=299) => {
                let (seen, cause) = (
                    "It accepted a delivery that was signed with another secret.",
                    "The handler does not verify signatures, or another page answers at this route.",
                );
                // Where nothing of ours stands behind the address, its word is all there is, and this is worth nothing.
                let check = if order.receiver.is_some() {
                    Check::warning(name, title, seen)
                } else {
                    self.proved = false;
                    Check::failed(name, title, seen)
                };
                check.cause(cause).fix(
                    "Verify each delivery with validateEvent and the webhook secret, or anybody can send you events.",
                )
            }
            Some(status) => Check::passed(name, title, format!("It answered {status} to a wrong signature.")),
            None => Check::warning(name, title, "It did not answer the second request."),
        };
        self.report(check);
        if !order.secret_made_by_polar {
            return;
        }
        let Some(other) =
            TestDelivery::signed(secret, KeyRule::StandardWebhooks, DeliveryFormat::Raw, TEST_EVENT, &organization)
        else {
            return;
        };
        let (name, title) = ("key_rules", "Your app accepts both key rules");
        (self.progress)(Check::running(name, title));
        let check = match answer_of(Some(other), app).await {
            Some(200..=299) => Check::passed(name, title, "Both Polar's own and the Standard Webhooks rule."),
            _ => Check::failed(name, title, "It accepts only Polar's own key rule.")
                .cause("Secrets that Polar made since 2026-09-08 are signed by the Standard Webhooks rule; @polar-sh/sdk before 1.0 does not verify that.")
                .fix("Choose a secret generated here, or update to @polar-sh/sdk 1.0 or later."),
        };
        self.report(check);
    }
}

async fn answer_of(delivery: Option<TestDelivery>, url: &Url) -> Option<u16> {
    delivery?.send(url).await.ok().map(|answer| answer.status)
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
