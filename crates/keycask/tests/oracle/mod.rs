//! The one judge after every fault: what a vault must still be, given what was attempted and what was acknowledged.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "each test file uses its own part, and reads the clock"
)]

mod fold;
pub mod journal;
pub mod worker;

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use keycask::{
    Change, ChangeFilter, ChangeKind, Checkpoint, Key, KeyFilter, KeyId, NewKey, Notice, NoticeFilter,
    Outcome, Pepper, Request, RevocationReason, UseFilter, Vault, VaultOptions,
};

use crate::common::alice;
use journal::{Acknowledged, Attempt, End, Expected, Journal};

/// How soon a vault is of use again.
const SOON: Duration = Duration::from_secs(2);

/// How many peppers a worker's vault can have one after the other.
pub const PEPPERS: usize = 6;

pub fn pepper(number: usize) -> Pepper {
    Pepper::new(vec![u8::try_from(number).unwrap(); 32]).unwrap()
}

/// Opens a vault on which a worker works or worked, with every pepper that it may have.
pub fn open(path: impl AsRef<Path>) -> keycask::Result<Vault> {
    options().open(path)
}

pub fn options() -> VaultOptions {
    (0..PEPPERS).fold(VaultOptions::new(), |options, number| options.pepper(pepper(number)))
}

/// What is wrong, for whoever knows the seed to tell.
pub type Judgement = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}
use ensure;

/// Opens the vault of mode 0600 and looks at all of it:
///
/// - within two seconds it opens, and issues, accepts and revokes a key;
/// - it is whole: SQLite's integrity check, the rules that rows must keep, both logs leaf by leaf;
/// - what was acknowledged is there; what wasn't is there as a whole or not at all, each with its events and notices;
///   and nothing is there that nobody attempted;
/// - no dead key verifies, and every living one does;
/// - its files keep their mode.
pub fn check(path: &Path, journal: &Journal) -> Judgement {
    check_with_mode(path, journal, 0o600)
}

/// The same for a vault whose files have another mode.
pub fn check_with_mode(path: &Path, journal: &Journal, mode: u32) -> Judgement {
    let began = Instant::now();
    let vault = open(path).map_err(|error| format!("it can't be opened: {error}"))?;
    let opened = began.elapsed();
    check_content(&vault, journal)?;
    let began = Instant::now();
    use_again(&vault).map_err(|error| format!("it is of no use: {error}"))?;
    let took = opened + began.elapsed();
    ensure!(took < SOON, "it was of use after {took:?}");
    check_modes(path, mode)
}

fn use_again(vault: &Vault) -> Result<(), keycask::Error> {
    let issued = vault.create_key(NewKey::new("acme_live").owner("oracle"), &alice())?;
    let outcome =
        || Ok::<_, keycask::Error>(vault.verify(issued.secret().expose(), &Request::new())?.outcome());
    assert_eq!(outcome()?.as_str(), "valid");
    vault.revoke(issued.key().id(), RevocationReason::Policy, &alice())?;
    assert_eq!(outcome()?.as_str(), "revoked");
    Ok(())
}

fn check_modes(path: &Path, mode: u32) -> Judgement {
    let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    for file in ["", "-wal", "-shm"].map(beside) {
        let Ok(found) = file.metadata() else { continue };
        let found = found.permissions().mode() & 0o7777;
        ensure!(found == mode, "{} has mode {found:04o}, not {mode:04o}", file.display());
    }
    Ok(())
}

/// What is in the vault.
struct Content {
    keys: HashMap<KeyId, Key>,
    changes: Vec<Change>,
    notices: Vec<Notice>,
    now: SystemTime,
}

fn check_content(vault: &Vault, journal: &Journal) -> Judgement {
    check_whole(vault, journal)?;
    let content = Content::read(vault).map_err(|error| format!("it can't be read: {error}"))?;
    content.check_attempts(journal)?;
    content.check_keys()?;
    fold::check_notices(&content.changes, &content.notices)?;
    check_secrets(vault, &content, journal)?;
    check_uses(vault, &content, journal)
}

/// The vault against itself, and against the checkpoints that were exported.
fn check_whole(vault: &Vault, journal: &Journal) -> Judgement {
    let report = vault.check_deep(|_| ()).map_err(|error| format!("it can't be checked: {error}"))?;
    ensure!(report.ok(), "it isn't whole: {:?}", report.findings());
    let kept: Vec<Checkpoint> = journal
        .done()
        .filter_map(|(_, done)| done.checkpoints.as_deref())
        .flat_map(|text| Checkpoint::parse_all(text).unwrap())
        .collect();
    if kept.is_empty() {
        return Ok(());
    }
    let report = vault.verify_logs_since(&kept, None).map_err(|error| error.to_string())?;
    ensure!(report.ok(), "a checkpoint doesn't hold: {:?}", report.logs());
    Ok(())
}

impl Content {
    fn read(vault: &Vault) -> keycask::Result<Self> {
        let keys = vault.keys(KeyFilter::new())?.map(|key| key.map(|key| (key.id(), key)));
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
            changes: vault.changes(ChangeFilter::new())?.collect::<Result<_, _>>()?,
            notices: vault.notices(NoticeFilter::new().all())?.collect::<Result<_, _>>()?,
            now: vault.now(),
        })
    }

    /// Each attempt against the events that carry its request.
    fn check_attempts(&self, journal: &Journal) -> Judgement {
        let mut events: HashMap<&str, Vec<Expected>> = HashMap::new();
        for change in &self.changes {
            let event = Expected {
                kind: change.kind().as_str().to_owned(),
                key: change.key_id().map(|key| key.to_string()),
            };
            match change.request_id() {
                Some(request) => events.entry(request).or_default().push(event),
                None => ensure!(is_of_nobody(change), "nobody attempted {} {:?}", event.kind, event.key),
            }
        }
        for attempt in &journal.attempts {
            let found = events.remove(attempt.intent.request.as_str()).unwrap_or_default();
            check_attempt(attempt, found)?;
            self.check_acknowledged(attempt)?;
        }
        ensure!(events.is_empty(), "nobody attempted {events:?}");
        Ok(())
    }

    fn check_acknowledged(&self, Attempt { intent, end }: &Attempt) -> Judgement {
        let End::Done(done) = end else { return Ok(()) };
        for (id, _) in &done.issued {
            let there = self.keys.contains_key(&id.parse().unwrap());
            ensure!(there, "{id} was acknowledged to {} and is lost", intent.request);
        }
        let Some(id) = &done.notice else { return Ok(()) };
        let notice = self.notices.iter().find(|notice| notice.id().to_string() == *id);
        let kept = notice.is_some_and(|notice| notice.acked_at().is_some());
        ensure!(kept, "that notice {id} was seen to is lost");
        Ok(())
    }

    fn check_keys(&self) -> Judgement {
        let mut events: HashMap<KeyId, Vec<&Change>> = HashMap::new();
        for change in &self.changes {
            if let Some(id) = change.key_id() {
                events.entry(id).or_default().push(change);
            }
        }
        self.keys
            .iter()
            .try_for_each(|(id, key)| fold::check_key(key, &events.remove(id).unwrap_or_default()))?;
        ensure!(events.is_empty(), "events of keys that aren't there: {:?}", events.keys());
        Ok(())
    }
}

/// What keycask records of itself: the vault's creation, gaps, steps of the clock, and the oracle's own round.
fn is_of_nobody(change: &Change) -> bool {
    let own = [
        ChangeKind::VaultCreated,
        ChangeKind::VaultMigrated,
        ChangeKind::UsesGap,
        ChangeKind::ClockRegressed,
        ChangeKind::PolicyChanged,
    ];
    change.actor() == Some("alice") || own.contains(&change.kind())
}

fn check_attempt(Attempt { intent, end }: &Attempt, mut found: Vec<Expected>) -> Judgement {
    let Some(mut expected) = intent.events.clone() else { return Ok(()) };
    let told = format!("{} {}: of {expected:?} there is {found:?}", intent.verb, intent.request);
    expected.sort();
    found.sort();
    let whole = fits(&expected, &found);
    match end {
        End::Done(_) => ensure!(whole, "acknowledged and lost: {told}"),
        End::Refused => ensure!(found.is_empty(), "refused and done: {told}"),
        End::Open => ensure!(whole || found.is_empty(), "half done: {told}"),
    }
    Ok(())
}

/// Whether events are those that were expected: of some the key wasn't known before.
fn fits(expected: &[Expected], found: &[Expected]) -> bool {
    let kinds = |events: &[Expected]| events.iter().map(|event| event.kind.clone()).collect::<Vec<_>>();
    let mut named = expected.iter().filter(|event| event.key.is_some());
    kinds(expected) == kinds(found) && named.all(|event| found.contains(event))
}

/// Every secret that was ever shown, as it must be judged now.
fn check_secrets(vault: &Vault, content: &Content, journal: &Journal) -> Judgement {
    let retired = |change: &Change| {
        change.kind() == ChangeKind::PepperChanged && worker::is_retirement(&change.detail())
    };
    let forgotten = content.changes.iter().any(retired);
    for (id, secret) in journal.done().flat_map(|(_, done)| &done.issued) {
        let expected = outcome(&content.keys[&id.parse().unwrap()], content.now);
        let verdict = vault.verify(secret, &Request::new().no_event());
        let found = verdict.map_err(|error| format!("{id} can't be verified: {error}"))?.outcome();
        // Dead keys under a pepper that was retired are unknown.
        let is_forgotten =
            forgotten && ["revoked", "rotated_out"].contains(&expected) && found.as_str() == "unknown";
        ensure!(
            is_forgotten || found.as_str() == expected,
            "{id} is {expected} and verifies as {}",
            found.as_str()
        );
    }
    Ok(())
}

/// By the record alone, in the order of precedence.
fn outcome(key: &Key, now: SystemTime) -> &'static str {
    match () {
        () if key.revoked_at().is_some() => "revoked",
        () if key.grace_until().is_some_and(|until| until <= now) => "rotated_out",
        () if key.expires_at().is_some_and(|end| end <= now) => "expired",
        () if key.disabled() => "disabled",
        () if key.not_before().is_some_and(|start| start > now) => "not_yet_valid",
        () => "valid",
    }
}

/// How often a key was used: as often as is safe, as often as it was tried at most, and each time once.
fn check_uses(vault: &Vault, content: &Content, journal: &Journal) -> Judgement {
    let mut seen = HashSet::new();
    let rows = vault.uses(UseFilter::new().outcome(Outcome::Valid)).map_err(|error| error.to_string())?;
    for row in rows {
        let row = row.map_err(|error| error.to_string())?;
        if let Some(request) = row.request_id() {
            ensure!(seen.insert(request.to_owned()), "use {request} is recorded twice");
        }
    }
    for (key, (safe, tried)) in journal.uses() {
        let Ok(id) = key.parse::<KeyId>() else { return Err(format!("{key} is no id")) };
        ensure!(content.keys.contains_key(&id), "{key} was used and is lost");
        let found = vault.usage(id).map_err(|error| error.to_string())?.uses();
        ensure!((safe..=tried).contains(&found), "{key}: {found} uses, of {safe} safe and {tried} tried");
    }
    Ok(())
}

impl Journal {
    fn done(&self) -> impl Iterator<Item = (&Attempt, &Acknowledged)> {
        self.attempts.iter().filter_map(|attempt| match &attempt.end {
            End::Done(done) => Some((attempt, done)),
            _ => None,
        })
    }

    /// For each key, how many uses are safe and how many were tried. Attempts of one writer follow each other.
    fn uses(&self) -> HashMap<&str, (u64, u64)> {
        let mut uses: HashMap<&str, (u64, u64)> = HashMap::new();
        let mut waiting: Vec<(&str, &str)> = Vec::new();
        for Attempt { intent, end } in &self.attempts {
            let done = matches!(end, End::Done(_));
            let writer = intent.request.rsplit_once('-').map_or("", |(writer, _)| writer);
            if intent.flushes && done {
                let (safe, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(of, _)| *of == writer);
                waiting = rest;
                for (_, key) in safe {
                    uses.entry(key).or_default().0 += 1;
                }
            }
            let Some(key) = intent.use_of.as_deref() else { continue };
            let (safe, tried) = uses.entry(key).or_default();
            *tried += 1;
            if done && intent.strict {
                *safe += 1;
            } else if done {
                waiting.push((writer, key));
            }
        }
        uses
    }
}
