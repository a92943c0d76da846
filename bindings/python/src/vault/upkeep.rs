//! Looking after a vault: checks, copies, the logs, the pepper.

use std::path::PathBuf;

use keycask::{Actor, Checkpoint, NoteSigner, NoteVerifier, Pepper};
use pyo3::prelude::*;

use super::{Vault, keys};
use crate::convert::{By, Moment};
use crate::errors::raise;
use crate::key::Key;
use crate::report::{CheckReport, LogsReport};

#[pymethods]
impl Vault {
    /// Looks for damage, and changes nothing. With `deep` it looks at everything, both logs leaf by leaf.
    #[pyo3(signature = (*, deep=false))]
    fn check(&self, py: Python<'_>, deep: bool) -> PyResult<CheckReport> {
        self.run(py, |vault| if deep { vault.check_deep(|_| ()) } else { vault.check() }).map(CheckReport)
    }

    /// Returns when every use that was acknowledged so far is durable.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py, keycask::Vault::flush)
    }

    /// Copies the vault to `path`, which must not exist, as of one moment while every process goes on: mode 0600, under
    /// its name only when it is whole and synced. `ConflictError` where something is at the path. It changes no key, so
    /// that the actor may be left out: it is `keycask` then.
    #[pyo3(signature = (path, *, actor=None, now=None))]
    fn backup(&self, py: Python<'_>, path: PathBuf, actor: Option<By>, now: Option<Moment>) -> PyResult<()> {
        let (path, actor) = (&path, &actor.map_or_else(Actor::keycask, |By(actor)| actor));
        self.run_at(
            py,
            now,
            |vault| vault.backup(path, actor),
            |vault, now| vault.backup_at(path, actor, now),
        )
        .map(drop)
    }

    /// Prunes the uses that the policy no longer keeps, and returns how many there were.
    #[pyo3(signature = (*, actor, now=None))]
    fn prune(&self, py: Python<'_>, actor: By, now: Option<Moment>) -> PyResult<u64> {
        let actor = &actor.0;
        self.run_at(py, now, |vault| vault.prune(actor), |vault, now| vault.prune_at(actor, now))
            .map(|(pruned, _)| pruned)
    }

    /// Erases what names a person, as an actor and as an owner, from keys and the log of changes, whose roots stay as
    /// they were; returns how many changes were blanked. `ConflictError` while a key of theirs lives.
    #[pyo3(signature = (person, *, actor))]
    fn erase_person(&self, py: Python<'_>, person: &str, actor: By) -> PyResult<u64> {
        self.run(py, |vault| vault.erase_person(person, &actor.0))
    }

    /// The sizes and roots of both logs as of now, as notes to keep elsewhere: whoever holds them sees when a log is
    /// rewritten or cut. `signer` is the text of a signing key.
    #[pyo3(signature = (*, signer=None))]
    fn checkpoint(&self, py: Python<'_>, signer: Option<&str>) -> PyResult<String> {
        let signer = signer.map(NoteSigner::parse).transpose().map_err(raise)?;
        let kept = self.run(py, keycask::Vault::checkpoint)?;
        Ok(kept.iter().map(|checkpoint| checkpoint.to_note(signer.as_ref())).collect())
    }

    /// Recomputes both logs from their rows. `since` is the text of checkpoints that were kept: today's logs must begin
    /// with what each says. With `verifier`, the text of a public key, each must carry its signature.
    #[pyo3(signature = (*, since=None, verifier=None))]
    fn verify_logs(
        &self,
        py: Python<'_>,
        since: Option<&str>,
        verifier: Option<&str>,
    ) -> PyResult<LogsReport> {
        let kept = since.map(Checkpoint::parse_all).transpose().map_err(raise)?.unwrap_or_default();
        let verifier = verifier.map(NoteVerifier::parse).transpose().map_err(raise)?;
        self.run(py, |vault| vault.verify_logs_since(&kept, verifier.as_ref())).map(LogsReport)
    }

    /// Introduces a pepper of at least 32 bytes, or rotates to a new one; `False` where it is the current one already.
    /// Give it to every process first: one that doesn't have it fails from now on.
    #[pyo3(signature = (pepper, *, actor))]
    fn set_pepper(&self, py: Python<'_>, pepper: &[u8], actor: By) -> PyResult<bool> {
        let pepper = Pepper::new(pepper).map_err(raise)?;
        self.run(py, |vault| vault.set_pepper(pepper, &actor.0))
    }

    /// Retires every pepper but the current one. `ConflictError` while a living key is stored under one.
    #[pyo3(signature = (*, actor))]
    fn retire_pepper(&self, py: Python<'_>, actor: By) -> PyResult<()> {
        self.run(py, |vault| vault.retire_pepper(&actor.0))
    }

    /// The living keys that are still stored under a pepper before the current one.
    fn keys_on_retired_pepper(&self, py: Python<'_>) -> PyResult<Vec<Key>> {
        let found = self.run(py, keycask::Vault::keys_on_retired_pepper)?;
        Ok(keys(found, self.vault.now()))
    }
}
