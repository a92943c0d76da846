//! A disk that fills up and is cleared again, on a file system of a few MiB: a revoke is acknowledged or fails as
//! `vault_full`, nothing is half done, and the same handle goes on as soon as there is room.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use keycask::{ErrorKind, KeyId, NewKey, Request, RevocationReason, Vault};

use super::{Place, Role};
use crate::common::{Choices, alice, role, rounds, run_role, seed};
use crate::oracle;
use crate::oracle::worker::Worker;

const CYCLES: &str = "full_disk::a_full_disk_refuses_and_loses_nothing";
const COPIES: &str = "full_disk::a_copy_without_enough_room_is_refused_as_that";
const BEGINNINGS: &str = "full_disk::a_vault_without_room_to_begin_is_refused_as_that";
const REVOCATIONS: &str = "full_disk::a_revocation_on_a_full_disk_gets_through_at_the_next_try";
const PEPPERED: &str = "full_disk::a_full_disk_refuses_no_key_that_has_to_move";
const STEPS: u32 = 60;

/// Runs the test again in a mount namespace of its own, where the vault's folder is a file system of 16 MiB, and there
/// does its work with a new vault.
fn in_small_filesystem(test: &str, cycles: u32, work: impl FnOnce(&Role, &Place)) {
    if let Some(told) = role() {
        let role = Role::parse(&told);
        let place = Place::of(&role.place);
        place.renew();
        return work(&role, &place);
    }
    let place = Place::with_vault();
    let inner = Role::new(&place, format!("{cycles}"), &mut Choices::new(seed()), false).command(test);
    let script = "mount -t tmpfs -o size=16m tmpfs \"$0\" && exec \"$@\"";
    let mut outer = Command::new("unshare");
    outer
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(place.folder())
        .arg(inner.get_program());
    outer.args(inner.get_args());
    inner.get_envs().for_each(|(name, value)| {
        outer.env(name, value.unwrap());
    });
    run_role(&mut outer);
}

/// Takes all the room there is but `left` bytes.
fn fill(path: &Path, left: u64) {
    let mut filler = File::create(path).unwrap();
    while filler.write(&[1; 4096]).is_ok() {}
    let size = filler.metadata().unwrap().len();
    filler.set_len(size.saturating_sub(left)).unwrap();
}

/// Works on a full disk. How many verbs failed for it.
fn work_while_full(worker: &mut Worker, told: &str) -> u32 {
    let mut refused = 0;
    for _ in 0..STEPS {
        match worker.step() {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::VaultFull => refused += 1,
            Err(error) => panic!("{told}: {} {error}", error.kind().as_str()),
        }
    }
    refused
}

/// Works until it is served, as it must be within two seconds of there being room.
fn work_again(worker: &mut Worker, told: &str) {
    let began = Instant::now();
    while let Err(error) = worker.step() {
        assert_eq!(error.kind(), ErrorKind::VaultFull, "{told}: {error}");
        assert!(began.elapsed() < Duration::from_secs(2), "{told}: no service after {:?}", began.elapsed());
    }
}

fn cycles(outer: &Role, place: &Place) {
    let mut choices = Choices::new(outer.seed);
    let filler = place.folder().join("filler");
    let mut refused = 0;
    for cycle in 0..outer.name.parse().unwrap() {
        place.renew();
        let told = format!("cycle {cycle} of seed {}", outer.seed);
        let mut worker = Role::new(place, format!("w{cycle}"), &mut choices, true).worker();
        (0..STEPS).for_each(|_| worker.step().unwrap());
        fill(&filler, choices.below(256) as u64 * 1024);
        refused += work_while_full(&mut worker, &told);
        std::fs::remove_file(&filler).unwrap();
        work_again(&mut worker, &told);
        (0..STEPS).for_each(|_| worker.step().unwrap());
        drop(worker);
        place.judge(&told);
    }
    println!("{refused} verbs were refused");
    assert!(refused > 0, "the disk was never full");
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    in_small_filesystem(CYCLES, rounds(20, 1_000), cycles);
}

fn peppered(_: &Role, place: &Place) {
    let vault = oracle::open(place.vault()).unwrap();
    let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap();
    (0..2).for_each(|number| assert!(vault.set_pepper(oracle::pepper(number), &alice()).unwrap()));
    let left = || vault.keys_on_retired_pepper().unwrap().len();
    let verify = || vault.verify(issued.secret().expose(), &Request::new()).unwrap().outcome();
    let filler = place.folder().join("filler");
    fill(&filler, 0);
    assert_eq!((verify().as_str(), left()), ("valid", 1));
    std::fs::remove_file(&filler).unwrap();
    assert_eq!((verify().as_str(), left()), ("valid", 0));
}

/// Revokes on a full disk, with a log of which all is in the file but what came last.
fn revocations(_: &Role, place: &Place) {
    let vault = Vault::open(place.vault()).unwrap();
    let create = || vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap().key().id();
    let keys: Vec<_> = (0..50).map(|_| create()).collect();
    vault.close();
    let vault = Vault::open(place.vault()).unwrap();
    let (first, rest) = keys.split_at(10);
    let revoke = |id: &KeyId| vault.revoke(*id, RevocationReason::Compromised, &alice()).map(drop);
    for id in first {
        revoke(id).unwrap();
    }
    let filler = place.folder().join("filler");
    fill(&filler, 32 * 1024);
    let mut refused = 0;
    for id in rest.iter().take(15) {
        if let Err(error) = revoke(id) {
            assert_eq!(error.kind(), ErrorKind::VaultFull, "{error}");
            refused += 1;
            revoke(id).unwrap();
        }
    }
    println!("{refused} of 15 revocations were tried twice");
    assert!(refused > 0, "the disk was never full");
}

/// The log's space is used again from its beginning, as soon as what stands in it is in the file.
#[test]
fn a_revocation_on_a_full_disk_gets_through_at_the_next_try() {
    in_small_filesystem(REVOCATIONS, 1, revocations);
}

/// A key that isn't stored under the newest pepper yet moves at its next use, and can't on a full disk.
#[test]
fn a_full_disk_refuses_no_key_that_has_to_move() {
    in_small_filesystem(PEPPERED, 1, peppered);
}

/// Tries with room for no page, for one, and so on until there is enough. Until then it is refused for it.
fn until_there_is_room(folder: &Path, what: &str, least: u64, attempt: impl Fn() -> keycask::Result<()>) {
    let filler = folder.join("filler");
    let is_enough = |pages: u64| {
        fill(&filler, pages * 4096);
        let result = attempt();
        std::fs::remove_file(&filler).unwrap();
        let Err(error) = result else { return true };
        assert_eq!(error.kind(), ErrorKind::VaultFull, "{what} with room for {pages} pages: {error}");
        assert!(error.to_string().contains("free room"), "{error}");
        false
    };
    let enough = (0..1_000).find(|pages| is_enough(*pages)).unwrap();
    println!("{what}: room for {enough} pages is enough");
    assert!(enough > least, "the disk was hardly full");
}

fn copies(_: &Role, place: &Place) {
    let vault = Vault::open(place.vault()).unwrap();
    (0..20)
        .for_each(|_| drop(vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap()));
    let copy = place.folder().join("copy.db");
    until_there_is_room(&place.folder(), "a copy", 20, || {
        leaving_nothing(place, || vault.backup(&copy, &alice()))
    });
    assert!(vault.check_deep(|_| ()).unwrap().ok());
    assert!(Vault::open(&copy).unwrap().check_deep(|_| ()).unwrap().ok());
}

/// Fails where what failed left a file behind.
fn leaving_nothing<T>(place: &Place, work: impl Fn() -> keycask::Result<T>) -> keycask::Result<()> {
    let names = || place.folder().read_dir().unwrap().count();
    let before = names();
    let result = work();
    assert!(result.is_ok() || names() == before, "something is left");
    result.map(drop)
}

#[test]
fn a_copy_without_enough_room_is_refused_as_that() {
    in_small_filesystem(COPIES, 1, copies);
}

/// Of a vault that nobody has open, and of one that isn't there yet.
fn beginnings(_: &Role, place: &Place) {
    let new = place.folder().join("new.db");
    let ask = |vault: &Vault| vault.verify("acme_live_unknown", &Request::new()).map(drop);
    until_there_is_room(&place.folder(), "opening", 2, || ask(&Vault::open(place.vault())?));
    until_there_is_room(&place.folder(), "creating", 20, || leaving_nothing(place, || Vault::create(&new)));
    assert!(Vault::open(&new).unwrap().check_deep(|_| ()).unwrap().ok());
}

#[test]
fn a_vault_without_room_to_begin_is_refused_as_that() {
    in_small_filesystem(BEGINNINGS, 1, beginnings);
}
