//! The small notations of values: numbers, ports, durations, sizes, switches.
//! Pure: text in, value or the reason why not out.

use jiff::SignedDuration;
use std::time::Duration;

/// Why a text is not what was expected, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Completes "`text` …".
    pub message: String,
    /// The way out; may be empty.
    pub hint: String,
}

fn bad<T>(message: &str, hint: impl Into<String>) -> Result<T, Bad> {
    Err(Bad { message: message.to_owned(), hint: hint.into() })
}

/// Longer than this is a mistake of the unit: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const DURATION_HINT: &str = "write `1m30s`, `500ms`, or a bare number of seconds";

/// `1m30s`, `500 ms`, or a bare number of seconds.
pub fn duration(text: &str) -> Result<Duration, Bad> {
    let text = text.trim();
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let read = if plain {
        text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    } else {
        text.parse::<SignedDuration>().ok().and_then(|span| span.try_into().ok())
    };
    match read {
        Some(read) if read <= LONGEST => Ok(read),
        Some(_) => bad("is longer than a year", DURATION_HINT),
        None => bad("is no duration", DURATION_HINT),
    }
}

/// A whole number from `least` to `most`, without a leading zero that somebody
/// could read as octal.
pub fn number(text: &str, least: u32, most: u32) -> Result<u32, Bad> {
    let range = format!("is no whole number from {least} to {most}");
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
        return bad(&range, "");
    }
    if text.len() > 1 && text.starts_with('0') {
        let decimal = text.trim_start_matches('0');
        let decimal = if decimal.is_empty() { "0" } else { decimal };
        let hint = format!("a leading zero means octal to some readers; write `{decimal}`");
        return bad("starts with a zero", hint);
    }
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => bad(&range, ""),
    }
}

/// The number of a port.
pub fn port(text: &str) -> Result<u16, Bad> {
    if text.contains(':') {
        let inner = text.split(':').next_back().unwrap_or_default();
        let hint = format!("a service on the host has nothing to map; write `{inner}`");
        return bad("is a mapping of ports", hint);
    }
    if text == "0" {
        return bad("is no port", "write `auto` to have a free one chosen");
    }
    let number = number(text, 1, u32::from(u16::MAX))?;
    u16::try_from(number).or_else(|_| bad("is no port", ""))
}

/// `true`, `yes`, `on` and their opposites; YAML's versions differ on these.
pub fn switch(text: &str) -> Result<bool, Bad> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        _ => bad("is neither true nor false", "write `true` or `false`"),
    }
}

/// Bytes: `10m`, `10 MB`, `1GiB`, or a bare number. A unit is 1024 of the next
/// smaller one, as compose has it.
pub fn size(text: &str) -> Result<u64, Bad> {
    let hint = "write `10MB`, `512k`, or a bare number of bytes";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return bad("is no size", hint),
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) {
        Some(0) => bad("is too small", hint),
        Some(bytes) => Ok(bytes),
        None => bad("is no size", hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_compose_writes_them() {
        for (text, millis) in [
            ("3", 3000),
            ("0", 0),
            ("0.5", 500),
            ("3s", 3000),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("500ms", 500),
            ("1.5s", 1500),
            ("250us", 0),
            (" 2 s ", 2000),
        ] {
            let read = duration(text).map(|read| read.as_millis());
            assert_eq!(read, Ok(millis), "{text}");
        }
        for text in
            ["", "-1s", "-1", "1x", "s", "1e3", "5s ago", "inf", "NaN", "1.2.3", ".", "9999999h"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_are_numbers_and_nothing_else() {
        assert_eq!(port("8080"), Ok(8080));
        for text in
            ["0", "65536", "08080", "0x10", "22:22", "8_080", "8080.0", "-1", "", "99999999999"]
        {
            assert!(port(text).is_err(), "{text}");
        }
        assert_eq!(
            port("22:80").map_err(|bad| bad.hint),
            Err("a service on the host has nothing to map; write `80`".to_owned())
        );
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("10", 10), ("2k", 2048), ("1 MB", 1 << 20), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "MB", "1.5m", "1x", "99999999999999999999"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_them_panic(text in r"[0-9.:a-zA-Zé +-]{0,24}") {
            let _ = (duration(&text), number(&text, 0, 9), port(&text), switch(&text), size(&text));
        }
    }
}
