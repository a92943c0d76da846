//! What is due: keys that somebody should look at before time does.

use std::time::{Duration, SystemTime};

use super::{Vault, not_found};
use crate::audit::Usage;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{Key, KeyId, KeyState, check_time};
use crate::store::Snapshot;

/// Why a key is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DueReason {
    /// It should be rotated: `rotate_after` is over, or soon will be.
    Rotation,
    /// It expires soon.
    Expiry,
    /// Its grace window ends soon.
    WindowEnd,
    /// Its grace window runs, and no successor lives that could take over.
    WithoutSuccessor,
}

impl DueReason {
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Expiry => "expiry",
            Self::WindowEnd => "window_end",
            Self::WithoutSuccessor => "without_successor",
        }
    }
}

/// A key that is due.
#[derive(Clone, Debug)]
pub struct Due {
    key: Key,
    reason: DueReason,
    at: Timestamp,
}

impl Due {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> DueReason {
        self.reason
    }

    /// When: the end of the interval, the expiry, the end of the window.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at.into()
    }
}

impl Vault {
    /// The living keys whose rotation, expiry or end of a window lies within the next `within` or is past,
    /// and those whose window runs without a successor that lives; the most urgent first.
    pub fn due(&self, within: Duration) -> Result<Vec<Due>> {
        self.due_in(within, self.clock.now().at)
    }

    /// [`due`](Self::due) as of `now`.
    pub fn due_at(&self, within: Duration, now: SystemTime) -> Result<Vec<Due>> {
        self.due_in(within, check_time("now", now)?)
    }

    /// The living keys without a recorded use since `since`, or none at all; keys that were created later
    /// are left out.
    pub fn unused(&self, since: SystemTime) -> Result<Vec<(Key, Usage)>> {
        self.unused_in(since, self.clock.now().at)
    }

    /// [`unused`](Self::unused) with states as of `now`.
    pub fn unused_at(&self, since: SystemTime, now: SystemTime) -> Result<Vec<(Key, Usage)>> {
        self.unused_in(since, check_time("now", now)?)
    }

    /// How often a key was used.
    pub fn usage(&self, id: KeyId) -> Result<Usage> {
        self.uses.settle()?;
        self.store.read(|snapshot| {
            let no = snapshot.number_of(id)?.ok_or_else(|| not_found(id))?;
            Ok(snapshot.usage_since(Some(no))?.remove(&no).unwrap_or_default())
        })
    }

    /// All keys of the chain of rotations that a key belongs to, in the order of their creation.
    pub fn lineage(&self, id: KeyId) -> Result<Vec<Key>> {
        self.store.read(|snapshot| {
            let key = snapshot.key(id)?.ok_or_else(|| not_found(id))?;
            snapshot.relatives(key.lineage)
        })
    }

    fn due_in(&self, within: Duration, now: Timestamp) -> Result<Vec<Due>> {
        let until = now.saturating_add(within);
        let mut due = self.store.read(|snapshot| {
            let mut due = Vec::new();
            for key in snapshot.keys_due(until, now)? {
                if key.state(now).is_living() {
                    due.extend(reasons(snapshot, &key, until, now)?);
                }
            }
            Ok(due)
        })?;
        due.sort_by_key(|due| (due.at, due.key.no));
        Ok(due)
    }

    fn unused_in(&self, since: SystemTime, now: Timestamp) -> Result<Vec<(Key, Usage)>> {
        let since = check_time("since", since)?;
        self.uses.settle()?;
        let usage = self.store.read(|snapshot| snapshot.usage_since(None))?;
        let mut unused = Vec::new();
        for key in self.keys(super::KeyFilter::new())? {
            let key = key?;
            let used = usage.get(&key.no).copied().unwrap_or_default();
            let idle = used.last_used.is_none_or(|last| last < since);
            if idle && key.created_at < since && key.state(now).is_living() {
                unused.push((key, used));
            }
        }
        Ok(unused)
    }
}

/// Each reason for which a living key is due.
fn reasons(snapshot: &Snapshot<'_>, key: &Key, until: Timestamp, now: Timestamp) -> Result<Vec<Due>> {
    let mut found = Vec::new();
    match key.successor {
        None => found.extend(key.rotate_due().map(|at| (DueReason::Rotation, at))),
        Some(successor) => {
            let new = snapshot.key(successor.id)?;
            let alone = new.is_none_or(|new| {
                matches!(new.state(now), KeyState::Revoked | KeyState::Expired | KeyState::Disabled)
            });
            let reason = if alone { DueReason::WithoutSuccessor } else { DueReason::WindowEnd };
            found.push((reason, successor.grace_until));
        }
    }
    found.extend(key.expires_at.map(|at| (DueReason::Expiry, at)));
    let urgent =
        |(reason, at): &(DueReason, Timestamp)| *at <= until || *reason == DueReason::WithoutSuccessor;
    Ok(found.into_iter().filter(urgent).map(|(reason, at)| Due { key: key.clone(), reason, at }).collect())
}
