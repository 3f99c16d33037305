//! Deliveries after they arrived: what came, byte for byte, and what can be done with it.

mod captured;
pub mod curl;
pub mod explain;
pub mod sample;

pub use captured::Captured;
