//! Guards against a change that waits for the disk more than once, or not at all: one sync makes it durable.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and reads no vault but by keycask"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{alice, role, run_role, this_test};
use keycask::{KeyId, NewKey, RevocationReason, Rotation, Vault};

const NAME: &str = "a_change_waits_for_the_disk_once";

/// So few that the log is not reset meanwhile, which costs a sync of its own.
const CHANGES: usize = 10;

/// A library that counts the syncs of the program that it is preloaded into.
fn counter(folder: &Path) -> PathBuf {
    let library = folder.join("count.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/syncs/count.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-ldl", "-o"]).arg(&library);
    assert!(compiler.status().unwrap().success());
    library
}

/// The syncs of a process that changes a vault so many times.
fn syncs(folder: &Path, library: &Path, verb: &str, changes: usize) -> u64 {
    let told = folder.join("syncs");
    let vault = folder.join(format!("{verb}-{changes}.db"));
    let mut child = this_test(NAME, &format!("{verb} {changes} {}", vault.display()));
    run_role(child.env("LD_PRELOAD", library).env("KEYCASK_TEST_SYNCS", &told));
    std::fs::read_to_string(told).unwrap().parse().unwrap()
}

fn change(vault: &Vault, verb: &str, id: KeyId) {
    match verb {
        "create" => drop(vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap()),
        "rotate" => drop(vault.rotate(id, Rotation::planned(), &alice()).unwrap()),
        "revoke" => drop(vault.revoke(id, RevocationReason::Unspecified, &alice()).unwrap()),
        verb => panic!("{verb} is no verb of this test"),
    }
}

#[test]
fn a_change_waits_for_the_disk_once() {
    if let Some(role) = role() {
        let [verb, changes, path] = role.split(' ').collect::<Vec<_>>()[..] else { panic!("{role}") };
        let vault = Vault::create(path).unwrap();
        let keys = (0..2 * CHANGES).map(|_| NewKey::new("acme_live").owner("acct_42")).collect();
        let issued = vault.create_keys(keys, &alice()).unwrap();
        let changes: usize = changes.parse().unwrap();
        issued[..changes].iter().for_each(|issued| change(&vault, verb, issued.key().id()));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = counter(folder.path());
    for verb in ["create", "rotate", "revoke"] {
        let [once, twice] = [1, 2].map(|times| syncs(folder.path(), &library, verb, times * CHANGES));
        assert_eq!(twice - once, CHANGES as u64, "{verb}");
    }
}
