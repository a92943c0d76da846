//! Verbs on a vault's place rather than on an open vault, and on text.

use std::path::PathBuf;
use std::time::SystemTime;

use keycask::{Checkpoint, Restore, VaultOptions};
use pyo3::prelude::*;

use crate::convert::By;
use crate::errors::{raise, run};
use crate::key::Key;
use crate::report::py_bool;

/// Masks every secret of keycask's form in a text: its prefix and first eight random characters stay, `…` stands
/// for the rest. Keys of other systems that were imported aren't recognised.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub(crate) fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    keycask::redact(text)
}

/// What an upgrade did.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Migration(keycask::Migration);

#[pymethods]
impl Migration {
    /// The schema that the vault had.
    #[getter]
    #[allow(clippy::wrong_self_convention, reason = "a property of that name")]
    fn from_schema(&self) -> i32 {
        self.0.from()
    }

    /// The schema that it has.
    #[getter]
    fn to_schema(&self) -> i32 {
        self.0.to()
    }

    /// The copy that was made before; `None` where there was nothing to upgrade, or none was wanted.
    #[getter]
    fn backup(&self) -> Option<PathBuf> {
        self.0.backup().map(PathBuf::from)
    }

    fn __repr__(&self) -> String {
        format!("<Migration from schema {} to {}>", self.0.from(), self.0.to())
    }
}

/// Upgrades the vault at `path` to this library's schema, while other processes go on. Where there is something to
/// upgrade a copy is made first, beside it, unless `backup` is false.
#[pyfunction]
#[pyo3(signature = (path, *, backup=true, actor=None))]
pub(crate) fn migrate(py: Python<'_>, path: PathBuf, backup: bool, actor: Option<By>) -> PyResult<Migration> {
    let options = actor.into_iter().fold(VaultOptions::new(), |options, By(actor)| options.actor(actor));
    run(py, || options.migrate(path, backup)).map(Migration)
}

/// What a restore did, and what was lost by it.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct RestoreReport {
    report: keycask::RestoreReport,
    at: SystemTime,
}

#[pymethods]
impl RestoreReport {
    /// Where the file that was replaced is kept.
    #[getter]
    fn aside(&self) -> Option<PathBuf> {
        self.report.aside().map(PathBuf::from)
    }

    /// The logs of a file that could not be read: renamed, so that nothing plays them back.
    #[getter]
    fn old_logs(&self) -> Vec<PathBuf> {
        self.report.old_logs().to_vec()
    }

    /// Whether there was an old file to compare the backup with. Where not, nobody knows which revocations were
    /// lost.
    #[getter]
    fn compared(&self) -> bool {
        self.report.compared()
    }

    /// Why the old file could not be read.
    #[getter]
    fn fault(&self) -> Option<&str> {
        self.report.fault()
    }

    /// The keys that the old file had revoked and the backup hasn't.
    #[getter]
    fn missing_revocations(&self) -> Vec<Key> {
        self.keys(self.report.missing_revocations())
    }

    /// The keys that the old file refused for another reason, and that are accepted now.
    #[getter]
    fn accepted_again(&self) -> Vec<Key> {
        self.keys(self.report.accepted_again())
    }

    /// How many of the revocations were made again.
    #[getter]
    fn reapplied(&self) -> u64 {
        self.report.reapplied()
    }

    /// How many keys of the old file the backup doesn't know.
    #[getter]
    fn lost_keys(&self) -> u64 {
        self.report.lost_keys()
    }

    /// How many changes the backup lacks, where the old file or a checkpoint tells.
    #[getter]
    fn lost_changes(&self) -> Option<u64> {
        self.report.lost_changes()
    }

    fn __repr__(&self) -> String {
        let (compared, missing) = (self.report.compared(), self.report.missing_revocations().len());
        format!("<RestoreReport compared={} missing_revocations={missing}>", py_bool(compared))
    }
}

impl RestoreReport {
    fn keys(&self, keys: &[keycask::Key]) -> Vec<Key> {
        keys.iter().map(|key| Key::new(key.clone(), self.at)).collect()
    }
}

/// Puts a copy of `backup` in the place of the vault at `path`; the backup stays as it is, and what was there is
/// kept beside it. Nobody may have the vault open.
///
/// `reapply_revocations` revokes again what the replaced vault had revoked; `another_vault` allows a backup of
/// another vault; `checkpoints` is the text of checkpoints newer than the backup, by which lost changes are counted.
/// `ConflictError` while a process has the vault open.
#[pyfunction]
#[pyo3(signature = (backup, path, *, actor, reapply_revocations=false, another_vault=false, checkpoints=None))]
pub(crate) fn restore(
    py: Python<'_>,
    backup: PathBuf,
    path: PathBuf,
    actor: By,
    reapply_revocations: bool,
    another_vault: bool,
    checkpoints: Option<&str>,
) -> PyResult<RestoreReport> {
    let mut how = Restore::new();
    if reapply_revocations {
        how = how.reapply_revocations();
    }
    if another_vault {
        how = how.another_vault();
    }
    if let Some(text) = checkpoints {
        how = how.checkpoints(Checkpoint::parse_all(text).map_err(raise)?);
    }
    let report = run(py, || keycask::Vault::restore(backup, path, &how, &actor.0))?;
    Ok(RestoreReport { report, at: now() })
}

/// When the keys of a report were read: no open vault can tell the time here.
#[allow(clippy::disallowed_methods, reason = "nothing is judged by it; it is what `Key.state` is as of")]
fn now() -> SystemTime {
    SystemTime::now()
}
