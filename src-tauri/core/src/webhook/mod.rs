//! Webhook secrets, and signing and verifying deliveries by both of Polar's key rules.

pub mod secret;
pub mod signature;
