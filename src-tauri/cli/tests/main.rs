//! The program itself, run as a process, with real files and a real practice Polar.

#![allow(clippy::unwrap_used)]

mod app;
mod check;
mod diagnose;
#[cfg(unix)]
mod listen;
mod practice;
mod project;
#[cfg(unix)]
mod rotation;
mod running;
mod setup;
mod stage;
mod tokens;
mod trigger;
#[cfg(unix)]
mod tunnel;
mod usage;
