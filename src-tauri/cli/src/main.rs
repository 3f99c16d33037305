//! The terminal program. In the packages for Linux its code is in the window's program, so that it is installed once.

use std::process::ExitCode;

fn main() -> ExitCode {
    polar_setup_cli::run(std::env::args_os().skip(1))
}
