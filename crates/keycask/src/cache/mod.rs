//! What verify read of the file, kept for exactly as long as nobody changed it.
//!
//! Every commit, of any process, changes the header of the write-ahead log's index, which is read from shared memory
//! without a lock. The *tag* is the header under which the last look at the file's news began. While the header equals
//! the tag nobody has committed since, and what is kept is what the file says; there is no time after which it is
//! believed less, and none for which it is believed longer.
//!
//! What is kept are facts (times, flags, scopes), never verdicts. The order of all looks and changes, with what it
//! rests on, is in [`protocol`].

mod hash;
mod maps;
mod protocol;

pub(crate) use maps::Maps;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering, fence};

use arc_swap::{ArcSwap, Guard};
use keycask_sqlite::Header;

use crate::error::Result;
use crate::policy::UseMode;
use crate::secret::Digest;
use crate::store::{Found, News, Store};
use protocol::Memory;

/// The facts of one vault's keys, by the digests that are stored of them.
pub(crate) struct Cache {
    bytes: u64,
    tag: [AtomicU32; 12],
    epoch: AtomicI64,
    maps: ArcSwap<Maps>,
    /// Whether this handle has seen to it that there is a log.
    touched: AtomicBool,
}

impl Cache {
    /// A cache of at most about `bytes`; without room it keeps nothing.
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            bytes,
            tag: std::array::from_fn(|_| AtomicU32::new(0)),
            epoch: AtomicI64::new(0),
            maps: ArcSwap::from_pointee(Maps::new(0, None)),
            touched: AtomicBool::new(false),
        }
    }

    /// What the file says of a digest now.
    pub(crate) fn find(&self, store: &Store, digest: &Digest) -> Result<Found> {
        if self.bytes == 0 || store.is_in_memory() {
            return store.find(digest);
        }
        match self.hit(store, digest) {
            Some(found) => Ok(found),
            None => self.look(store, digest),
        }
    }

    /// How uses are recorded, as of the last news.
    pub(crate) fn use_mode(&self) -> Option<UseMode> {
        self.maps.load().settings().map(|settings| settings.use_mode)
    }

    fn hit(&self, store: &Store, digest: &Digest) -> Option<Found> {
        self.current(store)?.get(digest)
    }

    /// What is kept, where nobody committed since the last look: found out without a call of the system.
    #[inline]
    pub(crate) fn current(&self, store: &Store) -> Option<Guard<Arc<Maps>>> {
        let is_current = store.is_sound() && protocol::is_current(self, || store.header());
        if is_current { self.own_maps() } else { None }
    }

    #[inline]
    fn own_maps(&self) -> Option<Guard<Arc<Maps>>> {
        Some(self.maps.load()).filter(|maps| maps.is_of_this_process())
    }

    fn look(&self, store: &Store, digest: &Digest) -> Result<Found> {
        let (found, has_log) = store.session(|session| protocol::look(self, session, digest))?;
        if !has_log && !self.touched.swap(true, Ordering::Relaxed) {
            store.touch();
        }
        Ok(found)
    }

    /// Looks at the news now, so that nobody who verifies has to.
    pub(crate) fn catch_up(&self, store: &Store) -> Result<()> {
        if self.bytes == 0 || store.is_in_memory() {
            return Ok(());
        }
        let looked =
            store.session(|session| session.observe(|observation| protocol::refresh(self, observation)));
        looked.map(drop)
    }
}

impl Memory for Cache {
    fn tag(&self) -> Header {
        Header::from_words(std::array::from_fn(|word| self.tag[word].load(Ordering::Relaxed)))
    }

    fn set_tag(&self, header: &Header) {
        for (word, value) in self.tag.iter().zip(header.words()) {
            word.store(*value, Ordering::Relaxed);
        }
    }

    fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Relaxed)
    }

    fn set_epoch(&self, epoch: i64) {
        self.epoch.store(epoch, Ordering::Relaxed);
    }

    fn fence(order: Ordering) {
        fence(order);
    }

    fn get(&self, digest: &Digest) -> Option<Found> {
        self.own_maps()?.get(digest)
    }

    fn put_in(&self, digest: &Digest, found: &Found) {
        self.maps.load().insert(*digest, found);
    }

    fn take_out(&self, news: &News) {
        let maps = self.maps.load();
        let are_same = maps.settings() == Some(news.settings);
        match &news.changed {
            Some(changed) if are_same && maps.is_of_this_process() => {
                for digest in changed {
                    maps.remove(digest);
                }
            }
            _ => self.maps.store(Arc::new(Maps::new(self.bytes, Some(news.settings)))),
        }
    }

    fn is_own(&self) -> bool {
        self.maps.load().is_of_this_process()
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
