//! Guards against a vault whose missing pepper looks like bad keys, a pepper that is retired while keys
//! need it, and a pepper that shows up in what is printed.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Answer, Home, keycask, run, run_with, text};
use serde_json::json;

const OLD: &str = "the first pepper, and 32 bytes are enough";
const NEW: &str = "the second pepper, no longer than it must be";

/// A vault with a key, and two files of peppers.
struct Peppered {
    home: Home,
    id: String,
    secret: String,
    old: PathBuf,
    new: PathBuf,
}

impl Peppered {
    fn new() -> Self {
        let home = Home::new();
        let (id, secret) = home.create(&[]);
        let file = |name: &str, pepper: &str| {
            let path = home.folder().join(name);
            fs::write(&path, format!("{pepper}\n")).unwrap();
            path
        };
        let (old, new) = (file("old.pepper", OLD), file("new.pepper", NEW));
        Self { home, id, secret, old, new }
    }

    /// The same, with the old pepper introduced.
    fn introduced() -> Self {
        let it = Self::new();
        it.home.run(&["pepper", "set", it.old()]).exits(0);
        it
    }

    fn old(&self) -> &str {
        self.old.to_str().unwrap()
    }

    fn new_file(&self) -> &str {
        self.new.to_str().unwrap()
    }

    fn verify(&self, peppers: &[&str]) -> Answer {
        let files = peppers.iter().flat_map(|path| ["--pepper-file", path]);
        let args: Vec<_> = ["verify"].into_iter().chain(files).collect();
        self.home.run_with(&args, &self.secret)
    }
}

#[test]
fn without_its_pepper_a_vault_is_an_error_and_refuses_nobody() {
    let it = Peppered::new();
    it.verify(&[]).exits(0);
    let told = it.home.run(&["pepper", "set", it.old(), "--json"]).exits(0).json();
    assert_eq!(told, json!({ "action": "introduced", "generation": 1, "keys_on_older": 0 }));
    let wrong = ["verify", "--json", "--pepper-file", it.new_file()];
    for args in [&["verify", "--json"][..], &["list", "--json"], &wrong] {
        let answer = it.home.run_with(args, &it.secret).exits(3);
        assert_eq!(answer.error()["code"], "pepper", "{answer:?}");
        assert!(text(&answer.error(), "message").ends_with(": --pepper-file FILE"), "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    it.verify(&[it.old()]).exits(0);
    it.verify(&[it.new_file(), it.old()]).exits(0);
}

#[test]
fn the_flag_wins_over_the_environment_where_both_variables_count() {
    let it = Peppered::introduced();
    let verify = |variables: &[(&str, &str)], flag: &[&str]| {
        let mut command = it.home.command(&[&["verify"], flag].concat());
        command.envs(variables.iter().copied());
        run_with(&mut command, it.secret.as_bytes()).code
    };
    assert_eq!(verify(&[("KEYCASK_PEPPER_FILE", it.old())], &[]), 0);
    assert_eq!(verify(&[("KEYCASK_PEPPER", OLD)], &[]), 0);
    assert_eq!(verify(&[("KEYCASK_PEPPER_FILE", it.new_file()), ("KEYCASK_PEPPER", OLD)], &[]), 0);
    assert_eq!(verify(&[("KEYCASK_PEPPER_FILE", ""), ("KEYCASK_PEPPER", "")], &[]), 3);
    assert_eq!(verify(&[("KEYCASK_PEPPER", OLD)], &["--pepper-file", it.new_file()]), 3);
}

#[test]
fn a_pepper_is_retired_once_no_living_key_is_stored_under_it() {
    let it = Peppered::introduced();
    let set = ["pepper", "set", it.new_file(), "--pepper-file", it.old(), "--json", "--actor", "alice"];
    let told = it.home.run(&set).exits(0).json();
    assert_eq!(told, json!({ "action": "rotated", "generation": 2, "keys_on_older": 1 }));
    it.verify(&[it.new_file()]).exits(3);

    let both = ["--pepper-file", it.new_file(), "--pepper-file", it.old()];
    let with_both = |args: &[&str]| it.home.run(&[args, &both].concat());
    let listed = with_both(&["pepper", "status", "--json"]).exits(0).json();
    assert_eq!(text(&listed, "id"), it.id);
    assert!(with_both(&["pepper", "status"]).exits(0).stdout.starts_with("ID "));
    let refused = with_both(&["pepper", "retire", "--json"]).exits(1);
    assert_eq!(refused.error()["code"], "conflict");

    it.verify(&[it.new_file(), it.old()]).exits(0);
    let empty = with_both(&["pepper", "status"]).exits(0);
    assert_eq!(empty.stdout, "");
    assert!(empty.stderr.contains("under the current pepper"), "{empty:?}");
    let retired = with_both(&["pepper", "retire", "--json"]).exits(0).json();
    assert_eq!(retired, json!({ "action": "retired", "generation": 2, "keys_on_older": 0 }));
    it.verify(&[it.new_file()]).exits(0);

    let changes = ["audit", "changes", "--json", "--kind", "pepper.changed", "--pepper-file", it.new_file()];
    let changes = it.home.run(&changes).exits(0).json_lines();
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[1]["actor"], "alice");
}

#[test]
fn people_are_told_what_to_give_from_now_on() {
    let it = Peppered::new();
    let told = it.home.run(&["pepper", "set", it.old()]).exits(0);
    assert_eq!(told.stdout, "introduced  pepper 1  0 living keys under an older one\n");
    assert!(told.stderr.ends_with("without this pepper any more\n"), "{told:?}");
    let told = it.home.run(&["pepper", "set", it.new_file(), "--pepper-file", it.old()]).exits(0);
    assert_eq!(told.stdout, "rotated  pepper 2  1 living keys under an older one\n");
    assert!(told.stderr.contains("until `keycask pepper retire`"), "{told:?}");
}

#[test]
fn to_set_the_current_pepper_changes_nothing() {
    let it = Peppered::introduced();
    let again = it.home.run(&["pepper", "set", it.old(), "--pepper-file", it.old()]).exits(0);
    assert_eq!(again.stdout, "unchanged  pepper 1  0 living keys under an older one\n");
    assert_eq!(again.stderr, "");
    let changes = ["audit", "changes", "--json", "--kind", "pepper.changed", "--pepper-file", it.old()];
    assert_eq!(it.home.run(&changes).exits(0).json_lines().len(), 1);
}

#[test]
fn a_vault_without_one_says_so() {
    let home = Home::new();
    home.create(&[]);
    let answer = home.run(&["pepper", "status"]).exits(0);
    assert!(answer.stdout.is_empty() && answer.stderr.contains("no pepper"), "{answer:?}");
    assert_eq!(home.run(&["pepper", "retire", "--json"]).exits(1).error()["code"], "conflict");
}

#[test]
fn a_new_vault_has_the_one_that_is_given() {
    let it = Peppered::new();
    let vault = it.home.folder().join("other.db");
    let at = |args: &[&str]| run(keycask().args(args).arg("--vault").arg(&vault));
    let two = at(&["init", "--pepper-file", it.old(), "--pepper-file", it.new_file()]).exits(2);
    assert!(two.stderr.contains("give one"), "{two:?}");
    assert!(!vault.exists());
    at(&["init", "--pepper-file", it.old()]).exits(0);
    at(&["list"]).exits(3);
    at(&["list", "--pepper-file", it.old()]).exits(0);
}

#[test]
fn what_is_no_pepper_is_refused_and_never_repeated() {
    let it = Peppered::introduced();
    let short = it.home.folder().join("short.pepper");
    fs::write(&short, "too short").unwrap();
    for (given, code) in [(OLD, 3), (short.to_str().unwrap(), 2), (it.home.folder().to_str().unwrap(), 3)] {
        for args in [&["list", "--pepper-file", given][..], &["pepper", "set", given]] {
            for more in [&[][..], &["--json"]] {
                let answer = it.home.run(&[args, more].concat()).exits(code);
                assert!(!answer.stderr.contains(OLD) && answer.stdout.is_empty(), "{answer:?}");
            }
        }
    }
    let answer = run(it.home.command(&["list"]).env("KEYCASK_PEPPER", "too short")).exits(2);
    assert!(!answer.stderr.contains("too short"), "{answer:?}");
}
