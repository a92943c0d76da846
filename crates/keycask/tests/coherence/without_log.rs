//! A vault that was closed cleanly has no log, and the index of one that isn't there looks always the same.

use keycask::{Request, RevocationReason, Vault};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::common::{Home, alice, role, run_role, this_test};

const TEST: &str = "without_log::what_was_read_without_a_log_is_not_answered_without_the_next";

/// Closes all connections of this process, which are opened again when they are used.
fn fork_for_nothing() {
    // SAFETY: the child ends at once.
    match unsafe { fork() }.unwrap() {
        // SAFETY: as above.
        ForkResult::Child => unsafe { nix::libc::_exit(0) },
        ForkResult::Parent { child } => {
            assert!(matches!(waitpid(child, None).unwrap(), WaitStatus::Exited(_, 0)));
        }
    }
}

fn revoke(path: &str, secret: &str) {
    let vault = Vault::open(path).unwrap();
    vault.revoke_secret(secret, RevocationReason::Compromised, &alice()).unwrap();
}

fn verify_around_a_log_that_comes_and_goes() {
    let Home { folder, vault } = Home::in_memory();
    let path = folder.path().join("keys.db");
    let issued = vault.create_key(keycask::NewKey::new("acme_live"), &alice()).unwrap();
    let secret = issued.secret().expose();
    drop(vault);
    let vault = Vault::open(&path).unwrap();
    let outcome = || vault.verify(secret, &Request::new().no_event()).unwrap().outcome().as_str();
    assert_eq!([outcome(), outcome()], ["valid", "valid"]);
    fork_for_nothing();
    // The only process that has it open takes the log away when it ends.
    run_role(&mut this_test(TEST, &format!("revoke {} {secret}", path.display())));
    assert_eq!(outcome(), "revoked");
}

#[test]
fn what_was_read_without_a_log_is_not_answered_without_the_next() {
    let role = role();
    match role.as_deref().map(|role| role.split(' ').collect::<Vec<_>>()).as_deref() {
        None => run_role(&mut this_test(TEST, "alone")),
        Some(["revoke", path, secret]) => revoke(path, secret),
        Some(_) => verify_around_a_log_that_comes_and_goes(),
    }
}
