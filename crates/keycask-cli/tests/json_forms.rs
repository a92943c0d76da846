//! Guards against a field that is renamed, added or lost: programs read these lines.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, names, text};
use regex::Regex;
use serde_json::{Value, json};

const KEY: &[&str] = &[
    "created_at",
    "created_by",
    "disabled",
    "encoding",
    "expires_at",
    "grace_until",
    "id",
    "lineage",
    "metadata",
    "name",
    "not_before",
    "notify_email",
    "owner",
    "prefix",
    "replaced_by",
    "replaces",
    "revoked_at",
    "revoked_by",
    "revoked_note",
    "revoked_reason",
    "rotate_after",
    "scopes",
    "start",
    "state",
];

#[track_caller]
fn assert_time(value: &Value) {
    let form = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").unwrap();
    assert!(value.as_str().is_some_and(|text| form.is_match(text)), "{value} is no time");
}

#[track_caller]
fn assert_key(key: &Value) {
    assert_eq!(names(key), KEY);
    assert_time(&key["created_at"]);
}

#[test]
fn a_key_is_flat_and_whole_on_every_command() {
    let home = Home::new();
    let created = home
        .run(&["create", "--json", "--actor", "alice", "--prefix", "acme_live", "--owner", "acct_42"])
        .exits(0);
    assert_eq!(created.stderr, "");
    let created = created.json();
    let mut with_secret = KEY.to_vec();
    with_secret.push("secret");
    with_secret.sort_unstable();
    assert_eq!(names(&created), with_secret);

    let mut key = created.clone();
    let secret = key.as_object_mut().unwrap().remove("secret").unwrap();
    let id = text(&key, "id");
    let expected = json!({
        "id": id,
        "prefix": "acme_live",
        "start": secret.as_str().unwrap()[..18],
        "owner": "acct_42",
        "name": null,
        "scopes": [],
        "metadata": null,
        "notify_email": null,
        "created_at": key["created_at"],
        "created_by": "alice",
        "not_before": null,
        "expires_at": null,
        "rotate_after": null,
        "disabled": false,
        "revoked_at": null,
        "revoked_by": null,
        "revoked_reason": null,
        "revoked_note": null,
        "replaces": null,
        "replaced_by": null,
        "lineage": id,
        "grace_until": null,
        "state": "active",
        "encoding": "base62",
    });
    assert_eq!(key, expected);
    assert_key(&key);
    let mut shown = home.run(&["show", "--json", &id]).exits(0).json();
    let usage = ["uses", "last_used_at"].map(|name| shown.as_object_mut().unwrap().remove(name).unwrap());
    assert_eq!((shown, usage), (key.clone(), [json!(0), Value::Null]));
    assert_eq!(home.run(&["--json", "list"]).exits(0).json(), key);
    let identified = home.run_with(&["identify", "--json"], secret.as_str().unwrap()).exits(0);
    assert_eq!(identified.json(), key);
}

#[test]
fn every_field_that_create_sets_comes_back() {
    let home = Home::new();
    let args = [
        &["create", "--json", "--prefix", "acme_test", "--owner", "", "--name", "büro \"1\""][..],
        &["--scope", "b:*", "--scope", "a:read", "--metadata", "{\"team\": [1, {\"x\": null}]}"],
        &["--notify-email", "ops@example.com", "--not-before", "2098-12-31T23:00:00+01:00"],
        &["--expires-at", "2099-01-01T00:00:00Z", "--rotate-after", "30d", "--encoding", "base64url"],
    ];
    let key = home.run(&args.concat()).exits(0).json();
    for (name, expected) in [
        ("owner", Value::Null),
        ("name", json!("büro \"1\"")),
        ("scopes", json!(["a:read", "b:*"])),
        ("metadata", json!({ "team": [1, { "x": null }] })),
        ("notify_email", json!("ops@example.com")),
        ("not_before", json!("2098-12-31T22:00:00.000Z")),
        ("expires_at", json!("2099-01-01T00:00:00.000Z")),
        ("rotate_after", json!(2_592_000)),
        ("encoding", json!("base64url")),
        ("state", json!("not_yet_valid")),
    ] {
        assert_eq!(key[name], expected, "{name}");
    }
    let lasting = home.create(&["--expires-in", "90d"]);
    assert_time(&home.run(&["show", "--json", &lasting.0]).json()["expires_at"]);
}

#[test]
fn rotate_prints_the_new_key_and_nothing_else() {
    let home = Home::new();
    let (old, _) = home.create(&[]);
    let answer = home.run(&["rotate", "--json", &old, "--grace", "1h"]).exits(0);
    assert_eq!(answer.stderr, "");
    let new = answer.json();
    assert_eq!(new["replaces"], json!(old));
    assert_eq!(new["lineage"], json!(old));
    assert!(text(&new, "secret").starts_with("acme_live_"));
    let old = home.run(&["list", "--json", "--limit", "1"]).json();
    assert_key(&old);
    assert_eq!(old["state"], "superseded");
    assert_eq!(old["replaced_by"], new["id"]);
    assert_time(&old["grace_until"]);
}

#[test]
fn revoke_prints_each_key() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    let more: Vec<_> = (0..2).map(|_| home.create(&[]).0).collect();
    let args =
        ["revoke", "--json", "--yes", "--actor", "bob", &id, "--reason", "owner_left", "--note", "bye"];
    let key = home.run(&args).exits(0).json();
    assert_key(&key);
    assert_eq!(key["state"], "revoked");
    assert_time(&key["revoked_at"]);
    assert_eq!(key["revoked_by"], "bob");
    assert_eq!(key["revoked_reason"], "owner_left");
    assert_eq!(key["revoked_note"], "bye");
    let rest = home.run(&["revoke", "--json", "--yes", "--owner", "acct_42"]).exits(0).json_lines();
    assert_eq!(rest.iter().map(|key| text(key, "id")).collect::<Vec<_>>(), more);
    assert_eq!(home.run(&["revoke", "--json", "--yes", "--owner", "acct_42"]).exits(0).stdout, "");
}

#[test]
fn verify_has_five_fields_whatever_it_finds() {
    let home = Home::new();
    let (id, secret) = home.create(&["--scope", "a:b"]);
    let verify = |args: &[&str], presented: &str, code| {
        let answer = home.run_with(&[&["verify", "--json"], args].concat(), presented).exits(code);
        assert_eq!(answer.stderr, "");
        let verdict = answer.json();
        assert_eq!(names(&verdict), ["grace_until", "key_id", "missing_scope", "outcome", "owner"]);
        verdict
    };
    let valid = json!({
        "outcome": "valid", "key_id": id, "owner": "acct_42", "grace_until": null, "missing_scope": null
    });
    assert_eq!(verify(&["--scope", "a:b"], &secret, 0), valid);
    let missing = json!({
        "outcome": "missing_scope", "key_id": id, "owner": "acct_42", "grace_until": null, "missing_scope": "a:c"
    });
    assert_eq!(verify(&["--scope", "a:b", "--scope", "a:c"], &secret, 1), missing);
    let malformed = json!({
        "outcome": "malformed", "key_id": null, "owner": null, "grace_until": null, "missing_scope": null
    });
    assert_eq!(verify(&[], "x", 1), malformed);
    home.run(&["rotate", &id]).exits(0);
    assert_time(&verify(&[], &secret, 0)["grace_until"]);
}

#[test]
fn init_names_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("keys.db");
    let answer = common::run(common::keycask().args(["init", "--json", "--vault"]).arg(&path)).exits(0);
    let vault = answer.json();
    assert_eq!(names(&vault), ["path", "vault_id"]);
    assert_eq!(vault["path"], json!(path));
    assert!(text(&vault, "vault_id").starts_with("vault_"));
}

const CHANGE: &[&str] = &["actor", "at", "client_ip", "detail", "key_id", "kind", "request_id", "seq"];
const USE: &[&str] = &["actor", "at", "client_ip", "detail", "key_id", "outcome", "request_id", "seq"];

#[test]
fn changes_have_their_fields_and_filters() {
    let home = Home::new();
    let (first, _) = home.create(&["--actor", "alice"]);
    let (second, _) = home.create(&["--actor", "bob"]);
    home.run(&["revoke", "--yes", &first, "--actor", "bob", "--note", "why not"]).exits(0);
    let changes =
        |args: &[&str]| home.run(&[&["audit", "changes", "--json"], args].concat()).exits(0).json_lines();
    let all = changes(&[]);
    assert!(all.iter().all(|change| names(change) == CHANGE));
    assert!(all.iter().all(|change| change["detail"].is_object()));
    let kinds = |list: &[Value]| list.iter().map(|change| text(change, "kind")).collect::<Vec<_>>();
    assert_eq!(kinds(&all), ["vault.created", "key.created", "key.created", "key.revoked"]);
    assert_eq!(all[3]["detail"]["note"], "why not");
    assert_eq!(all[3]["actor"], "bob");
    assert_eq!(all[0]["key_id"], Value::Null);
    assert_time(&all[0]["at"]);

    let seqs = |args: &[&str]| -> Vec<u64> {
        changes(args).iter().map(|change| change["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(seqs(&["--key", &second]), [3]);
    assert_eq!(seqs(&["--kind", "key.created"]), [2, 3]);
    assert_eq!(seqs(&["--by", "bob"]), [3, 4]);
    assert_eq!(seqs(&["--after", "1", "--limit", "2"]), [2, 3]);
    assert_eq!(seqs(&["--newest-first", "--limit", "2"]), [4, 3]);
    assert_eq!(seqs(&["--newest-first", "--after", "3"]), [2, 1]);
    assert_eq!(seqs(&["--since", "1h"]), [1, 2, 3, 4]);
    assert_eq!(seqs(&["--until", "1h"]), [] as [u64; 0]);
    assert_eq!(seqs(&["--since", "2099-01-01T00:00:00Z"]), [] as [u64; 0]);
    assert_eq!(seqs(&["--until", "2099-01-01T00:00:00Z"]), [1, 2, 3, 4]);
}

#[test]
fn uses_have_the_same_fields_and_a_count() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    home.run_with(&["verify", "--client-ip", "192.0.2.7"], &secret).exits(0);
    home.run_with(&["verify", "--no-event"], &secret).exits(0);
    home.run_with(&["verify", "--scope", "a"], &secret).exits(1);
    let uses = |args: &[&str]| home.run(&[&["audit", "uses", "--json"], args].concat()).exits(0).json_lines();
    let all = uses(&[]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|used| names(used) == USE));
    let at = &all[0]["at"];
    let expected = json!({
        "seq": 1, "at": at, "outcome": "valid", "key_id": id, "actor": null, "client_ip": "192.0.2.7",
        "request_id": null, "detail": { "count": 1, "last_at": at },
    });
    assert_eq!(all[0], expected);
    assert_eq!(all[1]["seq"], Value::Null, "the minute of a refusal is still open");
    assert_eq!(uses(&["--outcome", "missing_scope"]), all[1..]);
    assert_eq!(uses(&["--key", &id, "--limit", "1"]), all[..1]);
    assert_eq!(uses(&["--until", "1h"]), [] as [Value; 0]);
}

#[test]
fn the_checks_have_their_forms() {
    let home = Home::new();
    home.create(&[]);
    let report = home.run(&["audit", "verify", "--json"]).exits(0).json();
    assert_eq!(names(&report), ["changes", "ok", "uses"]);
    let empty_root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(report["uses"], json!({ "size": 0, "root": empty_root, "findings": [] }));
    assert_eq!(names(&report["changes"]), ["findings", "root", "size"]);
    assert_eq!(report["changes"]["size"], 2);
    assert_eq!(text(&report["changes"], "root").len(), 64);
    assert_eq!(home.run(&["check", "--json"]).exits(0).json(), json!({ "ok": true, "findings": [] }));
}

#[test]
fn usage_errors_are_json_wherever_the_flag_stands() {
    for args in [&["--json", "frob"][..], &["create", "--json"], &["list", "--limit", "x", "--json"]] {
        let answer = common::run(common::keycask().args(args)).exits(2);
        let error = answer.error();
        assert_eq!(error["code"], "usage");
        assert!(!text(&error, "message").starts_with("error"), "{error}");
    }
    let answer = common::run(common::keycask().args(["frob", "--", "--json"])).exits(2);
    assert!(answer.stderr.starts_with("error: "), "{answer:?}");
}
