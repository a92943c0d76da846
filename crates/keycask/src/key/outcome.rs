//! The words for what verify found, the same on every surface, and for the state that a key is in.

use std::fmt;

use crate::error::{Error, Result};

/// Why a presented secret was refused, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// Not the form of a secret, or a wrong checksum: a typo, or not one of ours.
    Malformed = 1,
    /// Well formed, but no key of this vault.
    Unknown = 2,
    /// Revoked, for ever.
    Revoked = 3,
    /// Superseded by a rotation whose grace window is over.
    RotatedOut = 4,
    /// Past its `expires_at`.
    Expired = 5,
    /// Disabled until somebody enables it.
    Disabled = 6,
    /// Before its `not_before`.
    NotYetValid = 7,
    /// Good, but of another prefix than the one that was demanded.
    WrongPrefix = 8,
    /// Good, but without a scope that was demanded.
    MissingScope = 9,
    /// Reserved: the client's address isn't allowed.
    SourceDenied = 10,
    /// Reserved: too many requests.
    RateLimited = 11,
    /// Reserved: the key's quota is used up.
    QuotaExhausted = 12,
}

impl Reason {
    /// Every reason, in the order of precedence.
    pub const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Unknown,
        Self::Revoked,
        Self::RotatedOut,
        Self::Expired,
        Self::Disabled,
        Self::NotYetValid,
        Self::WrongPrefix,
        Self::MissingScope,
        Self::SourceDenied,
        Self::RateLimited,
        Self::QuotaExhausted,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::RotatedOut => "rotated_out",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongPrefix => "wrong_prefix",
            Self::MissingScope => "missing_scope",
            Self::SourceDenied => "source_denied",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
        }
    }

    /// The HTTP status to answer with. Sources: RFC 6750, section 3.1; RFC 6585, section 4.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::WrongPrefix | Self::MissingScope | Self::SourceDenied => 403,
            Self::RateLimited | Self::QuotaExhausted => 429,
            _ => 401,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What verify found: valid, or refused for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The key may be served.
    Valid,
    /// It may not.
    Refused(Reason),
}

impl Outcome {
    /// The stable word: `valid`, or the reason's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Refused(reason) => reason.as_str(),
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Refused(reason) => reason as u8,
        }
    }

    pub(crate) fn from_code(code: i64) -> Option<Self> {
        if code == 0 {
            return Some(Self::Valid);
        }
        Reason::ALL
            .iter()
            .find(|reason| i64::from(**reason as u8) == code)
            .map(|reason| Self::Refused(*reason))
    }
}

impl std::str::FromStr for Outcome {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = Reason::ALL.iter().copied().map(Self::Refused);
        std::iter::once(Self::Valid)
            .chain(refused)
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| Error::invalid("outcome: write `valid` or a reason, such as `revoked`"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state of a key at a point in time; where several hold, the first in this order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Revoked, for ever.
    Revoked,
    /// Superseded, its grace window over.
    RotatedOut,
    /// Past its `expires_at`.
    Expired,
    /// Disabled until somebody enables it.
    Disabled,
    /// Before its `not_before`.
    NotYetValid,
    /// Superseded by a successor, and still accepted until `grace_until`.
    Superseded,
    /// Accepted.
    Active,
}

impl KeyState {
    /// Every state, in the order of precedence.
    pub const ALL: &'static [Self] = &[
        Self::Revoked,
        Self::RotatedOut,
        Self::Expired,
        Self::Disabled,
        Self::NotYetValid,
        Self::Superseded,
        Self::Active,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::RotatedOut => "rotated_out",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::NotYetValid => "not_yet_valid",
            Self::Superseded => "superseded",
            Self::Active => "active",
        }
    }

    /// Whether the key can still be accepted, now or later. A dead key never comes back.
    #[must_use]
    pub const fn is_living(self) -> bool {
        !matches!(self, Self::Revoked | Self::RotatedOut | Self::Expired)
    }
}

impl std::str::FromStr for KeyState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|state| state.as_str() == text).copied().ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|state| state.as_str()).collect();
            Error::invalid(format!("state: is none of {}", known.join(", ")))
        })
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
