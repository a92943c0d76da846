//! Segments of the log of uses: which keys and times each stretch of 65,536 events holds, so that a query by
//! key reads only the stretches that can have it.

use rusqlite::named_params;

use super::{Change, Snapshot};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::KeyNo;

/// Events of a segment.
pub(super) const SEGMENT: i64 = 65_536;

pub(super) const COVERED: &str = "SELECT coalesce(max(last_seq), 0) FROM segments";
const KEYS: &str = "
    SELECT DISTINCT key_no FROM uses WHERE seq BETWEEN :first AND :last AND key_no IS NOT NULL ORDER BY key_no";
const INSERT: &str = "
    INSERT INTO segments (segment, first_seq, last_seq, min_at_ms, max_at_ms, key_nos)
    SELECT :segment, :first, :last, min(at_ms), max(coalesce(last_ms, at_ms)), :key_nos
    FROM uses WHERE seq BETWEEN :first AND :last";
pub(super) const SELECT: &str = "
    SELECT first_seq, last_seq, key_nos FROM segments
    WHERE max_at_ms >= :since AND min_at_ms < :until ORDER BY segment";

/// A stretch of sequence numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Snapshot<'_> {
    /// The stretches of the log that can hold a use of `key` in this time, oldest first: closed segments that
    /// name the key, and all that no segment covers yet.
    pub(super) fn stretches(&self, key: KeyNo, since: Timestamp, until: Timestamp) -> Result<Vec<Stretch>> {
        let mut statement = self.db.prepare_cached(SELECT)?;
        let mut rows = statement.query(named_params! { ":since": since.ms(), ":until": until.ms() })?;
        let mut stretches = Vec::new();
        while let Some(row) = rows.next()? {
            if holds(row.get_ref(2)?.as_blob()?, key) {
                stretches.push(Stretch { first: row.get(0)?, last: row.get(1)? });
            }
        }
        let covered: i64 = self.db.prepare_cached(COVERED)?.query_row([], |row| row.get(0))?;
        stretches.push(Stretch { first: covered + 1, last: i64::MAX });
        Ok(stretches)
    }
}

impl Change<'_> {
    /// Closes every whole segment of a log of `size` events.
    pub(super) fn close_segments(&self, size: i64) -> Result<()> {
        if size < SEGMENT {
            return Ok(());
        }
        let covered: i64 = self.db.prepare_cached(COVERED)?.query_row([], |row| row.get(0))?;
        (covered / SEGMENT..size / SEGMENT).try_for_each(|segment| self.close_segment(segment))
    }

    fn close_segment(&self, segment: i64) -> Result<()> {
        let (first, last) = (segment * SEGMENT + 1, (segment + 1) * SEGMENT);
        let mut key_nos = Vec::new();
        let mut statement = self.db.prepare_cached(KEYS)?;
        let mut rows = statement.query(named_params! { ":first": first, ":last": last })?;
        while let Some(row) = rows.next()? {
            key_nos.extend(row.get::<_, i64>(0)?.to_be_bytes());
        }
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":segment": segment,
            ":first": first,
            ":last": last,
            ":key_nos": key_nos,
        })?;
        Ok(())
    }
}

fn holds(key_nos: &[u8], key: KeyNo) -> bool {
    let (numbers, _) = key_nos.as_chunks::<8>();
    numbers.binary_search(&key.0.to_be_bytes()).is_ok()
}
