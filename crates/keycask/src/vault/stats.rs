//! What is going on: figures of the vault, for dashboards and people.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::{KeyFilter, Vault};
use crate::audit::Log;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{KeyState, Outcome, check_time};

/// Figures of a vault at a point in time.
#[derive(Clone, Debug)]
pub struct Stats {
    keys: Vec<(KeyState, u64)>,
    verifies: Vec<(Outcome, u64)>,
    sizes: Vec<(Log, u64)>,
    pruned_uses: u64,
    file_bytes: u64,
    wal_bytes: u64,
    busy: Busy,
}

/// How often this handle's changes met another writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    changes: u64,
    waited: u64,
    failed: u64,
}

impl Busy {
    /// Changes that this handle tried.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Changes that had to wait for another writer, a thread of this handle or another process.
    #[must_use]
    pub fn waited(&self) -> u64 {
        self.waited
    }

    /// Changes that failed as busy: another writer held the file for longer than the busy timeout.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }
}

/// Counts how changes fare.
#[derive(Debug, Default)]
pub(super) struct BusyCounter {
    changes: AtomicU64,
    failed: AtomicU64,
}

impl BusyCounter {
    pub(super) fn note(&self, failed: bool) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read(&self, waited: u64) -> Busy {
        let [changes, failed] = [&self.changes, &self.failed].map(|count| count.load(Ordering::Relaxed));
        Busy { changes, waited, failed }
    }
}

impl Stats {
    /// How many keys are in each state.
    #[must_use]
    pub fn keys(&self) -> &[(KeyState, u64)] {
        &self.keys
    }

    /// How many verifies had each outcome, of those that the log of uses still holds.
    #[must_use]
    pub fn verifies(&self) -> &[(Outcome, u64)] {
        &self.verifies
    }

    /// How many events each log has had.
    #[must_use]
    pub fn log_sizes(&self) -> &[(Log, u64)] {
        &self.sizes
    }

    /// How many of the uses were pruned.
    #[must_use]
    pub fn pruned_uses(&self) -> u64 {
        self.pruned_uses
    }

    /// The size of the file in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The size of its write-ahead log in bytes.
    #[must_use]
    pub fn wal_bytes(&self) -> u64 {
        self.wal_bytes
    }

    /// How this handle's changes fared.
    #[must_use]
    pub fn busy(&self) -> Busy {
        self.busy
    }
}

impl Vault {
    /// Figures of the vault. It reads every key and every use: for a look now and then, not for each request.
    pub fn stats(&self) -> Result<Stats> {
        self.stats_in(self.clock.now().at)
    }

    /// [`stats`](Self::stats) with states as of `now`.
    pub fn stats_at(&self, now: SystemTime) -> Result<Stats> {
        self.stats_in(check_time("now", now)?)
    }

    fn stats_in(&self, now: Timestamp) -> Result<Stats> {
        self.uses.settle()?;
        let (verifies, logs) = self.store.read(|snapshot| {
            let logs =
                Log::ALL.iter().map(|log| Ok((*log, snapshot.log(*log)?))).collect::<Result<Vec<_>>>()?;
            Ok((snapshot.verifies()?, logs))
        })?;
        let (file_bytes, wal_bytes) = self.store.sizes();
        Ok(Stats {
            keys: self.keys_by_state(now)?,
            verifies,
            sizes: logs.iter().map(|(log, state)| (*log, state.whole.size())).collect(),
            pruned_uses: logs.iter().map(|(_, state)| state.pruned.size()).sum(),
            file_bytes,
            wal_bytes,
            busy: self.busy.read(self.store.waits()),
        })
    }

    fn keys_by_state(&self, now: Timestamp) -> Result<Vec<(KeyState, u64)>> {
        let mut counts: Vec<(KeyState, u64)> = KeyState::ALL.iter().map(|state| (*state, 0)).collect();
        for key in self.keys(KeyFilter::new())? {
            let state = key?.state(now);
            counts.iter_mut().filter(|(known, _)| *known == state).for_each(|(_, count)| *count += 1);
        }
        Ok(counts)
    }
}
