//! Peppers: what recognises each generation, and which keys are stored under which.

use rusqlite::named_params;

use super::{Change, Snapshot};
use crate::error::Result;
use crate::key::KeyNo;
use crate::secret::Digest;

/// Rows that are rehashed between two looks at the next ones.
const PAGE: i64 = 1_000;

pub(super) const SELECT: &str =
    "SELECT generation, tag FROM peppers WHERE retired_ms IS NULL ORDER BY generation DESC";
pub(super) const NEWEST: &str = "SELECT max(generation) FROM peppers";
pub(super) const INSERT: &str = "INSERT INTO peppers (generation, tag) VALUES (:generation, :tag)";
pub(super) const RETIRE: &str =
    "UPDATE peppers SET retired_ms = :at_ms WHERE generation < :generation AND retired_ms IS NULL";
pub(super) const DIGESTS: &str =
    "SELECT key_no, digest FROM keys WHERE key_no > :after ORDER BY key_no LIMIT :limit";
pub(super) const REHASH: &str = "
    UPDATE keys SET digest = :digest, pepper = :generation, changed_epoch = :epoch
    WHERE key_no = :key_no AND digest = :before";
pub(super) const FLUSH: &str = "UPDATE head SET flush_epoch = key_epoch WHERE one = 1";

/// A pepper that the vault knows of: its generation and its tag.
pub(crate) type Generation = (i64, [u8; 32]);

impl Snapshot<'_> {
    /// The generations that aren't retired, the current one first.
    pub(crate) fn peppers(&self) -> Result<Vec<Generation>> {
        let mut statement = self.db.prepare_cached(SELECT)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest generation there ever was.
    pub(crate) fn newest_pepper(&self) -> Result<Option<i64>> {
        Ok(self.db.prepare_cached(NEWEST)?.query_row([], |row| row.get(0))?)
    }
}

impl Change<'_> {
    pub(crate) fn insert_pepper(&mut self, (generation, tag): Generation) -> Result<()> {
        self.epoch()?;
        self.db.execute(INSERT, named_params! { ":generation": generation, ":tag": tag })?;
        Ok(())
    }

    /// Retires every generation before this one.
    pub(crate) fn retire_peppers(&mut self, before: i64) -> Result<()> {
        self.epoch()?;
        let at_ms = self.moment.at.ms();
        self.db.execute(RETIRE, named_params! { ":at_ms": at_ms, ":generation": before })?;
        Ok(())
    }

    /// Stores every digest anew under a generation; how many there were.
    pub(crate) fn rehash_all(&mut self, generation: i64, rehash: impl Fn(&Digest) -> Digest) -> Result<u64> {
        let mut after = 0;
        let mut count = 0;
        loop {
            let page: Vec<(i64, [u8; 32])> = {
                let mut statement = self.db.prepare_cached(DIGESTS)?;
                let parameters = named_params! { ":after": after, ":limit": PAGE };
                let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            let Some((last, _)) = page.last() else { return Ok(count) };
            after = *last;
            for (no, before) in page {
                let before = Digest::from_bytes(before);
                self.rehash(KeyNo(no), &before, &rehash(&before), generation)?;
                count += 1;
            }
        }
    }

    /// Stores the digest of one key anew, unless somebody did so meanwhile.
    pub(crate) fn rehash(
        &mut self,
        key: KeyNo,
        before: &Digest,
        digest: &Digest,
        generation: i64,
    ) -> Result<()> {
        let epoch = self.epoch()?;
        self.db.prepare_cached(REHASH)?.execute(named_params! {
            ":digest": digest.as_bytes(),
            ":generation": generation,
            ":epoch": epoch,
            ":key_no": key.0,
            ":before": before.as_bytes(),
        })?;
        // A digest that changed can't be evicted by its new value: caches drop everything.
        self.db.prepare_cached(FLUSH)?.execute([])?;
        Ok(())
    }
}
