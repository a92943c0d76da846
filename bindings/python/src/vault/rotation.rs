//! A running rotation.

use keycask::KeyId;
use pyo3::prelude::*;

use super::Vault;
use crate::convert::{By, Moment, Span, Word};
use crate::key::Key;

#[pymethods]
impl Vault {
    /// Ends the grace window of a rotated key now; `key_id` is the old key's. `ConflictError` where no rotation of it
    /// runs, or its successor can't be used.
    #[pyo3(signature = (key_id, *, actor, now=None))]
    fn finish_rotation(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        actor: By,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let (id, actor) = (key_id.0, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.finish_rotation(id, actor),
            |vault, now| vault.finish_rotation_at(id, actor, now),
        )
    }

    /// Gives the client of a rotated key more time; `key_id` is the old key's, and `grace` counts from the rotation.
    #[pyo3(signature = (key_id, grace, *, actor, now=None))]
    fn extend_rotation(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        grace: Span,
        actor: By,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let (id, grace, actor) = (key_id.0, grace.0, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.extend_rotation(id, grace, actor),
            |vault, now| vault.extend_rotation_at(id, grace, actor, now),
        )
    }

    /// Undoes a running rotation; `key_id` is the old key's: the successor is revoked as `rotation_cancelled`, and the
    /// old key is whole again. With `force` also where the successor was used.
    #[pyo3(signature = (key_id, *, actor, force=false, now=None))]
    fn cancel_rotation(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        actor: By,
        force: bool,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let (id, actor) = (key_id.0, &actor.0);
        self.key_at(
            py,
            now,
            |vault| vault.cancel_rotation(id, force, actor),
            |vault, now| vault.cancel_rotation_at(id, force, actor, now),
        )
    }
}
