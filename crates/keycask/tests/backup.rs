//! Guards against a backup that is no state the vault was ever in, and a restore that loses a vault, brings a
//! revoked key back without a word, or puts a database beside the log of another.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::{Home, alice, bytes_of, folder_content, role, scaled, this_test};
use keycask::{
    Checkpoint, ErrorKind, Issued, KeyFilter, NewKey, Request, Restore, RestoreReport, RevocationReason,
    Vault,
};

fn outcome(path: &Path, issued: &Issued) -> &'static str {
    let vault = Vault::open(path).unwrap();
    vault.verify(issued.secret().expose(), &Request::new().no_event()).unwrap().outcome().as_str()
}

fn restore(backup: &Path, path: &Path, how: &Restore) -> keycask::Result<RestoreReport> {
    Vault::restore(backup, path, how, &alice())
}

/// A vault with a backup, after which a key was revoked and another created.
struct Stage {
    home: Home,
    backup: PathBuf,
    revoked: Issued,
    later: Issued,
}

impl Stage {
    fn set() -> Self {
        let home = Home::new();
        let revoked = home.create("acct");
        let backup = home.folder.path().join("backup.db");
        home.vault.backup(&backup, &alice()).unwrap();
        home.vault.revoke(revoked.key().id(), RevocationReason::Compromised, &alice()).unwrap();
        let later = home.create("later");
        Self { home, backup, revoked, later }
    }

    /// The folder and the vault's path, with the vault closed.
    fn closed(self) -> (tempfile::TempDir, PathBuf, PathBuf, Issued, Issued) {
        let path = self.home.path();
        drop(self.home.vault);
        (self.home.folder, path, self.backup, self.revoked, self.later)
    }
}

#[test]
fn a_backup_is_a_vault_that_opens_as_it_is() {
    let home = Home::new();
    let issued = home.create("acct");
    let path = home.folder.path().join("backup.db");
    let mut seen = Vec::new();
    home.vault.backup_with_progress(&path, &alice(), |progress| seen.push(progress)).unwrap();
    let last = seen.last().unwrap();
    assert_eq!((last.done(), last.total() > 10), (last.total(), true));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let copy = Vault::open(&path).unwrap();
    assert_eq!(copy.id(), home.vault.id());
    let content = |vault: &Vault| {
        format!("{:?}", vault.keys(KeyFilter::new()).unwrap().map(Result::unwrap).collect::<Vec<_>>())
    };
    assert_eq!(content(&copy), content(&home.vault));
    assert!(copy.check_deep(|_| ()).unwrap().ok());
    assert_eq!(outcome(&path, &issued), "valid");
    let kinds =
        copy.changes(keycask::ChangeFilter::new()).unwrap().map(|change| change.unwrap().kind().as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), ["vault.created", "key.created"]);
    let made =
        home.vault.changes(keycask::ChangeFilter::new().newest_first()).unwrap().next().unwrap().unwrap();
    assert_eq!((made.kind().as_str(), made.detail()), ("backup.made", "{\"file\":\"backup.db\"}".to_owned()));
    let before = bytes_of(&path);
    assert_eq!(home.vault.backup(&path, &alice()).unwrap_err().kind(), ErrorKind::Conflict);
    assert!(bytes_of(&path) == before, "a backup was replaced");
    home.create("the vault goes on");
}

/// A copy that the log doesn't tell of would be one that nobody knows to guard.
#[test]
fn a_backup_that_cannot_be_recorded_is_not_made() {
    let home = Home::new();
    home.create("acct");
    let path = home.folder.path().join("backup.db");
    let vault = keycask::VaultOptions::new().busy_timeout(Duration::ZERO).open(home.path()).unwrap();
    let other = rusqlite::Connection::open(home.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(vault.backup(&path, &alice()).unwrap_err().kind(), ErrorKind::Busy);
    let names = || {
        let entries = std::fs::read_dir(home.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["keys.db", "keys.db-shm", "keys.db-wal"]);
    other.execute_batch("COMMIT").unwrap();
    vault.backup(&path, &alice()).unwrap();
}

/// Processes that create keys with numbered names, and say which they have acknowledged.
struct Writer {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Writer {
    fn start(test: &str, role: &str) -> Self {
        let mut child = this_test(test, role).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Reads up to the acknowledgement of `number`.
    fn wait_for(&mut self, number: u32) {
        let wanted = format!("done {number}");
        let mut line = String::new();
        while !line.contains(&wanted) {
            line.clear();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "a writer ended early");
        }
    }
}

#[test]
fn a_backup_under_load_is_a_state_that_was_committed() {
    const NAME: &str = "a_backup_under_load_is_a_state_that_was_committed";
    if let Some(role) = role() {
        let (writer, path) = role.split_once(' ').unwrap();
        let vault = Vault::open(path).unwrap();
        for number in 0..1_000_000 {
            let key = NewKey::new("acme_live").owner(writer).name(number.to_string());
            vault.create_key(key, &alice()).unwrap();
            println!("done {number}");
            // Writers that never pause would keep the write lock from the backup's own event.
            std::thread::sleep(Duration::from_millis(3));
        }
        return;
    }
    let home = Home::new();
    let path = home.path();
    // Enough pages that a copy takes many commits of the writers.
    home.vault
        .create_keys((0..20_000).map(|_| NewKey::new("acme_live").owner("old")).collect(), &alice())
        .unwrap();
    let mut writers: Vec<_> =
        (0..4).map(|n| Writer::start(NAME, &format!("writer{n} {}", path.display()))).collect();
    for round in 0..scaled(5) {
        let before = 20 * (round + 1);
        for writer in &mut writers {
            writer.wait_for(before);
        }
        let copy = home.folder.path().join(format!("backup-{round}.db"));
        home.vault.backup(&copy, &alice()).unwrap();
        let copy = Vault::open(&copy).unwrap();
        assert!(copy.verify_logs().unwrap().ok() && copy.check().unwrap().ok(), "round {round}");
        for writer in 0..4 {
            let keys = copy.keys(KeyFilter::new().owner(format!("writer{writer}"))).unwrap();
            let names: Vec<_> = keys.map(|key| key.unwrap().name().unwrap().to_owned()).collect();
            let expected: Vec<_> = (0..names.len()).map(|number| number.to_string()).collect();
            assert_eq!(names, expected, "writer {writer} has holes");
            assert!(names.len() > before as usize, "what was acknowledged before the backup is missing");
        }
    }
    for mut writer in writers {
        writer.child.kill().unwrap();
        writer.child.wait().unwrap();
    }
}

#[test]
fn a_restored_vault_tells_what_it_lacks() {
    let stage = Stage::set();
    let kept: String = stage.home.vault.checkpoint().unwrap().iter().map(|kept| kept.to_note(None)).collect();
    let (folder, path, backup, revoked, later) = stage.closed();
    let how = Restore::new().checkpoints(Checkpoint::parse_all(&kept).unwrap());
    let report = restore(&backup, &path, &how).unwrap();
    let missing: Vec<_> = report.missing_revocations().iter().map(keycask::Key::id).collect();
    assert_eq!(missing, [revoked.key().id()]);
    assert_eq!((report.lost_keys(), report.reapplied(), report.lost_changes()), (1, 0, Some(3)));
    assert_eq!((outcome(&path, &revoked), outcome(&path, &later)), ("valid", "unknown"));
    let aside = report.aside().unwrap();
    assert_eq!((outcome(aside, &revoked), outcome(aside, &later)), ("revoked", "valid"));
    assert_eq!(folder_content(folder.path()).len(), 3, "something else was left in the folder");
    let vault = Vault::open(&path).unwrap();
    let last = vault.changes(keycask::ChangeFilter::new().newest_first()).unwrap().next().unwrap().unwrap();
    assert_eq!(last.kind().as_str(), "vault.restored");
    assert_eq!(last.detail(), "{\"lost_keys\":1,\"missing_revocations\":1}");
    assert!(vault.check_deep(|_| ()).unwrap().ok());
}

#[test]
fn missing_revocations_are_made_again_where_asked() {
    let (_folder, path, backup, revoked, _) = Stage::set().closed();
    let report = restore(&backup, &path, &Restore::new().reapply_revocations()).unwrap();
    assert_eq!(report.reapplied(), 1);
    assert_eq!(outcome(&path, &revoked), "revoked");
    let key = Vault::open(&path).unwrap().key(revoked.key().id()).unwrap();
    assert_eq!(key.revoked_reason(), Some(RevocationReason::Compromised));
}

#[test]
fn a_vault_in_use_is_not_replaced() {
    const NAME: &str = "a_vault_in_use_is_not_replaced";
    if let Some(path) = role() {
        let vault = Vault::open(path).unwrap();
        vault.policy().unwrap();
        println!("done 0");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let stage = Stage::set();
    let error = restore(&stage.backup, &stage.home.path(), &Restore::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "this process uses it: {error}");
    let (folder, path, backup, revoked, _) = stage.closed();
    let mut user = Writer::start(NAME, path.to_str().unwrap());
    user.wait_for(0);
    let before = folder_content(folder.path());
    let error = restore(&backup, &path, &Restore::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("in use"), "{error}");
    assert!(folder_content(folder.path()) == before, "a refused restore left something");
    user.child.kill().unwrap();
    user.child.wait().unwrap();
    restore(&backup, &path, &Restore::new()).unwrap();
    assert_eq!(outcome(&path, &revoked), "valid");
}

#[test]
fn a_handle_from_before_the_restore_fails_instead_of_answering() {
    let (_folder, path, backup, revoked, _) = Stage::set().closed();
    let opened = Vault::open(&path).unwrap();
    restore(&backup, &path, &Restore::new()).unwrap();
    let error = opened.verify(revoked.secret().expose(), &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VaultMissing, "{error}");
}

#[test]
fn a_vault_that_is_gone_or_damaged_is_restored_and_its_old_log_does_no_harm() {
    for damage in ["gone", "gone with its log left", "damaged", "damaged with its log left"] {
        let stage = Stage::set();
        let path = stage.home.path();
        let log = format!("{}-wal", path.display());
        // The log of the vault in use, which holds its newest commits.
        let left = bytes_of(log.as_ref());
        assert!(left.len() > 4096);
        let (_folder, path, backup, revoked, later) = stage.closed();
        std::fs::remove_file(&path).unwrap();
        if damage.starts_with("damaged") {
            std::fs::write(&path, "no database any more".repeat(1_000)).unwrap();
        }
        if damage.ends_with("left") {
            std::fs::write(&log, left).unwrap();
        }
        let report = restore(&backup, &path, &Restore::new()).unwrap();
        assert_eq!(report.aside().is_some(), damage.starts_with("damaged"), "{damage}");
        assert_eq!((outcome(&path, &revoked), outcome(&path, &later)), ("valid", "unknown"), "{damage}");
        assert!(Vault::open(&path).unwrap().check_deep(|_| ()).unwrap().ok(), "{damage}");
    }
}

#[test]
fn another_vaults_backup_and_a_damaged_one_are_refused() {
    let (_folder, path, backup, ..) = Stage::set().closed();
    let other = Stage::set();
    let error = restore(&other.backup, &path, &Restore::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    restore(&other.backup, &path, &Restore::new().another_vault()).unwrap();
    let mut bytes = bytes_of(&backup);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0x55);
    std::fs::write(&backup, bytes).unwrap();
    assert!(restore(&backup, &path, &Restore::new().another_vault()).is_err());
}

/// Killed at any moment, a restore leaves the old vault or the restored one, whole.
#[test]
fn a_killed_restore_or_backup_leaves_whole_vaults() {
    const NAME: &str = "a_killed_restore_or_backup_leaves_whole_vaults";
    if let Some(role) = role() {
        let (backup, path) = role.split_once(' ').unwrap();
        let copy = format!("{backup}.copy-{}", std::process::id());
        Vault::open(path).unwrap().backup(copy, &alice()).unwrap();
        restore(backup.as_ref(), path.as_ref(), &Restore::new()).unwrap();
        return;
    }
    let stage = Stage::set();
    let (folder, path, backup, revoked, _) = stage.closed();
    let role = format!("{} {}", backup.display(), path.display());
    let (mut restored, mut copies) = (0, 0);
    for round in 0..scaled(60) {
        let mut child = this_test(NAME, &role).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round % 60) * 2));
        child.kill().unwrap();
        child.wait().unwrap();
        let vault = Vault::open(&path).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(vault.check_deep(|_| ()).unwrap().ok(), "round {round}");
        drop(vault);
        restored += u32::from(outcome(&path, &revoked) == "valid");
        for (copy, _) in folder_content(folder.path()) {
            if copy.to_string_lossy().contains(".copy-") && !copy.to_string_lossy().ends_with("-wal") {
                let hidden = copy.file_name().unwrap().to_string_lossy().starts_with('.');
                if !hidden {
                    assert!(Vault::open(&copy).unwrap().verify_logs().unwrap().ok(), "round {round}");
                    copies += 1;
                }
                std::fs::remove_file(copy).unwrap();
            }
        }
    }
    println!("{restored} rounds ended restored, {copies} copies were whole");
    assert!(copies > 0, "no round got far enough to tell");
}
