//! Issuing keys.

use std::time::SystemTime;

use super::Vault;
use crate::audit::Event;
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Actor, Draft, Idempotency, Issued, Key, NewKey};
use crate::policy::Policy;
use crate::secret::generate;
use crate::store::{Change, KeyQuery};

/// Keys that one call may create: they are one transaction.
const MAX_KEYS: usize = 100_000;

impl Vault {
    /// Issues a key. Its secret exists in the returned value and nowhere else.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// use keycask::{Actor, NewKey};
    ///
    /// let actor = Actor::new("alice")?;
    /// let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:read"), &actor)?;
    /// assert!(issued.secret().expose().starts_with("acme_live_"));
    /// assert_eq!(issued.key().owner(), "acct_42");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a field over its limit or against the policy; `conflict` where the owner has
    /// as many living keys as the policy allows.
    pub fn create_key(&self, key: NewKey, actor: &Actor) -> Result<Issued> {
        self.create_one(key, actor, self.clock.now())
    }

    /// [`create_key`](Self::create_key) as of `now`.
    pub fn create_key_at(&self, key: NewKey, actor: &Actor, now: SystemTime) -> Result<Issued> {
        self.create_one(key, actor, Moment::given(now)?)
    }

    /// Issues many keys, at most 100,000, in one transaction: all of them or none.
    pub fn create_keys(&self, keys: Vec<NewKey>, actor: &Actor) -> Result<Vec<Issued>> {
        self.create_many(keys, actor, self.clock.now())
    }

    /// [`create_keys`](Self::create_keys) as of `now`.
    pub fn create_keys_at(&self, keys: Vec<NewKey>, actor: &Actor, now: SystemTime) -> Result<Vec<Issued>> {
        self.create_many(keys, actor, Moment::given(now)?)
    }

    fn create_one(&self, key: NewKey, actor: &Actor, moment: Moment) -> Result<Issued> {
        let issued = self.create_many(vec![key], actor, moment)?.pop();
        issued.ok_or_else(|| Error::new(ErrorKind::Internal, "create a key: none was made"))
    }

    fn create_many(&self, keys: Vec<NewKey>, actor: &Actor, moment: Moment) -> Result<Vec<Issued>> {
        if keys.len() > MAX_KEYS {
            return Err(Error::invalid(format!(
                "keys: {} given, at most {MAX_KEYS} fit in one call",
                keys.len()
            )));
        }
        let draft = |key: NewKey| Ok((key.idempotency()?, key.check(moment.at)?));
        let drafts = keys.into_iter().map(draft).collect::<Result<Vec<_>>>()?;
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        self.change(moment, |change| {
            let policy = change.policy()?;
            let create_one = |(idempotency, draft): (Option<Idempotency>, Draft)| {
                let actor = actor.clone().with_request(idempotency.as_ref());
                if let Some(key) = change.answered(idempotency.as_ref())? {
                    return Ok(Issued::replay(key));
                }
                let issued = self.admit(change, draft, &policy, &actor)?;
                change.answer(idempotency.as_ref(), issued.key())?;
                Ok(issued)
            };
            drafts.into_iter().map(create_one).collect()
        })
    }

    /// Issues what the policy allows.
    fn admit(
        &self,
        change: &mut Change<'_>,
        mut draft: Draft,
        policy: &Policy,
        actor: &Actor,
    ) -> Result<Issued> {
        let now = change.moment().at;
        policy.check_prefix(&draft.prefix)?;
        draft.expires_at = policy.asked_expiry(draft.expires_at, now)?;
        draft.check_times(now)?;
        check_living_keys(change, &draft, policy)?;
        self.issue(change, draft, None, actor)
    }

    /// Draws the secret, inserts the key and records it.
    pub(super) fn issue(
        &self,
        change: &mut Change<'_>,
        draft: Draft,
        replaced: Option<&Key>,
        actor: &Actor,
    ) -> Result<Issued> {
        let secret = generate(&draft.prefix, draft.encoding)?;
        let mut key = draft.into_key(&secret, replaced, change.moment().at, actor)?;
        let (digest, pepper) = self.stored_form(change, &secret.digest())?;
        change.insert_key(&mut key, (&digest, pepper))?;
        change.record(Event::KeyCreated(&key), actor)?;
        Ok(Issued::new(key, secret))
    }
}

fn check_living_keys(change: &Change<'_>, draft: &Draft, policy: &Policy) -> Result<()> {
    let Some(limit) = policy.max_living_keys.filter(|_| !draft.owner.is_empty()) else { return Ok(()) };
    let now = change.moment().at;
    let keys = change.keys(&KeyQuery { owner: Some(draft.owner.clone()), after: 0, limit: usize::MAX })?;
    let living = keys.iter().filter(|key| key.successor.is_none() && key.state(now).is_living()).count();
    if living < limit as usize {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "create a key: its owner has {living} living keys, and the policy allows {limit}; revoke one first"
    )))
}
