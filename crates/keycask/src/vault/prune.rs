//! Retention: the log of uses loses its beginning, and its roots stay provable.

use std::time::{Duration, SystemTime};

use super::Vault;
use crate::audit::{Event, Log, Prover};
use crate::clock::{Moment, Stopwatch, Timestamp};
use crate::error::{Error, Result};
use crate::key::Actor;
use crate::store::LogState;
use crate::uses::fold;

/// How long a transaction that deletes rows may hold the write lock.
const CHUNK: Duration = Duration::from_millis(10);
const FIRST_CHUNK_ROWS: u64 = 2_000;
const LARGEST_CHUNK_ROWS: u64 = 50_000;

impl Vault {
    /// Prunes the uses that the policy no longer keeps, the oldest first, and returns how many there were.
    ///
    /// The tree over what goes and the proofs of the checkpoints that were exported are kept, in one
    /// transaction with the event; the rows go afterwards, in transactions of at most about 10 ms. A prune
    /// that was killed goes on with the next one.
    pub fn prune(&self, actor: &Actor) -> Result<u64> {
        self.prune_in(actor, self.clock.now())
    }

    /// [`prune`](Self::prune) as of `now`.
    pub fn prune_at(&self, actor: &Actor, now: SystemTime) -> Result<u64> {
        self.prune_in(actor, Moment::given(now)?)
    }

    fn prune_in(&self, actor: &Actor, moment: Moment) -> Result<u64> {
        self.uses.settle()?;
        // What isn't folded yet may not go.
        fold(&self.store, moment, &|| false)?;
        let (stated, end, sizes) = self.plan_prune(moment.at)?;
        let from = stated.pruned.size();
        if end > from {
            let mut prover = Prover::new(stated.pruned.clone(), sizes.clone(), end);
            self.feed(&mut prover, end)?;
            let (tree, proofs) = prover.finish()?;
            self.change(moment, |change| {
                let now = change.log(Log::Uses)?.pruned;
                if now != stated.pruned || change.unproved(Log::Uses, from, end)? != sizes {
                    return Err(Error::conflict("prune the log of uses: somebody else does; try again"));
                }
                for (size, proof) in &proofs {
                    change.keep_proof(Log::Uses, *size, proof, end)?;
                }
                change.keep_checkpoint(Log::Uses, end, &tree.root())?;
                change.set_pruned(&tree)?;
                change.record(Event::UsesPruned { tree: &tree, events: end - from }, actor)
            })?;
        }
        self.delete_pruned(end.max(from), moment)?;
        Ok(end.saturating_sub(from))
    }

    /// The log, the size up to which it is to be pruned, and the checkpoints on the way that need a proof.
    fn plan_prune(&self, now: Timestamp) -> Result<(LogState, u64, Vec<u64>)> {
        self.store.read(|snapshot| {
            let policy = snapshot.policy()?;
            let stated = snapshot.log(Log::Uses)?;
            let size = stated.whole.size();
            let limit = now.saturating_sub(policy.retain_uses);
            let by_age = snapshot.older_uses(limit)?;
            let by_bytes = size.saturating_sub(policy.retain_uses_bytes / snapshot.bytes_of_a_use()?);
            let end = by_age.max(by_bytes).min(snapshot.folded_uses()?).min(size);
            let sizes = snapshot.unproved(Log::Uses, stated.pruned.size(), end)?;
            Ok((stated, end, sizes))
        })
    }

    fn feed(&self, prover: &mut Prover, end: u64) -> Result<()> {
        while prover.size() < end {
            let after = i64::try_from(prover.size()).unwrap_or(i64::MAX);
            let leaves = self.leaves(Log::Uses, after)?;
            let expected = prover.size() + 1;
            if leaves.first().is_none_or(|(seq, _)| u64::try_from(*seq) != Ok(expected)) {
                return Err(Error::damaged(format!("prune the log of uses: event {expected} is missing")));
            }
            let wanted = usize::try_from(end - prover.size()).unwrap_or(usize::MAX);
            leaves.iter().take(wanted).for_each(|(_, leaf)| prover.append(leaf));
        }
        Ok(())
    }

    fn delete_pruned(&self, size: u64, moment: Moment) -> Result<()> {
        let mut rows = FIRST_CHUNK_ROWS;
        loop {
            let watch = Stopwatch::start();
            if !self.change(moment, |change| change.delete_pruned(size, rows))? {
                return Ok(());
            }
            let took = watch.elapsed();
            rows = if took > CHUNK / 2 { (rows / 2).max(1) } else { (rows * 2).min(LARGEST_CHUNK_ROWS) };
            // Whoever waits for the write lock gets its turn.
            std::thread::sleep(took / 4);
        }
    }
}

impl crate::audit::Change {
    /// The size and root that a prune recorded.
    pub(super) fn pruned_to(&self) -> Option<(u64, String)> {
        let detail: serde_json::Value = serde_json::from_str(&self.detail()).ok()?;
        Some((detail["size"].as_u64()?, detail["root"].as_str()?.to_owned()))
    }
}
