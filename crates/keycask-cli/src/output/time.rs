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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_no_calendar_has_is_no_time() {
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        assert_eq!(short("1970-01-01T00:00:00.000Z"), "1970-01-01 00:00:00");
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)), "?");
    }
}
