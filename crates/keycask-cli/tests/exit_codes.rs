//! Guards against an exit code that tells a script the wrong thing: a refused key that looks accepted, a
//! broken vault that looks like a bad key, a misspelt option that looks like a refusal.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{Home, keycask, run, run_with};
use rusqlite::Connection;

const UNKNOWN_ID: &str = "key_01kb8rdhz6f5sbtcbgh1rstvwx";

/// The vault opened behind the command's back, while no process uses it.
fn tamper(vault: &Path, sql: &str) {
    let db = Connection::open(vault).unwrap();
    db.execute_batch(sql).unwrap();
}

#[test]
fn yes_is_0() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    home.run_with(&["verify"], &secret).exits(0);
    home.run_with(&["identify"], &secret).exits(0);
    for args in [&["list"][..], &["list", "--owner", "nobody"], &["show", &id], &["audit", "changes"]] {
        home.run(args).exits(0);
    }
    for args in [&["due"][..], &["unused"], &["lineage", &id], &["pepper", "status"], &["disable", &id]] {
        home.run(args).exits(0);
    }
    for args in [&["enable", &id][..], &["update", &id, "--name", "n"], &["policy", "show"]] {
        home.run(args).exits(0);
    }
    for args in
        [&["audit", "uses", "--outcome", "revoked"][..], &["audit", "verify"], &["check"], &["--version"]]
    {
        home.run(args).exits(0);
    }
    home.run(&["revoke", &id, "--yes"]).exits(0);
    home.run(&["revoke", &id, "--yes"]).exits(0);
}

#[test]
fn a_refused_secret_is_1_with_its_outcome_on_stdout() {
    let home = Home::new();
    let (id, secret) = home.create(&["--scope", "reports:read"]);
    let (_, stranger) = Home::new().create(&[]);
    for (args, presented, outcome) in [
        (&["verify", "--scope", "reports:write"][..], secret.as_str(), "missing_scope"),
        (&["verify", "--prefix", "acme_test"], &secret, "wrong_prefix"),
        (&["verify"], &stranger, "unknown"),
        (&["verify"], "acme_live_typo", "malformed"),
    ] {
        let answer = home.run_with(args, presented).exits(1);
        assert!(answer.stdout.starts_with(outcome), "{answer:?}");
        assert_eq!(answer.stderr, "");
    }
    home.run(&["revoke", "--yes", &id]).exits(0);
    let answer = home.run_with(&["verify"], &secret).exits(1);
    assert!(answer.stdout.starts_with("revoked"), "{answer:?}");
}

#[test]
fn not_found_is_1() {
    let home = Home::new();
    for args in [
        &["show", UNKNOWN_ID][..],
        &["lineage", UNKNOWN_ID],
        &["update", UNKNOWN_ID, "--name", "n"],
        &["disable", UNKNOWN_ID],
        &["enable", UNKNOWN_ID],
        &["rotate", UNKNOWN_ID],
        &["rotation", "finish", UNKNOWN_ID],
        &["rotation", "extend", UNKNOWN_ID, "--grace", "1h"],
        &["rotation", "cancel", "--yes", UNKNOWN_ID],
        &["revoke", "--yes", UNKNOWN_ID],
        &["revoke", "--yes", "--owner", "nobody"],
        &["list", "--after", UNKNOWN_ID],
        &["audit", "changes", "--key", UNKNOWN_ID],
        &["scan-rules", "regex"],
    ] {
        let answer = home.run(&[args, &["--json"]].concat()).exits(1);
        assert_eq!(answer.error()["code"], "not_found", "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    for args in [&["identify", "--json"][..], &["revoke", "--secret", "--yes", "--json"]] {
        let answer = home.run_with(args, "nobody's").exits(1);
        assert_eq!(answer.error()["code"], "not_found");
    }
}

#[test]
fn conflict_is_1() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    home.run(&["rotate", &id]).exits(0);
    for args in [&["init", "--json"][..], &["rotate", "--json", &id]] {
        let answer = home.run(args).exits(1);
        assert_eq!(answer.error()["code"], "conflict", "{answer:?}");
    }
    home.run(&["demo", "--vault", home.vault().to_str().unwrap()]).exits(1);
}

#[test]
fn findings_and_an_audit_mismatch_are_1() {
    let home = Home::new();
    home.create(&[]);
    tamper(&home.vault(), "UPDATE changes SET actor = 'mallory' WHERE seq = 2");
    let answer = home.run(&["audit", "verify"]).exits(1);
    assert!(answer.stdout.contains("MISMATCH"), "{answer:?}");
    let report = home.run(&["audit", "verify", "--json"]).exits(1).json();
    assert_eq!(report["ok"], false);
    assert_eq!(report["changes"]["findings"][0]["code"], "root");
    assert_eq!(report["uses"]["findings"].as_array().unwrap().len(), 0);

    tamper(&home.vault(), "DELETE FROM changes WHERE seq = 2");
    let answer = home.run(&["check"]).exits(1);
    assert!(answer.stdout.starts_with("end: "), "{answer:?}");
    let report = home.run(&["check", "--json"]).exits(1).json();
    assert_eq!(report["ok"], false);
    assert_eq!(report["findings"][0]["code"], "end");
}

#[test]
fn usage_is_2() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    for args in [
        &[][..],
        &["frobnicate"],
        &["create", "--prefix", "acme_live"],
        &["create", "--prefix", "acme_live", "--owner", "o", "--encoding", "base58"],
        &[
            "create",
            "--prefix",
            "ab",
            "--owner",
            "o",
            "--expires-in",
            "1d",
            "--expires-at",
            "2099-01-01T00:00:00Z",
        ],
        &["create", "--prefix", "ab", "--owner", "o", "--not-before", "tomorrow"],
        &["list", "--state", "sleeping"],
        &["audit"],
        &["audit", "uses", "--outcome", "fine"],
        &["verify", "--client-ip", "localhost"],
        &["revoke", "--yes"],
        &["revoke", "--yes", &id, "--owner", "acct_42"],
        &["revoke", "--yes", &id, "--reason", "bored"],
        &["rotate", &id, "--yes", "--emergency", "--grace", "1h"],
        &["scan-rules", "yara"],
        &["completions", "tcsh"],
    ] {
        let answer = home.run(args).exits(2);
        assert_eq!(answer.stdout, "", "{args:?}");
        if !args.is_empty() {
            let answer = home.run(&[args, &["--json"]].concat()).exits(2);
            assert_eq!(answer.error()["code"], "usage", "{answer:?}");
        }
    }
}

#[test]
fn bad_arguments_are_2() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    for args in [
        &["create", "--prefix", "Acme", "--owner", "o"][..],
        &["create", "--prefix", "ab", "--owner", "o", "--scope", "a b"],
        &["create", "--prefix", "ab", "--owner", "o", "--metadata", "[]"],
        &["create", "--prefix", "ab", "--owner", "o", "--expires-at", "1999-01-01T00:00:00Z"],
        &["create", "--prefix", "ab", "--owner", "o", "--expires-in", "20000y"],
        &["create", "--prefix", "ab", "--owner", "o", "--rotate-after", "1ms"],
        &["create", "--prefix", "ab", "--owner", "o", "--actor", "a\nb"],
        &["rotate", &id, "--grace", "8d"],
        &["show", "key_1"],
        &["verify", "--prefix", "Acme"],
        &["init", "--group", "no such group"],
    ] {
        let answer = home.run(&[args, &["--json"]].concat()).exits(2);
        assert_eq!(answer.error()["code"], "invalid_argument", "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    assert_eq!(home.run(&["list", "--json"]).json_lines().len(), 1, "something was created");
}

#[test]
fn no_vault_named_is_2_and_says_how() {
    for args in [&["list"][..], &["verify"], &["init"], &["create", "--prefix", "ab", "--owner", "o"]] {
        let answer = run(keycask().args(args)).exits(2);
        assert!(answer.stderr.contains("--vault") && answer.stderr.contains("KEYCASK_VAULT"), "{answer:?}");
        let answer = run(keycask().args(args).env("KEYCASK_VAULT", "")).exits(2);
        assert!(answer.stderr.contains("--vault"), "{answer:?}");
    }
}

#[test]
fn a_vault_that_cannot_be_used_is_3_and_never_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("text"), "hello ".repeat(1000)).unwrap();
    tamper(&at("foreign"), "CREATE TABLE t (x)");
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    tamper(&home.vault(), "PRAGMA user_version = 99");
    fs::rename(home.vault(), at("newer")).unwrap();
    for (name, code) in [
        ("missing", "vault_missing"),
        ("no/such/folder", "vault_missing"),
        ("folder", "not_a_vault"),
        ("text", "not_a_vault"),
        ("foreign", "not_a_vault"),
        ("newer", "unsupported_version"),
    ] {
        let mut command = keycask();
        command.args(["verify", "--json", "--vault"]).arg(at(name));
        let answer = run_with(&mut command, secret.as_bytes()).exits(3);
        assert_eq!(answer.error()["code"], code, "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    assert!(!at("missing").exists(), "a missing vault was created");
}

#[test]
fn a_damaged_vault_is_3() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    tamper(&home.vault(), "DROP INDEX keys_by_digest");
    let answer = home.run_with(&["verify", "--json"], &secret).exits(3);
    assert_eq!(answer.error()["code"], "damaged");
}

#[test]
fn an_answer_that_cannot_be_written_is_3() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    let mut command = home.command(&["verify"]);
    let child = command.stdin(Stdio::piped()).stdout(full_disk()).stderr(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.as_ref().unwrap(), secret.as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(3));

    let mut command = home.command(&["create", "--prefix", "acme_live", "--owner", "acct_42"]);
    let answer = run(command.stdout(full_disk())).exits(3);
    let lost = home.run(&["list", "--json"]).json_lines().pop().unwrap();
    assert!(answer.stderr.contains(&common::text(&lost, "id")), "says which key is lost: {answer:?}");
}

/// A stdout that takes nothing.
#[allow(clippy::disallowed_methods, reason = "/dev/full is no vault")]
fn full_disk() -> Stdio {
    fs::File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn busy_is_4() {
    let home = Home::new();
    let writer = Connection::open(home.vault()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = home.run(&["create", "--json", "--prefix", "acme_live", "--owner", "acct_42"]).exits(4);
    assert_eq!(answer.error()["code"], "busy");
    assert_eq!(answer.stdout, "");
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(home.run(&["list"]).exits(0).stdout, "");
}
