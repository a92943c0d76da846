//! What a notice tells.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::Key;

/// What a notice tells. The words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// A successor was issued, and the key's grace window runs.
    Rotated,
    /// The key and its living relatives were revoked as compromised, and one new key was issued.
    EmergencyRotated,
    /// The key was revoked.
    Revoked,
    /// The key's grace window ends within 24 hours.
    WindowEnding,
    /// The key expires within the policy's `notice_ahead`.
    Expiring,
    /// The key should be rotated: `rotate_after` is over, or will be within the policy's `notice_ahead`.
    RotationDue,
    /// Somebody reported that the key's secret leaked.
    LeakReported,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Rotated,
        Self::EmergencyRotated,
        Self::Revoked,
        Self::WindowEnding,
        Self::Expiring,
        Self::RotationDue,
        Self::LeakReported,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::EmergencyRotated => "emergency_rotated",
            Self::Revoked => "revoked",
            Self::WindowEnding => "window_ending",
            Self::Expiring => "expiring",
            Self::RotationDue => "rotation_due",
            Self::LeakReported => "leak_reported",
        }
    }

    /// Whether time alone brings it.
    pub(crate) const fn is_timed(self) -> bool {
        matches!(self, Self::WindowEnding | Self::Expiring | Self::RotationDue)
    }

    /// The moment that a key's notice of this kind speaks of, where time alone brings it.
    ///
    /// A superseded key ends with its window: its expiry, which is no earlier, and its rotation, which has
    /// begun, are nobody's business any more.
    pub(crate) fn moment_of(self, key: &Key) -> Option<Timestamp> {
        match (self, key.successor) {
            (Self::WindowEnding, Some(successor)) => Some(successor.grace_until),
            (Self::Expiring, None) => key.expires_at,
            (Self::RotationDue, None) => key.rotate_due(),
            _ => None,
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == word).copied()
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NoticeKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::from_word(text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            Error::invalid(format!("kind: is none of {}", known.join(", ")))
        })
    }
}
