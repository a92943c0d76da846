//! A hand-written program's database: the tables of a vault, in a file that no vault is in.
//!
//! Nothing but keycask may open a vault that is in use. A backup makes a file with the same tables, indexes and
//! rows, which is nobody's; the settings are those of a vault.

use std::path::Path;

use keycask::Vault;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::deck::actor;
use crate::failure::{Exit, Failure};

/// What verify reads of a key.
const SELECT: &str = "
    SELECT key_no, id, prefix, start, encoding, owner, name, scopes, metadata, notify_email, created_at_ms, created_by,
        not_before_ms, expires_at_ms, rotate_after_s, disabled, revoked_at_ms, revoked_by, revoked_reason,
        revoked_note, lineage, replaces, replaced_by, grace_until_ms, cancelled
    FROM keys WHERE digest = ?1";

/// Rows as they were read, to be inserted elsewhere.
pub(super) type Rows = Vec<Vec<Value>>;

/// Such a database, open.
pub(super) struct Plain {
    pub(super) db: Connection,
}

pub(super) fn failed(error: &rusqlite::Error) -> Failure {
    Failure { exit: Exit::Vault, code: "io", message: format!("use the floor's own database: {error}") }
}

impl Plain {
    /// A copy of what is in the vault now, at a path where nothing is.
    pub(super) fn copy_of(vault: &Vault, path: &Path) -> Result<Self, Failure> {
        vault.backup(path, &actor()?)?;
        let settings = "
            PRAGMA journal_mode = wal;
            PRAGMA synchronous = FULL;
            PRAGMA cell_size_check = ON;
            PRAGMA mmap_size = 0;
            PRAGMA temp_store = MEMORY;";
        let db = Connection::open(path)
            .and_then(|db| db.execute_batch(settings).map(|()| db))
            .map_err(|error| failed(&error))?;
        Ok(Self { db })
    }

    /// Looks up a key, by one prepared statement, and reads it whole. Whether it is there.
    pub(super) fn find(&self, digest: &[u8; 32]) -> Result<bool, Failure> {
        let columns = |row: &rusqlite::Row<'_>| {
            (0..row.as_ref().column_count()).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()
        };
        let found = self
            .db
            .prepare_cached(SELECT)
            .and_then(|mut statement| statement.query_row([digest], columns).optional())
            .map_err(|error| failed(&error))?;
        Ok(std::hint::black_box(found).is_some())
    }

    /// The rows of a query, whole.
    pub(super) fn rows(&self, select: &str) -> Result<Rows, Failure> {
        let read = || -> rusqlite::Result<Rows> {
            let mut statement = self.db.prepare(select)?;
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
            rows.collect()
        };
        read().map_err(|error| failed(&error))
    }

    /// Inserts rows of these tables in one transaction; the statements end before their last parenthesis.
    pub(super) fn insert(&mut self, tables: &[(&str, &[Vec<Value>])]) -> Result<(), Failure> {
        let mut insert = || {
            let tx = self.db.transaction()?;
            for (statement, rows) in tables {
                let mut statement = tx.prepare_cached(statement)?;
                for row in *rows {
                    statement.execute(rusqlite::params_from_iter(row))?;
                }
            }
            tx.commit()
        };
        insert().map_err(|error| failed(&error))
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), Failure> {
        self.db.execute_batch(sql).map_err(|error| failed(&error))
    }

    /// The bytes of its pages.
    pub(super) fn bytes(&self) -> Result<f64, Failure> {
        let read = |pragma| self.db.pragma_query_value(None, pragma, |row| row.get::<_, u32>(0));
        let pages = read("page_count").map_err(|error| failed(&error))?;
        let size = read("page_size").map_err(|error| failed(&error))?;
        Ok(f64::from(pages) * f64::from(size))
    }
}

/// A statement that inserts a row with this many columns.
pub(super) fn insert_into(table: &str, rows: &Rows) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    format!("INSERT INTO {table} VALUES ({})", vec!["?"; columns].join(", "))
}
