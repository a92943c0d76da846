//! Guards against a kept checkpoint that proves nothing, an export that loses or breaks an event, and an
//! erasure or a prune that the command does unasked.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::{Home, names, text};

#[test]
fn a_kept_checkpoint_proves_the_log_and_shows_an_old_file() {
    let home = Home::new();
    home.create(&[]);
    let old = home.folder().join("old.db");
    assert!(std::process::Command::new("cp").arg(home.vault()).arg(&old).status().unwrap().success());
    home.create(&[]);
    let kept = home.folder().join("kept");
    std::fs::write(&kept, home.run(&["audit", "checkpoint"]).exits(0).stdout).unwrap();
    let kept = kept.to_str().unwrap();
    home.create(&[]);
    home.run(&["audit", "verify", "--since", kept]).exits(0);
    let answer =
        home.run(&["audit", "verify", "--json", "--since", kept, "--vault", old.to_str().unwrap()]).exits(1);
    assert_eq!(answer.json()["changes"]["findings"][0]["code"], "rolled_back");
    for (file, code) in [("no-such-file", 2), ("/dev/null", 2)] {
        home.run(&["audit", "verify", "--since", file]).exits(code);
    }
}

#[test]
fn checkpoints_are_notes_of_three_lines_and_json() {
    let home = Home::new();
    let answer = home.run(&["audit", "checkpoint"]).exits(0);
    let lines = answer.lines();
    assert!(lines[0].starts_with("keycask/vault_") && lines[0].ends_with("/changes"), "{lines:?}");
    assert_eq!((lines[1], lines[2].len(), lines[3]), ("1", 44, ""));
    assert!(lines[4].ends_with("/uses"), "{lines:?}");
    let json = home.run(&["audit", "checkpoint", "--json"]).exits(0).json_lines();
    assert_eq!(names(&json[0]), ["note", "origin", "size"]);
    assert_eq!(text(&json[0], "note") + &text(&json[1], "note"), answer.stdout);
}

#[test]
fn signatures_are_made_with_a_private_file_and_demanded_by_its_verifier() {
    let home = Home::new();
    let [key, other, kept] = ["key", "other", "kept"].map(|name| home.folder().join(name));
    let keygen = |path: &std::path::Path| {
        home.run(&["audit", "keygen", "example.com/vault", "--out", path.to_str().unwrap()])
    };
    let verifier = keygen(&key).exits(0).stdout;
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    keygen(&key).exits(3);
    let stranger = keygen(&other).exits(0).stdout;
    let signed = home.run(&["audit", "checkpoint", "--sign-key", key.to_str().unwrap()]).exits(0).stdout;
    assert!(signed.contains("\n— example.com/vault "), "{signed}");
    std::fs::write(&kept, signed).unwrap();
    let verify = |verifier: &str| {
        home.run(&["audit", "verify", "--since", kept.to_str().unwrap(), "--verifier", verifier.trim()])
    };
    verify(&verifier).exits(0);
    assert!(verify(&stranger).exits(1).stdout.contains("signature"));
    verify("nonsense").exits(2);
    home.run(&["audit", "checkpoint", "--sign-key", kept.to_str().unwrap()]).exits(2);
}

#[test]
fn an_export_has_every_event_in_either_form() {
    let home = Home::new();
    let (id, secret) = home.create(&["--name", "with \"quotes\", and commas"]);
    home.run_with(&["verify", "--client-ip", "192.0.2.7"], &secret).exits(0);
    let note = "a \"quoted\" note, with a comma";
    home.run(&["revoke", &id, "--yes", "--note", note]).exits(0);
    let listed = home.run(&["audit", "changes", "--json"]).exits(0).stdout;
    assert_eq!(home.run(&["audit", "export", "changes"]).exits(0).stdout, listed);
    let exported = home.run(&["audit", "export", "changes", "--format", "csv"]).exits(0).stdout;
    let mut lines = csv::Reader::from_reader(exported.as_bytes());
    let names: Vec<_> = lines.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(names, ["seq", "at", "kind", "key_id", "actor", "client_ip", "request_id", "detail"]);
    let rows: Vec<_> = lines.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), listed.lines().count());
    let detail: serde_json::Value = serde_json::from_str(&rows[2][7]).unwrap();
    assert_eq!((&rows[2][2], &detail["note"]), ("key.revoked", &note.into()));
    let uses = home.run(&["audit", "export", "uses", "--format", "csv", "--key", &id]).exits(0).stdout;
    assert!(
        uses.starts_with("seq,at,outcome,") && uses.contains(",valid,") && uses.contains("192.0.2.7"),
        "{uses}"
    );
}

#[test]
fn an_erasure_needs_consent_and_dead_keys() {
    let home = Home::new();
    let (id, _) = home.create(&[]);
    home.run(&["audit", "erase", "acct_42"]).exits(2);
    home.run(&["audit", "erase", "acct_42", "--yes"]).exits(1);
    home.run(&["revoke", &id, "--yes"]).exits(0);
    let answer = home.run(&["audit", "erase", "acct_42", "--yes", "--json"]).exits(0).json();
    assert_eq!(answer, serde_json::json!({ "erased_changes": 2 }));
    assert!(!home.run(&["audit", "changes", "--json"]).exits(0).stdout.contains("acct_42"));
    assert!(!home.run(&["list", "--json"]).exits(0).stdout.contains("acct_42"));
    home.run(&["audit", "verify"]).exits(0);
}

#[test]
fn a_prune_says_how_much_went() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    home.run_with(&["verify"], &secret).exits(0);
    assert_eq!(home.run(&["audit", "prune"]).exits(0).stdout, "0 uses pruned\n");
    assert_eq!(home.run(&["audit", "prune", "--json"]).exits(0).json()["pruned"], 0);
}
