//! The writer of uses: verify puts them into a queue, and a thread of its own commits them in batches.
//!
//! - The queue is bounded; what finds no place is counted, and the count is an event (`uses.gap`).
//! - Refusals and what strangers present are counted in memory, and written as counts.
//! - The thread starts with the first use. Its row in the file is there before that use is answered, and says that
//!   uses may be missing until the handle is closed, the process exits or the next opener finds it gone.
//! - A batch is tried again as it is until it is in the file: a commit that failed may have succeeded.

mod batch;
mod counts;
mod flusher;
mod fold;
mod lane;
mod registry;
mod strict;
mod writer_id;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::cache::Cache;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::key::{KeyNo, Outcome};
use crate::store::{Durability, NewUse, OpenWriter, Store};
use batch::WriteBatch;
use lane::{Lane, lock};
use strict::{CommitTickets, Ticket};

pub(crate) use fold::fold;
use writer_id::is_gone;

/// So many uses that aren't folded yet are folded by who closes.
const FOLD_AT_THE_END: i64 = 1_024;
/// How long the row of a writer that closed is kept.
const FORGET_AFTER: Duration = Duration::from_secs(86_400);

/// The uses of one handle.
pub(crate) struct Uses(Arc<Shared>);

/// What the handle shares with its thread.
struct Shared {
    store: Arc<Store>,
    cache: Arc<Cache>,
    clock: Arc<Clock>,
    lane: ArcSwapOption<Lane>,
    closed: AtomicBool,
}

impl Uses {
    pub(crate) fn new(store: Arc<Store>, cache: Arc<Cache>, clock: Arc<Clock>) -> Self {
        let (lane, closed) = (ArcSwapOption::empty(), AtomicBool::new(false));
        Self(Arc::new(Shared { store, cache, clock, lane, closed }))
    }

    /// Whether the first use of this process was recorded, so that those after it don't wait for the file.
    pub(crate) fn are_queued(&self) -> bool {
        self.0.lane.load().as_ref().is_some_and(|lane| lane.is_of_this_process())
    }

    /// Queues a valid use.
    pub(crate) fn record(&self, new: NewUse) -> Result<()> {
        let lane = self.0.lane.load();
        match &*lane {
            Some(lane) if lane.is_of_this_process() => lane.push(new),
            _ => self.0.begin()?.push(new),
        }
    }

    /// Commits a valid use, together with those that wait for theirs.
    pub(crate) fn commit(&self, new: NewUse) -> Result<()> {
        let lane = self.0.lane()?;
        let ticket = Ticket::new(new);
        lock(&lane.strict).push(ticket.clone());
        let moment = self.0.clock.now();
        self.0.clock.reporting(|regression| {
            let mut job = CommitTickets::new(&lane, &ticket, regression);
            self.0.store.run(&mut job, Durability::Now, moment).inspect_err(|error| job.fail(error))
        })?;
        ticket.outcome().unwrap_or(Ok(()))
    }

    /// Counts a refusal of a known key.
    pub(crate) fn count_refusal(
        &self,
        key: KeyNo,
        outcome: Outcome,
        epoch: i64,
        at: Timestamp,
    ) -> Result<()> {
        self.0.lane()?.count(|counts| counts.add_refusal(key, outcome, epoch, at))
    }

    /// Counts what is no secret of the vault's. That it can't be counted is no reason not to refuse it.
    pub(crate) fn count_stranger(&self, outcome: Outcome, presented: &[u8], at: Timestamp) {
        let counted = self.0.lane().and_then(|lane| {
            if !lane.knows_prefixes() {
                lane.set_prefixes(self.0.store.peek(|snapshot| snapshot.counted_prefixes())?);
            }
            lane.count(|counts| counts.add_stranger(outcome, presented, at))
        });
        if let Err(error) = counted {
            log::debug!(target: "keycask::uses", "{error}; a stranger isn't counted");
        }
    }

    /// Records that the uses of writers that are gone may be missing: once each. `open` are those that were open a
    /// moment ago.
    pub(crate) fn report_gone(store: &Store, clock: &Clock, open: &[OpenWriter]) -> Result<()> {
        let now = clock.now();
        if !open.iter().any(|writer| is_gone(writer, now.at)) {
            return Ok(());
        }
        store.change_once(now, |change| {
            for writer in change.open_writers()?.iter().filter(|writer| is_gone(writer, now.at)) {
                change.close_writer(&writer.id)?;
                change.record_gap(None, Some(writer.since))?;
            }
            change.forget_writers(now.at.saturating_sub(FORGET_AFTER))
        })
    }

    /// Returns when every use that was recorded so far is in the file, and safe from a power cut.
    pub(crate) fn flush(&self) -> Result<()> {
        match self.0.current() {
            Some(lane) if !lane.is_settled() || lock(&lane.batch).unsynced => {
                self.0.drain(&lane, Drain::Durable)
            }
            _ => Ok(()),
        }
    }

    /// Returns when every use that any handle of this process recorded on the file is in it.
    pub(crate) fn settle(&self) -> Result<()> {
        registry::others(&self.0).iter().try_for_each(|shared| shared.settle())
    }

    /// Writes what waits, ends the thread, and refuses what comes later.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Drop for Uses {
    fn drop(&mut self) {
        self.close();
    }
}

/// How far to write what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drain {
    /// What there is of it by and by: nobody waits.
    InTime,
    /// Others see it.
    Visible,
    /// It is safe from a power cut.
    Durable,
    /// The same, and the writer ends.
    Closing,
}

impl Shared {
    /// This process's lane, if it has one.
    fn current(&self) -> Option<Arc<Lane>> {
        self.lane.load_full().filter(|lane| lane.is_of_this_process() && keycask_sqlite::is_usable())
    }

    fn lane(self: &Arc<Self>) -> Result<Arc<Lane>> {
        self.current().map_or_else(|| self.begin(), Ok)
    }

    /// Makes this process's lane and starts its thread. The use that is first waits for the writer's row.
    fn begin(self: &Arc<Self>) -> Result<Arc<Lane>> {
        let new = Arc::new(Lane::new()?);
        let before = self.lane.load_full();
        if before.as_ref().is_some_and(|lane| lane.is_of_this_process()) {
            return self.lane();
        }
        let found = self.lane.compare_and_swap(&before, Some(new.clone()));
        if found.as_ref().map(Arc::as_ptr) != before.as_ref().map(Arc::as_ptr) {
            return self.lane();
        }
        // Of the parent of a fork: its locks may be held and its thread is gone, so it is never freed.
        std::mem::forget(before);
        // After the lane is there for who closes to find, or the other way round.
        if self.closed.load(Ordering::SeqCst) {
            new.close();
            return Err(Error::closed());
        }
        registry::add(self);
        if let Err(error) = self.write(&new, Durability::WithNext, Drain::Visible) {
            log::warn!(target: "keycask::uses", "{error}; uses wait in memory");
        }
        flusher::start(self, &new);
        Ok(new)
    }

    /// Writes one batch. Whether the queue was empty then, and how many uses there were.
    fn write(&self, lane: &Lane, durability: Durability, drain: Drain) -> Result<(bool, usize)> {
        let moment = self.clock.now();
        self.clock.reporting(|regression| {
            let mut job = WriteBatch::new(lane, moment, regression, durability, drain);
            self.store.run(&mut job, durability, moment)?;
            Ok((job.emptied, job.written))
        })
    }

    /// Writes what waits now, in as many batches as it takes.
    fn drain(&self, lane: &Lane, drain: Drain) -> Result<()> {
        let mut left = lane.waiting();
        loop {
            let last = left <= batch::BATCH;
            let durability =
                if last && drain != Drain::Visible { Durability::Now } else { Durability::WithNext };
            let (emptied, written) =
                self.write(lane, durability, if last { drain } else { Drain::Visible })?;
            if last && (emptied || written >= left) {
                return Ok(());
            }
            // The thread writes them too: what is left can be less than it seems.
            left = if emptied { 0 } else { left.saturating_sub(written) };
        }
    }

    fn settle(&self) -> Result<()> {
        match self.current() {
            // What comes after a close is answered as an error, and needn't be written.
            Some(lane) if !lane.is_closed() && !lane.is_settled() => self.drain(&lane, Drain::Visible),
            _ => Ok(()),
        }
    }

    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let Some(lane) = self.current() else { return };
        if !lane.close() {
            return;
        }
        let ended = self
            .drain(&lane, Drain::Visible)
            .and_then(|()| self.fold_when_worth_it())
            .and_then(|()| self.drain(&lane, Drain::Closing));
        if let Err(error) = ended {
            log::error!(target: "keycask::uses", "{error}; the last uses of this process are lost");
        }
    }

    fn fold_when_worth_it(&self) -> Result<()> {
        let unfolded = self.store.peek(|snapshot| snapshot.unfolded_uses())?;
        if unfolded < FOLD_AT_THE_END { Ok(()) } else { fold(&self.store, self.clock.now(), &|| false) }
    }
}
