//! Guards against a list of notices that programs can't read, and an acknowledgement that does too much.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, names, text};
use serde_json::{Value, json};

const NOTICE: &[&str] = &[
    "about",
    "acked_at",
    "at",
    "attempts",
    "dead_at",
    "detail",
    "id",
    "key_id",
    "kind",
    "name",
    "next_attempt_at",
    "notify_email",
    "owner",
    "start",
];
const UNKNOWN: &str = "notice_01kb8rdhz6f5sbtcbgh1rstvwx";

fn list(home: &Home, args: &[&str]) -> Vec<Value> {
    home.run(&[&["notices", "list", "--json"], args].concat()).exits(0).json_lines()
}

fn kinds(notices: &[Value]) -> Vec<String> {
    notices.iter().map(|notice| text(notice, "kind")).collect()
}

/// A vault with four notices: revoked, rotated, `window_ending`, expiring.
fn home_with_notices() -> (Home, String) {
    let home = Home::new();
    let (revoked, _) = home.create(&["--name", "nightly", "--notify-email", "ops@example.org"]);
    home.run(&["revoke", "--yes", &revoked, "--reason", "owner_left"]).exits(0);
    let (rotated, _) = home.create(&[]);
    home.run(&["rotate", &rotated, "--grace", "1h"]).exits(0);
    home.create(&["--expires-in", "3d"]);
    (home, revoked)
}

#[test]
fn a_notice_has_its_fields() {
    let (home, revoked) = home_with_notices();
    let all = list(&home, &[]);
    assert_eq!(kinds(&all), ["revoked", "rotated", "window_ending", "expiring"]);
    assert!(all.iter().all(|notice| names(notice) == NOTICE));
    let key = home.run(&["show", "--json", &revoked]).json();
    let expected = json!({
        "id": all[0]["id"], "kind": "revoked", "at": key["revoked_at"], "about": key["revoked_at"],
        "key_id": revoked, "start": key["start"], "name": "nightly", "owner": "acct_42",
        "notify_email": "ops@example.org", "acked_at": null, "attempts": 0, "next_attempt_at": null,
        "dead_at": null, "detail": { "reason": "owner_left" },
    });
    assert_eq!(all[0], expected);
    assert_eq!(names(&all[1]["detail"]), ["grace_until", "successor"]);
    assert_eq!(all[2]["about"], all[2]["detail"]["grace_until"]);
    assert_eq!(all[3]["about"], all[3]["detail"]["expires_at"]);
    let table = home.run(&["notices", "list"]).exits(0);
    assert_eq!(table.lines().len(), 5);
    assert!(table.lines()[1].contains("reason=owner_left"), "{table:?}");
}

#[test]
fn a_list_has_filters_and_a_cursor() {
    let (home, _) = home_with_notices();
    let all = list(&home, &[]);
    let second = text(&all[1], "id");
    assert_eq!(list(&home, &["--after", &second]), all[2..]);
    assert_eq!(list(&home, &["--after", &second, "--limit", "1"]), all[2..3]);
    assert_eq!(kinds(&list(&home, &["--kind", "expiring"])), ["expiring"]);
    assert!(list(&home, &["--dead"]).is_empty());
    let empty = home.run(&["notices", "list", "--dead"]).exits(0);
    assert_eq!(empty.stdout, "");
}

#[test]
fn acknowledged_notices_are_told_no_more() {
    let (home, _) = home_with_notices();
    let all = list(&home, &[]);
    let ids: Vec<_> = all.iter().map(|notice| text(notice, "id")).collect();
    let acked = home.run(&["notices", "ack", "--json", &ids[0], &ids[2]]).exits(0).json_lines();
    assert_eq!(
        acked.iter().map(|notice| text(notice, "id")).collect::<Vec<_>>(),
        [ids[0].clone(), ids[2].clone()]
    );
    assert!(acked.iter().all(|notice| notice["acked_at"].is_string()));
    assert_eq!(kinds(&list(&home, &[])), ["rotated", "expiring"]);
    assert_eq!(list(&home, &["--all"]).len(), 4);
    let again = home.run(&["notices", "ack", "--json", &ids[0]]).exits(0).json();
    assert_eq!(again["acked_at"], acked[0]["acked_at"], "the first time stays");
    let retried = home.run(&["notices", "retry", "--json", &ids[0]]).exits(1);
    assert_eq!(retried.error()["code"], "conflict");
    let retried = home.run(&["notices", "retry", "--json", &ids[1]]).exits(0).json();
    assert_eq!(retried["attempts"], 0);
}

#[test]
fn an_unknown_notice_is_1_and_what_is_no_id_is_2_and_is_not_repeated() {
    let (home, _) = home_with_notices();
    let (_, secret) = home.create(&[]);
    let first = text(&list(&home, &[])[0], "id");
    for verb in ["ack", "retry"] {
        assert_eq!(home.run(&["notices", verb, "--json", UNKNOWN]).exits(1).error()["code"], "not_found");
        let answer = home.run(&["notices", verb, "--json", &first, &secret]).exits(2);
        assert_eq!(answer.error()["code"], "invalid_argument");
        assert!(!common::leaks(&answer.stderr, &secret));
        home.run(&["notices", verb]).exits(2);
    }
    assert_eq!(list(&home, &[]).len(), 4, "nothing is acknowledged where one id is none");
    home.run(&["notices", "list", "--after", UNKNOWN]).exits(1);
    home.run(&["notices", "list", "--after", &secret]).exits(2);
    home.run(&["notices", "list", "--kind", "gossip"]).exits(2);
}
