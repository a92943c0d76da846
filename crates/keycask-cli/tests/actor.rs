//! Guards against an audit log that names the wrong person: `$USER` is whatever the caller says.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use common::{Home, keycask, run, text};
use nix::unistd::{User, geteuid};

/// A uid without a passwd entry.
const NOBODYS_UID: u32 = 54_321;

fn creator(home: &Home, change: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = home.command(&["create", "--json", "--prefix", "acme_live", "--owner", "acct_42"]);
    text(&run(change(&mut command)).exits(0).json(), "created_by")
}

#[test]
fn the_flag_wins_over_the_variable_over_the_user() {
    let home = Home::new();
    let alice = ["--actor", "alice"];
    assert_eq!(creator(&home, |command| command.env("KEYCASK_ACTOR", "bob").args(alice)), "alice");
    assert_eq!(creator(&home, |command| command.env("KEYCASK_ACTOR", "bob")), "bob");
    let me = User::from_uid(geteuid()).unwrap().map_or(geteuid().to_string(), |user| user.name);
    let me = format!("unix:{me}");
    assert_eq!(creator(&home, |command| command.env("USER", "mallory").env("LOGNAME", "mallory")), me);
    assert_eq!(creator(&home, |command| command.env("KEYCASK_ACTOR", "")), me);
}

#[test]
fn every_change_carries_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("keys.db");
    let by = |actor: &str, args: &[&str]| {
        run(keycask().args(args).args(["--json", "--actor", actor, "--vault"]).arg(&vault)).exits(0)
    };
    by("a", &["init"]);
    let id = text(&by("b", &["create", "--prefix", "acme_live", "--owner", "acct_42"]).json(), "id");
    by("c", &["rotate", &id]);
    by("d", &["rotation", "extend", &id, "--grace", "48h"]);
    by("e", &["rotation", "cancel", "--yes", &id]);
    by("f", &["update", &id, "--name", "n"]);
    by("g", &["disable", &id]);
    by("h", &["enable", &id]);
    by("i", &["rotate", &id]);
    by("j", &["rotation", "finish", &id]);
    by("k", &["revoke", "--yes", &id]);
    by("l", &["policy", "set", "--max-grace", "14d"]);
    let changes = by("nobody", &["audit", "changes"]).json_lines();
    let actors: Vec<_> = changes.iter().map(|change| text(change, "actor")).collect();
    // A rotation and its cancellation are two events each: one of each key.
    assert_eq!(actors, ["a", "b", "c", "c", "d", "e", "e", "f", "g", "h", "i", "i", "j", "k", "l"]);
}

#[test]
fn an_empty_or_unprintable_name_is_refused() {
    let home = Home::new();
    for name in ["", "a\nb", &"a".repeat(257)] {
        let args = ["create", "--prefix", "acme_live", "--owner", "acct_42", "--actor", name];
        home.run(&args).exits(2);
    }
    assert_eq!(home.run(&["list"]).stdout, "");
}

/// The effective uid counts, and its number where it has no name. Only root can try it.
#[test]
fn a_uid_without_a_name_is_its_number() {
    if !geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    // The build's folder may be closed to other users.
    let program = folder.path().join("keycask");
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_keycask")).arg(&program).status().unwrap().success());
    let vault = folder.path().join("keys.db");
    let changes = as_nobody(&program, &vault, &["init"])
        .and_then(|_| as_nobody(&program, &vault, &["audit", "changes"]));
    assert_eq!(changes.unwrap()["actor"], format!("unix:{NOBODYS_UID}"));
}

fn as_nobody(program: &Path, vault: &Path, args: &[&str]) -> Option<serde_json::Value> {
    let mut command = Command::new(program);
    command.args(args).args(["--json", "--vault"]).arg(vault).env_clear();
    command.uid(NOBODYS_UID).gid(NOBODYS_UID);
    let answer = run(&mut command).exits(0);
    answer.json_lines().into_iter().next()
}
