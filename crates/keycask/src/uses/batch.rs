//! One batch: what is taken from the queue, and then written whole or kept for another try.

use std::time::Duration;

use super::Drain;
use super::counts::add_bucket;
use super::lane::{Lane, QUEUE, lock};
use crate::clock::{Moment, Stopwatch, Timestamp};
use crate::error::Result;
use crate::store::{Change, Durability, Job, NewUse, Tallies};

/// Single uses of one transaction.
pub(super) const BATCH: usize = 4_096;
/// How long a batch may hold the write lock; after one that takes longer, the next is half as large.
const MOST: Duration = Duration::from_millis(25);
const MOST_HALVINGS: u32 = 4;
/// How long at most a number of missing uses waits for its event, which is kept for ever.
const GAP_EVERY_MS: i64 = 1_000;

/// What was taken from the queue and isn't known to be in the file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    singles: Vec<NewUse>,
    /// How often the size of a batch was halved.
    halvings: u32,
    /// How many uses were taken, counted ones included.
    taken: usize,
    tallies: Tallies,
    /// How many are missing by an event of this batch.
    gap: u64,
    last_gap_ms: i64,
    /// The number of this batch: the writer's last one in the file is the one before.
    number: u64,
    /// Whether it was tried before. It may be in the file then, and must stay as it is.
    tried: bool,
    /// Whether something was committed since the last commit that was durable at once.
    pub(super) unsynced: bool,
}

impl Batch {
    /// Uses that were taken and not written yet.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Whether everything that happened is in the file, missing uses included.
    pub(super) fn is_settled(&self) -> bool {
        self.singles.is_empty() && self.tallies.is_empty() && self.gap == 0
    }

    /// Takes what waits, once for each batch, but no more than can wait at once.
    fn fill(&mut self, lane: &Lane, now: Timestamp, drain: Drain) {
        if self.tried {
            return;
        }
        self.taken = 0;
        let most = if drain == Drain::InTime { BATCH >> self.halvings } else { BATCH };
        while self.singles.len() < most
            && self.taken < QUEUE
            && let Some(new) = lane.pop()
        {
            self.taken += 1;
            if new.bucket { add_bucket(&mut self.tallies, &new) } else { self.singles.push(new) }
        }
        lane.take_counts().iter().for_each(|(window, tally)| self.tallies.add(*window, *tally));
        let is_last = matches!(drain, Drain::Durable | Drain::Closing);
        if is_last || now.ms() - self.last_gap_ms >= GAP_EVERY_MS {
            self.gap = lane.missing();
        }
    }

    fn write(&mut self, change: &mut Change<'_>, lane: &Lane) -> Result<()> {
        // A commit that failed may be in the file all the same: <https://sqlite.org/rescode.html#ioerr>
        let is_there = self.tried && change.last_of_writer(&lane.writer)? == Some(self.number);
        if !self.tried {
            self.number += 1;
        }
        self.tried = true;
        change.advance_writer(&lane.writer, self.number)?;
        if is_there {
            return Ok(());
        }
        change.append_uses(&self.singles)?;
        change.add_tallies(&self.tallies)?;
        change.close_counts(self.newest().max(change.moment().at))?;
        if self.gap > 0 {
            change.record_gap(Some(self.gap), None)?;
        }
        if self.tallies.iter().any(|(window, _)| window.key.is_none()) {
            lane.set_prefixes(change.counted_prefixes()?);
        }
        Ok(())
    }

    /// The time of the newest of it, which a caller may have given.
    fn newest(&self) -> Timestamp {
        let singles = self.singles.iter().map(|new| new.at);
        let times = singles.chain(self.tallies.iter().map(|(_, tally)| tally.last));
        times.max().unwrap_or(Timestamp::from_ms(i64::MIN))
    }

    fn adapt(&mut self, held: Duration) {
        self.halvings = match () {
            () if held > MOST => (self.halvings + 1).min(MOST_HALVINGS),
            () if held < MOST / 3 => self.halvings.saturating_sub(1),
            () => self.halvings,
        };
    }

    fn clear(&mut self, lane: &Lane, now: Timestamp) {
        if self.gap > 0 {
            self.last_gap_ms = now.ms();
            lane.told_missing(self.gap);
        }
        self.gap = 0;
        self.singles.clear();
        self.taken = 0;
        self.tallies = Tallies::default();
        self.tried = false;
    }
}

/// The job of writing a lane's next batch.
pub(super) struct WriteBatch<'l> {
    lane: &'l Lane,
    moment: Moment,
    /// The clock's mark before a large step back, to be recorded.
    regression: Option<Timestamp>,
    durability: Durability,
    drain: Drain,
    /// Uses that were written, and whether the queue was empty then.
    pub(super) written: usize,
    pub(super) emptied: bool,
    /// Since the write lock was taken.
    held: Option<Stopwatch>,
}

impl<'l> WriteBatch<'l> {
    pub(super) fn new(
        lane: &'l Lane,
        moment: Moment,
        regression: Option<Timestamp>,
        durability: Durability,
        drain: Drain,
    ) -> Self {
        Self { lane, moment, regression, durability, drain, written: 0, emptied: false, held: None }
    }
}

impl Job for WriteBatch<'_> {
    fn is_awaited(&self) -> bool {
        self.drain != Drain::InTime
    }

    fn make(&mut self, change: &mut Change<'_>) -> Result<()> {
        self.held = Some(Stopwatch::start());
        let mut batch = lock(&self.lane.batch);
        batch.fill(self.lane, self.moment.at, self.drain);
        self.written = batch.taken;
        self.emptied = self.lane.is_queue_empty();
        if let Some(mark) = self.regression {
            change.record_regression(mark)?;
        }
        batch.write(change, self.lane)?;
        if self.drain == Drain::Closing { change.close_writer(&self.lane.writer) } else { Ok(()) }
    }

    fn committed(&mut self) {
        let mut batch = lock(&self.lane.batch);
        batch.clear(self.lane, self.moment.at);
        self.held.iter().for_each(|held| batch.adapt(held.elapsed()));
        batch.unsynced = self.durability == Durability::WithNext;
    }
}
