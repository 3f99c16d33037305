//! Measures what the screen of deliveries needs: filtering 100,000 of them, and keeping and reading them.
//! `cargo run --release -p polar-setup-core --example filter_deliveries [COUNT]`

use std::{error::Error, time::Instant};

use polar_setup_core::{
    deliveries::{
        filter::{Facts, Filter},
        sample::sample,
        store::{Entry, Outcome, Store, StoreOptions, Verified},
    },
    polar::event::catalogue,
    setup::view::{DeliveryFilter, DeliveryFormat, DeliveryOutcome},
    webhook::{secret, signature::KeyRule},
};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let secret = secret::generate();
    let mut rows = Vec::with_capacity(count);
    let types: Vec<&str> = catalogue().types().collect();
    for (at, event) in types.iter().copied().cycle().take(count).enumerate() {
        let captured = sample(event, DeliveryFormat::Raw, &secret, KeyRule::PolarOwn, OffsetDateTime::now_utc())?;
        let id = captured.header("webhook-id");
        let mut entry = Entry::new(captured, Verified::By(KeyRule::PolarOwn));
        entry.outcome = Some(Outcome { status: Some(if at % 10 == 0 { 500 } else { 202 }), ..Outcome::default() });
        rows.push((event, id, entry));
    }
    let bytes: usize = rows.iter().map(|(_, _, entry)| entry.captured.body.len()).sum();
    println!("{count} deliveries, {} bytes each", bytes / count.max(1));

    let middle = rows[count / 2].1.to_uppercase();
    for (what, events, outcomes, text) in [
        ("all", &[][..], &[][..], ""),
        ("an event", &["order.paid"], &[], ""),
        ("app failed", &[], &[DeliveryOutcome::AppFailed], ""),
        ("an id", &[], &[], middle.as_str()),
        ("a frequent word", &[], &[], "customer"),
        ("a rare word", &[], &[], "Nowhere In It"),
        ("one letter", &[], &[], "q"),
        ("beyond ASCII", &[], &[], "zürich"),
        ("an event and a rare word", &["order.*"], &[], "nowhere in it"),
    ] {
        let events = events.iter().map(|event: &&str| (*event).to_owned()).collect();
        let begun = Instant::now();
        let filter = Filter::new(&DeliveryFilter { events, outcomes: outcomes.to_vec(), text: text.into() });
        let found = filter.places(&rows, |(event, id, entry)| Facts::of(entry, event, id)).len();
        println!("filter, {what:<26} {found:>7} found in {:>8.1?}", begun.elapsed());
    }

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("deliveries.redb");
    let options = StoreOptions { bytes: 1 << 30, ..StoreOptions::default() };
    let (store, _) = Store::open(&path, options)?;
    let begun = Instant::now();
    let one_by_one = 500.min(count);
    for (_, _, entry) in &rows[..one_by_one] {
        store.append(entry.clone(), &[])?;
    }
    println!("store, one at a time           {:>8.1?} each, on the disk", begun.elapsed() / u32::try_from(one_by_one)?);
    let begun = Instant::now();
    for some in rows[one_by_one..].chunks(1000) {
        store.append_all(some.iter().map(|(_, _, entry)| entry.clone()), std::slice::from_ref(&secret))?;
    }
    println!("store, the rest by the thousand {:>8.1?}", begun.elapsed());
    drop(store);
    let begun = Instant::now();
    let (store, _) = Store::open(&path, options)?;
    println!("store, opened and checked in   {:>8.1?}, {} MB", begun.elapsed(), std::fs::metadata(&path)?.len() >> 20);
    let begun = Instant::now();
    let page = store.newest(100)?.len();
    println!("store, newest {page} read in        {:>8.1?}", begun.elapsed());
    Ok(())
}
