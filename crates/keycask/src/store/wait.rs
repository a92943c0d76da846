//! Waiting for other writers: threads of this handle, and other processes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::clock::Stopwatch;
use crate::error::Result;

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

    /// Waits until no other thread has the lock.
    pub(super) fn lock<'m, T>(&self, mutex: &'m Mutex<T>) -> MutexGuard<'m, T> {
        mutex.try_lock().unwrap_or_else(|_| {
            self.count.fetch_add(1, Ordering::Relaxed);
            mutex.lock().unwrap_or_else(PoisonError::into_inner)
        })
    }

    /// Begins to write, once no other process does, or fails as busy when the timeout is over.
    ///
    /// SQLite's own way sleeps up to 100 ms between two tries, and so is starved by a few writers in a loop.
    pub(super) fn begin<'c>(&self, db: &'c Connection) -> Result<Transaction<'c>> {
        let waited = Stopwatch::start();
        db.busy_timeout(Duration::ZERO)?;
        let mut tries = 0;
        let begun = loop {
            match Transaction::new_unchecked(db, TransactionBehavior::Immediate) {
                Err(error) if is_busy(&error) && waited.elapsed() < self.timeout => {
                    tries += 1;
                    std::thread::sleep(BETWEEN_TRIES);
                }
                begun => break begun,
            }
        };
        db.busy_timeout(self.timeout)?;
        self.count.fetch_add(u64::from(tries > 0), Ordering::Relaxed);
        Ok(begun?)
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
