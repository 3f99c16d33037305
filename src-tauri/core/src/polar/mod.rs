//! Polar: its environments, tokens, API and events.

pub mod account;
pub mod client;
pub mod clock;
pub mod delivery;
pub mod endpoint;
pub mod environment;
pub mod error;
pub mod event;
pub mod http;
pub mod matching;
pub mod sample;
pub mod token;

pub use client::Client;
pub use environment::Environment;
pub use error::ApiError;
