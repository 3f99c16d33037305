//! What leaves the program: pages for the browser, values for the clipboard.

use serde::Deserialize;

use super::{IntentError, Setup, apply_step, texts};
use crate::{SecretText, env_file::export::Form, polar::account::SCOPES};

/// Pages that can be opened in the browser. Their addresses never come from the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// Where an organization makes tokens.
    Token,
    /// The organization's webhook endpoints.
    Webhooks,
    /// The endpoint just made.
    Endpoint,
    /// Polar's documentation of its sandbox.
    SandboxDocs,
    /// Polar's documentation of webhooks.
    WebhookDocs,
    /// How to install cloudflared.
    InstallCloudflared,
    /// How to install ngrok.
    InstallNgrok,
    /// Where an ngrok account has its authtoken.
    NgrokAuthtoken,
    /// Where an ngrok account has its own addresses.
    NgrokDomains,
}

/// What can be put on the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copyable {
    /// What to enter as the token's name.
    TokenName,
    /// The scopes to tick.
    Scopes,
    /// Where Polar delivers.
    EndpointUrl,
    /// The tunnel's address, without the route.
    PublicUrl,
    /// The webhook secret.
    Secret,
    /// The access token.
    Token,
    /// The env file's path.
    EnvPath,
    /// The command that installs the chosen tunnel program.
    InstallCommand,
    /// The variables of the env file as shell `export`s.
    EnvShell,
    /// The same as JSON.
    EnvJson,
    /// The same for `docker run --env-file`.
    EnvDocker,
    /// The handler's code.
    Handler,
    /// The command that installs what the handler imports.
    HandlerInstall,
}

/// A value for the clipboard.
#[derive(Debug)]
pub struct Copied {
    /// The value.
    pub text: SecretText,
    /// Whether it must be taken off the clipboard again.
    pub secret: bool,
}

impl Setup {
    /// The address of a page.
    ///
    /// # Errors
    /// This Polar has no such page.
    pub fn page(&self, page: Page) -> Result<String, IntentError> {
        let state = self.lock();
        let server = state.account.server.as_ref();
        let address = match page {
            Page::Token => server.and_then(crate::polar::Environment::token_page),
            Page::Webhooks => server.and_then(crate::polar::Environment::webhooks_page),
            Page::Endpoint => state.apply.report.as_ref().and_then(|report| report.endpoint_page.clone()),
            Page::SandboxDocs => Some("https://polar.sh/docs/integrate/sandbox".to_owned()),
            Page::WebhookDocs => Some("https://polar.sh/docs/integrate/webhooks/endpoints".to_owned()),
            Page::InstallCloudflared => Some(
                "https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/".to_owned(),
            ),
            Page::NgrokAuthtoken => Some("https://dashboard.ngrok.com/get-started/your-authtoken".to_owned()),
            Page::NgrokDomains => Some("https://dashboard.ngrok.com/domains".to_owned()),
            Page::InstallNgrok => Some("https://ngrok.com/download".to_owned()),
        };
        address.ok_or_else(|| IntentError::NotYet("This Polar has no dashboard that could be opened.".into()))
    }

    /// A value for the clipboard. It goes there straight from Rust: the window never holds it.
    ///
    /// # Errors
    /// There is no such value yet.
    pub fn copied(&self, what: Copyable) -> Result<Copied, IntentError> {
        match what {
            Copyable::EnvShell => return self.exported(Form::Shell),
            Copyable::EnvJson => return self.exported(Form::Json),
            Copyable::EnvDocker => return self.exported(Form::Docker),
            _ => {}
        }
        let state = self.lock();
        let plain = |text: Option<String>| text.map(|text| Copied { text: SecretText::new(text), secret: false });
        let found = match what {
            Copyable::EnvShell | Copyable::EnvJson | Copyable::EnvDocker => None,
            Copyable::Handler => plain(state.project.handler.as_ref().map(|handler| handler.code.clone())),
            Copyable::HandlerInstall => {
                plain(state.project.handler.as_ref().and_then(|handler| handler.install.clone()))
            }
            Copyable::TokenName => plain(Some(texts::token_name(&state))),
            Copyable::Scopes => plain(Some(SCOPES.map(|need| need.scope).join(" "))),
            Copyable::EndpointUrl => plain(apply_step::addresses(&state).map(|(endpoint, _)| endpoint)),
            Copyable::PublicUrl => plain(apply_step::addresses(&state).and_then(|(_, base)| base)),
            Copyable::EnvPath => plain(
                state.project.found.as_ref().map(|found| found.folder.join(state.env_file()).display().to_string()),
            ),
            Copyable::InstallCommand => {
                let program =
                    state.public.programs.iter().find(|program| Some(&program.name) == state.public.program.as_ref());
                plain(program.map(|program| program.install.clone()))
            }
            Copyable::Token => {
                state.account.token.as_ref().map(|token| Copied { text: token.secret().clone(), secret: true })
            }
            Copyable::Secret => {
                let known = state.webhook.secret.clone().or_else(|| state.secret_in_file());
                known.map(|text| Copied { text, secret: true })
            }
        };
        found.ok_or_else(|| IntentError::NotYet("There is nothing to copy yet.".into()))
    }
}
