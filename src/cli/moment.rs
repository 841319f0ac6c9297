//! Times as people type them. It must not know what they are for.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, Zoned};

const FORMS: &str =
    "write it as `10m` (ago), `14:30`, `2026-11-21T14:30` or `2026-11-21T14:30:00Z`";

/// Reads a time that has been: RFC 3339, the same without a zone (local), a
/// date (local midnight), `HH:MM[:SS]` (the last time the clock showed it), or
/// how long ago it was, as `10m`.
pub fn read(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let is_date = text.contains('-');
    if text.contains(':') && !is_date {
        let time = text.parse().map_err(|_| FORMS.to_owned())?;
        return last(time, now).ok_or_else(|| too_far(text));
    }
    if let Ok(ago) = crate::config::duration(text) {
        let ago = SignedDuration::try_from(ago).map_err(|_| too_far(text))?;
        return now.timestamp().checked_sub(ago).map_err(|_| too_far(text));
    }
    let local = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    let local = local.ok().filter(|_| is_date).ok_or(FORMS)?;
    let zoned = local.to_zoned(now.time_zone().clone()).map_err(|_| too_far(text))?;
    Ok(zoned.timestamp())
}

/// Today at this time, or yesterday where that is still to come.
fn last(time: Time, now: &Zoned) -> Option<Timestamp> {
    let on = |date: Date| date.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
    let today = on(now.date())?;
    let past = if today <= *now { today } else { on(now.date().yesterday().ok()?)? };
    Some(past.timestamp())
}

fn too_far(text: &str) -> String {
    format!("`{text}` is too far away")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Result<String, String> {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().expect("a time");
        read(text, &now.to_zoned(zone)).map(|time| time.to_string())
    }

    #[test]
    fn every_form_is_understood() {
        for (text, expected) in [
            ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"),
            ("2026-11-20T08:00:00+05:00", "2026-11-20T03:00:00Z"),
            ("2026-11-20T08:00", "2026-11-20T07:00:00Z"),
            ("2026-11-20 08:00:30.5", "2026-11-20T07:00:30.5Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("10:30", "2026-11-21T09:30:00Z"),
            ("11:00:00", "2026-11-21T10:00:00Z"),
            ("23:50", "2026-11-20T22:50:00Z"),
            ("10m", "2026-11-21T09:50:00Z"),
            ("1h30m", "2026-11-21T08:30:00Z"),
            ("90", "2026-11-21T09:58:30Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "x", "25:00", "2026-13-01", "-5m", "tomorrow", "99999999999999d"] {
            assert!(at(text).is_err(), "{text}: {:?}", at(text));
        }
    }
}
