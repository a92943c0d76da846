//! Putting a file in another's place, so that a crash at any step leaves the one or the other whole.
//!
//! The danger is the log: a database beside the log of another one is replayed into ruin.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use rustix::fs::{Access, AtFlags, CWD, RenameFlags};
use rustix::io::Errno;

use crate::connect::{PRAGMAS, open_unread};
use crate::connections::{Claim, Connections};
use crate::copy::copy_into;
use crate::create::{
    Draft, Permissions, beside, check_place, close_synced, empty_log, rename_new, sync_folder,
};
use crate::error::OpenError;
use crate::fork::{self, Pass};
use crate::inspect::{
    Format, canonical, check_access, check_filesystem, check_type, compare_marks, folder, identity, os,
};
use crate::locks::is_locked_by_others;

/// The place of a database, held so that nobody else has its file open, or can open it until this is dropped.
///
/// Whoever waited for the file, and gets it after it was replaced, is told by
/// [`DatabaseFile::connect`](crate::DatabaseFile::connect) that it is another one.
pub struct Held {
    path: PathBuf,
    permissions: Permissions,
    old: Old,
    // After the connection: it is counted until it is closed.
    _claim: Option<Claim>,
    _pass: Pass,
}

enum Old {
    Missing,
    Readable(Connection),
    /// The connection keeps what lock it could get.
    Unreadable(#[allow(dead_code, reason = "kept for its lock")] Connection, OpenError),
}

/// Where what was replaced is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// The old file; `None` where there was none.
    pub file: Option<PathBuf>,
    /// The logs that could not be folded into it.
    pub logs: Vec<PathBuf>,
}

impl Held {
    /// Takes the place. `permissions` are for a new file where there is none yet.
    ///
    /// # Errors
    ///
    /// [`OpenError::InUse`] while somebody has the file open; others where nothing can be put there.
    pub fn take(path: &Path, format: Format, permissions: Permissions) -> Result<Self, OpenError> {
        let pass = fork::enter()?;
        if path.symlink_metadata().is_err() {
            let path = check_place(path, permissions)?;
            check_unlocked(&path)?;
            return Ok(Self { path, permissions, old: Old::Missing, _claim: None, _pass: pass });
        }
        let path = canonical(path)?;
        check_type(&path)?;
        check_filesystem(&path)?;
        check_access(&path, Access::READ_OK, OpenError::Denied)?;
        check_access(&path, Access::WRITE_OK, OpenError::ReadOnly)?;
        check_access(folder(&path), Access::WRITE_OK, OpenError::ReadOnly)?;
        let identity = identity(&path).map_err(|e| OpenError::Io("look at the file", e))?;
        let claim = Connections::claim_once(identity, &path)?;
        let db = open_unread(&path, Duration::ZERO)?;
        let old = match lock(&db, &path, format) {
            Ok(()) => Old::Readable(db),
            Err(OpenError::Sqlite(error)) if is_busy(&error) => return Err(OpenError::InUse(path)),
            Err(why) => {
                check_unlocked(&path)?;
                Old::Unreadable(db, why)
            }
        };
        Ok(Self { permissions: permissions_of(&path)?, path, old, _claim: Some(claim), _pass: pass })
    }

    /// The path, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that is there, to be read; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Why it can't be read.
    pub fn old(&self) -> Result<Option<&Connection>, &OpenError> {
        match &self.old {
            Old::Missing => Ok(None),
            Old::Readable(db) => Ok(Some(db)),
            Old::Unreadable(_, why) => Err(why),
        }
    }

    /// Puts a copy of `source`, changed by `fill`, into the place. The old file is kept beside it, with
    /// `suffix` after its name; the new one gets its mode, group and, from root, owner.
    ///
    /// Whoever looks at the path, also after a `kill -9` at any moment, sees the old file or the new one, each
    /// complete without a log. A killed replacement can leave its copy behind: under a temporary name
    /// (`.NAME.PID-N.new`), or for a moment under the name that the old file is about to get.
    pub fn replace<T, E: From<OpenError>>(
        self,
        source: &mut Connection,
        suffix: &str,
        progress: &mut dyn FnMut(u64, u64),
        fill: impl FnOnce(&mut Connection, Option<&Connection>) -> Result<T, E>,
    ) -> Result<(T, SetAside), E> {
        let draft = Draft::new(&self.path, self.permissions)?;
        let mut new = copy_into(source, &draft.path, progress)?;
        let result = fill(&mut new, self.old().ok().flatten())?;
        close_synced(new)?;
        let aside = beside(&self.path, suffix);
        Ok((result, self.swap(draft, &aside)?))
    }

    /// Each step leaves the old file whole in its place, until one rename puts the new one there.
    fn swap(self, draft: Draft, aside: &Path) -> Result<SetAside, OpenError> {
        let logs = self.put_logs_away(aside)?;
        let file = match self.old {
            Old::Missing => {
                draft.publish(&self.path)?;
                None
            }
            Old::Readable(_) | Old::Unreadable(..) => {
                exchange(&draft, &self.path, aside)?;
                sync_folder(folder(&self.path))?;
                Some(aside.to_owned())
            }
        };
        Ok(SetAside { file, logs })
    }

    /// The log of a readable file is folded into it and removed. Any other is kept, but not as `NAME-wal` of
    /// the name that the old file gets: for a moment the new file has that name.
    fn put_logs_away(&self, aside: &Path) -> Result<Vec<PathBuf>, OpenError> {
        let folded = match &self.old {
            Old::Readable(db) => empty_log(db).is_ok(),
            _ => false,
        };
        let mut kept = Vec::new();
        for (suffix, name) in [("-wal", ".wal"), ("-journal", ".journal")] {
            let log = beside(&self.path, suffix);
            if !folded && log.symlink_metadata().is_ok_and(|log| log.len() > 0) {
                let name = beside(aside, name);
                rename_new(&log, &name)?;
                kept.push(name);
            }
        }
        ["-wal", "-journal", "-shm"].iter().try_for_each(|suffix| remove(&beside(&self.path, suffix)))?;
        sync_folder(folder(&self.path))?;
        Ok(kept)
    }
}

/// Takes the file for this connection alone, by SQLite's own locks, and compares its marks.
fn lock(db: &Connection, path: &Path, format: Format) -> Result<(), OpenError> {
    // Closing must not touch a log by its name: by then it is the new file's.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Before the first read: then the lock is kept until the connection is closed.
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;")?;
    db.execute_batch(PRAGMAS)?;
    // What was cut down to nothing is no other application's.
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        return Err(OpenError::NotSqlite(path.to_owned()));
    }
    compare_marks(db, path, format)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Refuses a place whose file or shared memory another process has locked, where SQLite can't tell.
fn check_unlocked(path: &Path) -> Result<(), OpenError> {
    let locked = |suffix| identity(&beside(path, suffix)).is_ok_and(is_locked_by_others);
    if locked("") || locked("-shm") { Err(OpenError::InUse(path.to_owned())) } else { Ok(()) }
}

/// Those of the old file, so that whoever could use it still can. Only root may give a file away.
fn permissions_of(path: &Path) -> Result<Permissions, OpenError> {
    let file = path.symlink_metadata().map_err(|e| OpenError::Io("look at the file", e))?;
    let owner = rustix::process::geteuid().is_root().then_some(file.uid());
    Ok(Permissions { mode: file.mode() & 0o660 | 0o600, group: Some(file.gid()), owner })
}

/// Gives the draft the old file's place, and the old file the name `aside`, in one step.
fn exchange(draft: &Draft, path: &Path, aside: &Path) -> Result<(), OpenError> {
    rename_new(&draft.path, aside)?;
    let error = match rustix::fs::renameat_with(CWD, aside, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // What has the name is still the new file.
    std::fs::rename(aside, &draft.path).map_err(|e| OpenError::Io("replace the file", e))?;
    match error {
        Errno::INVAL | Errno::NOSYS => link_and_replace(&draft.path, path, aside),
        error => Err(os("replace the file", error)),
    }
}

/// For a file system that can't exchange names: the old file gets a second one, then loses its first.
fn link_and_replace(new: &Path, path: &Path, aside: &Path) -> Result<(), OpenError> {
    rustix::fs::linkat(CWD, path, CWD, aside, AtFlags::empty()).map_err(|e| os("keep the old file", e))?;
    std::fs::rename(new, path).map_err(|e| OpenError::Io("replace the file", e))
}

fn remove(path: &Path) -> Result<(), OpenError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenError::Io("remove the old log", error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_file_system_without_exchange_keeps_the_old_file_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let [new, path, aside] = ["new", "path", "aside"].map(|name| folder.path().join(name));
        std::fs::write(&new, "new").unwrap();
        std::fs::write(&path, "old").unwrap();
        link_and_replace(&new, &path, &aside).unwrap();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!((read(&path), read(&aside), new.exists()), ("new".to_owned(), "old".to_owned(), false));
    }

    /// What fails on the way must not have moved anything.
    #[test]
    fn a_replacement_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let [path, aside] = ["path", "aside"].map(|name| folder.path().join(name));
        std::fs::write(&path, "old").unwrap();
        std::fs::write(&aside, "precious").unwrap();
        let draft = Draft::new(&path, Permissions::default()).unwrap();
        assert!(matches!(exchange(&draft, &path, &aside), Err(OpenError::Exists(_))));
        drop(draft);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_to_string(&aside).unwrap(), "precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
