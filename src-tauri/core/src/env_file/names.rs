//! What the variables are called unless the user says otherwise, and which names will not do.

use super::error::EnvFileError;

/// The organization access token.
pub const ACCESS_TOKEN: &str = "POLAR_ACCESS_TOKEN";
/// The webhook secret.
pub const WEBHOOK_SECRET: &str = "POLAR_WEBHOOK_SECRET";
/// The tunnel's address, without the route.
pub const WEBHOOK_URL_DEV: &str = "POLAR_WEBHOOK_URL_DEV";

/// Prefixes whose variables are built into the pages, and who does so.
const SHIPPED: [(&str, &str); 7] = [
    ("NEXT_PUBLIC_", "Next.js"),
    ("VITE_", "Vite"),
    ("PUBLIC_", "SvelteKit or Astro"),
    ("NUXT_PUBLIC_", "Nuxt"),
    ("REACT_APP_", "Create React App"),
    ("EXPO_PUBLIC_", "Expo"),
    ("GATSBY_", "Gatsby"),
];

/// The prefix by which a framework sends this variable to every visitor's browser.
#[must_use]
pub fn is_shipped_to_browsers(name: &str) -> Option<&'static str> {
    shipped(name).map(|(prefix, _)| prefix)
}

fn shipped(name: &str) -> Option<(&'static str, &'static str)> {
    SHIPPED.into_iter().find(|(prefix, _)| name.starts_with(prefix))
}

/// Whether a variable may be called so.
///
/// # Errors
/// Not every program can read the name, or it would send a `secret` to browsers.
pub fn check(name: &str, secret: bool) -> Result<(), EnvFileError> {
    if !is_name(name) {
        return Err(EnvFileError::Name { name: name.to_owned() });
    }
    match shipped(name).filter(|_| secret) {
        Some((prefix, framework)) => Err(EnvFileError::Shipped { name: name.to_owned(), prefix, framework }),
        None => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_not_be_called_so_that_browsers_get_it() {
        for (prefix, framework) in SHIPPED {
            let name = format!("{prefix}POLAR_WEBHOOK_SECRET");
            assert_eq!(is_shipped_to_browsers(&name), Some(prefix));
            let error = check(&name, true).unwrap_err();
            assert!(error.to_string().contains(framework) && error.fix().contains("POLAR_WEBHOOK_SECRET"), "{error}");
            check(&name, false).unwrap();
        }
        for name in [ACCESS_TOKEN, WEBHOOK_SECRET, WEBHOOK_URL_DEV, "MY_VITE_TOKEN", "_X1", "vite_x"] {
            assert_eq!(is_shipped_to_browsers(name), None);
            check(name, true).unwrap();
        }
    }

    #[test]
    fn names_that_not_all_can_read_are_refused() {
        for name in ["", "1A", "A-B", "A.B", "A B", "A=B", "ä", "A\n"] {
            assert!(matches!(check(name, false), Err(EnvFileError::Name { .. })), "{name}");
        }
    }
}
