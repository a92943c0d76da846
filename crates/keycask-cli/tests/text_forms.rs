//! Guards against output for people that breaks a script or an eye: a secret that doesn't stand alone on
//! stdout, a table with trailing spaces, colours in a pipe.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use common::{Home, text};

#[test]
fn create_and_rotate_print_the_secret_alone() {
    let home = Home::new();
    let answer = home.run(&["create", "--prefix", "acme_live", "--owner", "acct_42"]).exits(0);
    let secret = answer.stdout.strip_suffix('\n').unwrap();
    assert_eq!(secret.len(), "acme_live_".len() + 49);
    home.run_with(&["verify"], secret).exits(0);
    let id = text(&home.run_with(&["identify", "--json"], secret).json(), "id");
    assert!(answer.stderr.contains(&id) && answer.stderr.contains("this once"), "{answer:?}");
    assert_eq!(answer.stderr.lines().count(), 1);

    let answer = home.run(&["rotate", &id, "--grace", "1h"]).exits(0);
    home.run_with(&["verify"], &answer.stdout).exits(0);
    assert_eq!(answer.stdout.lines().count(), 1);
    assert!(answer.stderr.contains(&format!("{id} is accepted until 20")), "{answer:?}");
}

#[test]
fn an_emergency_rotation_prints_the_secret_alone() {
    let home = Home::new();
    let (id, old) = home.create(&[]);
    let answer = home.run(&["rotate", "--emergency", "--yes", &id]).exits(0);
    home.run_with(&["verify"], &answer.stdout).exits(0);
    home.run_with(&["verify"], &old).exits(1);
    assert!(answer.stderr.contains("revoked"), "{answer:?}");
}

#[test]
fn another_vendors_prefix_is_warned_of() {
    let home = Home::new();
    let answer = home.run(&["create", "--prefix", "sk_live", "--owner", "acct_42"]).exits(0);
    assert!(answer.stderr.contains("warning") && answer.stderr.contains("Stripe"), "{answer:?}");
    let answer = home.run(&["create", "--json", "--prefix", "sk_live", "--owner", "acct_42"]).exits(0);
    let warning: serde_json::Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(warning["warning"]["code"], "vendor_prefix");
    let answer = home.run(&["create", "--prefix", "acme_live", "--owner", "acct_42"]).exits(0);
    assert!(!answer.stderr.contains("warning"), "{answer:?}");
}

#[test]
fn verify_says_it_in_one_line() {
    let home = Home::new();
    let (id, secret) = home.create(&["--scope", "a:b"]);
    let verify = |args: &[&str]| home.run_with(&[&["verify"], args].concat(), &secret).stdout;
    assert_eq!(verify(&[]), format!("valid  {id}  acct_42\n"));
    assert_eq!(verify(&["--scope", "a:c"]), format!("missing_scope  {id}  acct_42  needs a:c\n"));
    assert_eq!(home.run_with(&["verify"], "x").stdout, "malformed\n");
    home.run(&["rotate", &id]).exits(0);
    assert!(verify(&[]).starts_with(&format!("valid  {id}  acct_42  grace_until 20")));
}

#[test]
fn tables_have_headings_and_no_trailing_space() {
    let home = Home::new();
    let (id, secret) = home.create(&["--name", "one"]);
    home.create(&["--scope", "reports:read", "--expires-in", "90d"]);
    home.run_with(&["verify"], &secret).exits(0);
    for (args, heading) in [
        (&["list"][..], "ID START OWNER NAME STATE SCOPES CREATED EXPIRES"),
        (&["lineage", &id], "CHAIN ID START STATE CREATED ENDS REASON"),
        (&["due", "--within", "100d"], "DUE AT ID START OWNER NAME STATE"),
        (&["unused", "--never"], "ID START OWNER NAME STATE CREATED USES LAST USED"),
        (&["audit", "changes"], "SEQ AT KIND KEY ACTOR DETAIL"),
        (&["audit", "uses"], "SEQ AT OUTCOME KEY CLIENT COUNT LAST"),
    ] {
        let answer = home.run(args).exits(0);
        let lines = answer.lines();
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>().join(" "), heading);
        assert!(lines.iter().all(|line| *line == line.trim_end()), "{answer:?}");
        assert!(!answer.stdout.contains('\x1b'));
        assert!(answer.stdout.contains(&id) || ["due", "unused"].contains(&args[0]));
    }
    let list = home.run(&["list"]).stdout;
    let column = list.lines().next().unwrap().find("STATE").unwrap();
    assert!(list.lines().skip(1).all(|line| line[column..].starts_with("active")), "{list}");
}

#[test]
fn an_empty_list_is_empty_and_says_so() {
    let home = Home::new();
    let answer = home.run(&["list"]).exits(0);
    assert_eq!(answer.stdout, "");
    assert!(answer.stderr.contains("nothing"), "{answer:?}");
    assert_eq!(home.run(&["list", "--json"]).exits(0).stderr, "");
}

#[test]
fn show_leaves_out_what_has_no_value() {
    let home = Home::new();
    let (id, _) = home.create(&["--metadata", "{\"a\":1}", "--rotate-after", "30d"]);
    let answer = home.run(&["show", &id]).exits(0);
    assert!(answer.stdout.contains("metadata        {\"a\":1}\n"), "{answer:?}");
    assert!(answer.stdout.contains("rotate_after    30d\n"), "{answer:?}");
    assert!(!answer.stdout.contains("revoked"), "{answer:?}");
}

#[test]
fn init_warns_of_a_folder_that_keeps_the_group_out() {
    let home = Home::new();
    let gid = nix::unistd::getegid().to_string();
    let new = home.folder().join("group.db");
    let init = ["init", "--vault", new.to_str().unwrap(), "--group", &gid, "--mode", "0660"];
    let answer = home.run(&init).exits(0);
    assert!(answer.stderr.contains("g+rwxs"), "{answer:?}");
    assert_eq!(mode(&new), 0o660);

    let shared = home.folder().join("shared");
    std::fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o2770);
    let new = shared.join("keys.db");
    let init = ["init", "--vault", new.to_str().unwrap(), "--group", &gid, "--mode", "660"];
    assert_eq!(home.run(&init).exits(0).stderr, "");
    assert_eq!(mode(&home.vault()), 0o600);
}

fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o7777
}

fn set_mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}
