//! From what was presented to the key that it belongs to.

use std::sync::Arc;

use super::Vault;
use super::pepper::Hit;
use crate::error::Result;
use crate::key::{Key, Reason};
use crate::policy::UseMode;
use crate::secret::{Digest, foreign_text, parse};
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
    /// The digest without a pepper, and as it is stored.
    pub(super) digest: Digest,
    pub(super) stored: Digest,
}

impl Known {
    fn of(hit: Hit) -> Option<Self> {
        let Hit { found, digest, stored } = hit;
        let key = found.key.clone()?;
        Some(Self { key, epoch: found.epoch, settings: found.settings, digest, stored })
    }
}

impl Vault {
    /// Looks up a presented text: as a secret of keycask's, then under each scheme of imported digests.
    ///
    /// Another process may import at any moment, so that only the file knows whether a text without the form
    /// of a secret can be a key. What can't be one of anybody's is refused without a look at it.
    pub(super) fn search(&self, presented: &[u8]) -> Result<Searched> {
        let Some(text) = foreign_text(presented) else {
            return Ok(Searched::Stranger(Reason::Malformed, None));
        };
        let (reason, digest) = match parse(presented) {
            Some(presented) => (Reason::Unknown, presented.digest()),
            None => (Reason::Malformed, Digest::of(presented)),
        };
        let hit = self.look_up(&digest)?;
        let Settings { accepts_foreign, use_mode, .. } = hit.found.settings;
        let stranger = Searched::Stranger(reason, Some(use_mode));
        match Known::of(hit) {
            Some(known) => Ok(Searched::Known(known)),
            None if accepts_foreign => Ok(self.search_foreign(text)?.map_or(stranger, Searched::Known)),
            None => Ok(stranger),
        }
    }

    fn search_foreign(&self, text: &str) -> Result<Option<Known>> {
        let schemes = self.store.peek(|snapshot| snapshot.schemes())?;
        for digest in schemes.iter().filter_map(|scheme| scheme.digest(text)) {
            if let Some(known) = Known::of(self.look_up(&digest)?) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }
}
