//! Guards against a cache that keeps a dead key alive: what one process changes, every other must judge by at its very
//! next verify, however hot its cache, whatever goes on around them (see `disturb`).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and tells its seed")]

mod author;
#[path = "../common/mod.rs"]
mod common;
mod disturb;
mod reader;
mod without_log;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use author::Author;
use common::{Choices, Home, alice, role, scaled, seed, this_test};
use keycask::{Request, UseMode};
use reader::Reader;

const TEST: &str = "no_process_accepts_what_another_has_ended";
/// As promised where the library is optimised; else only so many that the test itself is tried.
const ROUNDS: u32 = if cfg!(debug_assertions) { 1_000 } else { 20_000 };
/// Rounds in one vault, with the same processes.
const ROUNDS_A_LAP: u32 = 20_000;
/// Rounds with the same mode of the uses' log.
const ROUNDS_A_MODE: u32 = 250;

/// `KEYCASK_COHERENCE_ROUNDS` says how many, for the longest runs.
fn rounds() -> u32 {
    let rounds = std::env::var("KEYCASK_COHERENCE_ROUNDS").ok();
    rounds.map_or_else(|| scaled(ROUNDS), |rounds| rounds.parse().unwrap())
}

fn play(role: &str) {
    let (role, path) = role.split_once(' ').unwrap();
    match role {
        "read" => reader::read(path, Request::new().no_event()),
        "use" => reader::read(path, Request::new()),
        "disturb" => disturb::disturb(Path::new(path), || this_test(TEST, &format!("die {path}"))),
        _ => disturb::die(Path::new(path)),
    }
}

/// The process that disturbs, which ends with this value.
struct Disturber(Child);

impl Disturber {
    fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    fn end(mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "it ended before its time");
    }
}

impl Drop for Disturber {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One vault, three processes that verify, and one that disturbs them.
fn lap(choices: &mut Choices, rounds: u32) {
    let home = Home::in_memory();
    let start = |role: &str| {
        let mut command = this_test(TEST, &format!("{role} {}", home.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    };
    let mut readers = ["read", "use", "read"].map(|role| Reader::start(start(role)));
    let noise = Disturber::start(start("disturb"));
    let mut author = Author::new(&home.vault);
    for round in 0..rounds {
        if round.is_multiple_of(ROUNDS_A_MODE) {
            let mode = if (round / ROUNDS_A_MODE).is_multiple_of(2) { UseMode::Off } else { UseMode::Each };
            home.vault.update_policy(|policy| policy.use_mode = mode, &alice()).unwrap();
        }
        author.play(choices.below(author::CHOICES), |what, expected| {
            reader::all_answer(&mut readers, expected, &format!("{what}, round {round}"));
        });
    }
    noise.end();
    readers.into_iter().for_each(Reader::end);
    assert!(home.vault.check().unwrap().ok());
}

#[test]
fn no_process_accepts_what_another_has_ended() {
    if let Some(role) = role() {
        return play(&role);
    }
    let mut choices = Choices::new(seed());
    let mut left = rounds();
    while left > 0 {
        let rounds = left.min(ROUNDS_A_LAP);
        lap(&mut choices, rounds);
        left -= rounds;
    }
}
