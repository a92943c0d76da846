//! Somebody who calls every verb, as chance has it, and keeps a journal.

use std::time::Duration;

use keycask::{
    Actor, ChangeFilter, ChangeKind, Error, ImportOptions, ImportRow, Issued, KeyId, KeyUpdate, NewKey,
    NoticeClaim, NoticeFilter, NoticeId, Request, Retries, RevocationReason, Rotation, UseAcknowledgement,
    Vault,
};
use sha2::{Digest, Sha256};

use super::journal::{Acknowledged, Intent, Scribe};
use super::{PEPPERS, pepper};
use crate::common::{Choices, HOUR};

/// What became of a key of the worker's.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Active,
    Disabled,
    /// Rotated, and its window runs.
    Superseded {
        successor: usize,
        extended: u32,
    },
    RotatedOut,
    Revoked,
}

#[derive(Clone, Debug)]
struct Mine {
    id: KeyId,
    secret: String,
    state: State,
    /// The worker's first key of its chain.
    first: usize,
    owner: String,
}

impl Mine {
    fn is_living(&self) -> bool {
        matches!(self.state, State::Active | State::Disabled | State::Superseded { .. })
    }

    fn is_accepted(&self) -> bool {
        matches!(self.state, State::Active | State::Superseded { .. })
    }
}

/// Whether each use is committed before it is answered, as the vault's policy says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Uses {
    Batched,
    Strict,
}

/// A worker with keys of its own, which no other worker touches.
pub struct Worker {
    vault: Vault,
    scribe: Scribe,
    name: String,
    choices: Choices,
    uses: Uses,
    /// Whether it may change what concerns the others.
    alone: bool,
    keys: Vec<Mine>,
    owners: u32,
    begun: bool,
}

/// Keys that a worker knows before it turns to new ones: so that the end of a long run does what its beginning did.
const ENOUGH: usize = 1_000;

/// Keys that a worker revokes so that a pepper can be retired.
const FEW: usize = 40;

/// Whether a verb was called, or there was nothing to call it on.
type Called = Result<bool, Error>;

impl Worker {
    /// A worker under a name that is its own. `alone` says that it is the only one, and may set the policy.
    pub fn new(vault: Vault, name: &str, scribe: Scribe, choices: Choices, alone: bool) -> Self {
        let (keys, uses, owners, begun) = (Vec::new(), Uses::Batched, 0, false);
        Self { vault, scribe, name: name.to_owned(), choices, uses, alone, keys, owners, begun }
    }

    /// Calls one verb. An error is in the journal by then.
    pub fn step(&mut self) -> Result<(), Error> {
        if self.keys.len() > ENOUGH {
            self.keys.clear();
        }
        // Half of those who may begin with strict uses.
        if self.alone && !std::mem::replace(&mut self.begun, true) && self.choices.below(2) == 0 {
            return self.set_policy().map(drop);
        }
        loop {
            let choice = self.choices.below(40);
            if self.call(choice)? {
                return Ok(());
            }
        }
    }

    /// Closes the vault in good order and opens it again. What a close can't write it can't tell: so it flushes first.
    pub fn reopen(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.vault.close();
        self.vault = super::open(self.vault.path())?;
        Ok(())
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The secrets of keys that live.
    pub fn living(&self) -> Vec<String> {
        let living = self.keys.iter().filter(|key| key.is_accepted());
        living.map(|key| key.secret.clone()).collect()
    }

    fn call(&mut self, choice: usize) -> Called {
        match choice {
            0..=5 => self.create(1),
            6 => self.create(3),
            7 => self.import(),
            8 => self.update(),
            9 => self.disable(),
            10 => self.enable(),
            11..=14 => self.rotate(),
            15 => self.emergency(),
            16 | 17 => self.finish(),
            18 => self.extend(),
            19 | 20 => self.cancel(),
            21..=23 => self.revoke(),
            24 => self.revoke_owner(),
            25 => self.revoke_secret(),
            26..=33 => self.verify(),
            34 => self.verify_dead(),
            35 | 36 => self.flush(),
            37 => self.deliver(),
            38 => self.checkpoint(),
            _ => self.rare(),
        }
    }

    fn rare(&mut self) -> Called {
        match self.choices.below(6) {
            0 => self.backup(),
            1 => self.erase(),
            2 if self.alone => self.prune(),
            3 if self.alone => self.set_policy(),
            4 if self.alone => self.set_pepper(),
            5 if self.alone => self.retire_pepper(),
            _ => Ok(false),
        }
    }

    /// Calls a verb with an actor that carries the attempt's number, and notes how it ended.
    fn attempt<T>(
        &mut self,
        verb: &str,
        intent: Intent,
        call: impl FnOnce(&Vault, &Actor) -> keycask::Result<T>,
        tell: impl FnOnce(&T) -> Acknowledged,
    ) -> keycask::Result<T> {
        let request = self.scribe.tries(verb, intent);
        let actor = Actor::new(&self.name).unwrap().request_id(&request).unwrap();
        let result = call(&self.vault, &actor);
        match &result {
            Ok(value) => self.scribe.done(&request, tell(value)),
            Err(error) => self.scribe.failed(&request, error.kind()),
        }
        result
    }

    /// A change of which nothing needs to be remembered but that it was made.
    fn change<T>(
        &mut self,
        verb: &str,
        intent: Intent,
        call: impl FnOnce(&Vault, &Actor) -> keycask::Result<T>,
    ) -> Called {
        self.attempt(verb, intent, call, |_| Acknowledged::default()).map(|_| true)
    }

    fn pick(&mut self, fits: impl Fn(&[Mine], &Mine) -> bool) -> Option<usize> {
        let fitting: Vec<usize> =
            (0..self.keys.len()).filter(|place| fits(&self.keys, &self.keys[*place])).collect();
        (!fitting.is_empty()).then(|| fitting[self.choices.below(fitting.len())])
    }

    fn pick_active(&mut self) -> Option<usize> {
        self.pick(|_, key| key.state == State::Active)
    }

    fn new_owner(&mut self) -> String {
        self.owners += 1;
        format!("{}-owner-{}", self.name, self.owners)
    }

    fn keep(&mut self, issued: &Issued, first: Option<usize>) -> usize {
        let place = self.keys.len();
        self.keys.push(Mine {
            id: issued.key().id(),
            secret: issued.secret().expose().to_owned(),
            state: State::Active,
            first: first.unwrap_or(place),
            owner: issued.key().owner().to_owned(),
        });
        place
    }

    fn create(&mut self, count: usize) -> Called {
        let owner = self.new_owner();
        let keys = vec![NewKey::new("acme_live").owner(owner).scope("reports:read"); count];
        let intent = Intent::of(vec![("key.created", None); count]);
        let issued = self.attempt(
            "create",
            intent,
            |vault, actor| vault.create_keys(keys, actor),
            |issued| all(issued),
        )?;
        for issued in &issued {
            self.keep(issued, None);
        }
        Ok(true)
    }

    fn import(&mut self) -> Called {
        let owner = self.new_owner();
        let secret = format!("{owner} of another system {}", self.choices.below(1 << 30));
        let row = ImportRow::new(hex(Sha256::digest(&secret))).owner(&owner);
        let call = |vault: &Vault, actor: &Actor| vault.import([row], &ImportOptions::new(), actor);
        self.change("import", Intent::of([("key.imported", None)]), call)
    }

    fn update(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.is_living()) else { return Ok(false) };
        let id = self.keys[place].id;
        // Always another one, so that there is an event.
        let scope = format!("reports:{}", self.choices.below(1 << 30));
        let update = KeyUpdate::new().scopes(["reports:read".to_owned(), scope]);
        let intent = Intent::of([("key.updated", Some(id))]);
        self.change("update", intent, |vault, actor| vault.update(id, &update, actor))
    }

    fn disable(&mut self) -> Called {
        let Some(place) = self.pick_active() else { return Ok(false) };
        let id = self.keys[place].id;
        let intent = Intent::of([("key.disabled", Some(id))]);
        self.change("disable", intent, |vault, actor| vault.disable(id, actor))?;
        self.keys[place].state = State::Disabled;
        Ok(true)
    }

    fn enable(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.state == State::Disabled) else { return Ok(false) };
        let id = self.keys[place].id;
        let intent = Intent::of([("key.enabled", Some(id))]);
        self.change("enable", intent, |vault, actor| vault.enable(id, actor))?;
        self.keys[place].state = State::Active;
        Ok(true)
    }

    fn rotate(&mut self) -> Called {
        let Some(place) = self.pick_active() else { return Ok(false) };
        let id = self.keys[place].id;
        let intent = Intent::of([("key.created", None), ("key.rotated", Some(id))]);
        let call = |vault: &Vault, actor: &Actor| vault.rotate(id, Rotation::planned().grace(HOUR), actor);
        let issued = self.attempt("rotate", intent, call, |issued| all([issued]))?;
        let successor = self.keep(&issued, Some(self.keys[place].first));
        self.keys[place].state = State::Superseded { successor, extended: 0 };
        Ok(true)
    }

    fn emergency(&mut self) -> Called {
        let Some(place) = self.pick_active() else { return Ok(false) };
        let Mine { id, first, .. } = self.keys[place];
        let revoked: Vec<usize> = (0..self.keys.len())
            .filter(|place| self.keys[*place].first == first && self.keys[*place].is_living())
            .collect();
        let events = revoked.iter().map(|place| ("key.revoked", Some(self.keys[*place].id)));
        let intent = Intent::of(events.chain([("key.created", None), ("key.rotated", None)]));
        let call = |vault: &Vault, actor: &Actor| vault.rotate(id, Rotation::emergency(), actor);
        let issued = self.attempt("emergency", intent, call, |issued| all([issued]))?;
        self.note_revoked(&revoked);
        self.keep(&issued, Some(first));
        Ok(true)
    }

    fn note_revoked(&mut self, places: &[usize]) {
        for place in places {
            self.keys[*place].state = State::Revoked;
        }
    }

    /// A key whose window runs, with its successor, which somebody can use.
    fn pick_window(&mut self) -> Option<(usize, usize, u32)> {
        let place = self.pick(|keys, key| match key.state {
            State::Superseded { successor, .. } => keys[successor].state == State::Active,
            _ => false,
        })?;
        match self.keys[place].state {
            State::Superseded { successor, extended } => Some((place, successor, extended)),
            _ => None,
        }
    }

    fn finish(&mut self) -> Called {
        let Some((place, ..)) = self.pick_window() else { return Ok(false) };
        let id = self.keys[place].id;
        let intent = Intent::of([("rotation.finished", Some(id))]);
        self.change("finish", intent, |vault, actor| vault.finish_rotation(id, actor))?;
        self.keys[place].state = State::RotatedOut;
        Ok(true)
    }

    fn extend(&mut self) -> Called {
        let Some((place, successor, extended)) = self.pick_window() else { return Ok(false) };
        let id = self.keys[place].id;
        let grace = (extended + 2) * HOUR;
        let intent = Intent::of([("rotation.extended", Some(id))]);
        self.change("extend", intent, |vault, actor| vault.extend_rotation(id, grace, actor))?;
        self.keys[place].state = State::Superseded { successor, extended: extended + 1 };
        Ok(true)
    }

    fn cancel(&mut self) -> Called {
        let Some((place, successor, _)) = self.pick_window() else { return Ok(false) };
        let (id, new) = (self.keys[place].id, self.keys[successor].id);
        let intent = Intent::of([("rotation.cancelled", Some(id)), ("key.revoked", Some(new))]);
        self.change("cancel", intent, |vault, actor| vault.cancel_rotation(id, true, actor))?;
        self.keys[place].state = State::Active;
        self.keys[successor].state = State::Revoked;
        Ok(true)
    }

    fn revoke(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.is_living()) else { return Ok(false) };
        let id = self.keys[place].id;
        let intent = Intent::of([("key.revoked", Some(id))]);
        self.change("revoke", intent, |vault, actor| vault.revoke(id, RevocationReason::Policy, actor))?;
        self.keys[place].state = State::Revoked;
        Ok(true)
    }

    fn revoke_secret(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.is_accepted()) else { return Ok(false) };
        let Mine { id, secret, .. } = self.keys[place].clone();
        let call =
            |vault: &Vault, actor: &Actor| vault.revoke_secret(&secret, RevocationReason::Compromised, actor);
        self.change("revoke secret", Intent::of([("key.revoked", Some(id))]), call)?;
        self.keys[place].state = State::Revoked;
        Ok(true)
    }

    fn revoke_owner(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.is_living()) else { return Ok(false) };
        let owner = self.keys[place].owner.clone();
        let revoked: Vec<usize> = (0..self.keys.len())
            .filter(|place| self.keys[*place].owner == owner && self.keys[*place].state != State::Revoked)
            .collect();
        let intent = Intent::of(revoked.iter().map(|place| ("key.revoked", Some(self.keys[*place].id))));
        let call =
            |vault: &Vault, actor: &Actor| vault.revoke_owner(&owner, RevocationReason::OwnerLeft, actor);
        self.change("revoke owner", intent, call)?;
        self.note_revoked(&revoked);
        Ok(true)
    }

    /// Presents a secret that is accepted.
    fn verify(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| key.is_accepted()) else { return Ok(false) };
        let Mine { id, secret, .. } = self.keys[place].clone();
        let intent = Intent::using(id, self.uses == Uses::Strict);
        let request = self.scribe.tries("verify", intent);
        let verdict = self.vault.verify(&secret, &Request::new().scope("reports:read").request_id(&request));
        match verdict {
            Ok(verdict) => {
                assert_eq!(verdict.outcome().as_str(), "valid", "{id}");
                self.scribe.done(&request, Acknowledged::default());
                Ok(true)
            }
            Err(error) => {
                self.scribe.failed(&request, error.kind());
                Err(error)
            }
        }
    }

    /// Presents one that isn't any more.
    fn verify_dead(&mut self) -> Called {
        let Some(place) = self.pick(|_, key| !key.is_accepted()) else { return Ok(false) };
        let secret = self.keys[place].secret.clone();
        let verdict = self.vault.verify(&secret, &Request::new())?;
        assert_ne!(verdict.outcome().as_str(), "valid", "{}", self.keys[place].id);
        Ok(true)
    }

    fn flush(&mut self) -> Called {
        self.change("flush", Intent::flushing(), |vault, _| vault.flush())
    }

    /// Sends the oldest notice, or fails to.
    fn deliver(&mut self) -> Called {
        let first = self.vault.notices(NoticeFilter::new().limit(1))?.next().transpose()?;
        let Some(notice) = first else { return Ok(false) };
        let id: NoticeId = notice.id();
        match self.choices.below(4) {
            0 => {
                let claim = NoticeClaim::new(HOUR);
                self.change("claim", Intent::of([]), |vault, _| vault.claim_notices(claim))
            }
            1 => {
                let fail = |vault: &Vault, _: &Actor| vault.notice_failed(id, &Retries::new());
                self.change("fail", Intent::of([]), fail)
            }
            // Others may have acknowledged it by now, which is a conflict.
            2 if self.alone => self.change("retry", Intent::of([]), |vault, _| vault.retry_notice(id)),
            _ => {
                let tell = |_: &_| Acknowledged { notice: Some(id.to_string()), ..Acknowledged::default() };
                self.attempt("ack", Intent::of([]), |vault, _| vault.ack(id), tell).map(|_| true)
            }
        }
    }

    fn checkpoint(&mut self) -> Called {
        let tell = |kept: &Vec<keycask::Checkpoint>| Acknowledged {
            checkpoints: Some(kept.iter().map(|kept| kept.to_note(None)).collect::<Vec<_>>().join("\n")),
            ..Acknowledged::default()
        };
        self.attempt("checkpoint", Intent::of([]), |vault, _| vault.checkpoint(), tell).map(|_| true)
    }

    fn backup(&mut self) -> Called {
        let copy = self.vault.path().with_extension(format!("{}.copy", self.name));
        let result = self.change("backup", Intent::free(), |vault, actor| vault.backup(&copy, actor));
        let _ = std::fs::remove_file(&copy);
        result
    }

    /// Erases an owner whose keys are all dead.
    fn erase(&mut self) -> Called {
        let place =
            self.pick(|keys, key| keys.iter().all(|other| other.owner != key.owner || !other.is_living()));
        let Some(place) = place else { return Ok(false) };
        let owner = self.keys[place].owner.clone();
        let intent = Intent::of([("person.erased", None)]);
        self.change("erase", intent, |vault, actor| vault.erase_person(&owner, actor))
    }

    /// Prunes what will be old in a year.
    fn prune(&mut self) -> Called {
        let year = Duration::from_secs(365 * 86_400);
        self.change("prune", Intent::free(), |vault, actor| vault.prune_at(actor, vault.now() + year))
    }

    /// Makes uses strict, or not any more.
    fn set_policy(&mut self) -> Called {
        let uses = if self.uses == Uses::Strict { Uses::Batched } else { Uses::Strict };
        let acknowledgement = match uses {
            Uses::Strict => UseAcknowledgement::Strict,
            Uses::Batched => UseAcknowledgement::Batched,
        };
        let call = |vault: &Vault, actor: &Actor| {
            vault.update_policy(|policy| policy.use_acknowledgement = acknowledgement, actor)
        };
        self.change("policy", Intent::of([("policy.changed", None)]), call)?;
        self.uses = uses;
        Ok(true)
    }

    /// Introduces a pepper, or the next one.
    fn set_pepper(&mut self) -> Called {
        let changes = pepper_changes(&self.vault)?;
        let next = changes.iter().filter(|change| !is_retirement(change)).count();
        if next == PEPPERS {
            return Ok(false);
        }
        let intent = Intent::of([("pepper.changed", None)]);
        self.change("set pepper", intent, |vault, actor| vault.set_pepper(pepper(next), actor))
    }

    /// Takes leave of those before the last, and of the keys that need them, where they are few.
    fn retire_pepper(&mut self) -> Called {
        let is_over = pepper_changes(&self.vault)?.last().is_none_or(|last| !last.contains("rotated"));
        let left = self.vault.keys_on_retired_pepper()?;
        if is_over || left.len() > FEW {
            return Ok(false);
        }
        for id in left.iter().map(keycask::Key::id) {
            let revoke = |vault: &Vault, actor: &Actor| vault.revoke(id, RevocationReason::Policy, actor);
            self.change("revoke", Intent::of([("key.revoked", Some(id))]), revoke)?;
            let places: Vec<usize> =
                (0..self.keys.len()).filter(|place| self.keys[*place].id == id).collect();
            self.note_revoked(&places);
        }
        let intent = Intent::of([("pepper.changed", None)]);
        self.change("retire pepper", intent, |vault, actor| vault.retire_pepper(actor))
    }
}

/// Whether a change of peppers was one, by its detail.
pub fn is_retirement(detail: &str) -> bool {
    detail.contains("retired")
}

/// What was done about peppers, oldest first.
fn pepper_changes(vault: &Vault) -> Result<Vec<String>, Error> {
    let changes = vault.changes(ChangeFilter::new().kind(ChangeKind::PepperChanged))?;
    changes.map(|change| change.map(|change| change.detail())).collect()
}

fn all<'i>(issued: impl IntoIterator<Item = &'i Issued>) -> Acknowledged {
    let pair = |issued: &Issued| (issued.key().id().to_string(), issued.secret().expose().to_owned());
    Acknowledged { issued: issued.into_iter().map(pair).collect(), ..Acknowledged::default() }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
