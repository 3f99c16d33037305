//! The setup: its state, its steps and what it does.

pub mod apply;
pub mod endpoint_choice;
pub mod memory;
pub mod practice;
pub mod view;
