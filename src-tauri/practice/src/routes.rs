//! Polar's routes: which paths there are, which methods they have, who may use them, and where a slash is missing.

use std::sync::LazyLock;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Organization tokens and people.
    Organization,
    /// People only: an organization token is turned away as if there were none.
    People,
    /// Everybody.
    Anyone,
}

/// One method of one path.
#[derive(Debug)]
pub(crate) struct Route {
    pub method: &'static str,
    pub pattern: &'static str,
    pub scopes: Vec<String>,
    pub who: Who,
    pub reads_body: bool,
}

/// What a path and a method lead to.
#[derive(Debug)]
pub(crate) enum Found<'path> {
    Route(&'static Route, Vec<&'path str>),
    /// The path exists; this is its first method.
    OtherMethod(&'static str),
    /// The path exists with this other ending.
    Elsewhere(String),
    Nothing,
}

/// In Polar's own order, on which the answer to a wrong method depends.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| include_str!("routes.tsv").lines().filter_map(route).collect());

fn route(line: &'static str) -> Option<Route> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    Some(Route {
        method: columns.next()?,
        pattern: columns.next()?,
        scopes: columns.next()?.split(' ').filter(|scope| *scope != "-").map(str::to_owned).collect(),
        who: match columns.next()? {
            "organization" => Who::Organization,
            "people" => Who::People,
            _ => Who::Anyone,
        },
        reads_body: columns.next()? == "body",
    })
}

/// Finds what this method and path lead to.
pub(crate) fn find<'path>(method: &str, path: &'path str) -> Found<'path> {
    let mut other = None;
    for route in ROUTES.iter() {
        let Some(parameters) = parameters(route.pattern, path) else { continue };
        if route.method == method {
            return Found::Route(route, parameters);
        }
        other = other.or(Some(route.method));
    }
    if let Some(method) = other {
        return Found::OtherMethod(method);
    }
    let toggled = match path.strip_suffix('/') {
        Some("") => return Found::Nothing,
        Some(shorter) => shorter.to_owned(),
        None => format!("{path}/"),
    };
    if ROUTES.iter().any(|route| parameters(route.pattern, &toggled).is_some()) {
        return Found::Elsewhere(toggled);
    }
    Found::Nothing
}

/// The parts of `path` that stand where `pattern` has `{…}`, if it fits.
fn parameters<'path>(pattern: &str, path: &'path str) -> Option<Vec<&'path str>> {
    let mut found = Vec::new();
    let mut given = path.split('/');
    for wanted in pattern.split('/') {
        let part = given.next()?;
        if wanted.starts_with('{') {
            if part.is_empty() {
                return None;
            }
            found.push(part);
        } else if wanted != part {
            return None;
        }
    }
    given.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_routes_methods_and_slashes() {
        assert!(matches!(find("GET", "/v1/webhooks/endpoints"), Found::Route(route, _) if !route.reads_body));
        assert!(matches!(find("PUT", "/v1/webhooks/endpoints"), Found::OtherMethod("GET")));
        assert!(matches!(find("POST", "/v1/webhooks/endpoints/x/secret"), Found::OtherMethod("PATCH")));
        assert!(
            matches!(find("GET", "/v1/webhooks/endpoints/"), Found::Elsewhere(path) if path == "/v1/webhooks/endpoints")
        );
        assert!(matches!(find("GET", "/v1/organizations"), Found::Elsewhere(path) if path == "/v1/organizations/"));
        assert!(matches!(find("GET", "/v1/nope"), Found::Nothing));
        assert!(matches!(find("GET", "/"), Found::Nothing));
    }
}
