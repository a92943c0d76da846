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
use crate::filesystem::unsafe_filesystem;
use crate::inspect::{DatabaseFile, Format, folder, os};

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
    match unsafe_filesystem(&parent).map_err(|e| os("look at the file system", e))? {
        Some(name) => Err(OpenError::Filesystem(parent, name.to_owned())),
        None => Ok(parent.join(name)),
    }
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

    pub(crate) fn publish(self, path: &Path) -> Result<(), OpenError> {
        let renamed = rustix::fs::renameat_with(CWD, &self.path, CWD, path, RenameFlags::NOREPLACE);
        match renamed {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(OpenError::Exists(path.to_owned())),
            // A file system without RENAME_NOREPLACE: a link never replaces either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::linkat(CWD, &self.path, CWD, path, AtFlags::empty()).map_err(
                    |error| match error {
                        Errno::EXIST => OpenError::Exists(path.to_owned()),
                        error => os("publish the file", error),
                    },
                )?;
            }
            Err(error) => return Err(os("publish the file", error)),
        }
        drop(self);
        sync_folder(folder(path))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
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
    db.pragma_update(None, "user_version", format.schema)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    Ok(())
}

/// Moves the whole log into the file and syncs it, so that the file is complete without a log.
pub(crate) fn close_synced(db: Connection) -> Result<(), OpenError> {
    let left: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(1))?;
    if left != 0 {
        return Err(OpenError::Io(
            "complete the file",
            std::io::Error::other("its log could not be emptied"),
        ));
    }
    db.close().map_err(|(_, error)| OpenError::Sqlite(error))
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), OpenError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty()).map_err(|e| os("open the folder", e))?;
    rustix::fs::fsync(folder).map_err(|e| os("sync the folder", e))
}
