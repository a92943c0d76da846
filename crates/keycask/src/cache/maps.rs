//! The two maps: digests of keys, and digests of none, so that strangers can't push customers out.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache as Map;

use crate::planted::{Bug, is_planted};
use crate::secret::Digest;
use crate::store::Found;

/// What an entry takes beside the texts of its key, with its share of the map.
const ENTRY_BYTES: u64 = 640;
const UNKNOWN_BYTES: u64 = 192;
/// The share of the unknown, one in so many.
const UNKNOWN_SHARE: u64 = 8;

/// Maps with keyed hashes: strangers can choose digests that are alike, but not by a key that they don't know.
pub(super) struct Maps {
    generation: u32,
    known: Map<Digest, Arc<Found>, Weight>,
    unknown: Map<Digest, Arc<Found>, Weight>,
}

impl Maps {
    pub(super) fn new(bytes: u64) -> Self {
        let map = |bytes: u64, entry: u64| {
            let items = usize::try_from(bytes / entry).unwrap_or(usize::MAX);
            Map::with_weighter(items.max(1), bytes, Weight)
        };
        let unknown = bytes / UNKNOWN_SHARE;
        Self {
            generation: keycask_sqlite::generation(),
            known: map(bytes - unknown, ENTRY_BYTES),
            unknown: map(unknown, UNKNOWN_BYTES),
        }
    }

    /// Not inherited by a fork: a thread of the parent can have had a lock of theirs, which nobody will open.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.generation == keycask_sqlite::generation()
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Arc<Found>> {
        self.known.get(digest).or_else(|| self.unknown.get(digest))
    }

    pub(super) fn insert(&self, digest: Digest, found: Arc<Found>) {
        let map = if found.key.is_some() { &self.known } else { &self.unknown };
        map.insert(digest, found);
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

#[cfg(test)]
impl Maps {
    pub(super) fn bytes(&self) -> u64 {
        self.known.weight() + self.unknown.weight()
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Digest, Arc<Found>> for Weight {
    fn weight(&self, _: &Digest, found: &Arc<Found>) -> u64 {
        found.key.as_ref().map_or(UNKNOWN_BYTES, |key| ENTRY_BYTES + key.text_bytes() as u64)
    }
}
