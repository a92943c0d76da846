//! Exported checkpoints, and the proofs that lead on from them where the rows behind them were pruned.

use rusqlite::{OptionalExtension, named_params};

use super::{Change, Snapshot};
use crate::audit::{Hash, Log};
use crate::error::{Error, Result};

pub(super) const INSERT: &str = "
    INSERT INTO checkpoints (log, size, root, exported_at_ms) VALUES (:log, :size, :root, :at_ms)
    ON CONFLICT (log, size) DO NOTHING";
pub(super) const PROOF: &str =
    "SELECT proof, proof_size FROM checkpoints WHERE log = :log AND size = :size AND proof IS NOT NULL";
pub(super) const UNPROVED: &str = "
    SELECT size FROM checkpoints WHERE log = :log AND size >= :from AND size < :until AND proof IS NULL ORDER BY size";
pub(super) const SET_PROOF: &str =
    "UPDATE checkpoints SET proof = :proof, proof_size = :proof_size WHERE log = :log AND size = :size";

impl Snapshot<'_> {
    /// The proof that leads on from the tree of `size` leaves, and the size that it leads to.
    pub(crate) fn proof(&self, log: Log, size: u64) -> Result<Option<(Vec<Hash>, u64)>> {
        let mut statement = self.db.prepare_cached(PROOF)?;
        let parameters = named_params! { ":log": log.number(), ":size": size };
        let row: Option<(Vec<u8>, u64)> =
            statement.query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        row.map(|(bytes, size)| match bytes.as_chunks::<32>() {
            (hashes, []) => Ok((hashes.to_vec(), size)),
            _ => Err(Error::damaged("read a checkpoint's proof: it is no list of hashes")),
        })
        .transpose()
    }

    /// The sizes of checkpoints from `from` up to, not including, `until` that have no proof yet.
    pub(crate) fn unproved(&self, log: Log, from: u64, until: u64) -> Result<Vec<u64>> {
        let mut statement = self.db.prepare_cached(UNPROVED)?;
        let parameters = named_params! { ":log": log.number(), ":from": from, ":until": until };
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Remembers a checkpoint, so that a later prune keeps its proof. The empty log's needs none.
    pub(crate) fn keep_checkpoint(&self, log: Log, size: u64, root: &Hash) -> Result<()> {
        if size == 0 {
            return Ok(());
        }
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":log": log.number(),
            ":size": size,
            ":root": root,
            ":at_ms": self.moment.at.ms(),
        })?;
        Ok(())
    }

    pub(crate) fn keep_proof(&self, log: Log, size: u64, proof: &[Hash], leads_to: u64) -> Result<()> {
        self.db.prepare_cached(SET_PROOF)?.execute(named_params! {
            ":proof": proof.concat(),
            ":proof_size": leads_to,
            ":log": log.number(),
            ":size": size,
        })?;
        Ok(())
    }
}
