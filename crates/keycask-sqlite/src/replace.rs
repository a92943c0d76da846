//! Putting a file in another's place, so that a crash at any step leaves the one or the other whole.
//!
//! The danger is the log: a database beside the log of another one is replayed into ruin.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use crate::connect::open_unread;
use crate::create::sync_folder;
use crate::error::OpenError;
use crate::inspect::{DatabaseFile, folder, os};

/// Puts `new` at `path`; what was there, with a log that can't be folded into it, is kept at `aside`.
/// Whether there was anything.
///
/// `new` must lie in the same folder, have no log and no connection.
///
/// # Errors
///
/// [`OpenError::InUse`] while a process has the old file open.
pub fn replace(path: &Path, new: &DatabaseFile, aside: &Path) -> Result<bool, OpenError> {
    if path.symlink_metadata().is_err() {
        // A log whose database is gone belongs to no file that comes.
        set_logs_aside(path, aside)?;
        rename(new.path(), path, RenameFlags::NOREPLACE)?;
        sync_folder(folder(path))?;
        return Ok(false);
    }
    let lock = lock_alone(path)?;
    match &lock {
        // The whole log was folded into the file: what is left of it is empty.
        Some(_) => remove_logs(path)?,
        None => set_logs_aside(path, aside)?,
    }
    sync_folder(folder(path))?;
    rename(new.path(), path, RenameFlags::EXCHANGE)?;
    rename(new.path(), aside, RenameFlags::NOREPLACE)?;
    sync_folder(folder(path))?;
    // Until here whoever opened the old file had to wait; from here on everybody opens the new one.
    drop(lock);
    Ok(true)
}

/// Whether a process has the file open, as far as it is locked: `/proc/locks` tells without opening it.
/// `false` where that can't be read.
#[must_use]
pub fn is_in_use(path: &Path) -> bool {
    let inode = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    let Some(file) = inode(path) else { return false };
    let shared_memory = inode(&beside(path, "-shm"));
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().filter_map(locked_inode).any(|locked| locked == file || Some(locked) == shared_memory)
}

/// The device and inode of a line of `/proc/locks`, such as
/// `1: POSIX  ADVISORY  READ 413 fe:00:140264 1073741826 1073742335`.
fn locked_inode(line: &str) -> Option<(u64, u64)> {
    let place = line.split_ascii_whitespace().find(|word| word.matches(':').count() == 2)?;
    let mut parts = place.split(':');
    let major = u32::from_str_radix(parts.next()?, 16).ok()?;
    let minor = u32::from_str_radix(parts.next()?, 16).ok()?;
    Some((rustix::fs::makedev(major, minor), parts.next()?.parse().ok()?))
}

/// A connection that nobody else can have beside it, with the whole log folded into the file and synced.
/// `None` where the file is too damaged for SQLite to lock it; then nobody is seen to use it.
fn lock_alone(path: &Path) -> Result<Option<Connection>, OpenError> {
    if is_in_use(path) {
        return Err(OpenError::InUse(path.to_owned()));
    }
    let locked = open_unread(path, Duration::ZERO).and_then(|db| {
        // Closing must not touch a log by its name: by then it is the new file's.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT;",
        )?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(db)
    });
    match locked {
        Ok(db) => Ok(Some(db)),
        Err(OpenError::Sqlite(error)) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Err(OpenError::InUse(path.to_owned()))
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure) => {
                Ok(None)
            }
            _ => Err(OpenError::Sqlite(error)),
        },
        Err(error) => Err(error),
    }
}

fn remove_logs(path: &Path) -> Result<(), OpenError> {
    for suffix in ["-wal", "-shm"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::Io("remove the old log", error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn set_logs_aside(path: &Path, aside: &Path) -> Result<(), OpenError> {
    for suffix in ["-wal", "-shm"] {
        let log = beside(path, suffix);
        if log.symlink_metadata().is_ok() {
            rename(&log, &beside(aside, suffix), RenameFlags::NOREPLACE)?;
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn rename(from: &Path, to: &Path, how: RenameFlags) -> Result<(), OpenError> {
    rustix::fs::renameat_with(CWD, from, CWD, to, how).map_err(|error| match error {
        Errno::EXIST => OpenError::Exists(to.to_owned()),
        error => os("put the file in its place", error),
    })
}

#[cfg(test)]
mod tests {
    use super::locked_inode;

    #[test]
    fn a_line_of_proc_locks_names_its_inode() {
        let line = "1: POSIX  ADVISORY  READ  413 fe:00:140264 1073741826 1073742335";
        assert_eq!(locked_inode(line), Some((rustix::fs::makedev(0xfe, 0), 140_264)));
        assert_eq!(
            locked_inode("1: -> POSIX ADVISORY WRITE 7 00:1a:9 0 EOF").map(|(_, inode)| inode),
            Some(9)
        );
        assert_eq!(locked_inode("nonsense"), None);
    }
}
