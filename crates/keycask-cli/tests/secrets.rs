//! Guards against a secret that shows up anywhere but in the one line that hands it over: in a log of
//! stderr, in an error that repeats what was typed, in a list.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Answer, Home, leaks, text};

/// Runs every command on a vault that holds a key, and returns all that was printed beside the secrets.
fn everything(home: &Home, secret: &str, id: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for args in [
        &["verify"][..],
        &["verify", "--json", "--scope", "a:b"],
        &["verify", "--json", "--prefix", "acme_test"],
        &["identify"],
        &["identify", "--json"],
        &["revoke", "--secret"],
        &["revoke", "--secret", "--yes"],
        &["revoke", "--secret", "--yes", "--json"],
        &["verify"],
    ] {
        answers.push(home.run_with(args, secret));
        answers.push(home.run_with(args, format!("{secret}x")));
        answers.push(home.run_with(args, &secret[..secret.len() - 1]));
    }
    for args in [
        &["show", id][..],
        &["list"],
        &["list", "--json"],
        &["audit", "changes"],
        &["audit", "changes", "--json"],
        &["audit", "uses", "--json"],
        &["audit", "verify"],
        &["check"],
        &["scan-rules", "gitleaks"],
        &["lineage", id],
        &["lineage", "--json", id],
        &["due", "--json"],
        &["unused", "--json", "--never"],
        &["update", id, "--name", "m"],
        &["rotate", id, "--request-id", "r-1"],
        &["rotate", id, "--request-id", "r-1", "--json"],
        &["rotation", "cancel", id, "--yes"],
        &["policy", "show"],
        &["pepper", "status", "--json"],
    ] {
        answers.push(home.run(args));
    }
    answers
}

#[test]
fn no_output_but_the_one_has_a_secret() {
    let home = Home::new();
    let (id, secret) = home.create(&["--name", "n"]);
    for answer in everything(&home, &secret, &id) {
        assert!(!leaks(&answer.stdout, &secret) && !leaks(&answer.stderr, &secret), "{answer:?}");
    }
}

#[test]
fn what_create_and_rotate_say_beside_it_has_no_secret() {
    let home = Home::new();
    let created = home.run(&["create", "--prefix", "acme_live", "--owner", "acct_42"]).exits(0);
    let secret = created.stdout.trim_end();
    assert!(leaks(&created.stdout, secret), "the test itself finds a secret");
    assert!(!leaks(&created.stderr, secret), "{created:?}");
    let id = text(&home.run_with(&["identify", "--json"], secret).json(), "id");
    let rotated = home.run(&["rotate", &id]).exits(0);
    assert!(!leaks(&rotated.stderr, rotated.stdout.trim_end()), "{rotated:?}");
    assert!(!leaks(&rotated.stdout, secret) && !leaks(&rotated.stderr, secret), "{rotated:?}");
}

/// A secret that was typed or pasted where an id, a command or another value belongs.
#[test]
fn a_misplaced_secret_is_not_repeated() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    let as_option = format!("--{secret}");
    let as_value = format!("--scope={secret}");
    for args in [
        &[secret.as_str()][..],
        &["verify", &secret],
        &["verify", &as_option],
        &["verify", "--prefix", &secret],
        &["verify", "--client-ip", &secret],
        &["identify", &secret],
        &["show", &secret],
        &["show", "x", &secret],
        &["rotate", &secret],
        &["rotate", "x", "--grace", &secret],
        &["lineage", &secret],
        &["update", &secret, "--name", "n"],
        &["update", "x", "--prefix", &secret],
        &["update", "x", "--expires-in", &secret],
        &["disable", &secret],
        &["enable", &secret],
        &["rotation", &secret],
        &["rotation", "finish", &secret],
        &["rotation", "extend", &secret, "--grace", "1h"],
        &["rotation", "extend", "x", "--grace", &secret],
        &["rotation", "cancel", "--yes", &secret],
        &["due", "--within", &secret],
        &["unused", "--since", &secret],
        &["policy", "set", "--prefixes", &secret],
        &["policy", "set", "--use-mode", &secret],
        &["policy", "set", "--retain-uses-bytes", &secret],
        &["pepper", &secret],
        &["pepper", "status", &secret],
        &["revoke", "--yes", &secret],
        &["revoke", "--yes", "--secret", &secret],
        &["revoke", "--yes", "--reason", &secret, "x"],
        &["create", "--prefix", &secret, "--owner", "o"],
        &["create", "--prefix", "ab", "--owner", "o", &as_value],
        &["create", "--prefix", "ab", "--owner", "o", "--metadata", &secret],
        &["create", "--prefix", "ab", "--owner", "o", "--expires-at", &secret],
        &["create", "--prefix", "ab", "--owner", "o", "--encoding", &secret],
        &["list", "--after", &secret],
        &["list", "--limit", &secret],
        &["list", "--state", &secret],
        &["audit", "changes", "--key", &secret],
        &["audit", "changes", "--kind", &secret],
        &["audit", "uses", "--since", &secret],
        &["init", "--mode", &secret],
        &["init", "--group", &secret],
        &["completions", &secret],
        &["scan-rules", &secret],
    ] {
        for more in [&[][..], &["--json"]] {
            let answer = home.run(&[args, more].concat());
            if !args.contains(&as_value.as_str()) {
                assert_eq!(answer.code, 2, "{args:?}: {answer:?}");
            }
            assert!(!leaks(&answer.stderr, &secret), "{args:?}: {answer:?}");
            assert!(
                !leaks(&answer.stdout, &secret) || args.contains(&as_value.as_str()),
                "{args:?}: {answer:?}"
            );
        }
    }
    // A pepper's file that isn't there is the vault's trouble, and told without its path.
    for args in [&["pepper", "set", &secret][..], &["list", "--pepper-file", &secret]] {
        let answer = home.run(args).exits(3);
        assert!(!leaks(&answer.stderr, &secret), "{answer:?}");
    }
}
