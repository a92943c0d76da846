//! Changing a key that exists: its fields, and whether it is disabled.

use std::time::SystemTime;

use super::{Vault, check_living, not_found};
use crate::audit::Event;
use crate::clock::Moment;
use crate::error::Result;
use crate::key::{Actor, Key, KeyId, KeyUpdate};
use crate::store::Change;

impl Vault {
    /// Changes fields of a living key; the very next verify goes by them.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use keycask::{KeyUpdate, NewKey};
    ///
    /// let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:*"), &actor)?;
    /// let key = vault.update(issued.key().id(), &KeyUpdate::new().scopes(["reports:read"]), &actor)?;
    /// assert_eq!(key.scopes(), ["reports:read"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a field over its limit or against the policy; `conflict` for a dead key, whose
    /// expiry never moves, or a prefix that would change; `not_found`.
    pub fn update(&self, id: KeyId, update: &KeyUpdate, actor: &Actor) -> Result<Key> {
        self.update_in(id, update, actor, self.clock.now())
    }

    /// [`update`](Self::update) as of `now`.
    pub fn update_at(&self, id: KeyId, update: &KeyUpdate, actor: &Actor, now: SystemTime) -> Result<Key> {
        self.update_in(id, update, actor, Moment::given(now)?)
    }

    /// Disables a living key until somebody enables it. A running grace window ticks on.
    pub fn disable(&self, id: KeyId, actor: &Actor) -> Result<Key> {
        self.set_disabled(id, true, actor, self.clock.now())
    }

    /// [`disable`](Self::disable) as of `now`.
    pub fn disable_at(&self, id: KeyId, actor: &Actor, now: SystemTime) -> Result<Key> {
        self.set_disabled(id, true, actor, Moment::given(now)?)
    }

    /// Enables a disabled key.
    pub fn enable(&self, id: KeyId, actor: &Actor) -> Result<Key> {
        self.set_disabled(id, false, actor, self.clock.now())
    }

    /// [`enable`](Self::enable) as of `now`.
    pub fn enable_at(&self, id: KeyId, actor: &Actor, now: SystemTime) -> Result<Key> {
        self.set_disabled(id, false, actor, Moment::given(now)?)
    }

    fn update_in(&self, id: KeyId, update: &KeyUpdate, actor: &Actor, moment: Moment) -> Result<Key> {
        self.change(moment, |change| {
            let mut key = living(change, id, "update", moment)?;
            check_policy(change, &key, update)?;
            let fields = update.apply(&mut key, moment.at)?;
            if !fields.is_empty() {
                change.save_key(&key)?;
                change.record(Event::KeyUpdated { key: &key, fields }, actor)?;
            }
            Ok(key)
        })
    }

    fn set_disabled(&self, id: KeyId, disabled: bool, actor: &Actor, moment: Moment) -> Result<Key> {
        let verb = if disabled { "disable" } else { "enable" };
        self.change(moment, |change| {
            let mut key = living(change, id, verb, moment)?;
            if key.disabled != disabled {
                key.disabled = disabled;
                change.save_key(&key)?;
                let event = if disabled { Event::KeyDisabled(&key) } else { Event::KeyEnabled(&key) };
                change.record(event, actor)?;
            }
            Ok(key)
        })
    }
}

fn living(change: &Change<'_>, id: KeyId, verb: &str, moment: Moment) -> Result<Key> {
    let key = change.key(id)?.ok_or_else(|| not_found(id))?;
    check_living(change, &key, verb, moment.at)?;
    Ok(key)
}

/// A prefix that is asked for obeys the policy's list, and an expiry the policy's lifetime, counted from the key's creation.
fn check_policy(change: &Change<'_>, key: &Key, update: &KeyUpdate) -> Result<()> {
    let policy = change.policy()?;
    if let Some(prefix) = update.asked_prefix()? {
        policy.check_prefix(&prefix)?;
    }
    let Some(asked) = update.asked_expiry()? else { return Ok(()) };
    if asked.is_none() && policy.max_lifetime.is_some() {
        return Err(crate::Error::invalid("expires_at: the policy allows no key without an expiry"));
    }
    policy.asked_expiry(asked, key.created_at).map(drop)
}
