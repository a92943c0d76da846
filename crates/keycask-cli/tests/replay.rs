//! Guards against a retried request that issues a second key, or tells a secret twice.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, leaks, text};
use serde_json::Value;

const CREATE: [&str; 7] =
    ["create", "--prefix", "acme_live", "--owner", "acct_42", "--request-id", "9b1deb4d-3b7d"];

#[test]
fn a_repeated_create_gets_the_same_key_without_its_secret() {
    let home = Home::new();
    let secret = home.run(&CREATE).exits(0).stdout;
    let id = text(&home.run_with(&["identify", "--json"], &secret).json(), "id");

    let again = home.run(&CREATE).exits(0);
    assert_eq!(again.stdout, "");
    assert_eq!(again.stderr.lines().count(), 1);
    assert!(again.stderr.contains(&id) && again.stderr.contains("before"), "{again:?}");
    assert!(!leaks(&again.stderr, secret.trim_end()), "{again:?}");

    let again = home.run(&[&CREATE[..], &["--json"]].concat()).exits(0);
    assert_eq!(again.stderr, "");
    let mut replay = again.json();
    assert_eq!(replay["secret"], Value::Null);
    assert_eq!(replay["replayed"], true);
    replay.as_object_mut().unwrap().retain(|name, _| name != "secret" && name != "replayed");
    assert_eq!(replay, home.run(&["list", "--json"]).json(), "and nothing else was created");
    assert_eq!(replay["id"], id.as_str());
}

#[test]
fn the_first_answer_is_as_it_is_without_a_request_id() {
    let home = Home::new();
    let first = home.run(&[&CREATE[..], &["--json"]].concat()).exits(0).json();
    assert!(text(&first, "secret").starts_with("acme_live_"));
    assert_eq!(first.get("replayed"), None);
    let change = home.run(&["audit", "changes", "--json", "--kind", "key.created"]).json();
    assert_eq!(change["request_id"], "9b1deb4d-3b7d");
}

#[test]
fn a_repeated_rotation_gets_the_same_successor() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    let rotate = |more: &[&str]| home.run(&[&["rotate", &id, "--request-id", "r-1"], more].concat());
    let new = rotate(&["--json"]).exits(0).json();
    let again = rotate(&["--json"]).exits(0).json();
    assert_eq!(
        (&again["id"], &again["secret"], &again["replayed"]),
        (&new["id"], &Value::Null, &true.into())
    );
    let told = rotate(&[]).exits(0);
    assert!(told.stdout.is_empty() && told.stderr.contains(&text(&new, "id")), "{told:?}");
    let changed = rotate(&["--grace", "1h", "--json"]).exits(1);
    assert_eq!(changed.error()["code"], "conflict");
    assert_eq!(home.run(&["list", "--json"]).json_lines().len(), 2);
}

#[test]
fn the_same_id_for_another_request_is_a_conflict() {
    let home = Home::new();
    home.run(&CREATE).exits(0);
    let other = home.run(&[&CREATE[..], &["--scope", "a:b", "--json"]].concat()).exits(1);
    assert_eq!(other.error()["code"], "conflict");
    let long = "r".repeat(129);
    let args = ["create", "--json", "--prefix", "acme_live", "--owner", "o", "--request-id", &long];
    assert_eq!(home.run(&args).exits(2).error()["code"], "invalid_argument");
    assert_eq!(home.run(&["list", "--json"]).json_lines().len(), 1);
}
