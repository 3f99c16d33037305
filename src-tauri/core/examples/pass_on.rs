//! A receiver that is told what to do by lines, for `tests/live`: `pass_on APP_PORT`, with the secret in
//! `POLAR_WEBHOOK_SECRET`. Prints its address, then each delivery once the app has answered, as one JSON object a line.
//! `replay N` sends delivery N again, `replay N BODY` with another body; it runs until its standard input ends.

use std::{
    env,
    error::Error,
    io::{BufRead, stdin},
};

use polar_setup_core::{
    SecretText,
    receiver::{Receiver, ReceiverOptions},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app_port = env::args().nth(1).ok_or("Say which: pass_on APP_PORT")?.parse()?;
    let secret = Some(SecretText::new(env::var("POLAR_WEBHOOK_SECRET")?));
    let receiver = Receiver::start(ReceiverOptions { app_port, secret, ..ReceiverOptions::default() })?;
    println!("{}", receiver.url());
    let telling = tokio::spawn(tell(receiver.clone()));
    let told = tokio::task::spawn_blocking(move || -> Result<(), String> {
        for line in stdin().lock().lines() {
            let line = line.map_err(|error| error.to_string())?;
            let order = line.strip_prefix("replay ").ok_or_else(|| format!("what is {line:?}?"))?;
            let (number, body) = order.split_once(' ').map_or((order, None), |(number, body)| (number, Some(body)));
            let number = number.parse().map_err(|_| format!("{number:?} is no number"))?;
            receiver.replay(number, body.map(|body| body.to_owned().into())).map_err(|error| error.to_string())?;
        }
        Ok(())
    });
    told.await??;
    telling.abort();
    Ok(())
}

async fn tell(receiver: Receiver) {
    let mut changes = receiver.subscribe();
    let mut told = 0;
    loop {
        changes.borrow_and_update();
        for view in receiver.deliveries().into_iter().rev() {
            if view.number <= told {
                continue;
            }
            if view.app_status.is_none() && view.app_problem.is_none() {
                break;
            }
            told = view.number;
            println!("{}", serde_json::to_string(&view).unwrap_or_default());
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}
