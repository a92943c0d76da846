//! Times as text: RFC 3339 in UTC with milliseconds.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

/// `2026-11-24T13:30:00.000Z`; a time that no calendar has, which only a damaged vault holds, is `?`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let Some(time) = calendar(time) else { return "?".to_owned() };
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

/// The same for people, who can do without the milliseconds: `2026-11-24 13:30:00`, always UTC.
pub(crate) fn short(rfc3339: &str) -> String {
    rfc3339.chars().take(19).collect::<String>().replace('T', " ")
}

fn calendar(time: SystemTime) -> Option<OffsetDateTime> {
    let nanos = |duration: Duration| i128::try_from(duration.as_nanos()).ok();
    let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after)?,
        Err(before) => -nanos(before.duration())?,
    };
    OffsetDateTime::from_unix_timestamp_nanos(since).ok().filter(|time| (0..=9999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use keycask::Timestamp;

    use super::*;

    #[test]
    fn times_print_as_the_core_prints_them() {
        for text in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(rfc3339(time.into()), time.to_string());
        }
        assert_eq!(short("1970-01-01T00:00:00.000Z"), "1970-01-01 00:00:00");
        assert_eq!(rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)), "?");
    }
}
