//! What writing will change, for the preview: secrets masked.

use super::{Document, Variable};
use crate::{
    SecretText,
    setup::view::{EnvAction, EnvChange},
};

/// A variable that the file shall have.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which it is.
    pub variable: Variable,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: WantedValue,
}

/// A value, or when it will be known.
#[derive(Debug, Clone)]
pub enum WantedValue {
    /// Known already.
    Known(SecretText),
    /// Known only once it is made; what to show instead: "made by Polar".
    Later(String),
}

/// What happens to each variable, in the order wanted.
#[must_use]
pub fn changes(document: &Document, wanted: &[Wanted]) -> Vec<EnvChange> {
    wanted.iter().map(|wanted| change(document, wanted)).collect()
}

fn change(document: &Document, wanted: &Wanted) -> EnvChange {
    let shown = |text: &SecretText| if wanted.variable.is_secret() { text.masked() } else { text.expose().to_owned() };
    let values = document.values(&wanted.name);
    let action = match &wanted.value {
        _ if values.is_empty() => EnvAction::Add,
        WantedValue::Known(value) if values.iter().all(|old| old == value.expose()) => EnvAction::Keep,
        _ => EnvAction::Change,
    };
    EnvChange {
        variable: wanted.variable,
        name: wanted.name.clone(),
        action,
        old: values.last().map(|old| shown(&SecretText::new(old.as_str()))),
        new: match &wanted.value {
            WantedValue::Known(value) => shown(value),
            WantedValue::Later(text) => text.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_added_changed_and_kept_and_shows_no_secret() {
        let secret = "whsec_fpufi7BDvjUmYnAQuPWquGV6Xwy0HuQhJVwJE2lpPW6";
        let document = Document::parse(format!("URL=https://a.example\nTOKEN=old\nSECRET={secret}\n").as_bytes());
        let known = |text: &str| WantedValue::Known(SecretText::new(text));
        let wanted = [
            Wanted { variable: Variable::Url, name: "URL".into(), value: known("https://b.example") },
            Wanted { variable: Variable::Secret, name: "SECRET".into(), value: known(secret) },
            Wanted {
                variable: Variable::Token,
                name: "TOKEN".into(),
                value: WantedValue::Later("made by Polar".into()),
            },
            Wanted { variable: Variable::Secret, name: "NEW".into(), value: known(secret) },
        ];
        let changes = changes(&document, &wanted);
        let actions: Vec<EnvAction> = changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [EnvAction::Change, EnvAction::Keep, EnvAction::Change, EnvAction::Add]);
        assert_eq!(changes[0].old.as_deref(), Some("https://a.example"));
        assert_eq!(changes[0].new, "https://b.example");
        assert_eq!(changes[1].new, "whsec_••••••••pPW6");
        assert_eq!((changes[2].old.as_deref(), changes[2].new.as_str()), (Some("••••••••"), "made by Polar"));
        assert!(changes.iter().all(|change| !format!("{change:?}").contains("fpufi7")));
    }

    #[test]
    fn an_older_duplicate_with_another_value_is_a_change() {
        let document = Document::parse(b"A=1\nA=2\n");
        let wanted =
            Wanted { variable: Variable::Url, name: "A".into(), value: WantedValue::Known(SecretText::new("2")) };
        assert_eq!(changes(&document, &[wanted])[0].action, EnvAction::Change);
    }
}
