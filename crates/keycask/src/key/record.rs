//! The record of a key.

use std::time::{Duration, SystemTime};

use super::{KeyId, KeyState, RevocationReason, Scopes};
use crate::clock::Timestamp;
use crate::secret::Encoding;

/// The number of a key inside its vault: the order of creation, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyNo(pub(crate) i64);

/// The record of a key: everything that the vault knows of it, its digest excepted.
///
/// It is what verify judged, not a live view: ask the vault again for the state of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(crate) no: KeyNo,
    pub(crate) id: KeyId,
    pub(crate) prefix: String,
    pub(crate) start: String,
    pub(crate) encoding: Encoding,
    pub(crate) owner: String,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) metadata: Option<String>,
    pub(crate) notify_email: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) rotate_after_s: Option<u32>,
    pub(crate) disabled: bool,
    pub(crate) revoked: Option<Revoked>,
    pub(crate) lineage: KeyId,
    pub(crate) replaces: Option<KeyId>,
    pub(crate) successor: Option<Successor>,
    /// The rotation that issued it was undone, so that it is no longer part of its chain.
    pub(crate) cancelled: bool,
}

/// When, by whom and why a key was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revoked {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) reason: RevocationReason,
    pub(crate) note: Option<String>,
}

/// The key that took over, and until when the old one is accepted beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Successor {
    pub(crate) id: KeyId,
    pub(crate) grace_until: Timestamp,
}

impl Key {
    /// What its texts take in memory.
    pub(crate) fn text_bytes(&self) -> usize {
        let optional = [&self.name, &self.metadata, &self.notify_email];
        let texts = [&self.prefix, &self.start, &self.owner, &self.created_by];
        let texts = texts.into_iter().chain(optional.into_iter().flatten()).chain(self.scopes());
        texts.map(|text| text.len() + size_of::<String>()).sum()
    }

    /// The public id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The prefix of its secret; empty for an imported key that has none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The prefix and the first eight random characters, by which people tell keys apart.
    #[must_use]
    pub fn start(&self) -> &str {
        &self.start
    }

    /// How the random part of its secret is written.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The account that the key belongs to, in the user's own words; empty where none was given.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What its owner calls it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The scopes, sorted; `a:*` covers `a:b`.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        self.scopes.as_slice()
    }

    /// Whether the scopes cover `wanted`.
    #[must_use]
    pub fn has_scope(&self, wanted: &str) -> bool {
        self.scopes.cover(wanted)
    }

    /// A JSON object of the user's own, as text.
    #[must_use]
    pub fn metadata(&self) -> Option<&str> {
        self.metadata.as_deref()
    }

    /// Where notices about this key go.
    #[must_use]
    pub fn notify_email(&self) -> Option<&str> {
        self.notify_email.as_deref()
    }

    /// When it was issued.
    #[must_use]
    pub fn created_at(&self) -> SystemTime {
        self.created_at.into()
    }

    /// The actor who issued it.
    #[must_use]
    pub fn created_by(&self) -> &str {
        &self.created_by
    }

    /// The first moment at which it is accepted, where one was set.
    #[must_use]
    pub fn not_before(&self) -> Option<SystemTime> {
        self.not_before.map(Into::into)
    }

    /// The first moment at which it is no longer accepted, where one was set.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at.map(Into::into)
    }

    /// How long after its creation it should be rotated, in whole seconds.
    #[must_use]
    pub fn rotate_after(&self) -> Option<Duration> {
        self.rotate_after_s.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// Whether somebody disabled it.
    #[must_use]
    pub fn disabled(&self) -> bool {
        self.disabled
    }

    /// When it was revoked.
    #[must_use]
    pub fn revoked_at(&self) -> Option<SystemTime> {
        self.revoked.as_ref().map(|revoked| revoked.at.into())
    }

    /// The actor who revoked it.
    #[must_use]
    pub fn revoked_by(&self) -> Option<&str> {
        self.revoked.as_ref().map(|revoked| revoked.by.as_str())
    }

    /// Why it was revoked.
    #[must_use]
    pub fn revoked_reason(&self) -> Option<RevocationReason> {
        self.revoked.as_ref().map(|revoked| revoked.reason)
    }

    /// What the actor who revoked it wrote down.
    #[must_use]
    pub fn revoked_note(&self) -> Option<&str> {
        self.revoked.as_ref().and_then(|revoked| revoked.note.as_deref())
    }

    /// The first key of the chain of rotations that this key belongs to; its own id where it is the first.
    #[must_use]
    pub fn lineage(&self) -> KeyId {
        self.lineage
    }

    /// The key that it took over from.
    #[must_use]
    pub fn replaces(&self) -> Option<KeyId> {
        self.replaces
    }

    /// The key that took over from it.
    #[must_use]
    pub fn replaced_by(&self) -> Option<KeyId> {
        self.successor.map(|successor| successor.id)
    }

    /// The first moment at which it is no longer accepted beside its successor.
    #[must_use]
    pub fn grace_until(&self) -> Option<SystemTime> {
        self.successor.map(|successor| successor.grace_until.into())
    }

    /// The state at `now`.
    #[must_use]
    pub fn state_at(&self, now: SystemTime) -> KeyState {
        self.state(Timestamp::clamped_from(now))
    }

    pub(crate) fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked.is_some() {
            KeyState::Revoked
        } else if self.successor.is_some_and(|successor| now >= successor.grace_until) {
            KeyState::RotatedOut
        } else if self.expires_at.is_some_and(|end| now >= end) {
            KeyState::Expired
        } else if self.disabled {
            KeyState::Disabled
        } else if self.not_before.is_some_and(|begin| now < begin) {
            KeyState::NotYetValid
        } else if self.successor.is_some() {
            KeyState::Superseded
        } else {
            KeyState::Active
        }
    }

    pub(crate) fn rotate_due(&self) -> Option<Timestamp> {
        Some(self.created_at.saturating_add(self.rotate_after()?))
    }
}
