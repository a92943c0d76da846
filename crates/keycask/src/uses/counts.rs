//! Counts that are kept in memory until they are written: refusals, and what strangers present.

use crate::clock::Timestamp;
use crate::key::{KeyNo, Outcome};
use crate::secret::presented_prefix;
use crate::store::{NewUse, Tallies, Tally, Window};

/// Refusals are counted by the minute, so that a client that goes on with a dead key can't fill the disk.
const MINUTE_MS: i64 = 60_000;
/// Mode `buckets` counts by five minutes.
const BUCKET_MS: i64 = 5 * MINUTE_MS;
/// So many counts at most wait in memory; what would be another one is only known to be missing.
const MOST: usize = 65_536;

/// The end of the window of `length_ms` that a time is in, windows being whole numbers of it since 1970.
fn closes_ms(at: Timestamp, length_ms: i64) -> i64 {
    (at.ms().div_euclid(length_ms) + 1) * length_ms
}

/// Counts a valid use among those of its five minutes.
pub(super) fn add_bucket(tallies: &mut Tallies, new: &NewUse) {
    let (closes_ms, outcome) = (closes_ms(new.at, BUCKET_MS), Outcome::Valid);
    let window = Window { closes_ms, key: Some(new.key), outcome, prefix_no: None };
    tallies.add(window, Tally::one(new.at, new.epoch));
}

/// Whether a count is to be written soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// As a valid use: somebody who holds a key is refused.
    Soon,
    /// With what comes next, or half a minute later.
    Later,
}

/// The counts that wait.
#[derive(Debug, Default)]
pub(super) struct Counts {
    waiting: Tallies,
    urgency: Option<Urgency>,
    missing: u64,
    /// Those that are counted apart, with their numbers; `None` until they were read.
    prefixes: Option<Vec<(i64, String)>>,
}

impl Counts {
    /// Counts a refusal of a known key.
    pub(super) fn add_refusal(&mut self, key: KeyNo, outcome: Outcome, epoch: i64, at: Timestamp) {
        let window = Window { closes_ms: closes_ms(at, MINUTE_MS), key: Some(key), outcome, prefix_no: None };
        self.add(window, Tally::one(at, epoch));
        self.urgency = Some(Urgency::Soon);
    }

    /// Counts what isn't a secret of this vault.
    pub(super) fn add_stranger(&mut self, outcome: Outcome, presented: &[u8], at: Timestamp) {
        let prefix_no = self.prefix_no(presented);
        let window = Window { closes_ms: closes_ms(at, MINUTE_MS), key: None, outcome, prefix_no };
        self.add(window, Tally::one(at, 0));
        self.urgency = self.urgency.or(Some(Urgency::Later));
    }

    fn add(&mut self, window: Window, tally: Tally) {
        if self.waiting.len() < MOST || self.waiting.contains(&window) {
            self.waiting.add(window, tally);
        } else {
            self.missing += 1;
        }
    }

    fn prefix_no(&self, presented: &[u8]) -> Option<i64> {
        let prefix = presented_prefix(presented)?;
        let known = self.prefixes.as_ref()?;
        known.iter().find(|(_, known)| known == prefix).map(|(number, _)| *number)
    }

    pub(super) fn knows_prefixes(&self) -> bool {
        self.prefixes.is_some()
    }

    pub(super) fn set_prefixes(&mut self, prefixes: Vec<(i64, String)>) {
        self.prefixes = Some(prefixes);
    }

    /// How soon what waits is to be written.
    pub(super) fn urgency(&self) -> Option<Urgency> {
        self.urgency
    }

    /// Takes out what waits, and how many had no place.
    pub(super) fn take(&mut self) -> (Tallies, u64) {
        self.urgency = None;
        (std::mem::take(&mut self.waiting), std::mem::take(&mut self.missing))
    }
}
