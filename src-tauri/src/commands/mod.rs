//! The commands of the window, one file a topic. Each hands an intent to the [`Setup`](polar_setup_core::setup::Setup)
//! and holds no logic; all are async, so that none runs on the window's own thread. No command answers with a secret:
//! `tests` in this crate look at what they return.

pub mod account;
pub mod apply;
pub mod env;
pub mod leaving;
pub mod live;
pub mod project;
pub mod public_url;
pub mod view;
pub mod webhook;
