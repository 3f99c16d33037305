//! Prints one signed delivery a line, as JSON, for every event type and both of Polar's key rules:
//! `{"event", "rule", "headers", "body", "secret"}`. The tests in `tests/sdk` hand them to Polar's official SDK.
//! Each secret is made for this one run and used nowhere else.

use std::{
    error::Error,
    io::{self, BufWriter, Write},
};

use polar_setup_core::{
    polar::{event::catalogue, sample::sample},
    webhook::{
        secret,
        signature::{KeyRule, sign},
    },
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let secret = secret::generate();
    let organization = Uuid::new_v4().to_string();
    let mut lines = BufWriter::new(io::stdout().lock());
    for event in catalogue().types() {
        for rule in KeyRule::ALL {
            let now = OffsetDateTime::now_utc();
            let payload = sample(event, &organization, now).ok_or_else(|| format!("There is no sample of {event}."))?;
            let body = payload.to_string();
            let id = Uuid::new_v4().to_string();
            let signature = sign(&secret, rule, &id, now.unix_timestamp(), body.as_bytes())
                .ok_or_else(|| format!("{} cannot use the secret.", rule.name()))?;
            let delivery = json!({
                "event": event,
                "rule": rule,
                "headers": {
                    "user-agent": "polar.sh webhooks",
                    "content-type": "application/json",
                    "webhook-id": id,
                    "webhook-timestamp": now.unix_timestamp().to_string(),
                    "webhook-signature": signature,
                },
                "body": body,
                "secret": secret.expose(),
            });
            writeln!(lines, "{delivery}")?;
        }
    }
    lines.flush()?;
    Ok(())
}
