//! The policy: what the vault allows, stored in its file.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secret::Prefix;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// The longest grace that a policy may allow.
const GRACE_CEILING: Duration = Duration::from_secs(30 * 86_400);

/// How uses are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UseMode {
    /// One event for each verify of a known key.
    #[default]
    Each,
    /// One event for each key, outcome and five minutes, with an exact count.
    Buckets,
    /// None.
    Off,
}

impl UseMode {
    /// Every mode.
    pub const ALL: &'static [Self] = &[Self::Each, Self::Buckets, Self::Off];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Buckets => "buckets",
            Self::Off => "off",
        }
    }
}

impl std::str::FromStr for UseMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|mode| mode.as_str() == text).copied();
        found.ok_or_else(|| Error::invalid("use_mode: write each, buckets or off"))
    }
}

/// When a verify is answered, seen from its use event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UseAcknowledgement {
    /// At once; a background writer commits the event within 200 ms. Of a process that is killed the events that
    /// wait are lost, at most 65,536 and one batch of 4,096, and the next open says so. Where uses come faster than they can
    /// be written, what finds no place among them is a gap with its count, and its verify is held up for a millisecond.
    #[default]
    Batched,
    /// `valid` only after the event is committed.
    Strict,
}

impl UseAcknowledgement {
    /// Both ways.
    pub const ALL: &'static [Self] = &[Self::Batched, Self::Strict];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batched => "batched",
            Self::Strict => "strict",
        }
    }
}

impl std::str::FromStr for UseAcknowledgement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|way| way.as_str() == text).copied();
        found.ok_or_else(|| Error::invalid("use_acknowledgement: write batched or strict"))
    }
}

/// What the vault allows and how long it keeps its uses. Durations are stored in whole milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The prefixes that create accepts; any where the list is empty.
    pub prefixes: Vec<Prefix>,
    /// The grace of a planned rotation that names none.
    pub default_grace: Duration,
    /// The shortest grace that a planned rotation may name.
    pub min_grace: Duration,
    /// The longest grace that a planned rotation may name; 30 days at most.
    pub max_grace: Duration,
    /// How long after its creation a key must expire; without a limit where `None`.
    pub max_lifetime: Option<Duration>,
    /// How many living keys an owner may have, superseded ones not counted; without a limit where `None`.
    pub max_living_keys: Option<u32>,
    /// How uses are recorded.
    pub use_mode: UseMode,
    /// When a verify is answered, seen from its use event.
    pub use_acknowledgement: UseAcknowledgement,
    /// How long uses are kept.
    pub retain_uses: Duration,
    /// How many bytes of uses are kept.
    pub retain_uses_bytes: u64,
    /// How long before an expiry or a due rotation its notice is made.
    pub notice_ahead: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            prefixes: Vec::new(),
            default_grace: 24 * HOUR,
            min_grace: Duration::ZERO,
            max_grace: 7 * DAY,
            max_lifetime: None,
            max_living_keys: None,
            use_mode: UseMode::Each,
            use_acknowledgement: UseAcknowledgement::Batched,
            retain_uses: 90 * DAY,
            retain_uses_bytes: 1 << 30,
            notice_ahead: 7 * DAY,
        }
    }
}

impl Policy {
    /// Refuses bounds that contradict each other.
    pub(crate) fn check(&self) -> Result<()> {
        if self.max_grace > GRACE_CEILING {
            return Err(Error::invalid("max_grace: is over 30 days"));
        }
        if self.min_grace > self.default_grace || self.default_grace > self.max_grace {
            return Err(Error::invalid("grace: the default must lie between the minimum and the maximum"));
        }
        if self.max_lifetime.is_some_and(|lifetime| lifetime < Duration::from_secs(1)) {
            return Err(Error::invalid("max_lifetime: is under a second"));
        }
        if self.max_living_keys == Some(0) {
            return Err(Error::invalid("max_living_keys: allows no key at all; leave it out for no limit"));
        }
        if self.retain_uses < HOUR || self.retain_uses_bytes < 1 << 20 {
            return Err(Error::invalid("retention: keep at least an hour and 1 MiB of uses"));
        }
        Ok(())
    }

    /// The policy as it stands in events and on surfaces: durations in whole milliseconds.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        serde_json::json!({
            "prefixes": self.prefixes.iter().map(Prefix::as_str).collect::<Vec<_>>(),
            "default_grace_ms": millis(self.default_grace),
            "min_grace_ms": millis(self.min_grace),
            "max_grace_ms": millis(self.max_grace),
            "max_lifetime_ms": self.max_lifetime.map(millis),
            "max_living_keys": self.max_living_keys,
            "use_mode": self.use_mode.as_str(),
            "use_acknowledgement": self.use_acknowledgement.as_str(),
            "retain_uses_ms": millis(self.retain_uses),
            "retain_uses_bytes": self.retain_uses_bytes,
            "notice_ahead_ms": millis(self.notice_ahead),
        })
    }

    /// The grace of a planned rotation: refused outside the bounds, never clamped.
    pub(crate) fn grace(&self, asked: Option<Duration>) -> Result<Duration> {
        let grace = asked.unwrap_or(self.default_grace);
        if (self.min_grace..=self.max_grace).contains(&grace) {
            return Ok(grace);
        }
        Err(Error::invalid(format!(
            "grace: {} s is outside the policy's {} to {} s",
            grace.as_secs(),
            self.min_grace.as_secs(),
            self.max_grace.as_secs()
        )))
    }

    /// Refuses a prefix that isn't in the policy's list.
    pub(crate) fn check_prefix(&self, prefix: &Prefix) -> Result<()> {
        if self.prefixes.is_empty() || self.prefixes.contains(prefix) {
            return Ok(());
        }
        let allowed: Vec<_> = self.prefixes.iter().map(Prefix::as_str).collect();
        Err(Error::invalid(format!("prefix {prefix}: the policy allows {}", allowed.join(", "))))
    }

    /// Refuses an asked expiry over the policy's lifetime; where none is asked, the latest that is allowed.
    pub(crate) fn asked_expiry(&self, asked: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>> {
        match (asked, self.latest_expiry(now)) {
            (Some(end), Some(latest)) if end > latest => {
                Err(Error::invalid(format!("expires_at {end}: the policy allows {latest} at the latest")))
            }
            (asked, latest) => Ok(asked.or(latest)),
        }
    }

    /// The expiry of a successor that inherits: a policy that grew stricter cuts it, and never blocks a rotation.
    pub(crate) fn inherited_expiry(&self, inherited: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match (inherited, self.latest_expiry(now)) {
            (Some(end), Some(latest)) => Some(end.min(latest)),
            (inherited, latest) => inherited.or(latest),
        }
    }

    fn latest_expiry(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.saturating_add(self.max_lifetime?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_outside_the_bounds_is_refused_not_clamped() {
        let policy = Policy { min_grace: HOUR, ..Policy::default() };
        assert_eq!(policy.grace(None).unwrap(), 24 * HOUR);
        assert_eq!(policy.grace(Some(HOUR)).unwrap(), HOUR);
        assert_eq!(policy.grace(Some(7 * DAY)).unwrap(), 7 * DAY);
        assert!(policy.grace(Some(Duration::from_millis(3_599_999))).is_err());
        assert!(policy.grace(Some(7 * DAY + Duration::from_millis(1))).is_err());
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for mode in UseMode::ALL {
            assert_eq!(mode.as_str().parse::<UseMode>().unwrap(), *mode);
        }
        for way in UseAcknowledgement::ALL {
            assert_eq!(way.as_str().parse::<UseAcknowledgement>().unwrap(), *way);
        }
        assert!("Each".parse::<UseMode>().is_err() && "".parse::<UseAcknowledgement>().is_err());
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(Policy::default().check().is_ok());
        let wrong = [
            Policy { max_grace: 31 * DAY, ..Policy::default() },
            Policy { min_grace: 2 * DAY, ..Policy::default() },
            Policy { default_grace: 8 * DAY, ..Policy::default() },
            Policy { max_living_keys: Some(0), ..Policy::default() },
            Policy { max_lifetime: Some(Duration::ZERO), ..Policy::default() },
            Policy { retain_uses: Duration::ZERO, ..Policy::default() },
        ];
        for policy in wrong {
            assert!(policy.check().is_err(), "{policy:?}");
        }
    }
}
