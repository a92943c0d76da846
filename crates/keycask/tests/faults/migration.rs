//! An upgrade that is killed, or cut off from power, at any moment: the vault has the old schema or the new one, whole,
//! and the upgrade can be run again.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use keycask::{ChangeFilter, ChangeKind, ErrorKind, Vault, VaultOptions};
use keycask_sqlite::faults::{Fault, Operation, Plan, arm};
use rusqlite::Connection;

use super::power::{cuts, image_of, put, traced};
use super::{Place, journal, moments, worker};
use crate::common::{Choices, role, rounds, seed, this_test};
use crate::oracle;
use crate::oracle::journal::Journal;

const NAME: &str = "migration::an_upgrade_that_is_killed_at_any_moment_is_whole_or_undone";
const STEPS: u32 = 60;
const EVERY: usize = 5;

/// What the synthetic schema 2 adds, taken away again.
const DOWNGRADE: &str = "
    DROP TABLE quotas;
    ALTER TABLE keys DROP COLUMN colour;
    UPDATE vault SET schema = 1;";

/// A closed vault of schema 1 that somebody worked with, and the journal.
fn old_vault(seed: u64) -> (Place, Journal) {
    let place = Place::with_vault();
    let mut worker = worker(&place.vault(), &place.beside("journal"), seed).unwrap();
    (0..STEPS).for_each(|_| worker.step().unwrap());
    worker.reopen().unwrap();
    drop(worker);
    Connection::open(place.vault()).unwrap().execute_batch(DOWNGRADE).unwrap();
    assert_eq!(Vault::open(place.vault()).unwrap_err().kind(), ErrorKind::UnsupportedVersion);
    let journal = journal(&place.beside("journal"));
    (place, journal)
}

fn migrate(path: &Path, backup: bool) -> keycask::Result<()> {
    VaultOptions::new().migrate(path, backup).map(drop)
}

/// Whole before and after another try.
fn check(place: &Place, journal: &Journal) -> Result<(), String> {
    if let Err(error) = oracle::open(place.vault())
        && error.kind() != ErrorKind::UnsupportedVersion
    {
        return Err(format!("it can't be opened: {error}"));
    }
    migrate(&place.vault(), false).map_err(|error| format!("it can't be upgraded again: {error}"))?;
    oracle::check(&place.vault(), journal)?;
    let vault = oracle::open(place.vault()).unwrap();
    let upgrades = vault.changes(ChangeFilter::new().kind(ChangeKind::VaultMigrated)).unwrap().count();
    if upgrades == 1 { Ok(()) } else { Err(format!("{upgrades} upgrades are recorded")) }
}

/// Every copy that was made before an upgrade is whole: there is none, or one of schema 1.
fn check_copies(place: &Place) -> Result<(), String> {
    for entry in std::fs::read_dir(place.folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("keys.db.before-migrate-") && !name.ends_with("-wal") && !name.ends_with("-shm") {
            migrate(&path, false).map_err(|error| format!("{name}: {error}"))?;
            let report = oracle::open(&path).and_then(|copy| copy.check_deep(|_| ()));
            let report = report.map_err(|error| format!("{name}: {error}"))?;
            if !report.ok() {
                return Err(format!("{name}: {:?}", report.findings()));
            }
        }
    }
    Ok(())
}

/// Upgrades until it is killed at operation `n`, or to the end where that is 0.
fn work(role: &str) {
    let (n, folder) = role.split_once(' ').unwrap();
    let (n, folder) = (n.parse().unwrap(), Path::new(folder));
    let plan = Plan::new().count(Operation::VISIBLE);
    let armed = arm(folder, if n == 0 { plan } else { plan.fault(n, Fault::Kill) });
    migrate(&folder.join("keys.db"), true).unwrap();
    println!("counted {} operations", armed.count());
}

fn run(origin: &Place, n: u64) -> (Place, String) {
    let place = Place::copy_of(origin);
    let output = this_test(NAME, &format!("{n} {}", place.folder().display())).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.signal() == Some(9) || told.contains("counted "), "operation {n}: {told}");
    (place, told)
}

#[test]
fn an_upgrade_that_is_killed_at_any_moment_is_whole_or_undone() {
    if let Some(role) = role() {
        return work(&role);
    }
    let seed = seed();
    let (origin, journal) = old_vault(seed);
    let (_, told) = run(&origin, 0);
    let counted = told.split_once("counted ").and_then(|(_, rest)| rest.split_whitespace().next());
    let count = counted.unwrap().parse().unwrap();
    for n in moments(count, EVERY, &mut Choices::new(seed)) {
        let (place, _) = run(&origin, n);
        check_copies(&place)
            .and_then(|()| check(&place, &journal))
            .unwrap_or_else(|fault| panic!("seed {seed}, killed at operation {n} of {count}: {fault}"));
    }
    println!("{count} operations");
}

#[test]
fn an_upgrade_without_power_is_whole_or_undone() {
    let seed = seed();
    let mut choices = Choices::new(seed);
    let (place, journal) = old_vault(seed);
    let before = image_of(&place);
    let records = traced(&place, |_| migrate(&place.vault(), false).unwrap());
    let count = records.len();
    cuts((before, &records), rounds(count / EVERY, count * 10), &mut choices, |moment, image, _, choices| {
        check(&put(&image, choices), &journal)
            .unwrap_or_else(|fault| panic!("seed {seed}, cut at {moment} of {count}: {fault}"));
    });
}
