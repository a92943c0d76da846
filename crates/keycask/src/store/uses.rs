//! The log of uses: single events, and counts that become events when their window closes.

use std::net::IpAddr;
use std::time::Duration;

use rusqlite::{Row, named_params};

use super::changes::{bounds, next_seq};
use super::row::Columns;
use super::{Change, Snapshot};
use crate::audit::{Counted, Log, Use, UseRow, address_bytes};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{KeyId, KeyNo, Outcome};

macro_rules! select {
    ($key:literal, $order:literal) => {
        concat!(
            "SELECT u.seq, u.at_ms, u.key_no, u.outcome, u.epoch, u.client, u.request, u.count, u.last_ms,
                u.prefix_no, k.id
            FROM uses u LEFT JOIN keys k ON k.key_no = u.key_no
            WHERE u.seq > :above AND u.seq < :below AND ",
            $key,
            " AND u.at_ms >= :since AND u.at_ms < :until AND (:outcome IS NULL OR u.outcome = :outcome)
            ORDER BY u.seq ",
            $order,
            " LIMIT :limit"
        )
    };
}

pub(super) const PAGE: [&str; 2] = [
    select!("(:key_no IS NULL OR u.key_no = :key_no)", "ASC"),
    select!("(:key_no IS NULL OR u.key_no = :key_no)", "DESC"),
];
pub(super) const OPEN: &str = "
    SELECT 0, o.first_ms, nullif(o.key_no, 0), o.outcome, o.epoch, NULL, NULL, o.count, o.last_ms,
        nullif(o.prefix_no, 0), k.id
    FROM open_counts o LEFT JOIN keys k ON k.key_no = o.key_no
    WHERE (:key_no IS NULL OR o.key_no = :key_no) AND o.first_ms >= :since AND o.first_ms < :until
        AND (:outcome IS NULL OR o.outcome = :outcome)
    ORDER BY o.closes_ms, o.key_no, o.outcome, o.prefix_no";
pub(super) const CLOSED: &str = "
    SELECT 0, first_ms, nullif(key_no, 0), outcome, epoch, NULL, NULL, count, last_ms, nullif(prefix_no, 0), NULL
    FROM open_counts WHERE closes_ms <= :now ORDER BY closes_ms, key_no, outcome, prefix_no";
pub(super) const DELETE_CLOSED: &str = "DELETE FROM open_counts WHERE closes_ms <= :now";
pub(super) const INSERT: &str = "
    INSERT INTO uses (seq, at_ms, key_no, outcome, epoch, client, request, count, last_ms, prefix_no)
    VALUES (:seq, :at_ms, :key_no, :outcome, :epoch, :client, :request, :count, :last_ms, :prefix_no)";
pub(super) const JUDGED_AFTER_REVOCATION: &str = "
    SELECT u.seq FROM uses u JOIN keys k ON k.key_no = u.key_no
    WHERE u.outcome = 0 AND u.epoch >= k.revoked_epoch LIMIT :limit";

pub(super) const BY_OUTCOME: &str = "
    SELECT outcome, sum(n) FROM (
        SELECT outcome, sum(coalesce(count, 1)) AS n FROM uses GROUP BY outcome
        UNION ALL SELECT outcome, sum(count) FROM open_counts GROUP BY outcome)
    GROUP BY outcome ORDER BY outcome";

/// How long after its window has closed a count may still be added to.
const LATEST: Duration = Duration::from_secs(40);

/// Which uses a page holds.
#[derive(Clone, Debug)]
pub(crate) struct UseQuery {
    pub(crate) key: Option<KeyNo>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) newest_first: bool,
    /// Only what follows this sequence number in the order asked for; 0 for the beginning.
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

impl UseQuery {
    /// All of the log from its beginning, `limit` rows at a time.
    pub(crate) fn all(limit: usize) -> Self {
        Self {
            key: None,
            outcome: None,
            since: Timestamp::from_ms(i64::MIN),
            until: Timestamp::from_ms(i64::MAX),
            newest_first: false,
            after: 0,
            limit,
        }
    }
}

impl Snapshot<'_> {
    pub(crate) fn uses(&self, query: &UseQuery) -> Result<Vec<Use>> {
        let (above, below) = bounds(query.after, query.newest_first);
        let Some(key) = query.key else { return self.page_of_uses(query, (above, below), query.limit) };
        let mut stretches = self.stretches(key, query.since, query.until)?;
        if query.newest_first {
            stretches.reverse();
        }
        let mut found = Vec::new();
        for stretch in stretches {
            let bounds = (above.max(stretch.first - 1), below.min(stretch.last.saturating_add(1)));
            if bounds.0 < bounds.1 && found.len() < query.limit {
                found.extend(self.page_of_uses(query, bounds, query.limit - found.len())?);
            }
        }
        Ok(found)
    }

    fn page_of_uses(&self, query: &UseQuery, (above, below): (i64, i64), limit: usize) -> Result<Vec<Use>> {
        let mut statement = self.db.prepare_cached(PAGE[usize::from(query.newest_first)])?;
        let rows = statement.query(named_params! {
            ":key_no": query.key.map(|key| key.0),
            ":outcome": query.outcome.map(Outcome::code),
            ":since": query.since.ms(),
            ":until": query.until.ms(),
            ":above": above,
            ":below": below,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        })?;
        collect(rows)
    }

    /// The counts that still run.
    pub(crate) fn open_counts(&self, query: &UseQuery) -> Result<Vec<Use>> {
        let mut statement = self.db.prepare_cached(OPEN)?;
        let rows = statement.query(named_params! {
            ":key_no": query.key.map(|key| key.0),
            ":outcome": query.outcome.map(Outcome::code),
            ":since": query.since.ms(),
            ":until": query.until.ms(),
        })?;
        collect(rows)
    }

    /// How many verifies had each outcome, open counts included.
    pub(crate) fn verifies(&self) -> Result<Vec<(Outcome, u64)>> {
        let mut statement = self.db.prepare_cached(BY_OUTCOME)?;
        let mut rows = statement.query([])?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::of(row);
            counts.push((columns.code("outcome", Outcome::from_code)?, columns.take()?));
        }
        Ok(counts)
    }

    /// The first uses, at most `limit`, that were judged valid at or after their key's revocation.
    pub(crate) fn judged_after_revocation(&self, limit: i64) -> Result<Vec<i64>> {
        let mut statement = self.db.prepare_cached(JUDGED_AFTER_REVOCATION)?;
        let rows = statement.query_map(named_params! { ":limit": limit }, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Moves the counts whose window has closed into the log, once every process has added its own to them.
    pub(crate) fn close_counts(&mut self, now: Timestamp) -> Result<()> {
        let now = now.saturating_sub(LATEST).ms();
        let closed = {
            let mut statement = self.db.prepare_cached(CLOSED)?;
            collect(statement.query(named_params! { ":now": now })?)?
        };
        if closed.is_empty() {
            return Ok(());
        }
        closed.into_iter().try_for_each(|count| self.append_use(count.row))?;
        self.db.prepare_cached(DELETE_CLOSED)?.execute(named_params! { ":now": now })?;
        Ok(())
    }

    fn append_use(&mut self, mut row: UseRow) -> Result<()> {
        let frontier = self.frontier(Log::Uses)?;
        row.seq = next_seq(frontier.size())?;
        frontier.append(&row.leaf());
        let mut address = [0; 16];
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":seq": row.seq,
            ":at_ms": row.at.ms(),
            ":key_no": row.key.map(|key| key.0),
            ":outcome": row.outcome.code(),
            ":epoch": row.epoch,
            ":client": row.client.map(|client| address_bytes(client, &mut address)),
            ":request": row.request.as_deref().map(str::as_bytes),
            ":count": row.counted.map(|counted| counted.count),
            ":last_ms": row.counted.map(|counted| counted.last.ms()),
            ":prefix_no": row.prefix_no,
        })?;
        Ok(())
    }
}

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Use>> {
    let mut uses = Vec::new();
    while let Some(row) = rows.next()? {
        uses.push(use_of_row(row)?);
    }
    Ok(uses)
}

fn use_of_row(row: &Row<'_>) -> Result<Use> {
    let mut columns = Columns::of(row);
    let row = UseRow {
        seq: columns.take()?,
        at: columns.time()?,
        key: columns.take::<Option<i64>>()?.map(KeyNo),
        outcome: columns.code("outcome", Outcome::from_code)?,
        epoch: columns.take()?,
        client: columns.take::<Option<Vec<u8>>>()?.map(address).transpose()?,
        request: columns.take::<Option<Vec<u8>>>()?.map(text).transpose()?,
        counted: counted(columns.take()?, columns.optional_time()?),
        prefix_no: columns.take()?,
    };
    let key_id: Option<KeyId> = columns.optional_id()?;
    Ok(Use { row, key_id })
}

fn counted(count: Option<i64>, last: Option<Timestamp>) -> Option<Counted> {
    Some(Counted { count: count?, last: last? })
}

fn address(bytes: Vec<u8>) -> Result<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Ok(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(bytes)
        .map(IpAddr::from)
        .map_err(|_| Error::damaged("read the log of uses: an address has neither 4 nor 16 bytes"))
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::damaged("read the log of uses: a request id is not text"))
}
