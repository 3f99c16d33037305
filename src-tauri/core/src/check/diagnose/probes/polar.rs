//! Polar: what the token is good for, the endpoints, which one is this project's, and what was recorded of its deliveries.

use time::{Duration, OffsetDateTime};
use url::Url;

use super::super::{EnvSeen, PolarSeen, Subject, expected_url};
use crate::{
    polar::{
        Client, Environment,
        account::{self, AccountError},
        clock,
        delivery::Wanted,
        endpoint::{Endpoint, normalised},
        http::is_loopback,
        token::AccessToken,
    },
    setup::view::EnvironmentName,
};

/// How far back Polar's list of deliveries is looked at.
const BACK: Duration = Duration::hours(24);

pub async fn look(subject: &Subject, env: &EnvSeen) -> PolarSeen {
    let named = subject.environment.clone().or_else(|| by_switch(subject, env));
    let is_named = named.is_some();
    let environment = named.unwrap_or_else(Environment::production);
    let mut seen = PolarSeen { server: environment.title(), is_relayed: subject.is_relayed, ..PolarSeen::default() };
    if !subject.asks_polar || subject.is_relayed {
        return seen;
    }
    // A token in a file is shown to Polar's own servers, or one on this machine, and to no other.
    let may_see_file = environment.name != EnvironmentName::Custom || is_loopback(&environment.api);
    let Some(text) = subject.token.as_ref().or(env.token.as_ref().filter(|_| may_see_file)) else { return seen };
    let token = match AccessToken::parse(text.expose()) {
        Ok(token) => token,
        Err(error) => {
            seen.token_problem = Some(error.to_string());
            return seen;
        }
    };
    ask(&mut seen, subject, env, (environment, is_named), token).await;
    seen
}

/// The Polar that the env file's switch names.
fn by_switch(subject: &Subject, env: &EnvSeen) -> Option<Environment> {
    let (switch, said) = (subject.names.switch.as_ref()?, env.server.as_ref()?);
    if *said == switch.sandbox {
        Some(Environment::sandbox())
    } else if *said == switch.production {
        Some(Environment::production())
    } else {
        None
    }
}

/// `is_named`: somebody said which Polar is meant.
async fn ask(
    seen: &mut PolarSeen,
    subject: &Subject,
    env: &EnvSeen,
    (mut environment, is_named): (Environment, bool),
    token: AccessToken,
) {
    let mut client = match Client::new(environment.clone(), token.clone()) {
        Ok(client) => client,
        Err(error) => {
            seen.error = Some(error);
            return;
        }
    };
    match account::inspect(&client).await {
        Ok(account) => seen.account = Some(account),
        Err(AccountError::OtherEnvironment { found, .. }) if !is_named => {
            // Nobody said which one: the one that takes the token is meant.
            environment = *found;
            seen.server = environment.title();
            let Ok(other) = Client::new(environment.clone(), token) else { return };
            client = other;
        }
        Err(AccountError::OtherEnvironment { found, .. }) => {
            seen.elsewhere = Some(found.title());
            seen.error = Some(crate::polar::ApiError::InvalidToken);
            return;
        }
        Err(AccountError::Api(error)) => {
            seen.error = Some(error);
            return;
        }
    }
    seen.is_practice =
        environment.name == EnvironmentName::Practice || seen.account.as_ref().is_some_and(|account| account.practice);
    match client.endpoints().await {
        Ok(endpoints) => {
            seen.endpoint = this_projects(subject, env, &endpoints);
            seen.endpoints = Some(endpoints);
        }
        Err(error) => seen.error = Some(error),
    }
    if let Some((endpoint, _)) = &seen.endpoint {
        seen.is_made_here = subject.endpoint_id.as_ref() == Some(&endpoint.id);
        let wanted = Wanted { endpoints: vec![endpoint.id.clone()], since: Some(OffsetDateTime::now_utc() - BACK) };
        // A list that cannot be had is one observation less, and no fault of the webhooks.
        seen.attempts = client.newest_attempts(&wanted, 1).await.map(|(attempts, _)| attempts).unwrap_or_default();
        seen.attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.created_at));
    }
    seen.clock_ahead = clock::ahead_of(&environment);
}

/// The endpoint of this project, and by what it was told: what this program remembers, the address, the secret, and last
/// the route behind a tunnel, as an older tunnel's address has it.
fn this_projects(subject: &Subject, env: &EnvSeen, all: &[Endpoint]) -> Option<(Endpoint, &'static str)> {
    let by = |told: &'static str, fits: &dyn Fn(&Endpoint) -> bool| {
        let mut fitting = all.iter().filter(|endpoint| fits(endpoint)).collect::<Vec<_>>();
        // Of several the one that Polar still delivers to.
        fitting.sort_by_key(|endpoint| !endpoint.enabled);
        fitting.first().map(|endpoint| ((*endpoint).clone(), told))
    };
    let expected = expected_url(env.base.as_deref(), &subject.route.value).map(|url| normalised(url.as_str()));
    let base_host = env.base.as_deref().and_then(host);
    let route = subject.route.value.trim_end_matches('/');
    let is_tunnel = |endpoint: &Endpoint| {
        host(&endpoint.url).is_some_and(|host| {
            [".trycloudflare.com", ".ngrok-free.app", ".ngrok-free.dev", ".ngrok.app", ".ngrok.io", ".ngrok.dev"]
                .iter()
                .any(|end| host.ends_with(end))
        })
    };
    let path = |endpoint: &Endpoint| {
        Url::parse(&endpoint.url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
    };
    by("as it was set up here", &|endpoint| Some(&endpoint.id) == subject.endpoint_id.as_ref())
        .or_else(|| by("by its address", &|endpoint| Some(normalised(&endpoint.url)) == expected))
        .or_else(|| {
            by("by its secret", &|endpoint| {
                env.secrets.iter().any(|place| endpoint.secret.as_ref() == Some(&place.value))
            })
        })
        .or_else(|| by("by its host", &|endpoint| base_host.is_some() && host(&endpoint.url) == base_host))
        .or_else(|| by("by its route behind a tunnel", &|endpoint| is_tunnel(endpoint) && path(endpoint) == route))
        .or_else(|| {
            by("by its route, the only one", &|endpoint| {
                all.len() == 1 && base_host.is_none() && path(endpoint) == route
            })
        })
}

fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
