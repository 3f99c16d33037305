//! The same setup in a terminal: for SSH, containers and CI. Needs no window system.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod args;
mod check;
mod diagnose;
mod documents;
mod env;
mod input;
mod inspect;
mod leaks;
mod listen;
mod live;
mod output;
mod practice;
mod run;
mod setup;
mod trigger;
mod tunnel;
mod ways;
mod wishes;
mod write;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use self::{
    args::{Arguments, Command},
    run::Interrupt,
};

/// What the program is called, wherever its code is.
const NAME: &str = "polar-setup-cli";

/// Does what the arguments say; `arguments` are those behind the program's name. Returns when it is done, or ends the
/// program with exit code 2 when they cannot be understood.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments = Arguments::parse_from([OsString::from(NAME)].into_iter().chain(arguments));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: this system gives the program no threads: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        let interrupt = Interrupt::listen();
        match arguments.command {
            Command::Setup(arguments) => setup::run(&arguments, &interrupt).await,
            Command::Check(arguments) => check::run(&arguments, &interrupt).await,
            Command::Diagnose(arguments) => diagnose::run(&arguments, &interrupt).await,
            Command::Inspect(arguments) => inspect::inspect(&arguments),
            Command::Handler(arguments) => inspect::handler(&arguments),
            Command::Leaks(arguments) => leaks::run(&arguments, &interrupt).await,
            Command::Env(arguments) => env::run(&arguments),
            Command::Listen(arguments) => listen::run(&arguments, &interrupt).await,
            Command::Trigger(arguments) => trigger::run(&arguments, &interrupt).await,
            Command::Practice(arguments) => practice::run(&arguments, &interrupt).await,
            Command::Completions(arguments) => documents::completions(&arguments),
            Command::Man(arguments) => documents::manual(&arguments),
        }
    });
    // A thread that still waits for standard input or a keyring must not keep the program from ending.
    runtime.shutdown_background();
    code
}
