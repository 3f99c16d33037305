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

use super::{Seen, Subject};
use crate::project;

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
    let route = route(subject, public_url.as_deref());
    let place = handler::Where { port: app.port, route: &route, public: public_url.as_deref() };
    let guesses = guesses::all(&env, &app, &polar, &code);
    let (handler, public) = tokio::join!(
        async { if app.listens { handler::look(&place, &signing, guesses).await } else { None } },
        public::look(public_url.as_deref().filter(|_| subject.asks_public), &signing),
    );
    let project = &subject.project;
    Seen {
        sdk: project.sdk.as_ref().map(|sdk| (format!("{} {}", sdk.package, sdk.version), sdk.accepts.clone())),
        route,
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
fn route(subject: &Subject, public: Option<&str>) -> String {
    let public = public.filter(|_| !subject.route.is_known).and_then(|public| Url::parse(public).ok());
    public.map(|url| url.path().to_owned()).filter(|path| path != "/").unwrap_or_else(|| subject.route.value.clone())
}
