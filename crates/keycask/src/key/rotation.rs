//! Rotation: what a caller may ask for, and which keys can be rotated.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::limits::check_time;
use super::{Idempotency, Key, KeyId, KeyState, Verb};
use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// A request to rotate a key.
///
/// ```
/// use std::time::Duration;
///
/// use keycask::Rotation;
///
/// let calm = Rotation::planned().grace(Duration::from_secs(48 * 3600));
/// let leaked = Rotation::emergency();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Rotation {
    emergency: bool,
    grace: Option<Duration>,
    expires_at: Option<SystemTime>,
    request_id: Option<String>,
}

/// How long the old key stays beside the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grace {
    /// As long as the policy says where nothing is given.
    Planned(Option<Duration>),
    /// Not at all, and no relative either.
    None,
}

impl Rotation {
    /// Issues a successor; the old key is accepted beside it until the grace window ends.
    pub fn planned() -> Self {
        Self { emergency: false, grace: None, expires_at: None, request_id: None }
    }

    /// Revokes every living relative of the key as compromised, and issues one new key.
    ///
    /// Where only the old key of a running rotation leaked, finish that rotation instead.
    pub fn emergency() -> Self {
        Self { emergency: true, grace: None, expires_at: None, request_id: None }
    }

    /// How long the old key is accepted beside its successor, but never past its own expiry. It must lie
    /// within the policy's bounds, and there is none in an emergency.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// An expiry for the new key; where none is given it inherits the old key's.
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Makes the request idempotent, for this key: a repeat with the same id gets the same successor, marked
    /// [`replayed`](super::Issued::replayed) and without the secret. At most 128 bytes.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Checks what can be checked without the key.
    pub(crate) fn check(self, id: KeyId) -> Result<Asked> {
        let expires_at = self.expires_at.map(|time| check_time("expires_at", time)).transpose()?;
        let grace = match (self.emergency, self.grace) {
            (true, Some(_)) => Err(Error::invalid(
                "grace: an emergency rotation has none; leave it out, or rotate without emergency",
            )),
            (true, None) => Ok(Grace::None),
            (false, grace) => Ok(Grace::Planned(grace)),
        }?;
        let request = json!([
            self.emergency,
            self.grace.map(|grace| grace.as_millis().to_string()),
            expires_at.map(Timestamp::ms),
        ]);
        let idempotency = Idempotency::of(self.request_id, Verb::Rotate, &id.to_string(), &request)?;
        Ok(Asked { grace, expires_at, idempotency })
    }
}

/// A request to rotate, its fields within their limits.
pub(crate) struct Asked {
    pub(crate) grace: Grace,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) idempotency: Option<Idempotency>,
}

/// Whether a planned rotation of a living key may begin.
pub(crate) fn check_rotatable(key: &Key, now: Timestamp) -> Result<()> {
    if let Some(successor) = key.successor {
        return Err(Error::conflict(format!(
            "rotate {}: it was rotated already and is accepted until {}; its successor is {}",
            key.id, successor.grace_until, successor.id
        )));
    }
    if key.state(now) == KeyState::Disabled {
        return Err(Error::conflict(format!(
            "rotate {}: it is disabled; enable it first, or rotate with emergency",
            key.id
        )));
    }
    Ok(())
}
