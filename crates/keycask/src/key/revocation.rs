//! Revocation: irreversible, for one of a closed set of reasons.

use std::fmt;
use std::str::FromStr;

use super::limits::{NOTE_LEN, check_text};
use crate::error::{Error, Result};

/// Why a key is revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// The secret leaked, or may have.
    Compromised,
    /// The rotation that issued the key was cancelled.
    RotationCancelled,
    /// Its owner left.
    OwnerLeft,
    /// Nobody needs it any more.
    NoLongerUsed,
    /// A rule demands it.
    Policy,
    /// Not said.
    #[default]
    Unspecified,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Compromised,
        Self::RotationCancelled,
        Self::OwnerLeft,
        Self::NoLongerUsed,
        Self::Policy,
        Self::Unspecified,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::RotationCancelled => "rotation_cancelled",
            Self::OwnerLeft => "owner_left",
            Self::NoLongerUsed => "no_longer_used",
            Self::Policy => "policy",
            Self::Unspecified => "unspecified",
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RevocationReason {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|reason| reason.as_str() == text).copied().ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|reason| reason.as_str()).collect();
            Error::invalid(format!("reason: is none of {}", known.join(", ")))
        })
    }
}

/// A request to revoke: the reason, and a note for the audit log.
///
/// ```
/// use keycask::{Revocation, RevocationReason};
///
/// let revocation = Revocation::new(RevocationReason::Compromised).note("seen in a public repository");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Revocation {
    pub(crate) reason: RevocationReason,
    pub(crate) note: Option<String>,
}

impl Revocation {
    /// Without a note.
    pub fn new(reason: RevocationReason) -> Self {
        Self { reason, note: None }
    }

    /// At most 1 KiB without control characters.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.note.as_deref().map_or(Ok(()), |note| check_text("note", note, NOTE_LEN))
    }
}

impl From<RevocationReason> for Revocation {
    fn from(reason: RevocationReason) -> Self {
        Self::new(reason)
    }
}
