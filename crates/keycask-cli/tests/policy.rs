//! Guards against a policy that is set otherwise than was asked: a rule that is dropped beside the one that
//! changes, a limit that nobody obeys.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Answer, Home, text};
use serde_json::{Value, json};

const CREATE: [&str; 6] = ["create", "--json", "--prefix", "acme_live", "--owner", "acct_42"];

fn set(home: &Home, args: &[&str]) -> Answer {
    home.run(&[&["policy", "set", "--json"], args].concat())
}

fn show(home: &Home) -> Value {
    home.run(&["policy", "show", "--json"]).exits(0).json()
}

fn new_vaults() -> Value {
    json!({
        "prefixes": [],
        "default_grace": 86_400,
        "min_grace": 0,
        "max_grace": 604_800,
        "max_lifetime": null,
        "max_living_keys": null,
        "use_mode": "each",
        "acknowledgement": "batched",
        "retain_uses": 7_776_000,
        "retain_uses_bytes": 1_073_741_824,
        "notice_ahead": 604_800,
    })
}

#[test]
fn each_flag_changes_its_rule_and_no_other() {
    let home = Home::new();
    let mut policy = new_vaults();
    assert_eq!(show(&home), policy);
    for (args, field, expected) in [
        (&["--prefixes", "acme_live,acme_test"][..], "prefixes", json!(["acme_live", "acme_test"])),
        (&["--any-prefix"], "prefixes", json!([])),
        (&["--max-grace", "14d"], "max_grace", json!(1_209_600)),
        (&["--default-grace", "36h"], "default_grace", json!(129_600)),
        (&["--min-grace", "1h"], "min_grace", json!(3_600)),
        (&["--max-lifetime", "365d"], "max_lifetime", json!(31_536_000)),
        (&["--no-max-lifetime"], "max_lifetime", Value::Null),
        (&["--max-living-keys", "3"], "max_living_keys", json!(3)),
        (&["--no-max-living-keys"], "max_living_keys", Value::Null),
        (&["--use-mode", "buckets"], "use_mode", json!("buckets")),
        (&["--use-mode", "off"], "use_mode", json!("off")),
        (&["--acknowledgement", "strict"], "acknowledgement", json!("strict")),
        (&["--retain-uses", "30d"], "retain_uses", json!(2_592_000)),
        (&["--retain-uses-bytes", "512MiB"], "retain_uses_bytes", json!(536_870_912)),
        (&["--notice-ahead", "3d"], "notice_ahead", json!(259_200)),
    ] {
        assert_ne!(policy[field], expected, "{args:?}");
        policy[field] = expected;
        let answer = set(&home, args).exits(0);
        assert_eq!((answer.json(), answer.stderr.as_str()), (policy.clone(), ""), "{args:?}");
        assert_eq!(show(&home), policy, "{args:?}");
    }
    let events = ["audit", "changes", "--json", "--kind", "policy.changed"];
    assert_eq!(home.run(&events).exits(0).json_lines().len(), 15);
    set(&home, &["--notice-ahead", "3d"]).exits(0);
    assert_eq!(home.run(&events).exits(0).json_lines().len(), 15, "what changes nothing leaves no event");
}

#[test]
fn people_read_it_as_they_would_write_it() {
    let home = Home::new();
    let args = ["policy", "set", "--max-living-keys", "3", "--default-grace", "36h", "--use-mode", "buckets"];
    let expected = "prefixes           any\n\
                    default_grace      1d12h\n\
                    min_grace          0s\n\
                    max_grace          7d\n\
                    max_lifetime       none\n\
                    max_living_keys    3\n\
                    use_mode           buckets\n\
                    acknowledgement    batched\n\
                    retain_uses        90d\n\
                    retain_uses_bytes  1GiB\n\
                    notice_ahead       7d\n";
    assert_eq!(home.run(&args).exits(0).stdout, expected);
    assert_eq!(home.run(&["policy", "show"]).exits(0).stdout, expected);
    let set = home.run(&["policy", "set", "--prefixes", "acme_live,acme_test"]).exits(0);
    assert!(set.stdout.starts_with("prefixes           acme_live acme_test\n"), "{set:?}");
}

#[test]
fn what_it_says_is_obeyed() {
    let home = Home::new();
    let args =
        ["--prefixes", "acme_live", "--max-living-keys", "1", "--max-grace", "24h", "--max-lifetime", "30d"];
    set(&home, &args).exits(0);
    let key = home.run(&CREATE).exits(0).json();
    assert!(key["expires_at"].is_string(), "the longest lifetime where none is asked: {key}");
    let id = text(&key, "id");
    assert_eq!(home.run(&CREATE).exits(1).error()["code"], "conflict");
    for args in [
        &["create", "--json", "--prefix", "acme_test", "--owner", "o"][..],
        &["create", "--json", "--prefix", "acme_live", "--owner", "o", "--expires-in", "31d"],
        &["rotate", "--json", &id, "--grace", "25h"],
        &["update", "--json", &id, "--no-expires-at"],
    ] {
        assert_eq!(home.run(args).exits(2).error()["code"], "invalid_argument", "{args:?}");
    }
    assert_eq!(home.run(&["due", "--json"]).stdout, "");
    set(&home, &["--notice-ahead", "31d"]).exits(0);
    assert_eq!(home.run(&["due", "--json"]).json()["id"], id, "due looks ahead as the policy does");
}

#[test]
fn a_policy_that_contradicts_itself_is_refused_whole() {
    let home = Home::new();
    for args in [
        &["--max-grace", "31d"][..],
        &["--min-grace", "25h"],
        &["--notice-ahead", "1d", "--default-grace", "8d"],
        &["--max-living-keys", "0"],
        &["--retain-uses", "1m"],
        &["--retain-uses-bytes", "1kB"],
        &["--prefixes", "acme_live,Acme"],
        &["--prefixes", ""],
    ] {
        assert_eq!(set(&home, args).exits(2).error()["code"], "invalid_argument", "{args:?}");
    }
    for args in [
        &[][..],
        &["--prefixes", "ab", "--any-prefix"],
        &["--max-lifetime", "1d", "--no-max-lifetime"],
        &["--max-living-keys", "1", "--no-max-living-keys"],
        &["--default-grace", "1500ms"],
        &["--retain-uses-bytes", "1G"],
        &["--use-mode", "some"],
        &["--acknowledgement", "never"],
        &["--max-living-keys", "-1"],
    ] {
        assert_eq!(set(&home, args).exits(2).error()["code"], "usage", "{args:?}");
    }
    assert_eq!(show(&home), new_vaults());
}

#[test]
fn another_vendors_prefix_is_warned_of() {
    let home = Home::new();
    let answer = set(&home, &["--prefixes", "acme_live,sk_live,ghp"]).exits(0);
    let warnings: Vec<Value> =
        answer.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(warnings.len(), 2);
    assert!(text(&warnings[0]["warning"], "message").contains("Stripe"), "{warnings:?}");
    assert_eq!(warnings[1]["warning"]["code"], "vendor_prefix");
    assert_eq!(set(&home, &["--notice-ahead", "1d"]).exits(0).stderr, "", "they were told once");
}

/// A longer flag than any other must not be hidden in the message that suggests it.
#[test]
fn a_misspelt_flag_is_put_right() {
    let home = Home::new();
    let answer = home.run(&["policy", "set", "--no-max-living-key"]).exits(2);
    assert!(answer.stderr.contains("'--no-max-living-keys'"), "{answer:?}");
}
