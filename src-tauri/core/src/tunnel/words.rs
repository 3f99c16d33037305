//! What is said when a tunnel does not work: the provider's own words first, else what was seen.

use std::{io, process::ExitStatus};

use super::{TunnelOptions, provider::Problem};

/// It could not even be started.
pub(super) fn not_started(options: &TunnelOptions, error: &io::Error) -> Problem {
    let (name, path) = (options.provider.name(), options.program.display());
    match error.kind() {
        io::ErrorKind::NotFound => Problem::new(
            format!("There is no {name} at {path} any more."),
            format!("Install it with: {}", options.provider.install_command()),
        ),
        io::ErrorKind::PermissionDenied => Problem::new(
            format!("{path} may not be run by you."),
            format!("Make it executable, for example with: chmod +x {path}"),
        ),
        _ => Problem::new(
            format!("{path} cannot be run: {error}. It may be made for another processor."),
            format!("Install it anew with: {}", options.provider.install_command()),
        ),
    }
}

/// It has ended by itself.
pub(super) fn exited(options: &TunnelOptions, log: &[String], status: &io::Result<ExitStatus>) -> Problem {
    if let Some(problem) = options.provider.program().explain(log) {
        return problem;
    }
    if cfg!(target_os = "macos") && log.is_empty() && status.as_ref().is_ok_and(|status| status.code().is_none()) {
        // Gatekeeper kills what a browser fetched and nobody has allowed, before it says a word.
        return Problem::new(
            format!("macOS ended {} at once: it is probably quarantined.", options.provider.name()),
            format!("Allow it with: xattr -d com.apple.quarantine {}", options.program.display()),
        );
    }
    let how = match status {
        Ok(status) => status.code().map_or_else(|| "killed by a signal".into(), |code| format!("exit code {code}")),
        Err(error) => error.to_string(),
    };
    // What it said in passing tells nothing about its end.
    let last = log.iter().rev().find(|line| !line.contains(" INF ") && !line.contains("\"lvl\":\"info\""));
    let last = last.map_or_else(String::new, |line| format!(" It last said: {line}"));
    Problem::new(
        format!("{} has ended ({how}).{last}", options.provider.name()),
        "Start it again, or choose another way.",
    )
}

/// It takes too long.
pub(super) fn hangs(options: &TunnelOptions, log: &[String], has_address: bool) -> Problem {
    if let Some(problem) = options.provider.program().explain(log) {
        return problem;
    }
    let (name, seconds) = (options.provider.name(), options.deadline.as_secs());
    let cause = if has_address {
        format!("{name} has an address, but was not connected within {seconds} seconds.")
    } else {
        format!("{name} had no address within {seconds} seconds.")
    };
    Problem::new(cause, "See whether this network lets it out (firewall, VPN, proxy), or choose another way.")
}

/// The file for its settings cannot be made.
pub(super) fn no_file(error: &io::Error) -> Problem {
    Problem::new(format!("No temporary file can be made: {error}."), "See that the disk is not full.")
}
