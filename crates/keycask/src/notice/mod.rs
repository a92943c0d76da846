//! Notices: what people should hear about a key, and how often a sender tries to tell them.
//!
//! A notice is a row that is written with its cause; the library itself sends nothing.

mod id;
mod kind;
mod new;
mod retries;

pub use id::NoticeId;
pub use kind::NoticeKind;
pub(crate) use new::{Horizon, NewNotice};
pub use retries::Retries;

use std::time::SystemTime;

use crate::clock::Timestamp;
use crate::key::{Key, KeyId};

/// Something that people should hear about a key. It never holds a secret.
///
/// What it says of the key (its name, its owner, the address) is what the vault held when it was read.
#[derive(Clone, Debug)]
pub struct Notice {
    pub(crate) no: i64,
    pub(crate) id: NoticeId,
    pub(crate) kind: NoticeKind,
    pub(crate) at: Timestamp,
    pub(crate) about: Timestamp,
    pub(crate) detail: String,
    pub(crate) acked_at: Option<Timestamp>,
    pub(crate) attempts: u32,
    pub(crate) next_attempt: Option<Timestamp>,
    pub(crate) dead_at: Option<Timestamp>,
    pub(crate) key: Key,
}

impl Notice {
    /// Its id. A notice that is sent twice has the same one, so that its reader can tell.
    #[must_use]
    pub fn id(&self) -> NoticeId {
        self.id
    }

    /// What it tells.
    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        self.kind
    }

    /// When it was written.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at.into()
    }

    /// The moment that it speaks of: when the key was rotated, revoked or reported; or when its window ends,
    /// it expires, or its rotation is due.
    #[must_use]
    pub fn about(&self) -> SystemTime {
        self.about.into()
    }

    /// The key that it is about.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key.id
    }

    /// The start of the key's secret, by which people tell keys apart.
    #[must_use]
    pub fn start(&self) -> &str {
        &self.key.start
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.key.name()
    }

    /// The account that the key belongs to; empty where none was given.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.key.owner
    }

    /// Where notices about the key go.
    #[must_use]
    pub fn notify_email(&self) -> Option<&str> {
        self.key.notify_email()
    }

    /// What belongs to its kind, as the text of a JSON object: `successor` (the id of the key that took
    /// over), `grace_until`, `reason` (of a revocation), `expires_at`, `rotation_due`.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// When it was acknowledged: delivered, or seen to by somebody.
    #[must_use]
    pub fn acked_at(&self) -> Option<SystemTime> {
        self.acked_at.map(Into::into)
    }

    /// How many deliveries failed.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The first moment at which a sender may claim it again, where it isn't free to be claimed.
    #[must_use]
    pub fn next_attempt_at(&self) -> Option<SystemTime> {
        self.next_attempt.map(Into::into)
    }

    /// When it was given up after too many failures; it stays unacknowledged.
    #[must_use]
    pub fn dead_at(&self) -> Option<SystemTime> {
        self.dead_at.map(Into::into)
    }

    /// Whether a sender may claim it.
    pub(crate) fn is_claimable(&self, now: Timestamp) -> bool {
        self.acked_at.is_none() && self.dead_at.is_none() && self.next_attempt.is_none_or(|next| next <= now)
    }

    /// Whether it still says something true: what was to come, comes no more once the key is dead or the
    /// moment was moved.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        !self.kind.is_timed() || self.key.state(now).is_living() && self.still_coming()
    }

    fn still_coming(&self) -> bool {
        self.kind.moment_of(&self.key) == Some(self.about)
    }

    /// Whether it never will again: a dead key stays dead, whereas a moment can be moved back.
    pub(crate) fn is_void(&self, now: Timestamp) -> bool {
        self.kind.is_timed() && !self.key.state(now).is_living()
    }

    /// Takes note of a failed delivery: when the next may be tried, or that there will be none.
    pub(crate) fn fail(&mut self, retries: &Retries, now: Timestamp) {
        self.attempts = self.attempts.saturating_add(1);
        let wait = retries.wait_after(self.attempts);
        self.next_attempt = wait.map(|wait| now.saturating_add(wait));
        self.dead_at = wait.is_none().then_some(now);
    }
}
