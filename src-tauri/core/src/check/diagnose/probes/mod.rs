//! The probes: each looks at one place and writes down what it saw. They run side by side where none waits for another.

mod app;
mod env;
mod handler;
mod polar;
mod process;
mod public;
mod request;

use super::{Seen, Subject};

/// Looks everywhere.
pub(super) async fn look(subject: &Subject) -> Seen {
    let env = env::look(subject);
    let (app, polar) = tokio::join!(app::look(subject), polar::look(subject, &env));
    let endpoint = polar.endpoint.as_ref().map(|(endpoint, _)| endpoint.clone());
    let polars_secret = endpoint.as_ref().and_then(|endpoint| endpoint.secret.clone());
    let signing = request::Signing {
        secret: env.secret().cloned(),
        polars_secret,
        organization: endpoint.as_ref().and_then(|endpoint| endpoint.organization_id.clone()).unwrap_or_default(),
    };
    let public_url = endpoint.as_ref().map(|endpoint| endpoint.url.clone());
    let (handler, public) = tokio::join!(
        handler::look(subject, app.listens, &signing, public_url.as_deref()),
        public::look(public_url.as_deref(), &signing),
    );
    let project = &subject.project;
    Seen {
        framework: project.framework.as_ref().map(|found| found.value.clone()),
        sdk: project.sdk.as_ref().map(|sdk| (format!("{} {}", sdk.package, sdk.version), sdk.accepts.clone())),
        route: subject.route.clone(),
        env,
        app,
        handler,
        polar,
        public,
    }
}
