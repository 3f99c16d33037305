//! What the flags ask for, completed by what is remembered and what the project shows. Wrong usage ends here.

use std::path::{Component, Path, PathBuf};

use polar_setup_core::{
    SecretText,
    env_file::{ChosenNames, Names, Variable, names},
    polar::event::catalogue,
    project::{self, Project},
    setup::{
        endpoint_choice::NEW,
        memory::Remembered,
        view::{DeliveryFormat, SecretSource},
    },
    webhook::secret,
};

use crate::{
    args::{SetupArgs, TunnelChoice},
    run::Stop,
};

/// The longest name that Polar takes, in characters.
const LONGEST_NAME: usize = 128;

/// What is wanted.
#[derive(Debug)]
pub struct Wishes {
    pub name: String,
    pub name_chosen: bool,
    pub format: Option<DeliveryFormat>,
    pub events: Vec<String>,
    /// Whether the user named each event.
    pub events_listed: bool,
    pub secret_source: SecretSource,
    pub own_secret: Option<SecretText>,
    pub route: String,
    pub port: u16,
}

/// The project's folder, or why it cannot be used.
pub fn project(folder: &Path) -> Result<Project, Stop> {
    let project = project::inspect(folder);
    match project.problem {
        Some(problem) => Err(Stop::Usage(format!("--project: {problem}"))),
        None => Ok(project),
    }
}

/// The env file: the flag's, else the remembered one, else what the project shows.
pub fn env_file(flag: Option<&str>, remembered: &Remembered, project: &Project) -> Result<(String, PathBuf), Stop> {
    let name = flag.or(remembered.env_file.as_deref()).unwrap_or(&project.env_file).to_owned();
    let inside = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if name.trim().is_empty() || !inside {
        return Err(Stop::Usage("--env-file is the name of a file in the project's folder, like .env.local.".into()));
    }
    let path = project.folder.join(&name);
    Ok((name, path))
}

/// The names that the flags choose.
pub fn chosen_names(arguments: &SetupArgs, chosen: &mut ChosenNames) {
    for (variable, name) in [
        (Variable::Token, &arguments.token_variable),
        (Variable::Secret, &arguments.secret_variable),
        (Variable::Url, &arguments.url_variable),
        (Variable::Switch, &arguments.switch_variable),
    ] {
        if let Some(name) = name {
            chosen.set(variable, Some(if name == "-" { String::new() } else { name.clone() }));
        }
    }
}

/// What the variables are called: by the flags, else as remembered, else as the project's code reads them.
pub fn names(arguments: &SetupArgs, remembered: &Remembered, project: &Project) -> Result<Names, Stop> {
    let mut chosen = remembered.names.clone();
    chosen_names(arguments, &mut chosen);
    let names = chosen.or(project.variable_names());
    for (variable, name) in names.all() {
        names::check(name, variable.is_secret()).map_err(|error| Stop::Usage(format!("{error} {}", error.fix())))?;
        if names.all().any(|(other, taken)| other != variable && taken == name) {
            return Err(Stop::Usage(format!("{name} cannot be the name of two variables.")));
        }
    }
    Ok(names)
}

/// Checks what can be checked without asking anybody.
pub fn check_flags(arguments: &SetupArgs) -> Result<(), Stop> {
    let wrong = |text: &str| Err(Stop::Usage(text.to_owned()));
    if let Some(name) = &arguments.name
        && (name.trim().is_empty() || name.chars().count() > LONGEST_NAME)
    {
        return wrong("--name has 1 to 128 characters.");
    }
    if let Some(route) = &arguments.route
        && (route.trim_matches('/').is_empty() || route.contains("://") || route.contains(['?', '#', ' ', '\t']))
    {
        return wrong("--route is a path like /api/auth/polar/webhooks.");
    }
    if arguments.tunnel == Some(TunnelChoice::Relay) {
        if arguments.rotate_secret || arguments.endpoint.is_some() {
            return wrong("--tunnel relay makes no endpoint: leave --endpoint and --rotate-secret out.");
        }
        if arguments.keep_running {
            return wrong("--keep-running is for a tunnel. With the relay, \"listen\" brings the events afterwards.");
        }
    }
    if let Some(id) = &arguments.endpoint
        && id != NEW
        && !(id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-'))
    {
        return wrong("--endpoint is an endpoint's id, as Polar's page and this program show it, or \"new\".");
    }
    if let Some(events) = &arguments.events
        && events.iter().any(|event| event.trim().is_empty())
    {
        return wrong("--events is a list like order.paid,subscription.active; for no events use --preset none.");
    }
    Ok(())
}

/// All wishes together.
pub fn collect(
    arguments: &SetupArgs,
    own: Option<&SecretText>,
    remembered: &Remembered,
    project: &Project,
) -> Result<Wishes, Stop> {
    let own_secret = match own.map(|own| secret::check_own(own.expose())) {
        None => None,
        Some(Ok(own)) => Some(own),
        Some(Err(error)) => return Err(Stop::Usage(format!("--secret-stdin: {error}"))),
    };
    let name = arguments.name.as_ref().map(|name| name.trim().to_owned()).or_else(|| remembered.name.clone());
    let (events, events_listed) = match (&arguments.events, &arguments.preset) {
        (Some(listed), _) => (listed.iter().map(|event| event.trim().to_owned()).collect(), true),
        (None, Some(preset)) => (preset_events(Some(preset)), false),
        (None, None) => (remembered.events.clone().unwrap_or_else(|| preset_events(None)), false),
    };
    Ok(Wishes {
        name_chosen: name.is_some(),
        name: name.unwrap_or_else(|| format!("Polar Setup: {}", project.name)),
        format: arguments.format.map(DeliveryFormat::from),
        events: in_order(events),
        events_listed,
        secret_source: match (&own_secret, remembered.secret_made_by_polar) {
            (Some(_), _) => SecretSource::Own,
            (None, true) => SecretSource::Polar,
            (None, false) => SecretSource::Generated,
        },
        own_secret,
        route: route(arguments.route.as_deref(), remembered, project),
        port: arguments.port.or(remembered.port).unwrap_or(project.port),
    })
}

/// The handler's route: the flag's, else the remembered one, else what the project shows.
pub fn route(flag: Option<&str>, remembered: &Remembered, project: &Project) -> String {
    let route = flag.or(remembered.route.as_deref()).unwrap_or(&project.route);
    format!("/{}", route.trim_start_matches('/'))
}

fn preset_events(name: Option<&str>) -> Vec<String> {
    let catalogue = catalogue();
    let preset = name.map_or_else(|| catalogue.presets.first(), |name| catalogue.preset(name));
    preset.map(|preset| preset.events.clone()).unwrap_or_default()
}

/// Each once, in the catalogue's order; types that it does not know come last, as Polar may know them.
fn in_order(events: Vec<String>) -> Vec<String> {
    let known: Vec<&str> = catalogue().types().collect();
    let (mut in_catalogue, mut others): (Vec<String>, Vec<String>) =
        events.into_iter().partition(|event| known.contains(&event.as_str()));
    in_catalogue.sort_by_key(|event| known.iter().position(|known| known == event));
    in_catalogue.append(&mut others);
    in_catalogue.dedup();
    in_catalogue
}
