//! Guards against a log that can be edited unseen, that misses an event of its change, or that tells the
//! wrong who and when.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::path::Path;

use common::{DAY, HOUR, Home, alice, start};
use keycask::{
    Actor, ChangeFilter, ChangeKind, ErrorKind, NewKey, Outcome, Reason, Request, Revocation,
    RevocationReason, Rotation, UseFilter, UseMode, Vault,
};
use rusqlite::Connection;

/// A vault with a bit of everything, closed.
fn lived_in() -> (tempfile::TempDir, std::path::PathBuf) {
    let home = Home::new();
    let old = home.create("acct");
    for n in 0..20 {
        let id = format!("req-{n}");
        let request = Request::new().client_ip("192.0.2.7".parse().unwrap()).request_id(&id);
        let _ = home.vault.verify(old.secret().expose(), &request).unwrap();
    }
    home.vault.rotate(old.key().id(), Rotation::planned(), &alice()).unwrap();
    let revocation = Revocation::new(RevocationReason::Policy).note("by a rule");
    home.vault.revoke(old.key().id(), revocation, &alice()).unwrap();
    let _ = home.vault.verify(old.secret().expose(), &Request::new()).unwrap();
    let path = home.path();
    drop(home.vault);
    (home.folder, path)
}

fn tamper(path: &Path, sql: &str) {
    let changed = Connection::open(path).unwrap().execute_batch(sql);
    changed.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn every_edit_of_a_row_is_seen() {
    for sql in [
        "UPDATE changes SET actor = 'mallory' WHERE seq = 2",
        "UPDATE changes SET actor = NULL WHERE seq = 2",
        "UPDATE changes SET owner = 'other' WHERE seq = 2",
        "UPDATE changes SET note = 'innocent' WHERE note IS NOT NULL",
        "UPDATE changes SET client_ip = '192.0.2.9' WHERE seq = 3",
        "UPDATE changes SET request_id = 'x' WHERE seq = 3",
        "UPDATE changes SET detail = '{}' WHERE seq = 3",
        "UPDATE changes SET at_ms = at_ms + 1 WHERE seq = 3",
        "UPDATE changes SET kind = 10 WHERE seq = 3",
        "UPDATE changes SET key_no = 1 WHERE seq = 3",
        "UPDATE changes SET salt = zeroblob(16) WHERE seq = 3",
        "UPDATE keys SET id = zeroblob(16) WHERE key_no = 1",
        "DELETE FROM changes WHERE seq = 3",
        "DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)",
        "UPDATE changes SET seq = 99 WHERE seq = 3",
        "INSERT INTO changes SELECT 1 + max(seq), at_ms, kind, key_no, actor, owner, client_ip, note, request_id, salt, detail FROM changes",
        "UPDATE uses SET at_ms = at_ms - 1 WHERE seq = 5",
        "UPDATE uses SET client = x'c0000209' WHERE seq = 5",
        "UPDATE uses SET client = NULL WHERE seq = 5",
        "UPDATE uses SET request = x'61' WHERE seq = 5",
        "UPDATE uses SET outcome = 3 WHERE seq = 5",
        "UPDATE uses SET epoch = 7 WHERE seq = 5",
        "UPDATE uses SET key_no = 2 WHERE seq = 5",
        "UPDATE uses SET count = 2, last_ms = at_ms WHERE seq = 5",
        "UPDATE uses SET prefix_no = 1 WHERE seq = 5",
        "DELETE FROM uses WHERE seq = 5",
        "DELETE FROM uses WHERE seq >= 15",
        "DELETE FROM uses",
        "UPDATE logs SET size = size + 1, frontier = frontier",
        "UPDATE logs SET frontier = randomblob(length(frontier))",
        "UPDATE uses SET request = CASE seq WHEN 3 THEN (SELECT request FROM uses WHERE seq = 4) ELSE (SELECT request FROM uses WHERE seq = 3) END WHERE seq IN (3, 4)",
    ] {
        let (_folder, path) = lived_in();
        assert!(Vault::open(&path).unwrap().verify_logs().unwrap().ok());
        tamper(&path, &format!("PRAGMA foreign_keys = OFF; {sql}"));
        let vault = Vault::open(&path).unwrap();
        match vault.verify_logs() {
            Ok(report) => assert!(!report.ok(), "unseen: {sql}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged, "{sql}: {error}"),
        }
    }
}

#[test]
fn the_report_says_which_log_and_what() {
    let (_folder, path) = lived_in();
    tamper(&path, "DELETE FROM uses WHERE seq = 5");
    let report = Vault::open(&path).unwrap().verify_logs().unwrap();
    let [changes, uses] = report.logs() else { panic!("{report:?}") };
    assert!(changes.findings().is_empty());
    assert_eq!(uses.findings()[0].code(), "hole");
    assert!(uses.findings()[0].message().contains("event 5 of uses"), "{:?}", uses.findings());
}

#[test]
fn check_finds_a_cut_log_and_a_use_after_revocation() {
    let (_folder, path) = lived_in();
    let check = || Vault::open(&path).unwrap().check().unwrap();
    assert!(check().ok(), "{:?}", check());
    tamper(
        &path,
        "INSERT INTO uses SELECT 1 + max(seq), at_ms, 1, 0, 999, client, request, count, last_ms, prefix_no FROM uses",
    );
    let codes: Vec<_> = check().findings().iter().map(keycask::Finding::code).collect();
    assert_eq!(codes, ["use_after_revocation", "end"]);
}

#[test]
fn each_change_is_told_with_its_actor_time_and_detail() {
    let home = Home::new();
    let actor =
        Actor::new("bob").unwrap().client_ip("2001:db8::7".parse().unwrap()).request_id("r-1").unwrap();
    let request = NewKey::new("acme_live").owner("acct").scope("a:b").expires_at(start() + DAY);
    let old = home.vault.create_key_at(request, &actor, start()).unwrap();
    let new = home.vault.rotate_at(old.key().id(), Rotation::planned().grace(HOUR), &actor, start()).unwrap();
    let revocation = Revocation::new(RevocationReason::OwnerLeft).note("left");
    home.vault.revoke_at(old.key().id(), revocation, &actor, start() + HOUR).unwrap();
    let changes: Vec<_> =
        home.vault.changes(ChangeFilter::new().after(1)).unwrap().map(Result::unwrap).collect();
    let kinds: Vec<_> = changes.iter().map(|change| (change.kind().as_str(), change.key_id())).collect();
    let (old_id, new_id) = (Some(old.key().id()), Some(new.key().id()));
    let expected =
        [("key.created", old_id), ("key.created", new_id), ("key.rotated", old_id), ("key.revoked", old_id)];
    assert_eq!(kinds, expected);
    assert!(changes.iter().all(|change| change.actor() == Some("bob") && change.request_id() == Some("r-1")));
    assert!(changes.iter().all(|change| change.client_ip() == Some("2001:db8::7".parse().unwrap())));
    assert_eq!((changes[0].at(), changes[3].at()), (start(), start() + HOUR));
    assert_eq!(
        changes[0].detail(),
        format!(
            "{{\"expires_at\":\"2027-01-16T08:00:00.000Z\",\"not_before\":null,\"owner\":\"acct\",\
             \"prefix\":\"acme_live\",\"replaces\":null,\"scopes\":[\"a:b\"],\"start\":\"{}\"}}",
            old.key().start()
        )
    );
    assert_eq!(
        changes[2].detail(),
        format!(
            "{{\"emergency\":false,\"grace_until\":\"2027-01-15T09:00:00.000Z\",\"owner\":\"acct\",\
             \"successor\":\"{}\"}}",
            new.key().id()
        )
    );
    assert_eq!(changes[3].detail(), "{\"note\":\"left\",\"owner\":\"acct\",\"reason\":\"owner_left\"}");
}

#[test]
fn uses_are_told_in_order_with_client_and_request() {
    let home = Home::new();
    let issued = home.create_at(NewKey::new("acme_live"), start());
    let verify = |request: &Request<'_>, ms: u64| {
        let now = start() + std::time::Duration::from_millis(ms);
        home.vault.verify_at(issued.secret().expose(), request, now).unwrap().outcome()
    };
    let request = Request::new().client_ip("192.0.2.7".parse().unwrap()).request_id("r-1");
    assert_eq!(verify(&request, 1), Outcome::Valid);
    assert_eq!(verify(&request.clone().no_event(), 2), Outcome::Valid);
    // Refusals of a known key are one row for each key, outcome and minute.
    for ms in [3, 4, 59_999, 60_001] {
        assert_eq!(verify(&Request::new().prefix("acme_test"), ms), Outcome::Refused(Reason::WrongPrefix));
    }
    // A count is closed once every process had the time to add its own.
    assert_eq!(verify(&Request::new().prefix("acme_test"), 100_001), Outcome::Refused(Reason::WrongPrefix));
    let told = |filter: UseFilter| -> Vec<(Option<u64>, Outcome, u64)> {
        let uses = home.vault.uses(filter).unwrap().map(Result::unwrap);
        uses.map(|event| (event.seq(), event.outcome(), event.count())).collect()
    };
    let wrong = Outcome::Refused(Reason::WrongPrefix);
    assert_eq!(told(UseFilter::new()), [(Some(1), Outcome::Valid, 1), (Some(2), wrong, 3), (None, wrong, 2)]);
    assert_eq!(told(UseFilter::new().outcome(Outcome::Valid)).len(), 1);
    assert_eq!(told(UseFilter::new().newest_first().limit(2)), [(None, wrong, 2), (Some(2), wrong, 3)]);
    assert_eq!(told(UseFilter::new().after(1).limit(1)), [(Some(2), wrong, 3)]);
    let first = home.vault.uses(UseFilter::new().limit(1)).unwrap().next().unwrap().unwrap();
    assert_eq!((first.client_ip(), first.request_id()), (Some("192.0.2.7".parse().unwrap()), Some("r-1")));
    assert_eq!(first.key_id(), Some(issued.key().id()));
    assert!(home.vault.verify_logs().unwrap().ok());
}

#[test]
fn buckets_count_exactly_and_off_records_nothing() {
    let home = Home::new();
    let issued = home.create_at(NewKey::new("acme_live"), start());
    let mut policy = home.vault.policy().unwrap();
    let mut set = |mode| {
        policy.use_mode = mode;
        home.vault.set_policy(&policy, &alice()).unwrap();
    };
    let verify = |seconds: u64| {
        let now = start() + std::time::Duration::from_secs(seconds);
        home.vault.verify_at(issued.secret().expose(), &Request::new(), now).unwrap().outcome()
    };
    let count =
        || home.vault.uses(UseFilter::new()).unwrap().map(|event| event.unwrap().count()).collect::<Vec<_>>();
    set(UseMode::Buckets);
    (0..400).for_each(|second| assert_eq!(verify(second), Outcome::Valid));
    assert_eq!(count(), [300, 100]);
    set(UseMode::Off);
    verify(1000);
    assert_eq!(count(), [300, 100]);
    assert!(home.vault.verify_logs().unwrap().ok());
}

#[test]
fn changes_are_filtered_and_paged_both_ways() {
    let home = Home::new();
    let keys: Vec<NewKey> = (0..1_200).map(|_| NewKey::new("acme_live").owner("acct")).collect();
    let issued = home.vault.create_keys(keys, &alice()).unwrap();
    let bob = Actor::new("bob").unwrap();
    home.vault.revoke_at(issued[5].key().id(), RevocationReason::Policy, &bob, start()).unwrap();
    let seqs = |filter: ChangeFilter| -> Vec<u64> {
        home.vault.changes(filter).unwrap().map(|change| change.unwrap().seq()).collect()
    };
    let all: Vec<u64> = (1..=1_202).collect();
    assert_eq!(seqs(ChangeFilter::new()), all);
    assert_eq!(seqs(ChangeFilter::new().newest_first()), all.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(seqs(ChangeFilter::new().after(1_200).limit(1)), [1_201]);
    assert_eq!(seqs(ChangeFilter::new().newest_first().after(3)), [2, 1]);
    assert_eq!(seqs(ChangeFilter::new().kind(ChangeKind::KeyRevoked)), [1_202]);
    assert_eq!(seqs(ChangeFilter::new().actor("bob")), [1_202]);
    assert_eq!(seqs(ChangeFilter::new().key(issued[5].key().id())), [7, 1_202]);
    assert_eq!(seqs(ChangeFilter::new().key(issued[5].key().id()).kind(ChangeKind::KeyCreated)), [7]);
    assert_eq!(seqs(ChangeFilter::new().since(start()).until(start() + HOUR)), [1_202]);
    assert_eq!(seqs(ChangeFilter::new().until(start())).len(), 1_201);
}

/// Threads and a second handle append at once: both logs stay whole.
#[test]
fn concurrent_appends_keep_both_trees() {
    let home = Home::new();
    let issued = home.create("acct");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let vault = Vault::open(home.path()).unwrap();
                for _ in 0..25 {
                    vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
                    let _ = vault.verify(issued.secret().expose(), &Request::new()).unwrap();
                }
            });
        }
    });
    let report = home.vault.verify_logs().unwrap();
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.logs().iter().map(keycask::LogReport::size).collect::<Vec<_>>(), [102, 100]);
}

/// A step back of the clock by more than an hour is believed, and told once.
#[test]
fn a_large_step_back_of_the_clock_is_recorded_once() {
    let (_folder, path) = lived_in();
    tamper(&path, "UPDATE logs SET clock_ms = clock_ms + 7200000");
    let regressions = || {
        let vault = Vault::open(&path).unwrap();
        vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
        vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
        vault.changes(ChangeFilter::new().kind(ChangeKind::ClockRegressed)).unwrap().count()
    };
    assert_eq!(regressions(), 1);
    assert_eq!(regressions(), 1);
}

#[test]
fn a_callers_now_never_moves_the_clock() {
    let home = Home::new();
    home.create_at(NewKey::new("acme_live"), start() + 3_650 * DAY);
    let vault = Vault::open(home.path()).unwrap();
    let issued = vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    assert!(issued.key().created_at() < start());
    assert_eq!(vault.changes(ChangeFilter::new().kind(ChangeKind::ClockRegressed)).unwrap().count(), 0);
}
