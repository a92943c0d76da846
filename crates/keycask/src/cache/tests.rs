//! Guards against a cache that isn't used, and against a row that is put in after it was taken out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use super::protocol::keep;
use super::*;
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
    let stale = Arc::new(store.find(&digest).unwrap());
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
