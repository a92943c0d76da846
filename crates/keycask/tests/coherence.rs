//! Guards against a cache that keeps a dead key alive: what one process changes, every other must judge by at its very
//! next verify, however hot its cache, while batches of events and checkpoints go on around them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and tells its seed")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use common::{Choices, HOUR, Home, alice, role, scaled, seed, this_test};
use keycask::{KeyId, KeyUpdate, NewKey, Request, RevocationReason, Rotation, UseMode, Vault};

const ROUNDS: u32 = 5_000;
const READERS: usize = 3;

/// Another process, which verifies what it is told, several times so that its cache is hot.
struct Reader {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reader {
    fn start(test: &str, home: &Home) -> Self {
        let mut command = this_test(test, &format!("read {}", home.path().display()));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("ready") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0);
        }
        Self { process, input, output }
    }

    fn ask(&mut self, secret: &str) {
        writeln!(self.input, "{secret}").unwrap();
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn end(self) {
        let Self { mut process, input, .. } = self;
        drop(input);
        assert!(process.wait().unwrap().success());
    }
}

/// Answers the first outcome, then verifies often enough that the key is kept.
fn read(path: &str) {
    let vault = Vault::open(path).unwrap();
    let request = Request::new().scope("reports:read").no_event();
    println!("ready");
    for secret in std::io::stdin().lines().map_while(Result::ok) {
        let outcome = |_| vault.verify(&secret, &request).unwrap().outcome().as_str();
        println!("{}", outcome(0));
        (0..2).map(outcome).for_each(drop);
    }
}

/// Commits that are no change of a key, and checkpoints, until it is killed.
fn disturb(path: &str) {
    let vault = Vault::open(path).unwrap();
    let own = vault.create_key(NewKey::new("acme_noise").owner("noise"), &alice()).unwrap();
    let db = rusqlite::Connection::open(path).unwrap();
    for round in 0_u64.. {
        let own = vault.verify(own.secret().expose(), &Request::new()).unwrap();
        assert_eq!(own.outcome().as_str(), "valid");
        let kind = ["PASSIVE", "RESTART", "TRUNCATE", "PASSIVE"][(round % 4) as usize];
        db.query_row(&format!("PRAGMA wal_checkpoint({kind})"), [], |_| Ok(())).unwrap();
        if round % 16 == 0 {
            drop(Vault::open(path).unwrap());
        }
        std::thread::sleep(std::time::Duration::from_micros(300));
    }
}

fn play(role: &str) {
    match role.split_once(' ').unwrap() {
        ("read", path) => read(path),
        (_, path) => disturb(path),
    }
}

/// Everybody must answer the same, at once.
fn all_answer(readers: &mut [Reader], secret: &str, outcome: &str, what: &str) {
    for reader in &mut *readers {
        reader.ask(secret);
    }
    for reader in readers {
        assert_eq!(reader.answer(), outcome, "{what}");
    }
}

/// A change of a key, and the outcome of its secret afterwards.
fn change(home: &Home, id: KeyId, choice: usize) -> (&'static str, &'static str) {
    let vault = &home.vault;
    match choice {
        0 => {
            vault.rotate(id, Rotation::emergency(), &alice()).unwrap();
            ("emergency rotation", "revoked")
        }
        1 => {
            vault.disable(id, &alice()).unwrap();
            ("disable", "disabled")
        }
        2 => {
            vault.update(id, &KeyUpdate::new().scopes(["other"]), &alice()).unwrap();
            ("narrower scopes", "missing_scope")
        }
        3 => {
            vault.rotate(id, Rotation::planned().grace(std::time::Duration::ZERO), &alice()).unwrap();
            ("rotation without grace", "rotated_out")
        }
        4 => {
            vault.rotate(id, Rotation::planned().grace(HOUR), &alice()).unwrap();
            vault.finish_rotation(id, &alice()).unwrap();
            ("finish", "rotated_out")
        }
        _ => {
            vault.revoke(id, RevocationReason::Compromised, &alice()).unwrap();
            ("revoke", "revoked")
        }
    }
}

#[test]
fn no_process_accepts_what_another_has_ended() {
    const TEST: &str = "no_process_accepts_what_another_has_ended";
    if let Some(role) = role() {
        return play(&role);
    }
    let home = Home::in_memory();
    let mut choices = Choices::new(seed());
    home.vault.update_policy(|policy| policy.use_mode = UseMode::Each, &alice()).unwrap();
    let mut readers: Vec<Reader> = (0..READERS).map(|_| Reader::start(TEST, &home)).collect();
    let mut noise =
        this_test(TEST, &format!("disturb {}", home.path().display())).stdout(Stdio::null()).spawn().unwrap();
    for round in 0..scaled(ROUNDS) {
        let issued = home
            .vault
            .create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:read"), &alice())
            .unwrap();
        let secret = issued.secret().expose();
        all_answer(&mut readers, secret, "valid", "a new key");
        let (what, outcome) = change(&home, issued.key().id(), choices.below(10));
        all_answer(&mut readers, secret, outcome, &format!("{what}, round {round}"));
        if what == "disable" {
            home.vault.enable(issued.key().id(), &alice()).unwrap();
            all_answer(&mut readers, secret, "valid", "enable");
        }
    }
    noise.kill().unwrap();
    noise.wait().unwrap();
    readers.into_iter().for_each(Reader::end);
    assert!(home.vault.check().unwrap().ok());
}
