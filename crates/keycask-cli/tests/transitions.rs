//! Guards against a command that does what the transition table doesn't say: every verb on a key in every
//! state that real time reaches, with the exit code, and the events that it leaves or doesn't.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use common::{Answer, Home, keycask, run, text};
use keycask::Timestamp;
use serde_json::Value;

/// The states that a key can be brought into.
const STATES: [&str; 15] = [
    "active",
    "not_yet_valid",
    "disabled",
    "superseded",
    "superseded, successor used",
    "superseded, successor revoked",
    "superseded, successor disabled",
    "superseded, successor expired",
    "superseded, successor rotated",
    "superseded and disabled",
    "superseded and not_yet_valid",
    "rotated_out",
    "rotated_out, successor revoked",
    "expired",
    "revoked",
];

/// What a command answers in each state, in the order of [`STATES`]: `ok`, `same` (nothing to do, no event), or
/// `no` (a conflict that leaves no trace). The third column is the event that `ok` leaves.
#[rustfmt::skip]
const TABLE: [(&str, &str, [&str; 15]); 11] = [
    //                                          act     nyv     dis     sup     used    N rev   N dis   N exp   N rot   s+dis   s+nyv   out     out,rev exp     rev
    ("rotate",       "key.rotated",        ["ok",   "ok",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no"]),
    ("emergency",    "key.rotated",        ["ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "no",   "no",   "no",   "no"]),
    ("finish",       "rotation.finished",  ["no",   "no",   "no",   "ok",   "ok",   "no",   "no",   "no",   "ok",   "ok",   "no",   "same", "same", "no",   "no"]),
    ("extend",       "rotation.extended",  ["no",   "no",   "no",   "ok",   "ok",   "no",   "no",   "no",   "ok",   "ok",   "no",   "no",   "no",   "no",   "no"]),
    ("shorten",      "",                   ["no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no",   "no"]),
    ("cancel",       "rotation.cancelled", ["no",   "no",   "no",   "ok",   "no",   "ok",   "ok",   "ok",   "no",   "ok",   "ok",   "no",   "no",   "no",   "no"]),
    ("force cancel", "rotation.cancelled", ["no",   "no",   "no",   "ok",   "ok",   "ok",   "ok",   "ok",   "no",   "ok",   "ok",   "no",   "no",   "no",   "no"]),
    ("revoke",       "key.revoked",        ["ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "same"]),
    ("disable",      "key.disabled",       ["ok",   "ok",   "same", "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "same", "ok",   "no",   "no",   "no",   "no"]),
    ("enable",       "key.enabled",        ["same", "same", "ok",   "same", "same", "same", "same", "same", "same", "ok",   "same", "no",   "no",   "no",   "no"]),
    ("update",       "key.updated",        ["ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "ok",   "no",   "no",   "no",   "no"]),
];

/// A vault with a key in a state, and its successor where it has one.
struct Stage {
    home: Home,
    id: String,
    successor: Option<String>,
    changes: Vec<Value>,
    keys: String,
}

impl Stage {
    fn set(state: &str) -> Self {
        let home = Home::new();
        let lasts = match state {
            "not_yet_valid" | "superseded and not_yet_valid" => &["--not-before", "2099-01-01T00:00:00Z"][..],
            "expired" => &["--expires-in", "1s"],
            _ => &[],
        };
        let (id, _) = home.create(lasts);
        let successor = rotated(&home, &id, state);
        match (state, &successor) {
            ("disabled" | "superseded and disabled", _) => drop(home.run(&["disable", &id]).exits(0)),
            ("revoked", _) => drop(home.run(&["revoke", "--yes", &id]).exits(0)),
            ("expired", _) => wait_for(&home, &id, "expired"),
            (state, Some(new)) => finish(&home, state, new),
            _ => {}
        }
        let (changes, keys) = (changes(&home.vault()), home.run(&["list", "--json"]).exits(0).stdout);
        Self { home, id, successor, changes, keys }
    }

    /// A command on a copy of the vault, which no process uses now; the copy, and what the command answered.
    fn tried(&self, verb: &str) -> (PathBuf, Answer) {
        let copy = self.home.folder().join(format!("{verb}.db"));
        assert!(Command::new("cp").arg(self.home.vault()).arg(&copy).status().unwrap().success());
        let line = match verb {
            "rotate" => "rotate ID",
            "emergency" => "rotate ID --emergency --yes",
            "finish" => "rotation finish ID",
            "extend" => "rotation extend ID --grace 48h",
            "shorten" => "rotation extend ID --grace 23h",
            "cancel" => "rotation cancel ID --yes",
            "force cancel" => "rotation cancel ID --yes --force",
            "revoke" => "revoke ID --yes",
            "disable" => "disable ID",
            "enable" => "enable ID",
            "update" => "update ID --name new",
            other => panic!("{other}"),
        };
        let args = line.split(' ').map(|word| if word == "ID" { &self.id } else { word });
        let mut command = keycask();
        command.args(args).args(["--json", "--vault"]).arg(&copy);
        (copy, run(&mut command))
    }

    /// What the command did, in the words of [`TABLE`].
    fn told(&self, verb: &str, kind: &str) -> (&'static str, Answer) {
        let (copy, answer) = self.tried(verb);
        let after = changes(&copy);
        let (before, new) = after.split_at(self.changes.len());
        assert_eq!(before, self.changes);
        let untouched = new.is_empty() && list(&copy) == self.keys;
        let told = match answer.code {
            0 if new.iter().any(|change| change["kind"] == kind) => "ok",
            0 if untouched => "same",
            1 if untouched && answer.error()["code"] == "conflict" && answer.stdout.is_empty() => "no",
            _ => "neither",
        };
        run(keycask().args(["audit", "verify", "--vault"]).arg(&copy)).exits(0);
        (told, answer)
    }
}

/// Rotates the key where its state needs it.
fn rotated(home: &Home, id: &str, state: &str) -> Option<String> {
    let soon = Timestamp::try_from(now() + Duration::from_secs(2)).unwrap().to_string();
    let more = match state {
        "rotated_out" | "rotated_out, successor revoked" => &["--grace", "0s"][..],
        "superseded, successor expired" => &["--expires-at", &soon],
        state if state.starts_with("superseded") => &[],
        _ => return None,
    };
    let new = home.run(&[&["rotate", "--json", id], more].concat()).exits(0).json();
    let used = state.ends_with("successor used");
    if used {
        home.run_with(&["verify"], text(&new, "secret")).exits(0);
    }
    Some(text(&new, "id"))
}

/// Brings the successor into its state.
fn finish(home: &Home, state: &str, new: &str) {
    match state.split(", successor ").nth(1) {
        Some("revoked") => drop(home.run(&["revoke", "--yes", new]).exits(0)),
        Some("disabled") => drop(home.run(&["disable", new]).exits(0)),
        Some("rotated") => drop(home.run(&["rotate", new]).exits(0)),
        Some("expired") => wait_for(home, new, "expired"),
        _ => {}
    }
}

fn wait_for(home: &Home, id: &str, state: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while home.run(&["show", "--json", id]).exits(0).json()["state"] != state {
        assert!(Instant::now() < end, "{id} is never {state}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[allow(clippy::disallowed_methods, reason = "the command has no other clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn changes(vault: &std::path::Path) -> Vec<Value> {
    run(keycask().args(["audit", "changes", "--json", "--vault"]).arg(vault)).exits(0).json_lines()
}

fn list(vault: &std::path::Path) -> String {
    run(keycask().args(["list", "--json", "--vault"]).arg(vault)).exits(0).stdout
}

#[test]
fn every_command_in_every_state_answers_as_the_table_says() {
    for (place, state) in STATES.into_iter().enumerate() {
        let stage = Stage::set(state);
        for (verb, kind, row) in TABLE {
            let (told, answer) = stage.told(verb, kind);
            assert_eq!(told, row[place], "{verb} of a key that is {state}: {answer:?}");
        }
    }
}

#[test]
fn a_conflict_on_a_dead_key_names_its_living_relatives() {
    let stage = Stage::set("rotated_out");
    let new = stage.successor.clone().unwrap();
    for verb in ["rotate", "emergency", "extend", "cancel", "disable", "enable", "update"] {
        let (_, answer) = stage.tried(verb);
        assert!(text(&answer.exits(1).error(), "message").contains(&new), "{verb}");
    }
}

/// A second rotation names the successor that there is, and the way out.
#[test]
fn a_conflict_says_what_stands_in_the_way() {
    let stage = Stage::set("superseded, successor disabled");
    let new = stage.successor.clone().unwrap();
    for (verb, word) in [("rotate", "rotated already"), ("finish", "cancel"), ("extend", "cancel")] {
        let (_, answer) = stage.tried(verb);
        let message = text(&answer.exits(1).error(), "message");
        assert!(message.contains(&new) && message.contains(word), "{verb}: {message}");
    }
}
