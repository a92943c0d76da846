//! Upgrades: never by opening, always by somebody's word, a backup first.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::open::VaultOptions;
use crate::audit::Event;
use crate::clock::{Moment, wall_time};
use crate::error::Result;
use crate::schema::SCHEMA;
use crate::store::Store;

/// What an upgrade did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    from: i32,
    to: i32,
    backup: Option<PathBuf>,
}

impl Migration {
    /// The schema that the vault had.
    #[must_use]
    pub fn from(&self) -> i32 {
        self.from
    }

    /// The schema that it has.
    #[must_use]
    pub fn to(&self) -> i32 {
        self.to
    }

    /// The copy that was made before; `None` where there was nothing to upgrade, or none was wanted.
    #[must_use]
    pub fn backup(&self) -> Option<&Path> {
        self.backup.as_deref()
    }
}

impl VaultOptions {
    /// Upgrades the vault at `path` to this library's schema, one transaction a step, while other processes go
    /// on. Where there is something to upgrade a copy is made first, as `NAME.before-migrate-TIME` beside it,
    /// unless `backup` is false.
    ///
    /// Processes with an older library go on working where the upgrade allows it (`min_schema`); the others
    /// fail clearly from the next call on. A step that is killed is undone; run it again.
    pub fn migrate(self, path: impl AsRef<Path>, backup: bool) -> Result<Migration> {
        let path = path.as_ref();
        let moment = Moment { at: wall_time(), from_clock: true };
        let store = Store::open(path, self.busy_timeout)?;
        let from = store.schema()?;
        let mut migration = Migration { from, to: from, backup: None };
        if from >= SCHEMA {
            return Ok(migration);
        }
        if backup {
            let copy = copy_name(path, moment);
            store.copy_to(&copy, &mut |_, _| (), || Ok(()))?;
            migration.backup = Some(copy);
        }
        while migration.to < SCHEMA {
            let schema = migration.to;
            let name =
                migration.backup.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
            store.migrate_from(schema, moment, |change| {
                let event = Event::VaultMigrated { from: schema, to: schema + 1, backup: name.as_deref() };
                change.record(event, &self.actor)
            })?;
            migration.to = store.schema()?;
        }
        Ok(migration)
    }
}

fn copy_name(path: &Path, moment: Moment) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".before-migrate-{}", moment.at.to_string().replace([':', '-', '.'], "")));
    PathBuf::from(name)
}
