//! When the token ends, as noted by the user: Polar's API does not tell it, and the dashboard's default is 30 days.

use time::{Date, Duration, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{IntentError, Setup, state::State, view::ExpiryView};

/// From here on it is reminded of.
const SOON: i64 = 7;
/// The choices on Polar's page for a new token, in days; none: no expiration.
const CHOICES: [u32; 6] = [1, 7, 30, 90, 180, 365];
const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

impl Setup {
    /// Notes in how many days from today the token ends, as chosen on Polar's page; `None`: it does not end.
    ///
    /// # Errors
    /// It is none of the choices on that page.
    pub fn set_token_expiry(&self, days: Option<u32>) -> Result<(), IntentError> {
        if days.is_some_and(|days| !CHOICES.contains(&days)) {
            return Err(IntentError::Invalid("Choose one of the expirations that Polar's page has.".into()));
        }
        let today = OffsetDateTime::now_utc().date();
        let ends = days.and_then(|days| (today + Duration::days(days.into())).format(FORM).ok());
        self.remember(|remembered| remembered.token_expires = ends);
        self.change(|_| ());
        Ok(())
    }
}

impl State {
    /// When the token ends, if that was noted.
    pub fn expiry(&self) -> Option<ExpiryView> {
        expiry(self.remembered.token_expires.as_deref()?, self.today)
    }
}

/// How a noted day stands to today.
#[must_use]
pub fn expiry(noted: &str, today: Date) -> Option<ExpiryView> {
    let ends = Date::parse(noted, FORM).ok()?;
    let days_left = (ends - today).whole_days();
    let sentence = match days_left {
        ..0 => format!("By your note the token ended on {noted}. Polar refuses it from then on: make a new one."),
        0 => "By your note the token ends today: make a new one.".to_owned(),
        1 => "By your note the token ends tomorrow: make a new one before.".to_owned(),
        2..=SOON => format!("By your note the token ends in {days_left} days, on {noted}: make a new one before."),
        _ => format!("By your note it ends on {noted}, in {days_left} days. You will be reminded a week before."),
    };
    Some(ExpiryView { date: noted.to_owned(), soon: days_left <= SOON, sentence })
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn it_is_reminded_of_a_week_before() {
        let today = date!(2026 - 11 - 23);
        for (noted, soon, part) in [
            ("2026-12-23", false, "in 30 days"),
            ("2026-12-01", false, "in 8 days"),
            ("2026-11-30", true, "in 7 days"),
            ("2026-11-24", true, "tomorrow"),
            ("2026-11-23", true, "today"),
            ("2026-11-22", true, "ended on 2026-11-22"),
        ] {
            let view = expiry(noted, today).unwrap();
            assert_eq!(view.soon, soon, "{noted}");
            assert!(view.sentence.contains(part), "{}", view.sentence);
        }
        assert_eq!(expiry("soon", today), None);
    }
}
