//! Guards against a prune that breaks the log's proof, and a rewritten, cut or rolled back log that a kept
//! checkpoint doesn't show.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{DAY, Home, alice, bytes_of, scaled, start, this_test};
use keycask::{
    ChangeFilter, ChangeKind, Checkpoint, ErrorKind, Issued, NewKey, NoteSigner, Request, RevocationReason,
    UseFilter, Vault,
};
use rusqlite::Connection;

/// Makes `count` uses, a minute apart, from `from` on.
fn use_it(vault: &Vault, issued: &Issued, from: SystemTime, count: u32) {
    for minute in 0..count {
        let now = from + Duration::from_secs(60) * minute;
        let _ = vault.verify_at(issued.secret().expose(), &Request::new(), now).unwrap();
    }
}

fn note(vault: &Vault) -> Vec<Checkpoint> {
    let text: String = vault.checkpoint().unwrap().iter().map(|kept| kept.to_note(None)).collect();
    Checkpoint::parse_all(&text).unwrap()
}

fn codes(vault: &Vault, kept: &[Checkpoint]) -> Vec<&'static str> {
    let report = vault.verify_logs_since(kept, None).unwrap();
    report.logs().iter().flat_map(|log| log.findings().iter().map(keycask::Finding::code)).collect()
}

/// Uses of three days, with checkpoints between them.
fn three_days(home: &Home) -> (Issued, Vec<Checkpoint>) {
    let issued = home.create_at(NewKey::new("acme_live").owner("acct"), start());
    let mut kept = note(&home.vault);
    for (day, count) in [(0, 700), (1, 801), (2, 902)] {
        use_it(&home.vault, &issued, start() + day * DAY, count / 3);
        kept.extend(note(&home.vault));
        use_it(&home.vault, &issued, start() + day * DAY, count - count / 3);
        kept.extend(note(&home.vault));
    }
    (issued, kept)
}

#[test]
fn what_is_pruned_still_proves_every_checkpoint_that_was_exported() {
    let home = Home::new();
    let (_, mut kept) = three_days(&home);
    let prune = |days: u32| home.vault.prune_at(&alice(), start() + (90 + days) * DAY).unwrap();
    assert_eq!(codes(&home.vault, &kept), [""; 0]);
    assert_eq!(prune(0), 0);
    assert_eq!(prune(1), 700);
    assert_eq!(codes(&home.vault, &kept), [""; 0]);
    kept.extend(note(&home.vault));
    // Beyond the uses that are folded nothing is pruned yet.
    let more = prune(2);
    assert!((1..=801).contains(&more), "{more}");
    assert_eq!(codes(&home.vault, &kept), [""; 0]);
    let left: Vec<u64> =
        home.vault.uses(UseFilter::new()).unwrap().map(|used| used.unwrap().seq().unwrap()).collect();
    assert_eq!(left, (701 + more..=2_403).collect::<Vec<_>>());
    assert!(home.vault.check().unwrap().ok());
    let events = home.vault.changes(ChangeFilter::new().kind(ChangeKind::UsesPruned)).unwrap();
    let details: Vec<_> = events.map(|event| event.unwrap().detail()).collect();
    assert!(details[0].starts_with("{\"events\":700,\"root\":\"") && details[0].ends_with("\"size\":700}"));
    assert_eq!(details.len(), 2);
    let usage = home.vault.usage(home.keys()[0].id()).unwrap();
    assert_eq!(usage.uses(), 2_403, "pruning forgot how often the key was used");
}

#[test]
fn bytes_limit_what_is_kept_as_well() {
    let home = Home::in_memory();
    let issued = home.create_at(NewKey::new("acme_live"), start());
    let mut policy = home.vault.policy().unwrap();
    policy.retain_uses_bytes = 1 << 20;
    home.vault.set_policy(&policy, &alice()).unwrap();
    // Of uses with a request id of 40 bytes, 16,131 fit in 1 MiB.
    let request_id = "r".repeat(40);
    let request = Request::new().request_id(&request_id);
    for _ in 0..20_000 {
        let _ = home.vault.verify_at(issued.secret().expose(), &request, start()).unwrap();
    }
    let pruned = home.vault.prune_at(&alice(), start()).unwrap();
    assert!((2_800..=3_869).contains(&pruned), "{pruned}");
    assert_eq!(codes(&home.vault, &[]), [""; 0]);
}

/// The rows of such a log may be gone altogether, and that is no damage.
#[test]
fn a_log_that_was_pruned_to_its_end_is_whole() {
    let home = Home::new();
    let issued = home.create_at(NewKey::new("acme_live").owner("acct"), start());
    use_it(&home.vault, &issued, start(), 30);
    assert_eq!(home.vault.prune_at(&alice(), start() + 91 * DAY).unwrap(), 30);
    let report = home.vault.check_deep(|_| ()).unwrap();
    assert!(report.ok(), "{:?}", report.findings());
    use_it(&home.vault, &issued, start() + DAY, 1);
    home.vault.flush().unwrap();
    assert!(home.vault.check_deep(|_| ()).unwrap().ok());
}

/// The file of a closed vault with checkpoints that were kept elsewhere, tampered with by somebody who can
/// write it.
fn tampered(sql: &str) -> (tempfile::TempDir, PathBuf, Vec<Checkpoint>) {
    let home = Home::new();
    let (_, kept) = three_days(&home);
    home.vault.prune_at(&alice(), start() + 91 * DAY).unwrap();
    let path = home.path();
    drop(home.vault);
    edit(&path, sql);
    (home.folder, path, kept)
}

fn edit(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
}

#[test]
fn a_false_prune_is_seen() {
    let (_folder, path, kept) = tampered("SELECT 1");
    assert_eq!(codes(&Vault::open(&path).unwrap(), &kept), [""; 0]);
    // The proof of a checkpoint is gone; another root is claimed for what was pruned; it is said to end later.
    for (sql, expected) in [
        ("UPDATE checkpoints SET proof = NULL, proof_size = NULL", "unproved"),
        ("UPDATE checkpoints SET proof = zeroblob(length(proof)) WHERE proof IS NOT NULL", "rewritten"),
        (
            "UPDATE logs SET pruned_frontier = randomblob(length(pruned_frontier)) WHERE log = 2",
            "false_prune",
        ),
        ("DELETE FROM uses WHERE seq <= 1000", "hole"),
        ("UPDATE logs SET pruned_size = 0, pruned_frontier = x'' WHERE log = 2", "false_prune"),
    ] {
        let (_folder, path, kept) = tampered(sql);
        let found = codes(&Vault::open(&path).unwrap(), &kept);
        assert!(found.contains(&expected), "{sql}: {found:?}");
    }
}

/// Whoever can write the file can cut its log and make its trees anew: only the checkpoint shows it.
#[test]
fn a_log_that_was_made_anew_is_seen_by_the_checkpoint_alone() {
    let home = Home::new();
    let issued = home.create_at(NewKey::new("acme_live"), start());
    let path = home.path();
    let folder = home.folder;
    let copy = |to: &str| std::fs::write(folder.path().join(to), bytes_of(&path)).unwrap();
    drop(home.vault);
    // The closed file, before the events that somebody wants to be gone.
    copy("old.db");
    let vault = Vault::open(&path).unwrap();
    vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    use_it(&vault, &issued, start(), 3);
    let kept = note(&vault);
    drop(vault);
    let old = Vault::open(folder.path().join("old.db")).unwrap();
    assert!(old.verify_logs().unwrap().ok(), "without a checkpoint an old file proves itself");
    assert_eq!(codes(&old, &kept), ["rolled_back", "rolled_back"]);
    // The old file goes on in another way, until its logs are as long.
    for name in ["x", "y", "z"] {
        old.create_key(NewKey::new("acme_live").name(name), &alice()).unwrap();
    }
    use_it(&old, &issued, start(), 5);
    assert!(old.verify_logs().unwrap().ok());
    assert_eq!(codes(&old, &kept), ["rewritten", "rewritten"]);
}

#[test]
fn checkpoints_of_another_vault_or_without_the_signature_are_told() {
    let home = Home::new();
    let other = Home::new();
    assert_eq!(codes(&home.vault, &note(&other.vault)), ["origin"]);
    let (signer, verifier) = NoteSigner::generate("example.com/vault").unwrap();
    let text: String =
        home.vault.checkpoint().unwrap().iter().map(|kept| kept.to_note(Some(&signer))).collect();
    let notes = Checkpoint::parse_all(&text).unwrap();
    assert!(home.vault.verify_logs_since(&notes, Some(&verifier)).unwrap().ok());
    let report = home.vault.verify_logs_since(&note(&home.vault), Some(&verifier)).unwrap();
    assert_eq!(report.logs()[0].findings()[0].code(), "signature");
}

/// A prune that is killed between its commit and the deletion of its rows goes on with the next one.
#[test]
fn a_killed_prune_goes_on() {
    const NAME: &str = "a_killed_prune_goes_on";
    if let Some(path) = common::role() {
        Vault::open(path).unwrap().prune_at(&alice(), start() + 92 * DAY).unwrap();
        return;
    }
    let home = Home::new();
    let (_, kept) = three_days(&home);
    let path = home.path().display().to_string();
    for round in 0..scaled(20) {
        let mut child = this_test(NAME, &path).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(1_000 * u64::from(round % 20)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(codes(&home.vault, &kept), [""; 0], "round {round}");
    }
    home.vault.prune_at(&alice(), start() + 92 * DAY).unwrap();
    let first = home.vault.uses(UseFilter::new().limit(1)).unwrap().next().unwrap().unwrap();
    assert!(first.seq().unwrap() > 700, "pruned rows were left");
    assert_eq!(codes(&home.vault, &kept), [""; 0]);
}

#[test]
fn an_erased_person_is_gone_and_the_roots_stay() {
    let home = Home::new();
    let actor = keycask::Actor::new("mallory").unwrap().client_ip("192.0.2.66".parse().unwrap());
    let request =
        NewKey::new("acme_live").owner("mallory").name("mallory's").notify_email("mallory@example.com");
    let issued = home.vault.create_key(request.request_id("r-1"), &actor).unwrap();
    let kept = note(&home.vault);
    let error = home.vault.erase_person("mallory", &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let revocation = keycask::Revocation::new(RevocationReason::OwnerLeft).note("mallory left");
    home.vault.revoke(issued.key().id(), revocation, &alice()).unwrap();
    let roots = |vault: &Vault| vault.verify_logs().unwrap().logs()[0].root_hex();
    let before = roots(&home.vault);
    assert_eq!(home.vault.erase_person("mallory", &alice()).unwrap(), 2);
    assert_eq!(codes(&home.vault, &kept), [""; 0]);
    assert_ne!(roots(&home.vault), before, "the erasure itself is an event");
    assert!(!home.content().contains("mallory") && !home.content().contains("192.0.2.66"));
    let created =
        home.vault.changes(ChangeFilter::new().key(issued.key().id())).unwrap().next().unwrap().unwrap();
    assert_eq!((created.actor(), created.client_ip()), (None, None));
    assert_eq!(home.outcome(&issued), "revoked");
    // The revocation names alice still, and an edit of her name is seen.
    let revoked = home.vault.changes(ChangeFilter::new().actor("alice")).unwrap().next().unwrap().unwrap();
    assert_eq!(revoked.kind(), ChangeKind::KeyRevoked);
    let path = home.path();
    drop(home.vault);
    assert!(!bytes_of(&path).windows(7).any(|window| window == b"mallory"), "the name is in a free page");
    edit(&path, "UPDATE changes SET note = 'innocent' WHERE actor IS NULL AND note IS NULL");
    assert_eq!(codes(&Vault::open(&path).unwrap(), &kept), ["root", "rewritten"], "a note");
    edit(&path, "UPDATE changes SET note = NULL WHERE note = 'innocent'");
    assert_eq!(codes(&Vault::open(&path).unwrap(), &kept), [""; 0]);
    edit(&path, "UPDATE changes SET actor = 'bob' WHERE actor = 'alice' AND kind = 15");
    assert_eq!(codes(&Vault::open(&path).unwrap(), &kept), ["root"]);
}
