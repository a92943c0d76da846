//! Issuing and rotating keys.

use keycask::{KeyId, Rotation};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use super::Vault;
use crate::convert::{By, Moment, Span, Texts, Word};
use crate::issued::Issued;
use crate::new_key::{Wanted, request_of, warn_of_vendor};

#[pymethods]
impl Vault {
    /// Issues a key. Its secret is in the answer, and nowhere else.
    ///
    /// `prefix` is 2 to 24 characters such as `acme_live`. `owner` is your own account id and `name` what people call
    /// the key, 256 bytes each; `scopes` are at most 64 of 64 bytes; `metadata` is an object of at most 4 KiB as JSON.
    /// `expires_at` or `expires_in` ends it, `rotate_after` says when it should be rotated. With `request_id` a repeat
    /// gets the same key, marked `replayed`, without the secret.
    ///
    /// `InvalidArgumentError` for what breaks a limit or the policy, `ConflictError` where the owner has as many living
    /// keys as the policy allows or the request id was used for another request. A `UserWarning` tells of a prefix that
    /// is another vendor's.
    #[pyo3(signature = (prefix, *, actor, owner=None, name=None, scopes=None, metadata=None,
        notify_email=None, not_before=None, expires_at=None, expires_in=None, rotate_after=None,
        encoding="base62", request_id=None, now=None))]
    fn create_key(
        &self,
        py: Python<'_>,
        prefix: &str,
        actor: By,
        owner: Option<String>,
        name: Option<String>,
        scopes: Option<Texts<'_>>,
        metadata: Option<Bound<'_, PyMapping>>,
        notify_email: Option<String>,
        not_before: Option<Moment>,
        expires_at: Option<Moment>,
        expires_in: Option<Span>,
        rotate_after: Option<Span>,
        encoding: &str,
        request_id: Option<String>,
        now: Option<Moment>,
    ) -> PyResult<Issued> {
        let wanted = Wanted {
            prefix,
            owner,
            name,
            scopes,
            metadata,
            notify_email,
            not_before,
            expires_at,
            expires_in,
            rotate_after,
            encoding,
            request_id,
        };
        let (key, actor) = (wanted.request()?, &actor.0);
        warn_of_vendor(py, prefix)?;
        let twin = key.clone();
        let (issued, at) = self.run_at(
            py,
            now,
            |vault| vault.create_key(key, actor),
            |vault, now| vault.create_key_at(twin, actor, now),
        )?;
        Ok(Issued::new(issued, at))
    }

    /// Issues many keys, at most 100,000, in one transaction: all of them or none. `keys` are `NewKey` objects, or
    /// mappings of their arguments.
    #[pyo3(signature = (keys, *, actor, now=None))]
    fn create_keys(
        &self,
        py: Python<'_>,
        keys: &Bound<'_, PyAny>,
        actor: By,
        now: Option<Moment>,
    ) -> PyResult<Vec<Issued>> {
        let keys = keys.try_iter()?.map(|item| request_of(&item?)).collect::<PyResult<Vec<_>>>()?;
        let (actor, now) = (&actor.0, now.map(|now| now.0));
        let (issued, at) = self.run_at(
            py,
            None,
            |vault| match now {
                None => vault.create_keys(keys, actor),
                Some(now) => vault.create_keys_at(keys, actor, now),
            },
            |_, _| Ok(Vec::new()),
        )?;
        let at = now.unwrap_or(at);
        Ok(issued.into_iter().map(|issued| Issued::new(issued, at)).collect())
    }

    /// Rotates a key: issues its successor, and the old one works beside it for `grace`, or where that is not given for
    /// as long as the policy says. With `emergency` every living relative is revoked as `compromised`, and there is no
    /// grace.
    ///
    /// `expires_at` is for the successor, which inherits it otherwise; `request_id` makes a repeat get the same key.
    /// `ConflictError` where the key was rotated already, is disabled (emergencies excepted) or dead;
    /// `InvalidArgumentError` for a grace outside the policy's bounds; `KeyNotFoundError`.
    #[pyo3(signature = (key_id, *, actor, grace=None, emergency=false, expires_at=None, request_id=None, now=None))]
    fn rotate(
        &self,
        py: Python<'_>,
        key_id: Word<KeyId>,
        actor: By,
        grace: Option<Span>,
        emergency: bool,
        expires_at: Option<Moment>,
        request_id: Option<String>,
        now: Option<Moment>,
    ) -> PyResult<Issued> {
        let mut rotation = if emergency { Rotation::emergency() } else { Rotation::planned() };
        rotation = grace.into_iter().fold(rotation, |rotation, Span(grace)| rotation.grace(grace));
        rotation = expires_at.into_iter().fold(rotation, |rotation, Moment(time)| rotation.expires_at(time));
        rotation = request_id.into_iter().fold(rotation, Rotation::request_id);
        let (id, actor, twin) = (key_id.0, &actor.0, rotation.clone());
        let (issued, at) = self.run_at(
            py,
            now,
            |vault| vault.rotate(id, rotation, actor),
            |vault, now| vault.rotate_at(id, twin, actor, now),
        )?;
        Ok(Issued::new(issued, at))
    }
}
