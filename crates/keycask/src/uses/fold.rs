//! Folding the log of uses into how often each key was used, and when last.

use std::time::Duration;

use crate::clock::{Moment, Stopwatch};
use crate::error::Result;
use crate::store::{Change, Durability, Job, Store};

/// How long a fold may hold the write lock.
const MOST: Duration = Duration::from_millis(25);
const FIRST_ROWS: i64 = 4_096;
const LARGEST_ROWS: i64 = 65_536;

struct Fold {
    rows: i64,
    left: i64,
}

impl Job for Fold {
    fn is_awaited(&self) -> bool {
        false
    }

    fn make(&mut self, change: &mut Change<'_>) -> Result<()> {
        self.left = change.fold_usage(self.rows)?;
        Ok(())
    }
}

/// Folds all that isn't folded yet, in short transactions, until `pause` says that there is something better to do.
pub(crate) fn fold(store: &Store, moment: Moment, pause: &dyn Fn() -> bool) -> Result<()> {
    let mut job = Fold { rows: FIRST_ROWS, left: 0 };
    loop {
        let watch = Stopwatch::start();
        store.run(&mut job, Durability::WithNext, moment)?;
        let took = watch.elapsed();
        if job.left == 0 || pause() {
            return Ok(());
        }
        job.rows = match () {
            () if took > MOST / 2 => (job.rows / 2).max(1),
            () if took < MOST / 8 => (job.rows * 2).min(LARGEST_ROWS),
            () => job.rows,
        };
        std::thread::sleep(took / 4);
    }
}
