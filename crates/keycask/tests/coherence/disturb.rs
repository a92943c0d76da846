//! What goes on around the verifies: commits that change no key, checkpoints of every kind, openers and closers, VACUUM,
//! and writers that are killed while they publish a commit, so that the next reader recovers the log's index.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use keycask::{Actor, NewKey, Request, Vault};
use rusqlite::Connection;

const PAUSE: Duration = Duration::from_micros(300);
/// Turns after which it does what takes longer.
const OPEN_EVERY: u64 = 16;
const VACUUM_EVERY: u64 = 512;
const KILL_EVERY: u64 = 256;

/// Disturbs until it is killed. `dying` makes a process that runs [`die`].
pub(crate) fn disturb(path: &Path, dying: impl Fn() -> Command) {
    let vault = Vault::open(path).unwrap();
    let noise = Actor::new("noise").unwrap();
    let own = vault.create_key(NewKey::new("acme_noise").owner("noise"), &noise).unwrap();
    let db = Connection::open(path).unwrap();
    for turn in 0_u64.. {
        uses(&vault, own.secret().expose());
        let kind = ["PASSIVE", "RESTART", "TRUNCATE", "PASSIVE"][(turn % 4) as usize];
        db.query_row(&format!("PRAGMA wal_checkpoint({kind})"), [], |_| Ok(())).unwrap();
        if turn.is_multiple_of(OPEN_EVERY) {
            uses(&Vault::open(path).unwrap(), own.secret().expose());
        }
        if turn.is_multiple_of(VACUUM_EVERY) {
            db.execute_batch("VACUUM").unwrap();
        }
        if turn.is_multiple_of(KILL_EVERY) {
            assert!(!dying().output().unwrap().status.success());
        }
        std::thread::sleep(PAUSE);
    }
}

fn uses(vault: &Vault, secret: &str) {
    let verdict = vault.verify(secret, &Request::new()).unwrap();
    assert_eq!(verdict.outcome().as_str(), "valid");
}

/// Ends as a writer does that is killed when it has written one of the two copies of the index's header: it has the
/// lock, and the copies differ.
pub(crate) fn die(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shared = PathBuf::from(format!("{}-shm", path.display()));
    #[allow(clippy::disallowed_methods, reason = "this process ends with the descriptor open")]
    let shared = std::fs::OpenOptions::new().read(true).write(true).open(shared).unwrap();
    // Two copies of 48 bytes, whose bytes 8 to 11 count the commits.
    let (mut first, mut second) = ([0; 48], [0; 48]);
    shared.read_exact_at(&mut first, 0).unwrap();
    shared.read_exact_at(&mut second, 48).unwrap();
    assert_eq!(first, second, "nobody recovered what the last one left");
    shared.write_all_at(&[second[8].wrapping_add(1)], 48 + 8).unwrap();
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).unwrap();
}
