//! The keys that a known secret gives, also where it was not written down as it should be.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    SecretText,
    webhook::{secret::PREFIX, signature::KeyRule},
};

/// In which way a secret differs from the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In none.
    AsItIs,
    /// Quotes, blanks or line breaks stand around it.
    Wrapped,
    /// `NAME=` stands before it.
    Named,
    /// `whsec_` is missing.
    PrefixMissing,
    /// `whsec_` stands before it once too often.
    PrefixExtra,
    /// It is base64 of the secret.
    Encoded,
    /// Base64 of it is the secret.
    Decoded,
}

impl Form {
    /// What is wrong, after "the secret", and what to do.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AsItIs => ("is written as it should be", "Nothing is to be done."),
            Self::Wrapped => (
                "has quotes or blanks around it that do not belong to it",
                "Write it without them, and restart your app.",
            ),
            Self::Named => ("has a variable's name before it", "Keep only what follows the =, and restart your app."),
            Self::PrefixMissing => (
                "lacks its beginning, whsec_",
                "Write it whole, whsec_ included, as Polar shows it, and restart your app.",
            ),
            Self::PrefixExtra => {
                ("begins with whsec_ once too often", "Write it as Polar shows it, and restart your app.")
            }
            Self::Encoded => (
                "is encoded in base64 once too often",
                "Write the secret itself, as Polar shows it: Polar's SDK encodes it where that is needed. Restart your app.",
            ),
            Self::Decoded => (
                "would have to be encoded in base64 to fit",
                "Write the secret exactly as it is on the endpoint, and restart your app.",
            ),
        }
    }
}

/// A key, and how it came to be.
pub(super) struct Key {
    pub(super) form: Form,
    pub(super) rule: KeyRule,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// The keys of the secret as it is.
pub(super) fn exact(secret: &SecretText) -> Vec<Key> {
    of(Form::AsItIs, secret)
}

/// The keys that it would give were it written in another way.
pub(super) fn respelled(secret: &SecretText) -> Vec<Key> {
    let text = secret.expose();
    let mut forms: Vec<(Form, String)> = Vec::new();
    let bare = unwrapped(text);
    forms.push((Form::Wrapped, bare.to_owned()));
    if let Some((name, value)) = bare.split_once('=')
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ')
    {
        forms.push((Form::Named, unwrapped(value).to_owned()));
    }
    match bare.strip_prefix(PREFIX) {
        None => forms.push((Form::PrefixMissing, format!("{PREFIX}{bare}"))),
        Some(rest) => forms.push((Form::PrefixExtra, rest.to_owned())),
    }
    for encoded in [bare, bare.strip_prefix(PREFIX).unwrap_or(bare)] {
        if let Some(inner) = decoded(encoded) {
            forms.push((Form::Encoded, format!("{PREFIX}{inner}")));
            forms.push((Form::Encoded, inner));
        }
    }
    forms.push((Form::Decoded, STANDARD.encode(text)));
    let forms = forms.into_iter().filter(|(_, other)| other != text);
    forms.flat_map(|(form, text)| of(form, &SecretText::new(text))).collect()
}

fn of(form: Form, secret: &SecretText) -> Vec<Key> {
    let key = |rule: KeyRule| Some(Key { form, rule, bytes: Zeroizing::new(rule.key(secret)?) });
    KeyRule::ALL.into_iter().filter_map(key).filter(|key| !key.bytes.is_empty()).collect()
}

fn unwrapped(text: &str) -> &str {
    let mut bare = text;
    loop {
        let before = bare;
        bare = bare.trim_matches(|c: char| c.is_whitespace() || c.is_control() || "\"'`\u{feff}\u{200b}".contains(c));
        bare = bare.strip_suffix("\\n").unwrap_or(bare);
        if before == bare {
            return bare;
        }
    }
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok().filter(|text| !text.is_empty())
}

/// The key in words.
pub(super) fn words(rule: KeyRule, secret: &SecretText) -> String {
    match (rule, rule.key(secret)) {
        (KeyRule::PolarOwn, _) => format!("the {} bytes of the whole secret", secret.expose().len()),
        (KeyRule::StandardWebhooks, Some(key)) => {
            let what = if secret.expose().starts_with(PREFIX) { "what follows whsec_" } else { "the secret" };
            format!("the {} bytes that {what} is base64 of", key.len())
        }
        (KeyRule::StandardWebhooks, None) => "none: this secret is not base64".into(),
    }
}
