//! What goes into the env file.

use super::Order;
use crate::{
    SecretText,
    env_file::{self, Names, Variable, diff::Wanted},
    setup::view::{EnvironmentName, SecretSource},
};

/// Writes it; gives a sentence for each variable that not every program would read alike.
pub(super) fn write(
    order: &Order,
    before: Option<&[u8]>,
    secret: &SecretText,
) -> Result<Vec<String>, env_file::EnvFileError> {
    let (document, differing) = edited(order, before, secret)?;
    env_file::replace(&order.path, &document.to_bytes(), before, order.backups.as_ref())?;
    Ok(differing)
}

/// The file with the values in it, and the sentences; nothing is written.
pub(super) fn edited(
    order: &Order,
    before: Option<&[u8]>,
    secret: &SecretText,
) -> Result<(env_file::Document, Vec<String>), env_file::EnvFileError> {
    let mut document = env_file::Document::parse(before.unwrap_or_default());
    let mut differing = Vec::new();
    for (name, value) in values(order, secret) {
        differing.extend(document.set(name, value.expose(), order.reader)?.warning(name));
    }
    Ok((document, differing))
}

fn values<'a>(order: &'a Order, secret: &SecretText) -> Vec<(&'a str, SecretText)> {
    let mut values = vec![
        (order.names.token.as_str(), order.client.token().secret().clone()),
        (order.names.secret.as_str(), secret.clone()),
    ];
    if let Some(base) = &order.base_url {
        values.push((order.names.url.as_str(), SecretText::new(base.clone())));
    }
    if let Some((name, value)) = switch(&order.names, order.client.environment().name) {
        values.push((name, SecretText::new(value)));
    }
    values
}

fn switch(names: &Names, environment: EnvironmentName) -> Option<(&str, &str)> {
    let switch = names.switch.as_ref()?;
    Some((&switch.name, switch.value(environment)?))
}

/// The address that goes into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base<'a> {
    /// None: the app's own address needs no variable.
    None,
    /// This one.
    Known(&'a str),
    /// The tunnel's, once it is up.
    Later,
}

/// What the file will hold, for the preview; a value that only comes with the endpoint is described.
#[must_use]
pub fn wanted(
    names: &Names,
    token: &SecretText,
    source: SecretSource,
    secret: Option<SecretText>,
    base: Base<'_>,
    environment: EnvironmentName,
) -> Vec<Wanted> {
    use env_file::diff::WantedValue;
    let secret = match (secret, source) {
        (Some(secret), _) => WantedValue::Known(secret),
        (None, SecretSource::Polar) => WantedValue::Later("made by Polar".to_owned()),
        (None, _) => WantedValue::Later("made when you write".to_owned()),
    };
    let mut wanted = vec![
        Wanted { variable: Variable::Token, name: names.token.clone(), value: WantedValue::Known(token.clone()) },
        Wanted { variable: Variable::Secret, name: names.secret.clone(), value: secret },
    ];
    let base = match base {
        Base::None => None,
        Base::Known(base) => Some(WantedValue::Known(SecretText::new(base))),
        Base::Later => Some(WantedValue::Later("the tunnel's address".to_owned())),
    };
    wanted.extend(base.map(|value| Wanted { variable: Variable::Url, name: names.url.clone(), value }));
    wanted.extend(switch(names, environment).map(|(name, value)| Wanted {
        variable: Variable::Switch,
        name: name.to_owned(),
        value: WantedValue::Known(SecretText::new(value)),
    }));
    wanted
}
