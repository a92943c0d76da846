//! The two logs' frontiers: read and written in the transaction that appends.

use rusqlite::named_params;

use super::changes::next_seq;
use super::head::missing_row;
use super::row::Columns;
use super::{Change, Snapshot};
use crate::audit::{Frontier, Log};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::planted::{Bug, is_planted};

pub(super) const INSERT: &str = "
    INSERT INTO logs (log, size, frontier, pruned_size, pruned_frontier, folded_seq, clock_ms)
    VALUES (:log, 0, x'', 0, x'', 0, :clock_ms)";
pub(super) const SELECT: &str =
    "SELECT size, frontier, pruned_size, pruned_frontier FROM logs WHERE log = :log";
pub(super) const SELECT_CLOCK: &str = "SELECT max(clock_ms) FROM logs";
pub(super) const UPDATE: &str = "UPDATE logs SET size = :size, frontier = :frontier, clock_ms = max(clock_ms, :clock_ms) WHERE log = :log";
pub(super) const CORRECT_CLOCK: &str = "UPDATE logs SET clock_ms = :clock_ms";
pub(super) const MAX_CHANGE: &str = "SELECT coalesce(max(seq), 0) FROM changes";
pub(super) const MAX_USE: &str = "SELECT coalesce(max(seq), 0) FROM uses";

/// A log as it is stored: the tree of all its leaves, and of those whose rows were pruned.
#[derive(Clone, Debug)]
pub(crate) struct LogState {
    pub(crate) whole: Frontier,
    pub(crate) pruned: Frontier,
}

impl Snapshot<'_> {
    pub(crate) fn log(&self, log: Log) -> Result<LogState> {
        let mut statement = self.db.prepare_cached(SELECT)?;
        let mut rows = statement.query(named_params! { ":log": log.number() })?;
        let row = rows.next()?.ok_or_else(|| missing_row("log"))?;
        let mut columns = Columns::of(row);
        Ok(LogState {
            whole: Frontier::from_parts(columns.take()?, &columns.take::<Vec<u8>>()?)?,
            pruned: Frontier::from_parts(columns.take()?, &columns.take::<Vec<u8>>()?)?,
        })
    }

    /// The greatest sequence number that has a row.
    pub(crate) fn last_seq(&self, log: Log) -> Result<i64> {
        let sql = match log {
            Log::Changes => MAX_CHANGE,
            Log::Uses => MAX_USE,
        };
        Ok(self.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// The newest time that the clock, not a caller, gave an event.
    pub(crate) fn clock_mark(&self) -> Result<Timestamp> {
        Ok(Timestamp::from_ms(self.db.prepare_cached(SELECT_CLOCK)?.query_row([], |row| row.get(0))?))
    }
}

impl Change<'_> {
    pub(super) fn insert_logs(&self) -> Result<()> {
        for log in Log::ALL {
            let clock_ms = self.clock_ms();
            self.db.execute(INSERT, named_params! { ":log": log.number(), ":clock_ms": clock_ms })?;
        }
        Ok(())
    }

    /// The frontier that this transaction appends to.
    pub(super) fn frontier(&mut self, log: Log) -> Result<&mut Frontier> {
        let stored = match self.slot(log) {
            Some(_) => None,
            None => Some(self.snapshot.log(log)?.whole),
        };
        Ok(self.slot(log).get_or_insert_with(|| stored.unwrap_or_default()))
    }

    fn slot(&mut self, log: Log) -> &mut Option<Frontier> {
        match log {
            Log::Changes => &mut self.changes,
            Log::Uses => &mut self.uses,
        }
    }

    /// Lets the stored mark of the clock follow a step back.
    pub(crate) fn correct_clock(&mut self) {
        self.clock_corrected = true;
    }

    /// Writes what the transaction gathered: the last thing before its commit.
    pub(super) fn finish(self) -> Result<()> {
        let clock_ms = self.clock_ms();
        if is_planted(Bug::FrontierApart) {
            self.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        }
        for (log, frontier) in [(Log::Changes, &self.changes), (Log::Uses, &self.uses)] {
            let Some(frontier) = frontier else { continue };
            self.db.prepare_cached(UPDATE)?.execute(named_params! {
                ":size": frontier.size(),
                ":frontier": frontier.to_bytes(),
                ":clock_ms": clock_ms,
                ":log": log.number(),
            })?;
        }
        if let Some(uses) = &self.uses {
            let size = next_seq(uses.size())? - 1;
            self.close_segments(size)?;
        }
        if self.clock_corrected {
            self.db.execute(CORRECT_CLOCK, named_params! { ":clock_ms": clock_ms })?;
        }
        Ok(())
    }

    /// A caller's time never moves the mark.
    fn clock_ms(&self) -> i64 {
        if self.moment.from_clock { self.moment.at.ms() } else { i64::MIN }
    }
}
