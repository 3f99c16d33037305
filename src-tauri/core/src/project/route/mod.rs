//! Where the app's webhook handler is, if there is one already.

mod code;
mod files;
mod prefix;

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Suggestion,
    framework::{Framework, Routing},
    place::line_of,
    source::Source,
};
use crate::setup::view::Place;

/// The route where there is no handler yet and nothing is known: where the better-auth plugin answers.
pub const DEFAULT_ROUTE: &str = "/api/auth/polar/webhooks";

/// Others whose webhooks live beside Polar's.
const OTHERS: [&str; 9] = ["stripe", "github", "clerk", "paddle", "lemon", "shopify", "slack", "resend", "twilio"];

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// The handler's route: of the better-auth plugin, by the framework's file names, or named in the code. `None`: there
/// is no handler.
pub(super) fn find(framework: Option<Framework>, sources: &[Source]) -> Option<Suggestion<String>> {
    let handlers: Vec<&Source> = sources.iter().filter(|source| is_about_polar_webhooks(source)).collect();
    better_auth(&handlers)
        .or_else(|| files::find(framework?.routing, &handlers, sources))
        .or_else(|| convex(&handlers))
        .or_else(|| code::find(&handlers, sources))
        .or_else(|| files::find(Routing::SupabaseFiles, &handlers, sources))
}

/// Where a handler usually is: of Better Auth, of this framework, or where nothing is known.
pub(super) fn usual(framework: Option<Framework>, better_auth: bool) -> Suggestion<String> {
    let nothing = "no handler for Polar was found in the code";
    match framework {
        Some(_) if better_auth => {
            Suggestion::new(DEFAULT_ROUTE.into(), format!("Where Better Auth's plugin answers; {nothing}."))
        }
        Some(known) => {
            Suggestion::new(known.default_route.into(), format!("The usual one in {}; {nothing}.", known.title))
        }
        None => Suggestion::new(DEFAULT_ROUTE.into(), format!("The usual one; {nothing}.")),
    }
}

pub(super) fn is_about_polar_webhooks(source: &Source) -> bool {
    let (path, text) = (source.path.to_lowercase(), source.text.to_lowercase());
    let says = |word: &str| path.contains(word) || text.contains(word);
    says("polar") && says("webhook")
}

fn better_auth(handlers: &[&Source]) -> Option<Suggestion<String>> {
    static BASE: LazyLock<Regex> = LazyLock::new(|| expression(r#"\bbasePath:\s*["'`](/[^"'`\s]*)["'`]"#));
    let plugin = |source: &&&Source| source.text.contains("@polar-sh/better-auth") && source.text.contains("webhooks(");
    let found = handlers.iter().find(plugin)?;
    let base = BASE
        .captures(&found.text)
        .map_or_else(|| "/api/auth".to_owned(), |base| base[1].trim_end_matches('/').to_owned());
    let at = found.text.find("webhooks(").unwrap_or_default();
    let route = Suggestion::new(
        format!("{base}/polar/webhooks"),
        format!("The better-auth plugin in {} answers there.", found.path),
    );
    Some(route.at(Place::at(found.path.clone(), &found.text, at)))
}

/// The Convex component answers at `/polar/events`, unless it is told otherwise.
fn convex(handlers: &[&Source]) -> Option<Suggestion<String>> {
    static REGISTERED: LazyLock<Regex> = LazyLock::new(|| {
        expression(r#"(?i)polar\w*\.registerRoutes\((?:[^;]{0,200}?\bpath:\s*["'`](/[^"'`\s]*)["'`])?"#)
    });
    let (source, hit) = handlers.iter().find_map(|source| Some((source, REGISTERED.captures(&source.text)?)))?;
    let route = hit.get(1).map_or("/polar/events", |path| path.as_str());
    let at = hit.get(0).map_or(0, |whole| whole.start());
    let found =
        Suggestion::new(route.to_owned(), format!("Convex's Polar component is registered in {}.", source.path));
    Some(found.at(Place::at(source.path.clone(), &source.text, at)))
}

/// `None` where a part is a parameter: then the address is not known.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut route = String::new();
    for part in parts {
        if part.is_empty() || part.contains(['[', '$', ':', '*', '{', '<']) {
            return None;
        }
        route.push('/');
        route.push_str(part);
    }
    (!route.is_empty()).then_some(route)
}

/// The smaller the likelier; `None`: not Polar's webhooks.
fn rank(route: &str) -> Option<u8> {
    let route = route.to_lowercase();
    if OTHERS.iter().any(|other| route.contains(other)) {
        return None;
    }
    match (route.contains("webhook"), route.contains("polar")) {
        (true, true) => Some(0),
        (true, false) => Some(1),
        (false, true) if !route.contains("checkout") && !route.contains("portal") => Some(2),
        _ => None,
    }
}
