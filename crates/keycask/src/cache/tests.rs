//! Guards against a cache that isn't used, and against each way in which it could keep what is no more: of those that
//! need threads or processes to meet at one moment, the moment is made here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use super::protocol::{Observe, keep, refresh};
use super::*;
use crate::clock::{Moment, wall_time};
use crate::key::KeyNo;
use crate::store::Observation;
use crate::{Actor, Issued, NewKey, RevocationReason, Vault};

const BYTES: u64 = 1 << 20;

fn alice() -> Actor {
    Actor::new("alice").unwrap()
}

fn new_vault(folder: &Path) -> (Vault, Issued, Digest) {
    let vault = Vault::create(folder.join("keys.db")).unwrap();
    let issued = vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    let digest = Digest::of(issued.secret().expose().as_bytes());
    (vault, issued, digest)
}

fn is_revoked(found: &Found) -> bool {
    found.key.as_ref().unwrap().revoked.is_some()
}

#[test]
fn what_nobody_changed_is_answered_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    cache.find(store, &digest).unwrap();
    assert!(cache.hit(store, &digest).is_some());
    let stranger = Digest::of(b"nobody's");
    cache.find(store, &stranger).unwrap();
    assert!(cache.hit(store, &stranger).unwrap().key.is_none());
    vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    assert!(cache.hit(store, &digest).is_none(), "somebody committed");
    assert!(cache.find(store, &digest).unwrap().key.is_some());
    assert!(cache.hit(store, &digest).is_some());
}

/// Of a vault that was closed cleanly there is no log, and nothing could be remembered until somebody writes.
#[test]
fn the_first_look_sees_to_it_that_there_is_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, digest) = new_vault(folder.path());
    drop(vault);
    assert!(!folder.path().join("keys.db-wal").exists());
    std::thread::sleep(std::time::Duration::from_millis(2));
    let vault = Vault::open(folder.path().join("keys.db")).unwrap();
    let (cache, store) = (Cache::new(BYTES), vault.store());
    for _ in 0..2 {
        cache.find(store, &digest).unwrap();
    }
    assert!(cache.hit(store, &digest).is_some());
    assert!(vault.verify_logs().unwrap().ok());
}

/// One thread reads the row; another revokes the key, and a third takes up the news; then the first puts its row in.
#[test]
fn a_row_that_was_read_before_the_last_news_stays_out() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    let stranger = Digest::of(b"nobody's");
    cache.find(store, &stranger).unwrap();
    let stale = store.find(&digest).unwrap();
    vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    cache.find(store, &stranger).unwrap();
    let put_in = |session: &crate::store::Session<'_>| {
        session.observe(|observation| {
            keep(&cache, observation, &digest, &stale);
            Ok(())
        })
    };
    store.session(put_in).unwrap();
    assert!(is_revoked(&cache.find(store, &digest).unwrap()));
    assert!(is_revoked(&cache.hit(store, &digest).unwrap()));
}

/// Facts of the vault are no key's: all that is kept goes with them.
#[test]
fn a_change_of_the_policy_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    assert_eq!(cache.find(store, &digest).unwrap().settings.use_mode, crate::UseMode::Each);
    vault.update_policy(|policy| policy.use_mode = crate::UseMode::Off, &alice()).unwrap();
    assert_eq!(cache.find(store, &digest).unwrap().settings.use_mode, crate::UseMode::Off);
}

#[test]
fn no_more_is_kept_than_was_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    cache.find(store, &digest).unwrap();
    for stranger in 0..10_000_u32 {
        cache.find(store, &Digest::of(&stranger.to_be_bytes())).unwrap();
    }
    assert!(cache.maps.load().bytes() <= BYTES);
    assert!(cache.hit(store, &digest).is_some(), "strangers pushed a customer out");
}

#[test]
fn what_was_ended_is_refused_at_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    assert!(!is_revoked(&cache.find(store, &digest).unwrap()));
    vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    assert!(is_revoked(&cache.find(store, &digest).unwrap()));
}

#[test]
fn a_digest_that_was_unknown_is_known_at_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, _) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    let digest = Digest::of(b"nobody's");
    assert!(cache.find(store, &digest).unwrap().key.is_none());
    let mut key = issued.key().clone();
    (key.id, key.no) = (crate::KeyId::generate(wall_time()).unwrap(), KeyNo(0));
    key.lineage = key.id;
    let moment = Moment { at: wall_time(), from_clock: true };
    store.change(moment, |change| change.insert_key(&mut key, (&digest, None))).unwrap();
    assert_eq!(cache.find(store, &digest).unwrap().key.as_ref().unwrap().id, key.id);
}

/// News, after which something happens before they are taken up.
struct Followed<'o, 's, F> {
    observation: &'o mut Observation<'s>,
    by: F,
}

impl<F: Fn()> Observe for Followed<'_, '_, F> {
    fn header(&self) -> Header {
        self.observation.header()
    }

    fn news(&mut self, epoch: i64, limit: i64) -> Result<News> {
        let news = self.observation.news(epoch, limit)?;
        (self.by)();
        Ok(news)
    }
}

/// One thread reads the news; another revokes a key; then the first takes its news up.
#[test]
fn a_commit_after_the_news_makes_them_old() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, digest) = new_vault(folder.path());
    let (cache, store) = (Cache::new(BYTES), vault.store());
    cache.find(store, &digest).unwrap();
    vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    let revoke = || drop(vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap());
    let take_up = |session: &crate::store::Session<'_>| {
        session.observe(|observation| refresh(&cache, &mut Followed { observation, by: revoke }))
    };
    store.session(take_up).unwrap();
    assert!(is_revoked(&cache.find(store, &digest).unwrap()));
}

/// Another connection, for what vaults never do.
fn aside(folder: &Path) -> Connection {
    Connection::open(folder.join("keys.db")).unwrap()
}

/// Commits of one frame each that change no key, until the word of the header is `wanted`.
fn commit_until(store: &Store, db: &Connection, word: usize, wanted: u32) {
    for _ in store.header().words()[word]..wanted {
        db.execute("UPDATE logs SET clock_ms = clock_ms + 1 WHERE log = 1", []).unwrap();
    }
    assert_eq!(store.header().words()[word], wanted);
}

const COUNT: usize = 2;
const FRAMES: usize = 4;

#[test]
fn a_log_that_is_as_long_as_before_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, digest) = new_vault(folder.path());
    let (cache, store, db) = (Cache::new(BYTES), vault.store(), aside(folder.path()));
    cache.find(store, &digest).unwrap();
    commit_until(store, &db, FRAMES, store.header().words()[FRAMES] + 100);
    cache.find(store, &digest).unwrap();
    let before = store.header();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    commit_until(store, &db, FRAMES, before.words()[FRAMES]);
    assert!(is_revoked(&cache.find(store, &digest).unwrap()));
}

/// Leaves the index as a writer does that is killed between the two copies of its header, so that the next reader
/// makes it anew: by another process, since this one must not open the file.
fn break_the_index(folder: &Path) {
    let script = "printf x | dd of=keys.db-shm bs=1 seek=56 conv=notrunc status=none";
    assert!(Command::new("sh").args(["-c", script]).current_dir(folder).status().unwrap().success());
}

#[test]
fn commits_that_are_counted_anew_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, issued, digest) = new_vault(folder.path());
    let (cache, store, db) = (Cache::new(BYTES), vault.store(), aside(folder.path()));
    cache.find(store, &digest).unwrap();
    commit_until(store, &db, COUNT, 100);
    cache.find(store, &digest).unwrap();
    break_the_index(folder.path());
    vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    assert!(store.header().words()[COUNT] < 10, "nobody recovered the index");
    commit_until(store, &db, COUNT, 100);
    assert!(is_revoked(&cache.find(store, &digest).unwrap()));
}
