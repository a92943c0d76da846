//! Guards against a client of another system that is locked out by moving in, and a line that is refused
//! without being told.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, names};

/// SHA-256 of `legacy-key-one` and `legacy-key-two`, and a password hash that can't be looked up.
const ROWS: &str = "digest,owner,name
6e9b3a3c1d3c0f24b4f9b0d36fb5ac4b38a2b7f7a8fb2b9a6a51a7b6d1f0a001,acct_1,first
pbkdf2_sha256$600000$salt$hash,acct_2,second
";

fn digest(key: &str) -> String {
    let output = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" | sha256sum | cut -d' ' -f1", "sh", key])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn digests_become_keys_that_verify() {
    let home = Home::new();
    let rows = format!("digest,owner,name\n{},acct_1,first\n", digest("legacy-key-one"));
    let report = home.run_with(&["import", "-", "--prefix", "acme_live", "--json"], &rows).exits(0).json();
    assert_eq!(names(&report), ["existing", "imported", "refused", "warned"]);
    assert_eq!(report["imported"], 1);
    let verdict =
        home.run_with(&["verify", "--json", "--prefix", "acme_live"], "legacy-key-one\n").exits(0).json();
    assert_eq!((&verdict["outcome"], &verdict["owner"]), (&"valid".into(), &"acct_1".into()));
    home.run_with(&["verify"], "legacy-key-two").exits(1);
    let again = home.run_with(&["import", "-"], &rows).exits(0);
    assert_eq!(again.stdout, "imported 0, existing 1, refused 0, warned 0\n");
    home.run(&["audit", "verify"]).exits(0);
    home.run(&["check", "--deep"]).exits(0);
}

#[test]
fn each_refused_line_is_told_by_its_number() {
    let home = Home::new();
    let answer = home.run_with(&["import", "-"], ROWS).exits(1);
    assert!(answer.stderr.contains("line 3: refused"), "{answer:?}");
    assert_eq!(answer.stdout, "imported 1, existing 0, refused 1, warned 0\n");
    let other = Home::new();
    other.run_with(&["import", "-", "--all-or-nothing"], ROWS).exits(1);
    assert_eq!(other.run(&["list", "--json"]).exits(0).stdout, "");
    other.run_with(&["import", "-", "--dry-run"], ROWS).exits(1);
    assert_eq!(other.run(&["list", "--json"]).exits(0).stdout, "");
    other.run_with(&["import", "-", "--recipe", "nobody"], ROWS).exits(2);
    other.run(&["import", "/no/such/file"]).exits(2);
}
