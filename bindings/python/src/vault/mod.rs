//! The vault, its methods by topic.

mod change;
mod import;
mod issue;
mod list;
mod notices;
mod open;
mod question;
mod rotation;
mod upkeep;
mod verify;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use pyo3::prelude::*;

use crate::convert::Moment;
use crate::errors::{run, run_attached};
use crate::key::Key;

/// A vault: the API keys of one API, in one SQLite file that the processes of a machine share.
///
/// `Vault(path)` opens the vault at `path`; with `create=True` it creates one where there is none. `":memory:"` with
/// `create=True` is a new vault in memory. Opening checks the file, and holds no connection and no thread until the
/// vault is used, so that it may stand before a fork. Any number of threads may use one vault.
///
/// `pepper` is the secret, or the secrets, of at least 32 bytes under which the digests are stored. `busy_timeout` is
/// how long a change waits for other writers, five seconds where it isn't given. `mode`, `group` (a number) and `actor` count where a vault is created;
/// a mode is kept whatever the umask.
///
/// Methods that depend on the time take `now`, an aware datetime, for tests. Failures are `VaultError`s; bad
/// arguments are `TypeError` and `InvalidArgumentError`, which is a `ValueError`.
///
/// >>> import keycask
/// >>> with keycask.Vault(":memory:", create=True) as vault:
/// ...     issued = vault.create_key("acme_live", owner="acct_42", scopes=["reports:read"], actor="alice")
/// ...     key = vault.verify(issued.secret, scopes=["reports:read"], prefix="acme_live")
/// ...     key.owner
/// 'acct_42'
#[pyclass(frozen, subclass, weakref, module = "keycask")]
pub(crate) struct Vault {
    vault: Arc<keycask::Vault>,
    closed: AtomicBool,
}

impl Vault {
    /// Runs a verb that has a twin for a time that was given; the moment that its answer is as of comes along.
    fn run_at<T: Send>(
        &self,
        py: Python<'_>,
        now: Option<Moment>,
        verb: impl FnOnce(&keycask::Vault) -> keycask::Result<T> + Send,
        verb_at: impl FnOnce(&keycask::Vault, SystemTime) -> keycask::Result<T> + Send,
    ) -> PyResult<(T, SystemTime)> {
        let vault = &*self.vault;
        run(py, || match now {
            None => verb(vault).map(|answer| (answer, vault.now())),
            Some(Moment(now)) => verb_at(vault, now).map(|answer| (answer, now)),
        })
    }

    /// The same for a verb that answers with a key.
    fn key_at(
        &self,
        py: Python<'_>,
        now: Option<Moment>,
        verb: impl FnOnce(&keycask::Vault) -> keycask::Result<keycask::Key> + Send,
        verb_at: impl FnOnce(&keycask::Vault, SystemTime) -> keycask::Result<keycask::Key> + Send,
    ) -> PyResult<Key> {
        let (key, at) = self.run_at(py, now, verb, verb_at)?;
        Ok(Key::new(key, at))
    }

    /// Runs a verb that may answer without the file, and does so while the interpreter is held.
    fn run_attached<T>(
        &self,
        verb: impl FnOnce(&keycask::Vault) -> Option<(keycask::Result<T>, SystemTime)>,
    ) -> PyResult<Option<(T, SystemTime)>> {
        run_attached(|| match verb(&self.vault) {
            Some((answer, at)) => answer.map(|answer| Some((answer, at))),
            None => Ok(None),
        })
    }

    /// Runs a verb that has no twin.
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        verb: impl FnOnce(&keycask::Vault) -> keycask::Result<T> + Send,
    ) -> PyResult<T> {
        run(py, || verb(&self.vault))
    }

    /// The time that the vault judges by, where none was given.
    fn time(&self, now: Option<Moment>) -> SystemTime {
        now.map_or_else(|| self.vault.now(), |now| now.0)
    }
}

fn keys(keys: Vec<keycask::Key>, at: SystemTime) -> Vec<Key> {
    keys.into_iter().map(|key| Key::new(key, at)).collect()
}
