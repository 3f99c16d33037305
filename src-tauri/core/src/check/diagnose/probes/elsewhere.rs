//! What answers at other paths than the route: where the handler may be instead, and what is at no path of the app's.

use futures_util::future::join_all;
use reqwest::Method;
use url::{Position, Url};

use super::{
    super::{Answer, HandlerSeen},
    handler::Asked,
    paths, request,
};

/// A path that nobody has, below what the first word of another is: a guard stands before both, and neither a route with a
/// parameter nor one that is told by its beginning takes it.
pub fn beside(path: &str) -> String {
    let mut words = path.trim_matches('/').split('/');
    let first = words.next().filter(|_| words.next().is_some()).map(|word| format!("/{word}")).unwrap_or_default();
    format!("{first}/polar-setup-nobody-has-this")
}

/// At the path of the endpoint's address, where that is another one.
pub async fn at_endpoints_path(seen: &mut HandlerSeen, asked: &Asked<'_>) {
    let public = asked.place.public.and_then(|public| Url::parse(public).ok());
    let Some(public) = public.filter(|url| url.path() != asked.place.route) else { return };
    let whole = &public[Position::BeforePath..Position::AfterQuery];
    if let Some(answer) = asked.elsewhere(whole).await {
        if answer.is_success() {
            seen.forged_at_endpoints_path = asked.elsewhere_with(&asked.stranger, whole).await;
        }
        seen.at_endpoints_path = Some((public.path().to_owned(), answer));
    }
}

/// Where the handler may be, or how it wants to be asked.
pub async fn other_paths(seen: &mut HandlerSeen, asked: &Asked<'_>) {
    let route = asked.place.route;
    if let Some(nobody) = asked.at(&beside(route)) {
        seen.by_get = Some(tokio::join!(request::by(Method::GET, &asked.url), request::by(Method::GET, &nobody)));
        seen.by_put = Some(tokio::join!(request::by(Method::PUT, &asked.url), request::by(Method::PUT, &nobody)));
    }
    if let Some(health) = route.strip_suffix("/polar/webhooks").and_then(|base| asked.at(&format!("{base}/ok"))) {
        seen.plugin_answers = Some(request::by(Method::GET, &health).await.is_success());
    }
    let mut paths = paths::near(route, asked.place.base_path);
    if let Some(in_code) = asked.place.in_code.filter(|in_code| *in_code != route) {
        paths.retain(|path| path != in_code);
        paths.insert(0, in_code.to_owned());
    }
    let found = join_all(paths.iter().map(|path| near(seen, asked, path))).await;
    seen.near = found.into_iter().flatten().collect();
}

/// What answers at another path, if that may be this handler: it tells a right signature from a forged one, or is named
/// after Polar, and is not what answers at any path beside it.
async fn near(seen: &HandlerSeen, asked: &Asked<'_>, path: &str) -> Option<(String, Answer)> {
    let answer = asked.elsewhere(path).await?;
    let is_like = |other: &Option<Answer>| other.as_ref().is_some_and(|other| other.is_like(&answer));
    if matches!(answer.status, None | Some(404 | 405 | 501)) || is_like(&seen.beside) {
        return None;
    }
    let (forged, nobodys) =
        tokio::join!(asked.elsewhere_with(&asked.stranger, path), async { asked.elsewhere(&beside(path)).await });
    let is_named = path.contains("polar") || asked.place.in_code == Some(path);
    let is_handlers = is_named || !is_like(&forged);
    // Behind a redirect there may be anything.
    let is_redirect = matches!(answer.status, Some(300..=399));
    (is_handlers && !is_like(&nobodys) && !is_redirect).then(|| (path.to_owned(), answer))
}
