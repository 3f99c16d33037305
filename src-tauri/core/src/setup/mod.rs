//! The setup: its state, its steps and what it does.

pub mod memory;
pub mod view;
