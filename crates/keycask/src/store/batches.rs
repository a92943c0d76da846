//! Uses by the batch: what the writer of uses appends in one transaction.

use std::collections::HashMap;
use std::net::IpAddr;

use rusqlite::{named_params, params};

use super::changes::next_seq;
use super::row::Columns;
use super::{Change, Snapshot};
use crate::audit::{Event, Log, UseRow, address_bytes, write_use_leaf};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{Actor, KeyNo, Outcome};

/// Outcomes of strangers are counted apart for so many prefixes, the first that were used; 2 outcomes of these and
/// of the others are at most 60 rows a minute.
pub(crate) const COUNTED_PREFIXES: i64 = 29;

pub(super) const INSERT: &str = "
    INSERT INTO uses (seq, at_ms, key_no, outcome, epoch, client, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const ADD: &str = "
    INSERT INTO open_counts (closes_ms, key_no, outcome, prefix_no, epoch, count, first_ms, last_ms)
    VALUES (:closes_ms, :key_no, :outcome, :prefix_no, :epoch, :count, :first_ms, :last_ms)
    ON CONFLICT (closes_ms, key_no, outcome, prefix_no) DO UPDATE SET count = count + excluded.count,
        epoch = max(epoch, excluded.epoch), first_ms = min(first_ms, excluded.first_ms),
        last_ms = max(last_ms, excluded.last_ms)";
pub(super) const PREFIXES: &str = "SELECT prefix_no, prefix FROM prefixes ORDER BY prefix_no LIMIT :limit";
pub(super) const ADVANCE: &str = "
    INSERT INTO writers (writer_id, last_n, opened_at_ms) VALUES (:id, :to, :now)
    ON CONFLICT (writer_id) DO UPDATE SET last_n = :to, opened_at_ms = :now, closed_at_ms = NULL";
const LAST: &str = "SELECT last_n FROM writers WHERE writer_id = :id";
pub(super) const CLOSE: &str = "UPDATE writers SET closed_at_ms = :now WHERE writer_id = :id";
pub(super) const OPEN: &str = "SELECT writer_id, opened_at_ms FROM writers WHERE closed_at_ms IS NULL AND opened_at_ms > :after ORDER BY opened_at_ms";
pub(super) const FORGET: &str = "DELETE FROM writers WHERE closed_at_ms < :before";

/// A valid use that waits to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewUse {
    pub(crate) at: Timestamp,
    pub(crate) key: KeyNo,
    pub(crate) epoch: i64,
    pub(crate) client: Option<IpAddr>,
    pub(crate) request: Option<Box<str>>,
    /// Counted by the window rather than written by itself.
    pub(crate) bucket: bool,
}

/// What is counted together: a key's outcome in a window, or that of strangers with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    pub(crate) closes_ms: i64,
    /// `None`: strangers.
    pub(crate) key: Option<KeyNo>,
    pub(crate) outcome: Outcome,
    /// `None`: another one, or none.
    pub(crate) prefix_no: Option<i64>,
}

/// A count that waits to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    pub(crate) count: i64,
    pub(crate) epoch: i64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Tally {
    pub(crate) fn one(at: Timestamp, epoch: i64) -> Self {
        Self { count: 1, epoch, first: at, last: at }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.epoch = self.epoch.max(other.epoch);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Counts by what they count.
#[derive(Debug, Default)]
pub(crate) struct Tallies(HashMap<Window, Tally>);

impl Tallies {
    pub(crate) fn add(&mut self, window: Window, tally: Tally) {
        self.0.entry(window).and_modify(|known| known.add(tally)).or_insert(tally);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, window: &Window) -> bool {
        self.0.contains_key(window)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Window, &Tally)> {
        self.0.iter()
    }
}

/// Who writes uses: one process, for one handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriterId(pub(crate) [u8; 16]);

/// A writer whose uses may be lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenWriter {
    pub(crate) id: WriterId,
    /// When it last committed.
    pub(crate) since: Timestamp,
}

impl Snapshot<'_> {
    /// The prefixes whose strangers are counted apart, with their numbers.
    pub(crate) fn counted_prefixes(&self) -> Result<Vec<(i64, String)>> {
        let mut statement = self.db.prepare_cached(PREFIXES)?;
        let parameters = named_params! { ":limit": COUNTED_PREFIXES };
        let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The writers that committed uses and didn't close.
    pub(crate) fn open_writers(&self) -> Result<Vec<OpenWriter>> {
        let mut statement = self.db.prepare_cached(OPEN)?;
        let mut rows = statement.query(named_params! { ":after": i64::MIN })?;
        let mut writers = Vec::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::of(row);
            writers.push(OpenWriter { id: WriterId(columns.take()?), since: columns.time()? });
        }
        Ok(writers)
    }

    /// The number of the last use that a writer committed.
    pub(crate) fn last_of_writer(&self, id: &WriterId) -> Result<Option<u64>> {
        let mut statement = self.db.prepare_cached(LAST)?;
        let mut rows = statement.query(named_params! { ":id": id.0 })?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }
}

impl Change<'_> {
    /// Notes that the writer's uses up to number `to` are in the file with this commit.
    pub(crate) fn advance_writer(&self, id: &WriterId, to: u64) -> Result<()> {
        let parameters = named_params! { ":id": id.0, ":to": to, ":now": self.moment.at.ms() };
        self.db.prepare_cached(ADVANCE)?.execute(parameters)?;
        Ok(())
    }

    /// Notes that the writer has nothing more to write, for now.
    pub(crate) fn close_writer(&self, id: &WriterId) -> Result<()> {
        let parameters = named_params! { ":id": id.0, ":now": self.moment.at.ms() };
        self.db.prepare_cached(CLOSE)?.execute(parameters)?;
        Ok(())
    }

    /// Forgets the writers that closed before a time.
    pub(crate) fn forget_writers(&self, before: Timestamp) -> Result<()> {
        self.db.prepare_cached(FORGET)?.execute(named_params! { ":before": before.ms() })?;
        Ok(())
    }

    /// Appends single uses.
    pub(crate) fn append_uses<'u>(&mut self, uses: impl IntoIterator<Item = &'u NewUse>) -> Result<()> {
        let db = self.snapshot.db;
        let mut insert = db.prepare_cached(INSERT)?;
        let frontier = self.frontier(Log::Uses)?;
        let mut leaf = Vec::with_capacity(256);
        for new in uses {
            let row = UseRow {
                seq: next_seq(frontier.size())?,
                at: new.at,
                key: Some(new.key),
                outcome: Outcome::Valid,
                epoch: new.epoch,
                client: new.client,
                request: new.request.as_deref(),
                counted: None,
                prefix_no: None,
            };
            leaf.clear();
            write_use_leaf(&mut leaf, &row);
            frontier.append(&leaf);
            let mut address = [0; 16];
            insert.execute(params![
                row.seq,
                row.at.ms(),
                new.key.0,
                row.outcome.code(),
                row.epoch,
                new.client.map(|client| address_bytes(client, &mut address)),
                row.request.map(str::as_bytes),
            ])?;
        }
        Ok(())
    }

    /// Adds counts to those of their windows.
    pub(crate) fn add_tallies(&self, tallies: &Tallies) -> Result<()> {
        let mut add = self.db.prepare_cached(ADD)?;
        for (window, tally) in tallies.iter() {
            add.execute(named_params! {
                ":closes_ms": window.closes_ms,
                ":key_no": window.key.map_or(0, |key| key.0),
                ":outcome": window.outcome.code(),
                ":prefix_no": window.prefix_no.unwrap_or(0),
                ":epoch": tally.epoch,
                ":count": tally.count,
                ":first_ms": tally.first.ms(),
                ":last_ms": tally.last.ms(),
            })?;
        }
        Ok(())
    }

    /// Records that uses are missing: how many, or that it isn't known how many since a time.
    pub(crate) fn record_gap(&mut self, count: Option<u64>, since: Option<Timestamp>) -> Result<()> {
        self.record(Event::UsesGap { count, since }, &Actor::keycask())
    }
}
