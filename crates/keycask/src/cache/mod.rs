//! What verify read of the file, kept for exactly as long as nobody changed it.
//!
//! Every commit, of any process, changes the header of the write-ahead log's index, which is read from shared memory
//! without a lock. The *tag* is the header under which the last look at the file's news began. While the header equals
//! the tag nobody has committed since, and what is kept is what the file says; there is no time after which it is
//! believed less, and none for which it is believed longer.
//!
//! What is kept are facts (times, flags, scopes), never verdicts. The invariants:
//!
//! - The tag, the epoch and both maps are changed only by who has the observer's connection (a lock).
//! - The tag is read before the header, the header before a map. A header is stored as the tag only after the news
//!   that were read under it were taken out of the maps.
//! - A row is put in only if it was read at an epoch that is not before that of the last news: an older one could
//!   have been taken out already.

mod maps;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use keycask_sqlite::Header;

use crate::error::{Error, Result};
use crate::secret::Digest;
use crate::store::{Found, Observation, Settings, Store};
use maps::Maps;

/// More changed keys than this, and everything is forgotten.
const MANY: i64 = 1_000;

/// The facts of one vault's keys, by the digests that are stored of them.
pub(crate) struct Cache {
    bytes: u64,
    tag: [AtomicU32; 12],
    epoch: AtomicI64,
    maps: ArcSwap<Maps>,
    /// Those of the last news; changed under the observer's lock alone.
    settings: Mutex<Option<Settings>>,
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
            maps: ArcSwap::from_pointee(Maps::new(0)),
            settings: Mutex::default(),
            touched: AtomicBool::new(false),
        }
    }

    /// What the file says of a digest now.
    pub(crate) fn find(&self, store: &Store, digest: &Digest) -> Result<Arc<Found>> {
        if self.bytes == 0 || store.is_in_memory() {
            return store.find(digest).map(Arc::new);
        }
        match self.hit(store, digest) {
            Some(found) => Ok(found),
            None => self.look(store, digest),
        }
    }

    /// Without a lock and without a call of the system, where nobody committed since the last look.
    fn hit(&self, store: &Store, digest: &Digest) -> Option<Arc<Found>> {
        if !store.is_sound() {
            return None;
        }
        let tag = self.tag();
        fence(Ordering::Acquire);
        let header = store.header();
        if header != tag || !header.is_cacheable() {
            return None;
        }
        // A map that was looked at before the header could still have what the header's commit took out.
        fence(Ordering::Acquire);
        self.get(digest)
    }

    fn look(&self, store: &Store, digest: &Digest) -> Result<Arc<Found>> {
        let (found, has_log) = store.session(|session| {
            let has_log = session.observe(|observation| self.refresh(observation))?;
            if has_log && let Some(found) = self.get(digest) {
                return Ok((found, true));
            }
            let found = Arc::new(session.find(digest)?);
            if has_log {
                session.observe(|observation| {
                    self.keep(observation, digest, &found);
                    Ok(())
                })?;
            }
            Ok((found, has_log))
        })?;
        if !has_log && !self.touched.swap(true, Ordering::Relaxed) {
            store.touch();
        }
        Ok(found)
    }

    /// Takes out what changed since the last news. Whether anything can be kept now.
    fn refresh(&self, observation: &mut Observation<'_>) -> Result<bool> {
        let header = observation.header();
        if !header.is_cacheable() {
            return Ok(false);
        }
        let is_of_this_process = self.maps.load().is_of_this_process();
        if header == self.tag() && is_of_this_process {
            return Ok(true);
        }
        let epoch = self.epoch.load(Ordering::Relaxed);
        let news = observation.news(epoch, MANY)?;
        if news.epoch < epoch {
            return Err(Error::damaged("use the vault: its file went back to an earlier state"));
        }
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let are_new = settings.replace(news.settings) != Some(news.settings);
        if is_of_this_process
            && !are_new
            && let Some(changed) = news.changed
        {
            let maps = self.maps.load();
            for digest in &changed {
                maps.remove(digest);
            }
        } else {
            self.maps.store(Arc::new(Maps::new(self.bytes)));
        }
        self.epoch.store(news.epoch, Ordering::Relaxed);
        // Who sees the new tag sees the maps without what changed.
        fence(Ordering::Release);
        for (word, value) in self.tag.iter().zip(header.words()) {
            word.store(*value, Ordering::Relaxed);
        }
        Ok(true)
    }

    fn keep(&self, observation: &Observation<'_>, digest: &Digest, found: &Arc<Found>) {
        let maps = self.maps.load();
        if found.epoch >= self.epoch.load(Ordering::Relaxed)
            && observation.header().is_cacheable()
            && maps.is_of_this_process()
        {
            maps.insert(*digest, found.clone());
        }
    }

    fn get(&self, digest: &Digest) -> Option<Arc<Found>> {
        let maps = self.maps.load();
        if maps.is_of_this_process() { maps.get(digest) } else { None }
    }

    fn tag(&self) -> Header {
        Header::from_words(std::array::from_fn(|word| self.tag[word].load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests;
