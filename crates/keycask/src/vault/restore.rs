//! Restore: a backup takes the vault's place, and what it doesn't know is told.

use std::path::{Path, PathBuf};

use super::open::VaultOptions;
use super::revoke::revoke;
use super::{Progress, Vault};
use crate::audit::{Checkpoint, Event, Log};
use crate::clock::{Moment, Timestamp, wall_time};
use crate::error::{Error, Result};
use crate::key::{Actor, Key, KeyState, Revocation};
use crate::store::{Change, KeyQuery, Place, Snapshot};

/// Keys of the old file that are fetched at a time.
const PAGE: usize = 500;

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
    old_logs: Vec<PathBuf>,
    compared: bool,
    fault: Option<String>,
    missing: Vec<Key>,
    accepted_again: Vec<Key>,
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

    /// The logs of a file that could not be read: renamed, so that nothing plays them back.
    #[must_use]
    pub fn old_logs(&self) -> &[PathBuf] {
        &self.old_logs
    }

    /// Whether there was an old file to compare the backup with, and it could be read. Where not, nobody knows
    /// which revocations were lost.
    #[must_use]
    pub fn compared(&self) -> bool {
        self.compared
    }

    /// Why the old file could not be read.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// The keys that the old file had revoked and the backup hasn't: unless they were revoked again, they may
    /// be accepted now. Empty where the two were not [`compared`](Self::compared).
    #[must_use]
    pub fn missing_revocations(&self) -> &[Key] {
        &self.missing
    }

    /// The keys that the old file refused for another reason (disabled, rotated out, expired), and that are
    /// accepted now; as in the old file.
    #[must_use]
    pub fn accepted_again(&self) -> &[Key] {
        &self.accepted_again
    }

    /// How many of the revocations were made again.
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
    /// `kill -9`, sees the old vault or the restored one, whole. Nobody can use the old one meanwhile.
    ///
    /// The restored vault has the event `vault.restored`. Without an old file it needs the folder only. No
    /// pepper is needed.
    ///
    /// # Errors
    ///
    /// `conflict` while a process has the vault open, or where the backup is another vault's; `not_a_vault`
    /// and `unsupported_version` where what is at `path` isn't for this library; `damaged` where the backup
    /// is, or where revocations are to be made again and the old file can't be read.
    pub fn restore(
        self,
        backup: impl AsRef<Path>,
        path: impl AsRef<Path>,
        restore: &Restore,
        mut progress: impl FnMut(Progress),
    ) -> Result<RestoreReport> {
        let source = self.open_unpeppered(backup.as_ref())?;
        check_source(&source, path.as_ref())?;
        let place = Place::take(path.as_ref(), self.permissions)?;
        let fault = check_place(&source, &place, restore)?;
        let moment = Moment { at: wall_time(), from_clock: true };
        let suffix = format!(".before-restore-{}", moment.at.to_string().replace([':', '-', '.'], ""));
        let told = &mut |done, total| progress(Progress::new(done, total));
        let (mut report, aside) = place.replace(&source.store, &suffix, moment, told, |change, old| {
            let mut report = compare(change, old, restore, source.id())?;
            report.fault = report.fault.or(fault);
            let missing = report.compared.then_some(report.missing.len() as u64);
            let lost_keys = report.compared.then_some(report.lost_keys);
            change.record(Event::VaultRestored { missing, lost_keys }, &self.actor)?;
            if restore.reapply {
                report.reapplied = reapply(change, &report.missing, &self.actor)?;
            }
            Ok(report)
        })?;
        (report.aside, report.old_logs) = (aside.file, aside.logs);
        Ok(report)
    }
}

fn check_source(source: &Vault, path: &Path) -> Result<()> {
    if path.canonicalize().is_ok_and(|path| path == source.path()) {
        return Err(Error::invalid("restore: the backup is the vault itself; name another file"));
    }
    match source.check()?.findings().first() {
        None => Ok(()),
        Some(first) => Err(Error::damaged(format!("restore: the backup is damaged: {}", first.message()))),
    }
}

/// Refuses to replace another vault, or what isn't one, unasked; why the old file can't be read, if it can't.
fn check_place(source: &Vault, place: &Place, restore: &Restore) -> Result<Option<String>> {
    match place.read(|old| old.identity()) {
        Ok(Some(old)) if old.id != source.id() && !restore.another => Err(Error::conflict(format!(
            "restore: the backup is of {}, and here is {}; say so if that is meant",
            source.id(),
            old.id
        ))),
        Ok(_) => Ok(None),
        Err(why) if place.is_foreign() && !restore.another => Err(why),
        Err(why) if restore.reapply => Err(unreadable(&why)),
        Err(why) => Ok(Some(why.to_string())),
    }
}

/// What the old file or a checkpoint knows and the backup, of which `new` is a copy, doesn't.
fn compare(
    new: &Change<'_>,
    old: Option<&Snapshot<'_>>,
    restore: &Restore,
    id: &str,
) -> Result<RestoreReport> {
    let kept = restore.checkpoints.iter().filter(|kept| kept.is_of(id, Log::Changes)).map(Checkpoint::size);
    let mut report = RestoreReport::empty();
    let mut known = kept.max();
    match old.map(|old| report.compare(old, new)).transpose() {
        Ok(size) => (report.compared, known) = (size.is_some(), known.max(size)),
        Err(why) if restore.reapply => return Err(unreadable(&why)),
        Err(why) => report = RestoreReport { fault: Some(why.to_string()), ..RestoreReport::empty() },
    }
    let has = size(new)?;
    report.lost_changes = known.map(|known| known.saturating_sub(has));
    Ok(report)
}

fn unreadable(why: &Error) -> Error {
    Error::damaged(format!(
        "restore: the old vault's revocations can't be made again, since it can't be read ({why}); restore without them"
    ))
}

fn size(snapshot: &Snapshot<'_>) -> Result<u64> {
    Ok(snapshot.log(Log::Changes)?.whole.size())
}

impl RestoreReport {
    fn empty() -> Self {
        Self {
            aside: None,
            old_logs: Vec::new(),
            compared: false,
            fault: None,
            missing: Vec::new(),
            accepted_again: Vec::new(),
            lost_keys: 0,
            reapplied: 0,
            lost_changes: None,
        }
    }

    /// Takes up what each key of the old vault tells; how many changes that had.
    fn compare(&mut self, old: &Snapshot<'_>, new: &Change<'_>) -> Result<u64> {
        let mut query = KeyQuery { owner: None, after: 0, limit: PAGE };
        loop {
            let page = old.keys(&query)?;
            let Some(last) = page.last() else { return size(old) };
            query.after = last.no.0;
            page.into_iter().try_for_each(|key| self.compare_key(key, new))?;
        }
    }

    fn compare_key(&mut self, old: Key, new: &Change<'_>) -> Result<()> {
        let now = new.moment().at;
        match new.key(old.id)? {
            None => self.lost_keys += 1,
            Some(new) if new.revoked.is_some() => {}
            Some(_) if old.revoked.is_some() => self.missing.push(old),
            Some(new) if is_accepted(&new, now) && !is_accepted(&old, now) => self.accepted_again.push(old),
            Some(_) => {}
        }
        Ok(())
    }
}

fn is_accepted(key: &Key, now: Timestamp) -> bool {
    matches!(key.state(now), KeyState::Active | KeyState::Superseded)
}

fn reapply(change: &mut Change<'_>, missing: &[Key], actor: &Actor) -> Result<u64> {
    for old in missing {
        if let Some(key) = change.key(old.id)? {
            revoke(change, key, &again(old), actor)?;
        }
    }
    Ok(missing.len() as u64)
}

/// The revocation that a key had.
fn again(key: &Key) -> Revocation {
    let revocation = Revocation::new(key.revoked_reason().unwrap_or_default());
    match key.revoked_note() {
        Some(note) => revocation.note(note),
        None => revocation,
    }
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
