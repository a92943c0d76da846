//! How often keys were used: a fold of the log of uses, and the tail that isn't folded yet.

use std::collections::HashMap;

use rusqlite::named_params;

use super::{Change, Snapshot};
use crate::audit::Usage;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::KeyNo;

pub(super) const FOLDED: &str =
    "SELECT key_no, uses, last_used_ms FROM usage WHERE :key_no IS NULL OR key_no = :key_no";
pub(super) const FOLDED_OF_KEY: &str = "SELECT key_no, uses, last_used_ms FROM usage WHERE key_no = :key_no";
pub(super) const TAIL: &str = "
    SELECT u.key_no, sum(coalesce(u.count, 1)), max(coalesce(u.last_ms, u.at_ms))
    FROM uses u WHERE u.seq > (SELECT folded_seq FROM logs WHERE log = 2) AND u.outcome = 0
        AND (:key_no IS NULL OR u.key_no = :key_no)
    GROUP BY u.key_no";
pub(super) const OPEN: &str = "
    SELECT key_no, sum(count), max(last_ms) FROM open_counts
    WHERE outcome = 0 AND (:key_no IS NULL OR key_no = :key_no) GROUP BY key_no";
pub(super) const FOLD: &str = "
    INSERT INTO usage (key_no, uses, last_used_ms)
    SELECT u.key_no, sum(coalesce(u.count, 1)), max(coalesce(u.last_ms, u.at_ms))
    FROM uses u WHERE u.seq > :folded AND u.seq <= :until AND u.outcome = 0 AND u.key_no IS NOT NULL
    GROUP BY u.key_no
    ON CONFLICT (key_no) DO UPDATE SET uses = uses + excluded.uses,
        last_used_ms = max(coalesce(last_used_ms, excluded.last_used_ms), excluded.last_used_ms)";
const SELECT_FOLDED: &str = "SELECT folded_seq, size FROM logs WHERE log = 2";
const UPDATE_FOLDED: &str = "UPDATE logs SET folded_seq = :until WHERE log = 2";
pub(super) const EVER_PRESENTED: &str = "
    SELECT EXISTS (SELECT 1 FROM usage WHERE key_no = :key_no)
        OR EXISTS (SELECT 1 FROM open_counts WHERE key_no = :key_no)
        OR EXISTS (SELECT 1 FROM uses WHERE seq > (SELECT folded_seq FROM logs WHERE log = 2) AND key_no = :key_no)";

impl Snapshot<'_> {
    /// The usage of one key or of all, open counts included; keys that were never used are left out.
    pub(crate) fn usage_since(&self, key: Option<KeyNo>) -> Result<HashMap<KeyNo, Usage>> {
        let mut usage: HashMap<KeyNo, Usage> = HashMap::new();
        let folded = if key.is_some() { FOLDED_OF_KEY } else { FOLDED };
        for sql in [folded, TAIL, OPEN] {
            let mut statement = self.db.prepare_cached(sql)?;
            let mut rows = statement.query(named_params! { ":key_no": key.map(|key| key.0) })?;
            while let Some(row) = rows.next()? {
                let (uses, last_ms): (u64, Option<i64>) = (row.get(1)?, row.get(2)?);
                let entry = usage.entry(KeyNo(row.get(0)?)).or_default();
                entry.uses += uses;
                entry.last_used = entry.last_used.max(last_ms.map(Timestamp::from_ms));
            }
        }
        Ok(usage)
    }

    /// How many uses aren't folded yet.
    pub(crate) fn unfolded_uses(&self) -> Result<i64> {
        let mut select = self.db.prepare_cached(SELECT_FOLDED)?;
        Ok(select.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(0)?))?)
    }

    /// Whether the log tells that the key was used, folded or not, or presented since the last fold.
    pub(crate) fn was_used(&self, key: KeyNo) -> Result<bool> {
        let mut statement = self.db.prepare_cached(EVER_PRESENTED)?;
        Ok(statement.query_row(named_params! { ":key_no": key.0 }, |row| row.get(0))?)
    }
}

impl Change<'_> {
    /// Folds the next uses, at most `rows`, into the usage of their keys; how many are left.
    pub(crate) fn fold_usage(&self, rows: i64) -> Result<i64> {
        let mut select = self.db.prepare_cached(SELECT_FOLDED)?;
        let (folded, size): (i64, i64) = select.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let until = size.min(folded + rows);
        if until > folded {
            self.db.prepare_cached(FOLD)?.execute(named_params! { ":folded": folded, ":until": until })?;
            self.db.prepare_cached(UPDATE_FOLDED)?.execute(named_params! { ":until": until })?;
        }
        Ok(size - until)
    }
}
