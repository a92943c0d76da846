//! Guards against a running rotation that is ended, extended or undone otherwise than was asked.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, text};
use keycask::Timestamp;
use serde_json::Value;

/// A rotated key, and its successor.
struct Running {
    home: Home,
    old: (String, String),
    new: (String, String),
    rotated_at: i64,
}

impl Running {
    fn new(args: &[&str]) -> Self {
        let home = Home::new();
        let old = home.create(&[]);
        let new = home.run(&[&["rotate", "--json", &old.0], args].concat()).exits(0).json();
        let rotated_at = ms(&new["created_at"]);
        Self { home, old, new: (text(&new, "id"), text(&new, "secret")), rotated_at }
    }

    fn outcomes(&self) -> [String; 2] {
        [&self.old.1, &self.new.1].map(|secret| {
            let verdict = self.home.run_with(&["verify", "--json", "--no-event"], secret).json();
            text(&verdict, "outcome")
        })
    }
}

fn ms(time: &Value) -> i64 {
    Timestamp::parse(time.as_str().unwrap()).unwrap().ms()
}

#[test]
fn finish_ends_the_window_now_and_again_does_nothing() {
    let it = Running::new(&[]);
    assert_eq!(it.outcomes(), ["valid", "valid"]);
    let key = it.home.run(&["rotation", "finish", "--json", &it.old.0]).exits(0).json();
    assert_eq!((&key["id"], &key["state"]), (&Value::from(it.old.0.as_str()), &Value::from("rotated_out")));
    assert_eq!(it.outcomes(), ["rotated_out", "valid"]);
    let again = it.home.run(&["rotation", "finish", &it.old.0]).exits(0);
    assert!(again.stdout.starts_with("rotated_out  "), "{again:?}");
    let finished = ["audit", "changes", "--json", "--kind", "rotation.finished"];
    assert_eq!(it.home.run(&finished).json_lines().len(), 1);
}

#[test]
fn extend_counts_from_the_rotation() {
    let it = Running::new(&["--grace", "1h"]);
    let extend = |grace: &str| it.home.run(&["rotation", "extend", "--json", &it.old.0, "--grace", grace]);
    let key = extend("48h").exits(0).json();
    assert_eq!(ms(&key["grace_until"]), it.rotated_at + 48 * 3_600_000);
    assert_eq!(extend("47h").exits(1).error()["code"], "conflict");
    assert_eq!(extend("8d").exits(2).error()["code"], "invalid_argument");
    assert_eq!(it.home.run(&["rotation", "extend", "--json", &it.old.0]).exits(2).error()["code"], "usage");
    assert_eq!(ms(&extend("7d").exits(0).json()["grace_until"]), it.rotated_at + 7 * 86_400_000);
}

#[test]
fn cancel_revokes_the_successor_and_makes_the_old_key_whole() {
    let it = Running::new(&[]);
    let answer = it.home.run(&["rotation", "cancel", "--yes", &it.old.0, "--actor", "alice"]).exits(0);
    assert!(answer.stdout.starts_with(&format!("active  {}  ", it.old.0)), "{answer:?}");
    assert!(answer.stderr.contains(&it.new.0) && answer.stderr.contains("is revoked"), "{answer:?}");
    assert_eq!(it.outcomes(), ["valid", "revoked"]);
    let old = it.home.run(&["show", "--json", &it.old.0]).json();
    assert_eq!((&old["grace_until"], &old["replaced_by"]), (&Value::Null, &Value::Null));
    let new = it.home.run(&["show", "--json", &it.new.0]).json();
    assert_eq!((&new["revoked_reason"], &new["revoked_by"]), (&"rotation_cancelled".into(), &"alice".into()));
    it.home.run(&["rotate", &it.old.0]).exits(0);
}

#[test]
fn a_used_successor_is_cancelled_by_force_alone() {
    let it = Running::new(&[]);
    it.home.run_with(&["verify"], &it.new.1).exits(0);
    let answer = it.home.run(&["rotation", "cancel", "--yes", "--json", &it.old.0]).exits(1);
    assert_eq!(answer.error()["code"], "conflict");
    assert_eq!(it.outcomes(), ["valid", "valid"]);
    let key = it.home.run(&["rotation", "cancel", "--yes", "--json", "--force", &it.old.0]).exits(0).json();
    assert_eq!(key["state"], "active");
    assert_eq!(it.outcomes(), ["valid", "revoked"]);
}

#[test]
fn without_a_running_rotation_each_is_a_conflict() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    for args in [
        &["rotation", "finish", &id][..],
        &["rotation", "extend", &id, "--grace", "1h"],
        &["rotation", "cancel", &id, "--yes"],
    ] {
        let error = home.run(&[args, &["--json"]].concat()).exits(1).error();
        assert_eq!(error["code"], "conflict");
        assert!(text(&error, "message").contains("no rotation of it runs"), "{error}");
    }
}
