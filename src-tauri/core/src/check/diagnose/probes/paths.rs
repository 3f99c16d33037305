//! Paths that are easily taken for one another.

/// A slash more or less, `/api` before it or not, one word in the plural, a path before all of the app's, the usual routes.
pub fn near(route: &str, base_path: Option<&str>) -> Vec<String> {
    let bare = route.trim_end_matches('/');
    let mut paths = vec![if route.ends_with('/') { bare.to_owned() } else { format!("{bare}/") }];
    if let Some(base) = base_path {
        paths.push(match bare.strip_prefix(base) {
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => format!("{base}{bare}"),
        });
    }
    match bare.strip_prefix("/api/") {
        Some(rest) => paths.push(format!("/{rest}")),
        None => paths.push(format!("/api{bare}")),
    }
    // Versions, as frameworks put them before all paths or behind the first word.
    paths.push(match bare.strip_prefix("/api/") {
        Some(rest) => format!("/api/v1/{rest}"),
        None => format!("/v1{bare}"),
    });
    if bare.contains("webhooks") {
        paths.push(bare.replace("webhooks", "webhook"));
    } else {
        paths.push(bare.replace("webhook", "webhooks"));
    }
    let usual = [
        "/api/webhook/polar",
        "/api/webhooks/polar",
        "/webhook/polar",
        "/webhooks/polar",
        "/polar/webhooks",
        "/polar/webhook",
        "/api/polar/webhooks",
        "/api/polar/webhook",
        "/api/auth/polar/webhooks",
        "/api/webhook",
        "/api/webhooks",
        "/webhook",
        "/webhooks",
    ];
    paths.extend(usual.iter().map(|path| (*path).to_owned()));
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| path.len() > 1 && path != route && seen.insert(path.clone()));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easily_mistaken_is_tried() {
        let paths = near("/api/webhook/polar", None);
        assert_eq!(
            paths[..4],
            ["/api/webhook/polar/", "/webhook/polar", "/api/v1/webhook/polar", "/api/webhooks/polar"]
        );
        assert_eq!(paths.iter().filter(|path| *path == "/webhook/polar").count(), 1);
        assert!(near("/hook", None).contains(&"/api/hook".to_owned()));
        assert!(!near("/hook", None).contains(&"/hook".to_owned()));
        assert!(near("/hook", Some("/shop")).contains(&"/shop/hook".to_owned()));
        assert!(near("/shop/hook", Some("/shop")).contains(&"/hook".to_owned()));
    }
}
