//! The setup as its faces drive it: intents in, snapshots out, against the practice Polar, real sockets and real files.

#![allow(clippy::unwrap_used, missing_docs)]

mod architecture;
mod choosing;
mod deliveries;
mod in_step;
mod killed;
mod polars_list;
mod relay;
mod stage;
mod whole_way;
