//! Guards against a restore that the command does unasked or in use, and a report that leaves out what is lost.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, names, text};

#[test]
fn a_backup_is_restored_with_what_it_lacks() {
    let home = Home::new();
    let (id, secret) = home.create(&[]);
    let backup = home.folder().join("backup.db");
    let backup = backup.to_str().unwrap();
    assert_eq!(home.run(&["backup", backup]).exits(0).stdout.trim(), backup);
    home.run(&["backup", backup]).exits(1);
    home.run(&["revoke", &id, "--yes"]).exits(0);
    let (later, _) = home.create(&[]);
    home.run(&["restore", backup]).exits(2);
    let report = home.run(&["restore", backup, "--yes", "--json"]).exits(0).json();
    assert_eq!(
        names(&report),
        [
            "accepted_again",
            "aside",
            "compared",
            "lost_changes",
            "lost_keys",
            "missing_revocations",
            "old_logs",
            "reapplied"
        ]
    );
    assert_eq!((&report["compared"], &report["accepted_again"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(report["missing_revocations"], serde_json::json!([id]));
    assert_eq!((&report["lost_keys"], &report["lost_changes"]), (&1.into(), &3.into()));
    home.run_with(&["verify"], &secret).exits(0);
    home.run(&["show", &later]).exits(1);
    let aside = text(&report, "aside");
    let (again, _) = home.create(&[]);
    let told = home.run(&["restore", &aside, "--yes", "--reapply-revocations"]).exits(0).stdout;
    assert!(told.contains("the old vault is kept at") && !told.contains(&again), "{told}");
    home.run_with(&["verify"], &secret).exits(1);
    home.run(&["restore", "/no/such/file", "--yes"]).exits(3);
}

#[test]
fn a_restore_that_has_nothing_to_compare_with_says_so() {
    let home = Home::new();
    home.create(&[]);
    let backup = home.folder().join("backup.db");
    let backup = backup.to_str().unwrap();
    home.run(&["backup", backup]).exits(0);
    std::fs::write(home.vault(), "no vault any more").unwrap();
    let answer = home.run(&["restore", backup, "--yes", "--reapply-revocations"]).exits(3);
    assert!(answer.stderr.contains("can't be made again"), "{}", answer.stderr);
    let answer = home.run(&["restore", backup, "--yes"]).exits(0);
    assert!(answer.stderr.contains("warning: the old vault can't be read"), "{}", answer.stderr);
    assert!(!answer.stdout.contains("doesn't know"), "{}", answer.stdout);
    std::fs::remove_file(home.vault()).unwrap();
    let answer = home.run(&["restore", backup, "--yes", "--json"]).exits(0);
    assert!(answer.stderr.contains("\"not_compared\""), "{}", answer.stderr);
    assert_eq!(answer.json()["compared"], serde_json::json!(false));
}

#[test]
fn a_vault_of_today_needs_no_upgrade() {
    let home = Home::new();
    assert_eq!(home.run(&["migrate"]).exits(0).stdout, "schema 1: nothing to upgrade\n");
    let answer = home.run(&["migrate", "--json", "--no-backup"]).exits(0).json();
    assert_eq!(answer, serde_json::json!({ "from": 1, "to": 1, "backup": null }));
}

#[test]
fn a_deep_check_says_ok_or_what_is_wrong() {
    let home = Home::new();
    home.create(&[]);
    assert_eq!(home.run(&["check", "--deep"]).exits(0).stdout, "ok\n");
    let db = rusqlite::Connection::open(home.vault()).unwrap();
    db.execute_batch("UPDATE keys SET changed_epoch = 99").unwrap();
    drop(db);
    let report = home.run(&["check", "--deep", "--json"]).exits(1).json();
    assert_eq!(report["findings"][0]["code"], "epoch");
    assert!(text(&report["findings"][0], "message").contains("restore a backup"), "{report}");
}

#[test]
fn stats_have_their_fields() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    home.run_with(&["verify"], &secret).exits(0);
    let stats = home.run(&["stats", "--json"]).exits(0).json();
    assert_eq!(
        names(&stats),
        [
            "busy_failures",
            "busy_waits",
            "changes",
            "file_bytes",
            "keys",
            "logs",
            "pruned_uses",
            "vault_id",
            "verifies",
            "wal_bytes"
        ]
    );
    assert_eq!((&stats["keys"]["active"], &stats["verifies"]["valid"]), (&1.into(), &1.into()));
    let told = home.run(&["stats"]).exits(0).stdout;
    assert!(told.contains("1 active") && told.contains("1 valid"), "{told}");
}
