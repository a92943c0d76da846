//! Guards against an upgrade that breaks the processes that still run the older library, or that they don't
//! notice: a process of schema 1 verifies and revokes while a synthetic schema 2 takes over the file.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{DAY, Home, alice, role, this_test};
use keycask::{
    ChangeFilter, ErrorKind, Issued, KeyFilter, NewKey, Request, RevocationReason, UseFilter, Vault,
    VaultOptions,
};

/// The upgrading program, built with a schema of its own beside this test's build, whose dependencies it
/// shares, and then kept apart from other builds of it.
fn upgrader(feature: &str, folder: &Path) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap();
    let build =
        |command: &mut Command| assert!(command.status().unwrap().success(), "{feature} doesn't build");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let this = std::env::current_exe().unwrap();
    let target = this.ancestors().nth(3).unwrap();
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--example", "upgrade", "--features", feature]);
    build(command.args(["--manifest-path", manifest]).env("CARGO_TARGET_DIR", target));
    let program = folder.join("upgrade");
    build(Command::new("cp").arg(target.join("debug/examples/upgrade")).arg(&program));
    program
}

/// Verifies and revokes for as long as it goes, and says how each round went.
fn work(path: &str) {
    let vault = Vault::open(path).unwrap();
    let kept = vault.create_key(NewKey::new("acme_live").owner("kept"), &alice()).unwrap();
    loop {
        let round = || {
            let issued = vault.create_key(NewKey::new("acme_live").owner("old"), &alice())?;
            let verify =
                || vault.verify(issued.secret().expose(), &Request::new()).map(|verdict| verdict.outcome());
            let before = verify()?;
            vault.revoke(issued.key().id(), RevocationReason::Policy, &alice())?;
            Ok::<_, keycask::Error>(format!("{before} {}", verify()?))
        };
        match round() {
            Ok(told) => println!("round: {told}"),
            Err(error) => {
                println!("round: {}", error.kind());
                // In a vault that this library no longer knows, a good key is an error and not unknown.
                let looked = vault.verify(kept.secret().expose(), &Request::new().no_event());
                println!("round: {:?}", looked.map(|_| ()).map_err(|error| error.kind()));
                return;
            }
        }
    }
}

fn lines_after_upgrade(feature: &str) -> (Vec<String>, Vec<String>, Home) {
    const NAME: &str = "an_additive_upgrade_leaves_older_libraries_at_work_and_a_breaking_one_stops_them";
    let home = Home::new();
    let build = tempfile::tempdir().unwrap();
    let program = upgrader(feature, build.path());
    let mut worker = this_test(NAME, home.path().to_str().unwrap()).stdout(Stdio::piped()).spawn().unwrap();
    let mut rounds = BufReader::new(worker.stdout.take().unwrap()).lines();
    let mut next =
        || rounds.find_map(|line| line.unwrap().split_once("round: ").map(|(_, told)| told.to_owned()));
    (0..20).for_each(|_| assert_eq!(next().unwrap(), "valid revoked"));
    let output = Command::new(program).arg(home.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    // What the worker had said before the upgrade was done may still be in the pipe.
    let after = (0..2_000).map_while(|_| next()).collect();
    worker.kill().unwrap();
    worker.wait().unwrap();
    (told, after, home)
}

#[test]
fn an_additive_upgrade_leaves_older_libraries_at_work_and_a_breaking_one_stops_them() {
    if let Some(path) = role() {
        return work(&path);
    }
    let (told, after, home) = lines_after_upgrade("test-schema-2");
    let expected =
        ["refuses before: unsupported_version", "from 1 to 2, backup true", "sound true", "born true"];
    assert_eq!(told, expected);
    assert!(after.len() == 2_000 && after.iter().all(|round| round == "valid revoked"), "{:?}", after.last());
    let vault = Vault::open(home.path()).unwrap();
    assert!(vault.check().unwrap().ok() && vault.verify_logs().unwrap().ok());
    let born = Vault::open(home.folder.path().join("keys.db.born")).unwrap();
    born.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    let migrated = keycask::ChangeFilter::new().kind(keycask::ChangeKind::VaultMigrated);
    let detail = vault.changes(migrated).unwrap().next().unwrap().unwrap().detail();
    assert!(detail.starts_with("{\"backup\":\"keys.db.before-migrate-"), "{detail}");
    assert!(detail.ends_with("\"from\":1,\"to\":2}"), "{detail}");

    let (told, after, home) = lines_after_upgrade("test-schema-2-breaking");
    assert_eq!(told, expected);
    let [.., first, second] = after.as_slice() else { panic!("{after:?}") };
    assert_eq!((first.as_str(), second.as_str()), ("unsupported_version", "Err(UnsupportedVersion)"));
    assert!(after[..after.len() - 2].iter().all(|round| round == "valid revoked"), "{after:?}");
    for path in [home.path(), home.folder.path().join("keys.db.born")] {
        assert_eq!(Vault::open(path).unwrap_err().kind(), ErrorKind::UnsupportedVersion);
    }
}

/// No verb of a library that is too old answers from what it can't understand, and none calls that a defect.
#[test]
fn every_verb_of_a_handle_that_became_too_old_says_so() {
    for upgrade in [
        "UPDATE head SET min_schema = 2; PRAGMA user_version = 2;",
        "ALTER TABLE policy RENAME COLUMN use_mode TO mode; ALTER TABLE head RENAME COLUMN min_schema TO least;
            ALTER TABLE keys RENAME COLUMN start TO begin; PRAGMA user_version = 2;",
    ] {
        let home = Home::new();
        let issued = home.create("acct");
        assert_eq!(home.outcome(&issued), "valid");
        rusqlite::Connection::open(home.path()).unwrap().execute_batch(upgrade).unwrap();
        for (verb, answer) in answers(&home, &issued) {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::UnsupportedVersion, "{verb} after {upgrade}");
        }
    }
}

fn answers(home: &Home, issued: &Issued) -> Vec<(&'static str, keycask::Result<()>)> {
    let (vault, id, secret) = (&home.vault, issued.key().id(), issued.secret().expose());
    let keys = vault.keys(KeyFilter::new()).and_then(|mut list| list.next().unwrap());
    let changes = vault.changes(ChangeFilter::new()).and_then(|mut list| list.next().unwrap());
    vec![
        ("verify", vault.verify(secret, &Request::new()).map(drop)),
        ("identify", vault.identify(secret).map(drop)),
        ("key", vault.key(id).map(drop)),
        ("keys", keys.map(drop)),
        ("changes", changes.map(drop)),
        ("uses", vault.uses(UseFilter::new()).map(drop)),
        ("policy", vault.policy().map(drop)),
        ("lineage", vault.lineage(id).map(drop)),
        ("due", vault.due(DAY).map(drop)),
        ("usage", vault.usage(id).map(drop)),
        ("stats", vault.stats().map(drop)),
        ("check", vault.check().map(drop)),
        ("create", vault.create_key(NewKey::new("acme_live"), &alice()).map(drop)),
        ("revoke", vault.revoke(id, RevocationReason::Policy, &alice()).map(drop)),
        ("backup", vault.backup(home.folder.path().join("backup.db"), &alice())),
    ]
}

#[test]
fn there_is_nothing_to_upgrade_in_a_vault_of_today() {
    let home = Home::new();
    let before = home.content();
    let migration = VaultOptions::new().migrate(home.path(), true).unwrap();
    assert_eq!((migration.from(), migration.to(), migration.backup()), (1, 1, None));
    assert_eq!(home.content(), before);
}
