//! The relay: Polar's listen stream brings each event to this machine without an endpoint and without a tunnel.
//!
//! Polar made the stream for its own command and calls it private, so it may change without notice.

mod events;
mod frames;

pub use self::{
    events::{Message, WebhookEvent},
    frames::{BrokenFrame, Frame, Frames, LONGEST},
};
