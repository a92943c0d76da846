//! The two maps: digests of keys, and digests of none, so that strangers can't push customers out.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::{Cache as Map, DefaultLifecycle};

use super::hash::KeyedState;
use crate::key::Key;
use crate::planted::{Bug, is_planted};
use crate::secret::Digest;
use crate::store::{Found, Settings};

/// What an entry takes beside the texts of its key, with its share of the map.
const ENTRY_BYTES: u64 = 640;
const UNKNOWN_BYTES: u64 = 192;
/// The share of the unknown, one in so many.
const UNKNOWN_SHARE: u64 = 8;

type Entries<T> = Map<Digest, T, Weight, KeyedState, DefaultLifecycle<Digest, T>>;

/// What is kept of rows that were read under the same settings, which are therefore kept once.
pub(crate) struct Maps {
    generation: u32,
    settings: Option<Settings>,
    known: Entries<(i64, Arc<Key>)>,
    unknown: Entries<i64>,
}

impl Maps {
    /// Maps that keep nothing yet. Without settings they answer nothing.
    pub(super) fn new(bytes: u64, settings: Option<Settings>) -> Self {
        let unknown = bytes / UNKNOWN_SHARE;
        Self {
            generation: keycask_sqlite::generation(),
            settings,
            known: entries(bytes - unknown, ENTRY_BYTES),
            unknown: entries(unknown, UNKNOWN_BYTES),
        }
    }

    /// Those of the rows.
    #[inline]
    pub(crate) fn settings(&self) -> Option<Settings> {
        self.settings
    }

    /// Not inherited by a fork: a thread of the parent can have had a lock of theirs, which nobody will open.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.generation == keycask_sqlite::generation()
    }

    /// The key that a digest is known to have, with the epoch at which it was read.
    #[inline]
    pub(crate) fn key(&self, digest: &Digest) -> Option<(i64, Arc<Key>)> {
        self.known.get(digest)
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Found> {
        let settings = self.settings?;
        if let Some((epoch, key)) = self.key(digest) {
            return Some(Found { epoch, settings, key: Some(key) });
        }
        self.unknown.get(digest).map(|epoch| Found { epoch, settings, key: None })
    }

    pub(super) fn insert(&self, digest: Digest, found: &Found) {
        match &found.key {
            Some(key) => self.known.insert(digest, (found.epoch, key.clone())),
            None => self.unknown.insert(digest, found.epoch),
        }
    }

    pub(super) fn remove(&self, digest: &Digest) {
        if is_planted(Bug::NothingEvicted) {
            return;
        }
        self.known.remove(digest);
        if !is_planted(Bug::UnknownNotEvicted) {
            self.unknown.remove(digest);
        }
    }
}

fn entries<T: Clone>(bytes: u64, entry: u64) -> Entries<T>
where
    Weight: Weighter<Digest, T>,
{
    let items = usize::try_from(bytes / entry).unwrap_or(usize::MAX).max(1);
    Map::with(items, bytes, Weight, KeyedState::new(), DefaultLifecycle::default())
}

#[cfg(test)]
impl Maps {
    pub(super) fn bytes(&self) -> u64 {
        self.known.weight() + self.unknown.weight()
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Digest, (i64, Arc<Key>)> for Weight {
    fn weight(&self, _: &Digest, (_, key): &(i64, Arc<Key>)) -> u64 {
        ENTRY_BYTES + key.text_bytes() as u64
    }
}

impl Weighter<Digest, i64> for Weight {
    fn weight(&self, _: &Digest, _: &i64) -> u64 {
        UNKNOWN_BYTES
    }
}
