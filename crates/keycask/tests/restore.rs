//! Guards against a restore that loses what it should keep: a change that was acknowledged while it ran, the
//! old vault itself, or the knowledge of what the backup lacks.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{Home, MS, alice, bytes_of, role, scaled, this_test};
use keycask::{
    ErrorKind, Issued, KeyUpdate, NewKey, Pepper, Request, Restore, RevocationReason, Rotation, Vault,
    VaultOptions,
};

fn outcome(path: &Path, issued: &Issued) -> &'static str {
    let vault = Vault::open(path).unwrap();
    vault.verify(issued.secret().expose(), &Request::new().no_event()).unwrap().outcome().as_str()
}

fn options() -> VaultOptions {
    VaultOptions::new().actor(alice())
}

/// A closed vault with one key, and its backup.
fn closed() -> (Closed, Issued) {
    let home = Home::new();
    let issued = home.create("acct");
    let backup = home.folder.path().join("backup.db");
    home.vault.backup(&backup, &alice()).unwrap();
    let path = home.path();
    drop(home.vault);
    (Closed { folder: home.folder, path, backup }, issued)
}

struct Closed {
    folder: tempfile::TempDir,
    path: PathBuf,
    backup: PathBuf,
}

/// Nobody can get at the old vault once a restore has looked at it: what they were told would be lost.
#[test]
fn nothing_is_acknowledged_by_a_vault_that_is_being_replaced() {
    let (home, issued) = closed();
    let mut acknowledged = 0;
    let report = options()
        .restore(&home.backup, &home.path, &Restore::new(), |_| {
            let vault = VaultOptions::new().busy_timeout(std::time::Duration::ZERO).open(&home.path);
            let revoked = vault
                .and_then(|vault| vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()));
            match revoked {
                Ok(_) => acknowledged += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
            }
        })
        .unwrap();
    assert_eq!((acknowledged, report.missing_revocations().len()), (0, 0));
    assert_eq!(outcome(&home.path, &issued), "valid");
}

#[test]
fn a_vault_behind_a_symbolic_link_is_replaced_where_it_lies() {
    let (home, issued) = closed();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(&home.path, &link).unwrap();
    let report = Vault::restore(&home.backup, &link, &Restore::new(), &alice()).unwrap();
    assert_eq!(report.aside().unwrap().parent(), home.path.parent());
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert_eq!((outcome(&link, &issued), outcome(&home.path, &issued)), ("valid", "valid"));
}

#[test]
fn another_applications_database_is_not_replaced_unasked() {
    let (home, _) = closed();
    std::fs::remove_file(&home.path).unwrap();
    let foreign = rusqlite::Connection::open(&home.path).unwrap();
    foreign.execute_batch("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)").unwrap();
    drop(foreign);
    let before = common::folder_content(home.folder.path());
    let error = Vault::restore(&home.backup, &home.path, &Restore::new(), &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAVault, "{error}");
    assert!(common::folder_content(home.folder.path()) == before);
    Vault::restore(&home.backup, &home.path, &Restore::new().another_vault(), &alice()).unwrap();
}

#[test]
fn a_restore_needs_no_pepper() {
    let home = Home::new();
    let issued = home.create("acct");
    let backup = home.folder.path().join("backup.db");
    home.vault.backup(&backup, &alice()).unwrap();
    home.vault.set_pepper(Pepper::new(vec![7; 32]).unwrap(), &alice()).unwrap();
    home.vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    let path = home.path();
    drop(home.vault);
    let report = Vault::restore(&backup, &path, &Restore::new(), &alice()).unwrap();
    assert_eq!(report.missing_revocations().len(), 1);
}

#[test]
fn keys_that_the_old_vault_refused_otherwise_are_told_as_well() {
    let home = Home::new();
    let [disabled, rotated, shortened, same] = ["a", "b", "c", "d"].map(|owner| home.create(owner));
    let backup = home.folder.path().join("backup.db");
    home.vault.backup(&backup, &alice()).unwrap();
    let id = |issued: &Issued| issued.key().id();
    home.vault.disable(id(&disabled), &alice()).unwrap();
    home.vault.rotate(id(&rotated), Rotation::planned().grace(MS), &alice()).unwrap();
    let soon = KeyUpdate::new().expires_at(Some(home.vault.now() + MS));
    home.vault.update(id(&shortened), &soon, &alice()).unwrap();
    std::thread::sleep(2 * MS);
    let path = home.path();
    drop(home.vault);
    let report = Vault::restore(&backup, &path, &Restore::new(), &alice()).unwrap();
    let told: Vec<_> = report.accepted_again().iter().map(keycask::Key::id).collect();
    assert_eq!(told, [id(&disabled), id(&rotated), id(&shortened)]);
    assert!(report.accepted_again()[0].disabled(), "told as it was in the old vault");
    assert_eq!((report.compared(), report.fault(), report.lost_keys()), (true, None, 1));
    assert!([disabled, rotated, shortened, same].iter().all(|key| outcome(&path, key) == "valid"));
}

/// Half of the old file is gone: it is replaced all the same, but not with revocations made again.
#[test]
fn an_old_vault_that_breaks_while_it_is_read_is_replaced_and_its_fault_told() {
    let home = Home::new();
    let keys = (0..2_000).map(|_| NewKey::new("acme_live").owner("acct")).collect();
    home.vault.create_keys(keys, &alice()).unwrap();
    let backup = home.folder.path().join("backup.db");
    home.vault.backup(&backup, &alice()).unwrap();
    let path = home.path();
    drop(home.vault);
    let mut bytes = bytes_of(&path);
    let half = bytes.len() / 2;
    bytes[half..].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let reapply = Restore::new().reapply_revocations();
    let error = Vault::restore(&backup, &path, &reapply, &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
    let report = Vault::restore(&backup, &path, &Restore::new(), &alice()).unwrap();
    assert!(!report.compared() && report.fault().is_some(), "{report:?}");
    assert!(report.aside().unwrap().exists());
    assert!(Vault::open(&path).unwrap().check_deep(|_| ()).unwrap().ok());
}

#[test]
fn a_vault_is_not_restored_from_itself() {
    let (home, _) = closed();
    let error = Vault::restore(&home.path, &home.path, &Restore::new(), &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

/// What a killed restore left of the old vault and of the new one.
struct Left {
    restored: bool,
    aside: usize,
}

impl Left {
    /// Opens all that a kill can leave under a name of its own.
    fn look(home: &Closed, issued: &Issued, round: u32) -> Self {
        let is_whole = |path: &Path| {
            let vault = Vault::open(path).unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert!(vault.check().unwrap().ok() && vault.verify_logs().unwrap().ok(), "round {round}");
        };
        is_whole(&home.path);
        let aside: Vec<PathBuf> = std::fs::read_dir(home.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains(".before-restore-"))
            .collect();
        for path in &aside {
            is_whole(path);
        }
        let restored = outcome(&home.path, issued) == "valid";
        let kept = aside.iter().filter(|path| outcome(path, issued) == "revoked").count();
        assert!(!restored || kept == 1, "round {round}: the old vault is lost");
        for path in aside {
            std::fs::remove_file(path).unwrap();
        }
        Self { restored, aside: kept }
    }
}

/// Killed whenever something in the folder changes, a restore leaves the old vault or the restored one at the
/// path, and in the end both.
#[test]
fn a_restore_that_is_killed_at_any_of_its_steps_loses_neither_vault() {
    const NAME: &str = "a_restore_that_is_killed_at_any_of_its_steps_loses_neither_vault";
    if let Some(role) = role() {
        let (backup, path) = role.split_once(' ').unwrap();
        Vault::restore(backup, path, &Restore::new(), &alice()).unwrap();
        return;
    }
    let mut counts = (0, 0);
    let rounds = scaled(24);
    for round in 0..rounds {
        let (home, issued) = closed();
        // The old vault's newest commit stands in a log that a killed process left.
        let log = format!("{}-wal", home.path.display());
        let vault = Vault::open(&home.path).unwrap();
        vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
        let (file, left) = (bytes_of(&home.path), bytes_of(log.as_ref()));
        drop(vault);
        std::fs::write(&home.path, file).unwrap();
        std::fs::write(&log, left).unwrap();
        let role = format!("{} {}", home.backup.display(), home.path.display());
        let mut child = this_test(NAME, &role).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let names = || {
            let entries = std::fs::read_dir(home.folder.path()).unwrap().filter_map(Result::ok);
            let mut names: Vec<_> = entries
                .map(|entry| (entry.file_name(), entry.metadata().ok().map(|file| file.ino())))
                .collect();
            names.sort();
            names
        };
        let (mut seen, mut changes) = (names(), 0);
        while changes <= round % 12 && child.try_wait().unwrap().is_none() {
            let now = names();
            changes += u32::from(now != seen);
            seen = now;
        }
        let _ = child.kill();
        child.wait().unwrap();
        let left = Left::look(&home, &issued, round);
        counts = (counts.0 + u32::from(left.restored), counts.1 + left.aside);
    }
    println!(
        "{} of {rounds} killed restores had replaced the vault, {} kept the old one",
        counts.0, counts.1
    );
    assert!(counts.0 < rounds, "no kill came early enough to tell");
}
