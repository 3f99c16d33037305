//! A receiver by itself, for `benches/receiver`: `receive APP_PORT SECRET [hold]`. Prints its port, then runs until its
//! standard input ends.

use std::{env, error::Error, io::Read};

use polar_setup_core::{
    SecretText,
    receiver::{Receiver, ReceiverOptions},
    setup::view::Hold,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [app_port, secret, rest @ ..] = arguments.as_slice() else {
        return Err("Say which: receive APP_PORT SECRET [hold]".into());
    };
    let options = ReceiverOptions {
        app_port: app_port.parse()?,
        secret: Some(SecretText::new(secret.as_str())),
        // Held ones are never dropped: a run of the benchmark must fit.
        room: if rest.is_empty() { 64 << 20 } else { 8 << 30 },
        ..ReceiverOptions::default()
    };
    let receiver = Receiver::start(options)?;
    if !rest.is_empty() {
        receiver.set_hold(Hold::On);
    }
    println!("{}", receiver.address().port());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
