//! A text that must not be seen: it prints `****`, cannot be serialised and is wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A token, webhook secret or authtoken. Only [`SecretText::expose`] gives the text, so every use of it can be found.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text with `****` in place of this one, should it stand in it.
    #[must_use]
    pub fn struck_from(&self, text: String) -> String {
        if self.0.is_empty() || !text.contains(&**self.0) { text } else { text.replace(&**self.0, "****") }
    }

    /// What may be shown: the recognisable prefix (`polar_oat_`, `whsec_`, …), dots, and the last four characters.
    /// A text under 20 characters shows nothing of itself.
    #[must_use]
    pub fn masked(&self) -> String {
        const DOTS: &str = "••••••••";
        if self.0.chars().count() < 20 {
            return DOTS.to_owned();
        }
        let prefix = self.0.rfind('_').map_or("", |end| if end <= 16 { &self.0[..=end] } else { "" });
        let tail: String = {
            let mut last: Vec<char> = self.0.chars().rev().take(4).collect();
            last.reverse();
            last.into_iter().collect()
        };
        format!("{prefix}{DOTS}{tail}")
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_itself() {
        let secret = SecretText::new("polar_oat_LfqNVkXkQc7VrDBWfyiWNcCTMGuXz8Ktg6XuF3iIzEh");
        assert_eq!(format!("{secret} {secret:?}"), "**** ****");
    }

    #[test]
    fn masks_all_but_prefix_and_tail() {
        let secret = SecretText::new("polar_oat_LfqNVkXkQc7VrDBWfyiWNcCTMGuXz8Ktg6XuF3iIzEh");
        assert_eq!(secret.masked(), "polar_oat_••••••••IzEh");
        assert_eq!(SecretText::new("short").masked(), "••••••••");
    }
}
