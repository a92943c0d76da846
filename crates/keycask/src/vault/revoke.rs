//! Revocation: by id, by owner, by whoever holds the secret.

use std::time::SystemTime;

use super::search::Searched;
use super::{Vault, not_found};
use crate::audit::Event;
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Actor, Key, KeyId, Revocation, Revoked};
use crate::notice::NewNotice;
use crate::store::{Change, KeyQuery};

impl Vault {
    /// Revokes a key, for ever: the very next verify refuses it, in every process. Its relatives stay as
    /// they are. A key that is revoked already keeps its first reason, and nothing is recorded.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use keycask::{NewKey, Request, RevocationReason};
    ///
    /// let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42"), &actor)?;
    /// vault.revoke(issued.key().id(), RevocationReason::Compromised, &actor)?;
    /// let verdict = vault.verify(issued.secret().expose(), &Request::new())?;
    /// assert_eq!(verdict.outcome().as_str(), "revoked");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revoke(&self, id: KeyId, revocation: impl Into<Revocation>, actor: &Actor) -> Result<Key> {
        self.revoke_in(id, &revocation.into(), actor, self.clock.now())
    }

    /// [`revoke`](Self::revoke) as of `now`.
    pub fn revoke_at(
        &self,
        id: KeyId,
        revocation: impl Into<Revocation>,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<Key> {
        self.revoke_in(id, &revocation.into(), actor, Moment::given(now)?)
    }

    /// Revokes all keys of an owner in one transaction, and returns those that were not revoked before.
    ///
    /// # Errors
    ///
    /// `not_found` where the owner has no key at all: a misspelt owner must not look like a success.
    pub fn revoke_owner(
        &self,
        owner: &str,
        revocation: impl Into<Revocation>,
        actor: &Actor,
    ) -> Result<Vec<Key>> {
        self.revoke_owner_in(owner, &revocation.into(), actor, self.clock.now())
    }

    /// [`revoke_owner`](Self::revoke_owner) as of `now`.
    pub fn revoke_owner_at(
        &self,
        owner: &str,
        revocation: impl Into<Revocation>,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<Vec<Key>> {
        self.revoke_owner_in(owner, &revocation.into(), actor, Moment::given(now)?)
    }

    /// Revokes the key of a secret: whoever holds a leaked secret may kill it.
    ///
    /// # Errors
    ///
    /// `not_found` where the secret is malformed or unknown.
    pub fn revoke_secret(
        &self,
        presented: impl AsRef<[u8]>,
        revocation: impl Into<Revocation>,
        actor: &Actor,
    ) -> Result<Key> {
        self.revoke_secret_in(presented.as_ref(), &revocation.into(), actor, self.clock.now())
    }

    /// [`revoke_secret`](Self::revoke_secret) as of `now`.
    pub fn revoke_secret_at(
        &self,
        presented: impl AsRef<[u8]>,
        revocation: impl Into<Revocation>,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<Key> {
        self.revoke_secret_in(presented.as_ref(), &revocation.into(), actor, Moment::given(now)?)
    }

    fn revoke_in(&self, id: KeyId, revocation: &Revocation, actor: &Actor, moment: Moment) -> Result<Key> {
        revocation.check()?;
        self.change(moment, |change| {
            let key = change.key(id)?.ok_or_else(|| not_found(id))?;
            revoke(change, key, revocation, actor)
        })
    }

    fn revoke_secret_in(
        &self,
        presented: &[u8],
        revocation: &Revocation,
        actor: &Actor,
        moment: Moment,
    ) -> Result<Key> {
        revocation.check()?;
        match self.search(presented)? {
            Searched::Known(known) => self.revoke_in(known.key.id, revocation, actor, moment),
            Searched::Stranger(..) => {
                Err(Error::new(ErrorKind::NotFound, "revoke a secret: it belongs to no key of this vault"))
            }
        }
    }

    fn revoke_owner_in(
        &self,
        owner: &str,
        revocation: &Revocation,
        actor: &Actor,
        moment: Moment,
    ) -> Result<Vec<Key>> {
        revocation.check()?;
        self.change(moment, |change| {
            let keys =
                change.keys(&KeyQuery { owner: Some(owner.to_owned()), after: 0, limit: usize::MAX })?;
            if keys.is_empty() {
                return Err(Error::new(ErrorKind::NotFound, "revoke an owner's keys: the owner has none"));
            }
            let living = keys.into_iter().filter(|key| key.revoked.is_none());
            living.map(|key| revoke(change, key, revocation, actor)).collect()
        })
    }
}

pub(super) fn revoke(
    change: &mut Change<'_>,
    mut key: Key,
    revocation: &Revocation,
    actor: &Actor,
) -> Result<Key> {
    if key.revoked.is_some() {
        return Ok(key);
    }
    let at = change.moment().at;
    let (reason, note) = (revocation.reason, revocation.note.clone());
    key.revoked = Some(Revoked { at, by: actor.name().to_owned(), reason, note });
    change.save_key(&key)?;
    change.record(Event::KeyRevoked(&key), actor)?;
    change.notify(NewNotice::revoked(&key, at))?;
    Ok(key)
}
