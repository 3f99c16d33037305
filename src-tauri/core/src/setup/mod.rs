//! The setup: its state, its steps and what it does.

pub mod view;
