//! The vault's pepper: introduced, rotated, retired; and the digest that a secret has under it.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Vault;
use super::search::Known;
use crate::audit::Event;
use crate::clock::{Moment, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Actor, Key};
use crate::secret::{Digest, Pepper};
use crate::store::{Change, Found, Generation, Snapshot};

/// The peppers that the caller gave, matched with the generations that the vault knows.
pub(super) struct Peppers {
    given: ArcSwap<Matched>,
}

#[derive(Clone, Default)]
struct Matched {
    given: Vec<Arc<Pepper>>,
    /// The vault's generations, the current one first, each with its pepper.
    known: Vec<(i64, Arc<Pepper>)>,
}

impl Matched {
    fn current(&self) -> Option<i64> {
        self.known.first().map(|(generation, _)| *generation)
    }

    /// The digest as a new key stores it.
    fn store(&self, digest: &Digest) -> (Digest, Option<i64>) {
        match self.known.first() {
            None => (*digest, None),
            Some((generation, pepper)) => (pepper.apply(digest), Some(*generation)),
        }
    }

    /// Every form in which a key may have stored the digest, the likeliest first.
    fn forms(&self, digest: &Digest) -> impl Iterator<Item = Digest> {
        let plain = self.known.is_empty().then_some(*digest);
        plain.into_iter().chain(self.known.iter().map(|(_, pepper)| pepper.apply(digest)))
    }
}

impl Peppers {
    pub(super) fn new(given: Vec<Arc<Pepper>>) -> Self {
        Self { given: ArcSwap::from_pointee(Matched { given, known: Vec::new() }) }
    }

    fn matched(&self) -> impl Deref<Target = Arc<Matched>> {
        self.given.load()
    }

    fn set(&self, matched: Matched) {
        self.given.store(Arc::new(matched));
    }

    /// Matches the peppers with the vault's generations. One that the vault doesn't know yet is kept ready:
    /// it is taken up when somebody introduces it.
    pub(super) fn refresh(&self, snapshot: &Snapshot<'_>, vault_id: &str) -> Result<()> {
        let given = self.matched().given.clone();
        let known = snapshot
            .peppers()?
            .into_iter()
            .map(|(generation, tag)| {
                let pepper = given.iter().find(|pepper| pepper.tag(vault_id) == tag);
                pepper
                    .map(|pepper| (generation, pepper.clone()))
                    .ok_or_else(|| missing(generation, given.len()))
            })
            .collect::<Result<_>>()?;
        self.set(Matched { given, known });
        Ok(())
    }
}

fn missing(generation: i64, given: usize) -> Error {
    let why = match given {
        0 => "none was given",
        _ => "what was given is another",
    };
    Error::new(
        ErrorKind::Pepper,
        format!(
            "use the vault: its keys are stored under pepper {generation}, and {why}; give it when opening"
        ),
    )
}

/// What was found under a secret's digest, in the form in which the vault stores it.
pub(super) struct Hit {
    pub(super) found: Found,
    pub(super) older: Option<Box<Older>>,
}

/// The digest of a key that isn't stored in the form of new keys: without a pepper, and as it is stored.
pub(super) struct Older {
    digest: Digest,
    stored: Digest,
}

impl Vault {
    /// Introduces a pepper, or rotates to a new one; `false` where it is the current one already.
    ///
    /// Introduced, it covers every key at once. Rotated, it covers new keys at once and each old one at its
    /// next valid use; until then both peppers must be given when the vault is opened. Give the new pepper to
    /// every process first: one that doesn't have it fails from now on, clearly, and lets no one in.
    pub fn set_pepper(&self, pepper: Pepper, actor: &Actor) -> Result<bool> {
        let changed = self.change(self.clock.now(), |change| {
            let known = change.peppers()?;
            if known.first().is_some_and(|(_, current)| *current == pepper.tag(&self.id)) {
                return Ok(false);
            }
            introduce(change, &known, &pepper, &self.id, actor).map(|()| true)
        })?;
        let mut matched = Matched::clone(&self.peppers.matched());
        matched.given.push(Arc::new(pepper));
        self.peppers.set(matched);
        self.store.read(|snapshot| self.peppers.refresh(snapshot, &self.id))?;
        Ok(changed)
    }

    /// Retires every pepper but the current one; it needn't be given any more.
    ///
    /// Dead keys that are still stored under it are `unknown` from now on, where they were `revoked`.
    ///
    /// # Errors
    ///
    /// `conflict` while a living key is stored under it: see
    /// [`keys_on_retired_pepper`](Self::keys_on_retired_pepper).
    pub fn retire_pepper(&self, actor: &Actor) -> Result<()> {
        let moment = self.clock.now();
        self.change(moment, |change| {
            let Some(current) = change.newest_pepper()? else {
                return Err(Error::conflict("retire the pepper: the vault has none"));
            };
            let left = on_older(change, current, moment.at)?.len();
            if left > 0 {
                return Err(Error::conflict(format!(
                    "retire the pepper: {left} living keys are still stored under it; each moves at its next valid use"
                )));
            }
            if change.peppers()?.len() < 2 {
                return Ok(());
            }
            change.retire_peppers(current)?;
            change.record(Event::PepperChanged { action: "retired", generation: current, keys: 0 }, actor)
        })?;
        self.store.read(|snapshot| self.peppers.refresh(snapshot, &self.id))
    }

    /// The living keys that are still stored under a pepper before the current one.
    pub fn keys_on_retired_pepper(&self) -> Result<Vec<Key>> {
        let now = self.clock.now().at;
        self.store.read(|snapshot| match snapshot.newest_pepper()? {
            None => Ok(Vec::new()),
            Some(current) => on_older(snapshot, current, now),
        })
    }

    /// The key of a digest, where it is remembered and the vault has no pepper: then there is one form to look up.
    #[inline]
    pub(super) fn remembered(&self, digest: &Digest) -> Option<Known> {
        let maps = self.cache.current(&self.store)?;
        let settings = maps.settings().filter(|settings| settings.pepper.is_none())?;
        let (epoch, key) = maps.key(digest)?;
        Some(Known { key, epoch, settings, older: None })
    }

    /// Looks up a secret's digest in every form that a key may have stored, until one has a key.
    pub(super) fn look_up(&self, digest: &Digest) -> Result<Hit> {
        self.peppered(|matched| {
            let mut hit = None;
            for (place, stored) in matched.forms(digest).enumerate() {
                let found = self.cache.find(&self.store, &stored)?;
                let newest = found.settings.pepper;
                let ended = newest != matched.current() || found.key.is_some();
                let older = (place > 0).then(|| Box::new(Older { digest: *digest, stored }));
                hit = Some((newest, Hit { found, older }));
                if ended {
                    break;
                }
            }
            hit.ok_or_else(|| Error::new(ErrorKind::Internal, "look up a secret: its digest has no form"))
        })
    }

    /// Whether a key that is in effect has this digest, in any form.
    pub(super) fn is_known(&self, snapshot: &Snapshot<'_>, digest: &Digest) -> Result<bool> {
        any_holds(snapshot, self.peppers.matched().forms(digest))
    }

    /// Whether a key has it in another form than that of new keys.
    pub(super) fn is_known_under_older(&self, change: &Change<'_>, digest: &Digest) -> Result<bool> {
        any_holds(change, self.peppers.matched().forms(digest).skip(1))
    }

    /// The digest as a new key stores it, and the generation that it is stored under.
    pub(super) fn stored_form(&self, change: &Change<'_>, digest: &Digest) -> Result<(Digest, Option<i64>)> {
        if change.newest_pepper()? != self.peppers.matched().current() {
            self.peppers.refresh(change, &self.id)?;
        }
        Ok(self.peppers.matched().store(digest))
    }

    /// Stores a key that was just used validly under the current pepper, where it isn't yet.
    pub(super) fn move_to_current(&self, known: &Known, moment: Moment) -> Result<()> {
        let Some(Older { digest, stored }) = known.older.as_deref() else { return Ok(()) };
        let (wanted, Some(generation)) = self.peppers.matched().store(digest) else { return Ok(()) };
        if wanted == *stored {
            return Ok(());
        }
        match self.change(moment, |change| change.rehash(known.key.no, stored, &wanted, generation)) {
            // The key is valid all the same, and moves at a later use.
            Err(error) if [ErrorKind::Busy, ErrorKind::VaultFull].contains(&error.kind()) => {
                log::warn!(target: "keycask::verify", "{error}; {} stays under its pepper", known.key.id);
                Ok(())
            }
            result => result,
        }
    }

    /// Runs a look-up again where the vault's pepper changed under it.
    fn peppered<T>(&self, look: impl Fn(&Matched) -> Result<(Option<i64>, T)>) -> Result<T> {
        const TRIES: usize = 3;
        for _ in 0..TRIES {
            let matched = self.peppers.matched();
            let (newest, found) = look(&matched)?;
            if newest == matched.current() {
                return Ok(found);
            }
            self.store.read(|snapshot| self.peppers.refresh(snapshot, &self.id))?;
        }
        Err(Error::new(
            ErrorKind::Busy,
            "use the vault: its pepper changes faster than it can be read; try again",
        ))
    }
}

fn any_holds(snapshot: &Snapshot<'_>, forms: impl Iterator<Item = Digest>) -> Result<bool> {
    for form in forms {
        if snapshot.holds(&form)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn introduce(
    change: &mut Change<'_>,
    known: &[Generation],
    pepper: &Pepper,
    vault_id: &str,
    actor: &Actor,
) -> Result<()> {
    let generation = change.newest_pepper()?.unwrap_or(0) + 1;
    change.insert_pepper((generation, pepper.tag(vault_id)))?;
    let (action, keys) = match known {
        [] => ("introduced", change.rehash_all(generation, |digest| pepper.apply(digest))?),
        _ => ("rotated", 0),
    };
    change.record(Event::PepperChanged { action, generation, keys }, actor)
}

fn on_older(snapshot: &Snapshot<'_>, current: i64, now: Timestamp) -> Result<Vec<Key>> {
    let keys = snapshot.keys_before_pepper(current)?;
    Ok(keys.into_iter().filter(|key| key.state(now).is_living()).collect())
}
