//! Guards against a vault that others can read, that replaces a file, or of which a killed process leaves
//! the half.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Home, alice, folder_content, role, run_role, scaled, this_test};
use keycask::{ErrorKind, NewKey, Vault, VaultOptions};

fn mode_of(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_files_have_the_mode_that_was_asked_for_whatever_the_umask() {
    const NAME: &str = "the_files_have_the_mode_that_was_asked_for_whatever_the_umask";
    if let Some(role) = role() {
        let (mode, path) = role.split_once(' ').unwrap();
        let mode = u32::from_str_radix(mode, 8).unwrap();
        let vault = VaultOptions::new().mode(mode).create(path).unwrap();
        vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
        for suffix in ["", "-wal", "-shm"] {
            assert_eq!(mode_of(format!("{path}{suffix}").as_ref()), mode, "{suffix}");
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (n, (umask, mode)) in [("000", "600"), ("077", "660"), ("777", "600")].into_iter().enumerate() {
        let path = folder.path().join(format!("{n}.db"));
        let inner = this_test(NAME, "");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"])
            .arg(inner.get_program())
            .args(inner.get_args())
            .env("KEYCASK_TEST_ROLE", format!("{mode} {}", path.display()));
        run_role(&mut shell);
    }
}

#[test]
fn a_mode_that_opens_the_vault_to_others_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o666, 0o604, 0o400, 0o200, 0o700, 0o4600, 0] {
        let error = VaultOptions::new().mode(mode).create(folder.path().join("keys.db")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{mode:o}");
    }
    assert!(folder_content(folder.path()).is_empty());
}

#[test]
fn the_group_is_the_one_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let own = std::fs::metadata(folder.path()).unwrap().gid();
    let group = if rustix::process::geteuid().is_root() { 12_345 } else { own };
    VaultOptions::new().mode(0o660).group(group).create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().gid(), group);
}

#[test]
fn nothing_at_the_path_is_ever_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let before = folder_content(folder.path());
    for path in [&file, &dangling, &folder.path().to_owned()] {
        assert_eq!(Vault::create(path).unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert_eq!(Vault::create(folder.path().join("no/keys.db")).unwrap_err().kind(), ErrorKind::VaultMissing);
    assert!(folder_content(folder.path()) == before);
}

#[test]
fn a_new_vault_is_one_file_that_tells_of_its_creation() {
    let home = Home::new();
    assert_eq!(folder_content(home.folder.path()).len(), 1);
    let changes: Vec<_> = home.vault.changes(keycask::ChangeFilter::new()).unwrap().collect();
    let created = changes[0].as_ref().unwrap();
    assert_eq!(
        (changes.len(), created.kind().as_str(), created.actor()),
        (1, "vault.created", Some("keycask"))
    );
    assert!(created.detail().contains(home.vault.id()));
    assert!(home.vault.verify_logs().unwrap().ok());
    assert!(home.vault.check().unwrap().ok());
}

#[test]
fn many_that_create_one_path_at_once_make_one_vault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Vault::create(&path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = results.iter().filter_map(|result| result.as_ref().err());
    assert!(lost.into_iter().all(|error| error.kind() == ErrorKind::Conflict));
    drop(results);
    assert_eq!(folder_content(folder.path()).len(), 1);
}

/// A process killed at any moment of a creation leaves no vault or a whole one.
#[test]
fn a_killed_creation_leaves_nothing_or_a_whole_vault() {
    const NAME: &str = "a_killed_creation_leaves_nothing_or_a_whole_vault";
    if let Some(path) = role() {
        let _ = Vault::create(path);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    // How long a whole creation takes here, to spread the kills over it.
    let begin = Instant::now();
    this_test(NAME, path.to_str().unwrap()).output().unwrap();
    let whole = begin.elapsed().max(Duration::from_millis(2));
    std::fs::remove_file(&path).unwrap();
    let rounds = scaled(100);
    let mut survived = 0;
    for round in 0..rounds {
        let mut child = this_test(NAME, path.to_str().unwrap())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * round / rounds);
        child.kill().unwrap();
        child.wait().unwrap();
        if path.exists() {
            let vault = Vault::open(&path).unwrap();
            assert!(vault.verify_logs().unwrap().ok(), "round {round}");
            drop(vault);
            std::fs::remove_file(&path).unwrap();
            survived += 1;
        }
    }
    println!("{survived} of {rounds} killed creations had published their vault");
}
