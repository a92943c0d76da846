//! Guards against a log of uses that lags, lies or stops the vault: events that nobody sees in time, a flush that
//! returns too early, strict verifies that wait for each other's disk, and a close that leaves something behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{Home, alice};
use keycask::{
    ChangeFilter, ChangeKind, ErrorKind, Issued, Outcome, Reason, Request, Rotation, UseAcknowledgement,
    UseFilter, UseMode, Vault, VaultOptions,
};

fn verify(vault: &Vault, issued: &Issued) -> Outcome {
    vault.verify(issued.secret().expose(), &Request::new()).unwrap().outcome()
}

fn uses(vault: &Vault) -> u64 {
    vault.uses(UseFilter::new()).unwrap().map(|event| event.unwrap().count()).sum()
}

/// What another process would see: a handle that was opened before doesn't ask this one to write.
fn seen_by_another(path: &std::path::Path) -> u64 {
    let output = common::this_test("another_process_counts", path.to_str().unwrap()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let line = told.lines().find_map(|line| line.strip_prefix("uses ")).unwrap_or_else(|| panic!("{told}"));
    line.parse().unwrap()
}

#[test]
#[allow(clippy::print_stdout, reason = "its parent reads it")]
fn another_process_counts() {
    if let Some(path) = common::role() {
        println!("\nuses {}", uses(&Vault::open(path).unwrap()));
    }
}

fn threads_of_this_process() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks.map(name).filter(|name| name.trim() == "keycask-uses").count()
}

#[test]
fn a_use_is_seen_by_others_soon_and_by_this_process_at_once() {
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    verify(&home.vault, &issued);
    assert_eq!(uses(&Vault::open(home.path()).unwrap()), 1, "another handle of this process");
    let began = Instant::now();
    verify(&home.vault, &issued);
    while seen_by_another(&home.path()) < 2 {
        assert!(began.elapsed() < Duration::from_secs(10), "a use isn't written");
    }
}

#[test]
fn flush_returns_when_others_see_every_use() {
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    for round in 1..=3 {
        (0..10_000).for_each(|_| assert_eq!(verify(&home.vault, &issued), Outcome::Valid));
        home.vault.flush().unwrap();
        assert_eq!(seen_by_another(&home.path()), round * 10_000);
    }
}

#[test]
fn the_thread_starts_with_the_first_use_and_ends_with_the_handle() {
    if common::role().is_none() {
        let name = "the_thread_starts_with_the_first_use_and_ends_with_the_handle";
        return common::run_role(&mut common::this_test(name, "alone"));
    }
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    let _ = home.vault.verify(issued.secret().expose(), &Request::new().no_event()).unwrap();
    assert_eq!(threads_of_this_process(), 0);
    verify(&home.vault, &issued);
    let began = Instant::now();
    // It names itself once it runs.
    while threads_of_this_process() != 1 {
        assert!(began.elapsed() < Duration::from_secs(10), "no thread writes uses");
    }
    home.vault.close();
    assert_eq!(threads_of_this_process(), 0);
    let error = home.vault.verify(issued.secret().expose(), &Request::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(uses(&Vault::open(home.path()).unwrap()), 1);
}

#[test]
fn with_uses_off_there_is_neither_thread_nor_event() {
    if common::role().is_none() {
        let name = "with_uses_off_there_is_neither_thread_nor_event";
        return common::run_role(&mut common::this_test(name, "alone"));
    }
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    home.vault.update_policy(|policy| policy.use_mode = UseMode::Off, &alice()).unwrap();
    verify(&home.vault, &issued);
    let long = "x".repeat(300);
    for stranger in ["acme_live_typo", long.as_str()] {
        let _ = home.vault.verify(stranger, &Request::new()).unwrap();
    }
    assert_eq!((threads_of_this_process(), uses(&home.vault)), (0, 0));
}

#[test]
fn strict_verifies_of_many_threads_share_their_commits() {
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    let strict = UseAcknowledgement::Strict;
    home.vault.update_policy(|policy| policy.use_acknowledgement = strict, &alice()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..200).for_each(|_| assert_eq!(verify(&home.vault, &issued), Outcome::Valid)));
        }
    });
    assert_eq!(seen_by_another(&home.path()), 1_600);
    assert!(home.vault.verify_logs().unwrap().ok());
}

#[test]
fn a_close_in_the_middle_loses_no_use_that_was_answered() {
    for round in 0..common::scaled(20) {
        let home = Home::in_memory();
        let issued = home.create("acct_42");
        let stop = AtomicBool::new(false);
        let answered: u64 = std::thread::scope(|scope| {
            let verifying: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut valid = 0;
                        while !stop.load(Ordering::Relaxed) {
                            match home.vault.verify(issued.secret().expose(), &Request::new()) {
                                Ok(_) => valid += 1,
                                Err(error) => {
                                    assert_eq!(error.kind(), ErrorKind::Closed);
                                    break;
                                }
                            }
                        }
                        valid
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(u64::from(round % 5) * 3));
            home.vault.close();
            stop.store(true, Ordering::Relaxed);
            verifying.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        let vault = Vault::open(home.path()).unwrap();
        let gaps = vault.changes(ChangeFilter::new().kind(ChangeKind::UsesGap)).unwrap();
        let gaps: u64 = gaps
            .map(|gap| serde_json::from_str::<serde_json::Value>(&gap.unwrap().detail()).unwrap())
            .map(|detail| detail["count"].as_u64().unwrap())
            .sum();
        assert!(uses(&vault) + gaps >= answered, "{answered} were answered, {} written", uses(&vault));
    }
}

#[test]
fn a_rotation_is_not_cancelled_over_a_use_that_waits() {
    let home = Home::in_memory();
    let old = home.create("acct_42");
    let new = home.vault.rotate(old.key().id(), Rotation::planned(), &alice()).unwrap();
    verify(&home.vault, &new);
    let error = home.vault.cancel_rotation(old.key().id(), false, &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn a_vault_in_memory_records_its_uses() {
    let vault = VaultOptions::new().create_in_memory().unwrap();
    let issued = vault.create_key(keycask::NewKey::new("acme_test"), &alice()).unwrap();
    (0..10).for_each(|_| assert_eq!(verify(&vault, &issued), Outcome::Valid));
    assert_eq!(uses(&vault), 10);
    vault.flush().unwrap();
}

#[test]
fn refusals_are_one_row_a_minute() {
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    home.vault.revoke(issued.key().id(), keycask::Revocation::default(), &alice()).unwrap();
    for _ in 0..3 {
        (0..1_000).for_each(|_| assert_eq!(verify(&home.vault, &issued), Outcome::Refused(Reason::Revoked)));
        home.vault.flush().unwrap();
    }
    let events: Vec<_> = home.vault.uses(UseFilter::new()).unwrap().map(Result::unwrap).collect();
    assert!(events.len() <= 2, "more rows than minutes");
    assert_eq!(events.iter().map(keycask::Use::count).sum::<u64>(), 3_000);
}
