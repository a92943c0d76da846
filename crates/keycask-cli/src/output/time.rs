//! Times as text: RFC 3339 in UTC with milliseconds.

use std::time::SystemTime;

use keycask::Timestamp;

/// `2026-11-24T13:30:00.000Z`; a time that no calendar has, which only a damaged vault holds, is `?`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| "?".to_owned(), |time| time.to_string())
}

/// The same for people, who can do without the milliseconds: `2026-11-24 13:30:00`, always UTC.
pub(crate) fn short(rfc3339: &str) -> String {
    rfc3339.chars().take(19).collect::<String>().replace('T', " ")
}

/// A duration as it can be given to the command again: `90d`, `1d12h`.
pub(crate) fn span(seconds: u64) -> String {
    let parts =
        [(seconds / 86_400, 'd'), (seconds / 3_600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let told = parts.iter().filter(|(n, _)| *n > 0);
    let told = told.fold(String::new(), |told, (n, unit)| format!("{told}{n}{unit}"));
    if told.is_empty() { "0s".to_owned() } else { told }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_written() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (90, "1m30s"),
            (86_399, "23h59m59s"),
            (129_600, "1d12h"),
            (90 * 86_400, "90d"),
        ] {
            assert_eq!(span(seconds), text);
            assert_eq!(humantime::parse_duration(text), Ok(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_time() {
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        assert_eq!(short("1970-01-01T00:00:00.000Z"), "1970-01-01 00:00:00");
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)), "?");
    }
}
