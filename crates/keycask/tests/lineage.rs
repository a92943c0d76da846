//! Guards against a chain of rotations that forks or breaks: four processes rotate, cancel, finish and revoke
//! at random, and every chain stays a line.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and tells its seed")]

mod common;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use common::{Choices, Home, alice, role, run_role, scaled, seed, this_test};
use keycask::{ErrorKind, Key, KeyFilter, KeyId, NewKey, RevocationReason, Rotation, Vault};

const SECONDS: u32 = 60;
const PROCESSES: u64 = 4;

/// What is wrong with chains of keys, in the order of their creation.
fn faults(keys: &[Key]) -> Vec<String> {
    let by_id: HashMap<KeyId, &Key> = keys.iter().map(|key| (key.id(), key)).collect();
    let mut faults = Vec::new();
    let mut tips: HashMap<KeyId, u32> = HashMap::new();
    for key in keys {
        let cancelled = key.replaces().is_some_and(|old| by_id[&old].replaced_by() != Some(key.id()));
        if let Some(new) = key.replaced_by().map(|id| by_id[&id])
            && (new.replaces() != Some(key.id()) || new.lineage() != key.lineage())
        {
            faults.push(format!("{} says that {} replaces it, which doesn't", key.id(), new.id()));
        }
        if cancelled && (key.revoked_at().is_none() || key.replaced_by().is_some()) {
            faults.push(format!("{} is no longer in its chain, and lives or goes on", key.id()));
        }
        if !cancelled && key.replaced_by().is_none() {
            *tips.entry(key.lineage()).or_default() += 1;
        }
        if key.grace_until().zip(key.expires_at()).is_some_and(|(grace, end)| grace > end) {
            faults.push(format!("the window of {} outlives it", key.id()));
        }
    }
    let forked = tips.iter().filter(|(_, tips)| **tips != 1);
    faults.extend(forked.map(|(lineage, tips)| format!("the chain of {lineage} has {tips} ends")));
    faults
}

#[test]
fn chains_stay_lines_while_four_processes_change_them() {
    const NAME: &str = "chains_stay_lines_while_four_processes_change_them";
    if let Some(role) = role() {
        let (seed, path) = role.split_once(' ').unwrap();
        return change_at_random(&Vault::open(path).unwrap(), seed.parse().unwrap());
    }
    let seed = seed();
    let home = Home::in_memory();
    for n in 0..8 {
        home.create(&format!("acct_{n}"));
    }
    std::thread::scope(|scope| {
        for process in 0..PROCESSES {
            let role = format!("{} {}", seed.wrapping_add(process), home.path().display());
            scope.spawn(move || run_role(&mut this_test(NAME, &role)));
        }
        let end = Instant::now() + Duration::from_secs(u64::from(scaled(SECONDS)));
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(faults(&snapshot(&home.vault)), [""; 0]);
        }
    });
    let keys = home.keys();
    assert_eq!(faults(&keys), [""; 0]);
    let cancelled =
        keys.iter().filter(|key| key.revoked_reason() == Some(RevocationReason::RotationCancelled)).count();
    println!("{} keys, {cancelled} cancelled rotations", keys.len());
    assert!(keys.len() > 100 && cancelled > 10, "too little happened to tell");
    assert!(home.vault.check().unwrap().ok() && home.vault.verify_logs().unwrap().ok());
}

/// All keys of one moment: a list pages, so each chain is read whole by itself.
fn snapshot(vault: &Vault) -> Vec<Key> {
    let firsts =
        vault.keys(KeyFilter::new()).unwrap().map(Result::unwrap).filter(|key| key.replaces().is_none());
    let firsts: Vec<_> = firsts.collect();
    firsts.iter().flat_map(|first| vault.lineage(first.id()).unwrap()).collect()
}

fn change_at_random(vault: &Vault, seed: u64) {
    let mut choices = Choices::new(seed);
    let end = Instant::now() + Duration::from_secs(u64::from(scaled(SECONDS)));
    while Instant::now() < end {
        let keys: Vec<_> = snapshot(vault);
        let recent = &keys[keys.len().saturating_sub(40)..];
        let id = recent[choices.below(recent.len())].id();
        let result = match choices.below(10) {
            0..=3 => vault.rotate(id, Rotation::planned(), &alice()).map(drop),
            4 => vault.rotate(id, Rotation::emergency(), &alice()).map(drop),
            5 => vault.finish_rotation(id, &alice()).map(drop),
            6 | 7 => vault.cancel_rotation(id, choices.below(2) == 0, &alice()).map(drop),
            8 => vault.revoke(id, RevocationReason::Policy, &alice()).map(drop),
            _ => vault.create_key(NewKey::new("acme_live").owner("new"), &alice()).map(drop),
        };
        match result {
            Err(error) if error.kind() != ErrorKind::Conflict => panic!("{error:?}"),
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The search itself can find a fork: a key that another key replaces without its saying so, and uncancelled.
#[test]
fn a_forked_chain_is_seen() {
    let home = Home::new();
    let old = home.create("acct");
    home.vault.rotate(old.key().id(), Rotation::planned(), &alice()).unwrap();
    let path = home.path();
    assert_eq!(faults(&home.keys()), [""; 0]);
    drop(home.vault);
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("UPDATE keys SET replaced_by = NULL, grace_until_ms = NULL WHERE key_no = 1").unwrap();
    drop(db);
    let found = faults(
        &Vault::open(&path).unwrap().keys(KeyFilter::new()).unwrap().map(Result::unwrap).collect::<Vec<_>>(),
    );
    assert_eq!(found.len(), 1, "{found:?}");
}
