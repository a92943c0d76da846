//! The log of changes: appended in the transaction of the change, read in pages.

use rusqlite::{Row, named_params};

use super::row::Columns;
use super::{Change, Snapshot};
use crate::audit::{ChangeKind, ChangeRow, Event, Kept, Log};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{Actor, KeyId, KeyNo};
use crate::planted::{Bug, is_planted};
use crate::secret::fill;

macro_rules! select {
    ($from:literal, $order:literal) => {
        concat!(
            "SELECT c.seq, c.at_ms, c.kind, c.key_no, k.id, c.actor, c.owner, c.client_ip, c.note, c.request_id,
                c.salt, c.detail
            FROM changes c ",
            $from,
            " AND c.at_ms >= :since AND c.at_ms < :until AND (:actor IS NULL OR c.actor = :actor)
            ORDER BY c.seq ",
            $order,
            " LIMIT :limit"
        )
    };
}

macro_rules! both_orders {
    ($from:literal) => {
        [select!($from, "ASC"), select!($from, "DESC")]
    };
}

// Each list: oldest first, newest first. A cursor bounds seq from one side and leaves the other open.
pub(super) const PAGE: [&str; 2] = both_orders!(
    "LEFT JOIN keys k USING (key_no) WHERE c.seq > :above AND c.seq < :below
        AND :key_no IS NULL AND :kind IS NULL"
);
pub(super) const PAGE_OF_KEY: [&str; 2] = both_orders!(
    "LEFT JOIN keys k USING (key_no) WHERE c.key_no = :key_no AND c.seq > :above AND c.seq < :below
        AND (:kind IS NULL OR c.kind = :kind)"
);
pub(super) const PAGE_OF_KIND: [&str; 2] = both_orders!(
    "LEFT JOIN keys k USING (key_no) WHERE c.kind = :kind AND c.seq > :above AND c.seq < :below
        AND :key_no IS NULL"
);
/// A stretch of time is found by its index and then put in order; without it the whole log would be read.
pub(super) const PAGE_OF_TIME: [&str; 2] = both_orders!(
    "INDEXED BY changes_by_time LEFT JOIN keys k USING (key_no) WHERE c.seq > :above AND c.seq < :below
        AND :key_no IS NULL AND :kind IS NULL"
);
pub(super) const INSERT: &str = "
    INSERT INTO changes (seq, at_ms, kind, key_no, actor, owner, client_ip, note, request_id, salt, detail)
    VALUES (:seq, :at_ms, :kind, :key_no, :actor, :owner, :client_ip, :note, :request_id, :salt, :detail)";

/// Which changes a page holds.
#[derive(Clone, Debug)]
pub(crate) struct ChangeQuery {
    pub(crate) key: Option<KeyNo>,
    pub(crate) kind: Option<ChangeKind>,
    pub(crate) actor: Option<String>,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) newest_first: bool,
    /// Only what follows this sequence number in the order asked for; 0 for the beginning.
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

impl ChangeQuery {
    /// All of the log from its beginning, `limit` rows at a time.
    pub(crate) fn all(limit: usize) -> Self {
        Self {
            key: None,
            kind: None,
            actor: None,
            since: Timestamp::from_ms(i64::MIN),
            until: Timestamp::from_ms(i64::MAX),
            newest_first: false,
            after: 0,
            limit,
        }
    }
}

impl ChangeQuery {
    fn is_timed(&self) -> bool {
        self.since.ms() != i64::MIN || self.until.ms() != i64::MAX
    }
}

/// The exclusive bounds of seq for a page after `after`, in either order.
pub(super) fn bounds(after: i64, newest_first: bool) -> (i64, i64) {
    match (newest_first, after) {
        (false, after) => (after, i64::MAX),
        (true, 0) => (0, i64::MAX),
        (true, after) => (0, after),
    }
}

impl Snapshot<'_> {
    pub(crate) fn changes(&self, query: &ChangeQuery) -> Result<Vec<ChangeRow>> {
        let list = match (query.key, query.kind) {
            (Some(_), _) => PAGE_OF_KEY,
            (None, Some(_)) => PAGE_OF_KIND,
            (None, None) if query.is_timed() => PAGE_OF_TIME,
            (None, None) => PAGE,
        };
        let (above, below) = bounds(query.after, query.newest_first);
        let mut statement = self.db.prepare_cached(list[usize::from(query.newest_first)])?;
        let mut rows = statement.query(named_params! {
            ":key_no": query.key.map(|key| key.0),
            ":kind": query.kind.map(|kind| kind as u16),
            ":actor": query.actor,
            ":since": query.since.ms(),
            ":until": query.until.ms(),
            ":above": above,
            ":below": below,
            ":limit": i64::try_from(query.limit).unwrap_or(i64::MAX),
        })?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let mut change = change_of_row(row)?;
            if change.salt.is_none() {
                change.kept = self.kept(change.seq)?;
            }
            changes.push(change);
        }
        Ok(changes)
    }
}

impl Change<'_> {
    /// Records a large step back of the clock, and lets the stored mark follow it.
    pub(crate) fn record_regression(&mut self, mark: Timestamp) -> Result<()> {
        self.record(Event::ClockRegressed { mark }, &Actor::keycask())?;
        self.correct_clock();
        Ok(())
    }

    /// Appends an event: the row, and its leaf to the tree.
    pub(crate) fn record(&mut self, event: Event<'_>, actor: &Actor) -> Result<()> {
        let mut salt = [0; 16];
        fill(&mut salt)?;
        let at = self.moment.at;
        let frontier = self.frontier(Log::Changes)?;
        let seq = next_seq(frontier.size())?;
        let row = event.into_row(seq, at, actor, salt);
        frontier.append(&row.leaf());
        if is_planted(Bug::EventApart) {
            self.db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        }
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":seq": row.seq,
            ":at_ms": row.at.ms(),
            ":kind": row.kind as u16,
            ":key_no": row.key.map(|(no, _)| no.0),
            ":actor": row.actor,
            ":owner": row.owner,
            ":client_ip": row.client_ip,
            ":note": row.note,
            ":request_id": row.request_id,
            ":salt": row.salt,
            ":detail": row.detail,
        })?;
        let told = Told { kind: row.kind, key: row.key.map(|(_, id)| id) };
        if log::log_enabled!(target: Told::TARGET, told.level()) {
            self.told.push(told);
        }
        Ok(())
    }
}

/// What the program's own log is told of a change: never a name, a note or a secret.
pub(super) struct Told {
    kind: ChangeKind,
    key: Option<KeyId>,
}

impl Told {
    const TARGET: &str = "keycask::change";

    /// Of an import, each single key is a detail.
    fn level(&self) -> log::Level {
        match self {
            Self { kind: ChangeKind::KeyImported, key: Some(_) } => log::Level::Debug,
            _ => log::Level::Info,
        }
    }

    pub(super) fn log(&self) {
        match self.key {
            Some(key) => log::log!(target: Self::TARGET, self.level(), "{} {key}", self.kind),
            None => log::log!(target: Self::TARGET, self.level(), "{}", self.kind),
        }
    }
}

/// Sequence numbers begin at 1: the row after `size` leaves.
pub(super) fn next_seq(size: u64) -> Result<i64> {
    i64::try_from(size + 1).map_err(|_| Error::damaged("append to a log: its size is out of range"))
}

fn change_of_row(row: &Row<'_>) -> Result<ChangeRow> {
    let mut columns = Columns::of(row);
    let seq = columns.take()?;
    let at = columns.time()?;
    let kind = columns.code("kind of change", ChangeKind::from_number)?;
    let key_no: Option<i64> = columns.take()?;
    let key_id: Option<KeyId> = columns.optional_id()?;
    Ok(ChangeRow {
        seq,
        at,
        kind,
        key: key_no.map(KeyNo).zip(key_id),
        actor: columns.take()?,
        owner: columns.take()?,
        client_ip: columns.take()?,
        note: columns.take()?,
        request_id: columns.take()?,
        salt: columns.take()?,
        kept: Kept::default(),
        detail: columns.take()?,
    })
}
