//! What goes into the env file.

use super::Order;
use crate::{
    SecretText,
    check::verify::Names,
    env_file::{self, diff::Wanted},
    setup::view::SecretSource,
};

pub(super) fn write(order: &Order, before: Option<&[u8]>, secret: &SecretText) -> Result<(), env_file::EnvFileError> {
    let mut document = env_file::Document::parse(before.unwrap_or_default());
    for (name, value) in values(order, secret) {
        document.set(name, value.expose(), None)?;
    }
    let bytes = document.to_bytes();
    if before == Some(bytes.as_slice()) {
        // Nothing to change but, perhaps, who may read it.
        return env_file::make_private(&order.path);
    }
    env_file::write(&order.path, &bytes, before)
}

fn values<'a>(order: &'a Order, secret: &SecretText) -> Vec<(&'a str, SecretText)> {
    let mut values = vec![
        (order.names.token.as_str(), order.client.token().secret().clone()),
        (order.names.secret.as_str(), secret.clone()),
    ];
    if let Some(base) = &order.base_url {
        values.push((order.names.url.as_str(), SecretText::new(base.clone())));
    }
    values
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
) -> Vec<Wanted> {
    use env_file::diff::WantedValue;
    let secret = match (secret, source) {
        (Some(secret), _) => WantedValue::Known(secret),
        (None, SecretSource::Polar) => WantedValue::Later("made by Polar".to_owned()),
        (None, _) => WantedValue::Later("made when you write".to_owned()),
    };
    let mut wanted = vec![
        Wanted { name: names.token.clone(), value: WantedValue::Known(token.clone()), secret: true },
        Wanted { name: names.secret.clone(), value: secret, secret: true },
    ];
    let base = match base {
        Base::None => None,
        Base::Known(base) => Some(WantedValue::Known(SecretText::new(base))),
        Base::Later => Some(WantedValue::Later("the tunnel's address".to_owned())),
    };
    wanted.extend(base.map(|value| Wanted { name: names.url.clone(), value, secret: false }));
    wanted
}
