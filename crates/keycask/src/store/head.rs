//! The single rows: what the vault is, its epochs, its policy; and the check of its schema.

use std::sync::OnceLock;
use std::time::Duration;

use rusqlite::{Connection, named_params};

use super::row::Columns;
use super::{Change, Snapshot};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::key::type_id;
use crate::policy::{Policy, UseAcknowledgement, UseMode};
use crate::schema::{self, Object, SCHEMA};
use crate::secret::Prefix;

pub(super) const INSERT_VAULT: &str =
    "INSERT INTO vault (one, id, schema, created_at_ms) VALUES (1, :id, :schema, :created_at_ms)";
pub(super) const INSERT_HEAD: &str = "INSERT INTO head (one, min_schema, key_epoch, flush_epoch, accepts_foreign) VALUES (1, :min_schema, 0, 0, 0)";
pub(super) const MIN_SCHEMA: &str = "SELECT min_schema FROM head WHERE one = 1";
pub(super) const SELECT_VAULT: &str = "SELECT id, schema, created_at_ms FROM vault WHERE one = 1";
pub(super) const BUMP_EPOCH: &str =
    "UPDATE head SET key_epoch = key_epoch + 1 WHERE one = 1 RETURNING key_epoch";
pub(super) const INSERT_POLICY: &str = "
    INSERT INTO policy (one, prefixes, default_grace_ms, min_grace_ms, max_grace_ms, max_lifetime_ms,
        max_living_keys, use_mode, use_acknowledgement, retain_uses_ms, retain_uses_bytes, notice_ahead_ms)
    VALUES (1, :prefixes, :default_grace_ms, :min_grace_ms, :max_grace_ms, :max_lifetime_ms,
        :max_living_keys, :use_mode, :use_acknowledgement, :retain_uses_ms, :retain_uses_bytes, :notice_ahead_ms)";
pub(super) const UPDATE_POLICY: &str = "
    UPDATE policy SET prefixes = :prefixes, default_grace_ms = :default_grace_ms, min_grace_ms = :min_grace_ms,
        max_grace_ms = :max_grace_ms, max_lifetime_ms = :max_lifetime_ms, max_living_keys = :max_living_keys,
        use_mode = :use_mode, use_acknowledgement = :use_acknowledgement, retain_uses_ms = :retain_uses_ms,
        retain_uses_bytes = :retain_uses_bytes, notice_ahead_ms = :notice_ahead_ms
    WHERE one = 1";
pub(super) const SELECT_POLICY: &str = "
    SELECT prefixes, default_grace_ms, min_grace_ms, max_grace_ms, max_lifetime_ms, max_living_keys, use_mode,
        use_acknowledgement, retain_uses_ms, retain_uses_bytes, notice_ahead_ms
    FROM policy WHERE one = 1";
pub(super) const INSERT_PREFIX: &str =
    "INSERT INTO prefixes (prefix, first_used_ms) VALUES (:prefix, :at_ms) ON CONFLICT (prefix) DO NOTHING";
pub(super) const SELECT_PREFIXES: &str = "SELECT prefix FROM prefixes ORDER BY prefix";
pub(super) const SELECT_OBJECTS: &str = "
    SELECT type, name, sql FROM sqlite_schema
    WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type, name";

/// What a vault is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) schema: i32,
    pub(crate) created_at: Timestamp,
}

impl Snapshot<'_> {
    pub(crate) fn identity(&self) -> Result<Identity> {
        let mut statement = self.db.prepare_cached(SELECT_VAULT)?;
        let mut rows = statement.query([])?;
        let row = rows.next()?.ok_or_else(|| missing_row("vault"))?;
        let mut columns = Columns::of(row);
        Ok(Identity {
            id: type_id("vault", columns.take()?),
            schema: columns.take()?,
            created_at: columns.time()?,
        })
    }

    pub(crate) fn policy(&self) -> Result<Policy> {
        let mut statement = self.db.prepare_cached(SELECT_POLICY)?;
        let mut rows = statement.query([])?;
        let row = rows.next()?.ok_or_else(|| missing_row("policy"))?;
        let mut columns = Columns::of(row);
        let prefixes: String = columns.take()?;
        Ok(Policy {
            prefixes: prefixes.split_ascii_whitespace().map(stored_prefix).collect::<Result<_>>()?,
            default_grace: millis(columns.take()?),
            min_grace: millis(columns.take()?),
            max_grace: millis(columns.take()?),
            max_lifetime: columns.take::<Option<u64>>()?.map(millis),
            max_living_keys: columns.take()?,
            use_mode: columns.word("use mode", use_mode)?,
            use_acknowledgement: columns.word("use acknowledgement", use_acknowledgement)?,
            retain_uses: millis(columns.take()?),
            retain_uses_bytes: columns.take()?,
            notice_ahead: millis(columns.take()?),
        })
    }

    /// The prefixes of the keys that were ever issued, sorted.
    pub(crate) fn prefixes(&self) -> Result<Vec<Prefix>> {
        let mut statement = self.db.prepare_cached(SELECT_PREFIXES)?;
        let mut rows = statement.query([])?;
        let mut prefixes = Vec::new();
        while let Some(row) = rows.next()? {
            prefixes.push(stored_prefix(row.get_ref(0)?.as_str()?)?);
        }
        Ok(prefixes)
    }

    /// Fails where another process has upgraded the file past what this library knows.
    pub(super) fn check_min_schema(&self) -> Result<()> {
        known_schema(self.db.prepare_cached(MIN_SCHEMA)?.query_row([], |row| row.get(0))?)
    }

    /// What the file's schema has wrong.
    pub(crate) fn schema_differences(&self) -> Result<Vec<String>> {
        Ok(schema::differences(expected_objects()?, &objects(self.db)?, self.identity()?.schema))
    }

    /// Refuses a file that must be upgraded first, and one whose tables aren't those of its schema.
    pub(crate) fn check_schema(&self) -> Result<()> {
        let schema = self.identity()?.schema;
        if schema < SCHEMA {
            return Err(Error::new(
                ErrorKind::UnsupportedVersion,
                format!(
                    "open vault: it has schema {schema}, and this library works with {SCHEMA}; run `keycask migrate`"
                ),
            ));
        }
        match self.schema_differences()?.first() {
            None => Ok(()),
            Some(first) => Err(Error::damaged(format!(
                "open vault: its schema isn't as keycask made it ({first}); restore a backup"
            ))),
        }
    }

    /// What SQLite's own check of the file's structure finds, at most a hundred lines of it.
    pub(crate) fn structure_faults(&self) -> Result<Vec<String>> {
        let mut statement = self.db.prepare("PRAGMA quick_check(100)")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().filter(|line| line != "ok").collect())
    }
}

impl Change<'_> {
    /// The rows that every vault begins with.
    pub(crate) fn insert_head(&mut self, id: [u8; 16], policy: &Policy) -> Result<()> {
        let at = self.moment.at;
        self.db.execute(
            INSERT_VAULT,
            named_params! { ":id": id, ":schema": SCHEMA, ":created_at_ms": at.ms() },
        )?;
        self.db.execute(INSERT_HEAD, named_params! { ":min_schema": schema::min_schema() })?;
        self.insert_logs()?;
        self.write_policy(INSERT_POLICY, policy)
    }

    pub(crate) fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        self.epoch()?;
        self.write_policy(UPDATE_POLICY, policy)
    }

    fn write_policy(&self, sql: &str, policy: &Policy) -> Result<()> {
        let prefixes: Vec<_> = policy.prefixes.iter().map(Prefix::as_str).collect();
        self.db.prepare_cached(sql)?.execute(named_params! {
            ":prefixes": prefixes.join(" "),
            ":default_grace_ms": to_millis(policy.default_grace),
            ":min_grace_ms": to_millis(policy.min_grace),
            ":max_grace_ms": to_millis(policy.max_grace),
            ":max_lifetime_ms": policy.max_lifetime.map(to_millis),
            ":max_living_keys": policy.max_living_keys,
            ":use_mode": policy.use_mode.as_str(),
            ":use_acknowledgement": policy.use_acknowledgement.as_str(),
            ":retain_uses_ms": to_millis(policy.retain_uses),
            ":retain_uses_bytes": i64::try_from(policy.retain_uses_bytes).unwrap_or(i64::MAX),
            ":notice_ahead_ms": to_millis(policy.notice_ahead),
        })?;
        Ok(())
    }

    /// The epoch of this transaction: whoever touches what verify reads asks for it, and so raises it once.
    pub(crate) fn epoch(&mut self) -> Result<i64> {
        if let Some(epoch) = self.epoch {
            return Ok(epoch);
        }
        let epoch = self.db.prepare_cached(BUMP_EPOCH)?.query_row([], |row| row.get(0))?;
        self.epoch = Some(epoch);
        Ok(epoch)
    }

    pub(crate) fn note_prefix(&self, prefix: &str) -> Result<()> {
        let at_ms = self.moment.at.ms();
        self.db
            .prepare_cached(INSERT_PREFIX)?
            .execute(named_params! { ":prefix": prefix, ":at_ms": at_ms })?;
        Ok(())
    }
}

fn stored_prefix(text: &str) -> Result<Prefix> {
    Prefix::new(text).map_err(|_| super::row::unknown("prefix"))
}

fn objects(db: &Connection) -> Result<Vec<Object>> {
    let mut statement = db.prepare(SELECT_OBJECTS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The objects of this library's schema, as SQLite itself writes them down.
fn expected_objects() -> Result<&'static [Object]> {
    static EXPECTED: OnceLock<Vec<Object>> = OnceLock::new();
    if let Some(expected) = EXPECTED.get() {
        return Ok(expected);
    }
    let db = Connection::open_in_memory()?;
    db.execute_batch(schema::INITIAL)?;
    schema::STEPS.iter().try_for_each(|step| db.execute_batch(step.sql))?;
    let objects = objects(&db)?;
    Ok(EXPECTED.get_or_init(|| objects))
}

/// Refuses a `min_schema` that this library doesn't know.
pub(super) fn known_schema(min_schema: i32) -> Result<()> {
    if min_schema <= SCHEMA {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::UnsupportedVersion,
        format!(
            "use the vault: it was upgraded to schema {min_schema}, and this library knows up to {SCHEMA}; upgrade keycask here"
        ),
    ))
}

pub(super) fn missing_row(table: &str) -> Error {
    Error::new(ErrorKind::Damaged, format!("read the vault: its {table} row is missing; restore a backup"))
}

pub(super) fn use_mode(word: &str) -> Option<UseMode> {
    UseMode::ALL.iter().find(|mode| mode.as_str() == word).copied()
}

pub(super) fn use_acknowledgement(word: &str) -> Option<UseAcknowledgement> {
    UseAcknowledgement::ALL.iter().find(|way| way.as_str() == word).copied()
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn to_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
