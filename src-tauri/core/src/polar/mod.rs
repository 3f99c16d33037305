//! Polar: its tokens, environments, API and events.

pub mod event;
pub mod token;
