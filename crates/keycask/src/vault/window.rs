//! A running rotation: finished early, extended, or undone.

use std::time::{Duration, SystemTime};

use super::{Vault, check_living, not_found};
use crate::audit::Event;
use crate::clock::{Moment, Timestamp};
use crate::error::{Error, Result};
use crate::key::{Actor, Key, KeyId, KeyState, RevocationReason, Revoked, Successor};
use crate::notice::NewNotice;
use crate::policy::UseMode;
use crate::store::Change;

impl Vault {
    /// Ends the grace window of a rotated key now. On a key that is rotated out already it does nothing.
    ///
    /// # Errors
    ///
    /// `conflict` where no rotation of the key runs, or where its successor can't be used: ending the window
    /// would lock the client out.
    pub fn finish_rotation(&self, old: KeyId, actor: &Actor) -> Result<Key> {
        self.finish_in(old, actor, self.clock.now())
    }

    /// [`finish_rotation`](Self::finish_rotation) as of `now`.
    pub fn finish_rotation_at(&self, old: KeyId, actor: &Actor, now: SystemTime) -> Result<Key> {
        self.finish_in(old, actor, Moment::given(now)?)
    }

    /// Gives the client of a rotated key more time: `grace` counts from the rotation, as it did there.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a grace over the policy's maximum; `conflict` where no rotation of the key runs,
    /// where the window would end no later than now, or past the key's own expiry, or where its successor
    /// can't be used.
    pub fn extend_rotation(&self, old: KeyId, grace: Duration, actor: &Actor) -> Result<Key> {
        self.extend_in(old, grace, actor, self.clock.now())
    }

    /// [`extend_rotation`](Self::extend_rotation) as of `now`.
    pub fn extend_rotation_at(
        &self,
        old: KeyId,
        grace: Duration,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<Key> {
        self.extend_in(old, grace, actor, Moment::given(now)?)
    }

    /// Undoes a running rotation: the successor is revoked as `rotation_cancelled`, and the old key is whole
    /// again. With `force` also where the successor was used.
    ///
    /// # Errors
    ///
    /// `conflict` where no rotation of the key runs, where the successor was itself rotated, or, without
    /// `force`, where it was used; with uses switched off nobody knows, and that counts as used.
    pub fn cancel_rotation(&self, old: KeyId, force: bool, actor: &Actor) -> Result<Key> {
        self.cancel_in(old, force, actor, self.clock.now())
    }

    /// [`cancel_rotation`](Self::cancel_rotation) as of `now`.
    pub fn cancel_rotation_at(&self, old: KeyId, force: bool, actor: &Actor, now: SystemTime) -> Result<Key> {
        self.cancel_in(old, force, actor, Moment::given(now)?)
    }

    fn finish_in(&self, old: KeyId, actor: &Actor, moment: Moment) -> Result<Key> {
        self.change(moment, |change| {
            let key = change.key(old)?.ok_or_else(|| not_found(old))?;
            if key.state(moment.at) == KeyState::RotatedOut {
                return Ok(key);
            }
            let mut window = Window::of(change, key, "finish the rotation of")?;
            window.check_usable(change, "finish the rotation of")?;
            window.old.successor = Some(Successor { grace_until: moment.at, ..window.successor });
            change.save_key(&window.old)?;
            change.record(Event::RotationFinished(&window.old), actor)?;
            Ok(window.old)
        })
    }

    fn extend_in(&self, old: KeyId, grace: Duration, actor: &Actor, moment: Moment) -> Result<Key> {
        self.change(moment, |change| {
            let key = change.key(old)?.ok_or_else(|| not_found(old))?;
            let mut window = Window::of(change, key, "extend the rotation of")?;
            window.check_usable(change, "extend the rotation of")?;
            change.policy()?.grace(Some(grace))?;
            let until = window.new.created_at.saturating_add(grace);
            window.check_later(until)?;
            window.old.successor = Some(Successor { grace_until: until, ..window.successor });
            change.save_key(&window.old)?;
            change.record(Event::RotationExtended(&window.old), actor)?;
            Ok(window.old)
        })
    }

    fn cancel_in(&self, old: KeyId, force: bool, actor: &Actor, moment: Moment) -> Result<Key> {
        self.uses.settle()?;
        self.change(moment, |change| {
            let key = change.key(old)?.ok_or_else(|| not_found(old))?;
            let mut window = Window::of(change, key, "cancel the rotation of")?;
            window.check_cancellable(change, force)?;
            window.new.cancelled = true;
            let revoked_now = window.new.revoked.is_none();
            window.new.revoked.get_or_insert_with(|| Revoked {
                at: moment.at,
                by: actor.name().to_owned(),
                reason: RevocationReason::RotationCancelled,
                note: None,
            });
            window.old.successor = None;
            change.save_key(&window.new)?;
            change.save_key(&window.old)?;
            change.record(Event::RotationCancelled { old: &window.old, successor: window.new.id }, actor)?;
            if revoked_now {
                change.record(Event::KeyRevoked(&window.new), actor)?;
                change.notify(NewNotice::revoked(&window.new, moment.at))?;
            }
            Ok(window.old)
        })
    }
}

/// A rotation whose grace window runs.
struct Window {
    old: Key,
    new: Key,
    successor: Successor,
}

impl Window {
    /// Refuses a dead key, and one that isn't being rotated.
    fn of(change: &Change<'_>, old: Key, verb: &str) -> Result<Self> {
        check_living(change, &old, verb, change.moment().at)?;
        let successor = old
            .successor
            .ok_or_else(|| Error::conflict(format!("{verb} {}: no rotation of it runs", old.id)))?;
        let new = change
            .key(successor.id)?
            .ok_or_else(|| Error::damaged(format!("{verb} {}: its successor is missing", old.id)))?;
        Ok(Self { old, new, successor })
    }

    /// Refuses where nobody could take over: the successor, or its own successor where it was rotated out.
    fn check_usable(&self, change: &Change<'_>, verb: &str) -> Result<()> {
        let now = change.moment().at;
        let mut new = self.new.clone();
        while new.state(now) == KeyState::RotatedOut {
            let next = new.successor.map(|next| change.key(next.id)).transpose()?.flatten();
            new =
                next.ok_or_else(|| Error::damaged(format!("{verb} {}: its chain is broken", self.old.id)))?;
        }
        match new.state(now) {
            KeyState::Active | KeyState::Superseded => Ok(()),
            state => Err(Error::conflict(format!(
                "{verb} {}: its successor {} is {state} and can't be used; cancel the rotation instead",
                self.old.id, new.id
            ))),
        }
    }

    fn check_later(&self, until: Timestamp) -> Result<()> {
        let now = self.successor.grace_until;
        if until <= now {
            return Err(Error::conflict(format!(
                "extend the rotation of {}: it runs until {now}, which is no earlier than {until}; to end it sooner, finish it",
                self.old.id
            )));
        }
        match self.old.expires_at {
            Some(end) if until > end => Err(Error::conflict(format!(
                "extend the rotation of {}: the key itself expires at {end}",
                self.old.id
            ))),
            _ => Ok(()),
        }
    }

    fn check_cancellable(&self, change: &Change<'_>, force: bool) -> Result<()> {
        let refuse = |why: String| {
            Err(Error::conflict(format!(
                "cancel the rotation of {}: its successor {} {why}",
                self.old.id, self.new.id
            )))
        };
        if let Some(next) = self.new.successor {
            return refuse(format!("was itself rotated, to {}", next.id));
        }
        if force {
            return Ok(());
        }
        if change.policy()?.use_mode == UseMode::Off {
            return refuse(
                "may have been used: uses are not recorded; cancel with force if you know better".into(),
            );
        }
        if change.was_used(self.new.no)? {
            return refuse("was used; cancel with force to lock its client out".into());
        }
        Ok(())
    }
}
