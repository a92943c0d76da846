//! Guards against a child that writes without a lock. After a fork with open connections SQLite believes that the
//! child holds the locks of its parent: the child's writes are acknowledged and lost. With the feature
//! `test-no-fork-handlers` these tests must fail.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and tells its seed")]

mod common;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{Choices, Home, alice, role, run_role, scaled, seed, this_test};
use keycask::{ChangeFilter, ChangeKind, ErrorKind, NewKey, Request, Vault, VaultOptions};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

const CHILDREN: usize = 4;
const KEYS_EACH: usize = 5;
/// A child that hangs is ended by this signal, and its test fails.
const PATIENCE: u32 = 30;

/// Runs `work` in a child, which ends with the code that it returns and never runs anything else of this process.
fn in_child(work: impl FnOnce() -> i32) -> Pid {
    // SAFETY: the child runs `work` and ends by `_exit`. It may allocate: the C library keeps its allocator whole
    // across a fork. The locks of the test harness are not taken.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            nix::unistd::alarm::set(PATIENCE);
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(99);
            // SAFETY: ends the process at once.
            unsafe { nix::libc::_exit(code) }
        }
    }
}

fn wait_for(children: impl IntoIterator<Item = Pid>) {
    for child in children {
        let status = waitpid(child, None).unwrap();
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
    }
}

/// Ends the loops of a test's threads, also when it fails.
struct Stop(AtomicBool);

impl Stop {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct StopAtEnd<'s>(&'s Stop);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Whether this process holds a POSIX lock on the file, as the kernel says. It lists the locks in pieces, between
/// which those of other processes come and go: one that is missing is looked for again.
fn is_locked_by_this_process(path: &Path) -> bool {
    let inode = format!(":{}", path.metadata().unwrap().ino());
    let own = std::process::id().to_string();
    (0..20).any(|look| {
        std::thread::sleep(Duration::from_millis(look));
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| {
            let mut words = line.split_ascii_whitespace();
            words.any(|word| word == own) && words.any(|word| word.ends_with(&inode))
        })
    })
}

fn verify(vault: &Vault, issued: &keycask::Issued) {
    let verdict = vault.verify(issued.secret().expose(), &Request::new()).unwrap();
    assert_eq!(verdict.outcome().as_str(), "valid");
}

/// Creates keys and verifies them; a code that says what went wrong.
fn work(vault: &Vault, owner: &str) -> i32 {
    for _ in 0..KEYS_EACH {
        let Ok(issued) = vault.create_key(NewKey::new("acme_live").owner(owner), &alice()) else { return 2 };
        let verdict = vault.verify(issued.secret().expose(), &Request::new());
        if !verdict.is_ok_and(|verdict| verdict.outcome().as_str() == "valid") {
            return 3;
        }
    }
    // The child ends at once, without what a process does at its exit.
    if vault.flush().is_err() {
        return 5;
    }
    if is_locked_by_this_process(vault.path()) { 0 } else { 4 }
}

/// What was acknowledged is there, once, with its event, and the logs are whole.
fn assert_complete(vault: &Vault, keys: usize, verifies: usize) {
    vault.flush().unwrap();
    let uses = vault.uses(keycask::UseFilter::new()).unwrap();
    let gaps = vault.changes(ChangeFilter::new().kind(ChangeKind::UsesGap)).unwrap().map(|gap| {
        let detail: serde_json::Value = serde_json::from_str(&gap.unwrap().detail()).unwrap();
        detail["count"].as_u64().unwrap()
    });
    let events: u64 = uses.map(|event| event.unwrap().count()).chain(gaps).sum();
    assert_eq!(events, verifies as u64, "valid verifies, and events and gaps");
    let ids: BTreeSet<_> =
        vault.keys(keycask::KeyFilter::new()).unwrap().map(|key| key.unwrap().id().to_string()).collect();
    assert_eq!(ids.len(), keys);
    let created = ChangeFilter::new().kind(ChangeKind::KeyCreated);
    assert_eq!(vault.changes(created).unwrap().count(), keys);
    assert!(vault.verify_logs().unwrap().ok());
    assert!(vault.check().unwrap().ok());
}

#[test]
fn children_of_a_used_vault_hold_their_own_locks_and_lose_nothing() {
    if role().is_none() {
        return run_role(&mut this_test(
            "children_of_a_used_vault_hold_their_own_locks_and_lose_nothing",
            "alone",
        ));
    }
    let home = Home::in_memory();
    let mut expected = 0;
    for round in 0..scaled(50) {
        let owner = format!("parent_{round}");
        let issued = home.create(&owner);
        verify(&home.vault, &issued);
        let children: Vec<Pid> = (0..CHILDREN)
            .map(|child| in_child(|| work(&home.vault, &format!("child_{round}_{child}"))))
            .collect();
        home.create(&owner);
        wait_for(children);
        expected += 2 + CHILDREN * KEYS_EACH;
        // As another process sees it.
        wait_for([in_child(|| i32::from(home.keys().len() != expected))]);
        assert_eq!(home.keys().len(), expected, "round {round}");
    }
    assert_complete(&home.vault, expected, expected - scaled(50) as usize);
}

#[test]
fn forks_with_threads_inside_hang_nobody_and_lose_nothing() {
    if role().is_none() {
        return run_role(&mut this_test("forks_with_threads_inside_hang_nobody_and_lose_nothing", "alone"));
    }
    let home = Home::in_memory();
    let mut choices = Choices::new(seed());
    let known = home.create("known");
    let stop = Stop(AtomicBool::new(false));
    let (created, verified) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (home, known, stop) = (&home, &known, &stop);
                scope.spawn(move || {
                    let (mut created, mut verified) = (0, 0);
                    while !stop.is_set() {
                        verify(&home.vault, known);
                        verified += 1;
                        if thread == 0 {
                            home.create("thread");
                            created += 1;
                        }
                    }
                    (created, verified)
                })
            })
            .collect();
        let end = StopAtEnd(&stop);
        for round in 0..scaled(50) {
            std::thread::sleep(Duration::from_micros(choices.below(3000) as u64));
            let started = Instant::now();
            let child = in_child(|| work(&home.vault, &format!("child_{round}")));
            assert!(started.elapsed() < Duration::from_secs(5), "a fork took {:?}", started.elapsed());
            wait_for([child]);
        }
        drop(end);
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .fold((0, 0), |sum, done| (sum.0 + done.0, sum.1 + done.1))
    });
    let by_children = KEYS_EACH * scaled(50) as usize;
    assert_complete(&home.vault, 1 + created + by_children, verified + by_children);
}

/// Copying or checking a large vault takes seconds: a fork doesn't wait for that.
#[test]
fn a_fork_interrupts_long_reads() {
    if role().is_none() {
        return run_role(&mut this_test("a_fork_interrupts_long_reads", "alone"));
    }
    let home = Home::in_memory();
    for _ in 0..4 {
        let keys = (0..10_000).map(|_| NewKey::new("acme_live").owner("acct_42")).collect();
        home.vault.create_keys(keys, &alice()).unwrap();
    }
    let stop = Stop(AtomicBool::new(false));
    let interrupted = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut interrupted = 0;
            while !stop.is_set() {
                match home.vault.check_deep(|_| ()) {
                    Ok(report) => assert!(report.ok()),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
                        assert!(error.to_string().contains("a fork"), "{error}");
                        interrupted += 1;
                    }
                }
            }
            interrupted
        });
        let end = StopAtEnd(&stop);
        for round in 0..5 {
            std::thread::sleep(Duration::from_millis(30));
            let started = Instant::now();
            wait_for([in_child(|| work(&home.vault, &format!("child_{round}")))]);
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        }
        drop(end);
        reading.join().unwrap()
    });
    println!("interrupted {interrupted} times");
    assert!(interrupted > 0);
    assert!(home.vault.check_deep(|_| ()).unwrap().ok());
}

#[test]
fn a_copy_of_the_process_without_handlers_is_refused() {
    if role().is_none() {
        return run_role(&mut this_test("a_copy_of_the_process_without_handlers_is_refused", "alone"));
    }
    let home = Home::in_memory();
    home.create("parent");
    // SAFETY: as in `in_child`; the raw call makes a copy of the process behind the C library's back.
    let child = unsafe { nix::libc::syscall(nix::libc::SYS_clone, nix::libc::SIGCHLD, 0, 0, 0, 0) };
    if child == 0 {
        let used = home.vault.create_key(NewKey::new("acme_live").owner("child"), &alice());
        let opened = Vault::open(home.path());
        let refused = |kind: Option<ErrorKind>| kind == Some(ErrorKind::ForeignAccess);
        let fine = refused(used.err().map(|e| e.kind())) && refused(opened.err().map(|e| e.kind()));
        // SAFETY: ends the process at once.
        unsafe { nix::libc::_exit(i32::from(!fine)) }
    }
    wait_for([Pid::from_raw(child.try_into().unwrap())]);
    home.create("parent");
    assert_complete(&home.vault, 2, 0);
}

/// In the child of such a fork the interrupted call's connection is open, and nobody can close it.
#[test]
fn the_child_of_a_fork_from_a_callback_is_refused() {
    if role().is_none() {
        return run_role(&mut this_test("the_child_of_a_fork_from_a_callback_is_refused", "alone"));
    }
    let home = Home::in_memory();
    home.create("parent");
    let mut children = Vec::new();
    home.vault
        .backup_with_progress(home.folder.path().join("copy.db"), &alice(), |_| {
            children.push(in_child(|| {
                let error = home.vault.check().unwrap_err();
                i32::from(error.kind() != ErrorKind::ForeignAccess)
            }));
        })
        .unwrap();
    assert!(!children.is_empty());
    wait_for(children);
    assert_complete(&home.vault, 1, 0);
}

#[test]
fn a_vault_in_memory_is_copied_by_a_fork() {
    if role().is_none() {
        return run_role(&mut this_test("a_vault_in_memory_is_copied_by_a_fork", "alone"));
    }
    let vault = VaultOptions::new().create_in_memory().unwrap();
    let create = |owner: &str| vault.create_key(NewKey::new("acme_live").owner(owner), &alice()).unwrap();
    create("parent");
    wait_for([in_child(|| {
        create("child");
        i32::from(vault.keys(keycask::KeyFilter::new()).unwrap().count() != 2)
    })]);
    assert_eq!(vault.keys(keycask::KeyFilter::new()).unwrap().count(), 1);
}
