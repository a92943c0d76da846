//! Guards against `keycask list | head -1` ending in a panic, and against a closed pipe that turns a
//! refusal into an exit code of success.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use common::Home;
use keycask::{Actor, NewKey, Vault};

/// Runs a command whose reader leaves after the first line, and returns its exit code and stderr.
fn cut_short(command: &mut Command) -> (i32, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Runs a command whose reader left before it began.
fn unread(command: &mut Command) -> (i32, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_reader_that_leaves_ends_a_list_quietly() {
    let home = Home::new();
    let vault = Vault::open(home.vault()).unwrap();
    let keys = (0..3000).map(|n| NewKey::new("acme_live").owner(format!("acct_{n}"))).collect();
    vault.create_keys(keys, &Actor::new("alice").unwrap()).unwrap();
    drop(vault);
    for args in [&["list"][..], &["list", "--json"], &["audit", "changes"], &["audit", "changes", "--json"]] {
        assert_eq!(cut_short(&mut home.command(args)), (0, String::new()), "{args:?}");
    }
    for args in [&["completions", "bash"][..], &["--help"], &["check"], &["demo"]] {
        assert_eq!(unread(&mut home.command(args)), (0, String::new()), "{args:?}");
    }
}

#[test]
fn a_refusal_stays_one_although_nobody_reads_it() {
    let home = Home::new();
    for args in [&["verify"][..], &["verify", "--json"]] {
        assert_eq!(unread(&mut home.command(args)), (1, String::new()), "{args:?}");
    }
}

#[test]
fn a_secret_that_nobody_reads_is_an_error() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    for args in [&["create", "--prefix", "acme_live", "--owner", "acct_42"][..], &["rotate", &id]] {
        let (code, stderr) = unread(&mut home.command(args));
        assert_eq!(code, 3);
        assert!(stderr.contains("is lost"), "{stderr}");
    }
    let args = ["create", "--json", "--prefix", "acme_live", "--owner", "acct_42"];
    let (code, stderr) = unread(&mut home.command(&args));
    assert_eq!(code, 3);
    assert!(stderr.starts_with("{\"error\":{\"code\":\"io\""), "{stderr}");
}

/// A shell's `2>&-`.
#[test]
fn a_closed_stderr_changes_nothing() {
    let program = env!("CARGO_BIN_EXE_keycask");
    let status = Command::new("sh").args(["-c", &format!("'{program}' frob 2>&-")]).status().unwrap();
    assert_eq!(status.code(), Some(2));
    let home = Home::new();
    let line = format!("'{program}' create --prefix acme_live --owner acct_42 2>&- >/dev/null");
    let status = Command::new("sh").args(["-c", &line]).env("KEYCASK_VAULT", home.vault()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}
