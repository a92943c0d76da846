//! Waiting for other writers: threads of this handle, and other processes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keycask_sqlite::Handle;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::clock::Stopwatch;
use crate::error::Result;
use crate::planted::{Bug, is_planted};

const BETWEEN_TRIES: Duration = Duration::from_millis(1);
/// The same, at most, for who isn't in a hurry: many who look often would leave nobody time to work.
const LONGEST_PAUSE: Duration = Duration::from_millis(8);
/// How long what nobody waits for lets others go first, so that many of those can't hold it up for ever.
const PATIENCE: Duration = Duration::from_secs(1);

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

    /// Begins to write, once no other process does, or fails as busy when the timeout is over. Who is in a
    /// `hurry` goes before other processes that aren't. `None` where the turn is to be given back and everything begun
    /// anew: for a fork of this process, and for a thread of it in a hurry where this one isn't.
    ///
    /// SQLite's own way sleeps up to 100 ms between two tries, and so is starved by a few writers in a loop.
    pub(super) fn begin<'c>(
        &self,
        db: &'c Connection,
        handle: &Handle,
        hurry: bool,
    ) -> Result<Option<Transaction<'c>>> {
        let waited = Stopwatch::start();
        let mut precedence = None;
        let (mut tries, mut yielded) = (0, Duration::ZERO);
        db.busy_timeout(Duration::ZERO)?;
        let behavior = if is_planted(Bug::BeginDeferred) {
            TransactionBehavior::Deferred
        } else {
            TransactionBehavior::Immediate
        };
        let begun = loop {
            let pause = if hurry { BETWEEN_TRIES } else { pause_after(waited.elapsed()) };
            if !hurry && yielded < PATIENCE && handle.file().is_preceded(db) {
                yielded += pause;
            } else {
                match Transaction::new_unchecked(db, behavior) {
                    Err(error) if is_busy(&error) && waited.elapsed() < self.timeout => {}
                    begun => break begun,
                }
            }
            if keycask_sqlite::is_awaited() || !hurry && handle.is_turn_awaited() {
                return Ok(None);
            }
            if hurry && precedence.is_none() {
                precedence = handle.file().precede(db);
            }
            tries += 1;
            std::thread::sleep(pause);
        };
        self.note(tries > 0);
        db.busy_timeout(self.timeout)?;
        Ok(Some(begun?))
    }
}

/// Waits a moment while threads of this process in a hurry wait for their turn.
pub(super) fn let_others_go_first(handle: &Handle) {
    let waited = Stopwatch::start();
    while handle.is_turn_awaited() && waited.elapsed() < PATIENCE && !keycask_sqlite::is_awaited() {
        std::thread::sleep(BETWEEN_TRIES);
    }
}

/// How long who isn't in a hurry and waited for so long sleeps until the next try.
fn pause_after(waited: Duration) -> Duration {
    (waited / 8).clamp(BETWEEN_TRIES, LONGEST_PAUSE)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
