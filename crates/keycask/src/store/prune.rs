//! Pruning the log of uses: where the kept part begins, and how the rest goes.

use rusqlite::named_params;

use super::{Change, Snapshot};
use crate::audit::Frontier;
use crate::clock::Timestamp;
use crate::error::Result;

/// What a row takes on disk beside its client and request: measured by the example `sizes`.
const ROW_BYTES: u64 = 25;

pub(super) const SEGMENT_KEPT: &str = "
    SELECT coalesce(
        (SELECT first_seq FROM segments WHERE max_at_ms >= :limit ORDER BY segment LIMIT 1),
        (SELECT max(last_seq) + 1 FROM segments),
        1)";
pub(super) const FIRST_KEPT: &str = "
    SELECT coalesce(
        (SELECT seq FROM uses WHERE seq >= :from AND coalesce(last_ms, at_ms) >= :limit ORDER BY seq LIMIT 1),
        (SELECT size + 1 FROM logs WHERE log = 2))";
pub(super) const VARIABLE_BYTES: &str = "
    SELECT coalesce(CAST(avg(coalesce(length(client), 0) + coalesce(length(request), 0)) AS INTEGER), 0)
    FROM (SELECT client, request FROM uses ORDER BY seq DESC LIMIT 10000)";
pub(super) const FOLDED: &str = "SELECT folded_seq FROM logs WHERE log = 2";
pub(super) const SET_PRUNED: &str =
    "UPDATE logs SET pruned_size = :size, pruned_frontier = :frontier WHERE log = 2";
pub(super) const DELETE_SEGMENTS: &str = "DELETE FROM segments WHERE last_seq <= :size";
pub(super) const FIRST_SEQ: &str = "SELECT min(seq) FROM uses";
pub(super) const DELETE: &str = "DELETE FROM uses WHERE seq <= :until";

impl Snapshot<'_> {
    /// The longest beginning of the log of uses that is wholly older than `limit`, as its size.
    pub(crate) fn older_uses(&self, limit: Timestamp) -> Result<u64> {
        let limit_ms = limit.ms();
        let from: i64 = self
            .db
            .prepare_cached(SEGMENT_KEPT)?
            .query_row(named_params! { ":limit": limit_ms }, |row| row.get(0))?;
        let parameters = named_params! { ":from": from, ":limit": limit_ms };
        let kept: u64 = self.db.prepare_cached(FIRST_KEPT)?.query_row(parameters, |row| row.get(0))?;
        Ok(kept - 1)
    }

    /// What one use takes on disk, estimated from the newest of them.
    pub(crate) fn bytes_of_a_use(&self) -> Result<u64> {
        let variable: u64 = self.db.prepare_cached(VARIABLE_BYTES)?.query_row([], |row| row.get(0))?;
        Ok(ROW_BYTES + variable)
    }

    /// How many uses are folded into the usage of their keys.
    pub(crate) fn folded_uses(&self) -> Result<u64> {
        Ok(self.db.prepare_cached(FOLDED)?.query_row([], |row| row.get(0))?)
    }
}

impl Change<'_> {
    /// Lets the log of uses begin after this tree; its rows go later.
    pub(crate) fn set_pruned(&self, pruned: &Frontier) -> Result<()> {
        self.db
            .execute(SET_PRUNED, named_params! { ":size": pruned.size(), ":frontier": pruned.to_bytes() })?;
        self.db.execute(DELETE_SEGMENTS, named_params! { ":size": pruned.size() })?;
        Ok(())
    }

    /// Deletes the next rows of the pruned beginning, at most `rows`; whether any may be left.
    pub(crate) fn delete_pruned(&self, pruned_size: u64, rows: u64) -> Result<bool> {
        let first: Option<u64> = self.db.prepare_cached(FIRST_SEQ)?.query_row([], |row| row.get(0))?;
        let Some(first) = first.filter(|first| *first <= pruned_size) else { return Ok(false) };
        let until = pruned_size.min(first + rows - 1);
        self.db.prepare_cached(DELETE)?.execute(named_params! { ":until": until })?;
        Ok(until < pruned_size)
    }
}
