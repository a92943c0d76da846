//! Time: the only module that reads the clock, and the only one that prints or parses a time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Error, Result};

/// A step back of the wall clock up to this much is absorbed; a larger one is an operator's correction.
const ABSORBED_MS: i64 = 3_600_000;

/// 0001-01-01 and 9999-12-31: what RFC 3339 can print.
const RANGE_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// A point in time, in milliseconds since 1970-01-01 UTC.
///
/// The vault stores and compares times in whole milliseconds; [`SystemTime`] values are cut down to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub(crate) const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339 text such as `2026-11-24T13:30:00Z`, with any offset; fractions are cut down to
    /// milliseconds. Source: RFC 3339, section 5.6.
    pub fn parse(text: &str) -> Result<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339)
            // The text is not repeated: it may be a secret that was put in the wrong place.
            .map_err(|_| Error::invalid("time: write it as 2026-11-24T13:30:00Z"))?;
        let ms = parsed.unix_timestamp_nanos().div_euclid(1_000_000);
        Ok(Self(i64::try_from(ms).unwrap_or(i64::MAX)))
    }

    /// This time plus a duration; `None` past the year 9999.
    pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
        let ms = i64::try_from(duration.as_millis()).ok()?;
        self.0.checked_add(ms).filter(|ms| RANGE_MS.contains(ms)).map(Self)
    }

    /// This time less a duration, at least the first millisecond of the year 1.
    pub(crate) fn saturating_sub(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(ms).max(*RANGE_MS.start()))
    }

    /// This time plus a duration, at most the last millisecond of the year 9999.
    pub(crate) fn saturating_add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self(*RANGE_MS.end()))
    }

    /// The nearest time that can be told.
    pub(crate) fn clamped_from(time: SystemTime) -> Self {
        let beyond = if time < SystemTime::UNIX_EPOCH { RANGE_MS.start() } else { RANGE_MS.end() };
        Self::checked_from(time).unwrap_or(Self(*beyond))
    }

    pub(crate) fn checked_from(time: SystemTime) -> Option<Self> {
        let ms = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).ok()?,
            // Rounded towards the past, like every other cut to milliseconds.
            Err(before) => {
                let nanos = i128::try_from(before.duration().as_nanos()).ok()?;
                i64::try_from((-nanos).div_euclid(1_000_000)).ok()?
            }
        };
        RANGE_MS.contains(&ms).then_some(Self(ms))
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-11-24T13:30:00.000Z`.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = i128::from(self.0.clamp(*RANGE_MS.start(), *RANGE_MS.end())) * 1_000_000;
        let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
            return Err(std::fmt::Error);
        };
        let (date, clock) = (time.date(), time.time());
        write!(
            f,
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
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Self> {
        Self::checked_from(time).ok_or_else(|| Error::invalid("time: is not between the years 1 and 9999"))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let offset = Duration::from_millis(time.0.unsigned_abs());
        if time.0 < 0 { Self::UNIX_EPOCH - offset } else { Self::UNIX_EPOCH + offset }
    }
}

/// The time that a verb judges by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    /// Whether the clock told it, rather than a caller: only then may it move the high-water mark.
    pub(crate) from_clock: bool,
}

impl Moment {
    /// A caller's `now`.
    pub(crate) fn given(now: SystemTime) -> Result<Self> {
        let at = Timestamp::checked_from(now)
            .ok_or_else(|| Error::invalid("now: give a time between the years 1 and 9999"))?;
        Ok(Self { at, from_clock: false })
    }
}

/// The wall clock with a high-water mark.
///
/// A step back of up to one hour is absorbed, so that an expired key doesn't flicker back to life; after a
/// larger one the wall clock is believed, and the step is reported once so that it can be recorded.
#[derive(Debug)]
pub(crate) struct Clock {
    mark_ms: AtomicI64,
    /// The mark before a large step back that isn't recorded yet; `i64::MIN` where there is none.
    regressed_ms: AtomicI64,
}

impl Clock {
    /// `newest` is the newest time known from the vault's logs.
    pub(crate) fn starting_at(newest: Timestamp) -> Self {
        Self { mark_ms: AtomicI64::new(newest.ms()), regressed_ms: AtomicI64::new(i64::MIN) }
    }

    /// The time to judge by.
    pub(crate) fn now(&self) -> Moment {
        Moment { at: self.judge(wall_time()), from_clock: true }
    }

    /// Runs `record` with the mark before a large step back, where one isn't recorded yet, and keeps it for later
    /// where that fails.
    pub(crate) fn reporting<T>(&self, record: impl FnOnce(Option<Timestamp>) -> Result<T>) -> Result<T> {
        let mark = self.take_regression();
        let result = record(mark);
        if let (Err(_), Some(mark)) = (&result, mark) {
            self.put_back_regression(mark);
        }
        result
    }

    /// The mark before a large step back that nobody has recorded yet; whoever takes it records it.
    fn take_regression(&self) -> Option<Timestamp> {
        if self.regressed_ms.load(Ordering::Relaxed) == i64::MIN {
            return None;
        }
        let mark = self.regressed_ms.swap(i64::MIN, Ordering::Relaxed);
        (mark != i64::MIN).then_some(Timestamp(mark))
    }

    /// Gives back what could not be recorded.
    fn put_back_regression(&self, mark: Timestamp) {
        self.regressed_ms.store(mark.ms(), Ordering::Relaxed);
    }

    fn judge(&self, wall: Timestamp) -> Timestamp {
        // Within one millisecond all threads but the first leave the mark's cache line as it is.
        if self.mark_ms.load(Ordering::Relaxed) == wall.ms() {
            return wall;
        }
        let mark = self.mark_ms.fetch_max(wall.ms(), Ordering::Relaxed);
        if wall.ms() >= mark {
            return wall;
        }
        if mark - wall.ms() <= ABSORBED_MS {
            return Timestamp(mark);
        }
        // Only the thread that lowers the mark reports the step.
        if self.mark_ms.compare_exchange(mark, wall.ms(), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.regressed_ms.store(mark, Ordering::Relaxed);
            log::warn!(target: "keycask::clock", "the wall clock stepped back from {} to {wall}", Timestamp(mark));
        }
        wall
    }
}

/// Measures how long work takes, by the monotonic clock.
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(feature = "test-faults")]
static SHIFT_MS: AtomicI64 = AtomicI64::new(0);

/// Sets the clock of the machine, as this process sees it, so many milliseconds ahead of what it is.
#[cfg(feature = "test-faults")]
pub fn shift_clock(by_ms: i64) {
    SHIFT_MS.store(by_ms, Ordering::Relaxed);
}

/// Nanoseconds since some moment in the past, a few milliseconds late at times, and cheap.
pub(crate) fn coarse_time() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    now.tv_sec.saturating_mul(1_000_000_000).saturating_add(now.tv_nsec)
}

/// The time of the machine, for callers that need one before there is a vault.
pub(crate) fn wall_time() -> Timestamp {
    // In whole seconds and nanoseconds, as the machine tells it: from a `SystemTime` it would cost twice as much.
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    let ms = now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000);
    #[cfg(feature = "test-faults")]
    let ms = ms.saturating_add(SHIFT_MS.load(Ordering::Relaxed));
    Timestamp(if RANGE_MS.contains(&ms) { ms } else { *RANGE_MS.end() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const START: i64 = 1_800_000_000_000;

    #[test]
    fn a_step_back_of_an_hour_is_absorbed_and_a_larger_one_believed_once() {
        let clock = Clock::starting_at(Timestamp(START));
        assert_eq!(clock.judge(Timestamp(START - HOUR)).ms(), START);
        assert_eq!(clock.take_regression(), None);
        assert_eq!(clock.judge(Timestamp(START - HOUR - 1)).ms(), START - HOUR - 1);
        assert_eq!(clock.take_regression(), Some(Timestamp(START)));
        assert_eq!(clock.take_regression(), None);
        assert_eq!(clock.judge(Timestamp(START - HOUR)).ms(), START - HOUR);
        assert_eq!(clock.take_regression(), None);
    }

    #[test]
    fn times_print_and_parse_as_rfc_3339() {
        let time = Timestamp(1_795_526_400_007);
        assert_eq!(time.to_string(), "2026-11-24T13:20:00.007Z");
        assert_eq!(Timestamp::parse("2026-11-24T13:20:00.007Z").unwrap(), time);
        assert_eq!(Timestamp::parse("2026-11-24T14:20:00.0079+01:00").unwrap(), time);
        for wrong in ["", "2026-11-24", "2026-11-24 13:20", "2026-13-01T00:00:00Z", "yesterday"] {
            assert_eq!(Timestamp::parse(wrong).unwrap_err().kind(), crate::ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn system_times_round_to_the_millisecond_before() {
        let early = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(Timestamp::checked_from(early), Some(Timestamp(-1)));
        assert_eq!(SystemTime::from(Timestamp(-1)), SystemTime::UNIX_EPOCH - Duration::from_millis(1));
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(Timestamp::checked_from(late), None);
        assert_eq!(Timestamp::clamped_from(late).to_string(), "9999-12-31T23:59:59.999Z");
    }
}
