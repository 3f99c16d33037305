//! `listen`: brings Polar's events to the app by Polar's own stream: no endpoint, no tunnel, nothing to install.

use std::{collections::HashSet, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use polar_setup_core::{
    SecretText,
    env_file::{self, Document},
    polar::{Client, Environment, account::Account},
    project::Project,
    receiver::{Receiver, ReceiverOptions, app_is_running},
    relay::{Relay, RelayState, WebhookEvent},
    setup::{
        memory::{Memory, Remembered},
        view::Hold,
    },
    vault::{Vault, VaultOptions},
    webhook::signature::KeyRule,
};
use time::OffsetDateTime;
use url::Url;

use crate::{
    account,
    args::ServerArgs,
    output::Printer,
    run::{self, Interrupt, Stop},
    wishes,
};

/// How often is looked whether the app is back.
const APP_LOOK: Duration = Duration::from_secs(1);

/// `listen`.
#[derive(Debug, Args)]
#[command(
    after_help = "The access token is that of an earlier setup, or the variable POLAR_ACCESS_TOKEN. It needs webhooks:read. \
    Polar's stream is private and may change."
)]
pub struct ListenArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    #[command(flatten)]
    pub server: ServerArgs,
    /// How the events come
    #[arg(long, value_enum, default_value = "relay")]
    pub tunnel: Way,
    /// Your app's handler on this machine; by itself the project's port and route
    #[arg(long, value_name = "URL")]
    pub forward_to: Option<String>,
    /// Only these event types, separated by commas; order.* stands for all that begin so
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub events: Vec<String>,
    /// Keep events while your app is down, and send them in order when it is back
    #[arg(long)]
    pub hold: bool,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// How events come to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// Polar's listen stream
    Relay,
    /// A tunnel by cloudflared
    Cloudflared,
    /// A tunnel by ngrok
    Ngrok,
}

/// Does it and gives the exit code.
pub async fn run(arguments: &ListenArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let listened = tokio::select! {
        ready = ready(arguments, &printer) => ready,
        () = interrupt.wait() => return ExitCode::FAILURE,
    };
    let ready = match listened {
        Ok(ready) => ready,
        Err(Stop::Usage(text)) => return run::usage(&text),
        Err(Stop::Failed) => return ExitCode::FAILURE,
    };
    let receiver = ready.receiver.clone();
    let code = follow(ready, &printer, interrupt).await;
    let counts = receiver.counts();
    receiver.stop().await;
    let lost = if counts.held > 0 { format!("; {} were still held and are lost", counts.held) } else { String::new() };
    printer.note(format!("{} events came{lost}.", counts.total));
    code
}

/// What is needed for it.
struct Ready {
    relay: Relay,
    receiver: Receiver,
    secret: SecretText,
    target: String,
    port: u16,
    events: Vec<String>,
}

async fn ready(arguments: &ListenArgs, printer: &Printer) -> Result<Ready, Stop> {
    if arguments.tunnel != Way::Relay {
        let name = if arguments.tunnel == Way::Ngrok { "ngrok" } else { "cloudflared" };
        return Err(Stop::Usage(format!(
            "--tunnel {name}: a tunnel needs an endpoint on Polar. \"polar-setup-cli setup --tunnel {name} --keep-running\" makes one and shows each delivery."
        )));
    }
    let project = wishes::project(&arguments.project)?;
    let memory = Memory::folder().and_then(|folder| Memory::open(&folder)).ok();
    let environment = environment(arguments, &project, memory.as_ref())?;
    let key = environment.memory_key();
    let known = memory.as_ref().and_then(|memory| memory.recall(&project.folder, &key).ok()).unwrap_or_default();
    let (name, path) = wishes::env_file(arguments.env_file.as_deref(), &known, &project)?;
    let names = known.names.clone().or(project.variable_names());
    let document = env_file::read(&path).ok().flatten().map(|bytes| Document::parse(&bytes));
    let secret = document.and_then(|document| document.read_by(Some(project.reader)).get(&names.secret));
    let Some(secret) = secret.filter(|text| !text.is_empty()).map(SecretText::new) else {
        return Err(Stop::Usage(format!(
            "{name} has no {}: your app could verify nothing. Run \"polar-setup-cli setup\", or write a secret of your own into it.",
            names.secret
        )));
    };
    printer.hide(&secret);
    let (port, target) = app(arguments, &known, &project)?;
    let vault = Vault::open(VaultOptions::from_env());
    let found =
        account::find_token(&environment, &project.folder, (&path, &names.token), &vault, memory.as_ref()).await;
    let found = found.ok_or_else(|| {
        Stop::Usage(format!(
            "no access token. Set the variable {}, or run \"polar-setup-cli setup\".",
            account::VARIABLE
        ))
    })?;
    printer.hide(&found.text);
    let token = account::parse(&found, printer)?;
    let client = Client::new(environment, token).map_err(|error| Stop::Usage(error.to_string()))?;
    let account: Account = account::accept(&client, printer).await?;
    let Some(organization) = account.organization.id else {
        return Err(Stop::Usage(
            "which organization the token belongs to is not known: it needs organizations:read for the relay.".into(),
        ));
    };
    let options = ReceiverOptions { app_port: port, secret: Some(secret.clone()), ..ReceiverOptions::default() };
    let receiver =
        Receiver::start(options).map_err(|error| Stop::Usage(format!("no receiver could be started: {error}.")))?;
    receiver.set_hold(if arguments.hold { Hold::WhenDown } else { Hold::Off });
    let relay = Relay::start(client, &organization);
    Ok(Ready { relay, receiver, secret, target, port, events: arguments.events.clone() })
}

fn environment(arguments: &ListenArgs, project: &Project, memory: Option<&Memory>) -> Result<Environment, Stop> {
    if let Some(environment) = account::server(&arguments.server)? {
        return Ok(environment);
    }
    let last = memory.and_then(|memory| memory.last(&project.folder).ok().flatten()).map(|(key, _)| key);
    last.and_then(|last| Environment::custom(&last).ok()).ok_or_else(|| {
        Stop::Usage("nothing is known of this project yet: say which Polar with --environment or --api-url.".into())
    })
}

/// The app's port, and the path of its handler.
fn app(arguments: &ListenArgs, known: &Remembered, project: &Project) -> Result<(u16, String), Stop> {
    let Some(text) = &arguments.forward_to else {
        return Ok((known.port.unwrap_or(project.port), wishes::route(None, known, project)));
    };
    let with_scheme = if text.contains("://") { text.clone() } else { format!("http://{text}") };
    let url = Url::parse(&with_scheme).map_err(|error| Stop::Usage(format!("--forward-to: {error}.")))?;
    if url.scheme() != "http" || !polar_setup_core::polar::http::is_loopback(&url) {
        return Err(Stop::Usage(
            "--forward-to is an address on this machine, such as http://localhost:3000/webhook.".into(),
        ));
    }
    let path = match (url.path(), url.query()) {
        ("/", None) => wishes::route(None, known, project),
        (path, None) => path.to_owned(),
        (path, Some(query)) => format!("{path}?{query}"),
    };
    Ok((url.port().unwrap_or(80), path))
}

/// Follows the stream until Ctrl-C, or until it has given up.
async fn follow(mut ready: Ready, printer: &Printer, interrupt: &Interrupt) -> ExitCode {
    let mut states = ready.relay.subscribe();
    let mut changes = ready.receiver.subscribe();
    let mut clock = tokio::time::interval(APP_LOOK);
    let mut shown = HashSet::new();
    let mut held = 0;
    loop {
        tokio::select! {
            event = ready.relay.next() => match event {
                Some(event) => pass_on(&ready, &event, printer),
                None => return given_up(&states.borrow(), printer),
            },
            Ok(()) = states.changed() => {
                let state = states.borrow_and_update().clone();
                told(&state, &ready, printer);
            }
            Ok(()) = changes.changed() => {
                changes.borrow_and_update();
                for delivery in ready.receiver.deliveries().iter().rev() {
                    let answered = delivery.app_status.is_some() || delivery.app_problem.is_some();
                    if answered && !delivery.held && shown.insert(delivery.number) {
                        printer.delivery(delivery);
                    }
                }
                let now = ready.receiver.counts().held;
                if now > held {
                    printer.note(format!("{now} held: your app does not listen on port {}.", ready.port));
                }
                held = now;
            }
            _ = clock.tick(), if held > 0 => {
                if app_is_running(ready.port).await {
                    ready.receiver.let_go().await;
                }
            }
            () = interrupt.wait() => return ExitCode::SUCCESS,
        }
    }
}

fn pass_on(ready: &Ready, event: &WebhookEvent, printer: &Printer) {
    let name = event.event_type();
    let wanted = |event: &String| match event.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => *event == name,
    };
    if !ready.events.is_empty() && !ready.events.iter().any(wanted) {
        return;
    }
    let now = OffsetDateTime::now_utc();
    let Some(delivery) = event.delivery(&ready.target, &ready.secret, KeyRule::PolarOwn, now) else { return };
    if let Err(problem) = ready.receiver.send(&delivery) {
        printer.note(format!("{name} was not passed on: {problem}"));
    }
}

fn told(state: &RelayState, ready: &Ready, printer: &Printer) {
    match state {
        RelayState::Connected => printer.note(format!(
            "Listening by Polar's own stream, which Polar may change. Events go to http://localhost:{}{}, signed with your secret. Ctrl-C ends it.",
            ready.port, ready.target
        )),
        RelayState::Away { why, again_in } => {
            printer.note(format!("{why} Trying again in {} s; what happens meanwhile does not arrive.", again_in.as_secs()));
        }
        RelayState::Connecting | RelayState::Failed { .. } => {}
    }
}

fn given_up(state: &RelayState, printer: &Printer) -> ExitCode {
    if let RelayState::Failed { why, fix } = state {
        printer.note(format!("error: {why} {fix}"));
    }
    ExitCode::FAILURE
}
