//! Backup: a consistent copy of a vault in use, which is a vault that opens as it is.

use std::path::Path;
use std::time::SystemTime;

use super::Vault;
use crate::audit::Event;
use crate::clock::Moment;
use crate::error::Result;
use crate::key::Actor;

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    done: u64,
    total: u64,
}

impl Progress {
    pub(super) fn new(done: u64, total: u64) -> Self {
        Self { done, total }
    }

    /// Pages of 4 KiB that were copied.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Pages there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }
}

impl Vault {
    /// Copies the vault to `path`, which must not exist, as of one moment while every process goes on: mode
    /// 0600, under its name only when it is whole and synced.
    ///
    /// The vault records `backup.made` with the file's name just before the copy appears: there is no copy that
    /// the log doesn't tell of. The copy itself, which is as of an earlier moment, doesn't have the event.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// # let path = folder.path().join("backup.db");
    /// vault.backup(&path, &actor)?;
    /// assert_eq!(keycask::Vault::open(&path)?.id(), vault.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `conflict` where something is at the path, and those of [`VaultOptions::create`](crate::VaultOptions::create).
    pub fn backup(&self, path: impl AsRef<Path>, actor: &Actor) -> Result<()> {
        self.backup_in(path.as_ref(), actor, &mut |_| (), self.clock.now())
    }

    /// [`backup`](Self::backup) as of `now`.
    pub fn backup_at(&self, path: impl AsRef<Path>, actor: &Actor, now: SystemTime) -> Result<()> {
        self.backup_in(path.as_ref(), actor, &mut |_| (), Moment::given(now)?)
    }

    /// [`backup`](Self::backup), telling how far it is.
    pub fn backup_with_progress(
        &self,
        path: impl AsRef<Path>,
        actor: &Actor,
        mut progress: impl FnMut(Progress),
    ) -> Result<()> {
        self.backup_in(path.as_ref(), actor, &mut progress, self.clock.now())
    }

    fn backup_in(
        &self,
        path: &Path,
        actor: &Actor,
        progress: &mut dyn FnMut(Progress),
        moment: Moment,
    ) -> Result<()> {
        self.uses.settle()?;
        let told = &mut |done, total| progress(Progress { done, total });
        self.store.copy_to(path, told, || {
            // The copy can have taken a while.
            let moment = if moment.from_clock { self.clock.now() } else { moment };
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            self.change(moment, |change| change.record(Event::BackupMade { file: &file }, actor))
        })
    }
}
