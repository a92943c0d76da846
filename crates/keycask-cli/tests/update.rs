//! Guards against an update that changes more than it names, or less, or what it may not.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Answer, Home, text};
use serde_json::{Value, json};

/// A key that has something in every field.
fn full(home: &Home) -> (String, Value) {
    let fields = [
        &["--name", "nightly", "--scope", "a:read", "--metadata", "{\"a\":1}"][..],
        &["--notify-email", "ops@example.com", "--not-before", "2020-01-01T00:00:00Z"],
        &["--expires-at", "2099-01-01T00:00:00Z", "--rotate-after", "30d"],
    ];
    let (id, _) = home.create(&fields.concat());
    let key = show(home, &id);
    (id, key)
}

/// The key's object, without what only `show` tells.
fn show(home: &Home, id: &str) -> Value {
    home.run(&["list", "--json"]).exits(0).json_lines().into_iter().find(|key| key["id"] == id).unwrap()
}

fn update(home: &Home, id: &str, args: &[&str]) -> Answer {
    home.run(&[&["update", "--json", id], args].concat())
}

#[test]
fn each_flag_sets_or_clears_its_field_and_no_other() {
    let home = Home::new();
    for (args, field, expected) in [
        (&["--name", "hourly"][..], "name", json!("hourly")),
        (&["--no-name"], "name", Value::Null),
        (&["--scope", "b:write", "--scope", "a:*"], "scopes", json!(["a:*", "b:write"])),
        (&["--no-scopes"], "scopes", json!([])),
        (&["--metadata", "{\"b\":[2]}"], "metadata", json!({ "b": [2] })),
        (&["--no-metadata"], "metadata", Value::Null),
        (&["--notify-email", "dev@example.com"], "notify_email", json!("dev@example.com")),
        (&["--no-notify-email"], "notify_email", Value::Null),
        (&["--not-before", "2021-01-01T00:00:00Z"], "not_before", json!("2021-01-01T00:00:00.000Z")),
        (&["--no-not-before"], "not_before", Value::Null),
        (&["--expires-at", "2098-01-01T00:00:00Z"], "expires_at", json!("2098-01-01T00:00:00.000Z")),
        (&["--no-expires-at"], "expires_at", Value::Null),
        (&["--rotate-after", "90s"], "rotate_after", json!(90)),
        (&["--no-rotate-after"], "rotate_after", Value::Null),
    ] {
        let (id, mut key) = full(&home);
        let answer = update(&home, &id, args).exits(0);
        assert_eq!(answer.stderr, "");
        assert_ne!(key[field], expected, "{args:?}");
        key[field] = expected;
        assert_eq!(answer.json(), key, "{args:?}");
        assert_eq!(show(&home, &id), key, "{args:?}");
    }
}

#[test]
fn several_fields_change_in_one_event() {
    let home = Home::new();
    let (id, _) = full(&home);
    let key = update(&home, &id, &["--no-name", "--expires-in", "1h", "--scope", "x"]).exits(0).json();
    assert_eq!((&key["name"], &key["scopes"]), (&Value::Null, &json!(["x"])));
    let now = home.run(&["audit", "changes", "--json", "--newest-first", "--limit", "1"]).json();
    assert_eq!(now["detail"]["fields"], json!(["name", "scopes", "expires_at"]));
    assert_eq!(now["detail"]["now"]["expires_at"], key["expires_at"]);
    assert!(text(&key, "expires_at").starts_with("20") && !text(&key, "expires_at").starts_with("2099"));
    assert_eq!(now["key_id"], id);
}

#[test]
fn what_changes_nothing_leaves_no_event() {
    let home = Home::new();
    let (id, key) = full(&home);
    assert_eq!(update(&home, &id, &["--name", "nightly", "--rotate-after", "30d"]).exits(0).json(), key);
    assert_eq!(home.run(&["audit", "changes", "--json", "--kind", "key.updated"]).stdout, "");
}

#[test]
fn an_update_that_names_nothing_or_contradicts_itself_is_usage() {
    let home = Home::new();
    let (id, key) = full(&home);
    for args in [
        &[][..],
        &["--name", "x", "--no-name"],
        &["--scope", "x", "--no-scopes"],
        &["--metadata", "{}", "--no-metadata"],
        &["--notify-email", "a@b", "--no-notify-email"],
        &["--not-before", "2021-01-01T00:00:00Z", "--no-not-before"],
        &["--expires-at", "2098-01-01T00:00:00Z", "--no-expires-at"],
        &["--expires-at", "2098-01-01T00:00:00Z", "--expires-in", "1d"],
        &["--expires-in", "1d", "--no-expires-at"],
        &["--rotate-after", "1d", "--no-rotate-after"],
    ] {
        assert_eq!(update(&home, &id, args).exits(2).error()["code"], "usage", "{args:?}");
    }
    for args in [
        &["--name", ""][..],
        &["--scope", "a b"],
        &["--metadata", "[]"],
        &["--notify-email", "nobody"],
        &["--expires-at", "2020-06-01T00:00:00Z"],
        &["--expires-in", "0s"],
        &["--expires-in", "20000y"],
        &["--rotate-after", "1ms"],
        &["--prefix", "Acme"],
    ] {
        assert_eq!(update(&home, &id, args).exits(2).error()["code"], "invalid_argument", "{args:?}");
    }
    assert_eq!(update(&home, &id, &["--prefix", "acme_test"]).exits(1).error()["code"], "conflict");
    assert_eq!(show(&home, &id), key);
}

#[test]
fn disable_and_enable_hold_at_the_very_next_verify() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    let line = home.run(&["disable", &id]).exits(0).stdout;
    assert!(
        line.starts_with(&format!("disabled  {id}  acme_live_")) && line.ends_with("  acct_42\n"),
        "{line}"
    );
    let answer = home.run_with(&["verify"], &secret).exits(1);
    assert!(answer.stdout.starts_with("disabled"), "{answer:?}");
    let key = home.run(&["enable", "--json", &id]).exits(0).json();
    assert_eq!(text(&key, "state"), "active");
    home.run_with(&["verify"], &secret).exits(0);
}

#[test]
fn narrowed_scopes_hold_at_the_very_next_verify() {
    let home = Home::new();
    let (id, secret) = home.create(&["--scope", "a:*"]);
    home.run_with(&["verify", "--scope", "a:write"], &secret).exits(0);
    home.run(&["update", &id, "--scope", "a:read"]).exits(0);
    home.run_with(&["verify", "--scope", "a:write"], &secret).exits(1);
}

/// A superseded key says until when it is accepted, on every command that changes it.
#[test]
fn one_line_tells_the_state_and_until_when_it_holds() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    home.run(&["rotate", &id]).exits(0);
    let line = home.run(&["update", &id, "--name", "old"]).exits(0).stdout;
    assert!(line.starts_with(&format!("superseded  {id}  ")) && line.contains("  grace_until 20"), "{line}");
    let line = home.run(&["revoke", "--yes", &id]).exits(0).stdout;
    assert!(line.ends_with("  acct_42  unspecified\n"), "{line}");
}
