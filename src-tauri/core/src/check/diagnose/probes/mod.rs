//! The probes: each looks at one place and writes down what it saw. They run side by side where none waits for another.

mod app;
mod choose;
mod connections;
mod elsewhere;
mod env;
mod guesses;
mod handler;
mod paths;
mod polar;
mod process;
mod proxy;
mod public;
mod request;
mod tunnels;

use tokio::task::spawn_blocking;
use url::Url;

pub(super) use self::process::works_in;
use self::request::Signing;
use super::{Answer, AppSeen, HandlerSeen, Likely, Seen, Subject, port_here};
use crate::{check::delivery::TEST_EVENT, project, setup::own_url::format_of};

/// Looks everywhere.
pub(super) async fn look(subject: &Subject) -> Seen {
    let env = env::look(subject);
    let folder = subject.project.folder.clone();
    let code = spawn_blocking(move || project::read_handler_code(&folder));
    let (mut app, tunnels, (mut polar, client), code) =
        tokio::join!(app::look(subject), tunnels::look(), polar::ask(subject, &env), code);
    let code = code.unwrap_or_default();
    if let Some(client) = client {
        let project = choose::Project { subject, env: &env, app: &app, tunnels: &tunnels };
        polar::look_at_endpoint(&mut polar, &client, &project).await;
        let folder = subject.outer.as_ref().map_or(&subject.project.folder, |(outer, _)| &outer.folder);
        // The command listen brings the events by Polar's relay, without an endpoint.
        polar.is_relayed = polar.endpoint.is_none() && process::listens_for(folder);
    }
    let endpoint = polar.endpoint.as_ref().map(|(endpoint, _)| endpoint.clone());
    // A development server that passes on to the app is not the app.
    app.is_front = app.is_front || code.vite_passes_on && app.listens && app::is_vite(app.port).await;
    let behind_front = match app.other_ports.as_slice() {
        [only] if code.vite_passes_on && app.is_front && !app.others_lack_route => Some(*only),
        _ => None,
    };
    let endpoints = endpoint.as_ref().and_then(|endpoint| endpoints_port(&app, &endpoint.url));
    if let Some(port) = behind_front.or(endpoints) {
        app = app::look(&Subject { app_port: Likely::new(port, true), ..subject.clone() }).await;
    }
    let polars_secret = endpoint.as_ref().and_then(|endpoint| endpoint.secret.clone());
    let signing = Signing {
        secret: env.secret().cloned(),
        polars_secret,
        organization: endpoint.as_ref().and_then(|endpoint| endpoint.organization_id.clone()).unwrap_or_default(),
        event: TEST_EVENT.to_owned(),
        behind_https: false,
    };
    let public_url = endpoint.as_ref().map(|endpoint| endpoint.url.clone());
    // A chat service's address says nothing of this app.
    let to_app = public_url.as_deref().filter(|url| format_of(url).is_none());
    let mut route = route(subject, to_app);
    let mut handler = None;
    if app.listens {
        let events =
            events(&code.events, endpoint.as_ref().map(|endpoint| endpoint.events.as_slice()).unwrap_or_default());
        let in_code = subject.project.route_at.as_ref().map(|_| subject.project.route.as_str());
        let asked = Asked {
            app: &app,
            in_code,
            public: to_app,
            base_path: code.base_path.as_deref(),
            events: &events,
            guesses: &guesses::all(&env, &app, &polar, &code),
        };
        let behind_https = to_app.is_some_and(|url| url.starts_with("https://"));
        handler = look_at_handler(&asked, &mut route, &Signing { behind_https, ..signing.clone() }).await;
    }
    // Only now: an app that builds a route when it is first asked for is ready by then.
    let is_hung = handler.as_ref().and_then(HandlerSeen::first).is_some_and(Answer::is_timeout);
    let leads_here = |url: &&str| port_here(url).is_some_and(|port| port == app.port || app.receivers.contains(&port));
    // Who hangs here hangs there.
    let asked = to_app.filter(|url| subject.asks_public && !(is_hung && leads_here(url)));
    let app_port = Some(app.port).filter(|_| app.listens);
    let public = public::look(asked, app_port, &signing).await;
    let project = &subject.project;
    Seen {
        sdk: project.sdk.as_ref().map(|sdk| (format!("{} {}", sdk.package, sdk.version), sdk.accepts.clone())),
        is_mounted_by_plugin: project.plugin.is_some() && project.route_at.is_some() && route.value == project.route,
        route_in_code: project.route_at.clone().filter(|_| route.value == project.route),
        route: route.value,
        chosen: if polar.is_made_here { subject.events.clone() } else { Vec::new() },
        start: project.start.clone(),
        env,
        app,
        code,
        handler,
        polar,
        public,
        tunnels,
        ngrok_has_authtoken: tunnels::ngrok_has_authtoken(),
        tunnel_problem: subject.tunnel_problem.clone(),
    }
}

/// Where nothing listens on the port that was expected, and a program of the project does where the endpoint leads to; a
/// development server in front of the app is not the app.
fn endpoints_port(app: &AppSeen, address: &str) -> Option<u16> {
    port_here(address).filter(|port| !app.listens && app.other_ports.contains(port) && !app.fronts.contains(port))
}

/// Where the handler should be: what is known of it, else where the endpoint delivers to.
fn route(subject: &Subject, public: Option<&str>) -> Likely<String> {
    let public = public.filter(|_| !subject.route.is_known).and_then(|public| Url::parse(public).ok());
    let path = public.map(|url| url.path().to_owned()).filter(|path| path != "/");
    path.map_or_else(|| subject.route.clone(), |path| Likely::new(path, true))
}

/// What the handler may be asked besides: for event types that it is made for and that the endpoint takes, those that
/// do the least first.
fn events(code: &[String], endpoint: &[String]) -> Vec<String> {
    let both = code.iter().filter(|event| endpoint.contains(event)).cloned().collect::<Vec<_>>();
    let mut events =
        [both, endpoint.to_vec(), code.to_vec()].into_iter().find(|list| !list.is_empty()).unwrap_or_default();
    events.sort_by_key(|event| match event.rsplit('.').next() {
        Some("updated") => 0,
        Some("created") => 1,
        _ => 2,
    });
    events
}

/// What is known when the handler is asked.
struct Asked<'a> {
    app: &'a AppSeen,
    in_code: Option<&'a str>,
    public: Option<&'a str>,
    base_path: Option<&'a str>,
    events: &'a [String],
    guesses: &'a [guesses::Guessed],
}

impl<'a> Asked<'a> {
    fn at(&self, route: &'a str) -> handler::Where<'a> {
        handler::Where {
            port: self.app.port,
            route,
            in_code: self.in_code,
            public: self.public,
            base_path: self.base_path,
            events: self.events,
        }
    }
}

/// Asks the handler. Where nothing is at the route, the endpoint's own path may be the right one; and where the route is
/// only usual, one that is easily mistaken for it.
async fn look_at_handler(asked: &Asked<'_>, route: &mut Likely<String>, signing: &Signing) -> Option<HandlerSeen> {
    let known = route.value.clone();
    let mut seen = handler::look(&asked.at(&known), signing, asked.guesses).await?;
    let nothing = seen.first().is_some_and(|answer| matches!(answer.status, Some(404 | 405))) && !seen.verifies();
    // What hangs or breaks off there is there as well.
    let is_there =
        |answer: &Answer| !matches!(answer.status, Some(404 | 405 | 501 | 300..=399)) && !seen.is_nobodys(answer);
    // Where every path is answered alike, the endpoint's is as good as one that the code names only the end of.
    let is_whole = |path: &String| {
        let alike = seen.first().is_some_and(|first| seen.is_nobodys(first));
        alike && path.len() > known.len() && path.ends_with(&known)
    };
    let endpoints =
        seen.at_endpoints_path.as_ref().filter(|(path, answer)| nothing && is_there(answer) || is_whole(path));
    let near = seen.near.first().filter(|_| nothing && !route.is_known);
    if let Some(other) = endpoints.or(near).map(|(other, _)| other.clone()) {
        *route = Likely::new(other, true);
        let known = route.value.clone();
        seen = handler::look(&asked.at(&known), signing, asked.guesses).await?;
    }
    Some(seen)
}
