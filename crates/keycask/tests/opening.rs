//! Guards against a vault that is opened where it must not be, or touched when it is refused: each thing
//! that can stand at a path is its own error with what to do, and no byte in the folder changes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Home, folder_content, role, run_role, this_test};
use keycask::{ErrorKind, Request, Vault};
use rusqlite::Connection;

/// Opens what must be refused, and sees that nothing in its folder changed.
fn refused(path: &Path) -> keycask::Error {
    let folder = path.parent().unwrap();
    let before = folder_content(folder);
    let error = Vault::open(path).unwrap_err();
    assert!(folder_content(folder) == before, "refusing {} changed its folder", path.display());
    error
}

fn expect(path: &Path, kind: ErrorKind, words: &str) {
    let error = refused(path);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn nothing_a_folder_and_a_pipe_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    expect(&folder.path().join("keys.db"), ErrorKind::VaultMissing, "keycask init");
    let error = Vault::open(folder.path().join("no/keys.db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VaultMissing, "{error}");
    let sub = folder.path().join("sub");
    std::fs::create_dir(&sub).unwrap();
    expect(&sub, ErrorKind::NotAVault, "is a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = Vault::open(&pipe).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("regular file")), (ErrorKind::NotAVault, true));
}

#[test]
fn files_that_are_no_vault_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    expect(&write("empty", b""), ErrorKind::NotAVault, "not a SQLite file");
    expect(&write("text", &b"not a database, ".repeat(100)), ErrorKind::NotAVault, "not a SQLite file");
    expect(&write("short", b"SQLite format 3\0"), ErrorKind::NotAVault, "not a SQLite file");
    let foreign = folder.path().join("foreign");
    let db = Connection::open(&foreign).unwrap();
    db.execute_batch("PRAGMA application_id = 7; PRAGMA journal_mode = WAL; CREATE TABLE t (x);").unwrap();
    drop(db);
    expect(&foreign, ErrorKind::NotAVault, "another application");
}

fn edit(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// The file of a vault that nobody has open, edited behind its back.
fn edited(sql: &str) -> (tempfile::TempDir, PathBuf) {
    let Home { folder, vault } = Home::new();
    drop(vault);
    let path = folder.path().join("keys.db");
    edit(&path, sql);
    (folder, path)
}

#[test]
fn a_newer_min_schema_is_refused_and_a_newer_schema_is_not() {
    let (_folder, path) = edited("PRAGMA user_version = 2");
    expect(&path, ErrorKind::UnsupportedVersion, "needs schema 2, and this library knows up to 1");
    let (_folder, path) = edited("UPDATE vault SET schema = 2; CREATE TABLE quotas (x INTEGER) STRICT;");
    Vault::open(&path).unwrap();
}

#[test]
fn a_schema_that_is_not_ours_is_damage() {
    for sql in [
        "DROP INDEX keys_by_digest",
        "DROP TABLE outbox",
        "CREATE TABLE extra (x)",
        "CREATE TRIGGER t AFTER INSERT ON uses BEGIN DELETE FROM changes; END",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE keys ADD COLUMN extra TEXT",
    ] {
        for mode in ["WAL", "DELETE"] {
            let (_folder, path) = edited(&format!("{sql}; PRAGMA journal_mode = {mode};"));
            assert_eq!(refused(&path).kind(), ErrorKind::Damaged, "{sql}");
        }
    }
}

/// A copy made by `VACUUM INTO` has no log of its own yet.
#[test]
fn a_vault_without_a_log_gets_one_and_opens() {
    let (_folder, path) = edited("PRAGMA journal_mode = DELETE");
    let vault = Vault::open(&path).unwrap();
    vault.create_key(keycask::NewKey::new("acme_live"), &common::alice()).unwrap();
    assert!(path.with_extension("db-wal").exists());
}

#[test]
fn a_file_that_vanishes_or_is_replaced_is_an_error_not_an_unknown_key() {
    let home = Home::new();
    let issued = home.create("acct");
    assert_eq!(home.outcome(&issued), "valid");
    let other = Home::new();
    std::fs::rename(other.path(), home.path()).unwrap();
    // What is remembered is believed for a tenth of a second without a look at the file.
    std::thread::sleep(150 * common::MS);
    for _ in 0..2 {
        let error = home.vault.verify(issued.secret().expose(), &Request::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::VaultMissing, "{error}");
    }
}

#[test]
fn symbolic_links_lead_to_the_file_beside_its_log() {
    let home = Home::new();
    let link = home.folder.path().join("link.db");
    std::os::unix::fs::symlink(home.path(), &link).unwrap();
    let vault = Vault::open(&link).unwrap();
    assert_eq!(vault.path(), home.vault.path());
    let issued = home.create("acct");
    assert_eq!(vault.verify(issued.secret().expose(), &Request::new()).unwrap().outcome().as_str(), "valid");
    assert!(!home.folder.path().join("link.db-wal").exists());
}

/// Opening must be safe before a fork: no connection, so no lock, is held until the vault is used.
#[test]
fn an_opened_vault_holds_no_descriptor_until_it_is_used() {
    let home = Home::new();
    let open_files = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let target = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_link(entry.ok()?.path()).ok();
        links.filter_map(target).filter(|target| target.starts_with(home.folder.path())).count()
    };
    assert_eq!(open_files(), 0);
    home.vault.policy().unwrap();
    assert_ne!(open_files(), 0);
}

// Root ignores file modes, so permissions are tested as another user.

const NOBODY: u32 = 65_534;

/// A copy of this test program where any user can run it.
fn as_nobody(folder: &Path, test: &str, role: &str) -> Command {
    let copy = folder.join("test-program");
    // Copied by another process: a descriptor of this one that is open for writing, inherited by a child that
    // another test starts at that moment, would make the program busy.
    let mut install = Command::new("cp");
    assert!(install.arg(std::env::current_exe().unwrap()).arg(&copy).status().unwrap().success());
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(&copy);
    command.args(["--exact", test, "--nocapture"]).env("KEYCASK_TEST_ROLE", role).current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[test]
fn a_vault_that_cannot_be_written_or_read_is_refused_by_name() {
    const NAME: &str = "a_vault_that_cannot_be_written_or_read_is_refused_by_name";
    if let Some(role) = role() {
        let (kind, path) = role.split_once(' ').unwrap();
        let error = Vault::open(path).unwrap_err();
        assert_eq!(error.kind().as_str(), kind, "{error}");
        return;
    }
    let home = Home::new();
    let path = home.path().display().to_string();
    let mode = |path: &str, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = home.folder.path().to_str().unwrap();
    let tools = tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let cases = [(0o755, 0o444), (0o555, 0o666), (0o777, 0o000), (0o000, 0o666)];
    for (folder_mode, file_mode) in cases {
        mode(&path, file_mode);
        mode(folder, folder_mode);
        run_role(&mut as_nobody(tools.path(), NAME, &format!("read_only {path}")));
        mode(folder, 0o700);
    }
}

/// A container that mounts the file instead of its folder tears it from its log.
#[test]
fn a_vault_that_is_a_mount_point_is_refused() {
    const NAME: &str = "a_vault_that_is_a_mount_point_is_refused";
    if let Some(path) = role() {
        expect(Path::new(&path), ErrorKind::UnsupportedLocation, "mount the folder");
        return;
    }
    let home = Home::new();
    home.create("acct");
    let path = home.path();
    let mut inner = this_test(NAME, path.to_str().unwrap());
    let program = inner.get_program().to_owned();
    let arguments: Vec<_> = inner.get_args().map(ToOwned::to_owned).collect();
    inner = Command::new("unshare");
    let script = "mount --bind \"$0\" \"$0\" && exec \"$@\"";
    inner.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(&path).arg(program).args(arguments);
    run_role(inner.env("KEYCASK_TEST_ROLE", &path));
}
