//! Guards against a write-ahead log that goes on growing while another process moves it into the file: whoever makes
//! it longer than it may be waits for that, and not for ever.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::fs::{File, metadata};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{Home, role, this_test};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

const NAME: &str = "a_change_that_makes_the_log_too_long_waits_for_who_moves_it";
/// Which byte of the shared memory SQLite locks to move the log: <https://sqlite.org/walformat.html#wal_locks>.
const CHECKPOINT_LOCK: libc::off_t = 121;
const LONGEST: u64 = 4_000 * (4_096 + 24);

fn beside(home: &Home, suffix: &str) -> PathBuf {
    let mut path = home.path().into_os_string();
    path.push(suffix);
    path.into()
}

/// Moves the log, as far as others can see, until it is killed.
#[allow(clippy::disallowed_methods, reason = "this process has no vault open")]
fn pretend_to_move(shared_memory: &str) {
    let file = File::options().read(true).write(true).open(shared_memory).unwrap();
    let lock = libc::flock {
        l_type: libc::F_WRLCK.try_into().unwrap(),
        l_whence: libc::SEEK_SET.try_into().unwrap(),
        l_start: CHECKPOINT_LOCK,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_SETLK(&lock)).unwrap();
    println!("it moves");
    std::thread::sleep(Duration::from_secs(60));
}

fn start(home: &Home) -> Child {
    let shared_memory = beside(home, "-shm");
    let mut command = this_test(NAME, shared_memory.to_str().unwrap());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("it moves")));
    child
}

#[test]
fn a_change_that_makes_the_log_too_long_waits_for_who_moves_it() {
    if let Some(shared_memory) = role() {
        return pretend_to_move(&shared_memory);
    }
    let home = Home::in_memory();
    let length = || metadata(beside(&home, "-wal")).unwrap().len();
    let change = || {
        let began = Instant::now();
        home.create("acct_42");
        began.elapsed()
    };
    change();
    let mut child = start(&home);
    let waited = (0..4_000).map(|_| change()).find(|_| length() >= LONGEST).unwrap();
    assert!(waited >= Duration::from_millis(500), "it waited for {waited:?}");
    assert!(waited < Duration::from_secs(10), "it waited for {waited:?}");

    child.kill().unwrap();
    child.wait().unwrap();
    change();
    change();
    assert!(length() < LONGEST / 2, "the log didn't begin anew");
}
