//! `setup`: makes or updates the endpoint, writes the env file, and verifies both.

use std::{path::Path, process::ExitCode};

use polar_setup_core::{
    SecretText,
    check::{Check, CheckState, relay, token_check},
    env_file::{self, Document},
    polar::{Client, Environment, account::Account, environment::PRACTICE_KEY, token::AccessToken},
    project::Project,
    receiver::Receiver,
    relay::{Listening, MAY_CHANGE, Relay},
    setup::{
        apply::{self, BroughtBy, Order, Rotation},
        authtoken::own_domain,
        endpoint_choice::NEW,
        follow::{Absence, redeliver_missed},
        memory::{Memory, Remembered},
        view::PublicWay,
    },
    vault::{Vault, VaultOptions},
};
use polar_setup_practice::{Practice, PracticeOptions};

use crate::{
    account,
    args::SetupArgs,
    input,
    live::{self, Stay},
    output::{Printer, Report},
    run::{self, Interrupt, Running, Stop},
    tunnel,
    ways::{self, Addresses, Way},
    wishes::{self, Wishes},
    write::{Prepared, write_and_verify},
};

/// Does it and gives the exit code.
pub async fn run(arguments: &SetupArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let mut running = Running::default();
    let mut report = Report { summary: "The file was not written.".into(), ..Report::default() };
    let prepared = tokio::select! {
        prepared = prepare(arguments, &printer, &mut running, &mut report) => prepared,
        () = interrupt.wait() => Err(Stop::Failed),
    };
    let mut prepared = match prepared {
        Ok(prepared) => Some(prepared),
        Err(Stop::Usage(text)) => {
            running.stop().await;
            return run::usage(&text);
        }
        Err(Stop::Failed) => None,
    };
    let applied = match &prepared {
        Some(prepared) => write_and_verify(prepared, &printer, &mut report, interrupt).await,
        None => false,
    };
    if interrupt.happened() && !applied {
        "Cancelled. The file was not written.".clone_into(&mut report.summary);
    }
    printer.report(&report);
    if let Some(prepared) = prepared.as_mut().filter(|_| applied && arguments.keep_running && !interrupt.happened()) {
        keep_running(prepared, &running, &printer, &mut report, interrupt).await;
    }
    running.stop().await;
    run::code(report.verified)
}

/// Stays, and follows a tunnel that went away and came back.
async fn keep_running(
    prepared: &mut Prepared,
    running: &Running,
    printer: &Printer,
    report: &mut Report,
    interrupt: &Interrupt,
) {
    let mut absence = Absence::default();
    while let Stay::Back { since, new_address } = live::stay(running, &mut absence, printer, interrupt).await {
        let base = running.tunnel.as_ref().and_then(|tunnel| tunnel.status().url);
        if let Some(base) = base.filter(|_| new_address) {
            printer.note(format!("The tunnel is back at a new address, {base}: Polar and the file are told it."));
            prepared.order.rotation = match prepared.order.old_endpoint().filter(|_| !report.verified) {
                Some(old) => Rotation::Pending { old: old.to_owned() },
                None => Rotation::None,
            };
            let Addresses { endpoint, base } = ways::under(&base, &prepared.order.route);
            (prepared.order.url, prepared.order.base_url) = (endpoint, base);
            prepared.order.remembered.clone_from(&report.endpoint_id);
            write_and_verify(prepared, printer, report, interrupt).await;
            printer.report(report);
        } else {
            printer.note("The tunnel is back, at the same address.");
        }
        let Some(endpoint) = &report.endpoint_id else { continue };
        match redeliver_missed(&prepared.order.client, endpoint, since).await {
            Ok(0) => {}
            Ok(count) => printer.note(format!("Polar was asked to send again what had failed meanwhile: {count}.")),
            Err(error) => printer.note(format!("Whether something was missed meanwhile could not be seen: {error}")),
        }
    }
}

async fn prepare(
    arguments: &SetupArgs,
    printer: &Printer,
    running: &mut Running,
    report: &mut Report,
) -> Result<Prepared, Stop> {
    wishes::check_flags(arguments)?;
    let project = wishes::project(&arguments.project)?;
    let named = account::server(&arguments.server)?;
    let memory = open_memory(printer);
    let key = named.as_ref().map_or_else(|| PRACTICE_KEY.to_owned(), Environment::memory_key);
    let remembered = memory.as_ref().and_then(|memory| memory.recall(&project.folder, &key).ok()).unwrap_or_default();
    let (env_name, env_path) = wishes::env_file(arguments.env_file.as_deref(), &remembered, &project)?;
    let variables = wishes::names(arguments, &remembered, &project)?;
    let route = wishes::route(arguments.route.as_deref(), &remembered, &project);
    let first_look = ways::choose(arguments, &route, named.as_ref().is_none_or(ways::may_be_practice))?;
    ways::format(arguments.format.map(Into::into), &first_look)?;
    let piped = input::read(arguments.token_stdin, arguments.secret_stdin).await?;
    let wishes = wishes::collect(arguments, piped.secret.as_ref(), &remembered, &project)?;
    for secret in piped.token.iter().chain(&piped.secret) {
        printer.hide(secret);
    }
    for warning in project.env_file_warnings(&env_name) {
        printer.note(format!("Note: {warning}"));
    }

    let vault = Vault::open(VaultOptions { patience: std::time::Duration::from_secs(10), ..VaultOptions::from_env() });
    let found = match (&named, piped.token) {
        (None, _) => None,
        (Some(_), Some(text)) => Some(account::Found { text, place: "standard input".into(), in_vault: false }),
        (Some(environment), None) => Some(
            account::find_token(environment, &project.folder, (&env_path, &variables.token), &vault, memory.as_ref())
                .await
                .ok_or_else(|| Stop::Usage(no_token(environment)))?,
        ),
    };
    let (environment, token) = if let (Some(environment), Some(found)) = (named, &found) {
        report.about(&environment);
        printer.hide(&found.text);
        (environment, account::parse(found, printer)?)
    } else {
        let practice = start_practice(printer).await?;
        let account = (Environment::practice(practice.url()), practice.token());
        running.practice = Some(practice);
        report.about(&account.0);
        account
    };
    printer.hide(token.secret());
    note_replaced(&env_path, &env_name, &variables.token, &token, printer);
    let client = client(environment, token, printer)?;
    let account = account::accept(&client, printer).await?;
    report.organization = Some((&account.organization).into());
    let practice = account.practice && ways::may_be_practice(client.environment());
    let way = ways::choose(arguments, &route, practice)?;
    let format = ways::format(wishes.format, &way)?;
    if !account.practice && found.is_some_and(|found| !found.in_vault) {
        account::keep(&client, &project.folder, &vault, printer).await;
    }
    if let Some(id) = arguments.endpoint.as_deref().filter(|id| *id != NEW) {
        must_exist(&client, id, printer).await?;
    }
    if way == Way::Relay {
        open_relay(&client, &account, &remembered, printer).await?;
    }
    let domain = remembered.domain.as_deref().and_then(|typed| own_domain(typed).ok().flatten());
    let tunnel_account = tunnel::Account { vault: &vault, domain };
    let addresses = addresses(&way, &wishes, &project, tunnel_account, running, printer).await?;
    let order = Order {
        client: client.deliver_directly(way == Way::Direct || practice),
        remembered: remembered.endpoint_id.clone(),
        rotation: match &remembered.replaces {
            // One that did not end is ended first.
            Some(old) => Rotation::Pending { old: old.clone() },
            None if arguments.rotate_secret => Rotation::Begin,
            None => Rotation::None,
        },
        answer: arguments.endpoint.clone(),
        name: wishes.name,
        name_chosen: wishes.name_chosen,
        brought_by: if way == Way::Relay { BroughtBy::Relay } else { BroughtBy::Endpoint },
        url: addresses.endpoint,
        base_url: addresses.base,
        format,
        events: wishes.events,
        may_leave_out_events: !wishes.events_listed,
        secret_source: wishes.secret_source,
        own_secret: wishes.own_secret,
        secret_made_by_polar: remembered.secret_made_by_polar,
        path: env_path,
        backups: memory.as_ref().map(Memory::backups),
        names: variables,
        reader: Some(project.reader),
        route: wishes.route,
        app_port: wishes.port,
        receiver: running.receiver.clone(),
    };
    let prepared = Prepared { order, memory, folder: project.folder };
    prepared.remember(|known| remember_choices(known, arguments, &prepared.order, way.name(), &account));
    Ok(prepared)
}

fn open_memory(printer: &Printer) -> Option<Memory> {
    match Memory::folder().and_then(|folder| Memory::open(&folder)) {
        Ok(memory) => Some(memory),
        Err(error) => {
            printer.note(format!("Note: nothing is remembered for the next run. {error}"));
            None
        }
    }
}

fn no_token(environment: &Environment) -> String {
    let page = environment.token_page().map_or_else(String::new, |page| format!(" Make one at {page}"));
    format!(
        "no access token. Pipe it in with --token-stdin, or set the variable {}; never give it as an argument.{page}",
        account::VARIABLE
    )
}

/// A token that stands in the file is not lost unsaid: trying the practice Polar in a project must not surprise.
fn note_replaced(path: &Path, name: &str, variable: &str, token: &AccessToken, printer: &Printer) {
    let bytes = env_file::read(path).ok().flatten().unwrap_or_default();
    let before = Document::parse(&bytes).get(variable).filter(|text| !text.is_empty()).map(SecretText::new);
    if let Some(before) = before.filter(|before| before != token.secret()) {
        let masked = before.masked();
        printer.note(format!("Note: {name} holds another {variable} ({masked}); the new one takes its place."));
    }
}

async fn start_practice(printer: &Printer) -> Result<Practice, Stop> {
    Practice::start(PracticeOptions::default()).await.map_err(|error| {
        printer.check(
            &Check::failed("practice", "The practice Polar runs", "It could not be started.").cause(error.to_string()),
        );
        Stop::Failed
    })
}

fn client(environment: Environment, token: AccessToken, printer: &Printer) -> Result<Client, Stop> {
    Client::new(environment, token).map_err(|error| {
        printer.check(&token_check(account::TOKEN.0, account::TOKEN.1, &error.into()));
        Stop::Failed
    })
}

/// An endpoint that the user named is not replaced by a guess.
async fn must_exist(client: &Client, id: &str, printer: &Printer) -> Result<(), Stop> {
    let (name, title) = apply::CHECKS[0];
    let check = match client.endpoint(id).await {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => Check::failed(name, title, format!("Polar has no endpoint {id}."))
            .cause("It was deleted, or belongs to another organization.")
            .fix("Leave --endpoint out, or name another one."),
        Err(error) => {
            Check::failed(name, title, "Polar does not show the endpoint.").cause(error.to_string()).fix(error.fix())
        }
    };
    printer.check(&check);
    Err(Stop::Failed)
}

/// Starts what stands behind the address, and tells the address.
async fn addresses(
    way: &Way,
    wishes: &Wishes,
    project: &Project,
    account: tunnel::Account<'_>,
    running: &mut Running,
    printer: &Printer,
) -> Result<Addresses, Stop> {
    if let Way::Own(own) = way {
        return Ok(Addresses { endpoint: own.endpoint.clone(), base: None });
    }
    let receiver = Receiver::start_for(&project.folder, wishes.port).map_err(|error| {
        let (name, title) = ("receiver", "The receiver listens on this machine");
        printer.check(&Check::failed(name, title, "It could not be started.").cause(error.to_string()));
        Stop::Failed
    })?;
    running.receiver = Some(receiver.clone());
    match way {
        Way::Tunnel(program) => {
            let base = tunnel::start(*program, account, receiver, running, printer).await?;
            Ok(ways::under(&base, &wishes.route))
        }
        Way::Relay => Ok(Addresses { base: None, ..ways::under(&receiver.url(), &wishes.route) }),
        Way::Direct | Way::Own(_) => Ok(ways::under(&receiver.url(), &wishes.route)),
    }
}

/// Shows that the relay can be listened to; it ends with that.
async fn open_relay(
    client: &Client,
    account: &Account,
    remembered: &Remembered,
    printer: &Printer,
) -> Result<(), Stop> {
    printer.note(MAY_CHANGE);
    let organization = account.organization.id.clone().or_else(|| remembered.organization_id.clone());
    let check = match organization {
        Some(organization) => {
            relay::opened(Relay::listen(Listening::new(client.clone(), organization)).subscribe()).await
        }
        None => relay::failed(
            "The token does not tell its organization.",
            "Make a token with organizations:read and webhooks:read.",
        ),
    };
    let is_open = check.state == CheckState::Passed;
    printer.check(&check);
    if is_open { Ok(()) } else { Err(Stop::Failed) }
}

/// What the next run, here or in the window, needs to know.
fn remember_choices(known: &mut Remembered, arguments: &SetupArgs, order: &Order, way: PublicWay, account: &Account) {
    known.environment = Some(order.client.environment().name);
    known.organization_id = account.organization.id.clone().or(known.organization_id.take());
    known.secret_source = Some(order.secret_source);
    known.name = order.name_chosen.then(|| order.name.clone());
    known.format = Some(order.format);
    known.events = Some(order.events.clone());
    known.way = Some(way);
    if way == PublicWay::OwnUrl {
        known.own_url = Some(order.url.clone());
    }
    known.route = arguments.route.as_ref().map(|_| order.route.clone()).or(known.route.take());
    known.port = arguments.port.or(known.port);
    wishes::chosen_names(arguments, &mut known.names);
    known.env_file = arguments.env_file.clone().or(known.env_file.take());
}
