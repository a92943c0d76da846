//! The thread that writes uses.

use std::sync::Arc;
use std::time::Duration;

use super::lane::{Demand, Lane, lock};
use super::{Drain, Shared, fold, writer_id};
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Result};
use crate::store::Durability;

/// How long a use waits for others, so that it is in the file within 200 ms.
const SOON: Duration = Duration::from_millis(150);
/// How long counts of strangers wait, where nothing else is written.
const LATER: Duration = Duration::from_secs(30);
/// How long a commit may be without one that is durable.
const SYNC_EVERY: Duration = Duration::from_secs(1);
const FOLD_EVERY: Duration = Duration::from_secs(5);
/// Between two tries of a batch that failed.
const TRY_EVERY: Duration = Duration::from_secs(1);
const COMES_BACK: Duration = Duration::from_millis(writer_id::COMES_BACK_MS.unsigned_abs());

/// Starts the thread of a lane. Where that fails, uses wait until somebody flushes.
pub(super) fn start(shared: &Arc<Shared>, lane: &Arc<Lane>) {
    let mut flusher = Flusher {
        shared: shared.clone(),
        lane: lane.clone(),
        synced: Stopwatch::start(),
        folded: Stopwatch::start(),
        unfolded: true,
    };
    match keycask_sqlite::spawn("keycask-uses", move || flusher.run()) {
        Ok(handle) => lane.set_thread(handle),
        Err(error) => log::error!(target: "keycask::uses", "start the thread that writes uses: {error}"),
    }
}

struct Flusher {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
    synced: Stopwatch,
    folded: Stopwatch,
    /// Whether something was written since the last fold.
    unfolded: bool,
}

impl Flusher {
    fn run(&mut self) {
        Lane::begin_writing();
        while !self.lane.is_closed() {
            if !self.is_due() {
                continue;
            }
            let worked = Stopwatch::start();
            let done = self.work();
            self.lane.set_failing(done.is_err());
            if let Err(error) = done {
                if error.kind() == ErrorKind::Closed || error.poisons() {
                    return;
                }
                log::warn!(target: "keycask::uses", "{error}; uses wait in memory and are tried again");
                self.lane.rest(self.lane.demand(), TRY_EVERY);
            }
            // Writers of other processes, who try now and then, get their turn.
            std::thread::sleep(worked.elapsed() / 4);
        }
    }

    /// Sleeps until there is something to do; `false` where it was woken to look again.
    fn is_due(&self) -> bool {
        let demand = self.lane.demand();
        let slept = Stopwatch::start();
        let time = match demand {
            Demand::Now => return true,
            Demand::Soon => SOON,
            Demand::Later => LATER,
            Demand::Nothing if lock(&self.lane.batch).unsynced => SYNC_EVERY,
            Demand::Nothing if self.unfolded => FOLD_EVERY,
            Demand::Nothing => COMES_BACK,
        };
        self.lane.rest(demand, time);
        !self.lane.is_closed() && (slept.elapsed() >= time || self.lane.demand() == Demand::Now)
    }

    fn work(&mut self) -> Result<()> {
        if self.lane.demand() != Demand::Nothing || !self.unfolded || lock(&self.lane.batch).unsynced {
            self.write()?;
        }
        if self.unfolded && self.folded.elapsed() >= FOLD_EVERY {
            self.folded = Stopwatch::start();
            self.unfolded = false;
            fold(&self.shared.store, self.shared.clock.now(), &|| self.lane.demand() == Demand::Now)?;
        }
        self.shared.store.checkpoint_when_long()
    }

    fn write(&mut self) -> Result<()> {
        let must_sync = self.synced.elapsed() >= SYNC_EVERY;
        let durability = if must_sync { Durability::Now } else { Durability::WithNext };
        let (_, written) = self.shared.write(&self.lane, durability, Drain::InTime)?;
        if must_sync {
            self.synced = Stopwatch::start();
        }
        self.unfolded |= written > 0;
        // So that those who verify needn't find out what this commit changed: nothing that they remember.
        self.shared.cache.catch_up(&self.shared.store)
    }
}
