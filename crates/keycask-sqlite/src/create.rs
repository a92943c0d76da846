//! A new file, published whole or not at all.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, RenameFlags, Uid};
use rustix::io::Errno;

use crate::connect;
use crate::error::OpenError;
use crate::fork;
use crate::inspect::{DatabaseFile, Format, check_filesystem, folder, os};

/// Who may use the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The file's mode, whatever the umask. SQLite gives its log the same.
    pub mode: u32,
    /// The file's group, by number; the creating process's own where `None`.
    pub group: Option<u32>,
    /// The file's owner, by number; the creating process's own where `None`. Only root may give files away.
    pub owner: Option<u32>,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { mode: 0o600, group: None, owner: None }
    }
}

/// Creates a database at `path`, which must not exist.
///
/// It is built, filled by `fill` and synced under a temporary name in the same folder, then renamed
/// without replacing: whoever looks at `path`, also after a `kill -9`, sees nothing or the whole file.
/// A killed creation can leave the temporary file (`.NAME.PID-N.new`) behind, which is safe to delete.
///
/// # Errors
///
/// [`OpenError`] where the place or the permissions don't fit, or what `fill` returned.
pub fn create<E: From<OpenError>>(
    path: &Path,
    permissions: Permissions,
    format: Format,
    fill: impl FnOnce(&mut Connection) -> Result<(), E>,
) -> Result<DatabaseFile, E> {
    let _pass = fork::enter()?;
    let path = check_place(path, permissions)?;
    let draft = Draft::new(&path, permissions)?;
    let mut db = connect::open(&draft.path, Duration::ZERO)?;
    mark(&db, format)?;
    fill(&mut db)?;
    close_synced(db)?;
    draft.publish(&path)?;
    Ok(DatabaseFile::inspect(&path, format)?)
}

pub(crate) fn check_place(path: &Path, permissions: Permissions) -> Result<PathBuf, OpenError> {
    if permissions.mode & 0o600 != 0o600 || permissions.mode & !0o660 != 0 {
        return Err(OpenError::BadMode(permissions.mode));
    }
    if path.symlink_metadata().is_ok() {
        return Err(OpenError::Exists(path.to_owned()));
    }
    let Some(name) = path.file_name() else {
        return Err(OpenError::Directory(path.to_owned()));
    };
    let parent =
        folder(path).canonicalize().map_err(|_| OpenError::FolderMissing(folder(path).to_owned()))?;
    check_filesystem(&parent)?;
    Ok(parent.join(name))
}

/// The file under its temporary name; removed on drop unless it was published.
pub(crate) struct Draft {
    pub(crate) path: PathBuf,
}

impl Draft {
    pub(crate) fn new(path: &Path, permissions: Permissions) -> Result<Self, OpenError> {
        let draft = Self { path: draft_path(path) };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // No lock can be lost by closing this descriptor: SQLite hasn't seen the file yet.
        let file =
            rustix::fs::open(&draft.path, flags, Mode::from_raw_mode(0o600)).map_err(
                |error| match error {
                    Errno::ACCESS | Errno::ROFS | Errno::PERM => {
                        OpenError::ReadOnly(folder(&draft.path).to_owned())
                    }
                    error => os("create the file", error),
                },
            )?;
        permit(&file, permissions)?;
        Ok(draft)
    }

    /// Gives the file its name, where nothing has that name yet, and makes that durable.
    pub(crate) fn publish(self, path: &Path) -> Result<(), OpenError> {
        rename_new(&self.path, path)?;
        sync_folder(folder(path))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(beside(&self.path, suffix));
        }
    }
}

/// The path with more letters at its end.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Renames without ever replacing.
pub(crate) fn rename_new(from: &Path, to: &Path) -> Result<(), OpenError> {
    let explain = |error| match error {
        Errno::EXIST => OpenError::Exists(to.to_owned()),
        error => os("publish the file", error),
    };
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system without RENAME_NOREPLACE: a link never replaces either.
        Err(Errno::INVAL | Errno::NOSYS) => {
            rustix::fs::linkat(CWD, from, CWD, to, AtFlags::empty()).map_err(explain)?;
            std::fs::remove_file(from).map_err(|e| OpenError::Io("remove the temporary name", e))
        }
        result => result.map_err(explain),
    }
}

fn draft_path(path: &Path) -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let serial = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{serial}.new", std::process::id()));
    folder(path).join(name)
}

fn permit(file: &OwnedFd, permissions: Permissions) -> Result<(), OpenError> {
    let (owner, group) = (permissions.owner.map(Uid::from_raw), permissions.group.map(Gid::from_raw));
    if owner.is_some() || group.is_some() {
        rustix::fs::fchown(file, owner, group).map_err(|e| os("give the file to its owner and group", e))?;
    }
    rustix::fs::fchmod(file, Mode::from_raw_mode(permissions.mode)).map_err(|e| os("set the file's mode", e))
}

fn mark(db: &Connection, format: Format) -> Result<(), OpenError> {
    db.pragma_update(None, "page_size", 4096)?;
    db.pragma_update(None, "application_id", format.application_id)?;
    db.pragma_update(None, "user_version", format.min_schema)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // The first read makes the index of the log, which has to fit on the disk before anything is filled in.
    db.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    Ok(())
}

/// Moves the whole log into the file and syncs it, so that the file is complete without a log.
pub(crate) fn close_synced(db: Connection) -> Result<(), OpenError> {
    empty_log(&db)?;
    db.close().map_err(|(_, error)| OpenError::Sqlite(error))
}

/// Moves the whole log into the file, and syncs both.
pub(crate) fn empty_log(db: &Connection) -> Result<(), OpenError> {
    let (busy, left): (i64, i64) =
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Of a file that has no log SQLite says -1.
    if busy == 0 && left <= 0 {
        return Ok(());
    }
    Err(OpenError::Io("complete the file", std::io::Error::other("its log could not be emptied")))
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), OpenError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty()).map_err(|e| os("open the folder", e))?;
    rustix::fs::fsync(folder).map_err(|e| os("sync the folder", e))
}
