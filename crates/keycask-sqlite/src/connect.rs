//! A connection that distrusts the file and keeps SQLite's durable defaults.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;
use crate::inspect::{DatabaseFile, Format, compare_marks, folder};

/// The first SQLite without the WAL-reset corruption bug of 3.7.0 to 3.51.2.
pub const MINIMUM_SQLITE_VERSION: &str = "3.51.3";
const MINIMUM_SQLITE_NUMBER: i32 = 3_051_003;

/// Settings that the file can't talk us out of, and that a schema without triggers, views and attached
/// databases doesn't miss.
const CONFIG: &[(DbConfig, bool)] = &[
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
    // Without the stability guarantee a statement is prepared anew each time that a value is bound by which the
    // planner could choose: nine tenths of a verify.
    (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
];

/// Far above what our own statements and rows need, far below what a hostile file could ask for.
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 64 * 1024),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 10),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 16),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

pub(crate) const PRAGMAS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA cell_size_check = ON;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_size_limit = 1048576;
";

impl DatabaseFile {
    /// Opens the file with hardened settings and looks at its marks again, now through its log.
    ///
    /// Writes wait at most `busy_timeout` for other writers, then fail with SQLite's busy.
    pub fn connect(&self, busy_timeout: Duration) -> Result<Connection, OpenError> {
        let db = open(self.path(), busy_timeout)?;
        if db.is_readonly("main")? {
            return Err(OpenError::ReadOnly(self.path().to_owned()));
        }
        compare_marks(&db, self.path(), self.format()).map_err(|error| self.explain(error))?;
        // Reading took a lock that is held for as long as the connection is open, and that whoever replaces the
        // file waits for. Had it been replaced just before, its commits would land in the new file's log.
        if self.is_in_place() { Ok(db) } else { Err(OpenError::Missing(self.path().to_owned())) }
    }

    /// Switches the file to a write-ahead log where it has none: a copy can come without.
    pub fn ensure_wal(&self, db: &Connection) -> Result<(), OpenError> {
        if self.is_in_memory() {
            return Ok(());
        }
        let mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode == "wal" {
            return Ok(());
        }
        let name = "a file system without shared memory".to_owned();
        Err(OpenError::Filesystem(self.path().to_owned(), name))
    }

    /// A log that can't be made beside the file is reported by SQLite as a file that can't be opened.
    fn explain(&self, error: OpenError) -> OpenError {
        let code = match &error {
            OpenError::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        match code {
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => {
                OpenError::ReadOnly(folder(self.path()).to_owned())
            }
            _ => error,
        }
    }
}

/// Opens without looking at the content: for [`crate::create`], whose file is still empty.
pub(crate) fn open(path: &std::path::Path, busy_timeout: Duration) -> Result<Connection, OpenError> {
    let db = open_unread(path, busy_timeout)?;
    db.execute_batch(PRAGMAS)?;
    Ok(db)
}

/// Opens a file that nobody else knows of. The index of its log is then in this connection's memory: as a file, which
/// SQLite calls shared memory, a full disk would make it an I/O error. Source: <https://sqlite.org/wal.html#noshm>.
pub(crate) fn open_alone(path: &std::path::Path) -> Result<Connection, OpenError> {
    let db = open_unread(path, Duration::ZERO)?;
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    db.execute_batch(PRAGMAS)?;
    Ok(db)
}

/// Opens without reading a byte, so that the way of locking can still be chosen.
pub(crate) fn open_unread(path: &std::path::Path, busy_timeout: Duration) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < MINIMUM_SQLITE_NUMBER {
        return Err(OpenError::SqliteTooOld(rusqlite::version()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let db = begin(path, flags)?;
    db.busy_timeout(busy_timeout)?;
    harden(&db)?;
    Ok(db)
}

#[cfg(not(feature = "test-faults"))]
fn begin(path: &std::path::Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, flags)
}

/// Through the layer of faults where a plan rules the file.
#[cfg(feature = "test-faults")]
fn begin(path: &std::path::Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    match crate::faults::name_for(path) {
        Some(layer) => Connection::open_with_flags_and_vfs(path, flags, layer),
        None => Connection::open_with_flags(path, flags),
    }
}

/// A new database in memory, with hardened settings and the marks of a file.
///
/// # Errors
///
/// What SQLite says.
pub fn open_in_memory(format: Format) -> Result<Connection, OpenError> {
    let db = Connection::open_in_memory()?;
    harden(&db)?;
    db.pragma_update(None, "application_id", format.application_id)?;
    db.pragma_update(None, "user_version", format.min_schema)?;
    Ok(db)
}

fn harden(db: &Connection) -> Result<(), OpenError> {
    for &(config, on) in CONFIG {
        db.set_db_config(config, on)?;
    }
    for &(limit, value) in LIMITS {
        db.set_limit(limit, value)?;
    }
    Ok(())
}
