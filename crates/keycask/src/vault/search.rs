//! From what was presented to the key that it belongs to.

use std::sync::Arc;

use super::Vault;
use super::pepper::{Hit, Older};
use crate::error::Result;
use crate::key::{Key, Reason};
use crate::policy::UseMode;
use crate::secret::{Digest, foreign_text, is_secret, may_be_key};
use crate::store::Settings;

/// What a presented text turned out to be.
pub(super) enum Searched {
    /// Not a key of this vault's: malformed or unknown. With the mode of uses, where it was looked up.
    Stranger(Reason, Option<UseMode>),
    Known(Known),
}

/// The key of a secret, with what was read beside it.
pub(super) struct Known {
    pub(super) key: Arc<Key>,
    pub(super) epoch: i64,
    pub(super) settings: Settings,
    /// Where it isn't stored in the form of new keys.
    pub(super) older: Option<Box<Older>>,
}

impl Known {
    fn of(hit: Hit) -> Option<Self> {
        let Hit { found, older } = hit;
        Some(Self { key: found.key?, epoch: found.epoch, settings: found.settings, older })
    }
}

/// The digest of a presented text, but of one that can't be a key.
#[inline]
pub(super) fn digest_of(presented: &[u8]) -> Option<Digest> {
    may_be_key(presented).then(|| Digest::of(presented))
}

impl Vault {
    /// Looks up a presented text: as a secret of keycask's, then under each scheme of imported digests.
    ///
    /// Another process may import at any moment, so that only the file knows whether a text without the form
    /// of a secret can be a key. What can't be one of anybody's is refused without a look at it.
    pub(super) fn search(&self, presented: &[u8]) -> Result<Searched> {
        match digest_of(presented) {
            None => Ok(Searched::Stranger(Reason::Malformed, None)),
            Some(digest) => self.search_digest(presented, &digest),
        }
    }

    /// The same for what has a digest, which is not remembered.
    pub(super) fn search_digest(&self, presented: &[u8], digest: &Digest) -> Result<Searched> {
        let hit = self.look_up(digest)?;
        let Settings { accepts_foreign, use_mode, .. } = hit.found.settings;
        if let Some(known) = Known::of(hit) {
            return Ok(Searched::Known(known));
        }
        if accepts_foreign && let Some(known) = self.search_foreign(presented)? {
            return Ok(Searched::Known(known));
        }
        // The form tells apart only what is no key, so that the keys aren't kept waiting for it.
        let reason = if is_secret(presented) { Reason::Unknown } else { Reason::Malformed };
        Ok(Searched::Stranger(reason, Some(use_mode)))
    }

    fn search_foreign(&self, presented: &[u8]) -> Result<Option<Known>> {
        let Some(text) = foreign_text(presented) else { return Ok(None) };
        let schemes = self.store.peek(|snapshot| snapshot.schemes())?;
        for digest in schemes.iter().filter_map(|scheme| scheme.digest(text)) {
            if let Some(known) = Known::of(self.look_up(&digest)?) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }
}
