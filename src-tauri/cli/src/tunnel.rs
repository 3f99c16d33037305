//! Starts a tunnel and waits until it carries requests to the receiver.

use polar_setup_core::{
    SecretText,
    check::{self, Check, tunnel::TUNNEL},
    receiver::Receiver,
    setup::memory::Memory,
    setup::view::{TunnelPhase, TunnelProgram, TunnelView},
    tunnel::{self, Provider, Tunnel, TunnelOptions},
    vault::{Vault, VaultKey},
};

use crate::{
    args::TunnelChoice,
    output::Printer,
    run::{Running, Stop},
};

/// What to do where the tunnel does not say.
const OTHERWISE: &str = "Run this again, or choose another way with --tunnel or --public-url.";

/// The account at the tunnel's service, as the window or an earlier run took it.
pub struct Account<'a> {
    pub vault: &'a Vault,
    pub domain: Option<String>,
}

impl Account<'_> {
    async fn authtoken(&self, provider: Provider) -> Option<SecretText> {
        provider.authtoken_variable()?;
        Some(self.vault.get(&VaultKey::authtoken(provider.name())).await?.secret)
    }
}

/// Starts the chosen program, else the first one that is installed, and gives the public address without a route.
pub async fn start(
    choice: Option<TunnelChoice>,
    account: Account<'_>,
    receiver: Receiver,
    running: &mut Running,
    printer: &Printer,
) -> Result<String, Stop> {
    if let Ok(data) = Memory::folder() {
        tunnel::end_leftovers(&data).await;
    }
    let programs = tunnel::find_programs().await;
    let Some((provider, path)) = choose(choice, &programs) else {
        printer.check(&missing(choice, &programs));
        return Err(Stop::Failed);
    };
    let tunnel = Tunnel::start(TunnelOptions {
        provider,
        program: path.into(),
        authtoken: account.authtoken(provider).await,
        domain: account.domain.filter(|_| provider.takes_domain()),
        data: Memory::folder().ok(),
        receiver: receiver.address(),
        deadline: tunnel::DEADLINE,
        probe: tunnel::probe(receiver),
    });
    // From now on it is ended with all else, however this ends.
    running.tunnel = Some(tunnel.clone());
    let ready = tokio::select! {
        ready = tunnel.ready() => ready,
        never = tell(&tunnel, printer) => match never {},
    };
    let (check, result) = match ready {
        Ok(url) => {
            let url = url.as_str().trim_end_matches('/').to_owned();
            (check::tunnel::ready(&url, tunnel.status()), Ok(url))
        }
        Err(view) => (check::tunnel::failed(view, OTHERWISE), Err(Stop::Failed)),
    };
    printer.check(&check);
    result
}

/// The program to start, and where it is.
fn choose(choice: Option<TunnelChoice>, programs: &[TunnelProgram]) -> Option<(Provider, &str)> {
    fitting(choice, programs).find_map(|program| Some((Provider::from_name(&program.name)?, program.path.as_deref()?)))
}

fn fitting(choice: Option<TunnelChoice>, programs: &[TunnelProgram]) -> impl Iterator<Item = &TunnelProgram> {
    let wanted = choice.and_then(name);
    programs.iter().filter(move |program| wanted.is_none_or(|wanted| program.name == wanted))
}

fn missing(choice: Option<TunnelChoice>, programs: &[TunnelProgram]) -> Check {
    let (seen, what) = match choice.and_then(name) {
        Some(wanted) => (format!("{wanted} is not installed."), "it"),
        None => ("No tunnel program is installed.".to_owned(), "one"),
    };
    let commands = fitting(choice, programs).map(|program| format!("{}: {}", program.name, program.install));
    let commands = commands.collect::<Vec<_>>().join("\n");
    Check::failed(TUNNEL.0, TUNNEL.1, seen)
        .cause("Polar is on the internet and reaches this machine only through one.")
        .fix(format!(
            "Install {what} and run this again, or name the address of your app with --public-url.\n{commands}"
        ))
}

const fn name(choice: TunnelChoice) -> Option<&'static str> {
    match choice {
        TunnelChoice::Cloudflared => Some("cloudflared"),
        TunnelChoice::Ngrok => Some("ngrok"),
        TunnelChoice::Relay | TunnelChoice::None => None,
    }
}

/// Says what is being waited for, as long as it is.
async fn tell(tunnel: &Tunnel, printer: &Printer) -> std::convert::Infallible {
    let mut changes = tunnel.subscribe();
    let mut told = None;
    loop {
        let view = changes.borrow_and_update().clone();
        if told != Some(view.phase) {
            told = Some(view.phase);
            if let Some(text) = phase(&view) {
                printer.note(text);
            }
        }
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A phase in words; those that end the waiting are told by the check.
fn phase(view: &TunnelView) -> Option<String> {
    let program = &view.program;
    let url = view.url.as_deref().unwrap_or_default();
    match view.phase {
        TunnelPhase::Starting => Some(format!("Starting {program} …")),
        TunnelPhase::AddressKnown => Some(format!("{program} has the address {url}; connecting …")),
        TunnelPhase::Connected => Some(format!("{program} is connected; asking {url} for an answer of ours …")),
        TunnelPhase::Stopped | TunnelPhase::Reachable | TunnelPhase::Failed => None,
    }
}
