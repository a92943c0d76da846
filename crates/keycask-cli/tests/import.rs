//! Guards against a client of another system that is locked out by moving in, and a line that is refused
//! without being told.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, names};

/// A digest that nobody has the key of, and a password hash that can't be looked up.
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

#[test]
fn lines_are_told_without_their_digest_and_known_ones_not_without_end() {
    let home = Home::new();
    let misplaced = "sk_live_8nQVw2Lk5TzGf7XbYc3D";
    let known = (0..30).fold(String::new(), |rows, n| rows + &digest(&format!("key {n}")) + "\n");
    let file = home.folder().join("rows.csv");
    std::fs::write(&file, format!("digest\n{known}{known}{misplaced}\n")).unwrap();
    let answer = home.run(&["import", file.to_str().unwrap()]).exits(1);
    assert_eq!(answer.stdout, "imported 30, existing 30, refused 1, warned 0\n");
    for words in ["line 32: existing", "line 62: refused", "and 10 more that exist already"] {
        assert!(answer.stderr.contains(words), "{answer:?}");
    }
    assert_eq!(answer.stderr.lines().count(), 22, "{answer:?}");
    for value in [misplaced, &digest("key 0"), &digest("key 29")] {
        assert!(!answer.stderr.contains(&value[..9]), "{answer:?}");
    }
    let again = home.run(&["import", "--json", file.to_str().unwrap()]).exits(1);
    assert_eq!(again.json()["existing"], 60);
    let line: serde_json::Value = serde_json::from_str(&again.stderr).unwrap();
    assert_eq!(line["warning"]["code"], "import");
}

#[test]
fn formats_and_schemes_can_be_told() {
    let home = Home::new();
    let row = format!("{{\"digest\": \"{}\", \"strength_bits\": 120}}\n", digest("the part"));
    let args = ["import", "-", "--format", "jsonl", "--scheme", "sha256-after-pipe", "--owner", "acct_7"];
    let answer = home.run_with(&args, &row).exits(0);
    assert!(answer.stderr.contains("line 1: warned"), "{answer:?}");
    let key = home.run_with(&["identify", "--json"], "17|the part\n").exits(0).json();
    assert_eq!(key["owner"], "acct_7");
    home.run_with(&["import", "-", "--format", "csv"], &row).exits(2);
    home.run_with(&["import", "-", "--scheme", "md5"], &row).exits(2);
    home.run_with(&["import", "-", "--scheme", "sha256", "--recipe", "unkey"], &row).exits(2);
}
