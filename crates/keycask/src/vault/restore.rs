//! Restore: a backup takes the vault's place, and what it doesn't know is told.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keycask_sqlite::Permissions;

use super::open::VaultOptions;
use super::{KeyFilter, Progress, Vault};
use crate::audit::{Checkpoint, Event, Log};
use crate::clock::{Moment, wall_time};
use crate::error::{Error, Result};
use crate::key::{Actor, Key, KeyId, Revocation};

/// How to restore.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Restore {
    reapply: bool,
    another: bool,
    checkpoints: Vec<Checkpoint>,
}

/// What a restore did, and what was lost by it.
#[derive(Clone, Debug)]
pub struct RestoreReport {
    aside: Option<PathBuf>,
    missing: Vec<Key>,
    lost_keys: u64,
    reapplied: u64,
    lost_changes: Option<u64>,
}

impl Restore {
    /// Only puts the backup in the vault's place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Revokes again what the vault that is replaced had revoked and the backup hasn't.
    pub fn reapply_revocations(mut self) -> Self {
        self.reapply = true;
        self
    }

    /// Allows a backup of another vault.
    pub fn another_vault(mut self) -> Self {
        self.another = true;
        self
    }

    /// A checkpoint newer than the backup: by it the changes that are lost are counted, also where the old
    /// file is gone.
    pub fn checkpoints(mut self, kept: impl IntoIterator<Item = Checkpoint>) -> Self {
        self.checkpoints.extend(kept);
        self
    }
}

impl RestoreReport {
    /// Where the file that was replaced is kept.
    #[must_use]
    pub fn aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// The keys that the old file had revoked and the backup hasn't: unless they were revoked again, they are
    /// accepted now. Empty where the old file could not be read.
    #[must_use]
    pub fn missing_revocations(&self) -> &[Key] {
        &self.missing
    }

    /// How many of them were revoked again.
    #[must_use]
    pub fn reapplied(&self) -> u64 {
        self.reapplied
    }

    /// How many keys of the old file the backup doesn't know: they are unknown now.
    #[must_use]
    pub fn lost_keys(&self) -> u64 {
        self.lost_keys
    }

    /// How many changes the backup lacks, where the old file or a checkpoint tells.
    #[must_use]
    pub fn lost_changes(&self) -> Option<u64> {
        self.lost_changes
    }
}

impl VaultOptions {
    /// Puts a copy of `backup` in the place of the vault at `path`; the backup itself stays as it is. What was
    /// there is kept beside it as `NAME.before-restore-TIME`. Whoever looks at the path, also after a
    /// `kill -9`, sees the old vault or the restored one, whole.
    ///
    /// The restored vault has the event `vault.restored`. Without an old file it needs the folder only.
    ///
    /// # Errors
    ///
    /// `conflict` while a process has the vault open, or where the backup is another vault's; `damaged` where
    /// the backup is.
    pub fn restore(
        self,
        backup: impl AsRef<Path>,
        path: impl AsRef<Path>,
        restore: &Restore,
        progress: impl FnMut(Progress),
    ) -> Result<RestoreReport> {
        let path = path.as_ref();
        if keycask_sqlite::is_in_use(path) {
            return Err(in_use(path));
        }
        let source = self.clone().open(backup)?;
        if let Some(first) = source.check()?.findings().first() {
            return Err(Error::damaged(format!("restore: the backup is damaged: {}", first.message())));
        }
        let moment = Moment { at: wall_time(), from_clock: true };
        let stamp = moment.at.to_string().replace([':', '-', '.'], "");
        let old = self.clone().open(path).ok();
        check_same(&source, old.as_ref(), restore)?;
        let mut report = compare(&source, old.as_ref(), restore)?;
        drop(old);
        let draft = beside(path, &format!(".restoring-{stamp}"));
        let prepared = self.prepare(&source, path, &draft, restore, &mut report, progress);
        let aside = beside(path, &format!(".before-restore-{stamp}"));
        match prepared.and_then(|()| crate::store::replace(path, &draft, &aside)) {
            Ok(replaced) => report.aside = replaced.then_some(aside),
            Err(error) => {
                let _ = std::fs::remove_file(&draft);
                return Err(error);
            }
        }
        Ok(report)
    }

    /// Makes the file that takes the place: the copy, with what the restore adds to it.
    fn prepare(
        self,
        source: &Vault,
        path: &Path,
        draft: &Path,
        restore: &Restore,
        report: &mut RestoreReport,
        mut progress: impl FnMut(Progress),
    ) -> Result<()> {
        let permissions = self.permissions_of(path);
        let told = &mut |done, total| progress(Progress::new(done, total));
        source.store.copy_with(draft, permissions, told)?;
        let actor = self.actor.clone();
        let vault = self.open(draft)?;
        vault.change(vault.clock.now(), |change| {
            let (missing, lost_keys) = (report.missing.len() as u64, report.lost_keys);
            change.record(Event::VaultRestored { missing, lost_keys }, &actor)
        })?;
        if restore.reapply {
            for key in &report.missing {
                vault.revoke(key.id, again(key), &actor)?;
                report.reapplied += 1;
            }
        }
        Ok(())
    }

    /// Those of the file that is replaced, so that whoever could use it still can.
    fn permissions_of(&self, path: &Path) -> Permissions {
        use std::os::unix::fs::MetadataExt;
        match path.metadata() {
            Err(_) => self.permissions,
            Ok(file) => {
                let owner = owner_to_give(file.uid());
                Permissions { mode: file.mode() & 0o660 | 0o600, group: Some(file.gid()), owner }
            }
        }
    }
}

/// Only root may give a file away; for everybody else it is theirs already, or stays so.
fn owner_to_give(uid: u32) -> Option<u32> {
    keycask_sqlite::is_root().then_some(uid)
}

fn in_use(path: &Path) -> Error {
    Error::conflict(format!(
        "restore {}: it is in use; stop every process that uses it first",
        path.display()
    ))
}

fn check_same(source: &Vault, old: Option<&Vault>, restore: &Restore) -> Result<()> {
    match old {
        Some(old) if old.id() != source.id() && !restore.another => Err(Error::conflict(format!(
            "restore: the backup is of {}, and here is {}; say so if that is meant",
            source.id(),
            old.id()
        ))),
        _ => Ok(()),
    }
}

/// What the old file or a checkpoint knows and the backup doesn't.
fn compare(source: &Vault, old: Option<&Vault>, restore: &Restore) -> Result<RestoreReport> {
    let size = |vault: &Vault| vault.store.read(|snapshot| Ok(snapshot.log(Log::Changes)?.whole.size()));
    let has = size(source)?;
    let kept = restore.checkpoints.iter().filter(|kept| kept.is_of(source.id(), Log::Changes));
    let kept = kept.map(Checkpoint::size).max();
    let known = old.map(size).transpose()?.max(kept);
    let (missing, lost_keys) = old.map_or(Ok((Vec::new(), 0)), |old| missing(source, old))?;
    let lost_changes = known.map(|known| known.saturating_sub(has));
    Ok(RestoreReport { aside: None, missing, lost_keys, reapplied: 0, lost_changes })
}

fn missing(source: &Vault, old: &Vault) -> Result<(Vec<Key>, u64)> {
    let revoked = |key: Result<Key>| key.map(|key| (key.id, key.revoked.is_some()));
    let known: HashMap<KeyId, bool> = source.keys(KeyFilter::new())?.map(revoked).collect::<Result<_>>()?;
    let (mut missing, mut lost) = (Vec::new(), 0);
    for key in old.keys(KeyFilter::new())? {
        let key = key?;
        match known.get(&key.id) {
            None => lost += 1,
            Some(false) if key.revoked.is_some() => missing.push(key),
            Some(_) => {}
        }
    }
    Ok((missing, lost))
}

/// The revocation that a key had.
fn again(key: &Key) -> Revocation {
    let revocation = Revocation::new(key.revoked_reason().unwrap_or_default());
    match key.revoked_note() {
        Some(note) => revocation.note(note),
        None => revocation,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl Vault {
    /// [`VaultOptions::restore`] without options: puts a copy of `backup` in the place of the vault at `path`.
    pub fn restore(
        backup: impl AsRef<Path>,
        path: impl AsRef<Path>,
        restore: &Restore,
        actor: &Actor,
    ) -> Result<RestoreReport> {
        VaultOptions::new().actor(actor.clone()).restore(backup, path, restore, |_| ())
    }
}
