//! What "Write and verify" will do, and the env file that it is compared with.

use std::{cell::RefCell, path::PathBuf};

use super::{
    apply::{self, Base},
    apply_step, own_url,
    relay_step::is_relay,
    state::State,
    texts,
    view::{DeliveryFormat, EnvironmentName, PlanView, SecretSource},
};
use crate::env_file::{
    Document, Reader,
    diff::{self, Preview, Wanted},
};

/// The env file as it was read last.
#[derive(Default)]
pub(super) struct EnvBefore {
    /// The file that was read; `None`: none was, or it could not be.
    pub path: Option<PathBuf>,
    /// Its bytes; `None`: there is no file.
    pub bytes: Option<Vec<u8>>,
    /// The same, understood.
    pub document: Option<Document>,
    /// The last preview, with what it was made of: a snapshot is made for each line that a tunnel prints.
    last: RefCell<Option<LastPreview>>,
}

#[derive(Debug)]
struct LastPreview {
    wanted: Vec<Wanted>,
    reader: Option<Reader>,
    preview: Preview,
}

impl EnvBefore {
    /// Takes in what was read, to be understood as the project's reader does.
    pub fn new(path: PathBuf, bytes: Option<Vec<u8>>, reader: Option<Reader>) -> Self {
        let document = Some(Document::parse(bytes.as_deref().unwrap_or_default()).read_by(reader));
        Self { path: Some(path), bytes, document, last: RefCell::default() }
    }

    /// A variable's value; an empty one is none.
    pub fn value(&self, name: &str) -> Option<String> {
        self.document.as_ref()?.get(name).filter(|text| !text.is_empty())
    }

    fn preview(&self, wanted: Vec<Wanted>, reader: Option<Reader>) -> Preview {
        let mut last = self.last.borrow_mut();
        if let Some(known) = last.as_ref()
            && known.wanted == wanted
            && known.reader == reader
        {
            return known.preview.clone();
        }
        let nothing = Document::parse(b"");
        let preview = diff::preview(self.document.as_ref().unwrap_or(&nothing), &wanted, reader);
        *last = Some(LastPreview { wanted, reader, preview: preview.clone() });
        preview
    }
}

/// The plan; `None`: not enough is known yet.
pub(super) fn plan(state: &State) -> Option<PlanView> {
    if texts::first_missing(state).is_some() {
        return None;
    }
    let found = state.project.found.as_ref()?;
    let token = state.account.token.as_ref()?.secret();
    let addresses = apply_step::addresses(state);
    let known = match state.webhook.source {
        SecretSource::Own => state.webhook.own.clone(),
        _ if is_relay(state.public.way) => state.secret_in_file(),
        SecretSource::Generated | SecretSource::Polar if state.remembered.endpoint_id.is_some() => {
            state.webhook.secret.clone().or_else(|| state.secret_in_file())
        }
        _ => state.webhook.secret.clone(),
    };
    let base = match &addresses {
        None => Base::Later,
        Some((_, None)) => Base::None,
        Some((_, Some(base))) => Base::Known(base),
    };
    let wanted = apply::wanted(&state.names(), token, state.webhook.source, known, base, state.account.environment);
    let Preview { changes, lines, warnings: of_file } = state.project.env.preview(wanted, state.reader());
    let mut warnings = warnings(state, addresses.as_ref().map(|(endpoint, _)| endpoint.as_str()));
    warnings.extend(of_file);
    Some(PlanView {
        endpoint: endpoint(state, addresses.as_ref().map(|(endpoint, _)| endpoint.as_str())),
        env_path: found.folder.join(state.env_file()).display().to_string(),
        env_exists: state.project.env.bytes.is_some(),
        env_reason: match &state.project.env_file {
            Some(_) => "You chose it.".to_owned(),
            None => found.env_file_reason.clone(),
        },
        changes,
        diff: lines,
        warnings,
    })
}

fn endpoint(state: &State, address: Option<&str>) -> String {
    if is_relay(state.public.way) {
        let left =
            if state.remembered.endpoint_id.is_some() { " The endpoint made earlier stays as it is." } else { "" };
        return format!("Nothing is made or changed: Polar's event stream is listened to with your token.{left}");
    }
    let place = address.unwrap_or("the tunnel's address");
    let what = format!("{} · {}", texts::format_title(state), texts::events_title(state.webhook.events.len()));
    if state.remembered.endpoint_id.is_some() {
        format!(
            "Updates this project's webhook endpoint, so that it delivers to {place} ({what}); creates it if it is gone."
        )
    } else {
        format!(
            "Creates a webhook endpoint that delivers to {place} ({what}), or updates the one that does so already."
        )
    }
}

/// What to know before, the gravest first.
fn warnings(state: &State, address: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    if state.account.environment == EnvironmentName::Production {
        let who = if is_relay(state.public.way) { "your app here" } else { "the endpoint" };
        warnings.push(format!("This is production: {who} will get events of real customers."));
    }
    if let Some(address) = address
        && state.webhook.format != DeliveryFormat::Raw
        && own_url::format_of(address) != Some(state.webhook.format)
    {
        let format = texts::format_title(state);
        warnings.push(format!(
            "The format is {format}, but the address is none of {format}'s: it gets messages, not Polar's JSON."
        ));
    }
    if state.webhook.events.is_empty() {
        warnings.push("No event is chosen: Polar will deliver nothing to this endpoint.".to_owned());
    }
    warnings.extend(state.project.warnings.iter().cloned());
    warnings
}
