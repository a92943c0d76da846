//! Changes of a key: its fields, disabling, revocation.

use keycask::{KeyId, Revocation};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use super::{Vault, keys};
use crate::convert::{By, Moment, Presented, Span, Texts, Word};
use crate::errors::raise;
use crate::fields::Field;
use crate::key::Key;
use crate::request::Updated;

#[pymethods]
impl Vault {
    /// Changes fields of a living key; the very next verify goes by them. What isn't named stays as it is, `None`
    /// clears. A `prefix` can be given to an imported key that has none.
    ///
    /// `InvalidArgumentError` for what breaks a limit or the policy; `ConflictError` for a dead key;
    /// `KeyNotFoundError`.
    #[pyo3(signature = (key_id, *, actor, prefix=Field::Left, name=Field::Left, scopes=Field::Left,
        metadata=Field::Left, notify_email=Field::Left, not_before=Field::Left, expires_at=Field::Left,
        rotate_after=Field::Left, now=None))]
    fn update(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        actor: By,
        prefix: Field<String>,
        name: Field<Option<String>>,
        scopes: Field<Texts<'_>>,
        metadata: Field<Option<Bound<'_, PyMapping>>>,
        notify_email: Field<Option<String>>,
        not_before: Field<Option<Moment>>,
        expires_at: Field<Option<Moment>>,
        rotate_after: Field<Option<Span>>,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let updated =
            Updated { prefix, name, scopes, metadata, notify_email, not_before, expires_at, rotate_after };
        let (id, update, actor) = (key_id.0, &updated.request()?, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.update(id, update, actor),
            |vault, now| vault.update_at(id, update, actor, now),
        )
    }

    /// Disables a living key until somebody enables it. A running grace window ticks on.
    #[pyo3(signature = (key_id, *, actor, now=None))]
    fn disable(&self, py: Python<'_>, key_id: Word<KeyId>, actor: By, now: Option<Moment>) -> PyResult<Key> {
        let (id, actor) = (key_id.0, &actor.0);
        self.key_at(py, now, |vault| vault.disable(id, actor), |vault, now| vault.disable_at(id, actor, now))
    }

    /// Enables a disabled key.
    #[pyo3(signature = (key_id, *, actor, now=None))]
    fn enable(&self, py: Python<'_>, key_id: Word<KeyId>, actor: By, now: Option<Moment>) -> PyResult<Key> {
        let (id, actor) = (key_id.0, &actor.0);
        self.key_at(py, now, |vault| vault.enable(id, actor), |vault, now| vault.enable_at(id, actor, now))
    }

    /// Revokes a key, for ever: the very next verify refuses it, in every process. Its relatives stay as they are. A
    /// key that is revoked already keeps its first reason.
    ///
    /// `reason` is `compromised`, `rotation_cancelled`, `owner_left`, `no_longer_used`, `policy` or `unspecified`;
    /// `note`, for the audit log, has at most 1 KiB.
    #[pyo3(signature = (key_id, *, actor, reason="unspecified", note=None, now=None))]
    fn revoke(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        actor: By,
        reason: &str,
        note: Option<String>,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let (id, how, actor) = (key_id.0, &revocation(reason, note)?, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.revoke(id, how.clone(), actor),
            |vault, now| vault.revoke_at(id, how.clone(), actor, now),
        )
    }

    /// Revokes the key whose secret is presented: whoever holds a leaked one may kill it. `KeyNotFoundError` where it
    /// belongs to no key.
    #[pyo3(signature = (presented, *, actor, reason="unspecified", note=None, now=None))]
    fn revoke_secret(
        &self,
        py: Python<'_>,
        presented: Presented<'_>,
        actor: By,
        reason: &str,
        note: Option<String>,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let (how, actor) = (&revocation(reason, note)?, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.revoke_secret(&presented, how.clone(), actor),
            |vault, now| vault.revoke_secret_at(&presented, how.clone(), actor, now),
        )
    }

    /// Revokes every key of an owner that isn't revoked yet, in one transaction, and returns those.
    /// `KeyNotFoundError` where the owner has no key at all.
    #[pyo3(signature = (owner, *, actor, reason="unspecified", note=None, now=None))]
    fn revoke_owner(
        &self,
        py: Python<'_>,
        owner: &str,
        actor: By,
        reason: &str,
        note: Option<String>,
        now: Option<Moment>,
    ) -> PyResult<Vec<Key>> {
        let (how, actor) = (&revocation(reason, note)?, &actor.0);
        let (revoked, at) = self.run_at(
            py,
            now,
            |vault| vault.revoke_owner(owner, how.clone(), actor),
            |vault, now| vault.revoke_owner_at(owner, how.clone(), actor, now),
        )?;
        Ok(keys(revoked, at))
    }
}

fn revocation(reason: &str, note: Option<String>) -> PyResult<Revocation> {
    let revocation = Revocation::new(reason.parse().map_err(raise)?);
    Ok(note.into_iter().fold(revocation, Revocation::note))
}
