//! The variables that this program writes, by the names that they have in one project.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::names;
use crate::setup::view::EnvironmentName;

/// Which variable, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Variable {
    /// The organization access token.
    Token,
    /// The webhook secret.
    Secret,
    /// The tunnel's address, without the route.
    Url,
    /// Which Polar the app's SDK talks to: sandbox or production.
    Switch,
}

impl Variable {
    /// Whether its value must not be seen.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Token | Self::Secret)
    }

    /// What it is, for people who read `.env.example`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Token => "Polar: organization access token (organization settings, Developers)",
            Self::Secret => "Polar: the webhook endpoint's secret",
            Self::Url => "Polar: where this machine is reachable in development, without the route",
            Self::Switch => "Polar: which server the app talks to",
        }
    }
}

/// The names in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The token's.
    pub token: String,
    /// The secret's.
    pub secret: String,
    /// The tunnel address's.
    pub url: String,
    /// The switch between sandbox and production, if the app reads one.
    pub switch: Option<Switch>,
}

/// The switch between sandbox and production. Its name is not agreed upon: each project has its own, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Its name.
    pub name: String,
    /// Its value for the sandbox.
    pub sandbox: String,
    /// Its value for production.
    pub production: String,
}

impl Switch {
    /// A switch with Polar's own words for its values.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), sandbox: "sandbox".to_owned(), production: "production".to_owned() }
    }

    /// Its value for a Polar; `None`: the SDK knows no word for that one.
    #[must_use]
    pub fn value(&self, environment: EnvironmentName) -> Option<&str> {
        match environment {
            EnvironmentName::Sandbox => Some(&self.sandbox),
            EnvironmentName::Production => Some(&self.production),
            EnvironmentName::Practice | EnvironmentName::Custom => None,
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self {
            token: names::ACCESS_TOKEN.to_owned(),
            secret: names::WEBHOOK_SECRET.to_owned(),
            url: names::WEBHOOK_URL_DEV.to_owned(),
            switch: None,
        }
    }
}

impl Names {
    /// The name of a variable; `None`: the project has none of this kind.
    #[must_use]
    pub fn of(&self, variable: Variable) -> Option<&str> {
        match variable {
            Variable::Token => Some(&self.token),
            Variable::Secret => Some(&self.secret),
            Variable::Url => Some(&self.url),
            Variable::Switch => self.switch.as_ref().map(|switch| switch.name.as_str()),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (Variable, &str)> {
        [Variable::Token, Variable::Secret, Variable::Url, Variable::Switch]
            .into_iter()
            .filter_map(|variable| Some((variable, self.of(variable)?)))
    }
}

/// The names that a user chose instead of those found or usual. Empty: the switch is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChosenNames {
    /// The token's.
    pub token: Option<String>,
    /// The secret's.
    pub secret: Option<String>,
    /// The tunnel address's.
    pub url: Option<String>,
    /// The switch's.
    pub switch: Option<String>,
}

impl ChosenNames {
    /// These, and what was found where none is chosen.
    #[must_use]
    pub fn or(&self, found: Names) -> Names {
        let switch = match self.switch.as_deref() {
            None => found.switch,
            Some("") => None,
            Some(name) => Some(found.switch.filter(|known| known.name == name).unwrap_or_else(|| Switch::named(name))),
        };
        Names {
            token: self.token.clone().unwrap_or(found.token),
            secret: self.secret.clone().unwrap_or(found.secret),
            url: self.url.clone().unwrap_or(found.url),
            switch,
        }
    }

    /// Chooses a name; `None` goes back to what was found.
    pub fn set(&mut self, variable: Variable, name: Option<String>) {
        let slot = match variable {
            Variable::Token => &mut self.token,
            Variable::Secret => &mut self.secret,
            Variable::Url => &mut self.url,
            Variable::Switch => &mut self.switch,
        };
        *slot = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_counts_more_than_what_was_found() {
        let found = || Names {
            switch: Some(Switch { name: "USE_SANDBOX".into(), sandbox: "true".into(), production: "false".into() }),
            ..Names::default()
        };
        let mut chosen = ChosenNames::default();
        assert_eq!(chosen.or(found()), found());
        chosen.set(Variable::Token, Some("MY_TOKEN".into()));
        chosen.set(Variable::Switch, Some("USE_SANDBOX".into()));
        let names = chosen.or(found());
        assert_eq!((names.token.as_str(), names.secret.as_str()), ("MY_TOKEN", names::WEBHOOK_SECRET));
        assert_eq!(names.switch.unwrap().value(EnvironmentName::Sandbox), Some("true"));
        chosen.set(Variable::Switch, Some("POLAR_MODE".into()));
        assert_eq!(chosen.or(found()).switch.unwrap().value(EnvironmentName::Production), Some("production"));
        chosen.set(Variable::Switch, Some(String::new()));
        assert_eq!(chosen.or(found()).all().count(), 3);
        chosen.set(Variable::Token, None);
        assert_eq!(chosen.or(found()).token, names::ACCESS_TOKEN);
    }
}
