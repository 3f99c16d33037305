//! Whether a public address leads to our own receiver: a request with a nonce that only it knows.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use rand::distr::{Alphanumeric, SampleString};
use url::Url;

use crate::{
    polar::http,
    receiver::{PROBE_PATH, Receiver},
};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// The longest answer that is read, in bytes; ours is shorter.
const LONGEST: usize = 256;

/// Asks once through an address; the error says what was seen instead.
pub type Probe = Arc<dyn Fn(Url) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Probes that must arrive at this receiver.
#[must_use]
pub fn probe(receiver: Receiver) -> Probe {
    Arc::new(move |base| ask(receiver.clone(), base).boxed())
}

async fn ask(receiver: Receiver, base: Url) -> Result<(), String> {
    let nonce = Alphanumeric.sample_string(&mut rand::rng(), 32);
    let host = base.host_str().unwrap_or_default().to_owned();
    let url = base.join(&format!("{PROBE_PATH}{nonce}")).map_err(|error| error.to_string())?;
    receiver.expect_probe(&*nonce);
    // A new client each time: a kept connection or name would not show what a stranger sees.
    let client = http::client_for(&url, PATIENCE).map_err(|error| error.to_string())?;
    let mut answer = client.get(url).send().await.map_err(|error| http::explain(&error, &host))?;
    let status = answer.status();
    let mut body = Vec::new();
    while body.len() < LONGEST {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(http::explain(&error, &host)),
        }
    }
    if status.is_success() && body == nonce.as_bytes() {
        return Ok(());
    }
    Err(match status.as_u16() {
        530 => format!("{host} answers 530: the tunnel behind it is not connected yet."),
        502 | 504 => format!("{host} answers {}: the tunnel does not reach this machine.", status.as_u16()),
        status => format!("Something else answers at {host}: {status} instead of what was asked for."),
    })
}
