//! Waiting for other writers: threads of this handle, and other processes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::clock::Stopwatch;
use crate::error::Result;
use crate::planted::{Bug, is_planted};

const BETWEEN_TRIES: Duration = Duration::from_millis(1);

/// How long writers wait, and how many had to.
pub(super) struct Waits {
    timeout: Duration,
    count: AtomicU64,
}

impl Waits {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, count: AtomicU64::new(0) }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts a change that waited for another thread.
    pub(super) fn note(&self, waited: bool) {
        self.count.fetch_add(u64::from(waited), Ordering::Relaxed);
    }

    /// Begins to write, once no other process does, or fails as busy when the timeout is over. `None` where a
    /// fork of this process waits meanwhile: then everything is to be given back and begun anew.
    ///
    /// SQLite's own way sleeps up to 100 ms between two tries, and so is starved by a few writers in a loop.
    pub(super) fn begin<'c>(&self, db: &'c Connection) -> Result<Option<Transaction<'c>>> {
        let waited = Stopwatch::start();
        db.busy_timeout(Duration::ZERO)?;
        let mut tries = 0;
        let behavior = if is_planted(Bug::BeginDeferred) {
            TransactionBehavior::Deferred
        } else {
            TransactionBehavior::Immediate
        };
        let begun = loop {
            match Transaction::new_unchecked(db, behavior) {
                Err(error) if is_busy(&error) && keycask_sqlite::is_awaited() => return Ok(None),
                Err(error) if is_busy(&error) && waited.elapsed() < self.timeout => {
                    tries += 1;
                    std::thread::sleep(BETWEEN_TRIES);
                }
                begun => break begun,
            }
        };
        db.busy_timeout(self.timeout)?;
        self.note(tries > 0);
        Ok(Some(begun?))
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
