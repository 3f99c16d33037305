//! Deliveries after they arrived: what came, byte for byte, and what can be done with it.

mod captured;
pub mod curl;
pub mod explain;
pub mod filter;
pub(crate) mod onward;
pub mod resign;
pub mod sample;
pub mod send;
pub mod store;

pub use captured::Captured;
