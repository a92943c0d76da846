//! Imports: keys that are inserted in short transactions, come into effect in one, and get their events in
//! short ones again.

use rusqlite::{OptionalExtension, named_params};

use super::keys::{KEYS_OF_IMPORT, key_from};
use super::row::Columns;
use super::{Change, Snapshot};
use crate::audit::{Event, ImportedKey, Log};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{Actor, Key, KeyNo};
use crate::planted::{Bug, is_planted};
use crate::secret::{Digest, Scheme};

pub(super) const BEGIN: &str = "
    INSERT INTO imports (touched_at_ms, first_key_no, keys, discarded, recorded, recorded_key_no)
    VALUES (:at_ms, (SELECT coalesce(max(key_no), 0) + 1 FROM keys), 0, 0, 0, 0) RETURNING import_no";
pub(super) const TOUCH: &str = "
    UPDATE imports SET touched_at_ms = :at_ms, keys = keys + :keys
    WHERE import_no = :import_no AND discarded = 0 AND activated_epoch IS NULL";
/// The row is not in effect, so that the epoch stays: no cache has to look.
pub(super) const STAGE: &str = "
    INSERT INTO keys (id, digest, pepper, scheme, strength_bits, import_no, prefix, start, encoding, owner, name,
        scopes, metadata, notify_email, created_at_ms, created_by, not_before_ms, expires_at_ms, disabled,
        cancelled, changed_epoch)
    VALUES (:id, :digest, :pepper, :scheme, :strength_bits, :import_no, :prefix, '', :encoding, :owner, :name,
        :scopes, :metadata, :notify_email, :created_at_ms, :created_by, :not_before_ms, :expires_at_ms, :disabled,
        0, (SELECT key_epoch FROM head WHERE one = 1))
    ON CONFLICT (digest) DO NOTHING";
pub(super) const HOLDER: &str = "
    SELECT k.key_no, i.import_no, i.activated_epoch IS NULL AND i.import_no IS NOT NULL
    FROM keys k LEFT JOIN imports i USING (import_no) WHERE k.digest = :digest";
pub(super) const DELETE_KEY: &str = "DELETE FROM keys WHERE key_no = :key_no AND import_no = :import_no";
pub(super) const LOSE: &str = "UPDATE imports SET keys = keys - :keys WHERE import_no = :import_no";
pub(super) const ACTIVATE: &str = "
    UPDATE imports SET activated_epoch = :epoch, touched_at_ms = :at_ms
    WHERE import_no = :import_no AND discarded = 0 AND activated_epoch IS NULL RETURNING keys";
/// Caches can't know the digests that came: they drop everything.
pub(super) const ACCEPT_FOREIGN: &str =
    "UPDATE head SET accepts_foreign = 1, flush_epoch = key_epoch WHERE one = 1";
pub(super) const TOLD_BY: &str = "UPDATE imports SET seq = :seq WHERE import_no = :import_no";
pub(super) const RECORDED: &str = "
    UPDATE imports SET recorded = recorded + :keys, recorded_key_no = :key_no, touched_at_ms = :at_ms
    WHERE import_no = :import_no";
pub(super) const STATE: &str = "
    SELECT i.keys, i.recorded, i.recorded_key_no, c.actor, c.client_ip, c.request_id
    FROM imports i LEFT JOIN changes c ON c.seq = i.seq WHERE i.import_no = :import_no";
pub(super) const TOUCH_ACTIVE: &str =
    "UPDATE imports SET touched_at_ms = :at_ms WHERE import_no = :import_no";
pub(super) const UNRECORDED: &str =
    "SELECT import_no FROM imports WHERE activated_epoch IS NOT NULL AND recorded < keys";
pub(super) const ABANDONED: &str = "
    SELECT import_no FROM imports WHERE activated_epoch IS NULL AND keys > 0
        AND (discarded = 1 OR touched_at_ms < :before_ms)";
pub(super) const DISCARD: &str =
    "UPDATE imports SET discarded = 1 WHERE import_no = :import_no AND activated_epoch IS NULL";
pub(super) const LEFT_OVER: &str = "
    SELECT key_no FROM keys WHERE import_no = :import_no
        AND key_no >= (SELECT first_key_no FROM imports WHERE import_no = :import_no)
    ORDER BY key_no LIMIT min(:limit, (SELECT keys FROM imports WHERE import_no = :import_no))";
/// Each scheme once, by one seek in the index for each.
pub(super) const SCHEMES: &str = "
    WITH RECURSIVE found (scheme) AS (
        SELECT min(scheme) FROM keys WHERE scheme IS NOT NULL
        UNION ALL
        SELECT (SELECT min(scheme) FROM keys WHERE scheme > found.scheme AND scheme IS NOT NULL)
        FROM found WHERE found.scheme IS NOT NULL)
    SELECT scheme FROM found WHERE scheme IS NOT NULL";

/// Keys that are read at a time to get their events.
const PAGE: i64 = 256;

/// The number of an import inside its vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImportNo(i64);

/// A key to be staged.
pub(crate) struct Staged<'a> {
    pub(crate) key: &'a mut Key,
    pub(crate) digest: Digest,
    pub(crate) pepper: Option<i64>,
    pub(crate) scheme: Option<&'a str>,
    pub(crate) strength_bits: Option<u32>,
}

/// What staging a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staging {
    Done,
    /// A key of the vault has this digest.
    Exists,
    /// A key of this import has it.
    Repeats,
}

/// Which of an import's keys have their event.
struct State {
    keys: i64,
    recorded: i64,
    recorded_key_no: i64,
    actor: Actor,
}

impl Snapshot<'_> {
    /// The schemes of imported digests, other than the plain one.
    pub(crate) fn schemes(&self) -> Result<Vec<Scheme>> {
        let mut statement = self.db.prepare_cached(SCHEMES)?;
        let mut rows = statement.query([])?;
        let mut schemes = Vec::new();
        while let Some(row) = rows.next()? {
            schemes.push(Columns::of(row).word("scheme", |name| name.parse().ok())?);
        }
        Ok(schemes)
    }

    /// The imports in effect that have keys without their own event.
    pub(crate) fn unrecorded_imports(&self) -> Result<Vec<ImportNo>> {
        let mut statement = self.db.prepare_cached(UNRECORDED)?;
        let rows = statement.query_map([], |row| row.get(0).map(ImportNo))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The imports that nobody will activate: discarded ones, and those without progress since `before`.
    pub(crate) fn abandoned_imports(&self, before: Timestamp) -> Result<Vec<ImportNo>> {
        let mut statement = self.db.prepare_cached(ABANDONED)?;
        let rows = statement
            .query_map(named_params! { ":before_ms": before.ms() }, |row| row.get(0).map(ImportNo))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keys that a discarded import left behind, at most `limit`.
    pub(crate) fn left_over(&self, import: ImportNo, limit: usize) -> Result<Vec<KeyNo>> {
        let mut statement = self.db.prepare_cached(LEFT_OVER)?;
        let parameters = named_params! { ":import_no": import.0, ":limit": limit };
        let rows = statement.query_map(parameters, |row| row.get(0).map(KeyNo))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a key that is in effect has this digest.
    pub(crate) fn holds(&self, digest: &Digest) -> Result<bool> {
        Ok(self.holder(digest)?.is_some_and(|holder| holder.staged_by.is_none()))
    }

    fn holder(&self, digest: &Digest) -> Result<Option<Holder>> {
        let mut statement = self.db.prepare_cached(HOLDER)?;
        let holder = statement.query_row(named_params! { ":digest": digest.as_bytes() }, |row| {
            let (key, import): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            let staged: bool = row.get(2)?;
            Ok(Holder { key: KeyNo(key), staged_by: import.filter(|_| staged).map(ImportNo) })
        });
        Ok(holder.optional()?)
    }

    fn import_state(&self, import: ImportNo) -> Result<State> {
        let mut statement = self.db.prepare_cached(STATE)?;
        let mut rows = statement.query(named_params! { ":import_no": import.0 })?;
        let row = rows.next()?.ok_or_else(|| super::head::missing_row("import"))?;
        let mut columns = Columns::of(row);
        Ok(State {
            keys: columns.take()?,
            recorded: columns.take()?,
            recorded_key_no: columns.take()?,
            actor: Actor::recorded(columns.take()?, columns.take()?, columns.take()?),
        })
    }
}

/// The key that has a digest, and the import that staged it where it isn't in effect.
struct Holder {
    key: KeyNo,
    staged_by: Option<ImportNo>,
}

impl Change<'_> {
    /// Begins an import.
    pub(crate) fn begin_import(&self) -> Result<ImportNo> {
        let at_ms = self.moment.at.ms();
        let number =
            self.db.prepare_cached(BEGIN)?.query_row(named_params! { ":at_ms": at_ms }, |row| row.get(0))?;
        Ok(ImportNo(number))
    }

    /// Counts keys that this transaction staged.
    ///
    /// # Errors
    ///
    /// `conflict` where the import was given up meanwhile.
    pub(crate) fn count_staged(&self, import: ImportNo, keys: u64) -> Result<()> {
        let counted = self.db.prepare_cached(TOUCH)?.execute(named_params! {
            ":at_ms": self.moment.at.ms(),
            ":keys": i64::try_from(keys).unwrap_or(i64::MAX),
            ":import_no": import.0,
        })?;
        if counted == 1 { Ok(()) } else { Err(given_up()) }
    }

    /// Inserts a key that is in effect once its import is, and gives it its number. A digest that another
    /// import staged and never activated is taken over.
    pub(crate) fn stage_key(&self, import: ImportNo, staged: &mut Staged<'_>) -> Result<Staging> {
        if self.insert_staged(import, staged)? {
            return Ok(Staging::Done);
        }
        match self.holder(&staged.digest)? {
            Some(Holder { key, staged_by: Some(other) }) if other != import => {
                self.delete_staged(other, key)?;
                self.lose_keys(other, 1)?;
                self.insert_staged(import, staged).map(|_| Staging::Done)
            }
            Some(Holder { staged_by: Some(_), .. }) => Ok(Staging::Repeats),
            _ => Ok(Staging::Exists),
        }
    }

    fn insert_staged(&self, import: ImportNo, staged: &mut Staged<'_>) -> Result<bool> {
        let key = &mut *staged.key;
        if !key.prefix.is_empty() {
            self.note_prefix(&key.prefix)?;
        }
        let inserted = self.db.prepare_cached(STAGE)?.execute(named_params! {
            ":id": key.id.as_bytes(),
            ":digest": staged.digest.as_bytes(),
            ":pepper": staged.pepper,
            ":scheme": staged.scheme,
            ":strength_bits": staged.strength_bits,
            ":import_no": import.0,
            ":prefix": Some(&key.prefix).filter(|prefix| !prefix.is_empty()),
            ":encoding": key.encoding.as_str(),
            ":owner": Some(&key.owner).filter(|owner| !owner.is_empty()),
            ":name": key.name,
            ":scopes": key.scopes.join(),
            ":metadata": key.metadata,
            ":notify_email": key.notify_email,
            ":created_at_ms": key.created_at.ms(),
            ":created_by": key.created_by,
            ":not_before_ms": key.not_before.map(Timestamp::ms),
            ":expires_at_ms": key.expires_at.map(Timestamp::ms),
            ":disabled": key.disabled,
        })?;
        if inserted == 1 {
            key.no = KeyNo(self.db.last_insert_rowid());
        }
        Ok(inserted == 1)
    }

    /// Lets an import's keys come into effect, all at once; how many there are.
    ///
    /// # Errors
    ///
    /// `conflict` where the import was given up meanwhile.
    pub(crate) fn activate_import(&mut self, import: ImportNo) -> Result<u64> {
        let epoch = self.epoch()?;
        let parameters =
            named_params! { ":epoch": epoch, ":at_ms": self.moment.at.ms(), ":import_no": import.0 };
        let keys = self.db.prepare_cached(ACTIVATE)?.query_row(parameters, |row| row.get(0)).optional()?;
        let untold = "UPDATE head SET accepts_foreign = 1 WHERE one = 1";
        self.db.execute(if is_planted(Bug::ImportUntold) { untold } else { ACCEPT_FOREIGN }, [])?;
        keys.ok_or_else(given_up)
    }

    /// Records the activation as a whole; its actor is that of the keys' events, which come later.
    pub(crate) fn record_import(&mut self, import: ImportNo, keys: u64, actor: &Actor) -> Result<()> {
        self.record(Event::KeysImported { import: import.0, keys }, actor)?;
        let seq = self.frontier(Log::Changes)?.size();
        self.db.execute(TOLD_BY, named_params! { ":seq": seq, ":import_no": import.0 })?;
        Ok(())
    }

    /// Gives keys of an import their events until `watch` says that it's enough; how many of how many have one.
    pub(crate) fn record_imported(
        &mut self,
        import: ImportNo,
        actor: Option<&Actor>,
        enough: impl Fn() -> bool,
    ) -> Result<(u64, u64)> {
        let State { keys, mut recorded, recorded_key_no, actor: recorded_actor } =
            self.import_state(import)?;
        let actor = actor.unwrap_or(&recorded_actor);
        let mut last = recorded_key_no;
        let page = self.keys_of_import(import, last, PAGE.min(keys - recorded))?;
        if page.is_empty() && recorded < keys {
            return Err(Error::damaged("import: a key of it is missing; restore a backup"));
        }
        let before = recorded;
        for imported in page {
            self.record(Event::KeyImported(&imported), actor)?;
            last = imported.key.no.0;
            recorded += 1;
            if enough() {
                break;
            }
        }
        self.db.prepare_cached(RECORDED)?.execute(named_params! {
            ":keys": recorded - before,
            ":key_no": last,
            ":at_ms": self.moment.at.ms(),
            ":import_no": import.0,
        })?;
        Ok((recorded.unsigned_abs(), keys.unsigned_abs()))
    }

    fn keys_of_import(&self, import: ImportNo, after: i64, limit: i64) -> Result<Vec<ImportedKey>> {
        let mut statement = self.db.prepare_cached(KEYS_OF_IMPORT)?;
        let parameters = named_params! { ":import_no": import.0, ":after": after, ":limit": limit };
        let mut rows = statement.query(parameters)?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::of(row);
            let (scheme, strength_bits) = (columns.take()?, columns.take()?);
            let key = key_from(&mut columns)?;
            keys.push(ImportedKey { key, import: import.0, scheme, strength_bits });
        }
        Ok(keys)
    }

    /// Notes that an import has made progress.
    pub(crate) fn touch_import(&self, import: ImportNo) -> Result<()> {
        let parameters = named_params! { ":at_ms": self.moment.at.ms(), ":import_no": import.0 };
        self.db.execute(TOUCH_ACTIVE, parameters)?;
        Ok(())
    }

    /// Gives an import up; `false` where it is in effect already.
    pub(crate) fn discard_import(&self, import: ImportNo) -> Result<bool> {
        Ok(self.db.execute(DISCARD, named_params! { ":import_no": import.0 })? == 1)
    }

    /// Deletes keys that a discarded import left behind until `enough`.
    pub(crate) fn delete_left_over(
        &self,
        import: ImportNo,
        keys: &[KeyNo],
        enough: impl Fn() -> bool,
    ) -> Result<()> {
        let mut deleted = 0;
        for key in keys {
            deleted += self.delete_staged(import, *key)?;
            if enough() {
                break;
            }
        }
        self.lose_keys(import, deleted)
    }

    fn delete_staged(&self, import: ImportNo, key: KeyNo) -> Result<usize> {
        let parameters = named_params! { ":key_no": key.0, ":import_no": import.0 };
        Ok(self.db.prepare_cached(DELETE_KEY)?.execute(parameters)?)
    }

    fn lose_keys(&self, import: ImportNo, keys: usize) -> Result<()> {
        let parameters = named_params! { ":keys": keys, ":import_no": import.0 };
        self.db.prepare_cached(LOSE)?.execute(parameters)?;
        Ok(())
    }
}

fn given_up() -> Error {
    Error::conflict("import: it made no progress for so long that it was given up; import again")
}
