//! Guards against what can't be undone being done unasked, and against a script that hangs on a question.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use common::{Answer, Home};
use nix::pty::openpty;

const USED_FOR_GOOD: &str = "--yes";

fn state(home: &Home, id: &str) -> String {
    common::text(&home.run(&["show", "--json", id]).exits(0).json(), "state")
}

#[test]
fn off_a_terminal_what_cannot_be_undone_needs_yes() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    for args in [
        &["revoke", &id][..],
        &["revoke", "--owner", "acct_42"],
        &["revoke", "--secret"],
        &["rotate", &id, "--emergency"],
        &["rotation", "cancel", &id],
    ] {
        let answer = home.run_with(&[args, &["--json"]].concat(), &secret).exits(2);
        assert_eq!(answer.error()["code"], "usage");
        assert!(answer.stderr.contains(USED_FOR_GOOD), "{answer:?}");
        assert_eq!(state(&home, &id), "active");
    }
    home.run(&["rotate", "--emergency", USED_FOR_GOOD, &id]).exits(0);
    assert_eq!(state(&home, &id), "revoked");
}

#[test]
fn nothing_else_needs_it() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    home.run(&["rotate", &id]).exits(0);
    home.run(&["rotation", "extend", &id, "--grace", "48h"]).exits(0);
    home.run(&["rotation", "finish", &id]).exits(0);
    home.run_with(&["verify"], &secret).exits(1);
    home.run(&["check", USED_FOR_GOOD]).exits(0);
}

/// Runs the command at a terminal at which `typed` is typed.
fn at_terminal(home: &Home, args: &[&str], typed: &str) -> Answer {
    let terminal = openpty(None, None).unwrap();
    let child = home
        .command(args)
        .stdin(Stdio::from(terminal.slave))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = File::from(terminal.master);
    keyboard.write_all(typed.as_bytes()).unwrap();
    let mut child = child;
    let mut answer = Answer { code: -1, stdout: String::new(), stderr: String::new() };
    child.stdout.take().unwrap().read_to_string(&mut answer.stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut answer.stderr).unwrap();
    answer.code = child.wait().unwrap().code().unwrap();
    answer
}

#[test]
fn at_a_terminal_only_yes_is_yes() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    for typed in ["n\n", "\n", "no\n", "yep\n", "Yonder\n", "\u{4}"] {
        let answer = at_terminal(&home, &["revoke", &id], typed).exits(1);
        assert!(answer.stderr.contains("[y/N]") && answer.stderr.contains("not confirmed"), "{answer:?}");
        assert_eq!(state(&home, &id), "active", "{typed:?}");
    }
    assert!(at_terminal(&home, &["rotate", "--emergency", &id], "n\n").exits(1).stdout.is_empty());
    let answer = at_terminal(&home, &["rotate", "--emergency", &id], "y\n").exits(0);
    home.run_with(&["verify"], &answer.stdout).exits(0);
    assert_eq!(state(&home, &id), "revoked");
}

#[test]
fn at_a_terminal_a_cancellation_says_what_it_revokes() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    // Nothing is asked where there is nothing to cancel.
    let answer = at_terminal(&home, &["rotation", "cancel", &id], "").exits(1);
    assert!(!answer.stderr.contains("[y/N]"), "{answer:?}");
    let new = common::text(&home.run(&["rotate", "--json", &id]).exits(0).json(), "id");
    let answer = at_terminal(&home, &["rotation", "cancel", &id], "n\n").exits(1);
    assert!(answer.stderr.contains(&format!("revoke {new}")), "{answer:?}");
    assert_eq!(state(&home, &id), "superseded");
    at_terminal(&home, &["rotation", "cancel", &id], "y\n").exits(0);
    assert_eq!((state(&home, &id), state(&home, &new)), ("active".into(), "revoked".into()));
}

#[test]
fn at_a_terminal_yes_is_not_asked_twice() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    let answer = at_terminal(&home, &["revoke", "--yes", &id], "").exits(0);
    assert_eq!(answer.stderr, "");
    home.create(&[]);
    at_terminal(&home, &["revoke", "--owner", "acct_42"], "yes\n").exits(0);
}

#[test]
fn at_a_terminal_a_secret_is_asked_for_and_ends_with_its_line() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    let answer = at_terminal(&home, &["verify"], &format!("{secret}\n")).exits(0);
    assert!(answer.stderr.contains("paste the secret"), "{answer:?}");
    assert!(!common::leaks(&answer.stderr, &secret));
    at_terminal(&home, &["revoke", "--secret"], &format!("{secret}\nn\n")).exits(1);
    assert_eq!(state(&home, &id), "active");
    at_terminal(&home, &["revoke", "--secret"], &format!("{secret}\ny\n")).exits(0);
    assert_eq!(state(&home, &id), "revoked");
}
