//! Polar: what the token is good for, the endpoints, and what was recorded of the deliveries to this project's.

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::{
    super::{EnvSeen, PolarSeen, Subject},
    choose, proxy,
};
use crate::{
    polar::{
        ApiError, Client, Environment,
        account::{self, AccountError},
        clock,
        delivery::Wanted,
        endpoint::Endpoint,
        http::is_loopback,
        token::AccessToken,
    },
    setup::view::EnvironmentName,
};

/// How far back Polar's list of deliveries is looked at.
const BACK: Duration = Duration::hours(24);

/// What it says of the token and of all endpoints; and whom to ask further.
pub async fn ask(subject: &Subject, env: &EnvSeen) -> (PolarSeen, Option<Client>) {
    let named = subject.environment.clone().or_else(|| by_switch(env));
    let is_named = named.is_some();
    let environment = named.unwrap_or_else(Environment::production);
    let mut seen = PolarSeen {
        server: environment.title(),
        is_relayed: subject.is_relayed,
        token_ends: subject.token_ends.clone(),
        ..PolarSeen::default()
    };
    if !subject.asks_polar || subject.is_relayed {
        return (seen, None);
    }
    // A token in a file is shown to Polar's own servers, or one on this machine, and to no other.
    let may_see_file = environment.name != EnvironmentName::Custom || is_loopback(&environment.api);
    let Some(text) = subject.token.as_ref().or(env.token.as_ref().filter(|_| may_see_file)) else {
        return (seen, None);
    };
    let token = match AccessToken::parse(text.expose()) {
        Ok(token) => token,
        Err(error) => {
            seen.token_problem = Some(error);
            return (seen, None);
        }
    };
    let client = ask_with(&mut seen, (environment, is_named), token).await;
    if seen.error.is_some() {
        seen.proxy = proxy::look().await;
    }
    (seen, client)
}

/// The Polar that the env file's switch names.
fn by_switch(env: &EnvSeen) -> Option<Environment> {
    let (_, is_sandbox) = env.means_sandbox.as_ref()?;
    Some(if *is_sandbox { Environment::sandbox() } else { Environment::production() })
}

/// `is_named`: somebody said which Polar is meant.
async fn ask_with(
    seen: &mut PolarSeen,
    (mut environment, is_named): (Environment, bool),
    token: AccessToken,
) -> Option<Client> {
    let mut client = match Client::new(environment.clone(), token) {
        Ok(client) => client.without_waiting(),
        Err(error) => {
            seen.error = Some(error);
            return None;
        }
    };
    match account::inspect(&client).await {
        Ok(account) => seen.account = Some(account),
        Err(AccountError::OtherEnvironment { found, .. }) if !is_named => {
            // Nobody said which one: the one that takes the token is meant.
            environment = *found;
            seen.server = environment.title();
            client = client.elsewhere(environment.clone()).ok()?;
        }
        Err(AccountError::OtherEnvironment { found, .. }) => {
            seen.elsewhere = Some(found.title());
            seen.error = Some(ApiError::InvalidToken);
            return None;
        }
        Err(AccountError::Api(error)) => {
            seen.error = Some(error);
            return None;
        }
    }
    seen.is_sandbox =
        environment.name == EnvironmentName::Sandbox || seen.account.as_ref().is_some_and(|account| account.sandbox);
    seen.is_production = environment.name == EnvironmentName::Production;
    seen.is_practice =
        environment.name == EnvironmentName::Practice || seen.account.as_ref().is_some_and(|account| account.practice);
    match client.endpoints().await {
        Ok(endpoints) => seen.endpoints = Some(endpoints),
        Err(error) => seen.error = Some(error),
    }
    seen.clock_ahead = clock::ahead_of(&environment);
    Some(client)
}

/// Which endpoint is this project's, and what Polar recorded of the deliveries to it.
pub async fn look_at_endpoint(seen: &mut PolarSeen, client: &Client, project: &choose::Project<'_>) {
    let Some(all) = &seen.endpoints else { return };
    let (endpoint, alike) = choose::endpoint(project, all);
    seen.alike = alike;
    let Some((endpoint, told)) = endpoint else { return };
    seen.is_made_here = project.subject.endpoint_id.as_ref() == Some(&endpoint.id);
    let wanted = Wanted { endpoints: vec![endpoint.id.clone()], since: Some(OffsetDateTime::now_utc() - BACK) };
    // A list that cannot be had is one observation less, and no fault of the webhooks.
    seen.attempts = client.newest_attempts(&wanted, 1).await.map(|(attempts, _)| attempts).unwrap_or_default();
    seen.attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.created_at));
    if seen.attempts.is_empty() {
        seen.happened_before = happened_before(client, &endpoint).await;
    }
    seen.endpoint = Some((endpoint, told));
}

/// The newest of what the endpoint is for, if that happened before it was made. What the token may not read tells nothing.
async fn happened_before(client: &Client, endpoint: &Endpoint) -> Option<(&'static str, OffsetDateTime)> {
    let made = endpoint.created_at?;
    let of = |kind: &(&'static str, &'static str, &'static str)| {
        let (what, path, begins) = *kind;
        let is_wanted = endpoint.events.iter().any(|event| event.starts_with(begins));
        async move {
            if !is_wanted {
                return None;
            }
            let page = client.get(&format!("{path}?limit=1&sorting=-created_at")).await.ok()?;
            let newest = page.json::<Page>().ok()?.items.into_iter().next()?.created_at;
            Some((what, newest))
        }
    };
    let [order, customer, checkout, product] = &KINDS;
    let (order, customer, checkout, product) = tokio::join!(of(order), of(customer), of(checkout), of(product));
    let newest = [order, customer, checkout, product].into_iter().flatten().max_by_key(|(_, at)| *at)?;
    (newest.1 < made).then_some(newest)
}

/// What happens on Polar: its name, where it is listed, and how its event types begin.
const KINDS: [(&str, &str, &str); 4] = [
    ("order", "/v1/orders/", "order."),
    ("customer", "/v1/customers/", "customer."),
    ("checkout", "/v1/checkouts/", "checkout."),
    ("product", "/v1/products/", "product."),
];

#[derive(Deserialize)]
struct Page {
    items: Vec<Created>,
}

#[derive(Deserialize)]
struct Created {
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}
