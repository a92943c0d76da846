//! Guards against figures that count something else than they say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{DAY, HOUR, Home, MS, alice, start};
use keycask::{
    ErrorKind, KeyState, Log, NewKey, Outcome, Reason, Request, RevocationReason, Rotation, VaultOptions,
};

#[test]
fn keys_verifies_and_logs_are_counted() {
    let home = Home::new();
    let key = || NewKey::new("acme_live");
    let old = home.create_at(key(), start());
    home.vault.rotate_at(old.key().id(), Rotation::planned(), &alice(), start()).unwrap();
    home.create_at(key().expires_at(start() + HOUR), start());
    let dead = home.create_at(key(), start());
    home.vault.revoke_at(dead.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    let verify = |issued: &keycask::Issued| {
        let _ = home.vault.verify_at(issued.secret().expose(), &Request::new(), start()).unwrap();
    };
    (0..3).for_each(|_| verify(&old));
    (0..2).for_each(|_| verify(&dead));
    let stats = home.vault.stats_at(start() + 2 * HOUR).unwrap();
    let keys: Vec<_> = stats.keys().iter().filter(|(_, count)| *count > 0).copied().collect();
    assert_eq!(
        keys,
        [(KeyState::Revoked, 1), (KeyState::Expired, 1), (KeyState::Superseded, 1), (KeyState::Active, 1)]
    );
    let revoked = Outcome::Refused(Reason::Revoked);
    assert_eq!(stats.verifies(), [(Outcome::Valid, 3), (revoked, 2)]);
    assert_eq!(stats.log_sizes(), [(Log::Changes, 7), (Log::Uses, 3)]);
    assert_eq!((stats.pruned_uses(), stats.busy().failed()), (0, 0));
    assert!(stats.file_bytes() > 10_000, "{}", stats.file_bytes());
    assert!(stats.wal_bytes() > 0 && stats.busy().changes() > 3, "{:?}", stats.busy());
    let later = home.vault.stats_at(start() + DAY).unwrap();
    assert!(later.keys().contains(&(KeyState::RotatedOut, 1)));
}

#[test]
fn changes_that_wait_and_that_fail_as_busy_are_counted() {
    let home = Home::new();
    let vault = VaultOptions::new().busy_timeout(200 * MS).open(home.path()).unwrap();
    let create = || vault.create_key(NewKey::new("acme_live"), &alice()).map(drop).map_err(|e| e.kind());
    let busy = || {
        let busy = vault.stats().unwrap().busy();
        (busy.changes(), busy.waited(), busy.failed())
    };
    assert_eq!((create(), busy()), (Ok(()), (1, 0, 0)));
    let other = rusqlite::Connection::open(home.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!((create(), busy()), (Err(ErrorKind::Busy), (2, 1, 1)));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(20 * MS);
            other.execute_batch("COMMIT").unwrap();
        });
        assert_eq!((create(), busy()), (Ok(()), (3, 2, 1)));
    });
}
