//! The values that arguments can have.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use keycask::{
    ChangeKind, Encoding, Error, KeyState, NoticeKind, Outcome, Reason, RevocationReason, Timestamp,
    UseAcknowledgement, UseMode,
};

/// A time, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(SystemTime),
    Ago(Duration),
}

impl Moment {
    /// The time, seen from `now`; before 1970 nothing happened.
    pub(crate) fn time(self, now: SystemTime) -> SystemTime {
        match self {
            Self::At(time) => time,
            Self::Ago(duration) => {
                let time = now.checked_sub(duration);
                time.unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH)
            }
        }
    }
}

/// A file's mode in octal.
pub(super) fn mode(text: &str) -> Result<u32, &'static str> {
    u32::from_str_radix(text, 8).map_err(|_| "write an octal number such as 0600 or 0660")
}

pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "write a duration such as 90s, 24h or 30d")
}

/// A duration that JSON tells as it is.
pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    duration(text)
        .ok()
        .filter(|duration| duration.subsec_nanos() == 0)
        .ok_or("write whole seconds, such as 90s or 24h")
}

/// A number of bytes: alone, or with a unit of 1000 (`kB`, `MB`, ...) or of 1024 (`KiB`, `MiB`, ...).
pub(super) fn size(text: &str) -> Result<u64, &'static str> {
    const WRONG: &str = "write bytes, such as 1073741824, 512MiB or 2GB";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(WRONG),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or(WRONG)
}

pub(super) fn time(text: &str) -> Result<SystemTime, &'static str> {
    Timestamp::parse(text).map(Into::into).map_err(|_| "write a time such as 2026-11-24T13:30:00Z")
}

pub(super) fn moment(text: &str) -> Result<Moment, &'static str> {
    time(text).map(Moment::At).or_else(|_| {
        duration(text)
            .map(Moment::Ago)
            .map_err(|_| "write a time such as 2026-11-24T13:30:00Z, or how long ago it was, such as 24h")
    })
}

pub(super) fn encoding() -> impl TypedValueParser<Value = Encoding> {
    words(Encoding::ALL.iter().map(|encoding| encoding.as_str()))
}

pub(super) fn state() -> impl TypedValueParser<Value = KeyState> {
    words(KeyState::ALL.iter().map(|state| state.as_str()))
}

pub(super) fn reason() -> impl TypedValueParser<Value = RevocationReason> {
    words(RevocationReason::ALL.iter().map(|reason| reason.as_str()))
}

pub(super) fn use_mode() -> impl TypedValueParser<Value = UseMode> {
    words(UseMode::ALL.iter().map(|mode| mode.as_str()))
}

pub(super) fn acknowledgement() -> impl TypedValueParser<Value = UseAcknowledgement> {
    words(UseAcknowledgement::ALL.iter().map(|way| way.as_str()))
}

pub(super) fn kind() -> impl TypedValueParser<Value = ChangeKind> {
    words(ChangeKind::ALL.iter().map(|kind| kind.as_str()))
}

pub(super) fn notice_kind() -> impl TypedValueParser<Value = NoticeKind> {
    words(NoticeKind::ALL.iter().map(|kind| kind.as_str()))
}

pub(super) fn outcome() -> impl TypedValueParser<Value = Outcome> {
    let refused = Reason::ALL.iter().map(|reason| reason.as_str());
    words(std::iter::once(Outcome::Valid.as_str()).chain(refused))
}

/// One of the words that a closed set is written in.
fn words<T>(all: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(all).try_map(|text| text.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_bounded_and_never_negative() {
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for wrong in
            ["", "24", "-1h", "h", "1e9h", "99999999999999999999d", "18446744073709551615y", "1 fortnight"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_policys_durations_are_whole_seconds() {
        assert_eq!(seconds("1500ms"), Err("write whole seconds, such as 90s or 24h"));
        assert_eq!(seconds("90s"), Ok(Duration::from_secs(90)));
        assert!(seconds("soon").is_err());
    }

    #[test]
    fn sizes_have_exact_units() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("12B"), Ok(12));
        assert_eq!(size("2kB"), Ok(2_000));
        assert_eq!(size("2KiB"), Ok(2_048));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("18446744073709551615"), Ok(u64::MAX));
        for wrong in
            ["", "B", "1K", "1G", "-1", "1.5GB", "1 GB", "18446744073709551616", "99999999TiB", "1gb"]
        {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_a_time_or_how_long_ago_it_was() {
        assert_eq!(
            moment("1970-01-01T00:00:01Z"),
            Ok(Moment::At(SystemTime::UNIX_EPOCH + Duration::from_secs(1)))
        );
        assert_eq!(moment("1h"), Ok(Moment::Ago(Duration::from_secs(3600))));
        assert!(moment("yesterday").is_err());
        let hour = SystemTime::UNIX_EPOCH + Duration::from_secs(3600);
        assert_eq!(Moment::Ago(Duration::from_secs(60)).time(hour), hour - Duration::from_secs(60));
        assert_eq!(Moment::Ago(Duration::from_secs(3601)).time(hour), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(mode("0660"), Ok(0o660));
        assert_eq!(mode("600"), Ok(0o600));
        assert!(mode("0888").is_err());
        assert!(mode("rw").is_err());
    }
}
