//! Prints one signed delivery a line, as JSON, for every event type and both of Polar's key rules:
//! `{"event", "rule", "headers", "body", "secret"}`. The tests in `tests/sdk` hand them to Polar's official SDK.
//! Each secret is made for this one run and used nowhere else.

use std::{
    error::Error,
    io::{self, BufWriter, Write},
};

use polar_setup_core::{
    deliveries::sample::sample,
    polar::event::catalogue,
    setup::view::DeliveryFormat,
    webhook::{secret, signature::KeyRule},
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let secret = secret::generate();
    let mut lines = BufWriter::new(io::stdout().lock());
    for event in catalogue().types() {
        for rule in KeyRule::ALL {
            let sample = sample(event, DeliveryFormat::Raw, &secret, rule, OffsetDateTime::now_utc())?;
            let headers: Map<String, Value> =
                sample.headers.iter().map(|(name, _)| (name.clone(), sample.header(name).into())).collect();
            let delivery = json!({
                "event": event,
                "rule": rule,
                "headers": headers,
                "body": String::from_utf8(sample.body.into())?,
                "secret": secret.expose(),
            });
            writeln!(lines, "{delivery}")?;
        }
    }
    lines.flush()?;
    Ok(())
}
