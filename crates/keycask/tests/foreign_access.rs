//! Guards against commits that are lost because something in the process took SQLite's locks away: one open and
//! close of the file is enough, and so is a second copy of SQLite.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and these do what the library must never do"
)]

mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Home, alice, role, run_role, this_test};
use keycask::{ErrorKind, NewKey, Request, Vault};
use rustix::fs::{FlockOperation, fcntl_lock};

/// Verifies until that is refused; how long it took.
fn until_refused(vault: &Vault, secret: &str) -> Duration {
    let started = Instant::now();
    loop {
        match vault.verify(secret, &Request::new().no_event()) {
            Ok(_) => assert!(started.elapsed() < Duration::from_secs(10), "nobody noticed"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ForeignAccess, "{error}");
                return started.elapsed();
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn notices_a_stray_close_of(suffix: &str) {
    let home = Home::new();
    let issued = home.create("acct_42");
    let secret = issued.secret().expose();
    assert_eq!(home.outcome(&issued), "valid");
    let file = PathBuf::from(format!("{}{suffix}", home.path().display()));
    drop(std::fs::File::open(file).unwrap());
    let took = until_refused(&home.vault, secret);
    assert!(took < Duration::from_millis(1500), "{took:?}");
    let error = home.vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignAccess);
    // A new handle takes new locks.
    let anew = Vault::open(home.path()).unwrap();
    assert_eq!(anew.verify(secret, &Request::new()).unwrap().outcome().as_str(), "valid");
}

/// Each in a process of its own: the locks belong to the process.
#[test]
fn a_stray_close_of_the_file_is_noticed() {
    match role() {
        None => run_role(&mut this_test("a_stray_close_of_the_file_is_noticed", "alone")),
        Some(_) => notices_a_stray_close_of(""),
    }
}

#[test]
fn a_stray_close_of_the_shared_memory_is_noticed() {
    match role() {
        None => run_role(&mut this_test("a_stray_close_of_the_shared_memory_is_noticed", "alone")),
        Some(_) => notices_a_stray_close_of("-shm"),
    }
}

/// What the other copy of SQLite in the process would hold.
#[test]
fn a_lock_that_is_not_ours_keeps_the_file_closed() {
    if role().is_none() {
        return run_role(&mut this_test("a_lock_that_is_not_ours_keeps_the_file_closed", "alone"));
    }
    let home = Home::new();
    let stranger = std::fs::OpenOptions::new().read(true).write(true).open(home.path()).unwrap();
    fcntl_lock(&stranger, FlockOperation::NonBlockingLockShared).unwrap();
    let error = home.vault.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignAccess, "{error}");
    assert_eq!(Vault::open(home.path()).unwrap_err().kind(), ErrorKind::ForeignAccess);
    drop(stranger);
    assert!(Vault::open(home.path()).unwrap().check().unwrap().ok());
}

/// Two handles of one file share what is open: the second is no stranger.
#[test]
fn handles_of_one_file_get_along() {
    let home = Home::new();
    let issued = home.create("acct_42");
    let other = Vault::open(home.path()).unwrap();
    std::thread::scope(|scope| {
        for vault in [&home.vault, &other] {
            scope.spawn(|| {
                let started = Instant::now();
                while started.elapsed() < Duration::from_millis(2500) {
                    let verdict = vault.verify(issued.secret().expose(), &Request::new().no_event());
                    assert_eq!(verdict.unwrap().outcome().as_str(), "valid");
                    let anew = Vault::open(home.path()).unwrap();
                    anew.update_policy(|_| (), &alice()).unwrap();
                }
            });
        }
    });
    home.vault.close();
    home.vault.close();
    assert_eq!(home.vault.check().unwrap_err().kind(), ErrorKind::Closed);
    assert!(other.check().unwrap().ok());
}
