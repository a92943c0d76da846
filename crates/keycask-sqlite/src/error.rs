//! What can stand between a path and an open database, each with what to do about it.

use std::fmt;
use std::path::PathBuf;

/// Why a file could not be opened or created.
///
/// `Display` says what was found and what to do; it never shows the content of a row.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no file at the path.
    Missing(PathBuf),
    /// The folder that should hold the file doesn't exist.
    FolderMissing(PathBuf),
    /// There is something at the path already, and creating never replaces it.
    Exists(PathBuf),
    /// A process has the file open.
    InUse(PathBuf),
    /// The path is a folder.
    Directory(PathBuf),
    /// The path is a device, socket or pipe.
    NotAFile(PathBuf),
    /// The file isn't a SQLite database.
    NotSqlite(PathBuf),
    /// A SQLite database of another application; its `application_id` is kept.
    Foreign(PathBuf, i32),
    /// The file asks for a newer library.
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema that a library must know to use the file.
        min_schema: i32,
        /// The newest schema that this library knows.
        known: i32,
    },
    /// The user of this process may not read the path.
    Denied(PathBuf),
    /// The file, or the folder where its log must stand, can't be written.
    ReadOnly(PathBuf),
    /// A file system on which a write-ahead log corrupts; its name is kept.
    Filesystem(PathBuf, String),
    /// The file itself is a mount point, so that its log would land elsewhere.
    MountPoint(PathBuf),
    /// Something else in this process has, or had, the file open, so that SQLite's locks on it don't hold.
    ForeignAccess(PathBuf),
    /// The handle was closed meanwhile.
    Closed,
    /// This process is a copy of another one that ran no fork handlers.
    RawCopy,
    /// File permissions that can't be used for a vault.
    BadMode(u32),
    /// The linked SQLite is too old to be trusted with a write-ahead log.
    SqliteTooOld(&'static str),
    /// The operating system failed.
    Io(&'static str, std::io::Error),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{}: no such file", path.display()),
            Self::FolderMissing(path) => {
                write!(f, "{}: no such folder; make it first", path.display())
            }
            Self::Exists(path) => {
                write!(f, "{}: exists already, and is never replaced", path.display())
            }
            Self::InUse(path) => {
                write!(f, "{}: is in use; stop every process that uses it first", path.display())
            }
            Self::Directory(path) => {
                write!(f, "{}: is a folder; name a file inside it", path.display())
            }
            Self::NotAFile(path) => write!(f, "{}: is not a regular file", path.display()),
            Self::NotSqlite(path) => write!(
                f,
                "{}: is not a SQLite file; check the path, or restore a backup if it was a vault",
                path.display()
            ),
            Self::Foreign(path, id) => write!(
                f,
                "{}: is a SQLite file of another application (application_id {id:#010x}); check the path",
                path.display()
            ),
            Self::Newer { path, min_schema, known } => write!(
                f,
                "{}: needs schema {min_schema}, and this library knows up to {known}; upgrade keycask here",
                path.display()
            ),
            Self::Denied(path) => {
                write!(f, "{}: permission denied; run as its owner or a member of its group", path.display())
            }
            Self::ReadOnly(path) => write!(
                f,
                "{}: is read-only; the file and its folder must be writable, even to verify",
                path.display()
            ),
            Self::Filesystem(path, name) => write!(
                f,
                "{}: lies on {name}, where a write-ahead log corrupts; move it to a local disk (ext4, xfs, btrfs, tmpfs)",
                path.display()
            ),
            Self::MountPoint(path) => write!(
                f,
                "{}: is itself a mount point, which tears it from its log; mount the folder, never the file",
                path.display()
            ),
            Self::ForeignAccess(path) => write!(
                f,
                "{}: something else in this process opens the file, which takes SQLite's locks away; let only keycask open it, once in a process",
                path.display()
            ),
            Self::Closed => f.write_str("that was closed; open it anew"),
            Self::RawCopy => f.write_str(
                "in a process that was copied while it was in use, without its fork handlers; start a new one, or fork with fork()",
            ),
            Self::BadMode(mode) => write!(
                f,
                "mode {mode:04o}: a vault needs read and write for its owner and nothing for others; use 0600 or 0660"
            ),
            Self::SqliteTooOld(version) => write!(
                f,
                "SQLite {version} has the WAL-reset bug; link {} or newer",
                crate::MINIMUM_SQLITE_VERSION
            ),
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::Sqlite(error) => write!(f, "{}", describe(error)),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::Sqlite(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// SQLite's own words without the statement that failed.
fn describe(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}
