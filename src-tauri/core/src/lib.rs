//! Everything Polar Setup does that is not a window: the setup itself, Polar's API, webhooks, tunnels, the receiver,
//! the `.env`, the checks and the vault.
//!
//! The window (`src-tauri/src`), the terminal command (`src-tauri/cli`) and the tests drive this same core.
//! It knows no Tauri.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod check;
pub mod deliveries;
pub mod env_file;
pub mod moment;
pub mod polar;
pub mod project;
pub mod receiver;
pub mod redact;
pub mod relay;
pub mod secret_text;
pub mod setup;
pub mod tunnel;
pub mod vault;
pub mod webhook;

pub use secret_text::SecretText;
