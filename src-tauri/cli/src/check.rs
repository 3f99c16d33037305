//! `check`: verifies what an env file says. Changes nothing.

use std::process::ExitCode;

use polar_setup_core::{
    check::{
        Check,
        verify::{self, Expected, Verification},
    },
    env_file::{self, Document},
    polar::{Environment, endpoint::Endpoint, environment::PRACTICE_KEY, http::is_loopback},
    project::Project,
    receiver::{Receiver, ReceiverOptions, stable_port},
    setup::{
        memory::Memory,
        view::{OrganizationView, PublicWay},
    },
};
use url::Url;

use crate::{
    account,
    args::{CheckArgs, EnvironmentChoice, ServerArgs},
    output::{Printer, Report, Variable},
    run::{self, Interrupt, Running, Stop},
    wishes,
};

/// Does it and gives the exit code.
pub async fn run(arguments: &CheckArgs, interrupt: &Interrupt) -> ExitCode {
    let printer = Printer::new(arguments.json);
    let mut running = Running::default();
    let mut report =
        Report { summary: "Not everything in the file could be observed to work.".into(), ..Report::default() };
    let checked = tokio::select! {
        checked = check(arguments, &printer, &mut running, &mut report) => checked,
        () = interrupt.wait() => Err(Stop::Failed),
    };
    running.stop().await;
    if let Err(Stop::Usage(text)) = checked {
        return run::usage(&text);
    }
    if interrupt.happened() {
        "Cancelled.".clone_into(&mut report.summary);
    }
    printer.report(&report);
    run::code(report.verified)
}

async fn check(
    arguments: &CheckArgs,
    printer: &Printer,
    running: &mut Running,
    report: &mut Report,
) -> Result<(), Stop> {
    let project = wishes::project(&arguments.project)?;
    let memory = Memory::folder().and_then(|folder| Memory::open(&folder)).ok();
    let environment = environment(&arguments.server, &project, memory.as_ref(), printer)?;
    report.about(&environment);
    let key = environment.memory_key();
    let known = memory.as_ref().and_then(|memory| memory.recall(&project.folder, &key).ok()).unwrap_or_default();
    let (_, path) = wishes::env_file(arguments.env_file.as_deref(), &known, &project)?;
    report.env_file = Some(path.display().to_string());
    let names = known.names.or(project.variable_names());
    let document =
        env_file::read(&path).ok().flatten().map(|bytes| Document::parse(&bytes).read_by(Some(project.reader)));
    let value = |name: &str| document.as_ref().and_then(|document| document.get(name)).filter(|text| !text.is_empty());
    for name in [names.token.clone(), names.secret.clone()] {
        if let Some(secret) = value(&name).map(polar_setup_core::SecretText::new) {
            printer.hide(&secret);
            report.variables.push(Variable { name, value: secret.masked() });
        }
    }
    let base = value(&names.url);
    report.variables.extend(base.iter().map(|base| Variable { name: names.url.clone(), value: base.clone() }));

    let app_port = known.port.unwrap_or(project.port);
    let is_relayed = known.way == Some(PublicWay::Relay);
    let direct = known.way == Some(PublicWay::Direct);
    let there = base.as_deref().and_then(port_here).or_else(|| direct.then(|| stable_port(&project.folder)));
    running.receiver = there.and_then(|port| receiver(port, app_port));
    if is_relayed && running.receiver.is_none() {
        // Nobody else need find it.
        running.receiver = receiver(0, app_port);
    }
    if let (Some(receiver), Some(secret)) = (&running.receiver, value(&names.secret)) {
        receiver.set_secret(Some(polar_setup_core::SecretText::new(secret)));
    }
    let verification = Verification {
        path,
        names,
        reader: Some(project.reader),
        environment,
        is_relayed,
        endpoint_id: known.endpoint_id.clone(),
        expected: Expected::default(),
        route: wishes::route(None, &known, &project),
        app_port,
        receiver: running.receiver.clone(),
        secret_made_by_polar: known.secret_made_by_polar,
    };
    let verified = verify::verify(&verification, &|check| printer.check(&check)).await;
    report.verified = verified.ok;
    if let Some(endpoint) = &verified.endpoint {
        about(report, &verification.environment, endpoint);
        let way_needs_it = matches!(known.way, Some(PublicWay::Tunnel | PublicWay::Direct));
        if way_needs_it
            && known.endpoint_id.as_ref() == Some(&endpoint.id)
            && let Some(wrong) = wrong_base(&verification.names.url, base.as_deref())
        {
            printer.check(&wrong.fix("Run the setup again."));
            report.verified = false;
        }
    }
    if report.verified {
        "The file is right: a delivery signed with its secret arrived.".clone_into(&mut report.summary);
    }
    Ok(())
}

/// The Polar that the file is for: the flags', else the one that the project was set up with last.
pub fn environment(
    server: &ServerArgs,
    project: &Project,
    memory: Option<&Memory>,
    printer: &Printer,
) -> Result<Environment, Stop> {
    if let Some(environment) = account::server(server)? {
        return Ok(environment);
    }
    let last = memory.and_then(|memory| memory.last(&project.folder).ok().flatten()).map(|(key, _)| key);
    if server.environment == Some(EnvironmentChoice::Practice) || last.as_deref() == Some(PRACTICE_KEY) {
        printer.check(
            &Check::failed(account::TOKEN.0, account::TOKEN.1, "The practice Polar that this file is for runs no more.")
                .cause("A setup with --environment practice brings one of its own, which ends with it.")
                .fix("Run \"polar-setup-cli practice\", set up with --api-url and the address it tells, and name the same --api-url here."),
        );
        return Err(Stop::Failed);
    }
    let Some(last) = last else {
        return Err(Stop::Usage(
            "nothing is known of this project yet: say which Polar with --environment or --api-url.".into(),
        ));
    };
    Environment::custom(&last)
        .map_err(|error| Stop::Usage(format!("{last} is remembered as the Polar server: {error}")))
}

/// Where the file names an address on this machine, a practice Polar delivers straight to our receiver, which runs only
/// during a setup: so it runs during the check as well. If something listens there already, that is asked instead.
fn receiver(port: u16, app_port: u16) -> Option<Receiver> {
    Receiver::start(ReceiverOptions { port, app_port, ..ReceiverOptions::default() }).ok()
}

/// The port of an address on this machine.
fn port_here(base: &str) -> Option<u16> {
    Url::parse(base).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?.port()
}

/// What is wrong with the address that the setup wrote, other than its host.
fn wrong_base(name: &str, base: Option<&str>) -> Option<Check> {
    let failed = |seen: String| Check::failed("base_url", "The file has the tunnel's address", seen);
    let Some(base) = base else {
        return Some(
            failed(format!("{name} is missing."))
                .cause("The setup wrote it; the line was removed, emptied or commented out since."),
        );
    };
    let route = Url::parse(base).ok().map(|url| url.path().to_owned()).filter(|path| path != "/")?;
    Some(failed(format!("{name} ends with {route}.")).cause("It is the address without the route."))
}

fn about(report: &mut Report, environment: &Environment, endpoint: &Endpoint) {
    report.endpoint_page = environment.endpoint_page(None, &endpoint.id);
    report.endpoint_id = Some(endpoint.id.clone());
    report.endpoint_url = Some(endpoint.url.clone());
    report.organization = Some(OrganizationView { id: endpoint.organization_id.clone(), name: None, slug: None });
}
