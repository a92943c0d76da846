//! Rotation, after the transition table of `docs/rotation.md`.

use std::time::SystemTime;

use super::{Vault, check_living, not_found};
use crate::audit::Event;
use crate::clock::{Moment, Timestamp};
use crate::error::{Error, Result};
use crate::key::{
    Actor, Asked, Draft, Grace, Issued, Key, KeyId, RevocationReason, Revoked, Rotation, Successor,
    check_rotatable,
};
use crate::notice::NewNotice;
use crate::store::Change;

impl Vault {
    /// Rotates a key: issues its successor and lets the old one work beside it until the grace window ends,
    /// or in an emergency not at all.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use std::time::Duration;
    ///
    /// use keycask::{NewKey, Request, Rotation};
    ///
    /// let old = vault.create_key(NewKey::new("acme_live").owner("acct_42"), &actor)?;
    /// let new = vault.rotate(old.key().id(), Rotation::planned().grace(Duration::from_secs(3600)), &actor)?;
    /// for secret in [old.secret(), new.secret()] {
    ///     assert_eq!(vault.verify(secret.expose(), &Request::new())?.outcome().as_str(), "valid");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `conflict` where the key was rotated already, is disabled (emergencies excepted), revoked, rotated out
    /// or expired; `invalid_argument` for a grace outside the policy's bounds; `not_found`.
    pub fn rotate(&self, id: KeyId, rotation: Rotation, actor: &Actor) -> Result<Issued> {
        self.rotate_in(id, rotation, actor, self.clock.now())
    }

    /// [`rotate`](Self::rotate) as of `now`.
    pub fn rotate_at(&self, id: KeyId, rotation: Rotation, actor: &Actor, now: SystemTime) -> Result<Issued> {
        self.rotate_in(id, rotation, actor, Moment::given(now)?)
    }

    fn rotate_in(&self, id: KeyId, rotation: Rotation, actor: &Actor, moment: Moment) -> Result<Issued> {
        let Asked { grace, expires_at, idempotency } = rotation.check(id)?;
        let actor = &actor.clone().with_request(idempotency.as_ref());
        self.change(moment, |change| {
            if let Some(key) = change.answered(idempotency.as_ref())? {
                return Ok(Issued::replay(key));
            }
            let old = change.key(id)?.ok_or_else(|| not_found(id))?;
            check_living(change, &old, "rotate", moment.at)?;
            let issued = match grace {
                Grace::Planned(asked) => {
                    check_rotatable(&old, moment.at)?;
                    let grace = change.policy()?.grace(asked)?;
                    let until = moment.at.saturating_add(grace);
                    self.planned(change, old, until, expires_at, actor)
                }
                Grace::None => self.emergency(change, &old, expires_at, actor),
            }?;
            change.answer(idempotency.as_ref(), issued.key())?;
            Ok(issued)
        })
    }

    fn planned(
        &self,
        change: &mut Change<'_>,
        mut old: Key,
        until: Timestamp,
        expires_at: Option<Timestamp>,
        actor: &Actor,
    ) -> Result<Issued> {
        let draft = successor_draft(change, &old, expires_at)?;
        let issued = self.issue(change, draft, Some(&old), actor)?;
        supersede(change, &mut old, issued.key().id(), until)?;
        let event = Event::KeyRotated { old: &old, successor: issued.key().id(), emergency: false };
        change.record(event, actor)?;
        change.notify(NewNotice::rotated(&old, change.moment().at))?;
        Ok(issued)
    }

    /// Revokes every living relative and issues one key, which takes over from the newest of the chain, so that
    /// the chain stays a line.
    fn emergency(
        &self,
        change: &mut Change<'_>,
        named: &Key,
        expires_at: Option<Timestamp>,
        actor: &Actor,
    ) -> Result<Issued> {
        let now = change.moment().at;
        let mut relatives = change.relatives(named.lineage)?;
        for relative in relatives.iter_mut().filter(|relative| relative.state(now).is_living()) {
            let revoked = Revoked {
                at: now,
                by: actor.name().to_owned(),
                reason: RevocationReason::Compromised,
                note: None,
            };
            relative.revoked = Some(revoked);
            change.save_key(relative)?;
            change.record(Event::KeyRevoked(relative), actor)?;
        }
        let mut draft = successor_draft(change, named, expires_at)?;
        draft.disabled = named.disabled;
        let tip = relatives.iter_mut().rev().find(|relative| is_tip(relative));
        let tip = tip.ok_or_else(|| Error::damaged("rotate: the key's chain of rotations has no end"))?;
        let issued = self.issue(change, draft, Some(tip), actor)?;
        supersede(change, tip, issued.key().id(), now)?;
        let event = Event::KeyRotated { old: tip, successor: issued.key().id(), emergency: true };
        change.record(event, actor)?;
        change.notify(NewNotice::emergency_rotated(named, issued.key().id(), now))?;
        Ok(issued)
    }
}

/// The end of the chain: without a successor, and not the remains of a cancelled rotation.
fn is_tip(key: &Key) -> bool {
    key.successor.is_none() && !key.cancelled
}

fn successor_draft(change: &Change<'_>, old: &Key, expires_at: Option<Timestamp>) -> Result<Draft> {
    let now = change.moment().at;
    let policy = change.policy()?;
    let mut draft = Draft::successor(old, now)?;
    draft.expires_at = match expires_at {
        Some(asked) => policy.asked_expiry(Some(asked), now)?,
        None => policy.inherited_expiry(draft.expires_at, now),
    };
    draft.check_times(now)?;
    Ok(draft)
}

/// Ends the old key's time at `until`, but never later than its own expiry.
fn supersede(change: &mut Change<'_>, old: &mut Key, successor: KeyId, until: Timestamp) -> Result<()> {
    let grace_until = old.expires_at.map_or(until, |end| until.min(end));
    old.successor = Some(Successor { id: successor, grace_until });
    change.save_key(old)
}
