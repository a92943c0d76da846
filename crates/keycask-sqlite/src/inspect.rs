//! What a path holds, found out without changing a byte.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, AtFlags, CWD, FileType, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use crate::connections::Connections;
use crate::error::OpenError;
use crate::filesystem::unsafe_filesystem;
use crate::fork;

/// The marks by which a file of ours is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// `PRAGMA application_id`.
    pub application_id: i32,
    /// The newest `PRAGMA user_version` (the file's `min_schema`) that the caller can work with.
    pub schema: i32,
    /// The `PRAGMA user_version` of a new file.
    pub min_schema: i32,
}

/// A file that was looked at and found fit to be opened.
///
/// It holds no descriptor and no connection: safe to keep across a fork.
#[derive(Clone, Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
    format: Format,
}

/// A file, by its device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl Identity {
    /// That of no file: inodes begin with 1.
    pub(crate) const NONE: Self = Self { device: 0, inode: 0 };
}

impl DatabaseFile {
    /// Looks at `path` and changes nothing: the type and place of the file, whether this process may
    /// read and write it, then its marks, read by SQLite as from an immutable file (no lock, no log).
    pub fn inspect(path: &Path, format: Format) -> Result<Self, OpenError> {
        let _pass = fork::enter()?;
        let path = canonical(path)?;
        check_type(&path)?;
        if path.metadata().is_ok_and(|file| file.len() == 0) {
            return Err(OpenError::NotSqlite(path));
        }
        check_filesystem(&path)?;
        check_access(&path, Access::READ_OK, OpenError::Denied)?;
        let identity = identity(&path).map_err(|e| OpenError::Io("look at the file", e))?;
        // A look of ours would take away the locks of another copy of SQLite in this process.
        let claim = Connections::claim_once(identity, &path)?;
        check_marks(&path, format)?;
        drop(claim);
        check_access(&path, Access::WRITE_OK, OpenError::ReadOnly)?;
        check_access(folder(&path), Access::WRITE_OK, OpenError::ReadOnly)?;
        Ok(Self { path, identity, format })
    }

    /// What stands for the file of a database in memory.
    pub(crate) fn in_memory() -> Self {
        let format = Format { application_id: 0, schema: 0, min_schema: 0 };
        Self { path: PathBuf::from(":memory:"), identity: Identity::NONE, format }
    }

    /// The file's path, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to the file that was inspected: not deleted, renamed or replaced.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_in_memory() || identity(&self.path).is_ok_and(|now| now == self.identity)
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.identity == Identity::NONE
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }
}

/// The folder that holds `path`, where its log will stand.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Compares the marks of an open database with those that the caller knows.
pub(crate) fn compare_marks(db: &Connection, path: &Path, format: Format) -> Result<(), OpenError> {
    let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application_id = pragma("application_id").map_err(|e| not_sqlite(path, e))?;
    if application_id != format.application_id {
        return Err(OpenError::Foreign(path.to_owned(), application_id));
    }
    let min_schema = pragma("user_version")?;
    if min_schema > format.schema {
        return Err(OpenError::Newer { path: path.to_owned(), min_schema, known: format.schema });
    }
    Ok(())
}

pub(crate) fn canonical(path: &Path) -> Result<PathBuf, OpenError> {
    path.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => OpenError::Missing(path.to_owned()),
        io::ErrorKind::PermissionDenied => OpenError::Denied(path.to_owned()),
        _ => OpenError::Io("resolve the path", error),
    })
}

pub(crate) fn check_filesystem(path: &Path) -> Result<(), OpenError> {
    match unsafe_filesystem(path).map_err(|e| os("look at the file system", e))? {
        Some(name) => Err(OpenError::Filesystem(path.to_owned(), name.to_owned())),
        None => Ok(()),
    }
}

pub(crate) fn check_type(path: &Path) -> Result<(), OpenError> {
    let wanted = StatxFlags::TYPE | StatxFlags::MODE;
    let stat = rustix::fs::statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, wanted)
        .map_err(|e| os("look at the file", e))?;
    match FileType::from_raw_mode(stat.stx_mode.into()) {
        FileType::Directory => return Err(OpenError::Directory(path.to_owned())),
        FileType::RegularFile => {}
        _ => return Err(OpenError::NotAFile(path.to_owned())),
    }
    if stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT) {
        return Err(OpenError::MountPoint(path.to_owned()));
    }
    Ok(())
}

pub(crate) fn check_access(
    path: &Path,
    access: Access,
    refusal: fn(PathBuf) -> OpenError,
) -> Result<(), OpenError> {
    match rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS) {
        // A kernel without faccessat2 can't answer for the effective user: SQLite will.
        Ok(()) | Err(Errno::NOSYS) => Ok(()),
        Err(Errno::ACCESS | Errno::ROFS | Errno::PERM) => Err(refusal(path.to_owned())),
        Err(error) => Err(os("check permissions", error)),
    }
}

/// SQLite opens and closes the file itself: a descriptor of our own, once closed, would drop the locks
/// that other connections of this process hold (FACTS: POSIX locks belong to the process).
fn check_marks(path: &Path, format: Format) -> Result<(), OpenError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(immutable_uri(path), flags).map_err(|e| not_sqlite(path, e))?;
    // In the middle of a checkpoint, and after one that was killed, the first page can tell of pages that only the
    // log has. To SQLite that is damage, unless a connection may repair schemas; this one can't write at all.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    compare_marks(&db, path, format)
}

fn not_sqlite(path: &Path, error: rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotSqlite(path.to_owned()),
        _ => OpenError::Sqlite(error),
    }
}

/// A `file:` URI of SQLite for any path, bytes outside the unreserved set percent-encoded.
fn immutable_uri(path: &Path) -> String {
    use std::fmt::Write;
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}

pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    let metadata = path.symlink_metadata()?;
    Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
}

pub(crate) fn os(what: &'static str, error: Errno) -> OpenError {
    OpenError::Io(what, error.into())
}
