//! Which Polar, and a token that it accepts.

use std::path::Path;

use polar_setup_core::{
    SecretText,
    check::{Check, scopes_check, token_check},
    env_file::{self, Document},
    polar::{
        Client, Environment,
        account::{self, Account},
        http::is_loopback,
        token::AccessToken,
    },
    setup::{
        memory::Memory,
        view::{EnvironmentName, Kept},
    },
    vault::{Vault, VaultKey},
};

use crate::{
    args::{EnvironmentChoice, ServerArgs},
    output::Printer,
    run::Stop,
};

/// The check of the token: its name and claim.
pub const TOKEN: (&str, &str) = ("token", "Polar accepts the token");
/// Where a token may come from without being an argument.
pub const VARIABLE: &str = env_file::names::ACCESS_TOKEN;

/// The Polar that the flags name; `None`: a practice Polar, or none is named.
pub fn server(arguments: &ServerArgs) -> Result<Option<Environment>, Stop> {
    match (arguments.environment, &arguments.api_url) {
        (Some(EnvironmentChoice::Sandbox), _) => Ok(Some(Environment::sandbox())),
        (Some(EnvironmentChoice::Production), _) => Ok(Some(Environment::production())),
        (None, Some(url)) => {
            Environment::custom(url).map(Some).map_err(|error| Stop::Usage(format!("--api-url: {error}")))
        }
        (Some(EnvironmentChoice::Practice), _) | (None, None) => Ok(None),
    }
}

/// A token and where it was found.
pub struct Found {
    /// As it was found: its shape is not checked yet.
    pub text: SecretText,
    /// For messages.
    pub place: String,
    /// Whether the vault has it already.
    pub in_vault: bool,
}

/// Looks for a token: the variable, the vault, the project's env file.
pub async fn find_token(
    environment: &Environment,
    folder: &Path,
    (env_path, variable): (&Path, &str),
    vault: &Vault,
    memory: Option<&Memory>,
) -> Option<Found> {
    if let Some(text) = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty()) {
        return Some(Found { text: SecretText::new(text), place: format!("the variable {VARIABLE}"), in_vault: false });
    }
    if let Some(found) = vault.get(&VaultKey::token(&environment.key(), folder)).await {
        return Some(Found { text: found.secret, place: "the keyring".into(), in_vault: true });
    }
    if !belongs(environment, folder, memory) {
        return None;
    }
    let bytes = env_file::read(env_path).ok()??;
    let text = Document::parse(&bytes).get(variable).filter(|text| !text.is_empty())?;
    Some(Found { text: SecretText::new(text), place: env_path.display().to_string(), in_vault: false })
}

/// Whether the token in the env file may be shown to this server: it was set up with it last, or nothing is known and
/// the server is Polar's own or on this machine.
fn belongs(environment: &Environment, folder: &Path, memory: Option<&Memory>) -> bool {
    match memory.and_then(|memory| memory.last(folder).ok().flatten()) {
        Some((last, _)) => last == environment.memory_key(),
        None => environment.name != EnvironmentName::Custom || is_loopback(&environment.api),
    }
}

/// A token's shape, or the failed check that says what is wrong with it.
pub fn parse(found: &Found, printer: &Printer) -> Result<AccessToken, Stop> {
    AccessToken::parse(found.text.expose()).map_err(|error| {
        printer.check(
            &Check::failed(TOKEN.0, TOKEN.1, format!("What {} holds is no usable token.", found.place))
                .cause(error.to_string())
                .fix(error.fix()),
        );
        Stop::Failed
    })
}

/// Asks Polar about the token and tells what it said.
pub async fn accept(client: &Client, printer: &Printer) -> Result<Account, Stop> {
    let account = account::inspect(client).await.map_err(|error| {
        printer.check(&token_check(TOKEN.0, TOKEN.1, &error));
        Stop::Failed
    })?;
    let required = account.missing().join(", ");
    if !required.is_empty() {
        printer.check(
            &Check::failed(TOKEN.0, TOKEN.1, format!("Polar knows it, but it lacks {required}."))
                .cause("A token's scopes are chosen when it is made.")
                .fix(format!("Make a new token with {required} on Polar's page and use that one.")),
        );
        return Err(Stop::Failed);
    }
    let owner = match (&account.organization.name, &account.organization.id) {
        (Some(name), _) => format!("It belongs to {name}."),
        (None, Some(id)) => format!("It belongs to the organization {id}."),
        (None, None) => "Which organization it belongs to shows with the first endpoint.".to_owned(),
    };
    printer.check(&Check::passed(TOKEN.0, TOKEN.1, format!("{} · {owner}", client.environment().title())));
    printer.check(&scopes_check(&account));
    Ok(account)
}

/// Keeps an accepted token for the next run.
pub async fn keep(client: &Client, folder: &Path, vault: &Vault, printer: &Printer) {
    let kept = vault.keep(&VaultKey::token(&client.environment().key(), folder), client.token().secret()).await;
    if let (Kept::Session, Some(reason)) = (kept.kept, kept.reason) {
        printer.note(format!("The token is not kept in the keyring: {reason}"));
    }
}
