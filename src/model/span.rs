//! A time that was declared, as people say it.

use std::time::Duration;

/// `250 ms`, `1.5 s`, `30 s`, `1 min 30 s`, `1 h`.
pub fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    let seconds = time.as_secs();
    if seconds < 60 {
        let tenths = time.as_millis() / 100;
        return match tenths % 10 {
            0 => format!("{seconds} s"),
            rest => format!("{seconds}.{rest} s"),
        };
    }
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let said = parts.iter().filter(|(count, _)| *count > 0);
    said.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_short_as_they_are_true() {
        for (millis, said) in [
            (0, "0 ms"),
            (250, "250 ms"),
            (1_000, "1 s"),
            (1_500, "1.5 s"),
            (30_000, "30 s"),
            (90_000, "1 min 30 s"),
            (3_600_000, "1 h"),
            (3_661_000, "1 h 1 min 1 s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), said);
        }
    }
}
