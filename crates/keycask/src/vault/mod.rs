//! The vault: every verb, made of the pure rules of `key`, `policy` and `audit` and of the store.

mod backup;
mod check;
mod create;
mod deliver;
mod due;
mod erase;
mod import;
mod import_run;
mod list;
mod logs;
mod migrate;
mod notices;
mod open;
mod pepper;
mod prune;
mod restore;
mod revoke;
mod rotate;
mod search;
mod stats;
mod update;
mod verify;
mod window;

pub use backup::Progress;
pub use check::{CheckPart, CheckReport, Finding};
pub use deliver::NoticeClaim;
pub use due::{Due, DueReason};
pub use list::{ChangeFilter, KeyFilter, UseFilter};
pub use logs::{LogReport, LogsReport};
pub use migrate::Migration;
pub use notices::NoticeFilter;
pub use open::VaultOptions;
pub use restore::{Restore, RestoreReport};
pub use stats::{Busy, Stats};

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::audit::Event;
use crate::cache::Cache;
use crate::clock::{Clock, Moment, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Actor, Key, KeyId};
use crate::policy::Policy;
use crate::secret::Prefix;
use crate::store::{Change, Store};
use crate::uses::Uses;

/// A vault: the API keys of one API, in one SQLite file that the processes of a machine share.
///
/// A `Vault` is used from any number of threads. It holds no connection until it is used, and every verb
/// either answers from one consistent state of the file or fails with an [`Error`]. What verify remembers of the
/// file it answers only while no process has committed anything since: there is no time for which it is believed.
///
/// Verbs that depend on the time have a twin whose name ends in `_at` and that takes `now`.
pub struct Vault {
    store: Arc<Store>,
    cache: Arc<Cache>,
    clock: Arc<Clock>,
    uses: Uses,
    peppers: pepper::Peppers,
    busy: stats::BusyCounter,
    id: String,
    created_at: Timestamp,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("path", &self.path()).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Vault {
    /// Creates a vault at `path`, which must not exist: 0600 whatever the umask, atomically, with the
    /// actor `keycask`. [`VaultOptions`] has more to say.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        VaultOptions::new().create(path)
    }

    /// Opens the vault at `path`. A missing file is an error, never a new vault.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        VaultOptions::new().open(path)
    }

    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Closes the vault for this handle: what waits of the log of uses is written, calls in flight finish, later
    /// ones fail as `closed`. The last handle of a file in the process closes its connections. Dropping does the
    /// same; doing it twice does nothing.
    pub fn close(&self) {
        self.uses.close();
        self.store.close();
    }

    /// The vault's id, such as `vault_01kb8rdhz6f5sbtcbgh1rstvwx`; a backup keeps it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// When the vault was created.
    #[must_use]
    pub fn created_at(&self) -> SystemTime {
        self.created_at.into()
    }

    /// The time that the vault judges by: the wall clock, with a small step back absorbed.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.clock.now().at.into()
    }

    /// The policy.
    pub fn policy(&self) -> Result<Policy> {
        self.store.peek(|snapshot| snapshot.policy())
    }

    /// Sets the policy. It rules what is issued from now on; keys that exist stay as they are.
    pub fn set_policy(&self, policy: &Policy, actor: &Actor) -> Result<()> {
        self.update_policy(|current| policy.clone_into(current), actor).map(drop)
    }

    /// Changes some of the policy and returns it whole: in one transaction, so that two who change different
    /// parts of it at once both succeed.
    pub fn update_policy(&self, update: impl FnOnce(&mut Policy), actor: &Actor) -> Result<Policy> {
        self.change(self.clock.now(), |change| {
            let before = change.policy()?;
            let mut after = before.clone();
            update(&mut after);
            after.check()?;
            if before != after {
                change.set_policy(&after)?;
                let event = Event::PolicyChanged { before: before.to_json(), after: after.to_json() };
                change.record(event, actor)?;
            }
            Ok(after)
        })
    }

    /// The prefixes of the keys that were ever issued and those that the policy names, sorted: what a
    /// secret scanner must know.
    pub fn prefixes(&self) -> Result<Vec<Prefix>> {
        let mut prefixes = self.store.read(|snapshot| {
            let mut prefixes = snapshot.prefixes()?;
            prefixes.extend(snapshot.policy()?.prefixes);
            Ok(prefixes)
        })?;
        prefixes.sort_unstable();
        prefixes.dedup();
        Ok(prefixes)
    }

    /// Makes one change, and records a large step back of the clock with it.
    fn change<T>(&self, moment: Moment, make: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        let record = |mark| {
            self.store.change(moment, |change| {
                if let Some(mark) = mark {
                    change.record_regression(mark)?;
                }
                make(change)
            })
        };
        let result = if moment.from_clock { self.clock.reporting(record) } else { record(None) };
        self.busy.note(result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy));
        result
    }
}

fn not_found(id: KeyId) -> Error {
    Error::new(ErrorKind::NotFound, format!("find {id}: no key of this vault has this id"))
}

/// Refuses a verb on a key that is dead, and names the relatives that live.
fn check_living(change: &Change<'_>, key: &Key, verb: &str, now: Timestamp) -> Result<()> {
    let state = key.state(now);
    if state.is_living() {
        return Ok(());
    }
    let living: Vec<String> = change
        .relatives(key.lineage)?
        .iter()
        .filter(|relative| relative.state(now).is_living())
        .map(|relative| relative.id.to_string())
        .collect();
    let hint = match living.as_slice() {
        [] => "no relative of it lives; create a new key".to_owned(),
        living => format!("living relatives: {}", living.join(", ")),
    };
    Err(Error::conflict(format!("{verb} {}: it is {state} and stays so; {hint}", key.id)))
}
