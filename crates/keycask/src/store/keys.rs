//! Keys: found by digest, by id, by lineage and by filter; inserted and saved.

use std::sync::Arc;

use rusqlite::{Row, named_params};

use super::row::Columns;
use super::{Change, Snapshot};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{Key, KeyId, KeyNo, Revoked, Scopes, Successor};
use crate::planted::{Bug, is_planted};
use crate::policy::{UseAcknowledgement, UseMode};
use crate::secret::{Digest, Encoding};

/// The columns of [`key_from`], in its order.
macro_rules! key_columns {
    () => {
        "k.key_no, k.id, k.prefix, k.start, k.encoding, k.owner, k.name, k.scopes, k.metadata, k.notify_email,
        k.created_at_ms, k.created_by, k.not_before_ms, k.expires_at_ms, k.rotate_after_s, k.disabled,
        k.revoked_at_ms, k.revoked_by, k.revoked_reason, k.revoked_note, k.lineage, k.replaces, k.replaced_by,
        k.grace_until_ms, k.cancelled"
    };
}

pub(super) use key_columns;

/// Whether the key `k` is there for verbs: a key of an import that isn't activated is not. Every statement that
/// finds or lists keys has it.
macro_rules! in_effect {
    () => {
        "(k.import_no IS NULL OR EXISTS (SELECT 1 FROM imports i WHERE i.import_no = k.import_no
            AND i.activated_epoch IS NOT NULL))"
    };
}

pub(super) use in_effect;

pub(super) const FIND: &str = concat!(
    "SELECT h.min_schema, h.key_epoch, p.use_mode, p.use_acknowledgement, (SELECT max(generation) FROM peppers), h.accepts_foreign, k.digest, ",
    key_columns!(),
    " FROM head h JOIN policy p ON p.one = h.one LEFT JOIN keys k ON k.digest = :digest AND ",
    in_effect!(),
    " WHERE h.one = 1"
);
pub(super) const BY_ID: &str =
    concat!("SELECT ", key_columns!(), " FROM keys k WHERE k.id = :id AND ", in_effect!());
pub(super) const NUMBER_OF: &str = concat!("SELECT k.key_no FROM keys k WHERE k.id = :id AND ", in_effect!());
/// Relatives are issued here, the first of them excepted.
pub(super) const RELATIVES: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM keys k WHERE k.id = :first OR k.lineage = :first ORDER BY k.key_no"
);
pub(super) const PAGE: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM keys k WHERE k.key_no > :after AND ",
    in_effect!(),
    " ORDER BY k.key_no LIMIT :limit"
);
pub(super) const PAGE_OF_OWNER: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM keys k WHERE k.owner = :owner AND k.key_no > :after AND ",
    in_effect!(),
    " ORDER BY k.key_no LIMIT :limit"
);
pub(super) const BEFORE_PEPPER: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM keys k INDEXED BY keys_by_pepper WHERE k.pepper < :generation AND ",
    in_effect!(),
    " ORDER BY k.key_no"
);
pub(super) const DUE: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM keys k WHERE k.key_no IN (
        SELECT key_no FROM keys WHERE expires_at_ms > :now AND expires_at_ms <= :until AND expires_at_ms IS NOT NULL AND revoked_at_ms IS NULL
        UNION SELECT key_no FROM keys WHERE rotate_due_ms <= :until AND rotate_due_ms IS NOT NULL
            AND revoked_at_ms IS NULL AND replaced_by IS NULL
        UNION SELECT key_no FROM keys INDEXED BY keys_by_grace WHERE grace_until_ms > :now
            AND grace_until_ms IS NOT NULL AND revoked_at_ms IS NULL)
        AND ",
    in_effect!(),
    " ORDER BY k.key_no"
);
/// The keys of an import that is in effect, which have no event of their own yet.
pub(super) const KEYS_OF_IMPORT: &str = concat!(
    "SELECT k.scheme, k.strength_bits, ",
    key_columns!(),
    " FROM keys k WHERE k.import_no = :import_no
        AND k.key_no > max(:after, (SELECT first_key_no - 1 FROM imports WHERE import_no = :import_no))
    ORDER BY k.key_no LIMIT :limit"
);
pub(super) const INSERT: &str = "
    INSERT INTO keys (id, digest, pepper, prefix, start, encoding, owner, name, scopes, metadata, notify_email,
        created_at_ms, created_by, not_before_ms, expires_at_ms, rotate_after_s, rotate_due_ms, disabled,
        cancelled, lineage, replaces, changed_epoch)
    VALUES (:id, :digest, :pepper, :prefix, :start, :encoding, :owner, :name, :scopes, :metadata, :notify_email,
        :created_at_ms, :created_by, :not_before_ms, :expires_at_ms, :rotate_after_s, :rotate_due_ms, :disabled,
        0, :lineage, :replaces, :epoch)";
/// What verify reads beside the key, and since when.
pub(super) const NEWS: &str = "
    SELECT h.min_schema, h.key_epoch, h.flush_epoch, p.use_mode, p.use_acknowledgement, (SELECT max(generation) FROM peppers), h.accepts_foreign
    FROM head h JOIN policy p ON p.one = h.one WHERE h.one = 1";
pub(super) const CHANGED: &str = "SELECT digest FROM keys WHERE changed_epoch > :epoch LIMIT :limit";
/// What a verb may change of a key that exists.
pub(super) const SAVE: &str = "
    UPDATE keys SET prefix = :prefix, name = :name, scopes = :scopes, metadata = :metadata,
        notify_email = :notify_email, not_before_ms = :not_before_ms, expires_at_ms = :expires_at_ms,
        rotate_after_s = :rotate_after_s, rotate_due_ms = :rotate_due_ms, disabled = :disabled,
        cancelled = :cancelled, revoked_at_ms = :revoked_at_ms, revoked_by = :revoked_by,
        revoked_reason = :revoked_reason, revoked_note = :revoked_note,
        revoked_epoch = CASE WHEN :revoked_at_ms IS NULL THEN NULL ELSE coalesce(revoked_epoch, :epoch) END,
        replaced_by = :replaced_by, grace_until_ms = :grace_until_ms, changed_epoch = :epoch
    WHERE key_no = :key_no";

/// What verify needs, read by one statement.
pub(crate) struct Found {
    pub(crate) epoch: i64,
    pub(crate) settings: Settings,
    pub(crate) key: Option<Arc<Key>>,
}

/// What verify needs of the vault, whichever key it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) use_mode: UseMode,
    pub(crate) use_acknowledgement: UseAcknowledgement,
    /// The vault's newest pepper.
    pub(crate) pepper: Option<i64>,
    /// Whether a secret may have another form than keycask's.
    pub(crate) accepts_foreign: bool,
}

/// What changed since an epoch.
pub(crate) struct News {
    pub(crate) epoch: i64,
    pub(crate) settings: Settings,
    /// The digests of what changed; `None` where everything may have.
    pub(crate) changed: Option<Vec<Digest>>,
}

/// Which keys a page holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyQuery {
    pub(crate) owner: Option<String>,
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

fn settings_from(columns: &mut Columns<'_>) -> Result<Settings> {
    let use_mode = columns.word("use mode", super::head::use_mode)?;
    let use_acknowledgement = columns.word("use acknowledgement", super::head::use_acknowledgement)?;
    Ok(Settings { use_mode, use_acknowledgement, pepper: columns.take()?, accepts_foreign: columns.take()? })
}

impl Snapshot<'_> {
    /// Looks up a digest, with the epoch that the answer holds for.
    pub(crate) fn find(&self, digest: &Digest) -> Result<Found> {
        let mut statement = self.db.prepare_cached(FIND)?;
        let mut rows = statement.query(named_params! { ":digest": digest.as_bytes() })?;
        let row = rows.next()?.ok_or_else(|| super::head::missing_row("head"))?;
        let mut columns = Columns::of(row);
        super::head::known_schema(columns.take()?)?;
        let epoch = columns.take()?;
        let settings = settings_from(&mut columns)?;
        let stored: Option<[u8; 32]> = columns.take()?;
        let found = stored.is_some_and(|stored| Digest::from_bytes(stored) == *digest);
        let key = found.then(|| key_from(&mut columns)).transpose()?.map(Arc::new);
        Ok(Found { epoch, settings, key })
    }

    /// What changed since `epoch`, of which at most `limit` keys are named.
    pub(crate) fn news(&self, epoch: i64, limit: i64) -> Result<News> {
        let (now, flush, settings) = {
            let mut statement = self.db.prepare_cached(NEWS)?;
            let mut rows = statement.query([])?;
            let row = rows.next()?.ok_or_else(|| super::head::missing_row("head"))?;
            let mut columns = Columns::of(row);
            super::head::known_schema(columns.take()?)?;
            let (now, flush): (i64, i64) = (columns.take()?, columns.take()?);
            (now, flush, settings_from(&mut columns)?)
        };
        let changed = if flush > epoch { None } else { self.changed_since(epoch, limit)? };
        Ok(News { epoch: now, settings, changed })
    }

    fn changed_since(&self, epoch: i64, limit: i64) -> Result<Option<Vec<Digest>>> {
        let mut statement = self.db.prepare_cached(CHANGED)?;
        let parameters = named_params! { ":epoch": epoch, ":limit": limit + 1 };
        let changed = statement
            .query_map(parameters, |row| row.get::<_, [u8; 32]>(0))?
            .map(|row| Ok(Digest::from_bytes(row?)))
            .collect::<Result<Vec<_>>>()?;
        let too_many = i64::try_from(changed.len()).is_ok_and(|len| len > limit);
        Ok(Some(changed).filter(|_| !too_many))
    }

    pub(crate) fn key(&self, id: KeyId) -> Result<Option<Key>> {
        let mut statement = self.db.prepare_cached(BY_ID)?;
        let mut rows = statement.query(named_params! { ":id": id.as_bytes() })?;
        rows.next()?.map(key_of_row).transpose()
    }

    /// The number of a key, for filters and cursors.
    pub(crate) fn number_of(&self, id: KeyId) -> Result<Option<KeyNo>> {
        let mut statement = self.db.prepare_cached(NUMBER_OF)?;
        let mut rows = statement.query(named_params! { ":id": id.as_bytes() })?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map(KeyNo))
    }

    /// All keys of a chain of rotations, in the order of their creation.
    pub(crate) fn relatives(&self, lineage: KeyId) -> Result<Vec<Key>> {
        let mut statement = self.db.prepare_cached(RELATIVES)?;
        let rows = statement.query(named_params! { ":first": lineage.as_bytes() })?;
        collect(rows)
    }

    /// The keys that are stored under a pepper before `generation`.
    pub(crate) fn keys_before_pepper(&self, generation: i64) -> Result<Vec<Key>> {
        let mut statement = self.db.prepare_cached(BEFORE_PEPPER)?;
        collect(statement.query(named_params! { ":generation": generation })?)
    }

    /// The keys with an expiry or a due rotation up to `until`, and all whose grace window runs at `now`.
    pub(crate) fn keys_due(&self, until: Timestamp, now: Timestamp) -> Result<Vec<Key>> {
        let mut statement = self.db.prepare_cached(DUE)?;
        collect(statement.query(named_params! { ":until": until.ms(), ":now": now.ms() })?)
    }

    /// The next keys in the order of their creation.
    pub(crate) fn keys(&self, query: &KeyQuery) -> Result<Vec<Key>> {
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let mut all;
        let mut of_owner;
        let rows = match &query.owner {
            None => {
                all = self.db.prepare_cached(PAGE)?;
                all.query(named_params! { ":after": query.after, ":limit": limit })?
            }
            Some(owner) => {
                of_owner = self.db.prepare_cached(PAGE_OF_OWNER)?;
                of_owner.query(named_params! { ":owner": owner, ":after": query.after, ":limit": limit })?
            }
        };
        collect(rows)
    }
}

impl Change<'_> {
    /// Inserts a key and gives it its number.
    pub(crate) fn insert_key(
        &mut self,
        key: &mut Key,
        (digest, pepper): (&Digest, Option<i64>),
    ) -> Result<()> {
        let epoch = self.epoch()?;
        self.note_prefix(&key.prefix)?;
        let first = key.lineage == key.id;
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":id": key.id.as_bytes(),
            ":digest": digest.as_bytes(),
            ":pepper": pepper,
            ":prefix": key.prefix,
            ":start": key.start,
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
            ":rotate_after_s": key.rotate_after_s,
            ":rotate_due_ms": key.rotate_due().map(Timestamp::ms),
            ":disabled": key.disabled,
            ":lineage": (!first).then_some(key.lineage.as_bytes()),
            ":replaces": key.replaces.as_ref().map(KeyId::as_bytes),
            ":epoch": epoch,
        })?;
        key.no = KeyNo(self.db.last_insert_rowid());
        Ok(())
    }

    /// Saves what a verb may change of a key.
    pub(crate) fn save_key(&mut self, key: &Key) -> Result<()> {
        let epoch = self.epoch()? - i64::from(is_planted(Bug::RowUnmarked));
        let revoked = key.revoked.as_ref();
        let successor = key.successor.as_ref();
        self.db.prepare_cached(SAVE)?.execute(named_params! {
            ":key_no": key.no.0,
            ":prefix": Some(&key.prefix).filter(|prefix| !prefix.is_empty()),
            ":name": key.name,
            ":scopes": key.scopes.join(),
            ":metadata": key.metadata,
            ":notify_email": key.notify_email,
            ":not_before_ms": key.not_before.map(Timestamp::ms),
            ":expires_at_ms": key.expires_at.map(Timestamp::ms),
            ":rotate_after_s": key.rotate_after_s,
            ":rotate_due_ms": key.rotate_due().map(Timestamp::ms),
            ":disabled": key.disabled,
            ":cancelled": key.cancelled,
            ":revoked_at_ms": revoked.map(|revoked| revoked.at.ms()),
            ":revoked_by": revoked.map(|revoked| &revoked.by),
            ":revoked_reason": revoked.map(|revoked| revoked.reason.as_str()),
            ":revoked_note": revoked.and_then(|revoked| revoked.note.as_ref()),
            ":replaced_by": successor.map(|successor| successor.id.as_bytes()),
            ":grace_until_ms": successor.map(|successor| successor.grace_until.ms()),
            ":epoch": epoch,
        })?;
        Ok(())
    }
}

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(key_of_row(row)?);
    }
    Ok(keys)
}

fn key_of_row(row: &Row<'_>) -> Result<Key> {
    key_from(&mut Columns::of(row))
}

pub(super) fn key_from(columns: &mut Columns<'_>) -> Result<Key> {
    let no = KeyNo(columns.take()?);
    let id = columns.id()?;
    Ok(Key {
        no,
        id,
        prefix: columns.take::<Option<String>>()?.unwrap_or_default(),
        start: columns.take()?,
        encoding: columns.word("encoding", Encoding::from_name)?,
        owner: columns.take::<Option<String>>()?.unwrap_or_default(),
        name: columns.take()?,
        scopes: Scopes::from_joined(&columns.take::<String>()?),
        metadata: columns.take()?,
        notify_email: columns.take()?,
        created_at: columns.time()?,
        created_by: columns.take()?,
        not_before: columns.optional_time()?,
        expires_at: columns.optional_time()?,
        rotate_after_s: columns.take()?,
        disabled: columns.take()?,
        revoked: revoked_from(columns)?,
        lineage: columns.optional_id()?.unwrap_or(id),
        replaces: columns.optional_id()?,
        successor: successor_from(columns)?,
        cancelled: columns.take()?,
    })
}

fn revoked_from(columns: &mut Columns<'_>) -> Result<Option<Revoked>> {
    let at = columns.optional_time()?;
    let by: Option<String> = columns.take()?;
    let reason: Option<String> = columns.take()?;
    let note = columns.take()?;
    match (at, by, reason) {
        (Some(at), Some(by), Some(reason)) => {
            let reason = reason.parse().map_err(|_| super::row::unknown("reason of revocation"))?;
            Ok(Some(Revoked { at, by, reason, note }))
        }
        _ => Ok(None),
    }
}

fn successor_from(columns: &mut Columns<'_>) -> Result<Option<Successor>> {
    let id = columns.optional_id()?;
    let grace_until = columns.optional_time()?;
    Ok(id.zip(grace_until).map(|(id, grace_until)| Successor { id, grace_until }))
}
