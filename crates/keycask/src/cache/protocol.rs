//! In which order the tag, the header, the maps and the file are looked at and changed.
//!
//! It is written for any [`Memory`], so that a model can stand in that tries every order of the steps of several
//! threads. The invariants:
//!
//! - The tag, the epoch and the maps are changed only by who has the observer's connection (a lock).
//! - The tag is read before the header, the header before a map. A header is stored as the tag only after the news
//!   that were read under it were taken out of the maps.
//! - A row is put in only if it was read at an epoch that is not before that of the last news: an older one could
//!   have been taken out already.

use std::sync::atomic::Ordering;

use keycask_sqlite::Header;

use crate::error::{Error, Result};
use crate::planted::{Bug, is_planted};
use crate::secret::Digest;
use crate::store::{Found, News, Observation, Session};

/// More changed keys than this, and everything is forgotten.
const MANY: i64 = 1_000;

/// What is kept in memory. Nothing but [`fence`](Self::fence) orders these steps: what they say may be old.
pub(super) trait Memory {
    fn tag(&self) -> Header;
    fn set_tag(&self, header: &Header);
    /// That of the last news.
    fn epoch(&self) -> i64;
    fn set_epoch(&self, epoch: i64);
    fn fence(order: Ordering);
    fn get(&self, digest: &Digest) -> Option<Found>;
    fn put_in(&self, digest: &Digest, found: &Found);
    fn take_out(&self, news: &News);
    /// Whether it was filled by this process: what a fork left is never looked at.
    fn is_own(&self) -> bool;
}

/// The connection that sees commits, which one thread has at a time.
pub(super) trait Observe {
    fn header(&self) -> Header;
    fn news(&mut self, epoch: i64, limit: i64) -> Result<News>;
}

impl Observe for Observation<'_> {
    fn header(&self) -> Header {
        self.header()
    }

    fn news(&mut self, epoch: i64, limit: i64) -> Result<News> {
        self.news(epoch, limit)
    }
}

/// Some calls in a row, to a file that was found in its place.
pub(super) trait Look {
    type Observation<'o>: Observe;

    fn observe<T>(&self, work: impl FnOnce(&mut Self::Observation<'_>) -> Result<T>) -> Result<T>;
    /// What the file says of a digest, read by one statement.
    fn find(&self, digest: &Digest) -> Result<Found>;
}

impl Look for Session<'_> {
    type Observation<'o> = Observation<'o>;

    fn observe<T>(&self, work: impl FnOnce(&mut Observation<'_>) -> Result<T>) -> Result<T> {
        self.observe(work)
    }

    fn find(&self, digest: &Digest) -> Result<Found> {
        self.find(digest)
    }
}

/// Whether nobody committed since the last look, found out without a lock: what is kept may be answered.
#[inline]
pub(super) fn is_current<M: Memory>(memory: &M, header: impl FnOnce() -> Header) -> bool {
    let tag = memory.tag();
    M::fence(Ordering::Acquire);
    let header = header();
    if !(is_same(&header, &tag) || is_planted(Bug::BelievedFor100Ms)) || !is_cacheable(&header) {
        return false;
    }
    // A map that was looked at before the header could still have what the header's commit took out.
    M::fence(Ordering::Acquire);
    true
}

/// What the file says of a digest, and whether that can be kept.
pub(super) fn look<M: Memory>(memory: &M, session: &impl Look, digest: &Digest) -> Result<(Found, bool)> {
    if !session.observe(|observation| refresh(memory, observation))? {
        return Ok((session.find(digest)?, false));
    }
    if let Some(found) = memory.get(digest) {
        return Ok((found, true));
    }
    let found = session.find(digest)?;
    session.observe(|observation| {
        keep(memory, observation, digest, &found);
        Ok(())
    })?;
    Ok((found, true))
}

/// Takes out what changed since the last news. Whether anything can be kept now.
pub(super) fn refresh<M: Memory>(memory: &M, observation: &mut impl Observe) -> Result<bool> {
    let header = observation.header();
    if !is_cacheable(&header) {
        return Ok(false);
    }
    if is_same(&header, &memory.tag()) && memory.is_own() {
        return Ok(true);
    }
    let epoch = memory.epoch();
    let news = observation.news(epoch, MANY)?;
    if news.epoch < epoch {
        return Err(Error::damaged("use the vault: its file went back to an earlier state"));
    }
    memory.take_out(&news);
    memory.set_epoch(news.epoch);
    // Who sees the new tag sees the maps without what changed.
    M::fence(Ordering::Release);
    memory.set_tag(&if is_planted(Bug::TagLate) { observation.header() } else { header });
    Ok(true)
}

/// Puts in what was read, unless it may be older than the last news.
pub(super) fn keep<M: Memory>(memory: &M, observation: &impl Observe, digest: &Digest, found: &Found) {
    let is_current = found.epoch >= memory.epoch() || is_planted(Bug::EpochUnchecked);
    if is_current && is_cacheable(&observation.header()) && memory.is_own() {
        memory.put_in(digest, found);
    }
}

/// All of it counts: a log that begins anew can be as long as the one before, and who recovers the index counts its
/// commits from 0 again.
#[inline]
fn is_same(header: &Header, tag: &Header) -> bool {
    let is_same = |word: usize| header.words()[word] == tag.words()[word];
    if is_planted(Bug::FramesOnly) {
        return is_same(4);
    }
    if is_planted(Bug::CountOnly) {
        return is_same(2);
    }
    header == tag
}

#[inline]
fn is_cacheable(header: &Header) -> bool {
    header.is_cacheable() || is_planted(Bug::KeptWithoutLog) && *header != Header::default()
}
