//! The clocks.

use url::Url;

use super::{first_answer, handler};
use crate::{
    check::diagnose::{HandlerSeen, Seen, causes::Named},
    polar::http::is_loopback,
    webhook::signature::TOLERANCE_SECONDS,
};

fn side(ahead: i64) -> String {
    format!("{} s {}", ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" })
}

pub(super) fn clock(seen: &Seen) -> Option<Named> {
    let is_off = |ahead: i64| ahead.abs() > TOLERANCE_SECONDS;
    let this = seen.polar.clock_ahead;
    let apps = first_answer(seen).and_then(|answer| answer.clock_ahead);
    // The app's clock against Polar's, which is what a delivery's time is compared with.
    let of_app = apps.map(|apps| apps + this.unwrap_or(0));
    if let (Some(apps), Some(off)) = (apps, of_app.filter(|off| is_off(*off)))
        && apps.abs() > TOLERANCE_SECONDS / 2
    {
        return Some(
            Named::new(
                format!("The clock that your app goes by is {} Polar's: it takes every delivery for more than five minutes off, and refuses it.", side(off)),
                "Set the clock where the app runs: a container or a virtual machine that slept is restarted; in a test, the clock that was set is let go.",
            )
            .proved(format!("The Date of your app's answers is {} this machine's clock.", side(apps)))
            .ruling_out(match this {
                Some(this) if !is_off(this) => "This machine's clock agrees with Polar's.",
                _ => "",
            }),
        );
    }
    let ahead = this.filter(|ahead| is_off(*ahead))?;
    // A third clock, far from here, tells which of the two is wrong.
    let third = seen.public.as_ref().and_then(|public| public.answer.clock_ahead).filter(|_| !is_local_answer(seen));
    let polars_is_wrong = third.is_some_and(|third| !is_off(third));
    Some(
        Named::new(
            format!("{}: a delivery's time is then more than five minutes off, and every handler refuses it.", if polars_is_wrong {
                format!("Polar's clock is {} this machine's", side(-ahead))
            } else {
                format!("This machine's clock is {} Polar's", side(ahead))
            }),
            if polars_is_wrong {
                "Look at the clock of the server that is asked: this machine's agrees with others."
            } else {
                "Set this machine's clock by the network's time (timedatectl set-ntp true; on macOS and Windows in the settings)."
            },
        )
        .proved("Polar's answers carry their time; it was compared with this machine's.")
        .ruling_out(if polars_is_wrong { "What answers at the public address goes by the same time as this machine." } else { "" }),
    )
}

/// Whether what answers at the endpoint's address goes by this machine's clock, or may.
fn is_local_answer(seen: &Seen) -> bool {
    seen.public.as_ref().is_none_or(|public| {
        public.answer.through_receiver || Url::parse(&public.url).is_ok_and(|url| is_loopback(&url))
    }) || handler(seen).is_some_and(HandlerSeen::accepts)
}
