//! `listen`: brings Polar's events to the app on this machine and shows each, until Ctrl-C. By itself through the relay,
//! which needs no endpoint and no tunnel.

mod relay;
mod show;
mod tunnel;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use polar_setup_core::{
    SecretText,
    check::{Check, token_check},
    env_file::{self, Document},
    polar::{
        Client, Environment,
        account::{Account, inspect},
        event::catalogue,
        http::is_loopback,
    },
    project::Project,
    receiver::{Receiver, ReceiverOptions},
    setup::{
        memory::{Memory, Remembered},
        view::Hold,
    },
    vault::{Vault, VaultOptions},
    webhook::signature::KeyRule,
};
use url::Url;

use self::show::Shown;
use crate::{
    account,
    args::{RuleChoice, ServerArgs, TunnelChoice},
    check, input,
    output::Printer,
    run::{self, Interrupt, Running, Stop},
    trigger, wishes,
};

/// `listen`.
#[derive(Debug, Args)]
#[command(
    after_help = "The relay brings every event of the organization; nothing on Polar is changed. Polar made that stream \
    for its own command and may change it. The access token comes from standard input (--token-stdin), the variable \
    POLAR_ACCESS_TOKEN, the keyring or the project's env file. Exit code: 0 ended by Ctrl-C, 1 it cannot listen, \
    2 wrong usage."
)]
pub struct ListenArgs {
    /// The project's folder
    #[arg(long, value_name = "DIR")]
    pub project: PathBuf,
    #[command(flatten)]
    pub server: ServerArgs,
    /// Read the access token from the first line of standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// How the events come here
    #[arg(long, value_enum, value_name = "WAY", default_value = "relay")]
    pub tunnel: ListenWay,
    /// Where your app takes webhooks, on this machine; by itself the project's port and route. With a tunnel program
    /// only its port counts
    #[arg(long, value_name = "URL")]
    pub forward_to: Option<String>,
    /// Only these event types, separated by commas; a tunnel program passes on all and only these are shown
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub events: Option<Vec<String>>,
    #[command(flatten)]
    pub passing: PassingArgs,
    /// The env file, relative to the project's folder
    #[arg(long, value_name = "NAME")]
    pub env_file: Option<String>,
    /// How the relay signs: every SDK accepts "polar", only @polar-sh/sdk 1.0 and later "standard"
    #[arg(long, value_enum, default_value = "polar")]
    pub key_rule: RuleChoice,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// How events are passed on to the app.
#[derive(Debug, Args)]
pub struct PassingArgs {
    /// While your app is down, hold the events in memory, and send them in order once it is back
    #[arg(long)]
    pub hold: bool,
    /// Give your app the Host header that arrived, instead of localhost with its port
    #[arg(long)]
    pub keep_host: bool,
}

/// How events come to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListenWay {
    /// Polar's own stream: nothing to install, no endpoint
    Relay,
    /// Cloudflare's tunnel, and an endpoint
    Cloudflared,
    /// ngrok's tunnel, and an endpoint
    Ngrok,
}

/// All that is known before it begins.
struct Prepared {
    memory: Option<Memory>,
    project: Project,
    environment: Option<Environment>,
    known: Remembered,
    vault: Vault,
    env_path: PathBuf,
    token_variable: String,
    secret: SecretText,
    /// Where the app takes deliveries.
    app: Url,
    rule: KeyRule,
    piped_token: Option<SecretText>,
}

/// Does it and gives the exit code.
pub async fn run(arguments: &ListenArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let mut running = Running::default();
    let mut shown = Shown::new(arguments.events.clone());
    let listened = tokio::select! {
        listened = listen(arguments, &printer, &mut running, &mut shown) => listened,
        () = interrupt.wait() => Ok(()),
    };
    if let Err(Stop::Usage(text)) = &listened {
        running.stop().await;
        return run::usage(text);
    }
    let receiver = running.receiver.clone();
    running.stop().await;
    if let Some(receiver) = receiver {
        // What was under way has come to its end.
        shown.show(&receiver, &printer);
        shown.summary(&receiver, &printer);
    }
    run::code(listened.is_ok())
}

async fn listen(
    arguments: &ListenArgs,
    printer: &Printer,
    running: &mut Running,
    shown: &mut Shown,
) -> Result<(), Stop> {
    let prepared = prepare(arguments, printer).await?;
    let receiver = receiver(arguments, &prepared, printer)?;
    running.receiver = Some(receiver.clone());
    match arguments.tunnel {
        ListenWay::Relay => {
            let (client, organization) = account(&prepared, printer).await?;
            relay::listen(&prepared, client, organization, &receiver, printer, shown).await
        }
        ListenWay::Cloudflared => tunnel::listen(TunnelChoice::Cloudflared, &prepared, running, printer, shown).await,
        ListenWay::Ngrok => tunnel::listen(TunnelChoice::Ngrok, &prepared, running, printer, shown).await,
    }
}

async fn prepare(arguments: &ListenArgs, printer: &Printer) -> Result<Prepared, Stop> {
    let project = wishes::project(&arguments.project)?;
    let memory = Memory::folder().and_then(|folder| Memory::open(&folder)).ok();
    let environment = match check::environment(&arguments.server, &project, memory.as_ref(), printer) {
        Ok(environment) => Some(environment),
        // A tunnel carries deliveries of a Polar that is not known here as well.
        Err(Stop::Usage(_)) if arguments.tunnel != ListenWay::Relay => None,
        Err(stop) => return Err(stop),
    };
    let key = environment.as_ref().map(Environment::memory_key);
    let recall = |memory: &Memory| memory.recall(&project.folder, key.as_deref()?).ok();
    let known = memory.as_ref().and_then(recall).unwrap_or_default();
    let (env_name, env_path) = wishes::env_file(arguments.env_file.as_deref(), &known, &project)?;
    let names = known.names.or(project.variable_names());
    let route = wishes::route(None, &known, &project);
    let app = trigger::address(arguments.forward_to.as_deref(), known.port.unwrap_or(project.port), &route)?;
    if app.scheme() != "http" || !is_loopback(&app) {
        return Err(Stop::Usage("--forward-to: your app must be on this machine, with http.".into()));
    }
    let types: Vec<&str> = catalogue().types().collect();
    for event in arguments.events.iter().flatten().filter(|event| !types.contains(&event.as_str())) {
        printer.note(format!("Note: this program knows no event {event}."));
    }
    let piped_token = input::read(arguments.token_stdin, false).await?.token;
    if let Some(token) = &piped_token {
        printer.hide(token);
    }
    let document = match env_file::read(&env_path) {
        Ok(Some(bytes)) => Document::parse(&bytes).read_by(Some(project.reader)),
        Ok(None) => return Err(no_secret(&format!("{env_name} does not exist."), printer)),
        Err(error) => return Err(no_secret(&error.to_string(), printer)),
    };
    let secret = document.get(&names.secret).filter(|secret| !secret.is_empty()).map(SecretText::new);
    let secret = secret.ok_or_else(|| no_secret(&format!("{env_name} has no {}.", names.secret), printer))?;
    printer.hide(&secret);
    Ok(Prepared {
        memory,
        environment,
        vault: Vault::open(VaultOptions { patience: Duration::from_secs(10), ..VaultOptions::from_env() }),
        env_path,
        token_variable: names.token,
        secret,
        app,
        rule: arguments.key_rule.into(),
        piped_token,
        known,
        project,
    })
}

fn no_secret(seen: &str, printer: &Printer) -> Stop {
    printer.check(
        &Check::failed("secret", "The webhook secret is known", seen)
            .cause("Your app verifies deliveries with it, so each is signed with it.")
            .fix("Run \"polar-setup-cli setup\", or write the secret into the file."),
    );
    Stop::Failed
}

/// What stands before the app: it verifies, records, holds and passes on.
fn receiver(arguments: &ListenArgs, prepared: &Prepared, printer: &Printer) -> Result<Receiver, Stop> {
    let app_port = prepared.app.port_or_known_default().unwrap_or(80);
    let started = if arguments.tunnel == ListenWay::Relay {
        // Nobody else need find it: a setup or the window may run at the same time.
        Receiver::start(ReceiverOptions { app_port, ..ReceiverOptions::default() })
    } else {
        Receiver::start_for(&prepared.project.folder, app_port)
    };
    let receiver = started.map_err(|error| {
        let (name, title) = ("receiver", "The receiver listens on this machine");
        printer.check(&Check::failed(name, title, "It could not be started.").cause(error.to_string()));
        Stop::Failed
    })?;
    receiver.set_secret(Some(prepared.secret.clone()));
    receiver.set_keeps_host(arguments.passing.keep_host);
    if arguments.passing.hold {
        receiver.set_hold(Hold::WhenDown);
        printer.note("While your app is down, events are held in memory and sent in order once it is back.");
    }
    Ok(receiver)
}

/// A client with a token, if there is one.
async fn client(prepared: &Prepared, printer: &Printer) -> Option<Result<Client, Stop>> {
    let environment = prepared.environment.as_ref()?;
    let found = if let Some(text) = prepared.piped_token.clone() {
        account::Found { text, place: "standard input".into(), in_vault: false }
    } else {
        let (folder, file) = (&prepared.project.folder, (prepared.env_path.as_path(), &*prepared.token_variable));
        account::find_token(environment, folder, file, &prepared.vault, prepared.memory.as_ref()).await?
    };
    printer.hide(&found.text);
    let token = match account::parse(&found, printer) {
        Ok(token) => token,
        Err(stop) => return Some(Err(stop)),
    };
    Some(Client::new(environment.clone(), token).map_err(|error| {
        printer.check(&token_check(account::TOKEN.0, account::TOKEN.1, &error.into()));
        Stop::Failed
    }))
}

/// The client, and the organization that its token belongs to.
async fn account(prepared: &Prepared, printer: &Printer) -> Result<(Client, String), Stop> {
    let client = client(prepared, printer).await.ok_or_else(|| {
        Stop::Usage(format!(
            "no access token. Pipe it in with --token-stdin, or set the variable {}.",
            account::VARIABLE
        ))
    })??;
    let Account { organization, .. } = inspect(&client).await.map_err(|error| {
        printer.check(&token_check(account::TOKEN.0, account::TOKEN.1, &error));
        Stop::Failed
    })?;
    let name = organization.name.map_or_else(String::new, |name| format!(" · It belongs to {name}."));
    let id = organization.id.or_else(|| prepared.known.organization_id.clone());
    let Some(id) = id else {
        printer.check(
            &Check::failed("organization", "Its organization is known", "Polar does not tell it.")
                .cause("The token lacks organizations:read, and there is no endpoint that would name it.")
                .fix("Make a token with organizations:read and webhooks:read."),
        );
        return Err(Stop::Failed);
    };
    let seen = format!("{}{name}", client.environment().title());
    printer.check(&Check::passed(account::TOKEN.0, account::TOKEN.1, seen));
    Ok((client, id))
}
