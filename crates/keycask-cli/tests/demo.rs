//! Guards against a demo that fails, hangs, touches the vault in use, or leaves something behind.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{Home, keycask, names, run};

#[test]
fn it_passes_in_time_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let answer = run(keycask().arg("demo").env("TMPDIR", folder.path())).exits(0);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(answer.stderr, "");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    for told in ["rotated_out", "missing_scope", "wrong_prefix", "malformed", "unknown", "expired", "revoked"]
    {
        assert!(answer.stdout.contains(told), "{told} is not told");
    }
    for told in ["a second process", "grace_until", "root ", "key.rotated", "all as expected"] {
        assert!(answer.stdout.contains(told), "{told} is not told");
    }
    assert!(!answer.stdout.contains('✗'));
}

#[test]
fn it_ignores_the_vault_of_the_environment() {
    let home = Home::new();
    run(home.command(&["demo"]).env("KEYCASK_ACTOR", "bob")).exits(0);
    assert_eq!(home.run(&["audit", "changes", "--json"]).json_lines().len(), 1);
    let missing = home.folder().join("missing.db");
    run(keycask().arg("demo").env("KEYCASK_VAULT", &missing)).exits(0);
    assert!(!missing.exists());
}

#[test]
fn a_named_vault_is_created_and_kept_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("demo.db");
    run(keycask().args(["demo", "--vault"]).arg(&vault)).exits(0);
    let keys = run(keycask().args(["list", "--json", "--vault"]).arg(&vault)).exits(0);
    assert_eq!(keys.json_lines().len(), 5);
    run(keycask().args(["audit", "verify", "--vault"]).arg(&vault)).exits(0);
    let answer = run(keycask().args(["demo", "--vault"]).arg(&vault)).exits(1);
    assert!(answer.stderr.contains("exists already"), "{answer:?}");
    assert_eq!(run(keycask().args(["list", "--json", "--vault"]).arg(&vault)).json_lines().len(), 5);
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let plain = run(keycask().arg("demo")).exits(0);
    assert!(!plain.stdout.contains('\x1b'), "ANSI in a pipe");
    let forced = run(keycask().arg("demo").env("CLICOLOR_FORCE", "1")).exits(0);
    assert!(forced.stdout.contains("\x1b[32m"), "no colour although it is forced");
    let refused = run(keycask().arg("demo").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")).exits(0);
    assert!(!refused.stdout.contains('\x1b'), "NO_COLOR is not obeyed");
}

#[test]
fn programs_are_told_each_check() {
    let answer = run(keycask().args(["demo", "--json"])).exits(0);
    let mut lines = answer.json_lines();
    let end = lines.pop().unwrap();
    assert_eq!(end, serde_json::json!({ "checks": lines.len(), "unexpected": [], "ok": true }));
    assert!(lines.len() >= 30, "{} checks", lines.len());
    for line in lines {
        assert_eq!(names(&line), ["expected", "found", "ok", "step", "what"]);
        assert_eq!(line["expected"], line["found"]);
    }
}

/// A screenshot of the demo gives nothing away: no run of random characters is longer than a start's.
#[test]
fn no_secret_is_shown() {
    let answer = run(keycask().arg("demo")).exits(0);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let longest = answer
        .stdout
        .split(|c| !word(c))
        .filter(|text| text.starts_with("acme_"))
        .map(str::len)
        .max()
        .unwrap();
    assert_eq!(longest, "acme_live_12345678".len());
}

#[test]
fn the_next_commands_are_typed_as_this_one_was() {
    let answer = run(keycask().arg("demo")).exits(0);
    let program = env!("CARGO_BIN_EXE_keycask");
    assert!(answer.stdout.contains(&format!("{program} init")), "{}", answer.stdout);
}
