//! Guards against a revoke that waits behind the uses that other processes write: whoever waits for a change goes
//! first, and what nobody waits for goes as soon as nobody is in a hurry.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::{Home, alice, role, this_test};
use keycask::{Request, RevocationReason};
use keycask_sqlite::{DatabaseFile, Format};

const NAME: &str = "uses_wait_while_another_process_is_in_a_hurry_and_changes_do_not";

/// Is in a hurry until it is killed, though nothing is in its way.
fn hurry(path: &str) {
    let mark = |db: &rusqlite::Connection, name| db.pragma_query_value(None, name, |row| row.get(0)).unwrap();
    let db = rusqlite::Connection::open(path).unwrap();
    let (application_id, schema) = (mark(&db, "application_id"), mark(&db, "user_version"));
    drop(db);
    let file = DatabaseFile::inspect(path.as_ref(), Format { application_id, schema, min_schema: schema });
    let file = file.unwrap();
    let db = file.connect(Duration::from_secs(5)).unwrap();
    let precedence = file.precede(&db);
    println!("in a hurry: {}", precedence.is_some());
    std::thread::sleep(Duration::from_secs(60));
}

fn start(home: &Home) -> Child {
    let mut command = this_test(NAME, home.path().to_str().unwrap());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find(|line| line.contains("in a hurry: "));
    assert_eq!(told.unwrap().split(": ").last(), Some("true"));
    child
}

/// When the log was last written to, which each commit does.
fn last_commit(home: &Home) -> SystemTime {
    let mut log = home.path().into_os_string();
    log.push("-wal");
    std::fs::metadata(log).unwrap().modified().unwrap()
}

/// How long it takes until something is committed, from when `act` does something.
fn time_to_commit(home: &Home, act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    let before = last_commit(home);
    while last_commit(home) == before && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}

#[test]
fn uses_wait_while_another_process_is_in_a_hurry_and_changes_do_not() {
    if let Some(path) = role() {
        return hurry(&path);
    }
    let home = Home::in_memory();
    let (known, other) = (home.create("acct_42"), home.create("acct_43"));
    let verify = || drop(home.vault.verify(known.secret().expose(), &Request::new()).unwrap());
    let quick = Duration::from_secs(1);
    verify();
    home.vault.flush().unwrap();
    assert!(
        (0..5).any(|_| time_to_commit(&home, verify) < quick),
        "uses are late without anybody in a hurry"
    );

    let mut child = start(&home);
    let mut revoked = Duration::ZERO;
    let written = time_to_commit(&home, || {
        let began = Instant::now();
        verify();
        home.vault.revoke(other.key().id(), RevocationReason::Compromised, &alice()).unwrap();
        revoked = began.elapsed();
    });
    assert!(written >= quick && written < 10 * quick, "the use was written after {written:?}");
    assert!(revoked < written, "a revoke that nobody was in the way of took {revoked:?}");

    child.kill().unwrap();
    child.wait().unwrap();
    home.vault.flush().unwrap();
    assert!((0..5).any(|_| time_to_commit(&home, verify) < quick), "uses are late after the hurry");
}
