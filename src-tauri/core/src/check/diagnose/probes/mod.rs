//! The probes: each looks at one place and writes down what it saw. They run side by side where none waits for another.

mod app;
mod choose;
mod env;
mod guesses;
mod handler;
mod polar;
mod process;
mod proxy;
mod public;
mod request;
mod tunnels;

use tokio::task::spawn_blocking;
use url::Url;

use super::{AppSeen, HandlerSeen, Likely, Seen, Subject};
use crate::{project, setup::own_url::format_of};

/// Looks everywhere.
pub(super) async fn look(subject: &Subject) -> Seen {
    let env = env::look(subject);
    let folder = subject.project.folder.clone();
    let code = spawn_blocking(move || project::read_handler_code(&folder));
    let (app, tunnels, (mut polar, client), code) =
        tokio::join!(app::look(subject), tunnels::look(), polar::ask(subject, &env), code);
    let code = code.unwrap_or_default();
    if let Some(client) = client {
        let project = choose::Project { subject, env: &env, app: &app, tunnels: &tunnels };
        polar::look_at_endpoint(&mut polar, &client, &project).await;
    }
    let endpoint = polar.endpoint.as_ref().map(|(endpoint, _)| endpoint.clone());
    let polars_secret = endpoint.as_ref().and_then(|endpoint| endpoint.secret.clone());
    let signing = request::Signing {
        secret: env.secret().cloned(),
        polars_secret,
        organization: endpoint.as_ref().and_then(|endpoint| endpoint.organization_id.clone()).unwrap_or_default(),
    };
    let public_url = endpoint.as_ref().map(|endpoint| endpoint.url.clone());
    // A chat service's address says nothing of this app.
    let to_app = public_url.as_deref().filter(|url| format_of(url).is_none());
    let mut route = route(subject, to_app);
    let guesses = guesses::all(&env, &app, &polar, &code);
    let (handler, public) = tokio::join!(
        async { if app.listens { look_at_handler(&app, &mut route, to_app, &signing, guesses).await } else { None } },
        public::look(to_app.filter(|_| subject.asks_public), &signing),
    );
    let project = &subject.project;
    Seen {
        sdk: project.sdk.as_ref().map(|sdk| (format!("{} {}", sdk.package, sdk.version), sdk.accepts.clone())),
        route: route.value,
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

/// Where the handler should be: what is known of it, else where the endpoint delivers to.
fn route(subject: &Subject, public: Option<&str>) -> Likely<String> {
    let public = public.filter(|_| !subject.route.is_known).and_then(|public| Url::parse(public).ok());
    let path = public.map(|url| url.path().to_owned()).filter(|path| path != "/");
    path.map_or_else(|| subject.route.clone(), |path| Likely::new(path, true))
}

/// Asks the handler. Where nothing is at a route that is only usual, and something is at one that is easily mistaken for
/// it, that one is the handler's.
async fn look_at_handler(
    app: &AppSeen,
    route: &mut Likely<String>,
    public: Option<&str>,
    signing: &request::Signing,
    guesses: Vec<guesses::Guessed>,
) -> Option<HandlerSeen> {
    let place = handler::Where { port: app.port, route: &route.value, public };
    let seen = handler::look(&place, signing, &guesses).await?;
    let Some((near, _)) = seen.near.first().filter(|_| !route.is_known) else { return Some(seen) };
    *route = Likely::new(near.clone(), true);
    handler::look(&handler::Where { port: app.port, route: &route.value, public }, signing, &guesses).await
}
