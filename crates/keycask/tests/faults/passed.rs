//! Without a fault the layer changes nothing: processes with it and without it share a vault, and a hot verify asks
//! nothing of the disk.

use std::process::Command;

use keycask::{NewKey, Request, Vault};
use keycask_sqlite::faults::{Operation, Plan, arm};

use super::{Place, journal, worker};
use crate::common::{alice, role, run_role, seed, this_test};
use crate::oracle;

const STEPS: u32 = 200;

fn work(role: &str) {
    let (seed, path) = role.split_once(' ').unwrap();
    let (path, beside) = (std::path::Path::new(path), std::path::PathBuf::from(path));
    let beside = beside.parent().unwrap().with_file_name("other");
    let vault = oracle::open(path).unwrap();
    let scribe = oracle::journal::Scribe::new("other", std::fs::File::create(beside).unwrap());
    let choices = crate::common::Choices::new(seed.parse().unwrap());
    let mut worker = oracle::worker::Worker::new(vault, "other", scribe, choices, false);
    (0..STEPS).for_each(|_| worker.step().unwrap());
}

#[test]
fn processes_with_the_layer_and_without_it_share_a_vault() {
    if let Some(role) = role() {
        return work(&role);
    }
    let place = Place::with_vault();
    let seed = seed();
    let armed = arm(&place.folder(), Plan::new().count(&Operation::fallible()));
    let name = "passed::processes_with_the_layer_and_without_it_share_a_vault";
    let mut other: Command = this_test(name, &format!("{seed} {}", place.vault().display()));
    std::thread::scope(|scope| {
        let other = scope.spawn(move || run_role(&mut other));
        let mut worker = worker(&place.vault(), &place.beside("own"), seed + 1).unwrap();
        (0..STEPS).for_each(|_| worker.step().unwrap());
        other.join().unwrap();
    });
    assert!(armed.count() > u64::from(STEPS));
    drop(armed);
    let mut both = journal(&place.beside("own"));
    both.add(journal(&place.beside("other")));
    oracle::check(&place.vault(), &both).unwrap();
}

#[test]
fn a_hot_verify_asks_nothing_of_the_disk() {
    let place = Place::with_vault();
    let armed = arm(&place.folder(), Plan::new().count(&Operation::fallible()));
    let vault = Vault::open(place.vault()).unwrap();
    let issued = vault.create_key(NewKey::new("acme_live").owner("acct"), &alice()).unwrap();
    let verify = || vault.verify(issued.secret().expose(), &Request::new().no_event()).unwrap();
    assert_eq!(verify().outcome().as_str(), "valid");
    let before = armed.count();
    assert!(before > 0);
    (0..100).for_each(|_| assert_eq!(verify().outcome().as_str(), "valid"));
    assert_eq!(armed.count(), before);
}
