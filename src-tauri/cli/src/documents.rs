//! What a package brings besides the program: completions for shells and manual pages, made of the arguments themselves.

use std::{
    fs,
    io::{self, Write},
    process::ExitCode,
};

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArgs, ManArgs};

/// Prints the completions for a shell.
pub fn completions(arguments: &CompletionsArgs) -> ExitCode {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    match io::stdout().write_all(&text) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads them has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Writes a manual page for the program and one for each of its commands.
pub fn manual(arguments: &ManArgs) -> ExitCode {
    let written =
        fs::create_dir_all(&arguments.to).and_then(|()| clap_mangen::generate_to(Arguments::command(), &arguments.to));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &io::Error) -> ExitCode {
    eprintln!("error: it cannot be written: {error}.");
    ExitCode::FAILURE
}
