//! The place of a vault that is about to be replaced by a copy of another.

use std::path::Path;

use keycask_sqlite::{Held, OpenError, Permissions, SetAside};
use rusqlite::TransactionBehavior;

use super::write::transact;
use super::{Change, STATEMENTS, Snapshot, Store};
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::schema::FORMAT;

/// The place, held so that nobody can have the vault there open until this is dropped.
pub(crate) struct Place {
    held: Held,
}

impl Place {
    pub(crate) fn take(path: &Path, permissions: Permissions) -> Result<Self> {
        let held = Held::take(path, FORMAT, permissions).map_err(as_restore)?;
        Ok(Self { held })
    }

    /// Whether what is there is whole, but not for this library: another application's, or newer.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self.held.old(), Err(OpenError::Foreign(..) | OpenError::Newer { .. }))
    }

    /// Reads the vault that is there; `None` where there is none. An error where it can't be read.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<Option<T>> {
        match self.held.old() {
            Ok(None) => Ok(None),
            Ok(Some(db)) => {
                db.set_prepared_statement_cache_capacity(STATEMENTS);
                read(&Snapshot { db }).map(Some)
            }
            Err(why) => Err(Error::from(why).rename("open vault", "restore vault")),
        }
    }

    /// Puts a copy of `source`, with the change that `make` makes to it, into the place. What was there is
    /// kept under its name and `suffix`. `make` gets the old vault as well, where it can be read.
    pub(crate) fn replace<T>(
        self,
        source: &Store,
        suffix: &str,
        moment: Moment,
        progress: &mut dyn FnMut(u64, u64),
        make: impl FnOnce(&mut Change<'_>, Option<&Snapshot<'_>>) -> Result<T>,
    ) -> Result<(T, SetAside)> {
        let pass = keycask_sqlite::enter()?;
        let mut source = source.guarded(|_| source.handle.once(&pass, || source.connect()))?;
        let replaced = self.held.replace(&mut source, suffix, progress, |new, old| {
            new.set_prepared_statement_cache_capacity(STATEMENTS);
            let old = old.map(|db| Snapshot { db });
            let tx = new.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transact(tx, moment, |change| make(change, old.as_ref()))
        });
        replaced.map_err(|error: Error| error.rename("open vault", "restore vault"))
    }
}

fn as_restore(error: OpenError) -> Error {
    Error::from(error).rename("open vault", "restore vault")
}
